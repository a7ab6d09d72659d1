"""Plots as SVG to stand in an HTML page (the only importer of matplotlib). Equal data gives equal text.

Text stays text, so that it can be searched and follows the page's font. Nothing in an SVG refers to anything outside.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

COLOURS = ("#2a6f97", "#c8553d", "#588157", "#8d6a9f", "#b08900", "#5c677d")
INK, PALE = "#333a44", "#d9dee4"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "evals",
    "font.size": 9,
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    # labels are data: a dollar sign in them starts no formula
    "text.parse_math": False,
}
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))

Point = tuple[float, float]
Interval = tuple[float, float, float]


def dots(rows: Mapping[str, Interval], *, label: str) -> str:
    """One line a row, from top to bottom: value, lower and upper end, all in [0, 1]."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _axes(width=5.2, height=0.55 + 0.26 * max(1, len(rows)))
        places = range(len(rows), 0, -1)
        axes.hlines(places, [row[1] for row in rows.values()], [row[2] for row in rows.values()], PALE, linewidth=5)
        axes.plot([row[0] for row in rows.values()], places, "o", color=COLOURS[0], markersize=5, clip_on=False)
        for place, row in zip(places, rows.values(), strict=True):
            axes.annotate(f"{row[0]:.2f}", (1.02, place), va="center", annotation_clip=False)
        axes.set(xlim=(0, 1), ylim=(0.4, len(rows) + 0.6), xlabel=label)
        axes.set_yticks(list(places), list(rows))
        axes.grid(axis="x", color=PALE, linewidth=0.5)
        return _svg(figure, label)


def bars(rows: Mapping[str, Point], *, label: str) -> str:
    """One bar a row with a tick: e.g. median and 95th percentile."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _axes(width=5.2, height=0.55 + 0.26 * max(1, len(rows)))
        places = list(range(len(rows), 0, -1))
        axes.barh(places, [row[0] for row in rows.values()], 0.6, color=COLOURS[0])
        axes.plot([row[1] for row in rows.values()], places, "|", color=COLOURS[1], markersize=9, markeredgewidth=2)
        axes.set(ylim=(0.4, len(rows) + 0.6), xlabel=label)
        axes.set_yticks(places, list(rows))
        axes.set_xlim(left=0)
        return _svg(figure, label)


def curves(
    lines: Mapping[str, Sequence[Point]], *, x: str, y: str, marks: Mapping[str, Point] | None = None, unit: bool = True
) -> str:
    """A line for each name; `marks`: a point on a line to be pointed out. `unit`: both axes are [0, 1]."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _axes(width=5.2, height=3.4)
        for number, (name, points) in enumerate(lines.items()):
            colour = COLOURS[number % len(COLOURS)]
            axes.plot([p[0] for p in points], [p[1] for p in points], color=colour, linewidth=1.6, label=name)
            if marks and name in marks:
                axes.plot(*marks[name], "o", color=colour, markersize=6)
        axes.set(xlabel=x, ylabel=y)
        if unit:
            axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03))
        axes.grid(color=PALE, linewidth=0.5)
        axes.legend(frameon=False, fontsize=8)
        return _svg(figure, f"{y} against {x}")


def _axes(*, width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.tick_params(length=0)
    return figure, axes


def _svg(figure: Figure, label: str) -> str:
    """The `<svg>` element alone, fit for HTML: no prolog, no namespaces (HTML knows them), a label for screen readers."""
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata=NO_METADATA)
    text = written.getvalue()
    element = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text[text.index("<svg") :])
    name = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return element.replace("<svg", f'<svg role="img" aria-label="{name}"', 1)
