"""The pages in Streamlit's own test harness, over the scripted engine: what a click or a question leads to."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import main
from app.storage.conversations import Conversations
from app.types import Question
from app.web.app_state import Desk
from retrieval.config import Settings, load_settings
from retrieval.errors import IndexMismatch
from retrieval.index.version_files import write_checksums
from tests.app.web.fake_engine import DOCUMENT, TEXT, FakeEngine, write_index

SITE = str(Path(__file__).with_name("fake_site.py"))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    write_index(tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def site(index: Path) -> Iterator[AppTest]:
    st.cache_resource.clear()
    st.cache_data.clear()
    yield AppTest.from_file(SITE, default_timeout=60)
    st.cache_resource.clear()


def words(at: AppTest) -> str:
    """All markup on the page."""
    return "\n".join(element.proto.body for element in at.get("html"))


def ask(at: AppTest, question: str) -> AppTest:
    return at.chat_input(key="ask").set_value(question).run()


def press(at: AppTest, label: str) -> None:
    next(button for button in at.button if button.label == label).click().run()


def test_the_first_page_names_the_course_and_suggests_questions(site: AppTest) -> None:
    site.run()
    assert not site.exception
    assert "Models, measured" in words(site)
    assert [button.label for button in site.main.button] == ["What is perplexity?", "When does perplexity fall?"]


def test_a_question_is_answered_with_footnotes_sources_and_suggestions(site: AppTest, tmp_path: Path) -> None:
    ask(site.run(), "What is perplexity?")
    shown = words(site)
    assert shown.count('class="fn-chip"') == 2
    assert shown.count('class="fn-number"') == 2
    assert [message.name for message in site.chat_message] == ["user", "assistant"]
    assert "What does a low value mean?" in [button.label for button in site.button]
    (thread,) = Conversations(tmp_path / "data" / "footnote.db").threads("local")
    assert site.query_params["c"] == thread.id


def test_a_long_task_is_asked_about_before_it_starts(site: AppTest) -> None:
    ask(site.run(), "long summary of everything")
    assert "This is a long task: 3 parts, for about $0.31, at most $0.50" in words(site)
    press(site, "Start, for about $0.31")
    assert "This is a long task" not in words(site)
    assert words(site).count('class="fn-chip"') == 2
    assert [message.name for message in site.chat_message] == ["user", "assistant"]  # in the same place


def test_the_questions_of_a_tab_count_together(site: AppTest, index: Path) -> None:
    """For the limit on questions in a minute, beyond which nothing is kept; another tab has one of its own."""
    engines: list[FakeEngine] = []

    def script() -> None:
        import streamlit as st

        from app.web.pages import chat

        chat.page(st.session_state["desk"])

    limited = load_settings(questions_per_minute=2)
    desk = Desk(limited, lambda settings: engines.append(FakeEngine(settings)) or engines[-1])
    tabs = [AppTest.from_function(script, default_timeout=60) for _ in range(2)]
    for tab in tabs:
        tab.session_state["desk"] = desk
        tab.run()
    for tab, question in ((tabs[0], "One?"), (tabs[0], "Two?"), (tabs[0], "Too soon?"), (tabs[1], "Three?")):
        ask(tab, question)
    owner = desk.conversations
    asked = {turn.question for tab in tabs for turn in owner.turns("".join(tab.query_params["c"]))}
    assert asked == {"One?", "Two?", "Three?"}


def test_the_model_is_loaded_once_for_all_sessions(index: Path) -> None:
    opened: list[FakeEngine] = []

    def slowly(settings: Settings) -> FakeEngine:
        time.sleep(0.1)
        opened.append(FakeEngine(settings))
        return opened[-1]

    desk = Desk(load_settings(), slowly)
    threads = [desk.conversations.start("local", "q").id for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        turns = list(pool.map(lambda thread: desk.ask(thread, Question("What is perplexity?")), threads))
        desk.warm_up()
    for turn in turns:
        if run := desk.runs.get(turn.id):
            list(run.watch(every=5))
    assert len(opened) == 1
    assert [desk.conversations.turn(turn.id).answer is not None for turn in turns] == [True] * 20  # type: ignore[union-attr]


def test_a_suggestion_is_asked_by_one_click(site: AppTest) -> None:
    site.run()
    site.main.button[0].click().run()
    assert "What is perplexity?" in words(site)
    assert 'class="fn-chip"' in words(site)
    following = next(button for button in site.button if button.label == "What does a low value mean?")
    following.click().run()
    assert [message.name for message in site.chat_message] == ["user", "assistant"] * 2


def test_a_refusal_is_a_state_of_its_own(site: AppTest) -> None:
    ask(site.run(), "nothing like it")
    assert "The course does not cover this" in words(site)
    assert "Nearest sections" in words(site)
    assert not site.error


def test_failures_are_told_without_their_insides(site: AppTest) -> None:
    ask(site.run(), "broken thing")
    assert "The writer could not be reached. Try again in a minute." in words(site)
    ask(site, "crash now")
    assert "secret detail" not in words(site)
    assert "Something went wrong in Footnote itself" in words(site)
    assert [button.label for button in site.button if "again" in button.label] == ["Ask again"] * 2


def test_a_conversation_is_there_again_after_a_reload(site: AppTest) -> None:
    ask(site.run(), "What is perplexity?")
    again = AppTest.from_file(SITE, default_timeout=60)
    again.query_params["c"] = site.query_params["c"]
    again.run()
    assert words(again).count('class="fn-chip"') == 2


def test_of_a_long_conversation_the_latest_turns_are_drawn_and_the_others_on_demand(site: AppTest) -> None:
    def drawn() -> list[str]:
        return [number for number in "12345" if f">question {number}</h2>" in words(site)]

    site.run()
    for number in range(1, 6):
        ask(site, f"question {number}")
    assert drawn() == ["3", "4", "5"]
    press(site, "Earlier: 2 questions")
    assert drawn() == ["1", "2", "3", "4", "5"]
    assert "Earlier: 2 questions" not in [button.label for button in site.button]
    second = re.findall(r'href="#([\w-]+)-source-1"', words(site))[1]
    site.run()
    assert drawn() == ["1", "2", "3", "4", "5"], "as long as nothing is asked"
    again = AppTest.from_file(SITE, default_timeout=60)
    again.query_params["c"], again.query_params["back"] = site.query_params["c"], f"{second}-source-1"
    again.run()
    assert ">question 2</h2>" in words(again), "its source is open, or was left just now"
    assert ">question 1</h2>" not in words(again)
    press(site, "Ask again")
    assert ">question 1</h2>" in words(site), "asked once more at the end"
    assert drawn() == ["1", "4", "5"]


def test_an_answer_that_was_saved_since_its_turn_was_read_is_shown(index: Path) -> None:
    """Another session may have cleared the run away between the two."""

    def script() -> None:
        import streamlit as st

        from app.types import Question
        from app.web.app_state import Desk
        from app.web.components.turn import TurnPlace, show_turn
        from app.web.render.links import Here
        from retrieval.config import load_settings
        from tests.app.web.fake_engine import ANSWER_TEXT, FIRST, Answer, FakeEngine

        desk = Desk(load_settings(), FakeEngine)
        thread = desk.conversations.start("me", "q")
        read_before = desk.conversations.ask(thread.id, Question("q"), version="v1")
        desk.conversations.complete(read_before.id, answer=Answer(ANSWER_TEXT, (FIRST,)))
        show_turn(
            desk, read_before, TurnPlace(), here=Here(thread.id), stop=st.empty(), ask=print, pictures=lambda *place: ()
        )

    at = AppTest.from_function(script, default_timeout=60).run()
    assert 'class="fn-chip"' in words(at)
    assert "interrupted" not in words(at)


def test_an_unknown_conversation_is_a_new_one(site: AppTest) -> None:
    site.query_params["c"] = "nobody"
    site.run()
    assert "Ask anything about" in words(site)


def test_feedback_is_kept_with_its_reason(site: AppTest, tmp_path: Path) -> None:
    ask(site.run(), "What is perplexity?")
    site.feedback[0].set_value(0).run()
    reason = next(field for field in site.text_input if "Why" in field.label)
    reason.set_value("too short").run()
    (given,) = Conversations(tmp_path / "data" / "footnote.db").feedback()
    assert (given.rating, given.reason, given.question) == (0, "too short", "What is perplexity?")
    assert given.version == "v1"


def test_a_thread_can_be_renamed_and_deleted(site: AppTest, tmp_path: Path) -> None:
    ask(site.run(), "What is perplexity?")
    title = next(field for field in site.text_input if field.label == "Title")
    title.set_value("My notes").run()
    assert '<h1 class="fn-thread-title">My notes</h1>' in words(site)
    kept = Conversations(tmp_path / "data" / "footnote.db")
    press(site, "Delete this conversation …")
    press(site, "Leave it")
    press(site, "Delete this conversation …")
    assert [thread.title for thread in kept.threads("local")] == ["My notes"]
    press(site, "Delete it for good")
    assert kept.threads("local") == []
    assert "c" not in site.query_params


def test_the_scope_is_part_of_the_address_and_of_the_question(site: AppTest, tmp_path: Path) -> None:
    site.query_params["in"] = ["measures/Perplexity", "gone"]
    site.run()
    ask(site, "What is perplexity?")
    kept = Conversations(tmp_path / "data" / "footnote.db")
    (turn,) = kept.turns(kept.threads("local")[0].id)
    assert turn.scope.sections == (("measures", "Perplexity"),)
    assert kept.recent_scopes("local", limit=3) == [turn.scope]
    assert kept.recent_scopes("somebody else", limit=3) == []


def test_a_rebuilt_course_is_noticed_between_two_questions(site: AppTest, index: Path) -> None:
    ask(site.run(), "What is perplexity?")
    write_index(index, "v2")
    site.run()
    assert words(site).count("The next answer comes from the new version.") == 1
    ask(site, "And again?")
    assert words(site).count("The course was rebuilt here. What follows is answered from the new version.") == 1
    assert "The next answer" not in words(site)


@pytest.mark.parametrize(("name", "value"), [("K", "many"), ("DATA_DIR", "/proc/no/such/place")])
def test_what_is_wrong_with_the_settings_is_told_on_the_page(
    site: AppTest, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    site.run()
    assert not site.exception
    assert value in words(site)
    assert "Traceback" not in words(site)


def test_without_an_index_the_page_offers_to_build_one(site: AppTest, index: Path) -> None:
    (index / "CURRENT").unlink()
    site.run()
    assert "The course has not been read yet" in words(site)
    assert [button.label for button in site.main.button] == ["Read the course"]


def test_an_index_of_another_format_says_what_to_do(site: AppTest, index: Path) -> None:
    manifest = index / "versions" / "v1" / "manifest.json"
    manifest.write_text(re.sub(r'"format": \d+', '"format": 99', manifest.read_text()))
    write_checksums(manifest.parent)
    site.run()
    assert "The index has format 99" in words(site)
    assert [button.label for button in site.main.button] == ["Read the course"]


def test_an_index_that_does_not_fit_the_settings_can_be_built_again(site: AppTest, index: Path) -> None:
    write_index(index, "unfit")
    ask(site.run(), "What is perplexity?")
    site.run()
    assert "The index was made with other settings." in words(site)
    assert [button.label for button in site.main.button] == ["Read the course"]
    write_index(index, "z")
    ask(site.run(), "What is perplexity?")
    assert 'class="fn-chip"' in words(site)


def test_an_index_that_was_replaced_while_the_old_one_was_refused_has_its_own_chance(index: Path) -> None:
    def refuses(settings: Settings) -> FakeEngine:
        write_index(index, "z")  # a build ends just now
        raise IndexMismatch("The index was made with other settings.")

    desk = Desk(load_settings(), refuses)
    desk.warm_up()
    for thread in threading.enumerate():
        if thread.name == "footnote-engine":
            thread.join(60)
    assert desk.library.catalogue().name == "z"
    assert desk.trouble() is None


def reading(index: Path, **query: str) -> AppTest:
    """The reader by itself: the harness cannot follow an address to another page."""

    def script() -> None:
        from app.web.app_state import Desk
        from app.web.pages import reader as library
        from retrieval.config import load_settings
        from tests.app.web.fake_engine import FakeEngine

        library.page(Desk(load_settings(), FakeEngine))

    at = AppTest.from_function(script, default_timeout=60)
    for key, value in query.items():
        at.query_params[key] = value
    return at.run()


def test_the_reader_lists_the_documents(index: Path) -> None:
    assert "/library?doc=measures" in words(reading(index))


def test_the_reader_opens_at_the_cited_place(index: Path) -> None:
    quote = "It falls when the context gets longer."
    start = TEXT.index(quote)
    shown = words(reading(index, doc=DOCUMENT.id, at=f"{start}-{start + len(quote)}", words="It falls when"))
    assert f"<mark>{quote}</mark>" in shown
    assert shown.count('id="here"') == 1


def test_the_reader_searches_within(index: Path) -> None:
    at = reading(index, doc=DOCUMENT.id)
    at.text_input[0].set_value("perplexity").run()
    assert "stands in 4 places" in words(at)
    assert "<mark>Perplexity</mark>" in words(at)


def test_the_reader_says_when_a_document_is_gone(index: Path) -> None:
    at = reading(index, doc="unknown")
    assert "not in the course any more" in at.info[0].value


def health(index: Path) -> AppTest:
    def script() -> None:
        from app.web.app_state import Desk
        from app.web.pages import index
        from retrieval.config import load_settings
        from tests.app.web.fake_engine import FakeEngine

        index.page(Desk(load_settings(), FakeEngine))

    return AppTest.from_function(script, default_timeout=60).run()


def test_the_index_page_shows_documents_what_was_left_out_and_versions(index: Path) -> None:
    shown = words(health(index))
    assert "1 document, 3 sections, 3 chunks, 5 windows." in shown
    assert "measures.md" in shown
    assert "odt files cannot be read. Save it as docx." in shown
    assert ">live<" in shown
    assert f"at={TEXT.index('## Code')}" in shown
    assert "Measures of a model: short section (2 times), Code: 4 tokens" in shown
    assert "left out: &lt;nav&gt;" in shown
    assert "In several documents (a.md, b.md): The same words." in shown


def test_rolling_back_from_the_index_page(index: Path) -> None:
    assert next(button for button in health(index).button if "back" in button.label).disabled
    write_index(index, "v2")
    at = health(index)
    press(at, "Go back one version …")
    press(at, "Leave it")
    press(at, "Go back one version …")
    assert (index / "CURRENT").read_text().split()[0] == "v2", "it asks first"
    next(button for button in at.button if "Go back:" in button.label).click().run()
    assert (index / "CURRENT").read_text().split()[0] == "v1"


def test_streamlit_finds_no_pages_of_its_own_beside_the_script() -> None:
    """It would run their modules by themselves, until the frame has been drawn for the first time."""
    assert main.SCRIPT.is_file()
    assert not (main.SCRIPT.parent / "pages").exists()
