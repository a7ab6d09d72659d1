"""Trained weights -> the folder the product loads: int8 ONNX, tokenizer, and what quantization cost.

    python -m evals.training.export runs/embedder/alpha-0.5 --tokenizer MINILM_FOLDER --target retrieval/models/study

The shape is that of the model as published; see retrieval/models/make_minilm.py.
"""

import argparse
import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer

from retrieval.models import bert
from retrieval.models.make_minilm import SAMPLES, compare, copy_tokenizer, export, quantize, sha256


def main() -> None:
    parser = argparse.ArgumentParser(description="export a trained embedding model to int8 ONNX")
    parser.add_argument("weights", type=Path, help="folder with model.safetensors")
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
    cosines, rate = compare(encoder, file, tokenizer, list(SAMPLES))
    print(f"cosine to fp32 mean {cosines.mean():.4f}, min {cosines.min():.4f}; {rate:.0f} texts/s one by one")
    print(f"weights  {sha256(options.weights / 'model.safetensors')}")
    for path in sorted(options.target.glob("*.*")):
        print(f"{sha256(path)}  {path.name}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
