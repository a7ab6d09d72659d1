"""A question that asks several things at once: each as a question of its own, where it needs no other.

Two questions asked together are near to neither's answer, so each is searched for by itself. They are told apart by where a sentence asks,
or a joiner ("and") stands before a word that asks (words.toml); whether one leans on the one before it is decided as for follow-ups.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.query.followup import ASKS, LEANS, leaning
from app.query.vocabulary import plain, vocabulary, words
from app.types import Question
from retrieval.ranking.fusion import ranked, reciprocal_rank_fusion
from retrieval.ranking.passages import passages
from retrieval.text.tokenize import count_tokens
from retrieval.types import Hit, Retrieval, Retriever

LEAST = 2  # words of a question
MOST = 3  # questions; each is searched for, and what asks more is searched for as one
NAME = "queries"
APART = 0.9  # of the confidence of the surest, below which the whole question is on several things


@dataclass(frozen=True, slots=True)
class Halves:
    """What was `found` for each question that the course covers, in their order, and those that it `lacks`; neither where a question is one."""

    found: tuple[Retrieval, ...] = ()
    lacks: tuple[str, ...] = ()


def find_halves(question: Question, whole: Retrieval, retriever: Retriever, *, threshold: float) -> Halves:
    """Each half searched for, one that leans on that before it together with it. The course lacks those below the `threshold` of confidence, if
    it is also less sure of the `whole` than of one of them: else they may say too little by themselves.
    """
    asked: list[str] = []
    for half in halves(question.text):
        leans = asked and leaning(half, asked[-1], retriever, scope=question.scope) >= LEANS
        asked[-1:] = [f"{asked[-1]} {half}"] if leans else [*asked[-1:], half]
    found = [retriever.retrieve(half, scope=question.scope) for half in asked] if len(asked) > 1 else []
    covered = tuple(one for one in found if one.confidence >= threshold)
    lacks = tuple(half for half, one in zip(asked, found, strict=False) if one.confidence < threshold)
    most = max((one.confidence for one in covered), default=0.0)
    return Halves() if lacks and whole.confidence >= APART * most else Halves(covered, lacks)


def together(found: Sequence[Retrieval]) -> Retrieval:
    """The first with the hits of all by reciprocal rank fusion, ties by chunk id; no more hits, and no longer passages, than the one
    has that has most.
    """
    first, *more = found
    if not more:
        return first
    known: dict[str, Hit] = {hit.chunk.id: hit for one in reversed(found) for hit in one.hits}
    fused = reciprocal_rank_fusion([[hit.chunk.id for hit in one.hits] for one in found])
    hits = [
        replace(known[key], rank=rank, scores={**known[key].scores, NAME: fused[key]})
        for rank, key in enumerate(ranked(fused)[: max(len(one.hits) for one in found)], start=1)
    ]
    tokens = max(sum(count_tokens(passage.text) for passage in one.passages) for one in found)
    return replace(
        first,
        hits=tuple(hits),
        passages=passages(hits, tokens=tokens),
        stages=tuple(stage for one in found for stage in one.stages),
    )


def halves(text: str) -> tuple[str, ...]:
    """The questions that are asked one after the other; one where it is one, asks more than MOST, or a part of it asks nothing.

    >>> halves("Who won the cup, and what does BM25 do?")
    ('Who won the cup', 'what does BM25 do?')
    """
    asks = vocabulary("asking", "questions")
    joins = vocabulary("joiners") - vocabulary("of", "through", "versus") - set(",，、")
    found = words(text)
    starts: dict[int, int] = {0: 0}  # by where the text before ends
    for before, word in pairwise(found):
        joined = plain(before) in joins
        if joined and (plain(word) in asks or before.start() in starts):
            starts[before.start()] = word.start()
        elif ASKS.search(text, before.end(), word.start()):
            starts[word.start()] = word.start()
    ends = [*starts, len(text)][1:]
    told = [text[start:end].strip(" ,;，；、") for start, end in zip(starts.values(), ends, strict=True)]
    several = 1 < len(told) <= MOST and all(len(words(one)) >= LEAST for one in told)
    return tuple(told) if several else (text.strip(),)
