"""Reading in a process of its own, which can be stopped and whose memory is limited.

A parser that hangs, needs gigabytes or crashes on a damaged file takes only that process with it. It is started once
and reads file after file, so that libraries are loaded once. (multiprocessing would run the caller's main module.)
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Timer
from types import TracebackType
from typing import Any, BinaryIO, Self

from ingest.parse.dispatch import Read, read
from ingest.parse.reader import Limits
from retrieval.errors import UnreadableFile

_GRACE = 5.0  # seconds after which a reader whose parent is gone stops by itself
_SPLIT = "Split it, export it anew, or raise"


class ReaderProcess:
    """Starts with the first file and again after it had to be stopped; `close` ends it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: Path) -> Read:
        """Raises UnreadableFile, also with the reasons time-out and crashed."""
        if self._process and self._process.poll() is not None:
            self.close()
        process = self._process = self._process or _start()
        late = Event()
        timer = Timer(self._limits.seconds, _stop, (process, late))
        timer.start()
        try:
            answer = _ask(process, (os.fsencode(path), self._limits))
        finally:
            timer.cancel()
        if answer is None:
            self.close()
            raise self._stopped(late=late.is_set())
        if isinstance(answer, Read):
            return answer
        reason, message, remedy = answer
        raise UnreadableFile(reason, message, remedy=remedy)

    def close(self) -> None:
        if self._process:
            _kill(self._process)
            self._process.communicate()
            self._process = None

    def _stopped(self, *, late: bool) -> UnreadableFile:
        if late:
            message = f"Reading took longer than {self._limits.seconds:g} seconds."
            return UnreadableFile("time-out", message, remedy=f"{_SPLIT} MAX_FILE_SECONDS.")
        message = "The reader broke down on this file; it is probably damaged."
        return UnreadableFile("crashed", message, remedy="Save or export it anew.")


def _start() -> subprocess.Popen[bytes]:
    folder = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *filter(None, sys.path)])}
    command = [sys.executable, "-m", "ingest.parse.sandbox"]
    pipe, silent = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=silent, env=environment, start_new_session=True)


def _stop(process: subprocess.Popen[bytes], late: Event) -> None:
    late.set()
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """It and what it has started, which is in its process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):  # Windows, or gone already
        process.kill()


def _ask(process: subprocess.Popen[bytes], question: tuple[bytes, Limits]) -> Any:
    """The answer, None if the process is gone."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        pickle.dump(question, process.stdin)
        process.stdin.flush()
        return pickle.load(process.stdout)
    except (OSError, EOFError, pickle.UnpicklingError):
        return None


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """The other side: reads one file per question until the questions end."""
    while True:
        try:
            name, limits = pickle.load(questions)
        except EOFError:
            return
        with _limited(limits):
            answer = _answer(Path(os.fsdecode(name)), limits)
        pickle.dump(answer, answers)
        answers.flush()


def _answer(path: Path, limits: Limits) -> Read | tuple[str, str, str]:
    try:
        return read(path, limits)
    except UnreadableFile as error:
        return error.reason, str(error), error.remedy
    except MemoryError:
        return (
            "too large",
            f"Reading needs more than {limits.memory_bytes:,} bytes of memory.",
            f"{_SPLIT} MAX_MEMORY_MB.",
        )
    except RecursionError:
        return "corrupt", "The file is nested too deeply to be read.", "Save or export it anew."
    except Exception as error:  # a library that a damaged file took by surprise
        message = f"The reader failed on this file, which is probably damaged ({type(error).__name__}: {error})."
        return "crashed", message, "Save or export it anew."


@contextmanager
def _limited(limits: Limits) -> Iterator[None]:
    """Where the system can: memory, and an alarm that ends a reader nobody waits for any more."""
    try:
        import resource
    except ImportError:  # Windows
        yield
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, most))
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + _GRACE)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> None:
    """What libraries print must not get between the answers."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
