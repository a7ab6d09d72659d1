"""Whether a line of a plain text is code, from its shape alone: surely, if its neighbours are, or not.

The signs are those of common languages, configuration formats, shells, diagrams and of what compilers say. A line of
quoted prose is not code however many quotes it has.
"""

import re

from ingest.parse.plain_text.lines import LONG

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
