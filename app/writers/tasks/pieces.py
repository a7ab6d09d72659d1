"""What a part of the course offers to a task: its leading sentences, its definitions, its own summary and its questions.

Told from the layout (kinds and roles of blocks, bold terms, signs), and from headings that announce a summary, a glossary or
a quiz (`app.query.vocabulary.names`). Everything is a span of the document.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from app.query.vocabulary import gives_example, goes_on, names, number_in, numbers, plain, vocabulary, words
from app.types import Citation, Target, TaskKind
from app.writers.exercises import MARK, choices
from app.writers.exercises import posed as asking_blocks
from retrieval.text.markdown import PIPE, fold, plain_inline
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, Document, Section

LEAST = 25  # characters of a sentence that says something; a Chinese one says as much in a third
FIRST_WORDS = 6  # of a sentence, among which a demonstrative points back
FEW_SENTENCES = 3  # of a paragraph
LEAST_OF_NOTE = 8  # words below a heading that say something without a full stop
LEAST_LISTED = 3  # items of a list, or rows of a table, that explain terms
_ASIDE = frozenset({"caption", "checklist", "contents", "diagram", "formula", "links", "note", "question"})
_ENDS = re.compile(r"[.!。！…][\s\"'”’»)\]*_`]*$")
_ASKS = re.compile(r"[?？؟]|_{3,}|(?:\\_){3,}")
_SOURCE = re.compile(  # "Bely, P. Y., & Ray, A. (2003)"
    r"(?:[^\W\d_][\w'’-]*(?: [\w'’-]+)?, (?:[^\W\d_]\.[ -]?){1,4}(?:et al\.?)?,? ?(?:(?:&|and|und|et|y|e) )?){1,20}+\(?(?:1[5-9]|20)\d\d[a-z]?\b"
)
_POINTS = re.compile(r"(?<![(\w])[^\W\d]\w* \d+\.\d+")  # to a figure, which is not said in brackets


Parts = Sequence[tuple[Document, Target]]


@dataclass(frozen=True, slots=True)
class Piece:
    """`document.text[start:end]`, to be quoted. `term`: what it defines, if it does, and whether it is `listed` outside glossaries;
    `leads`: it opens its paragraph. `lines`: what is shown of a list, its lead and its items; `partly`: of some items nothing is.
    """

    document: Document
    start: int
    end: int
    term: str = ""
    leads: bool = False
    listed: bool = False
    lines: tuple[tuple[int, int], ...] = ()
    partly: bool = False

    @property
    def text(self) -> str:
        """The quote as it stands; of a list what is shown of it, each item on a line, as deep as it stands."""
        whole = self.document.text
        if not self.lines:
            return whole[self.start : self.end]
        return "\n".join(_margin(whole, start) + fold(whole[start:end]) for start, end in self.lines)

    @property
    def said(self) -> str:
        """The same, the cells of a row of a table parted by semicolons."""
        whole = self.document.text
        is_row = whole.startswith("|", whole.rfind("\n", 0, self.start) + 1, self.start) and "\n" not in self.text
        return "; ".join(cell.strip() for cell in PIPE.split(self.text)) if is_row else self.text

    @property
    def citation(self) -> Citation:
        return Citation(self.document.id, self.start, self.end, self.document.text[self.start : self.end])


def _margin(text: str, start: int) -> str:
    """The spaces before what begins a line."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return before if before.isspace() else ""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question of the course itself, with the options it gives, if any; `whole` spans both."""

    whole: Piece
    question: str
    options: tuple[Piece, ...] = ()


def sections(document: Document, target: Target) -> list[Section]:
    """The sections with a heading that begin within the target, in order."""
    return [part for part in document.sections if part.path and target.start <= part.start < target.end]


def boxes_of(document: Document, target: Target) -> list[Section]:
    """The boxes of a target: none where they would hold most of it, as where all its headings have a label that comes again."""
    found = [part for part in sections(document, target) if part.start in target.beside - {target.start}]
    held = sum(part.end - part.start for part in found)
    return found if 3 * held < 2 * (target.end - target.start) else []


