"""What can go wrong between the Claude writer and its service, and what is left of an answer."""

import time

import pytest

from app.types import Cited, TextPiece
from app.writers.llm.writer import ClaudeWriter
from retrieval.errors import WriterFailed, WriterOverloaded, WriterRefusedKey
from tests.app.writers.claude_support import GOOD, HAIKU, SONNET, WHAT, write
from tests.app.writers.writing_support import PERPLEXITY, writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Answer, Body, Cite, Say, Silence, Status, Step, answer


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (Status(429, "rate_limit_error", "too many tokens"), "the rate limit is reached (429)"),
        (Status(529, "overloaded_error"), "the service is overloaded (529)"),
        (Status(500), "the service had an error (500)"),
    ],
)
def test_a_busy_service_is_asked_again_then_the_second_model(api: FakeMessagesApi, status: Status, told: str) -> None:
    assert write(api, status, GOOD).end.notices == ()
    api.requests.clear()
    written = write(api, status, status, status, GOOD)
    assert [request.body["model"] for request in api.asked] == [SONNET] * 3 + [HAIKU]
    assert written.end.model == HAIKU
    assert written.end.notices == (f"{HAIKU} wrote this answer, because {SONNET} could not: {told}.",)
    assert written.quotes


def test_a_service_that_asks_for_a_long_pause_is_not_waited_for(api: FakeMessagesApi) -> None:
    started = time.monotonic()
    written = write(api, Status(429, headers=(("retry-after", "600"),)), GOOD)
    assert written.end.model == HAIKU
    assert time.monotonic() - started < 2


def test_when_every_model_fails_the_writer_does(api: FakeMessagesApi) -> None:
    with pytest.raises(WriterOverloaded, match=r"claude-sonnet-5-5 could not write the answer: .*529.*Wait a minute"):
        write(api, Status(529))


@pytest.mark.parametrize("key", ["", "schlüssel-1", "two\nlines"])
def test_no_key_is_told_without_a_request(api: FakeMessagesApi, key: str) -> None:
    with pytest.raises(WriterRefusedKey, match="ANTHROPIC_API_KEY"):
        write(api, GOOD, anthropic_api_key=key)
    assert api.requests == []


def test_a_wrong_key_is_told_at_once_and_not_repeated(api: FakeMessagesApi) -> None:
    with pytest.raises(WriterRefusedKey, match="refused") as failed:
        write(api, GOOD, anthropic_api_key="sk-secret-key")
    assert len(api.requests) == 1
    assert "sk-secret-key" not in str(failed.value)


def test_a_key_that_the_server_repeats_is_not_shown(api: FakeMessagesApi) -> None:
    with pytest.raises(WriterRefusedKey) as failed:
        write(api, Status(403, "permission_error", "key test-key may not do this"))
    assert "test-key" not in str(failed.value)


def test_an_unknown_model_is_followed_by_the_second(api: FakeMessagesApi) -> None:
    written = write(api, GOOD, model="claude-nonsense")
    assert written.end.model == HAIKU
    assert "the model was not found" in written.end.notices[0]


def test_nobody_there() -> None:
    writer = ClaudeWriter(writer_settings("http://127.0.0.1:9"))
    started = time.monotonic()
    with pytest.raises(WriterOverloaded, match=r"127\.0\.0\.1 cannot be reached"):
        list(writer.write(WHAT, "", [PERPLEXITY]))
    assert time.monotonic() - started < 2.5  # the second model is at the same place


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("error", "the service broke off (overloaded_error)"),
        ("cut", "the connection was lost"),
        ("end", "the connection ended before the answer did"),
        ("hang", "nothing came for 0.4 s"),
        ("pings", "it took longer than 1.2 s"),
    ],
)
def test_what_came_before_a_break_is_kept(api: FakeMessagesApi, broken: str, told: str) -> None:
    started = time.monotonic()
    says = (Say("It measures uncertainty", (Cite(0, 1, 2),), step=30), Say(". It falls with more context.", step=10))
    written = write(api, Answer(says, broken=broken, after=8), writer_timeout=1.2)  # type: ignore[arg-type]
    assert written.text == "It measures uncertainty. It falls"
    assert len(written.quotes) == 1
    assert (written.end.partial, written.end.refused) == (True, False)
    assert written.end.notices == (f"This answer is not complete: {told}.",)
    assert written.end.usage.input_tokens > 0
    assert len(api.asked) == 1
    assert time.monotonic() - started < 2


def test_a_citation_of_the_block_that_broke_is_kept(api: FakeMessagesApi) -> None:
    says = (Say("It measures uncertainty", (Cite(0, 1, 2),), step=30, cites_first=True),)
    written = write(api, Answer(says, broken="cut", after=5))
    assert isinstance(written.events[-2], Cited)


@pytest.mark.parametrize("broken", ["error", "cut", "end", "hang"])
@pytest.mark.parametrize("after", [1, 3])
def test_a_break_before_any_text_is_made_good_by_the_second_model(
    api: FakeMessagesApi, broken: str, after: int
) -> None:
    written = write(api, Answer(GOOD.says, broken=broken, after=after), GOOD, writer_timeout=1.8)  # type: ignore[arg-type]
    assert written.text.startswith("It measures")
    assert (written.end.model, written.end.partial, len(written.end.notices)) == (HAIKU, False, 1)


@pytest.mark.parametrize(
    "step",
    [
        Body(),
        Body(b"<html>proxy login</html>", "text/html"),
        Body(b'{"content": []}', "application/json"),
        Body(b"event: message_start\ndata: {not json\n\n"),
        Body(b'event: content_block_delta\ndata: {"type": "content_block_delta"}\n\n'),
        answer(),
        answer("", "\n "),
        Silence(),
    ],
)
def test_a_reply_without_an_answer_in_it(api: FakeMessagesApi, step: Step) -> None:
    started = time.monotonic()
    with pytest.raises(WriterFailed, match="could not write the answer"):
        write(api, step, writer_timeout=1.2 if isinstance(step, Silence) else 6.0)
    assert [request.body["model"] for request in api.asked] == [SONNET, HAIKU]
    assert time.monotonic() - started < 5


def test_a_reply_without_a_stop_reason_is_not_complete(api: FakeMessagesApi) -> None:
    written = write(api, answer("Yes.", stop_reason=None))
    assert (written.text, written.end.partial) == ("Yes.", True)


def test_an_answer_at_its_limit_says_so(api: FakeMessagesApi) -> None:
    written = write(api, answer("It measures how", stop_reason="max_tokens"))
    assert written.end.partial
    assert written.end.notices == ("This answer is not complete: it reached its length limit.",)


def test_a_declined_question_goes_to_the_second_model(api: FakeMessagesApi) -> None:
    written = write(api, answer(stop_reason="refusal"), GOOD)
    assert written.end.model == HAIKU
    assert "declined" in written.end.notices[0]
    with pytest.raises(WriterFailed, match="declined"):
        write(api, answer(stop_reason="refusal"))


def test_a_stopped_answer_closes_its_connection(api: FakeMessagesApi) -> None:
    api.script(Answer((Say("word " * 100),), broken="hang", after=8))
    events = ClaudeWriter(writer_settings(api.url)).write(WHAT, "", [PERPLEXITY])
    started = time.monotonic()
    assert next(events) == TextPiece("word word")
    events.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 1
