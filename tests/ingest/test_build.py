"""Builds: only what changed is done again, the live index survives everything, versions can be rolled back."""

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.__main__ import main, summary
from ingest.build import BuildReport, build
from retrieval.config import ROOT, Settings, load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError, FootnoteError, IndexBusy, IndexMismatch, IndexMissing
from retrieval.hybrid import open_retriever
from retrieval.index import versions
from retrieval.index.opened_index import open_index, stored_document, stored_points
from tests.conftest import SMALL_COURSE, write_course
from tests.ingest.conftest import FILES


def first_place(settings: Settings, query: str) -> str:
    retriever = open_retriever(settings)
    try:
        return retriever.retrieve(query).hits[0].chunk.place
    finally:
        retriever.close()


def killed(process: "subprocess.Popen[bytes]", settings: Settings) -> None:
    """Kills a build and waits until it is gone: the process that was started dies first, and its child a moment later."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    with (settings.index_dir / "BUILDING").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)


def test_nothing_changed_does_nothing(built: Settings) -> None:
    report = build(built)
    assert (report.published, report.embedded) == (False, 0)
    assert versions.versions(built) == [report.version]


def test_a_version_says_what_the_model_knows_of_each_document(settings: Settings) -> None:
    write_course(settings.corpus, FILES | {"ar.md": "# القطط\n\nتنام القطة ست عشرة ساعة في اليوم.\n"})
    build(settings.model_copy(update={"embedding_model": "footnote/study"}))
    files = versions.read_manifest(settings, versions.current(settings)).files
    assert files["a.md"].known > 0.9
    assert files["ar.md"].known < 0.2


def test_touching_a_file_changes_nothing(built: Settings) -> None:
    os.utime(built.corpus / "a.md", (1, 1))
    assert not build(built).published


def test_only_what_changed_is_embedded(built: Settings) -> None:
    (built.corpus / "a.md").write_text("# Alpha\n\nAlpha opens the Greek alphabet.\n", encoding="utf-8")
    report = build(built)
    assert (report.changed, report.embedded, report.reused) == (("a.md",), 1, 1)
    assert first_place(built, "which letter opens the alphabet") == "Alpha"


def test_a_removed_document_leaves(built: Settings) -> None:
    (built.corpus / "b.md").unlink()
    report = build(built)
    assert (report.removed, report.embedded, report.counts["documents"]) == (("b.md",), 0, 1)
    assert first_place(built, "beta second letter") == "Alpha"


def test_a_renamed_document_is_not_embedded_again(built: Settings) -> None:
    (built.corpus / "a.md").rename(built.corpus / "z.md")
    report = build(built)
    assert (report.renamed, report.embedded, report.added, report.removed) == ((("a.md", "z.md"),), 0, (), ())


def test_documents_of_one_title_are_told_apart_by_their_files(built: Settings) -> None:
    def titles() -> list[str]:
        build(built)
        return [entry.title for entry in versions.read_manifest(built, versions.current(built)).files.values()]

    other = built.corpus / "week_2.md"
    other.write_text("# Alpha\n\nThe letter comes from the Phoenician aleph.\n", encoding="utf-8")
    assert titles() == ["Alpha (a)", "Beta", "Alpha (week 2)"]
    assert first_place(built, "where does the Phoenician letter lead to") == "Alpha (week 2)"
    assert not build(built).published
    other.unlink()
    assert titles() == ["Alpha", "Beta"]


def test_other_chunking_rebuilds_all_and_says_why(built: Settings) -> None:
    report = build(built.model_copy(update={"chunk_tokens": 100}))
    assert report.published
    assert "chunk_tokens" in report.reason


def test_the_same_input_gives_the_same_ids(built: Settings, tmp_path: Path) -> None:
    other = built.model_copy(update={"index_dir": tmp_path / "other"})
    build(other)
    ids = [
        {point.chunk.id for point in stored_points(settings, versions.current(settings))} for settings in (built, other)
    ]
    assert ids[0] == ids[1]


def test_rollback_and_pruning(built: Settings) -> None:
    first = versions.current(built)
    for number in range(4):
        (built.corpus / "c.md").write_text(f"# Gamma\n\nGamma number {number}.\n", encoding="utf-8")
        build(built)
    kept = versions.versions(built)
    assert len(kept) == built.keep_versions
    assert first not in kept
    assert versions.rollback(built) == kept[-2] == versions.current(built)
    versions.rollback(built)
    with pytest.raises(IndexMissing, match="no version before"):
        versions.rollback(built)


def test_an_unreadable_file_is_named_and_stops_nothing(built: Settings) -> None:
    (built.corpus / "broken.docx").write_bytes(b"PK\x03\x04 not a document")
    report = build(built)
    assert [failure.path for failure in report.failures] == ["broken.docx"]
    assert report.counts["documents"] == 2
    assert any("broken.docx" in line for line in summary(report))
    again = build(built)
    assert not again.published
    assert [failure.path for failure in again.failures] == ["broken.docx"]


def test_a_picture_that_a_document_shows_is_not_left_out(built: Settings) -> None:
    (built.corpus / "img").mkdir()
    for name in ("a cat.png", "dog.png"):
        (built.corpus / "img" / name).write_bytes(b"a picture")
    (built.corpus / "pets.md").write_text("# Pets\n\nA cat sleeps.\n\n![](./img/a%20cat.png)\n", encoding="utf-8")
    assert [failure.path for failure in build(built).failures] == ["img/dog.png"]


def test_nothing_usable_leaves_the_live_index_alone(built: Settings) -> None:
    live = versions.current(built)
    for name in FILES:
        (built.corpus / name).write_bytes(b"")
    with pytest.raises(FootnoteError, match=r"a\.md"):
        build(built)
    assert versions.current(built) == live
    assert first_place(built, "alpha")


def test_clear_errors(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="CORPUS="):
        build(settings)
    settings.corpus.mkdir()
    with pytest.raises(FootnoteError, match="nothing to index"):
        build(settings)
    (settings.corpus / "course.toml").write_text("title = ", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"course\.toml"):
        build(settings)
    with pytest.raises(IndexMissing, match="make index"):
        versions.current(settings)


@pytest.mark.fault("two builds on one folder", "the second says so")
def test_one_build_at_a_time(built: Settings) -> None:
    with (built.index_dir / "BUILDING").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(IndexBusy, match="Another build"):
            build(built)


def test_an_index_of_another_model_is_an_error(built: Settings, embedder: FastEmbedder) -> None:
    class Other:
        name, digest, dim = "other/model", "x", 384
        embed, embed_query = embedder.embed, embedder.embed_query

    with pytest.raises(IndexMismatch, match="other/model"):
        open_index(built, Other())


def test_course_titles_are_used(settings: Settings) -> None:
    write_course(settings.corpus, {**FILES, "course.toml": COURSE})
    build(settings)
    manifest = versions.read_manifest(settings, versions.current(settings))
    assert manifest.title == "Letters"
    assert [entry.title for entry in manifest.files.values()] == ["The second", "Alpha"]
    assert manifest.course["documents"][0]["questions"] == ["What is beta?"]
    assert first_place(settings, "beta") == "The second"


COURSE = """title = "Letters"
[[document]]
file = "b.md"
title = "The second"
questions = ["What is beta?"]
"""


@pytest.mark.fault("a build is killed at a random moment", "the live version as it was, nothing left")
def test_a_killed_build_costs_only_the_build(built: Settings) -> None:
    live = versions.current(built)
    many = {f"n{number}.md": f"# N{number}\n\n" + f"Sentence {number} about things. " * 40 for number in range(60)}
    write_course(built.corpus, many)
    environment = os.environ | {"INDEX_DIR": str(built.index_dir), "CORPUS": str(built.corpus)}
    process = subprocess.Popen([sys.executable, "-m", "ingest", "-q"], env=environment, cwd=ROOT)
    while process.poll() is None and not list((built.index_dir / "versions").glob(".*")):
        time.sleep(0.005)
    killed(process, built)
    assert versions.current(built) == live
    assert first_place(built, "alpha") == "Alpha"
    assert build(built).counts["documents"] == len(FILES) + len(many)
    assert not list((built.index_dir / "versions").glob(".*"))


def test_readers_go_on_while_a_build_publishes(built: Settings) -> None:
    retriever = open_retriever(built)
    (built.corpus / "a.md").write_text("# Alpha\n\nChanged.\n", encoding="utf-8")
    build(built)
    assert "first letter" in retriever.retrieve("alpha").hits[0].chunk.text
    retriever.close()
    assert first_place(built, "alpha changed") == "Alpha"


def test_command_line(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("INDEX_DIR", str(settings.index_dir))
    assert main([str(settings.corpus)]) == 1
    assert "CORPUS=" in capsys.readouterr().err
    write_course(settings.corpus, {**SMALL_COURSE, "empty.md": ""})
    assert main([str(settings.corpus), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["documents"] == 3
    assert main([str(settings.corpus), "--strict", "-q"]) == 2
    assert main([str(settings.corpus), "--if-missing"]) == 0
    assert main(["--rollback"]) == 1
    assert "no version before" in capsys.readouterr().err


def test_bad_settings_are_named() -> None:
    with pytest.raises(ConfigError, match=r"CHUNK_TOKENS=5.*greater than or equal to 40"):
        load_settings(chunk_tokens=5)
    with pytest.raises(ConfigError, match=r"WINDOW_UNITS=1.*greater than or equal to 2"):
        load_settings(window_units=1)


def test_report_says_what_was_done(built: Settings) -> None:
    report: BuildReport = build(built, force=True)
    assert report.reason == "asked for"
    assert report.embedded == 0


@pytest.mark.fault("a build is killed at a random moment", "the live version as it was, nothing left")
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_builds_that_are_killed_at_random_moments(built: Settings) -> None:
    chance = random.Random(5)
    environment = os.environ | {"INDEX_DIR": str(built.index_dir), "CORPUS": str(built.corpus)}
    longest = 0.0
    for number in range(16):
        texts = (" ".join(f"Sentence {line} in round {number}." for line in range(40)) for _ in range(20))
        write_course(built.corpus, {f"n{at}.md": f"# N{at}\n\n{text}\n" for at, text in enumerate(texts)})
        live, begun = versions.current(built), time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "ingest", "-q"], env=environment, cwd=ROOT)
        if number:
            time.sleep(chance.uniform(0, longest))
            killed(process, built)
        process.wait()
        assert versions.current(built) in (live, versions.versions(built)[-1])
        longest = longest or time.monotonic() - begun
        assert first_place(built, "alpha first letter") == "Alpha"
    assert build(built).counts["documents"] == len(FILES) + 20
    assert not list((built.index_dir / "versions").glob(".*"))


def test_a_build_that_was_killed_before_it_published_is_no_index(
    built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEX_DIR", str(built.index_dir))
    (built.index_dir / "CURRENT").unlink()
    assert main([str(built.corpus), "--if-missing", "-q"]) == 0
    assert first_place(built, "alpha first letter") == "Alpha"


def test_long_lists_are_cut_in_the_summary() -> None:
    counts = dict.fromkeys(("documents", "sections", "chunks", "windows"), 1)
    report = BuildReport("v", True, "why", 1.0, counts, added=tuple(f"{number}.md" for number in range(100)))
    assert "19.md and 80 more" in summary(report)[-1]
    assert len(summary(report)[-1]) < 200
    assert summary(report)[0].startswith("1 document, 1 section, 1 chunk, 1 window; ")


def test_a_build_on_top_of_another_is_the_same_as_one_from_nothing(settings: Settings, tmp_path: Path) -> None:
    """Whatever was taken over: chunks, vectors, terms and what a version says of itself, and it needs no other version."""
    table = "# Sizes\n\n| model | size |\n| --- | --- |\n| one | 117M |\n\n- a list\n  - nested in it\n\n```\ncode = 1\n```\n"
    plain = {
        f"p{number}.txt": f"Chapter {number}\n\nSome words of it.\n\nAll rights reserved.\n" for number in range(3)
    }
    write_course(settings.corpus, {**FILES, **plain, "c.md": table, "d.md": "---\ntitle: Née 1\n---\n\nﷺ. To go.\n"})
    build(settings)
    (settings.corpus / "a.md").write_text(FILES["a.md"] + "\nIt has a successor.\n", encoding="utf-8")
    (settings.corpus / "c.md").rename(settings.corpus / "e.md")
    (settings.corpus / "d.md").unlink()
    (settings.corpus / "p9.txt").write_text("Chapter 9\n\nMore words.\n\nAll rights reserved.\n", encoding="utf-8")
    grown = settings.model_copy(update={"keep_versions": 1})
    build(grown)
    assert len(versions.versions(settings)) == 1, "the first version is gone"
    build(grown.model_copy(update={"index_dir": tmp_path / "fresh"}))
    assert contents(settings.index_dir) == contents(tmp_path / "fresh")


def contents(index_dir: Path) -> dict[str, object]:
    """All that the live version holds, without its times."""
    settings = load_settings(index_dir=index_dir)
    name = versions.current(settings)
    points = [
        (point.chunk, point.vectors.tobytes(), dict(zip(point.terms.indices, point.terms.values, strict=True)))
        for point in stored_points(settings, name)
    ]
    folder = index_dir / "versions" / name
    files = sorted(path for path in folder.rglob("*.json") if "points" not in path.parts)
    said = {str(path.relative_to(folder)): json.loads(path.read_text(encoding="utf-8")) for path in files}
    del said["manifest.json"]["created"], said["checksums.json"]
    return {**said, "points": sorted(points, key=lambda point: point[0].id)}


@pytest.mark.attack(
    "direction overrides and characters without width in titles, quotes and links", "left out wherever text is shown"
)
def test_hidden_characters_are_in_no_name_but_in_the_text(settings: Settings) -> None:
    """Whatever shows a title or a section, a widget or a table, shows what it is."""
    write_course(
        settings.corpus,
        {
            "a.md": "# Al\u202epha\n\n## Fi\u200brst\n\nAlpha is the fi\u200brst letter.\n",
            "course.toml": '[[document]]\nfile = "a.md"\ntitle = "The\u202e one"\nquestions = ["Wh\u2060at?"]\n',
        },
    )
    name = build(settings).version
    manifest = versions.read_manifest(settings, name)
    document = stored_document(settings, name, manifest.files["a.md"].document_id)
    assert (document.title, manifest.course["documents"][0]["questions"]) == ("The one", ["What?"])
    assert [section.path for section in document.sections] == [(), ("First",)]
    assert "fi\u200brst letter" in document.text
