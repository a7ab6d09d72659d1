"""Code in a plain text that lost its fence or its indentation.

Told by the signs of code and by how few plain words stand between them, in any language (see `judge`). Blocks grow from
the lines that are surely code: over comments, open brackets, open triple-quoted strings, deeper indentation and blank
lines. So a comment "# Usage" or a numbered list inside a prompt string never becomes a heading or a list. Leaves out: what a program printed.
"""

import re
from collections.abc import Callable, Sequence

from ingest.parse.plain_text.lines import LONG, Line, Span

_GROUP = 60  # lines that are judged as a whole
_REACH = 200  # lines within which an open string must close
SURE, MAYBE, NEITHER = 2, 1, 0
_BULLETS = ("•", "◦", "▪", "●", "■", "–", "—", "- ", "|")
_STRING = re.compile(
    r"\"\"\"[^\"]*$|\"(?:[^\"\\]|\\.)*\"|(?<!\w)'(?:[^'\\]|\\.)*'|`[^`]*`|\$\$.+?\$\$|\$(?! )[^$]+?(?<! )\$(?!\d)"
)  # or a formula
_WORD = re.compile(r"(?<!\S)[^\W\d_][^\W\d_’'-]+(?=[,.;:!?]?(?:\s|$))")
_COMMENT = re.compile(r"(?:^|\s)(?:#+|//)(?:\s|$)")
_PLAIN_WORDS = 6  # from so many on a line is no code, from two more on no part of it
_SURE = re.compile(
    r"""
      .*\{$ | .*\{.*\}$ | .*\s\\$ | [)\]}] | .*[=()\[\]<>"\d].*;$ | \w+(?:\s\w+)?;$    # ends as a block or a statement does
    | (?:\w+\s)?[\w.$:>-]+\((?!s\)|\d?\))(?:.*\)\s*[,:]?)?$          # a call
    | (?:\w+\s)?\w[\w.\[\]'"-]*(?:,\s*[\w.\[\]'"-]+)*(?:\s*:\s*[\w\[\], |.]+)?\s*[:+-]?=\s*\S   # an assignment
    | .*\S\s//\s | .*\w.*(?:[=!<>+*/%&|^]=|=>|>>|<<|::|&&|\|\||\w\(\)|\w\[\w+\]|\$[{(A-Za-z_]|:\#)   # a comment, operators
    | [$%>]\s[a-z./] | >>>\s | \#!?[\[/] | </?\w[^<>]*>(?:.*>)?$ | <[!?]\w | @\w+(?:\(|$) | ""\s*:\s
    | [a-z][\w.-]*(?:\s[a-z][\w.-]*){0,2}\s--?[a-z][\w-]*(?:[\s=]\S+){0,8}$(?<![.!?])      # a command with options
    | (?:def|class|function|let|const|var|return|public|private|static|fn|func|use|package|SELECT|INSERT)
      \s+\S+(?:\s+\S+)?[:;({]?$
    | \#include\b | import\s[\w.]+;?$ | (?:import|from)\s+[\w.]+\s+(?:as|import)\s
    """,
    re.X,
)
_MAYBE = re.compile(
    r"""
      (?:\#|//|/\*|\*/|--)(?:\s|$) | .*[,=(\[]$ | [a-z][\w.-]*:?$ | [a-z_][\w.-]*:\s\S+$ | (?:"")+.?$ | .*\w""\w
    | [a-z]+\s.*(?:[()\[\]={}<>"_]|:$) | [A-Z]{2,}\s\S+ | [a-z][\w.]*\( | [a-z]+\s(?:[A-Z]{2}|\w+\s\w+:\S+)$
    """,
    re.X,
)


def code_spans(lines: Sequence[Line], free: Callable[[int], bool]) -> list[Span]:
    """Blocks of code, in order."""
    scores = [judge(line.text) if free(at) else NEITHER for at, line in enumerate(lines)]
    spans: list[Span] = []
    at = 0
    while at < len(lines):
        if end := _group_end(lines, scores, at):
            spans.append(_named(lines, at, _grow(lines, scores, end)))
        elif scores[at] == SURE and not _in_prose(lines, scores, at):
            first = _back(lines, scores, at, spans[-1].last + 1 if spans else 0)
            spans.append(_named(lines, first, _grow(lines, scores, at)))
        else:
            at += 1
            continue
        at = spans[-1].last + 1
    return spans


