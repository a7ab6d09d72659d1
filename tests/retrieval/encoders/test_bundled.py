"""The bundled models: which one reads a text, and what the multilingual one makes of many languages."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.config import Settings
from retrieval.encoders.bundled import BUNDLED, ENGLISH, MODELS, MULTILINGUAL, model_for, overflows, session
from retrieval.encoders.embedder import FastEmbedder
from retrieval.index.versions import embedding_model

TEXTS = {
    "en": "The cat sleeps for sixteen hours a day, mostly in places that are warm.",
    "de": "Die Katze schläft sechzehn Stunden am Tag, meistens an warmen Plätzen.",
    "ar": "تنام القطة ست عشرة ساعة في اليوم، وغالبا في الأماكن الدافئة.",
    "zh": "猫每天睡十六个小时,通常睡在温暖的地方。",
    "hi": "बिल्ली दिन में सोलह घंटे सोती है, अधिकतर गर्म जगहों पर।",
    "ru": "Кошка спит шестнадцать часов в день, обычно в тёплых местах.",
}
OTHERS = ("Revenue rose by four percent in the third quarter.", "Bernini baute den Platz vor dem Petersdom.")
CODE = "def mean(values):\n    return sum(values) / len(values)  # raises ZeroDivisionError for an empty list\n"


@pytest.fixture(scope="module")
def multilingual() -> FastEmbedder:
    return FastEmbedder(MULTILINGUAL)


@pytest.mark.parametrize("language", TEXTS)
def test_english_alone_is_for_the_english_model(language: str) -> None:
    assert model_for([TEXTS[language]]) == (ENGLISH if language == "en" else MULTILINGUAL)


def test_a_course_is_judged_by_all_its_documents() -> None:
    assert model_for([]) == ENGLISH
    assert model_for([TEXTS["en"], CODE]) == ENGLISH
    assert model_for([TEXTS["en"] * 20, TEXTS["de"]]) == ENGLISH  # a twentieth
    assert model_for([TEXTS["en"] * 3, TEXTS["de"]]) == MULTILINGUAL


def test_the_model_to_ask_with_is_the_one_that_is_set_or_the_index_s(
    settings: Settings, course_settings: Settings
) -> None:
    assert embedding_model(settings.model_copy(update={"embedding_model": "some/model"})) == "some/model"
    assert embedding_model(settings) == ENGLISH  # there is no index yet
    assert embedding_model(course_settings) == ENGLISH


@pytest.mark.parametrize("language", TEXTS)
def test_a_question_finds_its_answer_in_any_language(multilingual: FastEmbedder, language: str) -> None:
    assert multilingual.known_share(TEXTS[language]) > 0.6
    question = multilingual.embed_query("how long do cats sleep")
    near, *far = multilingual.embed([f"\n{text}" for text in (TEXTS[language], *OTHERS)]) @ question
    assert near > max(far) + 0.05


def test_cosines_of_what_has_nothing_in_common_lie_about_zero(multilingual: FastEmbedder) -> None:
    one, other = multilingual.embed([f"\n{text}" for text in OTHERS])
    assert abs(float(one @ other)) < 0.3
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=1e-5)


def test_the_words_before_a_question_leave_no_tokens(multilingual: FastEmbedder) -> None:
    states, weights = multilingual.query_states("cats")
    tokens = len(multilingual._tokenizer.encode("cats").ids)
    assert states.shape == (tokens, 64)
    assert weights[0] == weights[-1] == 0.0
    assert weights[1:-1].min() > 0.0
    assert len(multilingual.token_states("\ncats")) == tokens


@pytest.mark.parametrize("name", BUNDLED)
def test_each_bundled_model_tells_what_it_is(name: str) -> None:
    card = (BUNDLED[name].folder / "CARD.md").read_text(encoding="utf-8")
    assert name in card.splitlines()[0]
    assert "Licence" in card


@pytest.mark.parametrize("folder", ["study", "multilingual", "reader"])
def test_int8_products_do_not_overflow_on_any_processor(folder: str) -> None:
    options = session(MODELS / folder).get_session_options()
    assert options.get_session_config_entry("session.x64quantprecision") == str(int(overflows()))


@pytest.mark.parametrize(
    ("flags", "expected"), [("avx2 avx512bw", True), ("avx2 avx_vnni", False), ("avx512_vnni amx_int8", False)]
)
def test_where_they_would_is_told_by_what_the_processor_has(tmp_path: Path, flags: str, expected: bool) -> None:
    (processor := tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : fpu {flags}\n", encoding="utf-8")
    assert overflows(processor) is expected
    assert overflows(tmp_path / "none")
