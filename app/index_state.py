"""The index on disk as the health page shows it: its versions, what was read, what was not, what looks wrong."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.config import Settings
from retrieval.errors import FootnoteError
from retrieval.store import Manifest, current, read_manifest, versions


@dataclass(frozen=True, slots=True)
class Version:
    """A finished version; `live` is the one that answers."""

    name: str
    manifest: Manifest
    live: bool


def known_versions(settings: Settings) -> list[Version]:
    """Newest first; without an index none."""
    try:
        live = current(settings.index_dir)
    except FootnoteError:
        live = ""
    names = reversed(versions(settings.index_dir))
    return [Version(name, read_manifest(settings.index_dir, name), name == live) for name in names]


def warnings(settings: Settings, version: str) -> Sequence[str]:
    """What the build found odd (health.json), as sentences; empty if it wrote nothing."""
    path = settings.index_dir / "versions" / version / "health.json"
    try:
        report: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return [_sentence(entry) for entry in report.get("warnings", ())]


def _sentence(entry: object) -> str:
    if isinstance(entry, Mapping):
        where = str(entry.get("path", ""))
        return f"{where}: {entry.get('message', '')}" if where else str(entry.get("message", entry))
    return str(entry)
