"""What is told apart in a model's text while it streams in: thoughts, `[n]` marks, and the word by which it declines.

What may still become one of them is held back until that is decided, so that not even its beginning is shown.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.citations.marks import TYPED, code_regions
from retrieval.text.sentences import sentence_spans

SENTINEL = "NOT_COVERED"
_THINKING, _THOUGHT = "<think>", "</think>"
_MAYBE = re.compile(r"[ \t]+$|[ \t]*\[[\d,\s]{0,24}$")  # the beginning of a mark at the end of a piece
_AROUND = " \t\r\n*_`\"'>#.:-"  # what models put around a word they were told to write alone


class SentinelFilter:
    """Takes the text in pieces of any size and gives back what may be shown.

    `seen`: the word stood on a line of its own, or began one. If it came before anything else, the rest of the text is
    swallowed too.
    """

    def __init__(self) -> None:
        self.seen = False
        self._held = ""
        self._deciding = True  # the current line may still be the word
        self._shown = False
        self._swallowing: bool = False  # the rest of the line (or of everything) is not shown

    @property
    def silent(self) -> bool:
        """The word came first: nothing is an answer any more."""
        return self.seen and not self._shown

    def feed(self, text: str) -> str:
        """The part of the text so far that can be shown now and was not before."""
        shown = "".join(self._line_part(part) for part in text.splitlines(keepends=True))
        self._shown = self._shown or bool(shown.strip())
        return shown

    def flush(self) -> str:
        """What is still held back, once no more of it can be the word: at the end, or before a citation."""
        held, self._held = self._held, ""
        if not held:
            return ""
        self._deciding = False
        if _is_word(held):
            self.seen = True
            self._swallowing = not self._shown
            return ""
        self._shown = self._shown or bool(held.strip())
        return held

    def _line_part(self, part: str) -> str:
        ends = part.endswith("\n")
        if self._swallowing:
            self._swallowing = not ends or not self._shown
            self._deciding = True
            return ""
        if not self._deciding:
            self._deciding = ends
            return part
        self._held += part
        return self._decide(ends)

    def _decide(self, ends: bool) -> str:
        core = self._held.strip(_AROUND)
        if _is_word(self._held) and (ends or _goes_on(self._held)):
            self.seen = True
            self._held = ""
            self._swallowing = not ends or not self._shown
            return ""
        if not ends and SENTINEL.startswith(core):
            return ""
        shown, self._held = self._held, ""
        self._deciding = ends
        return shown


def _is_word(line: str) -> bool:
    return re.match(rf"{SENTINEL}(?!\w)", line.lstrip(_AROUND)) is not None


def _goes_on(line: str) -> bool:
    """Whether something other than marks around the word follows it, so that the line cannot become another word."""
    return bool(line.lstrip(_AROUND)[len(SENTINEL) :].strip(_AROUND))


def without_thoughts(texts: Iterable[str]) -> Iterator[str]:
    """The text without reasoning at its beginning; held back only as long as that may be what it is.

    >>> list(without_thoughts(["<thi", "nk>hm", "</think>", "\\n\\nYes."]))
    ['Yes.']
    """
    held = ""
    deciding = True
    for text in texts:
        if not deciding:
            yield text
            continue
        held += text
        begun = held.lstrip()
        if begun.startswith(_THINKING):
            _, ended, rest = begun.partition(_THOUGHT)
            held, deciding = (rest.lstrip(), not rest.strip()) if ended else (held, True)
        else:
            deciding = _THINKING.startswith(begun)
        if not deciding:
            yield held.lstrip()
    if deciding and not held.lstrip().startswith(_THINKING):
        yield held.lstrip()


@dataclass(frozen=True, slots=True)
class Marks:
    """Numbers typed in one pair of brackets, and the sentence that they follow."""

    numbers: tuple[int, ...]
    claim: str


class MarkParser:
    """Takes text in pieces of any size; gives it back without the marks, and the marks at their places."""

    def __init__(self) -> None:
        self._before = ""  # all text given back so far
        self._held = ""

    def feed(self, text: str) -> Iterator[str | Marks]:
        """Text and marks, as far as it is clear which is which."""
        self._held += text
        yield from self._marks()
        maybe = _MAYBE.search(self._held)
        ready = self._held[: maybe.start()] if maybe else self._held
        yield from self._give(ready)

    def flush(self) -> Iterator[str | Marks]:
        """The rest, at the end."""
        yield from self._give(self._held)

    def _marks(self) -> Iterator[str | Marks]:
        position = 0
        while found := TYPED.search(self._held, position):
            if self._in_code(found.end() - 1):
                position = found.end()
                continue
            before = self._held[: found.start()].rstrip(" \t")
            self._held, rest = before, self._held[found.end() :]
            yield from self._give(before)
            self._held = rest
            position = 0
            yield Marks(tuple(int(number) for number in found[1].split(",")), last_sentence(self._before))

    def _give(self, text: str) -> Iterator[str]:
        self._held = self._held[len(text) :]
        self._before += text
        if text:
            yield text

    def _in_code(self, position: int) -> bool:
        """Whether a place in the held text is in code, closed or still open."""
        text = self._before + self._held
        place = len(self._before) + position
        regions = code_regions(text)
        if any(region.start <= place < region.end for region in regions):
            return True
        line = text[text.rfind("\n", 0, place) + 1 : place]
        return line.count("`") % 2 == 1


def last_sentence(text: str) -> str:
    """The last sentence of the last line that has any."""
    line = text.rstrip().rsplit("\n", 1)[-1]
    spans = sentence_spans(line)
    return line[slice(*spans[-1])] if spans else ""
