"""What stands behind an answer, out of the way: the search, the writer, time, tokens and cost."""

from collections.abc import Iterator

import streamlit as st

from app.storage.conversations import SavedTurn
from app.types import Answer
from app.web.components.page import show
from app.web.render.html import Html, tag


def details(turn: SavedTurn) -> None:
    if turn.answer is not None:
        with st.popover("Details", type="tertiary"):
            show(detail_list(turn.answer, turn.version))


def detail_list(answer: Answer, version: str) -> Html:
    """A list of names and values; what is not known is left out."""
    rows = [cell for name, value in facts(answer, version) for cell in (tag("dt", name), tag("dd", value))]
    return tag("dl", *rows, cls="fn-details")


def facts(answer: Answer, version: str) -> Iterator[tuple[str, str]]:
    if answer.searched:
        yield "Searched for", answer.searched
    yield "Confidence", f"{answer.confidence:.0%} that the course answers this"
    if answer.writer:
        yield "Written by", f"{answer.writer} ({answer.model})" if answer.model else answer.writer
    if answer.cached:
        yield "From earlier", f"{answer.cached} match in the answer cache"
    if answer.timings_ms:
        yield "Time", ", ".join(f"{name} {value:.0f} ms" for name, value in answer.timings_ms.items())
    usage = answer.usage
    if usage.input_tokens or usage.output_tokens:
        read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        yield "Tokens", f"{read:,} read, {usage.output_tokens:,} written"
        yield "Cost", f"${usage.cost:.4f}"
    if answer.dropped:
        yield "Left out", f"{answer.dropped} citations that are not in the course word for word"
    if version:
        yield "Index", version
