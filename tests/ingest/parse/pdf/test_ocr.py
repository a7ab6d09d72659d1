"""Pages that are pictures: read where tesseract is installed, else named with the command that installs it."""

import io
import shutil
import sys
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from ingest.chunk.chunker import Chunking, chunks
from ingest.parse.formats.pdf import read as pdf
from ingest.parse.load import load
from ingest.parse.reader import Limits
from retrieval.errors import UnreadableFile
from retrieval.index.codec import chunk_from_json, chunk_to_json
from tests.ingest.parse.pdf.pdf_support import BODY, lines, pdf_file

FAKE = """import sys
if "--list-langs" in sys.argv:
    print("List of available languages in /x (3):\\nfra\\neng\\nosd")
    sys.exit()
assert sys.argv[1:] == ["stdin", "stdout", "-l", "eng+fra", "tsv"], sys.argv
assert sys.stdin.buffer.read().startswith(b"\\x89PNG")
print("level page_num block_num par_num line_num word_num left top width height conf text".replace(" ", "\\t"))
words = [(1, 200, "The", 96), (1, 300, "femur", 91), (1, 500, "bears", 95), (2, 200, "wei9ht", 41), (2, 400, "daily.", 93)]
print("\\t".join("4 1 1 1 1 0 0 0 9 9 -1".split()) + "\\t")
for line, left, text, sure in words:
    print(5, 1, 1, 1, line, 1, left, 200 + 60 * line, 90, 40, sure, text, sep="\\t")
"""


@pytest.fixture
def fake_tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "tesseract"
    script = tmp_path / "tesseract.py"
    script.write_text(FAKE)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')  # a path may have spaces
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


PICTURE = "50 700 300 40 re f\n"  # a black bar


def test_a_page_that_is_a_picture_is_read(fake_tesseract: Path) -> None:
    source = pdf.read(pdf_file([[]], drawing=PICTURE), Limits())
    assert source.text == "The femur bears wei9ht daily."
    assert source.notes == (
        "page 1 was read by OCR (eng+fra), 83% sure, exponents and formulas uncertain; doubtful: wei9ht",
    )
    sure = {source.text[word.start : word.end]: word.sure for word in source.recognised}
    assert sure == {"The": 0.96, "femur": 0.91, "bears": 0.95, "wei9ht": 0.41, "daily.": 0.93}


@pytest.mark.parametrize(("sure", "heading"), [(95, "# Bones\n\n"), (41, "Bones\n\n")])
def test_what_is_large_is_a_heading_if_it_was_read_surely(fake_tesseract: Path, sure: int, heading: str) -> None:
    script = fake_tesseract.with_suffix(".py")
    tall = f'words = [(-2, 200, "Bones", {sure}), ' + FAKE.partition("words = [")[2].replace(
        "90, 40,", "90, 40 + 50 * (line < 0),"
    )
    script.write_text(FAKE.partition("words = [")[0] + tall)
    assert pdf.read(pdf_file([[]], drawing=PICTURE), Limits()).text == f"{heading}The femur bears wei9ht daily."


def test_a_picture_among_pages_of_text_has_no_headings_and_no_guesses(fake_tesseract: Path) -> None:
    script = fake_tesseract.with_suffix(".py")
    tall = 'words = [(-2, 200, "Bones", 95), (-1, 200, "LELEL", 7), ' + FAKE.partition("words = [")[2].replace(
        "90, 40,", "90, 40 + 50 * (line < -1),"
    )
    script.write_text(FAKE.partition("words = [")[0] + tall)
    source = pdf.read(pdf_file([lines(BODY, 50), [], lines(BODY, 90)], drawing=PICTURE), Limits())
    assert "\n\nBones\n\nThe femur bears wei9ht daily." in source.text
    assert "LELEL" not in source.text


def test_a_quote_knows_how_sure_its_least_sure_word_is(fake_tesseract: Path, tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(pdf_file([[]], drawing=PICTURE))
    (chunk,) = chunks(load(tmp_path / "scan.pdf", root=tmp_path), Chunking())
    assert [unit.sure for unit in chunk.units] == [0.41]
    assert chunk_from_json(chunk.id, chunk_to_json(chunk)) == chunk


def test_pages_with_text_are_not(fake_tesseract: Path) -> None:
    source = pdf.read(pdf_file([lines(BODY, 50)], drawing=PICTURE), Limits())
    assert (source.text, source.notes) == (BODY.replace("\n", " "), ())


def test_without_tesseract_they_are_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (note,) = pdf.read(pdf_file([lines(BODY, 50), []], drawing=PICTURE), Limits()).notes
    assert note.startswith("no text on 1 of 2 pages: 2; to have pictures read, install tesseract (Debian")
    with pytest.raises(UnreadableFile) as caught:
        pdf.read(pdf_file([[]], drawing=PICTURE), Limits())
    assert caught.value.reason == "no text"
    assert "apt install tesseract-ocr" in caught.value.remedy


@pytest.mark.parametrize("answer", ["exit 3", "exec sleep 60"])
def test_a_program_that_fails_or_hangs_is_said(fake_tesseract: Path, answer: str) -> None:
    fake_tesseract.write_text(f'#!/bin/sh\n[ "$1" = --list-langs ] && exit 0\nPATH=/bin:/usr/bin\n{answer}\n')
    with pytest.raises(UnreadableFile) as caught:
        pdf.read(pdf_file([[]], drawing=PICTURE), Limits(seconds=4))
    assert caught.value.reason in {"no text", "time-out"}
    assert caught.value.remedy


def test_a_page_that_cannot_be_read_costs_no_other(fake_tesseract: Path) -> None:
    fake_tesseract.write_text('#!/bin/sh\n[ "$1" = --list-langs ] && exit 0\necho no data >&2\nexit 3\n')
    source = pdf.read(pdf_file([lines(BODY, 50), []], drawing=PICTURE), Limits())
    assert source.text == BODY.replace("\n", " ")
    assert source.notes[0] == "page 2 could not be read by OCR: tesseract failed: no data."


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_the_program_itself() -> None:
    words = "The femur is the longest bone of the body.\nIt bears the weight of the trunk."
    drawn = PdfDocument(pdf_file([lines(words, 100, size=14)]))[0].render(scale=3).to_pil()
    drawn.save(buffer := io.BytesIO(), "PDF", resolution=216)
    source = pdf.read(buffer.getvalue(), Limits())
    assert "The femur is the longest bone of the body." in source.text
    assert source.notes[0].startswith("page 1 was read by OCR")
