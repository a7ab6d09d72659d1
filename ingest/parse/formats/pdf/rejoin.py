"""Lines of a paragraph to one line of text: words cut by a hyphen made whole, no space between characters of Chinese or
Japanese."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ingest.parse.formats.pdf.lines import Line
from ingest.parse.markdown_writer import PAGE_BREAK

_SOFT = "\N{SOFT HYPHEN}"
_CUT = re.compile(r"([-\N{HYPHEN}]?)(\w[\w'’]*)[-\N{SOFT HYPHEN}\N{HYPHEN}]$")
_START = re.compile(r"\w[\w'’]*")
_WORD = re.compile(r"\w+(?:[-\N{HYPHEN}]\w+)*")
_DENSE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_OFTEN, _SHORT = 3, 4  # a word so frequent and so short is no second half


def vocabulary_of(lines: Iterable[Line]) -> Counter[str]:
    """How often each word stands in the lines, in lower case, hyphenated ones as they are."""
    return Counter(word for line in lines for word in _WORD.findall(line.text.replace("\N{HYPHEN}", "-").casefold()))


def rejoined(lines: Sequence[Line], vocabulary: Mapping[str, int]) -> str:
    """One line of text, with PAGE_BREAK where pages turn."""
    text, page = lines[0].text.strip(), lines[0].page
    for line in lines[1:]:
        following = line.text.strip()
        text = _before(text, following, vocabulary) + PAGE_BREAK * (line.page - page) + following
        page = line.page
    return text


def _before(text: str, following: str, vocabulary: Mapping[str, int]) -> str:
    """The text so far as it stands before what follows. A hyphen at its end stays behind another one (state-of-the-art), before a capital or digit, and where the
    document has the word hyphenated more often than whole; with a space after it before a short frequent word (Vor- und
    Nachteile)."""
    cut, rest = _CUT.search(text), _START.match(following)
    if not cut or not rest:
        dense = _DENSE.match(text[-1:]) and _DENSE.match(following)
        return text if dense else text + " "
    start, end = cut[2].casefold(), rest[0].casefold()
    capital = rest[0][0].isupper() and not (cut[2].isupper() and rest[0].isupper() and len(start) > 1)
    if text.endswith(_SOFT):
        return text[:-1]
    if cut[1] or capital or end[0].isdigit() or vocabulary[f"{start}-{end}"] > vocabulary[start + end]:
        return text
    if not vocabulary[start + end] and len(end) <= _SHORT and vocabulary[end] >= _OFTEN:
        return text + " "
    return text[:-1]


def is_cut(text: str) -> bool:
    """Whether a line ends with a hyphen behind a letter."""
    return bool(_CUT.search(text))


def is_dense(text: str) -> bool:
    """Whether a text begins in a script that puts no spaces between words."""
    return bool(_DENSE.match(text))
