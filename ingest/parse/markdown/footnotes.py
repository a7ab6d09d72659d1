"""Footnotes of Markdown: where their words stand, and those within a sentence, of Pandoc, set below its paragraph."""

import re
from collections.abc import Iterable, Iterator
from itertools import count

from ingest.parse.markdown.embedded_html import in_code
from retrieval.text.markdown import fence_at

_INLINE_NOTE = re.compile(  # words^[a note], of Pandoc
    r"(?<![\[^\\])[ \t]*\^\[((?:[^\[\]\n]|\n(?![ \t]*\n)|\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\])+)\]"
)
_NAME = re.compile(r"\[\^([^\]\s]+)\]")
_NOTE = re.compile(r"[ ]{0,3}\[\^([^\]\s]+)\]:[ \t]*(.*)$")


def note_of(line: str) -> tuple[str, str] | None:
    """Name and words of the note that begins in this line."""
    return (found[1], found[2]) if (found := _NOTE.match(line)) else None


def note_names(lines: Iterable[str]) -> set[str]:
    return {note[0] for line in lines if (note := note_of(line))}


def with_notes_below(text: str) -> Iterator[str]:
    """The lines, with `words^[a note]` as `words[^1]` and the note below its paragraph."""
    if "^[" not in text:
        yield from text.split("\n")
        return
    is_code, taken, notes = in_code(text), {*_NAME.findall(text)}, dict[str, str]()
    free = (name for name in map(str, count(1)) if name not in taken)

    def apart(match: re.Match[str]) -> str:
        if is_code(match.start()) or len(match[1].split()) < 2:
            return match[0]
        name = next(free)
        notes[name] = " ".join(match[1].split())
        return f"[^{name}]"

    lines = _INLINE_NOTE.sub(apart, text).split("\n")
    at, waiting = 0, list[str]()
    while at < len(lines):
        fence = fence_at(lines, at)
        end = fence.end if fence else at + 1
        if fence or not lines[at].strip():
            yield from (line for name in waiting for line in ("", f"[^{name}]: {notes[name]}", ""))
            waiting = []
        else:
            waiting += [name for name in _NAME.findall(lines[at]) if name in notes]
        yield from lines[at:end]
        at = end
    yield from (line for name in waiting for line in ("", f"[^{name}]: {notes[name]}"))
