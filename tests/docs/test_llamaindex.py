"""The page on LlamaIndex does what it says: each of its code blocks runs, over a small course."""

import re
from pathlib import Path

import pytest

from retrieval.config import ROOT, Settings

BLOCKS = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "docs" / "llamaindex.md").read_text(encoding="utf-8"), re.M | re.S
)


@pytest.mark.parametrize("code", BLOCKS, ids=["retriever", "chunker", "reranker"])
def test_a_code_block_runs(
    code: str, course_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORPUS", str(course_settings.corpus))
    monkeypatch.setenv("INDEX_DIR", str(course_settings.index_dir))
    monkeypatch.setenv("QDRANT_URL", "")
    monkeypatch.chdir(Path(course_settings.corpus))
    exec(compile(code, "docs/llamaindex.md", "exec"), {"__name__": "docs"})
    if "print(" in code:
        assert "Tokens" in capsys.readouterr().out.splitlines()[0]
