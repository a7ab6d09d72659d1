"""Which program reads: documents that an earlier one read are read again."""

import hashlib
from functools import lru_cache
from pathlib import Path

from retrieval import types
from retrieval.index import codec, token_vectors
from retrieval.query import spelling
from retrieval.text import embedding_text, sentences, tokenize
from retrieval.text import markdown as plain

PACKAGE = Path(__file__).resolve().parents[1]
USED = (codec, plain, embedding_text, sentences, spelling, token_vectors, tokenize, types)  # to cut a document


@lru_cache(maxsize=1)
def code_digest() -> str:
    """The content hash of this package's modules and of those by which it cuts documents."""
    digest = hashlib.sha256()
    for path in [*sorted(PACKAGE.rglob("*.py")), *(Path(str(module.__file__)) for module in USED)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
