"""Text of any language is told from letters that a font does not tell truly."""

import pytest

from retrieval.text.language import is_gibberish

SENTENCES = {
    "English": "The oxygen consumption of a sleeping hedgehog depends on the temperature that surrounds it at night.",
    "Czech": "Buňky stonku jsou spojeny v pletiva, která vedou vodu z kořene vzhůru a cukr z listů dolů do zásoby.",
    "Polish": "Wszystkie rośliny zielone wytwarzają cukry dzięki światłu słonecznemu, wodzie oraz dwutlenkowi węgla.",
    "Welsh": "Mae planhigion gwyrdd yn defnyddio golau haul er mwyn gwneud siwgr, ocsigen hefyd trwy gydol dydd.",
    "Greek": "Τα φυτά χρησιμοποιούν το φως του ήλιου για να φτιάξουν ζάχαρη από νερό και διοξείδιο του άνθρακα.",
    "Russian": "Зелёные растения используют свет солнца, чтобы делать сахар из воды и углекислого газа, днём.",
    "Turkish": "Yeşil bitkiler güneş ışığını kullanarak sudan ve karbondioksitten şeker yapar, oksijen bırakır hep.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_no_language_is(language: str) -> None:
    assert not is_gibberish([SENTENCES[language]] * 3)


@pytest.mark.parametrize("shift", [1, 3, 7, 13])
def test_shifted_letters_are(shift: int) -> None:
    shifted = "".join(chr((ord(c) - 97 + shift) % 26 + 97) if c.islower() else c for c in SENTENCES["English"])
    assert is_gibberish([shifted] * 3)


def test_letters_that_are_not_known_are() -> None:
    assert is_gibberish(["\ufffd\ufffd \ue012\ue013 abc " * 5])


def test_code_is_not_judged() -> None:
    assert is_gibberish(["\\\\kemtkn{strng} = cfgptr[prmtr]; rtrn schmdt; vrbls_xprt(fnctn)"] * 9) is None


def test_too_few_words_tell_nothing() -> None:
    assert is_gibberish(["Sulqw"]) is None
    assert is_gibberish(["叶绿体是这个反应的场所"]) is None


def test_titles_that_name_one_thing_again_and_again_are_none() -> None:
    titles = "Weak instruments, Many instruments, Why instruments, Leave-out instruments, Historical instruments, Their design, "
    assert (
        is_gibberish([titles + "First stage, Reduced form, What next, Some steps, Takeaways, Open questions"]) is False
    )
