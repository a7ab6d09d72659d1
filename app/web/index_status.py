"""The index on disk as the health page shows it: its versions, what was read, what was not, what looks wrong."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retrieval.config import Settings
from retrieval.errors import FootnoteError
from retrieval.index.manifest import Manifest
from retrieval.index.versions import current, read_manifest, versions


@dataclass(frozen=True, slots=True)
class Version:
    """A finished version; `live` is the one that answers."""

    name: str
    manifest: Manifest
    live: bool


def known_versions(settings: Settings) -> list[Version]:
    """Newest first; without an index none."""
    try:
        live = current(settings)
    except FootnoteError:
        live = ""
    return [
        Version(name, manifest, name == live)
        for name in reversed(versions(settings))
        if (manifest := _manifest(settings, name)) is not None
    ]


def _manifest(settings: Settings, name: str) -> Manifest | None:
    """None for a version of another format, or a damaged one."""
    try:
        return read_manifest(settings, name)
    except FootnoteError:
        return None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the build found worth a look; `document_id` and `start` say where, if it is at a place."""

    text: str
    document_id: str = ""
    start: int = 0


def remarks(settings: Settings, version: str) -> list[Remark]:
    """From the version's health.json; none if there is none."""
    path = settings.index_dir / "versions" / version / "health.json"
    try:
        report: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    found = [remark for document in report.get("documents", ()) for remark in _of_document(document)]
    shared = (
        f"In several documents ({', '.join(entry['documents'])}): {entry['text']}"
        for entry in report.get("duplicates", ())
    )
    return [*found, *map(Remark, shared)]


def _of_document(document: Mapping[str, Any]) -> Iterator[Remark]:
    title = document["title"]
    for item in document.get("suspicious", ()):
        first = item["places"][0]
        where = f"{first['where']}: " if first.get("where") else ""
        count = f" ({item['count']} times)" if item["count"] > 1 else ""
        yield Remark(f"{title}: {item['kind']}{count}, {where}{first['note']}", document["id"], first["start"])
    yield from (Remark(f"{title}: {remark}") for remark in document.get("remarks", ()))
    if document.get("uncovered"):
        yield Remark(f"{title}: {document['uncovered']} characters are in no chunk and cannot be found.")
