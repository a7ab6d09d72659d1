"""Addresses within the site: a conversation, a scope, a place in a document."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from retrieval.types import Scope

WORDS = 8


def conversation(thread: str) -> str:
    return f"/?{urlencode({'c': thread})}"


def place(document_id: str, start: int, end: int | None = None, *, quote: str = "") -> str:
    """The reader at a place. The quote's first words go along, so that it is found again in a document that changed."""
    query = {"doc": document_id, "at": str(start) if end is None else f"{start}-{end}"}
    if quote:
        query["words"] = " ".join(quote.split()[:WORDS])
    return f"/library?{urlencode(query)}"


def document(document_id: str) -> str:
    return f"/library?{urlencode({'doc': document_id})}"


def scoped(value: str) -> str:
    """A new conversation within a scope; `value` is one of `scope_values`."""
    return f"/?{urlencode({'in': value})}"


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
