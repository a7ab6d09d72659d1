"""The encoder of a course is chosen by what its documents are written in, and chosen again when that changes."""

from ingest.build import build
from retrieval.config import Settings
from retrieval.encoders.bundled import ENGLISH, MULTILINGUAL
from retrieval.hybrid import open_retriever
from retrieval.index import versions
from tests.conftest import write_course

GERMAN = {
    "katzen.md": "# Katzen\n\nEine Katze schläft sechzehn Stunden am Tag. Meistens liegt sie an warmen Plätzen.\n",
    "hunde.md": "# Hunde\n\nEin Hund bewacht das Haus und begleitet seine Menschen auf Spaziergängen.\n",
}
ENGLISH_FILE = {"cats.md": "# Cats\n\nA cat sleeps for sixteen hours a day, mostly in places that are warm.\n"}


def model_of(settings: Settings) -> object:
    return versions.read_manifest(settings, versions.current(settings)).made_with["model"]


def test_a_german_course_is_read_by_the_multilingual_model(settings: Settings) -> None:
    write_course(settings.corpus, GERMAN)
    build(settings)
    assert model_of(settings) == MULTILINGUAL
    retriever = open_retriever(settings)
    try:
        assert retriever.retrieve("how long do cats sleep").hits[0].chunk.document_title == "Katzen"
    finally:
        retriever.close()
    assert not build(settings).published


def test_a_course_that_changes_its_language_changes_its_model(settings: Settings) -> None:
    write_course(settings.corpus, ENGLISH_FILE)
    build(settings)
    assert model_of(settings) == ENGLISH
    write_course(settings.corpus, GERMAN)
    report = build(settings)
    assert model_of(settings) == MULTILINGUAL
    assert report.reused == 0  # vectors of the other model are of no use


def test_a_model_that_is_set_stays(settings: Settings) -> None:
    write_course(settings.corpus, GERMAN)
    build(settings.model_copy(update={"embedding_model": ENGLISH}))
    assert model_of(settings) == ENGLISH
