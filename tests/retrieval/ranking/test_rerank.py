"""The bundled cross-encoder: what it makes of pairs, and where it stands in a retrieval."""

import pytest

from retrieval.config import Settings, load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError
from retrieval.hybrid import HybridRetriever
from retrieval.ranking.rerank import READER, CrossEncoder, load_rerankers

PERPLEXITY = "Evaluation > Metrics\nPerplexity measures how uncertain a model is about the next token."
PRICES = "Evaluation > Prices\nA million output tokens cost four times as much as a million input tokens."


@pytest.fixture(scope="module")
def reader() -> CrossEncoder:
    return CrossEncoder(READER, depth=8, weight=0.05)


@pytest.mark.parametrize(
    ("question", "answering", "other"),
    [
        ("what does perplexity tell about a model?", PERPLEXITY, PRICES),
        ("what costs more, input or output tokens?", PRICES, PERPLEXITY),
    ],
)
def test_an_answer_scores_above_a_neighbour(reader: CrossEncoder, question: str, answering: str, other: str) -> None:
    yes, no = reader.score(question, [answering, other])
    assert yes > no + 2.0
    assert no < 0.0


def test_a_question_on_the_topic_that_is_not_answered_scores_below_one_that_is(reader: CrossEncoder) -> None:
    (answered,) = reader.score("what does perplexity measure?", [PERPLEXITY])
    (not_answered,) = reader.score("who invented perplexity, and in which year?", [PERPLEXITY])
    assert answered > not_answered


def test_a_score_does_not_depend_on_what_is_read_beside_it(reader: CrossEncoder) -> None:
    alone = [reader.score("what is perplexity?", [text])[0] for text in (PERPLEXITY, PRICES)]
    assert reader.score("what is perplexity?", [PERPLEXITY, PRICES]) == alone
    assert reader.score("what is perplexity?", []) == []
    assert reader.score("long " * 2000, ["words " * 5000])[0] == pytest.approx(0.0, abs=50)


def test_it_reads_the_best_hits_only(retriever: HybridRetriever) -> None:
    hits = retriever.retrieve("what does a token cost?", k=20).hits
    assert all(READER in hit.opinions for hit in hits[: retriever.settings.n_read])


def test_settings_choose_the_rerankers(embedder: FastEmbedder, course_settings: Settings) -> None:
    def names(reranker: str) -> list[str]:
        settings = load_settings(reranker=reranker, n_read=3)
        return [loaded.name for loaded in load_rerankers(settings, embedder)]

    assert names("none") == []
    assert names("late") == ["late"]
    assert names("footnote") == names("auto") == ["late", READER]
    with pytest.raises(ConfigError, match="RERANKER='no/such-model' cannot be loaded"):
        names("no/such-model")
