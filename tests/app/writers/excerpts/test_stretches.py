"""Which blocks of a document are one stretch, and what is in none."""

from dataclasses import replace
from pathlib import Path

from app.writers.excerpts.stretches import MAX_TEXT_WORDS, Stretch, stretches
from tests.app.writers.excerpts.course_support import course


def cut(folder: Path, text: str) -> list[Stretch]:
    (document,) = course(folder, notes=text).documents.values()
    return stretches(document, [(0, len(document.text))])


def shown(found: list[Stretch]) -> list[str]:
    return [" / ".join(one.text(unit) for unit in one.units) for one in found]


def test_a_lead_in_stays_with_its_list(tmp_path: Path) -> None:
    found = cut(tmp_path, "# A\n\nOne. Two things:\n\n- first\n- second\n\nAfter.\n")
    assert shown(found) == ["One. / Two things: / - first / - second", "After."]
    assert [(one.kind, one.lead_in_count, one.opens_section) for one in found] == [
        ("list", 2, True),
        ("text", 0, False),
    ]


def test_a_list_stays_with_the_paragraph_before_it_whatever_that_ends_in(tmp_path: Path) -> None:
    (found,) = cut(tmp_path, "# A\n\nRopes hold in two ways. (Cords are ropes.)\n\n- By friction.\n- By form.\n")
    assert (found.kind, found.lead_in_count) == ("list", 2)


def test_a_lead_in_to_nothing_is_left_out(tmp_path: Path) -> None:
    assert shown(cut(tmp_path, "# A\n\nBelow you see:\n\n# B\n\nText.\n")) == ["Text."]


def test_pictures_questions_and_quizzes_are_in_no_stretch(tmp_path: Path) -> None:
    text = "# A\n\n![A knot](k.png)\n\nText.\n\nWhich is a knot?\n\n- a\n- b\n\nIt is ____.\n\n- c\n- d\n"
    assert shown(cut(tmp_path, text)) == ["Text."]


def test_each_glossary_entry_is_a_stretch(tmp_path: Path) -> None:
    found = cut(
        tmp_path, "# Terms\n\n- **bowline**: a loop\n- **hitch**: a knot on a pole\n- **bend**: joins two ropes\n"
    )
    assert len(found) == 3


def test_paragraphs_that_begin_with_labels_stay_together_with_what_leads_into_them(tmp_path: Path) -> None:
    labels = "Read: They read the cases.\n\nWrite: They write the drafts. All of them."
    text = f"# Clerks\n\nClerks have two duties:\n\nNote 2, 2016.\n\n{labels}\n\nThat is all.\n"
    (made,) = course(tmp_path, notes=text).documents.values()
    note = text.index("Note")
    blocks = tuple(replace(one, role="links") if one.start == note else one for one in made.blocks)
    found = stretches(replace(made, blocks=blocks), [(0, len(text))])
    assert shown(found) == [
        "Clerks have two duties: / Read: They read the cases. / Write: They write the drafts. / All of them.",
        "That is all.",
    ]
    assert found[0].kind == "list"


def test_paragraphs_that_begin_with_emphasised_names_stay_together(tmp_path: Path) -> None:
    for names in (("**Whip.**", "*Coil*.", "**Stow** –"), ("**Whip:**", "_Coil:_", "`Stow`:")):
        text = "\n\n".join(f"{name} So it is done." for name in names)
        (before, found, after) = cut(tmp_path, f"# A\n\nRopes rot. It is so.\n\n{text}\n\nNot so. It holds.\n")
        assert (found.kind, [before.kind, after.kind]) == ("list", ["text", "text"])


def test_a_very_long_paragraph_is_cut_between_sentences(tmp_path: Path) -> None:
    text = " ".join(f"Sentence number {n} says something about ropes." for n in range(60))
    found = cut(tmp_path, f"# A\n\n{text}\n")
    assert len(found) > 1
    assert all(one.words <= MAX_TEXT_WORDS * 1.1 for one in found)
    assert [one.opens_section for one in found] == [True, *[False] * (len(found) - 1)]
    assert " ".join(one.text(unit) for one in found for unit in one.units) == text


def test_long_code_is_cut_between_statements_only(tmp_path: Path) -> None:
    body = "\n\n".join(f"def f{n}(\n\n    a,\n):\n\n    return a + {n}\n" for n in range(12))
    (found,) = cut(tmp_path, f"# A\n\nFunctions:\n\n```python\n{body}\n```\n")
    parts = [found.source(unit) for unit in found.units[1:]]
    assert len(parts) == 12
    assert all(part.removeprefix("```python\n").startswith("def f") for part in parts)


def test_long_code_without_empty_lines_is_cut_before_definitions(tmp_path: Path) -> None:
    lines = "    step()\n" * 5
    body = "import rope\n" + "".join(f"# Knot {n}\n@tied\ndef f{n}():\n{lines}" for n in range(6))
    (found,) = cut(tmp_path, f"# A\n\nFunctions:\n\n```python\n{body}```\n")
    parts = [found.source(unit) for unit in found.units[1:]]
    assert [part.split("\n")[0] for part in parts] == ["```python", *(f"# Knot {n}" for n in range(6))]


