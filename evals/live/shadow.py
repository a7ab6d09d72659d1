"""The live setting and the shadow setting on the same real questions, as `app.storage.shadow` kept them.

No question here has a reference answer, so this compares what can be seen without one: what is refused, whether the same
places are found and quoted, how much of an answer is doubted, time and cost. Where the two differ most is where to read.
Times favour the shadow, which comes second and finds everything warm.
"""

from collections.abc import Callable, Sequence

from app.storage.shadow import ShadowPair
from app.types import Answer
from evals.stats import Comparison, compare_paired, mean
from retrieval.types import Json

TOP = 5
EXAMPLES = 5

_MEASURES: dict[str, Callable[[Answer], float]] = {
    "refused": lambda answer: float(bool(answer.refused)),
    "confidence": lambda answer: answer.confidence,
    "footnotes": lambda answer: float(len(answer.footnotes)),
    "doubted sentences": lambda answer: float(sum(bool(sentence.doubts) for sentence in answer.sentences)),
    "dropped citations": lambda answer: float(answer.dropped),
    "notices": lambda answer: float(len(answer.notices)),
    "words": lambda answer: float(len(answer.text.split())),
    "ms": lambda answer: answer.timings_ms.get("total", 0.0),
    "dollars": lambda answer: answer.usage.cost,
}


def shadow_result(pairs: Sequence[ShadowPair]) -> Json:
    """By setting: the measures of both sides with a paired test, how much they agree, and where they differ most."""
    settings = dict.fromkeys(pair.setting for pair in pairs)
    return {setting: _compared([pair for pair in pairs if pair.setting == setting]) for setting in settings}


def shadow_table(found: Json) -> str:
    """A block per setting."""
    if not found:
        return "No shadow answers yet. Set SHADOW (such as reranker=none) and SHADOW_SHARE, and let questions come."
    return "\n\n".join(_block(setting, part) for setting, part in found.items())


def _compared(pairs: Sequence[ShadowPair]) -> Json:
    return {
        "n": len(pairs),
        "measures": {name: _measured(pairs, measure) for name, measure in _MEASURES.items()},
        "agreement": {
            "refusal": mean([float(bool(pair.live.refused) == bool(pair.shadow.refused)) for pair in pairs]),
            f"hits@{TOP}": mean([overlap(_hits(pair.live), _hits(pair.shadow)) for pair in pairs]),
            "quotes": mean([overlap(_quotes(pair.live), _quotes(pair.shadow)) for pair in pairs]),
        },
        "most_different": [
            {"question": pair.question.text, "live": _said(pair.live), "shadow": _said(pair.shadow)}
            for pair in sorted(pairs, key=_likeness)[:EXAMPLES]
            if _likeness(pair) < 1.0
        ],
    }


def _measured(pairs: Sequence[ShadowPair], measure: Callable[[Answer], float]) -> Json:
    found: Comparison = compare_paired([measure(pair.live) for pair in pairs], [measure(pair.shadow) for pair in pairs])
    return {
        "live": found.a,
        "shadow": found.b,
        "p": found.p,
        "live_higher": found.a_better,
        "shadow_higher": found.b_better,
    }


def overlap(a: frozenset[object], b: frozenset[object]) -> float:
    """Jaccard's index; 1 for two empty sets."""
    return len(a & b) / len(a | b) if a | b else 1.0


def _likeness(pair: ShadowPair) -> float:
    refused = float(bool(pair.live.refused) == bool(pair.shadow.refused))
    return mean(
        [refused, overlap(_hits(pair.live), _hits(pair.shadow)), overlap(_quotes(pair.live), _quotes(pair.shadow))]
    )


def _hits(answer: Answer) -> frozenset[object]:
    """Ids of the best chunks."""
    hits = answer.trace.get("hits")
    return frozenset(hit[0] for hit in hits[:TOP]) if isinstance(hits, Sequence) else frozenset()


def _quotes(answer: Answer) -> frozenset[object]:
    return frozenset((note.document_id, note.start, note.end) for note in answer.footnotes)


def _said(answer: Answer) -> str:
    return f"(refused: {answer.refused})" if answer.refused else " ".join(answer.text.split())


def _block(setting: str, found: Json) -> str:
    lines = [
        f"SHADOW={setting}: {found['n']} question{'s' if found['n'] != 1 else ''}",
        f"{'':<18}{'live':>10}{'shadow':>10}{'p':>8}  live/shadow higher",
    ]
    for name, row in found["measures"].items():
        higher = f"{row['live_higher']}/{row['shadow_higher']}"
        lines.append(f"{name:<18}{row['live']:>10.4g}{row['shadow']:>10.4g}{row['p']:>8.3f}  {higher}")
    agree = ", ".join(f"{name} {share:.0%}" for name, share in found["agreement"].items())
    lines += [f"They agree: {agree}."]
    for one in found["most_different"]:
        lines += ["", f"  {one['question']}", f"    live:   {one['live'][:200]}", f"    shadow: {one['shadow'][:200]}"]
    return "\n".join(lines)
