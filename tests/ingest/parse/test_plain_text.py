"""Structure recovered from plain text: each kind of block, and what holds for any text whatever."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parse.dispatch import is_markdown
from ingest.parse.plain_text.blocks import blocks
from retrieval.types import Block
from tests.conftest import SHARED

COURSE = SHARED / "course"


def read(text: str) -> list[tuple[str, str]]:
    """(kind, text) of every block."""
    return [(block.kind, text[block.start : block.end]) for block in blocks(text)]


def of_kind(text: str, kind: str) -> list[str]:
    return [found for name, found in read(text) if name == kind]


def outline(text: str) -> list[tuple[int, str]]:
    return [(block.level, text[block.start : block.end]) for block in blocks(text) if block.kind == "heading"]


def leads(text: str, kind: str) -> list[tuple[int, str]]:
    return [(block.level, block.lead) for block in blocks(text) if block.kind == kind]


def check_partition(text: str, found: tuple[Block, ...]) -> None:
    """In order, not overlapping, not empty, and every non-space character inside."""
    last = 0
    for block in found:
        assert last <= block.start < block.end <= len(text)
        assert not text[last : block.start].strip(), text[last : block.start]
        assert text[block.start : block.end].strip()
        last = block.end
    assert not text[last:].strip()


PROSE = "A carrier takes things from one place to another. It needs a map, and it never stops on the way."
PIECES = st.sampled_from(
    [
        "Title of the Thing", "1. First", "2. Second", "1.2 A Part", "Exercise 0.1 — Try it", PROSE, "Key points:",
        "• one", "  ◦ deeper", "- dash", "* star", "o ring", "a) letter", "[ ] box", "• a • b • c", "1. A b 2. C d 3. E f",
        "import os", "def f(x):", "    return x", '"""', "```", "```python", "# comment", "{", '"a": 1,', "}", "x = f(1)",
        "| a | b |", "|---|---|", "| 1 | 2 |", "| a | b | |---|---| | 1 | 2 |", "a\tb", "1\t2", "name   age   city",
        "ValueDateName", "cost$4.6M2020", "+----+", "|", "v", "├── src", "A[One] --> B[Two]", "=====", "-----", "* * *",
        "Email*", "Section titled “Title”", "Copy", "Page 3", "Home | About | Contact", "= Wiki =", "AUDIENCE: Yes!",
        "Перейти до вмісту", "services:", "  web:", "    image: x", "\f", "\r", "\u2028", "\x1c", "  ", "", "word " * 90,
    ]
)  # fmt: skip


