"""A follow-up question into one that can be searched by itself, by rule: no model, no delay.

"and for output?" means nothing alone. A question that leans on the one before (it begins like a continuation, points
back with a pronoun, or has hardly a word of its own) is put after that one; retrieval copes with the longer text. A
question that stands alone is searched as it is, so that a change of subject is not dragged back.
"""

import re
from collections.abc import Sequence

from retrieval.tokenize import terms

_CONTINUES = re.compile(
    r"^\W*(and|but|or|so|then|also|ok(ay)?|what about|how about|what if|why( not)?|how so|really|which one|any|same|"
    r"instead|compared|else|other|more|another|is that|is it|are they|does it|do they|can it)\b",
    re.I,
)
_POINTS_BACK = re.compile(
    r"\b(it|its|it's|they|them|their|theirs|this|that|these|those|he|she|his|her|one|ones|both|either|neither|each|such|"
    r"former|latter|there|same|above|previous|first|second|third|last|other|others|else|instead)\b",
    re.I,
)
FEW_TERMS = 3  # below this many terms of its own a question leans on the one before


def standalone_query(question: str, history: Sequence[str]) -> str:
    """`question`, with the questions it leans on before it; `history` is oldest first.

    >>> standalone_query("and its output?", ["what does a tokenizer read?"])
    'what does a tokenizer read? and its output?'
    """
    parts = [question.strip()]
    for earlier in reversed(history):
        if not leans_back(parts[0]):
            break
        parts.insert(0, earlier.strip())
    return " ".join(parts)


def leans_back(question: str) -> bool:
    """Whether a question seems to need the one before it."""
    if _CONTINUES.search(question) or len(set(terms(question))) < FEW_TERMS:
        return True
    return bool(_POINTS_BACK.search(question))
