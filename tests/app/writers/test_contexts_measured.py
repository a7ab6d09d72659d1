"""What sentences of context are worth, as the evaluation sees it, with sentences that were written by hand."""

from collections.abc import Callable
from pathlib import Path

from evals.datasets.questions import GoldQuestion as Asked
from evals.search.results import evaluate
from ingest.build import build
from retrieval.config import Settings, load_settings
from retrieval.hybrid import open_retriever
from retrieval.index.contexts import key_of, read_contexts
from retrieval.types import Chunk
from tests.conftest import write_course

DIARY = {  # a section: what stands there, and the sentence of somebody who knows what it is about
    "Monday": ("It was two metres above its usual mark, and the lower path could not be walked.", "The flood of the river Wenlow on the first day of the excursion."),
    "Tuesday": ("It had fallen by half, and the herons were back on the stones.", "Birds on the banks of the river Wenlow after the flood."),
    "Wednesday": ("A pipe had burst there. They mended it before noon.", "Repairs at Harrow's paper mill, seen by the students."),
    "Thursday": ("She showed us how the fibres are pressed and dried on the felt.", "The making of paper by hand at Harrow's mill, by the owner, Mrs Adeyemi."),
    "Friday": ("They had come back to the same wall and were feeding four young.", "Swallows nesting at the youth hostel in Tarn."),
    "Saturday": ("Most of it is limestone, worn smooth, with the shells still in it.", "Rocks of the quarry at Tarn and the fossils in them."),
    "Sunday": ("We left at nine, and it took two hours longer than it had on the way there.", "The journey home by train from Tarn."),
}  # fmt: skip
DIARY_QUESTIONS = {
    "How high was the Wenlow in the flood?": "Monday",
    "Which birds live on the banks of the Wenlow?": "Tuesday",
    "What had to be repaired at Harrow's mill?": "Wednesday",
    "How does Mrs Adeyemi make paper?": "Thursday",
    "Where do the swallows of the hostel nest?": "Friday",
    "Which fossils are in the rocks of the quarry?": "Saturday",
    "How long was the train journey home?": "Sunday",
}


def test_the_evals_measure_recorded_sentences(tmp_path: Path) -> None:
    """Sentences and questions were written by hand, in one sitting, for notes that only point at what they are about; so this
    says that the evaluation sees a difference, not how large it is for a course."""
    text = "# Field notes\n\n" + "\n\n".join(f"## {day}\n\n{told}" for day, (told, _) in DIARY.items())
    settings = load_settings(
        corpus=write_course(tmp_path / "corpus", {"diary.md": text}),
        index_dir=tmp_path / "index",
        data_dir=tmp_path / "data",
        anthropic_api_key="",
    )
    asked = [Asked(day, question, quotes=(DIARY[day][0],)) for question, day in DIARY_QUESTIONS.items()]
    plain = evaluate(asked, settings.corpus, settings, name="plain", split="all")["measures"]
    build(settings)
    record(settings, lambda chunk: next(about for told, about in DIARY.values() if told in chunk.text))
    own = settings.model_copy(update={"contexts": True})
    situated = evaluate(asked, settings.corpus, own, name="situated", split="all")["measures"]
    assert situated["RR@10"] > plain["RR@10"] + 0.1
    assert situated["R@1"] >= plain["R@1"]


def record(settings: Settings, about: Callable[[Chunk], str]) -> None:
    retriever = open_retriever(settings)
    try:
        chunks = [point.chunk for point in retriever.index.store.all()]
    finally:
        retriever.close()
    read_contexts(settings).add([{"key": key_of(chunk), "about": about(chunk)} for chunk in chunks if about(chunk)])
