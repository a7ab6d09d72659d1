"""What a reader makes of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.parse.roles import RoleSpan
from retrieval.types import Page, Recognised


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
