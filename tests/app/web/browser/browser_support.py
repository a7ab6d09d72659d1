"""A real browser for the page tests: Chromium by Playwright, watched for every request that leaves the site.

Tests that use it are skipped, with the reason, where there is no Chromium or no Playwright.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import pytest

from retrieval.config import ROOT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Other hosts have no address. (Stopping requests one by one would turn the browser's cache off.)
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 60
PRESSED_MS = 3000  # in which a press usually shows
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
# A page opened by its own address is looked for below it first; Streamlit then goes up to the root.
EXPECTED = re.compile(r"404 \(Not Found\)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(script: str, settings: Mapping[str, str]) -> Iterator[str]:
    """The address of a server on `script`, started with these settings in its environment, ended afterwards."""
    with server_process(script, settings) as (address, _):
        yield address


@contextmanager
def server_process(script: str, settings: Mapping[str, str], *, port: int | None = None) -> Iterator[tuple[str, int]]:
    """The same, with the id of its process."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    environment = {**os.environ, "ANTHROPIC_API_KEY": "", **settings}
    with (
        tempfile.TemporaryFile() as log,  # not a pipe: nobody empties it, and a full one stops the server
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=log) as server,
    ):
        try:
            yield _when_healthy(f"http://127.0.0.1:{port}", server, log), server.pid
        finally:
            server.terminate()


def _when_healthy(address: str, server: "subprocess.Popen[bytes]", log: IO[bytes]) -> str:
    for _ in range(SECONDS * 10):
        if server.poll() is not None:
            log.seek(0)
            raise RuntimeError(f"the server ended: {log.read().decode()}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                return address
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


@dataclass
class Watched:
    """Opens pages; `strayed` and `complaints` must be empty in the end.

    `tab`: one that has shown the site before, with its scripts compiled; the first page is opened in it.
    """

    browser: Any
    address: str
    tab: Any = None
    strayed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _context: Any = None
    _heard: list[Any] = field(default_factory=list)

    def open(
        self, path: str = "/", *, width: int = 1280, height: int = 850, dark: bool = False, stranger: bool = False
    ) -> Any:
        """A page, the second one in another tab, of another visitor where it is a `stranger`. Requests to anywhere else lead
        nowhere and are noted."""
        page = self.tab if self._context is None else None
        if page is None:
            context = self.browser.new_context() if stranger or self._context is None else self._context
            page = context.new_page()
        self._context = page.context
        page.context.set_default_timeout(SECONDS * 1000)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.mouse.move(0, 0)
        self._listen(page)
        page.goto(self.address + path)
        return page

    def close(self) -> None:
        """Leaves the tab as it was, but for what it has compiled."""
        for context in self.browser.contexts[1:]:
            context.close()
        for page in self.tab.context.pages[1:]:
            page.close()
        self.tab.goto(f"{self.address}/_stcore/health")  # of the site, so that the same process goes on
        self.tab.evaluate("sessionStorage.clear()")
        kept = {"origin": self.address, "storageTypes": "cookies,local_storage,indexeddb,service_workers"}
        self.tab.context.new_cdp_session(self.tab).send("Storage.clearDataForOrigin", kept)
        self.tab.context.clear_cookies()
        self.tab.context.clear_permissions()
        for page, event, told in self._heard:
            page.remove_listener(event, told)

    def _listen(self, page: Any) -> None:
        heard: list[tuple[str, Callable[[Any], None]]] = [
            ("request", lambda request: self._note(request.url)),
            ("websocket", lambda socket: self._note(socket.url.replace("ws:", "http:", 1))),
            ("pageerror", lambda error: self.complaints.append(str(error))),
            ("console", self._hear),
        ]
        for event, told in heard:
            page.on(event, told)
            self._heard.append((page, event, told))

    def _note(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:", "blob:")):
            self.strayed.append(url)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.complaints.append(message.text)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One for all the tests of a folder."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: the browser tests are skipped")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: the browser tests are skipped")
    with playwright.sync_playwright() as running, tempfile.TemporaryDirectory() as folder:
        # with a profile on disk: a script that was compiled for one page is not compiled again for the next one
        profile = running.chromium.launch_persistent_context(folder, executable_path=CHROMIUM, args=FLAGS)
        yield profile.browser
        profile.close()


@contextmanager
def watching(browser: Any, address: str) -> Iterator[Watched]:
    """Pages of a site, closed in the end; an error if one of them reached for another origin or complained."""
    watched = Watched(browser, address, browser.contexts[0].pages[0])
    yield watched
    watched.close()
    assert watched.strayed == []
    assert watched.complaints == []


def settle(page: Any) -> None:
    """Waits until the page's script has run to its end."""
    page.wait_for_selector(SETTLED)


def ask(page: Any, question: str) -> None:
    """Types a question and sends it; waits until its own turn is on the page, which may have one of the same words."""
    box = page.get_by_test_id("stChatInputTextArea")
    asked = page.locator(".fn-question", has_text=question)
    before = asked.count()
    box.fill(question)
    box.press("Enter")
    asked.nth(before).wait_for()


def until(page: Any, condition: Callable[[], bool]) -> None:
    """Waits for something that no selector tells. (The page's policy forbids Playwright's own wait_for_function.)"""
    for _ in range(SECONDS * 10):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("the page did not come to that state")


def pressed(page: Any, button: Any, done: Callable[[], bool]) -> None:
    """Presses a button until what it does is done: a press between two drawings of the page is lost, on a busy machine."""

    def tried() -> bool:
        if not done() and button.is_visible():
            button.click()
            page.wait_for_timeout(PRESSED_MS)
        return done()

    until(page, tried)


def answered(page: Any, question: str) -> None:
    """Asks and waits for the finished answer."""
    ask(page, question)
    page.locator('[data-testid="stChatMessage"]').last.locator('[class*="st-key-tools-"]').wait_for()
    settle(page)
