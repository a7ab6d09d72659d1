"""Index versions: finished folders that never change, and CURRENT, which names the live one.

    .index/CURRENT                       the live version's name; below it all that were published, oldest first;
                                         replaced atomically
    .index/versions/<number>-<time>-<digest>/
                                         points/ documents/ pieces/ windows.np* states.npy words.json
                                         bm25.npz manifest.json health.json checksums.json
    .index/versions/.<name>/             being built or removed
    .index/damaged/<name>                what is damaged in a version, as far as it was noticed
    .index/open/<random>/                private copies of points/ held by running processes

A build makes a hidden folder, checks it by opening and asking it, gives it its name and only then writes CURRENT: what
CURRENT does not list was never published, and the next build removes it. The numbers give the order, not the clock.
Readers look at CURRENT between two questions. Killing anything at any moment leaves CURRENT on a complete version.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retrieval.config import Settings
from retrieval.encoders.bundled import AUTO, BUNDLED, ENGLISH
from retrieval.errors import IndexDamaged, IndexMismatch, IndexMissing, StoreUnavailable
from retrieval.index import version_files
from retrieval.index.manifest import FORMAT, Manifest
from retrieval.index.version_files import follower, number
from retrieval.types import Json

WORDS = "words.json"
DAMAGED = "damaged"


def folder_of(settings: Settings, name: str) -> Path:
    return settings.index_dir / "versions" / name


def current(settings: Settings) -> str:
    """The version that answers: the live one or, where that is gone or known to be damaged, the one before it.

    Raises IndexMissing where there is none.
    """
    return candidates(settings)[0]


def candidates(settings: Settings, *, damaged: bool = False) -> list[str]:
    """The live version and those before it, latest first; those known to be `damaged` are left out unless asked for, or
    if all are. Raises IndexMissing where there is none."""
    found = _now(settings)
    chain = [name for name in reversed(found.published) if not found.live or _order(name) <= _order(found.live)]
    if not chain:
        raise IndexMissing(f"There is no index in {settings.index_dir} yet. Build one with: make index")
    known = {} if damaged else damage(settings)
    return [name for name in chain if name not in known] or chain


def unreadable_current(settings: Settings) -> str:
    """What is wrong with CURRENT, in words; empty where it names a version that is there."""
    index_dir = settings.index_dir
    return "" if _now(settings).live else f"{index_dir / 'CURRENT'} names no version that is there"


def embedding_model(settings: Settings) -> str:
    """The model to ask with: the one that is set; for "auto" that of the live version, the English one where there is none."""
    if settings.embedding_model != AUTO:
        return settings.embedding_model
    try:
        model = str(read_manifest(settings, current(settings)).made_with.get("model"))
    except (
        IndexMissing,
        IndexMismatch,
        IndexDamaged,
        StoreUnavailable,
    ):  # what is wrong is said where the version is opened
        return ENGLISH
    return model if model in BUNDLED else ENGLISH


def versions(settings: Settings) -> list[str]:
    """Names of the published versions, oldest first."""
    return list(_now(settings).published)


def next_number(settings: Settings) -> int:
    """Above that of every version there is."""
    known = [*_folders(settings.index_dir), *_lines(settings.index_dir), *_now(settings).published]
    return max(map(number, known), default=0) + 1


def publish(settings: Settings, name: str) -> None:
    """Make a complete version the live one, atomically."""
    with _changing(settings.index_dir):
        before = _now(settings).published
        _set_current(settings, name, {*before, name})


def rollback(settings: Settings) -> str:
    """Make the version before the live one live. Raises IndexMissing where no intact one is before it."""
    live = current(settings)
    for name in candidates(settings)[1:]:
        try:
            check_intact(settings, name)
        except IndexDamaged as error:
            mark_damaged(settings, error)
            continue
        with _changing(settings.index_dir):
            _set_current(settings, name, _now(settings).published)
        return name
    raise IndexMissing(f"There is no version before {live}: nothing was changed. Build a new one with: make index")


def prune(settings: Settings, *, keep: int) -> None:
    """Remove all but the `keep` latest versions (never the live one), damaged ones, and what killed processes left."""
    index_dir = settings.index_dir
    with _changing(index_dir):
        found, known = _now(settings), damage(settings)
        usable = [name for name in found.published if name not in known or name == found.live]
        kept = {*usable[-keep:], found.live}
        if kept != set(found.published):
            _set_current(settings, found.live, kept)
        if settings.qdrant_url:
            from retrieval.index.qdrant_versions import ServerVersions

            ServerVersions(settings).prune([number(name) for name in kept])
        sweep(settings)


def sweep(settings: Settings) -> None:
    """Remove whatever is no published version. Only for who holds the build's lock."""
    from retrieval.index.qdrant_edge import remove_abandoned  # the engine, which whoever asks a server has no need of

    index_dir = settings.index_dir
    kept = set(_now(settings).published)
    for path in (index_dir / "versions").glob("*"):  # hidden ones too
        if path.name not in kept:
            hidden = path if path.name.startswith(".") else path.rename(path.with_name(f".gone-{path.name}"))
            shutil.rmtree(hidden, ignore_errors=True)
    for mark in (index_dir / DAMAGED).glob("*"):
        if mark.name not in kept:
            mark.unlink(missing_ok=True)
    remove_abandoned(index_dir)


