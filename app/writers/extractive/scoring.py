"""How likely each quotable piece is to hold the answer: a softmax over what retrieval saw and the question's words.

A listwise log-linear model (Cao et al. 2007). The cosines of the windows a piece is in say which paragraph is meant,
the question's words, weighted by their rarity among the passages, say which sentence; a passage that was found first
has a head start. The likeliest few are then read once more, one by one.

The weights were fitted on development questions and rounded; exchanging the questions for those of another course moves
them little. Left out because it changed nothing: lists of filler words, word pairs, neighbours, digits for "how many".
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from app.writers.extractive.blocks import Piece, Place
from app.writers.extractive.question_type import EXERCISE, Asked
from retrieval.text.tokenize import terms
from retrieval.types import Hit, Passage, Reranker

WINDOW, WINDOWS, PRIOR = 4.0, 8.0, 20.0
OWN_WORDS, PLACED_WORDS = 4.5, 2.0
OPENS, ASKS, SHORT = -2.0, -3.0, -1.5
REASON, CODE, NAME, MEANING = 3.0, 2.0, 1.0, 3.0
COUNT, IN_EXERCISE = 2.0, -2.0
FEW_WORDS = 5
READ, LOOKED_AT = 0.6, 8
MARGIN = 3.0  # what a piece may lack to the best one and still win by being read
MOST_READ = 200  # characters

_BECAUSE = re.compile(r"\b(?:because|so that|since|therefore|reasons?|due to|which makes|so)\b", re.I)
_ASKS = re.compile(
    r"\?(?:\s+(?:name|explain|describe|give|list|justify|compare|state|say|tell|define|discuss|how|why|what)\b[^?]*)?$",
    re.I,
)
_CAPITAL = re.compile(r"(?<=[a-z,;:] )[A-Z]\w+")
_SUBJECT = re.compile(
    r"\W*(?:(?:an?|the)\s+)?(.{2,60}?)\s+(?:\([^)]*\)\s+)?(?:(?:is|are)\s+(?:\w+ly\s+|just\s+)?"
    r"(?:an?|the|any|all|one|what|how|when|where)\b|means?\b|refers? to\b|stands? for\b|describes?\b)"
    r"|\W*([^.:;]{2,60}?)(?::|\s[–—-])\s",
    re.I,
)
_BOLD = re.compile(r"\*\*([^*\n]{2,40}?):?\*\*")
_ACRONYM = re.compile(r"((?:[\w’']+[ -]){2,7})\(([A-Z][A-Za-z]*[A-Z])s?\)")


Key = tuple[str, int]


def likelihoods(scores: Mapping[Key, float]) -> dict[Key, float]:
    """The softmax of scores: in [0, 1], summing to 1. An empty input gives none."""
    return dict(zip(scores, _softmax(list(scores.values())), strict=True)) if scores else {}


def first_scores(asked: Asked, found: Sequence[Place]) -> dict[Key, float]:
    """By piece key, in the order of the pieces; higher is likelier."""
    pieces = [(place, piece) for place in found for piece in place.pieces]
    held = [piece.terms for _, piece in pieces]
    weights = rarity(asked, held)
    headings = {place.section: frozenset(terms(" ".join(place.section))) for place in found}
    counted = {
        piece.key for place in found for block in place.blocks if block.numbers(asked.count) for piece in block.all
    }
    priors = _priors(piece.passage for _, piece in pieces)
    return {
        piece.key: _seen(piece, priors)
        + _said(weights, piece.terms, headings[place.section])
        + _form(asked, piece)
        + COUNT * (piece.key in counted)
        + IN_EXERCISE * (not asked.exercise and _is_exercise(place))
        for place, piece in pieces
    }


def _is_exercise(place: Place) -> bool:
    """Whether the section sets a task: what it says is to be done, and answers nothing."""
    return bool(place.section) and bool(EXERCISE.search(place.section[-1]))


def second_scores(
    query: str, found: Sequence[Place], scores: Mapping[Key, float], reader: Reranker
) -> dict[Key, float]:
    """The scores with READ times what `reader` says of the likeliest LOOKED_AT pieces that can still win; others get the
    least of it.

    Each is read by itself below its headings: the windows, which retrieval judged, hold several.
    """
    pieces = {piece.key: (place, piece) for place in found for piece in place.pieces}
    ranked = sorted(pieces, key=lambda key: -scores[key])[:LOOKED_AT]
    best = [key for key in ranked if scores[key] >= scores[ranked[0]] - MARGIN]
    said = dict(zip(best, reader.score(query, [_as_read(*pieces[key]) for key in best]), strict=True))
    least = min(said.values(), default=0.0)
    return {key: score + READ * said.get(key, least) for key, score in scores.items()}


def _as_read(place: Place, piece: Piece) -> str:
    lead = "" if piece.kind == "row" else piece.unit.lead
    return f"{' > '.join(place.section)}\n{lead} {piece.words}"[:MOST_READ].strip()


def rarity(asked: Asked, held: Sequence[frozenset[str]]) -> dict[str, float]:
    """The question's weight of each of its terms that occurs, times ln(1 + N/df)."""
    counts = Counter(term for found in held for term in found if term in asked.weights)
    return {term: asked.weights[term] * math.log1p(len(held) / count) for term, count in sorted(counts.items())}


