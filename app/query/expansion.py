"""More than one search for a question: its parts, or an answer as it might stand in the course (EXPANSION).

- parts: a question that asks two things, or compares two, is searched for by each of them as well (decomposition).
- hyde: what is made up as an answer is searched for as well, since it uses the words of answers rather than of questions
  (hypothetical document embeddings, Gao et al. 2023; with the question beside it as in Query2doc, Wang et al. 2023).

A model writes the other queries; what each search finds is put together by reciprocal rank fusion. Confidence stays that
of the question itself, which is what it was fitted on. Whatever goes wrong with the model, the question is searched alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from app.query.followup import Rewrite, Standalone, in_time
from app.types import Question, Usage
from retrieval.ranking.fusion import ranked, reciprocal_rank_fusion
from retrieval.ranking.passages import passages
from retrieval.text.tokenize import count_tokens
from retrieval.types import Hit, Retrieval, Retriever

MOST = 3  # other queries
NAME = "queries"


@dataclass(frozen=True, slots=True)
class Expansion:
    """What else to search for, perhaps nothing, and what it cost to know."""

    queries: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)


class Expand(Protocol):
    """Of a query, on the budget of a person. May raise FootnoteError."""

    def __call__(self, query: str, person: str = "") -> Expansion: ...


def expanding(rewrite: Rewrite, expand: Expand, *, seconds: float) -> Rewrite:
    """A rewrite that finds other queries for what the given one makes of a question, where the model answers in time."""

    def rewritten(question: Question, retriever: Retriever) -> Standalone:
        asked = rewrite(question, retriever)
        found = in_time(lambda: expand(asked.query, question.person), seconds)
        if found is None:
            return asked
        return replace(asked, others=found.queries[:MOST], usage=asked.usage + found.usage)

    return rewritten


def retrieve_all(retrieve: Callable[[str], Retrieval], query: str, others: Sequence[str]) -> Retrieval:
    """What the query finds, or it and the others together."""
    return together([retrieve(one) for one in (query, *others)])


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
