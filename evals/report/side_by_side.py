"""Variants of retrieval over many question sets, as a table for the terminal."""

from collections.abc import Iterator, Mapping

from evals.report.table import grid
from evals.search.side_by_side import BASE, DEFAULT, TESTED
from evals.stats import mean
from retrieval.types import Json

SHOWN = ("R@5", "R@10", "RR@10", "nDCG@10")


def side_by_side_table(found: Json) -> str:
    """RR@10 of each set and the mean over the sets, all measures of the mean, how sure the differences are, refusal, times."""
    return "\n".join([*_sets(found), *_means(found), *_differences(found), *_refusal(found), *_times(found)])


def _sets(found: Json) -> Iterator[str]:
    rows = {
        f"{one['name']} ({one['n']})": {name: one["measures"][name][TESTED] for name in found["variants"]}
        for one in found["sets"]
    }
    rows["mean"] = {name: found["mean"][name][TESTED] for name in found["variants"]}
    yield from grid(list(found["variants"]), rows, first=TESTED)


def _means(found: Json) -> Iterator[str]:
    yield ""
    yield from grid(SHOWN, found["mean"], first=f"mean of {len(found['sets'])} sets")


def _differences(found: Json) -> Iterator[str]:
    rows: dict[str, Mapping[str, float]] = {
        name: {
            TESTED: one["mean"],
            "95 % from": one["interval"][0],
            "to": one["interval"][1],
            "p": one["p"],
            "worst set": min(one["sets"].values()),
        }
        for name, one in found["difference"].items()
    }
    if rows:
        yield ""
        yield from grid([TESTED, "95 % from", "to", "p", "worst set"], rows, first=f"difference to {BASE}")


def _refusal(found: Json) -> Iterator[str]:
    rows = {
        f"{one['name']} ({one['refusal']['unanswerable']})": {
            "AUC": one["refusal"]["auc"],
            "unanswerable": one["refusal"]["unanswerable_refused"],
            "answerable": one["refusal"]["answerable_refused"],
        }
        for one in found["sets"]
        if one["refusal"]["auc"] is not None
    }
    if rows:
        rows["mean"] = {
            name: mean([row[name] for row in rows.values()]) for name in ("AUC", "unanswerable", "answerable")
        }
        yield ""
        yield from grid(["AUC", "unanswerable", "answerable"], rows, first=f"refused by {DEFAULT}")


def _times(found: Json) -> Iterator[str]:
    yield ""
    for name in found["variants"]:
        times = [one["latency_ms"][name] for one in found["sets"]]
        stages = {
            stage: mean([one["stages"][stage]["p50"] for one in times if stage in one["stages"]])
            for stage in times[0]["stages"]
        }
        listed = ", ".join(f"{stage} {ms:.1f}" for stage, ms in stages.items())
        yield f"{name}: median {mean([one['p50'] for one in times]):.1f} ms, 95th percentile {mean([one['p95'] for one in times]):.1f} ms, the mean of the sets ({listed})"
