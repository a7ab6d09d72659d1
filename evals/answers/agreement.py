"""How far a judge can be trusted: its verdicts beside 40 answers and 40 sentences that were judged by hand.

labels/answers.jsonl: {"id", "question", "reference", "answer", "correct": 0, 0.5 or 1}: answers of the excerpts writer
to questions of the project's own set, some of them right, some beside the point, as it gave them.
labels/claims.jsonl: {"claim", "quote", "supported", "kind"}: sentences as a model may write them with a quote of the
course; half of them say what the quote says, in other words, half add to it or turn it around.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.answers.judges import Claim, Judge
from evals.datasets.questions import read_json_lines
from evals.stats import mean
from retrieval.config import ROOT
from retrieval.types import Json

LABELS = ROOT / "evals" / "labels"


@dataclass(frozen=True, slots=True)
class Pair:
    """What the hand and the judge say of one thing; numbers in [0, 1]. `kind` groups them."""

    kind: str
    hand: float
    judge: float


def agreement(judge: Judge, folder: Path = LABELS) -> Json:
    """`{"correct": {"n", "agree", "kappa", "off_by_one", ...}, "supported": {...}}`. Raises UnreadableFile, WriterFailed."""
    return {
        "correct": _summary(_answers(judge, folder / "answers.jsonl")),
        "supported": _summary(_claims(judge, folder / "claims.jsonl")),
    }


def kappa(pairs: Sequence[Pair]) -> float:
    """Cohen's kappa: agreement beyond chance, 1 for all, 0 for what chance gives; 0 where one side says always the same."""
    agree = mean([float(pair.hand == pair.judge) for pair in pairs])
    values = {value for pair in pairs for value in (pair.hand, pair.judge)}
    chance = sum(
        mean([float(pair.hand == value) for pair in pairs]) * mean([float(pair.judge == value) for pair in pairs])
        for value in values
    )
    return (agree - chance) / (1 - chance) if chance < 1 else 0.0


def _answers(judge: Judge, path: Path) -> list[Pair]:
    found = []
    for _, row in read_json_lines(path):
        verdict = judge.judge(
            str(row["question"]),
            [Claim(str(row["answer"]), {1: str(row["answer"])})],
            answer=str(row["answer"]),
            reference=str(row["reference"]),
        )
        found.append(Pair("answer", _number(row, "correct"), verdict.correct or 0.0))
    return found


def _claims(judge: Judge, path: Path) -> list[Pair]:
    found = []
    for _, row in read_json_lines(path):
        claim = Claim(str(row["claim"]), {1: str(row["quote"])})
        verdict = judge.judge("", [claim], answer=claim.text, reference="")
        found.append(Pair(str(row["kind"]), float(row["supported"] is True), float(verdict.supported[0])))
    return found


def _summary(pairs: Sequence[Pair]) -> Json:
    kinds = dict.fromkeys(pair.kind for pair in pairs)
    return {
        "n": len(pairs),
        "agree": _agree(pairs),
        "kappa": kappa(pairs),
        "hand_mean": mean([pair.hand for pair in pairs]),
        "judge_mean": mean([pair.judge for pair in pairs]),
        "too_kind": mean([float(pair.judge > pair.hand) for pair in pairs]),
        "too_strict": mean([float(pair.judge < pair.hand) for pair in pairs]),
        "by_kind": {kind: _agree([pair for pair in pairs if pair.kind == kind]) for kind in kinds},
    }


def _agree(pairs: Sequence[Pair]) -> float:
    return mean([float(pair.hand == pair.judge) for pair in pairs])


def _number(row: Mapping[str, object], field: str) -> float:
    value = row[field]
    return float(value) if isinstance(value, int | float) else 0.0
