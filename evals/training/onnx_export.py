"""A trained encoder as the files the product loads: ONNX, int8 weights, a tokenizer; and what that cost.

Mean pooling and normalisation stay outside the graph: fastembed does them. Needs torch, safetensors and onnx, none of them
at run time. Leaves out: fp16, GPU, static quantization.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer
from torch import nn

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


def export(
    module: nn.Module,
    target: Path,
    *,
    inputs: tuple[str, ...] = INPUTS,
    output: str = "last_hidden_state",
    axes: tuple[str, ...] = ("batch", "tokens"),
) -> None:
    """`module` over `inputs`, any batch size and length, as fp32 ONNX."""
    example = tuple(torch.ones(2, 16, dtype=torch.int64) for _ in inputs)
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
        quant_pre_process(source, prepared)
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
