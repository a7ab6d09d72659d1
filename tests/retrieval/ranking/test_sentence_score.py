"""Sentences beside windows: the gain by hand, and the vectors that an index holds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.hybrid import HybridRetriever
from retrieval.index.token_vectors import SENTENCES, open_states, packed_vectors, texts_key, write_states
from retrieval.ranking.sentence_score import WEIGHT, best_sentence, closer
from retrieval.text.embedding_text import sentence_texts


def test_a_hit_gains_what_its_best_sentence_has_over_its_best_window(
    retriever: HybridRetriever, tmp_path: Path
) -> None:
    first, second, *_ = (hit for hit in retriever.retrieve("cats").hits if len(sentence_texts(hit.chunk)) > 1)
    axes = np.eye(8, dtype=np.float32)
    near = 0.3 * axes[0] + (1 - 0.3**2) ** 0.5 * axes[1]
    keys = [texts_key(sentence_texts(hit.chunk)) for hit in (first, second)]
    write_states(tmp_path, {keys[0]: packed_vectors(axes[1:2]), keys[1]: packed_vectors(np.stack([axes[2], near]))})
    stored = open_states(tmp_path, "states")
    assert stored is not None
    hits = [
        replace(first, rank=1, fused=0.9, window_scores=(0.2, 0.1)),
        replace(second, rank=2, fused=0.85, window_scores=(0.1,)),
    ]
    ordered = closer(hits, axes[0], stored)
    assert [hit.chunk.id for hit in ordered] == [second.chunk.id, first.chunk.id]
    assert [hit.rerank for hit in ordered] == pytest.approx([0.85 + WEIGHT * 0.2, 0.9], abs=0.002)
    assert [hit.opinions["sentence"] for hit in ordered] == pytest.approx([0.3, 0.2], abs=0.002)
    assert [hit.rank for hit in ordered] == [1, 2]


def test_an_index_holds_the_vectors_of_its_sentences(retriever: HybridRetriever) -> None:
    question = "how long do cats sleep"
    vector = retriever.embedder.embed_query(question)
    stored = retriever.index.sentences
    assert stored is not None
    for hit in retriever.retrieve(question).hits:
        texts = sentence_texts(hit.chunk)
        expected = float((retriever.embedder.embed(texts) @ vector).max()) if texts else -1.0
        assert best_sentence(hit, vector, stored) == pytest.approx(expected, abs=0.01)


def test_a_chunk_of_one_unit_has_no_sentences_of_its_own(retriever: HybridRetriever) -> None:
    chunk = retriever.retrieve("cats").hits[0].chunk
    one = replace(chunk, units=tuple(unit for unit in chunk.units if unit.kind != "heading")[:1])
    assert sentence_texts(one) == []


def test_vectors_are_packed_to_the_second_digit(tmp_path: Path) -> None:
    vectors = np.random.default_rng(7).normal(size=(5, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    write_states(tmp_path, {b"0" * 16: packed_vectors(vectors)}, SENTENCES)
    stored = open_states(tmp_path, SENTENCES)
    assert stored is not None
    rows = stored.by_key(b"0" * 16)
    assert rows is not None
    assert np.allclose(rows.astype(np.float32) / 400 @ vectors.T, vectors @ vectors.T, atol=0.01)
    assert open_states(tmp_path) is None
