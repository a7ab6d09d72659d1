"""Lessons in five languages, indexed once a session."""

from collections.abc import Iterator

import pytest

from ingest.build import build
from retrieval.config import load_settings
from retrieval.hybrid import HybridRetriever, open_retriever
from tests.app.query.courses import COURSES
from tests.conftest import write_course


@pytest.fixture(scope="session")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HybridRetriever]:
    """One course of lessons in five languages. Read only."""
    folder = tmp_path_factory.mktemp("lessons")
    files = {name: text for course in COURSES.values() for name, text in course.items()}
    made = load_settings(corpus=write_course(folder / "corpus", files), index_dir=folder / "index", reranker="none")
    build(made)
    opened = open_retriever(made)
    yield opened
    opened.close()
