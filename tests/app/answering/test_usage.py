"""What answers cost, what a day may cost, and how fast a session may ask."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.answer import answer
from app.answering.services import make_writers
from app.storage.database import Database
from app.storage.usage import (
    _MIGRATIONS,
    LONGEST_QUESTION,
    Cost,
    DailyLimits,
    Day,
    Ledger,
    Purpose,
    RateLimit,
    check_length,
    open_ledger,
    outcome_of,
)
from app.types import Answer, Cited, Finished, Question, Searched, Searching, TextPiece, Turn, Usage, WriterEvent
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.writer import ClaudeWriter
from app.writers.passages import citation_of
from app.writers.protocols import Search
from retrieval.config import Settings
from retrieval.errors import BudgetExceeded, ConfigError, WriterFailed
from retrieval.hybrid import HybridRetriever
from retrieval.text.tokenize import count_tokens
from tests.app.scripted_writer import done
from tests.app.writers.writing_support import PERPLEXITY, writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Answer as ScriptedReply
from tests.fake_messages_replies import Say, Status, Use
from tests.fake_messages_replies import answer as reply

QUESTION = Question("How long do cats sleep?")
SPENT = Usage(input_tokens=1000, output_tokens=100, cache_read_tokens=2000, cache_write_tokens=500, cost=0.6)


class Calendar:
    """A day that can be turned."""

    def __init__(self) -> None:
        self.day = "2031-05-01"

    def __call__(self) -> str:
        return self.day


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def ledger(tmp_path: Path, calendar: Calendar) -> Ledger:
    return Ledger(tmp_path / "usage.db", limits=DailyLimits(1.0), today=calendar)


def test_a_days_sums(ledger: Ledger, calendar: Calendar) -> None:
    ledger.record(Answer("x", (), writer="Claude", model="m", timings_ms={"total": 800.0}))
    ledger.record(Answer("", (), refused="writer", timings_ms={"total": 10.0}))
    ledger.record(Answer("x", (), given_before=True, timings_ms={"total": 3.0}))
    ledger.book(Purpose(), "m", SPENT)
    ledger.book(Purpose("follow-up"), "small", Usage(10, 1, cost=0.05))
    calendar.day = "2031-05-02"
    ledger.record(Answer("x", (), partial=True, timings_ms={"total": 70.0}))
    ledger.book(Purpose(), "m", Usage(5, 5, cost=0.25))
    second, first = ledger.days()
    assert second == Day("2031-05-02", 1, 0, 0, 5, 5, 0.25, 70.0)
    assert (first.answers, first.refused, first.cached) == (3, 1, 1)
    assert (first.input_tokens, first.output_tokens) == (3500 + 10, 101)
    assert first.cost == pytest.approx(0.65)
    assert first.ms == pytest.approx((800 + 10 + 3) / 3)
    assert [day.day for day in ledger.days(last=1)] == ["2031-05-02"]


def test_costs_by_each_group(ledger: Ledger, calendar: Calendar) -> None:
    ledger.book(Purpose("answer", "ann@school.edu"), "large", SPENT)
    ledger.book(Purpose("follow-up", "ann@school.edu"), "small", Usage(10, 1, cost=0.05))
    calendar.day = "2031-05-02"
    ledger.book(Purpose("answer", "ben@school.edu"), "large", Usage(5, 5, cost=0.25))
    assert ledger.costs("model") == [
        Cost("large", 2, 3505, 2000, 105, pytest.approx(0.85)),  # type: ignore[arg-type]
        Cost("small", 1, 10, 0, 1, 0.05),
    ]
    assert [row.name for row in ledger.costs("person")] == ["ann@school.edu", "ben@school.edu"]
    assert [row.name for row in ledger.costs("step")] == ["answer", "follow-up"]
    assert [row.name for row in ledger.costs("day")] == ["2031-05-02", "2031-05-01"]
    assert [row.name for row in ledger.costs("person", since="2031-05-02")] == ["ben@school.edu"]


def test_a_person_has_a_limit_of_her_own(tmp_path: Path, calendar: Calendar) -> None:
    ledger = Ledger(tmp_path / "usage.db", limits=DailyLimits(10.0, person=0.5), today=calendar)
    ledger.book(Purpose(person="ann"), "m", SPENT)
    with pytest.raises(BudgetExceeded, match=r"Your budget for today is spent: \$0\.60 of \$0\.50.*PERSON_BUDGET"):
        ledger.check("ann")
    ledger.check("ben")
    ledger.check()
    assert ledger.left() == pytest.approx(9.4)
    calendar.day = "2031-05-02"
    ledger.check("ann")


def test_books_of_before_are_taken_over(tmp_path: Path, calendar: Calendar) -> None:
    path = tmp_path / "usage.db"
    Database(path, _MIGRATIONS[:1])
    with closing(sqlite3.connect(path)) as connection, connection:
        for outcome, cost in [("answered", 0.5), ("shadow", 0.25), ("ranked", 0.125), ("cached", 0.0)]:
            connection.execute(
                "INSERT INTO answers VALUES (NULL, '2031-05-01', ?, 'Claude', 'm', 100, 10, 0, 0, ?, 5)",
                (outcome, cost),
            )
    ledger = Ledger(path, limits=DailyLimits(1.0), today=calendar)
    assert ledger.spent() == pytest.approx(0.875)
    assert ledger.days()[0].answers == 2
    assert {row.name: row.cost for row in ledger.costs("step")} == {"answer": 0.75, "ranking": 0.125}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer("x", ()), "answered"),
        (Answer("", (), refused="writer"), "refused"),
        (Answer("x", (), partial=True), "partial"),
        (Answer("x", (), given_before=True), "cached"),
    ],
)
def test_entries_say_how_it_ended(answer: Answer, outcome: str) -> None:
    assert outcome_of(answer) == outcome


def test_the_limit_holds_for_a_day(ledger: Ledger, calendar: Calendar) -> None:
    ledger.book(Purpose(), "m", SPENT)
    ledger.check()
    ledger.book(Purpose(), "m", SPENT)
    with pytest.raises(BudgetExceeded, match=r"\$1\.20 of \$1\.00.*DAILY_BUDGET"):
        ledger.check()
    calendar.day = "2031-05-02"
    ledger.check()


def test_with_a_budget_of_nothing_nothing_is_spent(tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded):
        Ledger(tmp_path / "usage.db", limits=DailyLimits(0.0)).check()


def test_what_cannot_be_known_is_not_spent(ledger: Ledger, tmp_path: Path) -> None:
    ledger.book(Purpose(), "m", SPENT)
    for path in tmp_path.glob("usage.db*"):
        path.write_bytes(b"not a database" * 400)
    with pytest.raises(BudgetExceeded, match="nothing more is spent"):
        ledger.check()


def test_it_is_shared_by_processes_and_threads(tmp_path: Path) -> None:
    books = [Ledger(tmp_path / "usage.db", limits=DailyLimits(1.0)) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda book=book: [book.record(Answer("x", ())) for _ in range(10)]) for book in books
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert books[0].days()[0].answers == 40


def test_a_folder_that_cannot_be_used_is_a_clear_error(settings: Settings) -> None:
    settings.data_dir.write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match="DATA_DIR"):
        open_ledger(settings)


def claude(api: FakeMessagesApi, ledger: Ledger) -> ClaudeWriter:
    return ClaudeWriter(writer_settings(api.url), Gateway(ledger=ledger))


def test_over_budget_the_next_writer_answers_and_it_is_said(
    retriever: HybridRetriever, ledger: Ledger, api: FakeMessagesApi
) -> None:
    ledger.book(Purpose(), "m", Usage(cost=1.5))
    made = done(answer(QUESTION, retriever, [claude(api, ledger), ExcerptsWriter()], threshold=0.0))
    assert api.requests == []
    assert made.writer == "excerpts"
    assert made.text
    assert made.notices[0].startswith("Today's budget is spent: $1.50 of $1.00.")
    assert made.notices[1] == "This answer is put together from sentences of the course instead."


def test_an_answer_is_booked_as_the_service_counted_it(
    retriever: HybridRetriever, ledger: Ledger, api: FakeMessagesApi
) -> None:
    api.script(reply("They sleep sixteen hours."))
    made = done(answer(replace(QUESTION, person="ann"), retriever, [claude(api, ledger)], threshold=0.0))
    (row,) = ledger.costs("person")
    assert (row.name, row.requests) == ("ann", 1)
    assert row.cost == pytest.approx(made.usage.cost)
    assert row.cost > 0


def stopped_after(events: Iterator[WriterEvent], count: int) -> None:
    for _ in range(count):
        next(events)
    events.close()  # type: ignore[attr-defined]


def test_a_stopped_answer_is_booked_with_the_words_that_came(ledger: Ledger, api: FakeMessagesApi) -> None:
    question = Question("Why?", (Turn("What is perplexity?", "A measure of uncertainty."),))
    api.script(reply(Say("It measures uncertainty." + " More." * 200, step=24)))
    stopped_after(claude(api, ledger).write(question, "why", [PERPLEXITY]), 1)
    (day,) = ledger.days()
    prompt = api.asked[0].body
    assert day.input_tokens == sum(api.input_usage(prompt).values())
    assert day.output_tokens == count_tokens("It measures uncertainty.")
    cached = api.input_usage(prompt)["cache_read_input_tokens"]  # it was written by the first request
    dollars = (2.5 * cached + 2 * (day.input_tokens - cached) + 10 * day.output_tokens) / 1e6
    assert day.cost == pytest.approx(dollars)


def test_one_that_fails_costs_nothing(ledger: Ledger, api: FakeMessagesApi) -> None:
    api.script(Status(400, "invalid_request_error", "no", ()))
    with pytest.raises(WriterFailed):
        list(claude(api, ledger).write(QUESTION, "why", [PERPLEXITY]))
    assert ledger.days() == []


def test_one_that_breaks_off_is_booked(ledger: Ledger, api: FakeMessagesApi) -> None:
    api.script(ScriptedReply((Say("It measures uncertainty.", step=24),), broken="cut", after=4))
    list(claude(api, ledger).write(QUESTION, "why", [PERPLEXITY]))
    (day,) = ledger.days()
    assert day.input_tokens > 0
    assert day.output_tokens == count_tokens("It measures uncertainty.")


def test_which_writers_there_are(settings: Settings, ledger: Ledger) -> None:
    def names(**changed: object) -> list[str]:
        return [
            type(writer).__name__
            for writer in make_writers(settings.model_copy(update=changed), Gateway(ledger=ledger))
        ]

    assert names() == ["ExcerptsWriter"]
    assert names(anthropic_api_key="k") == ["ClaudeWriter", "ExcerptsWriter"]
    assert names(anthropic_api_key="k", writer="excerpts") == ["ExcerptsWriter"]
    assert names(writer="claude") == ["ClaudeWriter", "ExcerptsWriter"]
    local = {"writer": "local", "anthropic_base_url": "http://127.0.0.1:9"}
    assert names(**local) == ["LocalWriter", "ExcerptsWriter"]  # costs nothing, whatever the budget


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_so_many_questions_a_minute() -> None:
    clock = Clock()
    pace = RateLimit(per_minute=3, clock=clock)
    for _ in range(3):
        pace.admit("ann")
        clock.now += 10
    with pytest.raises(BudgetExceeded, match=r"3 questions in a minute is the limit\. Wait 30 s"):
        pace.admit("ann")
    pace.admit("ben")
    clock.now = 160.0
    pace.admit("ann")  # the first is a minute ago; a refused one does not count
    with pytest.raises(BudgetExceeded, match="Wait 10 s"):
        pace.admit("ann")


def test_sessions_that_are_gone_are_forgotten() -> None:
    clock = Clock()
    pace = RateLimit(per_minute=3, clock=clock)
    for number in range(100):
        pace.admit(str(number))
    clock.now += 61
    pace.admit("another")
    assert list(pace._asked) == ["another"]


def test_a_question_has_a_length() -> None:
    check_length("a" * LONGEST_QUESTION)
    with pytest.raises(BudgetExceeded, match="4,001 characters; the limit is 4,000"):
        check_length("a" * (LONGEST_QUESTION + 1))


def test_the_budget_is_looked_at_before_each_step(
    retriever: HybridRetriever, ledger: Ledger, api: FakeMessagesApi
) -> None:
    ledger.book(Purpose(), "m", Usage(cost=1.0 - 1e-9))
    api.script(reply(Use({"query": "cats"}), stop_reason="tool_use"), reply("They sleep."))
    made = done(answer(QUESTION, retriever, [claude(api, ledger), ExcerptsWriter()], threshold=0.0))
    assert len(api.asked) == 1
    assert made.writer == "excerpts"
    assert made.notices[0].startswith("Today's budget is spent: $1.00 of $1.00.")
    assert ledger.spent() > 1.0


def test_what_was_searched_for_is_in_the_trace(retriever: HybridRetriever, settings: Settings) -> None:
    class Asking:
        name, version = "Claude", "v1"

        def write(self, *_: object) -> Iterator[WriterEvent]:
            raise AssertionError("it may search")

        def write_searching(
            self, question: Question, query: str, passages: object, search: Search
        ) -> Iterator[WriterEvent]:
            found = tuple(search("how long do cats sleep", "Cats"))
            yield Searched("how long do cats sleep", found, Usage(100, 10, cost=0.001))
            unit = next(unit for unit in found[0].units if unit.kind != "heading")
            yield TextPiece("They sleep a lot.")
            yield Cited(citation_of(found[0], [unit]))
            yield Finished("m")

    titles = retriever.index.documents()
    events = list(answer(QUESTION, retriever, [Asking()], threshold=0.0, titles=titles))
    made = done(events)
    assert Searching("how long do cats sleep") in events
    assert made.footnotes[0].path[0] == "Cats"
    (step,) = made.trace["searches"]  # type: ignore[misc]
    assert (step["query"], step["cost"], {place.split(" > ")[0] for place in step["passages"]}) == (
        "how long do cats sleep",
        0.001,
        {"Cats"},
    )
