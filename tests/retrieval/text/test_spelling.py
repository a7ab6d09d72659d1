"""Misspelt questions put right, and what must be left alone."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.text.spelling import Speller, count_words

COURSE = [
    "A context window is the largest number of tokens. The window slides; the prompt stays in the window.",
    "Fine-tuning differs from pretraining. The prompt and the context cost bandwidth. Bandwidth is dear.",
    "LangChain calls the LangChain retriever. The quantization of weights: quantization saves memory.",
]


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(count_words(COURSE))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("whats a contxt windwo", "whats a context window"),
        (
            "where do importnat orders go in a promt?",
            "where do importnat orders go in a prompt?",
        ),  # the course's words only
        ("Is the promt the context?", "Is the prompt the context?"),
        ("what is quantizaton", "what is quantization"),
        ("how much bandwith does it take", "how much bandwidth does it take"),
        ("what is qauntizaiton", "what is quantization"),
    ],
)
def test_the_nearest_word_of_the_course(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed).text == meant


@pytest.mark.parametrize(
    "typed",
    [
        "what is a context window?",
        "How does pretraining a tokenizer on the backend work?",  # right words that the course does not have
        "is my docstring realtime",  # compounds of known words
        "Who is Entergy and what does Mondel pay?",  # names
        "Promtp or context?",  # a capital: a name, for all one knows
        "gpt4o vs llama3.1 with use_cache",
        "don't we're it's",
        "langchains langchain",
        "was kostet ein kontextfenster beim einbetten",  # another language
        "wann war das",
        "summarise the behaviour at the centre",  # British
        "what is the ratio decidendi",
        "",
        "?!",
    ],
)
def test_what_is_right_stays(speller: Speller, typed: str) -> None:
    assert speller.correct(typed).text == typed
    assert speller.correct(typed).changes == ()


def test_says_what_it_changed(speller: Speller) -> None:
    found = speller.correct("the contxt, a windwo and the contxt")
    assert found.changes == (("contxt", "context"), ("windwo", "window"))


@pytest.mark.parametrize(
    ("course", "question"),
    [
        ("submarine submarine", "please summarise this"),
        ("we want what we want", "wann was it"),
        ("the judges decided and decided", "what is the ratio decidendi here"),
        ("a grey outlier, an outlier", "outline the chapter"),
    ],
)
def test_a_word_that_only_resembles_one_of_the_course_stays(course: str, question: str) -> None:
    assert Speller(count_words([course])).correct(question).text == question


def test_other_languages_have_their_own_list_or_are_left_alone() -> None:
    german = Speller(count_words(["Die Zelle teilt sich. Die Zelle wächst. Der Zellkern, der Zellkern."]), ["de"])
    assert german.correct("was macht der zellkren").text == "was macht der zellkern"
    assert german.correct("welche zellen wachsen").text == "welche zellen wachsen"
    polish = Speller(count_words(["komórka komórka"]), ["pl"])
    assert polish.correct("co to jest komórki komórk").text == "co to jest komórki komórk"


@settings(deadline=None, max_examples=50)
@given(text=st.text(max_size=80))
def test_only_the_words_it_names_are_changed(speller: Speller, text: str) -> None:
    found = speller.correct(text)
    assert (found.text == text) == (not found.changes)


@settings(deadline=None, max_examples=50)
@given(word=st.sampled_from(["context", "window", "prompt", "bandwidth"]), data=st.data())
def test_one_letter_more_after_the_first_is_found_again(speller: Speller, word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(word) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    typed = word[:place] + letter + word[place:]
    corrected = speller.correct(f"what is the {typed} here").text
    # it may be a word by itself, and nothing known is touched
    assert corrected == f"what is the {word} here" or typed in corrected


def test_words_are_counted_in_lower_case() -> None:
    assert count_words(["The cat, the CAT's 2 hats"]) == {"the": 2, "cat": 1, "cat's": 1, "hats": 1}
    assert count_words([]) == {}
