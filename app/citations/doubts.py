"""What there is to doubt about an answer, in plain sentences: for the page, the terminal and the export alike."""

from collections.abc import Iterator

from app.citations.marks import without_marks
from app.types import Answer, Sentence
from retrieval.text.markdown import fold, plain_text

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
