"""Ask every question of a set and keep what came back, judged against gold text."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evals.datasets.gold import Gold, Locator
from evals.datasets.questions import Question
from evals.search.metrics import Judged, context, first_holders, gains, judge, measure, overlap, relevant
from retrieval.types import Retrieval, Retriever

DEPTH = 50  # hits asked for: enough for R@20 and for 2,500 tokens of short chunks
CUTS = (1, 3, 5, 10, 20)
BUDGETS = (500, 1000, 2000, 2500)

Rewrite = Callable[[str, Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One query run for a question. `ms`: wall time. `judged` is None for an unanswerable question."""

    question: Question
    query: str
    retrieval: Retrieval
    ms: float
    gold: Gold
    judged: Judged | None


def ask_all(questions: Sequence[Question], retriever: Retriever, locator: Locator, rewrite: Rewrite) -> Iterator[Asked]:
    """Each question as the application would search for it: a follow-up by its standalone query."""
    if questions:
        retriever.retrieve(questions[0].question, k=DEPTH)  # the first one pays for loading
    for question in questions:
        yield ask(question, rewrite(question.question, question.history), retriever, locator)


def ask(question: Question, query: str, retriever: Retriever, locator: Locator) -> Asked:
    begun = time.perf_counter()
    retrieval = retriever.retrieve(query, k=DEPTH)
    ms = (time.perf_counter() - begun) * 1000.0
    gold = locator.gold(question)
    judged = judge([hit.chunk for hit in retrieval.hits], gold) if question.answerable else None
    return Asked(question, query, retrieval, ms, gold, judged)


@dataclass(frozen=True, slots=True)
class Scored:
    """An answerable question's measures by TREC name; `binary` holds recall with quotes found or not."""

    asked: Asked
    measures: Mapping[str, float]
    binary: Mapping[str, float]


def score(asked: Sequence[Asked]) -> list[Scored]:
    """The measures of those that can be judged, in order."""
    pairs = [(one, one.judged) for one in asked if one.judged is not None]
    lengths = [len(one.retrieval.hits) for one, _ in pairs]
    names = [f"R@{k}" for k in CUTS]
    first = measure(["RR@10", "P@3"], lengths, [[relevant(judged)] for _, judged in pairs])
    graded = measure(["nDCG@10"], lengths, [gains(judged) for _, judged in pairs])
    binary = measure(names, lengths, [first_holders(judged) for _, judged in pairs])
    return [
        Scored(
            asked=one,
            measures={f"R@{k}": judged.recall(k) for k in CUTS} | first[at] | graded[at] | _budgets(one),
            binary=binary[at],
        )
        for at, (one, judged) in enumerate(pairs)
    ]


def _budgets(asked: Asked) -> dict[str, float]:
    chunks = [hit.chunk for hit in asked.retrieval.hits]
    found = {budget: overlap(context(chunks, budget), asked.gold) for budget in BUDGETS}
    return {
        **{f"token_recall@{budget}": part.recall for budget, part in found.items()},
        **{f"token_precision@{budget}": part.precision for budget, part in found.items()},
        **{f"token_IoU@{budget}": part.iou for budget, part in found.items()},
    }
