"""Question sets of many fields, each over documents of its own, in one form: what variants of retrieval are compared on.

A set is a folder: a BEIR folder (see `evals.datasets.beir`; perhaps with unanswerable.jsonl, in the form of the queries), or a
course (questions.jsonl in the form of `evals.datasets.questions`, with its documents in docs/ or corpora/). In a BEIR folder a
document ranks where its best chunk does. As BEIR does, a query's namesake among the documents is left out of its ranking.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.datasets.beir import Beir, document_ids, load_beir, read_queries, write_corpus
from evals.datasets.questions import GoldQuestion, load_questions
from evals.search import system
from evals.search.metrics import HALF, judge, measure_run
from evals.search.results import QuestionRun, scored
from evals.search.system import System
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.types import Hit, Retrieval

MEASURES = ("R@5", "R@10", "RR@10", "nDCG@10")
DOCUMENTS = ("docs", "corpora")
UNANSWERABLE = "unanswerable.jsonl"


@dataclass(frozen=True, slots=True)
class BeirSet:
    """Documents are what is ranked, by their best chunk. `ids`: of the documents, by the names of their files. `unanswerable`: id
    -> question, as `queries` of those that have an answer."""

    name: str
    folder: Path
    beir: Beir
    ids: Mapping[str, str]
    unanswerable: Mapping[str, str]

    @property
    def queries(self) -> Mapping[str, str]:
        return self.beir.queries

    def corpus(self, settings: Settings) -> Path:
        """The folder of the documents."""
        folder = system.place_for(settings, self.folder) / "corpus"
        write_corpus(self.folder, folder)
        return folder

    def measures(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, dict[str, float]]:
        """Query id -> MEASURES."""
        ids = {document: self.ids[path] for document, path in opened.paths.items()}
        run = {query: documents(one, ids, without=query) for query, one in found.items()}
        return measure_run(MEASURES, {query: self.beir.qrels[query] for query in found}, run)

    def without_gold(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, list[Hit]]:
        """Of each query the hits that hold no answer, in order: about what is found where the course does not cover it."""
        ids = {document: self.ids[path] for document, path in opened.paths.items()}
        return {
            query: [hit for hit in one.hits if self.beir.qrels[query].get(ids[hit.chunk.document_id], 0) <= 0]
            for query, one in found.items()
        }

    def missing(self, opened: System) -> Mapping[str, Sequence[str]]:
        """Query id -> its gold that is not in the index. It counts as not retrieved, as in trec_eval."""
        indexed = {self.ids[path] for path in opened.paths.values()}
        relevant = {
            query: [name for name, grade in rels.items() if grade > 0] for query, rels in self.beir.qrels.items()
        }
        missing = {query: [name for name in names if name not in indexed] for query, names in relevant.items()}
        return {query: names for query, names in missing.items() if names}


@dataclass(frozen=True, slots=True)
class CourseSet:
    """As `BeirSet`; chunks are what is ranked, by the gold text they hold. Follow-ups are left out: `evals run` of one set measures them."""

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
        runs = []
        for name, retrieval in found.items():
            gold = opened.locator.gold(self.questions[name])
            judged = judge([hit.chunk for hit in retrieval.hits], gold)
            runs.append(QuestionRun(self.questions[name], retrieval.query, retrieval, 0.0, gold, judged))
        return {run.question.id: {name: run.measures[name] for name in MEASURES} for run in scored(runs)}

    def without_gold(self, found: Mapping[str, Retrieval], opened: System) -> dict[str, list[Hit]]:
        rest = {}
        for query, one in found.items():
            grades = judge([hit.chunk for hit in one.hits], opened.locator.gold(self.questions[query])).grades
            rest[query] = [hit for hit, grade in zip(one.hits, grades, strict=True) if grade < HALF]
        return rest

    def missing(self, opened: System) -> Mapping[str, Sequence[str]]:
        gold = {name: opened.locator.gold(question).missing for name, question in self.questions.items()}
        return {name: quotes for name, quotes in gold.items() if quotes}


QuestionSet = BeirSet | CourseSet


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


def documents(found: Retrieval, ids: Mapping[str, str], *, without: str = "") -> list[str]:
    """Document ids in the order of their best chunks, each once."""
    ranked = dict.fromkeys(ids[hit.chunk.document_id] for hit in found.hits)
    return [name for name in ranked if name != without]
