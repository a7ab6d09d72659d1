"""Trained weights -> the folder the product loads: int8 ONNX, a tokenizer, what late interaction needs; and what that cost.

    python -m evals.training.export embedder runs/embedder --data ../shared/training --tokenizer MINILM_FOLDER \\
        --target retrieval/models/study
    python -m evals.training.export reader runs/reader/model.safetensors --tokenizer MINILM_FOLDER --target retrieval/models/reader

Mean pooling and normalisation stay outside the graph: fastembed does them. The projection takes token states to the few
dimensions they are stored in: the main directions of the states of some training windows. The inverse document
frequencies say how much each word piece of a question tells. Needs torch, safetensors and onnx, none of them at run time.
Leaves out: fp16, GPU, static quantization.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer
from torch import nn

from evals.training import bert, data
from evals.training.train_reader import LENGTH, Reader, encode

WIDTH = 64  # dimensions of a stored token state
WINDOWS = 500
SEED = 7
MAX_TOKENS = 256
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SAMPLES = (
    "what is perplexity?",
    "Which file does the reader open when the index is published?",
    "Evaluation > Metrics\nPerplexity measures the uncertainty of a model about the next token. It falls as the context grows.",
    "def softmax(x):\n    e = np.exp(x - x.max())\n    return e / e.sum()",
    "| model | parameters | speed |\n| --- | --- | --- |\n| small | 7B | 1x |\n| large | 70B | 0.1x |",
    "Revenue for the quarter rose 4.2% year over year to $1.3 billion, driven by services; operating margin was 21%.",
    "A primary copies each write to its replicas. Reads may be stale for a moment; this is called eventual consistency. "
    * 5,
)


def export(
    module: nn.Module,
    target: Path,
    *,
    inputs: tuple[str, ...] = INPUTS,
    output: str = "last_hidden_state",
    axes: tuple[str, ...] = ("batch", "tokens"),
) -> None:
    """`module` over `inputs`, any batch size and length, as fp32 ONNX."""
    example = tuple(torch.full((2, 16), int(name != "token_type_ids")) for name in inputs)  # as if all of a question
    dynamic = {name: {0: "batch", 1: "tokens"} for name in inputs} | {output: dict(enumerate(axes))}
    torch.onnx.export(
        module.eval(),
        example,
        str(target),
        input_names=list(inputs),
        output_names=[output],
        dynamic_axes=dynamic,
        opset_version=17,
        dynamo=False,
    )


def quantize(source: Path, target: Path, *, kinds: list[str] | None = None) -> None:
    """int8 weights, one scale per output channel, of the `kinds` of operators (default: all that can be); activations are
    quantized at run time. 0.94 cosine without per_channel.
    """
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(source, prepared, skip_symbolic_shape=True)  # it cannot follow a length that the input tells
        quantize_dynamic(prepared, target, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=kinds)
    onnx.checker.check_model(str(target))


def copy_tokenizer(source: Path, target: Path, *, length: int = MAX_TOKENS) -> None:
    """The four small files that fastembed reads beside the model; the length limit becomes `length`."""
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    tokenizer.save(str(target / "tokenizer.json"), pretty=False)
    settings = json.loads((source / "tokenizer_config.json").read_text())
    settings |= {"model_max_length": length, "max_length": length}
    (target / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    for name in ("config.json", "special_tokens_map.json"):
        shutil.copyfile(source / name, target / name)


def pooled(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(batch, tokens, d) and (batch, tokens) -> (batch, d): mean over real tokens, length 1."""
    mean = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def feeds(tokenizer: Tokenizer, text: str) -> dict[str, np.ndarray]:
    encoding = tokenizer.encode(text)
    rows = (encoding.ids, encoding.attention_mask, encoding.type_ids)
    return {name: np.array([row], dtype=np.int64) for name, row in zip(INPUTS, rows, strict=True)}


