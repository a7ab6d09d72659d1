"""Which language a text is in: by its script where that tells, else by py3langid (its only importer; loaded when it is needed,
which takes half a second)."""

from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from threading import Lock
from typing import Any
from unicodedata import name

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
    """ISO 639-1 code (639-3 where there is none), and its probability in [0, 1], among all 97 languages or those named.

    Among fewer a short text is told better; one that is a dialect of another there would make both unsure.
    """
    with _loading:
        identifier = _identifier(frozenset(among))
    language, probability = identifier.classify(text)
    return str(language), float(probability)


@lru_cache(maxsize=2)
def _identifier(among: frozenset[str]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if among:
        identifier.set_languages(sorted(among & set(identifier.nb_classes)))
    return identifier
