"""More than one search for a question: what the model is asked, what comes of it, and what happens where it fails."""

import json
import time
from pathlib import Path

import pytest

from app.answering.answer import answer as answered
from app.answering.services import make_rewrite
from app.query.expansion import Expansion, expanding, retrieve_all
from app.query.followup import by_joining
from app.types import Answer, Question, Usage
from evals.datasets.questions import GoldQuestion
from evals.search.sets import course_set
from evals.search.side_by_side import parse_variants, side_by_side
from retrieval.config import Settings
from retrieval.errors import FootnoteError
from retrieval.hybrid import HybridRetriever
from tests.app.writers.writing_support import writer_settings
from tests.conftest import write_course
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Json, Status, Step, answer
from tests.ingest.pipeline_support import ScriptedWriter, done, quoting

BOTH = "How long do cats sleep, and how does BM25 rank documents?"
PARTS = answer(json.dumps({"queries": ["How long do cats sleep?", "How does BM25 rank documents?"]}))


def ask(api: FakeMessagesApi, retriever: HybridRetriever, question: str, kind: str, *steps: Step) -> Answer:
    api.script(*steps)
    settings = writer_settings(api.url, expansion=kind)
    writer = ScriptedWriter(quoting())
    events = answered(Question(question), retriever, [writer], threshold=0.0, rewrite=make_rewrite(settings))
    return done(events)


def test_both_parts_of_a_double_question_are_searched_for(api: FakeMessagesApi, retriever: HybridRetriever) -> None:
    made = ask(api, retriever, BOTH, "parts", PARTS)
    assert made.trace["queries"] == ["How long do cats sleep?", "How does BM25 rank documents?"]
    best = [place for _, place, _ in made.trace["hits"][:2]]  # type: ignore[index]
    assert {place.split(" > ")[0] for place in best} == {"Cats", "Search"}
    assert made.usage.cost > 0
    assert made.confidence == retriever.retrieve(BOTH).confidence  # it was fitted on questions as they are asked
    body = api.asked[0].body
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert body["messages"][0]["content"] == f"<question>{BOTH}</question>"


def test_a_single_question_is_searched_alone(api: FakeMessagesApi, retriever: HybridRetriever) -> None:
    made = ask(api, retriever, "How long do cats sleep?", "parts", answer('{"queries": []}'))
    assert "queries" not in made.trace
    assert [hit[0] for hit in made.trace["hits"]] == [  # type: ignore[index]
        hit.chunk.id for hit in retriever.retrieve("How long do cats sleep?").hits
    ]


def test_a_made_up_answer_is_searched_for_and_shown_to_nobody(api: FakeMessagesApi, retriever: HybridRetriever) -> None:
    imagined = "Output tokens cost more than input tokens,\nso the bill of a long answer is higher."
    made = ask(api, retriever, "Why is it dear to chatter?", "hyde", answer(imagined))
    assert made.trace["queries"] == [" ".join(imagined.split())]
    assert "Price" in str(made.trace["hits"][0][1])  # type: ignore[index]
    assert imagined not in made.text
    assert "format" not in api.asked[0].body["output_config"]


@pytest.mark.parametrize("step", [Status(529), answer("no JSON"), answer('{"queries": 3}')])
def test_where_the_model_fails_the_question_is_searched_alone(
    api: FakeMessagesApi, retriever: HybridRetriever, step: Step
) -> None:
    made = ask(api, retriever, "How long do cats sleep beside BM25?", "parts", step)
    assert made.text
    assert "queries" not in made.trace


def test_a_model_that_is_late_is_not_waited_for(retriever: HybridRetriever) -> None:

    def slow(query: str, person: str = "") -> Expansion:
        time.sleep(0.5)
        return Expansion(("late",))

    rewrite = expanding(by_joining, slow, seconds=0.02)
    assert rewrite(Question(BOTH), retriever).others == ()


