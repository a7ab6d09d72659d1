"""What people write in Markdown beyond CommonMark, as words: boxes, directives, definition lists, wiki links, footnotes, comments.

Of Obsidian, GitHub, MkDocs, Docusaurus, MyST, kramdown, Pandoc, Quarto and R Markdown. Code is left as it is. Left out: embedded pictures, marks that
only style; comments, which their author hides, are reported. A text without any of these comes back unchanged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.parse import markdown_writer as markup
from ingest.parse.markdown.boxes import DIVISION, QUOTED, Box, box_at, title_at
from ingest.parse.markdown.directives import fenced
from ingest.parse.markdown.embedded import in_code
from ingest.parse.markdown.inline import inline, note_names, note_of, with_notes_below
from ingest.parse.markdown.parser import front_matter
from retrieval.text.markdown import fence_at

LONGEST_TERM = 100
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)|%%(.*?)%%", re.DOTALL)
_CELL_HEAD = re.compile(  # with ticks, which CommonMark forbids
    r"^([ \t]*`{3,})(\{\w[^\n`]*`[^\n]*\})[ \t]*$", re.MULTILINE
)
_TEMPLATE = re.compile(r"[ \t]*(?:\{\{.*\}\}|\{%.*%\})[ \t]*")  # what a site generator puts in its place
_LAYOUT = re.compile(  # lines that only lay out what is printed; labels of MyST
    r"[ \t]*\([\w:.-]+\)=[ \t]*|[ \t]*(?:\\(?:(?:big|med|small)skip|pause|(?:new|clear)page|[vh]fill|[vh]space\*?\{[^{}\n]*\}|noindent|centering)[ \t]*)+"
)
_STARTS = re.compile(r"[ \t]*(?:[-*+>#|]|\d{1,9}[.)][ \t]|```|~~~|$|\[\^)|    ")  # something else than a paragraph
_LISTS = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_MEANING = re.compile(r"[ ]{0,3}:[ \t]+(\S.*)$")  # of the term above it
_END = "^"  # of a list, to kramdown; a dash alone is a rule that an editor has changed
_TIGHT_HEADING = re.compile(r"#{2,6}(?=[^\s#])")  # ##Rain, which few renderers take for one


@dataclass(slots=True)
class SpelledOut:
    """The text, with the marks of `markdown_writer` for exercises; what its author had hidden; what was left out;
    the names of its notes."""

    text: str
    include_hidden: bool = False
    hidden: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)

    def inline(self, words: str) -> str:
        return inline(words, notes=self.notes, dropped=self.dropped)


def spelled_out(text: str, *, include_hidden: bool = False) -> SpelledOut:
    """Newlines are `\\n`."""
    head = front_matter(text).end
    result = SpelledOut("", include_hidden)
    body = _CELL_HEAD.sub(lambda found: found[1] + found[2].replace("`", "'"), text[head:])
    body = body if include_hidden else _without_comments(body, result)
    lines = list(with_notes_below(body))
    result.notes = note_names(lines)
    result.text = text[:head] + "\n".join(_written(lines, result))
    return result


def _without_comments(text: str, result: SpelledOut) -> str:
    """Comments outside of code, which is known by its fences and ticks."""
    if "<!--" not in text and "%%" not in text:
        return text
    is_code = in_code(text)

    def removed(match: re.Match[str]) -> str:
        if is_code(match.start()):
            return match[0]
        words = " ".join((match[1] or match[2] or "").split())
        if any(map(str.isalnum, words)):
            result.hidden.append(f"comment: {words}")
        return ""

    return _COMMENT.sub(removed, text)


def _written(lines: Sequence[str], result: SpelledOut) -> Iterator[str]:
    """Line after line; a box is written by what it holds."""
    at = 0
    while at < len(lines):
        line, end = lines[at], at + 1
        if fence := fence_at(lines, at):
            end, found = fence.end, fenced(lines[at : fence.end], fence)
            if isinstance(found, Box):
                yield from _box(found, result)
            elif found.hidden and not result.include_hidden:
                result.hidden.append(f"code of a cell: {found.hidden}")
            else:
                yield from found.lines
        elif title := title_at(lines, at):
            words, end = title
            joins = end < len(lines) and not (_STARTS.match(lines[end]) or lines[end].lstrip()[0] in "!<")
            sign = ":" * words[-1:].isalnum()
            yield from ("", _line(f"{words}{sign} {lines[end].strip()}", result)) if joins else ("", words, "")
            end += joins
        elif box := box_at(lines, at):
            end = box.end
            yield from _box(box, result)
        elif meanings := _meanings_end(lines, at):
            end = meanings
            yield from _definitions(lines[at:end], result)
        elif quoted := QUOTED.match(line):
            words = quoted[1]
            while (
                end < len(lines) and (more := QUOTED.match(lines[end])) and words.strip() and not _STARTS.match(more[1])
            ):
                words, end = f"{words.rstrip()} {more[1].strip()}", end + 1
            yield f"> {result.inline(words)}".rstrip()
        else:
            alone = not at or not lines[at - 1].strip()
            yield _line(_TIGHT_HEADING.sub(r"\g<0> ", line, count=1) if alone and line[:2] == "##" else line, result)
        at = end


def _line(line: str, result: SpelledOut) -> str:
    if line.lstrip().startswith("[") and line.partition("]:")[2].lstrip(" <").startswith("data:"):
        result.dropped.append("embedded picture")
        return ""
    if _TEMPLATE.fullmatch(line):
        result.dropped.append(f"template: {line.strip()}")
        return ""
    if line.strip() in (_END, "—") or DIVISION.fullmatch(line) or _LAYOUT.fullmatch(line):
        return ""
    if note := note_of(line):
        return f"Note {note[0]}: {result.inline(note[1])}"
    return result.inline(line)


def _box(box: Box, result: SpelledOut) -> Iterator[str]:
    """`Label: first words`, then the rest. An exercise is marked as one."""
    label, written = box.label, "\n".join(_written(box.lines, result)).strip("\n")
    if label and written and not _STARTS.match(written):
        text = f"{label.rstrip(':')}: {written}"
    else:  # what announces a list is no sentence
        label = f"{label.rstrip(':')}:" if _LISTS.match(written) and label[-1:] not in "?!." else label
        text = "\n\n".join(filter(None, (label, written)))
    yield ""
    yield markup.boxed(markup.marked("question", text) if box.is_question else text)
    yield ""


def _meanings_end(lines: Sequence[str], at: int) -> int:
    """After the meanings of the term in this line; 0 where it is none."""
    term, below = lines[at], lines[at + 1 : at + 3]
    first = at + 1 if below and below[0].strip() else at + 2
    alone = not at or not lines[at - 1].strip() or lines[at - 1] == _END
    if (
        not alone
        or len(term) > LONGEST_TERM
        or _STARTS.match(term)
        or not any(map(_MEANING.match, lines[first : first + 1]))
    ):
        return 0
    return next((end for end in range(first, len(lines)) if not lines[end].strip(" \t^")), len(lines))


def _definitions(lines: Sequence[str], result: SpelledOut) -> Iterator[str]:
    """`- term: meaning`; each of several meanings with its term."""
    meanings: list[str] = []
    for line in filter(str.strip, lines[1:]):
        if found := _MEANING.match(line):
            meanings.append(found[1].strip())
        else:
            meanings[-1] += f" {line.strip()}"
    term = result.inline(lines[0].strip())
    for meaning in meanings:
        yield markup.item("-", markup.marked("definition", f"{term}: {result.inline(meaning)}"))
