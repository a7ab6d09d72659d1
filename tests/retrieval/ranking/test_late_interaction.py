"""Late interaction: MaxSim by hand and against a loop, states kept by row, and the stage made of it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError
from retrieval.hybrid import HybridRetriever
from retrieval.index.token_vectors import open_states, packed, text_key, unpacked, write_states
from retrieval.ranking.late_interaction import LateInteraction, TextLateInteraction, max_sims, standardised
from retrieval.text.embedding_text import window_text


def test_max_sims_by_hand() -> None:
    question = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], np.float32)
    weights = np.array([0.0, 3.0, 1.0], np.float32)
    states = np.array([[0.6, 0.8], [1.0, 0.0], [0.0, 1.0]], np.float32)
    assert max_sims(question, weights, states, [0, 2]) == pytest.approx([(3 * 1.0 + 0.8) / 4, 1.0 / 4])
    assert max_sims(question, weights, states, [0, 0, 3]) == pytest.approx([0.0, 1.0, 0.0])  # two texts without tokens
    assert max_sims(question, weights, states[:0], []).tolist() == []
    assert max_sims(question, np.zeros(3, np.float32), states, [0]).tolist() == [0.0]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(0, 10**6))
def test_max_sims_of_many_are_those_of_each(lengths: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    question, weights = random.normal(size=(3, 4)), random.random(3) + 0.1
    states = random.normal(size=(sum(lengths), 4))
    starts = np.cumsum([0, *lengths])[:-1].tolist()
    texts = [states[start : start + length] for start, length in zip(starts, lengths, strict=True)]
    expected = [
        sum(w * max(q @ token for token in text) for q, w in zip(question, weights, strict=True)) / weights.sum()
        if len(text)
        else 0.0
        for text in texts
    ]
    assert max_sims(question, weights, states, starts) == pytest.approx(expected, abs=1e-5)


def test_standardised() -> None:
    assert standardised(np.array([1.0, 3.0])).tolist() == [-1.0, 1.0]
    assert standardised(np.array([2.0, 2.0])).tolist() == [0.0, 0.0]


def test_a_question_s_words_count_by_how_rare_they_are(embedder: FastEmbedder) -> None:
    states, weights = embedder.query_states("what is the tokenizer")
    assert len(states) == len(weights) == 7  # with the marks around it; "tokenizer" is three word pieces
    assert weights[0] == weights[-1] == 0.0
    assert 0.0 < max(weights[1:4]) < min(weights[4:-1])


def test_states_are_stored_and_found_by_row_and_by_text(tmp_path: Path) -> None:
    one, two = np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[:1]
    write_states(tmp_path, {text_key("one"): packed(one), text_key("two"): packed(two)})
    stored = open_states(tmp_path)
    assert stored is not None
    states, starts = stored.of_rows([1, 0, 1])
    assert starts == [0, 1, 4]
    assert np.allclose(unpacked(states), np.concatenate([two, one, two]))
    assert stored.of_rows([])[1] == []
    found = stored.by_key(text_key("two"))
    assert found is not None
    assert np.allclose(unpacked(found), two)
    assert stored.by_key(text_key("three")) is None
    assert open_states(tmp_path / "absent") is None


def test_an_index_holds_vectors_and_states_of_its_windows(retriever: HybridRetriever, embedder: FastEmbedder) -> None:
    hit = retriever.retrieve("cats").hits[0]
    text = window_text(hit.chunk, hit.chunk.windows[0])
    assert len(hit.rows) == len(hit.chunk.windows)
    assert np.allclose(retriever.index.windows[hit.rows[0]], embedder.embed([text])[0], atol=0.001)
    assert retriever.index.states is not None
    states, _ = retriever.index.states.of_rows(hit.rows[:1])
    assert np.allclose(unpacked(states), embedder.token_states(text), atol=0.005)


def test_the_stage_adds_its_score_and_changes_none(retriever: HybridRetriever, embedder: FastEmbedder) -> None:
    question = "how long do cats sleep"
    none = HybridRetriever(retriever.index, embedder, retriever.settings.model_copy(update={"reranker": "none"}))
    before = none.retrieve(question, k=20).hits
    assert retriever.index.states is not None
    after = LateInteraction(embedder, retriever.index.states)(question, before)
    assert [hit.rank for hit in after] == list(range(1, len(before) + 1))
    assert {hit.chunk.id: hit.fused for hit in after} == {hit.chunk.id: hit.fused for hit in before}
    assert all(hit.scores.keys() == {"late"} and hit.score == hit.scores["late"] for hit in after)
    assert [hit.score for hit in after] == sorted((hit.score for hit in after), reverse=True)
    best = after[0]
    texts = [window_text(best.chunk, window) for window in best.chunk.windows]
    assert best.window_matches == pytest.approx(TextLateInteraction(embedder).score(question, texts), abs=0.01)
    assert best.opinions["late"] == max(best.window_matches)
    assert LateInteraction(embedder, retriever.index.states)(question, []) == []


def test_hits_that_are_not_looked_at_come_after(retriever: HybridRetriever, embedder: FastEmbedder) -> None:
    hits = retriever.retrieve("tokens", k=20).hits
    assert retriever.index.states is not None
    short = LateInteraction(embedder, retriever.index.states)
    short.depth = 2
    after = short("tokens", hits)
    assert [hit.chunk.id for hit in after[2:]] == [hit.chunk.id for hit in hits[2:]]
    assert after[1].score >= after[2].score


def test_a_model_without_token_states_does_without(retriever: HybridRetriever) -> None:
    plain = FastEmbedder("footnote/study")
    plain._states_of = None  # as those of fastembed's own list are
    with pytest.raises(ConfigError, match="no token states"):
        plain.query_states("a question")
