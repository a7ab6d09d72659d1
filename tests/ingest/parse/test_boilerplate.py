"""Page furniture: what is told by its shape, what by repetition, and what must stay."""

import pytest

from ingest.parse.plain_text.blocks import blocks
from ingest.parse.plain_text.boilerplate import fold, looks_like_furniture, repeated_lines

PROSE = "A carrier takes things from one place to another. It needs a map, and it never stops on the way."


def boilerplate(text: str, furniture: frozenset[str] = frozenset()) -> list[str]:
    return [text[b.start : b.end] for b in blocks(text, furniture=furniture) if b.kind == "boilerplate"]


@pytest.mark.parametrize(
    "line",
    [
        "Section titled “What is a token?”",
        "Email*",
        "Join over 54,000 Developers Becoming AI Heroes",
        "Subscribe to our newsletter",
        "I respect your privacy. Unsubscribe at any time.",
        "We use cookies to improve your experience on our site.",
        "Accept all cookies",
        "Skip to content",
        "Write A Comment",
        "Terminal window",
        "Home | About | Contact",
        "← Previous",
        "Page 3 of 10",
        "- 12 -",
        "© 2024 Acme. All rights reserved.",
        "On this page",
    ],
)
def test_furniture_by_shape(line: str) -> None:
    assert looks_like_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        "Summary",
        "Copy the file to the server.",
        "Email is the oldest service on the net.",
        "Cookies keep a session: the browser sends them with each request.",
        "We join two tables by their keys.",
        "Search",
        "Next, open the file.",
        "Section titled with care",
        "Share your results with the group and explain them.",
        "Precision | Recall | F1",
        "Comments are lines that begin with a hash.",
        "Page tables map virtual to physical memory.",
        "Print",
        "Login",
        "Two and two are ........ 4",
    ],
)
def test_content_that_must_stay(line: str) -> None:
    assert not looks_like_furniture(line)


def test_buttons_are_furniture_beside_code_or_furniture_or_at_the_edge() -> None:
    code = "import os\nprint(os.name)"
    assert boilerplate(f"Title\n\n{PROSE}\n\nCopy\n\n{code}\n\n{PROSE}") == ["Copy"]
    assert boilerplate(f"Title\n\n{PROSE}\n\nPrevious\n\nNext\n\n{PROSE}") == ["Previous", "Next"]
    assert boilerplate("Log in\n\n" + f"{PROSE}\n\n" * 40) == ["Log in"]


def test_a_heading_that_could_be_a_button_stays() -> None:
    text = f"Pages of the API\n\n{PROSE}\n\nLogin\n\n{PROSE}\n\nRegister\n\n{PROSE}\n\nPrivacy Policy\n\n{PROSE}"
    assert boilerplate(text) == []


def test_a_table_of_contents() -> None:
    text = f"Contents\n\nIntroduction ............ 4\n2.1 Hosts . . . . . . . 12\n\n{PROSE}"
    assert boilerplate(text) == ["Introduction ............ 4", "2.1 Hosts . . . . . . . 12"]
    assert boilerplate(f"Quiz\n\n{PROSE}\n\nTwo and two are ........ 4\n\n{PROSE}") == []


def test_a_slogan_inside_a_form_is_furniture() -> None:
    text = f"Title\n\n{PROSE}\n\nJoin over 5,000 readers\n\nLearn it before the others do.\n\nEmail*\n\n{PROSE}"
    assert boilerplate(text) == ["Join over 5,000 readers", "Learn it before the others do.", "Email*"]


def test_notes_in_another_script_at_the_edges() -> None:
    text = "Перейти до вмісту\n\nThe Title\n\n" + f"{PROSE}\n\n" * 30
    assert boilerplate(text) == ["Перейти до вмісту"]


def test_another_script_inside_the_text_stays() -> None:
    words = "Привіт\n\n" * 5
    assert boilerplate("Lesson\n\n" + f"{PROSE}\n\n" * 12 + words + f"{PROSE}\n\n" * 12) == []
    assert boilerplate("Привіт means hello.\n\n" + f"{PROSE}\n\n" * 30) == []


def test_code_keeps_lines_that_look_like_furniture() -> None:
    assert boilerplate("```\nCopy\nEmail*\n```\n") == []


def test_lines_that_many_documents_share_at_their_edges() -> None:
    texts = [
        f"Acme Learning Portal Home\n\nLesson {n}\n\nSummary\n\n{PROSE} {n}\n\nThe Acme team wrote this"
        for n in range(4)
    ]
    found = repeated_lines(texts)
    assert found == {fold("Acme Learning Portal Home"), fold("The Acme team wrote this")}
    assert boilerplate(texts[0], found) == ["Acme Learning Portal Home", "The Acme team wrote this"]


def test_running_heads_of_pages() -> None:
    pages = [f"Acme Handbook, internal edition {n}\nPart {n}\nText of page {n} {'x' * n}.\nmore" for n in range(1, 6)]
    assert fold("Acme Handbook, internal edition 3") in repeated_lines(["\f".join(pages)])


def test_a_slogan_that_always_stands_beside_furniture() -> None:
    form = "Engineering skills are your advantage, so learn them now.\n\nEmail*\n\n"
    assert repeated_lines([f"{PROSE}\n\n{form}{PROSE} 2\n\n{form}"]) == {
        fold("Engineering skills are your advantage, so learn them now.")
    }


def test_repeated_content_is_no_furniture() -> None:
    text = (
        f"Summary\n\n{PROSE}\n\nresult = run(x)\n\nSummary\n\n{PROSE}\n\nresult = run(x)\n\nSummary\n\nThe end of it\n"
    )
    assert repeated_lines([text]) == frozenset()
    assert repeated_lines([text] * 5) == frozenset()
    assert repeated_lines([]) == frozenset()


def test_fold_ignores_case_space_and_numbers() -> None:
    assert fold("Page  3 of\t10") == fold("page 12 OF 10") == "page 0 of 0"
