"""A build in its own process: followed, and its failure told."""

import os
import subprocess
import sys

import pytest

from app.web.index_build import COMMAND, Build, BuildState
from retrieval.config import ROOT, Settings
from tests.conftest import SMALL_COURSE, write_course

PROGRAM = "import sys; print('reading'); {}"
COUNTING = "[print(f'embed: {n}/4 (9/s)', file=sys.stderr) for n in range(5)]; print('done')"


def run(program: str) -> list[BuildState]:
    build = Build((sys.executable, "-c", PROGRAM.format(program)))
    build.start()
    build.start()
    return list(build.watch())


def test_a_build_is_followed_to_its_end() -> None:
    last = run(COUNTING)[-1]
    assert last == BuildState(lines=("reading", "embed: 4/4 (9/s)", "done"))


def test_the_builder_says_how_far_it_is_line_by_line(settings: Settings) -> None:
    corpus = write_course(settings.corpus, SMALL_COURSE)
    environment = {"CORPUS": str(corpus), "INDEX_DIR": str(settings.index_dir)}
    said = subprocess.run(
        COMMAND, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    assert "reading: 3/3 (" in said.stderr
    assert "\r" not in said.stderr


def test_a_failure_is_told_with_its_last_line() -> None:
    last = run("print('ingest: another build is running', file=sys.stderr); sys.exit(1)")[-1]
    assert (last.running, last.failed, last.last) == (False, True, "ingest: another build is running")


def test_a_command_that_is_not_there() -> None:
    build = Build(("/no/such/program",))
    build.start()
    last = list(build.watch())[-1]
    assert last.failed
    assert "could not be started" in last.last


def test_what_a_build_came_to_is_its_first_line_that_is_no_progress() -> None:
    last = run(COUNTING.replace("'done'", "'2 documents; version v1 (3 s)\\nadded: a/1 of 2'"))[-1]
    assert BuildState(lines=last.lines[1:]).messages[0] == "2 documents; version v1 (3 s)"
    assert BuildState(lines=("embed: 1/4 (9/s, 2 s left)",)).messages == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("embedding: 173/739 (42/s, 14 s left)", "Embedding: 173 of 739, 14 s left"),
        ("reading: 2/5 (51/s, 0 s left)", "Reading: 2 of 5"),
        ("chunking: 0/1 (0/s)", "Chunking: 0 of 1"),
        ("5 documents; version v1", "5 documents; version v1"),
        ("another build is running", "Another build is running"),
    ],
)
def test_progress_in_words(line: str, words: str) -> None:
    assert BuildState(lines=(line,)).now == words
    assert BuildState().now == "Starting …"


def test_nothing_was_built_yet() -> None:
    assert list(Build().watch()) == [BuildState()]


def test_progress_takes_the_place_of_the_progress_before_it() -> None:
    state = BuildState()
    for line in ("reading: 1/2 (9/s)", "reading: 2/2 (9/s)", "done"):
        state = state.with_line(line)
    assert state.lines == ("reading: 2/2 (9/s)", "done")
