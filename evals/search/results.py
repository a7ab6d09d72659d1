"""A question set over a folder of documents: every question asked, judged against gold text, and the result as JSON.

    {"name", "split", "created", "version", "counts", "n", "measures", "intervals", "follow_up", "refusal",
     "latency_ms", "per_kind", "per_document", "quote_missing", "lost", "settings", "per_question"}

`measures` are means over the answerable questions that are no follow-ups; those are measured apart, in three wordings:
as typed, by the rule (which is what the application searches for without a key) and as the reference has it.
`quote_missing`: for each question its quotes that stand in no document. `lost`: the questions that no ranking could
answer in full for that reason, and the measures without them.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from evals import stats
from evals.datasets.gold import Gold
from evals.datasets.questions import GoldQuestion
from evals.search import metrics, refusal
from evals.search.metrics import JudgedRanking, context, gains, judge, overlap, relevant
from evals.search.system import System, build_index, opened, settings_for
from retrieval.config import Settings
from retrieval.types import Hit, Json, Retrieval, Stage

DEPTH = 50  # hits asked for: enough for R@20 and for 2,500 tokens of short chunks
CUTS = (1, 3, 5, 10, 20)
BUDGETS = (500, 1000, 2000, 2500)

SHOWN = 5  # hits listed for each question
PREVIEW = 300  # characters of each
SETTINGS = (  # that decide what is found; no keys, no paths
    "embedding_model",
    "reranker",
    "chunk_tokens",
    "window_units",
    "dense_weight",
    "n_rerank",
    "k",
    "passage_tokens",
    "confidence_threshold",
)
FOLLOW_UP = "rule"  # the wording that the application uses by default


@dataclass(frozen=True, slots=True)
class Asked:
    """One query run for a question. `ms`: wall time. `judged` is None for an unanswerable question."""

    question: GoldQuestion
    query: str
    retrieval: Retrieval
    ms: float
    gold: Gold
    judged: JudgedRanking | None


def ask_all(questions: Sequence[GoldQuestion], system: System) -> Iterator[Asked]:
    """Each question as the application would search for it: a follow-up by its standalone query."""
    if questions:
        system.retriever.retrieve(questions[0].question, k=DEPTH)  # the first one pays for loading
    for question in questions:
        yield ask(question, system.rewrite(question.question, question.history), system)


def ask(question: GoldQuestion, query: str, system: System) -> Asked:
    begun = time.perf_counter()
    retrieval = system.retriever.retrieve(query, k=DEPTH)
    ms = (time.perf_counter() - begun) * 1000.0
    gold = system.locator.gold(question)
    judged = judge([hit.chunk for hit in retrieval.hits], gold) if question.answerable else None
    return Asked(question, query, retrieval, ms, gold, judged)


@dataclass(frozen=True, slots=True)
class Measured:
    """An answerable question's measures by TREC name."""

    asked: Asked
    judged: JudgedRanking
    measures: Mapping[str, float]


def score(asked: Sequence[Asked]) -> list[Measured]:
    """The measures of those that can be judged, in order."""
    pairs = [(one, one.judged) for one in asked if one.judged is not None]
    lengths = [len(one.retrieval.hits) for one, _ in pairs]
    first = metrics.measure(["RR@10", "P@3"], lengths, [[relevant(judged)] for _, judged in pairs])
    graded = metrics.measure(["nDCG@10"], lengths, [gains(judged) for _, judged in pairs])
    return [
        Measured(
            asked=one,
            judged=judged,
            measures={f"R@{k}": judged.recall(k) for k in CUTS} | first[at] | graded[at] | _budgets(one),
        )
        for at, (one, judged) in enumerate(pairs)
    ]


def _budgets(asked: Asked) -> dict[str, float]:
    chunks = [hit.chunk for hit in asked.retrieval.hits]
    found = {budget: overlap(context(chunks, budget), asked.gold) for budget in BUDGETS}
    return {
        **{f"token_recall@{budget}": part.recall for budget, part in found.items()},
        **{f"token_precision@{budget}": part.precision for budget, part in found.items()},
        **{f"token_IoU@{budget}": part.iou for budget, part in found.items()},
    }


def measure(questions: Sequence[GoldQuestion], system: System, *, name: str, split: str) -> Json:
    """The result of a question set on a system that is open."""
    asked = list(ask_all(questions, system))
    scored = score(asked)
    main = [one for one in scored if not one.asked.question.history]
    return {
        "name": name,
        "split": split,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": system.version,
        "counts": dict(system.counts),
        "n": {"questions": len(asked), "measured": len(main), "follow_up": len(scored) - len(main)},
        "measures": means(main),
        "intervals": intervals(main),
        "follow_up": _follow_up(_wordings(asked, system)),
        "refusal": _refusal(asked, system.settings.confidence_threshold),
        "latency_ms": latency_of([one.ms for one in asked], [one.retrieval.stages for one in asked]),
        "per_kind": _groups(scored, lambda question: question.kind),
        "per_document": _groups(main, lambda question: question.doc),
        "quote_missing": {one.question.id: list(one.gold.missing) for one in asked if one.gold.missing},
        "lost": _lost(scored, main),
        "settings": {name: getattr(system.settings, name) for name in SETTINGS},
        "per_question": _per_question(asked, scored, system.paths),
    }


