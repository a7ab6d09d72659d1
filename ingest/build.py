"""A folder of documents into a published index version; only what changed is parsed and embedded.

plan (what changed since the live version) -> read -> chunk -> embed (vectors of unchanged windows are taken over) ->
fit BM25 -> write a version beside the live one -> check it by opening and asking it -> publish -> prune.
Until the last rename the live index is untouched, so a build can be killed at any moment. What one step makes lies on
disk for the next: memory grows with the number of windows (about 200 bytes each), not with texts and vectors.
"""

import errno
import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from ingest.discover.changes import CONTEXTS, Plan, SourceFile, make_plan
from ingest.discover.files import Failure, course_digest, read_course
from ingest.index.chunks import CourseChunks, chunk_documents, chunk_shelf
from ingest.index.documents import Progress, ReadFiles, Shelf, document_shelf, read_documents
from ingest.index.fingerprint import MEMO, encoder_digest, reader_digest
from ingest.index.points import (
    EmbeddedTarget,
    EncodedWindows,
    Material,
    PointTarget,
    lexical_statistics,
    verify_version,
)
from ingest.parse.dispatch import READ
from ingest.parse.reader import limits_of
from retrieval.config import Settings
from retrieval.encoders.bundled import AUTO, model_for
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import NO_THREAD, ConfigError, FootnoteError, IndexBusy, StoreUnavailable
from retrieval.index import versions
from retrieval.index.contexts import Contexts, read_contexts
from retrieval.index.manifest import FORMAT, Manifest, made_with
from retrieval.index.opened_index import open_version
from retrieval.index.store import Point
from retrieval.index.version_files import number, write_checksums
from retrieval.text.display import listed, shown, together
from retrieval.types import Document


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `version` is the live version afterwards; `published` False means nothing had changed."""

    version: str
    published: bool
    reason: str
    seconds: float
    counts: Mapping[str, int]
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    failures: tuple[Failure, ...] = ()
    embedded: int = 0
    reused: int = 0


def build(
    settings: Settings, *, progress: Progress | None = None, force: bool = False, encoder: FastEmbedder | None = None
) -> BuildReport:
    """Bring the index up to date with `settings.corpus`. `encoder`: instead of the one that the settings name.

    Raises ConfigError (no such folder, bad course.toml), IndexBusy (another build is running), and FootnoteError when
    nothing in the folder can be indexed; the live index then stays as it is.
    """
    corpus = settings.corpus.resolve()
    if not corpus.is_dir():
        raise ConfigError(
            f"CORPUS={settings.corpus} is not a folder. Give the folder your documents are in: make index CORPUS=dir"
        )
    with _in_words(settings.index_dir), _only_build(settings.index_dir):
        versions.sweep(settings)
        made = _Build(settings, corpus, progress or (lambda *_: None))
        made.use(encoder or FastEmbedder(versions.embedding_model(settings), threads=settings.threads))
        made.may_choose = encoder is None and settings.embedding_model == AUTO
        try:
            return made.run(force=force)
        except _BetterModel as better:  # vectors that are there are of no use to it: from the start
            made.use(FastEmbedder(str(better), threads=settings.threads))
            return made.run(force=force)


class _BetterModel(Exception):
    """The name of another bundled model, which reads the documents better than the one that was begun with."""


@contextmanager
def _in_words(index_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreUnavailable(
                f"The disk of {index_dir} is full. The live index was kept. Free some space, then run this again."
            ) from error
        raise ConfigError(
            f"The index cannot be written: {error.filename or index_dir}: {error.strerror}. Make INDEX_DIR={index_dir} "
            "a folder that can be written, or set it to another. The live index was kept."
        ) from error
    except RuntimeError as error:
        if "start new thread" not in str(error):
            raise
        raise ConfigError(NO_THREAD) from error


@contextmanager
def _only_build(index_dir: Path) -> Iterator[None]:
    index_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (index_dir / "BUILDING").open("w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"Another build is writing to {index_dir}. Wait for it to end, then run this again."
            raise IndexBusy(message) from error
        yield


class _Build:
    """One run; holds what its steps share."""

    encoder: FastEmbedder
    made_with: Mapping[str, object]
    may_choose = False  # another encoder, by the language of the documents

    def __init__(self, settings: Settings, corpus: Path, progress: Progress) -> None:
        self.settings, self.corpus, self.progress = settings, corpus, progress
        self.started = time.perf_counter()
        self.course = read_course(corpus)
        self.limits = limits_of(settings)
        self.contexts = read_contexts(settings) if settings.contexts else Contexts(settings.data_dir)
        self.target = _target(settings)

    def use(self, encoder: FastEmbedder) -> None:
        self.encoder = encoder
        self.made_with = made_with(self.settings, encoder) | {
            "encoder": encoder_digest(encoder),
            "reader": reader_digest(self.settings.index_dir / MEMO),
            "course": course_digest(self.corpus),
            "limits": list(astuple(self.limits)),
            CONTEXTS: self.contexts.digest,
        }

    def choose_model(self, plan: Plan, documents: Shelf[Document]) -> None:
        """For EMBEDDING_MODEL=auto: goes on with the bundled model that reads the documents best."""
        best = model_for(document.text for document in documents) if self.may_choose else self.encoder.name
        if best != self.encoder.name and plan.live:
            raise _BetterModel(best)
        if best != self.encoder.name:
            self.use(FastEmbedder(best, threads=self.settings.threads))

    def run(self, *, force: bool) -> BuildReport:
        with self.target.building(dim=self.encoder.dim):
            plan = make_plan(self.settings, self.course, self.made_with, limits=self.limits, force=force)
            return self.built(plan) if plan.reason else self.unchanged(plan)

    def built(self, plan: Plan) -> BuildReport:
        name = version_name(versions.next_number(self.settings), self.made_with, plan.sources)
        folder = versions.folder_of(self.settings, f".{name}")
        try:
            folder.mkdir(mode=0o700, parents=True)
            self.target.begin(number(name))
            reading, embedded, sample = self.make(plan, folder)
            write_checksums(folder)
            self.target.finish(folder)
            with closing(open_version(self.settings, self.encoder, folder.name)) as index:
                verify_version(index, sample)
            folder.rename(folder.with_name(name))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        versions.publish(self.settings, name)
        versions.prune(self.settings, keep=self.settings.keep_versions)
        return self.report(plan, name, reading, embedded)

    def make(self, plan: Plan, folder: Path) -> tuple[ReadFiles, int, list[Point]]:
        """A whole version in `folder`; what was read, how many windows were embedded, and some of the points."""
        documents, shelf = document_shelf(folder / "documents"), chunk_shelf(folder)
        reading = read_documents(
            plan, self.course, self.settings, documents, limits=self.limits, progress=self.progress
        )
        if not len(documents):
            raise FootnoteError(_nothing_usable(self.corpus, reading.failures))
        self.choose_model(plan, documents)
        chunks = chunk_documents(
            documents,
            reading,
            plan,
            self.course,
            self.settings,
            shelf,
            contexts=self.contexts,
            known=self.encoder.known_share,
            progress=self.progress,
        )
        lexical = lexical_statistics(chain.from_iterable(shelf))
        lexical.save(folder)
        _write_json(folder / versions.WORDS, chunks.words)
        live = versions.folder_of(self.settings, plan.live) if plan.live else None
        aside = folder / "encoded"
        with closing(EncodedWindows(aside, dim=self.encoder.dim)) as encoded:
            material = Material(shelf, chunks, lexical.average_length, self.encoder, encoded, self.progress)
            embedded, sample = self.target.write(folder, material, live=live)
        aside.unlink()
        self.describe(folder, reading, chunks)
        return reading, embedded, sample

    def describe(self, folder: Path, reading: ReadFiles, chunks: CourseChunks) -> None:
        """What the version says of itself."""
        furniture, skipped = sorted(reading.furniture), [asdict(failure) for failure in reading.failures]
        _write_json(folder / "health.json", {**chunks.health, "furniture": furniture, "skipped": skipped})
        title = shown(self.course.title)
        manifest = Manifest(
            format=FORMAT,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            corpus=str(self.corpus),
            title=title,
            made_with=self.made_with,
            files=chunks.files,
            skipped={failure.pop("path"): failure for failure in skipped},
            counts=chunks.counts,
            furniture=furniture,
            course={"title": title, "documents": chunks.listed},
        )
        (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")

    def unchanged(self, plan: Plan) -> BuildReport:
        manifest = versions.read_manifest(self.settings, plan.live)
        seconds = time.perf_counter() - self.started
        failures = tuple(Failure(path=path, **entry) for path, entry in manifest.skipped.items())
        return BuildReport(plan.live, False, "nothing has changed", seconds, manifest.counts, failures=failures)

    def report(self, plan: Plan, name: str, reading: ReadFiles, embedded: int) -> BuildReport:
        counts = versions.read_manifest(self.settings, name).counts
        failed = {failure.path for failure in reading.failures}
        return BuildReport(
            version=name,
            published=True,
            reason=plan.reason,
            seconds=time.perf_counter() - self.started,
            counts=counts,
            added=tuple(path for path in plan.added if path not in failed),
            changed=tuple(path for path in plan.changed if path not in failed),
            removed=plan.removed,
            renamed=tuple((old, new) for new, old in plan.moved.items()),
            failures=reading.failures,
            embedded=embedded,
            reused=counts["windows"] - embedded,
        )


def version_name(place: int, made_with: Mapping[str, object], sources: Mapping[str, SourceFile]) -> str:
    """`000007-20261122T101500-1a2b3c4d`: its number gives the order; the digest is over settings and contents."""
    digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode())
    for path, source in sorted(sources.items()):
        digest.update(f"\0{path}\0{source.digest}".encode("utf-8", "surrogateescape"))
    return f"{place:06d}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{digest.hexdigest()[:8]}"


def _target(settings: Settings) -> PointTarget:
    if not settings.qdrant_url:
        return EmbeddedTarget()
    from ingest.index.school import SchoolTarget  # its client takes seconds to import

    return SchoolTarget(settings)


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _nothing_usable(corpus: Path, failures: Sequence[Failure]) -> str:
    if not failures:
        return f"There is nothing to index in {corpus}. Put documents there ({', '.join(READ)})."
    which = f"None of the {len(failures)} files" if len(failures) > 1 else "Nothing"
    said = together((failure.path, f"{failure.message} {failure.remedy}".rstrip()) for failure in failures)
    return (
        f"{which} in {corpus} can be indexed. {' '.join(f'{listed(paths, 5)}: {why}' for why, paths in said.items())}"
    )
