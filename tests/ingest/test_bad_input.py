"""Every kind of file that cannot be read ends as an UnreadableFile with a reason and a remedy, and nothing hangs."""

import io
import json
import os
import random
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docx
import pptx
import pytest

from ingest.chunk.chunker import Chunking, chunks
from ingest.index.report import uncovered
from ingest.parse import load as load_module
from ingest.parse.load import Loader, load
from ingest.parse.reader import MEGABYTE, Limits
from retrieval.errors import UnreadableFile
from tests.ingest.parse.pdf.pdf_support import BODY, lines, pdf_file

Saves = Callable[[io.BytesIO], None]


def saved(save: Saves) -> bytes:
    save(buffer := io.BytesIO())
    return buffer.getvalue()


def word_file() -> bytes:
    document = docx.Document()
    document.add_heading("Title", 1)
    document.add_paragraph("An item", style="List Bullet")
    document.add_table(2, 2).cell(0, 0).text = "A cell"
    return saved(document.save)


def slides_file() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Title", "A point"
    return saved(presentation.save)


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return buffer.getvalue()


def marked_encrypted(data: bytes) -> bytes:
    """The flag of a password on every member of an archive."""
    changed = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(signature, at + 1)
    return bytes(changed)


OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)
PDF = pdf_file([lines(BODY, 50)])
NOISE = random.Random(1).randbytes(2_000)
BOMB = archive(word__document_xml=bytes(3_000_000))

FAULTS: dict[str, tuple[str, bytes, str]] = {
    "no bytes at all": ("a.md", b"", "empty"),
    "white space only": ("a.txt", b" \n\t\r\n", "empty"),
    "empty lines only": ("a.csv", b"\n\n", "empty"),
    "front matter only": ("a.md", b"---\nlayout: page\ntitle: Missing\n---\n", "empty"),
    "binary as Markdown": ("a.md", NOISE, "binary"),
    "binary as text": ("a.txt", b"\x7fELF\x02\x01\x01" + NOISE, "binary"),
    "binary as CSV": ("a.csv", b"\x89PNG\r\n\x1a\n" + NOISE, "binary"),
    "binary as HTML": ("a.html", b"\x00\x01\x02<" + NOISE, "binary"),
    "binary as Word": ("a.docx", b"\x00\x01" + NOISE, "corrupt"),
    "binary as PDF": ("a.pdf", b"\x00\x01" + NOISE, "corrupt"),
    "Word with a password": ("a.docx", OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
    "Word of before 2007": ("a.docx", OLD_OFFICE, "unsupported"),
    "slides with a password": ("a.pptx", marked_encrypted(slides_file()), "encrypted"),
    "PDF with a password": ("a.pdf", pdf_file([lines(BODY, 50)], encrypted=True), "encrypted"),
    "half a Word file": ("a.docx", word_file()[:9_000], "corrupt"),
    "half of the slides": ("a.pptx", slides_file()[:9_000], "corrupt"),
    "the beginning of a PDF": ("a.pdf", PDF[:200], "corrupt"),
    "Word without its parts": ("a.docx", archive(word__document_xml=b"<a/>"), "corrupt"),
    "slides without their parts": ("a.pptx", archive(ppt__presentation_xml=b"<a/>"), "corrupt"),
    "a zip bomb": ("a.docx", BOMB, "zip bomb"),
    "an archive of something else": ("a.docx", archive(data__bin=b"x"), "unsupported"),
    "a PDF of pictures": ("a.pdf", pdf_file([[], []]), "no text"),
    "a page for scripts": ("a.html", b"<html><body><script>draw()</script></body></html>", "no text"),
    "a damaged notebook": ("a.ipynb", b'{"cells": [', "corrupt"),
    "an empty notebook": ("a.ipynb", b'{"nbformat": 4, "cells": [], "metadata": {}}', "no text"),
    "too many bytes": ("a.md", b"x" * (MEGABYTE + 1), "too large"),
}
SMALL = Limits(file_bytes=1_000_000, unpacked_bytes=2_000_000, seconds=30)


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    with Loader(tmp_path_factory.getbasetemp(), limits=SMALL) as loader:
        yield loader


@pytest.mark.attack("a file that is broken, locked, a bomb or not what its name says", "named with a remedy")
@pytest.mark.parametrize("fault", FAULTS)
def test_faults(loader: Loader, tmp_path: Path, fault: str) -> None:
    name, data, reason = FAULTS[fault]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableFile) as caught:
        loader.load(tmp_path / name)
    assert caught.value.reason == reason
    assert str(caught.value).endswith(".")
    assert caught.value.remedy


