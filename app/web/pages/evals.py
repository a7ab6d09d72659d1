"""The evals page: how well the course is found, lately and over time, from what `python -m evals run` left on disk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from app.web.app_state import Desk
from app.web.components import sign_in
from app.web.components.manage import NOT_YOURS
from app.web.components.page import show, table
from app.web.render.html import Html, escape, join, tag
from retrieval.text.display import counted

OPENING = 5.0  # seconds, for the program, the index and its models
PLOTTED = ("R@1", "R@5", "R@10", "RR@10")
MEANING = (
    "Questions whose answers are known are put to the search, and each figure says how well it finds what answers them: 1 is "
    "perfect, 0 is never found. R@5 counts how much of it is among the first five passages, RR@10 how near to the top the "
    "first of it stands (half at the second place, a third at the third), nDCG@10 both at once. "
)
WIDTH, HEIGHT = 600, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 124, 14, 34
LABEL_GAP = 19
_STYLE = """
text { font: 12px "Source Sans", system-ui, sans-serif; fill: #5c626b; }
.grid { stroke: #e2ded5; } .line { fill: none; stroke-width: 2; }
.c0 { stroke: #1f5a8c; } .c1 { stroke: #9a6212; } .c2 { stroke: #3f7a4a; } .c3 { stroke: #8a3f74; }
.f0 { fill: #1f5a8c; } .f1 { fill: #9a6212; } .f2 { fill: #3f7a4a; } .f3 { fill: #8a3f74; }
@media (max-width: 480px) { text { font-size: 18px; } }
@media (prefers-color-scheme: dark) {
  text { fill: #a5a39c; } .grid { stroke: #35373b; }
  .c0 { stroke: #8cbce6; } .c1 { stroke: #dcae63; } .c2 { stroke: #8fc79a; } .c3 { stroke: #d79ac4; }
  .f0 { fill: #8cbce6; } .f1 { fill: #dcae63; } .f2 { fill: #8fc79a; } .f3 { fill: #d79ac4; }
}
"""
MEASURES = ("R@1", "R@3", "R@5", "R@10", "RR@10", "nDCG@10")


@dataclass(frozen=True, slots=True)
class Run:
    """The main figures of one evaluation; measures in [0, 1], times in milliseconds."""

    created: str
    name: str
    version: str
    measures: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    refusal: Mapping[str, Any]
    latency_ms: Mapping[str, Any]
    per_kind: Mapping[str, Any]
    questions: int = 0

    @property
    def day(self) -> str:
        return self.created[:16].replace("T", " ")


def latest(folder: Path) -> list[Run]:
    """The last result of each question set, latest first; files that cannot be read are left out."""
    runs = [run for path in sorted(folder.glob("*.json")) if (run := _read(path)) is not None]
    return sorted(runs, key=lambda run: run.created, reverse=True)


def history(folder: Path) -> list[Run]:
    """Every run that was made, oldest first."""
    try:
        lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [run for line in lines if (run := _run(line)) is not None]


def _read(path: Path) -> Run | None:
    try:
        return _run(path.read_text(encoding="utf-8"))
    except OSError:
        return None


def _run(text: str) -> Run | None:
    try:
        data = json.loads(text)
        return Run(
            created=str(data["created"]),
            name=f"{data['name']} ({data['split']})" if data.get("split") else str(data["name"]),
            version=str(data["version"]),
            measures={name: float(data["measures"][name]) for name in MEASURES if name in data["measures"]},
            intervals={name: (low, high) for name, (low, high) in data.get("intervals", {}).items()},
            refusal=data.get("refusal", {}),
            latency_ms=data.get("latency_ms", {}),
            per_kind=data.get("per_kind", {}),
            questions=int(data.get("n", {}).get("measured", 0)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def page(desk: Desk) -> None:
    """The latest result of each question set, and the history of the main figures."""
    show(tag("h1", "Evals", cls="fn-page-title"))
    if not sign_in.manages(desk.settings.managers):
        show(tag("p", NOT_YOURS, cls="fn-lead"))
        return
    runs = latest(desk.results)
    if not runs:
        show(
            tag(
                "p",
                "No evaluation has been run yet. ",
                tag("code", "make eval"),
                " runs one in a few seconds.",
                cls="fn-lead",
            )
        )
        return
    again = f" measures it again, in about {_duration(runs)}."
    show(tag("p", MEANING, tag("code", "make eval"), again, cls="fn-lead"))
    for run in runs:
        show(result(run))
    past = history(desk.results)
    for name in dict.fromkeys(run.name for run in past):
        _plot(name, [run for run in past if run.name == name])


def _duration(runs: Sequence[Run]) -> str:
    """As long as all questions took to be searched for, and the time to open the index."""
    seconds = OPENING + sum(run.questions * run.latency_ms.get("p50", 0.0) / 1000 for run in runs)
    return counted(round(seconds), "second") if seconds < 90 else counted(round(seconds / 60), "minute")


def result(run: Run) -> Html:
    """One result: measures with their intervals, per kind of question, refusal, time."""
    meta = f"{run.day} · index {run.version} · {run.questions} questions"
    rows = [(name, _value(run, name)) for name in MEASURES if name in run.measures]
    return tag(
        "section",
        tag("h2", run.name),
        tag("p", meta, cls="fn-meta"),
        table(("measure", "mean (95 % interval)"), rows, caption=f"Measures of {run.name}"),
        _kinds(run),
        tag("p", join(_sentences(run), " "), cls="fn-meta"),
        cls="fn-result",
    )


def _value(run: Run, name: str) -> str:
    low, high = run.intervals.get(name, (0.0, 0.0))
    interval = f" ({low:.2f} to {high:.2f})" if high else ""
    return f"{run.measures[name]:.3f}{interval}"


def _kinds(run: Run) -> Html:
    names = ("R@5", "RR@10")
    rows = [
        (kind, str(group["n"]), *(f"{group['measures'][name]:.2f}" for name in names if name in group["measures"]))
        for kind, group in run.per_kind.items()
    ]
    if not rows:
        return Html("")
    return tag(
        "details", tag("summary", "By kind of question"), table(("kind", "questions", *names), rows, caption="By kind")
    )


def _sentences(run: Run) -> list[Html]:
    said: list[str] = []
    if "auc" in run.refusal:
        refused, wrongly = run.refusal.get("unanswerable_refused"), run.refusal.get("answerable_refused")
        said.append(f"Telling what the course covers: AUC {run.refusal['auc']:.3f}.")
        if isinstance(refused, float) and isinstance(wrongly, float):
            said.append(f"Of questions it does not cover {refused:.0%} are refused, of the others {wrongly:.0%}.")
    if "p50" in run.latency_ms:
        said.append(
            f"Retrieval takes {run.latency_ms['p50']:.1f} ms in the median, {run.latency_ms.get('p95', 0.0):.1f} ms at the 95th percentile."
        )
    return [escape(sentence) for sentence in said]


def _plot(name: str, runs: list[Run]) -> None:
    if len(runs) < 2:
        return
    show(tag("h2", f"History of {name}", cls="fn-section-title"))
    measured = [measure for measure in PLOTTED if all(measure in run.measures for run in runs)]
    values = {measure: [run.measures[measure] for run in runs] for measure in measured}
    if values:
        told = "; ".join(f"{measure} from {row[0]:.2f} to {row[-1]:.2f}" for measure, row in values.items())
        st.image(lines([run.day for run in runs], values), width=WIDTH, alt=f"{len(runs)} runs of {name}: {told}")


def lines(labels: Sequence[str], values: Mapping[str, Sequence[float]]) -> str:
    """One line for each name in `values`, all in [0, 1], over `labels`; at least two, of which the ends are written."""
    spread = (WIDTH - LEFT - RIGHT) / (len(labels) - 1)
    across = [LEFT + spread * number for number in range(len(labels))]
    low = min(0.8, int(5 * min(min(row) for row in values.values())) / 5)
    ends = _apart([_height(row[-1], low) for row in values.values()])
    drawn = [
        _line(number, name, across, row, low, end)
        for number, ((name, row), end) in enumerate(zip(values.items(), ends, strict=True))
    ]
    axis = [_rule(low + (1 - low) * part / 4, low) for part in range(5)]
    dates = f'<text x="{LEFT}" y="{HEIGHT - 8}">{escape(labels[0])}</text>'
    dates += f'<text x="{across[-1]:.0f}" y="{HEIGHT - 8}" text-anchor="end">{escape(labels[-1])}</text>'
    body = "".join([*axis, *drawn, dates])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><style>{_STYLE}</style>{body}</svg>'


def _height(value: float, low: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (1 - low))


def _rule(value: float, low: float) -> str:
    height = _height(value, low)
    line = f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{height:.1f}" y2="{height:.1f}"/>'
    return f'{line}<text x="{LEFT - 8}" y="{height + 4:.1f}" text-anchor="end">{value:.2f}</text>'


def _line(number: int, name: str, across: Sequence[float], row: Sequence[float], low: float, end: float) -> str:
    points = [(x, _height(value, low)) for x, value in zip(across, row, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle class="f{number % 4}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    label = (
        f'<text class="f{number % 4}" x="{across[-1] + 10:.1f}" y="{end + 4:.1f}">{escape(name)} {row[-1]:.2f}</text>'
    )
    return f'<polyline class="line c{number % 4}" points="{path}"/>{dots}{label}'


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights of labels moved so far down that none covers another: `[10, 12, 50]` -> `[10, 25, 50]`."""
    placed: dict[int, float] = {}
    last = float("-inf")
    for index in sorted(range(len(heights)), key=lambda index: heights[index]):
        last = max(heights[index], last + LABEL_GAP)
        placed[index] = last
    return [placed[index] for index in range(len(heights))]
