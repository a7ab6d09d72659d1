"""What the reader is shown: a question with a text that answers it and hard negatives, as windows and as sentences.

A group of windows has the one that holds the answer and others that retrieval puts high; for a question that its own
passage does not answer, that passage's best windows, all negative. A group of sentences has those that answer and others
of the same passage, so that the reader can also say which sentence of a window it is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from evals.training import candidates, data

NEGATIVES = 3
DEPTH = 16  # candidates negatives are drawn from
SENTENCES = 3  # that do not answer, in a group of sentences
FEW_WORDS = 4  # a shorter line says nothing


@dataclass(frozen=True)
class Group:
    """A question and texts; the first one answers it if `answered`."""

    question: str
    texts: tuple[str, ...]
    answered: bool


def groups(
    passages: list[data.Passage], questions: list[data.Question], found: candidates.Candidates, rng: random.Random
) -> Iterator[Group]:
    """Every question that is not held out, as windows or as sentences, by chance; negatives are drawn anew."""
    for n, question in enumerate(questions):
        if data.is_held_out(passages, question):
            continue
        if rng.random() < 0.5:
            yield from of_sentences(passages[question.passage], question, rng)
        else:
            others = [found.texts[window] for window in found.negatives(n, passages, questions)[:DEPTH]]
            own = [found.texts[window] for window in dict.fromkeys(found.own[n].tolist())]
            yield of_windows(question, own, others, rng)


def of_windows(question: data.Question, own: list[str], others: list[str], rng: random.Random) -> Group:
    """Of the passage's `own` windows the one that answers, with `others`, best first; all of its own where none answers."""
    if not question.answered:
        return Group(question.text, (*own, *others[:1]), False)
    first = own[0] if rng.random() < 0.9 else own[-1]
    near = rng.sample(others[:5], min(2, len(others[:5])))
    far = rng.sample(others[5:], min(NEGATIVES - len(near), len(others[5:])))
    return Group(question.text, (first, *near, *far), True)


def of_sentences(passage: data.Passage, question: data.Question, rng: random.Random) -> Iterator[Group]:
    """A run of sentences that answers, and sentences that do not: those with most words of the question, and another."""
    wanted = set(data.terms(question.text))
    others = [
        sentence
        for at, sentence in enumerate(passage.sentences)
        if at not in question.answer and len(sentence.split()) >= FEW_WORDS
    ]
    others.sort(key=lambda sentence: -len(wanted.intersection(data.terms(sentence))))
    wrong = [*others[: SENTENCES - 1], *rng.sample(others[SENTENCES - 1 :], min(1, len(others[SENTENCES - 1 :])))]
    right = [passage.placed("\n".join(rng.choice(_runs(passage, question))))] if question.answered else []
    if wrong:
        yield Group(question.text, (*right, *map(passage.placed, wrong)), question.answered)


def _runs(passage: data.Passage, question: data.Question) -> list[list[str]]:
    """The sentences that answer, those that follow each other together."""
    runs: list[list[str]] = []
    for at in sorted(question.answer):
        if at - 1 in question.answer:
            runs[-1].append(passage.sentences[at])
        else:
            runs.append([passage.sentences[at]])
    return runs


def batches(made: list[Group], *, size: int, rng: random.Random) -> list[list[Group]]:
    """Groups of like length together, so that little is padded; the batches in random order."""
    rng.shuffle(made)
    out = []
    for start in range(0, len(made), 16 * size):
        pool = sorted(made[start : start + 16 * size], key=lambda group: max(map(len, group.texts)))
        out += [pool[at : at + size] for at in range(0, len(pool), size)]
    rng.shuffle(out)
    return [batch for batch in out if any(group.answered for group in batch)]
