"""The cost page: what answers cost, by day, model, person and kind of step, and what may still be spent today."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.storage.usage import Cost, Group, Ledger, open_ledger
from app.web.app_state import Desk
from app.web.components.manage import managed_page
from app.web.components.page import section, show, table
from app.web.render.html import Html, join, tag
from retrieval.text.display import counted

DAYS = 30
SPENDERS = 20  # persons that are listed
TITLES: Mapping[Group, str] = {
    "day": "By day",
    "model": "By model",
    "person": "By person",
    "step": "By kind of request",
}
HEADER = ("requests", "tokens in", "of them cached", "tokens out", "dollars")
NOBODY = "not signed in"


def page(desk: Desk) -> None:
    """The last DAYS days in UTC, for who looks after the course."""
    if not managed_page(desk, "Costs"):
        return
    since = (datetime.now(UTC).date() - timedelta(days=DAYS - 1)).isoformat()
    show(costs(open_ledger(desk.settings), since=since))


def costs(ledger: Ledger, *, since: str) -> Html:
    """A sentence on today, then a table for each way to group the requests from the day `since` on."""
    limits = ledger.limits
    own = f" Each person may spend ${limits.person:.2f} of it." if limits.person else ""
    today = tag("p", f"${ledger.spent():.2f} of ${limits.daily:.2f} are spent today (UTC).{own}", cls="fn-lead")
    found = {group: ledger.costs(group, since=since) for group in TITLES}
    if not found["day"]:
        return join([today, tag("p", "No model was asked yet: excerpts cost nothing.", cls="fn-meta")], "")
    scope = tag("p", f"Of the last {counted(DAYS, 'day')}, at the prices of the PRICES setting.", cls="fn-meta")
    return join([today, scope, *(_section(group, rows) for group, rows in found.items())], "")


def _section(group: Group, rows: Sequence[Cost]) -> Html:
    listed = rows[:SPENDERS] if group == "person" else rows
    lines = [
        (
            row.name or NOBODY,
            f"{row.requests:,}",
            f"{row.input_tokens:,}",
            f"{row.cached / row.input_tokens if row.input_tokens else 0:.0%}",
            f"{row.output_tokens:,}",
            f"{row.cost:.4f}",
        )
        for row in listed
    ]
    more = f"{len(rows) - len(listed)} more spent less." if len(rows) > len(listed) else ""
    return tag(
        "section",
        section(TITLES[group], table((group, *HEADER), lines, caption=TITLES[group])),
        tag("p", more, cls="fn-meta") if more else "",
    )
