"""A build in a child process, so that its sudden death is said in words.

A write into a file that is mapped to memory kills the writer with SIGBUS when the disk is full: no exception, no word.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_WORDS = {
    signal.SIGBUS: "a file could not be written or read any more, most likely because the disk is full. Free some space",
    signal.SIGKILL: "it was killed, most likely because memory ran out. Free some, or set THREADS=1",
}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def supervised(run: Callable[[], int]) -> int:
    """The exit status of `run`; 1 and a sentence on stderr where a signal ended it."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        return run()
    for forwarded in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(forwarded, lambda number, _: os.kill(child, number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both; the child says what there is to say
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status >= 0:
        return status
    ended = signal.Signals(-status)
    why = _WORDS.get(ended, f"signal {ended.name} ended it. Report it, with what is in the folder")
    print(f"ingest: The build ended early: {why}, then run this again. The live index is as it was.", file=sys.stderr)
    return 1
