"""The embedded store: Qdrant's engine in this process (the only importer of qdrant_edge).

A point is a chunk: multivector `windows` (MaxSim over cosine: the chunk scores as its best window), sparse vector
`terms` (BM25 as a dot product), and the chunk itself as payload. A finished folder is never changed: opening one rewrites
small files in it, so every process opens a private copy of its own:

    open/<random>/        the copy, without the holes of the engine's files
    open/<random>.lock    locked by its process as long as that lives

A copy whose process is gone is known by its lock, which the kernel releases, and by nothing else: processes of several
containers may share the folder and have the same number. Where the index can only be read, copies go where the
system keeps temporary files.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import qdrant_edge as qe

from retrieval.errors import NO_THREAD, IndexDamaged, StoreUnavailable
from retrieval.index.codec import point_of, point_to_json, scope_keys, stored_from_json
from retrieval.index.store import Point, Scored, SparseTerms, Stored
from retrieval.index.version_files import copy
from retrieval.types import Scope, Vector

BATCH = 256
OPEN = "open"
T = TypeVar("T")


class EdgeWriter:
    """Writes points into a new folder `path`. Readable after `finish()`."""

    def __init__(self, path: Path, *, dim: int) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=False)
        windows = qe.EdgeVectorParams(
            dim,
            qe.Distance.Cosine,
            multivector_config=qe.MultiVectorConfig(qe.MultiVectorComparator.MaxSim),
            memory=qe.Memory.Cold,  # else opening reads all of two files that are made 32 MB long and are mostly holes
        )
        terms = qe.EdgeSparseVectorParams()
        config = qe.EdgeConfig(vectors={"windows": windows}, sparse_vectors={"terms": terms}, wal_enabled=False)
        self._shard: qe.EdgeShard = _translated(path, lambda: qe.EdgeShard.create(str(path), config))

    def add(self, points: Sequence[Point]) -> None:
        for start in range(0, len(points), BATCH):
            batch = [_to_edge(point) for point in points[start : start + BATCH]]
            _translated(self._path, partial(self._shard.update, qe.UpdateOperation.upsert_points(batch)))

    def finish(self) -> None:
        _translated(self._path, self._shard.flush)
        self._shard.close()


class PrivateCopy:
    """A copy of `source` at `path` until `close()`."""

    def __init__(self, source: Path, index_dir: Path, *, expected: Mapping[str, str]) -> None:
        """`expected`: checksums of the files by path below `source`.

        Raises IndexDamaged for a file that is not as it was written, StoreUnavailable where there is no room.
        """
        self.source = source
        folder = _writable(index_dir)
        with _alone(folder):
            _remove_abandoned(folder)
            self.path = folder / secrets.token_hex(8)
            self._lock = (folder / f"{self.path.name}.lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            _copy_all(source, self.path, expected)
        except (IndexDamaged, OSError) as error:
            self.close()
            if isinstance(error, IndexDamaged):
                raise
            raise StoreUnavailable(
                f"The index at {source} cannot be copied to {folder} for reading: {error.strerror}. "
                "Free some disk space there, then try again."
            ) from error

    def close(self) -> None:
        """Removes the copy; doing it twice changes nothing."""
        if not self._lock.closed:
            shutil.rmtree(self.path, ignore_errors=True)
            Path(self._lock.name).unlink(missing_ok=True)
            self._lock.close()


def remove_abandoned(index_dir: Path) -> None:
    """Removes the copies of processes that are gone."""
    folder = index_dir / OPEN
    if folder.is_dir() and os.access(folder, os.W_OK):
        with _alone(folder):
            _remove_abandoned(folder)


class EdgeStore:
    """A `Store` over a private copy of a finished folder, which `close()` removes."""

    def __init__(self, copy: PrivateCopy) -> None:
        self._path, self._copy = copy.source, copy
        try:
            self._shard: qe.EdgeShard = _translated(self._path, lambda: qe.EdgeShard.load(str(copy.path)))
        except StoreUnavailable:
            copy.close()
            raise

    def search(
        self, vector: Vector, terms: SparseTerms, *, limit: int, scope: Scope
    ) -> tuple[list[Scored], list[Scored]]:
        where = _filter(scope)
        dense = qe.QueryRequest(limit=limit, query=qe.Query.Nearest([vector.tolist()], using="windows"), filter=where)
        sparse = qe.SparseVector(list(terms.indices), list(terms.values))
        lexical = qe.QueryRequest(limit=limit, query=qe.Query.Nearest(sparse, using="terms"), filter=where)
        found_dense = _translated(self._path, lambda: self._shard.query(dense))
        found_lexical = _translated(self._path, lambda: self._shard.query(lexical)) if terms.indices else []
        return _scored(found_dense, minimum=-2.0), _scored(found_lexical, minimum=0.0)

    def fetch(self, ids: Sequence[str]) -> dict[str, Stored]:
        if not ids:
            return {}
        records = _translated(self._path, lambda: self._shard.retrieve(list(ids), with_payload=True, with_vector=False))
        return {str(record.id): stored_from_json(str(record.id), record.payload) for record in records}

    def all(self) -> Iterator[Point]:
        """Every point, in id order."""
        offset: Any = None
        while True:
            request = qe.ScrollRequest(offset=offset, limit=BATCH, with_payload=True, with_vector=True)
            records, offset = _translated(self._path, partial(self._shard.scroll, request))
            for record in records:
                yield point_of(stored_from_json(str(record.id), record.payload), record)
            if offset is None:
                return

    def count(self) -> int:
        return int(_translated(self._path, lambda: self._shard.count(qe.CountRequest(exact=True))))

    def close(self) -> None:
        self._shard.close()
        self._copy.close()


def _translated(path: Path, call: Callable[[], T]) -> T:
    """The engine raises plain Exception for everything, and when it panics something that is not even that."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        if "thread pool" in str(error):
            raise StoreUnavailable(NO_THREAD) from error
        raise StoreUnavailable(
            f"The index storage at {path} failed: {error}. Go back to the version before (make rollback) or build again (make index)."
        ) from error


