"""How much a line of a plain text looks like a heading, from the line alone.

A heading lost its mark but not its shape: short, no final stop, capitals, a number or a label ("Exercise 0.1 —"). What
stands around the line is judged in `blocks`; how deep a heading is comes from numbering, indentation and order (`Outline`).
"""

import re

from ingest.parse.plain_text.lines import Line

_LENGTH, _WORDS = 110, 16
_TITLE_LENGTH = 130

_DECIMAL = re.compile(r"(\d{1,3}(?:\.\d{1,3}){1,4})\.?\s+(?=[^\W\d_]|[\"“'‘(])")
_PLAIN_NUMBER = re.compile(r"(\d{1,2})\s+(?=[A-Z][a-z]+(?:\s+\S+){0,6}$)")
_ORDINAL = re.compile(r"\d{1,3}[.)]\s+(?=\S)|[IVXL]{1,6}\.\s+(?=[A-Z])")
# A label with a number: "Exercise 0.1 — Your own one-pager", "Module 7: Tokens", "Chapter 3", "Step 2 - Check".
_LABELLED = re.compile(
    r"(?:[A-Z][\w-]+ ){0,1}[A-Z][\w-]+\s+(?:\d{1,3}(?:\.\d{1,3}){0,3}|[IVXL]{1,5}|[A-H])(?:\s*[:.—–-]+\s+(?=\S)|\.?$)"
)
_CAPTION = re.compile(r"(?:fig(?:ure)?|table|image|diagram|photo|listing|scheme|plate)\.?\s+\S*\d", re.IGNORECASE)
_FIGURES = frozenset(("fig", "tab", "ima", "dia", "pho", "lis", "sch", "pla"))
_MARKED = re.compile(r"(=(?: ?=){0,5})\s+[^=;]+\s\1$|#{1,6}\s+\S")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|~{3,}|\*{3,}|_{3,})$")
_INNER_STOP = re.compile(r"(?:(?<=\w{4})\.|[!?;])[\"”’)]?\s+\S")  # "vs." and "e.g." end no sentence
_LABEL = re.compile(r"[^:]{1,40}:\s")
_NOT_PROSE = re.compile(r"https?://|www\.|\S@\S|[|\\©]|\d{1,2}:\d{2}|\.{4,}")
_ODD = re.compile(r"[:@|\\©.]")  # some sign that the pattern above needs
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_NO_START = "([{-–—•*&/,.;:%│├└┌╔║→"
_STOPS = ",;.:。，；：、।۔"
_DEEPEST = 6
_ORDINALS, _OTHERS = 21, 50  # ranks, see `rank`


def title_case(text: str) -> float:
    """Share of the longer words (four letters and more) that begin with no small letter; 1.0 when there are none."""
    words = [word for word in _WORD.findall(text) if len(word) > 3]
    return sum(not word[0].islower() for word in words) / len(words) if words else 1.0


def is_underline(text: str) -> bool:
    return bool(_UNDERLINE.match(text))


def labelled(text: str) -> bool:
    """ "Week 3: ...", "Exercise 0.1 — ..."; not the caption of a figure."""
    return bool(_LABELLED.match(text)) and not _is_caption(text)


def decimal_depth(text: str) -> int:
    """2 for "1.2 Title", 3 for "1.2.3 Title", 0 without such a number."""
    match = _DECIMAL.match(text)
    return match[1].count(".") + 1 if match else 0


def marked(text: str) -> int:
    """Depth of a heading that kept a mark: 1 for "= Title =" or "# Title", 2 for "= = Title = ="; else 0."""
    if text[0] not in "=#" or not _MARKED.match(text):
        return 0
    mark = text[: len(text) - len(text.lstrip("=# "))]
    return len(mark.replace(" ", ""))


def plain_number(text: str) -> int:
    """3 for "3 Holidays", 0 without such a number; it may as well be the first word of a title ("17 Techniques")."""
    match = _PLAIN_NUMBER.match(text)
    return int(match[1]) if match else 0


def ordinal(text: str) -> int:
    """3 for "3. Title" or "3) Title", 0 without such a number."""
    match = _ORDINAL.match(text)
    digits = re.match(r"\d+", text)
    return int(digits[0]) if match and digits else 0


def rank(text: str) -> int:
    """Depth by the kind of heading: numbers 21 and deeper, all others 50."""
    if depth := decimal_depth(text):
        return 20 + depth
    return 21 if _ORDINAL.match(text) else 50


def stems(text: str) -> set[str]:
    """The first four letters of its words."""
    return {word.casefold()[:4] for word in _WORD.findall(text) if len(word) > 2}