@given(st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\n\n", "\n    ", " ", "\r\n", "\n\n\n"]))))
@settings(deadline=None, max_examples=150)
def test_every_character_is_in_one_block(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + end for piece, end in pieces)
    check_partition(text, blocks(text, known=frozenset({"title of the thing"})))


@given(st.text(st.sampled_from("ab A1.)-•*#|`\"'=:{}()\n\t >o\f\r"), max_size=200))
@settings(deadline=None, max_examples=150)
def test_every_character_is_in_one_block_of_any_text(text: str) -> None:
    check_partition(text, blocks(text))


def test_empty_and_blank_texts_have_no_blocks() -> None:
    assert blocks("") == () == blocks(" \n\t\n\f ")


def test_headings_without_marks() -> None:
    text = f"Carrying Things\n\n{PROSE}\n\nHow Things Move\n\n{PROSE}\n\nWhat is a carrier?\n\n{PROSE}\n"
    assert outline(text) == [(1, "Carrying Things"), (2, "How Things Move"), (2, "What is a carrier?")]


def test_numbers_give_the_level() -> None:
    text = f"The Book\n\n1. Start\n\n{PROSE}\n\n1.1 Why\n\n{PROSE}\n\nA Closer Look\n\n{PROSE}\n\n2. End\n\n{PROSE}\n"
    assert [level for level, _ in outline(text)] == [1, 2, 3, 4, 2]


def test_headings_in_a_text_without_blank_lines() -> None:
    lines = [
        "1. Start",
        PROSE,
        "1.1 Why We Carry",
        PROSE,
        "The Carrier's Problem",
        PROSE,
        "- one",
        "- two",
        "2. End",
        PROSE,
    ]
    assert [found for _, found in outline("\n".join(lines))] == [lines[0], lines[2], lines[4], lines[8]]


def test_numbers_that_begin_anew_are_steps_of_the_heading_above() -> None:
    names = ["Carriers", "Use", "1. Load", "2. Haul", "Repair", "1. Stop", "2. Mend", "3. Go on", "Storage"]
    found = outline("\n\n".join(f"{name}\n\n{PROSE}" for name in names))
    assert [level for level, _ in found] == [1, 2, 3, 3, 2, 3, 3, 3, 2]
    chapters = ["Carriers", "1. Use", "Loads", "2. Repair", "Tools"]
    assert [level for level, _ in outline("\n\n".join(f"{name}\n\n{PROSE}" for name in chapters))] == [1, 2, 3, 2, 3]


def test_labelled_headings() -> None:
    text = f"Exercise 0.1 — Your own page\n\n{PROSE}\n\nExercise 0.2 — Another\n\n{PROSE}\n"
    assert len(outline(text)) == 2


@pytest.mark.parametrize(
    "line",
    [
        "This is a sentence.",
        "Key points:",
        "AUDIENCE MEMBER: Yes!",
        "License: CC BY",
        "https://example.org/a",
        "Figure 3: The Whole Machine",
        "EMBO J 1992 11 1 6 1740100",
    ],
)
def test_lines_that_are_no_headings(line: str) -> None:
    assert line not in of_kind(f"{PROSE}\n\n{line}\n\n{PROSE}\n\n{PROSE}", "heading")


def test_titles_in_a_column_are_no_headings() -> None:
    rows = (
        "Planet Mass Year\nMercury 0.06 Earths\nVenus 0.8 Earths\nEarth One Year\nMars 0.1 Earths\nJupiter 318 Earths"
    )
    assert outline(f"{PROSE}\n\n{rows}\n\n{PROSE}\n") == []


def test_underlined_and_wiki_headings() -> None:
    text = f"The Plan\n========\n{PROSE}\n\n = = Details = = \n {PROSE}\n"
    assert [found for _, found in outline(text)] == ["The Plan\n========", "= = Details = ="]


def test_wrapped_lines_are_one_paragraph() -> None:
    text = "Carriers take things from\nplace to place, which is\nwhat they are for.\n\nThey never stop on\nthe way.\n"
    assert read(text) == [("paragraph", part) for part in text[:-1].split("\n\n")]


def test_a_wrapped_paragraph_ends_where_its_last_line_is_short() -> None:
    text = "It was a bright cold day in April and the clocks\nwere striking thirteen.\nThe man walked slowly along the river, and he\nthought of nothing in particular.\n"
    assert len(of_kind(text, "paragraph")) == 2


def test_nested_items_know_their_parent_and_the_line_that_introduces_them() -> None:
    text = "Use cases:\n\n  • coding\n    • tests\n    • docs\n  • writing\n"
    assert leads(text, "item") == [(0, "Use cases:"), (1, "coding"), (1, "coding"), (0, "Use cases:")]


@pytest.mark.parametrize("mark", ["-", "*", "•", "◦", "▪", "–", "o", "1.", "(1)", "a)", "[ ]", "- [x]"])
def test_bullets_of_all_sorts(mark: str) -> None:
    after = {"1.": "2.", "(1)": "(2)", "a)": "b)"}.get(mark, mark)
    assert of_kind(f"Things to do:\n\n{mark} buy milk\n{after} call home\n\n{PROSE}", "item") == [
        f"{mark} buy milk",
        f"{after} call home",
    ]


def test_an_item_goes_on_on_deeper_lines() -> None:
    assert of_kind("List:\n\n- cold porridge left\n  on the stove\n- dogs\n", "item") == [
        "- cold porridge left\n  on the stove",
        "- dogs",
    ]


def test_numbered_lines_are_items_together_and_headings_apart() -> None:
    together = "Phases:\n\n1. Pre-training\n2. Post-training\n"
    apart = f"Guide\n\n1. Pre-training\n\n{PROSE}\n\n2. Post-training\n\n{PROSE}\n"
    assert len(of_kind(together, "item")) == 2
    assert [found for _, found in outline(apart)][1:] == ["1. Pre-training", "2. Post-training"]


def test_code_that_lost_its_indentation_is_one_block() -> None:
    code = (
        "import os\nfrom x import y\n\ndef load(path):\n"
        '"""\nLoad a file.\nSteps:\n1. Open it\n\n## Notes\n- none\n"""\n'
        "with open(path) as f:\nreturn f.read()\n# Usage:\n# load('a')\ndata = load(\n'a.txt',\n)"
    )
    assert read(f"Loading Data\n\n{PROSE}\n\n{code}\n\n{PROSE}")[2] == ("code", code)


def test_code_between_lines_without_blank_ones() -> None:
    text = f'Principle 1: Be Clear\n# BAD\nprompt = "Analyze"\nPrinciple 2: Be Short\nx = run(prompt)\n{PROSE}\n{PROSE}'
    assert of_kind(text, "code") == ['# BAD\nprompt = "Analyze"', "x = run(prompt)"]
    assert len(of_kind(text, "heading")) == 2


@pytest.mark.parametrize(
    "code",
    [
        '{\n"name": "demo",\n"scripts": {\n"start": "node"\n}\n}',
        "$ pip install x\n$ python run.py",
        "SELECT name, age\nFROM people\nWHERE age > 30;",
        'const a = 1;\n// go\napp.get("/", (req, res) => {\n  res.send("hi");\n});',
        "graph TD\nA[One] --> B[Two]\nstyle A fill:#fff",
        'Start"] --> B["Build\n& Test"] B -->|"ok"| C["Ship',
        "AI\n|\n+-----+-----+\n| | |\nModels Data Tools\n| |\n- one | - two",
        "project/\n├── src\n│   └── main.py\n└── README.md",
    ],
)
def test_code_and_drawings_of_many_kinds(code: str) -> None:
    assert of_kind(f"{PROSE}\n\n{code}\n\n{PROSE}", "code") == [code]


def test_drawings_and_named_languages() -> None:
    text = "x = f(1)\n\nIt prints:\n\nAPI\n|\n+----+\n| DB |\n+----+\n\nIt grows:\n\ngraph TD\nA[One] --> B[Two]\n"
    assert [block.language for block in blocks(text) if block.kind == "code"] == ["", "text", "mermaid"]


@pytest.mark.parametrize(
    "prose",
    [
        "import taxes rose, and from then on nobody would pay (at least not in full).",
        "Author(s):",
        "for those in need:",
        "[{'content': \"These instructions apply to themes, and they were written by a person for other people\", 'role': "
        "'user'}, {'content': 'This feature only applies to pages and sections that are listed in the text material, "
        "not to any other one, as far as anybody knows. It is better to look at the text before you rely on it, since "
        "things change all the time and no text is ever quite as new as the thing that it tells of, they say.'}]",
    ],
)
def test_prose_is_not_code(prose: str) -> None:
    assert of_kind(f"{PROSE}\n\n{prose}\n\n{PROSE}", "code") == []


def test_a_wrapped_sentence_that_names_code_is_prose() -> None:
    text = "The guard tests the age that was read in the line above, so that\nlet Ok(age) = age && age > 30; compares\nthe number and not the text.\n"
    assert of_kind(text, "paragraph") == [text.strip()]


def test_what_a_command_prints_belongs_to_it() -> None:
    shown = "$ cargo run\nCompiling hello v0.1.0 (file:///projects/hello)\nFinished dev target\nHello, world"
    assert of_kind(f"{PROSE}\n\n{shown}\n\n{PROSE}", "code") == [shown]


def test_rows_with_pipes_tabs_and_spaces() -> None:
    piped = "| Plan | Seats |\n|---|---|\n| Basic | 5 |\n| Pro | 20 |"
    assert [lead for _, lead in leads(piped, "row")] == ["", "Plan | Seats", "Plan | Seats"]
    assert of_kind(piped, "row")[0] == "| Plan | Seats |\n|---|---|"
    assert [lead for _, lead in leads("Plan\tSeats\nBasic\t5\nPro\t20", "row")][1:] == ["Plan | Seats"] * 2
    assert [lead for _, lead in leads("Plan    Seats\nBasic   5\nPro     20", "row")][1:] == ["Plan | Seats"] * 2


def test_numbered_questions_with_lettered_answers() -> None:
    text = "Quiz\n\n1. What is RAG?\nA. Cloth\nB. Retrieval\nC. A dataset\nAnswer: B\n\n2. What is BM25?\nA. A road\nB. A score\n"
    assert len(of_kind(text, "item")) >= 5


def test_a_chat_is_read_turn_by_turn() -> None:
    text = "alice: did you see the docs\nbob: yes\nbob: they look good\nalice: great\n"
    assert of_kind(text, "paragraph") == text.split("\n")[:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\ntitle: A\n---\n\nText.\n", True),
        (f"# Title\n\n{PROSE}\n\n## Part\n\nSee [this](http://a.b) and **that**.\n", True),
        (f"Title\n\n{PROSE}\n\n• one\n• two\n", False),
        ("import os\n# Load\nx = 1\n\n# Save\ny = 2\n\n# Done\nz = 3\n", False),
        (f"{PROSE}\n\n**One stressed line**\n\n" + f"{PROSE}\n\n" * 40, False),
        ("Text\n\n```py\nx\n```\n\n```py\ny\n```\n\n**b** **c** **d** [a](http://x) [b](http://y)", True),
        ('prompt = """Analyst\n## Role\n- x\n## Task\n**a** **b** **c**"""\n| a |\n|---|\n' + "Prose. " * 3000, False),
        ("", False),
    ],
)
def test_markdown_is_told_from_plain_text(text: str, expected: bool) -> None:
    assert is_markdown(text) is expected


