"""How long the first words take: `python -m tests.docs.first_words COURSE` (a folder with questions.jsonl and docs/).

The local server answers at once, so that all of the wait is Footnote's own; it is counted from the moment at which the passages
are there, and in searches of this course, since a clock says more of the machine.
"""

import argparse
import contextlib
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

from app.answering.answer import SecondSearch
from app.answering.answer import answer as answered
from app.types import Question, Reading, Writing
from app.writers.llm.writer import ClaudeWriter
from evals.datasets.questions import load_questions
from evals.search.system import build_index, settings_for
from retrieval.config import load_settings
from retrieval.hybrid import open_retriever
from retrieval.types import Passage
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Cite, Say, Step, Use, answer

WORDS = answer(Say("It is so, as the course says in many words. " * 20, (Cite(0, 0, 1),)))
QUESTIONS = 20
WARM = 2


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("course", type=Path)
    course = parser.parse_args(arguments).course
    questions = [one.question for one in load_questions(course / "questions.jsonl", split="all") if one.answerable]
    waits: dict[str, list[float]] = {"without the tool": [], "with the tool": [], "after a search": []}
    with FakeMessagesApi() as api, searches() as searched, mock.patch.dict(os.environ, {"NO_PROXY": "127.0.0.1"}):
        given = load_settings(anthropic_api_key=api.key, anthropic_base_url=api.url)
        settings = settings_for(given, course / "docs")
        build_index(settings)
        retriever = open_retriever(settings)

        def wait(question: str, *steps: Step, tool: bool = True) -> float:
            api.script(*steps)
            writer = ClaudeWriter(settings)
            if not tool:
                writer.write_searching = lambda asked, query, found, search: writer.write(asked, query, found)  # type: ignore[method-assign]
            events = answered(Question(question), retriever, [writer, writer], threshold=0.0)
            read = next(time.perf_counter() for event in events if isinstance(event, Reading))
            return next(time.perf_counter() for event in events if isinstance(event, Writing) and event.text) - read

        for number, question in enumerate(questions[:QUESTIONS]):
            look = answer(Use({"query": questions[number - 7]}), stop_reason="tool_use")
            taken = (wait(question, WORDS, tool=False), wait(question, WORDS), wait(question, look, WORDS))
            for times, one in zip(waits.values(), taken, strict=True):
                times.append(one)
        retriever.close()
    search = statistics.median(searched[WARM:])
    for name, times in waits.items():
        middle = statistics.median(times[WARM:])
        print(f"first words {name}: {middle / search:.2f} searches ({1000 * middle:.0f} ms)")
    print(f"a search of the tool: {1000 * search:.0f} ms, {len(searched)} of them")


@contextlib.contextmanager
def searches() -> Iterator[list[float]]:
    """Seconds that each search of the tool takes."""
    taken: list[float] = []
    found = SecondSearch.__call__

    def call(again: SecondSearch, query: str, scope: str = "") -> list[Passage]:
        begun = time.perf_counter()
        passages = list(found(again, query, scope))
        taken.append(time.perf_counter() - begun)
        return passages

    with mock.patch.object(SecondSearch, "__call__", call):
        yield taken


if __name__ == "__main__":
    main()
