"""How deep the headings of a plain text are: from numbering, indentation and order."""

from ingest.parse.plain_text.headings import marked, ordinal, plain_number, rank, stems
from ingest.parse.plain_text.lines import Line

_DEEPEST = 6
_ORDINALS, _OTHERS = 21, 50  # ranks, see `plain_headings.rank`


class Outline:
    """Gives each heading its level, from those before it.

    A heading goes under the last one of a lower rank. The rank is (indentation, kind): labels and chapters, then
    numbers by depth, then headings without a number. Where numbers begin again and again with no chapter between
    ("1. A", "2. B", "C", "1. D"), they count within a section that may have lost its heading: then they stand
    below those without a number, see `restarts` and `levels`.
    """

    def __init__(self, *, ordinals: int = _ORDINALS) -> None:
        self._ordinals = ordinals
        self._number = (0, 0)  # indentation and value of the last "2. Title", while its sequence may go on
        self.restarts = False
        self._headings: list[tuple[Line, bool]] = []
        self._open: list[tuple[tuple[int, int], str]] = []
        self._titled = False
        self.fresh = True
        self._count = 0  # of headings numbered without a stop: "1 Purpose", "2 Scope"

    def title(self, line: Line) -> int:
        """The title of the document stands above all other headings; a marked one above those of its kind."""
        if marked(line.text):
            return self.level(line)
        self._titled = True
        self._headings.append((line, True))
        return 1

    def level(self, line: Line) -> int:
        """Level of this heading; opens it."""
        place = self._rank(line)
        self._count_ordinal(line, place)
        self._headings.append((line, False))
        while self._open and self._open[-1][0] >= place:
            self._open.pop()
        self._open.append((place, line.text))
        self._count += self.counts_on(line.text)
        self.fresh = True
        return min(len(self._open) + self._titled, _DEEPEST)

    def levels(self) -> list[int]:
        """Levels of all headings so far, in their order, now that it is known whether numbers restart."""
        again = Outline(ordinals=_OTHERS + 1 if self.restarts else self._ordinals)
        return [again.title(line) if title else again.level(line) for line, title in self._headings]

    def counts_on(self, text: str) -> bool:
        """ "3 Holidays" after "2 Working Hours": a number without a stop counts only in its turn."""
        return plain_number(text) == self._count + 1

    def content(self) -> None:
        """Something else than a heading came."""
        self.fresh = False

    def repeats(self, text: str) -> bool:
        """Whether the words of the line all stand in the heading above the text before it: then it is a caption."""
        if self.fresh or not self._open:
            return False
        return stems(text) <= stems(self._open[-1][1])

    def _rank(self, line: Line) -> tuple[int, int]:
        if depth := marked(line.text):
            return (0, depth)
        if self.counts_on(line.text):
            return (line.indent, 21)
        # "Conclusion" closes what is open at its indentation
        same = (kind for (indent, kind), _ in self._open if indent == line.indent)
        kind = rank(line.text) or min(same, default=_OTHERS)
        return (line.indent, self._ordinals if kind == _ORDINALS and ordinal(line.text) else kind)

    def _count_ordinal(self, line: Line, place: tuple[int, int]) -> None:
        value = ordinal(line.text)
        if not value:
            if line.indent < self._number[0] or place[1] < _ORDINALS:
                self._number = (0, 0)
            return
        self.restarts |= value == 1 and self._number[1] > 1 and self._number[0] == line.indent
        self._number = (line.indent, value)
