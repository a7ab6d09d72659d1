"""A conversation as a Markdown file, its footnotes as Markdown footnotes."""

import re
from collections.abc import Sequence
from datetime import datetime

from app.citations.marks import find_marks
from app.citations.wording import NO_QUESTION, UNSURE, not_covered
from app.storage.conversations import SavedTurn, Thread
from app.types import Answer, Footnote

_NAME = re.compile(r"[^\w\- ]+")


def file_name(thread: Thread) -> str:
    """`"What is it?"` -> `"What is it.md"`"""
    return (_NAME.sub("", thread.title).strip() or "conversation") + ".md"


def as_markdown(thread: Thread, turns: Sequence[SavedTurn]) -> str:
    """Questions as headings, answers below them, footnotes at the end, numbered through."""
    parts = [f"# {thread.title}", f"{datetime.fromtimestamp(thread.created):%d %B %Y}"]
    notes: list[str] = []
    for turn in turns:
        parts.append(f"## {turn.question}")
        parts.append(_answer(turn, notes))
    return "\n\n".join([*parts, *notes]) + "\n"


def _answer(turn: SavedTurn, notes: list[str]) -> str:
    answer = turn.answer
    if answer is None:
        return "(no answer)"
    if answer.refused == "no question":
        return f"{NO_QUESTION}."
    if answer.refused:
        return f"{not_covered(scoped=bool(turn.scope))}."
    caution = f"*{UNSURE}*\n\n" if answer.unsure else ""
    return caution + _with_notes(answer, notes)


def _with_notes(answer: Answer, notes: list[str]) -> str:
    numbers: dict[int, int] = {}
    for note in answer.footnotes:
        notes.append(f"[^{len(notes) + 1}]: {_note(note)}")
        numbers[note.number] = len(notes)
    text = answer.text
    for mark in reversed(find_marks(text)):
        if mark.number in numbers:
            text = f"{text[: mark.start]}[^{numbers[mark.number]}]{text[mark.end :]}"
    return text


def _note(note: Footnote) -> str:
    page = f", {note.page_word} {note.page}" if note.page is not None else ""
    quote = " ".join(note.quote.split())
    return f"\u201c{quote}\u201d ({' > '.join(note.path)}{page})"
