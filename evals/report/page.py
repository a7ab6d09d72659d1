"""One HTML page about saved results: measures with intervals, plots, refusal, latency, variants side by side, the worst questions.

Self-contained: no script, nothing is loaded from elsewhere, and a policy in the page forbids it. All text from
documents and questions is escaped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path

from evals.report import plots
from evals.report.table import MAIN, SHORT, WORST, worst
from evals.search.refusal import curve
from retrieval.types import Json

STYLE = (Path(__file__).resolve().parent / "report.css").read_text(encoding="utf-8")
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def report(results: Sequence[Json], side_by_sides: Sequence[Json], history: Sequence[Json]) -> str:
    """The page. Any of the three may be empty."""
    parts = [
        "<h1>How good retrieval and refusal are</h1>",
        _overview(results),
        *map(_result, results),
        *map(_side_by_side, side_by_sides),
        _history(history),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Retrieval evaluation</title><style>{STYLE}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


def _overview(results: Sequence[Json]) -> str:
    names = [*MAIN[:-1], "follow-up R@5", "answerable refused", "unanswerable refused", "AUC", "ms"]
    rows = [[_name(result), *(number(_headline(result).get(name)) for name in names)] for result in results]
    return table(["set", *names], rows) if rows else "<p>There are no results yet: python -m evals run</p>"


def _headline(result: Json) -> dict[str, float | None]:
    found = result["refusal"]
    return {
        **result["measures"],
        "follow-up R@5": result["follow_up"].get("R@5"),
        "answerable refused": found["answerable_refused"] if found["answerable"] else None,
        "unanswerable refused": found["unanswerable_refused"] if found["unanswerable"] else None,
        "AUC": found["auc"],
        "ms": result["latency_ms"]["p50"],
    }


def _result(result: Json) -> str:
    parts = (_about, _measures, _groups, _follow_up, _refusal, _latency, _worst, _missing)
    return f"<section><h2>{escape(_name(result))}</h2>{''.join(part(result) for part in parts)}</section>"


def _about(result: Json) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in result["counts"].items())
    settings = ", ".join(f"{name} {value}" for name, value in result["settings"].items())
    n = result["n"]
    asked = f"{n['questions']} questions: {n['measured']} measured here, {n['follow_up']} follow-ups"
    asked += f", {result['refusal']['unanswerable']} without an answer"
    when = datetime.fromisoformat(result["created"]).strftime("%Y-%m-%d %H:%M UTC")
    return f"<p>{escape(asked)}. Index: {escape(counts)}. Asked {when}.</p><p class=small>{escape(settings)}</p>"


def _measures(result: Json) -> str:
    measures, ends = result["measures"], result["intervals"]
    if not measures:
        return ""
    rows = {name: (measures[name], *ends[name]) for name in MAIN}
    budgets = {
        f"{name.split('@')[1]} tokens": (measures[name], *ends[name])
        for name in measures
        if name.startswith("token_recall")
    }
    return _tokens(measures) + figures(
        ("Measures, 95 % bootstrap intervals", dots(rows)),
        ("Share of the gold text within a context of so many tokens", dots(budgets)),
    )


def _tokens(measures: Mapping[str, float]) -> str:
    budgets = [name.split("@")[1] for name in measures if name.startswith("token_recall")]
    parts = ("recall", "precision", "IoU")
    rows = [[part, *(number(measures[f"token_{part}@{at}"]) for at in budgets)] for part in parts]
    return table(["tokens of context", *budgets], rows) if budgets else ""


def _groups(result: Json) -> str:
    shown = []
    for part, title in (("per_kind", "R@5 by kind of question"), ("per_document", "R@5 by document")):
        groups = result[part]
        rows = {f"{n} ({g['n']})": (g["measures"]["R@5"], *g["intervals"]["R@5"]) for n, g in groups.items()}
        shown.append((title, dots(rows)))
    return figures(*shown)


def _follow_up(result: Json) -> str:
    found = result["follow_up"]
    names = {"as_typed": "as typed", "rule": "by rule (the default)", "reference": "reference wording"}
    rows = [[label, *(number(found[name][at]) for at in SHORT)] for name, label in names.items() if name in found]
    return f"<h3>Follow-ups ({found['n']})</h3>{table(['searched', *SHORT], rows)}" if rows else ""


def _refusal(result: Json) -> str:
    found = result["refusal"]
    if not found["unanswerable"]:
        return ""
    kinds = list(found["by_kind"])
    points = [("threshold that is set", found), *_operating_points(found)]
    rows = [
        [label, *map(number, (point["threshold"], point["answerable_refused"], *point["by_kind"].values()))]
        for label, point in points
    ]
    plot = ""
    if found["answerable"]:
        rows.append(["AUC", "", *map(number, (found["auc"], *found["auc_by_kind"].values()))])
        plot = _refusal_curves(result)
    return (
        "<h3>Refusal</h3>"
        + table(["share refused", "threshold", "answerable", *kinds], rows)
        + figures(("What is refused at every threshold (dot: the one that is set)", plot))
    )


def _operating_points(found: Json) -> Iterator[tuple[str, Json]]:
    for limit, point in found["operating_points"].items() if found["answerable"] else ():
        yield f"threshold for {float(limit):.0%} of answerable", point


def _refusal_curves(result: Json) -> str:
    threshold = result["refusal"]["threshold"]
    answerable = [row["confidence"] for row in result["per_question"] if row["answerable"]]
    lines, marks = {}, {}
    for kind in result["refusal"]["by_kind"]:
        refused = [r["confidence"] for r in result["per_question"] if not r["answerable"] and r["kind"] == kind]
        points = curve(answerable, refused)
        lines[kind] = [(point["answerable_refused"], point["unanswerable_refused"]) for point in points]
        marks[kind] = next(
            (at for at, p in zip(lines[kind], points, strict=True) if p["threshold"] >= threshold), (1, 1)
        )
    return plots.curves(lines, x="answerable refused", y="unanswerable refused", marks=marks)


def _latency(result: Json) -> str:
    found = result["latency_ms"]
    rows = {"whole": found, **found["stages"]}
    spread = {name: (times["p50"], times["p95"]) for name, times in rows.items()}
    return figures(("Latency: median (bar), 95th percentile (tick)", plots.bars(spread, label="milliseconds")))


def _worst(result: Json) -> str:
    rows = worst(result, WORST)
    return f"<h3>Worst questions</h3>{''.join(map(_question, rows))}" if rows else ""


def _question(row: Json) -> str:
    rank = f"first relevant at rank {row['rank']}" if row["rank"] else "not found"
    gold = " <em>or</em> ".join(" <em>and</em> ".join(f"<q>{escape(q)}</q>" for q in quotes) for quotes in row["gold"])
    searched = f"<p class=small>searched: {escape(row['query'])}</p>" if row["query"] != row["question"] else ""
    hits = "".join(map(_hit, row["hits"]))
    head = (
        f"<b>{escape(row['id'])}</b> {escape(row['question'])} <span class=small>{escape(row['kind'])}, {rank}</span>"
    )
    return f"<details><summary>{head}</summary>{searched}<p>wanted: {gold}</p><ol>{hits}</ol></details>"


def _hit(hit: Json) -> str:
    scores = ", ".join(
        f"{name} {hit[name]:.3f}" for name in ("score", "fused", "dense", "lexical") if hit.get(name) is not None
    )
    place = escape(str(hit.get("place") or hit["document"]))
    return f"<li>{place} <span class=small>holds {hit['share']:.0%}; {scores}</span><pre>{escape(hit.get('text', ''))}</pre></li>"


def _missing(result: Json) -> str:
    missing, lost = result["quote_missing"], result["lost"]["ids"]
    others = [name for name in missing if name not in lost]
    return _quotes(
        "Gold text that is in no document: these questions count as not retrieved.", lost, missing
    ) + _quotes("In no document either, but the question has other gold text that is.", others, missing)


def _quotes(title: str, names: Sequence[str], missing: Mapping[str, Sequence[str]]) -> str:
    items = "".join(f"<li>{escape(name)}: {escape('; '.join(missing[name]))}</li>" for name in names)
    return f"<p class=warning>{title}</p><ul>{items}</ul>" if items else ""


def _side_by_side(found: Json) -> str:
    variants = list(found["variants"])
    rows = [
        [f"{one['name']} ({one['n']})", *(number(one["measures"][name]["RR@10"]) for name in variants)]
        for one in found["sets"]
    ]
    rows.append(["mean", *(number(found["mean"][name]["RR@10"]) for name in variants)])
    differences = [
        [name, number(one["mean"]), *map(number, one["interval"]), p_value(one["p"])]
        for name, one in found["difference"].items()
    ]
    return (
        "<section><h2>Variants side by side</h2>"
        + table(["RR@10", *variants], rows)
        + table(["difference to the plain hybrid", "RR@10", "95 % from", "to", "p"], differences)
        + "<p class=small>p: paired randomisation test over the questions of all sets, each set of equal weight.</p></section>"
    )


def _history(history: Sequence[Json]) -> str:
    runs: dict[str, list[float]] = {}
    for line in history:
        runs.setdefault(_name(line), []).append(line["measures"].get("R@5", 0.0))
    lines = {name: list(enumerate(values, start=1)) for name, values in runs.items() if len(values) > 1}
    if not lines:
        return ""
    plot = plots.curves(lines, x="run", y="R@5", unit=False)
    return f"<section><h2>History</h2>{figures(('R@5 of each run', plot))}</section>"


def _name(result: Json) -> str:
    return f"{result['name']} ({result['split']})"


def table(names: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """The first cell of a row is its heading."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(_row(row) for row in rows)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def figures(*titled: tuple[str, str]) -> str:
    """Pairs of (title, SVG) side by side; those without an SVG are left out."""
    shown = "".join(f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>" for title, svg in titled if svg)
    return f"<div class=figures>{shown}</div>" if shown else ""


def dots(rows: Mapping[str, plots.Interval]) -> str:
    """Means with their intervals; nothing for no rows."""
    return plots.dots(rows, label="mean over questions") if rows else ""


def number(value: float | None) -> str:
    """Three decimals for a share, one for a time; nothing for what there is not."""
    return "" if value is None else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def p_value(value: float | None) -> str:
    return "<0.001" if value is not None and value < 0.001 else number(value)


def _row(cells: Sequence[str]) -> str:
    def all_cells() -> Iterator[str]:
        yield f"<th>{escape(cells[0])}</th>"
        yield from (f"<td>{escape(cell)}</td>" for cell in cells[1:])

    return f"<tr>{''.join(all_cells())}</tr>"
