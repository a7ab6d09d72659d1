"""What an index is made with, known from what its parts produce for fixed probes: no list of files, no number kept by hand.

A change that alters an output alters the digest, wherever it was made; a changed comment alters nothing.
"""

import base64
import hashlib
import json

import numpy as np

from retrieval.index.bm25 import chunk_terms, fit, query_terms
from retrieval.text.tokenize import STEMMERS, terms
from retrieval.types import Embedder, Vector

AGREE = 0.98  # cosine: int8 arithmetic differs a little between kinds of processor, another pooling by far more
TEXTS = (
    "Running tests: parse_config(path) calls HTTPServer.serve_forever() 3.5 times; C++ and fine-tuning cost $0.10.",
    "Die Wärmeübertragungen der Häuser. Les élèves étudiaient l'économie. Los niños comían manzanas.",
    "叶绿体进行光合作用。機械学習のモデル。인공지능 모델을 학습한다.",
    "تقع القاهرة على نهر النيل. הספר נמצא על השולחן. Собаки бежали по улицам. पौधे भोजन बनाते हैं। พืชสร้างอาหาร",
)
WINDOWS = (
    "Notes > Metrics\nPerplexity measures how unsure a model is about the next token.",
    "\nLa fotosíntesis convierte la luz en energía química.",
    "化学 > 光合作用\n叶绿体吸收光能。",
)


def digest(value: object) -> str:
    """16 hexadecimal digits of anything that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def terms_digest() -> str:
    """Of the terms of fixed texts in many scripts, stemmed in each language, and of their weights in a chunk and in a query."""
    found = [terms(text, language) for text in TEXTS for language in STEMMERS]
    statistics = fit(found)
    weights = [chunk_terms(one, statistics.average_length).values for one in found]
    asked = [query_terms(text, statistics).values for text in TEXTS]
    return digest([found, [[round(value, 6) for value in row] for row in (*weights, *asked)]])


def probe_vectors(embedder: Embedder) -> Vector:
    """(2 * len(WINDOWS), dim): the probes as windows, then as queries."""
    return np.vstack([embedder.embed(WINDOWS), *(embedder.embed_query(text) for text in WINDOWS)])


def packed_probe(embedder: Embedder) -> str:
    """The probes' vectors as text of about 3 kB, to be kept with an index and compared by `agrees`."""
    return base64.b64encode(np.round(probe_vectors(embedder) * 127).astype(np.int8).tobytes()).decode()


def agrees(stored: str, running: str) -> bool:
    """Whether two `packed_probe` are of encoders whose vectors can be compared: each cosine at least AGREE."""
    one, other = (np.frombuffer(base64.b64decode(text), np.int8).astype(np.float32) for text in (stored, running))
    if one.shape != other.shape:
        return False
    rows = 2 * len(WINDOWS)
    one, other = one.reshape(rows, -1), other.reshape(rows, -1)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return bool(np.all(np.sum(one * other, axis=1) >= AGREE * lengths))
