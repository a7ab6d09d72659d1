"""Sentences against their quotes: what is marked, and what is not."""

import json

import pytest

from app.citations.sentence_check import SUPPORTED, check_sentences, foreign_names, foreign_numbers, names, support
from app.types import Footnote
from tests.conftest import SHARED


def note(number: int, quote: str, *, path: tuple[str, ...] = ("Course",), lead: str = "") -> Footnote:
    return Footnote(number, "d", 0, len(quote), quote, path, quote, 0, lead=lead)


FALLS = note(1, "Perplexity measures how unsure a model is; it falls when the context gets longer.")
PRICE = note(
    2, "GPT-4 costs $30 for a million tokens, twelve times as much as `gpt-4o-mini`.", path=("Prices", "OpenAI")
)


def judged(text: str, *notes: Footnote) -> list[tuple[str, tuple[int, ...], tuple[str, ...]]]:
    """Each sentence as (text, footnotes, doubts)."""
    return [(text[s.start : s.end], s.footnotes, s.doubts) for s in check_sentences(text, notes or (FALLS, PRICE))]


def test_a_borne_sentence_has_no_doubts() -> None:
    assert judged("Perplexity says how unsure a model is.[1] It falls with a longer context.[1]") == [
        ("Perplexity says how unsure a model is.[1]", (1,), ()),
        ("It falls with a longer context.[1]", (1,), ()),
    ]


@pytest.mark.parametrize(
    ("sentence", "doubts"),
    [
        ("GPT-4 costs $30 for a million tokens.[2]", ()),
        ("GPT-4 costs $60 for a million tokens.[2]", ("60",)),
        ("GPT-4 costs twelve times as much as gpt-4o-mini.[2]", ()),
        ("It costs 30 dollars for a million tokens, says OpenAI.[2]", ()),
        ("GPT-4 costs $30 for a million tokens, and Claude less.[2]", ("Claude",)),
        ("A million tokens cost $30 with `gpt_turbo`.[2]", ("gpt_turbo",)),
        ("Bananas ripen in warm rooms.[2]", ("unsupported",)),
        ("Bananas ripen in 7 days in warm rooms.[2]", ("unsupported", "7")),
    ],
)
def test_numbers_and_names_that_no_quote_has(sentence: str, doubts: tuple[str, ...]) -> None:
    assert judged(sentence) == [(sentence, (2,), doubts)]


def test_two_quotes_bear_a_sentence_together() -> None:
    assert judged("Perplexity falls with context, and GPT-4 costs $30.[1][2]")[0][1:] == ((1, 2), ())
    assert judged("Perplexity falls with context, and GPT-4 costs $30.[1]")[0][2] == ("30", "GPT-4")


def test_a_claim_without_a_footnote_is_marked() -> None:
    assert judged("Perplexity falls with a longer context.") == [
        ("Perplexity falls with a longer context.", (), ("unsupported",))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "In short:",
        "There are three of them:",
        "Why does it fall?",
        "为什么会下降？",
        "(The course does not say how it is computed in practice.)",
        "(Nothing in the passages compares the two approaches directly).",
        "(Der Kurs sagt nicht, wie sie berechnet wird.)",
    ],
)
def test_what_states_nothing_needs_no_footnote(text: str) -> None:
    assert judged(text) == [(text, (), ())]


def test_what_the_course_is_said_to_say_is_a_claim() -> None:
    assert judged("The course says that perplexity does not fall.")[0][2] == ("unsupported",)


def test_a_noun_is_no_name_where_all_have_capitals() -> None:
    quote = "Die Schilddrüse schüttet zwei Stoffe aus, die den Umsatz an Energie in allen Zellen steigern."
    borne = "In allen Zellen steigern die Hormone der Schilddrüse den Verbrauch an Energie.[1]"
    assert judged(borne, note(1, quote)) == [(borne, (1,), ())]
    named = "In allen Zellen steigern die Stoffe der Schilddrüse, etwa TSH und T4, den Umsatz an Energie.[1]"
    assert judged(named, note(1, quote))[0][2] == ("TSH", "T4")


def test_a_mark_at_the_end_of_a_paragraph_covers_the_sentences_it_bears() -> None:
    text = "It measures how unsure a model is. Bananas ripen in warm rooms. It falls with longer context.[1]"
    assert [(found, doubts) for _, found, doubts in judged(text)] == [((1,), ()), ((), ("unsupported",)), ((1,), ())]
    apart = "It measures how unsure a model is.\n\nIt falls with longer context.[1]"
    assert [found for _, found, _ in judged(apart)] == [(), (1,)]


