"""What an outline says of each heading: what is defined, listed and told below it."""

from itertools import product
from pathlib import Path

from app.query.parts import box_starts
from app.types import Target, TextPiece
from app.writers.tasks.outline import outline
from app.writers.tasks.pieces import whole_document
from app.writers.tasks.summaries import key_points
from retrieval.types import Document
from tests.app.writers.tasks.document_support import read

TERMS = "## Key terms\n\n**bight**: a slack part of a rope\n\n**splice**: two ropes woven into one\n\n**whipping knot**: a knot that keeps an end from fraying\n"


def outlined(document: Document, beside: frozenset[int] = frozenset()) -> str:
    whole = whole_document(document)
    made = outline([(document, Target(whole.document_id, whole.path, whole.start, whole.end, beside))])
    return "".join(event.text for events in made for event in events if isinstance(event, TextPiece))


def test_an_outline_begins_with_what_stands_before_the_first_section(tmp_path: Path) -> None:
    text = "# Ropes\n\n## Learning objectives\n\nRopes are made of three strands.\n\nOne night in March I sailed to Cork.\n\n## Wear\n\nThey wear where they rub on wood.\n"
    document = read(tmp_path, text)
    first, second = outline([(document, whole_document(document))])
    assert first[:2] == [TextPiece("- **Ropes**"), TextPiece(" — Ropes are made of three strands.")]
    assert second[0] == TextPiece("  - **Wear**")


def test_a_heading_has_the_most_salient_of_its_first_sentences_beside_it(tmp_path: Path) -> None:
    point, late = "Hitches hold ropes by friction.", "Hitches hold hitches and ropes by friction."
    rare = list(map("".join, product("bdfg", "aei", "lmn")))
    others = "".join(f"{' '.join(rare[place : place + 6])} it. ".capitalize() for place in range(0, 36, 6))
    text = f"# Knots\n\n## Hitches\n\nAssume that a boat lies at a quay.\n\nIt rains. {point}\n\n{others}\n\n{late}\n"
    assert f"**Hitches** — {point}" in outlined(read(tmp_path, text))


def test_a_heading_has_a_sentence_beside_it_where_one_below_has_its_word_in_bold(
    tmp_path: Path,
) -> None:
    text = "# Knots\n\n## Hitches\n\nHitches of knots hold by friction.\n\nOne that sailors learn first is called **cow hitch**.\n"
    assert "**Hitches** — " in outlined(read(tmp_path, text))


def test_a_sentence_that_enumerates_and_introduces_a_term_is_listed_once(tmp_path: Path) -> None:
    kinds = "There are two kinds: cables, and what is called **hawsers**."
    text = f"# Ropes\n\n## Hemp\n\nHemp makes ropes that hold in water.\n\n{kinds}\n"
    assert outlined(read(tmp_path, text)).count("There are two kinds") == 1


def test_a_long_section_has_its_most_salient_sentence_below_its_heading(tmp_path: Path) -> None:
    rare = list(map("".join, product("bdfgk", "aeiou", "lmnrt", "aeiou")))
    others = "".join(f"{' '.join(rare[place : place + 5])} it. ".capitalize() for place in range(0, 250, 5))
    point = "Hitches need the friction of ropes on wood."
    hitches = f"## Hitches\n\nHitches hold ropes on poles.\n\n{others}{point}\n"
    text = f"# Knots\n\n{hitches}\n## Summary\n\nAll hitches hold.\n"
    told = outlined(read(tmp_path, text))
    assert f"\n  - {point}\n" in told
    quizzes = "".join(f"## Quiz {number}\n\n{number}. Is it wet?\n\n" for number in range(24))
    assert point in outlined(read(tmp_path, f"{text}\n{quizzes}"))


