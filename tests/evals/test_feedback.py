"""Thumbs become draft questions: what a good answer cited is gold, what a bad one did is left to a person."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.engine import open_engine
from app.storage.conversations import Conversations, Feedback, SavedTurn, history
from app.types import Answer, Done, Question
from evals.__main__ import main
from evals.datasets.gold import Locator
from evals.datasets.questions import load_questions
from evals.live import VersionContents, draft, latest_feedback
from ingest.parse.load import Loader
from retrieval.config import Settings
from retrieval.errors import UnreadableFile
from tests.app.web.fake_engine import ANSWER_TEXT, FIRST, SECOND

GIVEN = Feedback(
    turn="t1",
    rating=1,
    reason="clear",
    question="What is perplexity?",
    answer=Answer(ANSWER_TEXT, (FIRST, SECOND), trace={"query": "What is perplexity?", "hits": [["gone", "p", 0.5]]}),
    version="v1",
    given=0.0,
)
PATHS = VersionContents(paths={FIRST.document_id: "measures.md"})


def test_a_good_answer_is_gold() -> None:
    made = draft(GIVEN, PATHS, ())
    assert made["draft"] is True
    assert (made["doc"], made["quotes"]) == ("measures.md", [FIRST.quote, SECOND.quote])
    assert (
        made["answer"]
        == "Perplexity says how unsure a model is about the next token. It falls when the context gets longer."
    )
    assert made["feedback"] == {
        "rating": "good",
        "reason": "clear",
        "index": "v1",
        "given": "1970-01-01T00:00:00+00:00",
    }
    assert [one["text"] for one in made["candidates"]] == [FIRST.paragraph, SECOND.paragraph]


def test_a_bad_answer_leaves_the_gold_open() -> None:
    made = draft(replace(GIVEN, rating=0), PATHS, ())
    assert (made["answer"], made["quotes"], made["doc"]) == ("", [], "measures.md")
    assert made["feedback"]["rating"] == "bad"


def test_a_refusal_that_was_right_is_unanswerable_and_one_that_was_wrong_is_not() -> None:
    refusal = replace(GIVEN, answer=Answer("", (), refused="low confidence"))
    right, wrong = draft(refusal, PATHS, ()), draft(replace(refusal, rating=0), PATHS, ())
    assert (right["answerable"], right["kind"]) == (False, "near-topic")
    assert "answerable" not in wrong
    assert wrong["quotes"] == []


def test_a_follow_up_keeps_what_came_before() -> None:
    searched = replace(GIVEN.answer, searched="What of perplexity?", trace={"query": "What of perplexity?"})
    made = draft(replace(GIVEN, question="And that?", answer=searched), PATHS, ["What is it?"])
    assert (made["kind"], made["history"], made["standalone"]) == ("follow-up", ["What is it?"], "What of perplexity?")


def test_one_draft_for_a_question_its_latest_and_none_that_is_known(tmp_path: Path) -> None:
    given = [
        replace(GIVEN, turn="late", rating=0, given=9.0),
        GIVEN,
        replace(GIVEN, turn="other", question="What  IS loss?", given=5.0),
        replace(GIVEN, turn="third", question="New?", given=7.0),
    ]
    known = tmp_path / "set.jsonl"
    known.write_text('{"id": "a", "question": "what is loss?", "answerable": false}\n')
    assert [rating.turn for rating in latest_feedback(given, load_questions(known))] == ["third", "late"]


def ask(kept: Conversations, settings: Settings, thread: str, text: str) -> SavedTurn:
    """Asked of the real engine and kept, as the chat does."""
    asked = Question(text, history(kept.turns(thread)))
    turn = kept.ask(thread, asked, version="")
    engine = open_engine(settings)
    made = next(event.answer for event in engine.answer(asked) if isinstance(event, Done))
    kept.complete(turn.id, answer=made, version=engine.index.name)
    engine.close()
    found = kept.turn(turn.id)
    assert found is not None
    return found


def test_from_the_chat_to_the_question_set(
    course_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = course_settings.model_copy(update={"data_dir": tmp_path / "data", "confidence_threshold": 0.0})
    for name in ("corpus", "index_dir", "data_dir"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    assert main(["feedback"]) == 0
    assert "No feedback" in capsys.readouterr().err
    kept = Conversations(settings.data_dir / "footnote.db")
    thread = kept.start("local", "cats")
    kept.rate(ask(kept, settings, thread.id, "How long do cats sleep?"), 1, reason="yes")
    kept.rate(ask(kept, settings, thread.id, "What does BM25 rank by?"), 0)
    out = tmp_path / "drafts.jsonl"
    assert main(["feedback"]) == 0
    printed = capsys.readouterr()
    assert "2 drafts" in printed.err
    out.write_text(printed.out, encoding="utf-8")
    good, bad = map(json.loads, printed.out.splitlines())
    assert good["doc"] == "notes/cats.txt"
    assert any("BM25 ranks documents" in one["text"] for one in bad["candidates"])
    assert 1 <= len(bad["candidates"]) <= 5

    with pytest.raises(UnreadableFile, match="has no quotes"):
        load_questions(out)
    bad |= {"quotes": ["BM25 ranks documents by the words they share with the query."], "answer": "Shared words."}
    out.write_text(f"{json.dumps(good)}\n{json.dumps(bad)}\n", encoding="utf-8")
    with Loader(settings.corpus) as loader:
        texts = {name: loader.load(settings.corpus / name).document.text for name in ("notes/cats.txt", "search.md")}
    assert {one.id: Locator(texts).gold(one).missing for one in load_questions(out)} == {good["id"]: (), bad["id"]: ()}
