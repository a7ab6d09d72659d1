"""HTML and LaTeX that stand in a Markdown text: tables, figures and formulas are read as those of a web page, environments as those of a LaTeX file
(which pandoc and beamer allow), commands as what they hold. Newlines are `\\n`.

Code is left as it is, and so is what is never closed, what is lost, or everything where parts cannot be told apart.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from ingest.parse.pandoc.latex_source import BRACE
from ingest.parse.reader import edited
from retrieval.text.markdown import CODE, fences

_PART = re.compile(
    r"<table\b(?:(?!<table\b).)*?</table\s*>|<math\b(?:(?!<math\b).)*?</math\s*>", re.DOTALL | re.IGNORECASE
)
_GOES_ON = re.compile(  # what a converter has parted from the paragraph before it
    r"[ \t]*\n[ \t]*\n(?:[ \t]*(?=[.,;?)\]—]|[*_]+[.,;?)\]]|\*\*[ ])|[ \t]+(?=[^\W\d_]))"
)
_PARAGRAPH = re.compile(r"(?:[^\n]*\S[^\n]*(?:\n|\Z))+")
_FIGURE = re.compile(
    r"(?<![ \t])([ \t]*+)<figure\b[^<>]*>((?:(?!</?figure\b|<table\b|<pre\b|```).)*)</figure\s*>",
    re.DOTALL | re.IGNORECASE,
)
_CAPTION = re.compile(r"</?figcaption\b[^<>]*>", re.IGNORECASE)
_SIGN = re.compile(r"\\(begin|end)\{(\w+\*?)\}")
_COMMAND = re.compile(
    r"\\(note|alert|emph|text(?:bf|it|tt|sc|sf|rm|sl|color)|underline|href|(?:color|m|f|make|par)box|only|visible|uncover|onslide)"
    r"(?:<[^<>\n]*>)?(?:\[[^\]\n]*\])*(?=\{)"
)
_MARGIN = 40  # spaces at most before what begins a line
_BEGINS = re.compile(r"(?:\A|\n)[ \t]*\Z")
_MARKS = {"alert": "**", "textbf": "**", "emph": "*", "textit": "*", "texttt": "`"}
_BETWEEN = "\uf8fe"
Reader = Callable[[str], str]  # to Markdown


def with_parts_read(text: str, read: Reader) -> str:
    """`read`: a page."""
    if not _PART.search(text):
        return text
    is_code = in_code(_PART.sub(lambda part: part[0].replace("`", " ").replace("$", " "), text))
    parts = [part for part in _PART.finditer(text) if not is_code(part.start())]
    edits = list[tuple[int, int, str]]()
    for part, made in zip(parts, _read([part[0] for part in parts], f"<p>{_BETWEEN}</p>", read), strict=False):
        one, end = made or part[0], part.end()
        if "\n" in one or part[0][:6].lower() == "<table":
            one = f"\n\n{one}\n\n"
        elif (goes_on := _GOES_ON.match(text, end)) and not text[goes_on.end()].isupper():
            end = goes_on.end()
            one += " " * text[end].isalpha()
        edits.append((part.start(), end, one))
    return edited(text, edits)


def with_figures_parted(text: str) -> str:
    """The picture of a figure and its caption as paragraphs."""
    if not _FIGURE.search(text):
        return text
    is_code = in_code(text)
    figures = [figure for figure in _FIGURE.finditer(text) if not is_code(figure.start(2))]
    held = [(figure.span(), f"\n\n{figure[1]}", _CAPTION.split(figure[2])) for figure in figures]
    return edited(
        text, ((*span, gap + gap.join(" ".join(one.split()) for one in parts) + gap) for span, gap, parts in held)
    )


def _read(parts: Sequence[str], between: str, read: Reader) -> list[str]:
    """All are one text, since reading one starts a program."""
    told = read("".join(f"{between}{part}" for part in parts)).split(_BETWEEN)[1:] if parts else []
    return [one.strip() for one in told] if len(told) == len(parts) else []


def in_code(text: str) -> Callable[[int], bool]:
    """Whether an offset lies in fenced code, or in code or a formula within a line."""
    lines = text.split("\n")
    offsets = list(accumulate((len(line) + 1 for line in lines), initial=0))
    fenced = [(offsets[fence.first], offsets[fence.end]) for fence in fences(lines)]
    spans = (match.span() for part in _PARAGRAPH.finditer(text) for match in CODE.finditer(text, *part.span()))
    code = sorted([*fenced, *spans])
    ends = list(accumulate((end for _, end in code), max))  # for each span the last end up to it

    def is_code(offset: int) -> bool:
        before = bisect_right(code, offset, key=lambda span: span[0])
        return bool(before) and ends[before - 1] > offset

    return is_code


def with_latex_read(text: str, read: Reader) -> str:
    """`read`: LaTeX. Formulas are left as they are."""
    if "\\" not in text:
        return text
    spans = list(_environments(text))
    made = _read([text[start:end] for start, end in spans], f"\n\n{_BETWEEN}\n\n", read)
    return _with_commands(edited(text, ((*span, f"\n\n{one}\n\n") for span, one in zip(spans, made, strict=False))))


def _environments(text: str) -> Iterator[tuple[int, int]]:
    """From where to where each goes that is in no other."""
    is_code, opened, closed = in_code(text), list[tuple[str, int]](), list[tuple[int, int]]()
    for sign in _SIGN.finditer(text):
        if sign[1] == "begin":
            if not is_code(sign.start()):
                opened.append((sign[2], sign.start()))
        elif opened and opened[-1][0] == sign[2]:
            closed.append((opened.pop()[1], sign.end()))
    done = 0
    for start, end in sorted(closed):
        if start >= done and _BEGINS.search(text, max(0, start - _MARGIN), start):
            yield start, end
            done = end


def _with_commands(text: str) -> str:
    is_code, closes, edits = in_code(text), _closed(text), list[tuple[int, int, str]]()
    for command in _COMMAND.finditer(text):
        start = end = command.end()
        while end in closes:
            start, end = end + 1, closes[end]
        if end > command.end() and not is_code(command.start()):
            held = text[start : end - 1]
            opening, closing = _around(command[1], held.strip())
            start, last = start + len(held) - len(held.lstrip()), end - 1 - len(held) + len(held.rstrip())
            edits += [(command.start(), start, opening), (max(start, last), end, closing)]
    return edited(text, sorted(edits))


def _closed(text: str) -> dict[int, int]:
    """For each brace that is closed where the one that closes it ends."""
    opened, found = list[int](), dict[int, int]()
    for sign in BRACE.finditer(text):
        if sign[0] == "{":
            opened.append(sign.start())
        elif sign[0] == "}" and opened:
            found[opened.pop()] = sign.end()
    return found


def _around(name: str, held: str) -> tuple[str, str]:
    """What stands before and behind what a command holds."""
    if name == "note":
        return "\n\n" + "Speaker notes: " * held[:1].isalpha(), "\n\n"
    mark = _MARKS.get(name, "") if held and "\n" not in held else ""
    return mark, mark