def test_what_it_costs_is_counted(retriever: HybridRetriever) -> None:
    def known(query: str, person: str = "") -> Expansion:
        assert person == "ada"
        return Expansion(("one", "two", "three", "four"), Usage(10, 5, cost=0.5))

    asked = expanding(by_joining, known, seconds=5.0)(Question(BOTH, person="ada"), retriever)
    assert asked.others == ("one", "two", "three")
    assert asked.usage == Usage(10, 5, cost=0.5)


def test_a_failure_is_as_if_nothing_was_found(retriever: HybridRetriever) -> None:
    def failing(query: str, person: str = "") -> Expansion:
        raise FootnoteError("spent")

    assert expanding(by_joining, failing, seconds=5.0)(Question(BOTH), retriever).query == BOTH


def test_ranks_are_fused_and_what_several_searches_find_comes_first(retriever: HybridRetriever) -> None:
    queries = ["cats", "How long do cats sleep?", "tokens"]
    found = retrieve_all(retriever.retrieve, queries[0], queries[1:])
    alone = [[hit.chunk.id for hit in retriever.retrieve(query).hits] for query in queries]
    for hit in found.hits:  # Cormack et al. 2009, by hand
        ranks = [ids.index(hit.chunk.id) + 1 for ids in alone if hit.chunk.id in ids]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in ranks))
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))
    assert list(found.hits) == sorted(found.hits, key=lambda hit: (-hit.score, hit.chunk.id))
    assert retrieve_all(retriever.retrieve, "cats", []).hits == retriever.retrieve("cats").hits


def test_the_evals_compare_the_settings_on_recorded_replies(
    api: FakeMessagesApi, settings: Settings, tmp_path: Path
) -> None:
    """Two double questions and one that uses other words than the course; replies as a model might give them."""
    corpus = write_course(
        settings.corpus,
        {
            "pets.md": "# Pets\n\n## Cats\n\nCats sleep up to sixteen hours.\n\n## Dogs\n\nA wet nose catches scents.\n\n## Fish\n\nGills take oxygen out of water.\n\n## Snakes\n\nThe tongue smells the air.\n",
        },
    )
    asked = [
        GoldQuestion("1", "How long do cats sleep and how do fish breathe?", quotes=("Cats sleep up to sixteen hours.", "Gills take oxygen out of water.")),
        GoldQuestion("2", "Compare the nose of a dog with what a snake smells by", quotes=("A wet nose catches scents.", "The tongue smells the air.")),
    ]  # fmt: skip
    parts = {"cats": ["How long do cats sleep?", "How do fish breathe?"], "dog": ["What is a dog's nose good for?", "What does a snake smell with?"]}  # fmt: skip

    def reply(body: Json) -> Step:
        said = body["messages"][0]["content"]
        queries = next(queries for word, queries in parts.items() if word in said)
        if "format" in body["output_config"]:
            return answer(json.dumps({"queries": queries}))
        return answer("Gills let fish breathe while cats sleep." if "cats" in said else "The tongue of a snake smells.")

    api.script(reply)
    own = settings.model_copy(update={"anthropic_api_key": "test-key", "anthropic_base_url": api.url})
    sets = [course_set(asked, corpus, name="pets")]
    variants = parse_variants(["expansion=parts", "expansion=hyde"], own)
    found = side_by_side(sets, own, variants)
    assert {"expansion=parts", "expansion=hyde"} < found["mean"].keys()
    assert found["mean"]["expansion=parts"]["R@5"] >= found["mean"]["default"]["R@5"]
    paid = len(api.asked)
    assert paid == 4
    again = side_by_side(sets, own, variants)
    assert len(api.asked) == paid  # every reply is kept
    assert again["mean"] == found["mean"]
    with pytest.raises(FootnoteError, match="EXPANSION=parts needs a key"):
        side_by_side(sets, replace_key(own), variants)


def replace_key(settings: Settings) -> Settings:
    return settings.model_copy(update={"anthropic_api_key": ""})
