"""How much of a file is read before it is refused."""

from dataclasses import dataclass

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


def limits_of(settings: Settings) -> Limits:
    return Limits(
        file_bytes=settings.max_file_mb * MEGABYTE,
        pages=settings.max_pages,
        unpacked_bytes=settings.max_unpacked_mb * MEGABYTE,
        seconds=settings.max_file_seconds,
        memory_bytes=settings.max_memory_mb * MEGABYTE,
        include_hidden=settings.include_hidden,
    )
