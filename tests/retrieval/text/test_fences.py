"""Where fenced code begins and ends is known in one place."""

import time

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from retrieval.text.markdown import fence_at, fences

text_lines = st.lists(
    st.sampled_from(["```", "~~~", "````", "```py", "``` a`b", "text", "", "  ```", "~~~~ x", "# A"]), max_size=12
)


@given(text_lines)
def test_it_is_what_commonmark_takes_for_code(lines: list[str]) -> None:
    lines = [*lines, "end"]  # what follows a fence that is left open is trimmed there
    expected = [token.map for token in MarkdownIt().parse("\n".join(lines)) if token.type == "fence"]
    assert [[fence.first, fence.end] for fence in fences(lines)] == expected


def test_marks_of_quotes_and_items_stand_before_and_a_block_may_be_left_open() -> None:
    fence = fence_at(["> 1. ~~~ py", "> a", "```", "b"], 0)
    assert fence
    assert (fence.prefix, fence.marks, fence.info, fence.end, fence.closed) == (
        "> 1. ",
        "~~~",
        " py",
        4,
        False,
    )
    assert fence_at(["``` a`b"], 0) is None


def test_time_grows_as_the_text_does() -> None:
    began = time.process_time()
    assert len(list(fences(["```", "a", "```", ""] * 20_000))) == 20_000
    assert len(list(fences(["```"] + ["~~~"] * 80_000))) == 1
    list(fences(["> " * 50_000]))
    assert time.process_time() - began < 15, "with time that grows by the square it takes minutes"
