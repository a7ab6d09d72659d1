"""Slides of LaTeX's beamer class, put as pandoc reads them: frames and boxes with their titles. Of the steps of a slide all are shown."""

import re
from collections.abc import Iterator

from ingest.parse.pandoc import latex_source
from ingest.parse.reader import edited

_SLIDES = re.compile(r"\{beamer\}|\\frametitle\b|\\begin\{frame\}")
_STEPS = re.compile(r"\\(?:begin\{[a-z]+\*?\}|[A-Za-z]+)\*?(\[<[^<>\n]*>\]|<[^<>\n$\\]*[-+.\d][^<>\n$\\]*>)")
_TITLED = re.compile(r"\\begin\{(?:frame|(block|alertblock|exampleblock))\}|(\\frame)(?![A-Za-z])")
_THEOREMS = ("theorem", "lemma", "corollary", "definition", "example", "fact")
_NOTE = "\\newcommand{\\note}[2][]{\\par Speaker notes: #2\\par}"


def spelled_out(text: str) -> tuple[str, str]:
    """The source, its lines where they were, and what the class defines; of any other source itself and nothing."""
    if not _SLIDES.search(text):
        return text, ""
    text = edited(text, ((*found.span(1), "") for found in _STEPS.finditer(latex_source.mask(text))))
    named = (name for name in _THEOREMS if not re.search(rf"\\new[a-z]+\*?\{{{name}\}}", text))
    defined = (f"\\newenvironment{{{name}}}{{\\textbf{{{name.title()}.}} }}{{}}" for name in named)
    return edited(text, sorted(_edits(latex_source.mask(text)))), "".join([_NOTE, *defined])


def _edits(mask: str) -> Iterator[tuple[int, int, str]]:
    for found in _TITLED.finditer(mask):
        at = latex_source.behind_options(mask, found.end())
        for command in ("textbf",) if found[1] else ("frametitle", "framesubtitle"):
            if (end := latex_source.group_end(mask, at)) == at:
                break
            brace = mask.index("{", at)
            if found[2]:  # the command for a slide, whose group is all of it
                yield from ((*found.span(), "\\begin{frame}"), (brace, brace + 1, " "), (end - 1, end, "\\end{frame}"))
                break
            yield brace, brace, f"\\{command}"
            yield end, end, "\\par " * bool(found[1])
            at = end
