import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.datasets.gold import Locator, fold_notation, fold_space, fold_words
from evals.datasets.questions import GoldQuestion


def places(quote: str, *texts: str) -> list[tuple[str, str]]:
    """Where the quote stands: document and source text from its first to its last character."""
    documents = {f"d{number}": text for number, text in enumerate(texts)}
    found = Locator(documents).quote(quote).occurrences
    return [(o.document_id, documents[o.document_id][o.offsets[0] : o.offsets[-1] + 1]) for o in found]


@pytest.mark.parametrize(
    ("quote", "text", "source"),
    [
        ("two words", "has two words here", "two words"),
        ("two  words\nhere", "has two\n   words here", "two\n   words here"),
        ("Top-P Sampling: words", "- **Top-P Sampling:** words", "Top-P Sampling:** words"),
        ("see the guide for more", "see [the guide](https://x.org/a_(b)?q=1) for more", "see [the guide](https://x.org/a_(b)?q=1) for more"),
        ("Code | 0.2 | 0.95", "|  Code |0.2|  0.95 |", "Code |0.2|  0.95"),
        ("First thing • Second thing", "* First thing\n* Second thing", "First thing\n* Second thing"),
        ("first thing second thing", "1. First thing\n2. Second thing", "First thing\n2. Second thing"),
        ("it’s “quoted”", "so it's \"quoted\" here", "it's \"quoted"),
        ("the soft-max is x & y", "the <b>soft</b>-max is x &amp; y", "the <b>soft</b>-max is x &amp; y"),
        ("naive fi", "a na\u00efve \ufb01", "na\u00efve \ufb01"),
        ("set `x = 1` first", "set x = 1 first", "set x = 1 first"),
    ],
)  # fmt: skip
def test_a_quote_survives_formats(quote: str, text: str, source: str) -> None:
    assert places(quote, text) == [("d0", source)]


def test_all_places_in_all_documents_count() -> None:
    assert places("a rule", "a rule. A RULE.", "no", "here: **a  rule**") == [("d0", "a rule"), ("d2", "a  rule")]


def test_loose_finds_begin_and_end_at_words() -> None:
    assert places("ART is", "smart isn't; part is") == []
    assert places("art is", "smart isn't") == [("d0", "art is")]  # verbatim is verbatim
    assert places("!!", "what! ever") == []


def test_what_stands_nowhere_is_missing() -> None:
    question = GoldQuestion(id="q", question="?", quotes=("one", "gone"), alternatives=(("gone",), ("lost",)))
    gold = Locator({"d": "only one here"}).gold(question)
    assert gold.missing == ("gone", "lost")


def test_offsets_leave_out_spaces_and_notation() -> None:
    text = "x **a b** [c](u) y"
    (place,) = Locator({"d": text}).quote("a b c").occurrences
    assert "".join(text[offset] for offset in place.offsets) == "abc"


@given(st.text(alphabet="aB1 .*_\n\u00dfé[]()<>&;|`", max_size=40), st.data())
def test_foldings_lead_back_to_the_source(text: str, data: st.DataObject) -> None:
    """Against plain definitions: white space by `split`, words character by character."""
    assert fold_space(text).text == " ".join(text.split())
    for fold in (fold_space, fold_words, fold_notation):
        folded = fold(text)
        assert len(folded.text) == len(folded.offsets)
        assert list(folded.offsets) == sorted(folded.offsets)
    words = "".join({"\u00df": "ss", "é": "e"}.get(char, char.lower()) for char in text if re.match(r"[^\W_]", char))
    assert fold_words(text).text == words
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    if part.strip():
        assert places(part, text), "a slice of a text stands in it"
