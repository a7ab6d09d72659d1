"""What blocks are for: diagrams, captions, formulas, definitions, questions, checklists, lists of links or sources, contents.

Told from structure alone, so that it holds in every language: marks, links, formulas, signs, alphabetical order. A format that says more
(a caption, a definition list, an exercise environment) marks its text itself; such marks come as spans and win.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from typing import Literal

from ingest.parse.plain_text.tables import is_drawing
from retrieval.text.markdown import LABEL, cells, is_emphasis, plain_inline, unfenced
from retrieval.text.sentences import sentence_spans
from retrieval.types import Block, Role

_DIAGRAMS = frozenset({"mermaid", "dot", "graphviz", "plantuml", "puml", "ditaa", "d2", "tikz", "nomnoml", "wavedrom"})
_MARK = re.compile(r"\A\s*(?:>\s*)*(?:[-*+•◦▪‣]|\d{1,9}[.)])\s+")
_BOX = re.compile(r"\[[ xX]?\]|[☐☑☒]")
_FEW_ROWS = 3  # with their header, of which all may have the same by chance
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
_LABELLED = re.compile(rf"({LABEL})(?!\w|[.:-]\w)(?:([.:：]| *\n)|(?=\s+[^\W\d_]|\s*\Z))\s*(.*)", re.S)
_MENTION = re.compile(rf"(\((?:\w{{1,20}}\.? )?)?(?<!\w)({LABEL})")
_TITLED = re.compile(rf"\W*(\*\*|__|[*_]){LABEL}[.:]?\1\s*[*_]{{1,2}}\w")  # the title is emphasised by itself
_STOPS = frozenset(".!?:;…。！？：；")
_ENTRY = re.compile(r"[*_`]{0,2}([^\W\d_][^\n.?!]{0,80}?)[*_`]{0,2}(?:\s*[:：]|\s[–—-])[*_`]{0,2}\s+\S")
_NOTE = re.compile(r"N(ote \w+): ")  # as the readers write them
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_ASKS, _AROUND = frozenset("?？؟⸮"), " \t\n\"'”’»)]*_`"  # around a question
_QUOTES = frozenset("\"'”’»“‘«„")
_FILED = 5  # entries whose order is no chance
_MOST = 0.8
Mark = Role | Literal["box"]  # a box is closed with all its headings


@dataclass(frozen=True, slots=True)
class RoleSpan:
    """`text[start:end]` is marked with a role, or as a box."""

    role: Mark
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
    return _with_captions(_marked(_with_forms(found, text), spans), text)


def is_formula(text: str) -> bool:
    """Whether it is nothing but formulas, and their number."""
    return bool(_FORMULA.fullmatch(text))


def _marked(blocks: Iterable[Block], spans: Sequence[RoleSpan]) -> Sequence[Block]:
    """Blocks that begin within a span get its role; headings and boilerplate have none."""
    waiting = sorted(spans, key=lambda span: (span.start, -span.end), reverse=True)
    inside: list[RoleSpan] = []
    found: list[Block] = []
    for block in blocks:
        while waiting and waiting[-1].start < block.end:
            inside.append(waiting.pop())
        inside = [span for span in inside if span.end > block.start]
        role: Role = next((span.role for span in reversed(inside) if span.role != "box"), "")
        marked = role and block.kind not in {"heading", "boilerplate"}
        found.append(replace(block, role=role) if marked else block)
    return found


def _with_captions(blocks: Sequence[Block], text: str) -> tuple[Block, ...]:
    """Paragraphs that begin with a label are captions where half of the labels with that word, or more, are known to be: by their
    marks, as titles beside tables or pictures, or because the text points to them, and does so rather in brackets.
    """
    labels = {place: label for place, block in enumerate(blocks) if (label := _label(block, text))}
    mentions = [(bool(found[1]), _parted(found[2])) for found in _MENTION.finditer(text)]
    pointed = {label for in_brackets, label in mentions if in_brackets}
    rather = Counter(word for word, _ in labels.values())
    for in_brackets, (word, _) in mentions:
        rather[word] += 1 if in_brackets else -1
    known: dict[str, dict[str, bool]] = defaultdict(dict)
    for place, (word, number) in labels.items():
        is_pointed = (word, number) in pointed and rather[word] >= 0
        is_known = is_pointed or blocks[place].role == "caption" or _is_title(blocks, place, text, number)
        known[word][number] = is_known or known[word].get(number, False)
    captions = {word for word, sure in known.items() if 2 * sum(sure.values()) >= len(sure)}
    captions_at = {place for place, (word, _) in labels.items() if word in captions}
    return tuple(replace(one, role="caption") if place in captions_at else one for place, one in enumerate(blocks))


def _with_forms(blocks: Sequence[Block], text: str) -> Iterator[Block]:
    """Tables to be filled in as checklists: a column is nothing but boxes, or all but the first are the same in each row."""
    tables = accumulate(not (block.kind == "row" and block.lead) for block in blocks)
    for _, table in groupby(zip(tables, blocks, strict=True), key=itemgetter(0)):
        rows = [block for _, block in table]
        columns = list(zip(*(cells(text[row.start : row.end]) for row in rows if row.lead), strict=False))
        boxes = any(all(_BOX.match(cell) for cell in column) for column in columns)
        alike = len(rows) > _FEW_ROWS and all(len(set(column)) == 1 for column in columns[1:])
        fills = boxes or (alike and (len(columns) > 2 or "" in columns[-1]))
        yield from (replace(row, role="checklist") if fills and row.kind == "row" else row for row in rows)


def _label(block: Block, text: str) -> tuple[str, str] | None:
    """The word and the number a paragraph begins with, if a sentence begins after them, or nothing."""
    if block.kind != "paragraph" or block.role not in ("", "caption"):
        return None
    found = _LABELLED.match(plain_inline(text[block.start : block.end]))
    return _parted(found[1]) if found and (found[2] or not found[3][:1].islower()) else None


def _parted(label: str) -> tuple[str, str]:
    word, number = label.casefold().split()
    return word.rstrip("."), number


def _is_title(blocks: Sequence[Block], place: int, text: str, number: str) -> bool:
    """Whether it is no sentence, or has a title, beside a table, or is numbered by chapters below a picture."""
    source = text[blocks[place].start : blocks[place].end]
    beside = blocks[max(0, place - 1) : place + 2]
    titled = source.rstrip(" *_")[-1:] not in _STOPS or _TITLED.match(source)
    below = "." in number and text.startswith("![", beside[0].start)
    return below or (bool(titled) and any(one.kind == "row" for one in beside))


def _alone(block: Block, text: str) -> Role:
    source = text[block.start : block.end]
    if block.kind == "code":
        return "diagram" if block.language in _DIAGRAMS or is_drawing(unfenced(source)) else ""
    if block.kind != "paragraph":
        return ""
    if _SPANS.sub("", source, count=1).startswith("![") or is_emphasis(source):
        return "caption"
    if is_formula(source):
        return "formula"
    if (note := _NOTE.match(source)) and f"(n{note[1]})" in text:
        return "note"
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
    sources = [body.casefold() if body[:1].isalpha() else "" for body in bodies]
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