def compare(module: nn.Module, model_file: Path, tokenizer: Tokenizer, texts: list[str]) -> tuple[np.ndarray, float]:
    """Cosine of the ONNX file to the torch module per text, each text a batch of its own, and texts per second of the ONNX file."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    session = ort.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])
    batches = [feeds(tokenizer, text) for text in texts]
    with torch.inference_mode():
        original = [module(*(torch.from_numpy(batch[name]) for name in INPUTS)).numpy() for batch in batches]
    started = time.perf_counter()
    quantized = [session.run(None, batch)[0] for batch in batches]
    seconds = time.perf_counter() - started
    pairs = zip(original, quantized, batches, strict=True)
    cosines = [float((pooled(a, b["attention_mask"]) * pooled(q, b["attention_mask"])).sum()) for a, q, b in pairs]
    return np.array(cosines), len(texts) / seconds


def main_directions(states: np.ndarray, width: int = WIDTH) -> np.ndarray:
    """(d, width) float32: eigenvectors of the second moments of the states (n, d), each brought to length 1, that have the
    largest eigenvalues."""
    states = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
    values, vectors = np.linalg.eigh(states.T @ states / len(states))
    print(f"{width} directions keep {values[-width:].sum() / values.sum():.3f} of the states' energy")
    return np.ascontiguousarray(vectors[:, ::-1][:, :width], dtype=np.float32)


def token_states(model_file: Path, tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    """(tokens, d): those of all texts, one after the other."""
    session = ort.InferenceSession(str(model_file), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, feeds(tokenizer, text))[0][0] for text in texts])


def idf(tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    """(vocabulary,) float16: ln(1 + (N - df + 0.5) / (df + 0.5)), as BM25 has it, of each word piece over the texts."""
    frequency = np.zeros(tokenizer.get_vocab_size())
    for encoded in tokenizer.encode_batch(texts):
        frequency[list(set(encoded.ids))] += 1
    return np.log1p((len(texts) - frequency + 0.5) / (frequency + 0.5)).astype(np.float16)


def list_files(folder: Path) -> None:
    for path in sorted(folder.glob("*.*")):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}  {path.stat().st_size:,} bytes")


def to_file(module: nn.Module, file: Path, **form: Any) -> None:
    """`module` as int8 ONNX; `form` as of `export`."""
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "fp32.onnx"
        export(module, full, **form)
        quantize(full, file)


def export_embedder(options: argparse.Namespace) -> None:
    encoder, file = bert.load(options.weights), options.target / "model.onnx"
    to_file(encoder, file)
    copy_tokenizer(options.tokenizer, options.target)
    tokenizer = Tokenizer.from_file(str(options.target / "tokenizer.json"))
    passages, _ = data.load(options.data)
    windows = [passage.placed(window) for passage in passages for window in passage.windows]
    sample = random.Random(SEED).sample(windows, WINDOWS)
    np.save(options.target / "projection.npy", main_directions(token_states(file, tokenizer, sample)))
    np.save(options.target / "idf.npy", idf(tokenizer, windows))
    cosines, rate = compare(encoder, file, tokenizer, list(SAMPLES))
    print(f"cosine to fp32 mean {cosines.mean():.4f}, min {cosines.min():.4f}; {rate:.0f} texts/s one by one")


def export_reader(options: argparse.Namespace) -> None:
    model, file = Reader.load(options.weights).eval(), options.target / "model.onnx"
    to_file(model, file, output="score", axes=("batch",))
    copy_tokenizer(options.tokenizer, options.target, length=LENGTH)
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    tokenizer = bert.load_tokenizer(options.tokenizer)
    batches = [encode(tokenizer, [(SAMPLES[n % 2], text)], LENGTH) for n, text in enumerate(SAMPLES)]
    with torch.inference_mode():
        full = np.array([float(model(*batch)) for batch in batches])
    rows = [dict(zip(INPUTS, (part.numpy() for part in batch), strict=True)) for batch in batches]
    small = np.array([session.run(None, row)[0] for row in rows])
    print("largest difference of a score to fp32:", np.abs(full - small.ravel()).max())


def main() -> None:
    parser = argparse.ArgumentParser(description="export trained weights to int8 ONNX")
    parser.add_argument("model", choices=("embedder", "reader"))
    parser.add_argument("weights", type=Path, help="embedder: folder with model.safetensors; reader: that file")
    parser.add_argument("--data", type=Path, help="embedder: folder with passages.jsonl and questions.tsv")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder of the original model")
    parser.add_argument("--target", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(2)
    options.target.mkdir(parents=True, exist_ok=True)
    {"embedder": export_embedder, "reader": export_reader}[options.model](options)
    list_files(options.target)


if __name__ == "__main__":
    main()
