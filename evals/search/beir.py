"""A BEIR folder (Thakur et al. 2021) as a question set: corpus.jsonl, queries.jsonl, qrels/<split>.tsv.

Each document becomes a Markdown file, its title a heading, and goes through the project's own ingestion; a document
ranks where its best chunk does. As BEIR does, a query's namesake among the documents is left out of its ranking.
"""

import json
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from evals import stats
from evals.datasets.questions import read_json_lines
from evals.search import refusal
from evals.search.metrics import measure_run
from evals.search.results import SHOWN, latency_of, shown_settings
from evals.search.system import System, build_index, opened, place_for, settings_for
from retrieval.config import Settings
from retrieval.errors import UnreadableFile
from retrieval.types import Json, Retrieval

DEPTH = 200  # chunks asked for, so that about a hundred documents are among them
NAMES = ("R@1", "R@3", "R@5", "R@10", "R@20", "R@100", "RR@10", "nDCG@10", "P@3")


@dataclass(frozen=True, slots=True)
class Beir:
    """`queries`: id -> text, those with a positive judgement only. `qrels`: query id -> document id -> grade.

    `unknown`: queries that are judged but not in queries.jsonl; they cannot be asked.
    """

    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]
    unknown: Sequence[str] = ()


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


def evaluate_beir(folder: Path, settings: Settings, *, split: str) -> Json:
    """Index the folder's corpus, ask its queries, measure documents. The result has the form of `evals.search.results`."""
    beir = load_beir(folder, split=split)
    corpus = place_for(settings, folder) / "corpus"
    names = write_corpus(folder, corpus)
    own = settings_for(settings, corpus)
    build_index(own)
    with opened(own, with_texts=False) as system:
        ids = {document: names[path] for document, path in system.paths.items()}
        rows = _ask(beir, system, ids)
        missing = unindexed(beir, set(ids.values()))
    for query in beir.unknown:
        print(f"Not asked: {query}: it is judged, but not in queries.jsonl.", file=sys.stderr)
    return _result(rows, beir, system, missing, name=folder.resolve().name, split=split)


def unindexed(beir: Beir, indexed: Collection[str]) -> dict[str, list[str]]:
    """Query id -> its relevant documents that are not in the index. They count as not retrieved, as in trec_eval."""
    relevant = {query: [name for name, grade in rels.items() if grade > 0] for query, rels in beir.qrels.items()}
    missing = {query: [name for name in names if name not in indexed] for query, names in relevant.items()}
    return {query: names for query, names in missing.items() if names}


@dataclass(frozen=True, slots=True)
class _Row:
    query: str
    ranking: list[str]
    retrieval: Retrieval
    ms: float


def _ask(beir: Beir, system: System, ids: Mapping[str, str]) -> list[_Row]:
    rows = []
    system.retriever.retrieve(next(iter(beir.queries.values()), ""), k=DEPTH)  # the first one pays for loading
    for query, text in beir.queries.items():
        begun = time.perf_counter()
        found = system.retriever.retrieve(text, k=DEPTH)
        ms = (time.perf_counter() - begun) * 1000.0
        rows.append(_Row(query, documents(found, ids, without=query), found, ms))
    return rows


def documents(found: Retrieval, ids: Mapping[str, str], *, without: str = "") -> list[str]:
    """Document ids in the order of their best chunks, each once."""
    ranked = dict.fromkeys(ids[hit.chunk.document_id] for hit in found.hits)
    return [name for name in ranked if name != without]


def _result(
    rows: Sequence[_Row],
    beir: Beir,
    system: System,
    missing: Mapping[str, Sequence[str]],
    *,
    name: str,
    split: str,
) -> Json:
    measured = measure_run(NAMES, beir.qrels, {row.query: row.ranking for row in rows})
    columns = {name: [measured[row.query][name] for row in rows] for name in NAMES}
    confidences = [row.retrieval.confidence for row in rows]
    return {
        "name": name,
        "split": split,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": system.version,
        "counts": dict(system.counts),
        "n": {"questions": len(rows), "measured": len(rows), "follow_up": 0},
        "measures": {name: stats.mean(values) for name, values in columns.items()},
        "intervals": {name: list(stats.interval(values)) for name, values in columns.items()},
        "binary": {},
        "follow_up": {"n": 0},
        "refusal": refusal.summary(confidences, {}, system.settings.confidence_threshold),
        "latency_ms": latency_of([row.ms for row in rows], [row.retrieval.stages for row in rows]),
        "per_kind": {},
        "per_document": {},
        "quote_missing": {query: list(names) for query, names in missing.items()},
        "lost": _lost(missing, beir, measured),
        "settings": shown_settings(system.settings),
        "per_question": [_per_question(row, beir, measured[row.query]) for row in rows],
    }


def _lost(
    missing: Mapping[str, Sequence[str]], beir: Beir, measured: Mapping[str, Mapping[str, float]]
) -> Mapping[str, object]:
    """The queries none of whose relevant documents is in the index, and the measures without them."""
    lost = [q for q, names in missing.items() if len(names) == sum(grade > 0 for grade in beir.qrels[q].values())]
    kept = [measures for query, measures in measured.items() if query not in lost]
    return {
        "ids": lost,
        "kept": len(kept),
        "measures": {name: stats.mean([measures[name] for measures in kept]) for name in NAMES},
    }


def _per_question(row: _Row, beir: Beir, measures: Mapping[str, float]) -> Json:
    grades = beir.qrels[row.query]
    ranks = (rank for rank, name in enumerate(row.ranking, start=1) if grades.get(name, 0) > 0)
    return {
        "id": row.query,
        "question": beir.queries[row.query],
        "query": beir.queries[row.query],
        "kind": "query",
        "doc": "",
        "answerable": True,
        "follow_up": False,
        "confidence": row.retrieval.confidence,
        "ms": row.ms,
        "rank": next(ranks, None),
        "measures": dict(measures),
        "gold": [[name for name, grade in grades.items() if grade > 0]],
        "hits": [
            {"rank": rank, "document": name, "share": float(grades.get(name, 0))}
            for rank, name in enumerate(row.ranking[:SHOWN], start=1)
        ],
    }


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
