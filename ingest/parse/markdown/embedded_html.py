"""Tables and formulas that stand as HTML in a Markdown text, as a web page's are read."""

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from retrieval.text.markdown import CODE, fences

_PART = re.compile(
    r"<table\b(?:(?!<table\b).)*?</table\s*>|<math\b(?:(?!<math\b).)*?</math\s*>", re.DOTALL | re.IGNORECASE
)
_GOES_ON = re.compile(  # what a converter has parted from the paragraph before it
    r"[ \t]*\n[ \t]*\n(?:[ \t]*(?=[.,;?)\]—]|[*_]+[.,;?)\]]|\*\*[ ])|[ \t]+(?=[^\W\d_]))"
)
_NO_WORDS = re.compile(r"<annotation\b.*?</annotation\s*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_PARAGRAPH = re.compile(r"(?:[^\n]*\S[^\n]*(?:\n|\Z))+")
_BETWEEN = "\uf8fe"


def with_parts_read(text: str, read: Callable[[str], str]) -> str:
    """`read`: a page to Markdown; all parts are one page, since reading one starts a program. Code is left as it is, and so
    is a part that is lost, or everything where they cannot be told apart. Newlines are `\\n`.
    """
    if not _PART.search(text):
        return text
    is_code = in_code(_PART.sub(lambda part: part[0].replace("`", " ").replace("$", " "), text))
    parts = [part for part in _PART.finditer(text) if not is_code(part.start())]
    if not parts:
        return text
    page = "".join(f"<p>{_BETWEEN}</p>{part[0]}" for part in parts)
    _, *told = read(f"<html><body>{page}</body></html>").split(_BETWEEN)
    made = [one.strip() for one in told]
    if len(made) != len(parts):
        return text
    pieces, done = [], 0
    for part, one in zip(parts, made, strict=True):
        is_table = part[0][:6].lower() == "<table"
        one = one or ("" if not is_table and not _NO_WORDS.sub("", part[0]).strip() else part[0])
        apart = "\n" in one or is_table
        pieces += [text[done : part.start()], f"\n\n{one}\n\n" if apart else one]
        done = part.end()
        if not apart and (goes_on := _GOES_ON.match(text, done)) and not text[goes_on.end()].isupper():
            pieces.append(" " if text[goes_on.end()].isalpha() else "")
            done = goes_on.end()
    return "".join([*pieces, text[done:]])


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
