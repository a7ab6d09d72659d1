"""Files to documents: kinds, encodings, titles, ids; which files of a folder are found."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.discover.files import CourseFile, ListedFile, find
from ingest.parse.load import Loader, document_id, load
from ingest.parse.reader import Limits, decode
from retrieval.errors import ConfigError, UnreadableFile
from retrieval.types import Document


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    with Loader(tmp_path_factory.getbasetemp()) as loader:
        yield loader


def loaded(tmp_path: Path, name: str, content: str | bytes, loader: Loader | None = None) -> Document:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return loader.load(path).document if loader else load(path, root=tmp_path)


def test_markdown_is_kept_to_the_letter_but_for_newlines(tmp_path: Path) -> None:
    document = loaded(tmp_path, "a.md", b"\xef\xbb\xbf# A\r\n\r\n* e\xcc\x81  \rend\x00\n\n")
    assert document.text == "# A\n\n* e\u0301  \nend\n\n"


@pytest.mark.parametrize(
    ("name", "content", "title", "titled"),
    [
        ("a.md", "---\ntitle: From the head\n---\n# Heading\n", "From the head", True),
        ("a.md", "Intro.\n\n# The *Heading*\n\n# Other", "The Heading", True),
        ("week_2-plan.md", "## Second level first\n\n# Later", "week 2 plan", False),
        ("a.md", "## Rain\n\nIt falls.\n\n### Hail\n\nIt hurts.\n", "Rain", True),
        ("a_b.md", "## Rain\n\nIt falls.\n\n## Hail\n\nIt hurts.\n", "a b", False),
        ("a_b.md", "It falls.\n\n## Hail\n\nIt hurts.\n", "a b", False),
        ("a.Rmd", "---\ntitle: Rain\n---\n\nIt falls.\n", "Rain", True),
        ("a.md", "---\ntitle: Rain&#58; and hail\n---\n\nIt falls.\n", "Rain: and hail", True),
        ("a.qmd", "# Hail {-}\n\nIt hurts.\n", "Hail", True),
        ("a.md", "### Reminder\n\nOn time!\n\n# Hail\n\n## Stones\n\n" + 50 * "They fall. ", "Hail", True),
        ("a.md", "## Rain\n\n# and hail\n\n" + 50 * "They fall. ", "a", False),
        ("a.md", "## Rain\n\n" + 50 * "It falls. " + "\n\n# Hail\n\ntext", "a", False),
        ("a.html", "<title>Page</title><h2>Hail</h2><p>Text</p>", "Page", True),
        ("a.html", "<title>Page</title><p>Text</p>", "Page", True),
        ("a.html", "<title>Page</title><h1>Heading</h1>", "Heading", True),
        ("a.html", "<title>Page</title><h1>Rain</h1><p>Text</p><h1>Hail</h1><p>Text</p>", "Page", True),
        ("a.html", "<title>Rain | Page</title><h1>Rain</h1><p>Text</p><h1>Hail</h1><p>Text</p>", "Rain", True),
        ("sub/b.csv", "x,y\n1,2", "b", False),
        ("c.txt", "What is osmosis?\nWater moves.\nIt passes a skin.", "What is osmosis?", True),
        ("c.txt", f"{'And so we all went on and on, ' * 3} right?\nYes.\nIt passes a skin.", "c", False),
    ],
)
def test_titles(loader: Loader, tmp_path: Path, name: str, content: str, title: str, titled: bool) -> None:
    document = loaded(tmp_path, name, content, loader)
    assert (document.title, document.titled) == (title, titled)


def test_week_2_stands_before_week_10() -> None:
    course = CourseFile(documents=(ListedFile("zero.md"),))
    names = ["Week 10.md", "a/2.md", "week 2.md", "zero.md", "week.md"]
    assert sorted(names, key=course.order) == ["zero.md", "a/2.md", "week 2.md", "Week 10.md", "week.md"]


def test_the_id_depends_on_the_path_in_the_corpus_only(tmp_path: Path) -> None:
    first = loaded(tmp_path / "x", "sub/a.md", "one")
    second = loaded(tmp_path / "y", "sub/a.md", "two")
    assert first.id == second.id == document_id("sub/a.md")
    assert first.path == "sub/a.md"
    assert loaded(tmp_path / "x", "sub/b.md", "one").id != first.id


MARKDOWN = "# Title\n\nSome text.\n\n## Section\n\n- [a](http://x)\n"
PLAIN = "A title\n\nSome text in sentences.\nMore of it.\n"


def test_a_text_file_of_markdown_goes_the_markdown_way(tmp_path: Path) -> None:
    assert [block.kind for block in loaded(tmp_path, "a.txt", MARKDOWN).blocks] == [
        "heading",
        "paragraph",
        "heading",
        "item",
    ]
    assert loaded(tmp_path, "b.txt", PLAIN).text == PLAIN


TEXT = "Größe, café – “quoted” naïve œuvre, Ελληνικά и кириллица. " * 5
WESTERN = "Die Größe des Modells, ein Café, naïve Übergänge und schöne Straßen. " * 20


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings(encoding: str) -> None:
    text = "Latin letters are most of it. " * 20 + TEXT
    assert decode(text.encode(encoding)).text == text
    assert decode(text[:400].encode(encoding)).text == text[:400]  # letters of ASCII alone


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_legacy_encodings_are_detected_and_noted(encoding: str) -> None:
    decoded = decode(WESTERN.encode(encoding))
    assert decoded.text == WESTERN
    assert decoded.notes[0].startswith("read as ")


def test_one_stray_byte_does_not_make_the_rest_another_encoding() -> None:
    decoded = decode(TEXT.encode() + b"\xff")
    assert decoded.text == TEXT + "\N{REPLACEMENT CHARACTER}"
    assert decoded.notes == ("1 unreadable characters",)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("page.md", "<!DOCTYPE html><html><body><h1>A</h1></body></html>", "# A"),
        ("notes.html", "Just text, no tag.", "Just text, no tag."),
        ("a.txt", '{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "# A"}]}', "# A"),
        ("scan.pdf", "Not a PDF at all but text.", "Not a PDF at all but text."),
    ],
)
def test_a_wrong_extension_is_noticed(loader: Loader, tmp_path: Path, name: str, content: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    found = loader.load(path)
    assert found.document.text == text
    assert found.notes[0].startswith("named .")


def names(folder: Path, limits: Limits | None = None) -> tuple[list[str], dict[str, str]]:
    found, skipped = find(folder, limits=limits or Limits())
    return [path.relative_to(folder).as_posix() for path in found], {item.path: item.reason for item in skipped}


def fill(folder: Path, *paths: str, content: str = "x") -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)


def test_files_are_found_in_order_and_others_named(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "b.md",
        "a/z.txt",
        "a/B.PDF",
        ".hidden.md",
        ".git/x.md",
        "~$lock.docx",
        "x.exe",
        "Makefile",
        "Thumbs.db",
    )
    assert names(tmp_path) == (["a/B.PDF", "a/z.txt", "b.md"], {"x.exe": "unsupported", "Makefile": "unsupported"})


def test_ignore_files_count_for_their_folder(tmp_path: Path) -> None:
    fill(tmp_path, "README.md", "a.md", "source/x.md", "deep/README.md", "deep/draft.md", "deep/keep/draft.md")
    (tmp_path / ".ignore").write_text("/README.md\nsource/\ndraft.md\n")
    (tmp_path / "deep" / "keep" / ".ignore").write_text("!draft.md\n")
    assert names(tmp_path) == (["a.md", "deep/README.md", "deep/keep/draft.md"], {})


def test_a_wrong_pattern_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".ignore").write_text("!\n")
    with pytest.raises(ConfigError, match=r"\.ignore"):
        names(tmp_path)


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a folder"):
        names(tmp_path / "missing")


@pytest.mark.attack("a link that leads out of the folder, or in a circle", "not followed, named")
def test_links_stay_inside_and_nothing_is_read_twice(tmp_path: Path) -> None:
    fill(tmp_path, "outside/secret.md", "in/a.md", "in/.data/b.md")
    folder = tmp_path / "in"
    for name, target in {
        "b.md": ".data/b.md",  # hidden itself, so only the link leads to it
        "again.md": "a.md",
        "loop": ".",
        "out.md": "../outside/secret.md",
        "outside": "../outside",
        "broken.md": "nowhere",
    }.items():
        (folder / name).symlink_to(target)
    assert names(folder) == (["a.md", "b.md"], {"broken.md": "link", "out.md": "link", "outside": "link"})


def test_what_is_too_large_is_not_even_opened(tmp_path: Path) -> None:
    fill(tmp_path, "small.md", "large.md")
    (tmp_path / "large.md").write_text("x" * 100)
    assert names(tmp_path, Limits(file_bytes=50)) == (["small.md"], {"large.md": "too large"})


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
@pytest.mark.parametrize("mode", [0o000, 0o400, 0o600])
def test_a_folder_without_permission_is_named(tmp_path: Path, mode: int) -> None:
    fill(tmp_path, "a.md", "closed/b.md")
    (tmp_path / "closed").chmod(mode)
    try:
        assert names(tmp_path) == (["a.md"], {"closed": "permission"})
    finally:
        (tmp_path / "closed").chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_named_like_a_document_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert names(tmp_path) == ([], {"pipe.md": "unsupported"})


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.md")
    try:
        path.write_text("Text")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes UTF-8 names only")
    (found,), _ = find(tmp_path, limits=Limits())
    document = load(found, root=tmp_path)
    assert document.path == "caf\N{REPLACEMENT CHARACTER}.md"
    assert document.title == "caf\N{REPLACEMENT CHARACTER}"
    document.path.encode()


def test_a_large_text_is_read_in_the_other_process_with_the_same_result(loader: Loader, tmp_path: Path) -> None:
    text = "# T\n\n" + ("A sentence of text. " * 100 + "\n\n- item\n\n") * 600
    document = loaded(tmp_path, "a.md", text, loader)
    assert document.text == text
    assert len(document.blocks) == 1_201


def test_a_file_that_vanished(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "gone.md", root=tmp_path)
    assert caught.value.reason == "missing"
