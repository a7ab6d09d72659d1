"""The evals page: how well the course is found, lately and over time."""

from collections.abc import Sequence

import streamlit as st

from app.web.app_state import Desk
from app.web.components import sign_in
from app.web.components.building import NOT_YOURS
from app.web.components.page import show, table
from app.web.components.plot import WIDTH, lines
from app.web.eval_results import MEASURES, Run, history, latest
from app.web.render.html import Html, escape, join, tag
from retrieval.text.plural import counted

OPENING = 5.0  # seconds, for the program, the index and its models
PLOTTED = ("R@1", "R@5", "R@10", "RR@10")
MEANING = (
    "Questions whose answers are known are searched for, and it is counted where the passage that answers comes: first (1 is "
    "perfect) or further down. R@5: how much of what answers a question is among the first five passages. RR@10: one divided by the rank of the first "
    "passage that answers it, 0 if that is not among the first ten. nDCG@10: what is found among the first ten, earlier ranks "
    "counting more."
)


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
    show(
        tag(
            "p",
            "How well the sections that answer a question are found. ",
            tag("code", "make eval"),
            f" measures it again, in about {_duration(runs)}.",
            cls="fn-lead",
        )
    )
    show(tag("p", MEANING, cls="fn-meta"))
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
