"""Question sets of many fields, each over documents of its own, in one form: what variants of retrieval are compared on.

A set is a folder: a BEIR folder (Thakur et al. 2021: corpus.jsonl, queries.jsonl, qrels/<split>.tsv; perhaps unanswerable.jsonl,
in the form of the queries), or a course (questions.jsonl in the form of `evals.datasets.questions`, with its documents in docs/
or corpora/). Each document of a BEIR folder becomes a Markdown file, its title a heading, and goes through the project's own
ingestion; a document ranks where its best chunk does. As BEIR does, a query's namesake among the documents is left out of its
ranking.
"""

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evals.datasets.gold import Locator
from evals.datasets.questions import GoldQuestion, load_questions, read_json_lines
from evals.search import system
from evals.search.metrics import HALF, judge, measure_run
from evals.search.results import Asked, score
from evals.search.system import System
from retrieval.config import Settings
from retrieval.errors import ConfigError, UnreadableFile
from retrieval.types import Hit, Retrieval

MEASURES = ("R@5", "R@10", "RR@10", "nDCG@10")
DOCUMENTS = ("docs", "corpora")
UNANSWERABLE = "unanswerable.jsonl"


class QuestionSet(Protocol):
    """`queries`: id -> what is searched for, of the questions that have an answer; `unanswerable`: the same of the others."""

    @property
    def name(self) -> str: ...
    @property
    def queries(self) -> Mapping[str, str]: ...
    @property
    def unanswerable(self) -> Mapping[str, str]: ...

    def corpus(self, settings: Settings) -> Path:
        """The folder of the documents."""
        ...

    def measures(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, dict[str, float]]:
        """Query id -> MEASURES."""
        ...

    def without_gold(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, list[Hit]]:
        """Of each query the hits that hold no answer, in order: about what is found where the course does not cover it."""
        ...

    def missing(self, opened: System) -> Mapping[str, Sequence[str]]:
        """Query id -> its gold that is not in the index. It counts as not retrieved, as in trec_eval."""
        ...


@dataclass(frozen=True, slots=True)
class Beir:
    """`queries`: id -> text, those with a positive judgement only. `qrels`: query id -> document id -> grade.

    `unknown`: queries that are judged but not in queries.jsonl; they cannot be asked.
    """

    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]
    unknown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class BeirSet:
    """Documents are what is ranked, by their best chunk. `ids`: of the documents, by the names of their files."""

    name: str
    folder: Path
    beir: Beir
    ids: Mapping[str, str]
    unanswerable: Mapping[str, str]

    @property
    def queries(self) -> Mapping[str, str]:
        return self.beir.queries

    def corpus(self, settings: Settings) -> Path:
        folder = system.place_for(settings, self.folder) / "corpus"
        write_corpus(self.folder, folder)
        return folder

    def measures(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, dict[str, float]]:
        ids = {document: self.ids[path] for document, path in opened.paths.items()}
        run = {query: documents(one, ids, without=query) for query, one in found.items()}
        return measure_run(MEASURES, {query: self.beir.qrels[query] for query in found}, run)

    def without_gold(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, list[Hit]]:
        ids = {document: self.ids[path] for document, path in opened.paths.items()}
        return {
            query: [hit for hit in one.hits if self.beir.qrels[query].get(ids[hit.chunk.document_id], 0) <= 0]
            for query, one in found.items()
        }

    def missing(self, opened: System) -> Mapping[str, Sequence[str]]:
        return unindexed(self.beir, {self.ids[path] for path in opened.paths.values()})


@dataclass(frozen=True, slots=True)
class CourseSet:
    """Chunks are what is ranked, by the gold text they hold. Follow-ups are left out: `evals run` of one set measures them."""

    name: str
    documents: Path
    questions: Mapping[str, GoldQuestion]

    @property
    def queries(self) -> Mapping[str, str]:
        return {name: question.question for name, question in self.questions.items() if question.answerable}

    @property
    def unanswerable(self) -> Mapping[str, str]:
        return {name: question.question for name, question in self.questions.items() if not question.answerable}

    def corpus(self, settings: Settings) -> Path:
        return self.documents

    def measures(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, dict[str, float]]:
        locator = Locator(opened.texts)
        asked = []
        for name, one in found.items():
            gold = locator.gold(self.questions[name])
            judged = judge([hit.chunk for hit in one.hits], gold)
            asked.append(Asked(self.questions[name], one.query, one, 0.0, gold, judged))
        return {one.asked.question.id: {name: one.measures[name] for name in MEASURES} for one in score(asked)}

    def without_gold(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, list[Hit]]:
        locator = Locator(opened.texts)
        rest = {}
        for query, one in found.items():
            grades = judge([hit.chunk for hit in one.hits], locator.gold(self.questions[query])).grades
            rest[query] = [hit for hit, grade in zip(one.hits, grades, strict=True) if grade < HALF]
        return rest

    def missing(self, opened: System) -> Mapping[str, Sequence[str]]:
        locator = Locator(opened.texts)
        gold = {name: locator.gold(question).missing for name, question in self.questions.items()}
        return {name: quotes for name, quotes in gold.items() if quotes}