def test_items_rows_and_code_are_sentences_and_headings_are_not() -> None:
    text = (
        "## Perplexity\n\nIn short:\n\n- it falls with longer context[1]\n- it ripens in warm rooms[1]\n\n"
        "| model | price |\n|---|---|\n| GPT-4 | $30[2] |\n\n```python\nperplexity(model)\n```\n[1]"
    )
    assert judged(text) == [
        ("In short:", (), ()),
        ("it falls with longer context[1]", (1,), ()),
        ("it ripens in warm rooms[1]", (1,), ("unsupported",)),
        ("| GPT-4 | $30[2] |", (2,), ()),
        ("```python\nperplexity(model)\n```\n[1]", (1,), ()),
    ]


def test_marks_in_code_and_escaped_brackets_are_no_footnotes() -> None:
    assert [found for _, found, _ in judged("Perplexity of `x[1]` and \\[1\\] falls with longer context.")] == [()]


@pytest.mark.parametrize(
    "code", ["print(reply.content[0].text)", "rows[1][2] = grid[0]", "x = [1]", 'd["a"][12]  # [3]']
)
@pytest.mark.parametrize("fence", ["```python\n{}\n```\n[1]", "Read `{}` for it.[1]"])
def test_brackets_in_verbatim_code_are_no_marks(code: str, fence: str) -> None:
    text = fence.format(code)
    note = Footnote(1, "d1", 0, len(text), fence.replace("[1]", "").format(code), ("Notes",), "", 0)
    (found,) = check_sentences(text, (note,))
    assert (found.footnotes, found.doubts) == ((1,), ())


def test_spans_are_in_the_text_and_do_not_overlap() -> None:
    text = "A model is unsure.[1]  It falls, e.g. with context.[1]\n1. One.[2] Two.\n\n> Three.[1]\n\n"
    spans = [(sentence.start, sentence.end) for sentence in check_sentences(text, (FALLS, PRICE))]
    assert [text[start:end] for start, end in spans] == [
        "A model is unsure.[1]",
        "It falls, e.g. with context.[1]",
        "One.[2]",
        "Two.",
        "> Three.[1]",
    ]


def test_an_empty_answer_has_no_sentences() -> None:
    assert check_sentences("", ()) == ()
    assert check_sentences("\n\n", (FALLS,)) == ()


@pytest.mark.parametrize(
    ("claim", "evidence", "foreign"),
    [
        ("It takes 70 ms, not 3.", "3 milliseconds", ("70",)),
        ("1,000 tokens and 80%", "1000 tokens, a share of 0.8", ()),
        ("About 0.75 words", "¾ of a word", ()),
        ("A 70B model is 10x slower", "70B parameters run ~10x slower", ()),
        ("Version 3.5", "version 3.4", ("3.5",)),
    ],
)
def test_numbers(claim: str, evidence: str, foreign: tuple[str, ...]) -> None:
    assert foreign_numbers(claim, evidence) == foreign


@pytest.mark.parametrize(
    ("claim", "evidence", "foreign"),
    [
        ("Tools such as LangGraph and llama.cpp help", "langgraph helps", ("llama.cpp",)),
        ("An LLM writes, and RAG reads", "an LLM; retrieval-augmented generation", ("RAG",)),
        ("LLMs differ", "an LLM", ()),
        ("So Matt's course says", "by Matt Pocock", ()),
        ("We use snake_case and camelCase", "snake case", ("snake_case", "camelCase")),
        ("它使用LangGraph和GPT4模型", "使用LangGraph的模型", ("GPT4",)),
    ],
)
def test_names(claim: str, evidence: str, foreign: tuple[str, ...]) -> None:
    assert foreign_names(claim, evidence) == foreign


def test_ordinary_words_are_no_names() -> None:
    assert list(names('However, it is so: The model says "Yes" to 70B parameters, e.g. Llama 3. I agree.')) == ["Llama"]


def test_support_is_the_share_of_terms() -> None:
    assert support("models predict tokens", "A model that predicts.") == pytest.approx(2 / 3)
    assert support("is it?", "") == 1
    assert support("token", "") == 0


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/evals")
def test_reference_answers_are_borne_by_their_own_quotes_only() -> None:
    lines = (SHARED / "evals" / "raw-course-dev.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row.get("answer") and row.get("quotes")]
    quotes = [" ".join(row["quotes"]) for row in rows]
    own = [support(row["answer"], quote) >= SUPPORTED for row, quote in zip(rows, quotes, strict=True)]
    other = [
        support(row["answer"], quote) >= SUPPORTED for row, quote in zip(rows, quotes[1:] + quotes[:1], strict=True)
    ]
    assert sum(own) / len(own) >= 0.95
    assert sum(other) / len(other) <= 0.05
