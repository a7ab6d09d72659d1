"""What a build has to do: the files there are, against what the live version was made from.

Files are compared by content hash, so touching one changes nothing. A file that could not be read last time counts as
seen, and is tried again when it changes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.discover.files import CourseFile, Failure, find
from ingest.parse import archives
from ingest.parse.pandoc import latex_source
from ingest.parse.reader import Limits
from retrieval.config import Settings
from retrieval.errors import IndexDamaged, IndexMismatch, IndexMissing, UnreadableFile
from retrieval.index import versions
from retrieval.index.manifest import Manifest
from retrieval.index.version_files import follower

BLOCK = 1 << 20
CONTEXTS = "contexts"  # in `made_with`: needs no reading again
_IN_WORDS = {
    "model_digest": "the model's weights have changed",
    "terms": "the program finds or weighs words in another way now",
    "probe": "the program encodes texts in another way now",
    "encoder": "the program encodes texts in another way now",
    "course": "course.toml has changed",
    "limits": "the limits for a file have changed",
    "reader": "the program reads documents in another way now",
}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to be indexed: where it is, its size in bytes and its content hash."""

    path: Path
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`sources` by path inside the corpus, in course order; `reason` says in words why there is something to do.

    `live`: the version whose vectors can be taken over, empty if there is none. `kept`: paths that need not be read
    again. `moved`: new path -> old path of files that were renamed. `furniture`: recurring lines that were kept out.
    `recut`: chunks are to be made anew of documents that are kept, because there is more to be said of them.
    """

    sources: Mapping[str, SourceFile]
    skipped: Sequence[Failure]
    live: str
    reason: str
    kept: frozenset[str] = frozenset()
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    furniture: frozenset[str] = frozenset()
    recut: bool = False


def make_plan(
    settings: Settings, course: CourseFile, made_with: Mapping[str, object], *, limits: Limits, force: bool
) -> Plan:
    """`reason` is empty when there is nothing to do."""
    sources, skipped = list_sources(settings.corpus.resolve(), course, limits)
    live, manifest, mended = _intact(settings)
    if manifest is None:
        return Plan(sources, skipped, "", mended or "there is no index yet", added=tuple(sources))
    why = "asked for" if force else _other_settings(manifest.made_with, made_with)
    same_model = all(
        manifest.made_with.get(key) == made_with[key] for key in ("model", "model_digest", "dim", "encoder")
    )
    before = {path: entry.digest for path, entry in manifest.files.items()}
    before |= {path: entry["digest"] for path, entry in manifest.skipped.items() if entry["digest"]}
    added = [path for path in sources if path not in before]
    removed = [path for path in before if path not in sources]
    changed = [path for path in sources if path in before and before[path] != sources[path].digest]
    moved = _moves(sources, before, added, removed)
    recut = manifest.made_with.get(CONTEXTS, "") != made_with[CONTEXTS]
    news = (
        "documents have changed"
        if added or removed or changed
        else "what is said of its parts has changed"
        if recut
        else ""
    )
    kept = frozenset(path for path in manifest.files if path in sources and path not in changed)
    return Plan(
        sources=sources,
        skipped=skipped,
        live=live if same_model else "",
        reason=why or mended or news,
        kept=frozenset() if why else kept,
        added=tuple(path for path in added if path not in moved),
        changed=tuple(changed),
        removed=tuple(path for path in removed if path not in moved.values()),
        moved=moved,
        furniture=frozenset(manifest.furniture),
        recut=recut,
    )


def list_sources(corpus: Path, course: CourseFile, limits: Limits) -> tuple[dict[str, SourceFile], list[Failure]]:
    """The files of a folder that can be read at all, by their path in it, in course order; and the others."""
    paths, skipped = find(corpus, limits=limits)
    sources: dict[str, SourceFile] = {}
    defined = _digest_of_definitions(corpus) if any(path.suffix.lower() == ".tex" for path in paths) else ""
    for path in paths:
        name = path.relative_to(corpus).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        try:
            source = _source(path)
            sources[name] = _with_definitions(source, defined) if path.suffix.lower() == ".tex" else source
        except UnreadableFile as error:
            skipped.append(Failure(name, error.reason, str(error), error.remedy))
        except OSError as error:
            skipped.append(
                Failure(name, "permission", f"{name} cannot be opened: {error.strerror}.", "Make it readable.")
            )
    return {name: sources[name] for name in sorted(sources, key=course.order)}, skipped


def _source(path: Path) -> SourceFile:
    """Raises UnreadableFile for what cannot be taken out of an archive, OSError."""
    if (data := archives.read_member(path)) is not None:
        return SourceFile(path, len(data), hashlib.sha256(data).hexdigest())
    return SourceFile(path, path.stat().st_size, file_digest(path))


def _digest_of_definitions(corpus: Path) -> str:
    """Of the commands that LaTeX files of a course may take from each other; empty if there are none."""
    known = [sorted(names.items()) for names in latex_source.of_course(corpus).values() if names]
    return hashlib.sha256(repr(known).encode()).hexdigest() if known else ""


def _with_definitions(source: SourceFile, defined: str) -> SourceFile:
    mixed = hashlib.sha256(f"{source.digest}{defined}".encode()).hexdigest()
    return replace(source, digest=mixed if defined else source.digest)


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _intact(settings: Settings) -> tuple[str, Manifest | None, str]:
    """The latest version that is read without a fault from the first byte to the last, and its manifest; no name and
    None if there is none, or none of this format. Last, in words, what was wrong with the live one."""
    try:
        found = versions.candidates(settings, damaged=True)
    except IndexMissing:
        return "", None, ""
    wrong = versions.unreadable_current(settings)
    for name in found:
        try:
            versions.check_intact(settings, name)
            versions.unmark(settings, name)
            if settings.qdrant_url:
                follower(settings).fetch_all(name)
            return name, versions.read_manifest(settings, name), wrong
        except IndexMismatch:
            return "", None, wrong
        except IndexDamaged as error:
            versions.mark_damaged(settings, error)
            wrong = wrong or f"the index version {error.version} is damaged ({error.file})"
    return "", None, wrong


def _other_settings(before: Mapping[str, object], now: Mapping[str, object]) -> str:
    differing = [key for key in now if key != CONTEXTS and before.get(key) != now[key]]
    return "; ".join(dict.fromkeys(_change(key, before.get(key), now[key]) for key in differing))


def _change(key: str, before: object, now: object) -> str:
    """`chunk_tokens was 250, is 100`; what has no value for people is said in words."""
    return _IN_WORDS.get(key, f"{key} was {before}, is {now}")


def _moves(
    sources: Mapping[str, SourceFile], before: Mapping[str, str], added: Sequence[str], removed: Sequence[str]
) -> dict[str, str]:
    """New path -> old path for files that went and came with the same contents."""
    gone = {before[path]: path for path in sorted(removed, reverse=True)}
    return {path: gone.pop(sources[path].digest) for path in added if sources[path].digest in gone}
