"""Measures by ir-measures (the only importer of it), under their TREC names.

A ranking is given by its length alone: its members are named "1", "2", ... by rank. Questions whose gold has several
sets are measured for each set and count with the best.
"""

from collections.abc import Mapping, Sequence

import ir_measures
from ir_measures import Measure

Judgements = Mapping[str, int]


def measure(
    names: Sequence[str], rankings: Sequence[int], judgements: Sequence[Sequence[Judgements]]
) -> list[dict[str, float]]:
    """For each ranking (its length) the measures `names`, each the best over the ranking's alternative judgements."""
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    for index, (length, alternatives) in enumerate(zip(rankings, judgements, strict=True)):
        for number, judged in enumerate(alternatives):
            query = f"{index}/{number}"
            qrels[query] = dict(judged)
            run[query] = {str(rank): float(length - rank) for rank in range(1, length + 1)}
    best: list[dict[str, float]] = [dict.fromkeys(names, 0.0) for _ in rankings]
    for query, name, value in _values(names, qrels, run):
        of_ranking = best[int(query.split("/")[0])]
        of_ranking[name] = max(of_ranking[name], value)
    return best


def measure_run(
    names: Sequence[str], qrels: Mapping[str, Judgements], run: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Query id -> measures of its ranking (ids, best first). Queries that the run lacks score 0."""
    scored = {query: {name: float(len(ids) - rank) for rank, name in enumerate(ids)} for query, ids in run.items()}
    found: dict[str, dict[str, float]] = {query: dict.fromkeys(names, 0.0) for query in qrels}
    for query, name, value in _values(names, {query: dict(judged) for query, judged in qrels.items()}, scored):
        found[query][name] = value
    return found


def _values(
    names: Sequence[str], qrels: dict[str, dict[str, int]], run: dict[str, dict[str, float]]
) -> list[tuple[str, str, float]]:
    measures: dict[Measure, str] = {ir_measures.parse_measure(name): name for name in names}
    return [
        (str(metric.query_id), measures[metric.measure], float(metric.value))
        for metric in ir_measures.iter_calc(list(measures), qrels, run)
    ]
