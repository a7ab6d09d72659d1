"""Late interaction: MaxSim by hand and against a loop, states kept by row, and the stage made of it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError, IndexDamaged
from retrieval.hybrid import HybridRetriever
from retrieval.index.token_vectors import PackedWindow, StoredVectors, packed, text_key, unpacked, write_vectors
from retrieval.ranking.late_interaction import LateInteraction, TextLateInteraction, max_sims, standardised
from retrieval.text.markdown import window_text


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


def test_windows_are_stored_and_found_by_row_and_by_text(tmp_path: Path) -> None:
    one, two = np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[:1]
    vectors = np.array([[0.6, 0.8], [0.0, 1.0]], np.float16)
    held = {
        text_key("one"): PackedWindow(vectors[0], packed(one)),
        text_key("two"): PackedWindow(vectors[1], packed(two)),
    }
    write_vectors(tmp_path, list(held), held.__getitem__, dim=2)
    stored = StoredVectors(tmp_path)
    states, starts = stored.of_rows([1, 0, 1])
    assert starts == [0, 1, 4]
    assert np.allclose(unpacked(states), np.concatenate([two, one, two]))
    assert stored.of_rows([])[1] == []
    assert stored[[1, 0]].tolist() == vectors[::-1].tolist()
    assert stored[[]].shape == (0, 2)
    found = stored.by_key(text_key("two"))
    assert found.states is not None
    assert np.allclose(unpacked(found.states), two)
    assert found.vector.tolist() == vectors[1].tolist()
    assert text_key("three") not in stored
    assert np.load(tmp_path / "windows.npy").tolist() == vectors.tolist(), "numpy reads them too"
    assert np.load(tmp_path / "states.npy").shape == (4, 3)


def test_a_model_without_states_stores_none(tmp_path: Path) -> None:
    write_vectors(tmp_path, [bytes(16)], lambda _: PackedWindow(np.ones(2, np.float16)), dim=2)
    stored = StoredVectors(tmp_path)
    assert not stored.has_states
    assert stored.by_key(bytes(16)).states is None
    write_vectors(tmp_path, [], lambda _: PackedWindow(np.ones(2, np.float16)), dim=2)
    assert StoredVectors(tmp_path)[[]].shape == (0, 2)


@pytest.mark.parametrize("name", ["windows.npy", "states.npy"])
def test_a_file_that_was_cut_is_noticed_at_once_and_while_it_is_read(tmp_path: Path, name: str) -> None:
    window = PackedWindow(np.ones(4, np.float16), packed(np.ones((1000, 4), np.float32)))
    write_vectors(tmp_path, [bytes([at] * 16) for at in range(9)], lambda _: window, dim=4)
    stored = StoredVectors(tmp_path)
    with (tmp_path / name).open("r+b") as file:
        file.truncate(130)
    with pytest.raises(IndexDamaged, match=name):
        StoredVectors(tmp_path)
    with pytest.raises(IndexDamaged, match=name):
        stored.by_key(bytes([8] * 16))


def test_an_index_holds_vectors_and_states_of_its_windows(retriever: HybridRetriever, embedder: FastEmbedder) -> None:
    hit = retriever.retrieve("cats").hits[0]
    text = window_text(hit.chunk, hit.chunk.windows[0])
    assert len(hit.rows) == len(hit.chunk.windows)
    assert np.allclose(retriever.index.windows[hit.rows[:1]][0], embedder.embed([text])[0], atol=0.001)
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
