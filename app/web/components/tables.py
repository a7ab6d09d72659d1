"""A plain table."""

from collections.abc import Iterable, Sequence

from app.web.render.html import Html, tag


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str) -> Html:
    """`caption` names the table to who cannot see it; the first cell of a row is its heading."""
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in header)))
    body = tag(
        "tbody",
        *(tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest)) for first, *rest in rows),
    )
    return tag("div", tag("table", head, body), cls="fn-table", role="region", tabindex=0, aria_label=caption)
