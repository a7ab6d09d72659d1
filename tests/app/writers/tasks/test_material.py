"""What a document offers to a task, told from its layout."""

from pathlib import Path

from app.types import Target
from app.writers.tasks.forms import points
from app.writers.tasks.material import all_of, definitions, opening
from ingest.parse.load import load
from retrieval.types import Document

KNOTS = """# Knots

## Key terms

**bowline**: a loop that does not slip

**king of knots**: see bowline

## Hitches

Hitches tie a rope to a thing. They come undone under no load.

Sailors know three:

1. Clove hitch: Two turns around a post.
2. Half hitch: One turn and a tuck.
3. Rolling hitch: It grips along the pole.

## Rules

- Never cut a rope.
- Note: wet ropes hold less.
- Coil it.

## Summary

Knots hold by nothing but friction.
"""


def read(folder: Path) -> Document:
    path = folder / "knots.md"
    path.write_text(KNOTS, encoding="utf-8")
    return load(path, root=folder)


def test_terms_are_those_of_glossaries_and_of_lists_in_which_all_are_terms(tmp_path: Path) -> None:
    document = read(tmp_path)
    found = {piece.term: piece.text for piece in definitions(document, all_of(document))}
    assert found["Clove hitch"] == "Two turns around a post."
    assert "Note" not in found
    assert found["king of knots"] == found["bowline"] == "a loop that does not slip"


def test_a_part_opens_with_its_first_paragraph(tmp_path: Path) -> None:
    document = read(tmp_path)
    (hitches,) = [part for part in document.sections if part.path[-1:] == ("Hitches",)]
    told = opening(document, Target(document.id, hitches.path, hitches.start, hitches.end))
    assert [piece.text for piece in told] == ["Hitches tie a rope to a thing.", "They come undone under no load."]
    assert opening(document, Target(document.id, ("Knots",), 0, 0)) == []


def test_key_points_are_the_summary_and_what_defines_as_far_as_there_is_room(tmp_path: Path) -> None:
    document = read(tmp_path)

    def told(count: int) -> str:
        return str(list(points([(document, all_of(document))], count)))

    assert "Knots hold by nothing but friction." in told(3)
    assert "Two turns around a post." in told(3)
    assert "Two turns around a post." not in told(1)
