"""Does a question lean on the one before it? Decided by what the course and the encoder make of it, in any language.

"and for output?" means nothing alone. No list of words tells so; six measurements do, of the question alone, of the one before it
and of the two joined:

- `unknown`: how many of its terms the course does not have (and `terms`, how many it has, where there are no token states);
- `nearer`: how much nearer the course comes to the joined text (best cosine of a window) than to the question alone, times the share
  of the terms that it has: it comes nearer to any question about something else, too ("how do I boil an egg" after one on crime);
- `matches`: the same for BM25, as a share of the most that a text's terms could have;
- `away`: how much farther the course is from the joined text than from the one before alone: a change of subject leads away;
- `shift`: how far the words of the question turn when the other stands before them: the greatest cosine distance between
  a token's state here and there. "it" and "the second one" take their meaning from what they point to, a name keeps its own;
- `weight`: what the question says by itself, the logarithm of the sum of its tokens' inverse document frequencies.

A logistic model joins them; its coefficients are in followup.json beside this file, fitted by `python -m
evals.training.followups`. A question that stands alone is searched as it is, so a change of subject is not dragged back.

A model rewrites best, the index at once and for nothing. So a model is asked only where the index sees a question lean back,
and only for so long; whatever goes wrong with it, there is the question joined to those it leans on.
"""

import math
import queue
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.types import Question, Turn, Usage
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import FootnoteError
from retrieval.hybrid import HybridRetriever
from retrieval.index.bm25 import ceiling
from retrieval.ranking.answerability import logistic
from retrieval.text.tokenize import terms
from retrieval.types import Retriever, Scope, Vector

MODEL = Path(__file__).resolve().parent / "followup.json"
T = TypeVar("T")
LONGEST_QUERY = 400  # characters; a model that writes more has answered instead
LEANS = 0.6  # probability from which a question is joined to the one before it
LONGEST_CONTEXT = 300  # characters of the question before that are looked at, from its end
ASKS = re.compile(r"[?？؟;]")
_WORD = re.compile(r"\w")
_GREETINGS = (
    "hi|hiya|hello|hey|good (?:morning|evening|day)|thanks?|thank you|thx|ty|ta|cheers|ok(?:ay)?|great|cool|nice|perfect|"
    "got it|i see|bye|goodbye|hallo|guten (?:tag|morgen|abend)|danke(?: schön)?|vielen dank|tschüss|super|"
    "bonjour|salut|bonsoir|merci(?: beaucoup)?|au revoir|hola|buenos días|buenas (?:tardes|noches)|(?:muchas )?gracias|"
    "adiós|olá|oi|bom dia|obrigad[oa]|ciao|grazie|hoi|dank je(?: wel)?|привет|здравствуйте|спасибо|dzień dobry|dziękuję|merhaba|"
    "teşekkürler|مرحبا|السلام عليكم|شكرا|नमस्ते|धन्यवाद|안녕하세요|감사합니다|你好|您好|谢谢|謝謝|再见|こんにちは|ありがとう"
)
_SAID = rf"(?:{_GREETINGS})(?!\w)(?: (?:there|you|a lot|so much|very much))?"
_COURTESY = re.compile(rf"(?:\W*{_SAID})+\W*", re.I)
_AT_THE_END = re.compile(rf"(?:\W+{_SAID})+\W*$", re.I)


@dataclass(frozen=True, slots=True)
class Standalone:
    """A query, who made it ("typed", "joined", "topic" of a task, or a model's name), and what that cost."""

    query: str
    by: str = "typed"
    usage: Usage = field(default_factory=Usage)


Rewrite = Callable[[Question, Retriever], Standalone]
Model = Callable[[Question], Standalone]  # may raise FootnoteError


def is_courtesy(text: str) -> bool:
    """Whether it is a greeting or thanks and no question.

    >>> is_courtesy("Great, thank you!")
    True
    """
    return bool(_COURTESY.fullmatch(text))


def without_courtesy(text: str) -> str:
    """Without greeting and thanks around it; as it is where it is nothing else.

    >>> without_courtesy("hi! quiz me, thanks")
    'quiz me'
    """
    begun = _COURTESY.match(text)
    rest = _AT_THE_END.sub("", text[begun.end() :] if begun else text)
    return rest or text


def standalone_query(question: str, before: str, retriever: Retriever, *, scope: Scope = Scope()) -> str:
    """`question`, after what was asked `before` it if it leans on that."""
    leans = not is_courtesy(question) and leaning(question, before, retriever, scope=scope) >= LEANS
    return f"{before.strip()} {question.strip()}" if leans else question.strip()


def context(history: Sequence[Turn]) -> str:
    """What a question may lean on, oldest first: the last one, courtesies aside, after the one that it goes back to itself. "an
    example?" after "how do I compute it" is on what "it" is; what was asked in between would only water that down.
    """
    asked = [turn for turn in history if not is_courtesy(turn.question)]
    first = next((turn for turn in reversed(asked) if not _was_joined(turn)), None)
    if first is None:
        return asked[-1].searched if asked else ""
    root = first.searched or first.question
    return root if first is asked[-1] else f"{root.strip()} {asked[-1].question}"


