"""The same questions with one part of retrieval exchanged at a time, over one index."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evals.datasets.questions import Question
from evals.report.compare import paired
from evals.report.table import grid
from evals.search.evaluate import measure
from evals.search.system import build_index, opened, settings_for
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.types import Json

SHOWN = ("R@1", "R@5", "R@10", "RR@10", "nDCG@10")
TESTED = "RR@10"


def variants(rerankers: Sequence[str]) -> dict[str, Mapping[str, object]]:
    """Name -> the settings that differ from the running ones. `default` comes first."""
    plain = {"reranker": "none"}
    return {
        "default": {},
        "BM25": {**plain, "fusion": "convex", "dense_weight": 0.0},
        "dense": {**plain, "fusion": "convex", "dense_weight": 1.0},
        "hybrid, RRF": {**plain, "fusion": "rrf"},
        "hybrid, convex": {**plain, "fusion": "convex"},
        "rerank: footnote": {"reranker": "footnote"},
        **{f"rerank: {name}": {"reranker": name} for name in rerankers},
    }


def ablate(
    questions: Sequence[Question], corpus: Path, settings: Settings, *, rerankers: Sequence[str], name: str, split: str
) -> Json:
    """{"name", "split", "created", "rows": [{"variant", "settings", "measures", "intervals", ...}]}.

    A variant that cannot be loaded has "unavailable" with the reason instead of figures. Raises ConfigError when there
    is nothing to compare.
    """
    if not any(question.answerable and not question.history for question in questions):
        raise ConfigError(f"None of the {len(questions)} questions has an answer to be retrieved: nothing to compare.")
    own = settings_for(settings, corpus)
    build_index(own)
    found: dict[str, Json] = {}
    rows: list[Json] = []
    for variant, changes in variants(rerankers).items():
        try:
            with opened(own.model_copy(update=changes)) as system:
                found[variant] = measure(questions, system, name=name, split=split)
        except ConfigError as error:
            rows.append({"variant": variant, "settings": changes, "unavailable": str(error)})
            continue
        rows.append(_row(variant, changes, found[variant], found["default"]))
    return {"name": name, "split": split, "created": found["default"]["created"], "rows": rows}


def ablation_table(ablation: Json) -> str:
    return "\n".join(_lines(ablation))


def _row(variant: str, changes: Mapping[str, object], result: Json, default: Json) -> Json:
    tested = paired(default, result).get(TESTED)
    return {
        "variant": variant,
        "settings": changes,
        "measures": result["measures"],
        "intervals": result["intervals"],
        "follow_up": {name: result["follow_up"][name] for name in SHOWN if name in result["follow_up"]},
        "auc": result["refusal"]["auc"],
        "latency_ms": {name: result["latency_ms"][name] for name in ("p50", "p95")},
        "p": {TESTED: tested.p} if tested else {},
    }


def _lines(ablation: Json) -> Iterator[str]:
    yield f"{ablation['name']} ({ablation['split']})"
    available = [row for row in ablation["rows"] if "measures" in row]
    yield from grid(
        [*SHOWN, "follow-up R@5", "AUC", f"p ({TESTED})", "ms"], {r["variant"]: _figures(r) for r in available}
    )
    for row in ablation["rows"]:
        if "unavailable" in row:
            yield f"{row['variant']}: not available: {row['unavailable']}"


def _figures(row: Json) -> dict[str, float]:
    figures = {name: row["measures"][name] for name in SHOWN} | {"ms": row["latency_ms"]["p50"]}
    if "R@5" in row["follow_up"]:
        figures["follow-up R@5"] = row["follow_up"]["R@5"]
    if row["auc"] is not None:
        figures["AUC"] = row["auc"]
    return figures | {f"p ({name})": p for name, p in row["p"].items() if row["settings"]}
