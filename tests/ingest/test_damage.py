"""A damaged version is named, left for the one before it, and mended by the next build."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.build import build
from ingest.discover.changes import file_digest
from retrieval.config import Settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import FootnoteError, IndexDamaged, IndexMissing
from retrieval.index import versions
from retrieval.index.opened_index import open_index
from tests.conftest import copy_folder, write_course
from tests.ingest.conftest import FILES
from tests.ingest.test_build import contents

SECOND = {"a.md": "# Alpha\n\nAlpha opens the alphabet.\n\n- one\n- two\n", "c.txt": "Gamma\n\nGamma is the third.\n"}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, embedder: FastEmbedder) -> Settings:
    """Two versions; read only."""
    folder = tmp_path_factory.mktemp("two")
    settings = Settings(corpus=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data")
    for files in (FILES, SECOND):
        write_course(settings.corpus, files)
        build(settings, encoder=embedder)
    return settings


@pytest.fixture
def own(two: Settings, tmp_path: Path) -> Settings:
    copy_folder(two.index_dir, tmp_path / "index")
    return two.model_copy(update={"index_dir": tmp_path / "index"})


BEGINNING = 4096


def damaged(path: Path, how: str, *, seed: int = 0) -> None:
    size = path.stat().st_size
    if how == "gone":
        path.unlink()
        return
    with path.open("r+b") as file:
        match how:
            case "cut" | "emptied":
                file.truncate(size // 2 if how == "cut" else 0)
            case "zeros":
                file.write(bytes(min(BEGINNING, size)))
            case "longer":
                file.seek(size)
                file.write(b"\0")
            case _:
                place = random.Random(f"{path.name}{seed or ''}").randrange(max(1, size))
                file.seek(place)
                byte = file.read(1) or b"\0"
                file.seek(place)
                file.write(bytes([byte[0] ^ 0x5A]))


def kinds(folder: Path) -> list[str]:
    """One file of every kind in a version, as a path below it; the segment's name differs from build to build."""
    seen: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            parts = path.relative_to(folder).parts
            kind = "/".join(part for part in parts if len(part) < 36) if parts[0] == "points" else parts[0]
            seen.setdefault(kind, path.relative_to(folder).as_posix())
    return list(seen.values())


DAMAGED = pytest.mark.fault(
    "a file of the index is cut, gone, or changed anywhere", "named, the version before answers"
)


def check_left(own: Settings, embedder: FastEmbedder, name: str, how: str, *, seed: int = 0) -> None:
    """What is opened is whole, and says which it is."""
    before, live = versions.versions(own)
    path = versions.folder_of(own, live) / name
    kept = shutil.copyfile(path, own.index_dir / "kept")
    damaged(path, how, seed=seed)
    index = open_index(own, embedder)
    build_only = name.startswith("pieces/") and how != "gone"  # builds read it, and check it
    assert index.name == (live if build_only else before), (name, how)
    assert build_only or versions.current(own) == before
    index.close()
    with pytest.raises(IndexDamaged):
        versions.check_intact(own, live)
    shutil.copyfile(kept, path)
    versions.unmark(own, live)


@DAMAGED
@pytest.mark.timeout(600)
def test_every_kind_of_file_may_be_damaged(
    own: Settings, embedder: FastEmbedder, record_property: Callable[[str, object], None]
) -> None:
    live = versions.current(own)
    tries = [(name, how) for name in kinds(versions.folder_of(own, live)) for how in ("flipped", "cut", "gone")]
    tries = [
        (name, how) for name, how in tries if how != "cut" or (versions.folder_of(own, live) / name).stat().st_size
    ]
    for name, how in tries:
        check_left(own, embedder, name, how)
    assert len(tries) > 90
    record_property("tries", len(tries))
    assert versions.current(own) == live


