"""Pages that are pictures, read by the program tesseract where it is installed."""

import csv
import io
import os
import shutil
import subprocess
from dataclasses import replace
from itertools import groupby
from statistics import fmean, median
from typing import Any

from ingest.parse.formats.pdf.lines import PageLine
from ingest.parse.formats.pdf.words import Word
from retrieval.errors import UnreadableFile

DOTS = 300  # to the inch: what tesseract was trained on
INSTALL = (
    "install tesseract (Debian and Ubuntu: apt install tesseract-ocr; macOS: brew install tesseract) and build again"
)
UNSURE = 0.6  # a word of which it is less sure is worth a look
_LARGE = 1.4  # times the usual height of a word: a heading, if it is sure of every word (handwriting and drawings are large too)
_WORD = "5"  # the level of a word in tesseract's table


def program() -> str | None:
    """Where tesseract is, None where it is not installed."""
    return shutil.which("tesseract")


def languages(tesseract: str) -> str:
    """All that have been installed for it, as `deu+eng`."""
    listed = _output([tesseract, "--list-langs"], b"", seconds=20).split("\n")[1:]
    return "+".join(sorted(name for name in map(str.strip, listed) if name and name not in {"osd", "equ"})) or "eng"


def read(picture: Any, page: int, *, dots: float, tesseract: str, language: str, seconds: float) -> list[PageLine]:
    """The lines on a picture (of PIL, with so many dots to the inch), each word with how sure the program is of it. Raises UnreadableFile: time-out, or
    what the program says."""
    picture.save(buffer := io.BytesIO(), "PNG", dpi=(dots, dots))
    table = _output([tesseract, "stdin", "stdout", "-l", language, "tsv"], buffer.getvalue(), seconds=seconds)
    rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    words = [row for row in rows if row["level"] == _WORD and row["text"].strip()]
    usual = median([float(row["height"]) for row in words] or [0.0])
    lines = groupby(words, lambda row: (row["block_num"], row["par_num"], row["line_num"]))
    return [_line(list(found), page, picture.height, 72 / dots, usual, order) for order, (_, found) in enumerate(lines)]


def sureness(*lines: PageLine) -> float:
    """Of the mean word."""
    return fmean(word.sure or 0 for line in lines for word in line.words)


def surely(line: PageLine) -> PageLine:
    """Without what is no more than a guess, if that is most of it."""
    sure = line.words if sureness(line) >= UNSURE else [word for word in line.words if (word.sure or 0) >= UNSURE]
    return replace(line, words=tuple(sure))


def _line(rows: list[dict[str, str]], page: int, height: int, points: float, usual: float, order: int) -> PageLine:
    words = [
        Word(
            row["text"].strip(),
            left := points * float(row["left"]),
            left + points * float(row["width"]),
            float(row["conf"]) / 100,
        )
        for row in rows
    ]
    tall = median(float(row["height"]) for row in rows)
    base = median(float(row["top"]) + float(row["height"]) for row in rows)
    large = tall > _LARGE * usual and all((word.sure or 0) >= UNSURE for word in words)
    size = round(points * (tall if large else usual) / 0.75)
    return PageLine(tuple(words), page, points * base, max(size, 1), base / height, order)


def _output(command: list[str], data: bytes, *, seconds: float) -> str:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # more threads are no faster
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=seconds, env=environment, check=False)
    except subprocess.TimeoutExpired as error:
        message = f"Text recognition did not end within {seconds:.0f} seconds."
        raise UnreadableFile("time-out", message, remedy="Split the file, or raise MAX_FILE_SECONDS.") from error
    except OSError as error:
        raise UnreadableFile("no text", f"tesseract does not start: {error}.", remedy="Install it anew.") from error
    if done.returncode:
        message = f"tesseract failed: {done.stderr.decode(errors='replace').strip()[-200:]}."
        raise UnreadableFile("no text", message, remedy="Install it anew, with the data of a language.")
    return done.stdout.decode("utf-8", "replace")
