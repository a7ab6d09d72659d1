"""Slides as entries of a glossary: a heading, and the few words that stand below it. All of it spans of the document."""

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import takewhile

from app.query.vocabulary import plain, vocabulary, words
from app.types import Target
from app.writers.labels import LONGEST_NAME
from app.writers.tasks.anaphora import stands_alone
from app.writers.tasks.content import back_matter, content_sections
from app.writers.tasks.pieces import Piece, blocks_in
from app.writers.tasks.rendering import MAX_LABEL_WORDS
from app.writers.tasks.salience import word_count
from app.writers.tasks.terms.definitions import MIN_EXPLANATION_WORDS, phrase_count
from retrieval.text.tokenize import terms
from retrieval.types import Document, Section

MOST_SAID = 60  # words below a heading, up to the next one
_OPEN = ("?", "？", "؟", "…", "...", ":", "：")


def slide_entries(
    document: Document, target: Target, *, labels: Collection[str] = (), terms_only: bool = False
) -> Iterator[Piece]:
    """The headings with few words below them, these being paragraphs and lists that can be understood alone. No heading that asks, that the
    document has twice ("Example"), or that is one of the `labels` of a course ("Today's plan"). `terms_only`: the document has its words
    elsewhere, too, as it has those of a term and not of "Words have meanings".
    """
    apart = back_matter(document, target)
    often = Counter(part.path[-1] for part in document.sections if part.path)
    text = " ".join(terms(document.text))
    for part in content_sections(document, target):
        name = part.path[-1].lstrip("0123456789.) ")
        begun = [plain(word) for word in words(name)[:1]]
        if (
            often[part.path[-1]] == 1
            and part not in apart
            and part.path[-1] not in labels
            and name
            and not name.endswith(_OPEN)
            and len(name.split()) <= LONGEST_NAME
            and not vocabulary("back").issuperset(begun)  # "Others"
            and (not terms_only or phrase_count(name, text) > 1)
            and (said := _said(document, part, name))
            and len(set(terms(said.text)) - set(terms(name))) >= MIN_EXPLANATION_WORDS
        ):
            yield said


def _said(document: Document, part: Section, name: str) -> Piece | None:
    """All that stands between the heading and the next one, pictures aside, if it is a card's worth."""
    below = takewhile(lambda block: block.kind != "heading", blocks_in(document, part.start + 1, len(document.text)))
    told = [block for block in below if block.role != "caption"]
    if not told or any(block.kind not in ("paragraph", "item") or block.role for block in told):
        return None
    spans = tuple((block.start, block.end) for block in told)
    whole = Piece(document, spans[0][0], spans[-1][1], name, opens_paragraph=True, is_list_entry=True, line_spans=spans)
    says = any(len(terms(document.text[slice(*span)])) > MAX_LABEL_WORDS for span in spans)  # more than names
    alone = told[0].kind == "item" or stands_alone(document.text[slice(*spans[0])])
    return whole if says and alone and word_count(whole) <= MOST_SAID and not whole.text.endswith(_OPEN) else None
