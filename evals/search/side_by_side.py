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
    variants = {name: VARIANTS[name] if name in VARIANTS else _changes(name, settings) for name in names}
    return {**{name: VARIANTS[name] for name in (BASE, DEFAULT)}, **variants}


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
    results = [_measure(question_set, settings, variants, sample) for question_set in sets]
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "variants": {name: dict(changes) for name, changes in variants.items()},
        "sets": results,
        "mean": {name: _mean([result["measures"][name] for result in results]) for name in variants},
        "difference": {name: _difference(results, name) for name in variants if BASE in variants and name != BASE},
    }


def _measure(question_set: QuestionSet, settings: Settings, variants: Variants, sample: int) -> Json:
    own = system.settings_for(settings, question_set.corpus(settings))
    system.build_index(own)
    queries, unanswerable = _drawn(question_set.queries, sample), _drawn(question_set.unanswerable, sample)
    with system.opened(own) as opened:
        for query, gold in question_set.missing(opened).items():
            print(
                f"{question_set.name}, {query}: not in the index, never found: {', '.join(gold)[:100]}",
                file=sys.stderr,
            )
        retrievers = {
            name: system.variant(opened, own.model_copy(update=dict(changes))) for name, changes in variants.items()
        }
        retrievals = ask_all(retrievers, queries)
        refused = ask_all({DEFAULT: retrievers[DEFAULT]}, unanswerable)[DEFAULT]
        measured = {name: question_set.measures(of_variant, opened) for name, of_variant in retrievals.items()}
        return {
            "name": question_set.name,
            "n": len(queries),
            "counts": dict(opened.counts),
            "version": opened.version,
            "measures": {name: _mean(list(rows.values())) for name, rows in measured.items()},
            "latency_ms": {name: _latency(of_variant) for name, of_variant in retrievals.items()},
            "refusal": _refusal(retrievals[DEFAULT], refused, own.confidence_threshold),
            "per_question": {
                name: {query: row[TESTED] for query, row in rows.items()} for name, rows in measured.items()
            },
            "features": _features(question_set, retrievers[DEFAULT], retrievals[DEFAULT], refused, opened),
        }


def ask_all(retrievers: Mapping[str, HybridRetriever], queries: Mapping[str, str]) -> dict[str, dict[str, Retrieval]]:
    """Variant -> query id -> what it found."""
    retrievals: dict[str, dict[str, Retrieval]] = {name: {} for name in retrievers}
    for query, text in queries.items():
        for name, retriever in retrievers.items():
            retrievals[name][query] = retriever.retrieve(text, k=DEPTH)
    return retrievals


def _features(
    question_set: QuestionSet,
    retriever: HybridRetriever,
    answerable: Mapping[str, Retrieval],
    unanswerable: Mapping[str, Retrieval],
    opened: System,
) -> list[Json]:
    """What answerability is fitted on: of each question with its answer and with all that answers it left out, and of those
    that have none."""
    without_gold = question_set.without_gold(answerable, opened)
    rows: list[Json] = []
    for query, retrieval in answerable.items():
        rows.append({"id": query, "case": "answerable", "features": dict(retrieval.features)})
        left_out = retriever.seen(retrieval.query, without_gold[query])
        rows.append({"id": query, "case": refusal.LEFT_OUT, "features": left_out})
    return rows + [
        {"id": query, "case": "unanswerable", "features": dict(retrieval.features)}
        for query, retrieval in unanswerable.items()
    ]


def _refusal(answerable: Mapping[str, Retrieval], unanswerable: Mapping[str, Retrieval], threshold: float) -> Json:
    confidences = [retrieval.confidence for retrieval in answerable.values()]
    return refusal.summary(
        confidences, {"unanswerable": [retrieval.confidence for retrieval in unanswerable.values()]}, threshold
    )


def _latency(retrievals: Mapping[str, Retrieval]) -> Json:
    traces = [retrieval.stages for retrieval in retrievals.values()]
    return latency_of([sum(stage.ms for stage in trace) for trace in traces], traces)


def _drawn(queries: Mapping[str, str], sample: int) -> dict[str, str]:
    if not sample or sample >= len(queries):
        return dict(queries)
    return dict(random.Random(stats.SEED).sample(sorted(queries.items()), sample))


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: stats.mean([row[name] for row in rows]) for name in MEASURES if rows}


def _difference(results: Sequence[Json], variant: str) -> Json:
    """Of the mean over the sets to that of BASE, with its interval and p; and of each set."""
    pairs = [
        [row[query] - result["per_question"][BASE][query] for query in row]
        for result in results
        for row in [result["per_question"][variant]]
    ]
    low, high = stats.stratified_interval(pairs)
    return {
        "mean": stats.mean([stats.mean(pair) for pair in pairs]),
        "interval": [low, high],
        "p": stats.stratified_p(pairs),
        "sets": {result["name"]: stats.mean(pair) for result, pair in zip(results, pairs, strict=True)},
    }
