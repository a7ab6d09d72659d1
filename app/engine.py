"""What every page and command works with: the live index, its course, and answers from it.

One engine serves all sessions of a process. `refresh()` looks for a newer index between two questions; answers that
are under way finish on the version they began with, and the last one to leave it closes it.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.answer import answer
from app.course import Course, course_of
from app.types import AnswerEvent, Question, Writer
from app.writers.extractive import ExtractiveWriter
from retrieval.config import Settings
from retrieval.embed import FastEmbedder
from retrieval.errors import FootnoteError
from retrieval.hybrid import HybridRetriever
from retrieval.rerank import load_reranker
from retrieval.store import Index, current, open_index
from retrieval.types import Embedder, Reranker, Section


class Engine:
    """Thread safe. Close it when it is no longer needed."""

    def __init__(
        self, settings: Settings, embedder: Embedder, reranker: Reranker | None, writers: Sequence[Writer]
    ) -> None:
        self.settings = settings
        self.writers = tuple(writers)
        self._embedder = embedder
        self._reranker = reranker
        self._lock = threading.Lock()
        self._live = self._open()

    @property
    def index(self) -> Index:
        return self._live.retriever.index

    @property
    def retriever(self) -> HybridRetriever:
        return self._live.retriever

    @property
    def course(self) -> Course:
        return course_of(self.index.manifest.course)

    def sections(self, document_id: str) -> tuple[Section, ...]:
        """Raises IndexMissing for an id that is not in the live version."""
        return self.index.document(document_id).sections

    def refresh(self) -> bool:
        """Whether a newer version was opened. What cannot be opened is left alone: the running version goes on."""
        with self._lock:
            try:
                if current(self.settings.index_dir) == self.index.name:
                    return False
                newer = self._open()
            except FootnoteError:
                return False
            self._live, old = newer, self._live
        old.retire()
        return True

    def answer(self, question: Question) -> Iterator[AnswerEvent]:
        """Events in order, the last one Done; see `app.answer`."""
        with self._leased() as retriever:
            yield from answer(question, retriever, self.writers, threshold=self.settings.confidence_threshold)

    def close(self) -> None:
        self._live.retire()

    def _open(self) -> "_Lease":
        index = open_index(self.settings, self._embedder)
        return _Lease(HybridRetriever(index, self._embedder, self.settings, self._reranker))

    @contextmanager
    def _leased(self) -> Iterator[HybridRetriever]:
        with self._lock:
            lease = self._live
            lease.enter()
        try:
            yield lease.retriever
        finally:
            lease.leave()


class _Lease:
    """A retriever that is closed when it is retired and nobody uses it any more."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.retriever = retriever
        self._users = 0
        self._retired = False
        self._closed = False
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            self._close_if_done()

    def retire(self) -> None:
        with self._lock:
            self._retired = True
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._retired and not self._users and not self._closed:
            self._closed = True
            self.retriever.close()


def open_engine(settings: Settings) -> Engine:
    """Raises IndexMissing where there is no index, IndexMismatch, ConfigError."""
    embedder = FastEmbedder(settings.embedding_model, threads=settings.threads)
    reranker = load_reranker(settings.reranker, threads=settings.threads)
    return Engine(settings, embedder, reranker, make_writers(settings))


def make_writers(settings: Settings) -> list[Writer]:
    """The writers of the settings in the order they are tried; the extractive one, which cannot fail, is last."""
    writers: list[Writer] = []
    if settings.writer == "claude" or (settings.writer == "auto" and settings.anthropic_api_key):
        from app.writers.claude import ClaudeWriter  # imports anthropic: half a second

        writers.append(ClaudeWriter(settings))
    elif settings.writer == "local":
        from app.writers.local import LocalWriter

        writers.append(LocalWriter(settings))
    return [*writers, ExtractiveWriter()]
