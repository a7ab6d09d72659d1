"""What a part keeps naming, with what tells of it."""

from pathlib import Path

import pytest

from app.writers.tasks.explanation import Course
from app.writers.tasks.pieces import whole_document
from app.writers.tasks.terms.keyphrases import keyphrase_finder
from tests.app.writers.excerpts.course_support import course


def found(folder: Path, text: str) -> dict[str, str]:
    made = course(folder, boats=text)
    (whole,) = made.documents.values()
    about = Course(made.search, made.documents.get, 0.3)
    return {piece.term: piece.text for piece in keyphrase_finder(about)(whole, whole_document(whole))}


@pytest.mark.parametrize(
    ("sentence", "term"),
    [
        ("A storm jib keeps a small boat steady in heavy weather.", "storm jib"),
        ("In heavy weather sailors may hoist a storm jib on a small boat.", ""),
        ("A sail that is small and strong and hoisted in a gale is a storm jib.", "storm jib"),
        ("In heavy weather sailors need a storm jib, a small sail of thick and strong cloth.", "storm jib"),
        ("In heavy weather, a storm jib keeps a small boat steady for long.", ""),
        ("Storm jibs tear.", ""),
        ("Old boats carry for each sail, a thing of cloth, one long coil of rope.", ""),
        ("Storm jibs . . . keep a small boat steady in heavy weather.", ""),
    ],
)
def test_a_sentence_tells_of_what_it_begins_with_or_says_something_to_be(
    tmp_path: Path, sentence: str, term: str
) -> None:
    again = "Many of them have torn a storm jib, or two, and each sail. They mend each sail in winter. They mend it by hand. They fold the storm jib sheets; the storm jib sheets dry."
    made = found(tmp_path, f"# Boats\n\n{sentence}\n\n{again}\n\n## 1.\n\nSails need care.\n")
    assert {name.casefold(): told for name, told in made.items() if told == sentence} == (
        {term: sentence} if term else {}
    )


def test_names_in_italics_or_beside_a_sign_are_told_of_wherever_they_stand(tmp_path: Path) -> None:
    told = {
        "Lee v. Harbour": "When the case of *Lee v. Harbour* came up, judges found that tides belong to nobody.",
        "Red Corn Act": "In that year, the Red Corn Act closed every harbour of the coast again.",
        "Old Corn Act": "In that year the Old Corn Act, which nobody liked, closed every harbour of the coast.",
    }
    text = " ".join(told.values())
    assert found(tmp_path, f"# Boats\n\n{text} They hated the Old Corn Act, and the Red Corn Act.\n") == told