def means(scored: Sequence[Measured]) -> dict[str, float]:
    names = scored[0].measures if scored else {}
    return {name: stats.mean([one.measures[name] for one in scored]) for name in names}


def intervals(scored: Sequence[Measured]) -> dict[str, list[float]]:
    """95 % bootstrap intervals of the means."""
    names = scored[0].measures if scored else {}
    return {name: list(stats.interval([one.measures[name] for one in scored])) for name in names}


def latency_of(times: Sequence[float], traces: Sequence[Sequence[Stage]]) -> Json:
    """Median and 95th percentile in milliseconds, of the whole and of each stage."""
    stages: dict[str, list[float]] = {}
    for trace in traces:
        for stage in trace:
            stages.setdefault(stage.name, []).append(stage.ms)
    return {**_spread(times), "stages": {name: _spread(values) for name, values in stages.items()}}


def _spread(times: Sequence[float]) -> dict[str, float]:
    return {"p50": stats.percentile(times, 50), "p95": stats.percentile(times, 95)}


def _groups(scored: Sequence[Measured], key: Callable[[GoldQuestion], str]) -> Json:
    groups: dict[str, list[Measured]] = {}
    for one in scored:
        groups.setdefault(key(one.asked.question), []).append(one)
    if groups.keys() == {""}:
        return {}
    return {
        name: {"n": len(group), "measures": means(group), "intervals": intervals(group)}
        for name, group in sorted(groups.items())
    }


def _lost(scored: Sequence[Measured], main: Sequence[Measured]) -> Json:
    kept = [one for one in main if not one.asked.gold.lost]
    return {
        "ids": [one.asked.question.id for one in scored if one.asked.gold.lost],
        "kept": len(kept),
        "measures": means(kept),
    }


def _follow_up(wordings: Mapping[str, Sequence[Asked]]) -> Json:
    """The measures of the default wording, and those of each wording by its name."""
    measured = {name: score(asked) for name, asked in wordings.items() if asked}
    if not measured:
        return {"n": 0}
    each = {name: {"n": len(scored), **means(scored)} for name, scored in measured.items()}
    return {**each.get(FOLLOW_UP, {}), "intervals": intervals(measured.get(FOLLOW_UP, [])), **each}


def _refusal(asked: Sequence[Asked], threshold: float) -> Json:
    by_kind: dict[str, list[float]] = {}
    for one in asked:
        if not one.question.answerable:
            by_kind.setdefault(one.question.kind, []).append(one.retrieval.confidence)
    answerable = [one.retrieval.confidence for one in asked if one.question.answerable]
    return refusal.summary(answerable, by_kind, threshold)


def _per_question(asked: Sequence[Asked], scored: Sequence[Measured], paths: Mapping[str, str]) -> list[Json]:
    measured = {one.asked.question.id: one for one in scored}
    return [_question(one, measured.get(one.question.id), paths) for one in asked]


def _question(one: Asked, scored: Measured | None, paths: Mapping[str, str]) -> Json:
    question = one.question
    row: Json = {
        "id": question.id,
        "question": question.question,
        "query": one.query,
        "kind": question.kind,
        "doc": question.doc,
        "answerable": question.answerable,
        "follow_up": bool(question.history),
        "confidence": one.retrieval.confidence,
        "features": dict(one.retrieval.features),
        "ms": one.ms,
    }
    if scored:
        row |= {
            "rank": scored.judged.rank,
            "measures": dict(scored.measures),
            "gold": [list(quotes) for quotes in question.gold],
            "quote_missing": list(one.gold.missing),
        }
    row["hits"] = [
        _hit(hit, paths, scored.judged.grades[at] if scored else None)
        for at, hit in enumerate(one.retrieval.hits[:SHOWN])
    ]
    return row


def _hit(hit: Hit, paths: Mapping[str, str], share: float | None) -> Json:
    chunk = hit.chunk
    return {
        "rank": hit.rank,
        "document": paths.get(chunk.document_id, chunk.document_id),
        "place": chunk.place,
        "start": chunk.start,
        "end": chunk.end,
        "share": share,
        "fused": hit.fused,
        "dense": hit.dense,
        "lexical": hit.lexical,
        "score": hit.score,
        "text": chunk.text[:PREVIEW],
    }


def evaluate(questions: Sequence[GoldQuestion], corpus: Path, settings: Settings, *, name: str, split: str) -> Json:
    """Build or reuse the index of `corpus`, ask everything, measure."""
    own = settings_for(settings, corpus)
    build_index(own)
    with opened(own) as system:
        return measure(questions, system, name=name, split=split)


def _wordings(asked: Sequence[Asked], system: System) -> Mapping[str, Sequence[Asked]]:
    """The answerable follow-ups as typed, as they were rewritten by rule, and as the reference rewrites them."""
    rule = [one for one in asked if one.question.history and one.question.answerable]

    def again(query: Callable[[GoldQuestion], str]) -> list[Asked]:
        questions = [one.question for one in rule if query(one.question)]
        return [ask(question, query(question), system) for question in questions]

    typed = again(lambda question: question.question)
    return {"as_typed": typed, "rule": rule, "reference": again(lambda question: question.standalone)}
