"""Where to ask: a tree of documents and sections, kept in the address (`in=`), so that a link carries it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import streamlit as st

from app.web.app_state import Catalogue
from app.web.components.page import plain_label, show
from app.web.render import links
from app.web.render.html import Html, tag
from retrieval.text.display import counted
from retrieval.types import Scope, Section

DEPTH = 3
MOST = 1500  # entries of a tree; of a course with more, only the documents are listed


def choose_scope(catalogue: Catalogue, recent: Sequence[Scope]) -> None:
    """A button that says where is asked, and behind it the tree; `recent` scopes come first. The tree is made when it is opened."""
    chosen = scope_in_address(catalogue)
    with st.popover(
        plain_label(scope_label(chosen, catalogue)), key="scope", type="tertiary", on_change="rerun"
    ) as box:
        if not box.open:  # as large as it will be: where there is room for it is decided when it opens
            show(tag("div", cls="fn-scope fn-scope-waiting"))
            return
        others = {name: st.query_params.get_all(name) for name in st.query_params if name != "in"}
        show(scope_tree(catalogue, chosen, recent, others))


def scope_in_address(catalogue: Catalogue) -> Scope:
    """The scope that the address names."""
    return links.scope_of(st.query_params.get_all("in"), list(catalogue.titles))


def scope_label(scope: Scope, catalogue: Catalogue) -> str:
    """`Ask in the whole course`, `Ask in “Evaluation”`, `Ask in 3 parts of the course`."""
    names = [*(catalogue.titles[document] for document in scope.documents), *(path[-1] for path in scope.sections)]
    if not names:
        return "Ask in the whole course"
    return f"Ask in “{names[0]}”" if len(names) == 1 else f"Ask in {len(names)} parts of the course"


def scope_tree(
    catalogue: Catalogue, chosen: Scope, recent: Sequence[Scope], others: dict[str, list[str]] | None = None
) -> Html:
    """Links that choose and give up; `others` are the address's other parameters, which stay."""
    values = links.scope_values(chosen)
    tree = _Tree(values, others or {})
    whole = tree.link("The whole course", [], here=not values)
    used = [
        tree.link(scope_label(scope, catalogue).removeprefix("Ask in "), links.scope_values(scope)) for scope in recent
    ]
    before = [tag("p", "Used before", cls="fn-label"), tag("ul", *(tag("li", one) for one in used))] if used else []
    field = tag(
        "input",
        type="search",
        cls="fn-filter",
        placeholder="Find a document or section",
        aria_label="Find a document or section",
    )
    none = tag("p", "Nothing is called so.", cls="fn-none fn-meta", hidden=True)
    parts = tag("ul", *(tree.document(catalogue, one) for one in catalogue.titles), cls="fn-tree")
    return tag("div", tag("p", whole), *before, field, none, parts, cls="fn-scope")


class _Tree:
    def __init__(self, chosen: Sequence[str], others: dict[str, list[str]]) -> None:
        self._chosen = chosen
        self._others = others
        self._left = MOST

    def link(self, name: str, values: Sequence[str], *, here: bool = False) -> Html:
        return tag(
            "a", name, href=links.chat(self._others, values), aria_current="true" if here else None, cls="fn-part"
        )

    def document(self, catalogue: Catalogue, document_id: str) -> Html:
        sections = [
            section
            for section in (catalogue.document(document_id).sections if self._left > 0 else ())
            if 0 < len(section.path) <= DEPTH
        ]
        self._left -= 1 + len(sections)
        own = self._toggle(catalogue.titles[document_id], document_id)
        return tag("li", own, self._sections(document_id, sections, 1))

    def _sections(self, document_id: str, sections: Sequence[Section], depth: int) -> Html:
        """Those at this depth, each with what is below it."""
        listed = list(_nested(sections, depth))
        if not listed:
            return Html("")
        items = []
        for section, below in listed:
            value = links.scope_values(Scope(sections=((document_id, *section.path),)))[0]
            items.append(
                tag("li", self._toggle(section.path[-1], value), self._sections(document_id, below, depth + 1))
            )
        return tag("details", tag("summary", counted(len(listed), "section")), tag("ul", *items))

    def _toggle(self, name: str, value: str) -> Html:
        chosen = value in self._chosen
        values = [one for one in self._chosen if one != value] if chosen else [*self._chosen, value]
        return self.link(name, values, here=chosen)


def _nested(sections: Sequence[Section], depth: int) -> Iterator[tuple[Section, list[Section]]]:
    """Sections whose path is `depth` long, with the longer ones that follow each."""
    heads = [number for number, section in enumerate(sections) if len(section.path) <= depth]
    for start, end in pairwise([*heads, len(sections)]):
        if len(sections[start].path) == depth:
            yield sections[start], list(sections[start + 1 : end])
