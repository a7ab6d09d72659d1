"""What stands in a fence of Markdown and is more than code: directives of MyST, cells of notebooks (knitr, Quarto, Jupyter Book)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from ingest.parse.markdown.boxes import Box, labelled, without_options
from retrieval.text.markdown import Fence

_DIRECTIVE = re.compile(
    r"\{([\w:-]+)(?:[ ,](.*))?\}[ \t]*(.*)$"
)  # {note} Title, of MyST; {r name, echo=FALSE}, of knitr
_ADDRESS = re.compile(r"\S+[./]\S+")  # of what a directive shows, not its title
_LANGUAGES = frozenset(
    {"bash", "dot", "js", "julia", "mermaid", "ojs", "python", "r", "rcpp", "sas", "sh", "sql", "stan", "stata"}
)
_CODE = _LANGUAGES | {"code", "code-block", "code-cell", "sourcecode", "literalinclude"}
_TEXT_CELLS = frozenset({"asis", "block", "block2"})  # of knitr
_CELL_OPTION = re.compile(r"#\| ?[\w-]+:")  # of Quarto
_HIDES = re.compile(
    r"#\| ?(?:echo|include): *false|:tags:.*\bremove[-_](?:input|cell)\b|\b(?:echo|include) *= *F(?:ALSE)?\b"
)


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines to be written as they stand; `hidden`: their words, where an option hides them."""

    lines: Sequence[str]
    hidden: str = ""


def fenced(lines: Sequence[str], fence: Fence) -> Verbatim | Box:
    """Of the lines of a fence: code without the options of its cell; of a directive what it holds."""
    info, inside, last = fence.info.strip(), lines[1 : len(lines) - fence.closed], lines[len(lines) - fence.closed :]
    directive = _DIRECTIVE.match(info)
    name, options, title = directive.groups() if directive else ("", None, "")
    body, is_text = without_options(inside) if directive else inside, name in _TEXT_CELLS
    if not directive or name in _CODE or (options is not None and not is_text):
        code = list(dropwhile(_CELL_OPTION.match, body))
        told = "\n".join([*inside[: len(inside) - len(code)], options or ""]).strip()
        if told and not any(map(str.strip, code)):
            return Verbatim(())  # what runs stands in another file
        language = name if name in _LANGUAGES or options is not None else title
        head = lines[0].rstrip().removesuffix(info) + language if directive else lines[0]
        return Verbatim([head, *code, *last], " ".join(" ".join(code).split()) if _HIDES.search(told) else "")
    if name == "math":
        return Verbatim(["$$", *body, "$$"])
    if name in {"toctree", "tableofcontents", "include"}:
        return Verbatim(())
    shown = is_text or name in {"figure", "image"} or bool(_ADDRESS.fullmatch(title))
    return labelled("" if shown else name, "" if shown else title, body, fence.end)
