"""The Messages API for others than the writer: short completions, counting, a check before it is needed."""

import pytest

from app.cli.doctor import check_writer
from app.types import Usage
from app.writers.llm.api.failures import Deadline
from app.writers.llm.api.messages import Messages
from retrieval.errors import WriterCut, WriterFailed, WriterRefusedKey
from tests.app.writers.claude_support import HAIKU, SONNET
from tests.app.writers.writing_support import writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Status, answer


def test_a_short_completion(api: FakeMessagesApi) -> None:
    api.script(answer("perplexity of large models"), answer("cut", stop_reason="max_tokens"))
    messages = Messages(writer_settings(api.url), silence=10.0)
    request = {"max_tokens": 50, "messages": [{"role": "user", "content": "rewrite"}]}
    text, usage = messages.complete(HAIKU, request, Deadline(10.0))
    assert text == "perplexity of large models"
    assert isinstance(usage, Usage)
    assert usage.cost > 0
    with pytest.raises(WriterCut, match="max_tokens"):
        messages.complete(HAIKU, request, Deadline(10.0))


def test_tokens_are_counted_and_a_wrong_key_is_told(api: FakeMessagesApi) -> None:
    request = {"max_tokens": 50, "messages": [{"role": "user", "content": "three short words"}]}
    assert Messages(writer_settings(f"{api.url}/v1/"), silence=10.0).count_tokens(HAIKU, request) == 3
    with pytest.raises(WriterRefusedKey):
        Messages(writer_settings(api.url, anthropic_api_key="wrong"), silence=10.0).count_tokens(HAIKU, request)
    with pytest.raises(WriterRefusedKey, match="no API key"):
        Messages(writer_settings(api.url, anthropic_api_key=" "), silence=10.0).count_tokens(HAIKU, request)


def test_the_service_is_checked_before_it_is_needed(api: FakeMessagesApi) -> None:
    assert check_writer(writer_settings(api.url)) == f"{SONNET} can be asked"
    assert api.asked == []
    for wrong in (
        {"model": "claude-nonsense", "writer": "claude"},
        {"anthropic_api_key": "", "writer": "claude"},
        {"anthropic_base_url": "http://127.0.0.1:9", "writer": "claude"},
    ):
        with pytest.raises(WriterFailed):
            check_writer(writer_settings(api.url, **wrong))


def test_a_local_server_is_asked_for_a_word(api: FakeMessagesApi) -> None:
    api.key = "local"
    api.script(answer("Hello"), Status(404, "not_found_error", "model 'llama' not found"))
    settings = writer_settings(api.url, writer="local", model="llama", anthropic_api_key="")
    assert check_writer(settings) == f"llama answers at {api.url}"
    with pytest.raises(WriterFailed, match="not found"):
        check_writer(settings)
