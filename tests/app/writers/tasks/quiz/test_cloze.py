"""Sentences with a gap, and terms to choose from."""

from collections.abc import Sequence
from pathlib import Path

from app.types import Question, Target, Task, TextPiece
from app.writers.tasks.pieces import Piece, whole_document
from app.writers.tasks.quiz.cloze import can_be_asked, choice_item, cloze_item, cloze_sentences, item
from app.writers.tasks.terms.definitions import definitions
from app.writers.tasks.writer import TaskWriter
from retrieval.types import Document, Retrieval, Scope
from tests.app.writers.excerpts.course_support import course
from tests.app.writers.tasks.document_support import KNOTS, read


def asked(piece: Piece) -> str:
    return "".join(event.text for event in cloze_item(piece)[0] if isinstance(event, TextPiece))


def test_a_gap_leaves_no_other_word_of_its_stem(tmp_path: Path) -> None:
    entries = "- Conformity: Those who conform pursue accepted goals.\n- Rebellion: Some rebel against the goals.\n- Strain of goals: Goals cannot be reached.\n"
    document = read(tmp_path, f"# Strain\n\n{entries}")
    assert [asked(piece) for piece in definitions(document, whole_document(document))] == [
        "_____ — Those who _____ pursue accepted goals.",
        "_____ — Some _____ against the goals.",
        "_____ — Goals cannot be reached.",
    ]


def test_what_asks_itself_is_not_asked_for(tmp_path: Path) -> None:
    entries = "**clove hitch**: two turns around a post\n\n**bend**: which two ropes does it join, wet or dry?\n"
    document = read(tmp_path, f"# Knots\n\n## Key terms\n\n{entries}")
    known = {piece.term: can_be_asked(piece) for piece in definitions(document, whole_document(document))}
    assert known == {"clove hitch": True, "bend": False}


def options(document: Document, term: str) -> list[str]:
    known = definitions(document, whole_document(document))
    (piece,) = (one for one in known if one.term == term)
    question, _ = choice_item(piece, known)
    return "".join(event.text for event in question if isinstance(event, TextPiece)).split("\n\n")[1:]


def test_options_are_likest_to_the_term_and_no_part_of_it(tmp_path: Path) -> None:
    named = ["bowline", "hitch", "half hitch", "clove hitch", "bend", "rolling hitch"]
    entries = "\n\n".join(f"**{term}**: {place} turns of a rope around wood" for place, term in enumerate(named))
    document = read(tmp_path, f"# Hitches\n\n## Key terms\n\n{entries}\n")
    assert options(document, "clove hitch") == ["a. bend", "b. clove hitch", "c. half hitch", "d. rolling hitch"]


def test_options_are_names_for_a_name_and_of_what_is_of_its_kind_but_not_what_the_question_says(tmp_path: Path) -> None:
    entries = {
        "splice": "two ropes woven into one",
        "Ann Lee": "a small ship that sailed around the cape",
        "whipping": "twine around an end, unlike a seizing",
        "Old Meg": "a small ship that sank beside a pier",
        "sheave": "wheel in a block",
        "Blue Tom": "a cook who could not swim",
        "seizing": "twine around two ropes",
        "Long Joe": "a crooked mate with one ear",
        "Fair Eve": "a small ship that was sold",
        "grommet": "twine laid into a ring",
    }
    text = "\n\n".join(f"**{term}**: {said}" for term, said in entries.items())
    document = read(tmp_path, f"# Ships\n\n## Key terms\n\n{text}\n")
    assert options(document, "Ann Lee") == ["a. Ann Lee", "b. Blue Tom", "c. Fair Eve", "d. Old Meg"]
    assert options(document, "whipping") == ["a. grommet", "b. sheave", "c. splice", "d. whipping"]


def test_a_definition_that_gives_its_term_away_is_asked_for_and_a_sentence_that_does_is_not(tmp_path: Path) -> None:
    entries = "**clove hitch**: two turns around a post\n\n**knot of the sea**: any knot that is tied at sea\n"
    items = "- Hitch of knots: A hitch that two knots hold.\n- Long bend: A rope that is bent around a pole.\n- Eye: A loop that is spliced at an end.\n"
    document = read(tmp_path, f"# Knots\n\n## Kinds\n\n{items}\n## Key terms\n\n{entries}")
    known = {
        piece.term: "".join(event.text for event in item(piece).stem if isinstance(event, TextPiece))
        for piece in definitions(document, whole_document(document))
        if can_be_asked(piece)
    }
    assert known.keys() == {"clove hitch", "knot of the sea", "Long bend", "Eye"}
    assert known["knot of the sea"] == "**knot of the sea** — _____"
    assert known["clove hitch"] == "_____ — two turns around a post"


