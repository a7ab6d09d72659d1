"""What leaves the page: a conversation as a Markdown file, an answer as Markdown or plain text, footnotes in each; and Markdown that is
safe to show anywhere: nothing in it loads from the net, runs, or leads where the course does not.

The text is rewritten, not parsed: fenced code is brought to the left margin and closed, code spans end on their line,
and every sign outside of them that could begin an image, a tag, a link, a reference or a Markdown footnote is escaped. So what counts as
code here is code to every CommonMark renderer, and nothing else can be anything but words. The price: code indented by
four spaces, and spans over several lines, may show an escape too many. Where the text has dollar signs, which some
renderers take for the ends of a formula that may hide a code mark, such signs are escaped in code too. Mail addresses
and addresses spelled with escapes stay, which a few renderers make into links to click.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from app.citations.marks import find_marks
from app.citations.wording import UNSURE, refused_in_words
from app.storage.conversations import SavedTurn, Thread
from app.types import Answer, Footnote
from app.web.render.quotes import place_text, plain_quote
from retrieval.text.markdown import fence_at, plain_text, row_with_columns

_TABLE_RULER = re.compile(r"^(?=[^\n]*-)(?=[^\n]*[|:])[ \t|:+*>-]+$", re.M)
_RUN = re.compile(r"`+")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>`|\"'\\\[\]{}]*", re.I)
_GOES_ON = re.compile(r"\\(?![\[<`])")  # behind an address: more of it, spelled with escapes
_LINK = re.compile(r"\[(?!\d+\])([^\[\]`\\<>!|\n]+)\]\((https?://[^\s<>`|\"'\\\[\]{}()]+)\)", re.I)
_LIVE = r"!(?=\[)|<(?=[A-Za-z/!?]|$)|\](?=[(:])"
_LIVE_SIGN = re.compile(rf"\\.|{_LIVE}")
_SIGN = re.compile(rf"\\.|{_LIVE}|`|\[(?=\^)|:(?=material/)")
_WRITTEN = {"!": "!\\", "<": "\\<", "[": "\\[", "]": "]\\", "`": "\\`", ":": ": "}
_TRAILING = ".,;:!?*_~)"


def safe_markdown(text: str, *, links: Collection[str] | None = ()) -> str:
    """`text` without images, HTML, definitions of references and footnotes, and links except to `links` (None: to any http address).

    Other addresses are shown as code. Footnote marks stay. Doing it twice changes nothing more.
    """
    tables = bool(_TABLE_RULER.search(text))
    dollars = "$" in text
    source, lines, at = text.split("\n"), list[str](), 0
    while at < len(source):
        if fence := fence_at(source, at):
            code = source[at + 1 : fence.end - fence.closed]
            lines += [*_lines_before(fence.prefix), fence.marks + _language(fence.info)]
            lines += [*(_code_line(line, len(fence.prefix), dollars) for line in code), fence.marks]
        else:
            lines.append(_joined(_safe_line(source[at], links, tables, dollars)))
        at = fence.end if fence else at + 1
    return "\n".join(lines)


def safe_line(text: str) -> str:
    """The same for words within a line, as in a heading: on one line, without any link, and no fence begins in them."""
    return _joined(_safe_line(" ".join(text.split()), (), tables=True, dollars="$" in text))


def links_in(*texts: str) -> frozenset[str]:
    """The addresses that stand in texts, such as the documents an answer quotes."""
    return frozenset(_trimmed(found) for text in texts for found in _URL.findall(text))


def _lines_before(prefix: str) -> list[str]:
    """List and quote marks before a fence, as a line of their own."""
    return [prefix.rstrip()] if prefix.strip() else []


def _language(info: str) -> str:
    """The first word after a fence; more could make the line a table's header."""
    found = re.match(r"[\w+#.-]+", info.strip())
    return found[0] if found else ""


def _code_line(line: str, margin: int, dollars: bool) -> str:
    """A line of fenced code, moved left with its fence."""
    inner = line[:margin].lstrip(" \t>") + line[margin:]
    return _escaped_signs(inner, _LIVE_SIGN) if dollars else inner


def _safe_line(line: str, links: Collection[str] | None, tables: bool, dollars: bool) -> Iterator[str]:
    """A line outside of fenced code, in pieces: code spans as they are, the rest escaped."""
    position = 0
    for start, end in _spans(line, tables, dollars):
        yield from _safe_words(line[position:start], links)
        yield line[start:end]
        position = end
    yield from _safe_words(line[position:], links)


def _spans(line: str, tables: bool, dollars: bool) -> Iterator[tuple[int, int]]:
    """Code spans of a line. In a table a bar ends a cell, in code too: a span that has one is none."""
    position = 0
    while found := _RUN.search(line, position):
        opening = found.start() + _is_escaped(line, found.start())
        run = found.end() - opening
        runs = _RUN.finditer(line, found.end())
        closing = next((other for other in runs if len(other[0]) == run), None) if run else None
        inside = line[found.end() : closing.start()] if closing else ""
        if closing is None or (tables and "|" in inside) or (dollars and _LIVE_SIGN.search(inside)):
            position = found.end()
            continue
        yield opening, closing.end()
        position = closing.end()


def _safe_words(text: str, links: Collection[str] | None) -> Iterator[str]:
    position = 0
    for found in _LINK.finditer(text):
        image = text[: found.start()].endswith("!")
        if _allowed(found[2], links) and not image and not _is_escaped(text, found.start()):
            yield from _without_links(text[position : found.start()], links)
            yield f"[{_escaped_signs(found[1], _SIGN)}]({found[2]})"
            position = found.end()
    yield from _without_links(text[position:], links)


def _without_links(text: str, links: Collection[str] | None) -> Iterator[str]:
    """Words with their addresses: an allowed one stays, another is shown as code."""
    position = 0
    for found in _URL.finditer(text):
        address = _trimmed(found[0])
        before = _escaped_signs(text[position : found.start()], _SIGN)
        allowed = _allowed(address, links) and not _GOES_ON.match(text, found.end())
        yield before + ("\\" if not allowed and _is_escaped(before, len(before)) else "")
        yield address if allowed else f"`{address}`"
        position = found.start() + len(address)
    yield _escaped_signs(text[position:], _SIGN)


def _escaped_signs(text: str, signs: re.Pattern[str]) -> str:
    """The signs disarmed; what is escaped already stays."""
    return signs.sub(lambda found: _WRITTEN.get(found[0], found[0]), text)


def _joined(pieces: Iterable[str]) -> str:
    """Pieces as one line; two code spans never touch, because their marks would become one longer mark."""
    line = ""
    for piece in pieces:
        touch = piece.startswith("`") and line.endswith("`") and not _is_escaped(line, len(line) - 1)
        line += f" {piece}" if touch else piece
    return line


def _is_escaped(text: str, position: int) -> bool:
    """Whether an odd number of backslashes stands before a position."""
    before = text[:position]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _allowed(address: str, links: Collection[str] | None) -> bool:
    return re.match(r"https?://", address, re.I) is not None and (links is None or address in links)


def _trimmed(address: str) -> str:
    """Without punctuation of the sentence around it."""
    return address.rstrip(_TRAILING)


_NAME = re.compile(r"[^\w\- ]+")
_TABLE = re.compile(r"^(\|.*)\n\|[ \t:|-]+\|[ \t]*\n((?:\|.*(?:\n|\Z))+)", re.M)


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
    fence = "`" * max(3, 1 + max(map(len, _RUN.findall(code)), default=0))
    block = "\n".join(f"    {line}" for line in (fence, *code.split("\n"), fence))
    return f"[^{number}]: {place}\n\n{block}"