def is_named(box: Section) -> bool:
    """Whether it has more than the label of all such boxes, "Link to Learning: Maps"; the text may go on below one that has not."""
    return ":" in box.path[-1]


def all_of(document: Document) -> Target:
    """The document from end to end."""
    return Target(document.id, (document.title,), 0, len(document.text))


def leading(document: Document, start: int, end: int) -> Piece | None:
    """The first sentence of a paragraph between two offsets that stands on its own."""
    return next(sentences(document, start, end), None)


def sentences(document: Document, start: int, end: int) -> Iterator[Piece]:
    """Those of paragraphs that state something: no captions, notes, questions or lead-ins."""
    blocks = list(blocks_in(document, start, end))
    asking = asking_blocks(document.text, blocks)
    for place, block in enumerate(blocks):
        source = source_of(document, block)
        if block.kind != "paragraph" or block.role in _ASIDE or block.start in asking or source[:1] == ">":
            continue
        spans = sentence_spans(source)
        if _sets_a_task([source[slice(*span)] for span in spans]):
            continue
        for left, right in spans:
            piece = Piece(document, block.start + left, block.start + right, leads=left == spans[0][0])
            is_note = (
                place > 0
                and blocks[place - 1].kind == "heading"
                and len(source.split()) >= LEAST_OF_NOTE
                and len(spans) == 1
            )
            if states(piece.text) or (is_note and source[-1] not in ":：" and states(f"{source}.")):
                yield piece


def follows(before: Piece, piece: Piece) -> bool:
    """Whether it is the next sentence of the same paragraph."""
    return not piece.leads and not before.document.text[before.end : piece.start].strip()


def _sets_a_task(told: Sequence[str]) -> bool:
    """Whether a short paragraph ends in a question to the learner: "Explain the role of clerks. Do you agree with it?" """
    return len(told) <= FEW_SENTENCES and bool(_ASKS.search(told[-1]))


def headed_by(piece: Piece) -> str:
    """The heading right above it, if it leans on that: "RAG", "It lets the model fetch ..."."""
    document = piece.document
    place = bisect_right(document.blocks, piece.start, key=lambda block: block.start) - 2
    above = document.blocks[place] if piece.leads and place >= 0 and not stands_alone(piece.text) else None
    return source_of(document, above).lstrip("# ") if above and above.kind == "heading" else ""


def stands_alone(text: str) -> bool:
    """Whether a sentence can be understood without the one before it, by its first words, and without another place."""
    told = [plain(word) for word in words(text)]
    begun = [word for word in told if word not in vocabulary("of")]
    points = not (vocabulary("this") - {"that"}).isdisjoint(begun[1:2])  # "through these", "all of these"
    apart = "".join(f" {word} " if word != "," else "," for word in told)
    points = points or not vocabulary("back").isdisjoint(re.findall(r", (\w+) (?=,|$)", apart))  # ", however, "
    points = points or not (vocabulary("such").isdisjoint(begun[1:3]) or gives_example(text))  # "through such ropes"
    points = points or points_back(told[:FIRST_WORDS]) or _only_counts(told)  # "The reason for these"
    leads = bool(told) and told[0] not in vocabulary("back") and text.lstrip()[0] not in '([（“„«"—–'
    return leads and not points and not goes_on(text) and not points_elsewhere(text)


def _only_counts(told: Sequence[str]) -> bool:
    """ "neither of the two" """
    return (
        told[-2:-1] != [] and told[-2] in vocabulary("around") and any(told[-1] in spoken for spoken in numbers()[1:])
    )


def points_elsewhere(text: str) -> bool:
    """Whether it speaks of "this chapter" or "the following", or, other than in brackets, of "Figure 5.1"."""
    told = [plain(word) for word in words(text)]
    return names_part(told) or bool(_POINTS.search(text)) or not vocabulary("ahead").isdisjoint(told)


