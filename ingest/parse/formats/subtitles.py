"""Subtitles (.srt, .vtt) to running text; the minute in which something is said is its place.

SubRip and WebVTT (https://www.w3.org/TR/webvtt1/). Sentences run over cues. Left out: cue numbers, times, positions,
styles, notes, and the lines that rolling captions repeat.
"""

import re
from collections.abc import Iterator

from ingest.parse.reader import Limits, Source, decode
from retrieval.types import Page

_STAMP = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
_TIMES = re.compile(rf"(?<![\d:.,])({_STAMP})[ \t]+-->[ \t]+({_STAMP})(?![\d:])[^\n]*", re.ASCII)
_SPEAKER = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}")
_NEW_PARAGRAPH = 4.0  # seconds of silence


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: binary."""
    decoded = decode(data)
    text, pages, end, before = "", list[Page](), 0.0, ""
    for start, stop, words in _cues(decoded.text):
        if words == before:
            continue
        before = words
        if text:
            text += "\n\n" if start - end > _NEW_PARAGRAPH else " "
        minute = int(start // 60) + 1
        if not pages or pages[-1].number < minute:
            pages.append(Page(minute, len(text)))
        text, end = text + words, stop
    return Source(text, pages=tuple(pages), page_word="minute", notes=decoded.notes)


def _cues(text: str) -> Iterator[tuple[float, float, str]]:
    """Start and end in seconds, and the words that the cue before does not have on its last lines."""
    shown: list[str] = []
    times = list(_TIMES.finditer(text))
    for at, cue in enumerate(times):
        until = times[at + 1].start() if at + 1 < len(times) else len(text)
        block = text[cue.end() : until].strip("\n").split("\n\n")[0]
        lines = [line for line in map(_bare, block.split("\n")) if line and not line.isdigit()]
        fresh = [line for line in lines if line not in shown]
        shown = lines
        if fresh:
            yield _seconds(cue[1]), _seconds(cue[2]), " ".join(fresh)


def _bare(line: str) -> str:
    named = _SPEAKER.sub(lambda match: f"{match[1].strip()}: ", line)
    return " ".join(_TAG.sub("", named).split())


def _seconds(stamp: str) -> float:
    """`01:02:03,500` -> 3723.5"""
    return sum(float(part) * 60.0**power for power, part in enumerate(reversed(stamp.replace(",", ".").split(":"))))
