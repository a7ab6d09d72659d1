"""Cards and questions of what stands below headings, as on slides."""

from pathlib import Path

from app.types import Question, Target, Task, TaskKind, TextPiece
from app.writers.tasks.pieces import whole_document
from app.writers.tasks.terms.slides import slide_entries
from app.writers.tasks.writer import TaskWriter
from retrieval.types import Retrieval
from tests.app.writers.excerpts.course_support import course

DECK = """# Ropework

## Today's plan

- Knots and hitches, rope by rope

## Stopper knot

Keeps the end of a rope from running out

- e.g. in the sheets of a sail

### Who has tied a stopper knot?

- One hand for yes

## Knots can slip

- A stopper knot that is wet holds less than a dry one

## Whipping

Thin twine wound around the end of a rope. It lasts for years.

## Example

- Thin twine on a rope of hemp

## Example

- Thin twine on a rope of steel
"""


def made(folder: Path, kind: TaskKind) -> str:
    about = course(folder, ropes=DECK)
    (whole,) = about.documents.values()
    plan = next(part.start for part in whole.sections if part.path[-1:] == ("Today's plan",))
    task = Task(kind, (Target(whole.id, ("Ropework",), 0, len(whole.text), frozenset({plan})),), headed=True)
    writer = TaskWriter(lambda query, _: Retrieval(query, (), about.passages(query), 1.0, ()), threshold=0.3)
    events = writer.write(Question(kind, task=task), "", (), about.documents.get)
    return "".join(event.text for event in events if isinstance(event, TextPiece))


def test_a_heading_is_the_front_of_a_card_that_has_what_stands_right_below_it(tmp_path: Path) -> None:
    assert [line for line in made(tmp_path, "cards").splitlines() if line.startswith("- ")] == [
        "- **Stopper knot** — Keeps the end of a rope from running out",
        "- **Knots can slip** — A stopper knot that is wet holds less than a dry one",
        "- **Whipping** — Thin twine wound around the end of a rope. It lasts for years.",
    ]


def test_a_quiz_asks_for_the_headings_that_are_named_elsewhere_too(tmp_path: Path) -> None:
    asked, _, answers = made(tmp_path, "quiz").partition("---")
    assert "**Stopper knot** — _____" in asked
    assert "**Stopper knot** — Keeps the end of a rope from running out" in answers
    assert "Knots can slip" not in answers


def test_what_is_longer_than_a_slide_or_only_names_is_no_card(tmp_path: Path) -> None:
    long = "Twine holds the end of a rope when it is wound on tightly. " * 6
    text = f"# Rope\n\n## Whipping\n\n{long}\n\n## Knots\n\n- Reef knot\n- Stopper knot\n"
    (whole,) = course(tmp_path, ropes=text).documents.values()
    assert list(slide_entries(whole, whole_document(whole))) == []


def entries(folder: Path, text: str) -> list[tuple[str, str]]:
    (whole,) = course(folder, ropes=text).documents.values()
    return [(piece.term, piece.text) for piece in slide_entries(whole, whole_document(whole))]


def test_a_name_in_a_list_is_explained_by_the_items_below_it(tmp_path: Path) -> None:
    made = entries(
        tmp_path,
        "# Rope\n\n## Knots\n\n* Stopper\n * Keeps an end from running out\n* Bends\n    - Join the ends of two ropes\n",
    )
    assert made[:2] == [("Stopper", " * Keeps an end from running out"), ("Bends", "    - Join the ends of two ropes")]


def test_neither_places_nor_statements_nor_leads_to_code_are_terms(tmp_path: Path) -> None:
    slides = {
        "Slide 8": "- Keeps the end of a rope from running out",
        "Lecture 2: Ropes": "- Ann Lee of the harbour school",
        "Hemp is strong": "- It holds the weight of a large ship",
        "Splicing": "- Weave the strands of two ropes together\n\n```\n1 over 2\n```",
        "Whipping": "These turns are counted by the function\n\n```\nturns(3)\n```",
    }
    text = "\n\n".join(f"## {heading}\n\n{body}" for heading, body in slides.items())
    assert entries(tmp_path, f"# Rope\n\n{text}\n") == [("Splicing", "- Weave the strands of two ropes together")]
