"""Late interaction: the embedding model's own token states as a reranker (ColBERT, Khattab and Zaharia, SIGIR 2020).

A question's score against a text is the mean, over the question's tokens, of the best cosine to a token of the text
(MaxSim). No second model: the states are those that are averaged to a vector when a text is embedded, projected to fewer
dimensions. An index version holds the states of its windows (`retrieval.states`), so nothing but the question is encoded
at answer time.
"""

from collections.abc import Sequence
from typing import Protocol

from retrieval.states import StoredStates, unpacked
from retrieval.types import Vector

WEIGHT = 2.0  # chosen on held-out sources of the training data


class TokenEncoder(Protocol):
    """Texts and questions to the unit vectors of their tokens, (n_tokens, d)."""

    def token_states(self, text: str) -> Vector: ...

    def query_states(self, text: str) -> Vector: ...


class LateInteraction:
    """A `Reranker`; scores are mean cosines in [-1, 1] and are added, times `weight`, to the fused score."""

    name = "late"

    def __init__(
        self,
        encoder: TokenEncoder,
        *,
        depth: int = 20,
        weight: float | None = WEIGHT,
        stored: StoredStates | None = None,
    ) -> None:
        self.depth = depth
        self.weight = weight
        self._encoder = encoder
        self._stored = stored

    def over(self, stored: StoredStates | None) -> "LateInteraction":
        """The same reranker, taking the states of texts from an index version where it has them."""
        return LateInteraction(self._encoder, depth=self.depth, weight=self.weight, stored=stored)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        question = self._encoder.query_states(query)
        return [max_sim(question, self._states(text)) for text in texts]

    def _states(self, text: str) -> Vector:
        kept = self._stored.get(text) if self._stored else None
        return self._encoder.token_states(text) if kept is None else unpacked(kept)


def max_sim(question: Vector, text: Vector) -> float:
    """Mean over the rows of `question` (m, d) of the best dot product with a row of `text` (n, d); 0 if one is empty.

    The first and last row of a question of more than two are left out: they stand for the marks around it.
    """
    inner = question[1:-1] if len(question) > 2 else question
    if not len(inner) or not len(text):
        return 0.0
    return float((inner @ text.T).max(axis=1).mean())
