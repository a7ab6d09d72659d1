"""A file to a Document, read in a process of its own, which can be stopped and whose memory is limited.

A parser that hangs, needs gigabytes or crashes on a damaged file takes only that process with it. It is started once
and reads file after file, so that libraries are loaded once. (multiprocessing would run the caller's main module.)
"""

import hashlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from threading import Event, Timer
from typing import Any, BinaryIO, Self

from ingest.parse.dispatch import SUFFIXES, Read, kind_of, read, read_bytes
from ingest.parse.markdown import parser as commonmark
from ingest.parse.markdown.parser import front_matter
from ingest.parse.pandoc import latex_source
from ingest.parse.reader import MEGABYTE, Limits, Source, printable
from ingest.parse.sections import section_paths
from retrieval.errors import UnreadableFile
from retrieval.types import Block, Document

QUICK_BYTES = MEGABYTE
_EARLY = 10  # a heading within this part of a text
_GRACE = 5.0  # seconds after which a reader whose parent is gone stops by itself
_ANEW = "Save or export it anew."
_BROKE_DOWN = "The reader broke down on this file, twice; it is probably damaged."


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document, what was left out of its text, what was unusual about its file, what its
    author had hidden."""

    document: Document
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


class Loader:
    """Reads the files below `root`: short Markdown and text here, everything else in a process that can be stopped.

    To be closed, or used in a `with` statement. The process starts with the first file and again after it had to be stopped.
    """

    def __init__(self, root: Path, *, limits: Limits | None = None) -> None:
        self.root = root
        self.limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._definitions: dict[Path, dict[str, str]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._process:
            _kill(self._process)
            self._process.communicate()
            self._process = None

    def load(self, path: Path) -> Loaded:
        """Raises UnreadableFile with what is wrong and what to do, also with the reasons time-out and crashed."""
        found = read(path, self.limits) if self._is_quick(path) else self._read(path)
        document = make_document(found, path.relative_to(self.root))
        return Loaded(document, found.source.dropped, found.source.notes, found.source.hidden)

    def _limits_of(self, path: Path) -> Limits:
        """With the commands that a LaTeX file may take from others."""
        if path.suffix.lower() != ".tex":
            return self.limits
        if self._definitions is None:
            self._definitions = latex_source.of_course(self.root)
        return replace(self.limits, definitions=latex_source.nearest(self._definitions, path))

    def _is_quick(self, path: Path) -> bool:
        if SUFFIXES.get(path.suffix.lower()) not in {"markdown", "text"}:
            return False
        data = read_bytes(path, self.limits)
        return len(data) <= QUICK_BYTES and kind_of(path, data)[0] in {"markdown", "text"}

    def _read(self, path: Path) -> Read:
        answer = self._asked(path) or self._asked(path)  # what ended the process once need not have been this file
        if isinstance(answer, Read):
            return answer
        reason, message, remedy = answer or (
            "crashed",
            _BROKE_DOWN,
            f"{_ANEW} If memory is short, close other programs.",
        )
        raise UnreadableFile(reason, message, remedy=remedy)

    def _asked(self, path: Path) -> Read | tuple[str, str, str] | None:
        """What the process says; None where it ended instead."""
        if self._process and self._process.poll() is not None:
            self.close()
        process = self._process = self._process or _start()
        late = Event()
        timer = Timer(self.limits.seconds, _stop, (process, late))
        timer.start()
        try:
            answer: Read | tuple[str, str, str] | None = _ask(process, (os.fsencode(path), self._limits_of(path)))
        finally:
            timer.cancel()
        if answer is None:
            self.close()
        if answer is None and late.is_set():
            message = f"Reading took longer than {self.limits.seconds:g} seconds."
            return _too_much("time-out", message, "MAX_FILE_SECONDS")
        return answer


def _too_much(reason: str, message: str, setting: str) -> tuple[str, str, str]:
    return reason, message, f"Split it, export it anew, or raise {setting}."


def load(path: Path, *, root: Path, limits: Limits | None = None) -> Document:
    """Read one file below `root`; for many files a Loader is faster. Raises UnreadableFile."""
    with Loader(root, limits=limits) as loader:
        return loader.load(path).document


def make_document(found: Read, path: Path) -> Document:
    """The document for what was read from `path` inside the corpus: front matter, title, sections and id."""
    source = found.source
    head = front_matter(source.text).metadata if source.markdown else {}
    metadata = {**source.metadata, **head}
    first, alone = _title_heading(found.blocks, source)
    title = unescape(head.get("title", "")) or (not alone and first) or source.title or first
    return Document(
        id=document_id(path.as_posix()),
        path=printable(path.as_posix()),
        title=title or spoken(printable(path.stem)),
        text=source.text,
        blocks=found.blocks,
        sections=section_paths(found.blocks, source.text, title=title, spans=source.roles),
        pages=source.pages,
        page_word=source.page_word,
        titled=bool(title),
        markdown=source.markdown,
        metadata=metadata,
        recognised=source.recognised,
    )


def document_id(path: str) -> str:
    """16 hexadecimal digits for a path inside the corpus (posix)."""
    return hashlib.sha256(path.encode("utf-8", errors="surrogateescape")).hexdigest()[:16]


def _title_heading(blocks: Sequence[Block], source: Source) -> tuple[str, bool]:
    """One that begins the text and stands above all others, else the first of the first level if it is the first of all or an early one; whether
    it may be no title: such as that of the first part of a web page.
    """
    headings = [block for block in blocks if block.kind == "heading"]
    begins = next((block for block in blocks if block.kind != "boilerplate"), None)
    if not headings:
        return "", False
    early = min([len(source.text) // _EARLY, *(page.start for page in source.pages[1:2])])
    first, *others = headings
    above = first is begins and all(other.level > first.level for other in others)
    tops = (one for one in headings if one.level == 1 and (one is first or one.start < early))
    top = next((one for one in tops if one is first or not source.text[one.start :].lstrip("# ")[0].islower()), None)
    title = first if above else top
    words = commonmark.heading_words(source.text[title.start : title.end]) if title else ""
    is_part = not source.pages and any(other.level == 1 for other in others) and words not in (source.title or "")
    return words, first.level > 1 or is_part


def spoken(stem: str) -> str:
    """`week_1-intro` -> `week 1 intro`."""
    return " ".join(stem.replace("_", " ").replace("-", " ").split()) or stem


def _start() -> subprocess.Popen[bytes]:
    folder = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *filter(None, sys.path)])}
    command = [sys.executable, "-m", "ingest.parse.load"]
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
        return _too_much(
            "too large", f"Reading needs more than {limits.memory_bytes:,} bytes of memory.", "MAX_MEMORY_MB"
        )
    except RecursionError:
        return "corrupt", "The file is nested too deeply to be read.", _ANEW
    except Exception as error:  # a library that a damaged file took by surprise
        message = f"The reader failed on this file, which is probably damaged ({type(error).__name__}: {error})."
        return "crashed", message, _ANEW


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
