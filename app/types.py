"""The values of an answer, and the events by which it reaches the page as it is made."""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Literal

from retrieval.types import Document, Passage, Retrieval, Scope

Documents = Callable[[str], Document | None]
"""A document by id, None where it cannot be read."""


def no_documents(document_id: str) -> None:
    """`Documents` of which none can be read."""


TaskKind = Literal["summary", "outline", "key points", "study guide", "quiz", "cards", "compare", "example", "simpler"]


@dataclass(frozen=True, slots=True)
class Target:
    """A part of the course that a task is about: `document.text[start:end]`; `path` is the title, then the headings. `beside`: where
    boxes of its document begin, which stand beside its text.
    """

    document_id: str
    path: tuple[str, ...]
    start: int
    end: int
    beside: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be made of whole parts of the course, in their order, rather than a question to be answered.

    `topic`: what is meant, in the learner's words; empty where a part was meant as a whole. `sides`: what is compared, each as
    it stands and as else it may be meant.
    `count`: how many are wanted of what the task makes, 0 where that was not said. `unnamed`: a part was asked for by a name that
    no heading has; what the course has on the topic stands in for it, or nothing. `headed`: whether headings name what is meant.
    """

    kind: TaskKind
    targets: tuple[Target, ...]
    topic: str = ""
    sides: tuple[tuple[str, ...], ...] = ()
    count: int = 0
    unnamed: bool = False
    headed: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and the text of its answer (without marks). `searched`: what was searched for, where it differs."""

    question: str
    answer: str
    searched: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: as typed, what came before it (oldest first), where to look, and what it asks
    to be made, where that is no answer. `fresh`: an answer that was kept from earlier is not wanted. `person`: whose budget
    it is on, where somebody is signed in. `agreed`: what a long task costs was said, and is to be spent."""

    text: str
    history: tuple[Turn, ...] = ()
    scope: Scope = field(default_factory=Scope)
    task: Task | None = None
    fresh: bool = False
    person: str = ""
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """A writer's claim that `document.text[start:end]` supports what it just wrote; not yet verified."""

    document_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """A verified quote. `number` counts from 1 in order of first use; `quote` is `document.text[start:end]`, verbatim.

    `paragraph` is the text around the quote and `paragraph_start` its offset, so that the quote can be highlighted in
    it. `path` is the document title followed by the headings. `supported` is False where the sentence that cites it
    says something that the quote does not (see `app.citations.sentence_check`). `sure`: how sure OCR was of the least
    sure word, in [0, 1]; None: it did not read the quote.
    """

    number: int
    document_id: str
    start: int
    end: int
    quote: str
    path: tuple[str, ...]
    paragraph: str
    paragraph_start: int
    page: int | None = None
    page_word: str = "page"
    kind: str = "sentence"
    lead: str = ""
    sure: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer (span in `Answer.text`) and what is known of its support.

    `doubts` names what makes it suspect: "unsupported" (no quote, or none that bears it), or numbers and names
    that stand in none of its quotes.
    """

    start: int
    end: int
    footnotes: tuple[int, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counted them, and their price in dollars."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost: float = 0.0

    @property
    def read_tokens(self) -> int:
        """All that was read, from the prompt cache or not."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Nearest:
    """A section near to a question that the course does not answer."""

    document_id: str
    path: tuple[str, ...]
    start: int


@dataclass(frozen=True, slots=True)
class More:
    """What a place of the course holds beyond what an answer shows of it: `words` of them, from offset `start` on."""

    document_id: str
    path: tuple[str, ...]
    start: int
    words: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What a long task takes: so many `parts`, each written for itself; dollars, `likely` and at `most`."""

    parts: int
    likely: float
    most: float


Refusal = Literal["", "low confidence", "writer", "nothing found", "no question", "price"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer. `text` is Markdown with `[1]` marks where a footnote belongs.

    `refused` is empty for an answer; "price": nothing was written yet, because the task is long, and `offer` says what it
    takes. `notices` are plain sentences on what went wrong and what was done instead.
    `dropped` counts citations that are not in the course verbatim and were left out. `searched` is the query that was
    run, where it differs from the question. `given_before`: it comes from the answer cache. `likelihood`: in [0, 1], how likely what is quoted is
    right. `unsure`: that is in doubt, and a writer quoted it that cannot judge it. `marked`: the spans of `text` that most likely hold the answer, in order. `more`: what
    the quoted places hold beyond what is shown. `trace` holds settings and versions for whoever wants to know.
    """

    text: str
    footnotes: tuple[Footnote, ...]
    sentences: tuple[Sentence, ...] = ()
    refused: Refusal = ""
    unsure: bool = False
    likelihood: float = 0.0
    nearest: tuple[Nearest, ...] = ()
    confidence: float = 0.0
    writer: str = ""
    model: str = ""
    notices: tuple[str, ...] = ()
    dropped: int = 0
    searched: str = ""
    given_before: bool = False
    partial: bool = False
    usage: Usage = field(default_factory=Usage)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    trace: Mapping[str, object] = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()
    marked: tuple[tuple[int, int], ...] = ()
    more: tuple[More, ...] = ()
    offer: Offer | None = None


# What a writer yields, in order: text and citations of the text just before them, then one Finished.


@dataclass(frozen=True, slots=True)
class TextPiece:
    """`marked`: it most likely holds the answer. No notation of lists, tables or code belongs in a marked piece."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Cited:
    citation: Citation


@dataclass(frozen=True, slots=True)
class CitationDropped:
    """A citation that resolves to nothing: a mark that points nowhere, a quote that is not in its passage."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The writer is done. `refused`: it said that the passages do not answer the question. `partial`: it was cut.
    `likelihood`: in [0, 1], that what is marked holds the answer if the passages do; 1 from a writer that does not tell.
    """

    model: str = ""
    refused: bool = False
    partial: bool = False
    usage: Usage = field(default_factory=Usage)
    notices: tuple[str, ...] = ()
    more: tuple[More, ...] = ()
    likelihood: float = 1.0


@dataclass(frozen=True, slots=True)
class Searched:
    """The writer searched the course again. What it wrote before that, if none of it is cited, only led to the search: it is
    withdrawn. `usage`: of the request that asked for it, part of the Finished one's."""

    query: str
    passages: tuple[Passage, ...]
    usage: Usage = field(default_factory=Usage)


WriterEvent = TextPiece | Cited | CitationDropped | Searched | Finished


# What `answer` yields to the page, in order; the last is Done.


@dataclass(frozen=True, slots=True)
class Searching:
    query: str


@dataclass(frozen=True, slots=True)
class Reading:
    retrieval: Retrieval


@dataclass(frozen=True, slots=True)
class Writing:
    """The answer so far: text with marks, the footnotes they point to, and the spans that most likely hold the answer."""

    text: str
    footnotes: tuple[Footnote, ...]
    marked: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """A long task was agreed to, and begins."""

    offer: Offer


@dataclass(frozen=True, slots=True)
class Done:
    answer: Answer


AnswerEvent = Searching | Reading | Offered | Writing | Done
