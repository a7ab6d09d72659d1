"""Sentences of context: their price before they are asked for, what is kept, and what a search and an answer make of them."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.answering.answer import answer as answered
from app.storage.usage import DailyLimits, Ledger
from app.types import Question
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm.contexts import BATCH_REQUESTS, batches, missing, parts, write_contexts
from ingest.build import BuildReport, build
from ingest.parse.load import load
from retrieval.config import Settings, load_settings
from retrieval.errors import BudgetExceeded, ConfigError, FootnoteError
from retrieval.hybrid import open_retriever
from retrieval.index.contexts import read_contexts
from retrieval.text.tokenize import count_tokens
from tests.app.scripted_writer import done
from tests.conftest import copy_folder, write_course
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Expired, Step, answer

RIVERS = """# Field notes

## Monday

It was two metres above its usual mark, and the lower path could not be walked.

## Tuesday

It had fallen by half. The path was open again, and the herons were back on the stones.

## Wednesday

A pipe had burst at the mill. They mended it before noon.
"""
ABOUT = {  # by a word of the chunk; as a model that knows the whole of the notes would write it
    "two metres": "The flood of the river Wenlow on the first day of the excursion.",
    "herons": "The river Wenlow after the flood, and the birds of its banks.",
    "pipe": "Repairs at Harrow's paper mill, seen by the students.",
}


@dataclass
class Terminal:
    """What was said; `interrupt`: the user stops the wait at its first pause."""

    lines: list[str] = field(default_factory=list)
    interrupt: bool = False

    def pause(self, seconds: float) -> None:
        if self.interrupt:
            raise KeyboardInterrupt


@dataclass
class Course:
    """A course that is indexed, in front of a server that speaks the Messages API."""

    api: FakeMessagesApi
    settings: Settings
    ledger: Ledger

    def write(self, *steps: Step, terminal: Terminal | None = None) -> tuple[int, list[str]]:
        terminal = terminal or Terminal()
        self.api.script(*(steps or self.replies()))
        return write_contexts(
            self.settings, self.ledger, say=terminal.lines.append, pause=terminal.pause
        ), terminal.lines

    def replies(self) -> list[Step]:
        return [answer(ABOUT[word]) for word in ABOUT]

    def build(self) -> BuildReport:
        return build(self.settings)

    @property
    def sent(self) -> list[dict[str, object]]:
        """The requests of all batches."""
        return [one for batch in self.api.batches.values() for one in batch.requests]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpus and index of the notes, without contexts."""
    folder = tmp_path_factory.mktemp("notes")
    corpus = write_course(folder / "corpus", {"notes.md": RIVERS})
    build(load_settings(corpus=corpus, index_dir=folder / "index", data_dir=folder / "data", chunk_tokens=40))
    return folder


@pytest.fixture
def course(indexed: Path, tmp_path: Path, api: FakeMessagesApi) -> Course:
    """A copy of it, for a test of its own."""
    copy_folder(indexed, tmp_path / "notes")
    settings = load_settings(
        corpus=tmp_path / "notes" / "corpus",
        index_dir=tmp_path / "notes" / "index",
        data_dir=tmp_path / "data",
        contexts=True,
        chunk_tokens=40,
        anthropic_api_key="test-key",
        anthropic_base_url=api.url,
    )
    return Course(api, settings, Ledger(tmp_path / "data" / "usage.db", limits=DailyLimits(5.0)))


def test_the_price_is_said_before_anything_is_sent_and_holds(course: Course) -> None:
    said: list[tuple[str, int]] = []
    course.api.script(*course.replies())
    new = write_contexts(
        course.settings,
        course.ledger,
        say=lambda line: said.append((line, len(course.api.batches))),
        pause=lambda _: None,
    )
    (price, batches_before), (waiting, batches_after) = said
    assert (new, batches_before, batches_after) == (3, 0, 1)
    assert price.startswith("Sentences of context for 3 chunks by claude-haiku-5-5: between $0.0")
    assert waiting.startswith("Waiting for batch msgbatch_1 (3 chunks)")
    high = float(price.split("and $")[1].split()[0])
    assert 0 < course.ledger.spent() <= high
    (booked,) = course.ledger.costs("step")
    assert (booked.name, booked.requests) == ("context", 1)


def test_a_request_has_the_document_to_be_cached_and_then_the_chunk(course: Course) -> None:
    course.write()
    systems = [one["params"]["system"] for one in course.sent]  # type: ignore[index]
    assert systems[0] == systems[1] == systems[2]
    assert "two metres above" in systems[0][1]["text"]
    assert systems[0][1]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    pieces = [one["params"]["messages"][0]["content"] for one in course.sent]  # type: ignore[index]
    assert [next(word for word in ABOUT if word in piece) for piece in pieces] == list(ABOUT)


def test_a_search_finds_by_the_sentence_and_the_quote_is_the_course_s(course: Course) -> None:
    course.write()
    report = course.build()
    assert report.published
    assert report.reason == "what is said of its parts has changed"
    assert report.counts["contexts"] == 3
    retriever = open_retriever(course.settings)
    try:
        found = retriever.retrieve("How high did the river Wenlow stand in the flood?")
        assert "two metres" in found.hits[0].chunk.text
        assert found.hits[0].chunk.about == ABOUT["two metres"]
        text = retriever.index.document(found.hits[0].chunk.document_id).text
        made = done(
            answered(
                Question("How high did the river Wenlow stand in the flood?"),
                retriever,
                [ExcerptsWriter()],
                threshold=0.0,
                documents=retriever.index.document,
            )
        )
    finally:
        retriever.close()
    assert made.footnotes
    assert all(note.quote == text[note.start : note.end] for note in made.footnotes)
    assert not any(about in made.text or about in text for about in ABOUT.values())
    assert not any("Wenlow" in passage.text for passage in found.passages)