def _to_edge(point: Point) -> qe.Point:
    sparse = qe.SparseVector(list(point.terms.indices), list(point.terms.values))
    return qe.Point(point.chunk.id, {"windows": point.vectors.tolist(), "terms": sparse}, point_to_json(point))


def _filter(scope: Scope) -> qe.Filter | None:
    keys = scope_keys(scope)
    return qe.Filter(must=[qe.FieldCondition(key="within", match=qe.MatchAny(keys))]) if keys else None


@lru_cache(maxsize=1 << 14)
def _text_of(number: int) -> str:
    """The id of a chunk: writing one takes longer than finding it, and a question has hundreds."""
    return str(UUID(int=number))


def _scored(found: Sequence[Any], *, minimum: float) -> list[Scored]:
    scored = [Scored(_text_of(point.id.int), float(point.score)) for point in found if point.score > minimum]
    return sorted(scored, key=lambda item: (-item.score, item.id))


def _copy_all(source: Path, target: Path, expected: Mapping[str, str]) -> None:
    target.mkdir(mode=0o700)
    for name, checksum in expected.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if not (source / name).is_file() or copy(source / name, target / name) != checksum:
            raise IndexDamaged(source.parent.name, f"{source.name}/{name}")


def _writable(index_dir: Path) -> Path:
    """The folder for copies, made if need be."""
    own = Path(tempfile.gettempdir()) / f"footnote-{os.getuid()}"
    for folder in (index_dir / OPEN, own):
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            mine = folder != own or folder.stat().st_uid == os.getuid()  # anybody may make a folder there
        except OSError:
            continue
        if mine and os.access(folder, os.W_OK):
            return folder
    raise StoreUnavailable(
        f"There is no place for a private copy of the index: neither {index_dir} nor {tempfile.gettempdir()} can be "
        "written. Make one of them writable (TMPDIR names the second)."
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else adds or removes copies meanwhile."""
    with (folder / "LOCK").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _remove_abandoned(folder: Path) -> None:
    held = set()
    for path in folder.glob("*.lock"):
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held.add(path.stem)
    for path in folder.iterdir():
        if path.name != "LOCK" and path.stem not in held:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
