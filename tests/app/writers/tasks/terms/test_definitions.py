"""Terms and what the course says they are, told from the layout."""

from pathlib import Path

from app.types import TextPiece
from app.writers.tasks.pieces import sentences_in, whole_document
from app.writers.tasks.rendering import card
from app.writers.tasks.terms.definitions import bold_terms, defined_terms, definitions, term_key, without_duplicates
from tests.app.writers.tasks.document_support import BENDS, KNOTS, read


def test_terms_are_those_of_glossaries_and_of_lists_in_which_all_are_terms(tmp_path: Path) -> None:
    document = read(tmp_path)
    found = {piece.term: piece.text for piece in definitions(document, whole_document(document))}
    assert found["Clove hitch"] == "Two turns around a post."
    assert "Note" not in found
    assert found["king of knots"] == found["bowline"] == "a loop that does not slip"


def test_rows_that_explain_terms_are_definitions_and_figures_are_none(tmp_path: Path) -> None:
    document = read(tmp_path, BENDS)
    found = {piece.term: piece.text for piece in definitions(document, whole_document(document))}
    assert found["Sheet bend"] == "Joins a thick rope to a thin one"
    assert not {"hemp", "Figure 3", "Rope"} & found.keys()
    told = [piece.text for piece in sentences_in(document, 0, len(document.text))]
    assert not any("Figure 4 Knots" in text for text in told)


def test_rows_of_several_columns_are_cards_but_for_what_the_glossary_has(tmp_path: Path) -> None:
    rows = "| bone | shape | place |\n| --- | --- | --- |\n| Head | rounded surface | thigh bone |\n| Long | as a cylinder is | arm |\n| Crest | sharp ridge | hip bone |\n"
    years = (
        "| model | size | year |\n| --- | --- | --- |\n| One | 3 | 2019 |\n| Two | 5 | 2020 |\n| Three | 7 | 2021 |\n"
    )
    text = f"# Bones\n\n{rows}\n{years}\n## Glossary\n\n- **long bone**: longer than it is wide\n- **flat bone**: thin and wide\n"
    document = read(tmp_path, text)
    made = {piece.term: piece for piece in definitions(document, whole_document(document))}
    assert set(made) == {"Head", "Crest", "long bone", "flat bone"}
    (front, quote, *_) = [event.text for event in card(made["Head"]) if isinstance(event, TextPiece)]
    assert (front, quote) == ("- **Head** (bone) — ", "shape: rounded surface; place: thigh bone")


def test_a_dash_parts_a_term_from_what_is_said_of_it_in_any_list(tmp_path: Path) -> None:
    items = "- learn them by heart\n- reef knot – it joins two ends of one rope\n- for hauling – a rolling hitch holds the most\n- result: every knot will hold well\n"
    document = read(tmp_path, f"# Knots\n\n{items}")
    assert [piece.term for piece in definitions(document, whole_document(document))] == ["reef knot"]


def test_an_entry_that_refers_to_nothing_and_a_label_are_no_terms(tmp_path: Path) -> None:
    labels = "- k1: I can tie a bowline.\n- k1: I can tie a hitch.\n- k2: I can tie a bend.\n"
    document = read(tmp_path, KNOTS.replace("see bowline", "see the angler's loop") + f"\n## Aims\n\n{labels}")
    assert not {"king of knots", "k1"} & {piece.term for piece in definitions(document, whole_document(document))}


def test_the_same_under_two_names_is_told_once(tmp_path: Path) -> None:
    called = "**girth hitch**: a loop, also called cow hitch\n\n**cow hitch**: a loop, also called girth hitch"
    document = read(tmp_path, KNOTS.replace("## Hitches", f"{called}\n\n## Hitches", 1))
    (pool,) = without_duplicates([defined_terms(document, whole_document(document))])
    assert [piece.term for piece in pool if piece.text == "a loop that does not slip"] == ["bowline"]
    assert [piece.term for piece in pool if "also called" in piece.text] == ["girth hitch"]


def test_a_sentence_that_begins_with_its_heading_defines(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        "# Rope\n\n## Lesson 2: Whippings\n\nWhippings are turns of twine around a rope's end.\n\n## Splices\n\nSplices usually outlast knots.\n",
    )
    (found,) = definitions(document, whole_document(document))
    assert found.term == "Whippings"
    told = "".join(event.text for event in card(found) if isinstance(event, TextPiece))
    assert told == "- **Whippings** are turns of twine around a rope's end.\n"


def test_a_label_whose_words_never_come_again_is_no_term(tmp_path: Path) -> None:
    text = "**Hint**: Look up on a chart where the harbours of the coast are.\n\n**Reefing**: Sailors fold the sail and tie it along the boom.\n\nIn a gale reefing saves the mast of a boat.\n"
    document = read(tmp_path, f"# Sails\n\n{text}")
    assert [piece.term for piece in bold_terms(document, whole_document(document))] == ["Reefing"]


def test_a_letter_behind_a_term_makes_another() -> None:
    assert term_key("Implicit memories") == term_key("implicit memory")
    assert len({term_key("meiosis"), term_key("Meiosis I"), term_key("Meiosis II")}) == 3


def test_entries_of_a_nested_list_are_among_those_beside_them(tmp_path: Path) -> None:
    entries = "- **Bends** - Join the ends of two ropes\n    - a sheet bend on a fishing boat\n- **Hitches** - Tie a rope around a post\n    - wet hemp slips\n- **Loops** - Hold an eye at an end\n"
    document = read(tmp_path, f"# Knots\n\n{entries}")
    assert [piece.term for piece in definitions(document, whole_document(document))] == ["Bends", "Hitches", "Loops"]


def test_what_only_announces_explains_nothing_and_bold_type_at_an_end_names_nothing(tmp_path: Path) -> None:
    table = "| theory | author | told of knots |\n| --- | --- | --- |\n| Friction | Ann Lee | ropes hold by rubbing |\n| Springs | Old Meg | ropes hold by pulling |\n| Schools | **author** | **what a knot is made of:** |\n"
    bold = "The rope is held by **rubbing on itself**.\n\nThis is the turn that makes **a hitch**, a knot around wood.\n\n**Hemp** is a fibre of a tall plant, as told below.\n"
    document = read(tmp_path, f"# Knots\n\n{table}\n{bold}")
    assert [piece.term for piece in definitions(document, whole_document(document))] == ["Friction", "Springs", "Hemp"]
