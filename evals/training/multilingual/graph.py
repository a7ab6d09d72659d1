"""The model as a file: layers with int8 weights, the table of pieces in the very 4-bit blocks it was published in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from evals.training.bert import Bert
from evals.training.multilingual.e5_file import BLOCK, LAYERS, WIDTH, Blocks, E5File
from evals.training.onnx_export import export, quantize

INPUTS = ("input_ids", "attention_mask")
CONTRIB = "com.microsoft"
INNER = 1536  # of a layer


def bert_state(source: E5File, kept: np.ndarray) -> dict[str, torch.Tensor]:
    """The weights of `evals.training.bert.Bert` with the `kept` pieces (positions in the source's vocabulary)."""
    state = {
        "words.weight": source.blocks("emb.word").rows(kept).weights().reshape(-1, WIDTH),
        "places.weight": source.array("emb.pos", -1, WIDTH),
        "types.weight": source.array("emb.type", -1, WIDTH),
        "norm.weight": source.array("emb.ln.w"),
        "norm.bias": source.array("emb.ln.b"),
    }
    for layer in range(LAYERS):
        state |= {f"layers.{layer}.{name}": weight for name, weight in _layer(source, layer).items()}
    return {name: torch.from_numpy(weight) for name, weight in state.items()}


def _layer(source: E5File, layer: int) -> dict[str, np.ndarray]:
    found = {
        "qkv.weight": np.concatenate([source.array(f"l{layer}.{name}.w", WIDTH, WIDTH) for name in "qkv"]),
        "qkv.bias": np.concatenate([source.array(f"l{layer}.{name}.b") for name in "qkv"]),
    }
    for name, theirs, columns in (("out", "ao", WIDTH), ("up", "fi", WIDTH), ("down", "fo", INNER)):
        found[f"{name}.weight"] = source.array(f"l{layer}.{theirs}.w", -1, columns)
        found[f"{name}.bias"] = source.array(f"l{layer}.{theirs}.b")
    for name, theirs in (("norm1", "aln"), ("norm2", "oln")):
        found |= {f"{name}.{kind}": source.array(f"l{layer}.{theirs}.{kind[0]}") for kind in ("weight", "bias")}
    return found


class _OneType(nn.Module):
    """Without the token types: e5 knows only the first."""

    def __init__(self, model: Bert) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self.model(ids, mask, torch.zeros_like(ids))
        return states


def write_model(model: Bert, words: Blocks, target: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        full, small = Path(scratch) / "full.onnx", Path(scratch) / "small.onnx"
        export(_OneType(model), full, inputs=INPUTS)
        quantize(full, small, kinds=["MatMul"])
        graph = onnx.load(str(small))
    _look_up_in_blocks(graph, words)
    onnx.save(graph, str(target))


def _look_up_in_blocks(model: onnx.ModelProto, words: Blocks) -> None:
    """Replaces the float32 table of pieces and its Gather by one that reads 4-bit blocks."""
    graph = model.graph
    count = len(words.halves) * BLOCK // WIDTH
    tables = {tensor.name: tensor for tensor in graph.initializer if tuple(tensor.dims) == (count, WIDTH)}
    node = next(node for node in graph.node if node.op_type == "Gather" and node.input[0] in tables)
    position = list(graph.node).index(node)
    out = node.output[0]
    halves = (words.halves.reshape(count, WIDTH).astype(np.int16) - 8) & 15  # two's complement of 4 bits
    packed = (halves[:, 0::2] | (halves[:, 1::2] << 4)).astype(np.uint8)
    table = TensorProto(name="words", data_type=TensorProto.INT4, dims=[count, WIDTH], raw_data=packed.tobytes())
    scales = numpy_helper.from_array(words.scales.reshape(count, WIDTH // BLOCK), "word_scales")
    look_up = helper.make_node(
        "GatherBlockQuantized",
        ["words", node.input[1], "word_scales"],
        [f"{out}_half"],
        domain=CONTRIB,
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
    graph.initializer.remove(tables[node.input[0]])
    graph.initializer.extend([table, scales])
    graph.node.remove(node)
    graph.node.insert(position, look_up)
    graph.node.insert(position + 1, helper.make_node("Cast", [f"{out}_half"], [out], to=TensorProto.FLOAT))
    if CONTRIB not in {entry.domain for entry in model.opset_import}:
        model.opset_import.append(helper.make_opsetid(CONTRIB, 1))
    model.ir_version = max(model.ir_version, 10)
