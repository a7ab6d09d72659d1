"""Private copies are gone when closed or when their process is, never while it lives, whatever its number."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.config import ROOT
from retrieval.errors import IndexDamaged, StoreUnavailable
from retrieval.index.qdrant_edge import PrivateCopy, remove_abandoned
from retrieval.index.version_files import checksum


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
        "import sys, time; from pathlib import Path; from retrieval.index.qdrant_edge import PrivateCopy\n"
        "from retrieval.index.version_files import checksum\n"
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
