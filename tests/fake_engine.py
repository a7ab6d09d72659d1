"""An engine with a script instead of a model, for tests of the page that need exact timing.

A question decides what happens: "slow ..." writes a word at a time until it is stopped, "nothing ..." is refused,
"broken ..." fails, "crash ..." fails in a way nobody foresaw; everything else is answered at once.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.course import Course, CourseDocument
from app.types import (
    Answer,
    AnswerEvent,
    Done,
    Footnote,
    Nearest,
    Question,
    Reading,
    Searching,
    Sentence,
    Usage,
    Writing,
)
from retrieval.config import Settings
from retrieval.errors import WriterFailed
from retrieval.types import Block, Document, Retrieval, Section

TEXT = """# Measures of a model

How a language model is judged.

## Perplexity

Perplexity says how **unsure** a model is about the next token. It falls when the context gets longer.

- a low value: the model is sure
- a high value: the model guesses

## Table

| measure | better |
|---|---|
| perplexity | lower |
| accuracy | higher |

## Code

```python
def perplexity(loss):
    return exp(loss)
```
"""


def _block(kind: str, text: str, *, level: int = 0, lead: str = "", language: str = "") -> Block:
    start = TEXT.index(text)
    return Block(kind, start, start + len(text), level, lead, language)  # type: ignore[arg-type]


HEADER = "| measure | better |"
SECTIONS = (
    Section(("Perplexity",), 2, TEXT.index("## Perplexity"), TEXT.index("## Table")),
    Section(("Table",), 2, TEXT.index("## Table"), TEXT.index("## Code")),
    Section(("Code",), 2, TEXT.index("## Code"), len(TEXT)),
)
DOCUMENT = Document(
    id="measures",
    path="measures.md",
    title="Measures of a model",
    text=TEXT,
    blocks=(
        _block("heading", "# Measures of a model", level=1),
        _block("paragraph", "How a language model is judged."),
        _block("heading", "## Perplexity", level=2),
        _block(
            "paragraph",
            "Perplexity says how **unsure** a model is about the next token. It falls when the context gets longer.",
        ),
        _block("item", "- a low value: the model is sure"),
        _block("item", "- a high value: the model guesses"),
        _block("heading", "## Table", level=2),
        _block("row", f"{HEADER}\n|---|---|"),
        _block("row", "| perplexity | lower |", lead=HEADER),
        _block("row", "| accuracy | higher |", lead=HEADER),
        _block("heading", "## Code", level=2),
        _block("code", "```python\ndef perplexity(loss):\n    return exp(loss)\n```", language="python"),
    ),
    sections=SECTIONS,
)


def note(number: int, quote: str, section: str = "Perplexity", *, kind: str = "sentence", lead: str = "") -> Footnote:
    """A footnote on a quote of the document, its paragraph around it."""
    start = TEXT.index(quote)
    block = next(block for block in DOCUMENT.blocks if block.start <= start < block.end)
    return Footnote(
        number=number,
        chunk_id="c",
        document_id=DOCUMENT.id,
        start=start,
        end=start + len(quote),
        quote=quote,
        path=(DOCUMENT.title, section),
        paragraph=TEXT[block.start : block.end],
        paragraph_start=block.start,
        kind=kind,
        lead=lead,
    )


FIRST = note(1, "Perplexity says how **unsure** a model is about the next token.")
SECOND = note(2, "It falls when the context gets longer.")
ANSWER_TEXT = "Perplexity says how unsure a model is about the next token.[1] It falls when the context gets longer.[2]"


@dataclass
class FakeIndex:
    name: str = "v1"

    def document(self, document_id: str) -> Document:
        return DOCUMENT

    def documents(self) -> dict[str, str]:
        return {DOCUMENT.id: DOCUMENT.title}


@dataclass
class FakeEngine:
    settings: Settings
    index: FakeIndex = field(default_factory=FakeIndex)
    word_seconds: float = 0.1
    asked: list[Question] = field(default_factory=list)

    @property
    def course(self) -> Course:
        questions = ("What is perplexity?", "When does perplexity fall?")
        return Course(
            "Models, measured", (CourseDocument("measures", DOCUMENT.title, "measures.md", questions=questions),)
        )

    def refresh(self) -> bool:
        return False

    def sections(self, document_id: str) -> tuple[Section, ...]:
        return SECTIONS

    def answer(self, question: Question) -> Iterator[AnswerEvent]:
        self.asked.append(question)
        yield Searching(question.text)
        match question.text.split()[0].lower():
            case "nothing":
                nearest = (Nearest(DOCUMENT.id, (DOCUMENT.title, "Perplexity"), SECTIONS[0].start),)
                yield Done(
                    Answer("", (), refused="low confidence", nearest=nearest, confidence=0.1, writer="extractive")
                )
            case "broken":
                raise WriterFailed("The writer could not be reached. Try again in a minute.")
            case "crash":
                raise ZeroDivisionError("secret detail")
            case "slow":
                yield from self._slowly()
            case _:
                yield Reading(Retrieval(question.text, (), (), 0.9, (), self.index.name))
                yield Writing(ANSWER_TEXT, (FIRST, SECOND))
                yield Done(_answer(ANSWER_TEXT))

    def _slowly(self) -> Iterator[AnswerEvent]:
        yield Reading(Retrieval("q", (), (), 0.9, (), self.index.name))
        words = ["Perplexity", "says", "it.[1]"]
        for count in range(1, 200):
            time.sleep(self.word_seconds)
            words.append(f"word{count}")
            yield Writing(" ".join(words), (FIRST,))
        yield Done(_answer(" ".join(words)))


def _answer(text: str) -> Answer:
    return Answer(
        text=text,
        footnotes=(FIRST, SECOND),
        sentences=(Sentence(0, 62, (1,)), Sentence(63, len(text), (2,))),
        confidence=0.92,
        writer="extractive",
        model="none",
        usage=Usage(1200, 80, cost=0.0032),
        timings_ms={"search": 6.0, "write": 20.0},
        suggestions=("What does a low value mean?", "Which measure is better when higher?"),
    )
