"""What a document offers to a task, told from its layout."""

from pathlib import Path

import pytest

from app.query.parts import boxes
from app.types import Target, TextPiece
from app.writers.tasks.choice import Worth
from app.writers.tasks.definitions import definitions, distinct, terms_of
from app.writers.tasks.forms import guide, outline, points, summary
from app.writers.tasks.gaps import can_be_asked, mentions, with_gap, with_options
from app.writers.tasks.lines import card
from app.writers.tasks.material import Piece, all_of, sentences, stands_alone
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


BENDS = """# Knots at sea

## Bends

| Bend | What it does |
| --- | --- |
| Sheet bend | Joins a thick rope to a thin one |
| Reef bend | Holds only under a steady load |
| Carrick bend | Joins two heavy ropes |

| Rope | Load |
| --- | --- |
| hemp | 4 |
| sisal | 3 |
| nylon | 9 |

**Figure 3** Three bends, as sailors tie them on a wet day.

Figure 4 shows the knots of the table, the sheet bend first (Figure 4).

A rope may slip. They call that a **surging rope** on board.
"""


def read(folder: Path, text: str = KNOTS) -> Document:
    path = folder / "knots.md"
    path.write_text(text, encoding="utf-8")
    return load(path, root=folder)


def test_terms_are_those_of_glossaries_and_of_lists_in_which_all_are_terms(tmp_path: Path) -> None:
    document = read(tmp_path)
    found = {piece.term: piece.text for piece in definitions(document, all_of(document))}
    assert found["Clove hitch"] == "Two turns around a post."
    assert "Note" not in found
    assert found["king of knots"] == found["bowline"] == "a loop that does not slip"


def test_rows_that_explain_terms_are_definitions_and_figures_are_none(tmp_path: Path) -> None:
    document = read(tmp_path, BENDS)
    found = {piece.term: piece.text for piece in definitions(document, all_of(document))}
    assert found["Sheet bend"] == "Joins a thick rope to a thin one"
    assert not {"hemp", "Figure 3", "Rope"} & found.keys()
    told = [piece.text for piece in sentences(document, 0, len(document.text))]
    assert not any("Figure 4" in text for text in told)


def test_rows_of_several_columns_are_cards_but_for_what_the_glossary_has(tmp_path: Path) -> None:
    rows = "| bone | shape | place |\n| --- | --- | --- |\n| Head | rounded surface | thigh bone |\n| Long | as a cylinder is | arm |\n| Crest | sharp ridge | hip bone |\n"
    years = (
        "| model | size | year |\n| --- | --- | --- |\n| One | 3 | 2019 |\n| Two | 5 | 2020 |\n| Three | 7 | 2021 |\n"
    )
    text = f"# Bones\n\n{rows}\n{years}\n## Glossary\n\n- **long bone**: longer than it is wide\n- **flat bone**: thin and wide\n"
    document = read(tmp_path, text)
    made = {piece.term: piece for piece in definitions(document, all_of(document))}
    assert set(made) == {"Head", "Crest", "long bone", "flat bone"}
    (front, quote, *_) = [event.text for event in card(made["Head"]) if isinstance(event, TextPiece)]
    assert (front, quote) == ("- **Head** — ", "rounded surface; thigh bone")


def asked(piece: Piece) -> str:
    return "".join(event.text for event in with_gap(piece)[0] if isinstance(event, TextPiece))


def test_a_gap_leaves_no_other_word_of_its_stem(tmp_path: Path) -> None:
    entries = "- Conformity: Those who conform pursue accepted goals.\n- Rebellion: Some rebel against the goals.\n- Strain of goals: Goals cannot be reached.\n"
    document = read(tmp_path, f"# Strain\n\n{entries}")
    assert [asked(piece) for piece in definitions(document, all_of(document))] == [
        "_____ — Those who _____ pursue accepted goals.",
        "_____ — Some _____ against the goals.",
        "_____ — Goals cannot be reached.",
    ]


def test_options_are_likest_to_the_term_and_no_part_of_it(tmp_path: Path) -> None:
    document = read(tmp_path, "# Hitches\n\n## Key terms\n\n**clove hitch**: two turns around a post\n")
    (piece,) = definitions(document, all_of(document))
    question, _ = with_options(piece, ["bowline", "hitch", "half hitch", "clove hitch", "bend", "rolling hitch"])
    told = "".join(event.text for event in question if isinstance(event, TextPiece)).split("\n\n")
    assert told == [
        "_____ — two turns around a post",
        "a. bend",
        "b. clove hitch",
        "c. half hitch",
        "d. rolling hitch",
    ]


