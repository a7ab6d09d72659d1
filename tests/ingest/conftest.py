"""A course of two documents, indexed once and copied for each test that changes it."""

from pathlib import Path

import pytest

from ingest.build import build
from retrieval.config import Settings, load_settings
from tests.conftest import copy_folder, write_course

FILES = {"a.md": "# Alpha\n\nAlpha is the first letter.\n", "b.md": "# Beta\n\nBeta is the second letter.\n"}


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with corpus/ and index/. Read only."""
    folder = tmp_path_factory.mktemp("built")
    settings = load_settings(corpus=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    write_course(settings.corpus, FILES)
    build(settings)
    return folder


@pytest.fixture
def built(built_once: Path, settings: Settings) -> Settings:
    """Settings of a course that has an index, both of the test's own."""
    copy_folder(built_once / "corpus", settings.corpus)
    copy_folder(built_once / "index", settings.index_dir)
    return settings