def test_only_sections_that_a_span_overlaps_are_read(tmp_path: Path) -> None:
    (document,) = course(tmp_path, notes="# A\n\nOne.\n\nTwo.\n\n# B\n\nThree.\n").documents.values()
    start = document.text.index("Two")
    assert shown(stretches(document, [(start, start + 3)])) == ["One.", "Two."]


def test_captions_and_lettered_choices_are_in_no_stretch(tmp_path: Path) -> None:
    quiz = "1. It is ____.\n\na. one\n\nb. two\n\n2. It has ____.\n\na. three\n\nb. four\n\n3. Say why it holds.\n"
    text = f"# A\n\nRopes hold.\n\n*Figure 1: a rope, which holds (photo: B).*\n\n## B\n\n{quiz}"
    assert shown(cut(tmp_path, text)) == ["Ropes hold."]


def test_a_caption_is_shown_where_it_lists_steps_and_parts_no_table_from_what_leads_into_it(tmp_path: Path) -> None:
    table = "| rope | load |\n| --- | --- |\n| hemp | 4 |"
    found = cut(
        tmp_path, f"# A\n\nRopes differ:\n\n**Table 1** **Loads**\n\n{table}\n\nSo:\n\n![](rope.png)\n\n{table}\n"
    )
    assert shown(found) == ["Ropes differ: / rope: hemp; load: 4", "rope: hemp; load: 4"]
    steps = "Figure 1 A splice takes three steps. (a) Part it. (b) Tuck it. (c) Trim it."
    assert shown(cut(tmp_path, f"# A\n\nWe splice (Figure 1).\n\n{steps}\n"))[1:] == [steps]


def test_exercises_and_their_solutions_are_no_statements_below_a_heading_that_says_so(tmp_path: Path) -> None:
    tasks = "Tie a bend.\n\nWhat is it for?\n\nIt joins two ropes.\n\nDraw a hitch.\n\nWhat holds it?\n\nA post.\n"
    assert shown(cut(tmp_path, f"# A\n\nRopes hold.\n\n## Chapter 2 Exercises\n\n{tasks}")) == ["Ropes hold."]
    exercise = "Lift your arms.\n\nHold them for a breath.\n"
    assert len(shown(cut(tmp_path, f"# A\n\n## Core exercises\n\n{exercise}"))) == 2


def test_questions_with_their_answers_are_statements(tmp_path: Path) -> None:
    text = "# A\n\nWhat is a knot?\n\nA knot is a loop.\n\nWhat is a rope?\n\nA rope is a line.\n"
    assert [line for line in shown(cut(tmp_path, text)) if "loop" in line or "line" in line]


def test_a_question_by_itself_leads_into_the_paragraph_that_answers_it(tmp_path: Path) -> None:
    text = "# FAQ\n\nKnots hold.\n\n**Can a rope be too new?**\n\nNo. It is stiff.\n\n---\n\nMay it get wet?\n\nYes, if it dries.\n\nAnd salt?\n\n# B\n\nText.\n"
    found = cut(tmp_path, text)
    assert shown(found) == [
        "Knots hold.",
        "Can a rope be too new? / No. / It is stiff.",
        "May it get wet? / Yes, if it dries.",
        "Text.",
    ]
    assert [one.lead_in_count for one in found] == [0, 1, 1, 0]


def test_a_section_of_exercises_states_nothing_however_long_it_is(tmp_path: Path) -> None:
    tasks = "\n\n".join(f"Tie knot number {n}. How long does it take?\n\nSay why it holds." for n in range(60))
    document = next(iter(course(tmp_path, notes=f"# Exercises\n\n{tasks}\n\n# B\n\nText.\n").documents.values()))
    last = document.text.index("Tie knot number 55")
    assert shown(stretches(document, [(last, last + 10)])) == []


def test_a_picture_within_a_paragraph_is_no_unit_of_its_own(tmp_path: Path) -> None:
    (found,) = cut(tmp_path, "# A\n\nRopes hold. ![](rope.png) They are old.\n")
    assert all(any(map(str.isalnum, found.text(unit))) for unit in found.units)


def test_a_blank_in_one_of_many_sentences_makes_no_exercise_of_a_paragraph(tmp_path: Path) -> None:
    (found,) = cut(tmp_path, "# A\n\nBelief binds. Work binds. Play does ____.\n")
    assert len(found.units) == 3


def test_a_list_with_a_blank_in_one_item_is_a_statement(tmp_path: Path) -> None:
    (found,) = cut(tmp_path, "# A\n\nThree bonds:\n\n- Belief binds.\n- Play does ____.\n- Work binds too.\n")
    assert found.kind == "list"


def test_a_paragraph_that_states_more_than_it_asks_is_a_statement(tmp_path: Path) -> None:
    stating = [f"Rope {n} was made of hemp. It rotted at sea. Sailors tarred it. What changed?" for n in (1, 2)]
    asking = ["Think of a rope. What is it made of?", "A rope slips. Why does it? Does tar help?"]
    assert len(shown(cut(tmp_path, "# A\n\n" + "\n\n".join(stating) + "\n"))) == 2
    assert shown(cut(tmp_path, "# A\n\n" + "\n\n".join(asking) + "\n")) == []
