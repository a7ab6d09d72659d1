"""A folder of documents into a published index version; only what changed is parsed and embedded.

plan (what changed since the live version) -> read -> chunk -> embed (vectors of unchanged windows are taken over) ->
fit BM25 -> write a version beside the live one -> check it by opening and asking it -> publish -> prune.
Until the last rename the live index is untouched, so a build can be killed at any moment. What one step makes lies on
disk for the next: memory grows with the number of windows (about 200 bytes each), not with texts and vectors.
"""

import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import astuple, dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ingest.chunk.chunker import Chunking
from ingest.discover.changes import Plan, make_plan
from ingest.discover.course_file import course_digest, read_course
from ingest.index.check import QUESTIONS, verify_version
from ingest.index.chunk_store import Piece, Pieces, piece_shelf
from ingest.index.chunks import Cut, cut_documents
from ingest.index.documents import Failure, Reading, read_documents
from ingest.index.fingerprint import MEMO, encoder_digest, reader_digest
from ingest.index.manifest import make_manifest, version_name
from ingest.index.report import skipped
from ingest.index.shelf import Shelf, document_shelf
from ingest.index.vectors import (
    Encoder,
    States,
    embed_missing,
    keep_vectors,
    lexical_statistics,
    points_of,
)
from ingest.index.workplace import Workplace, workplace
from ingest.parse.limits import limits_of
from retrieval.config import Settings
from retrieval.encoders.bundled import AUTO, model_for
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError, FootnoteError, IndexBusy, StoreUnavailable
from retrieval.index import versions
from retrieval.index.checksums import write_checksums
from retrieval.index.manifest import made_with
from retrieval.index.opened_index import open_version, stored_points
from retrieval.index.token_vectors import open_states, write_states, write_vectors
from retrieval.types import Document, Point, StoreWriter

if TYPE_CHECKING:
    from ingest.index.school import SchoolBuild

Progress = Callable[[str, int, int], None]
BATCH = 256  # points written at a time
RESERVE = 16 << 20  # bytes that are free before each batch: about twice what it takes


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
    stages: Mapping[str, float] = field(default_factory=dict)


