"""Jupyter notebooks to Markdown: cells in order, code with its language, short outputs as text.

Formats 3 and 4 (https://nbformat.readthedocs.io). Left out: pictures and long outputs (reported), widgets.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from ingest.parse import markdown_writer
from ingest.parse.reader import Limits, Source, decode
from retrieval.errors import UnreadableFile
from retrieval.text.display import counted
from retrieval.text.markdown import fences

_MOST_LINES = 30
_MOST_CHARACTERS = 2_000
_HIDING = frozenset({"remove-input", "remove_input", "remove-cell", "remove_cell"})
_HIDDEN = "#| echo: false\n"  # as the reader of Markdown knows it
_NAMELESS = re.compile(r"<[\w. ]+ at 0x[0-9a-fA-F]+>")  # an object that has nothing to show
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: binary, corrupt."""
    decoded = decode(data)
    try:
        notebook = json.loads(decoded.text)
        sheets = notebook.get("worksheets", [{}])
        cells = notebook["cells"] if "cells" in notebook else sheets[0]["cells"]
        metadata = notebook.get("metadata", {})
        dropped: list[str] = []
        language = _language(metadata)
        text = markdown_writer.joined([block for cell in cells for block in _cell(cell, language, dropped)])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        message = f"The notebook is damaged: {error}."
        raise UnreadableFile("corrupt", message, remedy="Open it in Jupyter and save it anew.") from error
    return Source(
        text=text,
        title=str(metadata["title"]) if metadata.get("title") else None,
        dropped=tuple(dropped),
        notes=decoded.notes,
    )


def _language(metadata: dict[str, Any]) -> str:
    named = (
        metadata.get(place, {}).get(name) for place, name in (("language_info", "name"), ("kernelspec", "language"))
    )
    return str(next(filter(None, named), "python")).lower()


def _cell(cell: dict[str, Any], language: str, dropped: list[str]) -> Iterator[str]:
    source = _text(cell.get("source", cell.get("input", "")))
    if cell["cell_type"] == "code":
        hidden = _HIDING.intersection(cell.get("metadata", {}).get("tags", ()))
        yield markdown_writer.code(_HIDDEN * bool(hidden) + source, language)
        for output in [] if any("cell" in tag for tag in hidden) else cell.get("outputs", []):
            yield from _output(output, dropped)
    elif cell["cell_type"] == "heading":  # format 3
        yield markdown_writer.heading(int(cell.get("level", 1)), source)
    else:
        yield _closed(source.strip("\n").rstrip())


def _text(value: Any) -> str:
    """Formats allow a string or a list of lines."""
    text = "".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _output(output: dict[str, Any], dropped: list[str]) -> Iterator[str]:
    bundle = output.get("data", {})
    if output.get("output_type") in {"error", "pyerr"}:
        text = f"{output.get('ename', '')}: {output.get('evalue', '')}"
    else:
        text = _text(output.get("text") or bundle.get("text/plain", ""))
    if any(kind.startswith("image/") for kind in [*bundle, *output]) or "png" in output:
        if picture := _picture({**output, **bundle}):
            yield picture
        else:
            dropped.append(f"picture in an output: {' '.join(text.split())}")
        return
    text = _ANSI.sub("", text).strip("\n")
    if _NAMELESS.fullmatch(text):
        return
    lines = text.split("\n")
    if len(lines) > _MOST_LINES or len(text) > _MOST_CHARACTERS:
        dropped.append(f"output of {counted(len(lines), 'line')}: {lines[0]}")
        return
    yield markdown_writer.code(text, "text")


def _picture(bundle: dict[str, Any]) -> str:
    """That of an output in a form that can be shown; format 3 says `png` for `image/png`."""
    data = next((text for kind in ("image/png", "image/jpeg", "png", "jpeg") if (text := _text(bundle.get(kind)))), "")
    return markdown_writer.image("", f"data:image/any;base64,{data}")


def _closed(markdown: str) -> str:
    """A fence left open in one cell does not reach into the next."""
    last = next((fence for fence in fences(markdown.split("\n")) if not fence.closed), None)
    return f"{markdown}\n{last.marks}" if last else markdown