def test_what_gives_its_term_away_is_no_gap(tmp_path: Path) -> None:
    entries = "**clove hitch**: two turns around a post\n\n**knot of the sea**: any knot that is tied at sea\n"
    document = read(tmp_path, f"# Knots\n\n## Key terms\n\n{entries}")
    known = {piece.term: can_be_asked(piece) for piece in definitions(document, all_of(document))}
    assert known == {"clove hitch": True, "knot of the sea": False}


def test_sentences_name_what_is_defined_elsewhere_or_begin_with_their_heading(tmp_path: Path) -> None:
    text = "A bowline can be trusted on deck. Sailors trust the bowline. It slips seldom. The hitches hold under load. Bowline or not, a bowline can fail."
    document = read(tmp_path, KNOTS.replace("Hitches tie a rope to a thing. They come undone under no load.", text))
    known = definitions(document, all_of(document), lists=False)
    found = {piece.text: piece.term for piece in mentions(document, all_of(document), known)}
    assert found == {
        "A bowline can be trusted on deck.": "bowline",
        "The hitches hold under load.": "hitches",
    }


def test_a_sentence_that_begins_with_some_of_its_heading_is_no_gap(tmp_path: Path) -> None:
    document = read(
        tmp_path, "# Ropes\n\n## Hitches: rope and post\n\nHitches hold well under load. Rope workers trust them.\n"
    )
    assert [piece.term for piece in mentions(document, all_of(document), [])] == ["Hitches"]


def test_an_entry_that_refers_to_nothing_and_a_label_are_no_terms(tmp_path: Path) -> None:
    labels = "- k1: I can tie a bowline.\n- k1: I can tie a hitch.\n- k2: I can tie a bend.\n"
    document = read(tmp_path, KNOTS.replace("see bowline", "see the angler's loop") + f"\n## Aims\n\n{labels}")
    assert not {"king of knots", "k1"} & {piece.term for piece in definitions(document, all_of(document))}


def test_the_same_under_two_names_is_told_once(tmp_path: Path) -> None:
    called = "**girth hitch**: a loop, also called cow hitch\n\n**cow hitch**: a loop, also called girth hitch"
    document = read(tmp_path, KNOTS.replace("## Hitches", f"{called}\n\n## Hitches", 1))
    (pool,) = distinct([terms_of(document, all_of(document))])
    assert [piece.term for piece in pool if piece.text == "a loop that does not slip"] == ["bowline"]
    assert [piece.term for piece in pool if "also called" in piece.text] == ["girth hitch"]


