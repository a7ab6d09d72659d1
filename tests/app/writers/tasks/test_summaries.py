"""Summaries, key points and study guides of parts, and the lists they show."""

from collections.abc import Sequence
from pathlib import Path

from app.query.parts import box_starts
from app.types import Target, TextPiece, WriterEvent
from app.writers.tasks.outline import outline
from app.writers.tasks.pieces import whole_document
from app.writers.tasks.summaries import key_points, study_guide, summary
from retrieval.types import Document
from tests.app.writers.tasks.document_support import KNOTS, read


def test_a_short_summary_is_selected_from_the_own_summary_without_anaphora_whose_antecedent_is_missing(
    tmp_path: Path,
) -> None:
    told = "Ropes hold ships to their piers. Knots hold ropes by friction alone. They come undone without load. Wear weakens ropes and knots more than load does."
    document = read(tmp_path, f"# Ropes\n\nRopes and knots bear load.\n\n## Summary\n\n{told}\n")
    for count in (1, 2, 3, 4):
        lines = [str(events[0].text) for events in summary([(document, whole_document(document))], count)][:-1]
        assert len(lines) == count
        assert sorted(lines, key=lambda one: told.index(one[2:])) == lines
        assert "- Knots hold ropes by friction alone." in lines or "- They come undone without load." not in lines


def test_key_points_are_the_own_summary_then_other_content(tmp_path: Path) -> None:
    document = read(tmp_path)

    def told(count: int) -> str:
        return str(list(key_points([(document, whole_document(document))], count)))

    assert "Knots hold by nothing but friction." in told(1)
    assert "Hitches tie a rope to a thing." in told(2)
    assert "Hitches tie a rope to a thing." not in told(1)


def test_a_study_guide_has_the_formula_and_not_its_numeric_example(tmp_path: Path) -> None:
    rule, reckoned = "$$L = F \\times d$$", "$$30 = 15 \\times 2$$"
    text = f"# Load\n\n## Moments\n\nThe load of a beam is its moment:\n\n{rule}\n\nSo for a beam of two metres:\n\n{reckoned}\n"
    document = read(tmp_path, text)
    told = str(list(study_guide([(document, whole_document(document))], 9)))
    assert "L = F" in told
    assert "The load of a beam is its moment:" in told
    assert "30 = 15" not in told


def test_introductions_are_left_out_where_most_parts_have_a_summary(tmp_path: Path) -> None:
    documents = []
    for name, text in (("a", KNOTS), ("b", KNOTS), ("c", "# Welcome\n\nIn 1911 my uncle bought a boat in Hull.\n")):
        folder = tmp_path / name
        folder.mkdir()
        documents.append(read(folder, text))
    parts = [(document, whole_document(document)) for document in documents]
    assert "my uncle" not in str(list(summary(parts)))
    assert "my uncle" in str(list(summary(parts[2:])))


def told_of(document: Document, heading: str) -> list[str]:
    """The key points of a section."""
    part = next(one for one in document.sections if one.path and one.path[-1] == heading)
    target = Target(
        document.id, (document.title, *part.path), part.start, part.end, box_starts([document])[document.id]
    )
    lines = key_points([(document, target)])
    return [event.text for events in lines for event in events if isinstance(event, TextPiece) and event.text.strip()]


def test_redundant_sentences_are_not_selected(tmp_path: Path) -> None:
    told = (
        "A wet hitch slips on a smooth pole. On a smooth pole a hitch slips when wet. Bends join two ropes of one size."
    )
    document = read(tmp_path, f"# Knots\n\n## Wear\n\n{told}\n")
    assert len(told_of(document, "Wear")) == 2


def test_a_list_with_a_lead_in_is_a_key_point_and_a_box_is_not(tmp_path: Path) -> None:
    rules = "A rope is kept by three rules:\n\n- Never cut a rope.\n- Coil it.\n- Dry it.\n"
    box = "### Link\n\nCaptain Ropes wrote of ropes and of how a rope is kept.\n\nRopes that are kept last for years at sea.\n"
    document = read(tmp_path, f"# Care\n\n## Ropes\n\nRopes rot where they lie wet.\n\n{rules}\n{box}")
    told = " ".join(told_of(document, "Ropes"))
    assert "A rope is kept by three rules:\n  - Never cut a rope.\n  - Coil it.\n  - Dry it." in told
    assert "Captain" not in told
    assert "last for years" in told


