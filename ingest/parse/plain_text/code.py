"""Code in a plain text that lost its fence or its indentation.

Blocks grow from the lines that are surely code (see `judge`, whose signs are those of common languages, configuration formats, shells and compilers): over comments, open brackets, open
triple-quoted strings, deeper indentation and blank lines. So a comment "# Usage" or a numbered list inside a prompt
string never becomes a heading or a list. Leaves out: parsing any language; what a program printed, unless a prompt or
a compiler's marks stand above it.
"""

import re
from collections.abc import Callable, Sequence

from ingest.parse.plain_text.lines import LONG, Line, Span
from retrieval.text.fences import fence_at

_REACH = 200  # lines within which an open string, fence or bracket must close
_GROUP = 60  # lines of a group that is judged as a whole
_PROMPT = re.compile(r"[$>%]\s+[a-z./]|>>>\s|[\w.-]+@[\w.-]+:\S*[$#]\s")
_SENTENCE = re.compile(r"(?:\S+\s+){5}.*\w{3}[.!?]$")
_KEY = re.compile(
    r"(?:-\s+)?[a-z_][\w./-]*:(?:\s+\S{1,80}(?:\s\S{1,60}){0,9})?$(?<![.!?])|-\s+\S{1,60}(?:\s\S{1,30}){0,2}$|#\s"
)
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_LABEL = re.compile(
    r"(?:python|javascript|typescript|js|ts|tsx|jsx|bash|shell|sh|json|yaml|yml|sql|html|css|java|go|rust|c\+\+|ruby"
    r"|php|dockerfile|toml|xml|mermaid|console|text|plaintext)$",
    re.IGNORECASE,
)
SURE, MAYBE, NEITHER = 2, 1, 0

