"""Writes docs/transcripts.md: `python -m tests.docs.transcripts`. What each way of asking a model does, said and cost, against
the local server that speaks the Messages API; every figure is what was counted in that run.
"""

import contextlib
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from unittest import mock

from app.__main__ import main as app
from app.writers import passages as material
from app.answering.answer import answer as answered
from app.storage.usage import Ledger, DailyLimits, Purpose
from app.types import Answer, Done, Question, Searching, Usage
from app.writers.excerpts.writer import ExcerptsWriter
from app.writers.llm import writer as llm_writer
from app.writers.llm.writer import ClaudeWriter
from app.writers.llm.contexts import write_contexts
from app.writers.llm.api.gateway import Gateway
from evals import __main__ as evals
from ingest.build import build
from retrieval.config import ROOT, load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import FootnoteError
from retrieval.hybrid import HybridRetriever
from retrieval.index.opened_index import open_index
from retrieval.text.display import counted
from retrieval.types import Passage
from tests.conftest import SMALL_COURSE, write_course
from tests.docs.transcript_support import Script, ask, both, cites, failing, first_only, lines_of, look, outcome, quoted, said, spent
from tests.evals.answering_service import DOCS, LABELS, QUESTIONS, Service
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Answer as Broken, Cite, Json, Say, Status, Step, Use, answer, search_results

PAGE = ROOT / "docs" / "transcripts.md"
HEAD = """# Claude at work

What happens between Footnote and the Messages API, step by step. No real key took part: the other side is the local server of
the tests ([tests/fake_messages_api.py](../tests/fake_messages_api.py)), which speaks the service's protocol and checks what the
service checks. Tokens are those it counted, prices those of `PRICES`. The page is written by `python -m tests.docs.transcripts`
and a test holds it to what the program does.
"""
BOTH = "What is a token, how long do cats sleep, and how does BM25 rank documents?"
LONG = "# Fields\n\n" + "\n\n".join(
    f"## On {name}\n\n" + " ".join(f"The {name} of field {number} are seen in the morning." for number in range(12))
    for name in ("cats", "dogs", "bees")
)
BUDGET = "the budget is reached between two steps"


def double_question(folder: Path) -> Iterator[str]:
    yield "\n## A double question with two searches\n"
    yield f"“{BOTH}” The first search is held to one passage (`K=1`), so that two thirds are missing.\n"
    made, told, books = ask(
        folder,
        SMALL_COURSE,
        Question(BOTH),
        look("what a token is"),
        look("how long cats sleep", id="toolu_2"),
        both,
        k=1,
    )
    yield "\n".join(f"- {line}" for line in told)
    yield ""
    yield from quoted(made)
    yield ""
    yield from spent(books)


def long_task(folder: Path) -> Iterator[str]:
    yield "\n## A task over a long section\n"
    yield "“Summarise fields”, with parts of 210 tokens instead of 40,000, and `ASK_ABOVE=0.01`. On the page, before anything is sent:\n"

    def part(body: Json) -> Step:
        name = next(name for name in ("cats", "dogs", "bees") if f"The {name} of field 0" in str(search_results(body)))
        return answer(cites(body, f"{name} of field 0 ", f"**On {name}:** they are seen in the morning."))

    with mock.patch.object(llm_writer, "PART_TOKENS", 210), mock.patch.object(material, "PASSAGE_TOKENS", 150):
        asked, *_ = ask(folder, {"fields.md": LONG}, Question("Summarise fields"), part, ask_above=0.01)
        assert asked.offer
        yield f"> This is a long task: {asked.offer.parts} parts, for about ${asked.offer.likely:.2f}, at most ${asked.offer.most:.2f}\n"
        yield "And when it is agreed to:\n"
        made, _, books = ask(
            folder, {"fields.md": LONG}, Question("Summarise fields", agreed=True), part, ask_above=0.01
        )
    yield from quoted(made)
    yield ""
    yield from spent(books)


