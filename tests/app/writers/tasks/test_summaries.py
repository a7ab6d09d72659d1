"""What is told of parts: outlines, summaries, points and study guides, and which of many sentences."""

from collections.abc import Sequence
from pathlib import Path

from app.query.parts import box_starts
from app.types import Target, TextPiece, WriterEvent
from app.writers.tasks.outline import outline
from app.writers.tasks.pieces import sentences_in, whole_document
from app.writers.tasks.salience import SalienceScorer, is_enumeration
from app.writers.tasks.summaries import key_points, study_guide, summary
from retrieval.types import Document
from tests.app.writers.tasks.document_support import KNOTS, read


def test_a_summary_of_a_few_sentences_is_of_the_course_s_own_and_none_leans_on_what_is_missing(tmp_path: Path) -> None:
    told = "Ropes hold ships to their piers. Knots hold ropes by friction alone. They come undone without load. Wear weakens ropes and knots more than load does."
    document = read(tmp_path, f"# Ropes\n\nRopes and knots bear load.\n\n## Summary\n\n{told}\n")
    for count in (1, 2, 3, 4):
        lines = [str(events[0].text) for events in summary([(document, whole_document(document))], count)][:-1]
        assert len(lines) == count
        assert sorted(lines, key=lambda one: told.index(one[2:])) == lines
        assert "- Knots hold ropes by friction alone." in lines or "- They come undone without load." not in lines


def test_key_points_are_the_summary_and_what_is_taught_as_far_as_there_is_room(tmp_path: Path) -> None:
    document = read(tmp_path)

    def told(count: int) -> str:
        return str(list(key_points([(document, whole_document(document))], count)))

    assert "Knots hold by nothing but friction." in told(1)
    assert "Hitches tie a rope to a thing." in told(2)
    assert "Hitches tie a rope to a thing." not in told(1)


def test_a_study_guide_has_the_rule_and_not_what_is_reckoned_with_it(tmp_path: Path) -> None:
    rule, reckoned = "$$L = F \\times d$$", "$$30 = 15 \\times 2$$"
    text = f"# Load\n\n## Moments\n\nThe load of a beam is its moment:\n\n{rule}\n\nSo for a beam of two metres:\n\n{reckoned}\n"
    document = read(tmp_path, text)
    told = str(list(study_guide([(document, whole_document(document))], 9)))
    assert "L = F" in told
    assert "The load of a beam is its moment:" in told
    assert "30 = 15" not in told


def test_introductions_are_left_out_where_most_parts_sum_up_what_they_say(tmp_path: Path) -> None:
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


def test_what_leans_on_a_name_is_told_after_what_does_not(tmp_path: Path) -> None:
    case = "One night the harbour master Hansen went out. In the fog Hansen lost rope and hitch. In the fog one loses rope and hitch."
    document = read(tmp_path, f"# Knots\n\n## Rope and hitch\n\n{case}\n")
    (worth,) = SalienceScorer(document, whole_document(document)).select(
        list(sentences_in(document, 0, len(document.text))), 1
    )
    assert worth.text == "In the fog one loses rope and hitch."


def test_what_leans_on_what_is_told_is_told_without_it(tmp_path: Path) -> None:
    document = read(tmp_path, "# Knots\n\nA hitch ties a rope to a pole. It slips where wood is wet.\n")
    first, leans = sentences_in(document, 0, len(document.text))
    assert SalienceScorer(document, whole_document(document)).select([first, leans], 2, selected=[first]) == [leans]


def test_what_leans_is_told_only_right_after_what_it_leans_on(tmp_path: Path) -> None:
    leans = "This keeps a ship in harbour during storms."
    for between, told in ((" ", True), ("\n\n", False)):
        document = read(tmp_path, f"# Ropes\n\n## Hemp ropes\n\nRopes of hemp hold in water.{between}{leans}\n")
        best = SalienceScorer(document, whole_document(document)).select(
            list(sentences_in(document, 0, len(document.text))), 9, min_salience=-9
        )
        assert (leans in [one.text for one in best]) is told


def test_a_task_for_the_learner_is_not_told(tmp_path: Path) -> None:
    task = "Explain the use of hemp for ropes. Do you agree with it?"
    document = read(tmp_path, f"# Ropes\n\n## Hemp\n\nHemp is used for ropes on ships.\n\n{task}\n")
    assert [one.text for one in sentences_in(document, 0, len(document.text))] == ["Hemp is used for ropes on ships."]


def test_a_wrapped_paragraph_is_no_list(tmp_path: Path) -> None:
    document = read(tmp_path, "# Ropes\n\n## Hemp\n\nRopes of hemp hold\nin water.\n")
    assert not any(map(is_enumeration, sentences_in(document, 0, len(document.text))))


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


