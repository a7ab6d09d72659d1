"""Lines of a PDF: what they are like, which of them are running headers and footers, where a bullet belongs."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.parse.formats.pdf.tables import Table

_MARGIN = 0.12  # of the page's height, where running headers and footers stand
_LONE_BULLET = re.compile(r"\s*[•◦▪▫‣⁃●○■□·∙]\s*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a table with all its words. Positions in points from the left and from the top; `box` numbers the text boxes of a page; `depth` is how far
    down the page its foot is, in [0, 1]."""

    text: str
    page: int
    box: int
    left: float
    right: float
    top: float
    bottom: float
    size: float
    mono: bool
    bold: bool
    depth: float
    table: Table | None = None


def running(lines: Sequence[Line], named: dict[int, int]) -> set[int]:
    """Lines (by identity) in the margins that return on a third of the pages, two at least, or repeat a heading."""
    last_page = max((line.page for line in lines), default=0)
    marginal = [line for line in lines if line.depth < _MARGIN or line.depth > 1 - _MARGIN]
    counts = Counter(place for place, _ in {(place(line), line.page) for line in marginal})
    often = {place for place, count in counts.items() if count >= max(2, last_page / 3)}
    headings = {folded(line.text) for line in lines if id(line) in named}
    repeated = [line for line in marginal if id(line) not in named and folded(line.text) in headings]
    return {id(line) for line in marginal if place(line) in often} | {id(line) for line in repeated}


def place(line: Line) -> tuple[str, int]:
    """The same for a line that returns on every page: its words without digits, and its height."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.strip()), round(line.top / 4)


def with_bullets(lines: Sequence[Line]) -> list[Line]:
    """A bullet that the file places by itself, put in front of the line beside it."""
    kept = list(lines)
    for bullet in [line for line in lines if _LONE_BULLET.fullmatch(line.text)]:
        beside = [
            i
            for i, line in enumerate(kept)
            if line.page == bullet.page and abs(line.top - bullet.top) < 0.6 * line.size and line.left > bullet.left
        ]
        if beside:
            nearest = min(beside, key=lambda i: kept[i].left)
            kept[nearest] = replace(kept[nearest], text=f"• {kept[nearest].text.lstrip()}")
            kept.remove(bullet)
    return kept


def folded(words: str) -> str:
    """For comparing headings: lower case letters and digits only, without a number in front."""
    bare = re.sub(r"^\s*(?:chapter|part|section)?\s*[\dIVX]+(?:\.\d+)*[.:]?\s+", "", words, flags=re.IGNORECASE)
    return re.sub(r"[\W_]+", "", bare or words).casefold()
