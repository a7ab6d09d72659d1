"""What every page works with: settings, the live version's documents (which need no embedding model, so a page can show them at once),
the engine opened once for all sessions, conversations, answers."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.answering.course import Course, course_of
from app.storage.conversations import Conversations, SavedTurn, history
from app.storage.usage import RateLimit, check_length
from app.types import Question
from app.web.background_answer import OVERTAKEN, Progress, Run, Runs
from app.web.courses import CourseFolder, Courses
from app.web.index_build import Build
from retrieval.config import ROOT, Settings
from retrieval.errors import FootnoteError, IndexDamaged, IndexMissing
from retrieval.index.opened_index import stored_document
from retrieval.index.versions import candidates, mark_damaged, read_manifest
from retrieval.types import Document

if TYPE_CHECKING:  # a page is shown before the engine's libraries are loaded
    from app.answering.engine import Engine
    from app.writers.llm.api.gateway import Outage

DOCUMENTS_HELD = 16


class Catalogue:
    """What one version of the index holds. Raises IndexMismatch for one of another format, IndexDamaged."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self.settings = settings
        self.key = (
            f"{settings.index_dir} {settings.qdrant_collection} {name}"  # tells it from those of other courses too
        )
        self.manifest = read_manifest(settings, name)
        self.course: Course = course_of(self.manifest.course)
        self._paths = {entry.document_id: path for path, entry in self.manifest.files.items()}
        self._read = lru_cache(DOCUMENTS_HELD)(partial(stored_document, settings, name))

    @property
    def titles(self) -> dict[str, str]:
        """Title by document id, in the order of the course."""
        return {entry.document_id: entry.title for entry in self.manifest.files.values()}

    def original(self, document_id: str) -> tuple[str, str]:
        """The file a document was made from, as a path inside the course, and its SHA-256."""
        path = self._paths[document_id]
        return path, self.manifest.files[path].digest

    def offer(self, starters: tuple[str, ...]) -> None:
        """Questions to begin with, from now on."""
        self.course = replace(self.course, starters=starters)

    def document(self, document_id: str) -> Document:
        """Raises IndexMissing for a document that is not in this version, IndexDamaged."""
        if document_id not in self._paths:
            raise IndexMissing(f"There is no document {document_id!r} in the index {self.name}.")
        return self._read(document_id)


class Library:
    """The catalogue of whichever version is live, or of the one before it where that is damaged."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._catalogue: Catalogue | None = None

    def catalogue(self) -> Catalogue:
        """Raises IndexMissing where there is no index, IndexMismatch, IndexDamaged where none is intact."""
        with self._lock:
            names = candidates(self._settings)
            for name in names:
                if self._catalogue is not None and self._catalogue.name == name:
                    return self._catalogue
                try:
                    self._catalogue = Catalogue(self._settings, name)
                    return self._catalogue
                except IndexDamaged as error:
                    mark_damaged(self._settings, error)
            raise IndexDamaged(names[0], "manifest.json")


RESULTS = ROOT / "evals" / "results"  # where `python -m evals run` leaves what it found
_log = logging.getLogger(__name__)


def _environment(settings: Settings) -> dict[str, str]:
    """What tells a build which course is meant."""
    places = {"CORPUS": settings.corpus, "INDEX_DIR": settings.index_dir, "DATA_DIR": settings.data_dir}
    return {name: str(path) for name, path in places.items()} | {"QDRANT_COLLECTION": settings.qdrant_collection}


class Desk:
    """One course, shared by all sessions of a process. `open_engine` is called once, by `warm_up` or by the first question.

    `settings` are the program's; `course` is the key of one that was made in the browser. Raises ConfigError for one that is
    not here. `results` is the folder where `python -m evals run` leaves what it found.
    """

    def __init__(
        self,
        settings: Settings,
        open_engine: Callable[[Settings], "Engine"],
        *,
        course: str = "",
        results: Path = RESULTS,
    ) -> None:
        self.courses = Courses(settings)
        self.course = course
        self.settings = settings = self.courses.settings_of(course)
        self.results = results
        self.library = Library(settings)
        self.conversations = Conversations(settings.data_dir / "footnote.db")
        self.runs = Runs()
        self.folder = CourseFolder(settings.corpus, aside=settings.data_dir / "removed")
        self.build = Build(environment=_environment(settings))
        self._rate_limit = RateLimit(per_minute=settings.questions_per_minute)
        self._open = open_engine
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._warming = False
        self._trouble: tuple[str, FootnoteError | None] = ("", None)

    def warm_up(self) -> None:
        """Opens the engine in the background, once: loading it takes longer than showing the first page."""
        if not self._warming:
            self._warming = True
            threading.Thread(target=self._warm, name="footnote-engine", daemon=True).start()

    def trouble(self) -> FootnoteError | None:
        """Why the live version could not be opened, if that was tried; another version has another chance."""
        version, error = self._trouble
        return error if error is not None and version == self.library.catalogue().name else None

    def outages(self) -> Sequence["Outage"]:
        """Models that are left alone for a while because they could not be reached."""
        return self._engine.outages() if self._engine is not None else ()

    @property
    def quotes_only(self) -> bool:
        """Whether no model is set up, so that answers are the course's own words."""
        return self.settings.writer == "excerpts" or (
            self.settings.writer == "auto" and not self.settings.anthropic_api_key
        )

    def admit(self, question: str, *, session: str) -> None:
        """Counts a question before anything of it is kept. `session` is whoever's questions are counted together.

        Raises BudgetExceeded for one that is too long, or too soon after others.
        """
        check_length(question)
        self._rate_limit.admit(session)

    def ask(self, thread: str, question: Question, *, instead_of: str = "") -> SavedTurn:
        """Writes the question down and starts its answer; one that is still being made in this thread is stopped.

        `instead_of`: the turn whose place it takes; that turn and all after it are removed.
        """
        version = self.library.catalogue().name
        self.runs.stop((turn.id for turn in self.conversations.turns(thread)), why=OVERTAKEN)
        if instead_of:
            self.conversations.forget_from(instead_of)
        asked = replace(question, history=history(self.conversations.turns(thread)))
        turn = self.conversations.ask(thread, asked, version=version)
        self.runs.start(turn.id, Run(lambda: self._engine_now().answer(asked), self._saving(turn)))
        return turn

    def _engine_now(self) -> "Engine":
        """On the live version. Raises what `open_engine` raises, and tries again the next time."""
        with self._lock:
            if self._engine is not None:
                if self._engine.refresh():
                    threading.Thread(
                        target=self._offer, args=(self._engine,), name="footnote-starters", daemon=True
                    ).start()
                return self._engine
            version = self.library.catalogue().name  # before: another may be live when that one was refused
            try:
                self._engine = self._open(self.settings)
            except FootnoteError as error:
                self._trouble = (version, error)
                raise
            return self._engine

    def _warm(self) -> None:
        try:
            self._offer(self._engine_now())
        except FootnoteError:  # said again to whoever asks
            self._warming = False
        except Exception:
            _log.exception("the engine could not be opened")

    def _offer(self, engine: "Engine") -> None:
        """Finds questions to begin with; where that fails, the teacher's stay."""
        try:
            catalogue = self.library.catalogue()
            if found := engine.starters(catalogue.name):
                catalogue.offer(found)
        except Exception:
            _log.exception("questions to begin with could not be found")

    def _saving(self, turn: SavedTurn) -> Callable[[Progress], None]:
        def save(last: Progress) -> None:
            self.conversations.complete(turn.id, answer=last.answer, failure=last.failure, version=last.version)

        return save
