"""Which language a text is in: by its script where that tells, else by py3langid (its only importer; loaded when it is needed,
which takes half a second)."""

from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any
from unicodedata import name

import numpy as np

_SCRIPTS = {
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "TELUGU": "te",
    "GUJARATI": "gu",
    "ARABIC": "ar",
    "HEBREW": "he",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "THAI": "th",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
}
_SEVERAL = frozenset({"en", "ru", "ar", "hi"})  # codes that stand for a script of several languages
_LETTERS = 200  # by which the script is known
_loading = Lock()  # who comes while it is loaded waits for it
_SAMPLE = 20_000  # characters
_BYTES = 256


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language that most of a text is in."""
    script = by_script(text)
    return identify(text[:_SAMPLE])[0] if script in _SEVERAL and text.strip() else script


def by_script(text: str) -> str:
    """The commonest language of the script that most letters are in; kana makes Japanese of Chinese characters."""
    letters = [char for char in text[: 10 * _LETTERS] if char.isalpha()][:_LETTERS]
    if all(char < "\u0370" for char in letters):
        return "en"
    scripts = Counter(_SCRIPTS.get(name(char, "").partition(" ")[0], "en") for char in letters)
    if scripts["ja"] and scripts["ja"] + scripts["zh"] > len(letters) / 2:
        return "ja"
    return scripts.most_common(1)[0][0]


def identify(text: str, *, among: Collection[str] = ()) -> tuple[str, float]:
    """ISO 639-1 code (639-3 where there is none), and its probability in [0, 1], among all of the model or those named.

    Among fewer a short text is told better; one that is a dialect of another there would make both unsure.
    """
    with _loading:
        identifier = _identifier(frozenset(among))
    language, probability = identifier.classify(text)
    return str(language), float(probability)


@lru_cache(maxsize=2)
def _identifier(among: frozenset[str]) -> Any:
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    weights, priors, classes, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    kept = [column for column, name in enumerate(classes) if not among or name in among]
    return LanguageIdentifier(
        weights[:, kept],
        priors[kept],
        [classes[column] for column in kept],
        _Moves(moves, rows),
        array("i", features),
        norm_probs=True,
        tk_row=rows,
    )


class _Moves:
    """The moves of the identifier's automaton in a tenth of their memory: most are those after the last letter alone."""

    def __init__(self, moves: Sequence[int], rows: Sequence[int]) -> None:
        """`moves`: for each row 256 states, by the next byte; `rows`: the row of each state, the first one's at the beginning."""
        table, row_of = np.asarray(moves).reshape(-1, _BYTES), np.asarray(rows)
        last = np.zeros(len(table), np.intp)  # the byte that leads to a row
        for byte in range(_BYTES):
            last[row_of[table[:, byte]]] = byte
        usual, kinds = np.unique(row_of[table[row_of[0]][last]], return_inverse=True)
        self._moves: array[int] = array("I", table[usual].ravel())
        self._usual: array[int] = array("H", kinds)
        own, bytes_ = np.nonzero(table != table[usual[kinds]])
        self._bytes: bytes = bytes_.astype(np.uint8).tobytes()
        self._own: array[int] = array("I", table[own, bytes_])
        self._ends: array[int] = array("I", np.searchsorted(own, np.arange(len(table) + 1)))

    def __getitem__(self, place: int) -> int:
        row, byte = divmod(place, _BYTES)
        found = self._bytes.find(byte, self._ends[row], self._ends[row + 1])
        return self._own[found] if found >= 0 else self._moves[self._usual[row] * _BYTES + byte]
