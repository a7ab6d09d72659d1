"""One HTML page about saved results: the tables of the terminal, plots of the same figures, the worst questions with what
was found for them (the only importer of matplotlib).

Self-contained: no script, nothing is loaded from elsewhere, and a policy in the page forbids it. All text from documents
and questions is escaped. Equal data gives equal text; in the plots it stays text, so that it can be searched.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from evals.report.table import MAIN, WORST, side_by_side_table, table, worst
from evals.search.refusal import curve
from retrieval.types import Json

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; font: 15px/1.5 system-ui, sans-serif; }
pre { overflow-x: auto; padding: 0.5rem 0.7rem; background: #f6f7f9; font-size: 0.85em; }
li pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 1.5rem 2.5rem; }
figure { margin: 0; max-width: 100%; }
svg { max-width: 100%; height: auto; }
"""
COLOURS = ("#2a6f97", "#c8553d", "#588157", "#8d6a9f", "#b08900", "#5c677d")
PALE = "#d9dee4"
PLOT: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "evals",
    "font.size": 9,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": PALE,
    "grid.color": PALE,
    # labels are data: a dollar sign in them starts no formula
    "text.parse_math": False,
}
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))

Point = tuple[float, float]
Interval = tuple[float, float, float]


def report(results: Sequence[Json], history: Sequence[Json]) -> str:
    """The page, of results of one set and of several. Both may be empty."""
    none = "" if results else "<p>There are no results yet: python -m evals run</p>"
    of_sets = (f"<h2>Variants side by side</h2>{_pre(side_by_side_table(one))}" for one in results if "sets" in one)
    body = "\n".join([none, *(_result(one) for one in results if "sets" not in one), *of_sets, _history(history)])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Retrieval evaluation</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n<h1>How good retrieval and refusal are</h1>\n{body}\n</main></body></html>\n"
    )


def _result(result: Json) -> str:
    asked = f"Asked {result['created'][:16].replace('T', ' ')} UTC; "
    asked += ", ".join(f"{name} {value}" for name, value in result["settings"].items())
    rows = worst(result, WORST)
    questions = f"<h3>Worst questions</h3>{''.join(map(_question, rows))}" if rows else ""
    return f"<h2>{escape(_name(result))}</h2><p>{escape(asked)}</p>{_pre(table(result))}{_plots(result)}{questions}"


def _plots(result: Json) -> str:
    """Of the measures, by kind and by document with their intervals, of refusal, of the times."""
    drawn = {}
    if result["measures"]:
        drawn["Measures, 95 % bootstrap intervals"] = dots(_intervals(result, MAIN))
    for part, title in (("per_kind", "R@5 by kind of question"), ("per_document", "R@5 by document")):
        groups = {f"{name} ({group['n']})": _intervals(group, ["R@5"])["R@5"] for name, group in result[part].items()}
        if groups:
            drawn[title] = dots(groups)
    if result["refusal"]["answerable"] and result["refusal"]["unanswerable"]:
        drawn["What is refused at every threshold (dot: the one that is set)"] = _refusal(result)
    return _figures(drawn)


def _intervals(found: Json, names: Sequence[str]) -> dict[str, Interval]:
    return {name: (found["measures"][name], *found["intervals"][name]) for name in names}


def _refusal(result: Json) -> str:
    threshold = result["refusal"]["threshold"]
    answerable = [row["confidence"] for row in result["per_question"] if row["answerable"]]
    lines, marks = {}, {}
    for kind in result["refusal"]["by_kind"]:
        refused = [row["confidence"] for row in result["per_question"] if not row["answerable"] and row["kind"] == kind]
        points = curve(answerable, refused)
        lines[kind] = [(point["answerable_refused"], point["unanswerable_refused"]) for point in points]
        above = (at for at, point in zip(lines[kind], points, strict=True) if point["threshold"] >= threshold)
        marks[kind] = next(above, (1, 1))
    return curves(lines, x="answerable refused", y="unanswerable refused", marks=marks)


