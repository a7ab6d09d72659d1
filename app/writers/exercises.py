"""Which blocks put a question to the learner, or offer choices for one: known by their form, so in every language."""

import re
from collections.abc import Sequence
from itertools import groupby, takewhile

from app.query.vocabulary import is_exercises_heading
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block

MOST_CHOICES = 8
LEAST_CHOICES = 2
LEAST = 2  # questions of a section that is an exercise
SHARE = 0.75  # of a section's blocks that ask from which all do; of questions with their answers it is half
MARK = re.compile(r"\s*(?:>\s*)*(?:[-*+•◦▪‣]|\(?(?:\d{1,3}|[A-Za-z])[.)])\s+")
_ENDS_ASKING = re.compile(r"[?？؟][\s\"'”’»)\]*_`]*$")
_BLANK = re.compile(r"_{3,}|(?:\\_){3,}")


def posed(text: str, blocks: Sequence[Block], *, title: str = "") -> frozenset[int]:
    """The starts of such blocks, among `blocks` of the document `text`; `title`: the heading above them.

    Between two headings: all, if the first announces exercises and several ask; all from the first question on, if most of them ask or
    are choices; else what has a blank to fill in, is known to ask, or is a choice.
    """
    found: set[int] = set()
    for is_heading, group in groupby(blocks, key=lambda block: block.kind == "heading"):
        section = [block for block in group if block.kind != "boilerplate"]
        if is_heading:
            title = text[section[-1].start : section[-1].end]
        elif is_exercises_heading(title) and sum(_asks(text, block) for block in section) >= LEAST:
            found |= {block.start for block in section}
        else:
            found |= _of_section(text, section)
    return frozenset(found)


def choices(text: str, blocks: Sequence[Block], place: int) -> int:
    """How many of the blocks after a question are its answers to choose from: marked alike, by letter or by number, and
    not as the question is.
    """
    own = _mark(text, blocks[place])
    marks = [_mark(text, block) for block in blocks[place + 1 : place + 1 + MOST_CHOICES]]
    asking = [_asks(text, block) for block in blocks[place + 1 : place + 1 + MOST_CHOICES]]
    alike = [
        bool(mark) and mark == marks[0] and mark != own and not asks for mark, asks in zip(marks, asking, strict=True)
    ]
    count = alike.index(False) if False in alike else len(alike)
    return count if count >= LEAST_CHOICES else 0


def _of_section(text: str, blocks: Sequence[Block]) -> set[int]:
    asking = [place for place, block in enumerate(blocks) if _asks(text, block)]
    offers = {place: set(range(place + 1, place + 1 + choices(text, blocks, place))) for place in asking}
    exercise = set(asking).union(*offers.values())
    if len(asking) >= LEAST and len(exercise) >= SHARE * (len(blocks) - asking[0]):
        return {block.start for block in blocks[asking[0] :]}
    several = sum(bool(offered) for offered in offers.values()) >= LEAST
    sure = {place for place in asking if blocks[place].role == "question" or (several and offers[place])}
    blank = {place for place in asking if _BLANK.search(text, blocks[place].start, blocks[place].end)}
    offered = set[int]().union(*(_on_in_list(blocks, offers[place]) for place in sure if several))
    return {blocks[place].start for place in sure | blank | offered}


def _on_in_list(blocks: Sequence[Block], offered: set[int]) -> set[int]:
    """With what follows in the same list, where more may be asked that has no mark of a question."""
    after = range(max(offered, default=len(blocks)) + 1, len(blocks))
    return offered | set(takewhile(lambda place: blocks[place].kind == "item", after))


def _asks(text: str, block: Block) -> bool:
    """Whether it is known to, or has a blank or ends in a question as at least half of its sentences do."""
    source = text[block.start : block.end]
    if block.role == "question":
        return True
    if not (_ENDS_ASKING.search(source) or _BLANK.search(source)):
        return False
    sentences = [source[start:end] for start, end in sentence_spans(source)]
    asking = [bool(_ENDS_ASKING.search(one) or _BLANK.search(one)) for one in sentences]
    return 2 * sum(asking) >= len(asking)


def _mark(text: str, block: Block) -> str:
    """How a block is marked as one of several: by a digit, a letter, a bullet, or not."""
    found = MARK.match(text[block.start : block.end])
    if found is None:
        return ""
    sign = found.group().strip(" \t\n>(")[:1]
    return "1" if sign.isdigit() else "a" if sign.isalpha() else "-"
