"""What an index depends on is known from outputs."""

import numpy as np
import pytest

from retrieval.encoders.embedder import FastEmbedder
from retrieval.index import bm25, manifest
from retrieval.index.manifest import agrees, packed_probe, terms_digest
from retrieval.text import tokenize
from retrieval.types import Vector


class Turned:
    """An embedder whose vectors are those of another, with noise of the given size."""

    name, digest, dim = "turned", "", 384

    def __init__(self, inner: FastEmbedder, noise: float) -> None:
        self._inner, self._noise = inner, noise

    def _noisy(self, vectors: Vector) -> Vector:
        noise = np.random.default_rng(7).normal(size=vectors.shape).astype(np.float32) / np.sqrt(vectors.shape[-1])
        return vectors + self._noise * noise

    def embed(self, texts: list[str]) -> Vector:
        return self._noisy(self._inner.embed(texts))

    def embed_query(self, text: str) -> Vector:
        return self._noisy(self._inner.embed_query(text))


@pytest.mark.parametrize("name", ["K1", "B"])
def test_the_constants_of_bm25_count(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = terms_digest()
    monkeypatch.setattr(bm25, name, getattr(bm25, name) * 1.1)
    assert terms_digest() != before


def test_what_is_a_term_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = terms_digest()
    assert terms_digest() == before
    terms = tokenize.terms
    monkeypatch.setattr(manifest, "terms", lambda text, language: [*terms(text, language), "more"])
    assert terms_digest() != before


@pytest.mark.parametrize(("noise", "same"), [(0.0, True), (0.05, True), (0.5, False)])
def test_vectors_that_are_almost_the_same_can_be_compared(embedder: FastEmbedder, noise: float, same: bool) -> None:
    assert agrees(packed_probe(embedder), packed_probe(Turned(embedder, noise))) is same  # type: ignore[arg-type]


def test_vectors_of_another_size_or_none_cannot(embedder: FastEmbedder) -> None:
    assert not agrees("", packed_probe(embedder))
