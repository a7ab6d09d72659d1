"""The word by which a model says that the passages do not answer, recognised while its text streams in.

A line that may still become the word is held back until that is decided, so that not even its beginning is shown.
"""

import re

SENTINEL = "NOT_COVERED"
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
