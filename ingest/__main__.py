"""python -m ingest: bring the index up to date with a folder of documents.

Exit status: 0 the index is up to date (files that could not be read are listed), 1 nothing could be done, 2 with
--strict when a file could not be read.

The build is a child process, so that its sudden death is said in words: a write into a file that is mapped to memory kills
the writer with SIGBUS when the disk is full, without an exception. The child is a program of its own, not a fork: libraries that
were loaded before a fork do not live through it.
"""

import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from retrieval.errors import IndexMissing, exit_status
from retrieval.text.display import counted, listed, together

if TYPE_CHECKING:  # the supervisor loads this module too and needs neither settings nor parsers nor models
    from ingest.build import BuildReport
    from retrieval.config import Settings

LISTED, FEW = 20, 5  # names of files in a line of the summary; of those that have the same fault
_WORDS = {
    signal.SIGBUS: "a file could not be written or read any more, most likely because the disk is full. Free some space",
    signal.SIGABRT: "a native library gave up, most likely because no thread could be started. Close other programs, or set THREADS=1",
    signal.SIGKILL: "it was killed, most likely because memory ran out. Free some, or set THREADS=1",
}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = _parser().parse_args(arguments)
    stopped = "ingest: stopped; the live index is as it was."
    return exit_status(lambda: _run(options), said_by="ingest", stopped=stopped)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ingest", description=__doc__.split("\n")[0])
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of documents (default: CORPUS or corpus/)")
    parser.add_argument("--force", action="store_true", help="build again though nothing has changed")
    parser.add_argument("--if-missing", action="store_true", help="do nothing where there is an index already")
    parser.add_argument("--rollback", action="store_true", help="make the version before the live one live")
    parser.add_argument("--strict", action="store_true", help="exit status 2 when a file could not be read")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no summary")
    parser.add_argument("--json", action="store_true", help="the summary as JSON")
    parser.add_argument("--progress", action="store_true", help="progress line by line, also without a terminal")
    return parser


def _run(options: argparse.Namespace) -> int:
    from retrieval.config import load_settings

    settings = load_settings(**({"corpus": options.corpus} if options.corpus else {}))
    if options.rollback:
        from retrieval.index import versions

        print(f"Live again: {versions.rollback(settings)}")
        return 0
    return _build(settings, options)


def _build(settings: "Settings", options: argparse.Namespace) -> int:
    if options.if_missing and _has_index(settings):
        return 0
    from ingest.build import build

    shows = not options.quiet and not options.json and (options.progress or sys.stderr.isatty())
    report = build(settings, progress=_Progress(options.progress) if shows else None, force=options.force)
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=1))
    elif not options.quiet:
        print("\n".join(summary(report)))
    return 2 if options.strict and report.failures else 0


def _has_index(settings: "Settings") -> bool:
    from retrieval.index import versions

    try:
        return bool(versions.current(settings))
    except IndexMissing:
        return False


def summary(report: "BuildReport") -> list[str]:
    """The lines that are printed at the end of a build."""
    held = ", ".join(counted(report.counts[f"{noun}s"], noun) for noun in ("document", "section", "chunk", "window"))
    version = f"version {report.version}" if report.published else report.reason
    lines = [f"{held}; {version} ({report.seconds:.1f} s)"]
    if report.published:
        embedded = counted(report.embedded, "window")
        lines.append(f"{report.reason}; {embedded} embedded, {report.reused} had a vector already")
    if about := report.counts.get("contexts"):
        lines.append(f"{counted(about, 'chunk')} of {report.counts['chunks']} searched with a sentence of context")
    for word, paths in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        if paths:
            lines.append(f"{word}: {listed(paths, LISTED)}")
    if report.renamed:
        lines.append(f"renamed: {listed([f'{old} -> {new}' for old, new in report.renamed], LISTED)}")
    failed = together((item.path, f"{item.message} {item.remedy}".rstrip()) for item in report.failures)
    return [*lines, *(f"not indexed: {listed(paths, FEW)}: {why}" for why, paths in failed.items())]


class _Progress:
    """A line with count, rate and time left: written over on a terminal, or each `line_by_line`."""

    def __init__(self, line_by_line: bool) -> None:
        self._line_by_line = line_by_line
        self._stage = ""
        self._begun = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not total:
            return
        if stage != self._stage:
            self._stage, self._begun = stage, time.monotonic()
        spent = time.monotonic() - self._begun
        rate = done / spent if spent > 0 else 0.0
        left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
        line = f"{stage}: {done}/{total} ({rate:.0f}/s{left})"
        if self._line_by_line:
            print(line, file=sys.stderr, flush=True)
        else:
            print(f"\r{line}\033[K", end="\n" if done == total else "", file=sys.stderr, flush=True)


def supervised(command: Sequence[str]) -> int:
    """The exit status of a command; 1 and a sentence on stderr where a signal ended it."""
    child = subprocess.Popen(command, preexec_fn=_die_with_parent if sys.platform == "linux" else None)
    for forwarded in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(forwarded, lambda number, _: child.send_signal(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both; the child says what there is to say
    status = child.wait()
    if status >= 0:
        return status
    ended = signal.Signals(-status)
    why = _WORDS.get(ended, f"signal {ended.name} ended it. Report it, with what is in the folder")
    print(f"ingest: The build ended early: {why}, then run this again. The live index is whole.", file=sys.stderr)
    return 1


def _die_with_parent() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def leave(status: int) -> NoReturn:
    """Ends this process at once. Native libraries are not taken apart: one that fails at that (a lock of onnxruntime is gone
    before its threads are) would make a build that was published look as if it had ended early."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    program = "from ingest.__main__ import leave, main; leave(main())"
    sys.exit(supervised([sys.executable, "-c", program, *sys.argv[1:]]))