def test_introductions_have_only_their_heading_in_an_outline(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    document, other = read(tmp_path), read(tmp_path / "a", "# Welcome\n\nIn 1911 my uncle bought a boat in Hull.\n")
    told = str(list(outline([(one, whole_document(one)) for one in (other, document, document)])))
    assert "**Welcome**" in told
    assert "my uncle" not in told


def test_a_heading_that_names_a_term_has_its_definition_beside_it(tmp_path: Path) -> None:
    text = "# Knots\n\n## Ashley: Bends\n\nBends that are wet hold bends that are dry.\n\n## Key terms\n\n**bend**: a knot between two ropes\n"
    document = read(tmp_path, text)
    (line,) = [one for one in outline([(document, whole_document(document))]) if "Ashley" in str(one)]
    assert line[1] == TextPiece(" — a knot between two ropes")


def test_a_term_is_defined_below_the_heading_that_introduces_it(tmp_path: Path) -> None:
    bends = "Sailors join ropes of one size by bends. One joins them by its **bight**. A splice lasts longer than that."
    text = f"# Ropes\n\n## Bends\n\n{bends}\n\n## Wear\n\nWear begins at the splice and the bight.\n\n{TERMS}"
    below, _, after = outlined(read(tmp_path, text)).partition("**Wear**")
    assert "  - **bight** — a slack part of a rope\n  - **splice** — two ropes woven into one\n" in below
    assert "—" not in after.partition("\n")[2]


def test_a_heading_may_name_a_term_with_a_word_less_or_more(tmp_path: Path) -> None:
    text = f"# Ropes\n\n## Ashley: Whipping\n\nHe tied his whipping knot with twine.\n\n## Splice making\n\nEach splice took him an hour.\n\n{TERMS}"
    told = outlined(read(tmp_path, text))
    assert "**Ashley: Whipping**\n  - **whipping knot** — a knot that keeps an end from fraying\n" in told
    assert "**Splice making**\n  - **splice** — two ropes woven into one\n" in told


def test_paragraphs_with_run_in_headings_are_shown_by_these(tmp_path: Path) -> None:
    faults = [f"The {one} rope: It {one}s where nobody looks, and nobody sees it." for one in ("rott", "chaf", "fray")]
    text = "# Ropes\n\n## Faults\n\nOld Hansen looked after ropes in Hull.\n\n" + "\n\n".join(faults)
    assert "**Faults** — The rott rope; The chaf rope; The fray rope\n" in outlined(read(tmp_path, text))


def test_lettered_steps_of_a_caption_are_shown(tmp_path: Path) -> None:
    steps = "A splice takes three steps. (a) The strands are parted. (b) They are tucked. (c) They are trimmed."
    seen = "Knots of the harbour. (a) A bend in rain. (b) A hitch in wind. (c) A loop at sea."
    text = f"# Ropes\n\n## Splices\n\nA splice joins two ropes (Figure 2.1).\n\nFigure 2.1 Splices {steps}\n\nFigure 2.2 {seen}\n"
    told = outlined(read(tmp_path, text))
    assert f"\n  - Splices {steps}\n" in told
    assert "in rain" not in told


def test_what_a_section_enumerates_is_shown(tmp_path: Path) -> None:
    kinds = "Ropes are of three kinds: laid, plaited, and braided."
    text = f"# Ropes\n\n## Making\n\nRopes are made by making strands of yarn into ropes. {kinds}\n"
    assert f"\n  - {kinds}\n" in outlined(read(tmp_path, text))


def test_a_box_is_an_entry_of_the_outline_if_it_has_a_title(tmp_path: Path) -> None:
    link, box = (
        "### Link\n\nVisit the museum of ropes in Hull.",
        "### Portrait: Hansen\n\nHansen made ropes for whalers.",
    )
    care = "## Care\n\nRopes rot where they lie wet on deck.\n\nRopes that are dry last for years at sea."
    making = "## Making\n\nRopes are made of yarn that is spun by hand, and of three strands."
    text = f"# Ropes\n\n{care}\n\n{link}\n\nDry ropes weigh a third of what wet ropes weigh.\n\n{making}\n\n{box}\n"
    document = read(tmp_path, text)
    beside = box_starts([document, read(tmp_path, text.replace("Hansen", "Olsen"))])[document.id]
    told = outlined(document, beside)
    assert "  - **Portrait: Hansen** — Hansen made ropes for whalers.\n" in told
    assert "Link" not in told
    part = whole_document(document)
    said = str(list(key_points([(document, Target(part.document_id, part.path, part.start, part.end, beside))], 9)))
    assert "a third of what wet ropes weigh" in said
    assert "whalers" not in said
