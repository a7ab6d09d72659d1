"""The course's own questions to the learner, with the options they offer."""

from dataclasses import dataclass
from itertools import takewhile

from app.query.vocabulary import announces_task
from app.types import Target
from app.writers.exercises import choices
from app.writers.tasks.pieces import (
    QUESTION_SIGN,
    Piece,
    blocks_in,
    list_marker_length,
    sections_in,
    source_of,
    whole_document,
)
from retrieval.text.markdown import fold, plain_inline
from retrieval.types import Block, Document, Section


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question with its options, if it has any; `whole` spans both."""

    whole: Piece
    question: str
    options: tuple[Piece, ...] = ()


def exercises_in(document: Document, target: Target) -> list[Exercise]:
    """The questions in sections that announce a quiz, and in those that hold hardly anything but questions."""
    quizzes = [
        section
        for section in sections_in(document, target)
        if announces_task("quiz", section.path[-1]) or _holds_questions(document, section)
    ]
    found: list[Exercise] = []
    blocks = list(blocks_in(document, target.start, target.end))
    last_option = -1
    for place, block in enumerate(blocks):
        is_in_quiz = any(section.start <= block.start < section.end for section in quizzes)
        source = source_of(document, block)
        if not is_in_quiz or block.kind not in ("paragraph", "item") or place <= last_option:
            continue
        if QUESTION_SIGN.search(source):
            last_option = place + choices(document.text, blocks, place)
            start = block.start + list_marker_length(source)
            question = fold(plain_inline(document.text[start : block.end]))
            options = tuple(_option(document, option) for option in blocks[place + 1 : last_option + 1])
            found.append(Exercise(Piece(document, start, blocks[last_option].end), question, options))
    return found


def exercise_spans(document: Document) -> list[tuple[int, int]]:
    """Where its questions begin and end, each with the list that follows, in which more may be asked."""
    spans = []
    for exercise in exercises_in(document, whole_document(document)):
        after = blocks_in(document, exercise.whole.end, len(document.text))
        items = takewhile(lambda block: block.kind == "item", after)
        spans.append((exercise.whole.start, max((item.end for item in items), default=exercise.whole.end)))
    return spans


def without_list_markers(source: str) -> str:
    """An option as plain text, without the bullet and the letter that may both stand before it."""
    while length := list_marker_length(source):
        source = source[length:]
    return fold(plain_inline(source))


def _option(document: Document, block: Block) -> Piece:
    """An option with its letter or number, but without a bullet."""
    source = source_of(document, block)
    length = list_marker_length(source)
    is_bullet = not any(map(str.isalnum, source[:length]))
    return Piece(document, block.start + length * is_bullet, block.end)


def _holds_questions(document: Document, section: Section) -> bool:
    """Whether at least two, and at least half, of the blocks below a heading are questions."""
    below = [block for block in blocks_in(document, section.start, section.end) if block.kind in ("paragraph", "item")]
    asking = sum(block.role == "question" for block in below)
    return asking >= 2 and 2 * asking >= len(below)
