"""Terms in several languages and scripts, and estimated tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.text.tokenize import STEMMERS, STOP_WORDS, count_tokens, terms, word_ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getUserName", ["getusernam", "get", "user", "name"]),
        ("max_tokens", ["max_tokens", "max", "token"]),
        ("os.path.join", ["os.path.join", "os", "path", "join"]),
        ("GPT-4 costs $0.03", ["gpt-4", "gpt", "4", "cost", "0.03"]),
        ("Fine-tuned or finetuning", ["finetun", "fine", "tune", "finetun"]),
        ("C++ and C#", ["c++", "c#"]),
        ("Café's models", ["cafe", "model"]),
        ("100,256 tokens", ["100,256", "token"]),
        ("the of and", []),
        ("北京大学", ["北京", "京大", "大学"]),
        ("24次拦截 NFL", ["24", "次拦", "拦截", "nfl"]),
        ("ガラス窓", ["ガラ", "ラス", "ス窓"]),
        ("字", ["字"]),
        ("हिन्दी में", ["हिन्दी", "में"]),  # vowel signs are letters
        ("שָׁלוֹם", ["שלום"]),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_stop_words_are_lower_case() -> None:
    assert all(word == word.lower() for word in STOP_WORDS)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "die Zellen", "die Zelle"),
        ("fr", "les qualités de l'État", "la qualité des États"),
        ("es", "informaciones", "información"),
        ("ru", "клетки", "клетка"),
        ("ar", "الكِتَابُ", "كتاب"),
        ("el", "κύτταρα", "κύτταρο"),
    ],
)
def test_forms_of_a_word_are_one_term_in_its_language(language: str, one: str, other: str) -> None:
    assert set(terms(one, language)) & set(terms(other, language)) - set(terms("die les de la des", language))


def test_elision_is_parted_where_it_is_no_english() -> None:
    assert terms("l'article d’une", "fr") == ["l", "articl", "d", "une"]
    assert terms("don't the model's", "en") == ["don", "model"]


@given(st.text(max_size=60), st.sampled_from([*STEMMERS, "zh", "xx"]))
def test_terms_are_never_empty_and_repeat(text: str, language: str) -> None:
    found = terms(text, language)
    assert all(found)
    assert found == terms(text, language)


@given(st.text(alphabet="北京大学的", min_size=1, max_size=30), st.integers(0, 28))
def test_a_run_of_characters_is_found_by_any_two_of_it(run: str, at: int) -> None:
    assert set(terms(run[at : at + 2])) <= set(terms(run)) or len(run[at : at + 2]) < 2


def test_tokens_of_scripts_without_spaces_are_counted_by_characters() -> None:
    assert count_tokens("how are you?") == 4
    assert count_tokens("北京大学是一所") == 5
    assert count_tokens("") == 0


def test_word_ids_tell_what_two_texts_share() -> None:
    ids = [set(memoryview(word_ids(text)).cast("H")) for text in ("Cats sleep, cats purr.", "cats SLEEP", "", "–")]
    assert [len(one) for one in ids] == [3, 2, 0, 0]
    assert ids[1] < ids[0]
