"""Every Python block of the guides runs."""

import re
from pathlib import Path

import pytest

from retrieval.config import ROOT

PAGES = [ROOT / "CONTRIBUTING.md"]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def blocks() -> list[tuple[str, str]]:
    return [
        (f"{page.name}-{at}", code) for page in PAGES for at, code in enumerate(_BLOCK.findall(page.read_text("utf-8")))
    ]


@pytest.mark.parametrize("code", [code for _, code in blocks()], ids=[name for name, _ in blocks()])
def test_an_example_runs(code: str) -> None:
    exec(compile(code, "example", "exec"), {"__name__": "example"})


def test_every_link_inside_the_project_leads_somewhere() -> None:
    pages: list[Path] = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    links = [
        (page, link) for page in pages for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    ]
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    named = {
        (page.name, target)
        for page in pages
        for target in re.findall(r"(?:`|    )make ([a-z-]+)", page.read_text("utf-8"))
    }
    assert {pair for pair in named if pair[1] not in targets} == set()


def test_every_test_and_file_that_is_named_is_there() -> None:
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "tests").rglob("*.py")}
    known = set(re.findall(r"def (test_\w+)", "\n".join(path.read_text("utf-8") for path in files.values())))
    known |= {path.stem for path in files.values()}
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "retrieval" / "models").glob("*/CARD.md")]
    for page in pages:
        text = page.read_text("utf-8")
        assert set(re.findall(r"\btest_\w+\b", text)) <= known, page.name
        named = re.findall(r"`((?:tests|app|ingest|retrieval|evals|docs)/[\w/.-]*)`", text)
        assert [name for name in named if not (ROOT / name).exists()] == [], page.name
