"""A second setting beside the live one: what is kept, that nobody waits for it, and how the two compare."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.engine import Engine
from app.answering.services import open_services
from app.storage.shadow import Shadow, ShadowBook, ShadowPair, shadow_settings
from app.types import Answer, Footnote, Question, Sentence, Turn, Usage
from evals.__main__ import main
from evals.live import overlap, shadow_result, shadow_table
from retrieval.config import Settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError
from retrieval.types import Scope
from tests.app.scripted_writer import done

CATS = Question("How long do cats sleep?")
LIVE = Answer("Live.", (), confidence=0.8, writer="excerpts", timings_ms={"total": 20.0})
OTHER = replace(LIVE, text="Shadow.", confidence=0.6, timings_ms={"total": 30.0})


@pytest.fixture
def book(tmp_path: Path) -> ShadowBook:
    return ShadowBook(tmp_path / "shadow.db")


def shadow(book: ShadowBook, share: float = 1.0, *, chance: float = 0.0, made: Answer | None = OTHER) -> Shadow:
    return Shadow("reranker=none", share, book, lambda question, live, version: made, chance=lambda: chance)


def test_both_answers_are_kept_as_they_were(book: ShadowBook) -> None:
    question = Question("and dogs?", (Turn("How long do cats sleep?", "Long."),), Scope(documents=("d1",)))
    beside = shadow(book)
    beside.offer(question, LIVE, version="v1")
    beside.drain()
    assert book.pairs() == [ShadowPair("reranker=none", "v1", question, LIVE, OTHER)]


@pytest.mark.parametrize(("share", "chance", "taken"), [(0.2, 0.19, 1), (0.2, 0.2, 0), (1.0, 0.999, 1), (0.0, 0.0, 0)])
def test_a_share_of_the_questions_is_taken(book: ShadowBook, share: float, chance: float, taken: int) -> None:
    beside = shadow(book, share, chance=chance)
    beside.offer(CATS, LIVE, version="v1")
    beside.drain()
    assert len(book.pairs()) == taken


def test_an_answer_from_the_cache_is_no_sample(book: ShadowBook) -> None:
    beside = shadow(book)
    beside.offer(CATS, replace(LIVE, given_before=True), version="v1")
    beside.drain()
    assert book.pairs() == []


def test_an_answer_that_cannot_be_made_again_is_left_out(book: ShadowBook) -> None:
    beside = shadow(book, made=None)
    beside.offer(CATS, LIVE, version="v1")
    beside.drain()
    assert book.pairs() == []


def test_nobody_waits_for_it_and_too_many_are_left_out(book: ShadowBook) -> None:
    opened = threading.Event()

    def slow(question: Question, live: Answer, version: str) -> Answer:
        assert opened.wait(20)
        return OTHER

    beside = Shadow("k=3", 1.0, book, slow)
    begun = time.monotonic()
    for _ in range(50):
        beside.offer(CATS, LIVE, version="v1")
    assert time.monotonic() - begun < 10
    opened.set()
    beside.drain()
    assert 8 <= len(book.pairs()) <= 9


def test_its_trouble_stays_its_own(book: ShadowBook) -> None:
    answers = iter([ZeroDivisionError("trouble"), OTHER])

    def failing(question: Question, live: Answer, version: str) -> Answer:
        made = next(answers)
        if isinstance(made, Exception):
            raise made
        return made

    beside = Shadow("k=3", 1.0, book, failing)
    for _ in range(2):
        beside.offer(CATS, LIVE, version="v1")
    beside.drain()
    assert [pair.shadow for pair in book.pairs()] == [OTHER]


def test_what_differs(settings: Settings) -> None:
    changed = settings.model_copy(update={"shadow": "reranker=none, dense_weight=0.6  k=5", "anthropic_api_key": "k"})
    second = shadow_settings(changed)
    assert (second.reranker, second.dense_weight, second.k) == ("none", 0.6, 5)
    same = changed.model_dump(exclude={"reranker", "dense_weight", "k"})
    assert second.model_dump(exclude={"reranker", "dense_weight", "k"}) == same


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chunk_tokens=100", "chunk_tokens=100"),
        ("daily_budget=100", "NAME=VALUE"),
        ("reranker", "NAME=VALUE"),
        ("reranker=", "NAME=VALUE"),
        ("n_rerank=many", "N_RERANK"),
        (" , ", "SHADOW is empty"),
    ],
)
def test_what_cannot_differ_is_said(settings: Settings, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        shadow_settings(settings.model_copy(update={"shadow": text}))


@pytest.fixture(params=["dense_weight=0.1 confidence_threshold=1"])
def engine(
    request: pytest.FixtureRequest, course_settings: Settings, embedder: FastEmbedder, tmp_path: Path
) -> Iterator[Engine]:
    changed = {
        "data_dir": tmp_path / "data",
        "confidence_threshold": 0.0,
        "shadow": request.param,
        "shadow_share": 1.0,
    }
    settings = course_settings.model_copy(update=changed)
    opened = Engine(settings, embedder, open_services(settings, embedder))
    yield opened
    opened.close()


def test_the_engine_answers_again_unseen(engine: Engine, tmp_path: Path) -> None:
    live = done(engine.answer(CATS))
    assert live.refused == ""
    assert engine.shadow is not None
    engine.shadow.drain()
    (pair,) = ShadowBook(tmp_path / "data" / "shadow.db").pairs()
    assert (pair.question, pair.version, pair.live.text) == (CATS, engine.index.name, live.text)
    assert pair.shadow.refused == "low confidence"
    fused = [pair.live.trace["hits"], pair.shadow.trace["hits"]]
    assert fused[0] != fused[1], "each by its own weight"
    (day,) = engine._services.ledger.days()
    assert (day.answers, day.refused) == (1, 0)


def test_it_searches_for_what_the_live_answer_searched_for(engine: Engine, tmp_path: Path) -> None:
    follow_up = Question("and when do they hunt?", (Turn("How long do cats sleep?", "Sixteen hours."),))
    live = done(engine.answer(follow_up))
    assert engine.shadow is not None
    engine.shadow.drain()
    (pair,) = ShadowBook(tmp_path / "data" / "shadow.db").pairs()
    assert live.searched == pair.shadow.searched == "How long do cats sleep? and when do they hunt?"


@pytest.mark.parametrize("engine", ["dense_weight=0.1"], indirect=True)
def test_of_two_questions_in_one_it_answers_both_as_the_live_answer_does(engine: Engine, tmp_path: Path) -> None:
    live = done(engine.answer(Question("How long do cats sleep? And what does BM25 rank by?")))
    assert engine.shadow is not None
    engine.shadow.drain()
    (pair,) = ShadowBook(tmp_path / "data" / "shadow.db").pairs()
    assert (
        live.trace["queries"] == pair.shadow.trace["queries"] == ["How long do cats sleep?", "what does BM25 rank by?"]
    )


def test_off_unless_set(course_settings: Settings, embedder: FastEmbedder, tmp_path: Path) -> None:
    settings = course_settings.model_copy(update={"data_dir": tmp_path / "data", "shadow": "reranker=none"})
    engine = Engine(settings, embedder, open_services(settings, embedder))
    done(engine.answer(CATS))
    assert engine.shadow is None
    assert not (tmp_path / "data" / "shadow.db").exists()
    engine.close()


def answer_with(*hits: str, quotes: tuple[int, ...] = (), refused: bool = False, ms: float = 10.0) -> Answer:
    notes = tuple(Footnote(n, "d", start, start + 5, "quote", ("D",), "quote", 0) for n, start in enumerate(quotes, 1))
    return Answer(
        text="" if refused else "Some words here.",
        footnotes=notes,
        sentences=(Sentence(0, 4, (), ("unsupported",)), Sentence(5, 9, (1,))),
        refused="low confidence" if refused else "",
        usage=Usage(cost=ms / 1000),
        timings_ms={"total": ms},
        trace={"hits": [[hit, "place", 0.5] for hit in hits]},
    )


def test_the_comparison() -> None:
    pairs = [
        ShadowPair(
            "k=3",
            "v",
            Question("one"),
            answer_with("a", "b", quotes=(0, 10)),
            answer_with("a", "c", quotes=(0,), ms=30),
        ),
        ShadowPair("k=3", "v", Question("two"), answer_with("a"), answer_with("a", refused=True, ms=20)),
        ShadowPair("k=4", "v", Question("one"), answer_with("a"), answer_with("a")),
    ]
    found = shadow_result(pairs)
    assert list(found) == ["k=3", "k=4"]
    three = found["k=3"]
    assert three["n"] == 2
    times = three["measures"]["ms"]
    assert (times.a, times.b, times.a_better, times.b_better) == (10.0, 25.0, 0, 2)
    assert three["measures"]["refused"].b == 0.5
    assert three["measures"]["doubted sentences"].a == 1.0
    assert three["agreement"] == {"refusal": 0.5, "hits@5": (1 / 3 + 1) / 2, "quotes": (1 / 2 + 1) / 2}
    assert [pair.question.text for pair in three["most_different"]] == ["one", "two"]
    assert found["k=4"]["most_different"] == []
    table = shadow_table(found)
    assert "SHADOW=k=3: 2 questions" in table
    assert "(refused: low confidence)" in table


def test_overlap() -> None:
    assert overlap(frozenset(), frozenset()) == 1.0
    assert overlap(frozenset("ab"), frozenset("bc")) == 1 / 3


def test_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert main(["shadow"]) == 0
    assert "No shadow answers yet" in capsys.readouterr().out
    ShadowBook(tmp_path / "shadow.db").add(ShadowPair("k=3", "v", CATS, LIVE, OTHER))
    assert main(["shadow"]) == 0
    assert "SHADOW=k=3: 1 question\n" in capsys.readouterr().out
