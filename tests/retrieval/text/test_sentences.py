"""Sentences of many languages, as exact spans."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.text.sentences import sentence_spans


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Use e.g. GPT-4 here. Then stop.", ["Use e.g. GPT-4 here.", "Then stop."]),
        ("It costs $0.03. That is 3.5 times more.", ["It costs $0.03.", "That is 3.5 times more."]),
        ('He said "no." She left.', ['He said "no."', "She left."]),
        ("Dr. Smith of J. Doe Inc. came.", ["Dr. Smith of J. Doe Inc. came."]),
        ("1. First step. 2. Second step.", ["1. First step.", "2. Second step."]),
        ("We stop before 13. A new one.", ["We stop before 13.", "A new one."]),
        ("So: 1. Open it.\n2. Shut it.", ["So: 1. Open it.", "2. Shut it."]),
        ("Step 2. Do it. **3.** Rest.", ["Step 2. Do it.", "**3.** Rest."]),
        (
            "He ruled, (note 5) Mr. Ng said. It fell. (note 6) We saw.",
            ["He ruled, (note 5) Mr. Ng said.", "It fell. (note 6)", "We saw."],
        ),
        (
            "See ![The eye](eye.png) here. Oh! [That](a.md) too.",
            ["See ![The eye](eye.png) here.", "Oh!", "[That](a.md) too."],
        ),
        ("no stop\n\nnext one", ["no stop", "next one"]),
        ("**Bold.** Next.", ["**Bold.**", "Next."]),
        ("   ", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


def test_sentences_hold_every_character() -> None:
    text = "A b c... D!? (E.) f.\n\n\nG. h" * 20
    assert "".join("".join(text[a:b].split()) for a, b in sentence_spans(text)) == "".join(text.split())
    spans = sentence_spans(text)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("de", "Die Einheit wurde am 3. Oktober 1990 vollzogen. Im 19. Jahrhundert, z. B. 1848, war Krieg.", 2),
        ("de", "Karl V. und Ludwig XIV. herrschten. Das war im Jahr 1660. Danach kam er.", 3),
        ("en", "In Marbury v. Madison the court ruled. The answer is 12. Then we stop.", 3),
        ("en", "Prof. Lee saw Fig. 3 and Eq. (4) at 5 p.m. in Washington D.C. with J. R. Smith.", 1),
        ("fr", "M. Dupont cite l'art. 5 du code. C'est vrai ! Oui ?", 3),
        ("es", "El Sr. García llegó. ¿Qué es? ¡Bien! EE. UU. es grande.", 4),
        ("", "水是生命之源。叶绿体进行光合作用！你知道吗？", 3),
        ("", "これはペンです。「そうですか。」と彼は言った。はい！", 3),
        ("", "यह एक वाक्य है। यह दूसरा है। क्या? हाँ।", 4),
        ("", "هذا هو. ما هذا؟ نعم.", 3),
        ("", "Он родился в 1990 г. в Москве. А. С. Пушкин писал. Да!", 3),
        ("", "זה משפט. מה?", 2),
        ("", "이것은 문장이다. 이것도 문장이다.", 2),
        ("th", "เซลล์เป็นหน่วยที่เล็กที่สุดของสิ่งมีชีวิต และมีเยื่อหุ้มเซลล์ล้อมรอบอยู่ทุกเซลล์เสมอไป นิวเคลียสควบคุมเซลล์", 2),
    ],
)
def test_sentences_of_other_languages(language: str, text: str, count: int) -> None:
    found = [text[start:end] for start, end in sentence_spans(text, language=language)]
    assert len(found) == count, found


@pytest.mark.parametrize(
    "text",
    ["Let $f(x. Y)$ be real.", "See `a. B? C` there.", "$$a = b. C! D$$", "The [page](http://x.org/a.B?C) is new."],
)
def test_code_formulas_and_addresses_are_never_cut(text: str) -> None:
    assert len(sentence_spans(text)) == 1


@given(st.text(alphabet="ab A.1!?>。$`(\n", max_size=60), st.sampled_from(["en", "de", "zh", "th"]))
def test_spans_are_in_order_and_hold_every_character(text: str, language: str) -> None:
    spans = sentence_spans(text, language=language)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    kept = "".join("".join(text[a:b].split()) for a, b in spans)
    assert kept == "".join(text.split())


SPOKEN = "so the rock goes up and the cold piece sinks " * 40


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (SPOKEN, ""),
        (SPOKEN.replace("up and", "up, and"), ","),
        (SPOKEN.replace("sinks ", "sinks\n"), "sinks"),
        (SPOKEN.replace("so", "So").replace("sinks", "sinks."), "sinks."),
    ],
)
def test_what_is_far_too_long_for_a_sentence_is_cut_at_the_best_break(text: str, ends: str) -> None:
    pieces = [text[start:end] for start, end in sentence_spans(text)]
    assert max(map(len, pieces)) <= 300
    assert all(piece.endswith(ends) for piece in pieces[:-1])
    assert " ".join(pieces).split() == text.split()


@pytest.mark.parametrize("text", ["a" * 5000, "水" * 3000, f"`{'x y ' * 600}`", f"${'x y ' * 600}z$"])
def test_a_word_and_what_is_protected_is_not_cut_however_long(text: str) -> None:
    assert sentence_spans(text) == [(0, len(text))]


def test_a_long_sentence_stays_one() -> None:
    text = ("the rock that lies below us, as the waves told us, is warm and " * 15).strip() + "."
    assert sentence_spans(text) == [(0, len(text))]
