"""What a question is about, without how it is put to the assistant.

"What does the course say about caching?" asks for caching; the rest is said of any subject and would be found wherever a
course speaks of itself. Polite openings and words about the material are left out of the query, as long as something
stays to look for. Rules for English.
"""

import re

from retrieval.text.tokenize import terms

_MATERIAL = (
    r"(?:courses?|class|syllabus|curriculum|books?|authors?|notes?|materials?|lectures?|lessons?|modules?|readings?|"
    r"documents?|texts?|slides?|handbook|primer)"
)
_THE = rf"(?:the|this|these|my|our|your)\s+(?:[\w-]+\s+)?{_MATERIAL}"
_SAYS = r"(?:say|said|tell|told|teach|taught|mention|write|wrote|written|have\s+to\s+say)"
_OPENING = re.compile(
    rf"""\W*(?:
      (?:(?:can|could|would|will)\s+you\s+)?(?:please\s+)?tell\s+(?:me|us)\s+(?:more\s+|something\s+)?(?:about\s+)?
    | (?:can|could|would|will)\s+you\s+(?:please\s+)?(?=explain|describe|show)
    | i\s*(?:want|need|wish|would\s+like|['’]d\s+like)\s+to\s+(?:know|learn|understand)\s+(?:more\s+)?(?:about\s+)?
    | what\s+(?:do|does|did)\s+{_THE}\s+{_SAYS}\s+(?:(?:us|me)\s+)?(?:about|on|regarding|of)\s+
    | what\s+{_THE}\s+(?:says?|said|teach(?:es)?|taught)\s+(?:about|on)\s+
    | what\s+(?:is|was)\s+(?:said|taught|written)\s+(?:in\s+{_THE}\s+)?(?:about|on|of)\s+
    | (?:do|does|did|has)\s+{_THE}\s+
      (?:cover|covered|mention|discuss|treat|explain|(?:say|teach|talk|speak)\s+(?:anything\s+|something\s+)?(?:about|of|on))\s+
    | is\s+there\s+(?:anything|something)\s+(?:in\s+{_THE}\s+)?(?:about|on)\s+
    | (?:according\s+to|in|from)\s+{_THE}\s*[,:]\s*
    | according\s+to\s+{_THE}\s+
    )(?=\w)""",
    re.I | re.X,
)
_ENDING = re.compile(
    rf"[\s,]*\b(?:according\s+to|(?:as\s+)?(?:described|mentioned|discussed|outlined|presented|covered|explained|given)"
    rf"\s+(?:in|by))\s+{_THE}(?=\W*$)",
    re.I,
)


def without_frame(question: str) -> str:
    """The question without its frame; unchanged if nothing would be left to look for.

    >>> without_frame("What does the course say about prompt caching?")
    'prompt caching?'
    >>> without_frame("What does the course say?")
    'What does the course say?'
    """
    bare = question
    while (shorter := _OPENING.sub("", _ENDING.sub("", bare), count=1)) != bare:
        if not terms(shorter):
            break
        bare = shorter
    return bare
