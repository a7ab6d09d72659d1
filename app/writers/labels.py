"""What is listed without a list: paragraphs that begin with their name, and steps by letters within a caption."""

import re

from app.query.vocabulary import first_count, words
from retrieval.text.markdown import LABEL

LONGEST_NAME = 7  # words
_NAME = re.compile(
    r"(?P<mark>\*{1,3}|__?|`)(?=[^\W\d_])(?P<marked>[^:：.?!|\n]{2,60}?)(?:[:：.](?P=mark)|(?P=mark)(?:[:：.]|\s?[–—-](?=\s)))(?=\s)"
    r"|(?=[^\W\d_])(?P<plain>[^:：,;.?!|\n*`]{2,60}?)(?::(?=\s)|：)"
)
_STEP = re.compile(r"(?<=[.:;,] )(?:and )?\(([a-z])\) ")


def name_of(source: str) -> tuple[int, int] | None:
    """Where a paragraph names what it is about before it says it: "**Half hitch.** One turn ...", "Half hitch: one turn ..." """
    found = _NAME.match(source)
    span = found.span("marked" if found["marked"] else "plain") if found else (0, 0)
    return span if 0 < len(source[slice(*span)].split()) <= LONGEST_NAME else None


def has_steps(caption: str) -> bool:
    """Whether it says how many there are, or announces them, and lists them by letters: "four steps. (a) ... (b) ... (c) ..." """
    found = list(_STEP.finditer(caption))
    before = caption[: found[0].start()].rstrip() if [one[1] for one in found[:3]] == ["a", "b", "c"] else ""
    return before.endswith((":", "：")) or first_count(words(re.sub(LABEL, "", before))) > 0
