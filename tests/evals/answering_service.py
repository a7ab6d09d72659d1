"""A small course with questions, and a model in front of it that answers, judges and breaks off where it is told to."""

import json
import re
from dataclasses import dataclass

from tests.fake_messages_replies import Cite, Json, Say, Status, Step, answer

DOCS = {"cats.md": "# Cats\n\nCats sleep up to sixteen hours a day. They hunt at dawn and at dusk.\n",
        "dogs.md": "# Dogs\n\nA dog's nose is wet because it helps to catch scents. Dogs sleep about twelve hours a day.\n"}  # fmt: skip
QUESTIONS = [
    {"id": "c", "question": "How long do cats sleep?", "answer": "Up to sixteen hours a day.", "quotes": ["Cats sleep up to sixteen hours a day."]},
    {"id": "d", "question": "Why is the nose of a dog wet?", "answer": "To catch scents.", "quotes": ["A dog's nose is wet because it helps to catch scents."]},
]  # fmt: skip
LABELS = 80  # answers and sentences that were judged by hand


@dataclass
class Service:
    """Answers and judges; from request `breaks_at` on it is overloaded."""

    breaks_at: int = 10_000
    answered: int = 0

    def __call__(self, body: Json) -> Step:
        if self.answered >= self.breaks_at:
            return Status(529, "overloaded_error")
        self.answered += 1
        return verdict(body) if "format" in body["output_config"] else answer(Say("So it is.", (Cite(0, 1, 2),)))


def verdict(body: Json) -> Step:
    """On each sentence and quote that the request has."""
    sentences = re.findall(r"<sentence number.*?</sentence>", body["messages"][0]["content"], re.S)
    judged = [{"supported": True, "needed": [True] * sentence.count("<quote ")} for sentence in sentences]
    return answer(json.dumps({"sentences": judged, "reason": "It says so.", "correct": "full"}))
