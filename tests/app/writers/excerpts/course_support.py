"""Small courses in Markdown, and what the excerpts writer makes of all of their text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.citations.composer import Composer
from app.types import Finished, Question, Turn, Writing
from app.writers.excerpts.writer import ExcerptsWriter
from ingest.chunk.chunker import Chunking, chunks
from ingest.parse.load import load
from retrieval.ranking.passages import passages
from retrieval.text.tokenize import terms
from retrieval.types import Document, Hit, Passage, Retrieval, Scope


@dataclass(frozen=True)
class Course:
    documents: Mapping[str, Document]

    def passages(self, query: str) -> tuple[Passage, ...]:
        """All chunks, best first by the share of the query's words in them; so are the cosines of their windows."""
        found = [chunk for document in self.documents.values() for chunk in chunks(document, Chunking(tokens=120))]
        scored = sorted(
            ((_share(query, chunk.text), chunk.id, chunk) for chunk in found), key=lambda one: (-one[0], one[1])
        )
        hits = [
            Hit(chunk, rank, fused=score, window_scores=tuple(_share(query, chunk.slice(w.start, w.end)) for w in chunk.windows))
            for rank, (score, _, chunk) in enumerate(scored, start=1)
        ]  # fmt: skip
        return passages(hits, tokens=100_000)

    def search(self, query: str, _: Scope) -> Retrieval:
        """All that it has on the query, surely."""
        found = self.passages(query)
        return Retrieval(query, tuple(hit for one in found for hit in one.hits), found, 1.0, ())

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> tuple[Writing, Finished, Composer]:
        found = self.passages(question)
        composer = Composer(found, self.documents.get)
        asked = Question(question, tuple(history))
        for event in ExcerptsWriter().write(asked, question, found, self.documents.get):
            composer.feed(event)
        return composer.writing(), composer.finished, composer


def course(folder: Path, **files: str) -> Course:
    """`files`: Markdown by file name."""
    documents = []
    for name, text in files.items():
        path = folder / f"{name}.md"
        path.write_text(text, encoding="utf-8")
        documents.append(load(path, root=folder))
    return Course({document.id: document for document in documents})


def _share(query: str, text: str) -> float:
    wanted = set(terms(query))
    return len(wanted & set(terms(text))) / len(wanted) if wanted else 0.0
