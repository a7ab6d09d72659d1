"""BEIR folders (Thakur et al. 2021): corpus.jsonl, queries.jsonl, qrels/<split>.tsv.

Each document becomes a Markdown file, its title a heading, and goes through the project's own ingestion.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.datasets.questions import read_json_lines
from retrieval.errors import UnreadableFile


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
