"""Is a question in another language than the passages that were found for it?"""

from collections.abc import Iterable

from retrieval.text.language import identify
from retrieval.text.tokenize import STEMMERS
from retrieval.types import Passage

MIN_PROBABILITY = (
    0.8  # of a language: none of 2,420 questions in four languages is identified wrongly from here on, five are from .5
)
MAX_SAMPLE_CHARACTERS = 4000  # of the passages
UNSTEMMED = frozenset(
    ["zh", "ja", "ko", "hi", "bn", "ta", "te", "th", "he", "fa", "vi", "id", "uk", "pl", "cs"]
)  # widely spoken languages without a stemmer
IDENTIFIED_LANGUAGES = UNSTEMMED.union(STEMMERS)


def is_foreign(question: str, passages: Iterable[Passage]) -> bool:
    """Whether the languages of question and passages are both identified with certainty, and differ.

    A few words of a language with close relatives are never certain, so a term by itself is not foreign.
    """
    sample = " ".join(passage.text for passage in passages)[:MAX_SAMPLE_CHARACTERS]
    if not sample:
        return False
    question_language, question_probability = identify(question, among=IDENTIFIED_LANGUAGES)
    sample_language, sample_probability = identify(sample, among=IDENTIFIED_LANGUAGES)
    return question_language != sample_language and min(question_probability, sample_probability) >= MIN_PROBABILITY


def load_identifier() -> None:
    """Load the model, so that the first question need not wait for it."""
    identify("", among=IDENTIFIED_LANGUAGES)
