"""The system under evaluation: an index over a folder, and the retriever that answers from it.

The one module here that knows how indexes are built and opened. An evaluation's index lives apart from the live one,
in `.index-evals/<digest of the corpus path>/` beside it, and is reused as long as documents and settings stay the same and
the program makes the same of them (`retrieval.index.manifest`).
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from app.query.standalone import by_joining
from app.types import Question, Turn
from evals.datasets.gold import Locator
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.hybrid import HybridRetriever, open_retriever
from retrieval.ranking.rerank import load_rerankers
from retrieval.types import Document


@dataclass(frozen=True)
class System:
    """A retriever and what it searches: `documents`, their `texts` and `paths` by document id, `counts` of the index, its `version`."""

    settings: Settings
    retriever: HybridRetriever
    texts: Mapping[str, str]
    paths: Mapping[str, str]
    counts: Mapping[str, int]
    version: str
    documents: Mapping[str, Document] = field(default_factory=dict)

    @cached_property
    def locator(self) -> Locator:
        """Finds gold text in the documents."""
        return Locator(self.texts)

    def rewrite(self, question: str, history: Sequence[str]) -> str:
        """The query that is run for a question by default: with the questions that it leans on."""
        turns: tuple[Turn, ...] = ()
        for earlier in history:
            turns += (Turn(earlier, "", by_joining(Question(earlier, turns), self.retriever).query),)
        return by_joining(Question(question, turns), self.retriever).query


def place_for(settings: Settings, source: Path) -> Path:
    """The folder for what is made of `source`, beside the live index: equal paths, equal folders."""
    digest = hashlib.sha256(str(source.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return settings.index_dir.with_name(settings.index_dir.name + "-evals") / digest


def settings_for(settings: Settings, corpus: Path) -> Settings:
    """The settings with an index of their own for `corpus`. Raises ConfigError if that is no folder."""
    if not corpus.is_dir():
        raise ConfigError(f"{corpus} is not a folder. Give the folder of documents that the questions are about.")
    place = place_for(settings, corpus)
    return settings.model_copy(
        update={
            "corpus": corpus,
            "index_dir": place,
            "qdrant_collection": f"{settings.qdrant_collection}-evals-{place.name}",
        }
    )


def build_index(settings: Settings) -> int:
    """Build the index, or bring it up to date; how many windows were encoded for it.

    Says on stderr what it does when there is something to do.
    """
    from ingest.build import build  # imports the parsers: whoever only answers need not load them

    report = build(settings, progress=show_progress)
    if report.published:
        seconds = f"{report.seconds:.1f} s"
        print(
            f"Indexed {settings.corpus}: {report.counts['chunks']} chunks, {seconds} ({report.reason}).",
            file=sys.stderr,
        )
    for failure in report.failures:
        print(f"Not indexed: {failure.path}: {failure.message}", file=sys.stderr)
    return report.embedded


def variant(system: System, settings: Settings) -> HybridRetriever:
    """A second retriever over the index of the first, for settings that matter only when a question is asked."""
    first = system.retriever
    return HybridRetriever(first.index, first.embedder, settings, load_rerankers(settings))


@contextmanager
def opened(settings: Settings, *, with_texts: bool = True) -> Iterator[System]:
    """The system over an index that is built already. Raises IndexMissing, IndexMismatch, ConfigError."""
    retriever = open_retriever(settings)
    try:
        index = retriever.index
        documents = {name: index.document(name) for name in index.documents()} if with_texts else {}
        yield System(
            settings=settings,
            retriever=retriever,
            texts={name: document.text for name, document in documents.items()},
            paths={entry.document_id: path for path, entry in index.manifest.files.items()},
            counts=index.manifest.counts,
            version=index.name,
            documents=documents,
        )
    finally:
        retriever.close()


def show_progress(stage: str, done: int, total: int) -> None:
    """A line on a terminal that is written over; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r{stage} {done}/{total} ", end="" if done < total else "\n", file=sys.stderr, flush=True)
