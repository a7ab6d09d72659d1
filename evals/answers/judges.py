"""Whether an answer's sentences are borne by their quotes, whether each quote is needed, and whether the answer is right.

After ALCE (Gao et al. 2023). Citation recall: the share of sentences that their quotes, taken together, support.
Citation precision: the share of citations that do some of that; one does if it supports its sentence alone, or if the
others do not without it. A citation of a sentence that is not supported does nothing.

`WordJudge` is the judge without a key. Its weakness: it compares words and vectors, not statements. A sentence that
turns a quote around ("rises" for "falls", a "not" too many, two things swapped) passes, a faithful sentence in wholly
other words may fail, and an answer that is about the right thing but lacks the point often counts as right.
`agreement` says how often, on what was judged by hand:

- labels/answers.jsonl: {"id", "question", "reference", "answer", "correct": 0, 0.5 or 1}: 40 answers of the excerpts writer
  to questions of the project's own set, some of them right, some beside the point, as it gave them.
- labels/claims.jsonl: {"claim", "quote", "supported", "kind"}: 40 sentences as a model may write them with a quote of the
  course; half of them say what the quote says, in other words, half add to it or turn it around.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from app.citations.marks import without_marks
from app.citations.sentence_check import SUPPORTED, foreign_names, foreign_numbers, support
from app.types import Answer
from evals.datasets.questions import read_json_lines
from evals.stats import mean
from retrieval.config import ROOT
from retrieval.text.markdown import fold, plain_text
from retrieval.text.sentences import sentence_spans
from retrieval.types import Embedder, Json

LABELS = ROOT / "evals" / "labels"
NEAR = 0.5  # cosine of a claim and a quote that bears it
FULL, PARTLY = 0.62, 0.45  # likeness of reference and answer; see `likeness`
RIGHT, HALF_RIGHT, WRONG = 1.0, 0.5, 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer as it reads, and the quotes it cites by number, each with the words that lead into it."""

    text: str
    quotes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`supported`: for each claim, by its quotes together. `needed`: for each claim and each of its quotes.

    `correct` in {0, 0.5, 1}: how much of the reference the answer gives; None without a reference. `reason` in words,
    where the judge has any.
    """

    supported: tuple[bool, ...]
    needed: tuple[tuple[bool, ...], ...]
    correct: float | None = None
    reason: str = ""

    @property
    def recall(self) -> float | None:
        """Citation recall; None for an answer that claims nothing."""
        return sum(self.supported) / len(self.supported) if self.supported else None

    @property
    def precision(self) -> float | None:
        """Citation precision; None for an answer without citations."""
        listed = [needed for of_claim in self.needed for needed in of_claim]
        return sum(listed) / len(listed) if listed else None


class Judge(Protocol):
    """`name` says in the result who judged. Raises WriterFailed where it is a model that cannot be asked."""

    name: str

    def judge(self, question: str, claims: Sequence[Claim], *, answer: str, reference: str) -> Verdict: ...


def claims_of(answer: Answer) -> list[Claim]:
    """The sentences that state something, in order."""
    notes = {note.number: plain_text(f"{note.lead}\n{note.quote}") for note in answer.footnotes}
    places = {note.number: " > ".join(note.path) for note in answer.footnotes}
    return [
        Claim(
            plain_text(without_marks(answer.text[sentence.start : sentence.end])),
            {number: f"{places[number]}\n{notes[number]}" for number in sentence.footnotes},
        )
        for sentence in answer.sentences
        if sentence.footnotes or sentence.doubts
    ]


class WordJudge:
    """By shared words, numbers, names and embeddings; see the weakness above."""

    name = "words"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def judge(self, question: str, claims: Sequence[Claim], *, answer: str, reference: str) -> Verdict:
        supported = tuple(self.supports(claim.text, list(claim.quotes.values())) for claim in claims)
        return Verdict(
            supported=supported,
            needed=tuple(self._needed(claim, held) for claim, held in zip(claims, supported, strict=True)),
            correct=self.correct(reference, answer) if reference else None,
        )

    def supports(self, claim: str, quotes: Sequence[str]) -> bool:
        """Numbers and names of the claim all there, enough of its words, and a quote near to it in meaning."""
        together = "\n".join(quotes)
        if not quotes or support(claim, together) < SUPPORTED:
            return False
        if any(foreign(claim, together) for foreign in (foreign_numbers, foreign_names)):
            return False
        return fold(claim) in fold(together) or self._near(claim, [*quotes, together]) >= NEAR

    def _near(self, claim: str, texts: Sequence[str]) -> float:
        """The best cosine of the claim and a text, with its place (the first line) or without."""
        vector = self._embedder.embed_query(claim)
        placed = [part for text in texts for part in (text, text.partition("\n")[2]) if part.strip()]
        return max(float(self._embedder.embed_query(part) @ vector) for part in placed)

    def correct(self, reference: str, answer: str) -> float:
        """RIGHT, HALF_RIGHT or WRONG by the likeness of reference and answer."""
        found = self.likeness(reference, answer)
        return RIGHT if found >= FULL else HALF_RIGHT if found >= PARTLY else WRONG

    def likeness(self, reference: str, answer: str) -> float:
        """In [0, 1]: the mean of the share of the reference's words that the answer has, and of the cosine of the
        reference and the nearest one or two sentences of the answer. A number that the answer lacks halves it.
        """
        words = plain_text(answer)
        if not words.strip():
            return 0.0
        vector = self._embedder.embed_query(reference)
        near = max(float(self._embedder.embed_query(text) @ vector) for text in _runs(words))
        whole = 0.5 * support(reference, words) + 0.5 * max(0.0, near)
        return whole / 2 if foreign_numbers(reference, words) else whole

    def _needed(self, claim: Claim, supported: bool) -> tuple[bool, ...]:
        if not supported:
            return (False,) * len(claim.quotes)
        return tuple(self._does_something(claim, number) for number in claim.quotes)

    def _does_something(self, claim: Claim, number: int) -> bool:
        others = [text for other, text in claim.quotes.items() if other != number]
        return self.supports(claim.text, [claim.quotes[number]]) or not self.supports(claim.text, others)


def _runs(text: str) -> list[str]:
    """Each sentence, and each two neighbours."""
    sentences = [text[start:end] for start, end in sentence_spans(text)] or [text]
    return [*sentences, *(f"{one} {other}" for one, other in pairwise(sentences))]


@dataclass(frozen=True, slots=True)
class VerdictPair:
    """What the hand and the judge say of one thing; numbers in [0, 1]. `kind` groups them."""

    kind: str
    hand: float
    judge: float


def agreement(judge: Judge) -> Json:
    """`{"correct": {"n", "agree", "kappa", "too_kind", "too_strict", "by_kind"}, "supported": {...}}`. Raises UnreadableFile, WriterFailed."""
    return {
        "correct": _summary(_answers(judge, LABELS / "answers.jsonl")),
        "supported": _summary(_claims(judge, LABELS / "claims.jsonl")),
    }


def kappa(pairs: Sequence[VerdictPair]) -> float:
    """Cohen's kappa: agreement beyond chance, 1 for all, 0 for what chance gives; 0 where one side says always the same."""
    agree = mean([float(pair.hand == pair.judge) for pair in pairs])
    values = {value for pair in pairs for value in (pair.hand, pair.judge)}
    chance = sum(
        mean([float(pair.hand == value) for pair in pairs]) * mean([float(pair.judge == value) for pair in pairs])
        for value in values
    )
    return (agree - chance) / (1 - chance) if chance < 1 else 0.0


