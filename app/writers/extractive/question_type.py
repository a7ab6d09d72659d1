"""What a question is after, judged by its wording alone: a list, code, a reason, a number, a name, a meaning, two sides.

Cheap rules for English. They only weigh what retrieval found already, so a wrong guess costs little.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.text.tokenize import terms

_LISTING = re.compile(
    r"\b(?:what|which)(?: (?:are|were|is))?(?: the| all| some)?(?: (?!does|is|was)[\w-]+){0,3}? (?!this|does|is|was)"
    r"[a-z-]{3,}[a-rt-z]s\b"
    r"|\b(?:all|two|three|four|five|six|seven|eight|nine|ten|both|several|various|main) (?:the )?(?:[\w-]+ )?[a-z-]{3,}s\b"
    r"|\b(?:list|steps|ways|types|kinds|options|examples|reasons|measures|methods|techniques|strategies|checklist|"
    r"step[- ]by[- ]step)\b",
    re.I,
)
_CODE = re.compile(
    r"(?<!\bmy )(?<!\bour )\b(?:code|snippet|function|implement\w*|commands?|install|json|config|class|syntax)\b"
    r"|\b(?:show|give|write|print|paste|see|python|bash|shell)(?: \w+){0,3} script\b",
    re.I,
)
_SHOWING = re.compile(
    r"\b(?:show|give|write|print|paste|see|looks? like|implement\w*|how (?:do|would|can|could|to))\b", re.I
)
_REASON = re.compile(r"\bwhy\b|\bhow come\b|\breasons?\b|\bwhat(?:['’]s| is) the (?:point|purpose)\b", re.I)
_NAME = re.compile(
    r"\b(?:who|whose|whom)\b|\b(?:which|what) (?:company|person|author|site|website|book|tool|lab|model|library)\b",
    re.I,
)
_MEANING = re.compile(r"\bwhat(?:['’]?s| is| are)\b|\b(?:mean|means|meaning|defin\w+|explain|stands? for)\b", re.I)
EXERCISE = re.compile(r"\b(?:exercises?|quiz(?:zes)?|homework|assignments?|self-assessment|practical(?=:))(?!\w)", re.I)
_SMALL = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNT = re.compile(rf"(?<![\w.-])(?:{'|'.join(_SMALL)}|[2-9]|1\d|20)\b(?= [a-z])", re.I)
_SIDES = (
    re.compile(r"\b(?:between|both) (.+?) and (.+?)(?:[?.,;:]|$| in | for | when )", re.I),
    re.compile(
        r"\b(?:do|does|are|is|how|what) (.+?) (?:and|differ\w* from|distinct from) (.+?)(?: differ\w*| compare| relate)?[?.]?$",
        re.I,
    ),
    re.compile(r"(.+?) (?:vs\.?|versus|or|compared (?:to|with)|rather than|instead of) (.+)", re.I),
)
_COMPARING = re.compile(
    r"\b(?:diff\w*ren\w*|differs?|compar\w+|vs|versus|between|both|distinguish\w*|better|or)\b", re.I
)
_SIDE_WORDS = 4
_DOING = re.compile(
    r"\b(?:(?:for|of|in|by|when|while|about|from)\s+(?=\w+ing\b)|to\s+)(\w+)\s+(?:(?:an?|the|my|our|your)\s+)?(?=[a-z])",
    re.I,
)
EARLIER = VERB = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's lexical terms with their weights in (0, 1], and what kind of answer it wants; several kinds may hold.

    A word counts once: one that has several terms ("fine-tuning": the whole and its parts) shares its weight among
    them. Words that only the questions before a follow-up have count half. `sides` are the terms that tell two things
    apart which the question names together.
    """

    weights: Mapping[str, float]
    listing: bool = False
    count: int = 0
    code: bool = False
    showing: bool = False
    reason: bool = False
    name: bool = False
    meaning: bool = False
    comparing: bool = False
    exercise: bool = False
    sides: tuple[frozenset[str], ...] = ()

    @property
    def terms(self) -> frozenset[str]:
        return frozenset(self.weights)


def what_is_asked(question: str, query: str) -> Asked:
    """`question` is what was typed last and decides the kind; `query` is that with the questions it leans on."""
    earlier = {term: EARLIER * weight for term, weight in _weights(query).items()}
    return Asked(
        weights=earlier | _weights(question),
        listing=bool(_LISTING.search(question)),
        count=_count(question),
        code=bool(_CODE.search(question)),
        showing=bool(_CODE.search(question) and _SHOWING.search(question)),
        reason=bool(_REASON.search(question)),
        name=bool(_NAME.search(question)),
        meaning=bool(_MEANING.search(question)),
        comparing=bool(_COMPARING.search(question)),
        exercise=bool(EXERCISE.search(question)),
        sides=_sides(question),
    )


def _weights(text: str) -> dict[str, float]:
    """`"for writing code"` -> `{"write": 0.5, "code": 1.0}`: what is done says less than to what."""
    doing = {term for found in _DOING.finditer(text) for term in terms(found.group(1))}
    weights: dict[str, float] = {}
    for word in text.split():
        of_word = set(terms(word))
        for term in of_word:
            weight = (VERB if term in doing else 1.0) / len(of_word)
            weights[term] = max(weights.get(term, 0.0), weight)
    return weights


def _count(question: str) -> int:
    """How many things are asked for: `"the six main ways"` -> 6; 0 where no small number is named."""
    named = (word.casefold() for word in _COUNT.findall(question))
    return next((_SMALL.index(word) + 2 if word in _SMALL else int(word) for word in named), 0)


def _sides(question: str) -> tuple[frozenset[str], ...]:
    """`"the difference between an agent and a workflow"` -> `({"agent"}, {"workflow"})`"""
    if not _COMPARING.search(question):
        return ()
    for pattern in _SIDES:
        if found := pattern.search(question):
            before, after = (side.split() for side in found.groups())
            one = frozenset(terms(" ".join(before[-_SIDE_WORDS:])))
            other = frozenset(terms(" ".join(after[:_SIDE_WORDS])))
            return tuple(side for side in (one - other, other - one) if side)
    return ()