_BULLETS = "•◦▪●■–—"
# A line without any of these and without a keyword cannot be code.
SIGNS = re.compile(r"[=(){}\[\]<>;@$`#\"\\|:/]")
_KEYWORD = re.compile(
    r"(?:try|else|finally|pass|break|continue|return|raise|yield|do|then|fi|done|esac|end|begin|import|from|package"
    r"|sudo|pip3?|npm|npx|yarn|pnpm|git|docker|kubectl|apt|apt-get|brew|conda|uv|poetry|cargo|ollama|helm|terraform"
    r"|curl|wget|cd|mkdir|export|source|python3?|node|bash|chmod|echo|sequenceDiagram|graph|flowchart|classDiagram"
    r"|stateDiagram|SELECT|FROM|WHERE|JOIN|LEFT|INNER|GROUP|ORDER|LIMIT|VALUES|SET|AND|RUN|COPY|CMD|WORKDIR)\b"
)
_NAME = r"[A-Za-z_$][\w$]*"
_VALUE = (  # what stands right of an assignment in code and hardly ever after "=" in prose
    r"(?:$|[\"'`\[{(\-@&*!~<]|[fbruFBRU]{1,2}[\"']|\d[\w.]*\s*(?:$|[-+*/%#,;)\]}])"
    r"|(?:await|new|not|lambda|async|yield|None|True|False|null|true|false|undefined)\b"
    r"|[\w.$]+\s*(?:$|[(\[{,;)]|[-+*/%<>|&?]\s*[\w(\"'\[]|==|(?:if|or|and|for)\b))"
)
_SURE = re.compile(
    "|".join(
        (
            r"(?:async\s+)?def\s+\w+\s*[(\[]",
            r"class\s+\w+\s*(?:\([^)]*\))?\s*:\s*$",
            r"(?:export\s+)?(?:abstract\s+)?(?:class|interface|struct|enum|trait|impl)\s+\w+[^.]*\{\s*$",
            r"from\s+[\w.]+\s+import\s+[\w(*]",
            r"import\s+\w+(?:\.\w+)*(?:\s+as\s+\w+)?(?:,\s*\w[\w.]*)*;?$",
            r"import\s.{0,120}\sfrom\s+[\"']|import\s+[\"'{*]|#include\s*[<\"]|using\s+[\w.]+;$",
            r"(?:export\s+)?(?:const|let|var|val)\s+[\w{\[$][^=]*=(?!=)",
            r"(?:export\s+)?(?:default\s+)?(?:async\s+)?function\s*\w*\s*\(|fn\s+\w+\s*[(<]|func\s+\w*\s*\(",
            r"(?:public|private|protected|static)\s+[\w<>\[\], ]+(?:(?<=\w)\(|[{=;])",
            r"(?:pub(?:\(\w+\))?\s+)?(?:unsafe\s+|async\s+|const\s+)*(?:fn|struct|enum|mod|impl|trait|use|extern|type|let)\b"
            r"[^.]*[;{(}]$|pub(?:\(\w+\))?\s+(?:fn|struct|enum|mod|trait|use|type)\b|#!?\[\w.*\]$|use\s+\w+::",
            r"except(?:\s+[\w.,() ]+?)?(?:\s+as\s+\w+)?:$",
            r"(?:if|elif|for|while|with|async for|async with)\b.*[._()\[\]=<>\"'{}\d].*:$",
            r"(?:if|for|while|switch)\s*\(.*\{$",
            # an assignment, a keyword argument, an annotated name
            rf"{_NAME}(?:\.{_NAME})*(?:\[[^\]]*\])?(?:,\s*{_NAME})*(?:\s*:\s*[\w\[\], |.\"']{{1,80}}?)?"
            rf"\s*(?:[-+*/%|&^:]|\*\*|//|>>|<<)?=(?![=>])\s*{_VALUE}",
            r"[a-z][\w-]*-[\w-]*\s+=\s+(?:\d|[\"\[{]|true|false)",
            # what a compiler or an interpreter says
            r"-->\s\S+:\d+:\d+|error\[\w+\]:\s|Traceback \(most recent call last\):|File \"[^\"]+\", line \d+|at \S+\(.*:\d+\)$",
            # a call that fills the line; "Author(s):" is not one
            rf"{_NAME}(?:\.{_NAME})*\((?!s\))(?:$|.*[)\],;:{{(]$)|\.{_NAME}\(.*[)(;,{{]$",
            r"[\"'][^\"']{1,60}[\"']\s*:\s*(?:[\"'\[{\d\-]|[\w.(]+[,)\]}(]|(?:true|false|null|None|True|False)\b).*",
            r"[\[{]\s*(?:$|[\"'{\[]\S)|[)\]}]+\s*(?:->|=>|else\b|catch\b|finally\b).*[{:]$",
            r"\[{1,2}[a-z][\w.-]*\]{1,2}$|\$\s+[a-z./]|>>>\s|>\s+(?:cargo|npm|pip|git|cd|dir|docker)\s|sudo\s+[a-z]|(?:pip3?|npm|npx|yarn|pnpm|git|docker|kubectl|apt|apt-get|brew|conda|uv"
            r"|poetry|cargo|ollama|helm|terraform)\s+(?:install|run|add|init|create|clone|push|pull|commit|build|exec"
            r"|apply|get|compose|start|serve|sync|checkout|status|log|ps|up|update|test)\b(?!.*[.!?]$)",
            r"[a-z][\w.-]*(?: [a-z][\w.-]*){0,2} --?[a-z][\w-]*(?:[ =]\S+){0,8}$(?<![.!?])",
            r"(?:curl|wget|cd|mkdir|export|source|python3?|node|bash|sh|chmod|echo|cat|ls|cp|mv|rm|ssh|tar)"
            r"\s+(?=\S*[-./=_$\"~])(?!.*[.!?]$)",
            r"(?:SELECT\b.*\bFROM\b|SELECT\s[\w.*,()\"\s]+$|INSERT INTO\s|CREATE (?:TABLE|INDEX|VIEW)\s|ALTER TABLE\s|DELETE FROM\s)",
            r"</?[A-Za-z][\w:-]*(?:\s[^<>]*)?/?>(?:.*>)?$|<!DOCTYPE|<\?xml",
            r"(?:graph|flowchart)\s+(?:TD|TB|LR|RL|BT)\b|sequenceDiagram$|(?:class|state)Diagram",
            r"\S.{0,120}\S\s+//\s\w|\S.*\{$|.*[=()\[\]<>].*;$|.*=>\s*[{(]",
        )
    )
)
MERMAID = re.compile(
    r"[\])}\"|]\s*(?:--+>|==+>|-\.+->)|(?:--+>|==+>|-\.+->)\s*(?:\||\w+\s*[\[({])|\w\[\"|\"\](?:\s|$)"
    r"|^\w+\s+--+>\s+\w+$|\bstyle \w+ fill:|^classDef\s"
)
_ARROWS = re.compile(r"[>\"#]|class")  # what every line of such a diagram has
# A line of code has few plain words outside of strings, comments, tags and queries.
_QUOTED = re.compile(r"[\"'`#]|//|^<|^[A-Z]{3,} ")
_WORD = re.compile(r"(?<!\S)[A-Za-z][A-Za-z’]+(?=[,.;:]?(?:\s|$))")
_PROSE = 7
_MAYBE = re.compile(
    "|".join(
        (
            r"(?:#|//|/\*|\*/|<!--|\"\"\"|''')|--\s",
            r"[)\]}]+[;,:)\]}\s]*(?:$|//|#\s)|= (?:note|help):\s|(?:error|warning|note|help)(?:\[\w+\])?:\s"
            r"|\d+ \||\|(?!.*\|$)|[)\]}]+.{0,20}[({\[]$|[)\]}]+\.\w+|\{.*\}[,;]?$",
            r"(?:try|else|finally|do|then|fi|done|esac|end|begin):?$|(?:pass|break|continue|return|raise|yield);?$",
            r"(?:return|yield|raise|await|throw|assert|del|elif|if|for|while|with|except|case|and|or|not)\b"
            r"(?=.*[._()\[\]=<>\"'{}]|(?:\s+\w+){1,4}:$|\s+\w+;?$)",
            r"[fbru]{0,2}\"[^\"]*\"[,;)\]}]*$|[fbru]{0,2}'[^']*'[,;)\]}]*$|[\w.]+,$|@\w[\w.]*(?:\(.*\)?)?$",
            r"[a-z_]\w*:\s*[\w.]+(?:\[.*\])?(?:\s*\|\s*[\w.]+)*(?:\s*=\s.*)?,?(?:\s+#\s.*)?$",
            r"(?:\+|\|\||&&|\?|:|=>|->|\.|\*\*?)\s*[\w(\[\"'].*",
            r"(?:FROM|WHERE|JOIN|LEFT JOIN|INNER JOIN|GROUP BY|ORDER BY|LIMIT|VALUES|SET|AND|RUN|COPY|CMD|WORKDIR)\s\S",
        )
    )
)


