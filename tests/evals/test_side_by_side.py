"""Variants over several sets: how sets are found, how differences are weighed, and the whole way by the command line."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.__main__ import main
from evals.report.saved import comparison_table
from evals.search.sets import load_sets
from evals.search.side_by_side import VARIANTS, parse_variants
from evals.stats import interval, stratified_interval, stratified_p
from retrieval.config import load_settings
from retrieval.errors import ConfigError
from retrieval.types import Json

TEXTS = {
    "cats": "Cats sleep sixteen hours a day, mostly at noon.",
    "steel": "Steel is an alloy of iron and carbon.",
    "bread": "Bread rises because yeast makes gas from sugar.",
}


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with a BEIR folder and a course, and something that is neither."""
    beir, course = tmp_path / "sets" / "beir", tmp_path / "sets" / "course"
    (beir / "qrels").mkdir(parents=True)
    (course / "docs").mkdir(parents=True)
    (tmp_path / "sets" / "notes").mkdir()
    rows = [{"_id": name, "title": "", "text": text} for name, text in TEXTS.items()]
    (beir / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    queries = [{"_id": "q1", "text": "how long do cats sleep"}, {"_id": "q2", "text": "what is steel made of"}]
    (beir / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tcats\t1\nq2\tsteel\t1\n")
    (beir / "unanswerable.jsonl").write_text(json.dumps({"_id": "u", "text": "who painted the moon"}))
    (course / "docs" / "notes.md").write_text("# Notes\n\n" + "\n\n".join(TEXTS.values()))
    asked = [
        {"id": "c", "question": "why does bread rise", "quotes": [TEXTS["bread"]]},
        {"id": "v", "question": "who won the cup", "answerable": False},
    ]
    (course / "questions.jsonl").write_text("\n".join(map(json.dumps, asked)))
    return tmp_path / "sets"


def test_a_folder_of_sets_is_all_of_them(sets: Path) -> None:
    beir, course = load_sets([sets], split="test")
    assert (beir.name, dict(beir.unanswerable)) == ("beir", {"u": "who painted the moon"})
    assert (course.name, list(course.queries), list(course.unanswerable)) == ("course", ["c"], ["v"])
    with pytest.raises(ConfigError, match="notes is no question set and no folder of them"):
        load_sets([sets / "notes"], split="test")


def test_all_variants_over_all_sets_by_the_command_line(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("QDRANT_URL", "")
    results = tmp_path / "results"
    assert main(["run", "--beir", str(sets), "--variant", "BM25", "--results", str(results)]) == 0
    found = json.loads((results / "side-by-side.json").read_text())
    assert [one["name"] for one in found["sets"]] == ["beir", "course"]
    assert list(found["variants"]) == ["hybrid", "default", "BM25"]
    # one document each and the question's own words: any variant finds it first
    assert all(one["RR@10"] == 1 for one in found["mean"].values())
    assert found["difference"]["BM25"]["p"] == 1
    cases = [row["case"] for row in found["sets"][0]["features"]]
    assert cases == ["answerable", "gold left out"] * 2 + ["unanswerable"]
    shown = capsys.readouterr().out
    assert "beir (2)" in shown
    assert "difference to hybrid" in shown
    assert "refused by default" in shown
    assert main(["report", "--results", str(results)]) == 0
    assert "difference to hybrid" in (results / "report.html").read_text()


def test_two_runs_over_sets_are_paired_by_question() -> None:
    def run(**sets: list[float]) -> Json:
        found = [
            {"name": name, "per_question": {"default": {str(number): value for number, value in enumerate(values)}}}
            for name, values in sets.items()
        ]
        return {"created": "2026", "sets": found}

    shown = comparison_table(run(a=[0.0, 1.0], b=[1.0] * 4, c=[1.0]), run(a=[1.0, 1.0], b=[0.5] * 4))
    assert re.search(r"a +0\.500 +1\.000 +\+0\.500 +1\.0000 +0 / 1 of 2", shown)
    assert re.search(r"b +1\.000 +0\.500 +-0\.500 +0\.1250 +4 / 0 of 4", shown)
    assert "mean of 2 sets: B - A +0.000" in shown
    others: list[Json] = [run(z=[1.0]), {"per_question": []}]
    for other in others:
        with pytest.raises(ConfigError, match="share no question"):
            comparison_table(run(a=[0.0]), other)


def test_a_variant_is_a_name_or_settings() -> None:
    settings = load_settings()
    assert parse_variants([], settings) == dict(VARIANTS)
    found = parse_variants(["dense_weight=0.6 reranker=none"], settings)
    assert found["dense_weight=0.6 reranker=none"] == {"dense_weight": 0.6, "reranker": "none"}
    with pytest.raises(ConfigError, match="colour is no setting"):
        parse_variants(["colour=red"], settings)
    with pytest.raises(ConfigError, match="DENSE_WEIGHT"):
        parse_variants(["dense_weight=7"], settings)


def test_each_set_weighs_the_same() -> None:
    few, many = [1.0, 1.0], [0.0] * 50
    low, high = stratified_interval([few, many])
    assert (low, high) == (0.5, 0.5)
    assert stratified_p([few, many]) == 0.5  # two differences: two of four sign changes are as extreme
    assert stratified_p([[], [0.0]]) == 1.0
    assert stratified_interval([]) == (0.0, 0.0)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_one_set_is_the_plain_bootstrap(values: list[float]) -> None:
    assert np.allclose(stratified_interval([values]), interval(values))
