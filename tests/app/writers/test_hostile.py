"""A server that says anything at all: whatever it is, an answer comes to its end in words, and can be shown and kept."""

import json
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import pytest

from app.answering.answer import answer as answered
from app.storage.conversations import Conversations
from app.types import Answer, Question
from app.web.render.answer import answer_text, sources
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm.small_model import SmallModel
from app.writers.llm.writer import ClaudeWriter, LocalWriter
from retrieval.errors import WriterFailed
from retrieval.hybrid import HybridRetriever
from tests.app.scripted_writer import done
from tests.app.writers.writing_support import writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Body, Cite, Say, Use, answer

CATS = Question("How long do cats sleep?")
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1}}  # fmt: skip
START = {"type": "message_start", "message": MESSAGE}
STOP = {"type": "message_stop"}


def sent(*events: Any) -> Body:
    """Events as they come over the wire; what is no object goes as it is."""
    named = [(one.get("type", "x") if isinstance(one, dict) else "content_block_delta", one) for one in events]
    return Body("".join(f"event: {name}\ndata: {json.dumps(one)}\n\n" for name, one in named).encode())


def block(content: Any, *deltas: Any, index: Any = 0) -> list[Any]:
    told = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [{"type": "content_block_start", "index": index, "content_block": content}, *told, {"type": "content_block_stop", "index": index}]  # fmt: skip


def ended(reason: Any, usage: Any = None) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage or {"output_tokens": 3}}


def said(text: Any) -> list[Any]:
    return block({"type": "text", "text": ""}, {"type": "text_delta", "text": text})


def cited(**place: Any) -> list[Any]:
    given = {"type": "search_result_location", "source": "x", "title": None, "search_result_index": 0, "start_block_index": 0, "end_block_index": 1, "cited_text": "x", **place}  # fmt: skip
    text = {"type": "text_delta", "text": "So it is."}
    return block({"type": "text", "text": ""}, text, {"type": "citations_delta", "citation": given})


def called(**given: Any) -> list[Any]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "search_course", "input": {}, **given}
    return block(call, {"type": "input_json_delta", "partial_json": '{"query": "cats"}'})


ODD = {
    "half a surrogate pair": sent(START, *said("Cats \ud83d sleep."), ended("end_turn"), STOP),
    "signs that hide or turn text": sent(START, *said("a\u202eb\u0000c\u200bd\ufeff"), ended("end_turn"), STOP),
    "a text that is none": sent(START, *said(None), ended("end_turn"), STOP),
    "a text that is a list": sent(START, *said(["a"]), ended("end_turn"), STOP),
    "a delta for no block": sent(START, *said("Yes.")[1:], ended("end_turn"), STOP),
    "a block far away": sent(START, *block({"type": "text", "text": ""}, {"type": "text_delta", "text": "a"}, index=7), STOP),
    "blocks of unknown kinds": sent(START, *block({"type": "surprise"}, {"type": "surprise_delta"}), ended("end_turn"), STOP),
    "a block without a kind": sent(START, *block({}), ended("end_turn"), STOP),
    "no message": sent(*said("Yes."), STOP),
    "a message of nothing": sent({"type": "message_start", "message": None}, STOP),
    "usage of words": sent(START, *said("Yes."), ended("end_turn", {"output_tokens": "many"}), STOP),
    "usage below nothing": sent({**START, "message": {**MESSAGE, "usage": {"input_tokens": -10**9, "output_tokens": -5}}}, *said("Yes."), ended("end_turn"), STOP),
    "no usage": sent({**START, "message": {**MESSAGE, "usage": None}}, *said("Yes."), ended("end_turn"), STOP),
    "a reason that is an object": sent(START, *said("Yes."), ended({"because": 1}), STOP),
    "a reason that nobody knows": sent(START, *said("Yes."), ended("tired"), STOP),
    "events that are no objects": sent(START, [], None, 7, STOP),
    "a citation without places": sent(START, *cited(start_block_index=None, end_block_index="two"), ended("end_turn"), STOP),
    "a citation from nowhere": sent(START, *cited(source=None, cited_text=None), ended("end_turn"), STOP),
    "a citation of another kind": sent(START, *cited(type="page_location"), ended("end_turn"), STOP),
    "a call without an id": sent(START, *called(id=None), ended("tool_use"), STOP),
    "a call without a name": sent(START, *called(name=None), ended("tool_use"), STOP),
    "a call of a list": sent(START, *block({"type": "tool_use", "id": "t", "name": "search_course", "input": ["cats"]}), ended("tool_use"), STOP),
    "a call of half an object": sent(START, *called()[:1], *block({"type": "text", "text": ""}, {"type": "input_json_delta", "partial_json": '{"que'}), ended("tool_use"), STOP),
    "a call without a call": sent(START, *said("Let me look."), ended("tool_use"), STOP),
    "a query of half a surrogate pair": sent(START, *block({"type": "tool_use", "id": "t", "name": "search_course", "input": {"query": "\udc00"}}), ended("tool_use"), STOP),
    "an error that is no object": sent(START, {"type": "error", "error": "no"}),
    "an error of words alone": sent({"type": "error", "error": {"type": None, "message": None}}),
}  # fmt: skip


