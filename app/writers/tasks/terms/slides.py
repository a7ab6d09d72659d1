"""Slides as entries of a glossary: a heading, or an item, with the few words below it. Every entry is a span of the document."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import takewhile

from app.query.vocabulary import gives_example, plain, vocabulary, words
from app.types import Target
from app.writers.labels import LONGEST_NAME
from app.writers.tasks.anaphora import stands_alone
from app.writers.tasks.content import back_matter, content_sections
from app.writers.tasks.pieces import Piece, blocks_in, list_marker_length, source_of
from app.writers.tasks.rendering import MAX_LABEL_WORDS
from app.writers.tasks.salience import word_count
from app.writers.tasks.terms.definitions import MIN_EXPLANATION_WORDS, phrase_count
from retrieval.text.markdown import fold, plain_inline
from retrieval.text.tokenize import terms
from retrieval.types import Block, Document, Section

MAX_BODY_WORDS = 60  # below a heading, up to the next one
_OPEN_ENDINGS = ("…", "...", ":", "：")
_QUESTION_MARKS = ("?", "？", "؟")
_NO_TEXT = ("caption", "links")
_SOFT_HYPHEN = "\u00ad"


def slide_entries(
    document: Document, target: Target, *, labels: Collection[str] = (), terms_only: bool = False
) -> Iterator[Piece]:
    """The slides of a target whose heading can be a term, or asks, and whose body explains it. A heading that comes twice in the document
    ("Example") or is one of `labels`, those that recur in the course ("Today's plan"), is no term.

    `terms_only`: only headings that ask, or whose words stand elsewhere in the document, too, as those of a term do, and those of "Words have
    meanings" not.
    """
    yield from _nested_entries(document, target)
    set_aside = back_matter(document, target)
    heading_counts = Counter(part.path[-1] for part in document.sections if part.path)
    text = " ".join(terms(document.text)) if terms_only else ""
    for part in content_sections(document, target):
        heading = part.path[-1]
        term = heading.lstrip("0123456789.): ")
        if heading_counts[heading] > 1 or heading in labels or part in set_aside or not _can_be_term(term):
            continue
        is_term = term.endswith(_QUESTION_MARKS) or phrase_count(term, text) > 1
        body = _body(document, part, term) if not terms_only or is_term else None
        if body and len(set(terms(body.text)) - set(terms(term))) >= MIN_EXPLANATION_WORDS:
            yield body


def _nested_entries(document: Document, target: Target) -> Iterator[Piece]:
    """The items of a target that are a mere name, which no other such item of the document has, and that items below them explain."""
    blocks = list(blocks_in(document, 0, len(document.text)))
    named: list[tuple[str, list[Block]]] = []
    for place, block in enumerate(blocks):
        source = source_of(document, block)
        name = fold(plain_inline(source[list_marker_length(source) :])).strip(f"{_SOFT_HYPHEN} :：")
        if block.kind == "item" and not block.role and len(name.split()) <= MAX_LABEL_WORDS and _can_be_term(name):
            below = list(takewhile(partial(_is_below, document, block), blocks[place + 1 :]))
            named += [(name, below)] if below else []
    counts = Counter(name for name, _ in named)
    for name, below in named:
        is_inside = target.start <= below[0].start < target.end
        entry = _explanation(document, below, name) if is_inside and counts[name] == 1 else None
        if entry:
            yield entry


def _is_below(document: Document, item: Block, other: Block) -> bool:
    """Whether a block is an item on a deeper level than another one, or indented further."""
    return other.kind == "item" and (other.level, _indent(document, other)) > (item.level, _indent(document, item))


def _indent(document: Document, block: Block) -> int:
    return block.start - document.text.rfind("\n", 0, block.start)


def _can_be_term(heading: str) -> bool:
    """Whether a heading is a short name or question ("Slide 8" and "Lecture 2: Knots" are none, nor are "Example" and "Due to"), does not
    announce what follows, and has no anaphoric word ("Others", "When are they useful?") nor, other than in a question, a copula.
    """
    spelled = [plain(word) for word in words(heading)]
    is_numbered = spelled[1:2] != [] and spelled[1].isdecimal()
    is_place = is_numbered and (len(spelled) == 2 or spelled[0] in vocabulary("parts"))
    is_name = any(len(word) > 1 for word in terms(heading)) and not is_place
    if not is_name or gives_example(heading) or heading.endswith(_OPEN_ENDINGS) or len(heading.split()) > LONGEST_NAME:
        return False
    asks = heading.endswith(_QUESTION_MARKS)
    unfit = vocabulary("back") - vocabulary("joiners", "around") | (frozenset() if asks else vocabulary("being"))
    is_complete = spelled[-1] not in vocabulary("of", "joiners")
    return is_complete and vocabulary("back").isdisjoint(spelled[:1]) and unfit.isdisjoint(spelled)


def _body(document: Document, part: Section, term: str) -> Piece | None:
    """The text below a heading, without pictures and links, up to the next heading, or to a table or code that no paragraph announces."""
    below = blocks_in(document, part.start + 1, len(document.text))
    shown = [block for block in takewhile(lambda block: block.kind != "heading", below) if block.role not in _NO_TEXT]
    text = list(takewhile(lambda block: block.kind in ("paragraph", "item"), shown))
    announces = len(text) < len(shown) and text and text[-1].kind == "paragraph"
    return None if announces else _explanation(document, text, term)


def _explanation(document: Document, blocks: Sequence[Block], term: str) -> Piece | None:
    """Paragraphs and lists that are short, say more than one or two names, and can be understood alone."""
    blocks = [block for block in blocks if any(map(str.isalnum, plain_inline(source_of(document, block))))]
    if not blocks or any(block.role for block in blocks):
        return None
    spans = tuple((block.start, block.end) for block in blocks)
    body = Piece(document, spans[0][0], spans[-1][1], term, opens_paragraph=True, is_list_entry=True, line_spans=spans)
    has_statement = any(len(terms(document.text[slice(*span)])) > MAX_LABEL_WORDS for span in spans)
    is_self_contained = blocks[0].kind == "item" or stands_alone(document.text[slice(*spans[0])])
    is_complete = word_count(body) <= MAX_BODY_WORDS and not body.text.endswith(_OPEN_ENDINGS)
    return body if has_statement and is_self_contained and is_complete else None
