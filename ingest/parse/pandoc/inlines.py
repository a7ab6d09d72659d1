"""The inline elements of pandoc's syntax tree to words: links, images, code and formulas keep their marks.

Left out: addresses inside the document, and emphasis but in a paragraph, where it tells which term a sentence is about. What is
struck out stays so.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest.parse import markdown_writer as markup
from ingest.parse.pandoc.docx import PAGE_BREAK

Node = dict[str, Any]
_PERMALINKS = frozenset({"", "#", "¶", "§", "🔗", "\uf0c1"})
_COMMENT = re.compile(r"(?<!\\)%.*$", re.MULTILINE)
_NUMBERING = re.compile(r"\\(?:label\{[^}]*\}|nonumber|notag)\s*")
_TEXT_MACRO = re.compile(r"\\ensuremath\s*(?=\{)|\\xspace(?![A-Za-z])")  # of macros that serve in text too
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:equation|displaymath|math|align|alignat|gather|multline|eqnarray)\*?)\}(.*)\\end\{\1\}", re.DOTALL
)
_PAREN = {"SingleQuote": "‘’", "DoubleQuote": "“”"}
_PLAIN = frozenset({"Underline", "SmallCaps"})
_EMPHASIS = {
    "Emph": ("\ufdd0", "*"),
    "Strong": ("\ufdd1", "**"),
}  # noncharacters stand for the marks until all is there
_EMPHASISED = re.compile(r"(?<![\w*])([\ufdd0\ufdd1])(\s*)([^\ufdd0\ufdd1*\n]*\w[^\ufdd0\ufdd1*\n]*?)(\s*)\1(?![\w*])")
_NOWHERE = "\ufdd2"  # stands for a reference to a label of which no number is known
_UNKNOWN = re.compile(r"\s*(?:\(\ufdd2\)|\ufdd2)(?=[\s.,;:!?)]|\Z)|\ufdd2")
_EMPHASES = re.compile("[\ufdd0\ufdd1]")


def words(nodes: Sequence[Node], note: Callable[[list[Node]], str], *, emphasis: bool = False) -> str:
    """The text of inlines, line breaks as newlines; `note` takes the blocks of a note and gives what refers to it. `emphasis`: with its
    marks, unless all of it is emphasised.
    """
    text = _UNKNOWN.sub("", _joined(nodes, note))
    if emphasis and _EMPHASISED.sub("", text).strip():
        text = _EMPHASISED.sub(_marked, text)
    return "\n".join(" ".join(line.split()) for line in _EMPHASES.sub("", text).split("\n")).strip("\n")


def _marked(found: re.Match[str]) -> str:
    mark = dict(_EMPHASIS.values())[found[1]]
    escaped = "\\" * found[3].endswith("\\")  # or the mark would be
    return f"{found[2]}{mark}{found[3]}{escaped}{mark}{found[4]}"


def _joined(nodes: Sequence[Node], note: Callable[[list[Node]], str]) -> str:
    """Code right after code is one piece, as word processors cut it."""
    text = ""
    for before, node in zip([None, *nodes], nodes, strict=False):
        if before and before["t"] == node["t"] == "Code" and before["c"][0] == node["c"][0] and text.endswith("`"):
            ticks = len(text) - len(text.rstrip("`"))
            text = f"{text[:-ticks]}{node['c'][1]}{text[-ticks:]}"
        else:
            text += _word(node, text, note)
    return text


def _word(node: Node, before: str, note: Callable[[list[Node]], str]) -> str:
    """`before`: the text so far."""
    kind: str = node["t"]
    content: Any = node.get("c")

    def inside(nodes: Sequence[Node]) -> str:
        return _joined(nodes, note)

    match kind:
        case "Str":
            return str(content).replace(PAGE_BREAK, markup.PAGE_BREAK)
        case "Space" | "SoftBreak":
            return " "
        case "LineBreak":
            return "\n"
        case "Code":
            return _code(*content)
        case "Math":
            return formula(content[1], display=content[0]["t"] == "DisplayMath")
        case "Superscript":
            return _raised("^", before, content, note)
        case "Subscript":
            return _raised("_", before, content, note)
        case "Link" if [part["t"] for part in content[1]] == ["Superscript"]:
            return _raised("^", before, [{**node, "c": [content[0], content[1][0]["c"], content[2]]}], note)
        case "Link" if (
            dict(content[0][2]).get("reference") and inside(content[1]) == f"[{dict(content[0][2])['reference']}]"
        ):
            return _NOWHERE  # a label of another file, or of an equation
        case "Link":
            url = "" if "wikilink" in content[0][1] else str(content[2][0])
            return _link(inside(content[1]), url)
        case "Image":
            return markup.image(inside(content[1]), str(content[2][0]))
        case "Note":
            return note(content)
        case "RawInline":
            return raw_formula(*content)
        case "Quoted":
            marks = _PAREN[content[0]["t"]]
            return f"{marks[0]}{inside(content[1])}{marks[1]}"
        case "Span" | "Cite":
            return inside(content[1])
        case "Strikeout":
            struck = inside(content)
            return f"~~{struck.strip()}~~" if struck.strip() else struck
        case _ if kind in _PLAIN:
            return inside(content)
        case _ if kind in _EMPHASIS:
            return f"{_EMPHASIS[kind][0]}{inside(content)}{_EMPHASIS[kind][0]}"
    return ""


def formula(tex: str, *, display: bool = False) -> str:
    """TeX on one line between dollar signs; comments, numbering and the environment of an equation are left out."""
    bare = " ".join(_COMMENT.sub("", tex.replace(PAGE_BREAK, "")).split())
    bare = _TEXT_MACRO.sub("", _NUMBERING.sub("", bare)).strip()
    if match := _ENVIRONMENT.fullmatch(bare):
        single = match[1].rstrip("*") in {"equation", "displaymath", "math"}
        bare = match[2].strip() if single else f"\\begin{{aligned}}{match[2]}\\end{{aligned}}"
    mark, before = "$$" if display else "$", markup.PAGE_BREAK * tex.count(PAGE_BREAK)
    return f"{before}{mark}{bare}{mark}" if bare else before


def raw_formula(language: str, text: str) -> str:
    """A TeX environment of mathematics that a format passes through; nothing for other raw text."""
    is_formula = language in {"tex", "latex"} and _ENVIRONMENT.fullmatch(text.strip())
    return formula(text.strip(), display=True) if is_formula else ""


def _raised(mark: str, before: str, content: Sequence[Node], note: Callable[[list[Node]], str]) -> str:
    """A link that is raised is a reference."""
    text = _joined(content, note)
    bare = text.strip()
    if bare and any(node["t"] in {"Link", "Note"} for node in content):
        return text if bare.startswith(("[", "(")) else f"[{bare}]"
    return markup.raised(mark, before, text)


def _code(attributes: Sequence[Any], text: str) -> str:
    """A role that pandoc does not know gives its words: ``:ref:`the words <target>` `` -> `the words`."""
    role = dict(attributes[2]).get("role")
    if role is None:
        return markup.inline_code(text)
    bare = text.lstrip("~!")
    if role == "numref":  # what it counts, without the number that only the finished book knows
        bare = " ".join(bare.replace("%s", "").replace("{number}", "").split())
    bare = bare.rpartition("<")[0].rstrip() if bare.endswith(">") else bare
    return bare if " " in bare or (":" not in role and role in _WORDED) else markup.inline_code(bare)


_WORDED = frozenset({"ref", "doc", "term", "numref", "abbr", "guilabel", "menuselection", "dfn", "pep", "rfc", "eq"})


def _link(text: str, url: str) -> str:
    if text.strip() in _PERMALINKS:
        return ""
    return " " * text.startswith(" ") + markup.link(text, url).strip() + " " * text.endswith(" ")
