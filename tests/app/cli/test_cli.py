"""The commands in a terminal: what they print, what they exit with, and that the documentation knows them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import main
from app.storage.shadow import ShadowBook
from app.storage.usage import DailyLimits, Ledger, Purpose
from app.types import Usage
from ingest.build import build
from retrieval.config import ROOT, Settings
from tests.app.cli.cli_support import CATS, run
from tests.conftest import SMALL_COURSE, write_course
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Cite, Say, answer


def test_ask(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "ask", CATS)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert any("at dusk.[1]" in line for line in lines)
    assert "Cats" in lines
    assert any(line.startswith("  [1] “Cats sleep up to sixteen hours") for line in lines)
    assert lines[-1].startswith("(excerpts, confidence 0.")


def test_ask_again_says_that_it_was_given_before(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    first, again = (run(capsys, "ask", CATS)[1] for _ in range(2))
    assert again.splitlines()[0] == first.splitlines()[0]
    assert "given before" in again.splitlines()[-1]


def test_half_a_character_in_a_question_is_replaced(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """As a terminal gives an argument that is no UTF-8."""
    code, out, err = run(capsys, "ask", f"\udcff {CATS}", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["footnotes"]


def test_ask_json(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "ask", "--json", CATS)
    made = json.loads(out)
    assert code == 0
    assert made["footnotes"][0]["quote"].startswith("Cats sleep")
    assert made["trace"]["index"].startswith("000001-20")
    assert made["usage"]["cost"] == 0


def test_not_covered(course: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFIDENCE_THRESHOLD", "1.0")
    code, out, _ = run(capsys, "ask", "Who won the world cup in 1998?")
    assert code == 3
    assert out.startswith("The course does not cover this.\n\nNearest sections:\n  - ")
    _, out, _ = run(capsys, "ask", "Who won the world cup in 1998?", "--document", "cats")
    assert out.startswith("The chosen part of the course does not cover this.")


@pytest.mark.parametrize("name", ["cats", "NOTES/cats.txt"])
def test_only_in_a_document(course: Settings, capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = run(capsys, "ask", "what is a token?", "--json", "--document", name)
    made = json.loads(out)
    assert code == 0
    assert {note["path"][0].casefold() for note in made["footnotes"]} == {"cats"}


def test_two_documents(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "ask", "what is a token?", "--json", "--document", "Cats", "--document", "Tokens")
    assert {place.split(" > ")[0] for _, place, _ in json.loads(out)["trace"]["hits"]} == {"Cats", "Tokens"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ask", "  "), "The question is empty"),
        (("ask", CATS, "--document", "dogs"), "--document 'dogs' is not in the course. It has: "),
        (("ask", "why " * 2000), "the limit is 4,000"),
        (("ask", CATS, "--writer", "local"), "ANTHROPIC_BASE_URL"),
    ],
)
def test_errors_are_sentences(
    course: Settings, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("footnote: ")
    assert told in err


def test_a_bad_setting_is_named(
    course: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHADOW", "colour=blue")
    monkeypatch.setenv("SHADOW_SHARE", "0.5")
    code, _, err = run(capsys, "ask", CATS)
    assert code == 1
    assert "SHADOW has 'colour=blue'" in err


def test_without_an_index(
    course: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEX_DIR", "/no/such/folder")
    code, _, err = run(capsys, "ask", CATS)
    assert code == 1
    assert "make index" in err


@pytest.mark.parametrize("arguments", [(), ("dance",), ("ask", CATS, "--writer", "poet")])
def test_a_wrong_command_shows_how_it_is_used(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m app" in capsys.readouterr().err


def test_claude_answers_and_costs(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    api.script(answer(Say("Up to sixteen hours a day.", (Cite(0, 1, 2),))))
    code, out, _ = run(capsys, "ask", CATS)
    assert code == 0
    assert out.startswith("Up to sixteen hours a day.[1]\n\nCats\n  [1] “")
    assert "(Claude, claude-sonnet-5-5, " in out
    assert ", $0.0" in out
    _, table, _ = run(capsys, "usage")
    day = table.splitlines()[1].split()
    assert (day[1], day[4] != "0", float(day[6]) > 0) == ("1", True, True)


@pytest.mark.parametrize("key", ["", "wrong-key"])
def test_claude_without_a_good_key_is_replaced(
    course: Settings,
    api: FakeMessagesApi,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    code, out, _ = run(capsys, "ask", CATS, "--writer", "claude")
    assert code == 0
    assert "sixteen hours" in out
    assert "ANTHROPIC_API_KEY" in out
    assert "This answer is put together from sentences of the course instead." in out
    assert "wrong-key" not in out


def test_over_budget(
    course: Settings,
    api: FakeMessagesApi,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("DAILY_BUDGET", "0.5")
    Ledger(tmp_path / "data" / "usage.db", limits=DailyLimits(1.0)).book(Purpose(), "m", Usage(cost=0.75))
    code, out, _ = run(capsys, "ask", CATS)
    assert code == 0
    assert "Today's budget is spent: $0.75 of $0.50." in out
    assert api.requests == []


def test_usage_before_any_question(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "usage") == (0, "No question was answered yet.\n", "")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app", *arguments]


def test_as_a_process_whose_reader_leaves(course: Settings) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ['PYTHONPATH']}"}
    asked = subprocess.Popen(
        command("ask", CATS), env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert asked.stdout is not None
    assert asked.stderr is not None
    asked.stdout.close()
    assert asked.stderr.read() == ""
    asked.wait(timeout=60)


def test_as_a_process_in_a_terminal_that_knows_ascii_only(course: Settings) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ['PYTHONPATH']}",
        "PYTHONIOENCODING": "ascii",
    }
    ran = subprocess.run(command("ask", CATS), env=environment, cwd=ROOT, capture_output=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"?Cats sleep up to sixteen hours a day. They hunt at dawn and at dusk.?" in ran.stdout


def test_the_readme_knows_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    readme = "".join((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/operations.md"))
    with pytest.raises(SystemExit):
        main(["ask", "--help"])
    options = {word.strip(",[]") for word in capsys.readouterr().out.split() if word.startswith(("--", "[--"))} - {
        "--help"
    }
    assert {"--json", "--writer", "--document"} <= options
    for name in ("python -m app ask", "python -m app doctor", "python -m app usage", *options):
        assert name in readme, f"neither README.md nor docs/operations.md mentions {name}"


def test_a_shadow_answer_is_kept_though_the_process_ends(
    course: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHADOW", "reranker=none")
    monkeypatch.setenv("SHADOW_SHARE", "1")
    assert run(capsys, "ask", CATS)[0] == 0
    assert len(ShadowBook(tmp_path / "data" / "shadow.db").pairs()) == 1


def test_contexts_says_the_price_and_indexes_what_came(
    settings: Settings, api: FakeMessagesApi, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_course(settings.corpus, {"cats.md": SMALL_COURSE["notes/cats.txt"]})
    given = {"CORPUS": corpus, "INDEX_DIR": settings.index_dir, "DATA_DIR": settings.data_dir}
    for name, value in {**given, "ANTHROPIC_API_KEY": "test-key", "QDRANT_URL": ""}.items():
        monkeypatch.setenv(name, str(value))
    build(settings)
    assert run(capfd, "contexts", "--if-set") == (0, "", "")
    assert "Set CONTEXTS=true" in run(capfd, "contexts")[2]
    monkeypatch.setenv("CONTEXTS", "true")
    api.polls = 0
    api.script(answer("How long cats sleep, and when they hunt."))
    code, out, err = run(capfd, "contexts")
    assert code == 0, err
    price, waiting, built, *_ = out.splitlines()
    assert price.startswith("Sentences of context for 1 chunk by claude-haiku-5-5: between $")
    assert waiting.startswith("Waiting for batch msgbatch_1 (1 chunk)")
    assert built.startswith("1 document, ")
    assert "1 chunk of 1 searched with a sentence of context" in out
    assert run(capfd, "contexts") == (0, "", "")  # nothing is missing: nothing is sent, nothing is built
    monkeypatch.setenv("DAILY_BUDGET", "0")
    (corpus / "cats.md").write_text("Cats\n\nCats sleep a lot.", encoding="utf-8")
    build(settings.model_copy(update={"contexts": True}))
    code, out, err = run(capfd, "contexts")
    assert (code, out) == (1, "")
    assert "1 chunk may cost up to $" in err
    assert "raise DAILY_BUDGET" in err
