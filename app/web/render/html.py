"""HTML made of escaped parts: the only way by which markup reaches a page.

`tag` is the one function that makes markup. Every piece of text that it is given is escaped, so nothing in a document
or an answer can become an element; only names on its lists are written, and an address has to be harmless. There is no
`style` and no event handler, and the only `src` is that of `picture`, which holds the picture itself: nothing made here can
load a resource or run.
"""

import html
import re
from collections.abc import Iterable

from retrieval.text.display import shown

# fmt: off
ELEMENTS = frozenset({
    "a", "article", "b", "blockquote", "br", "button", "code", "dd", "details", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "input", "label", "li", "mark", "nav", "ol", "p", "pre", "s", "section", "span", "strong",
    "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
})
ATTRIBUTES = frozenset({"cls", "hidden", "href", "id", "open", "placeholder", "role", "scope", "start", "tabindex", "target", "title", "type", "value"})
# fmt: on
PICTURES = frozenset({"image/webp", "image/svg+xml"})
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_EMPTY = frozenset({"br", "hr", "input"})
_ADDRESS = re.compile(r"(?:https?://|mailto:|/(?!/)|#|\?)", re.IGNORECASE)
_DATA = re.compile(r"(?:aria|data)_[a-z_]+")


class Html(str):
    """Markup that `tag` or `join` made: everything in it is escaped."""

    __slots__ = ()


def escape(text: str) -> Html:
    """Text as markup that shows exactly this text, without characters that are not seen."""
    return text if isinstance(text, Html) else Html(html.escape(shown(text), quote=True))


def with_query(markup: Html, addresses: re.Pattern[str], query: str) -> Html:
    """The markup with an encoded `query` first in those of its addresses that the pattern finds: group 1 is what stands
    before the query, group 2 the question mark of one that is there already."""
    encoded = escape(query)
    return Html(addresses.sub(lambda found: f"{found[1]}?{encoded}{'&amp;' if found[2] else ''}", markup))


def join(parts: Iterable[str], separator: str = "") -> Html:
    """Pieces one after the other; plain strings are escaped."""
    return Html(escape(separator).join(escape(part) for part in parts))


def tag(name: str, *children: str, **attributes: str | int | bool | None) -> Html:
    """`tag("p", "1 < 2", cls="note")` -> `<p class="note">1 &lt; 2</p>`.

    Children are escaped unless they are Html. Attributes that are None or False are left out, True is written bare;
    `cls` is class, `aria_label` is aria-label. Raises ValueError for an element or attribute that is not listed.
    """
    if name not in ELEMENTS:
        raise ValueError(f"<{name}> is not an element that may be written.")
    opening = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if name in _EMPTY:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{join(children)}</{name}>")


def table(head: Html, rows: Iterable[str], *, label: str = "Table") -> Html:
    """`head`: the row above the others, may be empty. A wide one scrolls by itself; `label` names it to who cannot see it."""
    return framed(tag("table", tag("thead", head) if head else "", tag("tbody", *rows)), label=label)


def framed(table: Html, *, label: str = "Table") -> Html:
    return tag("div", table, cls="fn-table", tabindex=0, role="region", aria_label=label)


def picture(kind: str, data: str, *, alt: str) -> Html:
    """A picture that is its own source: `data` in base64. Raises ValueError for what is no picture."""
    if kind not in PICTURES or not _BASE64.fullmatch(data):
        raise ValueError(f"{kind!r} is not a picture that may be shown.")
    return Html(f'<img src="data:{kind};base64,{data}" alt="{html.escape(shown(alt), quote=True)}">')


def safe_address(address: str) -> str | None:
    """The address if following it cannot run anything (http, https, mailto, or within this site), else None."""
    address = address.strip()
    return address if _ADDRESS.match(address) and "\\" not in address.split("?")[0] else None


def _attribute(key: str, value: str | int | bool) -> str:
    if key not in ATTRIBUTES and not _DATA.fullmatch(key):
        raise ValueError(f"{key!r} is not an attribute that may be written.")
    name = "class" if key == "cls" else key.replace("_", "-")
    if value is True:
        return f" {name}"
    text = safe_address(str(value)) if key == "href" else str(value)
    return "" if text is None else f' {name}="{html.escape(shown(text), quote=True)}"'