def test_a_word_file_named_otherwise_is_read_by_its_content(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_bytes(word_file())
    loaded = loader.load(tmp_path / "notes.pdf")
    assert loaded.document.text.startswith("# Title\n\n- An item")
    assert loaded.notes == ("named .pdf, read as docx",)


def test_a_folder_named_like_a_file(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "a.md").mkdir()
    with pytest.raises(UnreadableFile) as caught:
        loader.load(tmp_path / "a.md")
    assert caught.value.reason == "unreadable"


@pytest.mark.attack("a file that takes time or memory without end", "its process is ended, named")
def test_reading_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(word_file())
    with pytest.raises(UnreadableFile, match=r"longer than 0\.01 seconds") as caught:
        load(path, root=tmp_path, limits=Limits(seconds=0.01))
    assert caught.value.reason == "time-out"


@pytest.mark.slow
def test_after_a_reader_was_stopped_the_next_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "slow.csv").write_text("a,b\n" * 3_000_000)
    (tmp_path / "next.csv").write_text("a,b\n1,2\n")
    with Loader(tmp_path, limits=Limits(seconds=4)) as loader:
        with pytest.raises(UnreadableFile) as caught:
            loader.load(tmp_path / "slow.csv")
        assert caught.value.reason == "time-out"
        assert loader.load(tmp_path / "next.csv").document.text.endswith("| 1 | 2 |")


def test_a_reader_that_was_killed_while_it_waited_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with Loader(tmp_path, limits=Limits(seconds=15)) as loader:
        first = loader.load(tmp_path / "a.csv")
        process = loader._process
        assert process is not None
        process.kill()  # as the system does when memory is short
        process.wait()
        assert loader.load(tmp_path / "a.csv") == first


def test_what_ends_the_reader_once_is_not_laid_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    starts = [dying, dying, load_module._start, dying]
    monkeypatch.setattr(load_module, "_start", lambda: starts.pop()())
    with Loader(tmp_path, limits=Limits(seconds=60)) as loader:
        assert loader.load(tmp_path / "a.csv").document.text.endswith("| 1 | 2 |")
        loader.close()
        with pytest.raises(UnreadableFile, match="broke down on this file, twice") as caught:
            loader.load(tmp_path / "a.csv")
    assert (caught.value.reason, starts) == ("crashed", [])


@pytest.mark.attack("a file that takes time or memory without end", "its process is ended, named")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="memory is limited on POSIX systems only")
def test_reading_that_needs_too_much_memory_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>" + "<b>x</b>" * 100_000)
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.html", root=tmp_path, limits=Limits(memory_bytes=100_000_000))
    assert caught.value.reason in {"too large", "crashed"}


