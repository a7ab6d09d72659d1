"""The evals page: how well the course is found, lately and over time, from what `python -m evals run` left on disk."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from app.web.app_state import Desk
from app.web.components.manage import managed_page
from app.web.components.page import section, show, table
from app.web.render.html import Html, tag
from retrieval.text.display import counted
from retrieval.types import Json

OPENING = 5.0  # seconds, for the program, the index and its models
FOLLOWED = ("R@1", "R@5", "R@10", "RR@10")
PAST = 12  # runs of a set that are listed
MEANING = (
    "Questions whose answers are known are put to the search, and each figure says how well it finds what answers them: 1 is "
    "perfect, 0 is never found. R@5 counts how much of it is among the first five passages, RR@10 how near to the top the "
    "first of it stands (half at the second place, a third at the third), nDCG@10 both at once. "
)
MEASURES = ("R@1", "R@3", "R@5", "R@10", "RR@10", "nDCG@10")
LINE_FIELDS = ("created", "name", "split", "measures")
RESULT_FIELDS = (*LINE_FIELDS, "version", "intervals", "n", "refusal", "latency_ms", "per_kind")


def latest(folder: Path) -> list[Json]:
    """The last result of each question set, latest first; files that hold none are left out."""
    results = (_read(path.read_text(encoding="utf-8"), RESULT_FIELDS) for path in sorted(folder.glob("*.json")))
    return sorted(filter(None, results), key=lambda result: str(result["created"]), reverse=True)


def history(folder: Path) -> list[Json]:
    """The main figures of every run that was made, oldest first."""
    path = folder / "history.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [run for line in lines if (run := _read(line, LINE_FIELDS)) is not None]


def _read(text: str, fields: Collection[str]) -> Json | None:
    """JSON with all of these fields, as `python -m evals run` writes it; None for any other."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) and data.keys() >= set(fields) else None


def page(desk: Desk) -> None:
    """The latest result of each question set, and the history of the main figures."""
    if not managed_page(desk, "Evals"):
        return
    results = latest(desk.results)
    if not results:
        command = tag("code", "make eval")
        show(tag("p", "No evaluation has been run yet. ", command, " runs one in a few seconds.", cls="fn-lead"))
        return
    again = f" measures it again, in about {_duration(results)}."
    show(tag("p", MEANING, tag("code", "make eval"), again, cls="fn-lead"))
    for one in results:
        show(result(one))
    runs = history(desk.results)
    for name in dict.fromkeys(map(_name, runs)):
        show(past_runs(name, [run for run in runs if _name(run) == name]))


def _name(run: Json) -> str:
    return f"{run['name']} ({run['split']})"


def _day(run: Json) -> str:
    return str(run["created"])[:16].replace("T", " ")


def _duration(results: Sequence[Json]) -> str:
    """As long as all questions took to be searched for, and the time to open the index."""
    seconds = OPENING + sum(one["n"]["measured"] * one["latency_ms"]["p50"] / 1000 for one in results)
    return counted(round(seconds), "second") if seconds < 90 else counted(round(seconds / 60), "minute")


def result(run: Json) -> Html:
    """One result: measures with their intervals, per kind of question, refusal, time."""
    name = _name(run)
    meta = f"{_day(run)} · index {run['version']} · {run['n']['measured']} questions"
    rows = [(measure, _value(run, measure)) for measure in MEASURES if measure in run["measures"]]
    return tag(
        "section",
        tag("h2", name),
        tag("p", meta, cls="fn-meta"),
        table(("measure", "mean (95 % interval)"), rows, caption=f"Measures of {name}"),
        _kinds(run),
        tag("p", " ".join(_sentences(run)), cls="fn-meta"),
        cls="fn-result",
    )


def _value(run: Json, measure: str) -> str:
    low, high = run["intervals"].get(measure, (0.0, 0.0))
    return f"{run['measures'][measure]:.3f}" + (f" ({low:.2f} to {high:.2f})" if high else "")


def _kinds(run: Json) -> Html:
    names = ("R@5", "RR@10")
    rows = [
        (kind, str(group["n"]), *(f"{group['measures'][name]:.2f}" for name in names))
        for kind, group in run["per_kind"].items()
    ]
    grid = table(("kind", "questions", *names), rows, caption="By kind")
    return tag("details", tag("summary", "By kind of question"), grid) if rows else Html("")


def _sentences(run: Json) -> list[str]:
    refusal, times = run["refusal"], run["latency_ms"]
    speed = f"Retrieval takes {times['p50']:.1f} ms in the median, {times['p95']:.1f} ms at the 95th percentile."
    if refusal["auc"] is None:
        return [speed]
    return [
        f"Telling what the course covers: AUC {refusal['auc']:.3f}.",
        f"Of questions it does not cover {refusal['unanswerable_refused']:.0%} are refused, of the others "
        f"{refusal['answerable_refused']:.0%}.",
        speed,
    ]


def past_runs(name: str, runs: Sequence[Json]) -> Html:
    """The main figures of the latest runs over a question set, the newest first; nothing of a single one."""
    if len(runs) < 2:
        return Html("")
    rows = [(_day(run), *(_figure(run, measure) for measure in FOLLOWED)) for run in runs[: -PAST - 1 : -1]]
    title = f"History of {name}"
    return tag("section", section(title, table(("run", *FOLLOWED), rows, caption=title)), cls="fn-result")


def _figure(run: Json, measure: str) -> str:
    return f"{run['measures'][measure]:.3f}" if measure in run["measures"] else ""
