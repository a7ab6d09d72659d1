"""Sections that are named by their headings."""

from pathlib import Path

from app.types import Question, Target, Task, TextPiece
from app.writers.tasks.writer import TaskWriter
from retrieval.types import Retrieval
from tests.app.writers.excerpts.course_support import course

FAMILIES = """# Ropework

## How it began

### 1. Rope

Rope was made of hemp at first.

### 1. Bend family

- sheet bend: thick to thin
- reef bend: alike

They slip.

### 2. The hitch family

Hitches tie a rope to a post. They slip.

### 3. Splices

Splices join two ropes for good.

### 4. Others

Others are seldom seen on board.

### What is a family?

A family of knots is tied alike.

### 1. Loop family

A loop of this kind does not slip.
"""


def test_without_terms_cards_are_sections_of_the_kind_that_is_asked_for(tmp_path: Path) -> None:
    made = course(tmp_path, ropes=FAMILIES)
    (whole,) = made.documents.values()

    def cards(topic: str) -> list[str]:
        task = Task("cards", (Target(whole.id, ("Ropework",), 0, 30),), topic=topic)
        writer = TaskWriter(lambda query, _: Retrieval(query, (), made.passages(query), 1.0, ()), threshold=0.3)
        events = writer.write(Question("cards", task=task), "", (), made.documents.get)
        told = "".join(event.text for event in events if isinstance(event, TextPiece))
        return [line for line in told.splitlines() if line.startswith("- ")]

    assert cards("knot families") == [
        "- **Bend family** — sheet bend: thick to thin",
        "- **The hitch family** — Hitches tie a rope to a post.",
        "- **Splices** join two ropes for good.",
        "- **Loop family** — A loop of this kind does not slip.",
    ]
    assert cards("sails") == []
