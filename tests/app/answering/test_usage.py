"""What answers cost, what a day may cost, and how fast a session may ask."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answering.answer import answer
from app.answering.rate_limit import LONGEST_QUESTION, RateLimit, check_length
from app.storage.usage import Day, Entry, Ledger, entry_of, open_ledger
from app.types import (
    Answer,
    Cited,
    Finished,
    Question,
    Search,
    Searched,
    Searching,
    TextPiece,
    Turn,
    Usage,
    WriterEvent,
)
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.factory import make_writers
from app.writers.llm.gateway import Gateway
from app.writers.llm.prompt import system_prompt
from app.writers.metered import Paid
from app.writers.passages import citation_of
from retrieval.config import Settings
from retrieval.errors import BudgetExceeded, ConfigError
from retrieval.hybrid import HybridRetriever
from retrieval.text.tokenize import count_tokens
from tests.app.writers.writing_support import PERPLEXITY
from tests.ingest.pipeline_support import ScriptedWriter, done, quoting, saying

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
    return Ledger(tmp_path / "usage.db", daily_budget=1.0, today=calendar)


def test_a_days_sums(ledger: Ledger, calendar: Calendar) -> None:
    ledger.record(Entry("answered", "Claude", "m", SPENT, 800.0))
    ledger.record(Entry("refused", ms=10.0))
    ledger.record(Entry("cached", "Claude", "m", ms=3.0))
    ledger.record(Entry("stopped", "Claude", "m", Usage(10, 1, cost=0.05), 400.0))
    ledger.record(Entry("shadow", "Claude", "m", Usage(20, 2, cost=0.1), 900.0))
    calendar.day = "2031-05-02"
    ledger.record(Entry("partial", "Claude", "m", Usage(5, 5, cost=0.25), 70.0))
    second, first = ledger.days()
    assert second == Day("2031-05-02", 1, 0, 0, 5, 5, 0.25, 70.0)
    assert (first.answers, first.refused, first.cached) == (4, 1, 1)
    assert (first.input_tokens, first.output_tokens) == (3500 + 10 + 20, 103)
    assert first.cost == pytest.approx(0.75)
    assert first.ms == pytest.approx((800 + 10 + 3) / 3)
    assert [day.day for day in ledger.days(last=1)] == ["2031-05-02"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer("x", ()), "answered"),
        (Answer("", (), refused="writer"), "refused"),
        (Answer("x", (), partial=True), "partial"),
        (Answer("x", (), cached="semantic"), "cached"),
    ],
)
def test_entries_say_how_it_ended(answer: Answer, outcome: str) -> None:
    assert entry_of(answer).outcome == outcome


def test_the_limit_holds_for_a_day(ledger: Ledger, calendar: Calendar) -> None:
    ledger.record(Entry("answered", usage=SPENT))
    ledger.check()
    ledger.record(Entry("answered", usage=SPENT))
    with pytest.raises(BudgetExceeded, match=r"\$1\.20 of \$1\.00.*DAILY_BUDGET"):
        ledger.check()
    calendar.day = "2031-05-02"
    ledger.check()


def test_with_a_budget_of_nothing_nothing_is_spent(tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded):
        Ledger(tmp_path / "usage.db", daily_budget=0.0).check()


def test_what_cannot_be_known_is_not_spent(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record(Entry("answered", usage=SPENT))
    for path in tmp_path.glob("usage.db*"):
        path.write_bytes(b"not a database" * 400)
    with pytest.raises(BudgetExceeded, match="nothing more is spent"):
        ledger.check()


def test_it_is_shared_by_processes_and_threads(tmp_path: Path) -> None:
    books = [Ledger(tmp_path / "usage.db", daily_budget=1.0) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda book=book: [book.record(Entry("answered", usage=SPENT)) for _ in range(10)])
        for book in books
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


def test_over_budget_the_next_writer_answers_and_it_is_said(
    retriever: HybridRetriever, ledger: Ledger, settings: Settings
) -> None:
    ledger.record(Entry("answered", usage=Usage(cost=1.5)))
    model = ScriptedWriter(quoting(), name="Claude")
    made = done(answer(QUESTION, retriever, [Paid(model, ledger, settings), ExcerptsWriter()], threshold=0.0))
    assert model.asked == []
    assert made.writer == "excerpts"
    assert made.text
    assert made.notices[0].startswith("Today's budget is spent: $1.50 of $1.00.")
    assert made.notices[1] == "This answer is put together from sentences of the course instead."


def test_within_budget_nothing_changes(retriever: HybridRetriever, ledger: Ledger, settings: Settings) -> None:
    model = ScriptedWriter(quoting(finished=Finished("m", usage=SPENT)), name="Claude", version="v7")
    paid = Paid(model, ledger, settings)
    assert (paid.name, paid.version) == ("Claude", "v7")
    made = done(answer(QUESTION, retriever, [paid], threshold=0.0))
    assert (made.usage, made.notices) == (SPENT, ())
    assert ledger.days() == []  # whoever gets the whole answer books it


def stopped_after(events: Iterator[WriterEvent], count: int) -> None:
    for _ in range(count):
        next(events)
    events.close()  # type: ignore[attr-defined]


def test_a_stopped_answer_is_booked_by_estimate(ledger: Ledger, settings: Settings) -> None:
    question = Question("Why?", (Turn("What is perplexity?", "A measure of uncertainty."),))
    model = ScriptedWriter(saying(TextPiece("It measures uncertainty."), TextPiece(" More.")), name="Claude")
    stopped_after(Paid(model, ledger, settings).write(question, "why", [PERPLEXITY]), 1)
    (day,) = ledger.days()
    least = count_tokens(system_prompt("citations")) + count_tokens(PERPLEXITY.text)
    assert least < day.input_tokens < least + 100
    assert day.output_tokens == count_tokens("It measures uncertainty.")
    assert day.cost == pytest.approx((2 * day.input_tokens + 10 * day.output_tokens) / 1e6)


def test_an_answer_stopped_at_its_very_end_is_booked_as_counted(ledger: Ledger, settings: Settings) -> None:
    model = ScriptedWriter(saying(TextPiece("So."), Finished("m", usage=SPENT)), name="Claude")
    stopped_after(Paid(model, ledger, settings).write(QUESTION, "q", [PERPLEXITY]), 2)
    assert ledger.days()[0].cost == pytest.approx(SPENT.cost)


def test_which_writers_there_are(settings: Settings, ledger: Ledger) -> None:
    def names(**changed: object) -> list[str]:
        return [
            type(writer).__name__
            for writer in make_writers(settings.model_copy(update=changed), Gateway(ledger=ledger))
        ]

    assert names() == ["ExcerptsWriter"]
    assert names(anthropic_api_key="k") == ["Paid", "ExcerptsWriter"]
    assert names(anthropic_api_key="k", writer="excerpts") == ["ExcerptsWriter"]
    assert names(writer="claude") == ["Paid", "ExcerptsWriter"]
    local = {"writer": "local", "anthropic_base_url": "http://127.0.0.1:9"}
    assert names(**local) == ["LocalWriter", "ExcerptsWriter"]  # costs nothing, whatever the budget
    free = make_writers(settings.model_copy(update={"anthropic_api_key": "k"}))
    assert [writer.name for writer in free] == ["Claude", "excerpts"]


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


def test_the_budget_is_looked_at_before_each_search(
    retriever: HybridRetriever, ledger: Ledger, settings: Settings
) -> None:
    class Asking:
        name, version = "Claude", "v1"

        def write(self, *_: object) -> Iterator[WriterEvent]:
            raise AssertionError("it may search")

        def write_searching(
            self, question: Question, query: str, passages: object, search: Search
        ) -> Iterator[WriterEvent]:
            ledger.record(Entry("answered", usage=Usage(cost=2.0)))  # by others, in the meantime
            found = search("cats")
            yield Searched("cats", tuple(found))

    made = done(answer(QUESTION, retriever, [Paid(Asking(), ledger, settings), ExcerptsWriter()], threshold=0.0))
    assert made.writer == "excerpts"
    assert made.notices[0].startswith("Today's budget is spent: $2.00 of $1.00.")


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
