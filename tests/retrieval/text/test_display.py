"""What is not seen does not reach what is shown; what a script needs does."""

import pytest

from app.cli.terminal import clean
from app.web.render.html import escape, tag
from app.web.render.markdown import render
from retrieval.text.display import shown

HIDDEN = "\u202e\u2066\u200b\u2060\ufeff\u00ad\U000e0041"


@pytest.mark.attack(
    "direction overrides and characters without width in titles, quotes and links", "left out wherever text is shown"
)
@pytest.mark.parametrize("character", [*HIDDEN, "\u200e", "\u200c", "\u202a", "\u2069", "\u180e"])
def test_hidden_characters_are_not_shown(character: str) -> None:
    faked = f"pay{character} 100{character} euros"
    assert shown(faked) == escape(faked) == clean(faked) == "pay 100 euros"
    assert tag("p", faked, title=faked) == '<p title="pay 100 euros">pay 100 euros</p>'
    assert character not in render(f"**{faked}** `{faked}` [{faked}](https://a.example/{character})")


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "Käse — 3 × 4 ≤ 12 €",
        "می\u200cخواهم",  # Persian: a joiner between letters
        "क्\u200dष",
        "👩\u200d🔬 and ❤\ufe0f\u200d🔥",
        "שלום\u200f (abc)",
        "日本語",
    ],
)
def test_what_a_script_needs_is_kept(text: str) -> None:
    assert shown(text) == text