def may_be_title(text: str) -> bool:
    """Whether the first line of a document is its title: short, no sentence, no field of a header."""
    return (
        len(text) <= _TITLE_LENGTH
        and text[-1] not in _STOPS + "…"
        and (text[0].isalnum() or text[0] in "\"“'‘¿¡=#")
        and not _INNER_STOP.search(text)
        and not _NOT_PROSE.search(text.strip("=# "))
        and not re.match(r"\S{1,20}:\s", text)
        and (title_case(text) > 0.4 or len(text) > 20)
    )


def heading_shape(text: str) -> float:
    """How much the line looks like a heading, from the line alone: 0 (cannot be) to 1 (numbered, title case)."""
    text = text.removesuffix("...").rstrip()  # "Use It For..."
    if not text or len(text) > _LENGTH or (text[-1] in _STOPS and not (text[0].isdigit() or labelled(text))):
        return 0.0
    if text.count(" ") >= _WORDS or not _WORD.search(text) or (_ODD.search(text) and _NOT_PROSE.search(text)):
        return 0.0
    mark = _mark(text)
    body = text[mark:].strip()
    if not body:
        return 1.0  # "CHAPTER IV."
    if body[0] in _NO_START or _is_caption(body):
        return 0.0
    last = text.rstrip("\"”’')")[-1:]
    if last in "…—–-" or (last in _STOPS and not (last == ":" and mark)):
        return 0.0
    capital = title_case(body)
    stop = _INNER_STOP.search(body)
    if stop and not (capital > 0.8 and stop[0][0] in "?!"):
        return 0.0
    if not mark and _LABEL.match(body) and (capital < 0.8 or _is_field(body)):
        return 0.0
    return _strength(body, numbered=mark > 0, capital=capital, last=last)


def _mark(text: str) -> int:
    """Length of the number or label that opens the line."""
    if text[0].isdigit():
        match = _DECIMAL.match(text) or _ORDINAL.match(text)
    else:
        match = (text[0] in "IVXL" and _ORDINAL.match(text)) or _LABELLED.match(text)
    return match.end() if match and not _is_caption(text) else 0


def _is_caption(text: str) -> bool:
    """ "Figure 3: ...", "Table 2"."""
    return text[:3].casefold() in _FIGURES and bool(_CAPTION.match(text))


def _is_field(text: str) -> bool:
    """A name and its value, or a speaker and what is said: "License: CC BY", "AUDIENCE: Yes!"; not a title in two parts."""
    name, _, value = text.partition(": ")
    words = value.count(" ") + 1
    speaker = name.isupper() and not value.isupper()
    return speaker or words < (2 if " " in name else 3) or (" " not in name and value[0] in '"“(0123456789')


def _strength(body: str, *, numbered: bool, capital: float, last: str) -> float:
    words = body.split()
    asks = last in "?？؟"
    if capital < 0.6 and last in "!！":
        return 0.0
    if numbered and last == ":" and capital < 0.6:
        return 0.0  # a step: "2. Build with all options:"
    if numbered:
        return 0.4 if body[0].islower() else 1.0
    if body[0].islower():
        return 0.3 if len(words) <= 5 and not asks else 0.0
    numbers = sum(word[:1].isdigit() for word in words)
    if numbers * 5 > 2 * len(words) and not (numbers == 1 and plain_number(body)):
        return 0.0
    if capital >= 0.6:
        return 0.9 if len(words) <= 12 else 0.6
    return 0.7 if asks else 0.5 if len(words) <= 9 else 0.0


class Outline:
    """Gives each heading its level, from those before it.

    A heading goes under the last one of a lower rank. The rank is (indentation, kind): labels and chapters, then
    numbers by depth, labels that first come below a number, then headings without one. Where numbers begin again and again with no chapter between
    ("1. A", "2. B", "C", "1. D"), they count within a section that may have lost its heading: then they stand
    below those without a number, see `restarts` and `levels`.
    """

    def __init__(self, *, ordinals: int = _ORDINALS) -> None:
        self._ordinals = ordinals
        self._number = (0, 0)  # indentation and value of the last "2. Title", while its sequence may go on
        self.restarts = False
        self._labels: dict[str, int] = {}
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
        if labelled(line.text):  # "Step 1: ..." below a numbered heading, "Chapter 1: ..." above those
            below = any(kind // 10 == 2 for (_, kind), _ in self._open)
            return (line.indent, self._labels.setdefault(line.text.split()[0], 40 if below else 10))
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
