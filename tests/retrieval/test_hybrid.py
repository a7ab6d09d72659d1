"""Retrieval over a small indexed course: what is found, in which order, with which trace."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from retrieval.hybrid import HybridRetriever
from retrieval.ranking.answerability import FAR, READER, confidence, features
from retrieval.ranking.passages import passages, within_budget, without_duplicates
from retrieval.ranking.rerank import LanguageModelReranker, load_rerankers, reranked
from retrieval.text.embedding_text import window_text
from retrieval.types import Chunk, Hit, Scope, Unit, Window


@pytest.mark.parametrize(
    ("query", "section"),
    [
        ("what is a token?", ()),
        ("which costs more, input or output?", ("Price",)),
        ("ranking documents by shared words", ("Lexical search",)),
        ("BM25", ("Lexical search",)),
        ("how are texts compared by meaning", ("Vector search",)),
        ("how long do cats sleep", ()),
    ],
)
def test_the_right_section_comes_first(retriever: HybridRetriever, query: str, section: tuple[str, ...]) -> None:
    assert retriever.retrieve(query).hits[0].chunk.section == section


def test_a_hit_keeps_the_score_and_rank_of_every_stage(retriever: HybridRetriever) -> None:
    found = retriever.retrieve("BM25 ranks documents")
    first = found.hits[0]
    vector = retriever.embedder.embed_query("BM25 ranks documents")
    best = max(
        float(retriever.embedder.embed([window_text(first.chunk, window)])[0] @ vector)
        for window in first.chunk.windows
    )
    assert first.dense == pytest.approx(best, abs=1e-4)
    assert first.dense == pytest.approx(max(first.window_scores), abs=1e-5)
    assert first.lexical is not None
    assert first.lexical > 0
    assert (first.rank, first.lexical_rank) == (1, 1)
    assert 0 < first.fused <= 1
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))
    stages = "spell embed search fuse fetch late footnote/reader judge cover merge"
    assert [stage.name for stage in found.stages] == stages.split()
    assert first.opinions.keys() == {"late", "footnote/reader"}
    assert found.version == retriever.index.name


def test_fusion_by_rank_is_a_setting(retriever: HybridRetriever) -> None:
    settings = retriever.settings.model_copy(update={"fusion": "rrf"})
    other = HybridRetriever(retriever.index, retriever.embedder, settings)
    found = other.retrieve("BM25 ranks documents")
    assert found.hits[0].fused == pytest.approx(2 / 61)


def test_scope_limits_what_is_found(retriever: HybridRetriever) -> None:
    ids = {title: key for key, title in retriever.index.documents().items()}
    found = retriever.retrieve("tokens", scope=Scope(documents=(ids["Search"],)))
    assert {hit.chunk.document_title for hit in found.hits} == {"Search"}


@pytest.mark.parametrize("query", ["", "   ", "\n"])
def test_an_empty_query_finds_nothing(retriever: HybridRetriever, query: str) -> None:
    found = retriever.retrieve(query)
    assert found.hits == found.passages == ()
    assert found.confidence == 0.0


@pytest.mark.parametrize("query", ["?!", "the of", "\x00", "😀" * 50, "x" * 20_000, "SELECT * FROM t; --"])
def test_odd_queries_do_no_harm(retriever: HybridRetriever, query: str) -> None:
    found = retriever.retrieve(query)
    assert 0.0 <= found.confidence <= 1.0
    assert all(np.isfinite(hit.fused) for hit in found.hits)


def test_the_same_question_gives_the_same_ranking(retriever: HybridRetriever) -> None:
    one, two = (retriever.retrieve("what does a model read?") for _ in range(2))
    assert [hit.chunk.id for hit in one.hits] == [hit.chunk.id for hit in two.hits]
    assert one.confidence == two.confidence


def test_passages_are_slices_of_their_document(retriever: HybridRetriever) -> None:
    for passage in retriever.retrieve("tokens and vectors and cats").passages:
        text = retriever.index.document(passage.document_id).text
        assert text[passage.start : passage.end] == passage.text
        assert all(text[unit.start : unit.end] == passage.slice(unit.start, unit.end) for unit in passage.units)


def test_a_reranker_orders_the_best_hits_and_keeps_their_scores(retriever: HybridRetriever) -> None:
    before = retriever.retrieve("tokens").hits
    backwards = LanguageModelReranker("backwards", lambda _, texts: list(range(len(texts))), depth=3)
    after = reranked("tokens", before, backwards)
    assert [hit.chunk.id for hit in after[:3]] == [hit.chunk.id for hit in reversed(before[:3])]
    assert [hit.chunk.id for hit in after[3:]] == [hit.chunk.id for hit in before[3:]]
    assert after[0].rerank == after[0].opinions["backwards"] == 2.0
    assert after[0].fused == before[2].fused
    assert after[0].opinions["late"] == before[2].opinions["late"]
    none = retriever.settings.model_copy(update={"reranker": "none"})
    assert load_rerankers(none, retriever.embedder) == ()


def test_a_weight_adds_the_opinion_to_the_score_before(retriever: HybridRetriever) -> None:
    before = retriever.retrieve("tokens").hits
    after = reranked("tokens", before, LanguageModelReranker("even", lambda _, texts: [1.0] * len(texts), weight=0.5))
    assert [hit.chunk.id for hit in after] == [hit.chunk.id for hit in before]
    assert [hit.rerank for hit in after] == [pytest.approx((hit.rerank or 0.0) + 0.5) for hit in before]


def test_a_reranker_of_all_windows_chooses_the_one_that_counts() -> None:
    """The window whose score and cosine are best together; its score is the hit's."""
    told = "One. Two. Three."
    units = tuple(Unit("sentence", at, at + size) for at, size in ((0, 4), (5, 4), (10, 6)))
    windows = tuple(Window(unit.start, unit.end) for unit in units)
    chunk = replace(hit(1, told).chunk, units=units, windows=windows)
    before = Hit(chunk, 1, fused=0.5, window=0, window_scores=(0.9, 0.5, 0.8))
    scores = {"One.": 0.1, "Two.": 0.7, "Three.": 0.6}
    seen: list[str] = []

    def judge(query: str, texts: Sequence[str]) -> list[float]:
        seen.extend(texts)
        return [next(score for word, score in scores.items() if text.endswith(word)) for text in texts]

    (best,) = reranked("two?", [before], LanguageModelReranker("each", judge, weight=1.0))
    assert (len(seen), best.window, best.rerank) == (1, 0, 0.6)
    (best,) = reranked("two?", [before], LanguageModelReranker("each", judge, weight=1.0, all_windows=True))
    assert (len(seen), best.window, best.opinions, best.rerank) == (4, 2, {"each": 0.6}, 1.1)