def check_intact(settings: Settings, name: str) -> None:
    """Reads every file of a version. Raises IndexDamaged naming the first that is not as it was written."""
    folder = folder_of(settings, name)
    expected = version_files.read_checksums(folder, partly=bool(settings.qdrant_url))
    version_files.verify(
        folder, expected, [path for path in expected if not settings.qdrant_url or (folder / path).exists()]
    )


def damage(settings: Settings) -> dict[str, str]:
    """By version: the file that was found damaged."""
    marks = (settings.index_dir / DAMAGED).glob("*")
    return {mark.name: mark.read_text(encoding="utf-8", errors="replace") for mark in marks}


def mark_damaged(settings: Settings, error: IndexDamaged) -> None:
    """So that every process leaves this version alone; with a server, so that it is fetched from there again. Without effect for
    one that was removed meanwhile, or where the index can only be read."""
    if error.version not in _folders(settings.index_dir):
        return
    if settings.qdrant_url:
        shutil.rmtree(folder_of(settings, error.version), ignore_errors=True)
        return
    try:
        (settings.index_dir / DAMAGED).mkdir(mode=0o700, exist_ok=True)
        (settings.index_dir / DAMAGED / error.version).write_text(error.file, encoding="utf-8")
    except OSError:
        pass


def unmark(settings: Settings, name: str) -> None:
    """It was read again, and nothing is wrong with it."""
    (settings.index_dir / DAMAGED / name).unlink(missing_ok=True)


def read_manifest(settings: Settings, name: str) -> Manifest:
    """Raises IndexMismatch for another format, IndexDamaged where it cannot be read."""
    try:
        text = (folder_of(settings, name) / "manifest.json").read_text(encoding="utf-8")
        found = json.loads(text).get("format")
        if found == FORMAT:
            return Manifest.from_json(text)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexDamaged(name, "manifest.json") from error
    if _manifest_differs(folder_of(settings, name)):
        raise IndexDamaged(name, "manifest.json")
    raise IndexMismatch(f"The index has format {found}, this program reads {FORMAT}. Build it again with: make index")


def _manifest_differs(folder: Path) -> bool:
    """Whether it is known not to be as it was written."""
    try:
        known = version_files.read_checksums(folder, partly=True)["manifest.json"]
        return version_files.checksum(folder / "manifest.json") != known
    except (IndexDamaged, OSError, KeyError):
        return False


def read_health(settings: Settings, name: str) -> Json:
    """What the build of a version saw, see `ingest.index.report`; empty where it is missing or cannot be read."""
    try:
        return dict(json.loads((folder_of(settings, name) / "health.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


@dataclass(frozen=True, slots=True)
class _Current:
    """What CURRENT says. `live` is empty where it names no version that is there; `published`: oldest first."""

    live: str
    published: tuple[str, ...]


def _read_current(index_dir: Path) -> _Current:
    """Of a CURRENT that names no version all folders count as published: each was checked."""
    there, lines = _folders(index_dir), _lines(index_dir)
    if not (index_dir / "CURRENT").exists():
        return _Current("", ())
    live = lines[0] if lines and lines[0] in there else ""
    listed = {name for name in lines if name in there} if len(lines) > 1 and live else there
    return _Current(live, tuple(sorted(listed, key=_order)))


def _now(settings: Settings) -> _Current:
    """What is published now. With a server this is asked there, and the folder follows."""
    if settings.qdrant_url:
        try:
            live, published = follower(settings).current()
        except IndexMissing:
            return _Current("", ())
        return _Current(live, tuple(sorted(published, key=_order)))
    return _read_current(settings.index_dir)


def _set_current(settings: Settings, live: str, published: Collection[str]) -> None:
    if settings.qdrant_url:
        from retrieval.index.qdrant_versions import ServerVersions

        ServerVersions(settings).publish(live, sorted(published, key=_order))
        follower(settings).current(now=True)
    else:
        _write_current(settings.index_dir, live, published)


def _write_current(index_dir: Path, live: str, published: Collection[str]) -> None:
    draft = index_dir / ".CURRENT"  # one at a time, see `_changing`: what a killed process left is written over
    draft.write_text("".join(f"{name}\n" for name in (live, *sorted(published, key=_order))), encoding="utf-8")
    os.replace(draft, index_dir / "CURRENT")


def _lines(index_dir: Path) -> list[str]:
    try:
        return (index_dir / "CURRENT").read_text(encoding="utf-8", errors="replace").split()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreUnavailable(
            f"{index_dir / 'CURRENT'} cannot be read: {error.strerror}. Make it readable."
        ) from error


def _folders(index_dir: Path) -> set[str]:
    folder = index_dir / "versions"
    return {path.name for path in folder.glob("[!.]*") if path.is_dir()} if folder.is_dir() else set()


def _order(name: str) -> tuple[int, str]:
    return number(name), name


@contextmanager
def _changing(index_dir: Path) -> Iterator[None]:
    """One change of CURRENT at a time."""
    with (index_dir / ".changing").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
