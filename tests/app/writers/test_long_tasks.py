"""A task over more than fits one request: asked about first, written part by part, and what stays where it breaks off."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.answering.answer import answer as answered
from app.storage.usage import DailyLimits, Ledger, Purpose
from app.types import Answer, AnswerEvent, Done, Offered, Question, Target, Task, Usage
from app.writers import passages as material
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm import writer as llm_writer
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.writer import ClaudeWriter, LocalWriter, in_parts
from ingest.build import build
from retrieval.config import Settings, load_settings
from retrieval.hybrid import HybridRetriever, open_retriever
from retrieval.text.tokenize import count_tokens
from tests.app.writers.writing_support import passage, writer_settings
from tests.conftest import write_course
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Cite, Json, Say, Status, Step, answer, search_results

ANIMALS = ("cats", "dogs", "bees", "eels")
NOTES = "# Animals\n\n" + "\n\n".join(
    f"## On {name}\n\n" + " ".join(f"The {name} of field {number} are seen in the morning." for number in range(12))
    for name in ANIMALS
)


@pytest.fixture(scope="module")
def animals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HybridRetriever]:
    folder = tmp_path_factory.mktemp("animals")
    settings = load_settings(
        corpus=write_course(folder / "corpus", {"animals.md": NOTES}),
        index_dir=folder / "index",
        data_dir=folder / "data",
        anthropic_api_key="",
    )
    build(settings)
    retriever = open_retriever(settings)
    yield retriever
    retriever.close()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a request held a few hundred words."""
    monkeypatch.setattr(llm_writer, "PART_TOKENS", 210)
    monkeypatch.setattr(material, "PASSAGE_TOKENS", 150)


@dataclass
class Asked:
    events: list[AnswerEvent]

    @property
    def answer(self) -> Answer:
        assert isinstance(self.events[-1], Done)
        return self.events[-1].answer


def ask(
    api: FakeMessagesApi,
    retriever: HybridRetriever,
    *steps: Step,
    agreed: bool = True,
    gateway: Gateway | None = None,
    **changed: object,
) -> Asked:
    api.script(*(steps or (lambda body: part_of(body),)))  # type: ignore[arg-type]
    writer = ClaudeWriter(writer_settings(api.url, **{"ask_above": 0.001, **changed}), gateway)
    question = Question("summarise the course", agreed=agreed)
    documents = retriever.index.document
    return Asked(list(answered(question, retriever, [writer, ExcerptsWriter()], threshold=0.0, documents=documents)))


def part_of(body: Json) -> Step:
    """A sentence on the first passage of the part, with its citation."""
    first = search_results(body)[0]["content"]
    at = next(at for at, block in enumerate(first) if "field" in block["text"])
    return answer(Say(first[at]["text"], (Cite(0, at, at + 1),)))


def test_nothing_is_spent_before_the_price_is_agreed_to(api: FakeMessagesApi, animals: HybridRetriever) -> None:
    asked = ask(api, animals, agreed=False)
    assert (asked.answer.refused, asked.answer.text, api.asked) == ("price", "", [])
    offer = asked.answer.offer
    assert offer
    assert offer.parts > 2
    assert 0 < offer.likely < offer.most


def test_the_price_counts_as_the_service_does(api: FakeMessagesApi, animals: HybridRetriever) -> None:
    plain = ask(api, animals, agreed=False).answer.offer
    api.scale = 1.6
    scaled = ask(api, animals, agreed=False).answer.offer
    assert plain
    assert scaled
    assert plain.likely < scaled.likely < 1.6 * plain.likely
    assert plain.most < scaled.most


def test_what_costs_little_is_not_asked_about(api: FakeMessagesApi, animals: HybridRetriever) -> None:
    asked = ask(api, animals, agreed=False, ask_above=5.0)
    assert asked.answer.refused == ""
    assert not any(isinstance(event, Offered) for event in asked.events)


def test_each_part_is_written_with_citations_at_the_price_that_was_said(
    api: FakeMessagesApi, animals: HybridRetriever
) -> None:
    asked = ask(api, animals)
    (offered,) = [event.offer for event in asked.events if isinstance(event, Offered)]
    assert len(api.asked) == offered.parts
    assert len(asked.answer.footnotes) == offered.parts
    assert asked.answer.text.count("\n\n") == offered.parts - 1
    assert 0 < asked.answer.usage.cost < offered.most
    text = animals.index.document(asked.answer.footnotes[0].document_id).text
    assert all(note.quote == text[note.start : note.end] for note in asked.answer.footnotes)
    sent = [block["source"] for request in api.asked for block in search_results(request.body)]
    assert len(sent) == len(set(sent))  # nothing is sent twice
    told = [request.body["messages"][-1]["content"][-1]["text"] for request in api.asked]
    assert f"part 2 of {offered.parts}" in told[1]
    assert "<written>" not in told[0]
    assert asked.answer.text[:40] in told[1].split("<written>")[1]
    assert "## Something to be made" in api.asked[0].body["system"][0]["text"]


