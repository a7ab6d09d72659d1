"""Which writers there are for the settings, in the order they are tried."""

from app.query.expansion import expanding
from app.query.standalone import Rewrite, by_joining, with_model
from app.types import Writer
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm.api.gateway import Gateway
from retrieval.config import Settings
from retrieval.ranking.rerank import load_rerankers
from retrieval.types import Reranker


def make_writers(settings: Settings, gateway: Gateway | None = None) -> list[Writer]:
    """The excerpts writer, which cannot fail, is last. With a ledger in the gateway, one that costs money keeps within the budget.

    Raises ConfigError.
    """
    writers: list[Writer] = []
    if uses_claude(settings):
        from app.writers.llm.claude import ClaudeWriter  # imports anthropic: half a second

        writers.append(ClaudeWriter(settings, gateway))
    elif settings.writer == "local":
        from app.writers.llm.local import LocalWriter

        writers.append(LocalWriter(settings, gateway))
    return [*writers, ExcerptsWriter()]


def make_rerankers(settings: Settings, gateway: Gateway | None = None) -> tuple[Reranker, ...]:
    """Those of the settings; RERANKER=claude asks the small model, within the budget. Raises ConfigError."""
    if settings.reranker != "claude" or not settings.anthropic_api_key:
        return load_rerankers(settings)
    from app.writers.llm.small_model import model_reranker

    return load_rerankers(settings, model=model_reranker(settings, gateway))


def make_rewrite(settings: Settings, gateway: Gateway | None = None) -> Rewrite:
    """How questions become queries: follow-ups by the small Claude model where Claude writes, within the budget of the gateway's
    ledger if there is one; else by joining them to the question before. With EXPANSION also what else is searched for.
    """
    if not uses_claude(settings) or not settings.anthropic_api_key:
        return by_joining
    from app.writers.llm.small_model import ModelExpander, ModelRewriter

    rewrite = with_model(ModelRewriter(settings, gateway), seconds=settings.followup_timeout)
    if settings.expansion == "none":
        return rewrite
    return expanding(rewrite, ModelExpander(settings, gateway), seconds=settings.followup_timeout)


def uses_claude(settings: Settings) -> bool:
    """Asked for by name, or there is a key."""
    return settings.writer == "claude" or (settings.writer == "auto" and bool(settings.anthropic_api_key))
