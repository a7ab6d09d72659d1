"""Markup is made in one place, and nothing that is put into it can become an element, a script or an address that runs."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.render.html import Html, escape, join, safe_address, tag
from retrieval.config import ROOT
from tests.app.web.page_support import Reader

APP = ROOT / "app"
PIECES = [*"<>&\"'/= \n;:#`abc", "<script>", "</p>", "onerror=", "&lt;", "\u2028"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def test_tag_writes_what_it_is_given() -> None:
    assert tag("p", "1 < 2", cls="note", data_x=3, open=True, id=None) == '<p class="note" data-x="3" open>1 &lt; 2</p>'
    assert tag("ul", tag("li", "a"), tag("li", "b")) == "<ul><li>a</li><li>b</li></ul>"
    assert tag("br") == "<br>"
    assert join(["<", tag("b", "x")], " & ") == "&lt; &amp; <b>x</b>"


@pytest.mark.attack("a title or a text that is markup", "shown as it is written")
@given(HOSTILE, HOSTILE)
def test_text_and_attributes_stay_what_they_are(text: str, title: str) -> None:
    read = Reader(tag("p", text, tag("a", text, title=title)))
    assert [name for name, _ in read.elements] == ["p", "a"]
    assert read.named("a") == [{"title": title}]
    assert read.text == text * 2
    assert not read.unbalanced


@pytest.mark.attack("elements, attributes and addresses that load or run", "refused")
@pytest.mark.parametrize("name", ["script", "img", "iframe", "style", "svg", "object", "p onclick=x"])
def test_elements_that_load_or_run_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="may be written"):
        tag(name)


@pytest.mark.attack("elements, attributes and addresses that load or run", "refused")
@pytest.mark.parametrize("name", ["src", "style", "onclick", "srcset", "data_x onload"])
def test_attributes_that_load_or_run_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="may be written"):
        tag("p", **{name: "x"})


@pytest.mark.attack("elements, attributes and addresses that load or run", "refused")
@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:x",
        "data:text/html,x",
        "//evil.example/x",
        "/\\evil.example",
        "vbscript:x",
        "evil",
    ],
)
def test_an_address_that_could_run_or_leads_astray_is_left_out(address: str) -> None:
    assert safe_address(address) is None
    assert tag("a", "x", href=address) == "<a>x</a>"


def test_harmless_addresses_stay() -> None:
    for address in (
        "https://example.org/a?b=c",
        "http://example.org",
        "mailto:a@example.org",
        "/library?doc=1",
        "#here",
        "?c=1",
    ):
        assert safe_address(address) == address


def test_escape_leaves_markup_alone() -> None:
    assert escape(Html("<b>")) == "<b>"
    assert escape("<b>") == "&lt;b&gt;"


def test_only_the_page_module_hands_html_to_streamlit_and_html_is_made_only_by_html() -> None:
    """Walks the sources: `st.html` and `unsafe_allow_html` in one module, `Html(...)` of anything but a literal nowhere else."""
    users, makers = set(), set()
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "html":
                users.add(path.name)
            if isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html":
                users.add(path.name)
            is_html = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Html"
            if is_html and not isinstance(node.args[0], ast.Constant):
                makers.add(path.name)
    assert users == {"page.py"}
    assert makers <= {"html.py", "markdown.py"}
