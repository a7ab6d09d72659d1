"""What the embedding model is shown: a question, the window that answers it, and one that does not."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from evals.training import candidates, data

HARD = 8  # candidates that negatives are drawn from
OWN_PASSAGE = 0.25  # share of negatives from the question's own passage
PREMISES = "tf"  # kinds of question for the reader alone: whether a premise is true is not a matter of place


@dataclass(frozen=True)
class Example:
    """A question, the window that answers it, and one that retrieval puts high and that does not."""

    question: int
    window: int
    negative: int


def examples(
    passages: list[data.Passage], questions: list[data.Question], found: candidates.Candidates, rng: random.Random
) -> list[Example]:
    """Each answered question that is not held out, with a negative drawn anew: of another passage, or, seldom, a window
    of its own passage that holds nothing of the answer.
    """
    made = []
    starts = np.cumsum([0, *(len(passage.spans) for passage in passages)])
    for n, question in enumerate(questions):
        if not question.answered or question.kind in PREMISES or data.is_held_out(passages, question):
            continue
        spans = passages[question.passage].spans
        silent = [int(starts[question.passage]) + at for at, span in enumerate(spans) if not question.holds(span)]
        others = found.negatives(n, passages, questions)[:HARD]
        own = found.own[n, 0] if rng.random() < 0.9 else found.own[n, 1]
        if others:
            negative = rng.choice(silent if silent and rng.random() < OWN_PASSAGE else others)
            made.append(Example(n, int(own), negative))
    return made


def batches(
    made: list[Example], questions: list[data.Question], *, size: int, rng: random.Random
) -> list[list[Example]]:
    """Batches in which no passage answers two questions; what is left over in the end is dropped."""
    rng.shuffle(made)
    out: list[list[Example]] = []
    waiting = made
    while len(waiting) >= size:
        taken: dict[int, Example] = {}
        left = []
        for example in waiting:
            home = questions[example.question].passage
            if len(taken) < size and home not in taken:
                taken[home] = example
            else:
                left.append(example)
        if len(taken) < size:
            break
        out.append(list(taken.values()))
        waiting = left
    return out
