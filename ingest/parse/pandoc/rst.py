"""reStructuredText, made ready for pandoc, which knows neither doctest blocks nor the fields on top of a document."""

import re
from typing import Any

DIRECTIVES = frozenset({"toctree", "index", "highlight", "currentmodule", "meta", "contents"})  # that hold no content
# https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#bibliographic-fields
_FIELDS = frozenset("author authors address contact copyright date organization revision status version".split())  # noqa: SIM905
_DOCTEST = re.compile(r"(?<![^\n]\n)^([ \t]*)>>> [^\n]*(?:\n\1[^\n]*\S[^\n]*)*", re.MULTILINE)


def prepared(text: str) -> str:
    """Each doctest block in a code directive."""
    return _DOCTEST.sub(_directive, text)


def fields_of(blocks: list[dict[str, Any]]) -> list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Takes the fields on top, below the title if there is one, out of `blocks`: names as inlines, values as blocks."""
    at = int(bool(blocks) and blocks[0]["t"] == "Header")
    if len(blocks) <= at or blocks[at]["t"] != "DefinitionList":
        return []
    entries = blocks[at]["c"]
    if not all(len(term) == 1 and str(term[0].get("c", "")).lower() in _FIELDS for term, _ in entries):
        return []
    del blocks[at]
    return [(term, meanings[0]) for term, meanings in entries]


def _directive(match: re.Match[str]) -> str:
    margin = match[1]
    return f"{margin}.. code:: pycon\n\n{margin}   " + match[0].removeprefix(margin).replace("\n", "\n   ") + "\n"
