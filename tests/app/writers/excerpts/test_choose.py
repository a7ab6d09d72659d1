"""Which stretches are shown beside the likeliest, for given likelihoods."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.writers.excerpts.choose import choose_places
from app.writers.excerpts.features import QueryTerms
from app.writers.excerpts.likelihoods import ScoredStretch
from app.writers.excerpts.stretches import stretches
from tests.app.writers.excerpts.course_support import course

SECTIONS = "# Boats\n\n## A\n\nA cleat holds.\n\nA line runs.\n\n## B\n\nA fender floats.\n"
ENTRIES = "# Terms\n\n- **cleat**: holds a line\n- **davit**: holds a dinghy\n- **gaff**: holds a sail\n"


def shown(folder: Path, text: str, likelihoods: Sequence[float]) -> list[str]:
    (document,) = course(folder, notes=text).documents.values()
    found = stretches(document, [(0, len(document.text))])
    scored = [ScoredStretch(one, np.array([likelihood])) for one, likelihood in zip(found, likelihoods, strict=True)]
    return [part.stretch.text(part.units[0]) for place in choose_places(scored, QueryTerms({})) for part in place]


@pytest.mark.parametrize(("further", "is_shown"), [(0.1, False), (0.3, True)])
def test_another_section_is_shown_if_it_is_likely_enough_beside_the_best(
    tmp_path: Path, further: float, is_shown: bool
) -> None:
    found = shown(tmp_path, SECTIONS, [0.8, 0.07, further])
    assert found == ["A cleat holds.", "A line runs.", *["A fender floats."] * is_shown]


def test_several_sections_are_shown_where_none_is_likely(tmp_path: Path) -> None:
    assert len(shown(tmp_path, SECTIONS, [0.12, 0.01, 0.1])) == 2


@pytest.mark.parametrize(("further", "count"), [(0.1, 1), (0.3, 2)])
def test_another_glossary_entry_is_shown_if_it_is_likely_enough_beside_the_best(
    tmp_path: Path, further: float, count: int
) -> None:
    assert len(shown(tmp_path, ENTRIES, [0.8, further, 0.01])) == count


def test_a_long_list_shows_the_first_sentence_of_each_item_before_others(tmp_path: Path) -> None:
    items = [f"Hitch {n}: It ties {n} ropes. {' '.join(['So it holds a boat in a gale.'] * 12)}" for n in range(4)]
    (document,) = course(tmp_path, notes="# A\n\n" + "\n\n".join(items)).documents.values()
    (found,) = stretches(document, [(0, len(document.text))])
    likely = np.array([0.1 * (found.text(unit)[:2] == "So") for unit in found.units])
    ((place,),) = choose_places([ScoredStretch(found, likely)], QueryTerms({}))
    assert {f"Hitch {n}" for n in range(4)} <= {found.text(unit)[:7] for unit in place.units}
