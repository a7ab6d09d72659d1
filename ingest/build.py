"""A folder of documents into a published index version; only what changed is parsed and embedded.

plan (what changed since the live version) -> read -> chunk -> embed (vectors of unchanged windows are taken over) ->
fit BM25 -> write a version beside the live one -> check it by opening and asking it -> publish -> prune.
Until the last rename the live index is untouched, so a build can be killed at any moment.
"""

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from ingest.chunk import Chunking
from ingest.course import course_digest, read_course
from ingest.describe import make_manifest, version_name
from ingest.health import health
from ingest.limits import Limits
from ingest.plan import Plan, make_plan
from ingest.points import Made, embed_chunks, to_points
from ingest.read import Failure, Reading, read_documents
from ingest.verify import verify_version
from retrieval import store
from retrieval.config import Settings
from retrieval.embed import FastEmbedder
from retrieval.errors import ConfigError, FootnoteError, IndexBusy
from retrieval.payload import document_to_json
from retrieval.states import open_states, write_states
from retrieval.types import Chunk, Json, Point, StoreWriter

Progress = Callable[[str, int, int], None]


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


def build(settings: Settings, *, progress: Progress | None = None, force: bool = False) -> BuildReport:
    """Bring the index up to date with `settings.corpus`.

    Raises ConfigError (no such folder, bad course.toml), IndexBusy (another build is running), and FootnoteError when
    nothing in the folder can be indexed; the live index then stays as it is.
    """
    corpus = settings.corpus.resolve()
    if not corpus.is_dir():
        raise ConfigError(
            f"CORPUS={settings.corpus} is not a folder. Give the folder your documents are in: make index CORPUS=dir"
        )
    settings.index_dir.mkdir(parents=True, exist_ok=True)
    with _only_build(settings.index_dir):
        return _Build(settings, corpus, progress or (lambda *_: None), force=force).run()


