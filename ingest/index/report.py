"""What a build saw: per document what was found and what looks wrong, and what was skipped. Kept as health.json.

python -m ingest.index.report
"""

import re
import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import islice, takewhile, zip_longest
from textwrap import shorten

from retrieval.config import load_settings
from retrieval.errors import exit_status
from retrieval.index import versions
from retrieval.text.display import counted, listed, together
from retrieval.text.language import is_gibberish
from retrieval.text.markdown import fold
from retrieval.text.tokenize import count_tokens
from retrieval.types import Chunk, Document, Json, Section

LONG_SECTION = 3000  # tokens
SHORT_SECTION = 8
NOUNS = {
    "sections": "section",
    "chunks": "chunk",
    "items": "list item",
    "code": "code block",
    "rows": "table row",
    "boilerplate": "piece of boilerplate",
}
SHOWN = 5  # places of one kind that are listed
NAMED = 20  # files with the same fault
_MOJIBAKE = re.compile(r"Ã[\x80-\xbf¡-¿]|â€[™œ\x9d“”¦˜]|Â[\xa0°»«]|\ufffd")


def document_health(document: Document, chunks: Sequence[Chunk]) -> Json:
    """Counts of what was found, characters that are in no chunk, and suspicious places."""
    kinds = Counter(block.kind for block in document.blocks)
    return {
        "id": document.id,
        "path": document.path,
        "title": document.title,
        "sections": len(document.sections),
        "chunks": len(chunks),
        "windows": sum(len(chunk.windows) for chunk in chunks),
        "items": kinds["item"],
        "code": kinds["code"],
        "rows": kinds["row"],
        "boilerplate": kinds["boilerplate"],
        "characters": _visible(document.text),
        "uncovered": uncovered(document, chunks),
        "suspicious": list(suspicious(document)),
    }


def uncovered(document: Document, chunks: Sequence[Chunk]) -> int:
    """Characters, white space aside, that lie in no chunk and in no reported boilerplate."""
    spans = [(chunk.start, chunk.end) for chunk in chunks]
    spans += [(block.start, block.end) for block in document.blocks if block.kind == "boilerplate"]
    count, position = 0, 0
    for start, end in sorted(spans):
        if start > position:
            count += _visible(document.text[position:start])
        position = max(position, end)
    return count + _visible(document.text[position:])


def suspicious(document: Document) -> Iterable[Json]:
    """Places worth a look: very long or short sections, text of no language, broken encoding."""
    found: dict[str, list[Json]] = defaultdict(list)
    for section in _leaves(document.sections):
        size = count_tokens(document.text[section.start : section.end])
        if size > LONG_SECTION:
            found["long section"].append(_place(section, counted(size, "token")))
        elif size < SHORT_SECTION:
            found["short section"].append(_place(section, counted(size, "token")))
    for section in _leaves(document.sections):
        paragraphs = _paragraphs(document, section)
        if is_gibberish(paragraphs):
            found["no words of any known language"].append(_place(section, shorten(" ".join(paragraphs), 60)))
    for match in _MOJIBAKE.finditer(document.text):
        around = document.text[max(0, match.start() - 30) : match.end() + 50]
        found["broken encoding"].append({"start": match.start(), "where": "", "note": fold(around)})
    for kind, places in found.items():
        yield {"kind": kind, "count": len(places), "places": places[:SHOWN]}


def _paragraphs(document: Document, section: Section) -> list[str]:
    first = bisect_left(document.blocks, section.start, key=lambda block: block.start)
    inside = takewhile(lambda block: block.start < section.end, islice(document.blocks, first, None))
    return [document.text[block.start : block.end] for block in inside if block.kind == "paragraph"]


class Repeats:
    """Paragraphs, items and code of 80 characters and more that stand in several documents."""

    def __init__(self) -> None:
        self._first: dict[bytes, str] = {}  # digest of the folded text -> the first document's path
        self._shared: dict[str, set[str]] = {}

    def add(self, document: Document) -> None:
        for block in document.blocks:
            if block.kind in ("paragraph", "item", "code") and block.end - block.start >= 80:
                text = fold(document.text[block.start : block.end])
                first = self._first.setdefault(blake2b(text.encode(), digest_size=12).digest(), document.path)
                if first != document.path:
                    self._shared.setdefault(text, {first}).add(document.path)

    def report(self) -> list[Json]:
        """The longest 50, longest first."""
        longest = sorted(self._shared.items(), key=lambda pair: (-len(pair[0]), pair[0]))[:50]
        return [{"text": text[:160], "documents": sorted(paths)} for text, paths in longest]


def lines(report: Mapping[str, object]) -> list[str]:
    """The report for a terminal."""
    out: list[str] = []
    documents: Sequence[Json] = report["documents"]  # type: ignore[assignment]
    for entry in documents:
        found = ", ".join(counted(entry[key], noun) for key, noun in NOUNS.items())
        characters = counted(entry["characters"], "character")
        out.append(f"{entry['path']}: {found}; {characters}, {entry['uncovered']} in no chunk")
        out += [f"    {remark}" for remark in entry["remarks"]]
        for item in entry["suspicious"]:
            first = item["places"][0]
            out.append(f"    {item['kind']} ({item['count']}): {first['where']} {first['note']}".rstrip())
    shared: Sequence[Json] = report["duplicates"]  # type: ignore[assignment]
    out += [
        f"in several documents: {', '.join(item['documents'])}: {shorten(item['text'], 70, placeholder=' …')}"
        for item in shared[:10]
    ]
    missing: Sequence[Json] = report["skipped"]  # type: ignore[assignment]
    failed = together((item["path"], f"{item['message']} {item['remedy']}".rstrip()) for item in missing)
    return [*out, *(f"skipped: {listed(paths, NAMED)}: {why}" for why, paths in failed.items())]


def _leaves(sections: Sequence[Section]) -> list[Section]:
    """Sections without sub-sections."""
    return [
        section
        for section, following in zip_longest(sections, sections[1:])
        if following is None or following.level <= section.level
    ]


def _place(section: Section, note: str) -> Json:
    return {"start": section.start, "where": " > ".join(section.path), "note": note}


def _visible(text: str) -> int:
    return sum(map(len, text.split()))


def main() -> int:
    """Print the report of the live version; exit status 1 where there is none."""
    return exit_status(_print_report, said_by="health")


def _print_report() -> int:
    settings = load_settings()
    print("\n".join(lines(versions.read_health(settings, versions.current(settings)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
