"""Addresses within the site: a conversation, a scope, a place in a document."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from app.web.render.html import Html, with_query
from retrieval.types import Scope

WORDS = 8
_INSIDE = re.compile(r"""(\shref="/[^"?#]*)(\?(?!course=))?(?!\?)""")


Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Here:
    """A conversation as its address names it: its id, and the values of the chosen scope."""

    thread: str
    scope: tuple[str, ...] = ()

    def address(self, *, anchor: str = "", **more: str) -> str:
        query = [("c", self.thread), *(("in", value) for value in self.scope), *more.items()]
        return f"/?{urlencode(query)}{f'#{anchor}' if anchor else ''}"


def place(
    document_id: str,
    *spans: Span,
    quote: str = "",
    here: Here | None = None,
    back: str = "",
) -> str:
    """The reader at the first of the spans, the others highlighted too; beside a conversation, if it is opened from one.

    The quote's first words go along, so that it is found again in a document that changed. `back`: what the reader leads
    back to, the id of an element of the conversation.
    """
    query = {
        "doc": document_id,
        "at": ",".join(f"{start}-{end}" if end > start else str(start) for start, end in spans),
    }
    if quote:
        query["words"] = " ".join(quote.split()[:WORDS])
    if here is None:
        return f"/library?{urlencode(query)}"
    return here.address(anchor=back, **query, back=back)


def chat(others: Mapping[str, Sequence[str]], scope: Sequence[str]) -> str:
    """The chat with these parameters and this scope."""
    return f"/?{urlencode([*((name, value) for name in others for value in others[name]), *(('in', one) for one in scope)])}"


def document(document_id: str) -> str:
    return f"/library?{urlencode({'doc': document_id})}"


def in_course(markup: Html, course: str) -> Html:
    """The same markup, its addresses within the site those of this course; one that names a course stays."""
    if not course:
        return markup
    query = urlencode({"course": course})
    return with_query(markup, _INSIDE, query)


def course(key: str) -> str:
    """The first page of a course."""
    return f"/?{urlencode({'course': key})}"


def scope_values(scope: Scope) -> list[str]:
    """A scope as values of the parameter `in`: `doc`, or `doc/Heading/Sub-heading`."""
    return [*scope.documents, *("/".join(map(_escape, path)) for path in scope.sections)]


def scope_of(values: Iterable[str], known: Sequence[str]) -> Scope:
    """The other way round; documents that are not `known` are left out."""
    paths = [tuple(_unescape(part) for part in value.split("/")) for value in values if value]
    paths = [path for path in paths if path[0] in known]
    return Scope(
        documents=tuple(path[0] for path in paths if len(path) == 1),
        sections=tuple(path for path in paths if len(path) > 1),
    )


def _escape(part: str) -> str:
    return part.replace("%", "%25").replace("/", "%2F")


def _unescape(part: str) -> str:
    return part.replace("%2F", "/").replace("%25", "%")