def _answers(judge: Judge, path: Path) -> list[VerdictPair]:
    found = []
    for _, row in read_json_lines(path):
        verdict = judge.judge(
            str(row["question"]),
            [Claim(str(row["answer"]), {1: str(row["answer"])})],
            answer=str(row["answer"]),
            reference=str(row["reference"]),
        )
        found.append(VerdictPair("answer", _number(row, "correct"), verdict.correct or 0.0))
    return found


def _claims(judge: Judge, path: Path) -> list[VerdictPair]:
    found = []
    for _, row in read_json_lines(path):
        claim = Claim(str(row["claim"]), {1: str(row["quote"])})
        verdict = judge.judge("", [claim], answer=claim.text, reference="")
        found.append(VerdictPair(str(row["kind"]), float(row["supported"] is True), float(verdict.supported[0])))
    return found


def _summary(pairs: Sequence[VerdictPair]) -> Json:
    kinds = dict.fromkeys(pair.kind for pair in pairs)
    return {
        "n": len(pairs),
        "agree": _agree(pairs),
        "kappa": kappa(pairs),
        "too_kind": mean([float(pair.judge > pair.hand) for pair in pairs]),
        "too_strict": mean([float(pair.judge < pair.hand) for pair in pairs]),
        "by_kind": {kind: _agree([pair for pair in pairs if pair.kind == kind]) for kind in kinds},
    }


def _agree(pairs: Sequence[VerdictPair]) -> float:
    return mean([float(pair.hand == pair.judge) for pair in pairs])


def _number(row: Mapping[str, object], field: str) -> float:
    value = row[field]
    return float(value) if isinstance(value, int | float) else 0.0
