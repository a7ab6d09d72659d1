"""Retrieval over a small indexed course: what is found, in which order, with which trace."""

from dataclasses import replace

import numpy as np
import pytest

from retrieval.encoders.cross_encoder import JUDGED
from retrieval.encoders.embedder import FastEmbedder
from retrieval.hybrid import HybridRetriever
from retrieval.ranking.answerability import confidence, features
from retrieval.ranking.passages import passages, within_budget, without_duplicates
from retrieval.text.markdown import window_text
from retrieval.text.tokenize import count_tokens, word_ids
from retrieval.types import Chunk, Hit, Scope, Unit, Window
from tests.retrieval.reranker_support import ScoredBy


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
    assert first.dense == pytest.approx(max(first.window_scores), abs=1e-3)
    assert first.lexical is not None
    assert first.lexical > 0
    assert first.lexical == max(hit.lexical or 0.0 for hit in found.hits)
    assert 0 < first.fused <= 1
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))
    stages = "spell embed search fuse fetch late judge merge"
    assert [stage.name for stage in found.stages] == stages.split()
    assert first.opinions.keys() == first.scores.keys() == {"late"}
    assert first.score == first.scores["late"]
    assert found.version == retriever.index.name


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


class Illiterate(FastEmbedder):
    """Reads no letter of what has no Latin ones."""

    def known_share(self, text: str) -> float:
        return float(text.isascii())


def test_where_the_encoder_cannot_read_the_question_words_lead(retriever: HybridRetriever) -> None:
    other = HybridRetriever(retriever.index, Illiterate("footnote/study"), retriever.settings)
    found = other.retrieve("猫 sleep")
    assert "late" not in [stage.name for stage in found.stages]
    assert found.hits[0].lexical == max(hit.lexical or 0.0 for hit in found.hits)
    assert "late" in [stage.name for stage in other.retrieve("sleep").stages]


def test_confidence_rises_with_each_view() -> None:
    def chance(cosine: float, lexical: float, late: float | None) -> float:
        opinions = {} if late is None else {"late": late}
        one = replace(hit(1, "x"), dense=cosine, lexical=lexical, opinions=opinions)
        return confidence(features([one], ceiling=20.0))

    unread = [replace(hit(1, "x"), dense=0.5, lexical=5.0, opinions={"late": 0.5})]
    assert confidence(features(unread, ceiling=20.0, unread=True)) < chance(0.5, 5.0, 0.5)
    for late in (None, 0.5):
        assert chance(0.2, 2.0, late) < chance(0.6, 2.0, late)
        assert chance(0.4, 2.0, late) < chance(0.4, 12.0, late)
    assert chance(0.4, 2.0, 0.3) < chance(0.4, 2.0, 0.8)


def test_hits_are_read_while_it_is_unsure_whether_they_answer(
    retriever: HybridRetriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = retriever.retrieve("how long do cats sleep").hits
    assert len(hits) > JUDGED
    for scores, read in (
        ([9.0, 1.0, 2.0], 1),
        ([-20.0, 9.0, 2.0], 1),
        ([-4.0, 9.0, 2.0], 2),
        ([-4.0, -4.5, -5.0], JUDGED),
    ):
        waiting = iter(scores)
        judge = ScoredBy("said", lambda _, texts, say=waiting: [next(say) for _ in texts], depth=JUDGED)
        monkeypatch.setattr(retriever, "judge", judge)
        assert retriever.seen("how long do cats sleep", hits)["read"] == max(scores[:read])
        assert list(waiting) == scores[read:]


def test_what_answers_is_read_as_more_likely_to_in_an_english_course(retriever: HybridRetriever) -> None:
    assert retriever.judge is not None
    near = retriever.retrieve("how long do cats sleep")
    far = retriever.retrieve("who invented cats, and in which year?")
    assert near.features["read"] > far.features["read"]
    assert near.confidence > far.confidence
    assert "read" not in retriever.seen("anything", [])


def test_features_without_hits_are_nought() -> None:
    assert features([], ceiling=0.0) == {
        "cosine": 0.0,
        "words": 0.0,
    }


def test_a_misspelt_question_is_put_right(retriever: HybridRetriever) -> None:
    typed, meant = (retriever.retrieve(f"which costs more, {word} or output?") for word in ("inputt", "input"))
    assert typed.query == meant.query == "which costs more, input or output?"
    assert [hit.chunk.id for hit in typed.hits] == [hit.chunk.id for hit in meant.hits]
    assert (typed.respelled, meant.respelled) == ((("inputt", "input"),), ())


def hit(rank: int, text: str, start: int = 0, section: tuple[str, ...] = ("A",)) -> Hit:
    end = start + len(text)
    chunk = Chunk(
        str(rank), "d", "T", section, start, end, text, (Unit("sentence", start, end),), (Window(start, end),)
    )
    return Hit(replace(chunk, tokens=count_tokens(text), words=word_ids(text)), rank)


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


def test_what_passages_need_to_know_of_a_text_is_in_the_index(retriever: HybridRetriever) -> None:
    for found in retriever.retrieve("how long do cats sleep").hits:
        assert (found.chunk.tokens, found.chunk.words) == (count_tokens(found.chunk.text), word_ids(found.chunk.text))


def test_window_index_points_at_the_best_window(retriever: HybridRetriever) -> None:
    for found in retriever.retrieve("compare the query's vector").hits:
        both = np.asarray(found.window_scores) + np.asarray(found.window_matches)
        assert found.window == int(np.argmax(both))
        assert replace(found, window=0).chunk == found.chunk
