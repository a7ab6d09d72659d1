"""A build in its own process: followed, and its failure told."""

import sys

import pytest

from app.web.courses import Build, BuildState, screen

PROGRAM = "import sys; print('reading'); {}"
COUNTING = "[print(f'\\rembed: {n}/4 (9/s)\\033[K', end='', flush=True, file=sys.stderr) for n in range(5)]; print(); print('done')"


def run(program: str) -> list[BuildState]:
    build = Build((sys.executable, "-c", PROGRAM.format(program)))
    build.start()
    build.start()
    return list(build.watch())


def test_a_build_is_followed_to_its_end() -> None:
    last = run(COUNTING)[-1]
    assert last == BuildState(lines=("reading", "embed: 4/4 (9/s)", "done"))


def test_the_builder_believes_it_has_a_terminal_and_so_shows_progress() -> None:
    assert run("print(sys.stderr.isatty())")[-1].last == "True"


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
    assert BuildState(lines=last.lines[1:]).told[0] == "2 documents; version v1 (3 s)"
    assert BuildState(lines=("embed: 1/4 (9/s, 2 s left)",)).told == ()


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


def test_screen_shows_what_a_terminal_would() -> None:
    assert screen("a\r\nb: 1/2\x1b[K\rb: 2/2\x1b[K") == ("a", "b: 2/2")
    assert screen("") == ()
    assert BuildState(lines=("b: 1/4 (2/s)",)).done == 0.25
    assert BuildState(lines=("b: 0/0",)).done == 0.0
