"""What is to be done with which part of the course, or nothing where a question is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.query.courtesy import is_courtesy
from app.query.orders.course import Course
from app.query.orders.parsing import Order, parse_order
from app.query.orders.recognition import may_be_order, part_in_follow_up, part_in_question
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
    is_aside,
    named_sub_parts,
    overlaps,
    parts_in_scope,
    whole_documents,
    with_continuation,
)
from app.query.resolution import fullest_heading, resolve_parts
from app.query.standalone import context_query
from app.query.vocabulary import known_words, task_speller
from app.types import Documents, Question, Target, Task, TaskKind, no_documents
from retrieval.hybrid import HybridRetriever
from retrieval.text.tokenize import terms
from retrieval.types import Document, Retriever, Scope

NEEDS_MUCH: tuple[TaskKind, ...] = ("quiz", "cards")  # for which the section of a topic may have too little
MAX_TOPIC_HITS = 3  # whose sections are the material on a topic that no heading names


def task_of(question: Question, retriever: Retriever, documents: Documents, *, threshold: float) -> Task | None:
    """The task that a question sets; None for a question, and where the documents cannot be read.

    Where it does not say what it is about: the chosen scope, otherwise the parts of the last answer, otherwise the course. `threshold`:
    confidence from which what the course has on a topic counts as material.
    """
    if documents is no_documents or not isinstance(retriever, HybridRetriever):
        return None
    text = _respelled(question.text, retriever)
    asked_part = "" if question.history else part_in_question(text)
    is_new = bool(asked_part) or may_be_order(text)
    if not is_new and not (part_in_follow_up(text) and question.history):
        return None
    read = [document for name in retriever.index.documents() if (document := documents(name)) is not None]
    resolver = _Resolver(question, retriever, read, threshold)
    order: Order | None
    if asked_part:
        is_unknown = is_part_number(asked_part) and not resolve_parts(asked_part, read)  # "what is 3.5?"
        order = None if is_unknown else Order("summary", asked_part)
    else:
        order = resolver.parse(text) if is_new else resolver.repeat_last_for(part_in_follow_up(text))
    if order is None:
        return None
    return resolver.comparison(order) if order.sides else resolver.task(order)


def _respelled(text: str, retriever: HybridRetriever) -> str:
    """With the spelling put right by the course's words and, where it does not know a word, by those that name tasks; words that name
    tasks are kept. Titles are typed with capitals, which the speller takes for names: so both look at lower case.
    """
    corrections = dict(retriever.speller.correct(text.casefold()).changes)
    of_tasks = task_speller().correct(text.casefold()).changes
    corrections |= {word: correct for word, correct in of_tasks if not retriever.speller.knows(word)}
    corrections = {word: correct for word, correct in corrections.items() if word not in known_words()}
    return re.sub(r"[^\W\d_]+", lambda word: corrections.get(word.group().casefold(), word.group()), text)


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Orders resolved to parts of the course."""

    question: Question
    retriever: HybridRetriever
    documents: Sequence[Document]
    threshold: float

    def parse(self, text: str) -> Order | None:
        return parse_order(text, Course(self.documents, self.retriever, self.question.scope, self.threshold))

    def repeat_last_for(self, name: str) -> Order | None:
        """The last task, for another part: "the same for 5.2", "and 5.3?"."""
        for turn in reversed(self.question.history):
            if may_be_order(turn.question):
                order = self.parse(turn.question)
                is_part = order and resolve_parts(name, self.documents, exactly=True)
                return Order(order.kind, name, order.count) if order and is_part else None
            if not part_in_follow_up(turn.question):
                break
        return None

    def comparison(self, order: Order) -> Task | None:
        best = (self.sections_on(side[-1])[:1] for side in order.sides)
        targets = tuple(dict.fromkeys(target for found in best for target in found))
        return Task("compare", targets, order.mention, order.sides) if targets else None

    def task(self, order: Order) -> Task | None:
        kind, typed = order.kind, order.mention
        mention = self._expanded_mention(order)
        targets, is_named = self.targets(kind, mention)
        if is_named and len(targets) == 1:
            targets = named_sub_parts(typed, with_continuation(targets[0], self.documents), self.documents)
        is_unknown_part = not is_named and (has_part_word(mention) or is_part_number(mention))
        if kind == "example" and not (targets or is_unknown_part):  # what is meant may be all that is asked
            return None
        boxes = box_starts(self.documents)
        return Task(
            kind,
            tuple(replace(target, beside=boxes[target.document_id]) for target in targets),
            self._topic(kind, mention, targets, is_named=is_named, is_unknown_part=is_unknown_part),
            count=order.count,
            unnamed=is_unknown_part,
            headed=is_named,
        )

    def _topic(
        self, kind: TaskKind, mention: str, targets: Sequence[Target], *, is_named: bool, is_unknown_part: bool
    ) -> str:
        """What the task is about within its parts; empty where it is about all that they say."""
        if is_anaphoric(mention):
            return self.last_mention()[0] if kind in ("simpler", "example") else ""
        is_whole_part = is_named and (
            len(targets[0].path) == 1
            or parse_label(mention).length > 0
            or len(resolve_parts(mention, self.documents)) > 1
        )
        if means_course(mention) or (kind in NEEDS_MUCH and is_whole_part):
            return ""
        return without_location(without_part_words(mention) if is_unknown_part else mention)

    def _expanded_mention(self, order: Order) -> str:
        """The mention with all that its clause says: if that names parts in full, as the heading that has more of that or, where no heading has the mention, the clause,
        if that is found with at least its confidence.
        """
        name = order.mention
        if not order.clause or is_anaphoric(name) or means_course(name) or parse_label(name).length:
            return name
        if resolve_parts(order.clause, self.documents, exactly=True):
            return order.clause
        if parts := resolve_parts(name, self.documents):
            return fullest_heading(name, order.clause, parts, self.documents)
        of_name, of_clause = (
            self.retriever.retrieve(text, scope=self.question.scope).confidence for text in (name, order.clause)
        )
        return order.clause if of_clause >= of_name else name

    def targets(self, kind: TaskKind, mention: str) -> tuple[tuple[Target, ...], bool]:
        """The parts that a task is about, and whether they are named."""
        if means_course(mention):
            return whole_documents(self.documents), True
        if is_anaphoric(mention):
            return parts_in_scope(self.documents, self.question.scope) or self.last_mention()[1], True
        named = resolve_parts(mention, self.documents)
        needs_more = kind in NEEDS_MUCH and len(named) == 1 and not parse_label(mention).length
        if is_part_number(mention) or (named and not needs_more):
            return named, bool(named)
        if named:
            near = self.sections_on(named[0].path[-1], named[0].document_id)
            return (*named, *(target for target in near if not any(overlaps(target, part) for part in named))), True
        topic = without_part_words(mention)
        near = self.sections_on(topic)
        is_half_named = any(_has_half_of(topic, target.path[-1]) for target in near[:1])
        return near[:1] if is_half_named or kind == "summary" else near, is_half_named

    def last_mention(self) -> tuple[str, tuple[Target, ...]]:
        """What was spoken of last, in an answer if there was one, and its parts; for a part as a whole no words, and without a history
        all documents.
        """
        turns = [turn for turn in self.question.history if not is_courtesy(turn.question)]
        turns = [turn for turn in turns if turn.answer] or turns
        while turns:
            last = turns[-1].question
            order = self.parse(last) or self.repeat_last_for(part_in_follow_up(last))
            if order is None:
                break
            if not is_anaphoric(order.mention):
                is_whole_part = is_part_number(order.mention) or means_course(order.mention)
                return "" if is_whole_part else order.mention, self.targets(order.kind, order.mention)[0]
            turns.pop()
        query = context_query(turns)
        return query, self.sections_on(query, is_covered=True)[:1] if query else whole_documents(self.documents)

    def sections_on(self, topic: str, document_id: str = "", *, is_covered: bool = False) -> tuple[Target, ...]:
        """The sections of the best hits on a topic, best first, without those that overlap a better one; none where the course does not
        cover it, unless this is known (`is_covered`) or a document is given. Sections that test or repeat only where there are no others.
        """
        scope = Scope(documents=(document_id,)) if document_id else self.question.scope
        retrieval = self.retriever.retrieve(topic, scope=scope, k=MAX_TOPIC_HITS)
        if retrieval.confidence < self.threshold and not (is_covered or document_id):
            return ()
        by_id = {document.id: document for document in self.documents}
        chunks = [hit.chunk for hit in retrieval.hits[:MAX_TOPIC_HITS] if hit.chunk.document_id in by_id]
        sections = [deepest_part_at(by_id[chunk.document_id], chunk.start) for chunk in chunks]
        teaching = [section for section in sections if not is_aside(section.path[-1])]
        targets: list[Target] = []
        for target in teaching or sections:
            if not any(overlaps(target, other) for other in targets):
                targets.append(target)
        return tuple(targets)


def _has_half_of(topic: str, heading: str) -> bool:
    """Whether a heading has half of a topic's words, two at least: "how the public sees crime"."""
    topic_terms = set(terms(topic))
    shared = topic_terms & set(terms(heading))
    return len(shared) > 1 and 2 * len(shared) >= len(topic_terms)
