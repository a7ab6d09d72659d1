"""Faults of the machine that no other test makes; `make proof` lists them all."""

import os
import subprocess
import sys
import threading
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

import pytest

from app.web.background_answer import Progress, Run
from app.web.index_build import Build
from ingest.build import build
from retrieval.config import ROOT, Settings, load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.index import versions
from tests.conftest import SMALL_COURSE, copy_folder, write_course

SPACES = ["unshare", "--user", "--map-root-user"]
ALLOWED = sys.platform == "linux" and not subprocess.run([*SPACES, "--mount", "--pid", "--fork", "true"]).returncode
needs_spaces = pytest.mark.skipif(not ALLOWED, reason="the system gives no mounts and processes of one's own")


class LongAgo(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2001, 1, 1, tzinfo=tz)


@pytest.mark.fault("the clock is set back between two builds", "order, rollback and pruning as ever")
def test_a_clock_that_is_set_back(settings: Settings, embedder: FastEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    two = settings.model_copy(update={"keep_versions": 2})
    for edition in ("one", "two", "three"):
        write_course(settings.corpus, {"a.md": f"# A\n\nEdition {edition}.\n"})
        made.append(build(two, encoder=embedder).version)
        monkeypatch.setattr("ingest.build.datetime", LongAgo)
    assert "-2001" in made[1]
    assert "-2001" not in made[0]
    assert versions.versions(settings) == made[1:]
    assert versions.current(settings) == made[2]
    assert versions.rollback(settings) == made[1]


HOLDS = """
import os, sys, time
from pathlib import Path
from retrieval.index.qdrant_edge import PrivateCopy
from retrieval.index.version_files import checksum
source = Path(sys.argv[1])
copy = PrivateCopy(source, Path(sys.argv[2]), expected={"data": checksum(source / "data")})
print(os.getpid(), copy.path, flush=True)
sys.stdin.read()
"""


@needs_spaces
@pytest.mark.fault("containers whose processes have the same number on one index folder", "each keeps its copy")
def test_the_same_number_twice(tmp_path: Path) -> None:
    (tmp_path / "version").mkdir()
    (tmp_path / "version" / "data").write_bytes(b"data")
    command = [*SPACES, "--pid", "--fork", "--kill-child", sys.executable, "-c", HOLDS, tmp_path / "version", tmp_path]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    held = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    said = [one.stdout.readline().split() for one in held]
    assert {number for number, _ in said} == {"1"}
    copies = [Path(path) for _, path in said]
    assert len(set(copies)) == 3
    held[0].kill()
    held[0].wait()
    another = subprocess.Popen(command, cwd=ROOT, **pipes)  # type: ignore[call-overload]
    another.stdout.readline()
    assert [path.exists() for path in copies] == [False, True, True]
    for one in (*held[1:], another):
        one.communicate("")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with corpus/, index/ and data/. Read only."""
    folder = tmp_path_factory.mktemp("course")
    build(load_settings(corpus=write_course(folder / "corpus", SMALL_COURSE), index_dir=folder / "index"))
    (folder / "data").mkdir()
    return folder


ASK, BUILD = ["-m", "app", "ask", "How long do cats sleep?"], ["-m", "ingest", "-q"]


@needs_spaces
@pytest.mark.fault("a folder that cannot be written", "said in words; what can be read is answered from")
@pytest.mark.parametrize(
    ("closed", "command", "status", "expected"),
    [
        ("corpus index", ASK, 0, "sixteen hours"),
        ("data", ASK, 1, "DATA_DIR"),
        ("index", BUILD, 1, "cannot be written"),
        ("corpus data", BUILD, 0, ""),
    ],
)
def test_a_folder_that_can_only_be_read(
    course: Path, tmp_path: Path, closed: str, command: list[str], status: int, expected: str
) -> None:
    copy_folder(course, tmp_path)
    (tmp_path / "corpus" / "more.md").write_text("# More\n\nMore of it.\n")
    script = (
        f'for d in {closed}; do mount --bind $d $d && mount -o remount,ro,bind $d || exit 9; done; cd "$0"; exec "$@"'
    )
    places = {name: str(tmp_path / folder) for name, folder in PLACES.items()}
    ran = subprocess.run(
        [*SPACES, "--mount", "sh", "-c", script, str(ROOT), sys.executable, *command],
        cwd=tmp_path,
        env=os.environ | places | {"ANTHROPIC_API_KEY": "", "QDRANT_URL": "", "CONFIDENCE_THRESHOLD": "0"},
        capture_output=True,
        text=True,
    )
    said = ran.stdout + ran.stderr
    assert (ran.returncode, "Traceback" in said) == (status, False), said
    assert expected in said


PLACES = {"INDEX_DIR": "index", "DATA_DIR": "data", "CORPUS": "corpus"}


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.mark.fault("no thread can be started", "said with a remedy")
@pytest.mark.usefixtures("no_threads")
def test_a_build_from_the_page_without_a_thread() -> None:
    made = Build()
    for _ in range(2):  # it can be tried again
        made.start()
        assert (made.state.running, made.state.failed) == (False, True)
        assert "No thread can be started" in made.state.messages[0]
        assert list(made.watch()) == [made.state]


@pytest.mark.fault("no thread can be started", "said with a remedy")
@pytest.mark.usefixtures("no_threads")
def test_an_answer_without_a_thread() -> None:
    saved: list[Progress] = []
    run = Run(lambda: iter(()), saved.append).start()
    assert run.progress.finished
    assert "No thread can be started" in run.progress.failure
    assert saved == [run.progress]
