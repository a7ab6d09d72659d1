"""What a build puts aside on disk comes back as it was."""

from pathlib import Path

import numpy as np
import pytest

from ingest.index.documents import distinct_names, document_shelf
from ingest.index.points import EncodedWindows
from retrieval.index.token_vectors import PackedWindow
from tests.ingest.chunk.test_chunker import document


@pytest.mark.parametrize("states", [True, False])
def test_windows_come_back_by_key_and_the_first_of_a_key_stays(tmp_path: Path, states: bool) -> None:
    def window(number: int) -> PackedWindow:
        rows = np.full((number % 3, 5), number, np.int8) if states else None
        return PackedWindow(np.full(4, number, np.float16), rows)

    encoded = EncodedWindows(tmp_path / "encoded", dim=4)
    for number in range(50):
        encoded.add(bytes([number]), window(number))
    encoded.add(bytes([7]), window(9))
    assert len(encoded) == 50
    for number in range(50):
        found, made = encoded[bytes([number])], window(number)
        assert found.vector.tolist() == made.vector.tolist()
        assert (found.states is None) == (made.states is None)
        assert made.states is None or np.array_equal(found.states, made.states)
    assert b"other" not in encoded
    with pytest.raises(KeyError):
        encoded[b"other"]
    encoded.close()


def test_a_document_that_was_taken_over_can_be_replaced_without_touching_its_version(tmp_path: Path) -> None:
    before, after = document_shelf(tmp_path / "before"), document_shelf(tmp_path / "after")
    before.put(document("# Old\n\nText.\n"))
    after.take_over("d", tmp_path / "before")
    assert list(after) == list(before)
    after.put(document("# New\n\nText.\n"))
    assert [one.text for one in after] == ["# New\n\nText.\n"]
    assert [one.text for one in before] == ["# Old\n\nText.\n"]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/week_1.md", "b/week_2.md"], ["week 1", "week 2"]),
        (["a/x/index.md", "b/x/index.md"], ["a", "b"]),
        (["index.md", "b/index.md", "b/c/index.md"], ["index.md", "b/index.md", "b/c/index.md"]),
        (["a.md"], []),
    ],
)
def test_what_tells_files_apart(paths: list[str], names: list[str]) -> None:
    assert distinct_names(paths) == dict(zip(paths, names, strict=False))