@pytest.fixture
def ask(api: FakeMessagesApi, retriever: HybridRetriever, tmp_path: Any) -> Any:
    def go(*steps: Any, **changed: object) -> Answer:
        api.script(*steps)
        writers = [
            ClaudeWriter(writer_settings(api.url, **{"writer_timeout": 60.0, "hedge_seconds": 0.0, **changed})),
            ExcerptsWriter(),
        ]
        made = done(answered(CATS, retriever, writers, threshold=0.0, documents=retriever.index.document))
        json.dumps(asdict(made), default=str, ensure_ascii=False).encode()
        kept = Conversations(tmp_path / "kept.db")
        turn = kept.ask(kept.start("me", CATS.text).id, CATS, version="v1")
        kept.complete(turn.id, answer=made)
        saved = kept.turn(turn.id)
        assert saved
        assert saved.answer
        assert saved.answer.text == made.text
        shown = f"{answer_text(made.text, made.footnotes, key='a')}{sources(made.footnotes, key='a')}"
        assert "Traceback" not in shown + " ".join(made.notices)
        return made

    return go


@pytest.mark.parametrize("name", list(ODD))
def test_whatever_it_says_there_is_an_answer(ask: Any, name: str) -> None:
    made = ask(ODD[name])
    assert made.text or made.refused
    assert made.usage.cost >= 0


@pytest.mark.parametrize("name", list(ODD))
def test_a_local_server_may_say_it_as_well(api: FakeMessagesApi, retriever: HybridRetriever, name: str) -> None:
    api.script(ODD[name])
    writers = [LocalWriter(writer_settings(api.url, model="llama", writer_timeout=20.0)), ExcerptsWriter()]
    made = done(answered(CATS, retriever, writers, threshold=0.0, documents=retriever.index.document))
    assert made.text or made.refused
    json.dumps(asdict(made), default=str, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", list(ODD))
def test_what_is_asked_in_passing_fails_in_words(api: FakeMessagesApi, name: str) -> None:
    api.script(ODD[name])
    small = SmallModel(writer_settings(api.url, followup_timeout=20.0))
    with suppress(WriterFailed):
        assert small.rewrite(Question("and dogs?")).query is not None


def test_a_thousand_citations(ask: Any) -> None:
    made = ask(answer(Say("Cats sleep.", tuple(Cite(0, 0, 1) for _ in range(1000)))))
    assert len(made.footnotes) <= 1


def test_a_hundred_calls_cost_three_searches(ask: Any, api: FakeMessagesApi) -> None:
    calls = answer(*(Use({"query": f"q{n}"}, id=f"toolu_{n}") for n in range(100)), stop_reason="tool_use")
    made = ask(calls, answer(Say("Sixteen hours.", (Cite(0, 0, 1),))))
    assert made.notices == ()
    assert len(made.trace["searches"]) == 3
    assert len(api.asked) == 2


def test_more_than_it_was_told_to_write_is_cut(ask: Any) -> None:
    made = ask(answer(Say("word " * 8_000, step=4_000)), max_answer_tokens=64)
    assert made.partial
    assert len(made.text) < 30_000
    assert any("more than it was told to" in notice for notice in made.notices)
