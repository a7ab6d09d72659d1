"""The pieces worth keeping of a vocabulary for a hundred languages, and the tokenizer over them.

A piece stays if it makes up enough of the text of any one language, counted in texts and in lists of frequent words
(wordfreq), or if it is a single character: what is cut is read in smaller pieces, and no script is lost. All pieces of
scripts that do not part words stay: there a piece is a word, and they are few.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from evals.training.e5_file import SPECIAL

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
