"""What a question asks, in a form that is equal for two questions only if they ask the same: strict on purpose.

Embeddings cannot decide this. Among the pairs of evals/paraphrases.jsonl those that differ in one word ("input price",
"output price"; "before", "after"; "GPT-3", "GPT-4") have cosines up to 0.99, and real paraphrases go down to 0.3. So
the words decide: the same names, numbers and other words of content, in the same order (a phrase may move from the
front to the end), the same kind of question, negated or not. What may differ is the frame: "what is X", "X meaning",
"could you explain X". Leaves out synonyms, spelling mistakes and word forms other than a final s, which no list of
words tells from a change of meaning: such questions are taken for different ones.
"""

import re
import unicodedata
from collections.abc import Sequence

from retrieval.text.tokenize import STOP_WORDS

MOVABLE = 3  # with fewer words of content, moving one to the other end may turn a question around

_WORD = re.compile(r"\d+(?:[.,:]\d+)*%?|[^\W\d_](?:\+\+|#)|[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTENED = re.compile(
    r"\b(ca|could|should|would|wo|must|do|does|did|is|are|was|were|has|have|had|need)n['’]?t\b|\b(can)not\b"
)
_OPENING = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|please|pls) )*(?:(?:can|could|would|will) you )?(?:(?:please|pls) )?"
    r"(?:i (?:would like|like|want) to (?:know|understand) |do you know |"
    r"how (?:would|do|can) (?:you|we|i) (?=(?:explain|describe|define) ))?"
    r"(?:(?:tell|explain|describe|define)(?: to)?(?: me| us)?(?: please| pls)?(?: |$))?"
)
_CLOSING = re.compile(r"(?: (?:please|pls|thanks|thank you|to me|for me))+$")
_MEANING = re.compile(
    r"\b(?:meaning|definition) of\b|\b(?:meant|(?:you|we|they|people|one) mean) by\b| (?:meaning|definition|means?)$"
)
_COMPARES = re.compile(r"\b(?:vs|versus|differs?|differences?(?: between)?)\b")
_WHY = re.compile(r"\bhow come\b|\breasons?\b(?= (?:why|for|not|to|that)\b)|^reasons?\b|\bwhy\b")
_FILLERS = frozenset(["actually", "basically", "exactly", "really", "simply", "just"])
_KINDS = {"what": "what", "whats": "what", "which": "what", "who": "who", "whom": "who", "whose": "who"} | {
    word: word for word in ("when", "where", "how")
}
_AUXILIARIES = frozenset(["is", "are", "was", "were", "am", "do", "does", "did", "has", "have", "had"])
_MODALS = {
    **dict.fromkeys(("can", "ca", "could", "may", "might"), "can"),
    **dict.fromkeys(("should", "must", "ought", "shall"), "should"),
    **dict.fromkeys(("will", "would", "wo"), "will"),
}
_NEGATIONS = frozenset(["not", "no", "never", "nor", "neither", "none", "nothing", "nobody", "without"])
_DROPPED = STOP_WORDS | _FILLERS | _KINDS.keys() | _MODALS.keys() | {"not", "no"}


def gist(question: str) -> str:
    """Equal for questions that ask the same; empty for one without a word of content.

    >>> gist("Could you explain what a context window is?") == gist("context window meaning")
    True
    >>> gist("what do output tokens cost?") == gist("what do input tokens cost?")
    False
    """
    text = _without_frame(" ".join(_words(question)))
    plain = _WHY.sub(" ", _COMPARES.sub(" ", text))
    content = [_singular(word) for word in plain.split() if word not in _DROPPED]
    if not content:
        return ""
    compares = bool(_COMPARES.search(text))
    order = sorted(content) if compares else _first_rotation(content)
    negated = "not" if _NEGATIONS & set(text.split()) else ""
    return " | ".join((" ".join(sorted(_kinds(text, compares=compares))), negated, " ".join(order)))


def _words(question: str) -> list[str]:
    """Without accents, capitals and signs; contractions in full."""
    decomposed = unicodedata.normalize("NFKD", question.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    full = _SHORTENED.sub(lambda found: f"{found[1] or found[2]} not", plain)
    return [re.sub(r"['’](?:s|re|ve|ll|d|m)$", "", word) for word in _WORD.findall(full)]


def _without_frame(text: str) -> str:
    return _MEANING.sub(" ", _CLOSING.sub("", text[_match_end(text) :])).strip()


def _match_end(text: str) -> int:
    opening = _OPENING.match(text)
    return opening.end() if opening else 0


def _kinds(text: str, *, compares: bool) -> set[str]:
    """What is asked for: a thing, a reason, a time ...; and whether about what is, can be or should be."""
    words = text.split()
    kinds = {_KINDS[word] for word in words if word in _KINDS}
    if _WHY.search(text):
        kinds = kinds - {"what", "how"} | {"why"}
    if compares:
        kinds = kinds - {"what", "how"} | {"difference"}
    if not kinds:
        first = words[0]
        kinds = {"whether"} if first in _AUXILIARIES or first in _MODALS else {"what"}
    return kinds if "how" in kinds else kinds | {_MODALS[word] for word in words if word in _MODALS}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _first_rotation(words: Sequence[str]) -> Sequence[str]:
    """The same for a phrase at the front and at the end: `b c a` -> `a b c`."""
    if len(words) < MOVABLE:
        return words
    return min([*words[place:], *words[:place]] for place in range(len(words)))
