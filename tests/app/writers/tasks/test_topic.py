"""What of a course is on a topic."""

from pathlib import Path

from app.types import Target
from app.writers.tasks.explanation import Course
from app.writers.tasks.pieces import Piece, whole_document
from app.writers.tasks.terms.definitions import defined_terms
from app.writers.tasks.topic import Topic, collect, topics_for
from retrieval.types import Document, Retrieval, Scope
from tests.app.writers.excerpts.course_support import course

ROPES = """# Ropes

## Knots of the deck

Sailors trust the bowline, and a bowline seldom slips. Out of courtesy they use a reef bend. Ropes are common, sails are common, masts are common, hooks are common, winds are common.

## Splices

A long splice is thin. A reef bend is a bad bend; a reef bend slips; a reef bend jams; no reef bend joins.

## Whippings

A whipping is seldom seen.

- Sailmaker: A whipping that is sewn through a sail.
- Common: A turn that holds an end.
- West Country: A whipping of many half knots.

## Key terms

- bowline: a loop that does not slip
- court: a place to play
- long splice: two ropes woven into one
- reef bend: a flat knot that joins two ropes
- whipping: twine around an end
"""


def topic(folder: Path, name: str, *headings: str, count: int = 9, asked: str = "") -> list[list[str]]:
    """The terms of each topic that is tried."""
    made = course(folder, ropes=ROPES)
    (whole,) = made.documents.values()
    sections = [Target(whole.id, one.path, one.start, one.end) for one in whole.sections if {*headings} & {*one.path}]
    parts = [(whole, one) for one in sections or [whole_document(whole)]]

    def search(query: str, scope: Scope) -> Retrieval:
        found = made.passages(query)
        return Retrieval(query, tuple(hit for one in found for hit in one.hits), found, 1.0, ())

    tried = topics_for(name, parts, Course(search, made.documents.get, 0.3), asked=asked)
    return [[piece.term for piece in _chosen(one, count)] for one in tried]


def _chosen(one: Topic, count: int) -> list[Piece]:
    pools, _ = one.candidates(defined_terms, in_glossaries=True)
    return one.select(pools, count)


def test_terms_that_the_section_uses_are_on_its_topic_and_none_that_it_has_no_more_often(tmp_path: Path) -> None:
    assert topic(tmp_path, "deck knots", "Knots of the deck")[0] == ["bowline"]
    first, *further = topic(tmp_path, "splices", "Splices")
    assert further  # for where the section offers nothing
    assert first == ["long splice", "reef bend"]


def test_of_a_topic_that_no_heading_names_the_terms_are_those_that_tell_of_it(tmp_path: Path) -> None:
    first, *_ = topic(tmp_path, "loops that slip", "Splices")
    assert first == ["bowline"]
    assert topic(tmp_path, "what sailors trust on board", "Splices")[0] == []


def test_of_a_list_that_answers_only_items_are_on_the_topic_that_name_it(tmp_path: Path) -> None:
    first, *_ = topic(tmp_path, "holding an end", "Splices")
    assert "Common" in first
    assert "Sailmaker" not in first


def test_where_a_name_is_of_several_sections_all_are_meant(tmp_path: Path) -> None:
    named = topic(tmp_path, "splices and whippings", "Splices", "Whippings", count=3)
    assert named[0] == ["reef bend", "long splice", "whipping"]


def test_what_a_section_itself_explains_is_on_its_topic_however_often_the_rest_has_it(tmp_path: Path) -> None:
    first, *_ = topic(tmp_path, "whippings", "Whippings")
    assert first == ["whipping", "Sailmaker", "West Country", "Common"]


def test_few_are_the_most_used(tmp_path: Path) -> None:
    assert topic(tmp_path, "", count=2) == [["reef bend", "whipping"]]


def test_under_a_heading_that_names_more_only_what_has_the_topic_s_words_is_on_it(tmp_path: Path) -> None:
    head = "| Splice | Use |\n| --- | --- |\n"
    rows = f"{head}| Eye | makes a fixed loop |\n| Back | stops an end fraying |\n\nOn the next page:\n\n{head}| Cut | makes a slit in a rope |\n"
    made = course(tmp_path, ropes=f"# Ropes\n\n## Splices and twine\n\n**Twine**: thread that is waxed\n\n{rows}")
    (whole,) = made.documents.values()
    (part,) = (Target(whole.id, one.path, one.start, one.end) for one in whole.sections if "twine" in "".join(one.path))

    def search(query: str, _: Scope) -> Retrieval:
        return Retrieval(query, (), (), 1.0, ())

    found = (
        next(topics_for(name, [(whole, part)], Course(search, made.documents.get, 0.3)))
        for name in ("splices", "splices and twine")
    )
    narrow, all_of_it = ([piece.term for piece in _chosen(one, 9)] for one in found)
    assert narrow == ["Eye", "Back", "Cut"]
    assert {*all_of_it} >= {*narrow}


