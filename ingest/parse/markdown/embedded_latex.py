"""LaTeX that stands in a Markdown text, as pandoc and beamer allow: environments as a LaTeX file's are read, commands as what they hold."""

import re
from collections.abc import Callable, Iterator

from ingest.parse.markdown.embedded_html import in_code

_SIGN = re.compile(r"\\(begin|end)\{(\w+\*?)\}")
_COMMAND = re.compile(
    r"\\(note|alert|emph|text(?:bf|it|tt|sc|sf|rm|sl|color)|underline|href|(?:color|m|f|make|par)box|only|visible|uncover|onslide)"
    r"(?:<[^<>\n]*>)?(?:\[[^\]\n]*\])*(?=\{)"
)
_MARGIN = 40  # spaces at most before what begins a line
_BEGINS = re.compile(r"(?:\A|\n)[ \t]*\Z")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_MARKS = {"alert": "**", "textbf": "**", "emph": "*", "textit": "*", "texttt": "`"}
_BETWEEN = "\uf8fe"


def with_latex_read(text: str, read: Callable[[str], str]) -> str:
    """`read`: LaTeX to Markdown; all environments are one text, since reading one starts a program. Code and formulas are left as they are,
    and so is what is never closed, or what is lost. Newlines are `\\n`.
    """
    if "\\" not in text:
        return text
    return _with_commands(_with_environments(text, read))


def _with_environments(text: str, read: Callable[[str], str]) -> str:
    spans = list(_environments(text))
    if not spans:
        return text
    told = read("".join(f"\n\n{_BETWEEN}\n\n{text[start:end]}" for start, end in spans)).split(_BETWEEN)[1:]
    if len(told) != len(spans):
        return text
    pieces, done = [], 0
    for (start, end), one in zip(spans, told, strict=True):
        pieces += [text[done:start], f"\n\n{one.strip()}\n\n"]
        done = end
    return "".join([*pieces, text[done:]])


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
    pieces, done = [], 0
    for start, end, put in sorted(edits):
        if start >= done:
            pieces += [text[done:start], put]
            done = end
    return "".join([*pieces, text[done:]])


def _closed(text: str) -> dict[int, int]:
    """For each brace that is closed where the one that closes it ends."""
    opened, found = list[int](), dict[int, int]()
    for sign in _BRACE.finditer(text):
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