def test_a_repeated_label_is_shown_with_its_heading(tmp_path: Path) -> None:
    part = "## {0} wear\n\nRopes wear where {0} rubs on them all day.\n\n**Remedies:**\n\n- Turn the rope about.\n- Keep {0} off it.\n\n"
    document = read(tmp_path, f"# Ropes\n\n{part.format('Wood')}{part.format('Iron')}")
    told = str(list(key_points([(document, whole_document(document))], 0)))
    assert "- **Iron wear**: Remedies:" in told
    alone = read(tmp_path, f"# Ropes\n\n{part.format('Wood')}")
    assert "- Remedies:" in str(list(key_points([(alone, whole_document(alone))], 0)))


def test_a_study_guide_of_a_small_part_has_its_key_points_tables_and_each_term_once(tmp_path: Path) -> None:
    loads = "| Rope | Load |\n| --- | --- |\n| hemp | 4 |\n| sisal | 3 |\n"
    terms = "**bowline**: a loop that does not slip\n\n**bend**: a knot between two ropes"
    text = f"# Knots\n\n## Loops\n\nA bowline is a loop that does not slip. Sailors trust it more than a bend.\n\n{loads}\n## Key terms\n\n{terms}\n"
    document = read(tmp_path, text)
    part = document.sections[1]
    lines = study_guide([(document, Target(document.id, (document.title, *part.path), part.start, part.end))], 9)
    told = "".join(event.text for events in lines for event in events if isinstance(event, TextPiece))
    assert told.count("loop that does not slip") == 1
    assert "a knot between two ropes" in told
    assert "| hemp | 4 |" in told


def test_an_announced_list_is_shown_with_its_items(tmp_path: Path) -> None:
    list_ = "1. Bends join two ropes.\n2. Hitches tie a rope to a thing.\n   - a post\n   - a ring\n"
    document = read(tmp_path, f"# Knots\n\n## Kinds\n\nSailors know two kinds of knots.\n\n{list_}")
    assert told_of(document, "Kinds") == [
        "- Sailors know two kinds of knots.\n  - Bends join two ropes.\n  - Hitches tie a rope to a thing.\n    - a post\n    - a ring"
    ]


def test_a_short_own_summary_is_filled_up_from_sub_parts_and_terms_it_does_not_cover(tmp_path: Path) -> None:
    bends = (
        "Bends join ropes and ropes hold ships. A bend with a bight takes half the load. Ropes that bends join hold."
    )
    own = "Ropes hold ships. Ropes hold ships to their piers.\n\n## Key terms\n\n**bight**: a slack part of a rope\n"
    text = f"# Ropes\n\n## Bends\n\n{bends}\n\n## Wear\n\nSalt wears what lies in it.\n\n## Summary\n\n{own}"
    document = read(tmp_path, text)
    lines = [str(events[0].text) for events in summary([(document, whole_document(document))])][:-1]
    assert lines[0] == "- Ropes hold ships to their piers."
    assert "- A bend with a bight takes half the load." in lines
    assert "- Salt wears what lies in it." in lines


