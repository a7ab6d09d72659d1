"""The commands in a terminal: what they print, what they exit with, and that the documentation knows them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.__main__ import main
from app.citations.wording import UNSURE
from app.cli.terminal import clean, emphasised, lines_after, print_answer, rest, settled, usage_table
from app.storage.shadow import ShadowBook
from app.storage.usage import Day, Entry, Ledger
from app.types import Answer, AnswerEvent, Done, Footnote, More, Nearest, Searching, Usage, Writing
from retrieval.config import ROOT, Settings
from tests.fake_messages_api import Cite, FakeMessagesApi, Say, answer

CATS = "How long do cats sleep?"
NOTE = Footnote(
    1, "c", "d", 0, 9, "It\x1b[2J **falls**\nfast.", ("Notes", "Loss"), "It falls.", 0, page=3, page_word="slide"
)
ANSWER = Answer("It falls.[1]", (NOTE,), confidence=0.8, writer="Claude", model="m", timings_ms={"total": 12.4})


@pytest.fixture
def course(course_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The small course, as a command finds it."""
    monkeypatch.setenv("INDEX_DIR", str(course_settings.index_dir))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CONFIDENCE_THRESHOLD", "0.0")
    monkeypatch.setenv("EMBEDDING_MODEL", course_settings.embedding_model)
    for name in ("ANTHROPIC_API_KEY", "WRITER", "QDRANT_URL", "SHADOW", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.setenv(name, "")
    return course_settings


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_ask(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "ask", CATS)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert any("sixteen hours a day.[1]" in line for line in lines)
    assert "Cats" in lines
    assert any(line.startswith("  [1] “Cats sleep up to sixteen hours") for line in lines)
    assert lines[-1].startswith("(excerpts, confidence 0.")


def test_ask_again_says_that_it_is_cached(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    first, again = (run(capsys, "ask", CATS)[1] for _ in range(2))
    assert again.splitlines()[0] == first.splitlines()[0]
    assert "cached: exact match" in again.splitlines()[-1]


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


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMessagesApi]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeMessagesApi() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        yield server


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
    Ledger(tmp_path / "data" / "usage.db", daily_budget=1.0).record(Entry("answered", usage=Usage(cost=0.75)))
    code, out, _ = run(capsys, "ask", CATS)
    assert code == 0
    assert "Today's budget is spent: $0.75 of $0.50." in out
    assert api.requests == []


def test_usage_before_any_question(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "usage") == (0, "No question was answered yet.\n", "")


def test_doctor_is_content(course: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["ok", f"{name}:"] for name in ("model", "index", "qdrant", "writer", "budget", "disk")
    ]
    assert "3 documents" in out


def test_doctor_with_a_good_key(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert "ok      writer: claude-sonnet-5-5" in out
    assert [request.path for request in api.requests] == ["/v1/messages/count_tokens"]  # which costs nothing


def test_doctor_names_what_is_wrong_and_never_a_key(
    course: Settings,
    api: FakeMessagesApi,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret-1")
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QDRANT_API_KEY", "sk-secret-2")
    (tmp_path / "data").write_text("a file where a folder belongs", encoding="utf-8")
    with pytest.warns(UserWarning, match="."):
        code, out, err = run(capsys, "doctor")
    assert code == 1
    failed = {line.split()[1]: line for line in out.splitlines() if line.startswith("FAILED")}
    assert list(failed) == ["index:", "qdrant:", "writer:", "budget:"]
    assert "QDRANT_URL" in failed["qdrant:"]
    assert "ANTHROPIC_API_KEY" in failed["writer:"]
    assert "DATA_DIR" in failed["budget:"]
    assert "secret" not in out + err


def test_doctor_survives_a_damaged_index(
    course: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    version = tmp_path / "index" / "versions" / "v1"
    version.mkdir(parents=True)
    (version / "manifest.json").write_text("{ half a manif", encoding="utf-8")
    (tmp_path / "index" / "CURRENT").write_text("v1\n", encoding="utf-8")
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "FAILED  index:" in out
    assert "Traceback" not in out


def test_doctor_knows_a_model_that_is_none(
    course: Settings, api: FakeMessagesApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("MODEL", "claude-unknown-1")
    _, out, _ = run(capsys, "doctor")
    assert "FAILED  writer: claude-unknown-1" in out


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
    assert b"?Cats sleep up to sixteen hours a day.?" in ran.stdout


def test_what_is_marked_is_bold_where_the_terminal_knows_it() -> None:
    written = Writing("It is. It falls.", (), ((7, 16),))
    assert emphasised(written, since=0, bold=True) == "It is. \x1b[1mIt falls.\x1b[0m"
    assert emphasised(written, since=3, bold=False) == "is. It falls."
    assert emphasised(Writing("a\x1b[2J", ()), since=0, bold=True) == "a[2J"


def test_how_much_more_there_is_is_said() -> None:
    more = More("notes", ("Notes", "Loss"), 70, 120)
    assert "120 more words in Notes > Loss" in lines_after(replace(ANSWER, more=(more,)))


def test_lines_after_an_answer() -> None:
    assert lines_after(ANSWER) == [
        "Notes > Loss, slide 3",
        "  [1] “It\x1b[2J falls fast.”",
        "",
        "(Claude, m, confidence 0.80, 12 ms)",
    ]
    assert UNSURE in lines_after(replace(ANSWER, unsure=True))
    told = lines_after(replace(ANSWER, notices=("It was cut.",), dropped=2, searched="loss?", cached="semantic"))
    assert told[2:] == [
        "",
        "It was cut.",
        "2 citation(s) that are not in the course were left out.",
        "",
        "(Claude, m, confidence 0.80, 12 ms, cached: semantic match, searched for “loss?”)",
    ]
    refused = replace(ANSWER, text="", footnotes=(), refused="writer", nearest=(Nearest("d", ("Notes", "Loss"), 0),))
    assert lines_after(refused)[:4] == ["The course does not cover this.", "", "Nearest sections:", "  - Notes > Loss"]


def test_quotes_of_one_place_stand_together_and_rows_have_their_columns() -> None:
    row = replace(NOTE, number=2, quote="| small | $0.10 |", kind="row", lead="| model | input |")
    elsewhere = replace(NOTE, number=3, path=("Prices",), page=None)
    assert lines_after(replace(ANSWER, footnotes=(NOTE, row, elsewhere)))[:5] == [
        "Notes > Loss, slide 3",
        "  [1] “It\x1b[2J falls fast.”",
        "  [2] “model: small; input: $0.10”",
        "Prices",
        "  [3] “It\x1b[2J falls fast.”",
    ]


def printed(capsys: pytest.CaptureFixture[str], *events: AnswerEvent) -> str:
    print_answer(iter(events), as_json=False)
    return capsys.readouterr().out


def test_the_text_is_printed_once_as_it_grows(capsys: pytest.CaptureFixture[str]) -> None:
    growing = [Writing("It", ()), Writing("It falls.", ()), Writing("It falls.[1]", (NOTE,))]
    out = printed(capsys, Searching("q"), *growing, Done(ANSWER))
    assert out.startswith("It falls.[1]\n\nNotes")
    assert out.count("It falls.") == 1


def test_a_late_mark_repeats_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    made = replace(ANSWER, text="One.\n| a[1] |\nTwo.")
    out = printed(capsys, Writing("One.\n| a |\n", ()), Writing("One.\n| a[1] |\nTw", (NOTE,)), Done(made))
    assert out.startswith("One.\n| a |\n\n| a[1] |\nTwo.\n\nNotes")


def test_a_row_waits_for_its_footnote(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["See", "See:\n\n| a |", "See:\n\n| a[1] |", "See:\n\n| a[1] |\n| b |", "See:\n\n| a[1] |\n| b[2] |"]
    events: list[AnswerEvent] = [Writing(text, ()) for text in texts]
    print_answer(iter([*events, Done(Answer(texts[-1], ()))]), as_json=False)
    assert capsys.readouterr().out.startswith(f"{texts[-1]}\n")
    assert settled("a\n| b |") == "a\n"
    assert settled("a | b") == "a | b"
    assert settled("") == ""


def test_rest() -> None:
    assert rest("abc", "a") == "bc"
    assert rest("abc", "abc") == ""
    assert rest("x\nab", "x\nac") == "\nab"
    assert rest("abX", "abY") == "\nabX"


def test_documents_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(
        capsys,
        Writing("\x1b]0;title\x07Red\x1b[31m\r\u202e", ()),
        Done(replace(ANSWER, text="\x1b]0;title\x07Red\x1b[31m\r\u202e")),
    )
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(out)
    assert clean("a\tb\nc\u00e9“") == "a\tb\nc\u00e9“"


def test_an_answer_that_never_ends_is_an_error() -> None:
    assert print_answer(iter([Searching("q")]), as_json=False) == 1


def test_the_table_of_usage() -> None:
    head, row = usage_table([Day("2031-05-01", 4, 1, 2, 12_345, 678, 0.0421, 812.4)]).splitlines()
    assert head.split() == ["day", "answers", "refused", "cached", "tokens", "in", "out", "dollars", "ms"]
    assert row.split() == ["2031-05-01", "4", "1", "2", "12,345", "678", "0.0421", "812"]


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
    monkeypatch.setenv("SHADOW", "fusion=rrf")
    monkeypatch.setenv("SHADOW_SHARE", "1")
    assert run(capsys, "ask", CATS)[0] == 0
    assert len(ShadowBook(tmp_path / "data" / "shadow.db").pairs()) == 1