def _was_joined(turn: Turn) -> bool:
    return turn.searched != turn.question.strip() and turn.searched.endswith(turn.question.strip())


def leaning(question: str, before: str, retriever: Retriever, *, scope: Scope = Scope()) -> float:
    """Probability in [0, 1] that `question` needs the one `before` it.

    0 where either is empty, and for a retriever other than the hybrid one, which has no index to measure with; also for words
    that ask nothing and of which the course knows none: a greeting in any language must not bring the last answer again.
    """
    if not question.strip() or not before.strip() or not isinstance(retriever, HybridRetriever):
        return 0.0
    if _says_nothing(question) and not _best(question, retriever, scope)[1]:
        return 0.0
    found = features(question.strip(), before.strip()[-LONGEST_CONTEXT:], retriever, scope=scope)
    return probability(found)


def _says_nothing(question: str) -> bool:
    """Whether it has no question mark and is a single word (two may ask for more) or a sign; "why" and its like count for none."""
    words = len(set(terms(question)))
    return not ASKS.search(question) and (words == 1 or not _WORD.search(question))


def features(question: str, before: str, retriever: HybridRetriever, *, scope: Scope = Scope()) -> dict[str, float]:
    """The measurements by name; without `weight` and `shift` where the embedder has no token states."""
    joined = f"{before} {question}"
    cosine, bm25 = _best(question, retriever, scope)
    cosine_before, _ = _best(before, retriever, scope)
    cosine_joined, bm25_joined = _best(joined, retriever, scope)
    unknown, total = _unknown(question, retriever)
    found = {
        "terms": float(total),
        "unknown": float(unknown),
        "nearer": (cosine_joined - cosine) * (1.0 - unknown / max(1, total)),
        "matches": bm25_joined - bm25,
        "away": max(0.0, cosine_before - cosine_joined),
    }
    encoder = retriever.embedder
    if not isinstance(encoder, FastEmbedder) or not encoder.has_states:
        return found
    states, weights = encoder.query_states(question)
    turned, _ = encoder.query_states(joined)
    return found | {"weight": math.log1p(float(weights.sum())), "shift": greatest_shift(states, turned)}


def greatest_shift(states: Vector, turned: Vector) -> float:
    """The greatest cosine distance of a token's state (n, d) to its state as one of the last of `turned` (m, d), m >= n.

    The first and last states are signs of the encoder. 0 where there is nothing between them, or `turned` was cut short.
    """
    inner = len(states) - 2
    if inner < 1 or len(turned) <= len(states):
        return 0.0
    return float((1.0 - (states[1:-1] * turned[-1 - inner : -1]).sum(axis=1)).max())


def probability(found: Mapping[str, float]) -> float:
    """In [0, 1], by the coefficients for these measurements."""
    return logistic(MODEL, "with states" if "shift" in found else "without states", found)


def _unknown(question: str, retriever: HybridRetriever) -> tuple[int, int]:
    """How many terms of the question no chunk has, and how many there are, in that language of the course in which the fewest are unknown."""
    idf = retriever.index.lexical.idf
    found = [set(terms(question, language)) for language in retriever.index.languages]
    return min((sum(idf(term) is None for term in of), len(of)) for of in found)


def _best(text: str, retriever: HybridRetriever, scope: Scope) -> tuple[float, float]:
    """The best cosine of a window, and the best BM25 of a chunk as a share of `ceiling`."""
    dense, lexical = retriever.candidates(text, limit=1, scope=scope)
    most = ceiling(text, retriever.index.lexical, retriever.index.languages)
    return dense[0].score if dense else 0.0, lexical[0].score / most if lexical and most else 0.0


def by_joining(question: Question, retriever: Retriever) -> Standalone:
    """The question with those that it leans on before it; as typed if it stands alone."""
    query = standalone_query(question.text, context(question.history), retriever, scope=question.scope)
    return Standalone(query, "typed" if query == question.text.strip() else "joined")


def with_model(model: Model, *, seconds: float) -> Rewrite:
    """By the model where the question leans back and the model answers in time with one line, else by joining."""

    def rewrite(question: Question, retriever: Retriever) -> Standalone:
        joined = by_joining(question, retriever)
        if joined.by == "typed":
            return joined
        made = in_time(lambda: model(question), seconds)
        if made is None or not _is_query(made.query):
            return Standalone(joined.query, joined.by, made.usage if made else Usage())
        return made

    return rewrite


def _is_query(text: str) -> bool:
    return 0 < len(text.strip()) <= LONGEST_QUERY and "\n" not in text.strip()


def in_time(make: Callable[[], T], seconds: float) -> T | None:
    """None if it fails or takes longer. A call that is late goes on in its thread and ends at the network's own limit."""
    made: queue.SimpleQueue[T | None] = queue.SimpleQueue()

    def work() -> None:
        result: T | None = None
        try:
            with suppress(FootnoteError):
                result = make()
        finally:
            made.put(result)

    threading.Thread(target=work, name="footnote-rewrite", daemon=True).start()
    try:
        return made.get(timeout=seconds)
    except queue.Empty:
        return None
