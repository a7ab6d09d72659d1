"""From questions to a result and its table, over a retriever that counts words; and the whole way by the command line."""

import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.datasets.questions import GoldQuestion
from evals.report.saved import (
    comparison_table,
    history,
    load,
    load_limits,
    paired,
    remember,
    save,
    saved_results,
    violations,
)
from evals.report.table import table, worst
from evals.search.results import measure
from evals.search.system import System
from retrieval.config import ROOT, load_settings
from retrieval.errors import ConfigError, UnreadableFile
from retrieval.types import Json
from tests.conftest import SMALL_COURSE, write_course
from tests.evals.evals_support import WordRetriever, cut

CATS, CAT_CHUNKS = cut("cats", "cats sleep all day |cats hunt at dawn |cats purr when content ")
DOGS, DOG_CHUNKS = cut("dogs", "dogs bark at strangers |dogs fetch sticks ")
QUESTIONS = [
    GoldQuestion(id="a", question="when do cats hunt", kind="fact", doc="cats.md", quotes=("cats hunt at dawn",)),
    GoldQuestion(
        id="b", question="cats sleep how", kind="list", doc="cats.md", quotes=("sleep all day", "purr when content")
    ),
    GoldQuestion(id="c", question="loud strangers", kind="fact", doc="dogs.md", quotes=("dogs bark at strangers",)),
    GoldQuestion(id="d", question="zebra", kind="fact", doc="dogs.md", quotes=("<bark> nowhere",)),
    GoldQuestion(
        id="f",
        question="and dogs?",
        kind="follow-up",
        history=("what can sticks be used for in play",),
        standalone="dogs fetch sticks",
        quotes=("dogs fetch sticks",),
    ),
    GoldQuestion(id="u", question="price of gold today", kind="off-topic", answerable=False),
    GoldQuestion(id="v", question="cats hunt mice", kind="near-topic", answerable=False),
]


@pytest.fixture(scope="module")
def result() -> Json:
    return measured(load_settings(confidence_threshold=0.5).confidence_threshold)


class Joining(System):
    """Joins every follow-up to the question before it: there is no index to tell which lean on it."""

    def rewrite(self, question: str, history: Sequence[str]) -> str:
        return " ".join([*history[-1:], question])


def measured(threshold: float, chunks: int = 99, questions: Sequence[GoldQuestion] = tuple(QUESTIONS)) -> Json:
    retriever = WordRetriever([*CAT_CHUNKS, *DOG_CHUNKS][:chunks])
    system = Joining(
        settings=load_settings(confidence_threshold=threshold),
        retriever=retriever,
        texts={"cats": CATS, "dogs": DOGS},
        paths={"cats": "cats.md", "dogs": "dogs.md"},
        counts={"chunks": 5},
        version="v1",
    )
    return measure(questions, system, name="small", split="all")


def test_measures_are_means_over_what_is_no_follow_up(result: Json) -> None:
    # a is found first; b's first chunk holds one of two quotes; c is found first; d's quote stands nowhere
    assert result["n"] == {"questions": 7, "measured": 4, "follow_up": 1}
    assert result["measures"]["R@1"] == pytest.approx((1 + 0.5 + 1 + 0) / 4)
    assert result["measures"]["R@3"] == pytest.approx((1 + 1 + 1 + 0) / 4)
    assert result["measures"]["RR@10"] == pytest.approx(3 / 4)
    assert {"R@1", "R@3", "R@5", "R@10", "R@20", "RR@10", "nDCG@10", "P@3"} <= set(result["measures"])
    low, high = result["intervals"]["R@1"]
    assert 0 <= low <= result["measures"]["R@1"] <= high <= 1


def test_groups_follow_ups_and_latency(result: Json) -> None:
    assert {kind: group["n"] for kind, group in result["per_kind"].items()} == {"fact": 3, "list": 1, "follow-up": 1}
    assert set(result["per_document"]) == {"cats.md", "dogs.md"}
    found = result["follow_up"]
    assert (found["reference"]["R@1"], found["rule"]["R@1"], found["as_typed"]["R@1"]) == (1, 1, 0)
    assert found["R@1"] == found["rule"]["R@1"]
    assert result["latency_ms"]["stages"]["words"] == {"p50": 0.5, "p95": 0.5}
    assert result["quote_missing"] == {"d": ["<bark> nowhere"]}
    assert (result["lost"]["ids"], result["lost"]["kept"]) == (["d"], 3)
    assert result["lost"]["measures"]["R@1"] == pytest.approx((1 + 0.5 + 1) / 3)


