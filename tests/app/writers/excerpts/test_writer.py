"""Answers from small courses: what is shown whole and what is marked. Every question ends in an answer or a refusal."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.citations.marks import without_marks
from app.types import Turn
from app.writers.excerpts.candidates import found_stretches
from app.writers.excerpts.features import stretch_features
from app.writers.excerpts.likelihoods import defining_units
from tests.app.writers.excerpts.course_support import course

CASES = Path(__file__).parents[5] / "shared" / "cases" / "documents" / "crash_answer_caption_only_chunk"
KNOTS = """# Knots

## Bowline

A bowline is a knot that makes a loop which does not slip. Sailors use it every day.

To tie a bowline:

1. Make a small loop.
2. Bring the end up through it.
3. Take it round behind.
4. Pull tight.

It is easy to untie.

## Strength

| knot | strength | use |
| --- | --- | --- |
| bowline | 65 | loops |
| clove hitch | 60 | poles |
| overhand | 45 | stoppers |

## Program

This function says how much a rope holds:

```python
def holds(rope, knot):

    return rope * knot / 100
```

The breaking load follows from

$$L = \\frac{R k}{100}$$

where $R$ is the load of the rope.
"""


def test_a_list_comes_whole_with_the_words_that_lead_into_it(tmp_path: Path) -> None:
    written, *_ = course(tmp_path, knots=KNOTS).ask("How do I tie a bowline?")
    steps = "1. Make a small loop.\n2. Bring the end up through it.\n3. Take it round behind.\n4. Pull tight."
    assert f"To tie a bowline:\n\n{steps}" in without_marks(written.text)


def test_a_table_comes_with_its_header_and_its_rows_are_quoted(tmp_path: Path) -> None:
    written, *_ = course(tmp_path, knots=KNOTS).ask("What strength has the clove hitch?")
    assert "| knot | strength | use |" in written.text
    assert "| overhand | 45 | stoppers" in written.text
    assert any("clove hitch" in written.text[start:end] for start, end in written.marked)
    assert any(note.kind == "row" and "clove hitch" in note.quote for note in written.footnotes)


def test_code_and_formulas_come_whole_with_what_announces_and_explains_them(tmp_path: Path) -> None:
    knots = course(tmp_path, knots=KNOTS)
    code = knots.ask("function for how much a rope holds")[0].text
    assert "This function says how much a rope holds:" in code
    assert "def holds(rope, knot):\n\n    return rope * knot / 100" in code
    formula = without_marks(knots.ask("breaking load of a knot")[0].text)
    assert "The breaking load follows from\n\n$$L = \\frac{R k}{100}$$\n\nwhere $R$ is the load of the rope." in formula


def test_every_quote_stands_in_its_document_and_every_paragraph_ends_in_a_footnote(tmp_path: Path) -> None:
    knots = course(tmp_path, knots=KNOTS)
    written, _, composer = knots.ask("What is a bowline and how strong is it?")
    assert not composer.dropped
    for note in written.footnotes:
        assert knots.documents[note.document_id].text[note.start : note.end] == note.quote
    told = [block for block in written.text.split("\n\n") if not block.startswith("**") and block != "…"]
    assert all("[" in block for block in told if not block.startswith("$$"))


def test_the_likeliest_words_are_marked_and_no_more_than_sixty(tmp_path: Path) -> None:
    written, *_ = course(tmp_path, knots=KNOTS).ask("What is a bowline?")
    marked = [written.text[start:end] for start, end in written.marked]
    assert "A bowline is a knot that makes a loop which does not slip." in marked
    assert sum(len(words.split()) for words in marked) <= 60


GLOSSARY = """# Knots at sea

A bowline is used at sea, and sailors like a bowline, because the bowline does not slip.

A bend at sea is not a bowline. Bowline and bend are both used by sailors at sea.

## Terms

- **bend**: joins two ropes
- **bowline**: a loop that is tied in a rope
- **hitch**: holds a rope on a pole
"""


@pytest.mark.parametrize(
    "question",
    ["bowline", "Define bowline", "meaning of bowline", "Was bedeutet Bowline?", "Qu'est-ce qu'un bowline ?"],
)
def test_the_entry_of_the_term_that_is_asked_for_leads_and_is_marked(tmp_path: Path, question: str) -> None:
    written, *_ = course(tmp_path, knots=GLOSSARY).ask(question)
    assert written.text.startswith("**Terms**\n\n- bowline: a loop that is tied in a rope")
    assert "bowline: a loop that is tied in a rope" in [written.text[start:end] for start, end in written.marked]


@pytest.mark.parametrize(
    "question", ["Why do sailors like a bowline at sea?", "What is the difference between a bend and a bowline?"]
)
def test_no_entry_leads_where_more_is_asked_for_than_its_term(tmp_path: Path, question: str) -> None:
    assert course(tmp_path, knots=GLOSSARY).ask(question)[0].text.startswith("**Knots at sea**")


EVENTS = """# Spaces and events

