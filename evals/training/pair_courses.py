"""Question-passage pairs made into small courses, so that a writer can learn from answers that it has to find.

    python -m evals.training.pair_courses ../shared/training/pairs/pairs.jsonl.gz OUT

A course a field: the passages of a title (or of a book's chapter) are one Markdown document, in the order of the pool.
Gold is the sentence part that the pool names. Every seventh passage of a document is left out of it: its questions are
near to the course and not answered by it. The books that the reported courses are from are left out.
"""

import argparse
import gzip
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

FIELDS: Mapping[str, Sequence[str]] = {
    "textbooks": (
        "university-physics-bundle", "principles-marketing", "introduction-business", "chemistry-bundle", "astronomy",
        "introduction-anthropology", "us-history", "world-history", "psychology", "principles-finance", "microbiology",
        "introduction-philosophy", "entrepreneurship",
    ),
    "wiki": ("squad", "lost-in-the-middle"),
    "tales": ("FairytaleQAData",),
    "biomed": ("pubmedqa", "COVID-QA"),
    "reports": ("TAT-QA",),
    "french": ("piaf-code",),
}  # fmt: skip
PASSAGES = 240  # of a course
QUESTIONS = 260
UNANSWERED = 70
HELD = 7  # one passage in so many is left out of its document
Row = Mapping[str, str]


def documents(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by the document they go into, in an order that only their names decide."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[" > ".join(row["title"].split(" > ")[:3]) or "untitled"].append(row)
    return dict(sorted(found.items(), key=lambda item: _digest(item[0])))


def text_of(title: str, rows: Sequence[Row]) -> str:
    """The document: each passage once, under the last heading of its title."""
    sections: dict[str, list[str]] = {}
    for row in rows:
        under = sections.setdefault(row["title"], [])
        if row["passage"] not in under and not _is_held(row["passage"]):
            under.append(re.sub(r"^(?=#)", r"\\", row["passage"], flags=re.M))
    parts = [f"# {title.split(' > ')[-1]}"]
    for name, passages in sections.items():
        parts += [*([f"## {name.split(' > ')[-1]}"] if name != title else []), *passages]
    return "\n\n".join(parts) + "\n"


def questions_of(rows: Iterable[Row], file: str) -> Iterator[dict[str, object]]:
    for row in rows:
        asked: dict[str, object] = {"id": row["id"], "question": row["question"], "doc": file}
        if _is_held(row["passage"]):
            yield {**asked, "kind": "near-topic", "answerable": False}
        elif row.get("answer"):
            yield {**asked, "kind": "pair", "quotes": [row["answer"]], "answer": row["answer"]}


def course(rows: Iterable[Row], out: Path) -> None:
    """Writes `docs/` and `questions.jsonl` of one course."""
    (out / "docs").mkdir(parents=True, exist_ok=True)
    made: list[dict[str, object]] = []
    passages = 0
    for number, (title, members) in enumerate(documents(rows).items()):
        if passages > PASSAGES:
            break
        file = f"{number:03d}-{re.sub(r'[^a-z0-9]+', '-', title.lower())[-50:].strip('-')}.md"
        (out / "docs" / file).write_text(text_of(title, members), encoding="utf-8")
        made += questions_of(members, file)
        passages += len({row["passage"] for row in members})
    made.sort(key=lambda asked: _digest(str(asked["id"])))
    answered = [asked for asked in made if asked.get("answerable", True)][:QUESTIONS]
    others = [asked for asked in made if not asked.get("answerable", True)][:UNANSWERED]
    kept = sorted([*answered, *others], key=lambda asked: _digest(str(asked["id"])))
    lines = (json.dumps(asked, ensure_ascii=False) for asked in kept)
    (out / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _is_held(passage: str) -> bool:
    return int(_digest(passage)[:8], 16) % HELD == 0


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    with gzip.open(options.pairs, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for field, sources in FIELDS.items():
        course((row for row in rows if any(source in row["source"] for source in sources)), options.out / field)


if __name__ == "__main__":
    main()
