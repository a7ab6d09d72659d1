"""Whether a sentence of an answer is borne by the quotes it cites, judged by words, numbers and names alone.

Weakness: it compares words, not meaning. A sentence that turns a quote around ("rises" for "falls", a missing "not",
two things swapped) passes, and a faithful paraphrase in wholly other words is doubted. It finds what most invented
statements have: numbers, names and denials that the quotes lack, or hardly a word in common with them. Nothing is
hidden because of it; the sentence is marked. `python -m evals answers` says how often it errs on hand labels.

SUPPORTED was set on 96 questions with reference answers and gold quotes: 97 % of the answers reach it against their own
quotes, 3 % against those of the next question. Answers in freer words than those will be doubted more often.

The sentences are found paragraph by paragraph: a list item and a table row are paragraphs of their own, a code block with the
marks below it is one sentence, headings and a table's header state nothing.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.citations.marks import Code, Mark, code_regions, find_marks, without_marks
from app.types import Footnote, Sentence
from retrieval.text.markdown import plain_inline, plain_text
from retrieval.text.sentences import sentence_spans
from retrieval.text.tokenize import terms

SUPPORTED = 0.25
FEW_TERMS = 3  # with fewer terms, and no number or name, a sentence states nothing that needs a quote

_ABSENCE = re.compile(
    r"\b(?:course|passages?|materials?|notes)\s+(?:(?:\w+\s+){0,2}(?:not|nothing|no|never|silent)\b|\w+n['’]t\b)|"
    r"\b(?:nothing|nowhere) in the (?:course|passages|materials?|notes)\b",
    re.I,
)
_ABBREVIATED = re.compile(r"\b(?:\w\.\w|vs|cf)\.$")
_NUMBER = re.compile(r"(?<![A-Za-z][-_.])(?<![A-Za-z_.\d])\d+(?:,\d{3})*(?:\.\d+)?")
_DENIAL = re.compile(r"\b(?:not|never|cannot)\b|\b\w+n['’]t\b", re.I)
_NEGATIVE = re.compile(
    r"\b(?:not|never|cannot|no|none|nothing|nobody|nowhere|neither|nor|without|hardly|barely|poorly|few|little|unless|"
    r"except|instead|rather|lacks?|fails?|avoids?|stops?|prevents?|(?:un|im|ir|dis)(?:able|likely|available|known|"
    r"possible|relevant|couraged|allowed|like|clear|safe))\b|n['’]t\b|\w{2,}less\b",
    re.I,
)
_ANY_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_WORD = re.compile(r"[^\W_](?:[\w.'’+#&/-]*[\w+#])?")
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_LARGER = {
    "half": 0.5,
    "twice": 2.0,
    "twenty": 20.0,
    "thirty": 30.0,
    "fifty": 50.0,
    "hundred": 100.0,
    "thousand": 1000.0,
}
_NUMBER_WORDS = {word: float(value) for value, word in enumerate(_SMALL)} | _LARGER


def check_sentences(text: str, footnotes: Sequence[Footnote]) -> tuple[Sentence, ...]:
    """Every sentence of an answer with its footnotes and doubts, in order. Headings are none; a code block is one.

    A sentence without a mark of its own is held against the next marks of its paragraph, because models cite once for
    several sentences. A sentence that states nothing, and one that says what the course lacks, needs no footnote.
    """
    known = {note.number: note for note in footnotes}
    marks = [mark for mark in find_marks(text) if mark.number in known]
    found: list[Sentence] = []
    for spans in statements(text):
        for index, (start, end) in enumerate(spans):
            own = _numbers(marks, start, end)
            following = next(filter(None, (_numbers(marks, *span) for span in spans[index + 1 :])), ())
            found.append(_checked(text, start, end, own, following, known))
    return tuple(found)


def support(claim: str, evidence: str) -> float:
    """The share of the claim's distinct terms that the evidence has, in [0, 1]; 1 for a claim without terms."""
    wanted = set(terms(plain_inline(claim)))
    return len(wanted & set(terms(plain_inline(evidence)))) / len(wanted) if wanted else 1.0


def foreign_numbers(claim: str, evidence: str) -> tuple[str, ...]:
    """Numbers of the claim, as written, that the evidence has neither in digits nor in words.

    `("It takes 70 ms, not 3.", "three milliseconds")` -> `("70",)`
    """
    known = _values(evidence)
    return tuple(dict.fromkeys(found for found in _NUMBER.findall(claim) if not _same_value(found, known)))


def foreign_names(claim: str, evidence: str) -> tuple[str, ...]:
    """Names and identifiers of the claim, as written, that the evidence lacks; case and plural do not matter.

    Names are words with a capital that no sentence begins with, and words with inner capitals, digits, dots or
    underscores. A word in capitals may stand for the initials of words in the evidence.
    """
    folded = evidence.casefold()
    held = set(terms(evidence))
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", folded))
    return tuple(dict.fromkeys(name for name in names(claim) if not _known_name(name, folded, held, initials)))


def foreign_denials(claim: str, evidence: str) -> tuple[str, ...]:
    """The words by which the claim denies something, as written, where nothing in the evidence denies anything.

    `("It does not help.", "It helps.")` -> `("not",)`. Of 318 reference answers one has any against its gold quotes.
    """
    found = tuple(dict.fromkeys(match.group().casefold() for match in _DENIAL.finditer(claim)))
    return () if _NEGATIVE.search(evidence) else found


def names(claim: str) -> Iterator[str]:
    """The names in a sentence; a word at its beginning, or after a colon or quote mark, needs more than a capital."""
    for found in _WORD.finditer(claim):
        word = re.sub(r"['’]s$", "", found.group())
        before = claim[: found.start()].rstrip(" *_(").rstrip()
        begins = not before or (before[-1] in ".:!?\"“”'‘|" and not _ABBREVIATED.search(before))
        if re.search(r"[^\W\d]", word) and (
            _is_identifier(word) or (word[0].isupper() and len(word) > 1 and not begins)
        ):
            yield word


