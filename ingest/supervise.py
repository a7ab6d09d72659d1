"""A build in a child process, so that its sudden death is said in words.

A write into a file that is mapped to memory kills the writer with SIGBUS when the disk is full: no exception, no word. The
child is a program of its own, not a fork: libraries that were loaded before a fork do not live through it.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

_WORDS = {
    signal.SIGBUS: "a file could not be written or read any more, most likely because the disk is full. Free some space",
    signal.SIGABRT: "a native library gave up, most likely because no thread could be started. Close other programs, or set THREADS=1",
    signal.SIGKILL: "it was killed, most likely because memory ran out. Free some, or set THREADS=1",
}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


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
