"""What blocks are for: diagrams, captions, formulas, definitions, questions, checklists, lists of links or sources, contents.

Told from structure alone, so that it holds in every language: marks, links, formulas, signs, alphabetical order. A format that says more
(a caption, a definition list, an exercise environment) marks its text itself; such marks come as spans and win.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from ingest.parse.plain_text.tables import is_drawing
from retrieval.text.markdown import is_emphasis, unfenced
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, Role

_DIAGRAMS = frozenset({"mermaid", "dot", "graphviz", "plantuml", "puml", "ditaa", "d2", "tikz", "nomnoml", "wavedrom"})
_MARK = re.compile(r"\A\s*(?:>\s*)*(?:[-*+•◦▪‣]|\d{1,9}[.)])\s+")
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
_SPANS = re.compile(r"\A(?:</?span\b[^<>]*>\s*)+", re.I)  # around a picture
_PICTURES = ("![", "<figcaption", "<caption")
_ENTRY = re.compile(r"[*_`]{0,2}([^\W\d_][^\n.?!]{0,80}?)[*_`]{0,2}(?:\s*[:：]|\s[–—-])[*_`]{0,2}\s+\S")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_ASKS, _AROUND = frozenset("?？؟⸮"), " \t\n\"'”’»)]*_`"  # around a question
_QUOTES = frozenset("\"'”’»“‘«„")
_FILED = 5  # entries whose order is no chance
_MOST = 0.8
_LONGEST_SOURCE = 500  # characters


@dataclass(frozen=True, slots=True)
class RoleSpan:
    """`text[start:end]` is marked with a role."""

    role: Role
    start: int
    end: int


def with_roles(blocks: Sequence[Block], text: str, spans: Sequence[RoleSpan] = ()) -> tuple[Block, ...]:
    """The blocks with their roles; a block that begins in several of the spans takes the innermost one's."""
    found: list[Block] = []
    for kind, run in groupby(blocks, key=lambda block: block.kind):
        members = list(run)
        bodies = [_MARK.sub("", text[block.start : block.end], count=1) for block in members]
        roles = _of_items(bodies) if kind == "item" else [_alone(block, text) for block in members]
        if kind in {"item", "paragraph"}:
            roles = _of_entries(bodies, roles)
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
    if _SPANS.sub("", source, count=1)[:12].lower().startswith(_PICTURES) or is_emphasis(source):
        return "caption"
    if is_formula(source):
        return "formula"
    return "links" if _only_links(source) else _question(source)


def _of_items(bodies: Sequence[str]) -> list[Role]:
    """Of a run of items: links and terms count where every item is one, questions where most are, the rest each by itself."""
    urls = [_only_links(body) for body in bodies]
    if len(bodies) > 1 and all(urls):
        return ["contents" if all(url.startswith("#") for url in found) else "links" for found in urls]
    if len(bodies) > 1 and all(map(_TERM.match, bodies)):
        return ["definition"] * len(bodies)
    if len(bodies) > 2 and sum(map(_asks, bodies)) >= _MOST * len(bodies):
        return ["question"] * len(bodies)
    return [_of_item(body) for body in bodies]


def _of_entries(bodies: Sequence[str], roles: Sequence[Role]) -> list[Role]:
    """Terms with what they mean, and sources with their years, are known by their alphabetical order."""
    found = list(roles)
    terms = [match[1].casefold() if (match := _ENTRY.match(body)) else "" for body in bodies]
    sources = [body.casefold() if body[:1].isalpha() and len(body) <= _LONGEST_SOURCE else "" for body in bodies]
    for first, end in _in_order(terms):
        found[first:end] = ["definition"] * (end - first)
    for first, end in _in_order(sources):
        if sum(bool(_YEAR.search(body)) for body in bodies[first:end]) >= _MOST * (end - first):
            found[first:end] = ["links"] * (end - first)
    return found


def _in_order(names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where neighbours have names of which nearly all follow each other in the alphabet."""
    end = 0
    for named, run in groupby(names, key=bool):
        members = list(run)
        first, end = end, end + len(members)
        ascending = sum(above < below for above, below in pairwise(members))
        if named and len(members) >= _FILED and ascending >= _MOST * (len(members) - 1):
            yield first, end


def _of_item(body: str) -> Role:
    if any(body[:length] in _BOXES and not body[length : length + 1].strip() for length in (1, 3)):
        return "checklist"
    if is_formula(body):
        return "formula"
    return _question(body)


def _question(source: str) -> Role:
    """One sentence that asks; several that end so may state something first."""
    return "question" if _asks(source) and len(sentence_spans(source)) == 1 else ""


def _asks(source: str) -> bool:
    """Whether it ends by asking, and not in words that somebody else is quoted with."""
    asking = source.rstrip(_AROUND)
    quotes = asking[-1:] in _ASKS and not _QUOTES.isdisjoint(source[len(asking) :])
    return asking[-1:] in _ASKS and not (quotes and source[0] not in _QUOTES)


def _only_links(body: str) -> list[str]:
    """The addresses of an item that is nothing but links; empty for any other."""
    if any(map(str.isalnum, _LINK.sub("", body))):
        return []
    return [(match["url"] or match["bare"] or "#").strip("<>") for match in _LINK.finditer(body)]
