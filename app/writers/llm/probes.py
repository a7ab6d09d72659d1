"""What works with this key, model and address: told by the service where that is free, tried where it is wanted.

The requests that are tried are those of an answer: the same system prompt, a passage as a search result, the tool. So what
passes here works in the chat.
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.storage.usage import Purpose
from app.types import Question, Usage
from app.writers.llm.api.failures import Deadline, ReplyFailed
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.api.messages import Messages
from app.writers.llm.api.pricing import prompt_tokens
from app.writers.llm.api.reply import Delta, ToolReply
from app.writers.llm.prompt import question_text, system_prompt, text_block
from app.writers.llm.search_tool import TOOL
from app.writers.passages import Range
from retrieval.config import Settings
from retrieval.errors import WriterFailed
from retrieval.types import Json

SECONDS = 10.0
MOST_TOKENS = 600
TRIED = 3  # requests
WANTED = {"citations": "cites", "batch": "batches", "structured_outputs": "structured output", "effort": "effort"}
FACT = "The glass in the north window was made in 1902."
PURPOSE = Purpose("check")


def check_service(settings: Settings) -> str:
    """Whether key, model and address are right. Raises WriterFailed.

    The tokens of a word are counted, which is free; a local server, which may not count, is asked for its first word.
    """
    local = settings.writer == "local"
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


def told_of(settings: Settings) -> str:
    """What the service says of the models of the settings; free. Raises WriterFailed for a model that does not do."""
    messages = Messages(settings, silence=SECONDS)
    lines = []
    for model in dict.fromkeys([settings.model, settings.fallback_model, settings.followup_model]):
        if not model:
            continue
        able = messages.abilities(model)
        if not able["available"]:
            raise WriterFailed(f"{model} is retired: requests for it fail. Set another MODEL.")
        writes = model in (settings.model, settings.fallback_model)
        if writes and not able.get("citations", True):
            raise WriterFailed(f"{model} cannot cite, so its answers would have no footnotes. Set another MODEL.")
        lacks = [words for name, words in WANTED.items() if not able.get(name, True)]
        lines.append(f"{model} {'lacks ' + ', '.join(lacks) if lacks else 'has all that is used'}")
    return "; ".join(lines)


def highest_price(settings: Settings) -> float:
    """Dollars that `probes` cost at most: as if nothing were cached and every reply as long as it may be."""
    messages = Messages(settings, silence=SECONDS)
    usage = Usage(input_tokens=TRIED * prompt_tokens(_request(FACT)), output_tokens=TRIED * MOST_TOKENS)
    return messages.priced(settings.model, usage).cost


def probes(settings: Settings, gateway: Gateway) -> Mapping[str, Callable[[], str]]:
    """By name; each says what was found, or raises WriterFailed or BudgetExceeded. Each is a real request, paid and booked; the batch is cancelled as soon as it is taken."""
    messages = Messages(settings, silence=settings.writer_timeout / 3, gateway=gateway)
    model = settings.model

    def ask(question: str) -> tuple[ToolReply, list[Delta]]:
        reply = messages.ask(model, _request(question), Deadline(settings.writer_timeout), PURPOSE)
        try:
            return reply, list(reply)
        except ReplyFailed as failure:
            raise failure.for_reader(model) from failure

    def citations() -> str:
        reply, deltas = ask("When was the glass in the north window made?")
        cited = [delta for delta in deltas if isinstance(delta, Range)]
        if not cited:
            raise WriterFailed(f"{model} answered, but cited nothing.")
        return f"{model} cites; {_spent(reply.usage)}"

    def caching() -> str:
        reply, _ = ask("When was the glass in the north window made? In which year?")
        if not reply.usage.cache_read_tokens:
            raise WriterFailed("Nothing was read from the prompt cache, so answers cost more than they might.")
        return f"{reply.usage.cache_read_tokens:,} tokens came from the prompt cache; {_spent(reply.usage)}"

    def tools() -> str:
        reply, _ = ask("Who made the glass in the south window? Search the course for it before you answer.")
        if not any(call.name == TOOL["name"] for call in reply.calls):
            raise WriterFailed(f"{model} did not search, though it was told to.")
        return f"{model} searches by the tool; {_spent(reply.usage)}"

    def batches() -> str:
        small = settings.followup_model
        request = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 16}
        batch = messages.send_batch(small, {"check": request})
        messages.cancel_batch(small, batch)
        return f"{small} takes batches ({batch}, cancelled)"

    return {"citations": citations, "caching": caching, "tools": tools, "batches": batches}


def _request(question: str) -> Mapping[str, Any]:
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
    read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    return f"{read:,} tokens in, {usage.output_tokens:,} out, ${usage.cost:.5f}"
