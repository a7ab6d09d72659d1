"""The files of one version: read whole and compared with their checksums; on a host that follows a server, fetched first."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from retrieval.config import Settings
from retrieval.errors import IndexDamaged, IndexMissing
from retrieval.index import checksums
from retrieval.index.codec import document_from_json
from retrieval.types import Document

AT_ONCE = 64 << 20  # bytes that are checked before the first question
SMALL = 1 << 20  # a file up to this size is always checked before
BUILD_ONLY = "pieces/"  # read by builds alone, which check everything
POINTS = "points/"  # checked as they are copied


@dataclass(frozen=True, slots=True)
class VersionFiles:
    """`expected`: the checksum of each file of the version, by its path in `folder`."""

    settings: Settings
    name: str
    folder: Path
    expected: Mapping[str, str]

    def read(self, path: str) -> bytes:
        """Raises IndexDamaged; IndexMissing for a file of a version that was removed meanwhile."""
        try:
            if self.settings.qdrant_url and not (self.folder / path).is_file():
                from retrieval.index.mirror import follower

                follower(self.settings).fetch(self.name, path, self.expected[path])
            data = (self.folder / path).read_bytes()
            if checksums.checksum_of(data) == self.expected[path]:
                return data
        except FileNotFoundError as error:
            raise IndexMissing(f"{path} is not in the index version {self.name} any more.") from error
        except (OSError, KeyError) as error:
            raise IndexDamaged(self.name, path) from error
        raise IndexDamaged(self.name, path)

    def document(self, document_id: str) -> Document:
        """Raises as `read`."""
        return document_from_json(json.loads(self.read(f"documents/{document_id}.json")))

    def verify(self, paths: Collection[str]) -> None:
        """Raises IndexDamaged naming the first that is not as it was written."""
        checksums.verify(self.folder, self.expected, paths)

    def parted(self) -> tuple[list[str], list[str]]:
        """What a reader checks before the first question, and what afterwards."""
        names = [path for path in self.expected if not path.startswith((BUILD_ONLY, POINTS))]
        sizes = {path: (self.folder / path).stat().st_size for path in names if (self.folder / path).is_file()}
        if sum(sizes.values()) <= AT_ONCE:
            return list(sizes), []
        return [path for path in sizes if sizes[path] <= SMALL], [path for path in sizes if sizes[path] > SMALL]


def files_of(settings: Settings, name: str) -> VersionFiles:
    """Raises IndexDamaged where they cannot be listed, or are not those that are listed."""
    folder = settings.index_dir / "versions" / name
    return VersionFiles(settings, name, folder, checksums.read_checksums(folder, partly=bool(settings.qdrant_url)))
