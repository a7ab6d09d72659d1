"""Chunks are exact slices that together hold all of a document, whatever the document is like."""

import time
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk.chunker import LONGEST_TOKEN, Chunking, chunks, page_at, split_evenly, units_of
from ingest.index.chunks import indexed_chunks
from ingest.index.report import uncovered
from ingest.parse.dispatch import is_markdown
from ingest.parse.load import section_paths
from ingest.parse.markdown import blocks as markdown
from ingest.parse.plain_text import blocks as plain_text
from retrieval.text.markdown import lexical_text, window_text
from retrieval.text.tokenize import count_tokens
from retrieval.types import Document, Page, Unit
from tests.conftest import SHARED


def document(text: str, *, as_markdown: bool = True) -> Document:
    blocks = markdown.blocks(text) if as_markdown else plain_text.blocks(text)
    return Document("d", "d.md", "Title", text, blocks, sections=section_paths(blocks, text), markdown=as_markdown)


def test_what_a_sentence_announces_stands_with_it() -> None:
    filler = "All of this fills the lines here. " * 7
    read = document(f"{filler}\n\nThe law says this:\n\n{filler}")
    assert not any(chunk.text.endswith(":") for chunk in chunks(read, Chunking(tokens=80)))


words = st.text(st.sampled_from("abc XYZ.,!?123`*_#-|\n>"), min_size=1, max_size=80)
pieces = st.one_of(
    words,
    st.builds(lambda depth, text: f"{'#' * depth} {text.strip() or 'x'}", st.integers(1, 4), words),
    st.builds(lambda items: "\n".join(f"- {item}" for item in items), st.lists(words, min_size=1, max_size=5)),
    st.builds(lambda text: f"```python\n{text}\n```", words),
    st.builds(
        lambda rows: "| a | b |\n| --- | --- |\n" + "\n".join(f"| {row[:9]} | 1 |" for row in rows), st.lists(words)
    ),
    st.builds(lambda text, times: (text.replace("\n", " ") + ". ") * times, words, st.integers(1, 60)),
)
texts = st.lists(pieces, max_size=12).map("\n\n".join)
sizes = st.builds(
    Chunking, tokens=st.integers(40, 300), window_units=st.integers(2, 5), window_overlap=st.integers(0, 1)
)


@settings(max_examples=150, deadline=None)
@given(texts, sizes, st.booleans())
def test_nothing_is_missing_and_nothing_overlaps(text: str, chunking: Chunking, as_markdown: bool) -> None:
    read = document(text, as_markdown=as_markdown)
    made = chunks(read, chunking)
    assert all(chunk.text == text[chunk.start : chunk.end] for chunk in made)
    assert all(one.end <= other.start for one, other in pairwise(made))
    assert uncovered(read, made) == 0
    assert len({chunk.id for chunk in made}) == len(made)
    for chunk in made:
        inside = {(unit.start, unit.end) for unit in chunk.units}
        assert all(chunk.start <= start < end <= chunk.end for start, end in inside)
        body = [unit for unit in chunk.units if unit.kind != "heading"]
        seen = [unit for unit in body if any(w.start <= unit.start and unit.end <= w.end for w in chunk.windows)]
        assert seen == body, "every unit lies in a window"


@settings(max_examples=60, deadline=None)
@given(texts)
def test_the_same_text_gives_the_same_chunks(text: str) -> None:
    assert chunks(document(text), Chunking()) == chunks(document(text), Chunking())


def test_chunks_keep_to_sections_and_sizes() -> None:
    text = "# One\n\n" + "A sentence of some words here. " * 60 + "\n\n## Two\n\nShort.\n"
    made = chunks(document(text), Chunking(tokens=100))
    assert [chunk.section for chunk in made][-1] == ("One", "Two")
    long = [chunk for chunk in made if chunk.section == ("One",)]
    counts = [count_tokens(chunk.text) for chunk in long]
    assert max(counts) <= 120
    assert max(counts) - min(counts) <= 20, "balanced"


def test_headings_alone_join_what_follows() -> None:
    made = chunks(document("# One\n\n## Two\n\nText.\n"), Chunking())
    assert [(chunk.section, chunk.text) for chunk in made] == [(("One", "Two"), "# One\n\n## Two\n\nText.")]


