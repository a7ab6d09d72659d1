"""Every error Footnote raises on purpose.

    FootnoteError
    ├── ConfigError           a setting has a value that cannot work
    ├── UnreadableFile        a document that cannot be read, with the reason
    ├── IndexMissing          there is no index yet
    ├── IndexMismatch         an index made with other settings than the running ones
    ├── IndexBusy             another build is running
    ├── IndexDamaged          a file of an index version is not as it was written
    ├── StoreUnavailable      the vector store failed or cannot be reached
    ├── RecordsUnavailable    conversations or figures cannot be read or written
    ├── BudgetExceeded        a limit on cost or rate was reached
    └── WriterFailed          the answer could not be (completely) written
        ├── WriterRefusedKey      no key, or the key was refused
        ├── WriterOverloaded      rate limit, overload or server error
        │   └── WriterPaused          not asked now, because it failed several times just before
        └── WriterCut             the answer broke off

A message gives the value, the limit and the remedy; it is fit to be shown to a person as it is.
"""

import os
import sys
import traceback
from collections.abc import Callable


class FootnoteError(Exception):
    """Base of all errors that are meant for the user."""


class ConfigError(FootnoteError):
    """A setting has a value that cannot work."""


class UnreadableFile(FootnoteError):
    """A document cannot be read; `reason` is one short word for reports, `remedy` says what to do."""

    def __init__(self, reason: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.remedy = remedy


class IndexMissing(FootnoteError):
    """There is no index yet."""


class IndexMismatch(FootnoteError):
    """The index was made with other settings than the running ones."""


class IndexBusy(FootnoteError):
    """Another build is running."""


class IndexDamaged(FootnoteError):
    """A file of an index version is not as it was written; `file` is its path in the version."""

    def __init__(self, version: str, file: str) -> None:
        super().__init__(
            f"The index version {version} is damaged: {file} is not as it was written. Mend it with: make index"
        )
        self.version = version
        self.file = file


class StoreUnavailable(FootnoteError):
    """The vector store failed or cannot be reached."""


class RecordsUnavailable(FootnoteError):
    """Conversations or figures cannot be read or written."""


class BudgetExceeded(FootnoteError):
    """A limit on cost or rate was reached."""


class WriterFailed(FootnoteError):
    """The answer could not be (completely) written."""


class WriterRefusedKey(WriterFailed):
    """No key, or the key was refused."""


class WriterOverloaded(WriterFailed):
    """Rate limit, overload or server error."""


class WriterPaused(WriterOverloaded):
    """Not asked now, because it failed several times just before."""


class WriterCut(WriterFailed):
    """The answer broke off."""


NO_THREAD = (
    "No thread can be started on this machine. Close other programs, or raise the limit (ulimit -u; pids of a container), "
    "then run this again."
)


def exit_status(command: Callable[[], int], *, said_by: str, failed: int = 1, stopped: str = "") -> int:
    """What `command` returns; where an error ends it, `failed`, its words on stderr after `said_by`. What nobody foresaw is told
    with its place, and raised where Python is in its development mode.

    130 where the user stops it, after the words `stopped`.
    """
    try:
        return command()
    except FootnoteError as error:
        print(f"{said_by}: {error}", file=sys.stderr)
        return failed
    except KeyboardInterrupt:
        print(stopped, end="\n" if stopped else "", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads has seen enough, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        wrong = f"{type(error).__name__}: {error}; {place.filename}, line {place.lineno}"
        print(f"{said_by}: Footnote itself failed ({wrong}). Report it; PYTHONDEVMODE=1 says more.", file=sys.stderr)
        return failed
