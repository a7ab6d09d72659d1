"""A paragraph into sentences, as spans, in some 240 languages (the only importer of sentencex).

sentencex knows each language's stops and abbreviations (https://github.com/wikimedia/sentencex). Added here: code,
formulas and pictures are never cut; closing marks of Markdown, and "(note 5)", belong to their sentence; initials, labels ("2.", "Step 2."), short
words before numbers ("Vol. 3") and, in languages that write ordinals with a stop, one or two digits end none. Thai,
which has no stops, ends one at a space after enough words. What is far too long for a sentence, as speech that a machine wrote down, is
cut at line ends, else behind a comma, else at spaces. No download, the same result everywhere.
"""

import re
from collections.abc import Iterable, Iterator

from sentencex import get_sentence_boundaries

from retrieval.text.language import by_script

_PROTECTED = re.compile(
    r"(?<!`)(`{1,8})(?!`)[^\n]+?(?<!`)\1(?!`)|\$\$.+?\$\$|\$(?! )[^$\n]+?(?<! )\$(?!\d)|\\\(.+?\\\)|\\\[.+?\\\]"
    r"|(?<=\]\()[^()\s]+(?=\))|<?https?://[^\s<>]+|!(?=\[[^\]\n]*\][(\[])|(?P<note> ?\((?:[^\W\d_]+\.? ){1,2}\d+\))",
    re.DOTALL,
)
_CLOSING = re.compile(r"[\"'”’»)\]}*_`~」』）】]+(?=\s|$)|[”’»」』）】]+")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_LABEL = re.compile(r"(?:.*[:;])?\W*(?:[A-Z][a-z]+\s+)?")  # before a number that belongs to what follows it
_LAST_WORD = re.compile(r"([^\s(\[\"“'‘«*_]+)[.]+[^\w\s]*$")
_ORDINALS = frozenset("de da nb nn no fo is fi et lv lt cs sk pl sl hr sr bs hu tr eu".split())  # noqa: SIM905
_THAI_SENTENCE = 80  # characters
_LONGEST = 1000  # characters of a sentence
_PIECE = 300  # characters at most of what a longer one is cut to
_BREAKS = tuple(map(re.compile, (r"\n", r"[,;:](?=\s)|[、，；：]", r"\s")))


def sentence_spans(text: str, *, language: str = "") -> list[tuple[int, int]]:
    """Spans of the sentences, ends stripped of white space, in order; together they hold every non-space character.

    `language`: a code as `language_of` gives it; without one it is taken from the script, Latin letters as English.
    """
    language = language or by_script(text)
    spans: list[tuple[int, int]] = []
    start = 0
    for paragraph in [*_PARAGRAPHS.finditer(text), None]:
        end = paragraph.start() if paragraph else len(text)
        masked = _PROTECTED.sub(_mask, text[start:end])
        for cut in _with_shorter([*_cuts(masked, language), end - start], masked):
            _append(spans, text, max(start, spans[-1][1] if spans else 0), start + cut)
        start = paragraph.end() if paragraph else end
    return spans


def _mask(found: re.Match[str]) -> str:
    """Signs at which nothing is cut, as many."""
    return (")" if found["note"] else "x") * len(found[0])


def _with_shorter(cuts: Iterable[int], masked: str) -> Iterator[int]:
    """The cuts, and those that part what is too long between them."""
    start = 0
    for end in cuts:
        if end - start > _LONGEST:
            while end - start > _PIECE and (start := _last_break(masked, start, end)) < end:
                yield start
        yield end
        start = end


def _last_break(masked: str, start: int, end: int) -> int:
    """The last of the best kind in the second half of a piece, else the first behind it, else the end."""
    half, most = start + _PIECE // 2, start + _PIECE
    last = (max((one.end() for one in breaks.finditer(masked, half, most)), default=0) for breaks in _BREAKS)
    behind = _BREAKS[-1].search(masked, most, end)
    return next(filter(None, last), 0) or (behind.end() if behind else end)


def _cuts(masked: str, language: str) -> Iterator[int]:
    """Where sentences end, without the end of the text."""
    if language == "th":
        yield from _thai_cuts(masked)
        return
    if len(masked) < 2 or not any(map(_may_end, masked)):
        return
    start = 0
    for boundary in get_sentence_boundaries(language, masked)[:-1]:
        end = boundary["start_index"] + len(masked[boundary["start_index"] : boundary["end_index"]].rstrip())
        if closing := _CLOSING.match(masked, end):
            end = closing.end()
        following = masked[end:].lstrip("\"'“‘«([{*_ \t\n")
        if following and not _continues(masked, start, end, following, language):
            yield end
            start = end


def _may_end(char: str) -> bool:
    return not (char.isalnum() or char.isspace() or char == ",")


def _continues(text: str, start: int, end: int, following: str, language: str) -> bool:
    """Whether the sentence that began at `start` goes on after a boundary that sentencex found at `end`."""
    if following[0].islower():
        return True
    if not text[end].isspace():
        return text[end - 1] in "”’»」』）】\"'"  # quoted speech in running text
    tail = text[max(start, end - 40) : end]
    found = _LAST_WORD.search(tail)
    if not found:
        return False
    word, before = found[1], tail[: found.start()].rpartition("\n")[2]
    if word.isdecimal() and len(word) < 3:
        ordinal = language in _ORDINALS and not before.rstrip().endswith(".")  # "Abb. 7." ends a sentence
        return ordinal or bool(_LABEL.fullmatch(before))
    if len(word) < 7 and word.isalpha() and re.match(r"\s*(?:\(\d|\d+(?![.)]\s|\d))", text[end:]):
        return True
    return len(word) == 1 and word.isupper() and word != "I"


def _thai_cuts(text: str) -> Iterator[int]:
    start = 0
    for space in re.finditer(r"\s+", text):
        if space.start() - start >= _THAI_SENTENCE:
            yield space.start()
            start = space.end()


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if left < right:
        spans.append((left, right))
