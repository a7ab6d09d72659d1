"""What blocks are for: diagrams, captions, formulas, definitions, questions, checklists, lists of links, contents.

Told from structure alone, so that it holds in every language: marks, links, formulas, signs. A format that says more
(a caption, a definition list, an exercise environment) marks its text itself; such marks come as spans and win.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ingest.parse.plain_text.tables import is_drawing
from retrieval.text.markdown import unfenced
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, Role

_DIAGRAMS = frozenset({"mermaid", "dot", "graphviz", "plantuml", "puml", "ditaa", "d2", "tikz", "nomnoml", "wavedrom"})
_MARK = re.compile(r"\s*(?:>\s*)*(?:[-*+•◦▪‣]|\d{1,9}[.)])\s+")
_BOXES = frozenset({"[ ]", "[x]", "[X]", *"☐☑☒✅✓✔"})
_FORMULA = re.compile(
    r"(?:\$\$.*\$\$|\$[^$]+\$(?:[\s,.;]+\$[^$]+\$)*|\\\[.*\\\]|\\begin\{(?P<name>equation|align|gather|multline|eqnarray|displaymath)(?P<star>\*?)\}"
    r".*\\end\{(?P=name)(?P=star)\})[\s.,;]*(?:\([\w.]{1,8}\))?",
    re.DOTALL,
)
_LINK = re.compile(
    r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]\((?P<url><[^<>\n]*>|[^()\s]*)(?:\s+\"[^\"]*\")?\)|<?(?P<bare>https?://[^\s<>]+)>?"
)
_TERM = re.compile(r"(?:(\*\*|__|`)(?=\S)[^\n]{1,80}?(?<=[\S])\1\s*[:：–—-]|(\*\*|__)(?=\S)[^\n]{1,80}?[:：]\2)\s*\S")
_PICTURES = ("![", "<figcaption", "<caption")
_ASKS, _AROUND = frozenset("?？؟⸮"), " \t\n\"'”’»)]*_`"  # around a question


@dataclass(frozen=True, slots=True)
class RoleSpan:
    """`text[start:end]` is marked with a role."""

    role: Role
    start: int
    end: int


def with_roles(blocks: Sequence[Block], text: str, spans: Sequence[RoleSpan] = ()) -> tuple[Block, ...]:
    """The blocks with their roles; a block that begins in several of the spans takes the innermost one's."""
    found: list[Block] = []
    for is_item, run in groupby(blocks, key=lambda block: block.kind == "item"):
        members = list(run)
        roles = _of_items(members, text) if is_item else [_alone(block, text) for block in members]
        found += [replace(block, role=role) if role else block for block, role in zip(members, roles, strict=True)]
    return tuple(_marked(found, spans))


def is_formula(text: str) -> bool:
    """Whether it is nothing but formulas, and their number."""
    return bool(_FORMULA.fullmatch(text))


def _marked(blocks: Sequence[Block], spans: Sequence[RoleSpan]) -> Sequence[Block]:
    """Blocks that begin within a span get its role; headings and boilerplate have none."""
    waiting = sorted(spans, key=lambda span: (span.start, -span.end), reverse=True)
    inside: list[RoleSpan] = []
    found: list[Block] = []
    for block in blocks:
        while waiting and waiting[-1].start < block.end:
            inside.append(waiting.pop())
        inside = [span for span in inside if span.end > block.start]
        marked = inside and block.kind not in {"heading", "boilerplate"}
        found.append(replace(block, role=inside[-1].role) if marked else block)
    return found


def _alone(block: Block, text: str) -> Role:
    source = text[block.start : block.end]
    if block.kind == "code":
        return "diagram" if block.language in _DIAGRAMS or is_drawing(unfenced(source)) else ""
    if block.kind != "paragraph":
        return ""
    if source[:12].lower().startswith(_PICTURES):
        return "caption"
    if is_formula(source):
        return "formula"
    return _question(source)


def _of_items(items: Sequence[Block], text: str) -> list[Role]:
    """Of a run of items: links and terms count where every item is one, the rest each by itself."""
    bodies = [_MARK.sub("", text[item.start : item.end], count=1) for item in items]
    urls = [_only_links(body) for body in bodies]
    if len(items) > 1 and all(urls):
        return ["contents" if all(url.startswith("#") for url in found) else "links" for found in urls]
    if len(items) > 1 and all(map(_TERM.match, bodies)):
        return ["definition"] * len(items)
    return [_of_item(body) for body in bodies]


def _of_item(body: str) -> Role:
    if any(body[:length] in _BOXES and not body[length : length + 1].strip() for length in (1, 3)):
        return "checklist"
    if is_formula(body):
        return "formula"
    return _question(body)


def _question(source: str) -> Role:
    """One sentence that asks; several that end so may state something first."""
    return "question" if source.rstrip(_AROUND)[-1:] in _ASKS and len(sentence_spans(source)) == 1 else ""


def _only_links(body: str) -> list[str]:
    """The addresses of an item that is nothing but links; empty for any other."""
    if any(map(str.isalnum, _LINK.sub("", body))):
        return []
    return [(match["url"] or match["bare"] or "#").strip("<>") for match in _LINK.finditer(body)]
