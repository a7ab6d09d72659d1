"""Slides written for remark (xaringan in R) or Deckset to plain Markdown, also out of the page that they are kept in.

Their own signs are taken away (https://github.com/gnab/remark/wiki/Markdown, https://docs.deckset.com): the properties that a slide begins with, the marks
around content that has a class, the steps in which a slide appears. What the speaker notes down is kept, and said to be that.
"""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import pairwise

from retrieval.text.markdown import fences

_PAGE = re.compile(r"<textarea\b[^<>]{0,200}\bid\s{0,9}=\s{0,9}[\"']?source\b[^<>]{0,200}>", re.IGNORECASE)
_PROPERTY = re.compile(r"(?:name|class|count|template|layout|exclude|background-\w+)\s*:\s*\S.*")
_OPENS = re.compile(r"(?<![\w\\`\])])\.[A-Za-z][\w-]*(?:\.[\w-]+)*\[")
_SIGN = re.compile(rf"{_OPENS.pattern}|[\[\]]|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|\\.")
_MATH = re.compile(  # as code, which the script that shows it takes for a formula
    r"(?<!`)`(\\\([^`]+\\\)|\\\[[^`]+\\\]|\$\$[^`]+\$\$|\\begin\{(\w+\*?)\}[^`]+\\end\{\2\})`(?!`)"
)
_DECKSET = re.compile(  # its settings: for all slides before the first, for one in brackets, for a title
    r"\A\s*(?:[\w -]+:.*\n)*(?:autoscale|slidenumbers|build-lists|slide-transition):.*\n(?:[\w -]+:.*\n)*|^\[\.[\w-]+:[^\]\n]*\]$|(?<=# )\[fit\] ",
    re.MULTILINE,
)
_NEXT, _STEP, _NOTES = "---", "--", "???"
_ENOUGH = 2  # lines that begin with a class


def held_in(page: str) -> str:
    """The slides that a web page holds as text, empty for another page."""
    begun = _PAGE.search(page)
    end = page.find("</textarea", begun.end()) if begun else -1
    return unescape(page[begun.end() : end]) if begun and end >= 0 else ""


def plain(text: str) -> str:
    """The Markdown; as it is where it has none of the signs. Front matter is no part of it."""
    text = _DECKSET.sub("", text)
    lines = text.split("\n")
    code = {number for fence in fences(lines) for number in range(fence.first, fence.end)}
    told = [(number, line.strip()) for number, line in enumerate(lines) if line.strip() and number not in code]
    begun = any(one == _NEXT and _PROPERTY.fullmatch(line) for (_, one), (_, line) in pairwise([(-1, _NEXT), *told]))
    classed = sum(bool(_OPENS.match(line)) for _, line in told)
    return _MATH.sub(r"\1", "\n".join(_plain(lines, code))) if begun or classed >= _ENOUGH else text


def _plain(lines: Sequence[str], code: set[int]) -> Iterator[str]:
    begins, noted = True, False
    opened: list[str] = []
    for number, line in enumerate(lines):
        sign = "" if number in code else line.strip()
        if sign in (_NEXT, _STEP, _NOTES):
            begins, noted = sign == _NEXT or begins, sign == _NOTES
            opened = [] if sign == _NEXT else opened
            yield ""
        elif number in code or not (begins and _PROPERTY.fullmatch(sign)):
            begins = begins and not line.strip()
            yield "Speaker notes: " * (noted and bool(sign)) + (line if number in code else _unwrapped(line, opened))
            noted = noted and not sign


def _unwrapped(line: str, opened: list[str]) -> str:
    """Without the marks around what has a class; `opened`: the brackets that are open, the class's own sign before some."""

    def without(found: re.Match[str]) -> str:
        sign = found[0]
        if sign.endswith("[") and sign[0] in "[.":
            opened.append(sign)
        elif sign == "]" and opened:
            return "]" * (opened.pop() == "[")
        return sign if sign[0] != "." else ""

    return _SIGN.sub(without, line)
