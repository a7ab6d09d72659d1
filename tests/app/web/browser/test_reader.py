"""The reader, the index and the evals page in a real browser; accessibility and looks of every page."""

import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.app.web.browser.browser_support import Watched, answered, ask, pressed, settle, until
from tests.app.web.fake_engine import TEXT, write_index

pytestmark = pytest.mark.timeout(240)
Visit = Callable[..., Any]
QUOTE = "def perplexity(loss):"
PLACE = f"/library?doc=measures&at={TEXT.index(QUOTE)}-{TEXT.index(QUOTE) + len(QUOTE)}"
TRIES, TRY_MS = 6, 400
WIDER = "document.querySelector('.stMain').scrollWidth > innerWidth"
PAGES = ("/", "/library", PLACE, "/evals", "/index", "/costs")


def test_the_reader_opens_at_the_place_and_shows_it(visit: Visit) -> None:
    page = visit(PLACE, height=420)
    page.locator("#here mark", has_text=QUOTE).wait_for()
    settle(page)
    until(page, lambda: 0 < page.locator("#here").bounding_box()["y"] < 420)
    assert page.locator(".fn-document table th").all_inner_texts() == ["measure", "better"]
    assert page.locator(".fn-document ul li").count() == 2


def test_outline_search_and_asking_about_a_section(visit: Visit) -> None:
    page = visit("/library")
    page.get_by_role("link", name="Measures of a model").click()
    page.locator(".fn-document").wait_for()
    page.get_by_label("Search in this document").fill("context gets")
    page.keyboard.press("Enter")
    page.get_by_text("“context gets” stands in one place.").wait_for()
    assert page.locator(".fn-document mark").all_inner_texts() == ["context gets"]
    page.get_by_role("link", name="Ask about the section Perplexity").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ask in “Perplexity”").wait_for()


def test_the_index_page_rolls_back_and_the_chat_notices(visit: Visit, scripted_site: tuple[str, Path]) -> None:
    chat = visit()
    answered(chat, "What is perplexity before?")
    write_index(scripted_site[1] / "index", "v2")
    answered(chat, "What is perplexity after?")
    chat.get_by_text("The course was rebuilt here.").wait_for()
    page = visit("/index")
    settle(page)
    sure = page.get_by_role("button", name="Go back: the next answers come from the version before")
    pressed(page, page.get_by_role("button", name="Go back one version"), sure.is_visible)
    sure.click()
    page.get_by_text("Live again: v1").wait_for()
    page.get_by_role("link", name="Measures of a model", exact=True).wait_for()


def test_the_evals_page_shows_the_latest_result_and_how_it_came_to_be(visit: Visit) -> None:
    page = visit("/evals")
    page.get_by_role("heading", name="own (dev)", exact=True).wait_for()
    past = page.get_by_role("region", name="History of own (dev)").locator("tbody tr")
    past.first.wait_for()
    assert past.count() == 3
    assert past.first.locator("td").all_inner_texts() == ["0.600", "0.800", "", "0.700"]


@pytest.mark.parametrize(
    "kinds",
    [
        (("light", 1280), ("dark", 400)),
        pytest.param((("dark", 1280), ("light", 400)), marks=pytest.mark.slow),
    ],
)
def test_every_page_is_accessible_and_no_wider_than_the_screen(visit: Visit, kinds: Sequence[tuple[str, int]]) -> None:
    """axe-core: names and roles, labels, contrast, structure; what opens is looked at open, in each kind of window."""
    axe = pytest.importorskip("axe_playwright_python.base", reason="no axe: the accessibility check is skipped")
    page, problems = visit(), list[str]()

    def seen(theme: str, width: int) -> None:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 850})

    def look(place: str, *, without: str = "") -> None:
        for kind in kinds:
            seen(*kind)
            wider = ["wider than the screen"] if page.evaluate(WIDER) else []
            problems.extend(f"{place}, {kind}: {one}" for one in [*wider, *found(page, axe, without=without)])
        seen(*kinds[0])

    settle(page)
    look("first page")
    page.get_by_role("button", name="Ask in the whole course").click()
    page.locator(".fn-tree summary").first.click()
    page.get_by_role("link", name="Perplexity", exact=True).wait_for()
    look("choosing a scope", without="region")  # Streamlit puts its lists beside the landmarks
    page.keyboard.press("Escape")
    answered(page, "What is perplexity?")
    page.locator(".fn-chip").first.focus()
    page.locator(".fn-card").first.wait_for(state="visible")
    look("a footnote")
    page.locator(".fn-chip").first.blur()
    page.locator(".fn-menu summary").click()
    look("copying")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Your question").wait_for()
    look("editing")
    page.get_by_role("button", name="Leave it as it is").click()
    page.get_by_label("Your question").wait_for(state="detached")
    if not page.locator(".fn-open").first.is_visible():
        page.get_by_text("2 footnotes").click()
    page.locator(".fn-open").first.click()
    page.locator(".st-key-pane #here").wait_for()
    look("a source beside")
    page.get_by_role("link", name="Back to the answer").click()
    page.locator(".st-key-pane").wait_for(state="detached")
    settle(page)
    page.get_by_role("radio", name="Thumbs down").click()
    page.get_by_label("Why? (optional)").wait_for()
    settle(page)
    for name, inside in (("Details", ".fn-details"), ("Conversation", "text=Delete this conversation")):
        page.get_by_test_id("stPopoverButton").filter(has_text=name).click()
        page.locator(inside).wait_for()
        look(name)
        page.keyboard.press("Escape")
        page.locator(inside).wait_for(state="hidden")
    ask(page, "slow one")
    page.locator(".fn-answer", has_text="word2").wait_for()
    look("writing")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("You stopped this answer.").wait_for()
    answered(page, "nothing of it")
    ask(page, "broken on purpose")
    page.locator(".fn-failure").wait_for()
    settle(page)
    look("answers")
    for path in PAGES[1:]:
        page.goto(root(page) + path)
        page.locator(".stMain .stHtml:visible").first.wait_for()
        settle(page)
        look(path)
    assert "\n".join(problems) == ""


def root(page: Any) -> str:
    """The address of the site without a path."""
    return "/".join(page.url.split("/")[:3])


def found(page: Any, axe: Any, *, without: str = "") -> list[str]:
    """What axe finds and finds again: an element that fades while it is replaced is no problem of the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.AXE_SCRIPT)
    said: list[str] = []
    for _ in range(TRIES):
        violations = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")["violations"]
        said = [
            f"{one['id']}: {node['html'][:120]}" for one in violations for node in one["nodes"] if one["id"] != without
        ]
        if not said:
            break
        page.wait_for_timeout(TRY_MS)
    return said


def test_every_page_comes_with_its_headers(scripted_site: tuple[str, Path]) -> None:
    for path in PAGES:
        with urllib.request.urlopen(scripted_site[0] + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "img-src 'self' data: blob:" in policy
            assert "unsafe-eval" not in policy
            assert "script-src 'self' 'sha256-" in policy
            assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
            assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_request_to_elsewhere_is_seen_and_leads_nowhere(browser: Any, scripted_site: tuple[str, Path]) -> None:
    """What all the tests of pages stand on."""
    address, _ = scripted_site
    watched = Watched(browser, address)
    page = watched.open("/_stcore/health")
    page.goto("about:blank")  # where no policy of the page stands before it
    outside = "https://elsewhere.example/a.js"
    failed = page.evaluate("address => fetch(address, {mode: 'no-cors'}).then(() => '', error => error.name)", outside)
    page.context.close()
    assert failed == "TypeError"
    assert watched.strayed == [outside]
