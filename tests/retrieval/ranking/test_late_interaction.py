"""Late interaction: MaxSim by hand, states kept between questions, and the reranker made of it."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.config import load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError
from retrieval.hybrid import HybridRetriever
from retrieval.index.token_vectors import kept_states, open_states, packed, text_key, unpacked, write_states
from retrieval.ranking.late_interaction import LateInteraction, max_sim
from retrieval.ranking.rerank import load_rerankers, reranked
from retrieval.text.embedding_text import window_text


def test_max_sim_by_hand() -> None:
    question = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], np.float32)
    weights = np.array([0.0, 3.0, 1.0], np.float32)
    text = np.array([[0.6, 0.8], [1.0, 0.0]], np.float32)
    assert max_sim(question, weights, text) == pytest.approx((3 * 1.0 + 0.8) / 4)
    assert max_sim(question, weights, np.zeros((0, 2), np.float32)) == 0.0
    assert max_sim(question, np.zeros(3, np.float32), text) == 0.0


def test_a_question_s_words_count_by_how_rare_they_are(embedder: FastEmbedder) -> None:
    states, weights = embedder.query_states("what is the tokenizer")
    assert len(states) == len(weights) == 7  # with the marks around it; "tokenizer" is three word pieces
    assert weights[0] == weights[-1] == 0.0
    assert 0.0 < max(weights[1:4]) < min(weights[4:-1])


def test_states_are_stored_and_found_by_text(tmp_path: Path) -> None:
    states = {
        text_key("one"): packed(np.eye(3, dtype=np.float32)),
        text_key("two"): packed(np.eye(3, dtype=np.float32)[:1]),
    }
    write_states(tmp_path, states)
    stored = open_states(tmp_path)
    assert stored is not None
    found = stored.get("two")
    assert found is not None
    assert np.allclose(unpacked(found), np.eye(3)[:1])
    assert stored.get("three") is None
    assert kept_states(stored, [text_key("one"), text_key("three")]).keys() == {text_key("one")}
    assert open_states(tmp_path / "absent") is None


def test_an_index_holds_the_states_of_its_windows(retriever: HybridRetriever, embedder: FastEmbedder) -> None:
    hit = retriever.retrieve("cats").hits[0]
    text = window_text(hit.chunk, hit.chunk.windows[0])
    assert retriever.index.states is not None
    found = retriever.index.states.get(text)
    assert found is not None
    assert np.allclose(unpacked(found), embedder.token_states(text), atol=0.005)
    question = "how long do cats sleep"
    late = LateInteraction(embedder)
    assert late.over(retriever.index.states).score(question, [text]) == pytest.approx(
        late.score(question, [text]), abs=0.01
    )


def test_scores_of_the_bundled_model(embedder: FastEmbedder, retriever: HybridRetriever) -> None:
    (reranker,) = load_rerankers(load_settings(reranker="late"), embedder)
    texts = ["Cats sleep up to sixteen hours a day.", "Output tokens cost more than input tokens."]
    near, far = reranker.score("how long do cats sleep", texts)
    assert 1.0 >= near > far >= -1.0
    states = embedder.token_states(texts[0])
    assert np.allclose(np.linalg.norm(states, axis=1), 1.0, atol=1e-4)
    hits = retriever.retrieve("how long do cats sleep").hits
    ordered = reranked("how long do cats sleep", hits, reranker)
    assert ordered[0].rerank is not None
    assert ordered[0].rerank > ordered[0].fused
    assert "Cats" in ordered[0].chunk.text


def test_a_model_without_token_states_is_a_clear_error() -> None:
    plain = FastEmbedder("footnote/minilm")
    with pytest.raises(ConfigError, match="RERANKER=none"):
        load_rerankers(load_settings(reranker="footnote"), plain)
    (only,) = load_rerankers(load_settings(reranker="auto"), plain)
    assert only.name == "footnote/reader"