def load_sets(paths: Iterable[Path], *, split: str) -> list[QuestionSet]:
    """The sets at the paths, each a set's folder or a folder of them, in order. Raises ConfigError where there is none."""
    found: list[QuestionSet] = []
    for path in paths:
        inside = [path] if _is_set(path) else sorted(filter(_is_set, path.iterdir() if path.is_dir() else ()))
        if not inside:
            raise ConfigError(
                f"{path} is no question set and no folder of them. A set has queries.jsonl, corpus.jsonl and qrels/, or "
                f"questions.jsonl and a folder {' or '.join(DOCUMENTS)}."
            )
        found += [_load(folder, split=split) for folder in inside]
    return found


def course_set(questions: Sequence[GoldQuestion], documents: Path, *, name: str) -> CourseSet:
    return CourseSet(name, documents, {question.id: question for question in questions if not question.history})


def is_beir(folder: Path) -> bool:
    return (folder / "corpus.jsonl").is_file()


def _is_set(folder: Path) -> bool:
    return is_beir(folder) or ((folder / "questions.jsonl").is_file() and _documents(folder) is not None)


def _documents(folder: Path) -> Path | None:
    return next((folder / name for name in DOCUMENTS if (folder / name).is_dir()), None)


def _load(folder: Path, *, split: str) -> QuestionSet:
    documents = _documents(folder)
    if documents is not None and (folder / "questions.jsonl").is_file():
        return course_set(load_questions(folder / "questions.jsonl"), documents, name=folder.resolve().name)
    unanswerable = folder / UNANSWERABLE
    loaded = load_beir(folder, split=split)
    for query in loaded.unknown:
        print(f"Not asked: {query}: it is judged, but not in queries.jsonl.", file=sys.stderr)
    return BeirSet(
        name=folder.resolve().name,
        folder=folder,
        beir=loaded,
        ids=document_ids(folder),
        unanswerable=read_queries(unanswerable) if unanswerable.is_file() else {},
    )


def load_beir(folder: Path, *, split: str) -> Beir:
    """Raises UnreadableFile for a missing file, a line that is not of the form, or when no query can be asked."""
    qrels = _qrels(folder / "qrels" / f"{split}.tsv")
    judged = {query: rels for query, rels in qrels.items() if any(grade > 0 for grade in rels.values())}
    texts = read_queries(folder / "queries.jsonl")
    unknown = [query for query in judged if query not in texts]
    known = {query: rels for query, rels in judged.items() if query in texts}
    if not known:
        raise UnreadableFile(
            "beir",
            f"{folder}: none of the {len(judged)} queries with a positive grade in qrels/{split}.tsv is in queries.jsonl. "
            "The ids in both files must be the same.",
        )
    return Beir({query: texts[query] for query in known}, known, unknown)


def read_queries(path: Path) -> dict[str, str]:
    """Query id -> text. Raises UnreadableFile."""
    return {_text(row, "_id", place): _text(row, "text", place) for place, row in _rows(path)}


def document_ids(folder: Path) -> dict[str, str]:
    """Document ids by the names of the files that `write_corpus` makes of them, in order."""
    rows = enumerate(_rows(folder / "corpus.jsonl"))
    return {f"{number:07d}.md": _text(row, "_id", place) for number, (place, row) in rows}


def write_corpus(folder: Path, to: Path) -> dict[str, str]:
    """One Markdown file a document in `to`; file name -> document id. What is in place already stays untouched."""
    names = document_ids(folder)
    to.mkdir(parents=True, exist_ok=True)
    for name, (place, row) in zip(names, _rows(folder / "corpus.jsonl"), strict=True):
        title = " ".join(str(row.get("title") or "").split())
        text = (f"# {title}\n\n" if title else "") + _text(row, "text", place) + "\n"
        path = to / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in to.glob("*.md"):
        if path.name not in names:
            path.unlink()
    return names


def unindexed(beir: Beir, indexed: Collection[str]) -> dict[str, list[str]]:
    """Query id -> its relevant documents that are not in the index."""
    relevant = {query: [name for name, grade in rels.items() if grade > 0] for query, rels in beir.qrels.items()}
    missing = {query: [name for name in names if name not in indexed] for query, names in relevant.items()}
    return {query: names for query, names in missing.items() if names}


def documents(found: Retrieval, ids: Mapping[str, str], *, without: str = "") -> list[str]:
    """Document ids in the order of their best chunks, each once."""
    ranked = dict.fromkeys(ids[hit.chunk.document_id] for hit in found.hits)
    return [name for name in ranked if name != without]


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    return ((f"{path.name}, line {number}", row) for number, row in read_json_lines(path))


def _text(row: Mapping[str, object], field: str, place: str) -> str:
    value = row.get(field)
    if not isinstance(value, (str, int)) or (value == "" and field == "_id"):
        raise UnreadableFile("beir", f'{place}: no text in "{field}": {json.dumps(row)[:80]}. See the BEIR format.')
    return str(value)


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        there = ", ".join(sorted(other.stem for other in path.parent.glob("*.tsv"))) or "none"
        raise UnreadableFile(
            "missing", f"{path} cannot be read ({error}). A BEIR folder has qrels for each --split (here: {there})."
        ) from error
    qrels: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        if (number == 1 and fields[-1].strip().lower() == "score") or not line.strip():
            continue
        if len(fields) != 3 or not fields[2].strip().lstrip("-").isdigit():
            raise UnreadableFile(
                "beir", f"{path.name}, line {number}: not query, document, grade by tabs: {line[:60]!r}"
            )
        qrels.setdefault(fields[0].strip(), {})[fields[1].strip()] = int(fields[2])
    return qrels
