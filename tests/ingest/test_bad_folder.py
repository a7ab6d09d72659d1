"""A folder with every bad input there is: each is named with what to do, the rest is indexed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.__main__ import main, summary
from ingest.build import build
from ingest.discover.changes import list_sources
from ingest.discover.files import CourseFile
from ingest.parse.load import Loader
from ingest.parse.reader import MEGABYTE, Limits, limits_of
from retrieval.config import Settings, load_settings
from retrieval.errors import UnreadableFile
from retrieval.index import versions
from tests.conftest import write_course
from tests.ingest.test_bad_input import FAULTS, word_file

GOOD = {"a.md": "# Foxes\n\nFoxes eat hens.\n", "b.txt": "Hens\n\nHens eat corn.\n"}
SMALLEST = {"max_file_mb": 1, "max_unpacked_mb": 2}


def fill(folder: Path) -> dict[str, str]:
    """Writes all faults and two good documents; the reason expected for each bad file."""
    write_course(folder, GOOD)
    expected: dict[str, str] = {}
    for number, (name, data, reason) in enumerate(FAULTS.values()):
        path = f"bad-{number:02}{Path(name).suffix}"
        (folder / path).write_bytes(data)
        expected[path] = reason
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(100 * MEGABYTE)
    (folder / "program.exe").write_bytes(b"MZ")
    (folder / "elsewhere.md").symlink_to("/nowhere/a.md")
    return expected | {"huge.txt": "too large", "program.exe": "unsupported", "elsewhere.md": "link"}


@pytest.fixture
def small(settings: Settings) -> Settings:
    return settings.model_copy(update=SMALLEST)


def test_each_is_named_and_the_rest_is_indexed(small: Settings) -> None:
    expected = fill(small.corpus)
    (small.corpus / "named.pdf").write_bytes(word_file())
    report = build(small)
    assert {failure.path: failure.reason for failure in report.failures} == expected
    assert report.counts["documents"] == len(GOOD) + 1
    health = versions.read_health(small, report.version)
    assert {item["path"] for item in health["skipped"]} == set(expected)
    remedies = {item["path"]: item["remedy"] for item in health["skipped"]}
    assert all(remedies.values())
    assert "MAX_FILE_MB" in remedies["huge.txt"]
    assert set(report.added) == {*GOOD, "named.pdf"}


def test_files_with_the_same_fault_are_told_together(settings: Settings) -> None:
    pictures = {f"{number}.png": "" for number in range(9)}
    write_course(settings.corpus, GOOD | pictures | {"empty.md": "", "draft.md": "---\ntitle: A\n---\n"})
    told = [line for line in summary(build(settings)) if line.startswith("not indexed")]
    assert [line.split(": ")[1] for line in told] == [
        "0.png, 1.png, 2.png, 3.png, 4.png and 4 more",
        "draft.md",
        "empty.md",
    ]
    assert "Files named .png are not read" in told[0]


def test_exit_status(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("INDEX_DIR", str(settings.index_dir))
    write_course(settings.corpus, {"empty.md": ""})
    assert main([str(settings.corpus), "-q"]) == 1
    assert "empty.md" in capsys.readouterr().err
    write_course(settings.corpus, GOOD)
    assert main([str(settings.corpus), "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert main([str(settings.corpus), "--strict", "--json"]) == 2
    (failure,) = json.loads(capsys.readouterr().out)["failures"]
    assert (failure["path"], failure["reason"]) == ("empty.md", "empty")


def test_what_nobody_foresaw_is_told_with_its_place(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ingest.build.make_plan", lambda *_, **__: 1 / 0)
    monkeypatch.setenv("INDEX_DIR", str(settings.index_dir))
    write_course(settings.corpus, GOOD)
    assert main([str(settings.corpus)]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"ingest: Footnote itself failed (ZeroDivisionError: division by zero; {__file__}, line ")
    assert "Traceback" not in told


def test_limits_are_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits_of(settings) == Limits()
    for name, value in {"MAX_FILE_MB": "3", "MAX_PAGES": "5", "MAX_UNPACKED_MB": "4", "MAX_FILE_SECONDS": "7"}.items():
        monkeypatch.setenv(name, value)
    limits = limits_of(load_settings())
    assert (limits.file_bytes, limits.unpacked_bytes) == (3 * MEGABYTE, 4 * MEGABYTE)
    assert (limits.pages, limits.seconds) == (5, 7.0)


def test_a_limit_that_is_raised_lets_the_file_in(small: Settings) -> None:
    write_course(small.corpus, {**GOOD, "long.md": "# Long\n\nText." + " " * MEGABYTE})
    assert [failure.path for failure in build(small).failures] == ["long.md"]
    report = build(small.model_copy(update={"max_file_mb": 2}))
    assert report.failures == ()
    assert "limits" in report.reason


@contextmanager
def as_somebody() -> Iterator[None]:
    """Without the rights of the superuser, who may read everything."""
    me = os.geteuid()
    os.seteuid(me or 65534)
    try:
        yield
    finally:
        os.seteuid(me)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions are those of POSIX")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    write_course(tmp_path, GOOD)
    (tmp_path / "a.md").chmod(0)
    # pytest keeps its folders for their owner
    modes = {folder: mode for folder in (tmp_path, *tmp_path.parents) if not (mode := folder.stat().st_mode) & 0o005}
    for folder, mode in modes.items():
        folder.chmod(mode | 0o055)
    try:
        with as_somebody():
            sources, (skipped,) = list_sources(tmp_path, CourseFile(), Limits())
            with Loader(tmp_path) as loader, pytest.raises(UnreadableFile) as caught:
                loader.load(tmp_path / "a.md")
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)
    assert list(sources) == ["b.txt"]
    assert (skipped.path, skipped.reason, skipped.remedy) == ("a.md", "permission", "Make it readable.")
    assert (caught.value.reason, bool(caught.value.remedy)) == ("permission", True)
