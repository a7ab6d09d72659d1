"""Checks what Footnote stands on, and says what to do about what is wrong. Changes nothing, and never prints a key."""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from app.answering.services import uses_claude
from app.storage.usage import Purpose, open_ledger
from app.types import Question, Usage
from app.writers.llm.api.failures import Deadline, ReplyFailed
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.api.pricing import check_prices, priced, prompt_tokens, read_prices
from app.writers.llm.api.reply import Delta, Range, ToolReply
from app.writers.llm.prompt import question_text, system_prompt, text_block
from app.writers.llm.search_tool import TOOL
from retrieval.config import Settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import FootnoteError, WriterFailed
from retrieval.hybrid import open_retriever
from retrieval.index import versions
from retrieval.index.contexts import read_contexts
from retrieval.index.version_files import number
from retrieval.text.display import counted
from retrieval.types import Json

LOW_DISK = 500 * 1024 * 1024
SECONDS = 10.0
MOST_TOKENS = 600  # of a reply that is tried
TRIED = 3  # requests that are paid
SHORTEST_KEY = 8  # characters
WANTED = {"citations": "cites", "batch": "batches", "structured_outputs": "structured output", "effort": "effort"}
FACT = "The glass in the north window was made in 1902."
Check = Callable[[Settings], str]


def doctor(settings: Settings, *, paid: bool) -> int:
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
    told = f"{name}: {counts['documents']} documents, {counts['chunks']} chunks, a question finds {len(found.hits)}"
    return f"{told}{_contexts(settings, counts)}"


def _contexts(settings: Settings, counts: Mapping[str, int]) -> str:
    """How many chunks are searched with a sentence of context, where they are to be, and what is still to come."""
    if not settings.contexts:
        return ""
    lacking = counts["chunks"] - counts.get("contexts", 0)
    if not lacking:
        return ", each with a sentence of context"
    sent = ", which were asked for" if read_contexts(settings).waiting else ""
    return f"; {counted(lacking, 'chunk')} without a sentence of context{sent}: make index"


def check_qdrant(settings: Settings) -> str:
    """The server has the live version; without one the engine in this process was checked with the index."""
    if not settings.qdrant_url:
        return "in this process (QDRANT_URL is not set)"
    from retrieval.index.qdrant_versions import ServerVersions  # seconds to import

    server = ServerVersions(settings)
    try:
        live, published = server.current()
        count = server.store(number(live), size=0).count()
        return f"{live}, {count} points, {len(published)} versions at {urlsplit(settings.qdrant_url).hostname}"
    finally:
        server.close()


def check_budget(settings: Settings) -> str:
    """The books can be read, there is something left, and what is spent can be counted."""
    ledger = open_ledger(settings)
    if uses_claude(settings):
        check_prices(settings)
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
    """The line with dots for each key of the settings; libraries repeat them in some of their errors. What is too short to be
    a secret stays: it stands in other words, too.
    """
    for key in (settings.anthropic_api_key.strip(), settings.qdrant_api_key.strip()):
        line = line.replace(key, "...") if len(key) >= SHORTEST_KEY else line
    return line


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def check_writer(settings: Settings) -> str:
    """The key, the model and the address. The tokens of a word are counted, which is free; a local server, which may not
    count, is asked for its first word.
    """
    local = settings.writer == "local"
    if not uses_claude(settings) and not local:
        return "excerpts (set ANTHROPIC_API_KEY and Claude writes the answers)"
    from app.writers.llm.api.messages import Messages  # imports anthropic: half a second

    messages = Messages(settings, silence=SECONDS, key=settings.anthropic_api_key or ("local" if local else ""))
    request = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16}
    if not local:
        messages.count_tokens(settings.model, request)
        return f"{settings.model} can be asked"
    try:
        next(iter(messages.ask(settings.model, request, Deadline(settings.writer_timeout))), None)
    except ReplyFailed as failure:
        raise failure.for_reader(settings.model) from failure
    return f"{settings.model} answers at {settings.anthropic_base_url}"


