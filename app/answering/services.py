"""What stands around an answer: the writers that the settings ask for, the books, the cache, tracing, and a shadow
setting; opened together."""

from dataclasses import dataclass

from app.answering.answer import answer
from app.answering.answer_cache import AnswerCache, open_cache
from app.answering.course import Lease
from app.answering.tracing import Tracer
from app.query.standalone import Rewrite, Standalone, by_joining, with_model
from app.storage.shadow import shadow_settings
from app.storage.usage import Ledger, open_ledger
from app.types import Answer, Done, Question
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm.api.gateway import Breaker, Gateway
from app.writers.protocols import Writer
from retrieval.config import Settings
from retrieval.hybrid import HybridRetriever
from retrieval.ranking.rerank import load_rerankers
from retrieval.types import Embedder, Reranker


@dataclass(frozen=True, slots=True)
class Services:
    """`tracer`, `cache` and `second` are None where they are switched off."""

    rerankers: tuple[Reranker, ...]
    writers: tuple[Writer, ...]
    rewrite: Rewrite
    ledger: Ledger
    breaker: Breaker
    tracer: Tracer | None = None
    cache: AnswerCache | None = None
    second: "SecondSetting | None" = None


class SecondSetting:
    """Answers the way SHADOW says, from the index that is open anyway, within the same budget."""

    def __init__(self, settings: Settings, embedder: Embedder, gateway: Gateway) -> None:
        self._settings = shadow_settings(settings)
        self._embedder = embedder
        self._rerankers = load_rerankers(self._settings)
        self._writers = make_writers(self._settings, gateway)

    def answer(self, question: Question, live: Answer, lease: Lease) -> Answer:
        """For the same query as the live answer, so that only what SHADOW changes differs."""
        retriever = HybridRetriever(lease.retriever.index, self._embedder, self._settings, self._rerankers)
        events = answer(
            question,
            retriever,
            self._writers,
            threshold=self._settings.confidence_threshold,
            rewrite=lambda asked, _: Standalone(live.searched, "live") if live.searched else Standalone(asked.text),
            documents=lease.document,
        )
        return next(event.answer for event in events if isinstance(event, Done))


def open_services(settings: Settings, embedder: Embedder) -> Services:
    """Raises ConfigError, also where the data folder cannot be used."""
    ledger = open_ledger(settings)
    gateway = Gateway(ledger=ledger)
    writers = tuple(make_writers(settings, gateway))
    return Services(
        rerankers=load_rerankers(settings),
        writers=writers,
        rewrite=make_rewrite(settings, gateway),
        ledger=ledger,
        breaker=gateway.breaker,
        tracer=Tracer(settings.otlp_endpoint) if settings.otlp_endpoint.strip() else None,
        cache=open_cache(settings, writers) if settings.answer_cache else None,
        second=SecondSetting(settings, embedder, gateway) if settings.shadow and settings.shadow_share else None,
    )


def make_writers(settings: Settings, gateway: Gateway | None = None) -> list[Writer]:
    """The excerpts writer, which cannot fail, is last. With a ledger in the gateway, one that costs money keeps within the budget.

    Raises ConfigError.
    """
    writers: list[Writer] = []
    if uses_claude(settings):
        from app.writers.llm.writer import ClaudeWriter  # imports anthropic: half a second

        writers.append(ClaudeWriter(settings, gateway))
    elif settings.writer == "local":
        from app.writers.llm.writer import LocalWriter

        writers.append(LocalWriter(settings, gateway))
    return [*writers, ExcerptsWriter()]


def make_rewrite(settings: Settings, gateway: Gateway | None = None) -> Rewrite:
    """How questions become queries: follow-ups by the small Claude model where Claude writes, within the budget of the gateway's
    ledger if there is one; else by joining them to the question before.
    """
    if not uses_claude(settings) or not settings.anthropic_api_key:
        return by_joining
    from app.writers.llm.small_model import SmallModel

    return with_model(SmallModel(settings, gateway).rewrite, seconds=settings.followup_timeout)


def uses_claude(settings: Settings) -> bool:
    """Asked for by name, or there is a key."""
    return settings.writer == "claude" or (settings.writer == "auto" and bool(settings.anthropic_api_key))
