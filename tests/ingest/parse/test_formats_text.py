"""Notebooks, reStructuredText and CSV to Markdown."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parse import dispatch
from ingest.parse.formats import notebook, spreadsheets, subtitles
from ingest.parse.markdown import blocks as markdown
from ingest.parse.pandoc import read as pandoc
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile


def read_notebook(*cells: dict[str, Any], **metadata: Any) -> Source:
    data = json.dumps({"nbformat": 4, "cells": cells, "metadata": metadata})
    return notebook.read(data.encode(), Limits())


def md(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source}


def code(source: Any, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": outputs}


def test_cells_in_order_with_language_and_short_outputs() -> None:
    source = read_notebook(
        md("# A\n\ntext"),
        code(["x = 1\n", "x"], {"output_type": "execute_result", "data": {"text/plain": ["1"]}}),
        code("print()", {"output_type": "stream", "text": "\x1b[31mred\x1b[0m\n"}),
        code("1/0", {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero"}),
        language_info={"name": "Julia"},
    )
    assert source.text == (
        "# A\n\ntext\n\n```julia\nx = 1\nx\n```\n\n```text\n1\n```\n\n```julia\nprint()\n```\n\n```text\nred\n```\n\n"
        "```julia\n1/0\n```\n\n```text\nZeroDivisionError: division by zero\n```"
    )


def test_cells_that_their_author_removes_are_hidden_and_objects_without_words_left_out() -> None:
    output = {"output_type": "execute_result", "data": {"text/plain": "1"}}
    video = {
        "output_type": "execute_result",
        "data": {"text/plain": "<IPython.lib.display.YouTubeVideo at 0x10ec2c700>"},
    }
    cells = [code("x", output) | {"metadata": {"tags": [tag]}} for tag in ("remove-input", "remove_cell", "hide-input")]
    data = json.dumps({"cells": [*cells, code("v()", video)], "metadata": {}}).encode()
    source = dispatch.reader_of("notebook", ".ipynb")(data, Limits())
    kept = "```text\n1\n```\n```python\nx\n```\n```text\n1\n```\n```python\nv()\n```"
    assert list(filter(None, source.text.split("\n"))) == kept.split("\n")
    assert source.hidden == ("code of a cell: x",) * 2


def test_long_outputs_are_dropped_and_named_and_pictures_stay() -> None:
    long = {"output_type": "stream", "text": "line\n" * 100}
    picture = {"output_type": "display_data", "data": {"image/png": "x", "text/plain": "<Figure>"}}
    other = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>", "text/plain": "<Plot>"}}
    source = read_notebook(code("f()", long, picture, other))
    assert source.text == "```python\nf()\n```\n\n![](embedded/2d711642b726b044)"
    assert source.dropped == ("output of 100 lines: line", "picture in an output: <Plot>")


def test_a_fence_left_open_does_not_reach_into_the_next_cell() -> None:
    text = read_notebook(md("```py\nx"), md("After")).text
    assert [block.kind for block in markdown.blocks(text)] == ["code", "paragraph"]


def test_format_3() -> None:
    cells = [{"cell_type": "heading", "level": 2, "source": "A"}, {"cell_type": "code", "input": "x", "outputs": []}]
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]})
    assert notebook.read(data.encode(), Limits()).text == "## A\n\n```python\nx\n```"


@pytest.mark.parametrize("data", ["{", "[]", '{"cells": 3}', '{"cells": [{}]}', '{"worksheets": []}', "[" * 100_000])
def test_a_damaged_notebook(data: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        notebook.read(data.encode(), Limits())
    assert caught.value.reason == "corrupt"


def text_of(source: str) -> str:
    return pandoc.read(source.encode(), Limits(), kind="rst").text


def test_rst_code_literals_and_quotes() -> None:
    source = "Text::\n\n  x\n\n.. code-block:: python\n   :linenos:\n\n   def f():\n       pass\n\n.. code:: sh\n\n   ls\n\nA\n\n  B\n"
    assert text_of(source) == (
        "Text:\n\n```\nx\n```\n\n```python\ndef f():\n    pass\n```\n\n```sh\nls\n```\n\nA\n\n> B"
    )


def test_rst_figures_right_below_their_label_and_notes_to_do() -> None:
    found = pandoc.read(
        b".. _fig:\n.. figure:: a.png\n   :alt: a\n\n   Figure 1: A map\n\nText.\n\n.. Todo:: Add more.\n",
        Limits(),
        kind="rst",
    )
    assert found.text == "![a](a.png)\n\nFigure 1: A map\n\nText."
    assert [found.text[span.start : span.end] for span in found.roles if span.role == "caption"] == ["Figure 1: A map"]


def test_rst_inline_markup_and_roles() -> None:
    source = (
        "A ``b`` *c* `d <http://x>`_ :math:`e` :ref:`f <g>` :numref:`Table %s <g>` :func:`~os.path.join` [1]_.\n\n.. [1] Note.\n\n"
        ".. image:: t.png\n   :alt: A tree\n"
    )
    assert text_of(source) == (
        "A `b` *c* [d](http://x) $e$ f Table `os.path.join` (note 1).\n\nNote 1: Note.\n\n![A tree](t.png)"
    )


def test_rst_directives_of_sphinx_keep_their_words() -> None:
    source = (
        ".. note:: Mind *this*.\n\n.. toctree::\n\n   other\n\n.. exercise:: The first\n   :label: x\n\n   Do it.\n\n"
        "   .. tip::\n\n      Slowly.\n\n.. A comment.\n"
    )
    assert text_of(source) == "Note: Mind *this*.\n\nThe first\n\nDo it.\n\nTip: Slowly."


def test_rst_includes_no_other_file() -> None:
    assert text_of(".. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\nText.\n") == "Text."


def csv_of(data: str) -> str:
    return spreadsheets.read_csv(data.encode(), Limits()).text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_dialects(delimiter: str) -> None:
    rows = [["name", "note"], ["a", 'with "quotes"'], ["b", "and , ; | signs"], ["c", "two\nlines"]]
    csv.writer(stream := io.StringIO(), delimiter=delimiter).writerows(rows)
    assert csv_of(stream.getvalue()) == (
        '| name | note |\n| --- | --- |\n| a | with "quotes" |\n| b | and , ; \\| signs |\n| c | two lines |'
    )


def test_of_measurements_the_first_rows_are_read_and_of_words_all() -> None:
    measured = "".join(f"{number},{number / 7:.3f},Ridge\n" for number in range(600))
    source = spreadsheets.read_csv(f"depth,strength,place\n{measured}".encode(), Limits())
    assert source.text.count("\n| ") == 21
    assert source.dropped == ("580 rows of measurements, after the first 20",)
    words = "".join(f"word{number},Wort,{number}\n" for number in range(600))
    assert spreadsheets.read_csv(f"english,german,page\n{words}".encode(), Limits()).text.count("word") == 600


def test_csv_with_short_rows_and_empty_rows() -> None:
    assert csv_of("a;b\n1\n;\n2;3\n") == "| a | b |\n| --- | --- |\n| 1 |  |\n| 2 | 3 |"


def test_a_quote_that_never_ends_swallows_nothing() -> None:
    text = csv_of('a,b\n"1,2\n3,4\n')
    assert len(markdown.blocks(text)) == 3


CELLS = st.text(alphabet="abc \\|,;'`", min_size=1, max_size=6).filter(lambda cell: bool(cell.strip()))


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=2, max_size=5))
def test_every_csv_row_is_a_row_with_the_header_as_lead(rows: list[list[str]]) -> None:
    csv.writer(stream := io.StringIO(), quoting=csv.QUOTE_ALL).writerows(rows)
    blocks = markdown.blocks(csv_of(stream.getvalue()))
    assert [block.kind for block in blocks] == ["row"] * len(rows)
    assert len({block.lead for block in blocks[1:]}) == 1


def test_csv_title_lines_stand_above_the_table() -> None:
    data = b"Weather stations\nexported 2024-02-01,\n\nStation;Altitude;Rain\nHaanja;312;1,050\nVilsandi;6;590\n"
    assert spreadsheets.read_csv(data, Limits()).text == (
        "Weather stations\n\nexported 2024-02-01,\n\n| Station | Altitude | Rain |\n| --- | --- | --- |\n"
        "| Haanja | 312 | 1,050 |\n| Vilsandi | 6 | 590 |"
    )


CUES = """WEBVTT