def share(weights: Mapping[str, float], held: frozenset[str]) -> float:
    """The share in [0, 1] of the weight whose terms are held."""
    return sum(weight for term, weight in weights.items() if term in held) / (sum(weights.values()) or 1.0)


def _said(weights: Mapping[str, float], own: frozenset[str], headings: frozenset[str]) -> float:
    return OWN_WORDS * share(weights, own) + PLACED_WORDS * share(weights, own | headings)


def _seen(piece: Piece, priors: Mapping[str, float]) -> float:
    """What retrieval thinks of the windows that hold the piece, and of their chunk."""
    hits = [
        hit for hit in piece.passage.hits if hit.chunk.start <= piece.unit.start and piece.unit.end <= hit.chunk.end
    ]
    cosines = [score for hit in hits for score in _cosines(hit, piece)] or [
        min(hit.window_scores, default=0.0) for hit in hits
    ]
    if not cosines:
        return 0.0
    return WINDOW * max(cosines) + WINDOWS * sum(cosines) / len(cosines) + PRIOR * priors[hits[0].chunk.id]


def _cosines(hit: Hit, piece: Piece) -> list[float]:
    return [
        score
        for window, score in zip(hit.chunk.windows, hit.window_scores, strict=False)
        if window.start <= piece.unit.start and piece.unit.end <= window.end
    ]


def _priors(passages: Iterable[Passage]) -> dict[str, float]:
    """The fused scores by chunk id, dealt out again in the order of the ranks: a reranker has the last word."""
    hits = {hit.chunk.id: hit for passage in passages for hit in passage.hits}.values()
    ranked = sorted(hits, key=lambda hit: (hit.rank, hit.chunk.id))
    scores = sorted((hit.fused for hit in hits), reverse=True)
    return {hit.chunk.id: score for hit, score in zip(ranked, scores, strict=True)}


def _form(asked: Asked, piece: Piece) -> float:
    """Whether it has the form of an answer to such a question."""
    words = piece.words
    return (
        OPENS * piece.opens
        + ASKS * bool(_ASKS.search(words))
        + SHORT * (piece.size < FEW_WORDS)
        + REASON * (asked.reason and bool(_BECAUSE.search(words)))
        + CODE * (asked.code and piece.kind == "code")
        + NAME * (asked.name and bool(_CAPITAL.search(words)))
        + MEANING * (asked.meaning and defines(piece, asked.terms))
    )


def defines(piece: Piece, wanted: frozenset[str]) -> bool:
    """Whether it says what is asked for: "A token is a ...", "Token: ...", "a **token**", "Low-Rank Adaptation (LRA)"."""
    subject = _SUBJECT.match(piece.words)
    named = [*_BOLD.findall(piece.source), *_spelled_out(piece.words)]
    named += [subject.group(1) or subject.group(2)] if subject else []
    return any(found and found <= wanted for found in map(set, map(terms, named)))


def _spelled_out(words: str) -> list[str]:
    """The acronyms that follow the words they stand for."""
    found = ((re.split(r"[ -]", match.group(1).strip(" -")), match.group(2)) for match in _ACRONYM.finditer(words))
    return [
        name for before, name in found if "".join(word[:1] for word in before[-len(name) :]).upper() == name.upper()
    ]


def _softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    raised = [math.exp(score - top) for score in scores]
    total = sum(raised)
    return [value / total for value in raised]
