"""Answers given again: when, when not, and what they say of it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.answer_cache import AnswerCache, behaviour, key_of, open_cache, program_of
from app.types import Answer, Footnote, Question, Sentence, Turn, Usage
from app.writers.excerpts.writer import ExcerptsWriter
from retrieval.config import Settings
from retrieval.errors import ConfigError, RecordsUnavailable
from retrieval.hybrid import HybridRetriever, open_retriever
from retrieval.types import Scope

NOTE = Footnote(1, "d1", 10, 34, "It measures uncertainty.", ("Notes", "Perplexity"), "It measures uncertainty.", 10)
ANSWER = Answer(
    text="It measures uncertainty.[1]",
    footnotes=(NOTE,),
    sentences=(Sentence(0, 27, (1,)),),
    confidence=0.8,
    writer="Claude",
    model="claude-sonnet-5-5",
    usage=Usage(2000, 80, cost=0.0048),
    timings_ms={"retrieval": 8.0, "writing": 900.0, "total": 908.0},
    trace={"index": "v1", "hits": [["c1", "Notes", 0.9]]},
    suggestions=("And then?",),
)
WHAT = Question("What is perplexity?")
OTHER = Question("What is entropy?")
HISTORY = (Turn("What is a token?", "A piece of text."),)


@pytest.fixture
def cache(tmp_path: Path) -> AnswerCache:
    return AnswerCache(tmp_path / "answers.db", program="p1")


def keep(cache: AnswerCache, question: Question = WHAT, answer: Answer = ANSWER, *, version: str = "v1") -> bool:
    return cache.keep(question, answer, version=version, writer="Claude")


@pytest.mark.parametrize(
    "typed", ["What is perplexity?", "  what is   PERPLEXITY ", "what is perplexity??", "What is perplexity？"]
)
def test_the_same_question_is_answered_again_at_no_cost(cache: AnswerCache, typed: str) -> None:
    assert keep(cache)
    found = cache.find(Question(typed), version="v1")
    assert found is not None
    assert (found.given_before, found.usage, found.notices) == (True, Usage(), ())
    assert set(found.timings_ms) == {"cache", "total"}
    same = replace(found, given_before=False, usage=ANSWER.usage, timings_ms=ANSWER.timings_ms)
    assert same == ANSWER


@pytest.mark.parametrize("question", [OTHER, Question("Could you explain perplexity to me?"), Question("")])
def test_another_question_is_not(cache: AnswerCache, question: Question) -> None:
    keep(cache)
    assert cache.find(question, version="v1") is None


@pytest.mark.parametrize(
    "changed",
    [
        lambda question: replace(question, scope=Scope(documents=("d1",))),
        lambda question: replace(question, scope=Scope(sections=(("d1", "Metrics"),))),
        lambda question: replace(question, history=HISTORY),
        lambda question: replace(question, history=(replace(HISTORY[0], answer="Something else."),)),
    ],
)
def test_never_across_scopes_and_histories(cache: AnswerCache, changed: Callable[[Question], Question]) -> None:
    keep(cache)
    assert cache.find(changed(WHAT), version="v1") is None
    keep(cache, changed(WHAT))
    assert cache.find(changed(WHAT), version="v1") is not None


def test_never_across_index_versions_and_programs(cache: AnswerCache, tmp_path: Path) -> None:
    keep(cache)
    assert cache.find(WHAT, version="v2") is None
    other = AnswerCache(tmp_path / "answers.db", program="p2")
    assert other.find(WHAT, version="v1") is None
    assert AnswerCache(tmp_path / "answers.db", program="p1").find(WHAT, version="v1")


def test_the_order_of_a_scope_does_not_matter() -> None:
    ways = [Question("q", scope=Scope(documents=documents)) for documents in (("a", "b"), ("b", "a"))]
    assert len({key_of(question, version="v", program="p") for question in ways}) == 1


@pytest.mark.parametrize(
    "answer",
    [
        replace(ANSWER, refused="low confidence", text=""),
        replace(ANSWER, partial=True),
        replace(ANSWER, notices=("claude-haiku-5-5 wrote this answer, because ...",)),
        replace(ANSWER, writer="excerpts"),
        replace(ANSWER, given_before=True),
    ],
)
def test_what_is_not_a_whole_answer_by_the_writer_is_not_kept(cache: AnswerCache, answer: Answer) -> None:
    assert not keep(cache, WHAT, answer)
    assert cache.find(WHAT, version="v1") is None


def test_the_latest_answer_to_a_question_counts(cache: AnswerCache) -> None:
    keep(cache)
    keep(cache, answer=replace(ANSWER, text="Newer."))
    found = cache.find(WHAT, version="v1")
    assert found is not None
    assert found.text == "Newer."


def test_the_oldest_make_room(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.db", program="p1", largest=3)
    questions = [Question(f"What is topic {number}?") for number in range(5)]
    for question in questions:
        keep(cache, question)
    assert [cache.find(question, version="v1") is not None for question in questions] == [False] * 2 + [True] * 3


def test_the_program_is_its_settings_and_writers(settings: Settings) -> None:
    writers = [ExcerptsWriter()]
    plain = program_of(settings, writers)
    assert plain == program_of(settings.model_copy(update={"anthropic_api_key": "secret"}), writers)
    assert plain != program_of(settings.model_copy(update={"dense_weight": 0.6}), writers)
    assert plain != program_of(settings, [ExcerptsWriter(), ExcerptsWriter()])


def test_a_program_that_ranks_in_another_way_behaves_in_another_way(
    course_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_retriever(course_settings)) as retriever:
        queries = ["search", "cats"]
        before = behaviour(retriever, queries)
        assert behaviour(retriever, queries) == before
        monkeypatch.setattr(HybridRetriever, "fuse", lambda *found, **_: {hit.id: 0.5 for hit in found[1]})
        assert behaviour(retriever, queries) != before


def test_a_damaged_file_is_begun_anew(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "answers.db").write_bytes(b"this is no database" * 100)
    cache = open_cache(settings, [ExcerptsWriter()])
    assert keep(cache)
    assert cache.find(WHAT, version="v1") is not None


def test_a_folder_that_cannot_be_used_is_a_clear_error(settings: Settings) -> None:
    settings.data_dir.write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match="DATA_DIR"):
        open_cache(settings, [ExcerptsWriter()])


def test_a_broken_file_is_the_callers_matter(cache: AnswerCache, tmp_path: Path) -> None:
    keep(cache)
    for path in tmp_path.glob("answers.db*"):
        path.write_bytes(b"not a database" * 400)
    with pytest.raises(RecordsUnavailable):
        cache.find(WHAT, version="v1")
