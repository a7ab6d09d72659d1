"""Question sets: JSON lines, one question a line.

    {"id", "question", "kind", "doc", "quotes": [verbatim text that holds the answer],
     "alternatives": [[quotes that do as well], ...], "answer", "split": "dev" | "test"}

Unanswerable questions carry `"answerable": false` and no quotes, follow-ups `"history": [earlier questions]` and, for
reference, `"standalone": the question rewritten`. Fields that are not listed here are ignored.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from retrieval.errors import ConfigError, UnreadableFile

REMEDY = "Correct the line; evals/datasets/questions.py shows the form."


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """What is asked and which text answers it. `doc` names the document the answer was taken from, for grouping."""

    id: str
    question: str
    kind: str = "other"
    doc: str = ""
    answer: str = ""
    quotes: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    history: tuple[str, ...] = ()
    standalone: str = ""
    answerable: bool = True
    split: str = ""

    @property
    def gold(self) -> tuple[tuple[str, ...], ...]:
        """The sets of quotes any one of which answers the question: `quotes` and each of `alternatives`, once each."""
        return tuple(dict.fromkeys(quotes for quotes in (self.quotes, *self.alternatives) if quotes))


def load_questions(path: Path, *, split: str = "all") -> list[GoldQuestion]:
    """The questions of a file, or of all *.jsonl files of a folder in order of their names.

    `split` other than "all" keeps the questions marked so. Raises UnreadableFile, with file and line, for what is not
    a question; ConfigError when no question is left.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    seen: dict[str, str] = {}
    questions = []
    for file in files:
        for number, row in read_json_lines(file):
            place = f"{file.name}, line {number}"
            question = _question(row, place)
            if question.id in seen:
                raise _bad(place, f'the id "{question.id}" is taken already ({seen[question.id]})')
            seen[question.id] = place
            questions.append(question)
    kept = [question for question in questions if split == "all" or question.split == split]
    if not questions:
        raise ConfigError(f"There are no questions in {path}. Name a file or a folder of *.jsonl question sets.")
    if not kept:
        raise ConfigError(
            f"None of the {len(questions)} questions in {path} is marked split={split}. Name another --split."
        )
    return kept


def read_json_lines(file: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Line numbers from 1 and the JSON object of each line that is not blank. Raises UnreadableFile."""
    try:
        # only \n ends a line: JSON strings may hold the other line separators of Unicode as they are
        with file.open(encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _object(line, f"{file.name}, line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile("missing", f"{file} cannot be read ({error}). Name an existing file in UTF-8.") from error


def _object(line: str, place: str) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise _bad(place, f"no JSON ({error.msg} at column {error.colno}): {line.strip()[:60]!r}") from error
    if not isinstance(row, dict):
        raise _bad(place, f"no JSON object: {line.strip()[:60]!r}")
    return row


def _question(row: Mapping[str, object], place: str) -> GoldQuestion:
    quotes = _strings(row, "quotes", place)
    question = GoldQuestion(
        id=_string(row, "id", place, needed=True),
        question=_string(row, "question", place, needed=True),
        kind=_string(row, "kind", place) or "other",
        doc=_string(row, "doc", place),
        answer=_string(row, "answer", place),
        quotes=quotes,
        alternatives=_string_lists(row, "alternatives", place),
        history=_strings(row, "history", place),
        standalone=_string(row, "standalone", place),
        answerable=row.get("answerable", True) is not False,
        split=_string(row, "split", place),
    )
    if question.answerable and not question.gold:
        raise _bad(place, f'question "{question.id}" has no quotes and is not marked "answerable": false')
    return question


def _string(row: Mapping[str, object], field: str, place: str, *, needed: bool = False) -> str:
    value = row.get(field)
    if needed and (value is None or value == ""):
        raise _bad(place, f'a question without "{field}"')
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and field == "id":
        return str(value)
    if not isinstance(value, str):
        raise _bad(place, f'"{field}" is no text: {value!r:.60}')
    return value


def _strings(row: Mapping[str, object], field: str, place: str) -> tuple[str, ...]:
    value = row.get(field) or []
    if not _is_strings(value):
        raise _bad(place, f'"{field}" is no list of texts that are not empty: {value!r:.60}')
    return tuple(value)


def _string_lists(row: Mapping[str, object], field: str, place: str) -> tuple[tuple[str, ...], ...]:
    value = row.get(field) or []
    if not isinstance(value, list) or not all(_is_strings(entry) for entry in value):
        raise _bad(place, f'"{field}" is no list of lists of texts: {value!r:.60}')
    return tuple(tuple(entry) for entry in value)


def _is_strings(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(entry, str) and entry.strip() for entry in value)


def _bad(place: str, problem: str) -> UnreadableFile:
    return UnreadableFile("question", f"{place}: {problem}. {REMEDY}", remedy=REMEDY)
