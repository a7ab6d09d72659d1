"""The parts that come with the program keep their contracts."""

import pytest

from ingest.index.fingerprint import PROBES
from ingest.parse.dispatch import SUFFIXES, reader_of
from tests.contracts.reader import check_reader

WORDS = {
    "markdown.md": "Measure the angle.",
    "notebook.ipynb": "A sum adds its terms.",
    "page.html": "Nile",
    "pages.pdf": "Granite forms when magma cools below the ground.",
    "slides.pptx": "A wave carries energy.",
    "structured.rst": "The moon raises the sea.",
    "table.csv": "Vilsandi",
    "text.txt": "Soil is made of minerals, air and water.",
    "word.docx": "nucleus",
}
BY_A_PROGRAM = {".html", ".rst", ".docx"}  # a process is started for each reading


@pytest.mark.parametrize("name", WORDS)
def test_readers(name: str) -> None:
    path = PROBES / name
    read = reader_of(SUFFIXES[path.suffix], path.suffix)
    check_reader(read, path.read_bytes(), words=WORDS[name], spoilt=5 if path.suffix in BY_A_PROGRAM else 40)
