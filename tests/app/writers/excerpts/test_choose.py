"""Which stretches are shown beside the likeliest one, for likelihoods that are given."""

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


def shown(folder: Path, text: str, likely: Sequence[float]) -> list[str]:
    (document,) = course(folder, notes=text).documents.values()
    found = stretches(document, [(0, len(document.text))])
    scored = [ScoredStretch(one, np.array([chance])) for one, chance in zip(found, likely, strict=True)]
    return [part.stretch.text(part.units[0]) for place in choose_places(scored, QueryTerms({})) for part in place]


@pytest.mark.parametrize(("elsewhere", "quoted"), [(0.1, False), (0.3, True)])
def test_another_section_has_to_be_likely_beside_the_best(tmp_path: Path, elsewhere: float, quoted: bool) -> None:
    found = shown(tmp_path, SECTIONS, [0.8, 0.07, elsewhere])
    assert found == ["A cleat holds.", "A line runs.", *["A fender floats."] * quoted]


def test_where_nothing_is_likely_several_sections_are_quoted(tmp_path: Path) -> None:
    assert len(shown(tmp_path, SECTIONS, [0.12, 0.01, 0.1])) == 2


@pytest.mark.parametrize(("other", "quoted"), [(0.1, 1), (0.3, 2)])
def test_so_has_another_entry_of_a_glossary(tmp_path: Path, other: float, quoted: int) -> None:
    assert len(shown(tmp_path, ENTRIES, [0.8, other, 0.01])) == quoted


def test_of_a_long_list_all_items_are_named_before_more_is_said_of_one(tmp_path: Path) -> None:
    items = [f"Hitch {n}: It ties {n} ropes. {' '.join(['So it holds a boat in a gale.'] * 12)}" for n in range(4)]
    (document,) = course(tmp_path, notes="# A\n\n" + "\n\n".join(items)).documents.values()
    (found,) = stretches(document, [(0, len(document.text))])
    likely = np.array([0.1 * (found.text(unit)[:2] == "So") for unit in found.units])
    ((place,),) = choose_places([ScoredStretch(found, likely)], QueryTerms({}))
    assert {f"Hitch {n}" for n in range(4)} <= {found.text(unit)[:7] for unit in place.units}
