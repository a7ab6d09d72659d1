"""Texts -> vectors with the torch encoder, for training; batched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from retrieval.models import bert


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


def embed(model: bert.Bert, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(texts, 384) float32: mean over real tokens, length 1."""
    return encode(model, ids, mask)[0]


@torch.inference_mode()
def embed_all(model: bert.Bert, tokenizer: Tokenizer, texts: Sequence[str], *, size: int = 32) -> np.ndarray:
    """(texts, 384) float32, in batches of similar length."""
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    out = np.zeros((len(texts), 384), dtype=np.float32)
    for start in range(0, len(order), size):
        part = order[start : start + size]
        out[part] = embed(model, *batch_ids(tokenizer, [texts[n] for n in part], 256)).numpy()
    return out


def load_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return tokenizer
