"""Typst for pandoc, which runs the source but sees no other file: what a file imports is not there.

Imports are taken out, and each function that is then missing is replaced by one that gives what it is given, so that
the words inside boxes, theorems and figures stay.
"""

import re
from typing import Any

from ingest.parse.limits import Limits
from ingest.parse.pandoc.process import syntax_tree
from retrieval.errors import UnreadableFile

_IMPORT = re.compile(r"^[ \t]*#import\b[^\n]*$", re.MULTILINE)
_INCLUDE = re.compile(r"#?\binclude\s*\(?\s*\"[^\"\n]*\"\s*\)?")
_MISSING = re.compile(r"Identifier \"([A-Za-z][\w-]*)\" not found")
_STAND_IN = (
    "#let {name}(..given) = {{ for c in given.pos() {{ if type(c) == content or type(c) == str {{ [#c ] }} }}; "
    "for (k, c) in given.named() {{ if type(c) == content {{ [#c ] }} }} }}\n"
)
_MOST_NAMES = 30


def tree(text: str, limits: Limits) -> dict[str, Any]:
    """Raises UnreadableFile."""
    source = _INCLUDE.sub("[]", _IMPORT.sub("", text))
    for _ in range(_MOST_NAMES):
        try:
            return syntax_tree(source.encode("utf-8", "replace"), "typst", limits)
        except UnreadableFile as error:
            missing = _MISSING.search(str(error))
            if not missing:
                raise
            source = _STAND_IN.format(name=missing[1]) + source
    message = f"The file uses more than {_MOST_NAMES} functions of other files."
    raise UnreadableFile("unsupported", message, remedy="Export it as a PDF.")