@pytest.mark.parametrize("piece", ["word ", "a", "(", "It is so. ", "x = f(a), "])
def test_a_line_of_two_megabytes(piece: str) -> None:
    text = piece * (2_000_000 // len(piece))
    start = time.process_time()
    check_partition(text, blocks(text))
    is_markdown(text)
    assert time.process_time() - start < 15, "with time that grows by the square it takes minutes"


@pytest.mark.parametrize(
    "piece",
    ["- a ", "1. A ", "• a ", "| a ", "a  ", "a\t", '"""\n', "[\n", "| a |\n", "a:\n", "1. A\n", "Ab Cd\n\n", "Copy\n"],
)
def test_time_grows_with_the_length_only(piece: str) -> None:
    def once(text: str) -> float:
        start = time.process_time()
        check_partition(text, blocks(text))
        return time.process_time() - start

    def seconds(length: int) -> float:
        # the best of three: a garbage collection of the whole test run may fall into one
        return min(once(piece * (length // len(piece))) for _ in range(3))

    assert seconds(24_000) < 18 * max(seconds(4_000), 0.02)  # linear: 6 times; quadratic: 36 times


@pytest.mark.skipif(not COURSE.is_dir(), reason="the raw course documents (../shared/course) are not here")
def test_the_raw_documents() -> None:
    for path in sorted(COURSE.glob("*.txt")):
        text = path.read_text()
        check_partition(text, blocks(text))
        assert is_markdown(text) == text.startswith("---")
