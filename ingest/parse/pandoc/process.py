"""pandoc as a process of its own: a file in, its syntax tree out (the only place that starts it).

`--sandbox` keeps it from every file and address but what it is given; memory is limited by its own run-time system,
time by us. https://pandoc.org/MANUAL.html#option--sandbox
"""

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from ingest.parse.pandoc import inlines
from ingest.parse.reader import MEGABYTE, Limits
from retrieval.errors import UnreadableFile

_OUT_OF_MEMORY = 251  # exit code of the Haskell run-time system
_NO_HOME = {"HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
_AGAIN = "Open it in the program it was made with and save it anew."
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)


def syntax_tree(data: bytes, reader: str, limits: Limits, *, log: list[str] | None = None) -> dict[str, Any]:
    """`{"meta": ..., "blocks": [...]}` as pandoc-types 1.23 defines it; `reader` is pandoc's name of a format. `log` takes what
    pandoc says of what it passed over.

    Raises UnreadableFile: unsupported where pandoc is missing, time-out, too large, corrupt.
    """
    memory = f"-M{max(limits.memory_bytes // MEGABYTE, 64)}m"
    wordy = "--quiet" if log is None else "--verbose"
    command = [_program(), "--sandbox", wordy, "--from", reader, "--to", "json", "+RTS", memory, "-RTS"]
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=limits.seconds,
            check=False,
            env=_NO_HOME,
            preexec_fn=None if os.name == "nt" else partial(_limit_seconds, limits.seconds),
        )
    except subprocess.TimeoutExpired as error:
        message = f"Reading took longer than {limits.seconds:g} seconds."
        raise UnreadableFile("time-out", message, remedy="Split it, or raise MAX_FILE_SECONDS.") from error
    if done.returncode == _OUT_OF_MEMORY:
        message = f"Reading needs more than {limits.memory_bytes:,} bytes of memory."
        raise UnreadableFile("too large", message, remedy="Split it, or raise MAX_MEMORY_MB.")
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode:
        said = " ".join(said[max(said.find("Error at "), 0) :].split())[:200]
        raise UnreadableFile("corrupt", f"The file cannot be read: {said or 'it is damaged'}.", remedy=_AGAIN)
    if log is not None:
        log.append(said)
    tree: dict[str, Any] = json.loads(done.stdout)
    return tree


def _limit_seconds(seconds: float) -> None:
    """So that it ends even if the process that waits for it is gone. (Not on Windows.)"""
    with suppress(ImportError):
        import resource

        most = int(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))


@cache
def _program() -> str:
    """The one that the package brings, else the one on the path."""
    found = find_spec("pypandoc")
    bundled = Path(found.origin).parent / "files" / "pandoc" if found and found.origin else None
    program = str(bundled) if bundled and bundled.is_file() else shutil.which("pandoc")
    if not program:
        message = "Files of this type are read with pandoc, which is not installed."
        raise UnreadableFile("unsupported", message, remedy="Run `make setup` again, or install pandoc.")
    return program


def from_omml(equations: Sequence[Any], limits: Limits) -> list[str]:
    """`$TeX$` for each `m:oMath` element, empty where pandoc makes nothing of it. Raises UnreadableFile."""
    if not equations:
        return []
    parts = (f"<w:p><w:r><w:t>{at}.</w:t></w:r>{_xml(item)}</w:p>" for at, item in enumerate(equations))
    document = f'<w:document xmlns:w="{_W}"><w:body>{"".join(parts)}</w:body></w:document>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", document)
    return _formulas(syntax_tree(made.getvalue(), "docx", limits), len(equations))


def from_mathml(equations: Sequence[Any], limits: Limits) -> list[str]:
    """The same for `math` elements of MathML."""
    if not equations:
        return []
    parts = (f"<p>{at}.{_xml(item)}</p>" for at, item in enumerate(equations))
    page = f"<html><body>{''.join(parts)}</body></html>"
    return _formulas(syntax_tree(page.encode("utf-8", "replace"), "html", limits), len(equations))


def _xml(element: Any) -> str:
    return str(etree.tostring(element, encoding="unicode", with_tail=False))


def _formulas(tree: dict[str, Any], count: int) -> list[str]:
    """Of paragraphs that begin with their number."""
    found = [""] * count
    for block in tree["blocks"]:
        if block["t"] in {"Para", "Plain"}:
            number, _, formula = inlines.words(block["c"], lambda _: "").partition(".")
            if number.isdigit() and int(number) < count:
                found[int(number)] = formula.strip().replace("$$", "$")
    return found
