"""What a model said of the chunks of a course: for each a sentence on where it stands in its document, kept by content.

A file of JSON lines in DATA_DIR, only ever added to, so whatever breaks off, nothing that was paid for is lost:

    {"key": ..., "about": "...", "by": ...}    a sentence, for the chunk of this key, and who wrote it
    {"batch": ..., "chunks": 12, "model": ..}  requests that were sent off together
    {"taken": ...}                             a batch whose replies are all here

A line that was not written to its end is passed over. To have other sentences written, remove the file.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from retrieval.config import Settings
from retrieval.types import Chunk, Json

FILE = "contexts.jsonl"


@dataclass(frozen=True, slots=True)
class Contexts:
    """`sentences` by `key_of` their chunk; `waiting`: batches that were sent and not taken in yet, by their ids, oldest first."""

    path: Path
    sentences: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Json] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes with the sentences; empty without any."""
        if not self.sentences:
            return ""
        return blake2b(json.dumps(sorted(self.sentences.items())).encode(), digest_size=8).hexdigest()

    def add(self, lines: Iterable[Json]) -> None:
        """Writes lines of the forms above, and takes them in."""
        listed = list(lines)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            if file.tell():
                file.seek(-1, 2)
                torn = file.read(1) != b"\n"
                file.write(b"\n" if torn else b"")
            file.write("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in listed).encode())
        for line in listed:
            self._take(line)

    def _take(self, line: Json) -> None:
        match line:
            case {"key": str(key), "about": str(about)}:
                self.sentences[key] = about
            case {"batch": str(batch)}:
                self.waiting[batch] = line
            case {"taken": str(batch)}:
                self.waiting.pop(batch, None)


def read_contexts(settings: Settings) -> Contexts:
    """Nothing where there is no file."""
    found = Contexts(settings.data_dir / FILE)
    lines = found.path.read_bytes().split(b"\n") if found.path.is_file() else []
    for line in lines:
        try:
            found._take(json.loads(line))
        except ValueError:  # empty, or not written to its end
            continue
    return found


def key_of(chunk: Chunk) -> str:
    """32 hexadecimal digits, of the chunk's place and text: the same wherever its document lies and whatever else changes."""
    return blake2b(json.dumps([chunk.place, chunk.text]).encode(), digest_size=16).hexdigest()


def situated(chunks: Iterable[Chunk], contexts: Contexts) -> list[Chunk]:
    """The chunks, each with its sentence where there is one."""
    return [replace(chunk, about=contexts.sentences.get(key_of(chunk), "")) for chunk in chunks]