intro
00:00:01.000 --> 00:00:04.000 align:start
The Pacific plate moves

2
00:00:04.000 --> 00:00:06.000
<v Anna>about <b>seven</b> centimetres a year.

00:01:10.500 --> 00:01:12.000
about seven centimetres a year.
It is fast.
"""


@pytest.mark.parametrize("data", [CUES, CUES.replace("WEBVTT\n\n", "").replace(".000", ",000").replace(".500", ",500")])
def test_subtitles_run_over_cues_and_know_their_minute(data: str) -> None:
    source = subtitles.read(data.encode(), Limits())
    assert source.text == (
        "The Pacific plate moves Anna: about seven centimetres a year.\n\nabout seven centimetres a year. It is fast."
    )
    assert [(page.number, source.text[page.start :][:5]) for page in source.pages] == [(1, "The P"), (2, "about")]
    assert source.page_word == "minute"


def test_rolling_captions_are_not_said_twice() -> None:
    cues = "1\n00:00:01,000 --> 00:00:02,000\none two\n\n2\n00:00:02,000 --> 00:00:03,000\none two\nthree four\n"
    assert subtitles.read(cues.encode(), Limits()).text == "one two three four"


def test_a_table_without_any_row_of_its_own_is_no_fault() -> None:
    assert spreadsheets.read_csv(b'"', Limits()).text.strip(' |-\n"') == ""
