"""The engine over a real index: hot swap under running answers, several threads, limits, and what it keeps of an answer."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.answering.engine import Engine
from app.answering.services import open_services
from app.types import Answer, Done, Question, Reading, Writing
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.protocols import Writer
from ingest.build import build
from retrieval.config import Settings, load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import BudgetExceeded, FootnoteError, IndexMissing, WriterOverloaded
from retrieval.index.version_files import write_checksums
from retrieval.index.versions import current, publish, versions
from tests.app.scripted_writer import Gate, ScriptedWriter, done, quoting, saying
from tests.conftest import SMALL_COURSE, copy_folder, write_course

CATS = Question("How long do cats sleep?")
NEW_CATS = "Cats\n\nCats sleep up to twenty hours a day, says a newer study.\n"


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A course that is indexed twice, the second time with another fact in it."""
    folder = tmp_path_factory.mktemp("versions")
    settings = load_settings(
        corpus=write_course(folder / "corpus", SMALL_COURSE), index_dir=folder / "index", anthropic_api_key=""
    )
    build(settings)
    write_course(settings.corpus, {"notes/cats.txt": NEW_CATS})
    build(settings)
    return settings


@pytest.fixture
def own(two_versions: Settings, tmp_path: Path) -> Settings:
    """The course with its first version live, and records of the test's own."""
    publish(two_versions, versions(two_versions)[0])
    return two_versions.model_copy(update={"data_dir": tmp_path / "data", "confidence_threshold": 0.0})


def open_with(settings: Settings, embedder: FastEmbedder, *writers: Writer) -> Engine:
    services = open_services(settings, embedder)
    return Engine(settings, embedder, replace(services, writers=writers or services.writers))


@pytest.fixture
def engine(course_settings: Settings, embedder: FastEmbedder, tmp_path: Path) -> Iterator[Engine]:
    """Over the shared course, with records of the test's own."""
    changed = {"data_dir": tmp_path / "data", "confidence_threshold": 0.0}
    opened = open_with(course_settings.model_copy(update=changed), embedder)
    yield opened
    opened.close()


def rebuild(settings: Settings) -> None:
    """What a build does in the end."""
    publish(settings, versions(settings)[1])


def private_copies(settings: Settings) -> int:
    """Stores that are open."""
    return sum(path.is_dir() for path in (settings.index_dir / "open").iterdir())


def test_there_is_no_engine_without_an_index(settings: Settings, embedder: FastEmbedder) -> None:
    with pytest.raises(IndexMissing, match="make index"):
        open_with(settings, embedder)


def test_it_knows_its_course(engine: Engine) -> None:
    titles = [document.title for document in engine.course.documents]
    assert titles == list(engine.index.documents().values())


def test_a_new_version_is_taken_up_between_two_questions(own: Settings, embedder: FastEmbedder) -> None:
    engine = open_with(own, embedder)
    assert not engine.refresh()
    assert "sixteen" in done(engine.answer(CATS)).text
    before = engine.index.name
    rebuild(own)
    assert engine.index.name == before
    assert engine.refresh()
    assert engine.index.name == current(own) != before
    assert "twenty" in done(engine.answer(CATS)).text
    assert private_copies(own) == 1
    engine.close()
    assert private_copies(own) == 0


def test_an_answer_under_way_finishes_on_its_version_which_is_then_closed(
    own: Settings, embedder: FastEmbedder
) -> None:
    gate = Gate()
    engine = open_with(own, embedder, ScriptedWriter(gate.script))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: list(engine.answer(CATS)))
        assert gate.begun.wait(20)
        old = engine.index.name
        rebuild(own)
        assert engine.refresh()
        assert private_copies(own) == 2
        gate.opened.set()
        events = first.result(timeout=20)
    reading = next(event for event in events if isinstance(event, Reading))
    assert reading.retrieval.version == old != engine.index.name
    (note,) = done(events).footnotes
    assert "sixteen" in note.quote
    assert private_copies(own) == 1
    engine.close()


