from pathlib import Path

import pytest

from evals.search.system import opened, settings_for
from retrieval.config import Settings
from retrieval.errors import ConfigError
from tests.conftest import SMALL_COURSE, write_course


def test_an_evaluation_has_an_index_of_its_own(settings: Settings, tmp_path: Path) -> None:
    one, other = (write_course(tmp_path / name, SMALL_COURSE) for name in ("one", "other"))
    found = settings_for(settings, one)
    assert found.corpus == one
    assert found.index_dir.parent == tmp_path / "index-evals"
    assert found.qdrant_collection != settings.qdrant_collection
    assert found == settings_for(settings, tmp_path / "other" / ".." / "one").model_copy(update={"corpus": one})
    assert found.index_dir != settings_for(settings, other).index_dir
    with pytest.raises(ConfigError, match="is not a folder"):
        settings_for(settings, tmp_path / "none")


def test_what_is_opened_is_what_was_indexed(course_settings: Settings) -> None:
    with opened(course_settings) as system:
        assert set(system.paths.values()) == set(SMALL_COURSE)
        assert set(system.texts) == set(system.paths)
        assert any("BM25 ranks" in text for text in system.texts.values())
        assert system.counts["documents"] == 3
        assert system.retriever.retrieve("BM25", k=1).version == system.version


def test_only_follow_ups_are_rewritten(course_settings: Settings) -> None:
    with opened(course_settings, with_texts=False) as system:
        assert system.rewrite("and when do they hunt?", []) == "and when do they hunt?"
        assert system.rewrite("and when do they hunt?", ["How long do cats sleep?"]) != "and when do they hunt?"
