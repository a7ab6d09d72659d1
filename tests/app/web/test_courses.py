"""Several courses on one desk, and the documents of each as files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.courses import CourseEntry, CourseFolder, Courses, Dropped, file_name
from app.web.render.html import tag
from app.web.render.links import in_course
from ingest.discover.files import read_course
from retrieval.config import Settings
from retrieval.errors import ConfigError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(corpus=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data")


def test_each_course_has_folders_of_its_own(settings: Settings) -> None:
    courses = Courses(settings)
    assert courses.known() == [CourseEntry("", "")]
    key = courses.create('Cell  "biology", part 2')
    assert key == "cell-biology-part-2"
    assert courses.known()[1] == CourseEntry(key, 'Cell "biology", part 2')
    own = courses.settings_of(key)
    assert read_course(own.corpus).title == 'Cell "biology", part 2'
    places = [(one.corpus, one.index_dir, one.data_dir, one.qdrant_collection) for one in (settings, own)]
    assert all(first != second for first, second in zip(*places, strict=True))
    assert courses.settings_of("") == settings


@pytest.mark.parametrize("title", ["", " ?! ", "../.."])
def test_a_name_that_cannot_serve_is_refused(settings: Settings, title: str) -> None:
    with pytest.raises(ConfigError, match="needs a letter or a digit"):
        Courses(settings).create(title)


@pytest.mark.attack("a name that leads elsewhere, of a course or a dropped file", "refused, or a name of the folder")
def test_a_course_is_made_once_and_one_that_is_not_here_is_said(settings: Settings) -> None:
    courses = Courses(settings)
    courses.create("Физика")
    with pytest.raises(ConfigError, match="already"):
        courses.create("физика")
    for key in ("chemistry", "../data", "..", "Физика"):
        with pytest.raises(ConfigError, match="no course"):
            courses.settings_of(key)


@pytest.mark.attack("a name that leads elsewhere, of a course or a dropped file", "refused, or a name of the folder")
def test_documents_are_put_in_replaced_and_taken_out_but_never_lost(tmp_path: Path) -> None:
    folder = CourseFolder(tmp_path / "course", aside=tmp_path / "aside")
    folder.put([Dropped("a.md", b"one"), Dropped("../b.md", b"two")])
    assert {path.name: path.read_bytes() for path in (tmp_path / "course").iterdir()} == {
        "a.md": b"one",
        "b.md": b"two",
    }
    assert (folder.replaces("a.md"), folder.replaces("c.md")) == (True, False)
    folder.put([Dropped("a.md", b"newer")])
    kept = folder.remove("a.md")
    assert kept.read_bytes() == b"newer"
    assert sorted(path.read_bytes() for path in (tmp_path / "aside").iterdir()) == [b"newer", b"one"]
    for path in ("a.md", "../aside", "../../etc/passwd"):
        with pytest.raises(ConfigError, match="no document"):
            folder.remove(path)


@pytest.mark.attack("a name that leads elsewhere, of a course or a dropped file", "refused, or a name of the folder")
@given(st.text(max_size=200))
def test_a_dropped_file_stays_in_its_folder_and_is_seen(name: str) -> None:
    made = file_name(name)
    assert Path(made).name == made
    assert not made.startswith((".", "~"))
    assert 0 < len(made) <= 130
    assert file_name(made) == made


def test_addresses_stay_within_the_course() -> None:
    addresses = {
        "/": "/?course=cell+biology",
        "/?c=1&x=2#y": "/?course=cell+biology&c=1&x=2#y",
        "/library": "/library?course=cell+biology",
        "/?course=other": "/?course=other",
        "#here": "#here",
        "https://course.example/?a=1": "https://course.example/?a=1",
    }
    for address, inside in addresses.items():
        assert in_course(tag("a", 'href="/"', href=address), "cell biology") == tag("a", 'href="/"', href=inside)
    assert in_course(tag("a", "x", href="/"), "") == tag("a", "x", href="/")