An **outcome** is one of the things that can happen. Two of them never happen at once.

An **event** is a *subset* of all outcomes. By custom its name is an early letter.

## Example

The event that a card comes first is named with the event that it comes last:

| event | in words |
| --- | --- |
| event A | the event that the ace comes first |
| event B | the event that the ace comes last |
| event C | the event that the ace comes between |
"""


def test_the_sentence_in_which_the_term_that_is_asked_for_is_emphasised_leads(tmp_path: Path) -> None:
    written, *_ = course(tmp_path, events=EVENTS).ask("What is an event?")
    assert "Example" not in written.text[: written.text.index("subset of all outcomes")]
    assert any("An event is a subset" in written.text[start:end] for start, end in written.marked)


@pytest.mark.parametrize(("question", "count"), [("What is an event?", 1), ("Deploy an event on Kubernetes pods?", 0)])
def test_an_emphasised_term_is_no_definition_beside_words_that_the_course_does_not_have(
    tmp_path: Path, question: str, count: int
) -> None:
    events = course(tmp_path, events=EVENTS)
    retrieved = found_stretches(events.passages(question), events.documents.get)
    query_terms, _ = stretch_features(question, retrieved.stretches, retrieved.hits)
    assert len(defining_units(question, query_terms, retrieved.stretches)) == count


def test_where_more_is_asked_for_than_what_is_emphasised_it_does_not_lead(tmp_path: Path) -> None:
    written, *_ = course(tmp_path, events=EVENTS).ask("Which event has the ace come between?")
    assert written.text.startswith("**Example**")


def test_code_too_long_to_be_marked_is_as_likely_as_it_would_be_marked(tmp_path: Path) -> None:
    code = "```python\ndef holds(rope, knot):\n    {}\n    return rope * knot\n```\n"
    short, long = (code.format("; ".join(f"step_{n} = {n}" for n in range(count))) for count in (3, 40))
    of = [
        course(tmp_path, knots=f"# Knots\n\n{text}").ask("What does holds(rope, knot) return?")
        for text in (short, long)
    ]
    assert [bool(written.marked) for written, *_ in of] == [True, False]
    assert of[1][1].likelihood == pytest.approx(of[0][1].likelihood, abs=0.1)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Which function says how much a rope holds?", "    return rope * knot / 100"),
        ("What does L = R k / 100 mean?", "$$L = \\frac{R k}{100}$$"),
    ],
)
def test_code_and_formulas_can_be_marked(tmp_path: Path, question: str, words: str) -> None:
    written, *_ = course(tmp_path, knots=KNOTS).ask(question)
    assert any(words in written.text[start:end] for start, end in written.marked)


AIMS = """# Tides

## Learning objectives

By the end of this lesson you can:

- Explain what a spring tide is
- Say why the spring tide is high

## The moon

