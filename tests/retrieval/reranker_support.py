"""A reranker for tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ScoredBy:
    """Scores by a function."""

    name: str
    judge: Callable[[str, Sequence[str]], Sequence[float]]
    depth: int = 20

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        return self.judge(query, texts)