def test_late_interaction_looks_at_less_where_no_states_are_stored(retriever: HybridRetriever) -> None:
    stored, *_ = retriever.rerankers
    (bare,) = load_rerankers(retriever.settings.model_copy(update={"reranker": "late"}), retriever.embedder)
    assert (stored.name, stored.all_windows, bare.all_windows) == ("late", True, False)
    assert stored.depth > bare.depth


def test_a_low_cosine_lowers_confidence_more_than_in_proportion() -> None:
    chances = []
    for cosine in (0.5, 0.4, 0.3, 0.2, 0.1):
        found = features([replace(hit(1, "x"), dense=cosine, opinions={READER: 0.0})])
        assert found["far"] == pytest.approx(max(0.0, FAR - cosine))
        chances.append(confidence(found))
    odds = [math.log(chance / (1 - chance)) for chance in chances]
    steps = [one - other for one, other in pairwise(odds)]
    assert min(steps) > 0
    assert min(steps[2:]) > 1.5 * max(steps[:2])


def test_a_question_is_freed_of_its_frame(retriever: HybridRetriever) -> None:
    framed = retriever.retrieve("What does the course say about cats?")
    assert framed.query == "cats?"
    assert [found.chunk.id for found in framed.hits] == [found.chunk.id for found in retriever.retrieve("cats?").hits]


def test_a_misspelt_question_is_put_right(retriever: HybridRetriever) -> None:
    typed, meant = (retriever.retrieve(f"which costs more, {word} or output?") for word in ("inputt", "input"))
    assert typed.query == meant.query == "which costs more, input or output?"
    assert [hit.chunk.id for hit in typed.hits] == [hit.chunk.id for hit in meant.hits]
    assert typed.stages[0].note == "inputt -> input"
    assert meant.stages[0].note == ""


def hit(rank: int, text: str, start: int = 0, section: tuple[str, ...] = ("A",)) -> Hit:
    end = start + len(text)
    chunk = Chunk(
        str(rank), "d", "T", section, start, end, text, (Unit("sentence", start, end),), (Window(start, end),)
    )
    return Hit(chunk, rank)


def test_neighbours_become_one_passage() -> None:
    found = passages([hit(1, "second part", 12), hit(2, "first part.", 0), hit(3, "elsewhere", 500)], tokens=100)
    assert [(passage.rank, passage.start, passage.end) for passage in found] == [(1, 0, 23), (3, 500, 509)]
    assert found[0].text == "first part.\nsecond part"


def test_chunks_of_other_sections_stay_apart() -> None:
    found = passages([hit(1, "one", 0, ("A",)), hit(2, "two", 4, ("B",))], tokens=100)
    assert len(found) == 2


def test_what_says_the_same_is_left_out() -> None:
    again = hit(2, "tokens cost real money every day!", 900)
    kept = without_duplicates([hit(1, "Tokens cost real money every day."), again, hit(3, "cats sleep")])
    assert [item.rank for item in kept] == [1, 3]


def test_budget_keeps_at_least_the_first() -> None:
    hits = [hit(1, "word " * 50), hit(2, "word " * 50), hit(3, "word")]
    assert [item.rank for item in within_budget(hits, tokens=10)] == [1]
    assert [item.rank for item in within_budget(hits, tokens=101)] == [1, 2, 3]
    assert within_budget([], tokens=10) == []


def test_window_index_points_at_the_best_window(retriever: HybridRetriever) -> None:
    for found in retriever.retrieve("compare the query's vector").hits:
        assert found.window == int(np.argmax(found.window_scores))
        assert replace(found, window=0).chunk == found.chunk
