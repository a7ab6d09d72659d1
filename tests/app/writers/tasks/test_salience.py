"""Which sentences of a part are selected."""

from pathlib import Path

from app.writers.tasks.pieces import Piece, sentences_in, whole_document
from app.writers.tasks.salience import SalienceScorer, is_enumeration
from retrieval.types import Document
from tests.app.writers.tasks.document_support import read


def sentences_of(document: Document) -> list[Piece]:
    return list(sentences_in(document, 0, len(document.text)))


def scorer_of(document: Document) -> SalienceScorer:
    return SalienceScorer(document, whole_document(document))


def test_a_sentence_with_a_name_that_needs_introduction_is_less_salient(tmp_path: Path) -> None:
    case = "One night the harbour master Hansen went out. In the fog Hansen lost rope and hitch. In the fog one loses rope and hitch."
    document = read(tmp_path, f"# Knots\n\n## Rope and hitch\n\n{case}\n")
    (best,) = scorer_of(document).select(sentences_of(document), 1)
    assert best.text == "In the fog one loses rope and hitch."


def test_a_name_needs_introduction_at_the_beginning_of_a_sentence_too(tmp_path: Path) -> None:
    case = "One night the harbour master Hansen went out. Hansen lost rope and hitch in fog. One loses rope and hitch in fog."
    document = read(tmp_path, f"# Knots\n\n## Rope and hitch\n\n{case}\n")
    (best,) = scorer_of(document).select(sentences_of(document), 1)
    assert best.text == "One loses rope and hitch in fog."


def test_an_antecedent_that_is_selected_already_is_not_selected_again(tmp_path: Path) -> None:
    document = read(tmp_path, "# Knots\n\nA hitch ties a rope to a pole. It slips where wood is wet.\n")
    antecedent, anaphoric = sentences_of(document)
    assert scorer_of(document).select([antecedent, anaphoric], 2, selected=[antecedent]) == [anaphoric]


def test_an_anaphoric_sentence_is_selected_only_after_its_antecedent_in_the_same_paragraph(tmp_path: Path) -> None:
    anaphoric = "This keeps a ship in harbour during storms."
    for between, is_selected in ((" ", True), ("\n\n", False)):
        document = read(tmp_path, f"# Ropes\n\n## Hemp ropes\n\nRopes of hemp hold in water.{between}{anaphoric}\n")
        selected = scorer_of(document).select(sentences_of(document), 9, min_salience=-9)
        assert (anaphoric in [piece.text for piece in selected]) is is_selected


def test_an_anaphoric_sentence_is_selected_together_with_its_antecedent(tmp_path: Path) -> None:
    text = "Sailors store their sails dry. Therefore ropes, knots and hitches of hemp at sea need sails. Gulls cry."
    document = read(tmp_path, f"# Sea\n\n## Ropes, knots and hitches of hemp at sea\n\n{text}\n")
    antecedent, anaphoric = sentences_of(document)  # the last is too short for a statement
    scorer = scorer_of(document)
    assert scorer.select([antecedent, anaphoric], 2) == [antecedent, anaphoric]
    assert scorer.select([antecedent, anaphoric], 1) == [antecedent]


def test_a_sentence_of_another_paragraph_is_selected_before_a_redundant_one(tmp_path: Path) -> None:
    first = "Ropes of hemp hold ships. Ropes of hemp hold ships at piers. Ropes of hemp hold ships at sea."
    document = read(tmp_path, f"# Ropes\n\n## Hemp\n\n{first}\n\nSisal ropes are cheap at sea.\n")
    sentences = sentences_of(document)
    assert sentences[3] in scorer_of(document).select(sentences, 2)


def test_what_the_course_asks_is_most_salient(tmp_path: Path) -> None:
    alike = [f"Hitches slip on {pole} poles." for pole in ("smooth", "tall", "round")]
    document = read(tmp_path, f"# Knots\n\n## Hitches\n\n{' '.join(alike)}\n\n## Quiz\n\nWhat slips on round poles?\n")
    _, second, third, *_ = sentences_of(document)
    assert scorer_of(document).select([second, third], 1) == [third]


def test_a_wrapped_paragraph_is_no_enumeration(tmp_path: Path) -> None:
    document = read(tmp_path, "# Ropes\n\n## Hemp\n\nRopes of hemp hold\nin water.\n")
    assert not any(map(is_enumeration, sentences_of(document)))


def test_a_sentence_that_is_parallel_to_another_but_for_its_point_is_not_redundant(tmp_path: Path) -> None:
    hemp = "A rope of hemp that is to pass must serve a known purpose and must be woven loosely for it."
    steel = "A rope of steel that is to pass must serve a grave purpose and must be woven tightly for it."
    document = read(tmp_path, f"# Ropes\n\n{hemp} {steel}\n")
    assert len(scorer_of(document).select(sentences_of(document), 2, min_salience=-9)) == 2
