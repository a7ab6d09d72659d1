"""How much of a file is read before it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.parse.roles import RoleSpan
from retrieval.types import Page, Recognised

if TYPE_CHECKING:  # a process that reads one file is told its limits
    from retrieval.config import Settings

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper limits for one file, and whether what its author hid is read too. `line` is in characters: of a longer one only the beginning shapes the layout."""

    file_bytes: int = 64 * MEGABYTE
    pages: int = 2_000
    unpacked_bytes: int = 256 * MEGABYTE
    seconds: float = 60.0
    memory_bytes: int = 2048 * MEGABYTE
    line: int = 100_000
    include_hidden: bool = False


def limits_of(settings: "Settings") -> Limits:
    return Limits(
        file_bytes=settings.max_file_mb * MEGABYTE,
        pages=settings.max_pages,
        unpacked_bytes=settings.max_unpacked_mb * MEGABYTE,
        seconds=settings.max_file_seconds,
        memory_bytes=settings.max_memory_mb * MEGABYTE,
        include_hidden=settings.include_hidden,
    )


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file, as Markdown or as plain text.

    `title` is what the format itself says (document properties, `<title>`). `dropped`: what was left out of the text,
    for the report; `hidden`: what its author had hidden. `notes`: what was unusual about the file, for the report.
    `roles`: what is known about what parts of the text are for. `recognised`: the words that OCR read, in order.
    """

    text: str
    markdown: bool = True
    title: str | None = None
    pages: tuple[Page, ...] = ()
    page_word: str = "page"
    metadata: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    roles: tuple[RoleSpan, ...] = ()
    recognised: tuple[Recognised, ...] = ()
