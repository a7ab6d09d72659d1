"""The writer that quotes: what it takes of the passages, and how that reads."""

from collections.abc import Sequence

import pytest

from app.types import Question
from app.writers.extractive.blocks import places
from app.writers.extractive.question_type import what_is_asked
from app.writers.extractive.writer import ExtractiveWriter
from retrieval.types import Passage
from tests.app.writers.writing_support import PRICES, Part, Written, passage


class Favouring:
    """In the cross-encoder's place: favours what it is told to; keeps what it was asked."""

    name = "favouring"
    weight = 1.0
    depth = 4

    def __init__(self, favourite: str) -> None:
        self.favourite = favourite
        self.read: list[str] = []

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        self.read += texts
        return [20.0 * (self.favourite in text) for text in texts]


def write(question: str, *passages: Passage, reader: Favouring | None = None) -> Written:
    return Written(ExtractiveWriter(reader).write(Question(question), question, passages))


def listed(*items: str, intro: str = "", section: str = "Bowline", start: int = 0) -> Passage:
    parts: list[Part] = [intro] if intro else []
    return passage(*parts, *(("item", item, intro) for item in items), section=(section,), start=start)


STEPS = ("1. Make a small loop.", "2. Bring the end up.", "3. Take it round behind.", "4. Pull tight.")
BOWLINE = listed(*STEPS, intro="To tie a bowline:")


def test_a_list_that_is_asked_for_comes_whole_with_what_announces_it() -> None:
    written = write("What are the steps to tie a bowline?", BOWLINE)
    assert written.text == "To tie a bowline:\n\n" + "\n".join(STEPS)
    assert written.quotes == ["To tie a bowline:", *STEPS]


def test_a_list_that_two_passages_share_is_one() -> None:
    """Their border is one of chunks, which a reader knows nothing of."""
    first = listed(*STEPS[:2], intro="To tie a bowline:")
    second = listed(*STEPS[2:], start=first.end + 1)
    written = write("What are the four steps to tie a bowline?", first, second)
    assert written.text == "To tie a bowline:\n\n" + "\n".join(STEPS)
    apart = listed(*STEPS[2:], start=first.end + 100)
    assert "2. Bring the end up.\n3." not in write("What are the four steps to tie a bowline?", first, apart).text


def test_one_item_has_no_number() -> None:
    """ "3." alone would make a reader look for 1 and 2."""
    reader = Favouring("Take it round")
    items = tuple(f"{step} {'It goes on for many more words than a short list has. ' * 3}" for step in STEPS)
    written = write("Where does the end go round?", listed(*items), reader=reader)
    assert "- Take it round behind." in written.text
    assert "3." not in written.text


def test_items_stop_at_the_room_there_is() -> None:
    long = [f"{number}. Rope {number} " + "holds the boat at the pier in wind " * 6 for number in range(1, 12)]
    written = write("How does rope hold the boat at the pier?", listed(*long))
    assert 40 <= len(written.text.split()) <= 130


def test_what_an_item_counts_comes_whole() -> None:
    """ "Two kinds:" with one of them would look like a mistake."""
    parent, kinds = (
        "Loops come in two kinds:",
        ("One that slips when it is pulled.", "One that holds when it is pulled."),
    )
    others = [("item", f"Knot {number} " + "is tied at the pier in any wind " * 3, "") for number in range(8)]
    told = passage(("item", parent, ""), *(("item", kind, parent) for kind in kinds), *others, section=("Loops",))
    written = write("Does a loop hold?", told, reader=Favouring("One that holds"))
    assert written.quotes == [parent, *kinds]


def test_what_announces_something_that_is_not_there_is_not_quoted() -> None:
    slips = "A bowline makes a loop that does not slip."
    broken_off = passage(slips, "To tie a bowline in a thick rope:", section=("Bowline",))
    assert write("How do I tie a bowline?", broken_off).text == slips
    assert write("How do I tie a bowline?", passage("To tie a bowline:")).end.refused


