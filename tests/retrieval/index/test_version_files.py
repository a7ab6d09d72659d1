"""Checksums see every change of a byte, know holes, and give the same whatever a file system does with them."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import IndexDamaged
from retrieval.index.version_files import (
    BLOCK,
    checksum,
    checksum_of,
    copy,
    read_checksums,
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
