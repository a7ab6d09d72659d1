"""How fast the desk is, as a learner sees it: `python -m tests.app.web.desk_times [first] [answers] [many] [building]`.

It needs Chromium and an index of corpus/.

Times are taken inside of the page, in milliseconds: from the key that sends a question to its answer in the page. Answers
are excerpts and never from the cache. The browser runs on the same machine and takes its share of it, with twenty
sessions the greater one.
"""

import math
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from evals.__main__ import OWN
from evals.datasets.questions import load_questions
from retrieval.config import ROOT, load_settings
from tests.app.web.browser.browser_support import CHROMIUM, FLAGS, server_process, settle

SESSIONS, QUESTIONS = 20, 200
SETTINGS = {"ANSWER_CACHE": "false", "WRITER": "excerpts", "QUESTIONS_PER_MINUTE": "1000"}
ENDED = ".fn-answer:not(.fn-writing), .fn-refusal, .fn-failure"
_WATCH = """([question, ended]) => {
  const key = new Promise(sent => addEventListener("keydown", event => event.key === "Enter" && sent(performance.now()), {capture: true}));
  const seen = new Promise(done => {
    const watcher = new MutationObserver(look);
    function look() {
      const asked = document.getElementById("here"), last = [...document.querySelectorAll(ended)].at(-1);
      if (asked?.textContent !== question || !last || asked.compareDocumentPosition(last) !== Node.DOCUMENT_POSITION_FOLLOWING) return;
      watcher.disconnect();
      setTimeout(() => done(performance.now()));
    }
    watcher.observe(document.body, {subtree: true, childList: true, attributes: true});
  });
  window.taken = Promise.all([key, seen]).then(([sent, shown]) => shown - sent);
}"""
_TYPING = """() => {
  window.delays = [];
  addEventListener("keydown", () => {
    const pressed = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.delays.push(performance.now() - pressed)));
  }, {capture: true});
}"""


def questions(count: int) -> list[str]:
    """From the project's own set, each another one."""
    return [one.question for one in load_questions(OWN) if not one.history][:count]


@contextmanager
def chromium() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def desk(place: Path, **settings: str) -> Iterator[tuple[str, int]]:
    """The real site over an empty folder of conversations: its address and process."""
    with server_process("app/main.py", {"DATA_DIR": str(place / "data"), **SETTINGS, **settings}) as served:
        yield served


def first_page(browser: Any, place: Path) -> float:
    """From the start of the server's process until a learner can read the first page and type."""
    begun = time.perf_counter()
    with desk(place) as (address, _):
        page = opened(browser, address)
        taken = (time.perf_counter() - begun) * 1000
        page.context.close()
    return taken


def opened(browser: Any, address: str) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 850}).new_page()
    page.goto(address)
    page.locator(".fn-welcome").wait_for()
    page.get_by_test_id("stChatInputTextArea").wait_for()
    return page


def send(page: Any, question: str) -> None:
    page.evaluate(_WATCH, [question, ENDED])
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")


def taken(page: Any) -> float:
    return float(page.evaluate("window.taken"))


def answers(browser: Any, address: str, asked: Sequence[str], *, fresh: bool) -> list[float]:
    """One question after the other, each in a conversation of its own if `fresh`, else all in one."""
    page = opened(browser, address)
    times = []
    for question in asked:
        if fresh:
            page.goto(address)
            page.locator(".fn-welcome").wait_for()
        settle(page)
        send(page, question)
        times.append(taken(page))
    page.context.close()
    return times


def many(browser: Any, address: str, asked: Sequence[str]) -> tuple[list[float], int]:
    """All sessions ask at once, and again when all have their answers: the times, and how many failed."""
    pages = [opened(browser, address) for _ in range(SESSIONS)]
    times: list[float] = []
    for start in range(0, len(asked), SESSIONS):
        for page, question in zip(pages, asked[start : start + SESSIONS], strict=True):
            send(page, question)
        times += [taken(page) for page in pages]
        for page in pages:
            settle(page)
    failed = sum(page.locator(".fn-failure").count() for page in pages)
    for page in pages:
        page.context.close()
    return times, failed


def while_building(browser: Any, address: str, asked: Sequence[str]) -> tuple[list[float], list[float]]:
    """During a build from nothing: from a key to the frame that shows it, and from questions to answers."""
    builder, page = browser.new_context().new_page(), opened(browser, address)
    answers(browser, address, asked[:1], fresh=True)
    builder.goto(f"{address}/index")
    builder.get_by_role("button", name="Read the course again").click()
    bar = builder.get_by_role("progressbar")
    builder.get_by_text("Embedding:").wait_for()
    settle(page)
    page.evaluate(_TYPING)
    page.get_by_test_id("stChatInputTextArea").focus()
    page.keyboard.type("What is typed while a build goes on?", delay=30)
    keys = [float(one) for one in page.evaluate("window.delays")]
    times = []
    for question in asked[1:]:
        settle(page)
        send(page, question)
        answer = taken(page)
        if not bar.count():
            break
        times.append(answer)
    return keys, times


def memory_mb(process: int, name: str = "VmRSS") -> float:
    """What a process holds now (VmRSS) or held at most (VmHWM)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) / 1024


def spread(times: Sequence[float]) -> str:
    if not times:
        return "none"
    p95 = sorted(times)[math.ceil(0.95 * len(times)) - 1]
    return f"{len(times)} times: median {statistics.median(times):.0f} ms, 95th percentile {p95:.0f} ms, most {max(times):.0f} ms"


def tell_first_page(browser: Any, place: Path) -> None:
    firsts = sorted(first_page(browser, place) for _ in range(3))
    print(f"first page after the server's start: {', '.join(f'{one:.0f}' for one in firsts)} ms")


def tell_answers(browser: Any, place: Path) -> None:
    with desk(place) as (address, process):
        answers(browser, address, questions(1), fresh=True)
        print(f"memory after one session: {memory_mb(process):.0f} MB")
        print(f"answers, each conversation new: {spread(answers(browser, address, questions(21)[1:], fresh=True))}")
        print(f"answers, all in one: {spread(answers(browser, address, questions(21)[1:], fresh=False))}")


def tell_many(browser: Any, place: Path) -> None:
    with desk(place) as (address, process):
        begun = time.perf_counter()
        times, failed = many(browser, address, questions(QUESTIONS))
        print(
            f"{SESSIONS} sessions at once: {spread(times)}, {failed} failed, {time.perf_counter() - begun:.0f} s in all"
        )
        print(f"memory: {memory_mb(process):.0f} MB, at most {memory_mb(process, 'VmHWM'):.0f} MB")


def tell_building(browser: Any, place: Path) -> None:
    shutil.copytree(load_settings().index_dir, place / "index", ignore=shutil.ignore_patterns("open"))
    shutil.copytree(ROOT / "corpus", place / "course")
    for path in (place / "course").glob("*.md"):
        path.write_text(path.read_text(encoding="utf-8").replace(". ", ".  "), encoding="utf-8")
    with desk(place, CORPUS=str(place / "course"), INDEX_DIR=str(place / "index")) as (address, _):
        keys, times = while_building(browser, address, questions(40))
        print(f"keys while a build goes on: {spread(keys)}")
        print(f"answers while a build goes on: {spread(times)}")


PARTS = {"first": tell_first_page, "answers": tell_answers, "many": tell_many, "building": tell_building}


def main(parts: Sequence[str]) -> None:
    for part in parts or PARTS:
        with tempfile.TemporaryDirectory() as folder, chromium() as browser:
            print(f"load {Path('/proc/loadavg').read_text(encoding='utf-8').split()[0]}")
            PARTS[part](browser, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
