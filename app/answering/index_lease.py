"""An index version in use: opened once, closed when it is retired and the last answer from it is done."""

import threading
from functools import lru_cache

from retrieval.errors import IndexMissing
from retrieval.hybrid import HybridRetriever
from retrieval.types import Document

DOCUMENTS_HELD = 16


class Lease:
    """A retriever over one version. Thread safe; `enter` and `leave` go in pairs. `behaviour`: see `answer_cache`."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.retriever = retriever
        self.behaviour = ""
        self._document = lru_cache(DOCUMENTS_HELD)(retriever.index.document)
        self._users = 0
        self._retired = False
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        return self.retriever.index.name

    @property
    def circumstances(self) -> str:
        """What an answer from it may be given again under: the version, and how it is answered from."""
        return f"{self.version} {self.behaviour}"

    def document(self, document_id: str) -> Document | None:
        """None in a version that was pruned while it is in use. Raises IndexDamaged."""
        try:
            return self._document(document_id)
        except IndexMissing:
            return None

    def enter(self) -> None:
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            self._close_if_done()

    def retire(self) -> None:
        """Nobody may enter any more. Doing it twice changes nothing."""
        with self._lock:
            if not self._retired:
                self._retired = True
                self._close_if_done()

    def _close_if_done(self) -> None:
        if self._retired and not self._users:
            self.retriever.close()
