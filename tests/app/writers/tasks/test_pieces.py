"""Statements, sections and boxes of a document."""

from pathlib import Path

import pytest

from app.query.parts import box_starts
from app.types import Target
from app.writers.tasks.outline import outline
from app.writers.tasks.pieces import is_statement, sentences_in, whole_document
from tests.app.writers.tasks.document_support import read


def test_a_section_is_outlined_by_its_list_or_by_the_sentence_that_has_words_of_its_heading(tmp_path: Path) -> None:
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
    told = str(list(outline([(document, whole_document(document))])))
    assert "Ropes wear where they rub on wood." in told
    assert "March" not in told
    assert r"Keep to these:\n  - Never cut a rope.\n  - Coil it." in told
    assert "Romans" not in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ashley, C. W. (1944) The book of all the knots.", False),
        ("Ashley, C. W., & Day, C. L. 1944, The book of knots.", False),
        ("Newport, R.I. was built on ropes in 1750.", True),
        ("In 1944, Ashley wrote the book of knots.", True),
    ],
)
def test_a_bibliography_entry_is_no_statement(text: str, said: bool) -> None:
    assert is_statement(text) is said


def test_sections_are_no_boxes_where_all_headings_share_a_label(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Care\n\nRopes rot.\n\n### Do: coil\n\nCoil a rope that is dry, and hang it up.\n\n### Do: dry\n\nDry a rope that is wet before it rots.\n"
    document = read(tmp_path, text)
    part = document.sections[-3]
    target = Target(
        document.id, (document.title, *part.path), part.start, part.end, box_starts([document])[document.id]
    )
    assert "Coil a rope that is dry, and hang it up." in str(list(outline([(document, target)])))


def test_a_task_for_the_learner_is_no_statement(tmp_path: Path) -> None:
    task = "Explain the use of hemp for ropes. Do you agree with it?"
    document = read(tmp_path, f"# Ropes\n\n## Hemp\n\nHemp is used for ropes on ships.\n\n{task}\n")
    assert [one.text for one in sentences_in(document, 0, len(document.text))] == ["Hemp is used for ropes on ships."]


def test_the_end_of_a_broken_sentence_is_no_statement(tmp_path: Path) -> None:
    text = "# Ropes\n\nIn 1867 Congress bought ropes of hemp.\n\n*, the sailors coiled their ropes.\n"
    document = read(tmp_path, text)
    assert [one.text for one in sentences_in(document, 0, len(text))] == ["In 1867 Congress bought ropes of hemp."]


def test_a_repeated_heading_is_no_box_where_the_text_has_its_words(tmp_path: Path) -> None:
    again = "### Agents\n\nAgents use tools.\n\n### Try it\n\nTie a rope.\n"
    document = read(tmp_path, f"# Course\n\n## One\n\n{again}\n## Two\n\n{again}")
    found = box_starts([document])[document.id]
    assert {part.path[-1] for part in document.sections if part.start in found} == {"Try it"}


def test_an_only_sub_part_is_a_box_where_its_text_has_no_word_of_its_heading(tmp_path: Path) -> None:
    parts = {"Bends and Uses": "A bend ties ropes.", "Captain": "A bend ties ropes.", "Job: Bends": "Men tie a bend."}
    text = "".join(
        f"## Knots {number}\n\n### {name}\n\n{said}\n\n" for number, (name, said) in enumerate(parts.items())
    )
    document = read(tmp_path, f"# Course\n\n{text}")
    found = box_starts([document])[document.id]
    assert [part.path[-1] for part in document.sections if part.start in found] == ["Captain", "Job: Bends"]
