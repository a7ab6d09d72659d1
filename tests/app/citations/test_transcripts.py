"""Fixed replies of a model, right and wrong ones, through both ways of citing: what is shown, and how precise that is.

The replies are the same but for their citations: native ones for Claude, typed marks for a local model.
"""

from dataclasses import dataclass

import pytest

from app.citations.composer import Composer
from app.citations.sentence_check import check_sentences
from app.types import Answer, Question
from app.writers.llm.writer import ClaudeWriter, LocalWriter
from app.writers.protocols import Writer
from evals.answers.judges import WordJudge, claims_of
from retrieval.encoders.embedder import FastEmbedder
from tests.app.writers.writing_support import PERPLEXITY, PRICES, writer_settings
from tests.fake_messages_api import FakeMessagesApi
from tests.fake_messages_replies import Cite, Say, answer


@dataclass(frozen=True)
class Reply:
    """`cites` for Claude, `mark` for a local model; `right`: whether the citation bears the sentence, judged by hand."""

    text: str
    cites: tuple[Cite, ...]
    mark: str
    right: bool


REPLIES = (
    Reply("Perplexity measures how uncertain a model is about the next token.", (Cite(0, 1, 2),), "[1]", True),
    Reply("A low value means that the model is rather certain.", (Cite(0, 2, 3),), "[1]", True),
    Reply("It falls with a longer context.", (Cite(0, 3, 4),), "[1]", True),
    Reply("Input costs $0.10 with the small model.", (Cite(1, 0, 1),), "[2]", True),
    Reply("Input costs $4.00 with the large model.", (Cite(1, 1, 2),), "[2]", True),
    Reply("Input costs $9.00 with the large model.", (Cite(1, 1, 2),), "[2]", False),  # another number
    Reply("Input costs $4.00 with the large model.", (Cite(1, 0, 1),), "[1]", False),  # another place
    Reply("Bananas ripen in warm rooms.", (Cite(0, 1, 2),), "[1]", False),  # nothing to do with it
    Reply(
        "It falls with a longer context.", (Cite(0, 3, 4, cited_text="It never falls."),), "[7]", False
    ),  # no such quote
    Reply("It rises when the context gets longer.", (Cite(0, 3, 4),), "[1]", False),  # turned around
)


def answered(api: FakeMessagesApi, writer: Writer, say: Say) -> Answer:
    api.script(answer(say))
    composer = Composer([PERPLEXITY, PRICES])
    for event in writer.write(Question("What is perplexity?"), "What is perplexity?", [PERPLEXITY, PRICES]):
        composer.feed(event)
    made = composer.writing()
    return Answer(made.text, made.footnotes, check_sentences(made.text, made.footnotes), dropped=len(composer.dropped))


def native(api: FakeMessagesApi) -> list[Answer]:
    writer = ClaudeWriter(writer_settings(api.url))
    return [answered(api, writer, Say(reply.text, reply.cites)) for reply in REPLIES]


def typed(api: FakeMessagesApi) -> list[Answer]:
    writer = LocalWriter(writer_settings(api.url, model="llama"))
    return [answered(api, writer, Say(f"{reply.text[:-1]} {reply.mark}.")) for reply in REPLIES]


def shown(answers: list[Answer]) -> list[bool]:
    """For each footnote that is shown, and not with a doubt, whether it is right by hand."""
    kept = zip(answers, REPLIES, strict=True)
    return [
        reply.right for made, reply in kept for sentence in made.sentences if sentence.footnotes and not sentence.doubts
    ]


def test_native_citations(api: FakeMessagesApi, embedder: FastEmbedder) -> None:
    """Of nine footnotes six stay without a doubt; one of them is wrong, which words cannot tell."""
    answers = native(api)
    assert sum(made.dropped for made in answers) == 1  # the quote that is not there
    assert sum(bool(made.footnotes) for made in answers) == 9
    assert shown(answers) == [True] * 5 + [False]
    assert precision(answers, embedder) == pytest.approx(6 / 9)  # by hand 5 of 9


def test_typed_marks(api: FakeMessagesApi, embedder: FastEmbedder) -> None:
    """A mark says less than a citation, so more is checked before it becomes a footnote."""
    answers = typed(api)
    assert sum(made.dropped for made in answers) == 3
    assert shown(answers) == [True] * 5 + [False]
    assert precision(answers, embedder) == pytest.approx(6 / 7)  # by hand 5 of 7


def precision(answers: list[Answer], embedder: FastEmbedder) -> float:
    """Citation precision over all footnotes, by the judge without a model."""
    judge = WordJudge(embedder)
    verdicts = [judge.judge("", claims_of(made), answer=made.text, reference="") for made in answers]
    needed = [needed for verdict in verdicts for of_claim in verdict.needed for needed in of_claim]
    return sum(needed) / len(needed)
