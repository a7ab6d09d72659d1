"""What leaves the page: a conversation as a Markdown file, an answer as Markdown or plain text, footnotes in each.

All that is written as Markdown goes through `safe_markdown`, because it will be opened where no page's policy guards it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from app.citations.marks import find_marks
from app.citations.wording import UNSURE, refused_in_words
from app.storage.conversations import SavedTurn, Thread
from app.types import Answer, Footnote
from app.web.render.quotes import place_text, plain_quote
from app.web.render.safe_markdown import links_in, safe_line, safe_markdown
from retrieval.text.markdown import plain_text, row_with_columns

_NAME = re.compile(r"[^\w\- ]+")
_TABLE = re.compile(r"^(\|.*)\n\|[ \t:|-]+\|[ \t]*\n((?:\|.*(?:\n|\Z))+)", re.M)
_TICKS = re.compile(r"`+")


def file_name(thread: Thread) -> str:
    """`"What is it?"` -> `"What is it.md"`"""
    return (_NAME.sub("", thread.title).strip() or "conversation") + ".md"


def conversation_markdown(thread: Thread, turns: Sequence[SavedTurn]) -> str:
    """Questions as headings, answers below them, footnotes at the end, numbered through."""
    parts = [f"# {safe_line(thread.title)}", f"{datetime.fromtimestamp(thread.created):%d %B %Y}"]
    notes: list[str] = []
    for turn in turns:
        parts.append(f"## {safe_line(turn.question)}")
        parts.append(_markdown(turn.answer, notes, scoped=bool(turn.scope)) if turn.answer else "(no answer)")
    return "\n\n".join([*parts, *notes]) + "\n"


def answer_markdown(answer: Answer, *, scoped: bool = False) -> str:
    """One answer, its footnotes below it. `scoped`: only a part of the course was asked."""
    notes: list[str] = []
    body = _markdown(answer, notes, scoped=scoped)
    return "\n\n".join([body, *notes]) + "\n"


def answer_text(answer: Answer, *, scoped: bool = False) -> str:
    """The same for a place that knows no notation: `So it is.[1]`, and below it `[1] “So it is.” Title › Heading`."""
    if answer.refused:
        return f"{_refusal(answer, scoped=scoped)}\n"
    notes = [f"[{note.number}] “{plain_quote(note)}” {place_text(note)}" for note in answer.footnotes]
    return "\n\n".join([*_caution(answer), plain_text(_TABLE.sub(_rows, answer.text)), "\n".join(notes)]).strip() + "\n"


def _rows(table: re.Match[str]) -> str:
    """A line for each row, its cells named by their columns."""
    return "".join(f"{row_with_columns(row, table[1])}\n" for row in table[2].splitlines())


def _markdown(answer: Answer, notes: list[str], *, scoped: bool) -> str:
    """The answer's text with its references; what they refer to is added to `notes`, behind those that are there."""
    if answer.refused:
        return _refusal(answer, scoped=scoped)
    numbers: dict[int, int] = {}
    for note in answer.footnotes:
        notes.append(_note(note, len(notes) + 1))
        numbers[note.number] = len(notes)
    text = safe_markdown(answer.text, links=links_in(*(note.paragraph for note in answer.footnotes)))
    for mark in reversed(find_marks(text)):
        if mark.number in numbers:
            text = f"{text[: mark.start]}[^{numbers[mark.number]}]{text[mark.end :]}"
    return "\n\n".join([*(f"*{one}*" for one in _caution(answer)), text])


def _refusal(answer: Answer, *, scoped: bool) -> str:
    return f"{refused_in_words(answer, scoped=scoped)}."


def _caution(answer: Answer) -> Iterator[str]:
    if answer.unsure:
        yield UNSURE


def _note(note: Footnote, number: int) -> str:
    place = safe_line(place_text(note))
    if note.kind != "code":
        return f"[^{number}]: “{safe_line(plain_quote(note))}” ({place})"
    code = plain_text(note.quote)
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(code)), default=0))
    block = "\n".join(f"    {line}" for line in (fence, *code.split("\n"), fence))
    return f"[^{number}]: {place}\n\n{block}"
