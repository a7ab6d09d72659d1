"""A window's words and its place, put together: by hand, and as the bundled model does it."""

import os
import subprocess
import sys

import numpy as np
import pytest

from retrieval.config import ROOT
from retrieval.encoders.embedder import PLACE_WEIGHT, Encoded, FastEmbedder, placed, split_place, unit


def test_the_first_line_is_the_place() -> None:
    assert split_place("Title > Cats\nThey sleep.\nA lot.") == ("Title > Cats", "They sleep.\nA lot.")
    assert split_place("\nThey sleep.") == ("", "They sleep.")
    assert split_place("Title > Cats") == ("Title > Cats", "")


def test_words_and_place_by_hand() -> None:
    rows = np.eye(4, dtype=np.float32)
    words, place = Encoded(rows[0], rows[:3], np.ones(3, np.float32)), Encoded(rows[1], rows)
    both = placed(words, place)
    length = (1 + PLACE_WEIGHT**2) ** 0.5
    assert both.vector == pytest.approx([1 / length, PLACE_WEIGHT / length, 0.0, 0.0])
    assert both.states is not None
    assert both.states.tolist() == [*rows[:3].tolist(), *rows[1:3].tolist()]  # no marks of the place
    assert placed(Encoded(rows[0], None), place).states is None
    assert not unit(np.zeros(3, np.float32)).any()


def test_the_bundled_model_encodes_both_for_themselves(embedder: FastEmbedder) -> None:
    words, place = "They sleep sixteen hours a day.", "Handbook of the animals in a house > Cats"
    (alone, title, both, placeless) = embedder.embed([f"\n{words}", place, f"{place}\n{words}", words])
    assert both == pytest.approx(unit(alone + np.float32(PLACE_WEIGHT) * title), abs=1e-5)
    assert placeless == pytest.approx(alone)
    states = embedder.token_states(f"{place}\n{words}")
    own, of_place = embedder.token_states(f"\n{words}"), embedder.token_states(place)
    assert np.allclose(states, np.concatenate([own, of_place[1:-1]]), atol=1e-5)


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads as Linux lists them")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor has one thread anyway")
@pytest.mark.parametrize(("asked", "threads"), [(None, 1), ("2", 2)])
def test_small_products_are_not_spread_over_processors(asked: str | None, threads: int) -> None:
    """Unless somebody asks for it."""
    code = "import retrieval.hybrid, numpy, os; x = numpy.ones((400, 400)); x @ x; print(len(os.listdir('/proc/self/task')))"
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    environment |= {"OPENBLAS_NUM_THREADS": asked} if asked else {}
    assert int(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=environment)) == threads