def test_refusal_counts_every_answerable_question(result: Json) -> None:
    # confidences: a 3/4, b 2/3, c 1/2, d 0, f 2/9 or less; u 0, v 2/3
    assert result["refusal"]["answerable_refused"] == pytest.approx(2 / 5)
    assert result["refusal"]["by_kind"] == {"off-topic": 1.0, "near-topic": 0.0}


def test_per_question_tells_what_was_retrieved(result: Json) -> None:
    row = next(row for row in result["per_question"] if row["id"] == "a")
    assert row["rank"] == 1
    assert row["hits"][0]["document"] == "cats.md"
    assert row["hits"][0]["share"] == 1
    assert "measures" not in next(row for row in result["per_question"] if row["id"] == "u")
    assert [row["id"] for row in worst(result, 2)] == ["d", "b"]
    json.dumps(result)


def test_the_table_says_what_is_missing(result: Json) -> None:
    shown = table(result)
    assert (
        "gold text that is in no document and counts as not retrieved (questions: 1):\n  d: '<bark> nowhere'" in shown
    )
    assert "other gold text" not in shown
    assert re.search(r"mean of 3 with gold +0\.833 +1\.000", shown)
    assert re.search(r"mean of 4 +0\.625 +0\.750", shown)
    assert "by rule" not in shown
    assert "as_typed (1)" in shown


def test_a_missing_alternative_is_told_but_loses_nothing() -> None:
    from evals.report.html_report import report  # matplotlib takes a second to load

    question = GoldQuestion(id="a", question="cats hunt", quotes=("cats hunt at dawn",), alternatives=(("nowhere",),))
    found = measured(0.5, questions=[question])
    assert (found["quote_missing"], found["lost"]["ids"]) == ({"a": ["nowhere"]}, [])
    assert "where other gold text of the question is (questions: 1):\n  a: 'nowhere'" in table(found)
    assert "other gold text of the question is (questions: 1):\n  a: &#x27;nowhere&#x27;" in report([found], [])


@pytest.mark.parametrize("answerable", [True, False])
def test_a_set_may_be_all_answerable_or_all_not(answerable: bool) -> None:
    from evals.report.html_report import report  # matplotlib takes a second to load

    found = measured(0.5, questions=[q for q in QUESTIONS if q.answerable is answerable])
    shown, page = table(found), report([found], [])
    assert found["refusal"]["auc"] is None
    assert ("share refused" in shown, "share refused" in page) == (not answerable, not answerable)
    assert ("R@1" in shown) is answerable


def test_compare_pairs_questions_by_id(result: Json) -> None:
    other = measured(0.5, chunks=1)
    found = paired(result, other)
    assert (found["R@1"].n, found["R@1"].a_better, found["R@1"].b_better) == (4, 2, 0)
    assert found["R@1"].p == 0.5  # two differences: two of four sign changes are as extreme
    shown = comparison_table(result, other)
    assert re.search(r"R@1 +0\.625 +0\.125 +-0\.500 +0\.5000", shown)
    with pytest.raises(ConfigError, match="share no question"):
        comparison_table(result, {**other, "per_question": []})


def test_report_is_self_contained_and_escaped(result: Json) -> None:
    from evals.report.html_report import report  # matplotlib takes a second to load

    runs = [{"name": "<b>", "split": "all", "measures": {"R@5": value}} for value in (0.1, 0.2)]
    page = report([result], runs)
    assert "<q>&lt;bark&gt; nowhere</q>" in page
    assert "<bark>" not in page
    assert page.count("<svg") == 5
    assert not re.search(r"(?:src|href)=\"(?!#)|@import|<script|https?://|url\((?!#)", page)
    assert "&lt;b&gt; (all)" in page
    assert escape(table(result)) in page
    assert "There are no results yet" in report([], [])


def test_plots_repeat_and_keep_their_labels() -> None:
    from evals.report.html_report import dots  # matplotlib takes a second to load

    rows = {"<a> & $b$": (0.5, 0.4, 0.6)}
    assert dots(rows) == dots(rows)
    assert "&lt;a&gt; &amp; $b$" in dots(rows)


