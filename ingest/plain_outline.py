"""How deep the headings of a plain text are: from numbering, indentation and order."""

from ingest.plain_headings import marked, plain_number, rank, stems
from ingest.plain_lines import Line

_DEEPEST = 6


class Outline:
    """Gives each heading its level, from those before it.

    A heading goes under the last one of a lower rank. The rank is (indentation, kind): labels and chapters, then
    numbers by depth, then headings without a number.
    """

    def __init__(self) -> None:
        self._open: list[tuple[tuple[int, int], str]] = []
        self._titled = False
        self.fresh = True
        self._count = 0  # of headings numbered without a stop: "1 Purpose", "2 Scope"

    def title(self, line: Line) -> int:
        """The title of the document stands above all other headings; a marked one above those of its kind."""
        if marked(line.text):
            return self.level(line)
        self._titled = True
        return 1

    def level(self, line: Line) -> int:
        """Level of this heading; opens it."""
        place = self._rank(line)
        while self._open and self._open[-1][0] >= place:
            self._open.pop()
        self._open.append((place, line.text))
        self._count += self.counts_on(line.text)
        self.fresh = True
        return min(len(self._open) + self._titled, _DEEPEST)

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
        return (line.indent, rank(line.text) or min(same, default=50))