def points_back(told: Sequence[str]) -> bool:
    """Whether there is a demonstrative among words, other than those that are also articles or begin clauses."""
    others = vocabulary("around") | {"it", "that", "those", "es", "ce"}
    return any(word in vocabulary("this") and word in vocabulary("back") and word not in others for word in told)


def names_part(told: Sequence[str]) -> bool:
    """ "this chapter" """
    return any(
        one in vocabulary("this") and not number_in(one, least=1) and other in vocabulary("parts")
        for one, other in pairwise(told)
    )


def own(kind: TaskKind, document: Document, target: Target) -> list[Section]:
    """The sections of the target whose heading announces what a task of this kind makes, with its first or last word, in order."""
    found = []
    for section in sections(document, target):
        told = [one.group() for one in words(section.path[-1])]
        ends = [" ".join(told[:-1]), " ".join(told[1:])]
        if names(kind, section.path[-1]) and not (len(told) > 2 and all(names(kind, end) for end in ends)):
            found.append(section)
    return found


def exercises(document: Document, target: Target) -> list[Exercise]:
    """Questions in sections that announce a quiz, and in those that hold hardly anything else."""
    quizzes = [
        section
        for section in sections(document, target)
        if names("quiz", section.path[-1]) or _holds_questions(document, section)
    ]
    found: list[Exercise] = []
    blocks = list(blocks_in(document, target.start, target.end))
    last = -1
    for place, block in enumerate(blocks):
        inside = any(section.start <= block.start < section.end for section in quizzes)
        told = inside and block.kind in ("paragraph", "item") and place > last
        if told and _ASKS.search(source_of(document, block)):
            offered = choices(document.text, blocks, place)
            last = place + offered
            start = block.start + mark_length(source_of(document, block))
            question = fold(plain_inline(document.text[start : block.end]))
            options = tuple(_option(document, option) for option in blocks[place + 1 : last + 1])
            found.append(Exercise(Piece(document, start, blocks[last].end), question, options))
    return found


def posed(document: Document) -> list[tuple[int, int]]:
    """From where to where its questions stand, each with the list that follows it, in which more may be asked."""
    found = []
    for one in exercises(document, all_of(document)):
        after = blocks_in(document, one.whole.end, len(document.text))
        end = max((block.end for block in takewhile(lambda block: block.kind == "item", after)), default=one.whole.end)
        found.append((one.whole.start, end))
    return found


def blocks_in(document: Document, start: int, end: int) -> Iterator[Block]:
    return (block for block in document.blocks if start <= block.start < end and block.kind != "boilerplate")


def source_of(document: Document, block: Block) -> str:
    return document.text[block.start : block.end]


def _option(document: Document, block: Block) -> Piece:
    """With its letter or number, without a bullet before it."""
    begun = mark_length(source := source_of(document, block))
    is_bullet = not any(map(str.isalnum, source[:begun]))
    return Piece(document, block.start + begun * is_bullet, block.end)


def unmarked(source: str) -> str:
    """Without its marks: one of a list may have a letter besides."""
    while begun := mark_length(source):
        source = source[begun:]
    return fold(plain_inline(source))


def mark_length(source: str) -> int:
    found = MARK.match(source)
    return found.end() if found else 0


def states(text: str) -> bool:
    wide = sum(char >= "\u2e80" for char in text)
    if text.lstrip("*_ ")[:1] in ",;)" or _SOURCE.match(text):  # the rest of one that was parted within
        return False
    return len(text) + 2 * wide >= LEAST and bool(_ENDS.search(text)) and not _ASKS.search(text) and "://" not in text


def _holds_questions(document: Document, section: Section) -> bool:
    """Whether at least half of what stands below a heading are questions, and two or more."""
    below = [block for block in blocks_in(document, section.start, section.end) if block.kind in ("paragraph", "item")]
    asking = sum(block.role == "question" for block in below)
    return asking >= 2 and 2 * asking >= len(below)
