"""A folder of documents into a published index version; only what changed is parsed and embedded.

plan (what changed since the live version) -> read -> chunk -> embed (vectors of unchanged windows are taken over) ->
fit BM25 -> write a version beside the live one -> check it by opening and asking it -> publish -> prune.
Until the last rename the live index is untouched, so a build can be killed at any moment.
"""

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ingest.chunk import Chunking
from ingest.course import Course, course_digest, read_course
from ingest.limits import Limits
from ingest.plan import Plan, Source, make_plan
from ingest.points import Made, embed_chunks, to_points
from ingest.read import Failure, read_documents
from ingest.verify import verify_version
from retrieval import store
from retrieval.config import Settings
from retrieval.embed import FastEmbedder
from retrieval.errors import ConfigError, FootnoteError, IndexBusy
from retrieval.payload import document_to_json
from retrieval.types import Chunk, Document, Point, StoreWriter

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
            documents, failures = read_documents(
                plan, self.course, self.settings, limits=self.limits, progress=self.progress
            )
        if not documents:
            raise FootnoteError(_nothing_usable(self.corpus, failures))
        with self.timed("chunk"):
            kept = store.stored_points(self.settings, plan.live)
            chunks = self.chunk(plan, documents, kept)
        with self.timed("embed"):
            made = embed_chunks(chunks, kept, self.embedder, progress=self.progress)
        with self.timed("write"):
            name = self.write(plan, documents, made, failures)
        with self.timed("check"):
            self.check(name, made)
        store.publish(self.settings, name)
        store.prune(self.settings, keep=self.settings.keep_versions)
        return self.report(plan, name, made, failures)

    def chunk(self, plan: Plan, documents: Sequence[Document], kept: Sequence[Point]) -> list[Chunk]:
        """All chunks in document order: those of unchanged documents as they are stored."""
        fresh = [document for document in documents if document.path not in plan.kept]
        stored: dict[str, list[Chunk]] = {document.id: [] for document in documents}
        for document_id in (document.id for document in documents if document.path in plan.kept):
            stored[document_id] = [point.chunk for point in kept if point.chunk.document_id == document_id]
        if fresh:
            from ingest.transformations import chunk_documents  # imports llama_index: two seconds

            sizes = Chunking(self.settings.chunk_tokens, self.settings.window_units, self.settings.window_overlap)
            for chunk in chunk_documents(fresh, sizes):
                stored[chunk.document_id].append(chunk)
        return [chunk for document in documents for chunk in sorted(stored[document.id], key=_place)]

    def write(self, plan: Plan, documents: Sequence[Document], made: Made, failures: Sequence[Failure]) -> str:
        points, document_frequency, average = to_points(made)
        name = _version_name(self.made_with, plan.sources)
        folder = self.settings.index_dir / "versions" / f".{name}"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "documents").mkdir(parents=True)
        for document in documents:
            _write_json(folder / "documents" / f"{document.id}.json", document_to_json(document))
        _write_json(folder / "terms.json", document_frequency)
        writer = _writer(self.settings, name, folder, self.embedder.dim)
        writer.add(points)
        writer.finish()
        manifest = self.manifest(plan, documents, made, failures, average)
        (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
        folder.rename(folder.with_name(name))
        return name

    def manifest(
        self, plan: Plan, documents: Sequence[Document], made: Made, failures: Sequence[Failure], average: float
    ) -> store.Manifest:
        files = {document.path: _entry(plan, document, made) for document in documents}
        return store.Manifest(
            format=store.FORMAT,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            corpus=str(self.corpus),
            title=self.course.title,
            made_with=self.made_with,
            bm25={"size": len(made.chunks), "average_length": average},
            files=files,
            skipped={failure.path: _without_path(failure) for failure in failures},
            counts=_counts(documents, made),
            course=_course_json(self.course, documents),
        )

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

    def report(self, plan: Plan, name: str, made: Made, failures: Sequence[Failure]) -> BuildReport:
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
            failures=tuple(failures),
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


def _without_path(failure: Failure) -> dict[str, str]:
    return {key: value for key, value in asdict(failure).items() if key != "path"}


def _entry(plan: Plan, document: Document, made: Made) -> store.FileEntry:
    source = plan.sources[document.path]
    mine = [chunk for chunk in made.chunks if chunk.document_id == document.id]
    return store.FileEntry(
        digest=source.digest,
        document_id=document.id,
        title=document.title,
        size=source.size,
        chunks=len(mine),
        windows=sum(len(chunk.windows) for chunk in mine),
    )


def _counts(documents: Sequence[Document], made: Made) -> dict[str, int]:
    return {
        "documents": len(documents),
        "sections": sum(len(document.sections) for document in documents),
        "chunks": len(made.chunks),
        "windows": sum(len(chunk.windows) for chunk in made.chunks),
        "characters": sum(len(document.text) for document in documents),
    }


def _course_json(course: Course, documents: Sequence[Document]) -> dict[str, object]:
    by_file = {entry.file: entry for entry in course.documents}
    listed = []
    for document in documents:
        entry = by_file.get(document.path)
        listed.append(
            {
                "id": document.id,
                "title": document.title,
                "path": document.path,
                "description": (entry.description if entry else "") or document.metadata.get("description", ""),
                "source": entry.source if entry else "",
                "questions": list(entry.questions) if entry else [],
            }
        )
    return {"title": course.title, "documents": listed}


def _version_name(made_with: Mapping[str, object], sources: Mapping[str, Source]) -> str:
    """`20261122T101500.123456-1a2b3c4d`: sorts by time; the digest is over settings and contents."""
    digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode())
    for path, source in sorted(sources.items()):
        digest.update(f"\0{path}\0{source.digest}".encode("utf-8", "surrogateescape"))
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{digest.hexdigest()[:8]}"


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _nothing_usable(corpus: Path, failures: Sequence[Failure]) -> str:
    if not failures:
        return f"There is nothing to index in {corpus}. Put documents there (.md, .txt, .html, .docx, .pptx, .pdf, .ipynb, .rst, .csv)."
    listed = "; ".join(f"{failure.path}: {failure.message}" for failure in failures[:5])
    return f"None of the {len(failures)} files in {corpus} can be indexed: {listed}"
