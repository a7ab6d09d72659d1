"""A second model is asked where the first does not begin: who writes, what is closed, what is counted."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.storage.usage import DailyLimits, Ledger
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.writer import ClaudeWriter
from app.writers.protocols import Search
from retrieval.errors import WriterOverloaded
from tests.app.writers.claude_support import GOOD, HAIKU, SONNET, WHAT, write
from tests.app.writers.writing_support import PERPLEXITY, PRICES, Written, writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Silence, Status, Use, answer

LATE = replace(answer("From the slow one."), late=1.0)
PATIENCE = 0.15


def asked(api: FakeMessagesApi) -> list[str]:
    return [request.body["model"] for request in api.asked]


def test_a_model_that_begins_in_time_is_alone(api: FakeMessagesApi) -> None:
    written = write(api, GOOD, hedge_seconds=PATIENCE)
    assert asked(api) == [SONNET]
    assert (written.end.model, written.end.notices) == (SONNET, ())


def test_the_second_writes_where_the_first_does_not_begin(api: FakeMessagesApi) -> None:
    begun = time.perf_counter()
    written = write(api, LATE, GOOD, hedge_seconds=PATIENCE)
    assert time.perf_counter() - begun < 0.9
    assert asked(api) == [SONNET, HAIKU]
    assert written.end.model == HAIKU
    assert written.text.startswith("It measures")
    assert written.end.notices == (
        f"{HAIKU} wrote this answer, because {SONNET} could not: it had not begun after 0.15 s.",
    )


def test_the_first_writes_where_it_begins_before_the_second(api: FakeMessagesApi) -> None:
    slow = replace(GOOD, late=0.4)
    written = write(api, slow, LATE, hedge_seconds=PATIENCE)
    assert asked(api) == [SONNET, HAIKU]
    assert (written.end.model, written.end.notices) == (SONNET, ())


def test_both_are_counted(api: FakeMessagesApi, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "usage.db", limits=DailyLimits(1.0))
    api.script(LATE, GOOD)
    writer = ClaudeWriter(writer_settings(api.url, hedge_seconds=PATIENCE), Gateway(ledger=ledger))
    written = Written(writer.write(WHAT, WHAT.text, [PERPLEXITY]))
    costs = {row.name: row for row in ledger.costs("model")}
    assert set(costs) == {SONNET, HAIKU}
    assert costs[SONNET].input_tokens > 0
    assert costs[SONNET].output_tokens == 0
    assert written.end.usage.cost == pytest.approx(costs[SONNET].cost + costs[HAIKU].cost)


def test_a_slow_model_is_not_taken_for_a_broken_one(api: FakeMessagesApi) -> None:
    gateway = Gateway()
    writer = ClaudeWriter(writer_settings(api.url, hedge_seconds=PATIENCE), gateway)
    for _ in range(3):
        api.script(LATE, GOOD)
        list(writer.write(WHAT, WHAT.text, [PERPLEXITY]))
    assert gateway.breaker.outages() == ()


def test_when_the_second_fails_the_first_is_waited_for(api: FakeMessagesApi) -> None:
    written = write(
        api, replace(GOOD, late=0.4), Status(400, "invalid_request_error", "no", ()), hedge_seconds=PATIENCE
    )
    assert (written.end.model, written.text[:11]) == (SONNET, "It measures")


def test_when_both_fail_the_first_reason_is_told(api: FakeMessagesApi) -> None:
    with pytest.raises(WriterOverloaded, match=f"{SONNET} could not write"):
        write(api, Silence(), Status(529), hedge_seconds=PATIENCE, writer_timeout=1.5)


def test_zero_means_never(api: FakeMessagesApi) -> None:
    written = write(api, replace(LATE, late=0.3), GOOD, hedge_seconds=0.0)
    assert (asked(api), written.end.model) == ([SONNET], SONNET)


def test_a_model_that_searches_is_hedged_on_its_first_sign(api: FakeMessagesApi) -> None:
    def search(query: str, scope: str = "") -> list[object]:
        return [PRICES]

    looks = answer(Use({"query": "prices"}), stop_reason="tool_use")
    api.script(replace(looks, late=1.0), looks, GOOD)
    writer = ClaudeWriter(writer_settings(api.url, hedge_seconds=PATIENCE))
    found: Search = search  # type: ignore[assignment]
    written = Written(writer.write_searching(WHAT, WHAT.text, [PERPLEXITY], found))
    assert asked(api) == [SONNET, HAIKU, HAIKU]
    assert written.end.model == HAIKU