def test_a_label_that_comes_again_is_told_with_what_it_is_of(tmp_path: Path) -> None:
    part = "## {0} wear\n\nRopes wear where {0} rubs on them all day.\n\n**Remedies:**\n\n- Turn the rope about.\n- Keep {0} off it.\n\n"
    document = read(tmp_path, f"# Ropes\n\n{part.format('Wood')}{part.format('Iron')}")
    told = str(list(key_points([(document, whole_document(document))], 0)))
    assert "- **Iron wear**: Remedies:" in told
    alone = read(tmp_path, f"# Ropes\n\n{part.format('Wood')}")
    assert "- Remedies:" in str(list(key_points([(alone, whole_document(alone))], 0)))


def test_a_study_guide_of_a_small_part_has_its_points_and_tables_and_no_term_twice(tmp_path: Path) -> None:
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


def test_an_enumeration_comes_with_its_members(tmp_path: Path) -> None:
    list_ = "1. Bends join two ropes.\n2. Hitches tie a rope to a thing.\n   - a post\n   - a ring\n"
    document = read(tmp_path, f"# Knots\n\n## Kinds\n\nSailors know two kinds of knots.\n\n{list_}")
    assert told_of(document, "Kinds") == [
        "- Sailors know two kinds of knots.\n  - Bends join two ropes.\n  - Hitches tie a rope to a thing.\n    - a post\n    - a ring"
    ]


def test_a_short_summary_of_its_own_is_filled_up_from_the_parts_and_terms_it_does_not_touch(tmp_path: Path) -> None:
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


def test_a_name_that_begins_a_sentence_is_one_that_was_introduced(tmp_path: Path) -> None:
    case = "One night the harbour master Hansen went out. Hansen lost rope and hitch in fog. One loses rope and hitch in fog."
    document = read(tmp_path, f"# Knots\n\n## Rope and hitch\n\n{case}\n")
    (worth,) = SalienceScorer(document, whole_document(document)).select(
        list(sentences_in(document, 0, len(document.text))), 1
    )
    assert worth.text == "One loses rope and hitch in fog."


