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
from typing import Annotated

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from retrieval.errors import ConfigError, UnreadableFile

REMEDY = "Correct the line; evals/datasets/questions.py shows the form."
Texts = tuple[Annotated[str, StringConstraints(pattern=r"\S")], ...]
_FORMS = dict.fromkeys(("quotes", "history"), "list of texts that are not empty") | {
    "alternatives": "list of lists of texts"
}


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """What is asked and which text answers it. `doc` names the document the answer was taken from, for grouping."""

    id: Annotated[str, Field(coerce_numbers_to_str=True)]
    question: str
    kind: str = "other"
    doc: str = ""
    answer: str = ""
    quotes: Texts = ()
    alternatives: tuple[Texts, ...] = ()
    history: Texts = ()
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


_READ: TypeAdapter[GoldQuestion] = TypeAdapter(GoldQuestion)


def _question(row: Mapping[str, object], place: str) -> GoldQuestion:
    try:
        question = _READ.validate_python({name: value for name, value in row.items() if value not in (None, "")})
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        if row.get(field) in (None, ""):
            raise _bad(place, f'a question without "{field}"') from None
        raise _bad(place, f'"{field}" is no {_FORMS.get(field, "text")}: {row[field]!r:.60}') from None
    if question.answerable and not question.gold:
        raise _bad(place, f'question "{question.id}" has no quotes and is not marked "answerable": false')
    return question


def _bad(place: str, problem: str) -> UnreadableFile:
    return UnreadableFile("question", f"{place}: {problem}. {REMEDY}", remedy=REMEDY)
