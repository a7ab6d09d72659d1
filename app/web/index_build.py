"""A build of the index in a process of its own: `python -m ingest`. The chat never loads what a build needs.

The builder writes its progress for a terminal, so it is given one (a pseudo-terminal); its last line is the progress.
"""

import logging
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from retrieval.config import ROOT

POLL_SECONDS = 0.2
READ_BYTES = 4096
_log = logging.getLogger(__name__)
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_COUNTED = re.compile(r"(\d+)/(\d+)")
_STEP = re.compile(r"(\w+): (\d+)/(\d+)(?: \(\d+/s(?:, (?!0 s)([^)]* left))?)?")


@dataclass(frozen=True, slots=True)
class BuildState:
    """`lines` are what the builder has said; `done` is the share of the current stage in [0, 1]."""

    running: bool = False
    failed: bool = False
    lines: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        return self.lines[-1] if self.lines else ""

    @property
    def summary(self) -> str:
        """The first line that is no progress: what was built."""
        return next(iter(self.told), "")

    @property
    def told(self) -> tuple[str, ...]:
        """All lines that are no progress."""
        return tuple(line for line in self.lines if not _STEP.match(line))

    @property
    def now(self) -> str:
        """What is being done, in words: `embed: 1/4 (9/s, 2 s left)` -> `Embed: 1 of 4, 2 s left`."""
        if step := _STEP.match(self.last):
            stage, count, total, left = step.groups()
            return f"{stage.capitalize()}: {count} of {total}{f', {left}' if left else ''}"
        said = self.last or "starting …"
        return said[0].upper() + said[1:]

    @property
    def done(self) -> float:
        found = _COUNTED.search(self.last)
        return min(1.0, int(found[1]) / int(found[2])) if found and int(found[2]) else 0.0


class Build:
    """At most one build at a time in this process; builds of other processes are kept off by the builder itself."""

    def __init__(
        self, command: Sequence[str] = (sys.executable, "-m", "ingest"), *, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment` is added to this process's."""
        self._command = command
        self._environment = {**os.environ, **(environment or {})}
        self._changed = threading.Condition()
        self._state = BuildState()

    @property
    def state(self) -> BuildState:
        return self._state

    def start(self) -> None:
        """Without effect while one is running."""
        with self._changed:
            if self._state.running:
                return
            self._state = BuildState(running=True)
        threading.Thread(target=self._run, name="footnote-build", daemon=True).start()

    def watch(self) -> Iterator[BuildState]:
        """Its state, again and again until it has ended."""
        while self._state.running:
            yield self._state
            with self._changed:
                self._changed.wait(POLL_SECONDS)
        yield self._state

    def _run(self) -> None:
        try:
            failed = self._follow() != 0
        except OSError as error:
            _log.exception("a build could not be started")
            self._set(BuildState(running=True, lines=(*self._state.lines, f"The build could not be started: {error}")))
            failed = True
        self._set(BuildState(failed=failed, lines=self._state.lines))

    def _follow(self) -> int:
        """Runs the command to its end, its output in `state` as it comes; the exit status."""
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as output:
            try:
                process = subprocess.Popen(
                    self._command,
                    cwd=ROOT,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=theirs,
                    stderr=theirs,
                )
            finally:
                os.close(theirs)
            said = ""
            while piece := _read(output.fileno()):
                said += piece.decode("utf-8", errors="replace")
                self._set(BuildState(running=True, lines=screen(said)))
            return process.wait()

    def _set(self, state: BuildState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()


def screen(said: str) -> tuple[str, ...]:
    """The lines a terminal would show: `"a\\r\\nb 1/2\\rb 2/2"` -> `("a", "b 2/2")`."""
    lines = _CONTROL.sub("", said).replace("\r\n", "\n").split("\n")
    shown = (next((part for part in reversed(line.split("\r")) if part.strip()), "") for line in lines)
    return tuple(line for line in shown if line)


def _read(terminal: int) -> bytes:
    """What was written next; empty when the other side is closed (Linux says so by an error)."""
    try:
        return os.read(terminal, READ_BYTES)
    except OSError:
        return b""
