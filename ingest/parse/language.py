"""The language of a document, which decides how its words are stemmed."""

from retrieval.text.language import identify
from retrieval.text.tokenize import ENGLISH
from retrieval.types import Document

ENOUGH, SAMPLE = 200, 4000  # characters of prose: below which nothing is guessed, and how many are looked at
SURE = 0.7  # probability from which a guess counts: below are short or mixed texts, and code
PROSE = ("paragraph", "item", "heading")


def document_language(document: Document) -> str:
    """ISO 639-1 (639-3 where there is none); English where there is little prose or the guess is unsure.

    A wrong guess costs little: a course's questions are stemmed in all languages that its documents are in.
    """
    sample = ""
    for block in document.blocks:
        if block.kind in PROSE and len(sample) < SAMPLE:
            sample += document.text[block.start : block.end] + "\n"
    if len(sample) < ENOUGH:
        return ENGLISH
    language, probability = identify(sample[:SAMPLE])
    return language if probability >= SURE else ENGLISH
