"""What a build puts aside on disk comes back as it was."""

from pathlib import Path

import numpy as np
import pytest

from ingest.index.scratch import Arrays
from ingest.index.shelf import document_shelf
from tests.ingest.chunk.test_chunker import document


def test_arrays_come_back_by_key_and_the_first_of_a_key_stays(tmp_path: Path) -> None:
    arrays: Arrays[np.float32] = Arrays(tmp_path / "arrays", np.float32)
    made = {bytes([number]): np.full((number % 3 + 1, 5), number, np.float32) for number in range(50)}
    for key, rows in made.items():
        arrays.add(key, rows)
    arrays.add(bytes([7]), np.zeros((9, 5), np.float32))
    assert list(arrays) == list(made)
    assert all(np.array_equal(arrays[key], rows) for key, rows in made.items())
    assert b"other" not in arrays
    with pytest.raises(KeyError):
        arrays[b"other"]
    arrays.close()


def test_a_document_that_was_taken_over_can_be_replaced_without_touching_its_version(tmp_path: Path) -> None:
    before, after = document_shelf(tmp_path / "before"), document_shelf(tmp_path / "after")
    before.put(document("# Old\n\nText.\n"))
    after.take_over("d", tmp_path / "before")
    assert list(after) == list(before)
    after.put(document("# New\n\nText.\n"))
    assert [one.text for one in after] == ["# New\n\nText.\n"]
    assert [one.text for one in before] == ["# Old\n\nText.\n"]
