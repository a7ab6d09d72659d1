"""Questions, each with a text that answers it and texts that do not: what the judge of answerability is shown.

Of the project's own questions (`evals.training.data`), as windows and as runs of sentences, and of question-passage pairs of
many fields (`pairs/` of the training data, without those on what is evaluated). What makes a text hard to judge is that it is near:
another window of the passage, another passage of the document, the one of the source that shares most words with the question, and
a twin. A twin is the right window with a term of the question exchanged for another of its document (or the question so, with the
windows the other way round): each word of the one is in the other, so that no missing word tells which of the two answers.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.training import data

HELD_OUT = frozenset({"psychology", "physics", "computing"})  # fields that are only looked at
REPORTED = ("COVID-QA", "TAT-QA")  # in the names of sources of which an evaluation set is made
HALVED = "SQuAD"  # likewise, of which half of the articles are left out
MOST = 1500  # rows of a source
TELLING = 3.0  # inverse document frequency in its source from which a term is worth exchanging: in one of 20 windows
TWINS = 0.4  # share of questions with one
FAR = 4  # windows of other passages that one may be drawn from
SENTENCES = 3  # that do not answer, in a group of sentences
FEW_WORDS = 4  # a shorter line says nothing
RUN = "notes/organisation"  # sources that say how a course is run: exams, dates, grades
FOREIGN = 48  # questions on that, asked of each source that says nothing of it
_WORD = re.compile(r"\w+(?:[-']\w+)*")


@dataclass(frozen=True)
class Group:
    """A question and texts, each its place, a line break and its words; the first one answers it if `answered`."""

    question: str
    texts: tuple[str, ...]
    answered: bool


@dataclass(frozen=True)
class Row:
    """A question and windows with their place: `right` answers it (none: nothing here does), `near` do not; of `source` there
    are more, which share words with the question.
    """

    source: str
    field: str
    question: str
    answer: str
    right: str
    near: tuple[str, ...]


def groups(folder: Path, rng: random.Random, *, limit: int) -> list[Group]:
    """At most `limit` groups of many fields and half as many of the project's own questions; all on how a course is run."""
    passages, questions = data.load(folder)
    asked = [one for one in questions if not data.is_held_out(passages, one)]
    own = [own_row(passages[one.passage], one) for one in asked]
    fields = pair_rows(folder / "pairs", held_out=False)
    sentences = [group for one in asked for group in of_sentences(passages[one.passage], one, rng)]
    run = [row for row in own if row.source.startswith(RUN)]
    own = [row for row in own if not row.source.startswith(RUN)]
    made = drawn([*of_rows(fields, rng)], limit, rng) + drawn([*of_rows(own, rng), *sentences], limit // 2, rng)
    return [*made, *of_rows(run, rng), *foreign([row.question for row in run], fields + own, rng)]


def drawn(groups: list[Group], limit: int, rng: random.Random) -> list[Group]:
    return rng.sample(groups, min(limit, len(groups)))


def foreign(questions: Sequence[str], rows: Sequence[Row], rng: random.Random) -> Iterator[Group]:
    """Some of the questions on how a course is run, with windows of each source that share words with them and say nothing of it."""
    for texts in by_source(rows).values():
        words = data.BM25(texts)
        for question in rng.sample(list(questions), min(FOREIGN, len(questions))):
            scores = words.scores(question)
            if near := [texts[at] for at in np.argsort(-scores, kind="stable")[:3] if scores[at] > 0]:
                yield Group(question, tuple(near), False)


def by_source(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Their windows, each once."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row.source, {}).update(dict.fromkeys(text for text in (row.right, *row.near) if text))
    return {source: list(texts) for source, texts in found.items()}


def held_out(folder: Path, *, limit: int) -> dict[str, list[Group]]:
    """At most `limit` groups of each field that is held out, drawn by a fixed seed."""
    rng = random.Random(0)
    passages, questions = data.load(folder)
    own = [own_row(passages[one.passage], one) for one in questions if data.is_held_out(passages, one)]
    by_field: dict[str, list[Row]] = {}
    for row in pair_rows(folder / "pairs", held_out=True) + own:
        by_field.setdefault(row.field, []).append(row)
    return {field: drawn([*of_rows(rows, rng)], limit, rng) for field, rows in sorted(by_field.items())}


def own_row(passage: data.TrainingPassage, question: data.TrainingQuestion) -> Row:
    held = [question.holds(span) for span in passage.spans]
    windows = [passage.placed(window) for window in passage.windows]
    right = windows[held.index(max(held))] if question.answered else ""
    near = [window for window, hits in zip(windows, held, strict=True) if not hits]
    answer = " ".join(passage.sentences[at] for at in sorted(question.answer))
    return Row(passage.source, "documentation", question.text, answer, right, _by_words(question.text, near))


def pair_rows(folder: Path, *, held_out: bool) -> list[Row]:
    """English rows of the fields that are held out, or of all others, at most MOST of a source; drawn by a fixed seed."""
    rows: dict[str, list[Row]] = {}
    for name in ("pairs", "unanswerable"):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found = [row for row in map(json.loads, lines) if row["lang"] == "en" and not _is_reported(row)]
        for row in found:
            if (row["field"] in HELD_OUT) == held_out:
                made = _pair_row(row, answered=name == "pairs")
                rows.setdefault(row["source"] + name, []).extend([made] if made else [])
    rng = random.Random(0)
    return [row for of_source in rows.values() for row in rng.sample(of_source, min(MOST, len(of_source)))]


def _is_reported(row: dict[str, Any]) -> bool:
    """Whether its source, or its article there, is one that the models are evaluated on."""
    source = row["source"]
    left_out = HALVED in source and zlib.crc32(row["title"].encode()) % 2 == 1
    return left_out or any(name in source for name in REPORTED)


def _pair_row(row: dict[str, Any], *, answered: bool) -> Row | None:
    """None where it cannot be told which window answers."""
    windows = _windows(row["passage"])
    answer = row.get("answer", "")
    if not answered:
        right, near = "", windows
    elif answer:
        wanted = Counter(data.terms(answer))
        held = [sum((wanted & Counter(data.terms(window))).values()) for window in windows]
        if max(held) < 0.8 * wanted.total():
            return None
        right = windows[held.index(max(held))]
        near = [window for window, hits in zip(windows, held, strict=True) if 2 * hits <= wanted.total()]
    else:
        right, near = windows[0], []  # most begin with what they are about
    question, title = row["question"], row["title"]
    near = [*_by_words(question, near), *(_by_words(question, _windows(text))[0] for text in row.get("negatives", ()))]
    placed = tuple(f"{title}\n{window}" for window in near)
    return Row(row["source"], row["field"], question, answer, right and f"{title}\n{right}", placed)


def _windows(text: str) -> list[str]:
    parts = data.sentences(text)
    return ["\n".join(parts[start:end]) for start, end in data.windows(parts)]


def _by_words(question: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Those that share most words with the question first."""
    asked = set(data.terms(question))
    return tuple(sorted(texts, key=lambda text: -len(asked.intersection(data.terms(text)))))


def of_rows(rows: Sequence[Row], rng: random.Random) -> Iterator[Group]:
    """Each row with what is near; where there is a twin also the twins the other way round."""
    for source, texts in by_source(rows).items():
        words = data.BM25(texts)
        place = {text: at for at, text in enumerate(texts)}
        for row in rows:
            if row.source == source:
                yield from _groups(row, _most_alike(row, words.scores(row.question), texts, place), words, rng)


def _groups(row: Row, far: list[str], words: data.BM25, rng: random.Random) -> Iterator[Group]:
    if not row.right:
        if texts := (*row.near[:2], *far[:1]):
            yield Group(row.question, texts, False)
        return
    swap = exchange(row, words, rng) if rng.random() < TWINS else None
    hard = [swap(row.right)] if swap else list(row.near[:1])
    others = far or list(row.near[1:])
    yield Group(row.question, (row.right, *hard, *rng.sample(others, min(2 - len(hard), len(others)))), True)
    if swap:
        yield Group(swap(row.question), (hard[0], row.right), True)


def _most_alike(row: Row, scores: np.ndarray, texts: Sequence[str], place: dict[str, int]) -> list[str]:
    """Windows of its source that share most with the question, those left out that may answer it as well."""
    own = scores[place[row.right]] if row.right else np.inf
    answer = row.answer.lower()
    found = [
        texts[at]
        for at in np.argsort(-scores)[:50]
        if texts[at] not in (row.right, *row.near)
        and scores[at] <= own
        and not (answer and answer in texts[at].lower())
    ]
    return found[:FAR]


def exchange(row: Row, words: data.BM25, rng: random.Random) -> Callable[[str], str] | None:
    """Puts a term of the question that the right window has in the place of another of its document, of the same form, and
    that one in its place; None where there are no two.

    >>> swap("When did Ada meet Charles?")
    'When did Charles meet Ada?'
    """
    asked, answer = set(data.terms(row.question)), set(data.terms(row.answer))
    inside = [word for word in _telling(row.right, words) if not answer.intersection(data.terms(word))]
    ours = [word for word in inside if asked.issuperset(data.terms(word))]
    rng.shuffle(ours)
    for term in ours:
        near = [word for text in row.near for word in _telling(text, words)]
        for pool in rng.sample([inside, near], 2):
            others = [
                word
                for word in pool
                if _form(word) == _form(term) and not (asked | answer).intersection(data.terms(word))
            ]
            if others:
                return _swap(term, rng.choice(others))
    return None


def _telling(text: str, words: data.BM25) -> list[str]:
    """Words that stand in few windows."""
    return [
        word
        for word in _WORD.findall(text)
        if len(word) > 2 and all(words.idf(term) > TELLING for term in data.terms(word))
    ]


def _form(word: str) -> str:
    """What two words share that can stand for each other: digits, a capital, else the ending."""
    return "0" if word.isdigit() else "A" if word[0].isupper() else word[-2:]


def _swap(one: str, other: str) -> Callable[[str], str]:
    places = {one.lower(): other, other.lower(): one}
    either = re.compile(rf"\b(?:{re.escape(one)}|{re.escape(other)})\b", re.IGNORECASE)
    return lambda text: either.sub(lambda found: places[found[0].lower()], text)


def of_sentences(passage: data.TrainingPassage, question: data.TrainingQuestion, rng: random.Random) -> Iterator[Group]:
    """A run of sentences that answers, and sentences that do not: those with most words of the question, and another."""
    wanted = set(data.terms(question.text))
    others = [
        sentence
        for at, sentence in enumerate(passage.sentences)
        if at not in question.answer and len(sentence.split()) >= FEW_WORDS
    ]
    others.sort(key=lambda sentence: -len(wanted.intersection(data.terms(sentence))))
    wrong = [*others[: SENTENCES - 1], *rng.sample(others[SENTENCES - 1 :], min(1, len(others[SENTENCES - 1 :])))]
    right = [passage.placed("\n".join(rng.choice(_runs(passage, question))))] if question.answered else []
    if wrong:
        yield Group(question.text, (*right, *map(passage.placed, wrong)), question.answered)


def group_batches(made: list[Group], *, size: int, rng: random.Random) -> list[list[Group]]:
    """Groups of like length together, so that little is padded; the batches in random order."""
    rng.shuffle(made)
    out = []
    for start in range(0, len(made), 16 * size):
        pool = sorted(made[start : start + 16 * size], key=lambda group: max(map(len, group.texts)))
        out += [pool[at : at + size] for at in range(0, len(pool), size)]
    rng.shuffle(out)
    return [batch for batch in out if any(group.answered for group in batch)]


def _runs(passage: data.TrainingPassage, question: data.TrainingQuestion) -> list[list[str]]:
    """The sentences that answer, those that follow each other together."""
    runs: list[list[str]] = []
    for at in sorted(question.answer):
        if at - 1 in question.answer:
            runs[-1].append(passage.sentences[at])
        else:
            runs.append([passage.sentences[at]])
    return runs