def test_key_points_of_two_parts_are_not_redundant(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Rot of ropes\n\nRot of ropes begins where they lie wet.\n\n## Rot\n\nRot of ropes begins where they lie in wet.\n\nDry ropes last for years.\n"
    document = read(tmp_path, text)
    parts = [
        (document, Target(document.id, (document.title, *one.path), one.start, one.end))
        for one in document.sections
        if one.path and "Rot" in one.path[-1]
    ]
    assert len(parts) == 2
    assert str(list(key_points(parts, 2))).count("Rot of ropes begins where they lie") == 2  # its text and its quote


def test_key_points_begin_with_the_own_summary(tmp_path: Path) -> None:
    told = (
        "Ropes hold ships to their piers. Knots hold ropes by friction alone. Wear weakens knots more than load does."
    )
    body = "\n\n".join(
        f"Ropes of {one} and their knots bear load in {one} harbours only."
        for one in ["hemp", "sisal", "jute", "coir", "nylon", "silk"]
    )
    document = read(tmp_path, f"# Ropes\n\n{body}\n\n{body}\n\n{body}\n\n## Summary\n\n{told}\n")
    made = [str(one) for one in key_points([(document, whole_document(document))], 4)]
    assert [name in one for name, one in zip(["piers", "friction", "Wear", "bear load"], made, strict=True)] == [
        True
    ] * 4
    assert len(list(key_points([(document, whole_document(document))], 2))) == 2
    assert "Wear" in str(list(key_points([(document, whole_document(document))])))


def test_a_list_in_an_outline_is_short_and_one_item_has_no_bullet(tmp_path: Path) -> None:
    long = " ".join(["Coil a rope that is dry before it is stowed"] * 3)
    document = read(tmp_path, f"# Ropes\n\n## Care\n\n- {long}.\n- {long}.\n\n## Wear\n\nRopes wear.\n")
    (care,) = [one for one in outline([(document, whole_document(document))]) if "Care" in str(one)]
    assert care[1] == TextPiece(f" — {long}.")
    assert care[-1] == TextPiece(" …\n")


BULLETS = """# Ropes

## Kinds

- natural fibres:
  - hemp, which rots where it is kept wet, and manila, which is the harder of the two
  - sisal, which is cheap, and holds less than a sailor would wish on any day at sea
- synthetic fibres
  - nylon, which stretches, and takes up the shock of a ship that is towed in heavy seas

## Enemies of ropes

- Chafe: a rope that rubs on wood or stone loses strand after strand until it breaks with no warning
- Sunlight: it makes the outer fibres of a rope of nylon brittle in the course of a summer or two at sea

## Care

A rope is kept by three rules:

- Coil it when it is dry.
- Never cut it.
"""


def test_a_long_list_is_shortened_to_levels_or_item_names_and_cited_whole(
    tmp_path: Path,
) -> None:
    document = read(tmp_path, BULLETS)
    told = list(outline([(document, whole_document(document))]))
    assert [text_of(events) for events in told] == [
        "- **Kinds** — natural fibres; synthetic fibres\n",
        "- **Enemies of ropes** — Chafe; Sunlight\n",
        "- **Care** — A rope is kept by three rules:\n  - Coil it when it is dry.\n  - Never cut it.\n",
    ]
    assert "sisal, which is cheap" in str(told[0][-2])


def text_of(events: Sequence[WriterEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextPiece))


def test_of_too_many_items_an_even_sample_is_shown(tmp_path: Path) -> None:
    items = [f"Rope number {number} is of hemp and as thick as an arm" for number in range(8)]
    document = read(tmp_path, "# Ropes\n\n## Store\n\n" + "\n".join(f"- {item}" for item in items) + "\n")
    (told,) = [text_of(events) for events in outline([(document, whole_document(document))])]
    assert told == "- **Store**\n" + "\n".join(f"  - {items[place]}" for place in (0, 2, 5)) + " …\n"


def test_a_short_summary_covers_each_sub_part_and_shows_lists_on_one_line(tmp_path: Path) -> None:
    document = read(tmp_path, BULLETS)
    lines = [text_of(events).strip() for events in summary([(document, whole_document(document))], 3)][:-1]
    assert lines == [
        "- **Kinds**: natural fibres; synthetic fibres",
        "- **Enemies of ropes**: Chafe; Sunlight",
        "- **Care**: A rope is kept by three rules: Coil it when it is dry; Never cut it",
    ]


def test_the_first_sentence_below_a_heading_is_shown_with_it_unless_they_share_a_word(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Reef knots\n\nApplies to parcels of flat things. Holds by nothing but friction.\n\n## Bends\n\nA bend joins two ropes end to end.\n"
    document = read(tmp_path, text)
    assert [text_of(events).strip() for events in summary([(document, whole_document(document))], 3)][:-1] == [
        "- **Reef knots**: Applies to parcels of flat things.",
        "- Holds by nothing but friction.",
        "- A bend joins two ropes end to end.",
    ]


def test_key_points_cover_each_sub_part_and_a_list_without_a_lead_in_has_its_heading(tmp_path: Path) -> None:
    document = read(tmp_path, BULLETS)
    kinds, enemies, care, *_ = [text_of(events) for events in key_points([(document, whole_document(document))])]
    assert kinds.startswith("- **Kinds**\n  - natural fibres")
    assert enemies.startswith("- **Enemies of ropes**\n  - Chafe: a rope that rubs")
    assert care.startswith("- **Care**: A rope is kept by three rules:\n  - Coil")


def test_a_study_guide_has_long_lists_where_there_is_room(tmp_path: Path) -> None:
    document = read(tmp_path, f"{BULLETS}\nBefore it is stowed:\n\n- Wash it.\n- Dry it.\n")
    told = "".join(text_of(events) for events in study_guide([(document, whole_document(document))], 9))
    assert "  - natural fibres:\n    - hemp, which rots" in told
    assert "  - Before it is stowed:\n    - Wash it.\n    - Dry it." in told


def test_the_course_s_own_summary_may_be_a_list(tmp_path: Path) -> None:
    document = read(
        tmp_path, f"{BULLETS}\n## Summary\n\n- Ropes rot where they are wet\n- Ropes chafe where they rub\n"
    )
    assert next(text_of(one) for one in summary([(document, whole_document(document))])) == (
        "- **Summary**\n  - Ropes rot where they are wet\n  - Ropes chafe where they rub\n"
    )


def test_an_only_list_is_shown_at_length_without_empty_items(tmp_path: Path) -> None:
    items = [f"Rope number {number} is of hemp and as thick as an arm of a sailor" for number in range(4)]
    document = read(tmp_path, "# Ropes\n\n## Store:\n\n-\n" + "\n".join(f"- {item}" for item in items) + "\n")
    told = "".join(text_of(events) for events in summary([(document, whole_document(document))]))
    assert told.strip() == "- **Store**\n" + "\n".join(f"  - {item}" for item in items)


def test_sub_items_are_shown_where_their_share_of_words_allows(tmp_path: Path) -> None:
    long = " ".join(["hemp, which rots where it is kept wet"] * 6)
    document = read(tmp_path, f"# Ropes\n\n## Kinds\n\n- natural:\n  - {long}\n- synthetic:\n  - nylon\n  - silk\n")
    told = "".join(text_of(events) for events in outline([(document, whole_document(document))]))
    assert told == "- **Kinds**\n  - natural\n  - synthetic:\n    - nylon\n    - silk\n"


def summed_up(document: Document, count: int = 0) -> str:
    return "".join(text_of(events) for events in summary([(document, whole_document(document))], count))


def test_a_sentence_that_depends_on_its_heading_is_shown_with_it_even_without_a_full_stop(tmp_path: Path) -> None:
    text = (
        "# Ropes\n\n## Splice\n\nIt makes one rope of two ropes that are worn\n\n## Wear\n\nRopes wear at their ends.\n"
    )
    assert "- **Splice**: It makes one rope of two ropes that are worn\n" in summed_up(read(tmp_path, text))


def test_a_summary_of_more_sentences_than_the_own_one_has_all_of_that(tmp_path: Path) -> None:
    text = "Ropes of hemp hold ships at their piers by knots. Ropes of sisal hold no ships at piers."
    document = read(
        tmp_path,
        f"# Ropes\n\n## Use\n\n{text}\n\n## Summary\n\nSails catch the wind at sea. Masts of oak carry the sails.\n",
    )
    told = summed_up(document, 3)
    assert told.count("- ") == 3
    assert "Sails catch the wind at sea." in told
    assert "Masts of oak carry the sails." in told


def test_a_table_of_terms_with_three_columns_is_shown_whole(tmp_path: Path) -> None:
    rows = [
        f"| {one} | holds the {one} ship | wears at its {one} ends. {'It wears. ' * 30}|"
        for one in ("hemp", "sisal", "jute")
    ]
    table = "\n".join(["| Rope | Use | Wear |", "| --- | --- | --- |", *rows])
    document = read(tmp_path, f"# Ropes\n\n## Kinds\n\nRopes are of three kinds of fibre.\n\n{table}\n")
    told = "".join(text_of(events) for events in study_guide([(document, whole_document(document))], 9))
    assert "| Rope | Use | Wear |" in told
    assert "| hemp | holds the hemp ship | wears at its hemp ends. It wears." in told
    assert "**hemp**" not in told
