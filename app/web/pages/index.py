"""The index page: what was read and what was not, what looks wrong, the versions, rolling back, rebuilding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from app.web.app_state import Desk
from app.web.components.manage import (
    add_documents,
    another_course,
    build_button,
    build_progress,
    if_managed,
    managed_page,
    remove_documents,
)
from app.web.components.page import announce, ask_first, details, section, show, table
from app.web.render import links
from app.web.render.html import Html, join, tag
from retrieval.config import Settings
from retrieval.errors import FootnoteError
from retrieval.index import versions
from retrieval.index.manifest import Manifest
from retrieval.text.display import counted, listed, together

NAMED = 10  # documents of which the same is said


@dataclass(frozen=True, slots=True)
class Version:
    """A finished version; `live` is the one that answers."""

    name: str
    manifest: Manifest
    live: bool


def known_versions(settings: Settings) -> list[Version]:
    """Newest first; without an index none."""
    try:
        live = versions.current(settings)
    except FootnoteError:
        live = ""
    return [
        Version(name, manifest, name == live)
        for name in reversed(versions.versions(settings))
        if (manifest := _manifest(settings, name)) is not None
    ]


def _manifest(settings: Settings, name: str) -> Manifest | None:
    """None for a version of another format, or a damaged one."""
    try:
        return versions.read_manifest(settings, name)
    except FootnoteError:
        return None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the build found worth a look; `document_id` and `start` say where, if it is at a place."""

    text: str
    document_id: str = ""
    start: int = 0


def remarks(settings: Settings, version: str) -> list[Remark]:
    """What its build noticed, the same of several documents once; nothing where that cannot be read."""
    report = versions.read_health(settings, version)
    documents = report.get("documents", ())
    found = [remark for document in documents for remark in _of_document(document)]
    remarks_of = ((document["title"], words) for document in documents for words in document.get("remarks", ()))
    found += [Remark(f"{listed(titles, NAMED)}: {words}") for words, titles in together(remarks_of).items()]
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
    if document.get("uncovered"):
        yield Remark(f"{title}: {document['uncovered']} characters are in no chunk and cannot be found.")


def page(desk: Desk) -> None:
    if not managed_page(desk, "Index"):
        return
    known = known_versions(desk.settings)
    live = next((version for version in known if version.live), None)
    if live is None:
        message = "There is no index yet. Drop documents here, or read those that are in the folder."
        show(tag("p", message, cls="fn-lead"))
    else:
        show(summary(live))
    add_documents(desk)
    build_progress(desk)
    if live is not None:
        show(join([skipped(live), documents(live)]))
        remove_documents(desk, list(live.manifest.files))
        show(odd(remarks(desk.settings, live.name)))
    show(section("Versions", version_table(known)))
    earlier = any(live is not None and version.name < live.name for version in known)
    with st.container(horizontal=True, gap="small"):
        build_button(desk, label="Read the course again" if live else "Read the course")
        ask_first(
            "Go back one version",
            key="rollback",
            sure="Go back: the next answers come from the version before",
            disabled=not earlier,
            act=partial(_roll_back, desk),
        )
    if not desk.course:
        another_course(desk)


def _roll_back(desk: Desk) -> None:
    if_managed(desk, lambda: announce(f"Live again: {versions.rollback(desk.settings)}"))


def summary(version: Version) -> Html:
    """Counts in a sentence, model and settings behind it."""
    manifest = version.manifest
    counts = manifest.counts
    counted_parts = ", ".join(
        counted(counts[f"{name}s"], name) for name in ("document", "section", "chunk", "window") if f"{name}s" in counts
    )
    built = f"{counted_parts}. Built {_day(manifest.created)} from the folder “{Path(manifest.corpus).name}”."
    made = details((key.replace("_", " "), str(value)) for key, value in manifest.made_with.items())
    return join([tag("p", built, cls="fn-lead"), tag("details", tag("summary", "Made with"), made, cls="fn-more")])


def size(count: int) -> str:
    """`812 bytes`, `4.2 kB`, `61 kB`, `3.1 MB`"""
    if count < 1000:
        return f"{count} bytes"
    value, unit = (count / 1000, "kB") if count < 1_000_000 else (count / 1_000_000, "MB")
    return f"{value:.{1 if value < 10 else 0}f} {unit}"


def documents(version: Version) -> Html:
    rows = [
        (
            tag("a", entry.title, href=links.document(entry.document_id)),
            path,
            size(entry.size).replace(" ", "\u00a0"),
            str(entry.chunks),
            str(entry.windows),
        )
        for path, entry in version.manifest.files.items()
    ]
    grid = table(("document", "file", "size", "chunks", "windows"), rows, caption="Documents")
    return section("Documents", grid)


def skipped(version: Version) -> Html:
    """Files that are not in the index, and why."""
    if not version.manifest.skipped:
        return Html("")
    left_out = version.manifest.skipped.items()
    reasons = together((path, f"{entry['message']} {entry.get('remedy', '')}".strip()) for path, entry in left_out)
    items = (tag("li", f"{listed(paths, NAMED)}: {why}") for why, paths in reasons.items())
    return section("Left out", tag("ul", *items, cls="fn-odd", aria_label="Files left out"))


def odd(found: Sequence[Remark]) -> Html:
    """What looks wrong, each with the place it stands at."""
    if not found:
        return Html("")
    places = ((one, links.place(one.document_id, (one.start, one.start))) for one in found)
    items = (tag("li", tag("a", one.text, href=place) if one.document_id else one.text) for one, place in places)
    return section("Worth a look", tag("ul", *items, cls="fn-odd"))


def version_table(known: list[Version]) -> Html:
    rows = [
        (
            version.name,
            "live" if version.live else "kept",
            _day(version.manifest.created),
            str(version.manifest.counts.get("chunks", "")),
        )
        for version in known
    ]
    return table(("version", "state", "built", "chunks"), rows, caption="Versions") if rows else tag("p", "None yet.")


def _day(created: str) -> str:
    """`2026-11-22T04:13:46+00:00` in local time, to the minute."""
    try:
        return f"{datetime.fromisoformat(created).astimezone():%d %B %Y, %H:%M}"
    except ValueError:
        return created