def test_a_sentence_that_leans_brings_the_one_before() -> None:
    told = passage("A bowline is a knot.", "It makes a loop.", "It weakens rope by a third.", "Cats hunt at dawn.")
    written = write("How much does it weaken rope?", told, reader=Favouring("weakens"))
    assert written.quotes == ["A bowline is a knot.", "It makes a loop.", "It weakens rope by a third."]


def test_a_comparison_gets_the_whole_table_and_a_fact_its_row() -> None:
    both = write("Compare the input prices of the small and the large model.", PRICES)
    assert both.text.startswith("Tokens:\n\n| model | input |\n| --- | --- |\n| small | $0.10 |")
    assert len(both.quotes) == 2
    one = write("What does input cost with the large model?", PRICES, reader=Favouring("$4.00"))
    assert "model: large; input: $4.00" in one.text


def test_code_comes_whole_with_the_sentence_before_it() -> None:
    code = "```python\ndef cosine(a, b):\n    return a @ b\n```"
    written = write("Show me code for the cosine.", passage("The cosine in Python is short.", ("code", code)))
    assert written.text == "The cosine in Python is short.\n\n" + code
    assert written.quotes == ["The cosine in Python is short.", code]


def long_code(functions: int = 10) -> str:
    """About 250 words."""
    bodies = (
        f"def knot_{number}(rope):\n    first = rope.bend({number})\n    second = first.pull()\n    return second.end\n"
        + "    # and so on, as long as there is any rope left to be bent\n"
        for number in range(functions)
    )
    return "```python\n" + "\n".join(bodies) + "```"


def test_of_long_code_come_the_definitions_that_are_asked_about() -> None:
    """They are one quote, in their order, cut between definitions and never within a line."""
    told = passage("All knots in one file.", ("code", long_code()))
    written = write("What does knot_7 of the knots return?", told, reader=Favouring("knot_7"))
    code = written.quotes[-1]
    assert "def knot_7(rope):" in code
    assert code.startswith("def knot_")
    assert code in long_code()
    assert "def knot_1(" not in code
    assert len(written.quotes) == 2
    assert len(written.text.split()) <= 120


def test_what_an_exercise_asks_to_do_is_no_answer_unless_it_is_asked_for() -> None:
    exercise = passage(
        "Say of each knot whether it slips.", document_id="work", section=("Exercise 2: knots",), start=0
    )
    lesson = passage("A granny knot slips under load.", document_id="lesson", section=("Lesson 1",), rank=2, start=0)
    assert write("Which knot slips?", exercise, lesson).quotes == ["A granny knot slips under load."]
    assert (
        write("What is to be done in the exercise on a knot that slips?", exercise, lesson).quotes[0].startswith("Say")
    )


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("How do I write a function that ties a knot?", True),
        ("Show me the code of the loop.", True),
        ("How can I see the same knot every time I run my script?", False),
        ("Write me a short script that ties a knot.", True),
        ("How do I check a knot that no script can check?", False),
        ("How do I keep a rope dry?", False),
    ],
)
def test_code_is_shown_where_it_is_asked_for(question: str, shown: bool) -> None:
    assert what_is_asked(question, question).showing == shown


def test_code_is_not_cut_within_a_statement() -> None:
    call = "answer = ask(\n" + "".join(f"    option_{number}=rope,\n" for number in range(9)) + ")\n"
    loop = "for knot in knots:\n" + "".join(f"    pull_{number}(knot)\n" for number in range(9))
    lines = "".join(f"bend({number})\n" for number in range(9))
    told = passage("Ropes.", ("code", call + lines + loop + lines))
    parts = [piece.source for block in places([told])[0].blocks for piece in block.pieces]
    eight = lines[: lines.index("bend(8)")]
    assert parts == [call, eight, "bend(8)\n" + loop, eight, "bend(8)\n"]


def test_long_code_comes_whole_when_it_is_to_be_shown() -> None:
    told = passage("All knots in one file.", ("code", long_code()))
    assert write("Show me the code of all the knots.", told).quotes[-1] == long_code()


