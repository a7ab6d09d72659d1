"""A question set over a folder of documents: every question asked, judged against gold text, and the result as JSON.

    {"name", "split", "created", "version", "counts", "n", "measures", "intervals", "follow_up", "refusal",
     "latency_ms", "per_kind", "per_document", "quote_missing", "lost", "settings", "per_question"}

`measures` are means over the answerable questions that are no follow-ups; those are measured apart, in three wordings:
as typed, by the rule (which is what the application searches for without a key) and as the reference has it.
`quote_missing`: for each question its quotes that stand in no document. `lost`: the questions that no ranking could
answer in full for that reason, and the measures without them.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
class QuestionRun:
    """A question and what one query found for it. `ms`: wall time. `judged` is None for an unanswerable question, `measures` (by
    TREC name) are empty until the run is scored."""

    question: GoldQuestion
    query: str
    retrieval: Retrieval
    ms: float
    gold: Gold
    judged: JudgedRanking | None
    measures: Mapping[str, float] = field(default_factory=dict)


def run_all(questions: Sequence[GoldQuestion], system: System) -> Iterator[QuestionRun]:
    """Each question as the application would search for it: a follow-up by its standalone query."""
    if questions:
        system.retriever.retrieve(questions[0].question, k=DEPTH)  # the first one pays for loading
    for question in questions:
        yield run_question(question, system.rewrite(question.question, question.history), system)


def run_question(question: GoldQuestion, query: str, system: System) -> QuestionRun:
    begun = time.perf_counter()
    retrieval = system.retriever.retrieve(query, k=DEPTH)
    ms = (time.perf_counter() - begun) * 1000.0
    gold = system.locator.gold(question)
    judged = judge([hit.chunk for hit in retrieval.hits], gold) if question.answerable else None
    return QuestionRun(question, query, retrieval, ms, gold, judged)


def scored(runs: Iterable[QuestionRun]) -> list[QuestionRun]:
    """Those that can be judged, with their measures, in order."""
    pairs = [(run, run.judged) for run in runs if run.judged is not None]
    lengths = [len(run.retrieval.hits) for run, _ in pairs]
    first = metrics.measure(["RR@10", "P@3"], lengths, [[relevant(judged)] for _, judged in pairs])
    graded = metrics.measure(["nDCG@10"], lengths, [gains(judged) for _, judged in pairs])
    return [
        replace(
            run, measures={f"R@{k}": judged.recall(k) for k in CUTS} | first[at] | graded[at] | _token_measures(run)
        )
        for at, (run, judged) in enumerate(pairs)
    ]


def _token_measures(run: QuestionRun) -> dict[str, float]:
    chunks = [hit.chunk for hit in run.retrieval.hits]
    overlaps = {budget: overlap(context(chunks, budget), run.gold) for budget in BUDGETS}
    return {
        **{f"token_recall@{budget}": part.recall for budget, part in overlaps.items()},
        **{f"token_precision@{budget}": part.precision for budget, part in overlaps.items()},
        **{f"token_IoU@{budget}": part.iou for budget, part in overlaps.items()},
    }


def evaluate(questions: Sequence[GoldQuestion], corpus: Path, settings: Settings, *, name: str, split: str) -> Json:
    """Build or reuse the index of `corpus`, ask everything, measure."""
    own = settings_for(settings, corpus)
    build_index(own)
    with opened(own) as system:
        return measure(questions, system, name=name, split=split)


def measure(questions: Sequence[GoldQuestion], system: System, *, name: str, split: str) -> Json:
    """The result of a question set on a system that is open."""
    runs = list(run_all(questions, system))
    answerable = scored(runs)
    main = [run for run in answerable if not run.question.history]
    return {
        "name": name,
        "split": split,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": system.version,
        "counts": dict(system.counts),
        "n": {"questions": len(runs), "measured": len(main), "follow_up": len(answerable) - len(main)},
        "measures": means(main),
        "intervals": intervals(main),
        "follow_up": _follow_up(_wordings(runs, system)),
        "refusal": _refusal(runs, system.settings.confidence_threshold),
        "latency_ms": latency_of([run.ms for run in runs], [run.retrieval.stages for run in runs]),
        "per_kind": _groups(answerable, lambda question: question.kind),
        "per_document": _groups(main, lambda question: question.doc),
        "quote_missing": {run.question.id: list(run.gold.missing) for run in runs if run.gold.missing},
        "lost": _lost(answerable, main),
        "settings": {name: getattr(system.settings, name) for name in SETTINGS},
        "per_question": _per_question(runs, answerable, system.paths),
    }


def means(runs: Sequence[QuestionRun]) -> dict[str, float]:
    names = runs[0].measures if runs else {}
    return {name: stats.mean([run.measures[name] for run in runs]) for name in names}


def intervals(runs: Sequence[QuestionRun]) -> dict[str, list[float]]:
    """95 % bootstrap intervals of the means."""
    names = runs[0].measures if runs else {}
    return {name: list(stats.interval([run.measures[name] for run in runs])) for name in names}


def latency_of(times: Sequence[float], traces: Sequence[Sequence[Stage]]) -> Json:
    """Median and 95th percentile in milliseconds, of the whole and of each stage."""
    stages: dict[str, list[float]] = {}
    for trace in traces:
        for stage in trace:
            stages.setdefault(stage.name, []).append(stage.ms)
    return {**_spread(times), "stages": {name: _spread(values) for name, values in stages.items()}}


def _spread(times: Sequence[float]) -> dict[str, float]:
    return {"p50": stats.percentile(times, 50), "p95": stats.percentile(times, 95)}


def _groups(runs: Sequence[QuestionRun], key: Callable[[GoldQuestion], str]) -> Json:
    groups: dict[str, list[QuestionRun]] = {}
    for run in runs:
        groups.setdefault(key(run.question), []).append(run)
    if groups.keys() == {""}:
        return {}
    return {
        name: {"n": len(group), "measures": means(group), "intervals": intervals(group)}
        for name, group in sorted(groups.items())
    }


def _lost(answerable: Sequence[QuestionRun], main: Sequence[QuestionRun]) -> Json:
    kept = [run for run in main if not run.gold.lost]
    ids = [run.question.id for run in answerable if run.gold.lost]
    return {"ids": ids, "kept": len(kept), "measures": means(kept)}


def _wordings(runs: Sequence[QuestionRun], system: System) -> Mapping[str, Sequence[QuestionRun]]:
    """The answerable follow-ups as typed, as they were rewritten by rule, and as the reference rewrites them."""
    by_rule = [run for run in runs if run.question.history and run.question.answerable]
    questions = [run.question for run in by_rule]
    typed = [run_question(question, question.question, system) for question in questions]
    reference = [run_question(question, question.standalone, system) for question in questions if question.standalone]
    return {"as_typed": typed, "rule": by_rule, "reference": reference}


def _follow_up(wordings: Mapping[str, Sequence[QuestionRun]]) -> Json:
    """The measures of the default wording, and those of each wording by its name."""
    by_wording = {name: scored(runs) for name, runs in wordings.items() if runs}
    if not by_wording:
        return {"n": 0}
    each = {name: {"n": len(runs), **means(runs)} for name, runs in by_wording.items()}
    return {**each.get(FOLLOW_UP, {}), "intervals": intervals(by_wording.get(FOLLOW_UP, [])), **each}


def _refusal(runs: Sequence[QuestionRun], threshold: float) -> Json:
    by_kind: dict[str, list[float]] = {}
    for run in runs:
        if not run.question.answerable:
            by_kind.setdefault(run.question.kind, []).append(run.retrieval.confidence)
    answerable = [run.retrieval.confidence for run in runs if run.question.answerable]
    return refusal.summary(answerable, by_kind, threshold)


def _per_question(
    runs: Sequence[QuestionRun], answerable: Sequence[QuestionRun], paths: Mapping[str, str]
) -> list[Json]:
    measures = {run.question.id: run.measures for run in answerable}
    return [_question(run, measures.get(run.question.id, {}), paths) for run in runs]


def _question(run: QuestionRun, measures: Mapping[str, float], paths: Mapping[str, str]) -> Json:
    question, judged = run.question, run.judged
    row: Json = {
        "id": question.id,
        "question": question.question,
        "query": run.query,
        "kind": question.kind,
        "doc": question.doc,
        "answerable": question.answerable,
        "follow_up": bool(question.history),
        "confidence": run.retrieval.confidence,
        "features": dict(run.retrieval.features),
        "ms": run.ms,
    }
    if judged:
        row |= {
            "rank": judged.rank,
            "measures": dict(measures),
            "gold": [list(quotes) for quotes in question.gold],
            "quote_missing": list(run.gold.missing),
        }
    grades = judged.grades if judged else [None] * SHOWN
    row["hits"] = [_hit(hit, paths, grade) for hit, grade in zip(run.retrieval.hits[:SHOWN], grades, strict=False)]
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
