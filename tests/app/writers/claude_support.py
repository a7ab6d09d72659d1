"""A Claude writer in front of a server that speaks the Messages API."""

from app.types import Question
from app.writers.llm.writer import ClaudeWriter
from tests.app.writers.writing_support import PERPLEXITY, PRICES, Written, writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Cite, Say, Step, answer

SONNET, HAIKU = "claude-sonnet-5-5", "claude-haiku-5-5"
WHAT = Question("What is perplexity?")
GOOD = answer(Say("It measures how uncertain a model is", (Cite(0, 1, 2),)), ". It falls with more context.")


def write(
    api: FakeMessagesApi, *steps: Step, question: Question = WHAT, query: str = "", **overrides: object
) -> Written:
    api.script(*steps)
    writer = ClaudeWriter(writer_settings(api.url, **overrides))
    return Written(writer.write(question, query or question.text, [PERPLEXITY, PRICES]))