def test_floors_and_ceilings(tmp_path: Path, result: Json) -> None:
    path = tmp_path / "floors.toml"
    path.write_text(
        '[minimum.measures]\n"R@1" = 0.625\n"R@3" = 0.9\n[minimum.refusal.by_kind]\noff-topic = 1\n'
        "[maximum.refusal]\nanswerable_refused = 0.06\n"
    )
    assert violations(load_limits(path), result) == [
        "measures R@3 is 0.750, below its floor of 0.900",
        "refusal answerable_refused is 0.400, above its ceiling of 0.060",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[minimum", "cannot be read"),
        ('[floors]\n"R@1" = 1', r"unknown table \[floors\]"),
        ('[minimum.measures]\n"R@1" = "high"', "is no number"),
        ('[minimum.measures]\n"R@7" = 0.5', "no such figure"),
    ],
)
def test_bad_floors_are_named(tmp_path: Path, result: Json, text: str, message: str) -> None:
    path = tmp_path / "floors.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        violations(load_limits(path), result)


def test_the_committed_floors_name_figures_that_exist(result: Json) -> None:
    violations(load_limits(ROOT / "evals" / "floors.toml"), result)


def test_results_and_history_survive_the_disk(tmp_path: Path, result: Json) -> None:
    save(result, tmp_path / "new" / "r.json")
    assert load(tmp_path / "new" / "r.json") == json.loads(json.dumps(result))
    remember(result, tmp_path)
    remember(result, tmp_path)
    assert [line["measures"]["R@1"] for line in history(tmp_path)] == [0.625, 0.625]
    (tmp_path / "no.json").write_text("{}")
    assert saved_results(tmp_path) == []
    with pytest.raises(UnreadableFile, match="no result"):
        load(tmp_path / "no.json")
    with pytest.raises(UnreadableFile, match="cannot be written"):
        save(result, tmp_path / "no.json" / "r.json")
    with pytest.raises(UnreadableFile, match="cannot be written to"):
        remember(result, tmp_path / "no.json")


def test_the_command_line_from_documents_to_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("QDRANT_URL", "")
    corpus = write_course(tmp_path / "corpus", SMALL_COURSE)
    rows = [
        {"id": "1", "question": "how does BM25 rank?", "kind": "fact", "quotes": ["by the words they share"]},
        {
            "id": "2",
            "question": "what does the large model cost?",
            "kind": "table",
            "quotes": ["large | $4.00 | $20.00"],
        },
        {"id": "3", "question": "who won the chess match?", "kind": "off-topic", "answerable": False},
    ]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(map(json.dumps, rows)))
    floors = tmp_path / "floors.toml"
    floors.write_text('[minimum.measures]\n"R@5" = 0.9\n')
    asked = ["run", "--questions", str(questions), "--corpus", str(corpus), "--results", str(tmp_path / "results")]

    assert main([*asked, "--json", str(tmp_path / "out.json"), "--floors", str(floors)]) == 0
    result = load(tmp_path / "out.json")
    assert result["quote_missing"] == {}
    assert result["measures"]["R@5"] == 1
    assert result["counts"]["documents"] == 3
    assert not (tmp_path / "index").exists()
    assert "Indexed" in capsys.readouterr().err

    floors.write_text('[minimum.measures]\n"P@3" = 0.9\n')
    assert main([*asked, "--floors", str(floors)]) == 1
    said = capsys.readouterr().err
    assert "FAILED: measures P@3 is 0.333, below its floor of 0.900" in said
    assert "Indexed" not in said

    saved = next((tmp_path / "results").glob("*-all.json"))
    assert main(["compare", str(saved), str(tmp_path / "out.json")]) == 0
    assert main(["report", "--results", str(tmp_path / "results")]) == 0
    assert "<svg" in (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert len(history(tmp_path / "results")) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--questions", "none.jsonl"], "--questions needs --corpus"),
        (["run", "--corpus", "none"], "--corpus needs --questions"),
        (["run", "--questions", "none.jsonl", "--corpus", "none"], "none.jsonl cannot be read"),
        (["run", "--beir", "none"], "none is no question set and no folder of them"),
        (["run", "--variant", "colour=red"], "colour is no setting with a value"),
        (["run", "--floors", "none.toml"], "none.toml cannot be read"),
        (["compare", "none.json", "none.json"], "none.json cannot be read"),
    ],
)
def test_bad_arguments_end_in_one_clear_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
