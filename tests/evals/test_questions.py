"""The project's own questions: enough of every kind, fairly split, and every quote stands in its document."""

from collections import Counter

import pytest

from evals.__main__ import OWN
from evals.datasets.gold import Locator
from evals.datasets.questions import GoldQuestion, load_questions
from ingest.parse.load import Loader
from retrieval.config import ROOT
from tests.evals.shared_runs import shared_runs, words

AT_LEAST = {"follow-up": 30, "near-topic": 40, "off-topic": 20, "false-premise": 10, "injection": 10}
ANSWERABLE = {"fact", "definition", "list", "comparison", "how-to", "why", "code", "table", "multi", "follow-up"}


@pytest.fixture(scope="module")
def questions() -> list[GoldQuestion]:
    return load_questions(OWN)


def test_there_are_enough_of_every_kind(questions: list[GoldQuestion]) -> None:
    counts = Counter(question.kind for question in questions)
    assert len(questions) >= 240
    assert set(counts) == ANSWERABLE | set(AT_LEAST)
    assert {kind: counts[kind] for kind in AT_LEAST if counts[kind] < AT_LEAST[kind]} == {}


def test_fields_fit_the_kind(questions: list[GoldQuestion]) -> None:
    assert {q.id for q in questions if q.answerable is not (q.kind in ANSWERABLE)} == set()
    assert {q.id for q in questions if bool(q.history) is not (q.kind == "follow-up")} == set()
    assert {q.id for q in questions if bool(q.standalone) is not (q.kind == "follow-up")} == set()
    assert {q.id for q in questions if q.answerable and not (q.answer and q.doc)} == set()


def test_both_halves_hold_every_kind(questions: list[GoldQuestion]) -> None:
    halves = {split: Counter(q.kind for q in questions if q.split == split) for split in ("dev", "test")}
    assert sum(halves["dev"].values()) + sum(halves["test"].values()) == len(questions)
    assert all(abs(halves["dev"][kind] - halves["test"][kind]) <= 4 for kind in ANSWERABLE | set(AT_LEAST))


@pytest.fixture(scope="module")
def texts(questions: list[GoldQuestion]) -> dict[str, str]:
    names = sorted({question.doc for question in questions if question.answerable})
    with Loader(ROOT / "corpus") as loader:
        return {name: loader.load(ROOT / "corpus" / name).document.text for name in names}


def test_no_question_is_copied_from_the_course(questions: list[GoldQuestion], texts: dict[str, str]) -> None:
    asked = [word for question in questions for word in (*words(question.question), f"\n{question.id}")]
    assert {name: runs for name, text in texts.items() if (runs := shared_runs(asked, words(text), at_least=6))} == {}


def test_every_quote_stands_in_the_course(questions: list[GoldQuestion], texts: dict[str, str]) -> None:
    answerable = [question for question in questions if question.answerable]
    locator = Locator(texts)
    assert {q.id: missing for q in answerable if (missing := locator.gold(q).missing)} == {}
    elsewhere = {
        q.id: quote
        for q in answerable
        for quote in q.quotes
        if q.doc not in {place.document_id for place in locator.quote(quote).occurrences}
    }
    assert elsewhere == {}