def test_code_and_rows_stay_whole() -> None:
    code = "```python\n" + "\n".join(f"line_{number} = {number}" for number in range(20)) + "\n```"
    rows = "| name | size |\n| --- | --- |\n" + "\n".join(f"| model {number} | {number} GB |" for number in range(40))
    made = chunks(document(f"# A\n\n{code}\n\n{rows}\n"), Chunking(tokens=150))
    assert any(code in chunk.text for chunk in made)
    last = made[-1]
    assert last.units[-1].lead.startswith("| name | size |")
    assert "name: model 39; size: 39 GB" in window_text(last, last.windows[-1])
    assert "name: model 39; size: 39 GB" in lexical_text(last)


def test_a_nested_item_comes_after_its_parent() -> None:
    read = document("# A\n\nUse:\n\n- Fruit\n  - apple\n  - pear\n")
    units = {read.text[unit.start : unit.end].strip(): unit.lead for unit in units_of(read, 100)}
    assert units["- apple"].strip() == "Fruit"


def test_context_leaves_out_a_title_that_is_a_file_name() -> None:
    read = document("# A\n\ntext\n")
    assert chunks(read, Chunking())[0].context == "Title > A"
    assert chunks(replace(read, titled=False), Chunking())[0].context == "A"


def test_pages() -> None:
    pages = (Page(1, 0), Page(2, 10))
    assert [page_at(pages, offset) for offset in (0, 9, 10, 99)] == [1, 1, 2, 2]
    assert page_at((), 5) is None


HOSTILE = {
    "dots": "." * 64_000,
    "empty headings": "# \n\n" * 4_000,
    "columns": "\n".join(f"|{cell * 6_000}" for cell in (" name |", " - |", " value |", " value |")),
    "spaces": "a" + " " * 1_000_000 + "b",
    "empty lines": "a" + "\n" * 1_000_000 + "b",
    "spaces in code": "```\nx" + " " * 1_000_000 + "y\n```",
    "one word": "a" * 64_000,
    "short items": "- a\n" * 4_000,
    "paragraphs": "a\n\n" * 4_000,
    "sentences": "A b c. " * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_as_the_text_does_and_no_chunk_is_huge(name: str) -> None:
    read = document(HOSTILE[name])
    began = time.process_time()
    made = chunks(read, Chunking())
    indexed_chunks("d", made)
    assert time.process_time() - began < 15, "with time that grows by the square it takes minutes"
    assert max(len(chunk.text) for chunk in made) <= LONGEST_TOKEN * Chunking().tokens
    assert uncovered(read, made) == 0


def test_a_row_that_is_too_long_is_cut_between_cells_and_keeps_their_names() -> None:
    names, values = [f"name {i}" for i in range(90)], [f"value {i}" for i in range(90)]
    rows = [f"| {' | '.join(cells)} |" for cells in (names, ["---"] * 90, values)]
    made = chunks(document("\n".join(rows)), Chunking(tokens=100))
    text = "\n".join(lexical_text(chunk) for chunk in made)
    assert all(f"name {i}: value {i}" in text for i in range(90))


def test_a_cut_is_rather_between_paragraphs_than_inside_them() -> None:
    paragraphs = ["One sentence of a paragraph is here. " * count for count in (3, 7, 5, 6, 4)]
    text = "\n\n".join(words.strip() for words in paragraphs)
    made = chunks(document(text), Chunking(tokens=90))
    assert len(made) > 2
    assert all(text[: chunk.start].endswith("\n\n") for chunk in made[1:])


def test_the_marks_of_an_empty_line_in_a_quote_are_no_sentence_and_begin_no_chunk() -> None:
    text = "\n>\n".join(f"> Saying {i} has some words in it. It has two sentences." for i in range(60))
    read = document(text)
    units = units_of(read, 250)
    assert all(any(map(str.isalnum, text[unit.start : unit.end])) for unit in units)
    made = chunks(read, Chunking())
    assert len(made) > 1
    assert all(chunk.text.startswith("> Saying") for chunk in made)


def test_groups_by_hand() -> None:
    units = [Unit("sentence", number, number + 1) for number in range(5)]
    assert [len(group) for group in split_evenly(units[:3], [100] * 3, [0.0] * 3, limit=250)] == [2, 1]
    assert [len(group) for group in split_evenly(units, [60] * 5, [0.0] * 5, limit=250)] == [3, 2]
    assert [len(group) for group in split_evenly(units, [1] * 5, [0.0] * 5, limit=250)] == [5]


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared with the raw documents is not here")
def test_the_raw_documents_are_held_completely() -> None:
    for path in sorted((SHARED / "course").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        read = document(text, as_markdown=is_markdown(text))
        assert uncovered(read, chunks(read, Chunking())) == 0, path.name
