"""Is a question in another language than what was found for it?"""

from collections.abc import Iterable

from retrieval.text.language import identify
from retrieval.text.tokenize import STEMMERS
from retrieval.types import Passage

SURE = 0.8  # of 2,420 questions in four languages none is told wrongly from here on, five are from .5
SAMPLE = 4000  # characters of what was found that are looked at
UNSTEMMED = frozenset(
    ["zh", "ja", "ko", "hi", "bn", "ta", "te", "th", "he", "fa", "vi", "id", "uk", "pl", "cs"]
)  # the larger ones without a stemmer
LARGER = UNSTEMMED.union(STEMMERS)


def is_foreign(question: str, passages: Iterable[Passage]) -> bool:
    """Whether both languages are known for sure, and are two.

    A few words of a language that is like many others are never sure, so a term by itself is not foreign.
    """
    found = " ".join(passage.text for passage in passages)[:SAMPLE]
    if not found:
        return False
    (asked, sure), (told, known) = identify(question, among=LARGER), identify(found, among=LARGER)
    return asked != told and min(sure, known) >= SURE


def load_identifier() -> None:
    """What a first question would wait for."""
    identify("", among=LARGER)
