"""Whether a sentence of an answer is borne by the quotes it cites, judged by words, numbers and names alone.

Weakness: it compares words, not meaning. A sentence that turns a quote around ("rises" for "falls", a missing "not",
two things swapped) passes, and a faithful paraphrase in wholly other words is doubted. It finds what most invented
statements have: numbers, names and denials that the quotes lack, or hardly a word in common with them. Nothing is
hidden because of it; the sentence is marked. `python -m evals answers` says how often it errs on hand labels.

SUPPORTED was set on 96 questions with reference answers and gold quotes: 97 % of the answers reach it against their own
quotes, 3 % against those of the next question. Answers in freer words than those will be doubted more often.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from app.citations.marks import Mark, find_marks, without_marks
from app.citations.statements import statements
from app.types import Footnote, Sentence
from retrieval.text.markdown import plain_inline, plain_text
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
