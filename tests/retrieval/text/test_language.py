"""The language of a text, by script and by words."""

import pytest

from retrieval.text.language import identify, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Wiedervereinigung wurde am dritten Oktober vollzogen, und alle freuten sich.", "de"),
        ("The cell membrane controls what enters and leaves the cell.", "en"),
        ("La cellule est l'unité de base de tous les êtres vivants.", "fr"),
        ("细胞是生命的基本单位。", "zh"),
        ("", "en"),
    ],
)
def test_language_of(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_short_text_is_told_better_among_fewer() -> None:
    code, probability = identify("Was ist das?", among={"de", "en", "fr"})
    assert code == "de"
    assert 0.0 <= identify("Was ist das?")[1] <= probability <= 1.0