def _is_identifier(word: str) -> bool:
    if re.match(r"\d", word):
        return False  # a number with its unit
    inner = re.search(r"[^\W\d_]_|\w\w\.\w|\w\.\w\w|[a-z][A-Z]|[A-Za-z]-?\d", word)
    return bool(inner) or (word.isupper() and len(word) > 1)


def _known_name(name: str, folded: str, held: set[str], initials: str) -> bool:
    plain = name.casefold()
    if plain in folded or (len(plain) > 3 and plain.removesuffix("s") in folded):
        return True
    letters = name.removesuffix("s")
    if letters.isupper() and len(letters) > 1 and letters.casefold() in initials:
        return True
    wanted = set(terms(name))
    return bool(wanted) and wanted <= held


def _values(text: str) -> set[float]:
    found = {float(number.replace(",", "")) for number in _ANY_NUMBER.findall(text)}
    found |= {_NUMBER_WORDS[word] for word in re.findall(r"[a-z]+", text.casefold()) if word in _NUMBER_WORDS}
    return found | {unicodedata.numeric(char) for char in text if unicodedata.category(char) == "No"}


def _same_value(number: str, known: set[float]) -> bool:
    value = float(number.replace(",", ""))
    return any(abs(value - other) < 1e-9 for known_value in known for other in (known_value, known_value * 100))


def _checked(
    text: str, start: int, end: int, own: tuple[int, ...], following: tuple[int, ...], known: dict[int, Footnote]
) -> Sentence:
    claim = _words(text[start:end])
    if own:
        return Sentence(start, end, own, _doubts(claim, own, known))
    if following and not _doubts(claim, following, known):
        return Sentence(start, end, following)
    return Sentence(start, end, (), ("unsupported",) if _states_something(claim) else ())


def _doubts(claim: str, numbers: Sequence[int], known: dict[int, Footnote]) -> tuple[str, ...]:
    notes = [known[number] for number in numbers]
    said = plain_text("\n".join(f"{note.lead}\n{note.quote}" for note in notes))
    placed = "\n".join([said, *(" ".join(note.path) for note in notes)])
    doubts = (*foreign_numbers(claim, placed), *foreign_names(claim, placed), *foreign_denials(claim, placed))
    return doubts if support(claim, placed) >= SUPPORTED else ("unsupported", *doubts)


def _states_something(claim: str) -> bool:
    if claim.endswith("?") or _ABSENCE.search(claim):
        return False
    told = len(set(terms(claim)))
    if claim.endswith(":") and told <= 2 * FEW_TERMS:
        return False
    return told >= FEW_TERMS or bool(_NUMBER.search(claim)) or any(names(claim))


def _words(markdown: str) -> str:
    """A piece of the answer as it reads, without marks."""
    return plain_text(without_marks(markdown)).strip()


def _numbers(marks: Sequence[Mark], start: int, end: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(mark.number for mark in marks if start <= mark.start < end))


_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_ITEM = re.compile(r"[\s>]*(?:[-*+•]|\d{1,9}[.)])\s+")
_RULER = re.compile(r"[\s>]*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    code: bool = False


def statements(text: str) -> Iterator[list[Span]]:
    """For each paragraph the spans of its sentences, marks included, in order."""
    masked = _masked(text)
    for block in _blocks(text):
        inside = [(0, block.end - block.start)] if block.code else sentence_spans(masked[block.start : block.end])
        yield [(block.start + start, block.start + end) for start, end in inside]


def _masked(text: str) -> str:
    """The text with its marks made into closing brackets, which neither end nor begin a sentence."""
    for mark in find_marks(text):
        text = f"{text[: mark.start]}{']' * (mark.end - mark.start)}{text[mark.end :]}"
    return text


def _blocks(text: str) -> Iterator[_Block]:
    fences = [region for region in code_regions(text) if region.fenced]
    position = 0
    for fence in fences:
        yield from _text_blocks(text, position, fence.start)
        end = _with_marks_below(text, fence)
        yield _Block(fence.start, end, code=True)
        position = end
    yield from _text_blocks(text, position, len(text))


def _with_marks_below(text: str, fence: Code) -> int:
    """The end of a code block with the marks that stand on the line below it."""
    end = fence.end
    for mark in find_marks(text):
        if mark.start >= fence.end and not text[end : mark.start].strip() and "\n\n" not in text[end : mark.start]:
            end = mark.end
    return end if not text[end:].split("\n", 1)[0].strip() else fence.end


def _text_blocks(text: str, start: int, end: int) -> Iterator[_Block]:
    """Paragraphs, items and rows between two offsets; headings, rulers and the rows above rulers are left out."""
    lines = _lines(text, start, end)
    opened: int | None = None
    for index, (left, right) in enumerate(lines):
        line = text[left:right]
        row = line.lstrip(" >").startswith("|")
        skipped = not line.strip() or _HEADING.match(line) or _RULER.match(line)
        header = row and index + 1 < len(lines) and _RULER.match(text[slice(*lines[index + 1])])
        item = _ITEM.match(line)
        if opened is not None and (skipped or row or item):
            yield _Block(opened, lines[index - 1][1])
            opened = None
        if row and not skipped and not header:
            yield _Block(left, right)
        elif not skipped and not row and opened is None:
            opened = left + (item.end() if item else 0)
    if opened is not None:
        yield _Block(opened, lines[-1][1])


def _lines(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    for line in text[start:end].split("\n"):
        spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans
