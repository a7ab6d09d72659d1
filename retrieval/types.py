"""The values that pass between the packages, and the protocols of the parts that can be exchanged.

Offsets are in characters of `Document.text` unless a field says otherwise, and half open: `text[start:end]`.
Scores are higher-is-better throughout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
Json = dict[str, Any]

BlockKind = Literal["heading", "paragraph", "item", "code", "row", "boilerplate"]
UnitKind = Literal["heading", "sentence", "item", "code", "row"]
Role = Literal["", "caption", "checklist", "contents", "definition", "diagram", "formula", "links", "note", "question"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document's layout: `text[start:end]`, in order, not overlapping.

    `level`: a heading's depth from 1; a list item's nesting depth from 0; otherwise 0.
    `lead`: words that give the block its meaning and stand elsewhere: a table row's header row, a nested item's
    parent item, the line that introduces a list. `language`: of code, where the source names it.
    `role`: what the block is for beyond its kind, as far as the structure of the source tells: code that is a diagram;
    an item or paragraph that is a caption, a term with its definition, a formula, a question or exercise, an entry of
    a checklist, of a table of contents, of a list of nothing but links or of sources, a note that the text points to.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    lead: str = ""
    language: str = ""
    role: Role = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and all that stands under it, sub-sections included. `path` holds the headings from the top."""

    path: tuple[str, ...]
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page or slide beginning at `start`; `number` counts from 1."""

    number: int
    start: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """A word that OCR read in a picture, and how sure it was, in [0, 1]."""

    start: int
    end: int
    sure: float


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is read: normalised text (Markdown or plain) and its layout.

    `id` is stable for a path inside the corpus. `title` comes from the document or, failing that, from its file name
    (`titled` tells which). `markdown` tells whether the text is to be read as Markdown or as it stands. `metadata` holds front matter, and the description of a page.
    `recognised`: the words that OCR read, in order.
    """

    id: str
    path: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()
    pages: tuple[Page, ...] = ()
    page_word: str = "page"
    titled: bool = True
    markdown: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    recognised: tuple[Recognised, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The number of the page that `offset` stands on; None where there are no pages, and before the first."""
        return next((page.number for page in reversed(self.pages) if page.start <= offset), None)

    def section_at(self, offset: int) -> tuple[str, ...]:
        """The headings of the innermost section around it; none where there is none."""
        inside = [section for section in self.sections if section.start <= offset < section.end]
        return max(inside, key=lambda section: section.level).path if inside else ()


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that can be quoted: a sentence, a list item, a code block, a table row. `lead` and `role` are those of its
    block. `sure`: how sure OCR was of its least sure word, in [0, 1]; None: it was not read by OCR.
    """

    kind: UnitKind
    start: int
    end: int
    lead: str = ""
    role: Role = ""
    sure: float | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive units of a chunk that are embedded together: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the writer reads: an exact slice `document.text[start:end]` within one section.

    `section` is the heading path. `windows` are in order of their start; a chunk's dense score is its best window's.
    `about`: a sentence of a model on where the chunk stands in its document, if there is one: searched, never quoted.
    `tokens`, `words`: of the text, see `count_tokens` and `word_ids` of `retrieval.text.tokenize`.
    `id` is a UUID made from document, place and text: the same input gives the same id.
    """

    id: str
    document_id: str
    document_title: str
    section: tuple[str, ...]
    start: int
    end: int
    text: str
    units: tuple[Unit, ...]
    windows: tuple[Window, ...]
    page: int | None = None
    page_word: str = "page"
    titled: bool = True
    about: str = ""
    tokens: int = 0
    words: bytes = b""

    @property
    def place(self) -> str:
        """`title > heading > sub-heading`, for people."""
        return " > ".join((self.document_title, *self.section))

    @property
    def context(self) -> str:
        """What goes before the text for embedding and BM25: the place, without a title that is only a file name, and
        what a model said of it.
        """
        place = " > ".join((self.document_title, *self.section) if self.titled else self.section)
        return ": ".join(filter(None, (place, self.about)))

    def slice(self, start: int, end: int) -> str:
        """The text between two document offsets that lie in this chunk."""
        return self.text[start - self.start : end - self.start]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a query, with what each stage thought of it. `rank` counts from 1; None: not found by that stage.

    dense: cosine of the query and the best window, in [-1, 1]. lexical: BM25, >= 0. fused: in [0, 1]. Each later stage adds what it thinks by its name to `opinions`, and the score by which it orders to
    `scores`; none changes what a stage before it said. `rows` of its windows: see `retrieval.index.store.Point`. `window_scores` are the
    cosines of the windows, `window_matches` their late interaction where there is one, `window` is the index of the best one by the two together.
    """

    chunk: Chunk
    rank: int
    dense: float | None = None
    lexical: float | None = None
    fused: float = 0.0
    opinions: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    window: int | None = None
    rows: tuple[int, ...] = ()
    window_scores: tuple[float, ...] = ()
    window_matches: tuple[float, ...] = ()

    @property
    def score(self) -> float:
        """What decides: the score of the last stage that ordered."""
        return list(self.scores.values())[-1] if self.scores else self.fused


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring chunks of one document merged for the writer; `hits` are in reading order.

    `rank` is that of the best hit. `text` is `document.text[start:end]`.
    """

    rank: int
    document_id: str
    document_title: str
    section: tuple[str, ...]
    start: int
    end: int
    text: str
    units: tuple[Unit, ...]
    hits: tuple[Hit, ...]
    page: int | None = None
    page_word: str = "page"

    @property
    def place(self) -> str:
        return " > ".join((self.document_title, *self.section))

    def slice(self, start: int, end: int) -> str:
        """The text between two document offsets that lie in this passage."""
        return self.text[start - self.start : end - self.start]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: documents by id, and/or section paths as `document id > heading > ...`. Empty: everywhere."""

    documents: tuple[str, ...] = ()
    sections: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.documents or self.sections)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a retrieval: what it is called, how long it took, how many candidates it left."""

    name: str
    ms: float
    count: int


@dataclass(frozen=True, slots=True)
class Retrieval:
    """All that one query found. `query`: what was searched for, its spelling put right; `respelled`: the words that this
    changed, (typed, meant). `confidence` in [0, 1]: how likely the course answers the question.
    """

    query: str
    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    confidence: float
    stages: tuple[Stage, ...]
    version: str = ""
    features: Mapping[str, float] = field(default_factory=dict)
    respelled: tuple[tuple[str, str], ...] = ()


class Embedder(Protocol):
    """Text to unit vectors of `dim` float32; equal texts give equal vectors whatever else is embedded with them."""

    name: str
    digest: str
    dim: int

    def embed(self, texts: Sequence[str]) -> Vector:
        """(n, dim) of windows, each given as its place, a line break and its words; an empty input gives (0, dim)."""
        ...

    def embed_query(self, text: str) -> Vector:
        """(dim,)"""
        ...

    def known_share(self, text: str) -> float:
        """In [0, 1]: how much of the text is written in pieces that the model learnt, not in single letters or unknowns.
        Below about a half its vectors say nothing of the text.
        """
        ...


class Reranker(Protocol):
    """Scores (query, text) pairs, higher is better; the range is the reranker's own.

    `depth`: how many of the best hits it looks at, each at its best window. Texts are given as their place (title and headings,
    or nothing), a line break and their words.
    """

    @property
    def name(self) -> str: ...
    @property
    def depth(self) -> int: ...

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]: ...


class Retriever(Protocol):
    """A question to what the course holds on it."""

    def retrieve(self, query: str, *, scope: Scope = ..., k: int = ...) -> Retrieval: ...
