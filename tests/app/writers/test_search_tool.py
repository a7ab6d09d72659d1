"""Claude searches the course again: what it is told, what the reader sees, and every bound on it."""

from collections.abc import Sequence

import pytest

from app.answering.answer import answer as answered
from app.types import AnswerEvent, Done, Question, Searched, TextPiece, Writing
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm.search_tool import MOST_SEARCHES
from app.writers.llm.writer import ClaudeWriter
from retrieval.errors import BudgetExceeded, StoreUnavailable, WriterFailed
from retrieval.hybrid import HybridRetriever
from retrieval.types import Passage
from tests.app.writers.writing_support import PERPLEXITY, PRICES, Written, passage, writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Answer, Cite, Say, Status, Step, Use, answer

BOTH = Question("What is perplexity, and what does a large model cost?")
CATS = Question("How long do cats sleep?")
TOKENS = passage("A token is a piece of text.", document_id="tokens", section=("Tokens",), start=0)
LOOK = answer(Use({"query": "price of a large model"}), stop_reason="tool_use")
GOOD = answer(
    Say("It says how uncertain a model is.", (Cite(0, 1, 2),)), Say(" A large one costs $4.00.", (Cite(1, 1, 2),))
)


class Course:
    """Finds what it is told to, and keeps what it was asked."""

    def __init__(self, *found: Sequence[Passage] | Exception) -> None:
        self.found = list(found)
        self.asked: list[tuple[str, str]] = []

    def __call__(self, query: str, scope: str = "") -> Sequence[Passage]:
        self.asked.append((query, scope))
        found = self.found.pop(0) if self.found else ()
        if isinstance(found, Exception):
            raise found
        return found


def write(api: FakeMessagesApi, course: Course, *steps: Step, **settings: object) -> Written:
    api.script(*steps)
    writer = ClaudeWriter(writer_settings(api.url, **settings))
    return Written(writer.write_searching(BOTH, BOTH.text, [PERPLEXITY], course))


def results(api: FakeMessagesApi, request: int = -1) -> list[dict[str, object]]:
    return [block for block in api.asked[request].body["messages"][-1]["content"] if block["type"] == "tool_result"]


def test_both_halves_are_answered_with_native_citations(api: FakeMessagesApi) -> None:
    course = Course([PRICES])
    written = write(api, course, LOOK, GOOD)
    assert course.asked == [("price of a large model", "")]
    assert written.text == "It says how uncertain a model is. A large one costs $4.00."
    assert written.quotes == ["Perplexity measures how uncertain a model is about the next token.", "| large | $4.00 |"]
    (found,) = [event for event in written.events if isinstance(event, Searched)]
    assert (found.query, found.passages) == ("price of a large model", (PRICES,))
    first, second = (request.body for request in api.asked)
    assert first["tool_choice"] == second["tool_choice"] == {"type": "auto"}
    assert second["messages"][-2]["content"][0]["type"] == "tool_use"
    (result,) = results(api)
    assert [block["type"] for block in result["content"]] == ["search_result"]  # type: ignore[attr-defined]


def test_all_requests_are_counted_and_priced(api: FakeMessagesApi) -> None:
    written = write(api, Course([PRICES]), LOOK, GOOD)
    (found,) = [event for event in written.events if isinstance(event, Searched)]
    whole = written.end.usage
    assert 0 < found.usage.cost < whole.cost
    assert whole.input_tokens + whole.cache_read_tokens > found.usage.input_tokens
    assert whole.output_tokens > found.usage.output_tokens


def answers(api: FakeMessagesApi, retriever: HybridRetriever, *steps: Step) -> list[AnswerEvent]:
    api.script(*steps)
    writers = [ClaudeWriter(writer_settings(api.url)), ExcerptsWriter()]
    return list(answered(CATS, retriever, writers, threshold=0.0, documents=retriever.index.document))


def test_words_that_only_announce_a_search_are_withdrawn(api: FakeMessagesApi, retriever: HybridRetriever) -> None:
    announced = answer("Let me look that up.", Use({"query": "cats"}), stop_reason="tool_use")
    events = answers(api, retriever, announced, answer(Say("Up to sixteen hours.", (Cite(0, 1, 2),))))
    texts = [event.text for event in events if isinstance(event, Writing)]
    assert texts[0].startswith("Let me")
    assert isinstance(events[-1], Done)
    assert events[-1].answer.text == texts[-1] == "Up to sixteen hours.[1]"


def test_a_failure_after_such_words_is_no_partial_answer(api: FakeMessagesApi, retriever: HybridRetriever) -> None:
    announced = answer("Let me look that up.", Use({"query": "cats"}), stop_reason="tool_use")
    *_, last = answers(api, retriever, announced, Status(401, "authentication_error", "no"))
    assert isinstance(last, Done)
    assert (last.answer.writer, last.answer.partial) == ("excerpts", False)