def _named(lines: Sequence[Line], first: int, last: int) -> Span:
    arrows = sum("-->" in line.text for line in lines[first : last + 1])
    return Span(first, last, "code", language="mermaid" if 3 * arrows > last - first else "")


def judge(text: str) -> int:
    """SURE, MAYBE or NEITHER, from the line alone."""
    if len(text) > LONG:
        return NEITHER
    sentence = text[0].isupper() and text[-1] in ".!?" and text.count(" ") > 4
    if sentence or text.startswith(_BULLETS) or text.count(" | ") > 1:
        return NEITHER
    if "-->" in text and any(map(text.__contains__, '[](){}|"')):
        return SURE  # an arrow between the boxes of a diagram
    bare = _STRING.sub(lambda found: "x" if found[0][0] == "$" else '""', text)
    words = len(_WORD.findall(_COMMENT.split(bare)[0]))
    signs = sum(not (char.isalnum() or char.isspace()) for char in bare)
    if (
        (words < _PLAIN_WORDS or 3 * words < signs)
        and (words <= signs + 2 or text.startswith(("import ", "from ")))
        and _SURE.match(bare)
    ):
        return SURE
    return MAYBE if words < _PLAIN_WORDS + 2 and _MAYBE.match(bare) else NEITHER


def _group_end(lines: Sequence[Line], scores: Sequence[int], at: int) -> int:
    """The last of the lines up to a blank one if most are code and the others no sentences, as in YAML or at a prompt; else 0."""
    if not lines[at].gap:
        return 0
    end = at + 1
    while end < min(at + _GROUP, len(lines)) and not lines[end].gap:
        end += 1
    others = [line.text for line, score in zip(lines[at:end], scores[at:end], strict=True) if not score]
    prompt = lines[at].text.startswith(("$ ", "% ", ">>> "))  # what is printed below belongs to it
    few = prompt or len(others) * 10 <= 4 * (end - at)
    plain = any(len(_WORD.findall(text)) >= _PLAIN_WORDS for text in others)
    return end - 1 if SURE in scores[at:end] and end - at > 1 and few and not plain else 0


def _in_prose(lines: Sequence[Line], scores: Sequence[int], at: int) -> bool:
    """A line of a wrapped sentence that names some code: the lines above and below are prose that runs on."""
    if lines[at].gap or not at or at + 1 == len(lines) or lines[at + 1].gap or scores[at - 1] or scores[at + 1]:
        return False
    above = lines[at - 1].text
    return len(above) > 40 and above[-1] not in ".:;!?" and lines[at + 1].text[0].islower()


def _back(lines: Sequence[Line], scores: Sequence[int], at: int, floor: int) -> int:
    """Comments, decorators and the like directly above belong to the code below."""
    while at > floor and scores[at - 1] == MAYBE and not lines[at].gap:
        at -= 1
    return at


def _grow(lines: Sequence[Line], scores: Sequence[int], at: int) -> int:
    """The last line of the block that starts here."""
    first, depth, last = at, 0, at
    while at < len(lines):
        closing = _string_end(lines, at)
        if closing:
            depth, last, at = 0, closing, closing + 1
            continue
        if at > last and not _belongs(lines, scores, at, depth, lines[first].indent):
            break
        last = at
        depth = max(0, depth + _depth(lines[at].text))
        at += 1
    return last


def _belongs(lines: Sequence[Line], scores: Sequence[int], at: int, depth: int, indent: int) -> bool:
    line, score = lines[at], scores[at]
    if score == SURE:
        return line.gap < 3
    if line.gap:
        return score == MAYBE and line.gap < 3 and depth > 0
    if score == MAYBE or line.indent > indent:
        return True
    return depth > 0 and line.text[-1] not in ".?!:" and any(scores[at + 1 : at + 9])


def _string_end(lines: Sequence[Line], at: int) -> int:
    """The line that closes a triple-quoted string left open on this line, or 0."""
    for quote in ('"""', "'''"):
        if lines[at].text.count(quote) % 2:
            for end in range(at + 1, min(at + _REACH, len(lines))):
                if lines[end].text.count(quote) % 2:
                    return end
    return 0


def _depth(text: str) -> int:
    """How many brackets the line leaves open (negative: closes)."""
    bare = _STRING.sub("", text[:LONG])
    return sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}"))
