"""The language of a document, told from its prose."""

from pathlib import Path

import pytest

from ingest.parse.load import load
from retrieval.text.language import ENOUGH, document_language

TEXTS = {
    "en": "The cell is the smallest unit of life. It divides, and each half grows until it is as large as the first one was. ",
    "de": "Die Zelle ist die kleinste Einheit des Lebens. Sie teilt sich, und jede Hälfte wächst, bis sie so groß ist wie die erste. ",
    "fr": "La cellule est la plus petite unité de la vie. Elle se divise, et chaque moitié grandit jusqu'à la taille de la première. ",
    "ar": "الخلية هي أصغر وحدة في الكائن الحي. تنقسم الخلية ثم ينمو كل نصف حتى يصبح بحجم الخلية الأولى التي جاء منها. ",
    "zh": "细胞是生命最小的单位。它会分裂,每一半都会长大,直到和原来的细胞一样大。这个过程叫做细胞分裂,是生物生长的基础。",
    "ru": "Клетка является наименьшей единицей жизни. Она делится, и каждая половина растёт, пока не станет такой же большой. ",
}


@pytest.mark.parametrize("language", TEXTS)
def test_prose_tells_its_language(language: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\n" + TEXTS[language] * 4, encoding="utf-8")
    assert document_language(load(tmp_path / "a.md", root=tmp_path)) == language


@pytest.mark.parametrize(
    "text",
    [
        TEXTS["de"][: ENOUGH // 2],  # too short to be sure
        "```python\n" + "def teile(zelle):\n    return zelle, zelle\n\n" * 20 + "```\n",  # code is no prose
    ],
)
def test_in_doubt_it_is_english(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    assert document_language(load(tmp_path / "a.md", root=tmp_path)) == "en"
