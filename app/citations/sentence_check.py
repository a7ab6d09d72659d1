"""Whether a sentence of an answer is borne by the quotes it cites, judged by words, numbers and names alone.

Weakness: it compares words, not meaning. A sentence that turns a quote around ("rises" for "falls", a missing "not",
two things swapped) passes, and a faithful paraphrase in wholly other words is doubted. It finds what most invented
statements have: numbers and names that the quotes lack, or hardly a word in common with them. Nothing is
hidden because of it; the sentence is marked. `python -m evals answers` says how often it errs on hand labels.

SUPPORTED was set on 96 questions with reference answers and gold quotes: 97 % of the answers reach it against their own
quotes, 3 % against those of the next question. Answers in freer words than those will be doubted more often.

Names are told by their capitals, which German gives every noun: of questions on a passage, with the passage for a quote, 6 %
had a foreign name in English and 46 % of the same ones in German. There only acronyms and identifiers are names.

The sentences are found paragraph by paragraph: a list item and a table row are paragraphs of their own, a code block with the
marks below it is one sentence, headings and a table's header state nothing.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate

from app.citations.marks import Mark, find_marks, without_marks
from app.query.language import IDENTIFIED_LANGUAGES
from app.types import Footnote, Sentence
from retrieval.text.language import identify
from retrieval.text.markdown import fence_at, plain_inline, plain_text
from retrieval.text.sentences import sentence_spans
from retrieval.text.tokenize import terms

SUPPORTED = 0.25
FEW_TERMS = 3  # with fewer terms, and no number or name, a sentence states nothing that needs a quote

_NUMBER = re.compile(r"(?<![A-Za-z][-_.])(?<![A-Za-z_.\d])\d+(?:,\d{3})*(?:\.\d+)?")
_IDENTIFIER = re.compile(
    r"(?!\d)\S*(?:[^\W\d_]_|\w\w\.\w|\w\.\w\w|[a-z][A-Z]|[A-Za-z]-?\d)"
)  # a number with its unit is none
_ANY_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_WORD = re.compile(
    r"[^\W_\u2e80-\uffff](?:(?:[^\W\u2e80-\uffff]|[.'’+#&/-])*(?:[^\W\u2e80-\uffff]|[+#]))?"
)  # none of scripts without spaces
GERMAN = "de"


def check_sentences(text: str, footnotes: Sequence[Footnote]) -> tuple[Sentence, ...]:
    """Every sentence of an answer with its footnotes and doubts, in order. Headings are none; a code block is one.

    A sentence without a mark of its own is held against the next marks of its paragraph, because models cite once for
    several sentences. A sentence that states nothing needs no footnote, nor does one in parentheses: so a model is told to say
    what the course lacks.
    """
    known = {note.number: note for note in footnotes}
    capitals = not known or identify(text, among=IDENTIFIED_LANGUAGES)[0] != GERMAN
    marks = [mark for mark in find_marks(text) if mark.number in known]
    found: list[Sentence] = []
    for spans in statements(text):
        for index, (start, end) in enumerate(spans):
            own = _numbers(marks, start, end)
            following = next(filter(None, (_numbers(marks, *span) for span in spans[index + 1 :])), ())
            found.append(_checked(text, start, end, own, following, known, capitals))
    return tuple(found)


def support(claim: str, evidence: str) -> float:
    """The share of the claim's distinct terms that the evidence has, in [0, 1]; 1 for a claim without terms."""
    wanted = set(terms(plain_inline(claim)))
    return len(wanted & set(terms(plain_inline(evidence)))) / len(wanted) if wanted else 1.0


def foreign_numbers(claim: str, evidence: str) -> tuple[str, ...]:
    """Numbers of the claim, as written, that the evidence lacks.

    `("It takes 70 ms, not 3.", "3 milliseconds")` -> `("70",)`
    """
    known = {float(number.replace(",", "")) for number in _ANY_NUMBER.findall(evidence)}
    known |= {unicodedata.numeric(char) for char in evidence if unicodedata.category(char) == "No"}
    return tuple(dict.fromkeys(found for found in _NUMBER.findall(claim) if not _same_value(found, known)))


