"""Doubts are told, not only computed."""

from app.citations.sentence_check import check_sentences
from app.citations.wording import INSTEAD, QUOTING, doubts_in_words, own_words
from app.cli.terminal import lines_after
from app.types import Answer, Footnote

QUOTE = "GPT-4 costs $30 for a million tokens."


def judged(text: str) -> Answer:
    notes = (Footnote(1, "d", 0, len(QUOTE), QUOTE, ("Prices",), QUOTE, 0),)
    return Answer(text, notes, check_sentences(text, notes), writer="Claude")


def test_each_doubtful_sentence_is_named_with_its_reason() -> None:
    text = (
        "GPT-4 costs $30 for a million tokens.[1] GPT-4 costs $60 for a million tokens.[1] "
        "Bananas ripen in warm rooms.[1]\n\nCats hunt at dawn and at dusk."
    )
    assert list(doubts_in_words(judged(text))) == [
        "Not in its quotes (60): “GPT-4 costs $60 for a million tokens.”",
        "Not supported by its quotes: “Bananas ripen in warm rooms.”",
        "Not supported by a quote: “Cats hunt at dawn and at dusk.”",
    ]


def test_how_to_connect_a_model_is_told_where_none_is_connected() -> None:
    quoted = Answer("Cats hunt.[1]", (), writer="excerpts")
    assert "set ANTHROPIC_API_KEY" in own_words(quoted)[0]
    failed = Answer("Cats hunt.[1]", (), writer="excerpts", notices=("The key was refused.", INSTEAD[QUOTING]))
    assert own_words(failed) == ["These are the course's own words, chosen without a language model."]
    assert (
        own_words(judged("Cats hunt.")) == own_words(Answer("", (), refused="nothing found", writer="excerpts")) == []
    )


def test_the_terminal_tells_them() -> None:
    doubtful = judged("GPT-4 costs $60 for a million tokens.[1]")
    assert any("Not in its quotes (60)" in line for line in lines_after(doubtful))
    assert not any("Not in" in line for line in lines_after(judged("GPT-4 costs $30 for a million tokens.[1]")))


def test_a_long_sentence_is_cut_at_a_word() -> None:
    (line,) = doubts_in_words(judged("Bananas ripen in warm rooms " + "and warm rooms ripen them " * 9))
    assert line.endswith("…”")
    assert len(line) < 130
