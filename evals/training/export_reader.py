"""A trained reader -> the folder the product loads: int8 ONNX, tokenizer, and what quantization cost.

python -m evals.training.export_reader runs/reader --tokenizer MINILM_FOLDER --target retrieval/models/reader
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from safetensors.torch import load_file
from torch import nn

from evals.training import bert
from evals.training.onnx_export import INPUTS, SAMPLES, copy_tokenizer, export, quantize, sha256
from evals.training.train_reader import LENGTH, Reader, encode
from evals.training.vectors import load_tokenizer


class Scores(nn.Module):
    """(batch, tokens) -> (batch, 1): the score after one of the layers."""

    def __init__(self, reader: Reader, layer: int) -> None:
        super().__init__()
        self.reader, self.layer = reader, layer

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        return self.reader(ids, mask, types)[self.layer][:, None]


def load_reader(file: Path, layer: int) -> Scores:
    """The reader cut off after `layer`, from model.safetensors or a checkpoint."""
    state = torch.load(file, weights_only=True)["model"] if file.suffix == ".pt" else load_file(file)
    reader = Reader(bert.Bert(layers=layer), [layer])
    kept = {name: weight for name, weight in state.items() if name in reader.state_dict()}
    reader.load_state_dict(kept)
    return Scores(reader.eval(), layer)


def main() -> None:
    parser = argparse.ArgumentParser(description="export a trained reader to int8 ONNX")
    parser.add_argument("weights", type=Path, help="model.safetensors or checkpoint.pt of a training run")
    parser.add_argument("--layer", type=int, default=4)
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder of the original model")
    parser.add_argument("--target", type=Path, required=True)
    options = parser.parse_args()
    options.target.mkdir(parents=True, exist_ok=True)
    model = load_reader(options.weights, options.layer)
    file = options.target / "model.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "fp32.onnx"
        export(model, full, output="score", axes=("batch",))
        quantize(full, file)
    copy_tokenizer(options.tokenizer, options.target, length=LENGTH)
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    tokenizer = load_tokenizer(options.tokenizer)
    pairs = [(SAMPLES[n % 2], text) for n, text in enumerate(SAMPLES)]
    batches = [encode(tokenizer, [pair], LENGTH) for pair in pairs]
    with torch.inference_mode():
        full_scores = np.array([float(model(*batch)) for batch in batches])
    small = [
        session.run(None, dict(zip(INPUTS, (part.numpy() for part in batch), strict=True)))[0] for batch in batches
    ]
    print("largest difference of a score to fp32:", np.abs(full_scores - np.array(small).ravel()).max())
    for path in sorted(options.target.glob("*.*")):
        print(f"{sha256(path)}  {path.name}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