def test_what_is_written_stays_where_a_later_part_fails(api: FakeMessagesApi, animals: HybridRetriever) -> None:
    first = answer(Say("The cats of field 0 are seen.", (Cite(0, 1, 2),)))
    made = ask(api, animals, first, Status(401, "authentication_error", "bad key")).answer
    assert made.text.startswith("The cats of field 0 are seen.[1]")
    assert made.partial
    assert any("part 2 of" in notice and "refused" in notice for notice in made.notices)
    assert made.usage.cost > 0


def test_the_budget_ends_it_between_two_parts(api: FakeMessagesApi, animals: HybridRetriever, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "usage.db", limits=DailyLimits(0.0005))
    made = ask(api, animals, gateway=Gateway(ledger=ledger)).answer
    assert made.partial
    assert len(api.asked) == 1
    assert any("Today's budget is spent" in notice for notice in made.notices)
    assert ledger.spent() == pytest.approx(made.usage.cost)


def test_a_budget_that_is_spent_leaves_the_course_s_own_words(
    api: FakeMessagesApi, animals: HybridRetriever, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "usage.db", limits=DailyLimits(1.0))
    ledger.book(Purpose(), "claude-sonnet-5-5", Usage(cost=2.0))
    made = ask(api, animals, gateway=Gateway(ledger=ledger)).answer
    assert (made.writer, api.asked) == ("tasks", [])
    assert made.footnotes


def test_a_part_that_holds_nothing_is_passed_over(api: FakeMessagesApi, animals: HybridRetriever) -> None:
    first = answer(Say("The cats of field 0 are seen.", (Cite(0, 1, 2),)))
    made = ask(api, animals, first, answer("NOT_COVERED")).answer
    assert made.text == "The cats of field 0 are seen.[1]"
    assert not made.partial


def test_the_material_is_all_of_what_is_meant_in_passages_of_a_size(animals: HybridRetriever) -> None:
    (name,) = animals.index.documents()
    document = animals.index.document(name)
    task = Task("summary", (Target(name, (document.title,), 0, len(document.text)),))
    found = material.material(task, animals.index.document).passages
    units = [unit for one in found for unit in one.units]
    assert "".join(document.text[unit.start : unit.end] for unit in units).count("field") == 12 * len(ANIMALS)
    assert [one.rank for one in found] == list(range(1, len(found) + 1))
    assert len(found) >= len(ANIMALS)
    assert all(one.text == document.text[one.start : one.end] for one in found)


def test_parts_keep_the_order_and_the_limit() -> None:
    pieces = [passage("word " * 100, start=1000 * number) for number in range(7)]
    parts = in_parts(pieces)
    assert [one for part in parts for one in part] == pieces
    assert max(sum(count_tokens(one.text) for one in part) for part in parts) <= llm_writer.PART_TOKENS
    huge = passage("word " * 1000)
    assert in_parts([huge, huge]) == [[huge], [huge]]
    assert in_parts([]) == []


def test_a_local_model_writes_part_by_part_too(api: FakeMessagesApi, animals: HybridRetriever) -> None:
    api.key = "local"
    api.script(lambda body: answer(f"The {told_of(body)} of field 0 are seen in the morning [1]."))
    writer = LocalWriter(writer_settings(api.url, model="llama", anthropic_api_key=""))
    documents = animals.index.document
    asked = Asked(list(answered(Question("summarise the course"), animals, [writer, ExcerptsWriter()], threshold=0.0, documents=documents)))  # fmt: skip
    assert len(api.asked) == len(asked.answer.footnotes) == len(ANIMALS)
    assert not any("tools" in request.body for request in api.asked)
    assert f"part 2 of {len(ANIMALS)}" in api.asked[1].body["messages"][-1]["content"]


def told_of(body: Json) -> str:
    return next(name for name in ANIMALS if f"The {name} of field 0" in body["messages"][-1]["content"])


def test_a_terminal_says_the_price_and_goes_on(
    api: FakeMessagesApi,
    animals: HybridRetriever,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    from app.__main__ import main

    settings: Settings = animals.settings
    given = {"INDEX_DIR": settings.index_dir, "DATA_DIR": tmp_path, "ANTHROPIC_API_KEY": "test-key", "ASK_ABOVE": 0.001}
    for name, value in {**given, "ANTHROPIC_BASE_URL": api.url, "QDRANT_URL": "", "WRITER": ""}.items():
        monkeypatch.setenv(name, str(value))
    api.script(part_of)
    assert main(["ask", "summarise the course"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("A long task: ")
    assert "parts, for about $0.0" in said.err
    assert "The cats of field 0" in said.out
