"""A question that asks several things at once, split into sub-questions.

The embedding of two questions is near to neither's answer, so each is searched for by itself. A new one begins after a question mark,
or at a joiner ("and") before a question word; a sub-question that is a follow-up of the one before it, or has a word that stands for what that
one names ("it"), stays with it (words.toml).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.query.followup import QUESTION_MARK, is_follow_up
from app.query.vocabulary import plain, vocabulary, words
from app.types import Question
from retrieval.ranking.fusion import ranked, reciprocal_rank_fusion
from retrieval.ranking.passages import passages
from retrieval.text.tokenize import count_tokens
from retrieval.types import Hit, Retrieval, Retriever

MIN_WORDS = 2  # of a sub-question
MAX_SUB_QUESTIONS = 3  # a question that asks for more is searched for as one
SCORE_NAME = "queries"
WHOLE_SHARE = 0.9  # of the surest sub-question's confidence: a whole question below it is on several subjects


@dataclass(frozen=True, slots=True)
class SubQuestions:
    """The retrievals of the sub-questions that the course covers, and those that it does not cover, each in their order; both empty for
    a single question.
    """

    retrievals: tuple[Retrieval, ...] = ()
    uncovered: tuple[str, ...] = ()


def retrieve_sub_questions(
    question: Question, whole: Retrieval, retriever: Retriever, *, threshold: float
) -> SubQuestions:
    """The sub-questions, each searched for by itself; a follow-up of the one before it together with that. Those below the `threshold` of
    confidence are not covered, provided that the `whole` question is also less sure than one of them: otherwise they may merely say
    too little by themselves, and the question counts as single.
    """
    queries: list[str] = []
    for part in split_questions(question.text):
        points = not vocabulary("it").isdisjoint(map(plain, words(part)))
        if queries and (points or is_follow_up(part, queries[-1], retriever, scope=question.scope)):
            queries[-1] = f"{queries[-1]} {part}"
        else:
            queries.append(part)
    if len(queries) < 2:
        return SubQuestions()
    retrievals = [retriever.retrieve(query, scope=question.scope) for query in queries]
    covered = tuple(found for found in retrievals if found.confidence >= threshold)
    uncovered = tuple(query for query, found in zip(queries, retrievals, strict=True) if found.confidence < threshold)
    highest = max((found.confidence for found in covered), default=0.0)
    if uncovered and whole.confidence >= WHOLE_SHARE * highest:
        return SubQuestions()
    return SubQuestions(covered, uncovered)


def fuse_retrievals(retrievals: Sequence[Retrieval]) -> Retrieval:
    """The first retrieval with the hits of all by reciprocal rank fusion, ties by chunk id. It has no more hits, and no more tokens of
    passages, than the retrieval that has most.
    """
    first, *more = retrievals
    if not more:
        return first
    by_chunk: dict[str, Hit] = {hit.chunk.id: hit for found in reversed(retrievals) for hit in found.hits}
    fused = reciprocal_rank_fusion([[hit.chunk.id for hit in found.hits] for found in retrievals])
    most_hits = max(len(found.hits) for found in retrievals)
    hits = [
        replace(by_chunk[key], rank=rank, scores={**by_chunk[key].scores, SCORE_NAME: fused[key]})
        for rank, key in enumerate(ranked(fused)[:most_hits], start=1)
    ]
    tokens = max(sum(count_tokens(passage.text) for passage in found.passages) for found in retrievals)
    return replace(
        first,
        hits=tuple(hits),
        passages=passages(hits, tokens=tokens),
        stages=tuple(stage for found in retrievals for stage in found.stages),
    )


def split_questions(text: str) -> tuple[str, ...]:
    """The sub-questions in their order; the text itself if it is a single question, has more than MAX_SUB_QUESTIONS, or one of them is
    too short to ask anything.

    >>> split_questions("Who won the cup, and what does BM25 do?")
    ('Who won the cup', 'what does BM25 do?')
    """
    question_words = vocabulary("asking", "questions")
    conjunctions = vocabulary("joiners") - vocabulary("of", "through", "versus") - set(",，、")
    starts: dict[int, int] = {0: 0}  # start of a sub-question, by the end of the one before it
    for before, word in pairwise(words(text)):
        if plain(before) in conjunctions and (plain(word) in question_words or before.start() in starts):
            starts[before.start()] = word.start()
        elif QUESTION_MARK.search(text, before.end(), word.start()):
            starts[word.start()] = word.start()
    ends = [*starts, len(text)][1:]
    parts = [text[start:end].strip(" ,;，；、") for start, end in zip(starts.values(), ends, strict=True)]
    is_compound = 1 < len(parts) <= MAX_SUB_QUESTIONS and all(len(words(part)) >= MIN_WORDS for part in parts)
    return tuple(parts) if is_compound else (text.strip(),)
