"""A build of the index in a process of its own: `python -m ingest`. The chat never loads what a build needs."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POLL_SECONDS = 0.2


class Build:
    """At most one build at a time in this process; builds of other processes are kept off by the builder itself."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "ingest")) -> None:
        self._command = command
        self._lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._changed = threading.Condition()
        self._reading = False

    @property
    def running(self) -> bool:
        return self._reading

    @property
    def failed(self) -> bool:
        """Whether the last build ended badly."""
        return not self._reading and self._process is not None and self._process.returncode != 0

    @property
    def last(self) -> str:
        """The last line it wrote."""
        return self._lines[-1] if self._lines else ""

    def start(self) -> None:
        """Without effect while one is running."""
        with self._changed:
            if self._reading:
                return
            self._lines, self._reading = [], True
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        threading.Thread(target=self._read, args=(self._process,), name="footnote-build", daemon=True).start()

    def watch(self) -> Iterator[list[str]]:
        """Its lines so far, again and again until it has ended."""
        while self._reading:
            yield list(self._lines)
            with self._changed:
                self._changed.wait(POLL_SECONDS)
        yield list(self._lines)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with self._changed:
                self._lines.append(line.rstrip())
                self._changed.notify_all()
        process.wait()
        with self._changed:
            self._reading = False
            self._changed.notify_all()
