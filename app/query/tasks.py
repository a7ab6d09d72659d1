"""What is to be done with which part of the course, or nothing where a question is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.query.courtesy import is_courtesy
from app.query.orders import is_order, other_part, part_asked
from app.query.part_names import (
    has_part_word,
    is_anaphoric,
    is_part_number,
    means_course,
    parse_label,
    without_location,
    without_part_words,
)
from app.query.parts import (
    box_starts,
    deepest_part_at,
    named_sub_parts,
    overlaps,
    parts_in_scope,
    whole_documents,
    with_continuation,
)
from app.query.resolution import fullest_heading, resolve_parts
from app.query.spotting import Course, Wish, spotted
from app.query.standalone import context_query
from app.query.vocabulary import ASIDE, known, names, speller
from app.types import Documents, Question, Target, Task, TaskKind, no_documents
from retrieval.hybrid import HybridRetriever
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retriever, Scope

WIDE: tuple[TaskKind, ...] = ("quiz", "cards")  # for which the section of a topic may have too little
NEAR = 3  # hits whose sections are the material on a topic that no heading names


def task_of(question: Question, retriever: Retriever, documents: Documents, *, threshold: float) -> Task | None:
    """The task that a question sets; None for a question, and where the documents cannot be read.

    Nothing said: the chosen scope, else the part of the last answer, else the course. `threshold`: confidence from
    which what the course has on a topic counts as material.
    """
    if documents is no_documents or not isinstance(retriever, HybridRetriever):
        return None
    slips = dict(retriever.speller.correct(question.text.casefold()).changes)  # titles are typed with capitals
    orders = speller().correct(question.text.casefold()).changes
    slips |= {word: meant for word, meant in orders if not retriever.speller.knows(word)}
    slips = {word: meant for word, meant in slips.items() if word not in known()}
    text = re.sub(r"[^\W\d_]+", lambda word: slips.get(word.group().casefold(), word.group()), question.text)
    asked = "" if question.history else part_asked(text)
    is_new = bool(asked) or is_order(text)
    if not is_new and not (other_part(text) and question.history):
        return None
    read = [document for name in retriever.index.documents() if (document := documents(name)) is not None]
    course = _Course(question, retriever, read, threshold)
    wished = Wish("summary", asked) if asked else course.wish(text) if is_new else course.again(other_part(text))
    if wished is None or (asked and is_part_number(asked) and not resolve_parts(asked, read)):  # "what is 3.5?"
        return None
    if wished.sides:
        found = [target for side in wished.sides for target in course.on(side[-1])[:1]]
        return Task("compare", tuple(dict.fromkeys(found)), wished.rest, wished.sides) if found else None
    said, wished = wished.rest, course.at_full_length(wished)
    targets, is_named = course.targets(wished)
    if is_named and len(targets) == 1:
        targets = named_sub_parts(said, with_continuation(targets[0], read), read)
    unnamed = not is_named and (has_part_word(wished.rest) or is_part_number(wished.rest))
    if wished.kind == "example" and not (targets or unnamed):  # what is meant may be all that is asked
        return None
    topic = without_location(without_part_words(wished.rest) if unnamed else wished.rest)
    is_part = is_named and (
        len(targets[0].path) == 1 or parse_label(wished.rest).length > 0 or len(resolve_parts(wished.rest, read)) > 1
    )
    if means_course(wished.rest) or (wished.kind in WIDE and is_part):
        topic = ""
    if is_anaphoric(wished.rest):
        topic = course.before()[0] if wished.kind in ("simpler", "example") else ""
    boxed = box_starts(read)
    targets = tuple(replace(target, beside=boxed[target.document_id]) for target in targets)
    return Task(wished.kind, targets, topic, count=wished.count, unnamed=unnamed, headed=is_named)


@dataclass(frozen=True, slots=True)
class _Course:
    """What an order may be about, as far as the course has it."""

    question: Question
    retriever: HybridRetriever
    documents: Sequence[Document]
    threshold: float

    def wish(self, text: str) -> Wish | None:
        return spotted(text, Course(self.documents, self.retriever, self.question.scope, self.threshold))

    def again(self, name: str) -> Wish | None:
        """The last task, for another part: "the same for 5.2", "and 5.3?"."""
        for turn in reversed(self.question.history):
            if is_order(turn.question):
                same = self.wish(turn.question)
                return (
                    Wish(same.kind, name, same.count)
                    if same and resolve_parts(name, self.documents, exactly=True)
                    else None
                )
            if not other_part(turn.question):
                break
        return None

    def at_full_length(self, wished: Wish) -> Wish:
        """A name with all that its clause says: by the heading that has more of that, or, where no heading has the name, as it stands,
        if that is found more surely.
        """
        name = wished.rest
        if not wished.clause or is_anaphoric(name) or means_course(name) or parse_label(name).length > 0:
            return wished
        if parts := resolve_parts(name, self.documents):
            return replace(wished, rest=fullest_heading(name, wished.clause, parts, self.documents))
        sure = [self.retriever.retrieve(one, scope=self.question.scope).confidence for one in (name, wished.clause)]
        return replace(wished, rest=wished.clause if sure[1] >= sure[0] else name)

    def targets(self, wished: Wish) -> tuple[tuple[Target, ...], bool]:
        """What it is about, and whether that is named."""
        if means_course(wished.rest):
            return whole_documents(self.documents), True
        if is_anaphoric(wished.rest):
            return parts_in_scope(self.documents, self.question.scope) or self.before()[1], True
        found = resolve_parts(wished.rest, self.documents)
        is_topic = wished.kind in WIDE and len(found) == 1 and not parse_label(wished.rest).length > 0
        if is_part_number(wished.rest) or (found and not is_topic):
            return found, bool(found)
        topic = found[0].path[-1] if found else without_part_words(wished.rest)
        near = self.on(topic, found[0].document_id) if found else self.on(topic)
        near = near[:1] if wished.kind == "summary" else near
        if not found and any(_half_named(topic, target) for target in near[:1]):
            return near[:1], True
        return (*found, *(target for target in near if not any(overlaps(target, one) for one in found))), bool(found)

    def before(self) -> tuple[str, tuple[Target, ...]]:
        """What was spoken of last, in an answer if there was one, and its parts; nothing, and all, where that is nothing."""
        turns = [turn for turn in self.question.history if not is_courtesy(turn.question)]
        turns = [turn for turn in turns if turn.answer] or turns
        while turns and (earlier := self.wish(turns[-1].question) or self.again(other_part(turns[-1].question))):
            if not is_anaphoric(earlier.rest):
                parts = self.targets(earlier)[0]
                return "" if is_part_number(earlier.rest) or means_course(earlier.rest) else earlier.rest, parts
            turns.pop()
        asked = context_query(turns)
        return asked, self.on(asked, sure=True)[:1] if asked else whole_documents(self.documents)

    def on(self, topic: str, within: str = "", *, sure: bool = False) -> tuple[Target, ...]:
        """The sections that hold the best hits on a topic, best first, none of them twice; where it is `sure` that the course has it,
        or a document, whatever the confidence.
        """
        scope = Scope(documents=(within,)) if within else self.question.scope
        found = self.retriever.retrieve(topic, scope=scope, k=NEAR)
        if found.confidence < self.threshold and not (sure or within):
            return ()
        by_id = {document.id: document for document in self.documents}
        chunks = [hit.chunk for hit in found.hits[:NEAR] if hit.chunk.document_id in by_id]
        found_in = [deepest_part_at(by_id[chunk.document_id], chunk.start) for chunk in chunks]
        teaching = [target for target in found_in if not any(names(kind, target.path[-1]) for kind in ASIDE)]
        targets: list[Target] = []
        for target in teaching or found_in:
            if not any(overlaps(target, other) for other in targets):
                targets.append(target)
        return tuple(targets)


def _half_named(topic: str, target: Target) -> bool:
    """Whether the heading that a topic was found under has half of its words, two at least: "how the public sees crime"."""
    asked = set(terms(topic))
    return len(shared := asked & set(terms(target.path[-1]))) > 1 and 2 * len(shared) >= len(asked)
