"""Is it a task ("summarise lesson 3", "quiz me") or a question? By the words that name tasks (`app.query.vocabulary`).

The words alone decide nothing: what is left of the sentence has to name a part of the course (`app.query.parts`), or be all that
follows an order. So "what does the quiz ask about fees?" stays a question.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from app.query.followup import without_courtesy
from app.query.vocabulary import (
    bare,
    count_in,
    joined,
    misspelt_names,
    ordered_names,
    plain,
    task_names,
    vocabulary,
    words,
)
from app.types import TaskKind
from retrieval.text.tokenize import STOP_WORDS, stem

MADE: tuple[TaskKind, ...] = ("study guide", "outline", "key points", "summary", "quiz", "cards")  # of a part, whole
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?。！？])(?<!\bv\.)(?<!\bvs\.)\s+")
_APART = re.compile(r"[,:;，：；]\s|\s[–—-]\s")
_LAST = re.compile(r"[,(（，][^,(（，]*$")
FEW_COUNTED = 3  # words of a number and what it counts
NAME = 9  # words of the name of something
FEW = 12  # words of what may be left over after the words of the task


@dataclass(frozen=True, slots=True)
class Wish:
    """A sentence that names a task. `rest`: what it is about, in the learner's words, perhaps nothing.

    `order`: nothing but an order stands before the name of the task; else only a `rest` that names a part of the course
    makes it a task. `beside`: what the next sentence is about, in case that is what names the part.
    """

    kind: TaskKind
    rest: str
    order: bool
    count: int = 0
    beside: str = ""

    @property
    def sides(self) -> tuple[tuple[str, ...], ...]:
        """What is compared, each side as it stands and, if it is a word beside several, as it may be meant.

        >>> Wish("compare", "primary and secondary deviance", True).sides
        (('primary', 'primary deviance'), ('secondary deviance',))
        >>> Wish("compare", "déviance primaire et secondaire", True).sides
        (('déviance primaire',), ('secondaire', 'déviance secondaire'))
        """
        found = [side.split() for side in joined(self.rest, "versus")]
        found = found if len(found) == 2 else [side.split() for side in joined(self.rest)]
        if len(found) == 2 and 1 in map(len, found) and len(found[0]) != len(found[1]):
            first, second = found
            if len(first) == 1:
                return (" ".join(first), " ".join(first + second[1:])), (" ".join(second),)
            return (" ".join(first),), (" ".join(second), " ".join(first[:-1] + second))
        return tuple((" ".join(side),) for side in found)


def wish(text: str) -> Wish | None:
    """The task that a text names, if it names one.

    >>> wish("Can you summarise lesson 3, please?")
    Wish(kind='summary', rest='lesson 3', order=True, count=0, beside='')
    >>> wish("Vulkane: 5 Karteikarten")
    Wish(kind='cards', rest='Vulkane', order=True, count=5, beside='')
    """
    sentences = _BETWEEN_SENTENCES.split(without_courtesy(text))
    for place, sentence in enumerate(sentences):
        found = _wish_of(sentence)
        # "what is 5.4 about? short summary", "cards on bones. 6 of them", "quiz me. tides. 4 questions"
        if found and found.order and len(sentences) > 1:
            before, *after = " ".join(sentences[:place][-1:]), *sentences[place + 1 :]
            counts = [count_in(words(one)[:2]) for one in after]
            told = [about for one, count in zip(after, counts, strict=True) if not count and (about := asked(one))]
            return replace(
                found,
                rest=found.rest or asked(before) or next(iter(told), ""),
                count=found.count or next(filter(None, counts), 0),
                beside=next(iter(told), ""),
            )
    return _wish_of(without_courtesy(text))


def task_word(text: str) -> tuple[TaskKind, int, int] | None:
    """The first task that a text names, and where, unless its clause, or one after it, begins with a word that asks."""
    for kind, pattern in (*ordered_names().items(), *misspelt_names().items()):
        if found := pattern.search(text):
            begun, end = found.span()
            while (after := words(text[end:])[:1]) and task_names()[kind].fullmatch(
                after[0].group()
            ):  # "quiz questions"
                end += after[0].end()
            starts = _clauses(text)
            at = max(start for start in starts if start <= begun)
            first = [plain(word) for start in starts if start >= at for word in words(text[start:])[:1]]
            return None if vocabulary("asking", "questions").intersection(first) else (kind, begun, end)
    return None


def first_clause(text: str) -> str:
    """`"on rivers, please. I have a test"` -> `"on rivers, "`"""
    return text[: [*_clauses(text), len(text)][1]]


def _clauses(text: str) -> list[int]:
    """Where sentences and clauses begin."""
    return sorted({0, *(one.end() for one in chain(_BETWEEN_SENTENCES.finditer(text), _APART.finditer(text)))})


def asked(text: str) -> str:
    """What a question is about: `"what's lesson 5.4 about?"` -> `"lesson 5.4"`."""
    found = words(text)
    leading = _leading(found, vocabulary("openers", "around", "of", "asking"))
    return _stripped(text[found[leading].start() :])[0] if leading < len(found) else ""


def _wish_of(text: str) -> Wish | None:
    other = None
    text = text[: max((word.end() for word in words(text) if plain(word) not in vocabulary("please")), default=0)]
    for kind, pattern in (*ordered_names().items(), *misspelt_names().items()):
        found = pattern.search(text)
        if found is None:
            continue
        begun, end = found.span()
        while again := pattern.search(text, end):  # "quiz me with 5 multiple choice questions on"
            between = words(text[end : again.start()])
            if _leading(between, vocabulary("openers", "around", "of")) < len(between):
                break
            end = again.end()
        one = _before(kind, text[:begun], text[end:], " " in found.group()) or _after(kind, text, begun, end)
        if one and len(words(one.rest)) <= FEW and (one.order or pattern is ordered_names()[kind]):
            if one.order:
                return one
            other = other or one
    about = asked(text)
    sides = joined(about, "versus")
    return other or (Wish("compare", about, True) if len(sides) == 2 and _is_phrase(about) else None)


def _after(kind: TaskKind, text: str, begun: int, end: int) -> Wish:
    """A task whose name stands before what it is about, and after nothing but an order, if it is one."""
    clause = max((apart.end() for apart in _APART.finditer(text, 0, begun)), default=0)  # "I have a test: quiz me"
    before, after = words(text[clause:begun]), words(text[end:])
    openers = vocabulary("openers", "around", "of")
    opening = _leading(before, openers)
    asking = _leading(before, openers | vocabulary("asking")) == len(before) > opening + 1
    is_new = not clause or not before or any(plain(word) in vocabulary("openers") for word in before)
    order = (opening == len(before) and is_new) or (
        asking and [plain(word) in vocabulary("of") for word in after[:1]] == [True]
    )
    count = count_in(words(text[clause:end])[::-1])
    if len(after) > 1 and count_in(after[:1]) and plain(after[1]) in vocabulary("of"):  # "cards (8) on tides"
        return Wish(kind, bare(text[after[1].start() :]), order, count_in(after[:1]))
    last = _LAST.search(text, end)
    told = words(last.group()[1:]) if last else []
    apart = {plain(word) for word in told}.isdisjoint(vocabulary("joiners"))
    if last and apart and 1 < len(told) <= FEW_COUNTED and count_in(told[:1]):  # "hormones, 4 questions"
        return Wish(kind, bare(text[end : last.start()]), order, count or count_in(told))
    return Wish(kind, bare(text[end:]), order, count)


def _before(kind: TaskKind, head: str, tail: str, is_long: bool) -> Wish | None:
    """A task whose name stands after what it is about, with nothing but a number of things behind it: "tides: a quick quiz",
    "tides summary, 4 bullet points", "tides or waves, what is the difference". An order where the first is no sentence.
    """
    small = vocabulary("openers", "around", "of", "asking")
    before, after = words(head), words(tail)
    if before and before[-1].group() == "的":  # what it is of stands before it
        return Wish(kind, head[before[_leading(before, small)].start() : before[-1].start()], True)
    if kind == "compare" and len(Wish(kind, bare(tail), True).sides) < 2 and len(starts := _clauses(head)) > 1:
        apart = Wish(kind, _stripped(head[starts[-2] : starts[-1]], ())[0], True)  # "tides and waves - compare them"
        told = {plain(word) for word in words(head[starts[-1] :]) if len(word.group()) > 1}  # "how r they"
        if len(apart.sides) == 2 and _is_phrase(apart.rest) and told <= small | STOP_WORDS | vocabulary("questions"):
            return apart
    lists = () if kind == "compare" else ("openers",)  # "short bones vs sesamoid bones"
    about, count = _stripped(head, lists)
    left = after[_leading(after, small) :]
    if (kind == "simpler" and (plain(before[0]) in vocabulary("openers") if before else True)) or tail[:1] in ",，":
        left = []  # ", I don't get it"
    if not about or len(left) > 2 * bool(count_in(after) and not count_in(left)):
        return None
    found = words(about)
    begins = vocabulary("around", "of", "asking", "questions") | STOP_WORDS if kind == "compare" else small
    leading = _leading(found, begins)
    about = about[found[min(leading, len(found) - 1)].start() :]
    one = Wish(kind, about, False, count or count_in(after))
    match kind:
        case "compare":
            return replace(one, order=True) if len(one.sides) == 2 and _is_phrase(about) else None
        case "simpler":
            is_apart = head.rstrip()[-1:] in ",，:–-" or plain(before[-1]) in small
            return replace(one, order=is_long or is_apart or plain(before[0]) in vocabulary("openers"))
    return replace(one, order=_is_phrase(about))


def _is_phrase(text: str) -> bool:
    """Whether it may be the name of something and is no sentence, by its small words."""
    told = {plain(word) for word in words(text)} - vocabulary("of", "joiners", "around") - {"an"}
    return told.isdisjoint(STOP_WORDS | vocabulary("asking")) and len(words(text)) <= NAME


def _stripped(text: str, lists: Sequence[str] = ("openers",)) -> tuple[str, int]:
    """Without the small words at its end and a number before them that is no part's, and that number: `"tides: just 4"` -> `("tides",
    4)`, `"lesson 4"` -> `("lesson 4", 0)`.
    """
    found, count = words(text), 0
    small = vocabulary("around", "of", "asking", "questions", *lists) | STOP_WORDS
    while found:
        before = plain(found[-2]) if len(found) > 1 else ""  # "lesson 4", "the rule of four"
        is_name = before in vocabulary("parts") or (before in vocabulary("of") and not plain(found[-1]).isdecimal())
        number = 0 if is_name else count_in(found[-1:])
        if plain(found[-1]) not in small and (count or not number or len(found) == 1):
            break
        count = count or number * (plain(found[-1]) not in small)
        found.pop()
    return (text[found[0].start() : found[-1].end()] if found else ""), count


def _leading(found: Sequence[re.Match[str]], among: Collection[str]) -> int:
    """How many of the first words are among these, or numbers."""
    told = [{plain(word), stem(plain(word))} for word in found]  # "giving" is "give"
    others = (place for place, word in enumerate(found) if told[place].isdisjoint(among) and not count_in([word]))
    return next(others, len(found))
