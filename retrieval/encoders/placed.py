"""A window's words and the place they stand at, encoded each for itself and put together.

Read as one text, a long path of headings drowns two short bullets: every window of a section comes to lie near the
path. So the path is encoded once and added to the window's vector with a weight below one, and its tokens stand beside
the window's for late interaction. It also saves encoding the same path with every window.
"""

from dataclasses import dataclass

import numpy as np

from retrieval.types import Vector

PLACE_WEIGHT = 0.4  # chosen on held-out sources of the training data


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's unit vector (dim,), its tokens' (n_tokens, d), and how much each token tells (n_tokens,), 0 for the marks
    around the text; None where the model gives no token states.
    """

    vector: Vector
    states: Vector | None
    weights: Vector | None = None


def split_place(text: str) -> tuple[str, str]:
    """The place and the words of a text as `retrieval.text.embedding_text.window_text` makes it: its first line, and the rest."""
    place, _, words = text.partition("\n")
    return place, words


def placed(words: Encoded, place: Encoded) -> Encoded:
    """One vector, `words + PLACE_WEIGHT * place` at length 1, and the tokens of both, without the marks around the place."""
    states = None
    if words.states is not None and place.states is not None:
        states = np.concatenate([words.states, place.states[1:-1]])
    return Encoded(unit(words.vector + np.float32(PLACE_WEIGHT) * place.vector), states)


def unit(vector: Vector) -> Vector:
    """At length 1; a vector of zeros stays as it is."""
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
