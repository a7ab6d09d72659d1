"""Checksums see every change of a byte, know holes, and give the same whatever a file system does with them; private copies are
gone when closed or when their process is, never while it lives, whatever its number."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.config import ROOT
from retrieval.errors import IndexDamaged, StoreUnavailable
from retrieval.index.version_files import (
    BLOCK,
    PrivateCopy,
    checksum,
    checksum_of,
    copy,
    read_checksums,
    remove_abandoned,
    verify,
    write_checksums,
)

PIECES = st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 3 * BLOCK).map(bytes)), max_size=5).map(b"".join)


@given(data=PIECES)
def test_a_files_checksum_is_that_of_its_bytes_and_of_its_copy(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("files")
    (folder / "a").write_bytes(data)
    assert copy(folder / "a", folder / "b") == checksum(folder / "a") == checksum_of(data) == checksum(folder / "b")
    assert (folder / "b").read_bytes() == data


@given(data=PIECES.filter(bool), place=st.integers(0, 10**6), flip=st.integers(1, 255))
def test_any_changed_byte_changes_it(data: bytes, place: int, flip: int) -> None:
    changed = bytearray(data)
    changed[place % len(data)] ^= flip
    assert checksum_of(bytes(changed)) != checksum_of(data)
    assert checksum_of(data + b"\0") != checksum_of(data) != checksum_of(data[:-1])


def test_holes_cost_nothing_to_copy(tmp_path: Path) -> None:
    sparse, full = tmp_path / "sparse", tmp_path / "full"
    with sparse.open("wb") as file:
        file.seek(40 << 20)
        file.write(b"end")
        file.truncate(100 << 20)
    full.write_bytes(sparse.read_bytes())  # as on a file system without holes
    copies = [tmp_path / "1", tmp_path / "2"]
    assert copy(sparse, copies[0]) == copy(full, copies[1])
    for one in copies:
        assert one.stat().st_size == 100 << 20
        assert one.stat().st_blocks * 512 <= 1 << 20, "holes were filled"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "sub" / "b").write_bytes(b"two")
    write_checksums(tmp_path)
    return tmp_path


def test_an_untouched_folder_verifies(folder: Path) -> None:
    expected = read_checksums(folder)
    assert expected.keys() == {"a", "sub/b"}
    verify(folder, expected, expected)


@pytest.mark.parametrize("named", ["a", "sub/b", "sub/c", "checksums.json"])
@pytest.mark.parametrize("how", ["flipped", "cut", "gone", "garbage"])
def test_damage_is_named(folder: Path, named: str, how: str) -> None:
    path = folder / named
    before = path.read_bytes() if path.exists() else b"new"
    changed = {"flipped": before[:-1] + b"~", "cut": before[:1], "garbage": os.urandom(9)}
    if how == "gone":
        (folder / "a").unlink()
        named = "a"
    else:
        path.write_bytes(changed[how])
    with pytest.raises(IndexDamaged, match="make index") as caught:
        verify(folder, expected := read_checksums(folder), expected)
    assert caught.value.file == named or named == "checksums.json"
    assert caught.value.version == folder.name


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "version" / "points"
    folder.mkdir(parents=True)
    (folder / "data").write_bytes(b"data")
    return folder


def copies(index_dir: Path) -> list[Path]:
    return [path for path in (index_dir / "open").iterdir() if path.is_dir()]


def expected(source: Path) -> dict[str, str]:
    return {"data": checksum(source / "data")}


def test_it_is_gone_when_closed(source: Path, tmp_path: Path) -> None:
    one, two = (PrivateCopy(source, tmp_path, expected=expected(source)) for _ in range(2))
    assert one.path != two.path
    assert (one.path / "data").read_bytes() == b"data"
    assert one.path.stat().st_mode & 0o077 == 0
    one.close()
    one.close()
    assert copies(tmp_path) == [two.path]
    two.close()
    assert copies(tmp_path) == []


@pytest.mark.fault("processes on one index folder, one killed", "each keeps its copy, the killed one's is removed")
def test_that_of_a_killed_process_is_removed_by_the_next_and_that_of_a_living_one_is_not(
    source: Path, tmp_path: Path
) -> None:
    code = (
        "import sys, time; from pathlib import Path; from retrieval.index.version_files import PrivateCopy, checksum\n"
        "source = Path(sys.argv[1])\n"
        "copy = PrivateCopy(source, Path(sys.argv[2]), expected={'data': checksum(source / 'data')})\n"
        "print(copy.path, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(source), str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    theirs = Path(other.stdout.readline().strip())
    ours = PrivateCopy(source, tmp_path, expected=expected(source))
    assert set(copies(tmp_path)) == {theirs, ours.path}
    other.kill()
    other.wait()
    remove_abandoned(tmp_path)
    assert copies(tmp_path) == [ours.path]
    ours.close()


def test_damage_is_noticed_while_copying_and_nothing_is_left(source: Path, tmp_path: Path) -> None:
    listed = expected(source)
    (source / "data").write_bytes(b"dat4")
    with pytest.raises(IndexDamaged, match="points/data"):
        PrivateCopy(source, tmp_path, expected=listed)
    assert copies(tmp_path) == []


@pytest.mark.fault("a folder that cannot be written", "said in words; what can be read is answered from")
def test_an_index_that_can_only_be_read_is_copied_elsewhere(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index").write_text("a file stands where the folder for copies would be made")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    copy = PrivateCopy(source, tmp_path / "index", expected=expected(source))
    assert copy.path.is_relative_to(tmp_path / "temporary" / f"footnote-{os.getuid()}")
    copy.close()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "index"))
    with pytest.raises(StoreUnavailable, match="TMPDIR"):
        PrivateCopy(source, tmp_path / "index", expected=expected(source))
