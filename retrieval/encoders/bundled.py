"""The embedding models that come with the project, how much of a text each can read, and which reads a course best.

A model that never learnt a language falls back to single letters, or to the mark of the unknown; its vectors then say
nothing. Letters are counted, not words: not every script parts words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Encoding, Tokenizer

from retrieval.config import ROOT
from retrieval.types import Vector

if TYPE_CHECKING:
    import onnxruntime

MODELS = ROOT / "retrieval" / "models"
AUTO = "auto"
ENGLISH, MULTILINGUAL = "footnote/study", "footnote/multilingual"
ENGLISH_SHARE = 0.55  # of whole words; measured: .74 and more in English of eight fields, .39 and less in 50 languages
FOREIGN_SHARE = 0.1  # of a course's characters that may stand in documents of another language
SLICE, SLICES = 200, 40  # characters, and how many of them are looked at: 8,000 characters tell a document's language
IDEOGRAPHS = range(0x3400, 0xA000)  # each a word or half of one


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


def session(folder: Path) -> "onnxruntime.InferenceSession":
    """The model in a folder, ready to run on one thread of the processor.

    onnxruntime joins each addition to the layer norm after it, in an operation that takes more than twice as long as the two it
    stands for (1.31 on x86: 16 % of all the time of a text). They are left apart, which fastembed cannot be asked for.

    Where pairs of int8 products overflow, the quantization is to be precise: a fifth of a model's time; where they do not, that would be
    half of it.
    """
    import onnxruntime  # takes a while, and a page that only names a model does not need it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", str(int(overflows())))
    return onnxruntime.InferenceSession(
        folder / "model.onnx",
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def overflows(processor: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor adds pairs of int8 products up in 16 bits, as those of x86 do that lack VNNI; True where it does not say
    what it has, since only x86 minds the setting.
    """
    try:
        return "vnni" not in processor.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True


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


def known_share(tokenizer: Tokenizer, text: str) -> float:
    """In [0, 1]: the share of a text's letters that stand in pieces of two letters or more, or are known ideographs; 1 for a
    text without letters.

    Measured (the bundled models): all-MiniLM's vocabulary .96 to .99 in English, .88 to .99 in other languages of Latin script, .03 to
    .14 in Arabic, Hindi, Russian, about .33 in Chinese; the multilingual one .62 to 1 in 61 languages.
    """
    return _share(_pieces(tokenizer, text), whole=False)


def whole_word_share(tokenizer: Tokenizer, text: str) -> float:
    """In [0, 1]: the share of letters in words of two letters or more that are one piece; 1 for a text without letters.

    The more of a language's words a vocabulary holds whole, the better its model knows it: all-MiniLM's .74 (code) to .91 in English, at
    most .39 in any of 50 other languages.
    """
    return _share(_pieces(tokenizer, text), whole=True)


def _share(pieces: Iterable[tuple[int, bool, bool]], *, whole: bool) -> float:
    known = total = 0
    for letters, is_known, is_whole in pieces:
        total += letters
        known += letters if is_known and (is_whole or not whole) else 0
    return known / total if total else 1.0


def _pieces(tokenizer: Tokenizer, text: str) -> Iterator[tuple[int, bool, bool]]:
    """Of each piece of the text's sample: its letters, whether it is known, whether it is a whole word."""
    for part, encoding in zip(parts := _sample(text), tokenizer.encode_batch(parts), strict=True):
        yield from _pieces_of(part, encoding)


def _pieces_of(text: str, encoding: Encoding) -> Iterator[tuple[int, bool, bool]]:
    words = encoding.word_ids
    for n, (word, token, (start, end)) in enumerate(zip(words, encoding.tokens, encoding.offsets, strict=True)):
        if word is not None:
            piece = text[start:end]
            letters = sum(map(str.isalpha, piece))
            alone = letters > 1 and word not in words[max(0, n - 1) : n] + words[n + 1 : n + 2]
            is_word = letters > 1 or any(ord(letter) in IDEOGRAPHS for letter in piece)
            yield letters, is_word and token not in ("[UNK]", "<unk>"), alone


def _sample(text: str) -> list[str]:
    """The whole of a short text, of a long one slices that lie evenly over it."""
    if len(text) <= SLICE * SLICES:
        return [text[start : start + SLICE] for start in range(0, len(text), SLICE)]
    return [text[start : start + SLICE] for start in range(0, len(text) - SLICE, len(text) // SLICES)][:SLICES]