def contexts(folder: Path) -> Iterator[str]:
    yield "\n## A build with contexts that breaks off and goes on\n"
    yield "`CONTEXTS=true python -m app contexts`, stopped by Ctrl-C while the batch is worked on, and begun again:\n"
    kept = write_contexts.__kwdefaults__
    with FakeMessagesApi(polls=2) as api:
        api.script(answer("What this part of the course is about, in a sentence of the model."))
        given = {
            "CORPUS": write_course(folder / "corpus", SMALL_COURSE),
            "INDEX_DIR": folder / "index",
            "DATA_DIR": folder / "data",
        }
        given |= {"ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url, "CONTEXTS": "true"}  # type: ignore[dict-item]
        with mock.patch.dict(os.environ, {name: str(value) for name, value in given.items()}):
            build(load_settings())
            with mock.patch.dict(kept, {"pause": mock.Mock(side_effect=KeyboardInterrupt)}):
                first = said(lambda: app(["contexts"]))
            with mock.patch.dict(kept, {"pause": lambda seconds: None}), mock.patch("subprocess.run"):
                second = said(lambda: app(["contexts"]))
            report = build(load_settings())
        spent_on = Ledger(folder / "data" / "usage.db", limits=DailyLimits(5.0)).spent()
        sent = sum(len(batch.requests) for batch in api.batches.values())
    yield f"{lines_of(first)}\n\nAnd the second time:\n\n{lines_of(second)}"
    yield (
        f"\nIn all {sent} requests in {len(api.batches)} batch, ${spent_on:.5f}. The index is then built again because "
        f"“{report.reason}”: {report.counts['contexts']} of {report.counts['chunks']} chunks are searched with a sentence."
    )


def judge(folder: Path) -> Iterator[str]:
    yield "\n## A run of the judge that goes on\n"
    yield "`python -m evals answers`, both writers on two questions, judged by Claude; the service is overloaded from its 83rd request on:\n"
    with FakeMessagesApi() as api:
        write_course(folder / "course" / "docs", DOCS)
        (folder / "course" / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)), "utf-8")
        given = {"INDEX_DIR": folder / "index", "DATA_DIR": folder / "data", "ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url, "CONFIDENCE_THRESHOLD": 0.0}  # fmt: skip
        command = ["answers", "--set", str(folder / "course"), "--results", str(folder)]
        lines = []
        with mock.patch.dict(os.environ, {name: str(value) for name, value in given.items()}):
            for breaks_at in (LABELS + 2, 10_000):
                api.script(Service(breaks_at=breaks_at))
                told = said(lambda: evals.main(command)).replace(str(folder), "evals/results")
                lines.append(
                    "\n".join(line for line in told.splitlines() if re.search(r"requests to|error:|an answer", line))
                )
        spent_on = Ledger(folder / "data" / "usage.db", limits=DailyLimits(5.0))
    yield "\n\nAnd the second time:\n\n".join(map(lines_of, lines))
    costs = spent_on.costs("step")
    yield f"\nBooked in both runs together: {'; '.join(f'{cost.name}, {cost.requests} requests, ${cost.cost:.5f}' for cost in costs)}."


def failures(folder: Path) -> Iterator[str]:
    yield "\n## What fails while it searches\n"
    yield (
        "The same question, each row a run of its own. Every request that was paid for is in the sums, those of an answer that came to "
        "nothing too.\n"
    )
    yield "| what happens | requests | what the learner gets | tokens read | written | price |"
    yield "| --- | --- | --- | --- | --- | --- |"
    loop = [look(f"again {number}") for number in range(1, 4)]
    overloaded = [Status(529, "overloaded_error")] * 3
    lost = Broken((Say("BM25 ranks documents by the words they share with the query. It"),), broken="cut", after=9)
    declined = (look("cats"), answer(stop_reason="refusal"), first_only)
    cases: dict[str, tuple[Script, ...]] = {
        "the search fails (the index cannot be read)": (look("FAILS"), first_only),
        "the tool is called without a query": (look(""), first_only),
        "a tool that there is not": (look("cats", name="browse_web"), first_only),
        "a loop: it searches as often as it may": (*loop, first_only),
        "it searches where it may no more": (*loop, look("again 4"), first_only),
        "it declines after a search": (look("cats"), answer("NOT_COVERED")),
        "the service declines in the middle (`refusal`)": declined,
        "the connection is lost after a search": (look("cats"), lost),
        "overloaded after a search": (look("cats"), *overloaded, first_only),
        BUDGET: (look("cats"), first_only),
    }
    for name, steps in cases.items():
        with failing("FAILS"):
            before = 4.998 if name == BUDGET else 0.0
            made, _, books = ask(folder, SMALL_COURSE, Question(BOTH), *steps, spent_before=before, k=1)
        total = books.all
        yield (
            f"| {name} | {len(books.booked)} | {outcome(made)} | {total.read_tokens:,} | {total.output_tokens} | ${total.cost:.5f} |"
        )


FOLDERS = {double_question: "small", failures: "small"}  # one course, indexed once


def page() -> str:
    with mock.patch.dict(os.environ, {"NO_PROXY": "127.0.0.1"}), tempfile.TemporaryDirectory() as folder:
        parts = (double_question, long_task, contexts, judge, failures)
        lines = [line for part in parts for line in part(Path(folder) / FOLDERS.get(part, part.__name__))]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE, file=sys.stderr)