def test_an_outline_begins_with_what_stands_before_the_first_section(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Learning objectives\n\nOne night in March I sailed to Cork.\n\nRopes are made of three strands.\n\n## Wear\n\nThey wear where they rub on wood.\n"
    document = read(tmp_path, text)
    first, second = outline([(document, all_of(document))])
    assert first[:2] == [TextPiece("- **Ropes**"), TextPiece(" — Ropes are made of three strands.")]
    assert second[0] == TextPiece("  - **Wear**")


def test_a_summary_of_a_few_sentences_is_of_the_course_s_own_and_none_leans_on_what_is_missing(tmp_path: Path) -> None:
    told = "Ropes hold ships to their piers. Knots hold ropes by friction alone. They come undone without load. Wear weakens ropes and knots more than load does."
    document = read(tmp_path, f"# Ropes\n\nRopes and knots bear load.\n\n## Summary\n\n{told}\n")
    for count in (1, 2, 3, 4):
        lines = [str(events[0].text) for events in summary([(document, all_of(document))], count)][:-1]
        assert len(lines) == count
        assert sorted(lines, key=lambda one: told.index(one[2:])) == lines
        assert "- Knots hold ropes by friction alone." in lines or "- They come undone without load." not in lines


def test_key_points_are_the_summary_and_what_is_taught_as_far_as_there_is_room(tmp_path: Path) -> None:
    document = read(tmp_path)

    def told(count: int) -> str:
        return str(list(points([(document, all_of(document))], count)))

    assert "Knots hold by nothing but friction." in told(1)
    assert "Hitches tie a rope to a thing." in told(2)
    assert "Hitches tie a rope to a thing." not in told(1)


def test_of_few_points_those_are_told_that_tell_more(tmp_path: Path) -> None:
    long = (
        "Sailors hold a ship in harbour by ropes, on rivers by chains, and in deep water by an anchor of iron or steel."
    )
    more = "Sailors trust ropes of hemp. A ship needs ropes of hemp. Sailors on a ship splice ropes."
    text = f"# Ships\n\n## Harbours\n\nShips wait there.\n\nSailors hold a ship by ropes of hemp.\n\n{long}\n\n{more}\n"
    document = read(tmp_path, text)
    made = points([(document, all_of(document))], 1)
    assert long in "".join(event.text for one in made for event in one if isinstance(event, TextPiece))


def test_a_study_guide_has_the_rule_and_not_what_is_reckoned_with_it(tmp_path: Path) -> None:
    rule, reckoned = "$$L = F \\times d$$", "$$30 = 15 \\times 2$$"
    text = f"# Load\n\n## Moments\n\nThe load of a beam is its moment:\n\n{rule}\n\nSo for a beam of two metres:\n\n{reckoned}\n"
    document = read(tmp_path, text)
    told = str(list(guide([(document, all_of(document))], 9)))
    assert "L = F" in told
    assert "The load of a beam is its moment:" in told
    assert "30 = 15" not in told


def test_a_sentence_that_begins_with_its_heading_defines(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        "# Rope\n\n## Lesson 2: Whippings\n\nWhippings are turns of twine around a rope's end.\n\n## Splices\n\nSplices usually outlast knots.\n",
    )
    (found,) = definitions(document, all_of(document))
    assert found.term == "Whippings"
    told = "".join(event.text for event in card(found) if isinstance(event, TextPiece))
    assert told == "- **Whippings** are turns of twine around a rope's end.\n"


def test_a_section_is_told_by_its_list_or_by_what_its_heading_promises(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        """# Ropes

## Why ropes wear

One night in March I sailed to Cork.

Ropes wear where they rub on wood.

## Three rules

Keep to these:

- Never cut a rope.
- Coil it.

## Summary

Ropes wear.

## Further reading

Ropes were also used by the Romans.
""",
    )
    told = str(list(outline([(document, all_of(document))])))
    assert "Ropes wear where they rub on wood." in told
    assert "March" not in told
    assert "Keep to these: - Never cut a rope. - Coil it." in told
    assert "Romans" not in told


def test_introductions_are_left_out_where_most_parts_sum_up_what_they_say(tmp_path: Path) -> None:
    documents = []
    for name, text in (("a", KNOTS), ("b", KNOTS), ("c", "# Welcome\n\nIn 1911 my uncle bought a boat in Hull.\n")):
        folder = tmp_path / name
        folder.mkdir()
        documents.append(read(folder, text))
    parts = [(document, all_of(document)) for document in documents]
    assert "my uncle" not in str(list(summary(parts)))
    assert "my uncle" in str(list(summary(parts[2:])))


def told_of(document: Document, heading: str) -> list[str]:
    """The key points of a section."""
    part = next(one for one in document.sections if one.path and one.path[-1] == heading)
    target = Target(document.id, (document.title, *part.path), part.start, part.end, boxes([document])[document.id])
    lines = points([(document, target)])
    return [event.text for events in lines for event in events if isinstance(event, TextPiece) and event.text.strip()]


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("The price of these ropes rises with their length.", False),
        ("A hitch, however, slips on a wet pole.", False),
        ("Nothing came of that trial, however.", False),
        ("Sailors know that those ropes hold which are dry.", True),
        ("A rope that is wet holds less than it did.", True),
    ],
)
def test_whether_a_sentence_stands_alone(text: str, alone: bool) -> None:
    assert stands_alone(text) is alone


def test_what_leans_on_a_name_is_told_after_what_does_not(tmp_path: Path) -> None:
    case = "One night the harbour master Hansen went out. In the fog Hansen lost rope and hitch. In the fog one loses rope and hitch."
    document = read(tmp_path, f"# Knots\n\n## Rope and hitch\n\n{case}\n")
    (worth,) = Worth(document, all_of(document)).best(list(sentences(document, 0, len(document.text))), 1)
    assert worth.text == "In the fog one loses rope and hitch."


def test_nothing_is_told_twice(tmp_path: Path) -> None:
    told = (
        "A wet hitch slips on a smooth pole. On a smooth pole a hitch slips when wet. Bends join two ropes of one size."
    )
    document = read(tmp_path, f"# Knots\n\n## Wear\n\n{told}\n")
    assert len(told_of(document, "Wear")) == 2


def test_a_list_that_is_announced_is_told_and_a_box_is_not(tmp_path: Path) -> None:
    rules = "A rope is kept by three rules:\n\n- Never cut a rope.\n- Coil it.\n- Dry it.\n"
    box = "### Link\n\nCaptain Ropes wrote of ropes and of how a rope is kept.\n\nRopes that are kept last for years at sea.\n"
    document = read(tmp_path, f"# Care\n\n## Ropes\n\nRopes rot where they lie wet.\n\n{rules}\n{box}")
    told = " ".join(told_of(document, "Ropes"))
    assert "A rope is kept by three rules:\n  - Never cut a rope.\n  - Coil it.\n  - Dry it." in told
    assert "Captain" not in told
    assert "last for years" in told


