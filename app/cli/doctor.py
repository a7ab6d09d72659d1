"""Checks what Footnote stands on, and says what to do about what is wrong. Changes nothing, and never prints a key."""

import shutil
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from app.storage.usage import open_ledger
from app.writers.factory import uses_claude
from retrieval.config import Settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import FootnoteError
from retrieval.hybrid import open_retriever
from retrieval.index import versions

LOW_DISK = 500 * 1024 * 1024
Check = Callable[[Settings], str]


def doctor(settings: Settings, *, paid: bool = False) -> int:
    """Prints a line a check; 0 if all passed, else 1. `paid`: what costs money is tried too, at a price that is said first."""
    checks: dict[str, Check] = {
        "model": check_model,
        "index": check_index,
        "qdrant": check_qdrant,
        "writer": check_writer,
        "budget": check_budget,
        "disk": check_disk,
    }
    if uses_claude(settings) and settings.anthropic_api_key:
        checks["claude"] = check_claude
    failed = _run(checks, settings)
    if paid and "claude" in checks and not {"writer", "budget", "claude"} & failed:
        failed |= _run(paid_checks(settings), settings)
    return 1 if failed else 0


def _run(checks: Mapping[str, Check], settings: Settings) -> set[str]:
    """The names of those that failed."""
    failed = set()
    for name, check in checks.items():
        try:
            line = f"ok      {name}: {check(settings)}"
        except FootnoteError as error:
            failed.add(name)
            line = f"FAILED  {name}: {error}"
        except Exception as error:  # what is examined here may be broken in ways that nobody foresaw
            failed.add(name)
            line = f"FAILED  {name}: {type(error).__name__}: {error}"
        print(without_keys(line, settings))
    return failed


def check_model(settings: Settings) -> str:
    """The embedding model gives a unit vector."""
    embedder = FastEmbedder(versions.embedding_model(settings), threads=settings.threads)
    begun = time.perf_counter()
    length = float((embedder.embed_query("is anybody there?") ** 2).sum())
    if not 0.99 < length < 1.01:
        raise FootnoteError(f"{embedder.name} gives vectors of length {length**0.5:.2f}, not 1. Install it again.")
    return f"{embedder.name}, {embedder.dim} dimensions, {(time.perf_counter() - begun) * 1000:.0f} ms a question"


def check_index(settings: Settings) -> str:
    """The live version opens, fits the settings, holds what its manifest says, and can be asked."""
    name = versions.current(settings)
    counts = versions.read_manifest(settings, name).counts
    retriever = open_retriever(settings)
    try:
        points = retriever.index.store.count()
        found = retriever.retrieve("what is this course about?")
    finally:
        retriever.close()
    if points != counts["chunks"] or not found.hits:
        raise FootnoteError(
            f"{name} holds {points} of {counts['chunks']} chunks and finds {len(found.hits)}. Build it again: make index"
        )
    return f"{name}: {counts['documents']} documents, {counts['chunks']} chunks, a question finds {len(found.hits)}"


def check_qdrant(settings: Settings) -> str:
    """The server has the live version; without one the engine in this process was checked with the index."""
    if not settings.qdrant_url:
        return "in this process (QDRANT_URL is not set)"
    from retrieval.index.qdrant_versions import ServerVersions  # seconds to import

    server = ServerVersions(settings)
    try:
        live, published = server.current()
        count = server.store(versions.number(live), size=0).count()
        return f"{live}, {count} points, {len(published)} versions at {urlsplit(settings.qdrant_url).hostname}"
    finally:
        server.close()


def check_writer(settings: Settings) -> str:
    """The key, the model and the address, by a request that costs nothing."""
    if not uses_claude(settings) and settings.writer != "local":
        return "excerpts (set ANTHROPIC_API_KEY and Claude writes the answers)"
    from app.writers.llm.probes import check_service

    return check_service(settings)


def check_claude(settings: Settings) -> str:
    """What the service says of the models, which is free, and what trying them would cost."""
    from app.writers.llm.probes import highest_price, told_of

    price = highest_price(settings)
    return f"{told_of(settings)} (to try it, for at most ${price:.3f}: python -m app doctor --paid)"


def paid_checks(settings: Settings) -> dict[str, Check]:
    """A real request for each thing that the answers need, within the budget; the price is printed before the first."""
    from app.writers.llm.api.gateway import Gateway
    from app.writers.llm.probes import highest_price, probes

    gateway = Gateway(ledger=open_ledger(settings))
    print(
        f"        citations, caching and tools are tried with {settings.model} for at most ${highest_price(settings):.3f}"
    )
    return {name: partial(_probed, probe) for name, probe in probes(settings, gateway).items()}


def _probed(probe: Callable[[], str], settings: Settings) -> str:
    return probe()


def check_budget(settings: Settings) -> str:
    """The books can be read, and there is something left."""
    ledger = open_ledger(settings)
    if uses_claude(settings):
        ledger.check()
    return f"${ledger.spent():.2f} of ${settings.daily_budget:.2f} spent today"


def check_disk(settings: Settings) -> str:
    """Room for a build, and for conversations."""
    free = {folder: shutil.disk_usage(_existing(folder)).free for folder in (settings.index_dir, settings.data_dir)}
    for folder, size in free.items():
        if size < LOW_DISK:
            raise FootnoteError(
                f"{size // 2**20} MB are free at {folder}; {LOW_DISK // 2**20} MB are needed. Free some."
            )
    return f"{min(free.values()) // 2**20:,} MB free"


def without_keys(line: str, settings: Settings) -> str:
    """The line with dots for each key of the settings; libraries repeat them in some of their errors."""
    for key in (settings.anthropic_api_key.strip(), settings.qdrant_api_key.strip()):
        line = line.replace(key, "...") if key else line
    return line


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
