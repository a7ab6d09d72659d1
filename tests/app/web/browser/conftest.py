"""One scripted site for all that is tried on its pages; `tests/conftest.py` lets one worker have them all."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.web.browser.browser_support import browser, serving, watching  # noqa: F401
from tests.app.web.fake_engine import write_index, write_results

# ruff: noqa: F811 (pytest finds fixtures by their names)


@pytest.fixture(scope="package")
def scripted_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The site over the scripted engine: its address, and the folder with its index and data."""
    folder = tmp_path_factory.mktemp("site")
    write_index(folder / "index")
    write_results(folder / "data" / "results")
    settings = {"INDEX_DIR": str(folder / "index"), "DATA_DIR": str(folder / "data")}
    with serving("tests/app/web/fake_main.py", settings) as address:
        yield address, folder


@pytest.fixture
def visit(browser: Any, scripted_site: tuple[str, Path]) -> Iterator[Callable[..., Any]]:
    """Opens pages of the scripted site."""
    with watching(browser, scripted_site[0]) as watched:
        yield watched.open
