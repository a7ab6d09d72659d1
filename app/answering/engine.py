"""What every page and command works with: the live index, its course, and answers from it.

One engine serves all sessions of a process. `refresh()` looks for a newer index between two questions; answers that
are under way finish on the version they began with, and the last one to leave it closes it.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from app.answering.answer import answer
from app.answering.answer_cache import behaviour
from app.answering.course import Course, Lease
from app.answering.services import Services, open_services
from app.answering.suggestions import starters
from app.query.language import load_identifier
from app.storage.shadow import Shadow, ShadowBook
from app.storage.usage import check_length
from app.types import Answer, AnswerEvent, Done, Question, Searching, Writing
from app.writers.llm.api.gateway import Outage
from app.writers.llm.api.reply import well_formed
from retrieval.config import Settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import FootnoteError, IndexDamaged, RecordsUnavailable, StoreUnavailable
from retrieval.hybrid import HybridRetriever
from retrieval.index.opened_index import Index, open_index
from retrieval.index.versions import current, embedding_model, mark_damaged, unreadable_current
from retrieval.types import Embedder

PROBED = 2  # documents whose titles are asked for when a version is opened
_log = logging.getLogger(__name__)


class Engine:
    """Thread safe. Close it when it is no longer needed."""

    def __init__(self, settings: Settings, embedder: Embedder, services: Services) -> None:
        """Raises IndexMissing where there is no index, IndexMismatch, IndexDamaged, RecordsUnavailable, StoreUnavailable."""
        self.settings = settings
        self._embedder = embedder
        self._services = services
        self._lock = threading.Lock()
        self._closed = False
        self._seen = ""  # what was the live version when it was last looked for
        self._left: set[str] = set()  # versions that turned out to be damaged
        self._live = self._open()
        self.shadow = self._shadow()

    @property
    def index(self) -> Index:
        return self._live.retriever.index

    @property
    def course(self) -> Course:
        return self._live.course

    def refresh(self) -> bool:
        """Whether another version was opened: a newer one, or one that is not damaged. What cannot be opened is left
        alone: the running version goes on."""
        with self._lock:
            try:
                if self.index.damaged is None and (
                    unreadable_current(self.settings) or current(self.settings) == self._seen
                ):
                    return False
            except FootnoteError:
                return False
            lease = self._live
        return self._leave(lease, self.index.damaged)

    def answer(self, question: Question) -> Iterator[AnswerEvent]:
        """Events in order, the last one Done; see `app.answering.answer`. An answer that was given before has no Reading.

        Raises BudgetExceeded for a question that is too long.
        """
        check_length(question.text)
        question = replace(question, text=well_formed(question.text))  # a terminal may give halves of characters
        with self._leased() as lease:
            try:
                yield from self._noted(question, lease)
                return
            except (IndexDamaged, StoreUnavailable) as error:
                if not self._leave(lease, error):
                    raise
        with self._leased() as lease:
            yield from self._noted(question, lease)

    def starters(self, version: str) -> tuple[str, ...]:
        """Questions to begin with, each asked and found to be answered; takes some seconds. None unless `version` is live.

        They are asked of the writer that costs nothing, and noted nowhere.
        """

        def ask(question: str) -> Answer:
            events = answer(
                Question(question),
                lease.retriever,
                self._services.writers[-1:],
                threshold=self.settings.confidence_threshold,
                documents=lease.document,
            )
            return next(event.answer for event in events if isinstance(event, Done))

        with self._leased() as lease:
            if lease.version != version:
                return ()
            read = map(lease.document, lease.retriever.index.documents())
            return starters(lease.course, [document for document in read if document is not None], ask)

    def outages(self) -> tuple[Outage, ...]:
        """Which models are not asked at present because they failed several times in a row; costs nothing to ask."""
        return self._services.breaker.outages()

    def close(self) -> None:
        """Answers that are under way still come to their end; no more are begun."""
        with self._lock:
            self._closed = True
        self._live.retire()
        if self._services.tracer:
            self._services.tracer.close()

    def _noted(self, question: Question, lease: Lease) -> Iterator[AnswerEvent]:
        began = time.time_ns()
        made: Answer | None = None
        failure = "stopped"
        try:
            for event in self._events(question, lease):
                made = event.answer if isinstance(event, Done) else made
                yield event
        except Exception as error:
            failure = type(error).__name__
            raise
        finally:
            self._note(question, made, lease, began=began, failure=failure)

    def _events(self, question: Question, lease: Lease) -> Iterator[AnswerEvent]:
        found = self._cached(question, lease)
        if found is not None:
            yield Searching(found.searched or question.text)
            yield Writing(found.text, found.footnotes)
            yield Done(found)
            return
        yield from answer(
            question,
            lease.retriever,
            self._services.writers,
            threshold=self.settings.confidence_threshold,
            rewrite=self._services.rewrite,
            documents=lease.document,
            titles=lease.retriever.index.documents(),
        )

    def _cached(self, question: Question, lease: Lease) -> Answer | None:
        cache = self._services.cache
        try:
            return cache.find(question, version=lease.circumstances) if cache and not question.fresh else None
        except (OSError, RecordsUnavailable):
            _log.exception("the answer cache cannot be read")
            return None

    def _note(self, question: Question, made: Answer | None, lease: Lease, *, began: int, failure: str) -> None:
        """All that is kept of an answer. A full disk or a damaged file does not cost anybody the answer."""
        services = self._services
        if services.tracer:
            services.tracer.record(made, began=began, failure=failure)
        if made is None or made.refused == "price":
            return
        try:
            services.ledger.record(made)
            if services.cache:
                services.cache.keep(question, made, version=lease.circumstances, writer=services.writers[0].name)
        except (OSError, RecordsUnavailable):
            _log.exception("an answer could not be noted")
        if self.shadow:
            self.shadow.offer(question, made, version=lease.version)

    def _shadow(self) -> Shadow | None:
        if self._services.second is None:
            return None
        book = ShadowBook(self.settings.data_dir / "shadow.db")
        return Shadow(self.settings.shadow, self.settings.shadow_share, book, self._again)

    def _again(self, question: Question, live: Answer, version: str) -> Answer | None:
        second = self._services.second
        with self._leased() as lease:
            return second.answer(question, live, lease) if second and lease.version == version else None

    def _leave(self, lease: Lease, error: FootnoteError | None) -> bool:
        """Opens what is live now, or the version before it if `error` says that it is damaged; whether that worked."""
        if isinstance(error, IndexDamaged):
            mark_damaged(self.settings, error)
            self._left.add(error.version)
        with self._lock:
            if self._live is lease:
                try:
                    self._live = self._open()
                except FootnoteError as trouble:
                    _log.warning("The running version of the index goes on: %s", trouble)
                    if isinstance(trouble, StoreUnavailable):
                        self._seen = ""  # the next question tries again
                    return False
        lease.retire()
        return True

    def _open(self) -> Lease:
        self._seen = current(self.settings)
        index = open_index(self.settings, self._embedder, without=self._left)
        lease = Lease(HybridRetriever(index, self._embedder, self.settings, self._services.rerankers))
        if self._services.cache:
            titles = list(index.documents().values())[:PROBED]
            lease.behaviour = behaviour(lease.retriever, titles)
        return lease

    @contextmanager
    def _leased(self) -> Iterator[Lease]:
        with self._lock:
            if self._closed:
                raise FootnoteError("Footnote is shutting down. Ask again when it is back.")
            lease = self._live
            lease.enter()
        try:
            yield lease
        finally:
            lease.leave()


def open_engine(settings: Settings) -> Engine:
    """Raises IndexMissing where there is no index, IndexMismatch, ConfigError."""
    threading.Thread(
        target=load_identifier, daemon=True
    ).start()  # half a second that the first question need not wait for
    embedder = FastEmbedder(embedding_model(settings), threads=settings.threads)
    return Engine(settings, embedder, open_services(settings, embedder))
