"""Variants of retrieval side by side over many question sets: each set, the mean over the sets, and how sure a difference is.

A set's index is built once and opened once; every query is put to all variants in turn, so that it is encoded once and the
variants' times are of one and the same moment. Differences are paired: to each question of each set belongs one, a set's
questions weigh one in sum, and both the bootstrap (percentile interval; Efron and Tibshirani 1993) and the randomisation test
(Smucker, Allan and Carterette 2007) draw within the sets.
"""

import random
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from evals import stats
from evals.search import refusal, system
from evals.search.results import DEPTH, latency_of
from evals.search.sets import MEASURES, QuestionSet
from evals.search.system import System
from retrieval.config import Settings, load_settings
from retrieval.errors import ConfigError
from retrieval.hybrid import HybridRetriever
from retrieval.types import Json, Retrieval

TESTED = "RR@10"
BASE = "hybrid"
DEFAULT = "default"
Variants = Mapping[str, Mapping[str, object]]
VARIANTS: Variants = {
    "BM25": {"reranker": "none", "dense_weight": 0.0},
    "dense": {"reranker": "none", "dense_weight": 1.0},
    BASE: {"reranker": "none"},
    DEFAULT: {},
}


def parse_variants(names: Sequence[str], settings: Settings) -> dict[str, Mapping[str, object]]:
    """Those of VARIANTS by name, others by the settings that differ, as `dense_weight=0.6 reranker=none`; none: VARIANTS.
    What others are compared with is always among them. Raises ConfigError for a setting that cannot be.
    """
    if not names:
        return dict(VARIANTS)
    found = {name: VARIANTS[name] if name in VARIANTS else _changes(name, settings) for name in names}
    return {**{name: VARIANTS[name] for name in (BASE, DEFAULT)}, **found}


def _changes(text: str, settings: Settings) -> dict[str, object]:
    parts = [part.partition("=") for part in text.replace(",", " ").split()]
    wrong = [name for name, _, value in parts if name.lower() not in Settings.model_fields or not value]
    if wrong or not parts:
        raise ConfigError(
            f"--variant {text!r}: {wrong[0] if wrong else text} is no setting with a value. Use one of {', '.join(VARIANTS)}, or "
            "NAME=VALUE pairs of settings that matter when a question is asked."
        )
    named = {name.lower(): value for name, _, value in parts}
    checked = load_settings(**{**settings.model_dump(by_alias=True), **named})
    return {name: getattr(checked, name) for name in named}


def side_by_side(sets: Sequence[QuestionSet], settings: Settings, variants: Variants, *, sample: int = 0) -> Json:
    """{"created", "variants", "sets": [{"name", "n", "measures", "latency_ms", "refusal", "per_question"}], "mean",
    "difference"}. `sample`: at most so many questions of each set, drawn by a fixed seed; 0: all.
    """
    found = [_measure(one, settings, variants, sample) for one in sets]
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "variants": {name: dict(changes) for name, changes in variants.items()},
        "sets": found,
        "mean": {name: _mean([one["measures"][name] for one in found]) for name in variants},
        "difference": {name: _difference(found, name) for name in variants if BASE in variants and name != BASE},
    }


def _measure(one: QuestionSet, settings: Settings, variants: Variants, sample: int) -> Json:
    own = system.settings_for(settings, one.corpus(settings))
    system.build_index(own)
    queries, others = _drawn(one.queries, sample), _drawn(one.unanswerable, sample)
    with system.opened(own) as opened:
        for query, gold in one.missing(opened).items():
            print(f"{one.name}, {query}: not in the index, never found: {', '.join(gold)[:100]}", file=sys.stderr)
        retrievers = {
            name: system.variant(opened, own.model_copy(update=dict(changes))) for name, changes in variants.items()
        }
        found = ask_all(retrievers, queries)
        refused = ask_all({DEFAULT: retrievers[DEFAULT]}, others)[DEFAULT]
        measured = {name: one.measures(retrievals, opened) for name, retrievals in found.items()}
        return {
            "name": one.name,
            "n": len(queries),
            "counts": dict(opened.counts),
            "version": opened.version,
            "measures": {name: _mean(list(rows.values())) for name, rows in measured.items()},
            "latency_ms": {name: _latency(retrievals) for name, retrievals in found.items()},
            "refusal": _refusal(found[DEFAULT], refused, own.confidence_threshold),
            "per_question": {
                name: {query: row[TESTED] for query, row in rows.items()} for name, rows in measured.items()
            },
            "features": _features(one, retrievers[DEFAULT], found[DEFAULT], refused, opened),
        }


def ask_all(retrievers: Mapping[str, HybridRetriever], queries: Mapping[str, str]) -> dict[str, dict[str, Retrieval]]:
    """Variant -> query id -> what it found."""
    found: dict[str, dict[str, Retrieval]] = {name: {} for name in retrievers}
    for query, text in queries.items():
        for name, retriever in retrievers.items():
            found[name][query] = retriever.retrieve(text, k=DEPTH)
    return found


def _features(
    one: QuestionSet,
    retriever: HybridRetriever,
    found: Mapping[str, Retrieval],
    refused: Mapping[str, Retrieval],
    opened: System,
) -> list[Json]:
    """What answerability is fitted on: of each question with its answer and with all that answers it left out, and of those
    that have none."""
    rest = one.without_gold(found, opened)
    rows: list[Json] = []
    for query, retrieval in found.items():
        rows.append({"id": query, "case": "answerable", "features": dict(retrieval.features)})
        left_out = retriever.seen(retrieval.query, rest[query])
        rows.append({"id": query, "case": refusal.LEFT_OUT, "features": left_out})
    return rows + [
        {"id": query, "case": "unanswerable", "features": dict(retrieval.features)}
        for query, retrieval in refused.items()
    ]


def _refusal(found: Mapping[str, Retrieval], refused: Mapping[str, Retrieval], threshold: float) -> Json:
    answerable = [one.confidence for one in found.values()]
    return refusal.summary(answerable, {"unanswerable": [one.confidence for one in refused.values()]}, threshold)


def _latency(found: Mapping[str, Retrieval]) -> Json:
    traces = [one.stages for one in found.values()]
    return latency_of([sum(stage.ms for stage in trace) for trace in traces], traces)


def _drawn(queries: Mapping[str, str], sample: int) -> dict[str, str]:
    if not sample or sample >= len(queries):
        return dict(queries)
    return dict(random.Random(stats.SEED).sample(sorted(queries.items()), sample))


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: stats.mean([row[name] for row in rows]) for name in MEASURES if rows}


def _difference(sets: Sequence[Json], variant: str) -> Json:
    """Of the mean over the sets to that of BASE, with its interval and p; and of each set."""
    pairs = [
        [row[query] - one["per_question"][BASE][query] for query in row]
        for one in sets
        for row in [one["per_question"][variant]]
    ]
    low, high = stats.stratified_interval(pairs)
    return {
        "mean": stats.mean([stats.mean(pair) for pair in pairs]),
        "interval": [low, high],
        "p": stats.stratified_p(pairs),
        "sets": {one["name"]: stats.mean(pair) for one, pair in zip(sets, pairs, strict=True)},
    }
