"""Two results of one question set side by side, with a paired randomisation test."""

from collections.abc import Iterator, Sequence

from evals.report.table import MAIN
from evals.search.ask import BUDGETS
from evals.stats import Comparison, compare_paired
from retrieval.errors import ConfigError
from retrieval.types import Json

SIGNIFICANT = 0.05
TOKENS = tuple(f"token_recall@{budget}" for budget in BUDGETS)


def paired(a: Json, b: Json, *, follow_up: bool = False) -> dict[str, Comparison]:
    """Measure -> comparison over the answerable questions that both results have (follow-ups, or all others)."""
    one, other = _measured(a, follow_up), _measured(b, follow_up)
    shared = [name for name in one if name in other]
    if not shared:
        return {}
    names = [name for name in (*MAIN, *TOKENS) if all(name in rows[shared[0]] for rows in (one, other))]
    return {name: compare_paired([one[i][name] for i in shared], [other[i][name] for i in shared]) for name in names}


def comparison_table(a: Json, b: Json) -> str:
    """Raises ConfigError when the results share no measured question."""
    main = paired(a, b)
    if not main:
        raise ConfigError("The two results share no question. Compare two runs of one question set.")
    return "\n".join(_lines(a, b, main))


def _lines(a: Json, b: Json, main: dict[str, Comparison]) -> Iterator[str]:
    yield f"A: {_label(a)}"
    yield f"B: {_label(b)}"
    yield from (f"   {name}: {old!r} -> {new!r}" for name, old, new in _changes(a, b))
    alone = len(_measured(a, False)) + len(_measured(b, False)) - 2 * next(iter(main.values())).n
    if alone:
        yield f"   {alone} questions are in one of them only and left out"
    yield ""
    yield from _grid("measure", main)
    follow_ups = paired(a, b, follow_up=True)
    if follow_ups:
        yield ""
        yield from _grid("follow-ups", follow_ups)
    yield ""
    yield from _plain(a, b)
    yield ""
    yield (
        f"p: two-sided paired randomisation test; * below {SIGNIFICANT}. Each measure is tested by itself: "
        "of twenty, one is below by chance."
    )


def _grid(first: str, rows: dict[str, Comparison]) -> Iterator[str]:
    yield f"{first:<22}{'A':>8}{'B':>8}{'B - A':>9}{'p':>9}   better in A / B of n"
    for name, row in rows.items():
        mark = "*" if row.p < SIGNIFICANT else " "
        yield (
            f"{name:<22}{row.a:8.3f}{row.b:8.3f}{row.b - row.a:+9.3f}{row.p:9.4f} {mark} "
            f"{row.a_better} / {row.b_better} of {row.n}"
        )


def _plain(a: Json, b: Json) -> Iterator[str]:
    """Figures that are no means over questions."""
    yield f"{'refusal':<22}{'A':>8}{'B':>8}"
    for name in ("auc", "answerable_refused", "unanswerable_refused"):
        yield f"{name:<22}{_figure(a['refusal'].get(name))}{_figure(b['refusal'].get(name))}"
    for name in ("p50", "p95"):
        yield f"{'latency ' + name + ' (ms)':<22}{a['latency_ms'][name]:8.1f}{b['latency_ms'][name]:8.1f}"


def _figure(value: float | None) -> str:
    return f"{'-':>8}" if value is None else f"{value:8.3f}"


def _changes(a: Json, b: Json) -> Iterator[tuple[str, object, object]]:
    for name in dict.fromkeys([*a["settings"], *b["settings"]]):
        old, new = a["settings"].get(name), b["settings"].get(name)
        if old != new:
            yield name, old, new


def _label(result: Json) -> str:
    return f"{result['name']} ({result['split']}), {result['created']}, index {result['version']}"


def _measured(result: Json, follow_up: bool) -> dict[str, dict[str, float]]:
    rows: Sequence[Json] = result["per_question"]
    return {row["id"]: row["measures"] for row in rows if "measures" in row and row["follow_up"] is follow_up}
