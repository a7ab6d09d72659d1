"""Slides as entries of a glossary: a heading with the few words below it. Every entry is a span of the document."""

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

MAX_BODY_WORDS = 60  # below a heading, up to the next one
_OPEN_ENDINGS = ("?", "？", "؟", "…", "...", ":", "：")


def slide_entries(
    document: Document, target: Target, *, labels: Collection[str] = (), terms_only: bool = False
) -> Iterator[Piece]:
    """The slides of a target whose heading can be a term and whose body explains it. A heading that comes twice in the document ("Example") or
    is one of `labels`, those that recur in the course ("Today's plan"), is no term.

    `terms_only`: only headings whose words stand elsewhere in the document, too, as those of a term do, and those of "Words have meanings" not.
    """
    set_aside = back_matter(document, target)
    heading_counts = Counter(part.path[-1] for part in document.sections if part.path)
    text = " ".join(terms(document.text)) if terms_only else ""
    for part in content_sections(document, target):
        heading = part.path[-1]
        term = heading.lstrip("0123456789.) ")
        if heading_counts[heading] > 1 or heading in labels or part in set_aside or not _can_be_term(term):
            continue
        body = _body(document, part, term) if not terms_only or phrase_count(term, text) > 1 else None
        if body and len(set(terms(body.text)) - set(terms(term))) >= MIN_EXPLANATION_WORDS:
            yield body


def _can_be_term(heading: str) -> bool:
    """Whether a heading is short, neither asks nor announces what follows, and does not begin with an anaphoric word ("Others")."""
    if not heading or heading.endswith(_OPEN_ENDINGS) or len(heading.split()) > LONGEST_NAME:
        return False
    return not vocabulary("back").issuperset(plain(word) for word in words(heading)[:1])


def _body(document: Document, part: Section, term: str) -> Piece | None:
    """What stands between a heading and the next one, other than captions: paragraphs and lists that are short, say more than names, and can
    be understood alone.
    """
    below = takewhile(lambda block: block.kind != "heading", blocks_in(document, part.start + 1, len(document.text)))
    blocks = [block for block in below if block.role != "caption"]
    if not blocks or any(block.kind not in ("paragraph", "item") or block.role for block in blocks):
        return None
    spans = tuple((block.start, block.end) for block in blocks)
    body = Piece(document, spans[0][0], spans[-1][1], term, opens_paragraph=True, is_list_entry=True, line_spans=spans)
    has_statement = any(len(terms(document.text[slice(*span)])) > MAX_LABEL_WORDS for span in spans)
    is_self_contained = blocks[0].kind == "item" or stands_alone(document.text[slice(*spans[0])])
    is_complete = word_count(body) <= MAX_BODY_WORDS and not body.text.endswith(_OPEN_ENDINGS)
    return body if has_statement and is_self_contained and is_complete else None
