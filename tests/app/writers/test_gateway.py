"""The circuit breaker: when a model is not asked any more, when it is tried again, and what the learner is told."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.writers.llm.api.failures import ReplyFailed, key_failure, status_failure, unreachable
from app.writers.llm.api.gateway import FIRST_WAIT, LONGEST_WAIT, OPENS_AFTER, Breaker, Gateway
from app.writers.llm.writer import ClaudeWriter
from retrieval.errors import WriterFailed, WriterPaused, WriterRefusedKey
from tests.app.writers.claude_support import GOOD, HAIKU, SONNET, WHAT
from tests.app.writers.writing_support import PERPLEXITY, Written, writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Status, answer

BUSY = status_failure(529, "overloaded_error", "", SONNET)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def fails(breaker: Breaker, failure: ReplyFailed, *, model: str = SONNET, times: int = OPENS_AFTER) -> None:
    for _ in range(times):
        breaker.admit(model)
        breaker.failed(model, failure)


def refused(breaker: Breaker, model: str = SONNET) -> bool:
    try:
        breaker.admit(model)
    except ReplyFailed as failure:
        return failure.paused
    breaker.abandoned(model)
    return False


def test_it_opens_after_failures_in_a_row_and_only_for_that_model(breaker: Breaker) -> None:
    fails(breaker, BUSY, times=OPENS_AFTER - 1)
    assert not refused(breaker)
    fails(breaker, BUSY, times=1)
    assert refused(breaker)
    assert not refused(breaker, HAIKU)
    (outage,) = breaker.outages()
    assert (outage.model, outage.failures, outage.seconds) == (SONNET, OPENS_AFTER, FIRST_WAIT)
    assert outage.reason == "the service is overloaded (529)"


def test_a_success_in_between_counts_from_the_start(breaker: Breaker) -> None:
    for _ in range(5):
        fails(breaker, BUSY, times=OPENS_AFTER - 1)
        breaker.admit(SONNET)
        breaker.succeeded(SONNET)
    assert breaker.outages() == ()


def test_after_the_wait_one_request_tries(breaker: Breaker, clock: Clock) -> None:
    fails(breaker, BUSY)
    clock.now += FIRST_WAIT
    breaker.admit(SONNET)
    assert refused(breaker)  # while the trial is under way
    breaker.succeeded(SONNET)
    assert not refused(breaker)
    assert breaker.outages() == ()


def test_each_failed_trial_doubles_the_wait(breaker: Breaker, clock: Clock) -> None:
    fails(breaker, BUSY)
    waits = []
    for _ in range(8):
        waits.append(breaker.outages()[0].seconds)
        clock.now += waits[-1]
        fails(breaker, BUSY, times=1)
    assert waits == [min(LONGEST_WAIT, FIRST_WAIT * 2**n) for n in range(8)]


def test_a_stopped_trial_leaves_it_to_the_next(breaker: Breaker, clock: Clock) -> None:
    fails(breaker, BUSY)
    clock.now += FIRST_WAIT
    breaker.admit(SONNET)
    breaker.abandoned(SONNET)
    assert not refused(breaker)


@pytest.mark.parametrize("failure", [unreachable("localhost"), key_failure("the API key was refused")])
def test_what_every_model_would_meet_counts_for_all(breaker: Breaker, failure: ReplyFailed) -> None:
    fails(breaker, failure)
    assert refused(breaker, HAIKU)
    assert [outage.model for outage in breaker.outages()] == [""]


def test_what_lies_in_the_question_counts_for_nothing(breaker: Breaker) -> None:
    fails(breaker, status_failure(400, "invalid_request_error", "too long", SONNET), times=9)
    assert breaker.outages() == ()


def test_a_pause_that_the_service_asks_for_is_kept(breaker: Breaker) -> None:
    fails(breaker, status_failure(429, "rate_limit_error", "", SONNET, pause=90.0))
    assert breaker.outages()[0].seconds == 90.0


@given(st.lists(st.sampled_from(["fail", "succeed", "stop", "wait"]), max_size=60))
def test_it_never_shuts_for_good(steps: list[str]) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for step in steps:
        if step == "wait":
            clock.now += FIRST_WAIT
            continue
        try:
            breaker.admit(SONNET)
        except ReplyFailed:
            continue
        done: dict[str, Callable[[], None]] = {
            "fail": lambda: breaker.failed(SONNET, BUSY),
            "succeed": lambda: breaker.succeeded(SONNET),
            "stop": lambda: breaker.abandoned(SONNET),
        }
        done[step]()
    clock.now += LONGEST_WAIT
    breaker.admit(SONNET)


def test_an_answer_comes_at_once_where_the_model_is_known_to_be_down(api: FakeMessagesApi) -> None:
    gateway = Gateway()
    writer = ClaudeWriter(writer_settings(api.url), gateway)

    def ask() -> Written:
        return Written(writer.write(WHAT, WHAT.text, [PERPLEXITY]))

    three = [Status(529)] * 3
    api.script(*three, GOOD, *three, GOOD, GOOD)
    told = [ask().end.notices for _ in range(OPENS_AFTER)]
    assert all(len(notices) == 1 for notices in told)
    api.requests.clear()
    written = ask()
    assert [request.body["model"] for request in api.asked] == [HAIKU]
    assert (written.end.model, written.end.notices) == (HAIKU, ())  # told when it failed, not again
    assert [outage.model for outage in gateway.breaker.outages()] == [SONNET]


def test_with_nobody_there_the_writer_fails_at_once() -> None:
    gateway = Gateway()
    writer = ClaudeWriter(writer_settings("http://127.0.0.1:9"), gateway)
    for _ in range(OPENS_AFTER):
        with pytest.raises(WriterFailed):
            list(writer.write(WHAT, "", [PERPLEXITY]))
    begun = time.perf_counter()
    with pytest.raises(WriterPaused, match="in a row"):
        list(writer.write(WHAT, "", [PERPLEXITY]))
    assert time.perf_counter() - begun < 0.1


def test_a_missing_key_is_said_every_time(api: FakeMessagesApi) -> None:
    writer = ClaudeWriter(writer_settings(api.url, anthropic_api_key=""), Gateway())
    for _ in range(OPENS_AFTER + 1):
        with pytest.raises(WriterRefusedKey, match="ANTHROPIC_API_KEY"):
            list(writer.write(WHAT, "", [PERPLEXITY]))


def test_a_stopped_answer_is_no_failure(api: FakeMessagesApi) -> None:
    gateway = Gateway()
    api.script(answer("word " * 50))
    for _ in range(OPENS_AFTER + 1):
        events = ClaudeWriter(writer_settings(api.url), gateway).write(WHAT, "", [PERPLEXITY])
        next(events)
        events.close()  # type: ignore[attr-defined]
    assert gateway.breaker.outages() == ()