def test_a_study_guide_of_a_small_part_has_its_points_and_tables_and_no_term_twice(tmp_path: Path) -> None:
    loads = "| Rope | Load |\n| --- | --- |\n| hemp | 4 |\n| sisal | 3 |\n"
    terms = "**bowline**: a loop that does not slip\n\n**bend**: a knot between two ropes"
    text = f"# Knots\n\n## Loops\n\nA bowline is a loop that does not slip. Sailors trust it more than a bend.\n\n{loads}\n## Key terms\n\n{terms}\n"
    document = read(tmp_path, text)
    part = document.sections[1]
    lines = guide([(document, Target(document.id, (document.title, *part.path), part.start, part.end))], 9)
    told = "".join(event.text for events in lines for event in events if isinstance(event, TextPiece))
    assert told.count("loop that does not slip") == 1
    assert "a knot between two ropes" in told
    assert "| hemp | 4 |" in told


def test_introductions_have_only_their_heading_in_an_outline(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    document, other = read(tmp_path), read(tmp_path / "a", "# Welcome\n\nIn 1911 my uncle bought a boat in Hull.\n")
    told = str(list(outline([(one, all_of(one)) for one in (other, document, document)])))
    assert "**Welcome**" in told
    assert "my uncle" not in told


def test_a_heading_that_is_a_term_has_its_definition(tmp_path: Path) -> None:
    text = "# Knots\n\n## Ashley: Bends\n\nBends that are wet hold bends that are dry.\n\n## Key terms\n\n**bend**: a knot between two ropes\n"
    document = read(tmp_path, text)
    (line,) = [one for one in outline([(document, all_of(document))]) if "Ashley" in str(one)]
    assert line[1] == TextPiece(" — a knot between two ropes")


def test_an_enumeration_comes_with_its_members(tmp_path: Path) -> None:
    list_ = "1. Bends join two ropes.\n2. Hitches tie a rope to a thing.\n   - a post\n   - a ring\n"
    document = read(tmp_path, f"# Knots\n\n## Kinds\n\nSailors know two kinds of knots.\n\n{list_}")
    assert told_of(document, "Kinds") == [
        "- Sailors know two kinds of knots.\n  - Bends join two ropes.\n  - Hitches tie a rope to a thing.\n     - a post\n     - a ring"
    ]


def test_of_equals_what_opens_a_section_is_told(tmp_path: Path) -> None:
    same = [f"Hitches slip on {pole} poles." for pole in ("smooth", "tall", "round")]
    document = read(tmp_path, "# Knots\n\n## Hitches\n\n" + "\n\n".join(same) + "\n")
    pieces = list(sentences(document, 0, len(document.text)))
    (best,) = Worth(document, all_of(document)).best(pieces[::-1], 1)
    assert best.text == same[0]


def test_what_says_how_many_there_are_and_which_is_told_first(tmp_path: Path) -> None:
    text = "Hitches and bends are knots at sea. Knots at sea are of two kinds: hitches and bends."
    document = read(tmp_path, f"# Sea\n\n## More\n\n{text}\n")
    (best,) = Worth(document, all_of(document)).best(list(sentences(document, 0, len(document.text))), 1)
    assert best.text.endswith("kinds: hitches and bends.")


def test_key_points_are_the_summary_alone_where_it_has_enough(tmp_path: Path) -> None:
    told = (
        "Ropes hold ships to their piers. Knots hold ropes by friction alone. Wear weakens knots more than load does."
    )
    body = "\n\n".join(
        f"Ropes of {one} and their knots bear load in {one} harbours only."
        for one in ["hemp", "sisal", "jute", "coir", "nylon", "silk"]
    )
    document = read(tmp_path, f"# Ropes\n\n{body}\n\n{body}\n\n{body}\n\n## Summary\n\n{told}\n")
    assert len(list(points([(document, all_of(document))]))) == 3 + 1  # a line for tables
    assert "bear load" in str(list(points([(document, all_of(document))], 4)))


def test_a_list_in_an_outline_is_short_and_one_item_has_no_bullet(tmp_path: Path) -> None:
    long = " ".join(["Coil a rope that is dry before it is stowed"] * 3)
    document = read(tmp_path, f"# Ropes\n\n## Care\n\n- {long}.\n- {long}.\n\n## Wear\n\nRopes wear.\n")
    (care,) = [one for one in outline([(document, all_of(document))]) if "Care" in str(one)]
    assert care[1] == TextPiece(f" — {long}.")
    assert care[-1] == TextPiece(" …\n")


def test_labels_that_all_headings_have_make_no_boxes(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Care\n\nRopes rot.\n\n### Do: coil\n\nCoil a rope that is dry, and hang it up.\n\n### Do: dry\n\nDry a rope that is wet before it rots.\n"
    document = read(tmp_path, text)
    part = document.sections[-3]
    target = Target(document.id, (document.title, *part.path), part.start, part.end, boxes([document])[document.id])
    assert "Coil a rope that is dry, and hang it up." in str(list(outline([(document, target)])))