@contextmanager
def _only_build(index_dir: Path) -> Iterator[None]:
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

    def __init__(self, settings: Settings, corpus: Path, progress: Progress, *, force: bool) -> None:
        self.settings, self.corpus, self.progress = settings, corpus, progress
        self.started = time.perf_counter()
        self.stages: dict[str, float] = {}
        self.embedder = FastEmbedder(settings.embedding_model, threads=settings.threads)
        self.course = read_course(corpus)
        self.made_with = store.made_with(settings, self.embedder) | {"course": course_digest(corpus)}
        self.limits = Limits()
        self.force = force

    def run(self) -> BuildReport:
        with self.timed("plan"):
            plan = make_plan(self.settings, self.course, self.made_with, limits=self.limits, force=self.force)
        if not plan.reason:
            return self.unchanged(plan)
        with self.timed("read"):
            reading = read_documents(plan, self.course, self.settings, limits=self.limits, progress=self.progress)
        if not reading.documents:
            raise FootnoteError(_nothing_usable(self.corpus, reading.failures))
        with self.timed("chunk"):
            kept = store.stored_points(self.settings, plan.live)
            chunks = self.chunk(reading, kept)
        with self.timed("embed"):
            made = self.embed(plan, chunks, kept)
        with self.timed("write"):
            name = self.write(plan, reading, made)
        with self.timed("check"):
            self.check(name, made)
        store.publish(self.settings, name)
        store.prune(self.settings, keep=self.settings.keep_versions)
        return self.report(plan, name, made, reading)

    def chunk(self, reading: Reading, kept: Sequence[Point]) -> list[Chunk]:
        """All chunks in document order: those of unchanged documents as they are stored."""
        documents = reading.documents
        fresh = [document for document in documents if document.path in reading.fresh]
        stored: dict[str, list[Chunk]] = {document.id: [] for document in documents}
        unchanged = {document.id for document in documents if document.path not in reading.fresh}
        for point in kept:
            if point.chunk.document_id in unchanged:
                stored[point.chunk.document_id].append(point.chunk)
        if fresh:
            from ingest.transformations import chunk_documents  # imports llama_index: two seconds

            sizes = Chunking(self.settings.chunk_tokens, self.settings.window_units, self.settings.window_overlap)
            for chunk in chunk_documents(fresh, sizes):
                stored[chunk.document_id].append(chunk)
        return [chunk for document in documents for chunk in sorted(stored[document.id], key=_place)]

    def embed(self, plan: Plan, chunks: Sequence[Chunk], kept: Sequence[Point]) -> Made:
        """Vectors, and token states where the reranker wants them and the model has them."""
        return embed_chunks(
            chunks,
            kept,
            self.embedder,
            progress=self.progress,
            stored=open_states(self.settings.index_dir / "versions" / plan.live) if plan.live else None,
            with_states=self.settings.reranker in ("auto", "footnote") and self.embedder.has_states,
        )

    def write(self, plan: Plan, reading: Reading, made: Made) -> str:
        points, average = to_points(made)
        name = version_name(self.made_with, plan.sources)
        folder = self.settings.index_dir / "versions" / f".{name}"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "documents").mkdir(parents=True)
        for document in reading.documents:
            _write_json(folder / "documents" / f"{document.id}.json", document_to_json(document))
        write_states(folder, made.states)
        _write_json(folder / "health.json", self.health(plan, reading, made))
        writer = _writer(self.settings, name, folder, self.embedder.dim)
        writer.add(points)
        writer.finish()
        manifest = make_manifest(self.corpus, self.course, self.made_with, plan, reading, made, average_length=average)
        (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
        folder.rename(folder.with_name(name))
        return name

    def health(self, plan: Plan, reading: Reading, made: Made) -> Json:
        """The new report; remarks on unchanged documents are those of the live version."""
        before = store.read_health(self.settings.index_dir, plan.live) if plan.live else {}
        said = {entry["path"]: tuple(entry["remarks"]) for entry in before.get("documents", [])}
        known = {path: said[path] for path in plan.kept if path in said}
        return health(replace(reading, remarks={**known, **reading.remarks}), made.chunks)

    def check(self, name: str, made: Made) -> None:
        try:
            index = store.open_index(self.settings, self.embedder, name=name)
            try:
                verify_version(index, made)
            finally:
                index.close()
        except FootnoteError:
            shutil.rmtree(self.settings.index_dir / "versions" / name, ignore_errors=True)
            raise

    def unchanged(self, plan: Plan) -> BuildReport:
        manifest = store.read_manifest(self.settings.index_dir, plan.live)
        seconds = time.perf_counter() - self.started
        failures = tuple(Failure(path=path, **entry) for path, entry in manifest.skipped.items())
        return BuildReport(plan.live, False, "nothing has changed", seconds, manifest.counts, failures=failures)

    def report(self, plan: Plan, name: str, made: Made, reading: Reading) -> BuildReport:
        manifest = store.read_manifest(self.settings.index_dir, name)
        return BuildReport(
            version=name,
            published=True,
            reason=plan.reason,
            seconds=time.perf_counter() - self.started,
            counts=manifest.counts,
            added=plan.added,
            changed=plan.changed,
            removed=plan.removed,
            renamed=tuple((old, new) for new, old in plan.moved.items()),
            failures=reading.failures,
            embedded=made.embedded,
            reused=made.reused,
            stages=dict(self.stages),
        )

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.stages[stage] = time.perf_counter() - begun


def _writer(settings: Settings, name: str, folder: Path, dim: int) -> StoreWriter:
    if settings.qdrant_url:
        from retrieval.server import ServerWriter

        return ServerWriter(settings, name, dim=dim)
    from retrieval.edge import EdgeWriter

    return EdgeWriter(folder / "points", dim=dim)


def _place(chunk: Chunk) -> tuple[int, str]:
    return chunk.start, chunk.id


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _nothing_usable(corpus: Path, failures: Sequence[Failure]) -> str:
    if not failures:
        return f"There is nothing to index in {corpus}. Put documents there (.md, .txt, .html, .docx, .pptx, .pdf, .ipynb, .rst, .csv)."
    listed = "; ".join(f"{failure.path}: {failure.message}" for failure in failures[:5])
    return f"None of the {len(failures)} files in {corpus} can be indexed: {listed}"
