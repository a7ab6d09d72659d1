"""Trained weights -> the folder the product loads: int8 ONNX, tokenizer, projection, and what quantization cost.

    python -m evals.training.export runs/embedder/alpha-0.5 --data ../shared/training --tokenizer MINILM_FOLDER \\
        --target retrieval/models/study

The shape is that of the model as published; see evals/training/onnx_export.py. The projection takes token states to
the few dimensions they are stored in: the main directions of the states of some training windows. The inverse document
frequencies say how much each word piece of a question tells.
"""

import argparse
import random
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from tokenizers import Tokenizer

from evals.training import bert, data
from evals.training.onnx_export import SAMPLES, compare, copy_tokenizer, export, feeds, quantize, sha256

WIDTH = 64  # dimensions of a stored token state
WINDOWS = 500
SEED = 7


def projection(model_file: Path, tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    """(d, WIDTH) float32: the eigenvectors of the second moments of the unit token states with the largest eigenvalues."""
    session = ort.InferenceSession(str(model_file), providers=["CPUExecutionProvider"])
    states = np.concatenate([session.run(None, feeds(tokenizer, text))[0][0] for text in texts])
    states /= np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
    values, vectors = np.linalg.eigh(states.T @ states / len(states))
    print(f"projection keeps {values[-WIDTH:].sum() / values.sum():.3f} of the states' energy")
    return np.ascontiguousarray(vectors[:, ::-1][:, :WIDTH], dtype=np.float32)


def idf(tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    """(vocabulary,) float16: ln(1 + (N - df + 0.5) / (df + 0.5)), as BM25 has it, of each word piece over the texts."""
    frequency = np.zeros(tokenizer.get_vocab_size())
    for encoded in tokenizer.encode_batch(texts):
        frequency[list(set(encoded.ids))] += 1
    return np.log1p((len(texts) - frequency + 0.5) / (frequency + 0.5)).astype(np.float16)


def main() -> None:
    parser = argparse.ArgumentParser(description="export a trained embedding model to int8 ONNX")
    parser.add_argument("weights", type=Path, help="folder with model.safetensors")
    parser.add_argument("--data", type=Path, required=True, help="folder with passages.jsonl and questions.tsv")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder of the original model")
    parser.add_argument("--target", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(2)
    options.target.mkdir(parents=True, exist_ok=True)
    encoder = bert.load(options.weights)
    file = options.target / "model.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "fp32.onnx"
        export(encoder, full)
        quantize(full, file)
    copy_tokenizer(options.tokenizer, options.target)
    tokenizer = Tokenizer.from_file(str(options.target / "tokenizer.json"))
    passages, _ = data.load(options.data)
    windows = [passage.placed(window) for passage in passages for window in passage.windows]
    sample = random.Random(SEED).sample(windows, WINDOWS)
    np.save(options.target / "projection.npy", projection(file, tokenizer, sample))
    np.save(options.target / "idf.npy", idf(tokenizer, windows))
    cosines, rate = compare(encoder, file, tokenizer, list(SAMPLES))
    print(f"cosine to fp32 mean {cosines.mean():.4f}, min {cosines.min():.4f}; {rate:.0f} texts/s one by one")
    print(f"weights  {sha256(options.weights / 'model.safetensors')}")
    for path in sorted(options.target.glob("*.*")):
        print(f"{sha256(path)}  {path.name}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