def code_spans(lines: Sequence[Line], free: Callable[[int], bool]) -> list[Span]:
    """Blocks of code, in order. Fenced ones include their fences."""
    scores = [judge(line.text) if free(at) else NEITHER for at, line in enumerate(lines)]
    spans: list[Span] = []
    at = 0
    while at < len(lines):
        fence = _fence_end(lines, at)
        if fence:
            spans.append(Span(at, fence, "code", language=lines[at].text.strip("`~ ").split(" ")[0]))
            at = fence + 1
        elif end := _yaml_end(lines, at, free):
            spans.append(_named(lines, at, end))
            at = end + 1
        elif end := _group_end(lines, scores, at):
            spans.append(_named(lines, at, _grow(lines, scores, end)))
            at = spans[-1].last + 1
        elif scores[at] == SURE and not _in_prose(lines, scores, at):
            first = _back(lines, scores, at, spans[-1].last + 1 if spans else 0)
            last = _grow(lines, scores, at)
            spans.append(_named(lines, first, last))
            at = last + 1
        else:
            at += 1
    return spans


def _fence_end(lines: Sequence[Line], at: int) -> int:
    """The line that closes a fence opened here, or 0."""
    fence = fence_at([line.text for line in lines[at : at + 5 * _REACH]], 0)
    return at + fence.end - 1 if fence and fence.closed and not fence.prefix else 0


def _group_end(lines: Sequence[Line], scores: Sequence[int], at: int) -> int:
    """The last line of a group between blank lines that is code as a whole, though not each of its lines; else 0.

    Most lines are code, or the first is a command at a prompt; none is a sentence.
    """
    if not lines[at].gap:
        return 0
    end = at + 1
    while end < len(lines) and end - at <= _GROUP and not lines[end].gap:
        end += 1
    group = range(at, end)
    if not 1 < len(group) <= _GROUP or SURE not in scores[at:end]:
        return 0
    prompt = bool(_PROMPT.match(lines[at].text))
    code = sum(1 for place in group if scores[place] or prompt)
    others = [lines[place].text for place in group if not scores[place]]
    plain = any(_SENTENCE.search(text) or not (prompt or text[0].islower() or SIGNS.search(text)) for text in others)
    return end - 1 if code * 10 >= 6 * len(group) and not plain else 0