def build(
    settings: Settings, *, progress: Progress | None = None, force: bool = False, encoder: Encoder | None = None
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
            made.use(FastEmbedder(better.name, threads=settings.threads))
            return made.run(force=force)


class _BetterModel(Exception):
    """Another bundled model reads the documents better than the one that was begun with."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


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


def _check_room(folder: Path) -> None:
    """The engine maps its files: on a full disk a write to them ends the process."""
    if shutil.disk_usage(folder).free < RESERVE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def _only_build(index_dir: Path) -> Iterator[None]:
    index_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (index_dir / "BUILDING").open("w", encoding="utf-8") as handle:
        _lock(handle, index_dir)
        yield


def _lock(handle: IO[str], index_dir: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise IndexBusy(f"Another build is writing to {index_dir}. Wait for it to end, then run this again.") from error


class _Build:
    """One run; holds what its steps share."""

    encoder: Encoder
    made_with: Mapping[str, object]
    may_choose = False  # another encoder, by the language of the documents

    def __init__(self, settings: Settings, corpus: Path, progress: Progress) -> None:
        self.settings, self.corpus, self.progress = settings, corpus, progress
        self.started = time.perf_counter()
        self.stages: dict[str, float] = {}
        self.course = read_course(corpus)
        self.limits = limits_of(settings)

    def use(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.school = _school(self.settings, encoder)
        self.made_with = made_with(self.settings, encoder) | {
            "encoder": encoder_digest(encoder),
            "reader": reader_digest(self.settings.index_dir / MEMO),
            "course": course_digest(self.corpus),
            "limits": list(astuple(self.limits)),
        }

    def choose_model(self, plan: Plan, documents: Shelf[Document]) -> None:
        """For EMBEDDING_MODEL=auto: goes on with the bundled model that reads the documents best."""
        best = model_for(document.text for document in documents) if self.may_choose else self.encoder.name
        if best != self.encoder.name and (plan.live or self.school):
            raise _BetterModel(best)
        if best != self.encoder.name:
            self.use(FastEmbedder(best, threads=self.settings.threads))

    def run(self, *, force: bool) -> BuildReport:
        with self.school.versions.building(dim=self.encoder.dim) if self.school else nullcontext():
            return self.built(force=force)

    def built(self, *, force: bool) -> BuildReport:
        with self.timed("plan"):
            plan = make_plan(self.settings, self.course, self.made_with, limits=self.limits, force=force)
        if not plan.reason:
            return self.unchanged(plan)
        name = version_name(versions.next_number(self.settings), self.made_with, plan.sources)
        folder = versions.folder_of(self.settings, f".{name}")
        try:
            folder.mkdir(mode=0o700, parents=True)
            if self.school:
                self.school.begin(versions.number(name))
            reading, embedded, sample = self.make(plan, name, folder)
            write_checksums(folder)
            if self.school:
                self.school.finish(folder)
            with self.timed("check"):
                self.check(folder.name, sample)
            folder.rename(folder.with_name(name))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        versions.publish(self.settings, name)
        versions.prune(self.settings, keep=self.settings.keep_versions)
        return self.report(plan, name, reading, embedded)

    def make(self, plan: Plan, name: str, folder: Path) -> tuple[Reading, int, list[Point]]:
        """A whole version in `folder`; what was read, how many windows were embedded, and some of the points."""
        documents, pieces = document_shelf(folder / "documents"), piece_shelf(folder)
        with self.timed("read"):
            reading = read_documents(
                plan, self.course, self.settings, documents, limits=self.limits, progress=self.progress
            )
        if not len(documents):
            raise FootnoteError(_nothing_usable(self.corpus, reading.failures))
        self.choose_model(plan, documents)
        with workplace(folder / "work") as work:
            with self.timed("chunk"):
                cut = self.cut(plan, documents, reading, pieces)
            lexical = lexical_statistics(chain.from_iterable(pieces))
            lexical.save(folder)
            _write_json(folder / versions.WORDS, cut.words)
            if self.school:
                embedded, sample = self.send(self.school, pieces, lexical.average_length, work, folder)
            else:
                with self.timed("embed"):
                    embedded = self.embed(plan, cut, pieces, work, folder)
                with self.timed("write"):
                    write_vectors(folder, cut.windows, work.vectors, dim=self.encoder.dim)
                    rows = {key: row for row, key in enumerate(cut.windows)}
                    points = points_of(chain.from_iterable(pieces), work.vectors, rows, average=lexical.average_length)
                    sample = self.write(folder, points, count=cut.chunks)
        health = {**cut.health, "furniture": sorted(reading.furniture), "skipped": list(map(skipped, reading.failures))}
        _write_json(folder / "health.json", health)
        manifest = make_manifest(
            self.corpus,
            self.course,
            self.made_with,
            plan,
            reading,
            cut.described,
            average_length=lexical.average_length,
        )
        (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
        return reading, embedded, sample

    def cut(self, plan: Plan, documents: Shelf[Document], reading: Reading, pieces: Shelf[Pieces]) -> Cut:
        sizes = Chunking(self.settings.chunk_tokens, self.settings.window_units, self.settings.window_overlap)
        report = versions.read_health(self.settings, plan.live) if plan.kept else {}
        before = {entry["path"]: entry for entry in report.get("documents", []) if entry["path"] in plan.kept}
        live = self.settings.index_dir / "versions" / plan.live
        return cut_documents(
            documents,
            reading,
            pieces,
            sizes,
            live=live,
            before=before,
            known=self.encoder.known_share,
            progress=self.progress,
        )

    def embed(self, plan: Plan, cut: Cut, pieces: Shelf[Pieces], work: Workplace, folder: Path) -> int:
        """Vectors, and token states where the model has them; how many are new."""
        with_states = self.encoder.has_states
        live = self.settings.index_dir / "versions" / plan.live
        stored = open_states(live) if plan.live and with_states else None
        keep_vectors(stored_points(self.settings, plan.live), cut.kept, work.vectors)
        missing = frozenset(
            key
            for key in cut.windows
            if key not in work.vectors or (with_states and (stored is None or stored.by_key(key) is None))
        )
        states = work.states if with_states else None
        texts = chain.from_iterable(pieces)
        embed_missing(texts, missing, self.encoder, work.vectors, states, progress=self.progress)
        if with_states:
            write_states(folder, States(cut.windows, work.states, stored))
        return len(missing)

    def send(
        self, school: "SchoolBuild", pieces: Shelf[Pieces], average: float, work: Workplace, folder: Path
    ) -> tuple[int, list[Point]]:
        """Encodes and sends what the server does not have; how many windows, and some of the points."""
        missing = school.missing(chain.from_iterable(pieces), average=average)
        school.save(folder)

        def fresh() -> Iterator[Piece]:
            return (piece for piece in chain.from_iterable(pieces) if piece.chunk.id in missing)

        keys = frozenset(key for piece in fresh() for key in piece.keys)
        states = work.states if self.encoder.has_states else None
        with self.timed("embed"):
            embed_missing(fresh(), keys, self.encoder, work.vectors, states, progress=self.progress)
        with self.timed("write"):
            points = points_of(fresh(), work.vectors, dict.fromkeys(keys, 0), average=average)
            school.send(points, (piece.keys for piece in fresh()), work.states)
            sample = points_of(islice(fresh(), QUESTIONS), work.vectors, dict.fromkeys(keys, 0), average=average)
            return len(keys), list(sample)

    def write(self, folder: Path, points: Iterator[Point], *, count: int) -> list[Point]:
        """Stores the points; some of them, to ask the new version for."""
        writer = _writer(folder, self.encoder.dim)
        sample: list[Point] = []
        for done in range(0, count, BATCH):
            self.progress("writing", done, count)
            batch = list(islice(points, BATCH))
            _check_room(folder)
            writer.add(batch)
            sample += [point for at, point in enumerate(batch, done) if at % max(1, count // QUESTIONS) == 0]
        writer.finish()
        self.progress("writing", count, count)
        return sample

    def check(self, name: str, sample: Sequence[Point]) -> None:
        index = open_version(self.settings, self.encoder, name)
        try:
            verify_version(index, sample, count=index.manifest.counts["chunks"])
        finally:
            index.close()

    def unchanged(self, plan: Plan) -> BuildReport:
        manifest = versions.read_manifest(self.settings, plan.live)
        seconds = time.perf_counter() - self.started
        failures = tuple(Failure(path=path, **entry) for path, entry in manifest.skipped.items())
        return BuildReport(plan.live, False, "nothing has changed", seconds, manifest.counts, failures=failures)

    def report(self, plan: Plan, name: str, reading: Reading, embedded: int) -> BuildReport:
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
            stages=dict(self.stages),
        )

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.stages[stage] = time.perf_counter() - begun


def _writer(folder: Path, dim: int) -> StoreWriter:
    from retrieval.index.qdrant_edge import EdgeWriter

    return EdgeWriter(folder / "points", dim=dim)


def _school(settings: Settings, encoder: Encoder) -> "SchoolBuild | None":
    if not settings.qdrant_url:
        return None
    from ingest.index.school import SchoolBuild  # its client takes seconds to import

    return SchoolBuild(settings, encoder=encoder_digest(encoder))


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _nothing_usable(corpus: Path, failures: Sequence[Failure]) -> str:
    if not failures:
        return f"There is nothing to index in {corpus}. Put documents there (.md, .txt, .html, .docx, .pptx, .pdf, .ipynb, .rst, .csv)."
    listed = "; ".join(f"{failure.path}: {failure.message}" for failure in failures[:5])
    which = f"None of the {len(failures)} files" if len(failures) > 1 else "Nothing"
    return f"{which} in {corpus} can be indexed: {listed}"