def test_a_further_section_adds_a_few_words_and_only_if_it_is_as_likely() -> None:
    def section(name: str, start: int) -> Passage:
        kinds = (" ".join(f"{name}{number}{letter}" for letter in "abcdef") for number in range(12))
        told = (f"Any knot holds {kind}." for kind in kinds)
        return passage(*told, document_id=name, section=(name,), start=start)

    places = [section("alpha", 0), section("beta", 0)]
    alike = write("Which knot holds?", *places)
    groups = [sum(name in quote for quote in alike.quotes) for name in ("alpha", "beta")]
    assert groups[0] > groups[1] > 0
    assert len(alike.text.split()) <= 120
    clear = write("Which knot holds?", *places, reader=Favouring("holds alpha0a"))
    assert all("alpha" in quote for quote in clear.quotes)


def test_a_long_table_that_compares_nothing_asked_for_gives_its_best_rows() -> None:
    header = "| knot | use |"
    rows = [("row", f"| knot {number} | holds a boat in wind {number} |", header) for number in range(30)]
    written = write("Is knot 7 or knot 9 better for a boat?", passage(("row", header), *rows, section=("Knots",)))
    assert len(written.quotes) == 2


def test_an_excerpt_that_does_not_name_its_subject_gets_the_heading() -> None:
    """The heading is no quote and no claim: it has no footnote, and names only where the quote stands."""
    bend = passage("Joins two ropes of different thickness.", section=("Knots", "Sheet bend"))
    written = write("joining a thick and a thin rope", bend)
    assert written.text == "Sheet bend: Joins two ropes of different thickness."
    assert written.quotes == ["Joins two ropes of different thickness."]
    named = passage("The sheet bend joins two ropes.", section=("Knots", "Sheet bend"))
    assert write("joining two ropes", named).text == "The sheet bend joins two ropes."


def test_an_excerpt_that_begins_by_pointing_back_gets_the_heading() -> None:
    told = "Both weaken any rope by a third, hitches more than bends, so a splice is better where there is time for it."
    written = write("What weakens rope?", passage(told, section=("Knots", "Hitches and bends")))
    assert written.text == f"Hitches and bends: {told}"


def test_the_second_look_decides_between_like_sentences() -> None:
    """Each likely sentence is read by itself, below its heading."""
    places = [
        passage(f"A knot of kind {name} holds rope well.", document_id=name, section=(name,), start=0)
        for name in ("alpha", "beta", "gamma")
    ]
    reader = Favouring("kind gamma")
    assert (
        write("Which knot holds rope well?", *places, reader=reader).quotes[0]
        == "A knot of kind gamma holds rope well."
    )
    assert "beta\nA knot of kind beta holds rope well." in {text.replace("\n ", "\n") for text in reader.read}


def test_a_question_in_the_course_is_no_answer() -> None:
    quiz = passage(("item", "3. How does a bowline hold? Name two reasons and a knot.", ""), section=("Quiz",), start=0)
    told = "A bowline does hold by turns of rope that press on each other."
    written = write("How does a bowline hold?", quiz, passage(told, section=("Loads",), document_id="told"))
    assert written.quotes == [told]


def test_no_more_than_a_few_are_read_again() -> None:
    reader = Favouring("nothing")
    write("How do cats sleep?", passage(*(f"Cats sleep in place {number}." for number in range(40))), reader=reader)
    assert len(reader.read) == 8


def test_what_cannot_win_is_not_read_again() -> None:
    reader = Favouring("nothing")
    told = passage("A bowline is a knot.", *(f"Cats sleep in place {number}." for number in range(40)))
    write("What is a bowline?", told, reader=reader)
    assert len(reader.read) == 1


def test_nothing_to_quote_is_a_refusal() -> None:
    assert write("What is it?").end.refused


def test_a_sentence_that_leans_on_what_is_not_there_is_left_out() -> None:
    told = passage("And it holds in wind.", "A bowline makes a loop.", "The loop holds a boat.", section=("Bowline",))
    written = write("What holds a boat, a bowline in wind?", told, reader=Favouring("boat"))
    assert written.quotes == ["A bowline makes a loop.", "The loop holds a boat."]
