"""What a course says on a topic, as far as the parsing of an order has to know."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.query.orders.clauses import consists_of, filler_words
from app.query.part_names import without_outer_part_word
from app.query.parts import file_words
from app.query.vocabulary import plain, vocabulary, words
from retrieval.hybrid import HybridRetriever
from retrieval.text.markdown import fold, window_text
from retrieval.text.tokenize import STOP_WORDS, terms
from retrieval.types import Document, Scope


@dataclass(frozen=True, slots=True)
class Course:
    """Its documents, and what is found within a scope; from a confidence of `threshold` on it covers a topic."""

    documents: Sequence[Document]
    retriever: HybridRetriever
    scope: Scope
    threshold: float

    def mention_test(self, text: str) -> Callable[[str], bool]:
        """A test whether a passage that is found for the text has all words of a part of the text.

        A part with stop words, or with small words at an end, which may belong to the order ("short bones"), has to stand in the
        passage literally. A single word counts only where the course covers the text.
        """
        found = self.retriever.retrieve(text, scope=self.scope)
        passages = [window_text(hit.chunk, window) for hit in found.hits for window in hit.chunk.windows]
        connectives = vocabulary("of", "around", "joiners")
        has_part_word = without_outer_part_word(text) != text

        def is_mentioned(part: str) -> bool:
            part_words = [plain(word) for word in words(part)]
            wanted = set(terms(without_outer_part_word(part)))
            is_part_word = has_part_word and set(part_words) <= vocabulary("parts")  # "part", of "the part about tides"
            if consists_of(words(part), filler_words()) or is_part_word or not wanted:
                return False
            if len(wanted) == 1 and found.confidence < self.threshold:
                return False
            has_stop_word = not (STOP_WORDS - connectives).isdisjoint(part_words)
            has_small_end = not (filler_words() | connectives).isdisjoint((part_words[0], part_words[-1]))
            if has_stop_word or has_small_end:
                return any(part.casefold() in fold(passage).casefold() for passage in passages)
            return any(wanted <= set(terms(passage)) for passage in passages)

        return is_mentioned

    def headings(self) -> Iterator[str]:
        """All titles, file names and headings."""
        for document in self.documents:
            yield document.title
            yield file_words(document)
            yield from (section.path[-1] for section in document.sections if section.path)
