"""The language a document is in, by py3langid (the only importer of it): it decides how the document's words are stemmed."""

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from retrieval.text.tokenize import ENGLISH
from retrieval.types import Document

ENOUGH, SAMPLE = 200, 4000  # characters of prose: below which nothing is guessed, and how many are looked at
SURE = 0.7  # probability from which a guess counts: below are short or mixed texts, and code
PROSE = ("paragraph", "item", "heading")


def language_of(document: Document) -> str:
    """ISO 639-1 (639-3 where there is none); English where there is little prose or the guess is unsure.

    A wrong guess costs little: a course's questions are stemmed in all languages that its documents are in.
    """
    sample = ""
    for block in document.blocks:
        if block.kind in PROSE and len(sample) < SAMPLE:
            sample += document.text[block.start : block.end] + "\n"
    if len(sample) < ENOUGH:
        return ENGLISH
    language, probability = _identifier().classify(sample[:SAMPLE])
    return str(language) if probability >= SURE else ENGLISH


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
