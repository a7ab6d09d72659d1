"""What a question is after, judged by its wording alone: a list, code, a reason, a number, a name, a meaning, two sides.

Cheap rules for English. They only weigh what retrieval found already, so a wrong guess costs little.
"""

import re
from dataclasses import dataclass

from retrieval.tokenize import terms

_LISTING = re.compile(
    r"\b(?:what|which)(?: (?:are|were|is))?(?: the| all| some)?(?: (?!does|is|was)[\w-]+){0,3}? (?!this|does|is|was)"
    r"[a-z-]{3,}[a-rt-z]s\b"
    r"|\b(?:all|two|three|four|five|six|seven|eight|nine|ten|both|several|various|main) (?:the )?(?:[\w-]+ )?[a-z-]{3,}s\b"
    r"|\b(?:list|steps|ways|types|kinds|options|examples|reasons|measures|methods|techniques|strategies|checklist)\b",
    re.I,
)
_CODE = re.compile(r"\b(?:code|snippet|script|function|implement\w*|commands?|install|json|config|class|syntax)\b", re.I)
_REASON = re.compile(r"\bwhy\b|\bhow come\b|\breasons?\b|\bwhat(?:['’]s| is) the (?:point|purpose)\b", re.I)
_NUMBER = re.compile(
    r"\bhow (?:many|much|long|big|large|often|fast|expensive|old|far|small|high|deep)\b"
    r"|\b(?:when|what (?:percentage|share|fraction|number|size|price|score|year)|price|costs?|numbers?|which year)\b",
    re.I,
)
_NAME = re.compile(
    r"\b(?:who|whose|whom)\b|\b(?:which|what) (?:company|person|author|site|website|book|tool|lab|model|library)\b", re.I
)
_MEANING = re.compile(
    r"\bwhat(?:['’]s| is| are| does| do)\b|\bwhats\b|\b(?:mean|means|meaning|defin\w+|explain|stands? for)\b", re.I
)
_SIDES = (
    re.compile(r"\b(?:between|both|do|does|is|are) (.+?) and (.+?)(?:[?.,;]|$| in | for | when | differ\b)", re.I),
    re.compile(r"([\w .'/-]+?) (?:vs\.?|versus|or|compared (?:to|with)|rather than|instead of) ([\w .'/-]+)", re.I),
)
_SIDE_WORDS = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's lexical terms and what kind of answer it wants; several kinds may hold at once.

    `earlier` are the terms that only the questions before a follow-up brought. `sides` are the terms that tell two
    things apart which the question names together.
    """

    terms: frozenset[str]
    earlier: frozenset[str] = frozenset()
    listing: bool = False
    code: bool = False
    reason: bool = False
    number: bool = False
    name: bool = False
    meaning: bool = False
    sides: tuple[frozenset[str], ...] = ()


def what_is_asked(question: str, query: str) -> Asked:
    """`question` is what was typed last and decides the kind; `query` is that with the questions it leans on."""
    every, own = frozenset(terms(query)), frozenset(terms(question))
    return Asked(
        terms=every,
        earlier=every - own,
        listing=bool(_LISTING.search(question)),
        code=bool(_CODE.search(question)),
        reason=bool(_REASON.search(question)),
        number=bool(_NUMBER.search(question)),
        name=bool(_NAME.search(question)),
        meaning=bool(_MEANING.search(question)),
        sides=_sides(question),
    )


def _sides(question: str) -> tuple[frozenset[str], ...]:
    """`"the difference between an agent and a workflow"` -> `({"agent"}, {"workflow"})`"""
    for pattern in _SIDES:
        if found := pattern.search(question):
            words = [side.split() for side in found.groups()]
            one, other = frozenset(terms(" ".join(words[0][-_SIDE_WORDS:]))), frozenset(
                terms(" ".join(words[1][:_SIDE_WORDS]))
            )
            return tuple(side for side in (one - other, other - one) if side)
    return ()
