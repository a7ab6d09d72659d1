"""What learners thought of answers, as draft questions for the question set: a person completes them, then they count.

A draft has the form of a question (see `evals.datasets.questions`), marked `"draft": true`, with `feedback` (rating, reason, index
version, time) and `candidates`: the passages that the answer was made from, best first, one of which may hold the quote. What
a good answer cited becomes its quotes, a good refusal an unanswerable question. A bad answer leaves the quotes open:
until someone chooses them, `load_questions` does not take the line.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.citations.marks import without_marks
from app.storage.conversations import Conversations, Feedback
from app.types import Answer
from evals.datasets.questions import GoldQuestion
from retrieval.config import Settings
from retrieval.errors import FootnoteError
from retrieval.index.opened_index import stored_points
from retrieval.index.versions import read_manifest, versions
from retrieval.types import Chunk, Json

CANDIDATES = 5


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
    known: Sequence[GoldQuestion] = (),
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


def as_lines(found: Sequence[Json]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in found)


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
