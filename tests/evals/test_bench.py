import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.datasets.questions import GoldQuestion
from evals.search.bench import (
    DIFFERENT,
    answer_all,
    bench,
    bench_sizes,
    bench_table,
    compare_with_peers,
    peak_megabytes,
    peers_table,
    write_sections,
)
from retrieval.config import ROOT, Settings, load_settings
from retrieval.errors import ConfigError
from tests.conftest import SMALL_COURSE, write_course
from tests.evals.evals_support import WordRetriever, cut

OTHER = """
import json, sys
asked = json.load(sys.stdin)
chunks = sum(text.count(".") for text in asked["texts"].values())
times = {"build_s": 3.0, "build_cpu_s": 5.0, "ms": [4.0] * len(asked["queries"]), "cpu_ms": 6.0}
json.dump({**times, "chunks": chunks, "peak_mb": 900.0}, sys.stdout)
"""


def test_every_query_is_timed_in_every_round() -> None:
    found = answer_all(WordRetriever(cut("d", "one |two ")[1]), ["one", "two", "three"], rounds=2)
    assert len(found["ms"]) == 6
    assert all(ms > 0 for ms in found["ms"])
    assert found["per_second"] > 0
    assert found["per_second_threads"] > 0


def test_a_process_of_its_own_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("QDRANT_URL", "")
    corpus = write_course(tmp_path / "corpus", SMALL_COURSE)
    questions = [GoldQuestion(id="1", question="how does BM25 rank?", quotes=("share",))]
    found = bench(questions, corpus, load_settings(), rounds=3)
    assert found["queries"] == 3
    assert found["latency_ms"]["p50"] <= found["latency_ms"]["p95"] <= found["latency_ms"]["p99"]
    assert 20 < found["peak_mb"] < 1000
    assert "3 queries" in bench_table(found)


def test_a_large_folder_has_few_different_sections(tmp_path: Path) -> None:
    sentences = [f"This is the sentence with the number {number} in it" for number in range(40)]
    folder = write_sections(tmp_path / "made", sentences, 700)
    files = sorted(folder.iterdir())
    sections = [part for path in files for part in path.read_text().split("## ")[1:]]
    assert (len(files), len(sections)) == (14, 700)
    assert 250 < len({part.strip() for part in sections}) <= DIFFERENT
    assert len({path.read_text() for path in files}) == len(files)
    first = files[0].read_text()
    assert write_sections(folder, sentences, 1000) == folder
    assert files[0].read_text() == first, "it grows"


def test_a_growing_folder_is_asked_at_each_size(settings: Settings) -> None:
    """In an index that only this measurement knows of."""
    text = " ".join(f"This is the sentence with the number {number} in it." for number in range(40))
    corpus = write_course(settings.corpus, {"a.md": f"# A\n\n{text}\n"})
    questions = [GoldQuestion(id="1", question="which number?", quotes=("number",))]
    found = bench_sizes(questions, corpus, settings, chunks=[6, 3], rounds=1)
    assert found[0]["counts"]["chunks"] < found[1]["counts"]["chunks"]
    assert not settings.index_dir.exists()


def test_who_answers_loads_no_parser_and_no_measure() -> None:
    code = "import sys, json, evals.search.bench; print(json.dumps([m for m in sys.modules if '.' not in m]))"
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True))
    assert not {"ingest", "unstructured", "llama_index", "ir_measures", "matplotlib", "pandas"} & set(loaded)


def test_peak_memory_is_that_of_the_process_and_not_of_its_starter() -> None:
    block = bytearray(300 << 20)
    block[:: 1 << 12] = b"x" * len(block[:: 1 << 12])
    assert peak_megabytes() >= 300
    code = "from evals.search.bench import peak_megabytes; print(peak_megabytes())"
    peak = float(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True))
    del block
    assert 20 < peak < 300


def test_both_get_the_same_documents_and_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "other.py"
    script.write_text(OTHER)
    monkeypatch.setattr("evals.search.bench.PEER", script)
    monkeypatch.setattr("evals.search.bench.PEER_PYTHON", Path(sys.executable))
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("QDRANT_URL", "")
    corpus = write_course(tmp_path / "corpus", SMALL_COURSE)
    queries = ["what is a token?", "how long do cats sleep"]
    found = compare_with_peers(queries, corpus, load_settings())
    assert (found["documents"], found["questions"]) == (3, 2)
    theirs = found["llamaindex"]
    assert theirs.pop("chunks") > 3
    assert theirs == {"build_s": 3.0, "build_cpu_s": 5.0, "ms": 4.0, "cpu_ms": 6.0, "peak_mb": 900.0}
    assert found["ours"]["build_s"] > 0
    assert found["ours"]["ms"] > 0
    assert "question, median ms" in peers_table(found)


def test_a_missing_environment_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.search.bench.PEER_PYTHON", tmp_path / "python")
    with pytest.raises(ConfigError, match="make bench-peers"):
        compare_with_peers(["?"], tmp_path, load_settings())
