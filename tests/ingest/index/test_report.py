"""The report of a build: what was found, what looks wrong, what was skipped."""

from pathlib import Path

from ingest.build import build
from ingest.index.report import lines, main, suspicious
from ingest.parse.load import load
from retrieval.config import Settings
from retrieval.index import versions
from tests.conftest import write_course

SHARED_PARAGRAPH = (
    "The same long paragraph stands in two documents, word for word, which a teacher may want to know about.\n"
)
FILES = {
    "a.md": f"# Alpha\n\n{SHARED_PARAGRAPH}\n## Tiny\n\nYes.\n\n```python\nx = 1\n```\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n",
    "b.md": f"# Beta\n\n{SHARED_PARAGRAPH}\nIt costs â€œfiveâ€\x9d.\n",
    "c.csv": "",
}


def test_report(settings: Settings) -> None:
    write_course(settings.corpus, FILES)
    build(settings)
    report = versions.read_health(settings, versions.current(settings))
    alpha, beta = report["documents"]
    assert (alpha["code"], alpha["rows"], alpha["uncovered"]) == (1, 2, 0)
    assert {item["kind"] for item in beta["suspicious"]} >= {"broken encoding"}
    assert report["duplicates"][0]["documents"] == ["a.md", "b.md"]
    assert [item["path"] for item in report["skipped"]] == ["c.csv"]
    printed = "\n".join(lines(report))
    assert "0 in no chunk" in printed
    assert "skipped: c.csv" in printed


def test_words_of_no_language_are_told(tmp_path: Path) -> None:
    shifted = (
        "Tkh ghsuw ri wkh odnh zdv phdvxuhg wzlfh dqg wkh zdwhu zdv fohdu xqwlo wkh hqg ri wkh vxpphu zkhq dojdh juhz. "
        * 3
    )
    (tmp_path / "a.md").write_text(
        f"# Water\n\n## Lake\n\n{shifted}\n\n## Shore\n\nThe shore was steep and the path beside it narrow.\n"
    )
    (found,) = [item for item in suspicious(load(tmp_path / "a.md", root=tmp_path)) if "language" in item["kind"]]
    assert [place["where"] for place in found["places"]] == ["Lake"]


def test_remarks_stay_when_a_document_is_unchanged(settings: Settings) -> None:
    write_course(settings.corpus, {**FILES, "d.html": "<h1>D</h1><nav>Home About</nav><p>Some text about delta.</p>"})
    build(settings)
    before = versions.read_health(settings, versions.current(settings))
    (settings.corpus / "a.md").write_text("# Alpha\n\nNew.\n", encoding="utf-8")
    build(settings)
    after = versions.read_health(settings, versions.current(settings))
    remarks = [{entry["path"]: entry["remarks"] for entry in report["documents"]} for report in (before, after)]
    assert remarks[0]["d.html"] == remarks[1]["d.html"] != []


def test_command_line(settings: Settings, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("INDEX_DIR", str(settings.index_dir))
    assert main() == 1
    assert "make index" in capsys.readouterr().err
    write_course(settings.corpus, FILES)
    build(settings)
    assert main() == 0
    assert capsys.readouterr().out.startswith("a.md: 2 sections, ")
