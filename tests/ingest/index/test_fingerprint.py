"""An index is built again when the program makes something else of a document, and only then."""

import json
from pathlib import Path

import pytest

from ingest.build import build
from ingest.chunk import chunker
from ingest.index import fingerprint
from ingest.index.fingerprint import MEMO, PROBES, encoder_digest, reader_digest
from retrieval.config import Settings
from retrieval.encoders import embedder as encoding
from retrieval.encoders.embedder import FastEmbedder
from retrieval.index import bm25, versions
from retrieval.index.opened_index import stored_points


def forget(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the program's files had changed: the probes are read again."""
    monkeypatch.setattr(fingerprint, "_program_hash", lambda: "changed")
    monkeypatch.setattr(fingerprint, "_read_probes", fingerprint._read_probes.__wrapped__)


def test_every_probe_is_read() -> None:
    with fingerprint.Loader(PROBES) as loader:
        found = {path.name: fingerprint._read(loader, path) for path in PROBES.iterdir()}
    assert len(found) >= 9
    assert all(isinstance(read, list) and isinstance(read[0], dict) and read[1]["pieces"] for read in found.values())


def test_a_changed_comment_rebuilds_nothing(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(built, monkeypatch)
    assert not build(built).published
    assert json.loads((built.index_dir / MEMO).read_text(encoding="utf-8"))["program"] == "changed"


def test_another_weight_of_headings_encodes_everything_again(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = list(stored_points(built, versions.current(built)))
    monkeypatch.setattr(encoding, "PLACE_WEIGHT", encoding.PLACE_WEIGHT + 0.1)
    report = build(built)
    assert report.published
    assert (report.embedded, report.reason) == (2, "the program encodes texts in another way now")
    after = list(stored_points(built, report.version))
    assert all(float(old.vectors[0] @ new.vectors[0]) < 0.9999 for old, new in zip(before, after, strict=True))


def test_another_pooling_is_noticed(embedder: FastEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = encoder_digest(embedder)
    assert encoder_digest(FastEmbedder(embedder.name)) == before
    other = FastEmbedder(embedder.name)
    encode = other._encode

    def first_token(text: str) -> encoding.Encoded:
        found = encode(text)
        assert found.states is not None
        vector = found.vector.copy()
        vector[: found.states.shape[1]] += found.states[0]
        return encoding.Encoded(encoding.unit(vector), found.states, found.weights)

    monkeypatch.setattr(other, "_encode", first_token)
    assert encoder_digest(other) != before


def test_another_k1_builds_again_but_encodes_nothing(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bm25, "K1", 2.0)
    report = build(built)
    assert (report.published, report.embedded) == (True, 0)
    assert report.reason == "the program finds or weighs words in another way now"


def test_another_chunker_builds_again(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = chunker.chunks
    monkeypatch.setattr(fingerprint, "chunks", lambda *given: chunks(*given)[:1])
    forget(built, monkeypatch)
    assert build(built).reason == "the program reads documents in another way now"


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"program": 1}'])
def test_a_damaged_memo_is_made_again(tmp_path: Path, text: str) -> None:
    memo = tmp_path / MEMO
    made = reader_digest(memo)
    memo.write_text(text, encoding="utf-8")
    assert reader_digest(memo) == made
    assert json.loads(memo.read_text(encoding="utf-8"))["reader"] == made
