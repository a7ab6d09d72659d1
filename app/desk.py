"""What every page works with: settings, the engine opened once for all sessions, conversations, answers being made."""

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from app.building import Build
from app.conversation import Conversations, SavedTurn, history
from app.course import Course
from app.running import Progress, Run, Runs
from app.types import AnswerEvent, Question
from retrieval.config import Settings
from retrieval.types import Section

if TYPE_CHECKING:
    from retrieval.store import Index


class Engine(Protocol):
    """What the pages ask of `app.engine.Engine`."""

    @property
    def index(self) -> "Index": ...

    @property
    def course(self) -> Course: ...

    def refresh(self) -> bool: ...

    def answer(self, question: Question) -> Iterator[AnswerEvent]: ...

    def sections(self, document_id: str) -> tuple[Section, ...]: ...


class Desk:
    """Shared by all sessions of a process. `open_engine` is called once, when the first page needs it."""

    def __init__(self, settings: Settings, open_engine: Callable[[Settings], Engine]) -> None:
        self.settings = settings
        self.conversations = Conversations(settings.data_dir / "footnote.db")
        self.runs = Runs()
        self.build = Build()
        self._open = open_engine
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    def engine(self) -> Engine:
        """The engine on the live index. Raises what `open_engine` raises, and tries again the next time."""
        with self._lock:
            if self._engine is None:
                self._engine = self._open(self.settings)
            else:
                self._engine.refresh()
            return self._engine

    def ask(self, thread: str, question: Question) -> SavedTurn:
        """Writes the question down and starts its answer; one that is still being made in this thread is stopped."""
        engine = self.engine()
        self.runs.stop(turn.id for turn in self.conversations.turns(thread))
        asked = Question(question.text, history(self.conversations.turns(thread)), question.scope)
        turn = self.conversations.ask(thread, asked, version=engine.index.name)
        self.runs.start(turn.id, Run(lambda: engine.answer(asked), self._saving(turn)))
        return turn

    def _saving(self, turn: SavedTurn) -> Callable[[Progress], None]:
        def save(last: Progress) -> None:
            self.conversations.complete(turn.id, answer=last.answer, failure=last.failure, version=last.version)

        return save
