"""What this program makes of documents: digests of what its encoder, its parsers and its chunker produce for probes.

Documents and vectors of an earlier version are taken over only where these are the same. The probes in `probes/` are
read as a build reads any file; any file that is put there is read too. Since that takes seconds, the result is kept
beside the index, under a hash of the program's files and of the packages that are installed: as long as those are the
same bytes, so is what they produce.
"""

import hashlib
import json
import sysconfig
from functools import lru_cache
from pathlib import Path

import numpy as np

from ingest.chunk.chunker import Chunking, chunks
from ingest.index.chunks import chunks_to_json, indexed_chunks
from ingest.parse.formats.pdf import ocr
from ingest.parse.load import Loader
from retrieval.config import ROOT
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import UnreadableFile
from retrieval.index.codec import document_to_json
from retrieval.index.manifest import WINDOWS, digest, probe_vectors
from retrieval.text.language import document_language

PROBES = ROOT / "ingest" / "index" / "probes"
MEMO = "READER"


def encoder_digest(encoder: FastEmbedder) -> str:
    """Of the vectors and token states of fixed texts, to three decimals. The same machine gives the same digest."""
    states = [one.states for one in encoder.stream(WINDOWS) if one.states is not None]
    found = [probe_vectors(encoder), *states]
    return digest([np.round(one.astype(np.float64), 3).tolist() for one in found])


def reader_digest(memo: Path) -> str:
    """Of the documents and chunks that are made of the probes. `memo`: the file in which the last one is kept."""
    program = _program_hash()
    try:
        known = json.loads(memo.read_text(encoding="utf-8"))
        if known["program"] == program:
            return str(known["reader"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none yet, or damaged: it is made again
    found = _read_probes()
    memo.write_text(json.dumps({"program": program, "reader": found}), encoding="utf-8")
    return found


@lru_cache(maxsize=1)
def _read_probes() -> str:
    with Loader(PROBES) as loader:
        return digest([_read(loader, path) for path in sorted(PROBES.iterdir())])


def _read(loader: Loader, path: Path) -> object:
    try:
        loaded = loader.load(path)
    except UnreadableFile as error:
        return [path.name, error.reason]
    document = loaded.document
    indexed = indexed_chunks(document.id, chunks(document, Chunking()), language=document_language(document))
    return [document_to_json(document), chunks_to_json(indexed), loaded.dropped, loaded.notes]


def _program_hash() -> str:
    """Of all Python files of the packages that read, all probes, the names and versions of what is installed, and
    where the program for text recognition is."""
    found = hashlib.sha256()
    for path in sorted([*(ROOT / "retrieval").rglob("*.py"), *(ROOT / "ingest").rglob("*.py"), *PROBES.iterdir()]):
        found.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    found.update(f"{ocr.program()}".encode())
    installed = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    found.update("\n".join(sorted(path.name for path in installed)).encode())
    return found.hexdigest()
