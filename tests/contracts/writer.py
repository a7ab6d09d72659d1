"""What every writer keeps to."""

from collections.abc import Sequence

from app.types import Cited, Finished, Question, TextPiece
from app.writers.protocols import Writer
from retrieval.text.markdown import fold
from retrieval.types import Passage


def check_writer(writer: Writer, question: Question, passages: Sequence[Passage]) -> None:
    """Something is written, one Finished ends it, every quote stands in a passage at its place; with no passages it
    refuses, and the same question gives the same answer."""
    events = list(writer.write(question, question.text, passages))
    assert isinstance(events[-1], Finished)
    assert [isinstance(event, Finished) for event in events].count(True) == 1
    assert any(isinstance(event, TextPiece) and event.text.strip() for event in events) or events[-1].refused
    for event in events:
        if isinstance(event, Cited):
            cited = event.citation
            assert any(
                passage.document_id == cited.document_id
                and passage.start <= cited.start < cited.end <= passage.end
                and fold(passage.slice(cited.start, cited.end)) == fold(cited.quote)
                for passage in passages
            ), cited
    assert list(writer.write(question, question.text, passages)) == events
    (*_, last) = writer.write(question, question.text, ())
    assert isinstance(last, Finished)
    assert last.refused
    assert writer.name
    assert writer.version