def gaps(folder: Path, text: str, known: Sequence[Piece] = ()) -> dict[str, str]:
    document = read(folder, text)
    return {piece.text: piece.term for piece in cloze_sentences(document, whole_document(document), known)}


def test_sentences_name_what_is_defined_elsewhere_or_begin_with_their_heading(tmp_path: Path) -> None:
    text = "A bowline can be trusted on deck in any gale or storm. Sailors trust the bowline on deck in any gale or storm. The hitches hold a heavy load of wet rope on deck. Bowline or not, a bowline can fail on deck in any gale."
    text = KNOTS.replace("Hitches tie a rope to a thing. They come undone under no load.", text)
    document = read(tmp_path, text)
    assert gaps(tmp_path, text, definitions(document, whole_document(document), lists=False)) == {
        "A bowline can be trusted on deck in any gale or storm.": "bowline",
        "The hitches hold a heavy load of wet rope on deck.": "hitches",
    }


def test_a_sentence_that_begins_with_some_of_its_heading_is_no_gap(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Hitches: rope and post\n\nHitches hold well under a heavy load of wet sails. Rope workers trust a post of oak, elm or ash wood.\n"
    assert list(gaps(tmp_path, text).values()) == ["Hitches"]


def test_a_gap_is_for_bold_words_and_not_for_any_name_or_figure(tmp_path: Path) -> None:
    told = {"Sailors of the north hoist a **storm jib** while strong gales blow.": "storm jib"}
    other = "Some crews of the Ann Lee haul by hand while others watch. Shipyards of the coast launched 713 schooners like the Ann Lee."
    assert gaps(tmp_path, f"# Sails\n\n{' '.join(told)} {other}\n") == told


SAILS = """# Sails

There are three parts of a sail: the luff, the long leech, and the foot (Figure 1). Sailors hoist storm jibs.

Storm jibs of nylon tear the sooner. Four words make a list: luff, luff, foot, and leech.

## Chapter summary

Storm jibs are hoisted where a larger sail of the yacht might tear in a gale. Storm jibs are hoisted where a larger sail might tear in a gale.

Different jibs need different sheets. Different jibs differ. The sailor may hoist one of the jibs in a gale of the open sea. The sailor may not. The sailor may rest.
"""


def test_facts_have_a_gap_for_what_they_begin_with_or_one_of_what_they_list(tmp_path: Path) -> None:
    assert "long leech" in gaps(tmp_path, SAILS).values()


def test_a_quiz_is_of_more_than_definitions(tmp_path: Path) -> None:
    entries = (
        "**tack**: lower corner at the mast\n\n**clew**: what the sheet hauls on\n\n**head**: what is hoisted up\n\n"
    )
    made = course(tmp_path, sails=f"{SAILS}\n## Key terms\n\n{entries}")
    (whole,) = made.documents.values()
    task = Task("quiz", (Target(whole.id, ("Sails",), 0, len(whole.text)),), count=3)

    def search(query: str, _: Scope) -> Retrieval:
        return Retrieval(query, (), made.passages(query), 1.0, ())

    events = TaskWriter(search, threshold=0.3).write(Question("quiz", task=task), "", (), made.documents.get)
    told = "".join(event.text for event in events if isinstance(event, TextPiece))
    assert told.count("_____ — ") == 2
    assert "**3** There are three parts of a sail: the luff, the _____, and the foot (Figure 1)." in told


def test_a_caption_that_letters_what_it_shows_is_no_gap(tmp_path: Path) -> None:
    shows = "Figure 2.1 Splices Three kinds of splices: (a) eye splice, (b) short splice, and (c) long splice."
    assert not gaps(tmp_path, f"# Ropes\n\n## Splices\n\nA splice joins two ropes.\n\n{shows}\n")
