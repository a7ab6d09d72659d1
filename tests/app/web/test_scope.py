"""Where to ask: the tree of documents and sections, as links that choose and give up."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.web.app_state import Catalogue
from app.web.components.scope import scope_label, scope_tree
from retrieval.config import Settings
from retrieval.types import Scope
from tests.app.web.fake_engine import write_index
from tests.app.web.page_support import Reader

PART = Scope(sections=(("measures", "Perplexity"),))
WHOLE = Scope(documents=("measures",))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    write_index(tmp_path)
    return Catalogue(Settings(index_dir=tmp_path), "v1")


def parts(markup: str) -> list[tuple[list[str], bool]]:
    """What each link would choose, and whether it is chosen now."""
    links = [link for link in Reader(markup).named("a") if link["class"] == "fn-part"]
    return [(parse_qs(urlsplit(link["href"] or "").query).get("in", []), "aria-current" in link) for link in links]


def test_each_document_and_section_can_be_chosen_and_given_up(catalogue: Catalogue) -> None:
    assert parts(scope_tree(catalogue, Scope(), [])) == [
        ([], True),
        (["measures"], False),
        (["measures/Perplexity"], False),
        (["measures/Table"], False),
        (["measures/Code"], False),
    ]
    chosen = parts(scope_tree(catalogue, PART, []))
    assert chosen[0] == ([], False)
    assert chosen[2] == ([], True), "what is chosen is given up"
    assert chosen[3] == (["measures/Perplexity", "measures/Table"], False), "another part is added"


def test_what_was_used_before_comes_first(catalogue: Catalogue) -> None:
    assert parts(scope_tree(catalogue, Scope(), [PART, WHOLE]))[:3] == [
        ([], True),
        (["measures/Perplexity"], False),
        (["measures"], False),
    ]


def test_the_rest_of_the_address_stays(catalogue: Catalogue) -> None:
    (first, *_) = Reader(scope_tree(catalogue, PART, [], {"c": ["x"], "doc": ["d"]})).named("a")
    assert first["href"] == "/?c=x&doc=d"


def test_where_is_asked_is_said_in_words(catalogue: Catalogue) -> None:
    both = Scope(WHOLE.documents, PART.sections)
    assert [scope_label(scope, catalogue) for scope in (Scope(), PART, both)] == [
        "Ask in the whole course",
        "Ask in “Perplexity”",
        "Ask in 2 parts of the course",
    ]
