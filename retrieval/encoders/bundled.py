"""The embedding models that come with the project, and which of them reads a course best."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from retrieval.config import ROOT
from retrieval.encoders.known import whole_word_share
from retrieval.types import Vector

MODELS = ROOT / "retrieval" / "models"
AUTO = "auto"
ENGLISH, MULTILINGUAL = "footnote/study", "footnote/multilingual"
ENGLISH_SHARE = 0.55  # of whole words; measured: .74 and more in English of eight fields, .39 and less in 50 languages
FOREIGN_SHARE = 0.1  # of a course's characters that may stand in documents of another language


@dataclass(frozen=True, slots=True)
class BundledModel:
    """A model's folder, the width of its vectors, and what it was trained to see before a question and before a text."""

    folder: Path
    dim: int
    before_query: str = ""
    before_text: str = ""

    def table(self, name: str) -> Vector | None:
        """The numbers in one of its files, None where it has none."""
        path = self.folder / f"{name}.npy"
        return np.asarray(np.load(path), np.float32) if path.is_file() else None


BUNDLED = {
    ENGLISH: BundledModel(MODELS / "study", 384),
    MULTILINGUAL: BundledModel(MODELS / "multilingual", 384, before_query="query: ", before_text="passage: "),
}


def model_for(texts: Iterable[str]) -> str:
    """The bundled model that reads a course best: the English one unless a tenth of the course is in documents of which
    it knows fewer whole words than of any English. A course of nothing is taken for English.
    """
    all_of_it = foreign = 0
    for text in texts:
        all_of_it += len(text)
        foreign += len(text) if whole_word_share(_english_tokenizer(), text) < ENGLISH_SHARE else 0
    return MULTILINGUAL if foreign > FOREIGN_SHARE * all_of_it else ENGLISH


@lru_cache(maxsize=1)
def _english_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(BUNDLED[ENGLISH].folder / "tokenizer.json"))
    tokenizer.no_padding()
    return tokenizer
