"""How much of a text a vocabulary can read: by hand on a tiny one, and by the bundled model in four languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from retrieval.encoders.bundled import SLICE, SLICES, known_share, whole_word_share
from retrieval.encoders.embedder import FastEmbedder

ENGLISH = "The cat sleeps for sixteen hours a day, mostly in places that are warm."
GERMAN = "Die Katze schläft sechzehn Stunden am Tag, meistens an warmen Plätzen."
ARABIC = "تنام القطة ست عشرة ساعة في اليوم، وغالبا في الأماكن الدافئة."
CHINESE = "猫每天睡十六个小时,通常睡在温暖的地方。"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    pieces = {"[UNK]": 0, "cat": 1, "sleep": 2, "##s": 3, "d": 4, "##o": 5, "##g": 6}
    made = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def test_by_hand(tokenizer: Tokenizer) -> None:
    assert known_share(tokenizer, "cat") == whole_word_share(tokenizer, "cat") == 1.0
    assert known_share(tokenizer, "cat sleeps") == pytest.approx(8 / 9)  # the s is a single letter
    assert whole_word_share(tokenizer, "cat sleeps") == pytest.approx(3 / 9)
    assert known_share(tokenizer, "dog") == 0.0  # spelled out
    assert known_share(tokenizer, "cat mouse") == pytest.approx(3 / 8)  # unknown
    assert known_share(tokenizer, "") == known_share(tokenizer, "3 + 4 = 7") == 1.0


def test_of_a_long_text_slices_from_all_of_it_are_read(tokenizer: Tokenizer) -> None:
    half = "cat " * (SLICE * SLICES)
    assert known_share(tokenizer, half + half.replace("cat", "dog")) == pytest.approx(0.5, abs=0.05)


@given(st.text())
def test_is_a_share(text: str) -> None:
    made = Tokenizer(models.WordPiece({"[UNK]": 0, "ab": 1, "##c": 2}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    assert 0.0 <= whole_word_share(made, text) <= known_share(made, text) <= 1.0


def test_the_bundled_model_knows_latin_script_only(embedder: FastEmbedder) -> None:
    assert min(embedder.known_share(ENGLISH), embedder.known_share(GERMAN)) > 0.85
    assert embedder.known_share(ARABIC) < 0.2
    assert embedder.known_share(CHINESE) < 0.5
