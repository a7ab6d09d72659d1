import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.datasets.questions import Question
from evals.search.bench import bench, bench_table
from evals.search.bench_process import answer_all, peak_megabytes
from retrieval.config import ROOT, load_settings
from tests.conftest import SMALL_COURSE, write_course
from tests.evals.evals_support import WordRetriever, cut


def test_every_query_is_timed_in_every_round() -> None:
    found = answer_all(WordRetriever(cut("d", "one |two ")[1]), ["one", "two", "three"], rounds=2, threads=2)
    assert len(found["ms"]) == 6
    assert all(ms > 0 for ms in found["ms"])
    assert found["per_second"] > 0
    assert found["per_second_threads"] > 0


def test_a_process_of_its_own_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("QDRANT_URL", "")
    corpus = write_course(tmp_path / "corpus", SMALL_COURSE)
    questions = [Question(id="1", question="how does BM25 rank?", quotes=("share",))]
    found = bench(questions, corpus, load_settings(), rounds=3, threads=2)
    assert found["queries"] == 3
    assert found["latency_ms"]["p50"] <= found["latency_ms"]["p95"] <= found["latency_ms"]["p99"]
    assert 20 < found["peak_mb"] < 2000
    assert "3 queries" in bench_table(found)


def test_who_answers_loads_no_parser_and_no_measure() -> None:
    code = "import sys, json, evals.search.bench_process; print(json.dumps([m for m in sys.modules if '.' not in m]))"
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True))
    assert not {"ingest", "unstructured", "llama_index", "ir_measures", "matplotlib", "pandas"} & set(loaded)


def test_peak_memory_is_in_megabytes() -> None:
    before = peak_megabytes()
    block = bytearray(200 << 20)
    block[:: 1 << 12] = b"x" * len(block[:: 1 << 12])
    assert peak_megabytes() >= min(before + 1, 200)
    del block
