"""BERT as MiniLM and e5 use it, in plain torch: small enough to read, fast to train on a CPU, and easy to export.

Source: Devlin et al. 2019; layer names of the published checkpoint are mapped in from_published. Leaves out: dropout (the
runs here are short and regularised otherwise), the pooler, the masked-language-model head.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn


class Layer(nn.Module):
    """One post-norm transformer layer of BERT (Devlin et al. 2019)."""

    def __init__(self, width: int, inner: int, heads: int) -> None:
        super().__init__()
        self.heads, self.each = heads, width // heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        split = (x.shape[0], x.shape[1], self.heads, self.each)
        q, k, v = (part.view(split).transpose(1, 2) for part in self.qkv(x).split(self.heads * self.each, dim=-1))
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
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        bias = (1.0 - attention_mask[:, None, None, :].to(self.norm.weight.dtype)) * -1e4
        place = torch.ones_like(input_ids).cumsum(1) - 1  # a form whose shape the quantizer can follow
        x: torch.Tensor = self.norm(self.words(input_ids) + self.places(place) + self.types(token_type_ids))
        for layer in self.layers:
            x = layer(x, bias)
        return x


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