A spring tide comes when sun and moon pull in one line.
"""


def test_a_list_of_objectives_is_quoted_only_where_it_is_asked_for(tmp_path: Path) -> None:
    tides = course(tmp_path, tides=AIMS)
    assert "in one line" in tides.ask("What is a spring tide?")[0].text
    assert "Explain what" not in tides.ask("What is a spring tide?")[0].text
    assert "Explain what" in tides.ask("What are the learning objectives?")[0].text


def test_a_list_is_one_of_objectives_by_its_lead_in_as_well(tmp_path: Path) -> None:
    knots = "# Knots\n\nBy the end of this section, you will be able to:\n\n- say what a knot does\n\nA knot does much: it holds a sail.\n"
    answer, *_ = course(tmp_path, knots=knots).ask("What does a knot do?")
    assert "holds a sail" in answer.text
    assert "say what" not in answer.text


def test_a_list_before_all_text_is_one_of_objectives_if_the_rest_is_no_list(tmp_path: Path) -> None:
    aims, text = (
        "# Knots\n\n- say what a knot does\n- tie one\n\n",
        "A knot does much: it holds a sail.\n\nIt moors a boat.\n\nIt slips.\n",
    )
    (tmp_path / "a").mkdir()
    answer, *_ = course(tmp_path / "a", knots=aims + text).ask("What does a knot do?")
    assert "holds a sail" in answer.text
    assert "say what" not in answer.text
    (tmp_path / "b").mkdir()
    answer, *_ = course(tmp_path / "b", knots=aims + "- " + text.replace("\n\n", "\n\n- ")).ask("What does a knot do?")
    assert "say what" in answer.text


def test_a_table_of_twelve_rows_is_whole_however_long_its_cells_are(tmp_path: Path) -> None:
    cell = "a use at sea and on land for which a sailor of old has taken it " * 3
    rows = "".join(f"| knot {number} | {cell}|\n" for number in range(12))
    answer, *_ = course(tmp_path, knots=f"# Knots\n\n| knot | use |\n| --- | --- |\n{rows}").ask(
        "What is the use of knot 3?"
    )
    assert answer.text.count("| knot ") == 13


def test_a_formula_is_shown_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    signs = " ".join(f"Sign {number} is the strength of a rope as it is told by others." for number in range(30))
    text = f"# Ropes\n\nThe strength of a rope is:\n\n$F = k d$\n\nwhere d is its width. {signs}\n"
    answer, *_ = course(tmp_path, ropes=text).ask("What is the strength of a rope?")
    assert "F = k d" in answer.text
    assert answer.text.count("as it is told by others") == 30


def test_a_list_after_the_text_below_objectives_is_not_one_of_objectives(tmp_path: Path) -> None:
    knots = "# Knots\n\n## Learning objectives\n\nYou will learn to:\n\n- tie bends\n- tie hitches\n\nKnots do much for a sailor.\n\nA knot does this:\n\n- holds a sail\n- moors a boat\n"
    answer, *_ = course(tmp_path, knots=knots).ask("What does a knot do?")
    assert "moors a boat" in answer.text
    assert "tie hitches" not in answer.text
    assert {note.path for note in answer.footnotes} == {("Knots",)}  # not under the aims


def test_answers_to_both_halves_of_a_question_are_marked_where_there_is_room(tmp_path: Path) -> None:
    long = "A bowline is a knot " + "that is tied at sea and on land " * 7 + "and holds."
    text = f"# Knots\n\n{long}\n\nA bowline makes a loop.\n\nA cleat holds a line.\n"
    written, *_ = course(tmp_path, knots=text).ask("What is a bowline and what is a cleat?")
    marked = " ".join(written.text[start:end] for start, end in written.marked)
    assert "makes a loop" in marked
    assert "A cleat holds a line." in marked


def test_a_quiz_is_quoted_only_where_it_is_asked_for(tmp_path: Path) -> None:
    text = "# Knots\n\nA wet rope slips.\n\n## Quiz: ropes\n\n1. Explain why a wet rope slips.\n2. Tie a bend.\n3. Coil a rope.\n"
    knots = course(tmp_path, knots=text)
    assert "Explain why" not in knots.ask("Why does a wet rope slip?")[0].text
    assert "Explain why" in knots.ask("Which quiz is on a wet rope?")[0].text


def test_plain_questions_are_neither_quoted_nor_put_before_a_place(tmp_path: Path) -> None:
    cliffs = (
        "# Cliffs\n\nWhy do you think cliffs stand so steep? How do they differ from dunes?\n\n"
        "The storms of winter take the stones away. This undercutting, known as notching, makes rocks fall.\n\n"
        "Dunes are hills of sand that the wind heaps up behind a beach.\n"
    )
    for question in ("What is notching?", "Why do cliffs stand so steep?"):
        written, *_ = course(tmp_path, cliffs=cliffs).ask(question)
        assert "known as notching" in without_marks(written.text)
        assert "do you think" not in without_marks(written.text), question


def test_between_a_sentence_and_the_rows_of_its_table_nothing_is_left_out(tmp_path: Path) -> None:
    text = "# Ropes\n\nHemp and nylon bear a load.\n\n| rope | load |\n| --- | --- |\n| hemp | 4 |\n| nylon | 9 |\n"
    written, *_ = course(tmp_path, ropes=text).ask("What load do hemp and nylon bear?")
    assert "Hemp and nylon" in written.text
    assert "| hemp | 4 |" in written.text
    assert "…" not in written.text


def test_of_a_list_that_is_too_long_beside_what_is_shown_come_the_likeliest_items(tmp_path: Path) -> None:
    first = "A bowline holds a sail or a boat. " + "It is tied by sailors before they leave the harbour. " * 13
    items = "\n".join(
        f"- way number {number} of rigging is for poles or beams or rails or posts" for number in range(13)
    )
    text = f"# Knots\n\n{first}\n\nThese hold:\n\n- a cleat holds a line\n{items}\n"
    written, *_ = course(tmp_path, knots=text).ask(
        "Does a bowline hold a sail or a boat, and does a cleat hold a line?"
    )
    assert "A bowline holds a sail or a boat." in written.text
    assert "- a cleat holds a line" in written.text
    assert written.text.endswith(" of 14)")


def test_a_list_that_there_is_room_for_comes_with_all_its_items(tmp_path: Path) -> None:
    text = "# Terms\n\n" + "\n".join(f"- knot {number}" for number in range(40)) + "\n- bowline\n"
    written, *_ = course(tmp_path, knots=text).ask("What is a bowline?")
    assert written.text.count("- knot ") == 40


def test_the_rest_of_a_section_is_offered(tmp_path: Path) -> None:
    filler = "\n\n".join(
        f"Rope number {n} holds the boat at pier {n}. " + "It lies in the sun all day. " * 8 for n in range(9)
    )
    written, finished, _ = course(tmp_path, ropes=f"# Ropes\n\n## Boats\n\n{filler}\n").ask("Which rope is at pier 3?")
    assert "pier 3" in written.text
    (more,) = finished.more
    assert more.path == ("Ropes", "Ropes", "Boats") or more.path[-1] == "Boats"
    shown = len(without_marks(written.text).replace("**Boats**", "").replace("…", "").split())
    assert more.words + shown == len(filler.split())


def test_of_a_long_table_come_the_rows_asked_for_and_the_extremes_of_a_column_asked_for(tmp_path: Path) -> None:
    rows = "\n".join(f"| city {chr(97 + n)} | {(n * 7) % 40 + 1} |" for n in range(26))
    towns = course(tmp_path, towns=f"# Towns\n\n| town | rainfall |\n| --- | --- |\n{rows}\n")
    text = towns.ask("Which town has the highest rainfall?")[0].text
    values = {(n * 7) % 40 + 1: chr(97 + n) for n in range(26)}
    assert f"| city {values[max(values)]} |" in text
    assert f"| city {values[min(values)]} |" in text
    assert "of 26)" in text


def test_what_the_last_answer_quoted_is_quoted_again_only_where_it_is_marked(tmp_path: Path) -> None:
    long = "A bowline is tied in " + ", ".join(f"harbour {n}" for n in range(40)) + "."
    knots = course(tmp_path, knots=f"# Knots\n\nA bowline makes a loop.\n\n{long}\n\nA bowline does not slip.\n")
    assert long in knots.ask("Does a bowline slip?")[0].text
    before = Turn("bowline", f"{long}\n\nA bowline does not slip.")
    again, *_ = knots.ask("Does a bowline slip?", history=[before])
    assert "harbour" not in again.text
    assert "A bowline does not slip." in [again.text[start:end] for start, end in again.marked]


@pytest.mark.parametrize(
    "text",
    [
        "# Only a heading\n",
        "![A picture of a knot](knot.png)\n",
        "{\n",
        "| a | b |\n| --- | --- |\n",
        "x",
        "Ada Lovelace\n\nAlan Turing\n",
        "- [ ] tie the knot\n- [x] cut the rope\n",
        "1. [Knots](a.md)\n2. [Ropes](b.md)\n",
        "What is a knot?\n",
        "```\n```\n",
    ],
)
def test_what_holds_no_statement_ends_in_a_refusal_or_an_answer(tmp_path: Path, text: str) -> None:
    written, finished, _ = course(tmp_path, only=text).ask("What is a knot?")
    assert finished.refused == (not written.text)


PIECES = st.sampled_from(
    [
        "# Heading", "## Other", "A sentence about knots.", "It ends in a colon:", "- item", "  - nested", "1. first", "{",
        "| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|", "```\ncode()\n```", "```", "$$x^2$$", "![p](p.png)", "> said",
        "**knot**: a loop", "What is it?", "[1]", "Ada Lovelace", "x", "___ is a knot.", "- [ ] todo", "…", "结是一个环。", "\\", "<b>",
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(PIECES, max_size=9),
    question=st.sampled_from(["knot", "What is a knot?", "?", "first 1 2", "[1]", "结"]),
)
def test_whatever_a_course_holds_every_question_ends(tmp_path: Path, pieces: list[str], question: str) -> None:
    small = course(tmp_path, small="\n\n".join([*pieces, "x"]))
    written, finished, composer = small.ask(question)
    assert finished.refused == (not written.text)
    assert not composer.dropped
    for note in written.footnotes:
        assert small.documents[note.document_id].text[note.start : note.end] == note.quote


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")
@pytest.mark.parametrize("question", ["ocean", "What are cells?", "Who can I contact?", "n"])
def test_the_cases_that_once_failed(tmp_path: Path, question: str) -> None:
    files = {path.stem: path.read_text(encoding="utf-8") for path in CASES.glob("*.md")}
    written, finished, _ = course(tmp_path, **files).ask(question)
    assert finished.refused == (not written.text)
