"""What a quiz asks, and that no question answers another."""

from pathlib import Path

from app.types import Target
from app.writers.tasks.explanation import Course
from app.writers.tasks.pieces import whole_document
from app.writers.tasks.quiz.quiz import quiz
from app.writers.tasks.topic import topics_for
from tests.app.writers.excerpts.course_support import course

SAILING = """# Sailing

## Hauling a halyard

A storm jib may be hoisted by the main halyard in a strong gale. Sailors haul any halyard by hand at the foot of the high mast. The main halyard hauls much, and the main halyard frays. Captain Ann Lee hoists a large gaff sail in calm air. No boat of the coast is faster than that of Captain Ann Lee.

## Reefing

Sailors tie the reef band along the boom while others lower a sail. They sew a reef band.

## Key terms

- halyard: a rope that hoists
- main halyard: the rope of the largest sail
- storm jib: a small strong sail
- reef band: a strip of cloth
"""


def answers(folder: Path, count: int, *headings: str, topic: str = "", text: str = SAILING) -> list[tuple[str, str]]:
    """The answers of a quiz on sections, with the questions."""
    made = course(folder, sailing=text)
    (whole,) = made.documents.values()
    found = [Target(whole.id, one.path, one.start, one.end) for one in whole.sections if {*headings} & {*one.path}]
    parts = [(whole, one) for one in found or [whole_document(whole)]]

    about = Course(made.search, made.documents.get, 0.3)
    put = quiz(topics_for(topic, parts, about), about, "", count)
    told = [["".join(getattr(event, "text", "") for event in events) for events in one] for one in put]
    return [(answer.split("**")[1], question) for question, answer in told]


def test_no_question_asks_or_tells_what_another_asks(tmp_path: Path) -> None:
    asked = answers(tmp_path, 9)
    assert len({answer.casefold() for answer, _ in asked}) == len(asked) >= 4
    told = [(key, question) for key, question in asked if "_____ — " not in question]
    assert not any(answer in question for answer, _ in asked for key, question in told if key != answer)


def test_what_a_section_is_called_is_no_gap_and_asked_for_its_meaning_first(tmp_path: Path) -> None:
    asked = answers(tmp_path, 9, "Hauling a halyard", topic="halyard")
    assert not any("by hand" in question for _, question in asked)
    assert asked[0] == ("halyard", "**halyard** — _____")


def test_names_fill_what_definitions_leave(tmp_path: Path) -> None:
    asked = answers(tmp_path, 9, "Hauling a halyard")
    assert ("Captain Ann Lee", "_____ hoists a large gaff sail in calm air.") in asked


def test_questions_are_from_all_sections(tmp_path: Path) -> None:
    (first, _), (second, _) = answers(tmp_path, 2)
    assert {first, second} == {"halyard", "reef band"}


def test_what_else_a_part_explains_fills_a_quiz_on_half_of_its_name(tmp_path: Path) -> None:
    text = (
        "# Ships\n\n## Care of ropes and boats\n\nA **sail loft** is a place where crews take care of ropes in winter.\n\n"
        "A **bilge** is the lowest space inside a hull.\n\nA **keel** is a beam that runs from stem to stern.\n"
    )
    asked = [answer for answer, _ in answers(tmp_path, 3, "Care of ropes and boats", topic="care of ropes", text=text)]
    assert set(asked) == {"sail loft", "bilge", "keel"}


SLIDES = """# Harbour slides

## Mooring

### Ways of mooring

- Springs:
  - Lines that lead forward from the stern
  - They stop a ship from surging
- Breast lines
  - Lines that lead straight ashore
- Due to
  - Strong winds and strong tides

### Before a ship can moor, a crew must lay out:

- two springs for the stern
- two breast lines
- a stern line of hemp

### Which line holds best?

- A spring of hemp holds best in a swell

### Why do they chafe?

- Wear at the chocks of the deck

## Next time

- Ropes
- Knots
- Anchors that hold a large ship of iron
"""


def test_slides_are_asked_for_by_their_names_and_lists_by_what_announces_them(tmp_path: Path) -> None:
    text = SLIDES.replace(
        "### Before a ship can moor, a crew must lay out:", "Before a ship can moor, a crew must lay out:"
    )
    asked = answers(tmp_path, 9, text=text)
    questions = {question for _, question in asked}
    assert {
        "**Springs** (Ways of mooring) — _____",
        "**Breast lines** (Ways of mooring) — _____",
        "**Before a ship can moor, a crew must lay out** (Ways of mooring) — _____",
        "**Which line holds best?** — _____",
    } <= questions
    assert not any("chafe" in question or "Due to" in question for question in questions)


def test_a_title_slide_means_the_slides_up_to_the_next_one(tmp_path: Path) -> None:
    text = "# Deck\n\n## Mooring a ship\n\n## Springs\n\n- Lines that lead forward from the stern\n\n## Anchors\n\n## Fluke\n\n- The part of an anchor that digs in\n"
    asked = answers(
        tmp_path, 5, "Mooring a ship", topic="mooring a ship", text=f"{text}\nSprings and flukes are of iron.\n"
    )
    assert [answer for answer, _ in asked] == ["Springs"]
