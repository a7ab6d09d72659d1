"""Late interaction: the embedding model's own token states as a reranker (ColBERT, Khattab and Zaharia, SIGIR 2020).

A question's score against a text is the mean, over the question's tokens, of the best cosine to a token of the text
(MaxSim); tokens count by their inverse document frequency, so that what the question is about outweighs how it is put. No
second model: the states are those that are averaged to a vector when a text is embedded, projected to fewer
dimensions. An index version holds the states of its windows (`retrieval.index.token_vectors`), so nothing but the question is encoded
at answer time.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from retrieval.index.token_vectors import StoredStates, unpacked
from retrieval.types import Vector

WEIGHT = 1.5  # chosen on held-out sources of the training data
DEPTH, DEPTH_UNSTORED = 50, 20  # hits looked at: where states are stored, and where each text has to be encoded first


class TokenEncoder(Protocol):
    """Texts and questions to the unit vectors of their tokens, (n_tokens, d), and a question's tokens to weights."""

    def token_states(self, text: str) -> Vector: ...

    def query_states(self, text: str) -> tuple[Vector, Vector]: ...


class LateInteraction:
    """A `Reranker`; scores are mean cosines in [-1, 1] and are added, times `weight`, to the fused score.

    Stored states are cheap enough to look at many hits, and at all windows of each; without them it looks at less.
    """

    name = "late"

    def __init__(
        self, encoder: TokenEncoder, *, weight: float | None = WEIGHT, stored: StoredStates | None = None
    ) -> None:
        self.weight = weight
        self.depth = DEPTH if stored is not None else DEPTH_UNSTORED
        self.all_windows = stored is not None
        self._encoder = encoder
        self._stored = stored

    def over(self, stored: StoredStates | None) -> "LateInteraction":
        """The same reranker, taking the states of texts from an index version where it has them."""
        return LateInteraction(self._encoder, weight=self.weight, stored=stored)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        question, weights = self._encoder.query_states(query)
        return [max_sim(question, weights, self._states(text)) for text in texts]

    def matches(self, query: str, texts: Sequence[str]) -> Vector:
        """(n_texts, m): each token's best cosine to a token of the text."""
        question, _ = self._encoder.query_states(query)
        rows = [best_matches(question, self._states(text)) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, len(question)), np.float32)

    def weights(self, query: str) -> Vector:
        """(m,): how much each token of the question counts."""
        return self._encoder.query_states(query)[1]

    def _states(self, text: str) -> Vector:
        kept = self._stored.get(text) if self._stored else None
        return self._encoder.token_states(text) if kept is None else unpacked(kept)


def best_matches(question: Vector, text: Vector) -> Vector:
    """The best dot product of each row of `question` (m, d) with a row of `text` (n, d): (m,); zeros for an empty text."""
    if not len(text):
        return np.zeros(len(question), np.float32)
    return np.asarray((question @ text.T).max(axis=1))


def max_sim(question: Vector, weights: Vector, text: Vector) -> float:
    """Mean of the best matches by their `weights` (m,); 0 if the text is empty or nothing has a weight."""
    total = float(weights.sum())
    return float(weights @ best_matches(question, text)) / total if total > 0.0 else 0.0
