"""Full disks and folders that cannot be written end in words, and the live index goes on."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.build import build
from ingest.index import points
from retrieval.config import ROOT, Settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError, StoreUnavailable
from retrieval.index import versions
from tests.conftest import know_parsers, write_course
from tests.ingest.conftest import FILES


@pytest.mark.fault("the disk is full", "said in words, nothing left")
def test_a_full_disk(settings: Settings, embedder: FastEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    write_course(settings.corpus, FILES)
    live = build(settings, encoder=embedder).version
    write_course(settings.corpus, {"c.md": "# Gamma\n\nGamma is the third letter.\n"})

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(points, "write_vectors", full)
        with pytest.raises(StoreUnavailable, match=r"is full.*Free some space"):
            build(settings, encoder=embedder)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))  # type: ignore[attr-defined]
        with pytest.raises(StoreUnavailable, match=r"is full.*Free some space"):
            build(settings, encoder=embedder)
    assert versions.current(settings) == live
    assert [path.name for path in (settings.index_dir / "versions").iterdir()] == [live]
    assert build(settings, encoder=embedder).published


@pytest.mark.fault("a folder that cannot be written", "said in words; what can be read is answered from")
def test_a_folder_that_cannot_be_made(settings: Settings, embedder: FastEmbedder, tmp_path: Path) -> None:
    write_course(settings.corpus, FILES)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="INDEX_DIR"):
        build(settings.model_copy(update={"index_dir": tmp_path / "file" / "index"}), encoder=embedder)


@pytest.mark.attack("another user of the machine reads conversations or index", "the system refuses it")
def test_only_its_owner_can_read_an_index(settings: Settings, embedder: FastEmbedder) -> None:
    write_course(settings.corpus, FILES)
    name = build(settings, encoder=embedder).version
    for folder in (settings.index_dir, versions.folder_of(settings, name)):
        assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.fault("a build ends by a signal", "said in words, with why")
@pytest.mark.parametrize(
    ("ending", "said"), [("SIGBUS", "the disk is full"), ("SIGKILL", "memory ran out"), ("SIGABRT", "THREADS=1")]
)
def test_a_sudden_end_is_said(ending: str, said: str) -> None:
    dying = f"import os, signal; os.kill(os.getpid(), signal.{ending})"
    code = "import sys; from ingest.__main__ import supervised; sys.exit(supervised(sys.argv[1:]))"
    command = [sys.executable, "-c", code, sys.executable, "-c"]
    ran = subprocess.run([*command, dying], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert "The live index is whole." in ran.stderr
    assert subprocess.run([*command, "raise SystemExit(3)"], cwd=ROOT).returncode == 3


def test_the_command_builds(settings: Settings) -> None:
    """As a process of its own, which no other test of a build is."""
    write_course(settings.corpus, FILES)
    know_parsers(settings.index_dir)
    environment = os.environ | {"INDEX_DIR": str(settings.index_dir), "CORPUS": str(settings.corpus)}
    ran = subprocess.run([sys.executable, "-m", "ingest"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert versions.current(settings) in ran.stdout


@pytest.mark.fault("the disk is full", "said in words, nothing left")
@pytest.mark.slow
@pytest.mark.parametrize("size", ["3m", "10m", "20m"])
def test_a_disk_that_is_really_full(settings: Settings, size: str) -> None:
    """A file system of that size, where the system allows to make one."""
    texts = (" ".join(f"Sentence {line} of text {number} says so." for line in range(60)) for number in range(40))
    write_course(settings.corpus, {f"n{at}.md": f"# N{at}\n\n{text}\n" for at, text in enumerate(texts)})
    script = f'mount -t tmpfs -o size={size} none /mnt && INDEX_DIR=/mnt/index "{sys.executable}" -m ingest -q'
    command = ["unshare", "-Urm", "sh", "-c", script]
    if not shutil.which("unshare") or subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("no file system can be made here")
    ran = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"CORPUS": str(settings.corpus)}, capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert "full" in ran.stderr
    assert "Traceback" not in ran.stderr
