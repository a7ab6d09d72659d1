"""What is no content of a plain text: told by repetition and place, in any language, and what must stay."""

from ingest.parse.plain_text.blocks import blocks
from ingest.parse.plain_text.boilerplate import fold, repeated_lines

PROSE = "A carrier takes things from one place to another. It needs a map, and it never stops on the way."


def boilerplate(text: str, known: frozenset[str] = frozenset()) -> list[str]:
    return [text[b.start : b.end] for b in blocks(text, known=known) if b.kind == "boilerplate"]


def headings(text: str) -> list[str]:
    return [text[b.start : b.end] for b in blocks(text) if b.kind == "heading"]


def test_of_a_form_that_returns_sentences_are_read_once() -> None:
    form = "Подпишитесь на рассылку\n\nАдрес*\n\n"
    assert boilerplate("".join(f"{PROSE} {n}\n\n{form}" for n in range(4))) == ["Подпишитесь на рассылку", "Адрес*"] * 4
    assert boilerplate(f"{PROSE}\n\n{form}" * 2) == []
    box = "A vein leads to the heart.\n\nLearn it by heart.\n\n"
    assert boilerplate("".join(f"{PROSE} {n}\n\n{box}" for n in range(4))).count("A vein leads to the heart.") == 3


def test_what_returns_in_a_script_without_stops_is_read_once() -> None:
    line = "เซลล์เป็นหน่วยที่เล็กที่สุดของสิ่งมีชีวิตและมีเยื่อหุ้มล้อมรอบ"
    assert len(boilerplate("\n\n".join([line] * 9))) == 8


def test_answers_to_tick_are_content_however_often_they_return() -> None:
    assert boilerplate("".join(f"{n}. Is {n} a prime?\nTrue\nFalse\n\n" for n in range(9))) == []


def test_the_note_of_an_anchor_is_no_content() -> None:
    text = f"Kapitel\n\n{PROSE}\n\nWas ein Wort kostet\nAbschnitt mit dem Titel „Was ein Wort kostet“\n{PROSE}"
    assert boilerplate(text) == ["Abschnitt mit dem Titel „Was ein Wort kostet“"]
    assert "Was ein Wort kostet" in headings(text)


def test_a_site_s_own_notes_above_the_title_are_not_the_title() -> None:
    text = "Перейти до вмісту\n\nThe Title\n\n" + f"{PROSE}\n\n" * 30
    assert headings(text) == ["The Title"]
    assert headings("データベース\n\n" + "関係は表として表されます。\n\n" * 9) == ["データベース"]


def test_lines_that_many_documents_share_at_their_edges() -> None:
    texts = [
        f"Acme Learning Portal Home\n\nLesson {n}\n\nSummary\n\n{PROSE} {n}\n\nThe Acme team wrote this"
        for n in range(4)
    ]
    found = repeated_lines(texts)
    assert found == {fold("Acme Learning Portal Home"), fold("The Acme team wrote this")}
    assert boilerplate(texts[0], found) == ["Acme Learning Portal Home", "The Acme team wrote this"]


def test_what_speech_recognition_wrote_over_and_over_is_kept_once() -> None:
    stuck = "Rocks melt there.\n" + "and there is no more\n" * 9 + "They rise then.\n" + "No, no, no!\n" * 3
    assert boilerplate(stuck) == ["\n".join(["and there is no more"] * 8)]


def test_running_heads_of_pages() -> None:
    pages = [f"Acme Handbook, internal edition {n}\nPart {n}\nText of page {n} {'x' * n}.\nmore" for n in range(1, 6)]
    assert "Acme Handbook, internal edition 3" in boilerplate("\f".join(pages))


def test_repeated_content_is_no_boilerplate() -> None:
    text = (
        f"Summary\n\n{PROSE}\n\nresult = run(x)\n\nSummary\n\n{PROSE}\n\nresult = run(x)\n\nSummary\n\nThe end of it\n"
    )
    assert boilerplate(text) == []
    assert repeated_lines([text] * 5) == frozenset()
    assert repeated_lines([]) == frozenset()


def test_fold_ignores_case_space_and_numbers() -> None:
    assert fold("Page  3 of\t10") == fold("page 12 OF 10") == "page 0 of 0"