def test_what_was_cited_before_a_search_stays(api: FakeMessagesApi, retriever: HybridRetriever) -> None:
    begun = answer(Say("Cats sleep.", (Cite(0, 1, 2),)), Use({"query": "dogs"}), stop_reason="tool_use")
    *_, last = answers(api, retriever, begun, answer(" And more."))
    assert isinstance(last, Done)
    assert last.answer.text == "Cats sleep.[1] And more."


def test_the_first_words_wait_for_no_more_of_the_reply(api: FakeMessagesApi) -> None:
    """Also where it may still turn out that they lead to a search: the server has gone silent after nine characters."""
    api.script(Answer((Say("Perplexity says how sure a model is."),), broken="hang", after=4))
    events = ClaudeWriter(writer_settings(api.url)).write_searching(BOTH, BOTH.text, [PERPLEXITY], Course())
    assert next(events) == TextPiece("Perplexit")
    events.close()  # type: ignore[attr-defined]


def test_thinking_goes_back_unchanged(api: FakeMessagesApi) -> None:
    thinking = answer(Use({"query": "prices"}), stop_reason="tool_use", thinking="Half is missing.")
    write(api, Course([PRICES]), thinking, GOOD)
    block = api.asked[-1].body["messages"][-2]["content"][0]
    assert (block["type"], block["thinking"], block["signature"]) == ("thinking", "Half is missing.", "c2ln")


def test_two_searches_in_one_reply(api: FakeMessagesApi) -> None:
    both = answer(Use({"query": "prices"}), Use({"query": "tokens"}, id="toolu_2"), stop_reason="tool_use")
    course = Course([PRICES], [TOKENS])
    written = write(api, course, both, answer(Say("A piece of text.", (Cite(2, 0, 1),))))
    assert [query for query, _ in course.asked] == ["prices", "tokens"]
    assert written.quotes == ["A token is a piece of text."]


def test_a_document_can_be_named(api: FakeMessagesApi) -> None:
    course = Course([PRICES])
    named = answer(Use({"query": "prices", "scope": "Prices"}), stop_reason="tool_use")
    write(api, course, named, GOOD)
    assert course.asked == [("prices", "Prices")]


def test_a_loop_ends_in_an_answer(api: FakeMessagesApi) -> None:
    looks = [answer(Use({"query": f"look {n}"}), stop_reason="tool_use") for n in range(MOST_SEARCHES)]
    course = Course()
    written = write(api, course, *looks, answer("That is all."))
    assert len(course.asked) == MOST_SEARCHES
    assert api.asked[-1].body["tool_choice"] == {"type": "none"}
    assert written.text == "That is all."


@pytest.mark.parametrize(
    ("call", "told", "error"),
    [
        (Use({"query": "x"}, name="browse_web"), "There is no tool 'browse_web'", True),
        (Use({"query": "  "}), "The query is empty", True),
        (Use({}), "The query is empty", True),
        (Use({"query": "nowhere"}), "Nothing more was found.", None),
    ],
)
def test_a_wrong_call_is_told_to_the_model(api: FakeMessagesApi, call: Use, told: str, error: bool | None) -> None:
    written = write(api, Course(), answer(call, stop_reason="tool_use"), answer("So it is."))
    (result,) = results(api)
    assert str(result["content"][0]["text"]).startswith(told)  # type: ignore[index]
    assert result.get("is_error") is error
    assert written.text == "So it is."


def test_the_same_search_is_not_run_twice(api: FakeMessagesApi) -> None:
    course = Course([PRICES], [PRICES])
    write(api, course, LOOK, LOOK, GOOD)
    assert len(course.asked) == 1


def test_a_search_that_fails_is_told_and_the_answer_goes_on(api: FakeMessagesApi) -> None:
    written = write(api, Course(StoreUnavailable("Qdrant is away.")), LOOK, answer("What is there."))
    (result,) = results(api)
    assert result["is_error"] is True
    assert written.text == "What is there."


def test_a_budget_reached_between_two_steps_ends_it(api: FakeMessagesApi) -> None:
    with pytest.raises(BudgetExceeded):
        write(api, Course(BudgetExceeded("spent")), LOOK, GOOD)
    assert len(api.asked) == 1


def test_little_time_left_means_no_more_searches(api: FakeMessagesApi) -> None:
    written = write(api, Course(), answer("At once."), writer_timeout=0.5)
    assert api.asked[0].body["tool_choice"] == {"type": "auto"}
    assert written.text == "At once."


def test_a_refusal_after_a_search(api: FakeMessagesApi) -> None:
    written = write(api, Course(), LOOK, answer("NOT_COVERED"))
    assert (written.end.refused, written.text) == (True, "")


def test_a_failure_in_the_middle_goes_to_the_second_model(api: FakeMessagesApi) -> None:
    overloaded = [Status(529, "overloaded_error")] * 3
    written = write(api, Course([PRICES], [PRICES]), LOOK, *overloaded, LOOK, GOOD)
    assert written.end.model == "claude-haiku-5-5"
    assert written.text.endswith("$4.00.")


def test_without_any_reply_it_fails_as_ever(api: FakeMessagesApi) -> None:
    with pytest.raises(WriterFailed):
        write(api, Course(), Status(401, "authentication_error", "bad key"))
