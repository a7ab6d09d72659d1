"""An answer in a terminal: its text as it grows, then its footnotes, or the refusal, and what there is to say about it."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from app.citations.wording import (
    QUOTING,
    UNSURE,
    doubts_in_words,
    more_words,
    own_words,
    price_in_words,
    refused_in_words,
)
from app.storage.usage import Day
from app.types import Answer, AnswerEvent, Done, Footnote, Offered, Writing
from retrieval.text.display import shown
from retrieval.text.markdown import fold, plain_inline, rows_with_columns

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
ANSWERED, NOT_ANSWERED, NOT_COVERED = 0, 1, 3
# what could move the cursor, change the title or hide text: documents and models are not to steer a terminal
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def print_answer(events: Iterator[AnswerEvent], *, as_json: bool, scoped: bool = False) -> int:
    """Prints as it comes, or at the end as JSON; the exit status. `scoped`: only a part of the course was asked."""
    shown, status = "", NOT_ANSWERED
    for event in events:  # to its end: what is done with a finished answer comes after it
        if isinstance(event, Writing) and not as_json and settled(event.text).startswith(shown):
            print(emphasised(event, since=len(shown), bold=sys.stdout.isatty()), end="", flush=True)
            shown = settled(event.text)
        elif isinstance(event, Offered):
            print(f"A long task: {price_in_words(event.offer)}. Ctrl-C stops it.", file=sys.stderr, flush=True)
        elif isinstance(event, Done):
            if as_json:
                print(json.dumps(asdict(event.answer), ensure_ascii=False, indent=1, default=str))
            else:
                text = rest(event.answer.text, shown)
                begun = [text, ""] if event.answer.text else []
                print(clean("\n".join([*begun, *lines_after(event.answer, scoped=scoped)])))
            status = NOT_COVERED if event.answer.refused else ANSWERED
    return status


def settled(text: str) -> str:
    """Without the last line if that is a table row: its footnote is still going to be put into its last cell.

    `"a\\n| b |"` -> `"a\\n"`
    """
    start = text.rfind("\n") + 1
    return text[:start] if text.startswith("|", start) else text


def emphasised(written: Writing, *, since: int, bold: bool) -> str:
    """What is settled of the text from offset `since` on, what is marked in `bold` letters where the terminal knows them."""
    text = settled(written.text)
    pieces, position = [], since
    for start, end in written.marked if bold else ():
        if position <= start and end <= len(text):
            pieces += [clean(text[position:start]), _BOLD, clean(text[start:end]), _PLAIN]
            position = end
    return "".join([*pieces, clean(text[position:])])


def rest(text: str, shown: str) -> str:
    """What of the text is not shown yet; from the line on where it became another, if it did.

    `("| a[1] |", "| a |")` -> `"\\n| a[1] |"`
    """
    if text.startswith(shown):
        return text[len(shown) :]
    pairs = enumerate(zip(text, shown, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), len(text))
    return "\n" + text[text.rfind("\n", 0, same) + 1 :]


def lines_after(answer: Answer, *, scoped: bool = False) -> list[str]:
    """What follows the text: the footnotes, or the refusal with its nearest sections, the notices, and how it was made."""
    lines = _refusal(answer, scoped=scoped) if answer.refused else []
    for place, notes in groupby(answer.footnotes, key=_place):
        lines += [place, *(f"  [{note.number}] “{_quote(note)}”" for note in notes)]
    lines += [more_words(place.words, " > ".join(place.path)) for place in answer.more]
    told = [*([UNSURE] if answer.unsure else []), *own_words(answer), *answer.notices, *doubts_in_words(answer)]
    if answer.dropped:
        told.append(f"{answer.dropped} citation(s) that are not in the course were left out.")
    return [*lines, *(["", *told] if told else []), "", f"({', '.join(_facts(answer))})"]


def usage_table(days: Sequence[Day]) -> str:
    """A line a day, latest first."""
    head = f"{'day':<10}  {'answers':>7}  {'refused':>7}  {'cached':>6}  {'tokens in':>10}  {'out':>8}  {'dollars':>9}  {'ms':>6}"
    rows = [
        f"{day.day:<10}  {day.answers:>7}  {day.refused:>7}  {day.cached:>6}  {day.input_tokens:>10,}  "
        f"{day.output_tokens:>8,}  {day.cost:>9.4f}  {day.ms:>6.0f}"
        for day in days
    ]
    return "\n".join([head, *rows]) if rows else "No question was answered yet."


def clean(text: str) -> str:
    """Without control characters, and without those that are not seen."""
    return shown(_CONTROL.sub("", text))


def _refusal(answer: Answer, *, scoped: bool) -> list[str]:
    nearest = [f"  - {' > '.join(place.path)}" for place in answer.nearest]
    return [f"{refused_in_words(answer, scoped=scoped)}.", *(["", "Nearest sections:", *nearest] if nearest else [])]


def _quote(note: Footnote) -> str:
    """The quote as it reads; table rows with their column names."""
    return rows_with_columns(note.quote, note.lead) if note.kind == "row" else fold(plain_inline(note.quote))


def _place(note: Footnote) -> str:
    return " > ".join(note.path) + (f", {note.page_word} {note.page}" if note.page is not None else "")


def _facts(answer: Answer) -> Iterator[str]:
    yield f"{answer.writer or 'no writer'}{f', {answer.model}' if answer.model else ''}"
    yield f"confidence {answer.confidence:.2f}"
    if answer.writer == QUOTING and not answer.refused:
        yield f"likelihood {answer.likelihood:.2f}"
    yield f"{answer.timings_ms.get('total', 0.0):.0f} ms"
    if answer.given_before:
        yield "given before"
    if answer.searched:
        yield f"searched for “{answer.searched}”"
    if answer.usage.cost:
        yield f"${answer.usage.cost:.4f}"
