"""An answer in the making: watched, stopped, saved once."""

import threading
import time
from collections.abc import Iterator

from app.types import Answer, AnswerEvent, Done, Reading, Searching, Writing
from app.web.background_answer import OUR_FAULT, OVERTAKEN, STOPPED, Progress, Run, Runs
from retrieval.errors import WriterFailed
from retrieval.types import Retrieval
from tests.app.web.fake_engine import FIRST

ANSWER = Answer("so.[1]", (FIRST,))


class Saved:
    """Collects what is saved."""

    def __init__(self) -> None:
        self.all: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.all.append(progress)


def scripted() -> Iterator[AnswerEvent]:
    yield Searching("q")
    yield Reading(Retrieval("q", (), (), 0.9, (), "v7"))
    yield Writing("so", ())
    yield Done(ANSWER)


def test_stages_in_order_and_one_save() -> None:
    saved = Saved()
    seen = list(Run(scripted, saved).start().watch(every=5))
    stages = [progress.stage for progress in seen]
    order = ["waiting", "searching", "reading", "writing", "done"]
    assert [order.index(stage) for stage in stages] == sorted(order.index(stage) for stage in stages)
    assert seen[-1].answer == ANSWER
    assert seen[-1].finished
    assert saved.all == [seen[-1]]
    assert seen[-1].version == "v7"


def test_stop_takes_effect_while_the_writer_waits() -> None:
    hold, saved = threading.Event(), Saved()

    def writer() -> Iterator[AnswerEvent]:
        yield Searching("q")
        yield Writing("as far as this", (FIRST,))
        hold.wait(20)
        yield Done(ANSWER)

    run = Run(writer, saved).start()
    while run.progress.stage != "writing":
        time.sleep(0.005)
    begun = time.perf_counter()
    run.stop()
    last = list(run.watch(every=5))[-1]
    assert time.perf_counter() - begun < 10
    assert last.answer == Answer("as far as this", (FIRST,), partial=True, notices=(STOPPED,), searched="q")
    hold.set()
    run.stop()
    time.sleep(0.05)
    assert len(saved.all) == 1


def failing(error: Exception) -> Progress:
    def writer() -> Iterator[AnswerEvent]:
        yield Searching("q")
        raise error

    return list(Run(writer, Saved()).start().watch(every=5))[-1]


def test_failures_say_what_a_learner_can_use() -> None:
    assert failing(WriterFailed("No key. Set one.")).failure == "No key. Set one."
    unforeseen = failing(ZeroDivisionError("/secret/path"))
    assert (unforeseen.stage, unforeseen.failure) == ("failed", OUR_FAULT)


def test_an_answer_that_just_ends_is_a_failure() -> None:
    def writer() -> Iterator[AnswerEvent]:
        yield Searching("q")

    assert list(Run(writer, Saved()).start().watch(every=5))[-1].stage == "failed"


def test_a_page_is_not_left_waiting_when_saving_fails() -> None:
    def save(progress: Progress) -> None:
        raise OSError("disk full")

    assert list(Run(scripted, save).start().watch(every=5))[-1].answer == ANSWER


def test_runs_forgets_what_is_finished_and_stops_by_turn() -> None:
    runs, hold = Runs(), threading.Event()

    def waiting() -> Iterator[AnswerEvent]:
        yield Writing("x", ())
        hold.wait(20)
        yield Done(ANSWER)

    first = runs.start("a", Run(waiting, Saved()))
    runs.stop(["a", "unknown"], why=OVERTAKEN)
    assert first.progress.finished
    runs.start("b", Run(waiting, Saved()))
    assert runs.get("a") is None
    assert runs.get("b") is not None
    runs.stop(["b"], why=OVERTAKEN)
    hold.set()