def test_a_run_that_breaks_off_is_taken_up_without_paying_twice(course: Course) -> None:
    course.api.polls = 2
    terminal = Terminal(interrupt=True)
    with pytest.raises(KeyboardInterrupt):
        course.write(terminal=terminal)
    assert read_contexts(course.settings).sentences == {}
    new, lines = course.write()
    assert (new, len(course.api.batches)) == (3, 1)
    assert [line.split(" (")[0] for line in lines] == ["Waiting for batch msgbatch_1"]
    assert course.write() == (0, [])
    assert course.build().counts["contexts"] == 3
    assert not course.build().published


def test_a_rebuild_pays_for_what_changed(course: Course) -> None:
    course.write()
    notes = course.settings.corpus / "notes.md"
    notes.write_text(RIVERS.replace("before noon", "after noon"), "utf-8")
    course.build()
    new, _ = course.write(answer("Repairs at the mill, again."))
    assert (new, len(course.sent)) == (1, 4)
    assert course.build().counts["contexts"] == 3


def test_nothing_is_sent_beyond_the_day_s_budget(course: Course, tmp_path: Path) -> None:
    poor = Course(course.api, course.settings, Ledger(tmp_path / "poor.db", limits=DailyLimits(0.0)))
    with pytest.raises(BudgetExceeded, match=r"3 chunks may cost up to \$0\.\d\d and \$0\.00 of today's DAILY_BUDGET"):
        poor.write()
    assert course.api.batches == {}


def test_what_the_budget_covers_is_written(course: Course, tmp_path: Path) -> None:
    everything = _highest(course)
    limited = Course(course.api, course.settings, Ledger(tmp_path / "limited.db", limits=DailyLimits(0.7 * everything)))
    with pytest.raises(BudgetExceeded, match="1 chunk may cost"):
        limited.write()
    assert len(read_contexts(course.settings).sentences) == 2
    assert limited.ledger.spent() < 0.7 * everything


def _highest(course: Course) -> float:
    """What all of it costs at most, as it is said to a run that is stopped before it sends anything."""
    told: list[str] = []

    def listen(line: str) -> None:
        told.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_contexts(course.settings, course.ledger, say=listen)
    return float(told[0].split("and $")[1].split()[0])


def test_what_failed_is_told_and_asked_for_again(course: Course) -> None:
    new, lines = course.write(answer("One."), Expired(), answer("Three."))
    assert new == 2
    assert lines[-1] == "1 of 3 have none: the request was expired. Run make index again."
    new, _ = course.write(answer("Two."))
    assert (new, len(course.sent)) == (1, 4)


def test_a_batch_that_the_service_has_no_more_is_given_up(course: Course) -> None:
    read_contexts(course.settings).add([{"batch": "msgbatch_old", "chunks": 3, "model": "claude-haiku-5-5"}])
    new, lines = course.write()
    assert new == 3
    assert "the service does not have the batch any more" in lines[1]


def test_without_a_key(course: Course) -> None:
    with pytest.raises(ConfigError, match="need a key"):
        write_contexts(course.settings.model_copy(update={"anthropic_api_key": ""}), course.ledger, say=print)


def test_a_wrong_key_costs_nothing(course: Course) -> None:
    wrong = course.settings.model_copy(update={"anthropic_api_key": "wrong"})
    with pytest.raises(FootnoteError, match="the API key was refused"):
        write_contexts(wrong, course.ledger, say=print)
    assert course.api.batches == {}


def test_a_line_that_was_not_written_to_its_end_costs_that_line_alone(course: Course) -> None:
    contexts = read_contexts(course.settings)
    contexts.add([{"key": "a", "about": "One."}])
    with contexts.path.open("a") as file:
        file.write('{"key": "b", "abo')
    contexts.add([{"key": "c", "about": "Three."}])
    assert read_contexts(course.settings).sentences == {"a": "One.", "c": "Three."}


def test_switched_off_they_are_not_searched(course: Course) -> None:
    course.write()
    course.build()
    report = build(course.settings.model_copy(update={"contexts": False}))
    assert report.published
    assert report.counts["contexts"] == 0


def test_parts_are_whole_blocks_within_the_limit(tmp_path: Path) -> None:
    text = "# Long\n\n" + "\n\n".join(f"Paragraph {number} has these few words." for number in range(60))
    document = load(write_course(tmp_path, {"long.md": text}) / "long.md", root=tmp_path)
    begins = parts(document, tokens=50)
    pieces = [document.text[start:end] for start, end in zip(begins, [*begins[1:], None], strict=True)]
    assert "".join(pieces) == document.text
    assert max(map(count_tokens, pieces)) <= 50
    assert all(piece.startswith("Paragraph") for piece in pieces[1:])
    assert parts(document, tokens=10_000) == [0]


def test_batches_are_of_a_size_that_the_service_takes(course: Course) -> None:
    retriever = open_retriever(course.settings)
    try:
        one = missing(retriever.index, read_contexts(course.settings))[0]
    finally:
        retriever.close()
    sizes = [len(batch) for batch in batches([one] * (2 * BATCH_REQUESTS + 1))]
    assert sizes == [BATCH_REQUESTS, BATCH_REQUESTS, 1]
    assert list(batches([])) == []
