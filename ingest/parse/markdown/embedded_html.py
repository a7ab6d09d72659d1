"""Tables and formulas that stand as HTML in a Markdown text, as a web page's are read."""

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from retrieval.text.markdown import CODE, fences

_PART = re.compile(
    r"<table\b(?:(?!<table\b).)*?</table\s*>|<math\b(?:(?!<math\b).)*?</math\s*>", re.DOTALL | re.IGNORECASE
)
_BETWEEN = "\uf8fe"


def with_parts_read(text: str, read: Callable[[str], str]) -> str:
    """`read`: a page to Markdown; all parts are one page, since reading one starts a program. Code is left as it is, and so
    is everything where a part is lost. Newlines are `\\n`.
    """
    if not _PART.search(text):
        return text
    is_code = in_code(text)
    parts = [part for part in _PART.finditer(text) if not is_code(part.start())]
    if not parts:
        return text
    page = "".join(f"<p>{_BETWEEN}</p>{part[0]}" for part in parts)
    _, *told = read(f"<html><body>{page}</body></html>").split(_BETWEEN)
    made = [one.strip() for one in told]
    if len(made) != len(parts) or not all(made):
        return text
    pieces, done = [], 0
    for part, one in zip(parts, made, strict=True):
        apart = "\n" in one or part[0][:6].lower() == "<table"
        pieces += [text[done : part.start()], f"\n\n{one}\n\n" if apart else one]
        done = part.end()
    return "".join([*pieces, text[done:]])


def in_code(text: str) -> Callable[[int], bool]:
    """Whether an offset lies in fenced code, or in code or a formula within a line."""
    lines = text.split("\n")
    offsets = list(accumulate((len(line) + 1 for line in lines), initial=0))
    fenced = [(offsets[fence.first], offsets[fence.end]) for fence in fences(lines)]
    code = sorted([*fenced, *(match.span() for match in CODE.finditer(text))])
    ends = list(accumulate((end for _, end in code), max))  # for each span the last end up to it

    def is_code(offset: int) -> bool:
        before = bisect_right(code, offset, key=lambda span: span[0])
        return bool(before) and ends[before - 1] > offset

    return is_code