def check_claude(settings: Settings) -> str:
    """What the service says of the models, which is free, and what trying them would cost. Raises WriterFailed for a model
    that does not do.
    """
    from app.writers.llm.api.messages import Messages

    messages = Messages(settings, silence=SECONDS)
    lines = []
    for model in filter(None, dict.fromkeys([settings.model, settings.fallback_model, settings.followup_model])):
        able = messages.abilities(model)
        if not able["available"]:
            raise WriterFailed(f"{model} is retired: requests for it fail. Set another MODEL.")
        if model in (settings.model, settings.fallback_model) and not able.get("citations", True):
            raise WriterFailed(f"{model} cannot cite, so its answers would have no footnotes. Set another MODEL.")
        lacks = [words for name, words in WANTED.items() if not able.get(name, True)]
        lines.append(f"{model} {'lacks ' + ', '.join(lacks) if lacks else 'has all that is used'}")
    return f"{'; '.join(lines)} (to try it, for at most ${highest_price(settings):.3f}: python -m app doctor --paid)"


def highest_price(settings: Settings) -> float:
    """Dollars that the paid checks cost at most: as if nothing were cached and every reply as long as it may be."""
    size = prompt_tokens(_request(FACT))
    usage = Usage(input_tokens=TRIED * size, output_tokens=TRIED * MOST_TOKENS)
    return priced(usage, settings.model, read_prices(settings.prices)).cost


def paid_checks(settings: Settings) -> dict[str, Check]:
    """A real request for each thing that the answers need: the same system prompt, a passage as a search result, the tool. So
    what passes here works in the chat. Each is booked, within the budget; the price is printed before the first.
    """
    from app.writers.llm.api.messages import Messages

    gateway = Gateway(ledger=open_ledger(settings))
    messages = Messages(settings, silence=settings.writer_timeout / 3, gateway=gateway)
    model, small = settings.model, settings.followup_model
    print(f"        citations, caching and tools are tried with {model} for at most ${highest_price(settings):.3f}")

    def ask(question: str) -> tuple[ToolReply, list[Delta]]:
        reply = messages.ask(model, _request(question), Deadline(settings.writer_timeout), Purpose("check"))
        try:
            return reply, list(reply)
        except ReplyFailed as failure:
            raise failure.for_reader(model) from failure

    def citations(_: Settings) -> str:
        reply, deltas = ask("When was the glass in the north window made?")
        if not any(isinstance(delta, Range) for delta in deltas):
            raise WriterFailed(f"{model} answered, but cited nothing.")
        return f"{model} cites; {_spent(reply.usage)}"

    def caching(_: Settings) -> str:
        reply, _deltas = ask("When was the glass in the north window made? In which year?")
        if not reply.usage.cache_read_tokens:
            raise WriterFailed("Nothing was read from the prompt cache, so answers cost more than they might.")
        return f"{reply.usage.cache_read_tokens:,} tokens came from the prompt cache; {_spent(reply.usage)}"

    def tools(_: Settings) -> str:
        reply, _deltas = ask("Who made the glass in the south window? Search the course for it before you answer.")
        if not any(call.name == TOOL["name"] for call in reply.calls):
            raise WriterFailed(f"{model} did not search, though it was told to.")
        return f"{model} searches by the tool; {_spent(reply.usage)}"

    def batches(_: Settings) -> str:
        batch = messages.send_batch(
            small, {"check": {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16}}
        )
        messages.cancel_batch(small, batch)
        return f"{small} takes batches ({batch}, cancelled)"

    return {"citations": citations, "caching": caching, "tools": tools, "batches": batches}


def _request(question: str) -> Json:
    passage: Json = {
        "type": "search_result",
        "source": "check",
        "title": "The house",
        "content": [text_block(FACT), text_block("The stair has nine steps.")],
        "citations": {"enabled": True},
    }
    asked = text_block(question_text(Question(question), question))
    return {
        "system": [text_block(system_prompt("citations", searching=True), cached=True)],
        "messages": [{"role": "user", "content": [passage, asked]}],
        "max_tokens": MOST_TOKENS,
        "output_config": {"effort": "low"},
        "tools": [TOOL],
        "tool_choice": {"type": "auto"},
    }


def _spent(usage: Usage) -> str:
    return f"{usage.read_tokens:,} tokens in, {usage.output_tokens:,} out, ${usage.cost:.5f}"
