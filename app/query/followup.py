"""Is a question a follow-up, which needs the one before it? Decided by the index and the encoder, in any language.

"and for output?" means nothing alone. No list of words tells so; six features do, of the question alone, of the one before it
and of the two joined:

- `unknown`: how many of its terms the course does not have (and `terms`, how many it has, where there are no token states);
- `nearer`: how much closer the joined text is to the course (best cosine of a window) than the question alone, times the share
  of its terms that the course has: joining brings any off-topic question closer, too ("how do I boil an egg" after one on crime);
- `matches`: the same difference for BM25, as a share of the highest score that a text's terms could have;
- `away`: how much farther the joined text is from the course than the question before: a change of subject leads away;
- `shift`: how far the question's tokens turn when the other question stands before them: the greatest cosine distance between
  a token's state here and there. "it" and "the second one" take their meaning from their antecedent, a name keeps its own;
- `weight`: how much the question says by itself, the logarithm of the sum of its tokens' inverse document frequencies.

A logistic model combines them; its coefficients are in followup.json beside this file, fitted by `python -m
evals.training.followups`. A question that stands alone is searched for as it is, so that a change of subject is not dragged back.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path

from retrieval.encoders.embedder import FastEmbedder
from retrieval.hybrid import HybridRetriever
from retrieval.index.bm25 import ceiling
from retrieval.ranking.answerability import logistic
from retrieval.text.tokenize import terms
from retrieval.types import Retriever, Scope, Vector

MODEL = Path(__file__).resolve().parent / "followup.json"
FOLLOW_UP_THRESHOLD = 0.6  # probability from which a question is joined to the one before it
MAX_CONTEXT_CHARACTERS = 300  # of the question before, from its end
QUESTION_MARK = re.compile(r"[?？؟;]")
_WORD_CHARACTER = re.compile(r"\w")


def is_follow_up(question: str, before: str, retriever: Retriever, *, scope: Scope = Scope()) -> bool:
    return follow_up_probability(question, before, retriever, scope=scope) >= FOLLOW_UP_THRESHOLD


def follow_up_probability(question: str, before: str, retriever: Retriever, *, scope: Scope = Scope()) -> float:
    """Probability in [0, 1] that `question` needs the one `before` it.

    0 where either is empty, and for a retriever other than the hybrid one, which has no index to measure with; also for a single word
    without a question mark that the course does not know: a greeting in any language must not repeat the last answer.
    """
    if not question.strip() or not before.strip() or not isinstance(retriever, HybridRetriever):
        return 0.0
    if _is_interjection(question) and not _best_scores(question, retriever, scope)[1]:
        return 0.0
    return probability(features(question.strip(), before.strip()[-MAX_CONTEXT_CHARACTERS:], retriever, scope=scope))


def _is_interjection(question: str) -> bool:
    """Whether it is a single word, or only signs, without a question mark. Stop words such as "why" do not count as words here."""
    is_single = len(set(terms(question))) == 1 or not _WORD_CHARACTER.search(question)
    return is_single and not QUESTION_MARK.search(question)


def features(question: str, before: str, retriever: HybridRetriever, *, scope: Scope = Scope()) -> dict[str, float]:
    """The features by name; without `weight` and `shift` where the embedder has no token states."""
    joined = f"{before} {question}"
    cosine, bm25 = _best_scores(question, retriever, scope)
    cosine_before, _ = _best_scores(before, retriever, scope)
    cosine_joined, bm25_joined = _best_scores(joined, retriever, scope)
    unknown, total = _count_unknown(question, retriever)
    measured = {
        "terms": float(total),
        "unknown": float(unknown),
        "nearer": (cosine_joined - cosine) * (1.0 - unknown / max(1, total)),
        "matches": bm25_joined - bm25,
        "away": max(0.0, cosine_before - cosine_joined),
    }
    encoder = retriever.embedder
    if not isinstance(encoder, FastEmbedder) or not encoder.has_states:
        return measured
    states, weights = encoder.query_states(question)
    joined_states, _ = encoder.query_states(joined)
    return measured | {"weight": math.log1p(float(weights.sum())), "shift": greatest_shift(states, joined_states)}


def greatest_shift(states: Vector, joined_states: Vector) -> float:
    """The greatest cosine distance of a token's state (n, d) to its state at the end of the joined text (m, d), m >= n.

    The first and last states are the encoder's special tokens. 0 if there is nothing between them, or the joined text was cut short.
    """
    inner = len(states) - 2
    if inner < 1 or len(joined_states) <= len(states):
        return 0.0
    return float((1.0 - (states[1:-1] * joined_states[-1 - inner : -1]).sum(axis=1)).max())


def probability(measured: Mapping[str, float]) -> float:
    """In [0, 1], by the coefficients for these features."""
    return logistic(MODEL, "with states" if "shift" in measured else "without states", measured)


def _count_unknown(question: str, retriever: HybridRetriever) -> tuple[int, int]:
    """The question's terms that no chunk has, and all its terms, in the language of the course in which the fewest are unknown."""
    idf = retriever.index.lexical.idf
    by_language = [set(terms(question, language)) for language in retriever.index.languages]
    return min((sum(idf(term) is None for term in found), len(found)) for found in by_language)


def _best_scores(text: str, retriever: HybridRetriever, scope: Scope) -> tuple[float, float]:
    """The best cosine of a window, and the best BM25 score of a chunk as a share of `ceiling`."""
    dense, lexical = retriever.candidates(text, limit=1, scope=scope)
    highest = ceiling(text, retriever.index.lexical, retriever.index.languages)
    return dense[0].score if dense else 0.0, lexical[0].score / highest if lexical and highest else 0.0
