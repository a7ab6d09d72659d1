"""The evals page: how well the course is found, lately and over time, from what `python -m evals run` left on disk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.web.app_state import Desk
from app.web.components.manage import managed_page
from app.web.components.page import section, show, table
from app.web.render.html import Html, escape, join, tag
from retrieval.text.display import counted

OPENING = 5.0  # seconds, for the program, the index and its models
FOLLOWED = ("R@1", "R@5", "R@10", "RR@10")
PAST = 12  # runs of a set that are listed
MEANING = (
    "Questions whose answers are known are put to the search, and each figure says how well it finds what answers them: 1 is "
    "perfect, 0 is never found. R@5 counts how much of it is among the first five passages, RR@10 how near to the top the "
    "first of it stands (half at the second place, a third at the third), nDCG@10 both at once. "
)
MEASURES = ("R@1", "R@3", "R@5", "R@10", "RR@10", "nDCG@10")


@dataclass(frozen=True, slots=True)
class PastRun:
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


def latest(folder: Path) -> list[PastRun]:
    """The last result of each question set, latest first; files that cannot be read are left out."""
    runs = [run for path in sorted(folder.glob("*.json")) if (run := _read(path)) is not None]
    return sorted(runs, key=lambda run: run.created, reverse=True)


def history(folder: Path) -> list[PastRun]:
    """Every run that was made, oldest first."""
    try:
        lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [run for line in lines if (run := _run(line)) is not None]


def _read(path: Path) -> PastRun | None:
    try:
        return _run(path.read_text(encoding="utf-8"))
    except OSError:
        return None


def _run(text: str) -> PastRun | None:
    try:
        data = json.loads(text)
        return PastRun(
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
    if not managed_page(desk, "Evals"):
        return
    runs = latest(desk.results)
    if not runs:
        command = tag("code", "make eval")
        show(tag("p", "No evaluation has been run yet. ", command, " runs one in a few seconds.", cls="fn-lead"))
        return
    again = f" measures it again, in about {_duration(runs)}."
    show(tag("p", MEANING, tag("code", "make eval"), again, cls="fn-lead"))
    for run in runs:
        show(result(run))
    past = history(desk.results)
    for name in dict.fromkeys(run.name for run in past):
        show(past_runs(name, [run for run in past if run.name == name]))


def _duration(runs: Sequence[PastRun]) -> str:
    """As long as all questions took to be searched for, and the time to open the index."""
    seconds = OPENING + sum(run.questions * run.latency_ms.get("p50", 0.0) / 1000 for run in runs)
    return counted(round(seconds), "second") if seconds < 90 else counted(round(seconds / 60), "minute")


def result(run: PastRun) -> Html:
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


def _value(run: PastRun, name: str) -> str:
    low, high = run.intervals.get(name, (0.0, 0.0))
    interval = f" ({low:.2f} to {high:.2f})" if high else ""
    return f"{run.measures[name]:.3f}{interval}"


def _kinds(run: PastRun) -> Html:
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


def _sentences(run: PastRun) -> list[Html]:
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


def past_runs(name: str, runs: Sequence[PastRun]) -> Html:
    """The main figures of the latest runs over a question set, the newest first; nothing of a single one."""
    if len(runs) < 2:
        return Html("")
    rows = [(run.day, *(_figure(run, measure) for measure in FOLLOWED)) for run in runs[: -PAST - 1 : -1]]
    title = f"History of {name}"
    grid = table(("run", *FOLLOWED), rows, caption=title)
    return tag("section", section(title, grid), cls="fn-result")


def _figure(run: PastRun, measure: str) -> str:
    return f"{run.measures[measure]:.3f}" if measure in run.measures else ""