def _yaml_end(lines: Sequence[Line], at: int, free: Callable[[int], bool]) -> int:
    """The last of three or more lines of keys in small letters and items, one key without a value; 0 if there is none."""
    if lines[at].text[-1] != ":" or not _KEY.match(lines[at].text):
        return 0
    end = at
    while end < len(lines) and free(end) and _KEY.match(lines[end].text) and (end == at or lines[end].gap < 2):
        if lines[end].gap and end > at and not lines[end].indent and not lines[end].text.endswith(":"):
            break
        end += 1
    keys = sum(1 for line in lines[at:end] if line.text[0] != "#" and ":" in line.text)
    return end - 1 if end - at > 2 and keys > 2 else 0


def _in_prose(lines: Sequence[Line], scores: Sequence[int], at: int) -> bool:
    """A line of a wrapped sentence that names some code: the lines above and below are prose that runs on."""
    if lines[at].gap or not at or at + 1 == len(lines) or lines[at + 1].gap or scores[at - 1] or scores[at + 1]:
        return False
    above = lines[at - 1].text
    return len(above) > 40 and above[-1] not in ".:;!?" and lines[at + 1].text[0].islower()


def _back(lines: Sequence[Line], scores: Sequence[int], at: int, floor: int) -> int:
    """Comments, decorators and the like directly above belong to the code below."""
    while at > floor and scores[at - 1] == MAYBE and lines[at].gap < (2 if lines[at - 1].text.startswith("//") else 1):
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
        return score == MAYBE and line.gap < 3 and (depth > 0 or _leads_on(lines, scores, at))
    if score == MAYBE or line.indent > indent:
        return True
    sentence = line.text[-1] in ".?!:" and line.text.count(" ") > 4
    if line.text[0].islower() and not sentence and at + 1 < len(lines) and not lines[at + 1].gap:
        return scores[at + 1] == SURE or (depth > 0 and any(scores[at + 1 : at + 9]))
    return depth > 0 and not sentence and len(line.text) < 120 and any(scores[at + 1 : at + 9])


def _leads_on(lines: Sequence[Line], scores: Sequence[int], at: int) -> bool:
    """After a blank line, comments and the like belong to the code when code follows them directly."""
    if lines[at].text.startswith(("//", "/*")) or not lines[at].text.strip(")]};,"):
        return True
    for end in range(at + 1, min(at + 12, len(lines))):
        if lines[end].gap or not scores[end]:
            return False
        if scores[end] == SURE:
            return True
    return False


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


def _named(lines: Sequence[Line], first: int, last: int) -> Span:
    """The language where the source names it: a label above the block, or the first word of a diagram."""
    if first and not lines[first].gap and _LABEL.match(lines[first - 1].text):
        return Span(first, last, "code", language=lines[first - 1].text.lower())
    mermaid = sum(1 for line in lines[first : last + 1] if "-->" in line.text and MERMAID.search(line.text[:LONG]))
    return Span(first, last, "code", language="mermaid" if 3 * mermaid > last - first else "")


def judge(text: str) -> int:
    """SURE, MAYBE or NEITHER, from the line alone."""
    if len(text) > LONG:
        return SURE if _dense_signs(text[: 4 * LONG]) else NEITHER
    if text[0] in _BULLETS or (text[0].isupper() and text[-1] in ".!?" and text.count(" ") > 4):
        return NEITHER  # an item, a sentence
    if text[:2] == "- " or not (SIGNS.search(text) or text[-1] in ",'" or text[0] in "-*" or _KEYWORD.match(text)):
        return NEITHER
    if _ARROWS.search(text) and MERMAID.search(text):
        return SURE
    if _SURE.match(text):
        return SURE if _QUOTED.search(text) or len(_WORD.findall(text)) < _PROSE else NEITHER
    return MAYBE if _MAYBE.match(text) else NEITHER


def _dense_signs(text: str) -> bool:
    """A long line is code when more than one character in twelve is a sign of code; quoted prose has one in fifty."""
    return sum(map(text.count, '{}()[]=<>;:_#"|&')) * 12 > len(text)
