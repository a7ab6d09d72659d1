"""LaTeX source without what is none, and the commands that it defines, from which other files of the course may take theirs."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from ingest.parse.reader import decode, edited
from retrieval.errors import UnreadableFile

_SUFFIXES = frozenset({".tex", ".sty", ".cls"})
_LONGEST = 120  # characters of a definition
_SCREEN = 2_000  # characters beyond which a definition is none that is taken over
_MOST_OPEN = 20  # definitions that do not end, after which a file is given up
_MOST_BYTES = 256 * 1024  # of a file that others take definitions from
_NO_SOURCE = re.compile(
    r"(\\begin\{(verbatim|Verbatim|lstlisting|minted|comment)\*?\}.{0,20000}?\\end\{\2\*?\}|\\(?:verb\*?|lstinline)([^\w\s{\[*]).*?\3|%[^\n]*)|\\.",
    re.DOTALL,
)
_DEFINES = re.compile(
    r"\\(?:(?:renewcommand|DeclareRobustCommand|(?:new|provide)command|DeclareMathOperator)\*?|(def)(?=\s*\\))\s*\{?\s*\\([A-Za-z]+)\s*\}?"
)
_ENVIRONMENT = re.compile(r"\\(?:new|renew|provide)environment\*?\s*\{([^{}]+)\}")
_THEOREM = re.compile(r"\\newtheorem\*?\s*\{([^{}]+)\}\s*(?:\[[^\]]*\])?\s*\{[^{}]*\}(?:\s*\[[^\]]*\])?")
_OPTION = re.compile(r"[ \t]*\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]")
_GAP = re.compile(r"[ \t]*(?:\n[ \t]*)?\{")
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BREAK = re.compile(r"\n[ \t]*(\n\s*)?")
_NAME = re.compile(r"\\begin\{([^{}]+)\}|\\([A-Za-z]+)")
LAYOUT = re.compile(  # columns of slides, whose widths pandoc takes for text, and drawings
    r"\\begin\{columns?\}(?:\[[^\]]*\])?(?:\{[^{}]*\})?|\\end\{columns?\}|\\begin\{(asy|pspicture)\}.*?\\end\{\1\}"
    r"|\\put\s*\([^()]*\)",
    re.DOTALL,
)
MATHS = re.compile(
    r"\\[^A-Za-z(\[]|(\$\$.*?\$\$|\$(?:[^$\n]|\n(?![ \t]*\n))*\$|\\\(.*?\\\)|\\\[.*?\\\]"
    r"|\\begin\{((?:equation|align|gather|multline|eqnarray|alignat|displaymath|math)\*?)\}.*?\\end\{\2\})",
    re.DOTALL,
)
_SIZE = (
    r"[-+\s]*(?:\d*[.,]?\d*\s*(?:\\(?!par\b)[A-Za-z@]+|(?:true\s*)?(?:pt|em|ex|in|cm|mm|bp|pc|sp|dd|cc|mu|fil+)\b)|#\d)"
)
LENGTH = re.compile(
    rf"\\(?:[vhm]skip|m?kern|[vh]glue|(?:advance\s*\\[A-Za-z]+\s*by|parindent|parskip|leftskip|rightskip|hangindent|hsize|vsize"
    rf"|baselineskip|lineskip|topskip|abovedisplayskip|belowdisplayskip)(?![A-Za-z])\s*=?){_SIZE}(?:\s*plus{_SIZE})?(?:\s*minus{_SIZE})?"
)
_OWN = frozenset({"part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph", "item"})


def without(pattern: re.Pattern[str], text: str) -> str:
    """A blank in its place, outside code and comments, and for each of its line breaks one that parts no paragraphs."""
    gone = pattern.finditer(mask(text))
    return edited(text, ((*found.span(), " " + "%\n" * found[0].count("\n")) for found in gone))


def mask(text: str) -> str:
    """The text with comments and code as blanks."""
    return _NO_SOURCE.sub(lambda found: blank(found[0]) if found[1] else found[0], text)


def blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def definitions_in(text: str) -> dict[str, str]:
    """Commands and theorems by name (`begin{lemma}`), each with its definition on one line; those that end within a screen."""
    source = mask(text)
    found = {f"begin{{{theorem[1]}}}": theorem[0] for theorem in _THEOREM.finditer(source)}
    still_open = 0
    for head in _DEFINES.finditer(source):
        at = source.find("{", head.end()) if head[1] else behind_options(source, head.end())
        end = group_end(source, at, most=_SCREEN) if at >= 0 else at
        if end > at:
            found[head[2]] = _BREAK.sub(lambda gap: "\\par " if gap[1] else " ", source[head.start() : end])
        elif (still_open := still_open + 1) > _MOST_OPEN:
            break
    for head in _ENVIRONMENT.finditer(source):
        begun = group_end(source, at := behind_options(source, head.end()), most=_SCREEN)
        end = group_end(source, begun, most=_SCREEN)
        if at < begun < end:
            found[f"begin{{{head[1]}}}"] = _BREAK.sub(" ", source[head.start() : end])
        elif (still_open := still_open + 1) > _MOST_OPEN:
            break
    return found


def of_course(root: Path) -> dict[Path, dict[str, str]]:
    """What the LaTeX of a course defines, by file; not what is made of the inside of LaTeX. Read before the files are, without their
    limits, so what does not end is given up.
    """
    found: dict[Path, dict[str, str]] = {}
    for path in sorted(root.rglob("*.*")):
        if path.suffix.lower() in _SUFFIXES and not any(part.startswith(".") for part in path.relative_to(root).parts):
            try:
                if path.stat().st_size > _MOST_BYTES:
                    continue
                known = definitions_in(without(LENGTH, without(LAYOUT, decode(path.read_bytes()).text)))
            except (OSError, UnreadableFile):
                continue
            found[path] = {name: one for name, one in known.items() if "@" not in one and name not in _OWN}
    return found


def nearest(definitions: Mapping[Path, Mapping[str, str]], path: Path) -> dict[str, str]:
    """Each name as the file defines it that shares most folders with `path`."""
    near: dict[str, str] = {}
    for other in sorted(definitions, key=lambda other: _shared(other, path)):
        near |= definitions[other]
    return near


def _shared(one: Path, other: Path) -> int:
    return sum(1 for first, second in zip(one.parent.parts, other.parent.parts, strict=False) if first == second)


def needed(text: str, own: Mapping[str, str], others: Mapping[str, str]) -> str:
    """Definitions of others that the text uses, and those that these use. What takes arguments and is long is layout, unless it is
    used in formulas: a stand-in says as much."""
    waiting, found = [text], dict[str, str]()
    formulas = " ".join(mathematics(mask(text)))
    while waiting:
        for environment, plain in _NAME.findall(mask(waiting.pop())):
            name = plain or f"begin{{{environment}}}"
            if name in others and name not in own and name not in found:
                layout = "#1" in others[name] and len(others[name]) > _LONGEST
                if layout and not re.search(rf"\\{plain}(?![A-Za-z])", formulas):
                    continue
                found[name] = others[name]
                waiting.append(others[name])
    return "".join(found.values())


def mathematics(source: str) -> list[str]:
    return [found[1] for found in MATHS.finditer(source) if found[1]]


def behind_options(source: str, at: int) -> int:
    """Where `[...][...]` ends, `at` itself where there is none."""
    while (found := _OPTION.match(source, at)) is not None:
        at = found.end()
    return at


def group_end(source: str, at: int, *, most: int = sys.maxsize) -> int:
    """Where the group in braces ends that begins there, blanks and one line break aside; `at` itself where there is none, or none that
    ends within so many characters.
    """
    start, depth = _GAP.match(source, at), 0
    if start is None:
        return at
    for brace in BRACE.finditer(source, start.end() - 1, min(len(source), start.end() + most)):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if not depth:
            return brace.end()
    return at
