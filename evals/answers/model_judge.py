"""A language model as the judge of answers: one request an answer, structured output, the prompt in `judge_prompt.md`.

Which model judged, and a digest of the prompt, are in `name`, because verdicts of different ones do not compare.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.storage.usage import Purpose
from app.types import Usage
from app.writers.llm.api.failures import Deadline
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.api.messages import Messages
from app.writers.llm.api.pricing import total
from app.writers.llm.prompt import digest, harmless
from evals.answers.judges import HALF_RIGHT, RIGHT, WRONG, Claim, Verdict
from retrieval.config import Settings
from retrieval.errors import WriterFailed
from retrieval.types import Json

PROMPT = Path(__file__).with_name("judge_prompt.md")
MOST_TOKENS = 4000
SECONDS = 120.0
_CORRECT = {"full": RIGHT, "partly": HALF_RIGHT, "none": WRONG}


class ModelJudge:
    """A `Judge` by settings.model. `usage` is what it cost so far. Raises ConfigError for a price that cannot be read."""

    def __init__(self, settings: Settings, gateway: Gateway | None = None) -> None:
        self._model = settings.model
        self._messages = Messages(settings, silence=min(settings.writer_timeout, SECONDS), gateway=gateway)
        self._prompt = PROMPT.read_text(encoding="utf-8")
        self.name = f"{settings.model}/{digest(self._prompt, SCHEMA)}"
        self.usage = Usage()

    def judge(self, question: str, claims: Sequence[Claim], *, answer: str, reference: str) -> Verdict:
        """Raises WriterFailed, also for a reply that is no verdict on these claims, and BudgetExceeded."""
        return verdict(self.reply(question, claims, reference), claims, with_reference=bool(reference))

    def reply(self, question: str, claims: Sequence[Claim], reference: str) -> str:
        """Raises WriterFailed, BudgetExceeded."""
        asked = request(self._prompt, question, claims, reference)
        text, usage = self._messages.complete(self._model, asked, Deadline(SECONDS), Purpose("judging"))
        self.usage = total([self.usage, usage])
        return text


class ForecastJudge(ModelJudge):
    """Asks as the model's judge does, of a gateway that sends nothing, and finds everything right."""

    def judge(self, question: str, claims: Sequence[Claim], *, answer: str, reference: str) -> Verdict:
        self.reply(question, claims, reference)
        needed = tuple((True,) * len(claim.quotes) for claim in claims)
        return Verdict((True,) * len(claims), needed, RIGHT if reference else None)


def request(prompt: str, question: str, claims: Sequence[Claim], reference: str) -> Json:
    """The prompt is the same for every answer, so that it can be cached."""
    return {
        "system": [{"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "\n".join(_described(question, claims, reference))}],
        "max_tokens": MOST_TOKENS,
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    }


def verdict(text: str, claims: Sequence[Claim], *, with_reference: bool) -> Verdict:
    """The JSON of a reply. Raises WriterFailed for what does not judge each sentence and each quote once, in order."""
    try:
        read = json.loads(text)
        sentences = read["sentences"]
        supported = tuple(bool(sentence["supported"]) for sentence in sentences)
        needed = tuple(tuple(bool(quote) for quote in sentence["needed"]) for sentence in sentences)
        correct = _CORRECT[read["correct"]]
        reason = str(read["reason"])
    except (ValueError, KeyError, TypeError) as error:
        raise WriterFailed(f"The judge's reply is no verdict ({error}): {text[:120]!r}. Ask again.") from error
    if [len(quotes) for quotes in needed] != [len(claim.quotes) for claim in claims]:
        raise WriterFailed(
            f"The judge's reply is on {len(needed)} sentences, not on the {len(claims)} of the answer with their quotes. "
            "Ask again."
        )
    return Verdict(supported, needed, correct if with_reference else None, reason)


def _described(question: str, claims: Sequence[Claim], reference: str) -> Iterator[str]:
    yield f"<question>{harmless(question)}</question>"
    yield f"<reference>{harmless(reference)}</reference>"
    for number, claim in enumerate(claims, start=1):
        yield f'<sentence number="{number}">{harmless(claim.text)}'
        for place, quote in enumerate(claim.quotes.values(), start=1):
            yield f'<quote number="{place}">{harmless(quote)}</quote>'
        yield "</sentence>"
    yield f"Judge the {len(claims)} sentences in order, and for each its quotes in order."


SCHEMA: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["sentences", "reason", "correct"],
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["supported", "needed"],
                "properties": {
                    "supported": {"type": "boolean"},
                    "needed": {"type": "array", "items": {"type": "boolean"}},
                },
            },
        },
        "reason": {"type": "string"},
        "correct": {"type": "string", "enum": list(_CORRECT)},
    },
}
