"""Terms that no glossary has."""

from pathlib import Path

import pytest

from app.writers.tasks.pieces import whole_document
from app.writers.tasks.terms.introduced_terms import introduced_terms, recurring_phrases
from tests.app.writers.tasks.document_support import read


def found(folder: Path, text: str) -> dict[str, str]:
    document = read(folder, text)
    return {piece.term: piece.text for piece in introduced_terms(document, whole_document(document))}


@pytest.mark.parametrize(
    ("sentence", "term"),
    [
        ("The **jib stay** (a wire) holds up the mast of a small boat.", "jib stay"),
        ("A loop at the end of a rope is called an eye, and sailors use it much.", "eye"),
        ("Ropes of the coast were known as the \u201cBlue Strands\u201d in every harbour.", "Blue Strands"),
        ("Deep water was sailed by the Ann Lee, dubbed **Old Ann**, for many a year.", "Old Ann"),
        ("The running rigging is what sailors haul to set the sails.", "running rigging"),
        ("Captain Ann Lee was the first to sail around the northern cape.", "Captain Ann Lee"),
        ("What keeps the crew from falling into the sea is a life line.", "life line"),
        ("It is a trick that sailors called \u201cwaving the wet flag\u201d for many years.", ""),
        ("Sailors have a trick, called \u201cwaving the wet flag\u201d for many years.", "waving the wet flag"),
        ("The bad years of the coast were called the Panic of 1837 by sailors.", ""),
        ("As a boat sank someone on the pier had called the watch, who came too late.", ""),
        ("A wet and windy night is called the Long Watch by all who had to live it.", "Long Watch"),
        ("The sea is well known; sailors love to tell of what it does to a boat.", ""),
        ("A crew dubbed the captain \u201cOld Salt\u201d and would not sail.", ""),
        ("Sailors should **never** let go of a rope that is under load.", ""),
        ("The crew was hauling the sheets of the large sails.", ""),
        ("Salt is known to weaken ropes, and so is the sun of the south.", ""),
        ("The crew is called when sails need care, and by sailors of the south.", ""),
        ("Loops at the end of ropes are referred to as rope eyes on all ships.", "rope eyes"),
        ("If the running rigging is worn, sailors replace it in a harbour.", ""),
        ("**Background**: Sailors of the north have tied such knots for long.", ""),
        ("**T**he crew of the boat had been at sea for many weeks.", ""),
        ("While Captain Lee is at sea, nobody else may haul the sheets.", ""),
        ("They are called sheets by everyone who sails on a boat.", ""),
    ],
)
def test_a_term_is_in_bold_or_said_to_be_something_or_what_something_is_called(
    tmp_path: Path, sentence: str, term: str
) -> None:
    again = "Sailors check the running rigging. Some replace the running rigging, too, as Captain Ann Lee did."
    text = f"# Boats\n\n{sentence}\n\n## The life line\n\n{again}\n"
    assert found(tmp_path, text) == ({term: sentence} if term else {})


def test_items_have_labels_of_their_own_but_not_all_of_a_list(tmp_path: Path) -> None:
    items = "- rope care: keep every rope dry and out of the sun\n- coil them\n- dead ends. Whatever is not hauled on should be made fast\n"
    rows = "- rope size: twelve millimetres and a little more\n- breaking load: four tons and a little more\n"
    assert set(found(tmp_path, f"# Ropes\n\n{items}\nOf one rope:\n\n{rows}")) == {"rope care", "dead ends"}


def test_words_in_a_row_that_come_again_end_a_clause_somewhere(tmp_path: Path) -> None:
    text = "Crews gain way with a main halyard. Boats gain way on a run, hauling the main halyard by hand.\n"
    assert recurring_phrases(read(tmp_path, f"# Sails\n\n{text}")) == {("main", "halyard"): 2}


def test_what_ends_with_its_term_has_the_sentence_that_goes_on_about_it(tmp_path: Path) -> None:
    first, second = (
        "In that year the council passed what is called the **Corn Act**.",
        "The act closed every harbour of the coast.",
    )
    assert found(tmp_path, f"# Harbours\n\n{first} {second} They hated it.\n") == {"Corn Act": f"{first} {second}"}
    assert found(tmp_path, f"# Harbours\n\n{first} The coast lay still for years.\n") == {"Corn Act": first}
