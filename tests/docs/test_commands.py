"""Every command, setting, file and test that README, CONTRIBUTING and docs/ name is there, and takes what they give it.

A `python -m` command goes through the parser of its module, up to where it would begin to work.
"""

import argparse
import importlib
import importlib.util
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from retrieval.config import ROOT, Settings

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SOURCES = [
    path for package in ("app", "evals", "ingest", "retrieval", "docs") for path in (ROOT / package).rglob("*.py")
]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
SETTINGS = {name.upper() for name in Settings.model_fields}
SHELL_NAMES = {"NAME", "PYTHON", "CORPUS", "Q", "SECONDS", "ANTHROPIC_BASE_URL"} | SETTINGS
EXECUTED = {"CONTRIBUTING.md", "llamaindex.md"}  # by test_examples and test_llamaindex
TRAINING_ONLY = {"torch", "onnx", "safetensors"}
MADE_IN_USE = (".data/", ".index/", ".venv/", ".streamlit/secrets.toml")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_INDENTED = re.compile(r"(?<=\n\n)(?: {4,}\S.*\n)+")
_CODE = re.compile(r"`([^`\n]+)`")
_ASSIGNED = re.compile(r"([A-Z][A-Z_]+)=(?!=)")
_FILE = re.compile(r"(?:app|corpus|docs|evals|ingest|retrieval|tests|\.streamlit|\.ci|\.github)/[\w./-]*")


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def blocks() -> Iterator[tuple[str, str, str]]:
    """Page, language and text of every block of code: fenced, or indented."""
    for page in PAGES:
        for language, text in _FENCE.findall(page.read_text("utf-8")):
            yield page.name, language, text
        for block in _INDENTED.findall(prose(page)):
            yield page.name, "toml" if block.lstrip().startswith("[") else "", re.sub(r"^ +", "", block, flags=re.M)


def commands() -> Iterator[str]:
    """All that is for a shell: the lines of blocks without a language, and code in the text that begins as a command does."""
    for _, language, text in blocks():
        if language in {"", "bash", "sh", "console"}:
            yield from (line.split("  #")[0].strip() for line in text.splitlines())
    for page in PAGES:
        yield from (code for code in _CODE.findall(prose(page)) if re.match(r"make |(?:\.venv/bin/)?python -", code))


def inline() -> set[tuple[str, str]]:
    return {(page.name, code) for page in PAGES for code in _CODE.findall(prose(page))}


class Parsed(BaseException):
    """A command's arguments were understood."""


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_a_command_is_one(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command.replace("...", "").replace("[", "").replace("]", ""))
    named = [word.split("=")[0] for word in words if _ASSIGNED.match(word)]
    assert set(named) <= SHELL_NAMES
    if words[:1] and _ASSIGNED.match(words[0]) and not {"make", "python", ".venv/bin/python"} & set(words):
        return  # a line of .env
    while words and _ASSIGNED.match(words[0]):
        words.pop(0)
    if not words:
        return
    program, *rest = words
    if program == "make":
        target, *variables = rest
        assert re.search(rf"^{target}:", MAKEFILE, re.M)
        assert {word.split("=")[0] for word in variables} <= set(re.findall(r"^(\w+) \?=", MAKEFILE, re.M))
        return
    assert program.removeprefix(".venv/bin/") == "python", f"a kind of command that no test knows: {command}"
    if rest[0] == "-c":
        compile(rest[1], command, "exec")
    elif rest[:2] != ["-m", "pip"]:
        understood(rest[1], rest[2:], monkeypatch, capsys)


def understood(
    module: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.find_spec(module)
    assert spec is not None, f"no module {module}"
    try:
        loaded = importlib.import_module(f"{module}.__main__" if spec.submodule_search_locations else module)
    except ModuleNotFoundError as error:
        if error.name not in TRAINING_ONLY:
            raise
        pytest.skip(f"{module} needs {error.name}, which only those who train install")
    source = Path(str(loaded.__file__)).read_text("utf-8")
    assert '__name__ == "__main__"' in source
    if "argparse" not in source:
        assert not arguments, f"{module} takes no arguments"
        return
    parse = argparse.ArgumentParser.parse_args

    def parse_and_stop(parser: argparse.ArgumentParser, *given: object) -> None:
        parse(parser, *given)  # type: ignore[call-overload]
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_and_stop)
    if len(arguments) < 2 and not any(word.startswith("-") for word in arguments):
        arguments = [*arguments, "--help"]  # a command that is only named
    with pytest.raises((Parsed, SystemExit)) as ended:
        loaded.main(arguments)
    assert ended.type is Parsed or (ended.value.code, arguments[-1]) == (0, "--help"), capsys.readouterr().err


@pytest.mark.parametrize(("page", "language", "text"), list(blocks()))
def test_a_block_of_code_is_of_a_kind_that_is_checked(page: str, language: str, text: str) -> None:
    if language == "python":
        assert page in EXECUTED
    elif language == "toml":
        tomllib.loads(text)
    elif language == "json":
        json.loads(text)
    else:
        assert language in {"", "bash", "sh", "console", "mermaid"}, "mermaid: test_architecture; the rest are commands"


def test_every_setting_that_is_given_a_value_is_one() -> None:
    given = {(page, name) for page, code in inline() for name in _ASSIGNED.findall(code)}
    assert {pair for pair in given if pair[1] not in SHELL_NAMES} == set()


def test_every_flag_is_one_of_a_command() -> None:
    known = {flag for path in SOURCES for flag in re.findall(r'"(--?[a-z-]+)"', path.read_text("utf-8"))}
    flags = {(page, word) for page, code in inline() if code.startswith("-") for word in code.split() if word[0] == "-"}
    assert {pair for pair in flags if pair[1] not in known} == set()


def test_every_file_that_is_named_is_there() -> None:
    named = {(page, name) for page, code in inline() for name in _FILE.findall(code) if code.startswith(name)}
    named = {pair for pair in named if not pair[1].startswith(MADE_IN_USE)}
    assert len(named) > 30
    assert {pair for pair in named if not (ROOT / pair[1]).exists()} == set()


def test_every_test_that_is_named_is_there() -> None:
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"def (test_\w+)", tests))
    assert {pair for pair in inline() if re.fullmatch(r"test_\w+", pair[1]) and pair[1] not in known} == set()


def test_the_workflow_runs_what_there_is_on_what_the_project_supports() -> None:
    (path,) = (ROOT / ".github" / "workflows").glob("*.yml")
    (job,) = yaml.safe_load(path.read_text("utf-8"))["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos"}
    lowest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"].removeprefix(
        ">="
    )
    assert lowest in matrix["python"]
    scripts = [step["run"].removeprefix("bash ") for step in job["steps"] if "run" in step]
    assert scripts == [".ci/run"]
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    targets = [line.removeprefix("make ") for line in lines if line.startswith("make ")]
    assert targets == ["check", "eval", "test"]
    assert [target for target in targets if not re.search(rf"^{target}:", MAKEFILE, re.M)] == []