def test_a_version_that_cannot_be_opened_leaves_the_running_one(own: Settings, embedder: FastEmbedder) -> None:
    engine = open_with(own, embedder)
    name = engine.index.name
    (own.index_dir / "CURRENT").write_text("no-such-version\n", encoding="utf-8")
    assert not engine.refresh()
    assert engine.index.name == name
    assert done(engine.answer(CATS)).footnotes
    engine.close()


def test_two_threads_ask_while_versions_change(own: Settings, embedder: FastEmbedder) -> None:
    engine = open_with(own.model_copy(update={"answer_cache": False}), embedder)
    first, second = versions(own)
    seen: list[tuple[str, str]] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            events = list(engine.answer(CATS))
            version = next(event.retrieval.version for event in events if isinstance(event, Reading))
            seen.append((version, "twenty" if "twenty" in done(events).text else "sixteen"))

    def wait_for(version: str) -> None:
        end = time.monotonic() + 20
        while sum(name == version for name, _ in seen) < 4 and time.monotonic() < end:
            time.sleep(0.01)

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        wait_for(first)
        rebuild(own)
        engine.refresh()
        wait_for(second)
        stop.set()
        for future in asking:
            future.result(timeout=20)
    assert set(seen) == {(first, "sixteen"), (second, "twenty")}
    assert private_copies(own) == 1
    engine.close()


