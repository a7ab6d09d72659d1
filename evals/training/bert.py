"""BERT as MiniLM and e5 use it, in plain torch: small enough to read, fast to train on a CPU, and easy to export.

Source: Devlin et al. 2019; layer names of the published checkpoint are mapped in from_published. Texts become vectors as
`retrieval.encoders.embedder` makes them: words and place each for itself. Leaves out: dropout (the runs here are short and
regularised otherwise), the pooler, the masked-language-model head.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from retrieval.encoders.embedder import PLACE_WEIGHT, split_place

PLACE_LENGTH = 48  # word pieces of a place


class Layer(nn.Module):
    """One post-norm transformer layer of BERT (Devlin et al. 2019)."""

    def __init__(self, width: int, inner: int, heads: int) -> None:
        super().__init__()
        self.heads, self.each = heads, width // heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: torch.Tensor, bias: torch.Tensor, *, first: torch.Tensor | None = None) -> torch.Tensor:
        """(batch, tokens, width) -> the same, or only so many `first` tokens, each of which sees all."""
        split = (x.shape[0], x.shape[1], self.heads, self.each)
        q, k, v = (part.view(split).transpose(1, 2) for part in self.qkv(x).split(self.heads * self.each, dim=-1))
        if first is not None:
            x, q = x[:, :first], q[:, :, :first]
        weights = torch.softmax(q @ k.transpose(-1, -2) * self.each**-0.5 + bias, dim=-1)
        x = self.norm1(x + self.out((weights @ v).transpose(1, 2).reshape(x.shape)))
        out: torch.Tensor = self.norm2(x + self.down(nn.functional.gelu(self.up(x))))
        return out


class Bert(nn.Module):
    """The encoder without pooler: (batch, tokens) int64 ids -> (batch, tokens, width) float32 states."""

    def __init__(
        self, *, layers: int = 6, width: int = 384, inner: int = 1536, heads: int = 12, vocabulary: int = 30522
    ) -> None:
        super().__init__()
        self.words, self.places, self.types = (nn.Embedding(n, width) for n in (vocabulary, 512, 2))
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(width, inner, heads) for _ in range(layers))

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor,
        first: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """`first`: the states of so many tokens only, which spares most of the last layer."""
        bias = (1.0 - attention_mask[:, None, None, :].to(self.norm.weight.dtype)) * -1e4
        place = torch.ones_like(input_ids).cumsum(1) - 1  # a form whose shape the quantizer can follow
        x: torch.Tensor = self.norm(self.words(input_ids) + self.places(place) + self.types(token_type_ids))
        for layer in self.layers[:-1]:
            x = layer(x, bias)
        out: torch.Tensor = self.layers[-1](x, bias, first=first)
        return out


def from_published(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Names and shapes of the published checkpoint -> those of Bert; q, k and v are stacked into one matrix."""
    at, kinds = "encoder.layer.", ("weight", "bias")
    embeddings = {"words": "word", "places": "position", "types": "token_type"}
    state = {f"{new}.weight": weights[f"embeddings.{old}_embeddings.weight"] for new, old in embeddings.items()}
    state |= {f"norm.{kind}": weights[f"embeddings.LayerNorm.{kind}"] for kind in kinds}
    parts = {
        "out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for n in range(sum(name.endswith("intermediate.dense.bias") for name in weights)):
        for kind in kinds:
            qkv = [weights[f"{at}{n}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            state[f"layers.{n}.qkv.{kind}"] = torch.cat(qkv)
            state |= {f"layers.{n}.{new}.{kind}": weights[f"{at}{n}.{old}.{kind}"] for new, old in parts.items()}
    return state


def load(folder: Path) -> Bert:
    """fp32 Bert from model.safetensors, in the published names or in Bert's own."""
    weights = load_file(folder / "model.safetensors")
    state = weights if "words.weight" in weights else from_published(weights)
    model = Bert(layers=sum(name.endswith(".up.bias") for name in state))
    model.load_state_dict(state)
    return model.eval()


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


def encode(model: Bert, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(texts, 384): mean over real tokens, length 1; and (texts, tokens, 384): each token, length 1, zero where padded."""
    states = model(ids, mask, torch.zeros_like(ids)) * mask[:, :, None]
    return F.normalize(states.sum(1) / mask.sum(1, keepdim=True), dim=1), F.normalize(states, dim=2)


def encode_windows(
    model: Bert, tokenizer: Tokenizer, texts: Sequence[str], *, length: int
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
def embed_queries(model: Bert, tokenizer: Tokenizer, texts: Sequence[str], *, size: int = 32) -> np.ndarray:
    """(texts, 384) float32, in batches of similar length."""
    return _by_length(texts, lambda part: encode(model, *batch_ids(tokenizer, part, 64))[0], size)


@torch.inference_mode()
def embed_windows(model: Bert, tokenizer: Tokenizer, texts: Sequence[str], *, size: int = 32) -> np.ndarray:
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


class HalfCopy:
    """`master` is what the optimizer steps and what is saved; `model`, its bf16 twin, is what is run."""

    def __init__(self, master: nn.Module) -> None:
        self.master = master
        self.model = copy.deepcopy(master).to(torch.bfloat16)
        self._pairs = list(zip(master.parameters(), self.model.parameters(), strict=True))

    @torch.no_grad()
    def sync(self) -> None:
        """The master's weights into the twin."""
        for one, other in self._pairs:
            other.copy_(one)

    def backward(self, loss: torch.Tensor, *, norm: float = 1.0) -> None:
        """The twin's gradients of `loss` into the master, clipped to `norm`."""
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        for one, other in self._pairs:
            one.grad = None if other.grad is None else other.grad.float()
        torch.nn.utils.clip_grad_norm_([one for one, _ in self._pairs], norm)


def keep(file: Path, step: int, **parts: Any) -> None:
    """Writes the state of each part (model, optimizer, schedule) and the steps that were taken."""
    torch.save({"step": step} | {name: part.state_dict() for name, part in parts.items()}, file)


def resume(file: Path, **parts: Any) -> int:
    """Puts into each part what `keep` wrote; the steps that were taken, 0 where there is no such file."""
    if not file.exists():
        return 0
    saved = torch.load(file, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    return int(saved["step"])


def save(model: nn.Module, file: Path) -> None:
    save_file({name: weight.contiguous() for name, weight in model.state_dict().items()}, file)
