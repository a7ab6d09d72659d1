"""Checks what Footnote stands on, and says what to do about what is wrong."""

import shutil
from collections.abc import Callable

from retrieval import store
from retrieval.config import Settings
from retrieval.embed import FastEmbedder
from retrieval.errors import FootnoteError
from retrieval.hybrid import open_retriever

LOW_DISK = 500 * 1024 * 1024


def doctor(settings: Settings) -> int:
    """Prints a line a check; 0 if all passed, else 1."""
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("model", check_model),
        ("index", check_index),
        ("store", check_store),
        ("writer", check_writer),
        ("disk", check_disk),
    ]
    failed = 0
    for name, check in checks:
        try:
            print(f"ok      {name}: {check(settings)}")
        except FootnoteError as error:
            failed += 1
            print(f"FAILED  {name}: {error}")
    return 1 if failed else 0


def check_model(settings: Settings) -> str:
    embedder = FastEmbedder(settings.embedding_model, threads=settings.threads)
    return f"{embedder.name}, {embedder.dim} dimensions"


def check_index(settings: Settings) -> str:
    name = store.current(settings.index_dir)
    counts = store.read_manifest(settings.index_dir, name).counts
    return f"{name}: {counts['documents']} documents, {counts['chunks']} chunks"


def check_store(settings: Settings) -> str:
    retriever = open_retriever(settings)
    try:
        count = retriever.index.store.count()
        retriever.retrieve("is anybody there?")
    finally:
        retriever.close()
    return f"{count} points in {settings.qdrant_url or 'the embedded engine'}"


def check_writer(settings: Settings) -> str:
    if settings.writer == "extractive" or (settings.writer == "auto" and not settings.anthropic_api_key):
        return "extractive (set ANTHROPIC_API_KEY and Claude writes the answers)"
    from app.writers.claude import check_service

    return check_service(settings)


def check_disk(settings: Settings) -> str:
    settings.index_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.index_dir).free
    if free < LOW_DISK:
        raise FootnoteError(
            f"{free // 2**20} MB are free at {settings.index_dir}; a build needs {LOW_DISK // 2**20} MB. Free some."
        )
    return f"{free // 2**20} MB free"
