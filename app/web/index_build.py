"""A build of the index, started from the browser and watched there.

It is a process of its own, `python -m ingest`: the chat never loads what it needs.
"""

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.config import ROOT
from retrieval.errors import NO_THREAD

POLL_SECONDS = 0.2
COMMAND = (sys.executable, "-m", "ingest", "--progress")
_log = logging.getLogger(__name__)
_STEP = re.compile(r"(\w+): (\d+)/(\d+)(?: \(\d+/s(?:, (?!0 s)([^)]* left))?)?")


@dataclass(frozen=True, slots=True)
class BuildState:
    """`lines` are what the builder has said; of its progress only the latest line."""

    running: bool = False
    failed: bool = False
    lines: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        return self.lines[-1] if self.lines else ""

    @property
    def messages(self) -> tuple[str, ...]:
        """All lines that are no progress."""
        return tuple(line for line in self.lines if not _STEP.match(line))

    @property
    def now(self) -> str:
        """What is being done, in words: `embed: 1/4 (9/s, 2 s left)` -> `Embed: 1 of 4, 2 s left`."""
        if step := _STEP.match(self.last):
            stage, count, total, left = step.groups()
            return f"{stage.capitalize()}: {count} of {total}{f', {left}' if left else ''}"
        message = self.last or "starting …"
        return message[0].upper() + message[1:]

    @property
    def done(self) -> float:
        """The share of the current stage, in [0, 1]."""
        step = _STEP.match(self.last)
        return min(1.0, int(step[2]) / int(step[3])) if step and int(step[3]) else 0.0

    def with_line(self, line: str) -> "BuildState":
        """Progress takes the place of the progress before it."""
        before = self.lines[:-1] if _STEP.match(line) and _STEP.match(self.last) else self.lines
        return replace(self, lines=(*before, line))


class Build:
    """At most one build at a time in this process; builds of other processes are kept off by the builder itself."""

    def __init__(self, command: Sequence[str] = COMMAND, *, environment: Mapping[str, str] | None = None) -> None:
        """`environment` is added to this process's."""
        self._command = command
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
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
        try:
            threading.Thread(target=self._run, name="footnote-build", daemon=True).start()
        except RuntimeError:
            self._set(BuildState(failed=True, lines=(NO_THREAD,)))

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
            self._set(self._state.with_line(f"The build could not be started: {error}"))
            failed = True
        self._set(replace(self._state, running=False, failed=failed))

    def _follow(self) -> int:
        """Runs the command to its end, its output in `state` as it comes; the exit status."""
        process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        with process:
            for line in process.stdout or ():
                if line.strip():
                    self._set(self._state.with_line(line.rstrip()))
        return process.returncode

    def _set(self, state: BuildState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()
