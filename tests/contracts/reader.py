"""What every reader of a kind of file keeps to."""

import random

from ingest.parse.dispatch import Reader
from ingest.parse.reader import Limits
from retrieval.errors import UnreadableFile


def check_reader(read: Reader, good: bytes, *, words: str, spoilt: int = 40) -> None:
    """`good` is a file whose text holds `words`. Equal files give equal texts; a spoilt file gives a text, or
    UnreadableFile with words for people, and nothing else."""
    source = read(good, Limits())
    assert words in " ".join(source.text.split()), source.text
    assert read(good, Limits()) == source
    assert all(0 <= page.start <= len(source.text) for page in source.pages)
    luck = random.Random(7)
    for _ in range(spoilt):
        data = bytearray(good[: luck.randrange(len(good)) + 1])
        for _ in range(luck.randrange(6)):
            data[luck.randrange(len(data))] = luck.randrange(256)
        refusal = _refusal(read, bytes(data))
        assert refusal is None or (str(refusal) and refusal.remedy)


def _refusal(read: Reader, data: bytes) -> UnreadableFile | None:
    try:
        read(data, Limits())
    except UnreadableFile as error:
        return error
    return None