def test_one_line_of_five_megabytes(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# T\n\n" + "A word after a word. " * 250_000)
    began = time.perf_counter()
    document = load(tmp_path / "a.md", root=tmp_path)
    assert [block.kind for block in document.blocks] == ["heading", "paragraph"]
    assert time.perf_counter() - began < 60


NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "metadata": {"language_info": {"name": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# A\n", "text"]},
            {"cell_type": "code", "source": "x", "outputs": [{"output_type": "stream", "text": ["1\n"]}]},
        ],
    }
)
SEEDS: dict[str, bytes] = {
    "a.md": b"---\ntitle: T\n---\n# A\n\n- b\n  - c\n\n```py\nx\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<!-- c -->\n\n[a]: b\n",
    "a.txt": "A Title\n\n• one\n• two\n\nA sentence. “Another” – café.\n\ndef f():\n    return 1\n".encode(),
    "a.html": b"<!doctype html><html><head><title>T</title></head><body><nav>n</nav><h1>A</h1><ul><li>b<ol><li>c</ol></ul>"
    b"<table><tr><th rowspan=2>a<th>b<tr><td colspan=3>c</table><pre class='lang-py'>x\n</pre><p>d <a href='u'>e</a></body>",
    "a.docx": word_file(),
    "a.pptx": slides_file(),
    "a.pdf": PDF,
    "b.pdf": pdf_file(
        [lines(BODY, 50), lines("Two\nthree", 300)], bookmarks=["a", "b"], drawing="50 700 300 0.5 re f\n"
    ),
    "a.ipynb": NOTEBOOK.encode(),
    "a.rst": b"Title\n=====\n\n* a\n\n  * b\n\n.. code-block:: py\n   :x:\n\n   y\n\n=== ===\nA   B\n=== ===\n1   2\n=== ===\n\n:ref:`a <b>` |s|_ [1]_\n",
    "a.tex": rb"\documentclass{article}\newcommand{\R}{\mathbb{R}}\begin{document}\section{A}Let $x \in \R$.\footnote{n}"
    rb"\begin{itemize}\item a\item b\end{itemize}\begin{tabular}{ll}a & b \\ \end{tabular}\end{document}",
    "a.org": b"* A\n:P:\n:ID: 1\n:END:\n- a :: b\n| a | b |\n#+BEGIN_SRC py\nx\n#+END_SRC\n[fn:1] n\n[[x][y]] $a$\n",
    "a.typ": b'#import "x.typ": y\n= A\n#y[b] $a/b$\n- c\n#table(columns: 2, [a], [b])\n',
    "a.rtf": rb"{\rtf1\ansi{\fonttbl{\f0 T;}}\pard a{\b b}\par\trowd\cellx1000\intbl c\cell\row{\footnote n}\par}",
    "a.vtt": b"WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\n<v Ada>a b\n\n00:01:04.000 --> 00:01:06.000\nc\n",
    "a.csv": b'a;b\n"1";2\n"x\ny";"q""r"\n',
}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, cut out, doubled, or the end missing."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(changed) + 1)
        stop = min(start + chance.randint(1, 30), len(changed))
        match chance.randrange(5):
            case 0:
                changed[start:stop] = chance.randbytes(stop - start)
            case 1:
                del changed[start:stop]
            case 2:
                changed[start:start] = changed[start:stop] * chance.randint(1, 50)
            case 3:
                changed[start:stop] = chance.choice([b"\0", b"<", b"&#x0;", b"\xff", b"```", b"|", b"9" * 20, b"\n\n"])
            case _:
                del changed[max(start, len(changed) // 2) :]
    return bytes(changed)


def mutated_archive(data: bytes, chance: random.Random) -> bytes:
    """An Office file whose parts are damaged but whose archive is whole."""
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        names = source.namelist()
        for name in names:
            members[name] = source.read(name)
    for name in chance.sample([name for name in names if name.endswith((".xml", ".rels"))], 2):
        members[name] = mutated(members[name], chance)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return buffer.getvalue()


def check_mutations(folder: Path, *, count: int, seed: int) -> None:
    """Each is read or refused with a reason, and what is read is whole."""
    chance = random.Random(seed)
    reasons = Counter[str]()
    with Loader(folder, limits=Limits(seconds=20, unpacked_bytes=50_000_000)) as loader:
        for number in range(count):
            name = list(SEEDS)[number % len(SEEDS)]
            inside = name.endswith(("docx", "pptx")) and chance.random() < 0.7
            data = (mutated_archive if inside else mutated)(SEEDS[name], chance)
            (folder / name).write_bytes(data)
            try:
                document: Any = loader.load(folder / name).document
            except UnreadableFile as error:
                reasons[error.reason] += 1
                continue
            assert uncovered(document, chunks(document, Chunking())) == 0
            done = 0
            for block in document.blocks:
                assert not document.text[done : block.start].strip()
                done = block.end
            assert not document.text[done:].strip()
    assert reasons
    assert reasons["time-out"] <= count // 500, "pandoc needs exponential time for tables nested without an end"


@pytest.mark.attack("a file of fifteen kinds with bytes changed", "read or refused in words, nothing hangs")
def test_two_hundred_damaged_files(tmp_path: Path) -> None:
    check_mutations(tmp_path, count=200, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_two_thousand_damaged_files(tmp_path: Path) -> None:
    check_mutations(tmp_path, count=2_000, seed=2)