@DAMAGED
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_file_may_be_damaged_anywhere(
    own: Settings, embedder: FastEmbedder, record_property: Callable[[str, object], None]
) -> None:
    """A byte at four places of every file, zeros over its beginning, nothing in it, a byte more."""
    folder, tries = versions.folder_of(own, versions.current(own)), 0
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        hows = [("flipped", seed) for seed in range(4)] + [("zeros", 0), ("emptied", 0)] if path.stat().st_size else []
        for how, seed in (*hows, ("longer", 0)):
            if how == "zeros" and not any(path.open("rb").read(BEGINNING)):
                continue
            check_left(own, embedder, path.relative_to(folder).as_posix(), how, seed=seed)
            tries += 1
    record_property("tries", tries)


@pytest.mark.fault("a build finds a damaged version", "mended, nothing damaged taken over")
@pytest.mark.parametrize(
    "kind", ["states.npy", "windows.npy", "words.json", "manifest.json", "checksums.json", "pieces", "points"]
)
def test_the_next_build_mends_it(own: Settings, embedder: FastEmbedder, kind: str) -> None:
    folder = versions.folder_of(own, versions.current(own))
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and kind in path.relative_to(folder).parts]
    damaged(files[0], "flipped")
    report = build(own, encoder=embedder)
    assert report.published
    assert "is damaged" in report.reason
    assert files[0].relative_to(folder).as_posix() in report.reason or kind == "checksums.json"
    assert not folder.exists(), "the damaged version is gone"
    assert versions.current(own) == report.version
    assert versions.damage(own) == {}
    versions.check_intact(own, report.version)
    assert not build(own, encoder=embedder).published


@pytest.mark.fault("a build finds a damaged version", "mended, nothing damaged taken over")
def test_what_is_damaged_is_not_taken_over(own: Settings, two: Settings, embedder: FastEmbedder) -> None:
    damaged(versions.folder_of(own, versions.current(own)) / "states.npy", "flipped")
    build(own, encoder=embedder)
    assert contents(own.index_dir) == contents(two.index_dir)
    live, whole = (versions.folder_of(one, versions.current(one)) for one in (own, two))
    assert file_digest(live / "states.npy") == file_digest(whole / "states.npy")


@pytest.mark.fault("a build finds a damaged version", "mended, nothing damaged taken over")
def test_all_versions_damaged(own: Settings, embedder: FastEmbedder) -> None:
    for name in versions.versions(own):
        damaged(versions.folder_of(own, name) / "words.json", "cut")
    with pytest.raises(IndexDamaged, match=r"words\.json.*make index"):
        open_index(own, embedder)
    with pytest.raises(IndexMissing):
        versions.rollback(own)
    report = build(own, encoder=embedder)
    assert versions.versions(own) == [report.version]
    open_index(own, embedder).close()


@pytest.mark.fault(
    "CURRENT is empty, garbage, or names what is not there", "the latest version answers, mended by the next build"
)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage", b"../../etc\n", b"no-such-version\n"])
def test_a_current_that_says_nothing(own: Settings, embedder: FastEmbedder, content: bytes) -> None:
    live = versions.current(own)
    (own.index_dir / "CURRENT").write_bytes(content)
    index = open_index(own, embedder)
    assert index.name == live
    index.close()
    report = build(own, encoder=embedder)
    assert report.published
    assert "CURRENT" in report.reason
    assert (own.index_dir / "CURRENT").read_text().startswith(f"{report.version}\n")


def test_a_mark_that_was_wrong_is_taken_back(own: Settings, embedder: FastEmbedder) -> None:
    before, live = versions.versions(own)
    versions.mark_damaged(own, IndexDamaged(live, "states.npy"))
    assert versions.current(own) == before
    assert not build(own, encoder=embedder).published
    assert versions.current(own) == live


def test_errors_are_words(own: Settings) -> None:
    error = IndexDamaged("000001-x", "states.npy")
    assert isinstance(error, FootnoteError)
    assert str(error) == (
        "The index version 000001-x is damaged: states.npy is not as it was written. Mend it with: make index"
    )
