"""What stands around an answer: the writers, the books, the cache, tracing, and a shadow setting; opened together."""

from dataclasses import dataclass

from app.answering.answer import answer
from app.answering.answer_cache import AnswerCache, open_cache
from app.answering.index_lease import Lease
from app.answering.rate_limit import RateLimit
from app.answering.tracing import Tracer, open_tracer
from app.query.standalone import Rewrite, Standalone
from app.storage.shadow import shadow_settings
from app.storage.usage import Ledger, open_ledger
from app.types import Answer, Done, Question, Writer
from app.writers.factory import make_rerankers, make_rewrite, make_writers
from app.writers.llm.api.gateway import Breaker, Gateway
from retrieval.config import Settings
from retrieval.hybrid import HybridRetriever
from retrieval.types import Embedder, Reranker


@dataclass(frozen=True, slots=True)
class Services:
    """`cache` and `second` are None where they are switched off."""

    rerankers: tuple[Reranker, ...]
    writers: tuple[Writer, ...]
    rewrite: Rewrite
    ledger: Ledger
    breaker: Breaker
    rate_limit: RateLimit
    tracer: Tracer
    cache: AnswerCache | None = None
    second: "SecondSetting | None" = None


class SecondSetting:
    """Answers the way SHADOW says, from the index that is open anyway, within the same budget."""

    def __init__(self, settings: Settings, embedder: Embedder, gateway: Gateway) -> None:
        self._settings = shadow_settings(settings)
        self._embedder = embedder
        self._rerankers = make_rerankers(self._settings, gateway)
        self._writers = make_writers(self._settings, gateway)

    def answer(self, question: Question, live: Answer, lease: Lease) -> Answer:
        """For the same query as the live answer, so that only what SHADOW changes differs."""
        retriever = HybridRetriever(lease.retriever.index, self._embedder, self._settings, self._rerankers)
        events = answer(
            question,
            retriever,
            self._writers,
            threshold=self._settings.confidence_threshold,
            rewrite=lambda asked, _: Standalone(live.searched or asked.text, "live"),
            documents=lease.document,
        )
        return next(event.answer for event in events if isinstance(event, Done))


def open_services(settings: Settings, embedder: Embedder) -> Services:
    """Raises ConfigError, also where the data folder cannot be used."""
    ledger = open_ledger(settings)
    gateway = Gateway(ledger=ledger)
    rerankers = make_rerankers(settings, gateway)
    writers = tuple(make_writers(settings, gateway))
    return Services(
        rerankers=rerankers,
        writers=writers,
        rewrite=make_rewrite(settings, gateway),
        ledger=ledger,
        breaker=gateway.breaker,
        rate_limit=RateLimit(per_minute=settings.questions_per_minute),
        tracer=open_tracer(settings.otlp_endpoint),
        cache=open_cache(settings, embedder, writers) if settings.answer_cache else None,
        second=SecondSetting(settings, embedder, gateway) if settings.shadow and settings.shadow_share else None,
    )
