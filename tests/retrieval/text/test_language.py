"""The language of a text, by script and by words."""

from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

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


@settings(deadline=None)  # the first loads the model
@given(st.text(), st.sampled_from([frozenset[str](), frozenset({"de", "en", "fr"})]))
@example("Wie geht's?", frozenset({"de", "en", "fr"}))
@example("Что это?", frozenset[str]())
def test_what_is_held_smaller_says_the_same(text: str, among: frozenset[str]) -> None:
    whole = library()
    whole.set_languages(sorted(among) or None)
    assert identify(text, among=among) == whole.classify(text)


@cache
def library() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
