"""Documents that were read wrongly once, and what must be read in them."""

import pytest

from ingest.parse.formats.pdf import read as pdf
from ingest.parse.reader import Limits
from tests.conftest import SHARED

CASES = SHARED / "cases" / "documents"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared with the documents is not here")


@pytest.mark.parametrize(
    ("name", "present", "absent"),
    [
        ("pdf_arabic/ar.pdf", ["الخلية هي الوحدة الأساسية للحياة.", "عند الإنسان 46."], ["ﺔ"]),
        ("pdf_arabic/ar_shaped.pdf", ["الخلية هي الوحدة الأساسية للحياة."], ["ﺔ"]),
        ("pdf_booktabs/alloys.pdf", ["| Silver | 962 °C | 10.5 g/cm³ | high |"], []),
        ("pdf_chinese_lines/zh.pdf", ["叶绿体是这个反应的场所", "每组四个学生"], ["\n"]),
        ("pdf_form_values_lost/lab.pdf", ["Length of the thread: 82 centimetres", "1.82 seconds"], []),
        ("pdf_hyphens/text.pdf", ["metabolism", "průřez", "фотосинтез", "Nord-Süd-Gefälle", "determined"], ["‐"]),
        ("pdf_rotated/rot.pdf", ["Steel rusts at about 0.1 millimetres a year"], ["OPY", "2023", "Downloaded"]),
        ("pdf_superscript/moles.pdf", ["6.022 × 10^23", "10^-31", "x^2/2", "Ca^2+", "Perrin^4"], []),
    ],
)
def test_cases(name: str, present: list[str], absent: list[str]) -> None:
    text = pdf.read((CASES / name).read_bytes(), Limits()).text
    assert [words for words in present if words not in text] == []
    assert [words for words in absent if words in text] == []


@pytest.mark.parametrize("name", ["paper.pdf", "soil.pdf"])
def test_sections_of_two_columns_keep_their_order(name: str) -> None:
    text = pdf.read((CASES / "pdf_two_columns_last_page" / name).read_bytes(), Limits()).text
    places = [text.index(word) for word in ("Introduction\n", "Methods\n", "Results\n", "Discussion\n")]
    assert places == sorted(places)
    assert "Results part 2" not in text[places[3] :]
