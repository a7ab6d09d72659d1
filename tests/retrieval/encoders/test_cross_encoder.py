"""Cross-encoders: what they read, and what the bundled one makes of a text that answers and of one that does not."""

from collections.abc import Sequence

import pytest

from retrieval.encoders.cross_encoder import CrossEncoder, load_reader


def test_a_cross_encoder_reads_each_text_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting:
        def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
            assert len(texts) == 1
            return [float(len(set(query.split()) & set(texts[0].split())))]

    monkeypatch.setattr("retrieval.encoders.cross_encoder._load", lambda name, threads: Counting())
    encoder = CrossEncoder("counting", depth=2)
    assert encoder.score("a b", ["a b c", "c", "b"]) == [2.0, 0.0, 1.0]


def test_a_text_that_answers_scores_above_one_that_does_not() -> None:
    question, place = "How long do cats sleep?", "Animals > Cats"
    texts = [f"{place}\nCats sleep for 12 to 16 hours a day.", f"{place}\nCats hunt mice and birds."]
    right, wrong = load_reader().score(question, texts)
    assert right > wrong
    assert load_reader().score(question, texts[:1]) == [right]
