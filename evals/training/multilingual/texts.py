"""Texts of many languages: courses and their translations from checked-out repositories, and the question-passage pairs.

A repository of translated courses holds `translations/<language>/**/*.md`. A language's text comes as lines of a few
hundred characters at most, without code, links and the notation of Markdown, in an order drawn by lot.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

_NOTATION = re.compile(r"<!--.*?-->|```.*?```|!\[[^\]]*\]\([^)]*\)|https?://\S+|[#*_`>|]+", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
SHORTEST = 4  # characters of a line


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
