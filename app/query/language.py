"""Is a question in another language than what was found for it? By the letters of both (py3langid, imported when it is needed: that
takes half a second)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from retrieval.text.tokenize import STEMMERS
from retrieval.types import Passage

SURE = 0.8  # of 2,420 questions in four languages none is told wrongly from here on, five are from .5
SAMPLE = 4000  # characters of what was found that are looked at
LARGER = (
    "zh",
    "ja",
    "ko",
    "hi",
    "bn",
    "ta",
    "te",
    "th",
    "he",
    "fa",
    "vi",
    "id",
    "uk",
    "pl",
    "cs",
)  # those without a stemmer


def is_foreign(question: str, passages: Iterable[Passage]) -> bool:
    """Whether both languages are known for sure, and are two.

    A few words of a language that is like many others are never sure, so a term by itself is not foreign.
    """
    found = " ".join(passage.text for passage in passages)[:SAMPLE]
    if not found:
        return False
    (asked, sure), (told, known) = language_of(question), language_of(found)
    return asked != told and min(sure, known) >= SURE


def language_of(text: str) -> tuple[str, float]:
    """ISO 639-1 code, and its probability in [0, 1] among the larger languages."""
    language, probability = _identifier().classify(text)
    return str(language), float(probability)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """Among fewer languages a short text is told better. (One that is a dialect of another here would make both unsure.)"""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.nb_classes)
    identifier.set_languages(sorted(known & {*STEMMERS, *LARGER}))
    return identifier