def _question(row: Json) -> str:
    rank = f"first relevant at rank {row['rank']}" if row["rank"] else "not found"
    gold = " <em>or</em> ".join(" <em>and</em> ".join(f"<q>{escape(q)}</q>" for q in quotes) for quotes in row["gold"])
    searched = f"<p>searched: {escape(row['query'])}</p>" if row["query"] != row["question"] else ""
    head = f"<b>{escape(row['id'])}</b> {escape(row['question'])} ({escape(row['kind'])}, {rank})"
    hits = "".join(map(_hit, row["hits"]))
    return f"<details><summary>{head}</summary>{searched}<p>wanted: {gold}</p><ol>{hits}</ol></details>"


def _hit(hit: Json) -> str:
    names = ("score", "fused", "dense", "lexical")
    scores = ", ".join(f"{name} {hit[name]:.3f}" for name in names if hit.get(name) is not None)
    place = escape(str(hit.get("place") or hit["document"]))
    return f"<li>{place} (holds {hit['share']:.0%}; {scores}){_pre(hit.get('text', ''))}</li>"


def _history(history: Sequence[Json]) -> str:
    runs: dict[str, list[float]] = {}
    for line in history:
        runs.setdefault(_name(line), []).append(line["measures"].get("R@5", 0.0))
    lines = {name: list(enumerate(values, start=1)) for name, values in runs.items() if len(values) > 1}
    return _figures({"History: R@5 of each run": curves(lines, x="run", y="R@5")}) if lines else ""


def _name(result: Json) -> str:
    return f"{result['name']} ({result['split']})"


def _pre(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def _figures(drawn: Mapping[str, str]) -> str:
    """SVG by its title."""
    shown = (f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>" for title, svg in drawn.items())
    return f"<div class=figures>{''.join(shown)}</div>"


def dots(rows: Mapping[str, Interval]) -> str:
    """One line a row, from top to bottom: a mean over questions, the lower and upper end of its interval, all in [0, 1]."""
    with _axes(height=0.55 + 0.26 * len(rows)) as axes:
        places = list(range(len(rows), 0, -1))
        means, low, high = zip(*rows.values(), strict=True)
        axes.hlines(places, low, high, PALE, linewidth=5)
        axes.plot(means, places, "o", color=COLOURS[0], markersize=5, clip_on=False)
        for place, value in zip(places, means, strict=True):
            axes.annotate(f"{value:.2f}", (1.02, place), va="center", annotation_clip=False)
        axes.set(xlim=(0, 1), ylim=(0.4, len(rows) + 0.6), xlabel="mean over questions")
        axes.set_yticks(places, list(rows))
        axes.grid(axis="x", linewidth=0.5)
        return _svg(axes)


def curves(lines: Mapping[str, Sequence[Point]], *, x: str, y: str, marks: Mapping[str, Point] | None = None) -> str:
    """A line for each name; `marks`: a point on a line to be pointed out."""
    with _axes(height=3.4) as axes:
        for number, (name, points) in enumerate(lines.items()):
            colour = COLOURS[number % len(COLOURS)]
            axes.plot(*zip(*points, strict=True), color=colour, linewidth=1.6, label=name)
            if marks:
                axes.plot(*marks[name], "o", color=colour, markersize=6)
        axes.set(xlabel=x, ylabel=y)
        axes.grid(linewidth=0.5)
        axes.legend(frameon=False, fontsize=8)
        return _svg(axes)


@contextmanager
def _axes(*, height: float) -> Iterator[Axes]:
    with matplotlib.rc_context(PLOT):
        figure = Figure(figsize=(5.2, height), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure.add_subplot()


def _svg(axes: Axes) -> str:
    """The `<svg>` element alone, fit for HTML: no prolog, no namespaces (HTML knows them), a label for screen readers."""
    written = io.StringIO()
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.savefig(written, format="svg", metadata=NO_METADATA)
    text = written.getvalue()
    element = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text[text.index("<svg") :])
    return element.replace("<svg", f'<svg role="img" aria-label="{escape(axes.get_xlabel())}"', 1)
