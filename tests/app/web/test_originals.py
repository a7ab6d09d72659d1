"""Which page and which pictures of an original are asked for, and what the reader makes of them."""

from dataclasses import replace
from typing import ClassVar

import pytest

from app.web.pages import reader as originals
from app.web.render import document as reading
from app.web.render.html import Html, picture
from app.web.render.markdown import render
from retrieval.errors import IndexMissing
from retrieval.types import Block, Document, Page

TEXT = "first page here\n\nsecond page begins and goes\n\nover to the third"
SECOND, THIRD = TEXT.index("second"), TEXT.index("over")
PAGED = Document(
    "d", "d.pdf", "D", TEXT, (Block("paragraph", 0, len(TEXT)),), pages=(Page(1, 0), Page(2, SECOND), Page(3, THIRD))
)


class Drawn:
    """Has every picture that is asked for."""

    asked: ClassVar[list[str]] = []

    def ask(self, images: list[str]) -> dict[str, dict[str, dict[str, str]]]:
        Drawn.asked = images
        return {"images": {name: {"type": "image/webp", "data": "QUJD"} for name in images}}


class Shelf(dict[str, Document]):
    def document(self, name: str) -> Document:
        if name not in self:
            raise IndexMissing(name)
        return self[name]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], (0, [])),
        ([(0, 5)], (1, ["first"])),
        ([(SECOND, SECOND + 6)], (2, ["second"])),
        ([(SECOND + 12, len(TEXT))], (2, ["begins and goes\n\n"])),
        ([(SECOND, SECOND + 6), (THIRD, THIRD + 4)], (2, ["second"])),
    ],
)
def test_the_page_of_a_quote_and_its_words_on_that_page(
    spans: list[tuple[int, int]], expected: tuple[int, list[str]]
) -> None:
    assert originals.page_of(PAGED, spans) == expected
    assert originals.page_of(replace(PAGED, pages=()), spans) == (0, [])


def test_pictures_stand_where_they_are_named_and_others_stay_words() -> None:
    shown = {"a.png": picture("image/webp", "QUJD", alt="")}
    markup = render("See ![a bone](a.png) and ![remote](https://evil.example/x.png).", pictures=shown)
    assert markup.count("<img") == 1
    assert '<img src="data:image/webp;base64,QUJD" alt=""><span class="fn-caption">a bone</span>' in markup
    assert "remote" in markup
    assert "evil" not in markup


def test_only_pictures_can_be_a_source() -> None:
    for kind, data in (("text/html", "QUJD"), ("image/webp", 'x" onerror="y'), ("image/webp", "https://x")):
        with pytest.raises(ValueError, match="is not a picture"):
            picture(kind, data, alt="")
    assert 'alt="&quot;&gt;"' in picture("image/webp", "QUJD", alt='">')


def test_a_document_is_parted_behind_the_cited_place() -> None:
    blocks = tuple(Block("paragraph", TEXT.index(word), TEXT.index(word) + 6) for word in ("first", "second", "over"))
    document = replace(PAGED, blocks=blocks, pages=())
    before, after = reading.text(document, [(SECOND, SECOND + 6)], reading.Place(SECOND, SECOND + 6))
    assert "<mark>second</mark>" in before
    assert "over t" not in before
    assert "over t" in after
    assert reading.text(document, (), None)[1] == Html("")


@pytest.mark.parametrize(
    ("quoted", "expected"),
    [("The heart", ["heart.png", "flow.png"]), ("Blood", ["blood.png"]), ("Nothing", [])],
)
def test_the_pictures_of_a_paragraph_are_those_in_it_and_those_below_it(
    quoted: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["The heart ![h](heart.png) beats.", "![f](flow.png)", "Blood ![b](blood.png) flows.", "Nothing more."]
    text = "\n\n".join(lines)
    starts = [text.index(line) for line in lines]
    blocks = tuple(
        Block("paragraph", start, start + len(line), role="caption" if line.startswith("!") else "")
        for start, line in zip(starts, lines, strict=True)
    )
    document = Document("d", "d.md", "D", text, blocks)
    Drawn.asked = []
    monkeypatch.setattr(originals, "original_of", lambda *_: Drawn())
    start = next(start for start, line in zip(starts, lines, strict=True) if line.startswith(quoted))
    shown = originals.pictures_at(
        Shelf({"d": document}), "d", start, text.index("\n", start) if "\n" in text[start:] else len(text)
    )  # type: ignore[arg-type]
    assert shown == [picture("image/webp", "QUJD", alt="")] * len(expected)
    assert Drawn.asked == expected
    assert originals.pictures_at(Shelf({}), "gone", 0, 9) == []  # type: ignore[arg-type]
