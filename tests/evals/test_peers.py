"""The comparison with LlamaIndex: what it asks of the other process, and its table. The other process is stood in for."""

import sys
from pathlib import Path

import pytest

from evals.search import peers
from retrieval.config import load_settings
from retrieval.errors import ConfigError
from tests.conftest import SMALL_COURSE, write_course

OTHER = """
import json, sys
asked = json.load(sys.stdin)
chunks = sum(text.count(".") for text in asked["texts"].values())
json.dump({"import_s": 1.0, "build_s": 2.0, "ms": [4.0] * len(asked["queries"]), "chunks": chunks, "peak_mb": 900.0}, sys.stdout)
"""


def test_both_get_the_same_documents_and_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "other.py"
    script.write_text(OTHER)
    monkeypatch.setattr(peers, "SCRIPT", script)
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("QDRANT_URL", "")
    corpus = write_course(tmp_path / "corpus", SMALL_COURSE)
    queries = ["what is a token?", "how long do cats sleep"]
    found = peers.compare_with_peers(queries, corpus, load_settings(), python=Path(sys.executable))
    assert (found["documents"], found["questions"]) == (3, 2)
    assert found["llamaindex"] == {"build_s": 3.0, "ms": 4.0, "peak_mb": 900.0, "chunks": found["llamaindex"]["chunks"]}
    assert found["llamaindex"]["chunks"] > 3
    assert found["ours"]["build_s"] > 0
    assert found["ours"]["ms"] > 0
    assert "question, median ms" in peers.peers_table(found)


def test_a_missing_environment_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="make bench-peers"):
        peers.compare_with_peers(["?"], tmp_path, load_settings(), python=tmp_path / "python")
