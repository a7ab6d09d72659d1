"""A question to an answer: the events, and what is left when a writer fails at any point."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answering.answer import SURE, answer, likelihood_of_being_right
from app.answering.course_search import CourseSearch
from app.answering.tracing import Clock
from app.citations.wording import QUOTING
from app.query.standalone import Standalone
from app.types import (
    AnswerEvent,
    Citation,
    CitationDropped,
    Cited,
    Done,
    Finished,
    Question,
    Reading,
    Searching,
    TextPiece,
    Turn,
    Usage,
    Writing,
)
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.protocols import Writer
from ingest.build import build
from retrieval.config import load_settings
from retrieval.errors import BudgetExceeded, WriterCut, WriterOverloaded
from retrieval.hybrid import HybridRetriever, open_retriever
from retrieval.types import Document, Scope
from tests.app.scripted_writer import ScriptedWriter, done, quoting, saying
from tests.conftest import write_course

QUESTION = Question("How long do cats sleep?")
DOWN = WriterOverloaded("The model could not write the answer: the service is overloaded (529).")
CUT = WriterCut("The model could not write the answer: the connection was lost.")


def events(
    retriever: HybridRetriever, *writers: Writer, question: Question = QUESTION, threshold: float = 0.0
) -> list[AnswerEvent]:
    return list(answer(question, retriever, writers, threshold=threshold))


def test_events_come_in_order_and_the_quote_stands_in_the_document(retriever: HybridRetriever) -> None:
    seen = events(retriever, ExcerptsWriter())
    kinds = [type(event) for event in seen]
    assert kinds[:2] == [Searching, Reading]
    assert set(kinds[2:-1]) == {Writing}
    made = done(seen)
    assert "sixteen hours" in made.text
    assert (made.refused, made.partial, made.notices, made.writer, made.given_before) == (
        "",
        False,
        (),
        "excerpts",
        False,
    )
    for note in made.footnotes:
        text = retriever.index.document(note.document_id).text
        assert text[note.start : note.end] == note.quote
    assert {"retrieval", "writing", "total"} == set(made.timings_ms)
    assert made.timings_ms["total"] >= made.timings_ms["retrieval"] + made.timings_ms["writing"]
    assert made.trace["index"] == retriever.index.name
    assert made.trace["writer_version"] == ExcerptsWriter.version


def test_the_text_only_grows(retriever: HybridRetriever) -> None:
    texts = [event.text for event in events(retriever, ExcerptsWriter()) if isinstance(event, Writing)]
    for earlier, later in pairwise(texts):
        assert later.startswith(earlier)


def test_below_the_threshold_nothing_is_written(retriever: HybridRetriever) -> None:
    writer = ScriptedWriter(quoting())
    made = done(events(retriever, writer, threshold=1.0))
    assert (made.refused, made.text, made.footnotes, made.writer) == ("low confidence", "", (), "")
    assert writer.asked == []
    assert made.nearest[0].path[0].casefold() == "cats"


def test_a_quoting_writer_s_answer_is_unsure_where_confidence_is_low(retriever: HybridRetriever) -> None:
    sure = done(events(retriever, ExcerptsWriter()))
    unsure = done(events(retriever, ExcerptsWriter(), question=Question("How tall is the oldest cat museum?")))
    assert (sure.unsure, sure.confidence >= 0.5) == (False, True)
    assert (unsure.unsure, unsure.confidence >= 0.5, bool(unsure.text)) == (True, False, True)
    model = done(events(retriever, ScriptedWriter(quoting()), question=Question("How tall is the oldest cat museum?")))
    assert not model.unsure  # it has read the passages and would have said so


@pytest.mark.parametrize(("likelihood", "unsure"), [(1.0, False), (0.01, True)])
def test_a_quote_is_unsure_where_its_place_in_the_course_is(
    retriever: HybridRetriever, likelihood: float, unsure: bool
) -> None:
    writer = ScriptedWriter(quoting(finished=Finished(likelihood=likelihood)), name=QUOTING)
    made = done(events(retriever, writer))
    assert made.confidence >= SURE
    assert (made.unsure, made.likelihood >= SURE) == (unsure, not unsure)


@given(st.floats(0, 1), st.floats(0, 1))
def test_no_quote_is_likelier_right_than_the_course_is_to_answer(confidence: float, likelihood: float) -> None:
    assert 0.0 <= likelihood_of_being_right(confidence, likelihood) <= confidence


TIDES = {
    "tides.md": "# Tides\n\nTides are the rise and fall of the sea. They are caused by the gravity of the moon. A spring tide "
    "occurs at new moon and at full moon. The interval between two high tides is 12 hours and 25 minutes.\n",
    "waves.md": "# Waves\n\nWaves are made by wind. Fetch is the distance over which the wind blows. A wave breaks where the "
    "depth is less than about 1.3 times its height.\n",
    "currents.md": "# Currents\n\nThe Gulf Stream carries warm water to the north-east. Deep currents are driven by density: "
    "cold, salty water sinks near Greenland.\n",
}


@pytest.mark.parametrize("documents", [1, 2, 3])
def test_a_course_of_a_few_chunks_answers_without_a_caution(tmp_path: Path, documents: int) -> None:
    with small_course(tmp_path, documents) as small:
        asked = ["What is a spring tide?", "What causes tides?", "Who won the cup?"]
        made = [done(events(small, ExcerptsWriter(), question=Question(one))) for one in asked]
        assert len(small.retrieve("tides").hits) <= documents
    assert [bool(one.refused or one.unsure) for one in made] == [False, False, True]


@pytest.mark.xfail(
    strict=True, reason="the judge takes a detail that is not told for told; see retrieval/models/reader/CARD.md"
)
def test_a_detail_that_a_small_course_does_not_tell_comes_with_a_caution(tmp_path: Path) -> None:
    with small_course(tmp_path, 3) as small:
        made = done(events(small, ExcerptsWriter(), question=Question("Which country has the highest tides?")))
    assert made.refused or made.unsure


@contextmanager
def small_course(folder: Path, documents: int) -> Iterator[HybridRetriever]:
    settings = load_settings(
        corpus=write_course(folder / "corpus", dict(list(TIDES.items())[:documents])),
        index_dir=folder / "index",
        data_dir=folder / "data",
    )
    build(settings)
    with closing(open_retriever(settings)) as small:
        yield small


def test_thanks_are_no_question(retriever: HybridRetriever) -> None:
    thanks = Question("Thanks, great!", (Turn("How long do cats sleep?", "Sixteen hours."),))
    made = done(events(retriever, ExcerptsWriter(), question=thanks))
    assert (made.refused, made.nearest, made.text) == ("no question", (), "")


@pytest.mark.parametrize(
    "question", [Question("   "), Question("How long do cats sleep?", scope=Scope(documents=("no-such-document",)))]
)
def test_where_nothing_is_found_nothing_is_written(retriever: HybridRetriever, question: Question) -> None:
    made = done(events(retriever, ExcerptsWriter(), question=question))
    assert (made.refused, made.nearest) == ("nothing found", ())


@pytest.mark.parametrize("failure", [DOWN, BudgetExceeded("Today's budget is spent: $5.01 of $5.00.")])
def test_a_writer_that_fails_before_its_text_is_replaced(retriever: HybridRetriever, failure: Exception) -> None:
    made = done(events(retriever, ScriptedWriter(saying(TextPiece("  \n"), failure)), ExcerptsWriter()))
    assert made.notices == (str(failure), "This answer is put together from sentences of the course instead.")
    assert (made.writer, made.partial) == ("excerpts", False)
    assert "sixteen hours" in made.text


def test_what_a_writer_left_unfinished_is_kept_with_its_footnotes(retriever: HybridRetriever) -> None:
    def script(passages):  # type: ignore[no-untyped-def]
        yield from list(quoting("Cats sleep a lot.")(passages))[:-1]  # type: ignore[arg-type]
        yield CUT

    made = done(events(retriever, ScriptedWriter(script), ExcerptsWriter()))
    assert made.text == "Cats sleep a lot.[1]"
    assert made.partial
    assert (made.writer, len(made.footnotes)) == ("scripted", 1)
    assert made.notices == (f"This answer is not complete. {CUT}",)


def test_a_partial_answer_that_the_writer_announces_keeps_its_notice(retriever: HybridRetriever) -> None:
    finished = Finished("model-1", partial=True, notices=("This answer is not complete: it reached its length limit.",))
    made = done(events(retriever, ScriptedWriter(quoting(finished=finished)), ExcerptsWriter()))
    assert (made.partial, made.model, made.notices) == (True, "model-1", finished.notices)


@pytest.mark.parametrize(
    ("text", "refused"), [("lexical search by Ada Lovelace", ""), ("search by Ada Lovelace", "low confidence")]
)
def test_what_is_called_by_its_name_is_not_refused(retriever: HybridRetriever, text: str, refused: str) -> None:
    found = replace(retriever.retrieve("lexical search"), query=text, confidence=0.05)
    assert found.hits[0].chunk.section == ("Lexical search",)
    search = CourseSearch(Question(text), Standalone(text), found, Clock(), lambda quote, chunk: False)
    assert search.refuses(0.2) == refused


def test_of_two_questions_each_gets_its_answer(retriever: HybridRetriever) -> None:
    asked = Question("How long do cats sleep? And what does BM25 rank by?")
    made = done(events(retriever, ExcerptsWriter(), question=asked, threshold=0.2))
    assert "sixteen hours" in made.text
    assert "BM25 ranks documents" in made.text
    assert {made.text[start:end].partition(" ")[0] for start, end in made.marked} >= {"Cats", "BM25"}
    assert made.trace["queries"] == ["How long do cats sleep?", "what does BM25 rank by?"]


def test_what_the_course_has_of_two_questions_is_answered_and_what_it_lacks_is_named(
    retriever: HybridRetriever,
) -> None:
    asked = Question("How do I boil an egg? And what does BM25 rank by?")
    made = done(events(retriever, ExcerptsWriter(), question=asked, threshold=0.2))
    assert "BM25 ranks documents" in made.text
    assert made.notices == ("The course does not seem to cover “How do I boil an egg”.",)


def test_a_model_is_given_what_was_found_for_both(retriever: HybridRetriever) -> None:
    writer = ScriptedWriter(saying(Finished()))
    asked = Question("How long do cats sleep? And what does BM25 rank by?")
    seen = events(retriever, writer, question=asked, threshold=0.2)
    found = next(event for event in seen if isinstance(event, Reading)).retrieval
    assert {"Cats", "Search"} <= {passage.document_title for passage in found.passages}


def test_a_writer_may_refuse(retriever: HybridRetriever) -> None:
    finished = Finished("model-1", refused=True, usage=Usage(900, 4, cost=0.002))
    made = done(events(retriever, ScriptedWriter(saying(finished))))
    assert (made.refused, made.text, made.model, made.usage.cost) == ("writer", "", "model-1", 0.002)
    assert made.nearest


def test_the_refusal_of_the_second_writer_still_says_what_happened_to_the_first(retriever: HybridRetriever) -> None:
    refusing = ScriptedWriter(saying(Finished(refused=True)), name="second")
    made = done(events(retriever, ScriptedWriter(saying(DOWN)), refusing))
    assert made.refused == "writer"
    assert made.notices == (str(DOWN), "The second writer made this answer instead.")


def test_a_quote_that_is_not_in_the_course_is_left_out_and_counted(retriever: HybridRetriever) -> None:
    cats = next(iter(retriever.retrieve(QUESTION.text).passages))
    wrong = Citation(cats.document_id, cats.start, cats.start + 10, "Dogs bark at the moon all night.")
    script = saying(
        TextPiece("Dogs bark at the moon all night."), Cited(wrong), CitationDropped("[9] points nowhere"), Finished()
    )
    made = done(events(retriever, ScriptedWriter(script)))
    assert (made.text, made.footnotes, made.dropped) == ("Dogs bark at the moon all night.", (), 2)
    assert made.sentences[0].doubts == ("unsupported",)


def test_a_quote_is_looked_up_in_the_document_too(retriever: HybridRetriever) -> None:
    asked = answer(
        QUESTION,
        retriever,
        [ScriptedWriter(quoting())],
        threshold=0.0,
        documents=lambda name: Document(name, "", "", "another text", ()),
    )
    made = done(asked)
    assert made.footnotes == ()
    assert made.dropped > 0


def test_the_standalone_query_is_searched_for_and_its_cost_is_added(retriever: HybridRetriever) -> None:
    question = Question("and where do they hunt?", (Turn("How long do cats sleep?", "Sixteen hours."),))
    writer = ScriptedWriter(quoting(finished=Finished("model-1", usage=Usage(1000, 50, cost=0.01))))
    rewritten = Standalone("When do cats hunt?", "small-model", Usage(200, 8, cost=0.001))
    seen = list(answer(question, retriever, [writer], threshold=0.0, rewrite=lambda *_: rewritten))
    made = done(seen)
    assert seen[0] == Searching("When do cats hunt?")
    assert writer.asked == [(question, "When do cats hunt?")]
    assert made.searched == "When do cats hunt?"
    assert made.trace["query_by"] == "small-model"
    assert (made.usage.input_tokens, made.usage.output_tokens) == (1200, 58)
    assert made.usage.cost == pytest.approx(0.011)
    assert "rewriting" in made.timings_ms


def test_a_refused_follow_up_is_charged_for_its_rewriting(retriever: HybridRetriever) -> None:
    question = Question("and dogs?", (Turn("How long do cats sleep?", "Sixteen hours."),))
    rewrite = Standalone("How long do dogs sleep?", "small-model", Usage(200, 8, cost=0.001))
    made = done(answer(question, retriever, [], threshold=1.0, rewrite=lambda *_: rewrite))
    assert (made.refused, made.usage.cost) == ("low confidence", 0.001)


def test_a_false_premise_is_answered_with_what_stands_there_and_not_confirmed(retriever: HybridRetriever) -> None:
    question = Question("Why do input tokens cost more than output tokens?")
    made = done(events(retriever, ExcerptsWriter(), question=question))
    assert "Output tokens cost more than input tokens." in made.text
    for note in made.footnotes:
        assert note.quote in retriever.index.document(note.document_id).text


def test_a_scope_is_kept(retriever: HybridRetriever) -> None:
    ids = {title: key for key, title in retriever.index.documents().items()}
    question = Question("How long do cats sleep?", scope=Scope(documents=(ids["Tokens"],)))
    seen = events(retriever, ExcerptsWriter(), question=question)
    assert isinstance(seen[1], Reading)
    assert {passage.document_id for passage in seen[1].retrieval.passages} == {ids["Tokens"]}
    assert isinstance(seen[-1], Done)


def test_a_misspelt_question_is_answered_and_what_was_searched_for_is_said(retriever: HybridRetriever) -> None:
    writer = ScriptedWriter(quoting())
    made = done(events(retriever, writer, question=Question("What is a tokken?")))
    assert made.searched == "What is a token?"
    question, query = writer.asked[0]
    assert question.text == query == "What is a token?"


def test_a_task_without_material_is_answered_on_its_own_topic(retriever: HybridRetriever) -> None:
    asked = Question("give me an example of cats", (Turn("What is BM25?", "A way to rank."),))
    made = done(answer(asked, retriever, [ExcerptsWriter()], threshold=0.0, documents=retriever.index.document))
    assert made.searched == "cats"
    assert {note.path[0] for note in made.footnotes} == {"Cats"}


def test_where_nothing_comes_of_a_task_its_part_is_quoted(retriever: HybridRetriever) -> None:
    asked = Question("make 8 flash cards about cats")
    made = done(answer(asked, retriever, [ExcerptsWriter()], threshold=0.2, documents=retriever.index.document))
    assert made.searched == "Cats"
    assert {note.path[0] for note in made.footnotes} == {"Cats"}


@pytest.mark.parametrize("text", ["an example?", "et un exemple ?"])
def test_an_example_of_what_was_asked_before_is_searched_for_as_one(retriever: HybridRetriever, text: str) -> None:
    asked = Question(text, (Turn("What does BM25 rank dogs by?", "By rare words."),))
    made = done(answer(asked, retriever, [ExcerptsWriter()], threshold=0.0, documents=retriever.index.document))
    assert made.searched == f"What does BM25 rank dogs by? {text}"