def test_a_place_before_all_headings_is_called_as_its_document(tmp_path: Path) -> None:
    made = course(tmp_path, hawser="A hawser moors a ship. It is thick and it is laid of three strands.\n")
    (whole,) = made.documents.values()

    def search(query: str, scope: Scope) -> Retrieval:
        found = made.passages(query)
        return Retrieval(query, tuple(hit for one in found for hit in one.hits), found, 1.0, ())

    tried = list(topics_for("hawser", [(whole, whole_document(whole))], Course(search, made.documents.get, 0.3)))
    assert {target.path for one in tried for _, target in one.parts} == {(whole.title,)}
    assert not any(one.has_in_title("three strands") for one in tried)


def test_other_sections_whose_headings_have_the_topic_s_words_fill_what_its_own_leaves(tmp_path: Path) -> None:
    lessons = (
        "## Whippings\n\nA **sail whipping** is sewn through cloth by riggers.\n\n## Knots\n\nA **reef knot** is tied over a whipping by riggers.\n\n"
        "## How long whippings last\n\nA **palm** is a glove for sewing a whipping.\n"
    )
    made = course(tmp_path, ropes=f"# Ropes\n\n{lessons}")
    (whole,) = made.documents.values()
    (part,) = (Target(whole.id, one.path, one.start, one.end) for one in whole.sections if "Whippings" in one.path)
    about = Course(lambda query, _: Retrieval(query, (), (), 1.0, ()), made.documents.get, 0.3)
    for enough, found in ((1, ["sail whipping"]), (2, ["sail whipping", "palm"])):
        topics = topics_for("whippings", [(whole, part)], about)
        assert [piece.term for piece in collect(topics, (defined_terms,), 9, enough, enough)] == found


def test_terms_are_in_the_order_in_which_the_part_names_them(tmp_path: Path) -> None:
    assert topic(tmp_path, "", count=3) == [["bowline", "reef bend", "whipping"]]


def test_of_one_part_what_was_asked_for_of_its_name_is_the_topic(tmp_path: Path) -> None:
    heading = "Knots of the deck"
    assert topic(tmp_path, "", heading, asked="quiz me on knots, please") == [["reef bend"]]
    assert topic(tmp_path, "", heading, asked="quiz me on the knots of the deck") == [["bowline", "reef bend"]]
    assert topic(tmp_path, "", heading, asked="quiz me on 2.1") == [["bowline", "reef bend"]]


def test_what_fills_up_a_kind_comes_before_the_next_kind_and_nothing_twice(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Knots of the deck\n\nA **reef bend** is a knot that sailors tie by day. A **long splice** is thin and hard to make. Sailors cut a knot.\n"
    made = course(tmp_path, ropes=text)
    (whole,) = made.documents.values()
    (part,) = (
        Target(whole.id, one.path, one.start, one.end) for one in whole.sections if "Knots of the deck" in one.path
    )
    about = Course(lambda query, _: Retrieval(query, (), (), 1.0, ()), made.documents.get, 0.3)

    def other(document: Document, target: Target) -> list[Piece]:
        return [Piece(document, document.text.index("Sailors cut"), target.end, "knot")]

    for enough, found in ((2, ["reef bend", "long splice"]), (9, ["reef bend", "long splice", "knot"])):
        topics = topics_for("", [(whole, part)], about, asked="cards on knots")
        assert [piece.term for piece in collect(topics, (defined_terms, other), 9, enough, enough)] == found


def test_a_topic_is_told_by_all_slides_of_its_title_and_by_its_document(tmp_path: Path) -> None:
    slides = (
        "## Reefing\n\n## Ways of reefing\n\nA **reef tackle** is a rope that hauls a band up.\n\n## Ways of reefing\n\nA **reef point** is a short rope that ties it.\n\n"
        "## Whipping\n\n## Twine\n\nA **palm** is a glove for sewing.\n\nA **second reefing line** is a spare rope that is used for reefing.\n"
    )
    made = course(tmp_path, ropes=f"# Ropes\n\n{slides}")
    (whole,) = made.documents.values()
    about = Course(lambda query, _: Retrieval(query, (), (), 1.0, ()), made.documents.get, 0.3)

    def terms_on(name: str) -> list[list[str]]:
        (part, *_) = (Target(whole.id, one.path, one.start, one.end) for one in whole.sections if name in one.path)
        found = topics_for(f"{name} lecture", [(whole, part)], about)
        return [[piece.term for piece in _chosen(one, 9)] for one in found]

    first, *_, last = terms_on("Reefing")
    assert first == ["reef tackle", "reef point"]
    assert "second reefing line" in last
    assert "palm" not in last
    ways, others, *_ = terms_on("Ways of reefing")
    assert (ways, others) == (["reef tackle"], ["reef point"])
