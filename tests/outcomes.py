"""A table of attacks and of faults, as the tests that are marked with them found it: `make proof`.

    @pytest.mark.attack("a link that leads out of the folder", "not followed, named")
    @pytest.mark.fault("a file of the index is damaged", "left for the version before")

A test that tries several things in one run says how many: `record_property("tries", 40)`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

KINDS = ("attack", "fault")


@dataclass
class Row:
    """`said`: what comes of it where all is well; `outcomes`: pytest's word for each test, and how often it tried."""

    said: str
    outcomes: list[tuple[str, int]] = field(default_factory=list)

    @property
    def cells(self) -> tuple[str, str]:
        """Tries, and what became of them."""
        failed = sum(word == "failed" for word, _ in self.outcomes)
        skipped = sum(word == "skipped" for word, _ in self.outcomes)
        others = [f"{failed} FAILED" if failed else self.said, f"{skipped} not tried here" if skipped else ""]
        return str(sum(tries for word, tries in self.outcomes if word != "skipped")), "; ".join(filter(None, others))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.user_properties += [(mark.name, tuple(mark.args)) for mark in item.iter_markers() if mark.name in KINDS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not any(kind in (config.option.markexpr or "") for kind in KINDS):
        return
    reports = [one for word in ("passed", "failed", "skipped") for one in terminalreporter.stats.get(word, ())]
    for kind in KINDS:
        for line in table(kind, reports):
            terminalreporter.write_line(line)


def table(kind: str, reports: Sequence[pytest.TestReport]) -> Iterator[str]:
    """Markdown, a row for each name, in the order of the names."""
    rows: dict[str, Row] = {}
    for report in reports:
        known: dict[str, Any] = dict(report.user_properties)
        if kind in known:
            what, said = known[kind]
            tries = int(known.get("tries", 1))
            rows.setdefault(what, Row(said)).outcomes.append((report.outcome, tries))
    yield from ("", f"| {kind} | tries | outcome |", "| --- | --- | --- |")
    for what, row in sorted(rows.items()):
        yield f"| {what} | {' | '.join(row.cells)} |"