def foreign_names(claim: str, evidence: str, *, capitals: bool = True) -> tuple[str, ...]:
    """Names and identifiers of the claim, as written, that the evidence lacks; case and plural do not matter.

    Names are words with a capital that no sentence begins with, if `capitals` say something, acronyms, and words with inner
    capitals, digits, dots or underscores.
    """
    folded = evidence.casefold()
    held = set(terms(evidence))
    foreign = (
        name
        for name in names(claim, capitals=capitals)
        if name.casefold() not in folded and not held.issuperset(terms(name))
    )
    return tuple(dict.fromkeys(foreign))


def names(claim: str, *, capitals: bool = True) -> Iterator[str]:
    """The names in a sentence; a word at its beginning, or after a colon or quote mark, needs more than a capital."""
    for found in _WORD.finditer(claim):
        word = found.group().removesuffix("'s").removesuffix("’s")
        before = claim[: found.start()].rstrip(" *_(").rstrip()
        begins = not before or (before[-1] in ".:!?\"“”'‘|" and before[-3:-2] != ".")  # after "e.g." none does
        capital = len(word) > 1 and word[0].isupper() and (word.isupper() or (capitals and not begins))
        if capital or _IDENTIFIER.match(word):
            yield word


def _same_value(number: str, known: set[float]) -> bool:
    value = float(number.replace(",", ""))
    return any(abs(value - other) < 1e-9 for known_value in known for other in (known_value, known_value * 100))


def _checked(
    text: str,
    start: int,
    end: int,
    own: tuple[int, ...],
    following: tuple[int, ...],
    known: dict[int, Footnote],
    capitals: bool,
) -> Sentence:
    claim = _words(text[start:end])
    if own:
        return Sentence(start, end, own, _doubts(claim, own, known, capitals))
    if following and not _doubts(claim, following, known, capitals):
        return Sentence(start, end, following)
    return Sentence(start, end, (), ("unsupported",) if _states_something(claim) else ())


def _doubts(claim: str, numbers: Sequence[int], known: dict[int, Footnote], capitals: bool) -> tuple[str, ...]:
    notes = [known[number] for number in numbers]
    said = plain_text("\n".join(f"{note.lead}\n{note.quote}" for note in notes))
    placed = "\n".join([said, *(" ".join(note.path) for note in notes)])
    doubts = (*foreign_numbers(claim, placed), *foreign_names(claim, placed, capitals=capitals))
    return doubts if support(claim, placed) >= SUPPORTED else ("unsupported", *doubts)


def _states_something(claim: str) -> bool:
    if claim.endswith(("?", "？", "؟")) or (claim[:1] in "(（" and claim.rstrip(".。")[-1:] in ")）"):
        return False
    told = len(set(terms(claim)))
    if claim.endswith((":", "：")) and told <= 2 * FEW_TERMS:
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


def statements(text: str) -> Iterator[list[Span]]:
    """For each paragraph the spans of its sentences, marks included, in order."""
    masked = text
    for mark in find_marks(text):  # closing brackets neither end nor begin a sentence
        masked = f"{masked[: mark.start]}{']' * (mark.end - mark.start)}{masked[mark.end :]}"
    for start, end, code in _paragraphs(text):
        inside = [(0, end - start)] if code else sentence_spans(masked[start:end])
        yield [(start + left, start + right) for left, right in inside]


def _paragraphs(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start, end and whether it is code, of paragraphs, items, rows and code blocks with the marks on the line below them;
    headings, rulers and the rows above rulers are left out.
    """
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    opened: int | None = None
    at = 0
    while at < len(lines):
        line, fence = lines[at], fence_at(lines, at)
        row = line.lstrip(" >").startswith("|")
        skipped = not line.strip() or _HEADING.match(line) or _RULER.match(line)
        header = row and at + 1 < len(lines) and _RULER.match(lines[at + 1])
        item = _ITEM.match(line)
        end = fence.end if fence else at + 1
        if opened is not None and (fence or skipped or row or item):
            yield opened, starts[at] - 1, False
            opened = None
        if fence:
            end += end < len(lines) and bool(lines[end].strip()) and not without_marks(lines[end]).strip()
            yield starts[at], starts[end] - 1, True
        elif row and not skipped and not header:
            yield starts[at], starts[end] - 1, False
        elif not skipped and not row and opened is None:
            opened = starts[at] + (item.end() if item else 0)
        at = end
    if opened is not None:
        yield opened, len(text), False
