"""Where to look: the choice of documents and sections, kept in the address (`in=`), so that a link carries it."""

import streamlit as st

from app.web.catalogue import Catalogue
from app.web.render import links
from retrieval.types import Scope

DEPTH = 2
KEY = "scope"


def choose_scope(catalogue: Catalogue) -> None:
    """The choice, always visible. The address wins over what the widget remembers: it may be a link that was followed."""
    options = _options(catalogue.name, catalogue)
    st.session_state[KEY] = [value for value in st.query_params.get_all("in") if value in options]
    with st.container(key="scope-box"):
        st.multiselect(
            "Ask in",
            list(options),
            key=KEY,
            format_func=options.__getitem__,
            placeholder="Ask in the whole course",
            select_all=False,
            label_visibility="collapsed",
            on_change=_to_address,
        )


def _to_address() -> None:
    st.query_params["in"] = st.session_state[KEY]


def scope_in_address(catalogue: Catalogue) -> Scope:
    """The scope that the address names."""
    return links.scope_of(st.query_params.get_all("in"), list(catalogue.titles))


@st.cache_data(show_spinner=False, max_entries=4)
def _options(version: str, _catalogue: Catalogue) -> dict[str, str]:
    return scope_options(_catalogue)


def scope_options(catalogue: Catalogue) -> dict[str, str]:
    """Value in the address to label, for each document and its upper sections, in reading order.

    What tells an entry from its neighbours comes first: a narrow list cuts the end off.
    """
    options: dict[str, str] = {}
    for document_id, title in catalogue.titles.items():
        options[document_id] = title
        for section in catalogue.document(document_id).sections:
            if 0 < len(section.path) <= DEPTH:
                value = links.scope_values(Scope(sections=((document_id, *section.path),)))[0]
                options[value] = f"{' › '.join(section.path)} · {title}"
    return options