def test_of_two_parts_on_one_topic_nothing_is_told_twice(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Rot of ropes\n\nRot of ropes begins where they lie wet.\n\n## Rot\n\nRot of ropes begins where they lie in wet.\n\nDry ropes last for years.\n"
    document = read(tmp_path, text)
    parts = [
        (document, Target(document.id, (document.title, *one.path), one.start, one.end))
        for one in document.sections
        if one.path and "Rot" in one.path[-1]
    ]
    assert len(parts) == 2
    assert str(list(key_points(parts, 2))).count("Rot of ropes begins where they lie") == 2  # its text and its quote


def test_key_points_are_the_summary_and_then_what_else_is_told(tmp_path: Path) -> None:
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


def test_a_list_stays_one_with_what_is_below_its_items_or_their_names_as_fit_and_the_whole_is_cited(
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


def test_of_many_items_some_are_told_evenly_and_whole(tmp_path: Path) -> None:
    items = [f"Rope number {number} is of hemp and as thick as an arm" for number in range(8)]
    document = read(tmp_path, "# Ropes\n\n## Store\n\n" + "\n".join(f"- {item}" for item in items) + "\n")
    (told,) = [text_of(events) for events in outline([(document, whole_document(document))])]
    assert told == "- **Store**\n" + "\n".join(f"  - {items[place]}" for place in (0, 2, 5)) + " …\n"


def test_a_summary_of_few_sentences_is_of_each_sub_part_and_a_list_is_as_short_as_one(tmp_path: Path) -> None:
    document = read(tmp_path, BULLETS)
    lines = [text_of(events).strip() for events in summary([(document, whole_document(document))], 3)][:-1]
    assert lines == [
        "- **Kinds**: natural fibres; synthetic fibres",
        "- **Enemies of ropes**: Chafe; Sunlight",
        "- **Care**: A rope is kept by three rules: Coil it when it is dry; Never cut it",
    ]


def test_the_first_sentence_below_a_heading_comes_with_it_unless_it_has_a_word_of_it(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Reef knots\n\nApplies to parcels of flat things. Holds by nothing but friction.\n\n## Bends\n\nA bend joins two ropes end to end.\n"
    document = read(tmp_path, text)
    assert [text_of(events).strip() for events in summary([(document, whole_document(document))], 3)][:-1] == [
        "- **Reef knots**: Applies to parcels of flat things.",
        "- Holds by nothing but friction.",
        "- A bend joins two ropes end to end.",
    ]


def test_points_are_of_each_sub_part_and_a_list_without_a_lead_has_its_heading(tmp_path: Path) -> None:
    document = read(tmp_path, BULLETS)
    kinds, enemies, care, *_ = [text_of(events) for events in key_points([(document, whole_document(document))])]
    assert kinds.startswith("- **Kinds**\n  - natural fibres")
    assert enemies.startswith("- **Enemies of ropes**\n  - Chafe: a rope that rubs")
    assert care.startswith("- **Care**: A rope is kept by three rules:\n  - Coil")


def test_a_study_guide_has_all_lists_as_far_as_there_is_room(tmp_path: Path) -> None:
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


def test_a_list_is_told_at_length_where_it_is_all_there_is_and_no_item_is_empty(tmp_path: Path) -> None:
    items = [f"Rope number {number} is of hemp and as thick as an arm of a sailor" for number in range(4)]
    document = read(tmp_path, "# Ropes\n\n## Store:\n\n-\n" + "\n".join(f"- {item}" for item in items) + "\n")
    told = "".join(text_of(events) for events in summary([(document, whole_document(document))]))
    assert told.strip() == "- **Store**\n" + "\n".join(f"  - {item}" for item in items)


def test_what_is_below_an_item_is_told_where_its_share_has_room(tmp_path: Path) -> None:
    long = " ".join(["hemp, which rots where it is kept wet"] * 6)
    document = read(tmp_path, f"# Ropes\n\n## Kinds\n\n- natural:\n  - {long}\n- synthetic:\n  - nylon\n  - silk\n")
    told = "".join(text_of(events) for events in outline([(document, whole_document(document))]))
    assert told == "- **Kinds**\n  - natural\n  - synthetic:\n    - nylon\n    - silk\n"


def summed_up(document: Document, count: int = 0) -> str:
    return "".join(text_of(events) for events in summary([(document, whole_document(document))], count))


def test_what_leans_is_told_with_what_it_leans_on(tmp_path: Path) -> None:
    text = "Sailors store their sails dry. Therefore ropes, knots and hitches of hemp at sea need sails. Gulls cry."
    document = read(tmp_path, f"# Sea\n\n## Ropes, knots and hitches of hemp at sea\n\n{text}\n")
    pieces = list(sentences_in(document, 0, len(document.text)))
    worth = SalienceScorer(document, whole_document(document))
    assert [one.text for one in worth.select(pieces[:2], 2)] == [one.text for one in pieces[:2]]
    assert [one.text for one in worth.select(pieces[:2], 1)] == [pieces[0].text]


def test_what_leans_on_its_heading_is_told_with_that_even_without_a_full_stop(tmp_path: Path) -> None:
    text = (
        "# Ropes\n\n## Splice\n\nIt makes one rope of two ropes that are worn\n\n## Wear\n\nRopes wear at their ends.\n"
    )
    assert "- **Splice**: It makes one rope of two ropes that are worn\n" in summed_up(read(tmp_path, text))


def test_each_paragraph_is_told_before_more_of_another(tmp_path: Path) -> None:
    first = "Ropes of hemp hold ships. Ropes of hemp hold ships at piers. Ropes of hemp hold ships at sea."
    document = read(tmp_path, f"# Ropes\n\n## Hemp\n\n{first}\n\nSisal ropes are cheap at sea.\n")
    pieces = list(sentences_in(document, 0, len(document.text)))
    assert pieces[3] in SalienceScorer(document, whole_document(document)).select(pieces, 2)


def test_what_the_course_asks_is_told_first(tmp_path: Path) -> None:
    same = [f"Hitches slip on {pole} poles." for pole in ("smooth", "tall", "round")]
    text = f"# Knots\n\n## Hitches\n\n{' '.join(same)}\n\n## Quiz\n\nWhat slips on round poles?\n"
    document = read(tmp_path, text)
    pieces = list(sentences_in(document, 0, document.sections[-1].start))
    assert [
        one.text for one in SalienceScorer(document, whole_document(document)).select([pieces[1], pieces[2]], 1)
    ] == [same[2]]


def test_asked_for_more_than_the_course_sums_up_all_of_that_is_told(tmp_path: Path) -> None:
    text = "Ropes of hemp hold ships at their piers by knots. Ropes of sisal hold no ships at piers."
    document = read(
        tmp_path,
        f"# Ropes\n\n## Use\n\n{text}\n\n## Summary\n\nSails catch the wind at sea. Masts of oak carry the sails.\n",
    )
    told = summed_up(document, 3)
    assert told.count("- ") == 3
    assert "Sails catch the wind at sea." in told
    assert "Masts of oak carry the sails." in told


def test_a_table_of_terms_with_more_columns_is_shown_whole(tmp_path: Path) -> None:
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
