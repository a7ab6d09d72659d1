from hypothesis import given
from hypothesis import strategies as st

from tests.evals.shared_runs import shared_runs, words

LETTERS = st.lists(st.sampled_from("ab"), max_size=12)


def test_words_have_no_case_no_punctuation_and_no_addresses() -> None:
    assert words("See https://x.org/a-b?c=d: It's | 1.5x, na\u00efve_ONE.") == [
        "see",
        "it's",
        "1",
        "5x",
        "na\u00efve",
        "one",
    ]


def test_runs_by_hand() -> None:
    text, source = (
        ["the", "cat", "sat", "on", "the", "mat", "and", "the", "cat", "ran"],
        ["a", "cat", "sat", "on", "the", "rug,", "the", "cat", "ran"],
    )
    assert shared_runs(text, source, at_least=2) == [
        ["cat", "sat", "on", "the"],
        ["the", "cat", "ran"],
        ["the", "cat"],
    ]
    assert shared_runs(text, source, at_least=5) == []
    assert shared_runs([], source, at_least=1) == []


@given(LETTERS, LETTERS)
def test_the_first_run_is_the_longest_there_is(text: list[str], source: list[str]) -> None:
    pieces = {tuple(source[i:j]) for i in range(len(source)) for j in range(i + 2, len(source) + 1)}
    longest = max(
        (j - i for i in range(len(text)) for j in range(i + 2, len(text) + 1) if tuple(text[i:j]) in pieces), default=0
    )
    assert max(map(len, shared_runs(text, source, at_least=2)), default=0) == longest
