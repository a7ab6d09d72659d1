"""Archives as folders, within limits, and what is no document."""

import io
import zipfile
from pathlib import Path

import pytest

from ingest.discover.changes import list_sources
from ingest.discover.files import CourseFile
from ingest.parse import archives
from ingest.parse.load import Loader
from ingest.parse.reader import Limits
from retrieval.errors import UnreadableFile


def make_zip(path: Path, files: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def test_files_in_an_archive_keep_their_paths_and_are_read(tmp_path: Path) -> None:
    files = {"week 1/notes.md": "# Cells\n\nCells divide.", "page.html": "<h1>A</h1><p>Words.</p>", "a.bin": "x"}
    make_zip(tmp_path / "course.imscc", {**files, "__MACOSX/x.md": "x", ".hidden.md": "x", "imsmanifest.xml": "<a/>"})
    sources, skipped = list_sources(tmp_path, CourseFile(), Limits())
    assert list(sources) == ["course.imscc/page.html", "course.imscc/week 1/notes.md"]
    assert [(item.path, item.reason) for item in skipped] == [("course.imscc/a.bin", "unsupported")]
    with Loader(tmp_path) as loader:
        documents = [loader.load(source.path).document for source in sources.values()]
    assert [document.path for document in documents] == list(sources)
    assert documents[1].text == "# Cells\n\nCells divide."
    assert documents[0].text == "# A\n\nWords."


def test_the_digest_of_a_member_is_that_of_its_content(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.zip", {"x.md": "one"})
    (tmp_path / "x.md").write_text("one")
    sources, _ = list_sources(tmp_path, CourseFile(), Limits())
    assert sources["a.zip/x.md"].digest == sources["x.md"].digest
    assert sources["a.zip/x.md"].size == 3


@pytest.mark.parametrize("damage", ["cut", "text"])
def test_a_damaged_archive_is_named(tmp_path: Path, damage: str) -> None:
    make_zip(tmp_path / "a.zip", {"x.md": "one " * 100})
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data[: len(data) // 2] if damage == "cut" else b"no archive")
    sources, skipped = list_sources(tmp_path, CourseFile(), Limits())
    assert not sources
    assert [(item.path, item.reason) for item in skipped] == [("a.zip", "corrupt")]
    assert skipped[0].remedy


@pytest.mark.attack("an archive that unpacks to more than the limit", "refused")
def test_an_archive_that_unpacks_to_too_much_is_not_opened(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.zip", {"x.md": "0" * 100_000})
    with pytest.raises(UnreadableFile, match="100,000 bytes") as caught:
        list(archives.members(tmp_path / "a.zip", Limits(unpacked_bytes=10_000)))
    assert caught.value.reason == "zip bomb"


@pytest.mark.attack("a path that leads out of an archive", "left out")
def test_paths_that_lead_out_of_an_archive_are_left_out(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.zip", {"../x.md": "one", "/y.md": "two", "z.md": "three"})
    assert [path.name for path, _ in archives.members(tmp_path / "a.zip", Limits())] == ["z.md"]


def test_a_file_that_is_gone_from_its_archive_says_so(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.zip", {"x.md": "one"})
    assert archives.read_member(tmp_path / "x.md") is None
    with pytest.raises(UnreadableFile) as caught:
        archives.read_member(tmp_path / "a.zip" / "y.md")
    assert caught.value.reason == "missing"


def test_course_toml_is_no_file_of_a_type_that_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('title = "x"')
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "course.toml").write_text("x")
    _, skipped = list_sources(tmp_path, CourseFile(), Limits())
    assert [item.path for item in skipped] == ["sub/course.toml"]


@pytest.mark.attack("an archive that unpacks to more than the limit", "refused")
def test_archives_in_archives_are_folders_within_the_limits_of_the_outermost(tmp_path: Path) -> None:
    def nested(depth: int, name: str, data: bytes) -> bytes:
        with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        return nested(depth - 1, "in/a.zip", buffer.getvalue()) if depth else buffer.getvalue()

    (tmp_path / "a.zip").write_bytes(nested(2, "x.md", b"words " * 2_000))
    sources, skipped = list_sources(tmp_path, CourseFile(), Limits())
    assert list(sources) == ["a.zip/in/a.zip/in/a.zip/x.md"]
    assert not skipped
    with Loader(tmp_path) as loader:
        assert loader.load(sources["a.zip/in/a.zip/in/a.zip/x.md"].path).document.text.startswith("words words")
    assert list_sources(tmp_path, CourseFile(), Limits(unpacked_bytes=10_000))[1][0].reason == "zip bomb"
    (tmp_path / "a.zip").write_bytes(nested(3, "x.md", b"words"))
    _, skipped = list_sources(tmp_path, CourseFile(), Limits())
    assert [(item.path, item.reason) for item in skipped] == [("a.zip/in/a.zip/in/a.zip/in/a.zip", "unsupported")]
    (tmp_path / "a.zip").write_bytes(nested(0, "in/a.zip", b"no archive"))
    _, skipped = list_sources(tmp_path, CourseFile(), Limits())
    assert [item.path for item in skipped] == ["a.zip/in/a.zip"]
