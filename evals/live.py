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
from evals.stats import compare_paired, mean
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


def stored_drafts(settings: Settings, known: Sequence[GoldQuestion]) -> list[Json]:
    """A draft for each question in the conversations of these settings that has feedback and is not `known`."""
    conversations = Conversations(settings.data_dir / "footnote.db")
    ratings = latest_feedback(conversations.feedback(), known)
    contents = {name: _contents(settings, name) for name in {rating.version for rating in ratings}}
    return [
        draft(rating, contents[rating.version], _questions_before(conversations, rating.turn)) for rating in ratings
    ]


def latest_feedback(ratings: Sequence[Feedback], known: Sequence[GoldQuestion]) -> list[Feedback]:
    """The latest for each question that is not `known`, in order of time."""
    in_set = {_folded(question.question) for question in known}
    latest = {_folded(rating.question): rating for rating in sorted(ratings, key=lambda rating: rating.given)}
    return sorted((latest[text] for text in latest if text not in in_set), key=lambda rating: rating.given)


def draft(rating: Feedback, version: VersionContents, history: Sequence[str]) -> Json:
    """One line of a question set, not yet complete. `history`: the questions before it."""
    good, answer = bool(rating.rating), rating.answer
    candidates = _candidates(answer, version)
    cited = answer.footnotes if good else ()
    standalone = str(answer.trace.get("query", "")) if answer.searched else ""
    documents = [version.paths.get(note.document_id, "") for note in cited] or [place["doc"] for place in candidates]
    line: Json = {
        "id": f"feedback-{rating.turn}",
        "draft": True,
        "question": rating.question,
        "kind": "follow-up" if standalone and history else "near-topic" if answer.refused and good else "other",
    }
    if standalone and history:
        line |= {"history": list(history), "standalone": standalone}
    if answer.refused and good:
        line["answerable"] = False
    else:
        answered = without_marks(answer.text) if good else ""
        line |= {"doc": next(iter(documents), ""), "answer": answered, "quotes": [note.quote for note in cited]}
    given = datetime.fromtimestamp(rating.given, UTC).isoformat(timespec="seconds")
    feedback = {"rating": "good" if good else "bad", "reason": rating.reason, "index": rating.version, "given": given}
    return line | {"feedback": feedback, "candidates": candidates}


def _questions_before(conversations: Conversations, turn: str) -> list[str]:
    here = conversations.turn(turn)
    turns = conversations.turns(here.thread) if here else []
    return [before.question for before in turns if here and before.asked < here.asked]


def _contents(settings: Settings, name: str) -> VersionContents:
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
    places = [(chunk.document_id, chunk.place, chunk.text) for chunk in chunks] or [
        (note.document_id, " > ".join(note.path), note.paragraph) for note in answer.footnotes[:CANDIDATES]
    ]
    return [{"doc": version.paths.get(document, ""), "place": place, "text": text} for document, place, text in places]


def _folded(question: str) -> str:
    return " ".join(question.casefold().split())


def shadow_result(pairs: Sequence[ShadowPair]) -> Json:
    """By setting: the measures of live and shadow with a paired test, how much they agree, and where they differ most."""
    settings = dict.fromkeys(pair.setting for pair in pairs)
    return {setting: _compared([pair for pair in pairs if pair.setting == setting]) for setting in settings}


def shadow_table(by_setting: Json) -> str:
    """A block per setting."""
    if not by_setting:
        return "No shadow answers yet. Set SHADOW (such as reranker=none) and SHADOW_SHARE, and let questions come."
    return "\n\n".join(_block(setting, result) for setting, result in by_setting.items())


def _compared(pairs: Sequence[ShadowPair]) -> Json:
    agreements = [_agreement(pair) for pair in pairs]
    likeness = [mean(list(agreement.values())) for agreement in agreements]
    most_different = sorted(range(len(pairs)), key=likeness.__getitem__)[:EXAMPLES]
    return {
        "n": len(pairs),
        "measures": {
            name: compare_paired(*([measure(getattr(pair, side)) for pair in pairs] for side in ("live", "shadow")))
            for name, measure in _MEASURES.items()
        },
        "agreement": {name: mean([agreement[name] for agreement in agreements]) for name in agreements[0]},
        "most_different": [pairs[at] for at in most_different if likeness[at] < 1.0],
    }


def _agreement(pair: ShadowPair) -> dict[str, float]:
    return {
        "refusal": float(bool(pair.live.refused) == bool(pair.shadow.refused)),
        f"hits@{TOP}": overlap(_hits(pair.live), _hits(pair.shadow)),
        "quotes": overlap(_quotes(pair.live), _quotes(pair.shadow)),
    }


def overlap(a: frozenset[object], b: frozenset[object]) -> float:
    """Jaccard's index; 1 for two empty sets."""
    return len(a & b) / len(a | b) if a | b else 1.0


def _hits(answer: Answer) -> frozenset[object]:
    """Ids of the best chunks."""
    hits = answer.trace.get("hits")
    return frozenset(hit[0] for hit in hits[:TOP]) if isinstance(hits, Sequence) else frozenset()


def _quotes(answer: Answer) -> frozenset[object]:
    return frozenset((note.document_id, note.start, note.end) for note in answer.footnotes)


def _text(answer: Answer) -> str:
    return f"(refused: {answer.refused})" if answer.refused else " ".join(answer.text.split())


def _block(setting: str, result: Json) -> str:
    higher = "higher in live / shadow"
    rows = {
        name: {
            "live": f"{row.a:.4g}",
            "shadow": f"{row.b:.4g}",
            "p": row.p,
            higher: f"{row.a_better} / {row.b_better}",
        }
        for name, row in result["measures"].items()
    }
    lines = [f"SHADOW={setting}: {counted(result['n'], 'question')}", *grid(["live", "shadow", "p", higher], rows)]
    agree = ", ".join(f"{name} {share:.0%}" for name, share in result["agreement"].items())
    lines += [f"They agree: {agree}."]
    for pair in result["most_different"]:
        sides = (f"    {side + ':':<8}{_text(getattr(pair, side))[:200]}" for side in ("live", "shadow"))
        lines += ["", f"  {pair.question.text}", *sides]
    return "\n".join(lines)