@pytest.mark.parametrize("what", ["states.npy", "documents", "engine"])
def test_an_index_that_is_damaged_while_it_is_used_costs_no_answer(
    own: Settings, embedder: FastEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The version before answers instead, or a fresh copy of the same one, and one private copy is kept."""
    copy_folder(own.index_dir, tmp_path / "index", "open")
    mine = own.model_copy(update={"index_dir": tmp_path / "index", "answer_cache": False})
    first, second = versions(mine)
    publish(mine, second)
    engine = open_with(mine, embedder)
    assert engine.index.name == second
    if what == "engine":

        def panics(*_: object, **__: object) -> None:
            raise BaseException("called `Result::unwrap()` on an `Err` value")

        monkeypatch.setattr(engine.index.store, "_shard", SimpleNamespace(query=panics, close=lambda: None))
    else:
        for path in [tmp_path / "index" / "versions" / second / what, *engine.index._files.folder.glob(f"{what}/*")]:
            if path.is_file():
                os.truncate(path, path.stat().st_size // 2)
    for _ in range(3):
        assert done(engine.answer(CATS)).footnotes
        assert engine.index.name == (second if what == "engine" else first)
        assert private_copies(mine) == 1
        engine.refresh()
    engine.close()
    assert private_copies(mine) == 0


def test_damage_that_is_found_in_the_background(own: Settings, embedder: FastEmbedder, tmp_path: Path) -> None:
    copy_folder(own.index_dir, tmp_path / "index", "open")
    mine = own.model_copy(update={"index_dir": tmp_path / "index"})
    first, second = versions(mine)
    publish(mine, second)
    engine = open_with(mine, embedder)
    with (tmp_path / "index" / "versions" / second / "states.npy").open("r+b") as file:
        file.seek(500)
        file.write(b"damage")
    engine.index.check_in_background(["words.json", "states.npy"])
    end = time.monotonic() + 20
    while engine.index.damaged is None and time.monotonic() < end:
        time.sleep(0.01)
    assert engine.refresh()
    assert (engine.index.name, engine.refresh()) == (first, False)
    engine.close()


def test_a_document_of_a_pruned_version_is_still_answered_from(own: Settings, embedder: FastEmbedder) -> None:
    engine = open_with(own, embedder)
    documents = own.index_dir / "versions" / engine.index.name / "documents"
    documents.rename(documents.with_name("pruned"))
    try:
        assert done(engine.answer(CATS)).footnotes
    finally:
        documents.with_name("pruned").rename(documents)
        engine.close()


def test_quotes_are_looked_up_in_the_stored_document(own: Settings, embedder: FastEmbedder) -> None:
    engine = open_with(own, embedder)
    cats = next(document.id for document in engine.course.documents if document.path == "notes/cats.txt")
    folder = own.index_dir / "versions" / engine.index.name
    engine.close()
    stored = folder / "documents" / f"{cats}.json"
    text = stored.read_text(encoding="utf-8")
    stored.write_text(text.replace("sixteen", "ninety"), encoding="utf-8")
    write_checksums(folder)
    try:
        engine = open_with(own, embedder)
        made = done(engine.answer(CATS))
    finally:
        stored.write_text(text, encoding="utf-8")
        write_checksums(folder)
        engine.close()
    assert any("ninety" in note.quote for note in made.footnotes)
    assert not any("sixteen" in note.quote for note in made.footnotes)


def test_the_same_question_comes_from_the_cache(engine: Engine) -> None:
    first = done(engine.answer(CATS))
    again = list(engine.answer(CATS))
    assert not any(isinstance(event, Reading) for event in again)
    assert next(event for event in again if isinstance(event, Writing)).text == first.text
    assert (first.given_before, done(again).given_before) == (False, True)
    days = engine._services.ledger.days()
    assert [(day.answers, day.cached) for day in days] == [(2, 1)]


def test_the_cache_can_be_switched_off(course_settings: Settings, embedder: FastEmbedder, tmp_path: Path) -> None:
    changed = {"data_dir": tmp_path / "data", "confidence_threshold": 0.0, "answer_cache": False}
    engine = open_with(course_settings.model_copy(update=changed), embedder)
    assert [done(engine.answer(CATS)).given_before for _ in range(2)] == [False, False]
    assert not (tmp_path / "data" / "answers.db").exists()
    engine.close()


def test_an_answer_that_had_to_be_made_otherwise_is_not_cached(
    course_settings: Settings, embedder: FastEmbedder, tmp_path: Path
) -> None:
    settings = course_settings.model_copy(update={"data_dir": tmp_path / "data", "confidence_threshold": 0.0})
    writer = ScriptedWriter(saying(WriterOverloaded("The model is overloaded.")))
    engine = open_with(settings, embedder, writer, ExcerptsWriter())
    made = [done(engine.answer(CATS)) for _ in range(2)]
    assert [(answer.writer, answer.given_before) for answer in made] == [("excerpts", False)] * 2
    assert len(writer.asked) == 2
    engine.close()


@pytest.mark.attack("questions that are too long or too fast", "refused before anything is stored")
def test_a_question_without_end_is_not_begun(engine: Engine) -> None:
    with pytest.raises(BudgetExceeded, match="limit is 4,000"):
        next(engine.answer(Question("why " * 2000)))


def test_damaged_records_cost_nobody_the_answer(engine: Engine, tmp_path: Path) -> None:
    done(engine.answer(CATS))
    for name in ("answers.db", "usage.db"):
        for path in (tmp_path / "data").glob(f"{name}*"):
            path.write_bytes(b"not a database" * 400)
    made = done(engine.answer(CATS))
    assert "sixteen" in made.text


def test_an_answer_that_nobody_waits_for_lets_go_of_its_version(own: Settings, embedder: FastEmbedder) -> None:
    engine = open_with(own, embedder, ScriptedWriter(quoting("One. Two.")))
    events = engine.answer(CATS)
    assert not isinstance(next(events), Done)
    rebuild(own)
    assert engine.refresh()
    assert private_copies(own) == 2
    events.close()  # type: ignore[attr-defined]
    assert private_copies(own) == 1
    engine.close()


def test_a_closed_engine_begins_nothing_and_finishes_what_it_began(own: Settings, embedder: FastEmbedder) -> None:
    gate = Gate()
    engine = open_with(own, embedder, ScriptedWriter(gate.script))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: done(engine.answer(CATS)))
        assert gate.begun.wait(20)
        engine.close()
        engine.close()
        with pytest.raises(FootnoteError, match="shutting down"):
            next(engine.answer(CATS))
        gate.opened.set()
        assert first.result(timeout=20).footnotes
    assert private_copies(own) == 0


def test_answers_are_equal_whether_made_alone_or_side_by_side(engine: Engine) -> None:
    questions = [CATS, Question("What does BM25 rank by?"), Question("What is a token?")]
    alone = [done(engine.answer(question)).text for question in questions]

    def texts(_: int) -> list[str]:
        return [done(engine.answer(question)).text for question in questions]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(texts, range(8))) == [alone] * 8
    assert all(isinstance(text, str) and text for text in alone)
    assert isinstance(done(engine.answer(CATS)), Answer)
