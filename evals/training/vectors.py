"""Texts -> vectors with the torch encoder, for training; batched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from evals.training import bert
from retrieval.encoders.embedder import PLACE_WEIGHT, split_place

PLACE_LENGTH = 48  # word pieces of a place


def batch_ids(tokenizer: Tokenizer, texts: Sequence[str], length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, both (texts, longest) int64, cut at `length`."""
    rows = [
        encoding.ids[: length - 1] + encoding.ids[-1:] if len(encoding.ids) > length else encoding.ids
        for encoding in tokenizer.encode_batch(list(texts))
    ]
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.int64)
    for n, row in enumerate(rows):
        ids[n, : len(row)] = torch.tensor(row)
    return ids, (ids != 0).long()


def encode(model: bert.Bert, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(texts, 384): mean over real tokens, length 1; and (texts, tokens, 384): each token, length 1, zero where padded."""
    states = model(ids, mask, torch.zeros_like(ids)) * mask[:, :, None]
    return F.normalize(states.sum(1) / mask.sum(1, keepdim=True), dim=1), F.normalize(states, dim=2)


def encode_windows(
    model: bert.Bert, tokenizer: Tokenizer, texts: Sequence[str], *, length: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """The same of windows' texts, the words and the place each for itself and put together as `retrieval.encoders.embedder` does."""
    pairs = [split_place(text) for text in texts]
    vectors, tokens = encode(model, *batch_ids(tokenizer, [words or place for place, words in pairs], length))
    places = list(dict.fromkeys(place for place, _ in pairs))
    ids, mask = batch_ids(tokenizer, places, PLACE_LENGTH)
    place_vectors, place_tokens = encode(model, ids, mask)
    inside = mask.roll(-1, 1) * mask  # the mark at the end has no token after it
    inside[:, 0] = inside[:, -1] = 0
    at = torch.tensor([places.index(place) for place, _ in pairs])
    weight = torch.tensor([PLACE_WEIGHT if place and words else 0.0 for place, words in pairs], dtype=vectors.dtype)
    beside = (place_tokens * inside[:, :, None])[at] * (weight > 0)[:, None, None]
    return F.normalize(vectors + weight[:, None] * place_vectors[at], dim=1), torch.cat([tokens, beside], dim=1)


@torch.inference_mode()
def embed_queries(model: bert.Bert, tokenizer: Tokenizer, texts: Sequence[str], *, size: int = 32) -> np.ndarray:
    """(texts, 384) float32, in batches of similar length."""
    return _by_length(texts, lambda part: encode(model, *batch_ids(tokenizer, part, 64))[0], size)


@torch.inference_mode()
def embed_windows(model: bert.Bert, tokenizer: Tokenizer, texts: Sequence[str], *, size: int = 32) -> np.ndarray:
    """(texts, 384) float32, in batches of similar length."""
    return _by_length(texts, lambda part: encode_windows(model, tokenizer, part, length=256)[0], size)


def _by_length(texts: Sequence[str], vectors: Callable[[list[str]], torch.Tensor], size: int) -> np.ndarray:
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    out = np.zeros((len(texts), 384), dtype=np.float32)
    for start in range(0, len(order), size):
        part = order[start : start + size]
        out[part] = vectors([texts[n] for n in part]).numpy()
    return out


def load_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return tokenizer
