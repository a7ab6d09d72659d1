"""What is said of an answer, its doubts included: on the page, in a terminal and in a saved conversation alike."""

from collections.abc import Iterator

from app.citations.marks import without_marks
from app.types import Answer, Offer, Sentence
from retrieval.text.display import counted
from retrieval.text.markdown import fold, plain_text

NO_QUESTION = "Welcome"  # after a greeting or thanks
OTHER_LANGUAGE = "The course is in another language than your question. Asked in its own, it may answer better."
NOT_MADE = "This cannot be made from the course's own words there; here is what they say on the topic."
UNSURE = "The course may not answer this. Quoted is what comes closest."

QUOTING = "excerpts"  # the writer that only quotes
INSTEAD = {  # by the writer that stood in for another
    "tasks": "This is put together from what stands in the course instead.",
    QUOTING: "This answer is put together from sentences of the course instead.",
}
_OWN_WORDS = "These are the course's own words, chosen without a language model."
_CONNECT = " To have answers written, set ANTHROPIC_API_KEY in .env, or ANTHROPIC_BASE_URL for a model of your own."


def own_words(answer: Answer) -> list[str]:
    """That it is only quoted, and how to have answers written; not where a model failed, and a notice says what to do."""
    if answer.writer != QUOTING or answer.refused:
        return []
    return [_OWN_WORDS if INSTEAD[QUOTING] in answer.notices else f"{_OWN_WORDS}{_CONNECT}"]


def no_part(name: str, *, speaks: bool = False) -> str:
    """`speaks`: what it says of that all the same is shown."""
    return f"No part of the course is called “{name}”{'; this is where it speaks of it' if speaks else ''}."


def half_lacking(half: str) -> str:
    """Of a question that asks several things."""
    return f"The course does not seem to cover “{half.rstrip('?？؟ ')}”."


def more_words(words: int, place: str) -> str:
    """`(1, "Notes")` -> `"1 more word in Notes"`"""
    return f"{words} more {'word' if words == 1 else 'words'} in {place}"


def not_covered(*, scoped: bool) -> str:
    """`scoped`: only a part of the course was asked."""
    return f"{'The chosen part of the course' if scoped else 'The course'} does not cover this"


def refused_in_words(answer: Answer, *, scoped: bool) -> str:
    """Why there is no answer, without a full stop; `scoped` as above."""
    if answer.refused == "price" and answer.offer:
        return f"This is a long task: {price_in_words(answer.offer)}"
    return NO_QUESTION if answer.refused == "no question" else not_covered(scoped=scoped)


def price_in_words(offer: Offer) -> str:
    """`Offer(3, 0.214, 0.4)` -> `"3 parts, for about $0.21, at most $0.40"`"""
    return f"{counted(offer.parts, 'part')}, for about ${offer.likely:.2f}, at most ${offer.most:.2f}"


LONGEST = 90  # characters of a sentence that is referred to


def doubts_in_words(answer: Answer) -> Iterator[str]:
    """A sentence for each doubtful one, in order.

    `Not supported by a quote: “Bananas ripen in warm rooms.”`, `Not in its quotes (60): “GPT-4 costs $60.”`
    """
    for sentence in answer.sentences:
        if sentence.doubts:
            yield f"{_what(sentence)}: “{_shortened(answer.text[sentence.start : sentence.end])}”"


def _what(sentence: Sentence) -> str:
    foreign = [doubt for doubt in sentence.doubts if doubt != "unsupported"]
    named = f" ({', '.join(foreign)})" if foreign else ""
    if "unsupported" not in sentence.doubts:
        return f"Not in its quotes{named}"
    return f"Not supported by {'its quotes' if sentence.footnotes else 'a quote'}{named}"


def _shortened(markdown: str) -> str:
    words = fold(plain_text(without_marks(markdown)))
    return words if len(words) <= LONGEST else f"{words[:LONGEST].rsplit(' ', 1)[0]} …"
