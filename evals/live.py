"""What is in use: learners' feedback as draft questions, and the live setting beside a shadow setting on real questions.

A draft has the form of a question (see `evals.datasets.questions`), marked `"draft": true`, with `feedback` (rating, reason, index
version, time) and `candidates`: the passages that the answer was made from, best first, one of which may hold the quote. What
a good answer cited becomes its quotes, a good refusal an unanswerable question. A bad answer leaves the quotes open:
a person completes each draft, and until then `load_questions` does not take the line.

No question that `app.storage.shadow` kept has a reference answer, so live and shadow are compared by what can be seen without
one: what is refused, whether the same places are found and quoted, how much of an answer is doubted, time and cost. Where the
two differ most is where to read. Times favour the shadow, which comes second and finds everything warm.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.citations.marks import without_marks
from app.storage.conversations import Conversations, Feedback
from app.storage.shadow import ShadowPair
from app.types import Answer
from evals.datasets.questions import GoldQuestion
from evals.report.table import grid
from evals.stats import Comparison, compare_paired, mean
from retrieval.config import Settings
from retrieval.errors import FootnoteError
from retrieval.index.opened_index import stored_points
from retrieval.index.versions import read_manifest, versions
from retrieval.text.display import counted
from retrieval.types import Chunk, Json

CANDIDATES = 5
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


@dataclass(frozen=True, slots=True)
class VersionContents:
    """What an index version held: chunks by id, paths by document id. Empty for one that was pruned."""

    chunks: Mapping[str, Chunk] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)


def drafts(
    given: Sequence[Feedback],
    *,
    version_of: Callable[[str], VersionContents],
    history_of: Callable[[str], Sequence[str]],
    known: Sequence[GoldQuestion],
) -> list[Json]:
    """A draft for each question that is not `known`, from its latest feedback, in order of that.

    `history_of`: the questions before a turn, by its id.
    """
    asked = {_folded(question.question) for question in known}
    latest = {_folded(one.question): one for one in sorted(given, key=lambda one: one.given)}
    kept = sorted((one for text, one in latest.items() if text not in asked), key=lambda one: one.given)
    return [draft(one, version_of(one.version), history_of(one.turn)) for one in kept]


def draft(one: Feedback, version: VersionContents, history: Sequence[str]) -> Json:
    """One line of a question set, not yet complete."""
    good, answer = bool(one.rating), one.answer
    found = _candidates(answer, version)
    cited = [note for note in answer.footnotes if good]
    standalone = str(answer.trace.get("query", "")) if answer.searched else ""
    documents = [version.paths.get(note.document_id, "") for note in cited] or [place["doc"] for place in found]
    line: Json = {
        "id": f"feedback-{one.turn}",
        "draft": True,
        "question": one.question,
        "kind": "follow-up" if standalone and history else "near-topic" if answer.refused and good else "other",
    }
    if standalone and history:
        line |= {"history": list(history), "standalone": standalone}
    if answer.refused and good:
        line["answerable"] = False
    else:
        answered = without_marks(answer.text) if good else ""
        line |= {"doc": next(iter(documents), ""), "answer": answered, "quotes": [note.quote for note in cited]}
    given = datetime.fromtimestamp(one.given, UTC).isoformat(timespec="seconds")
    told = {"rating": "good" if good else "bad", "reason": one.reason, "index": one.version, "given": given}
    return line | {"feedback": told, "candidates": found}


def stored_drafts(settings: Settings, known: Sequence[GoldQuestion]) -> list[Json]:
    """From the conversations of these settings."""
    conversations = Conversations(settings.data_dir / "footnote.db")
    read: dict[str, VersionContents] = {}

    def version_of(name: str) -> VersionContents:
        if name not in read:
            read[name] = _stored(settings, name)
        return read[name]

    def history_of(turn: str) -> list[str]:
        here = conversations.turn(turn)
        before = conversations.turns(here.thread) if here else []
        return [one.question for one in before if here and one.asked < here.asked]

    return drafts(conversations.feedback(), version_of=version_of, history_of=history_of, known=known)


def _stored(settings: Settings, name: str) -> VersionContents:
    if name not in versions(settings):
        return VersionContents()
    try:
        chunks = {point.chunk.id: point.chunk for point in stored_points(settings, name)}
    except FootnoteError:  # a server that is away: the answer's own quotes are still there
        chunks = {}
    files = read_manifest(settings, name).files
    return VersionContents(chunks, {entry.document_id: path for path, entry in files.items()})


def _candidates(answer: Answer, version: VersionContents) -> list[dict[str, str]]:
    """The best passages of the answer's trace; those that it cited where its version is gone."""
    hits = answer.trace.get("hits", ())
    ids = [str(hit[0]) for hit in hits] if isinstance(hits, list) else []
    chunks = [version.chunks[chunk] for chunk in ids if chunk in version.chunks][:CANDIDATES]
    if chunks:
        return [_candidate(version.paths.get(one.document_id, ""), one.place, one.text) for one in chunks]
    return [
        _candidate(version.paths.get(note.document_id, ""), " > ".join(note.path), note.paragraph)
        for note in answer.footnotes[:CANDIDATES]
    ]


def _candidate(doc: str, place: str, text: str) -> dict[str, str]:
    return {"doc": doc, "place": place, "text": text}


def _folded(question: str) -> str:
    return " ".join(question.casefold().split())


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
    higher = "higher in live / shadow"
    rows = {
        name: {
            "live": f"{row['live']:.4g}",
            "shadow": f"{row['shadow']:.4g}",
            "p": row["p"],
            higher: f"{row['live_higher']} / {row['shadow_higher']}",
        }
        for name, row in found["measures"].items()
    }
    lines = [f"SHADOW={setting}: {counted(found['n'], 'question')}", *grid(["live", "shadow", "p", higher], rows)]
    agree = ", ".join(f"{name} {share:.0%}" for name, share in found["agreement"].items())
    lines += [f"They agree: {agree}."]
    for one in found["most_different"]:
        lines += ["", f"  {one['question']}", f"    live:   {one['live'][:200]}", f"    shadow: {one['shadow'][:200]}"]
    return "\n".join(lines)
