"""The page of transcripts is what the program does."""

import pytest

from tests.docs import transcripts


@pytest.fixture(scope="module")
def page() -> str:
    return transcripts.page()


def test_the_page_is_up_to_date(page: str) -> None:
    assert transcripts.PAGE.read_text(encoding="utf-8") == page, "run: python -m tests.docs.transcripts"


def test_every_failure_ends_in_something_to_read(page: str) -> None:
    rows = [line.split(" | ") for line in page.split("## What fails")[1].splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 10
    for row in rows:
        assert "an answer" in row[2] or "nearest sections" in row[2]
        assert int(row[1]) > 0
