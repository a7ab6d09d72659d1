"""What people write within a line of Markdown beyond CommonMark, as words: wiki links, roles, entities, notes, styles.

Of Obsidian, MyST, kramdown, Pandoc, bookdown, Jekyll and Hugo; see `extensions`. Notes within a sentence, of Pandoc, are set below its paragraph.
"""

import html
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import count
from pathlib import PurePosixPath

from ingest.parse import markdown_writer as markup
from ingest.parse.markdown.embedded import in_code
from retrieval.text.markdown import CODE, fence_at

_WIKI = re.compile(r"(!?)\[\[([^\]|\n]+)(?:\|([^\]\n]*))?\]\]")
_DATA = re.compile(r"!\[([^\]]*)\]\(\s*<?(data:[^)>]*)>?\s*\)|\]\(\s*<?data:[^)]*\)", re.IGNORECASE)
_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_TITLE = re.compile(r"<span\b[^>]*\b(?:class|data-type)\s*=\s*[\"']title[\"'][^>]*>(.*?)(\w?)</span>[ \t]*(?=\S)")
_VALUE = re.compile(r"\b(src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)
_HIGHLIGHT = re.compile(r"==(?=\S)([^=\n]+?)(?<=\S)==")
_ATTRIBUTES = re.compile(
    r"\{:[^{}\n]*\}|(?<=[)*])\{(?=[^{}\n]*[.#=])[\w#.][^{}\n]*\}"
)  # {: .wide}, of kramdown; {#fig width=50%}
_SPAN = re.compile(r"(?<![!\]])\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\{[.#][^{}\n]*\}")  # [words]{.class}, of Pandoc
_REFERENCE = re.compile(  # to a place of a page, in brackets by itself or behind a word: ([\[link\]](#figure)), so[\[1\]](#note)
    r"[ \t]*\([ \t]*\[\\\[[^\[\]\n]{1,20}\\\]\]\([^()\s]*#[^()\s]*\)[ \t]*\)|(?<=[^\s(])\[\\\[\w{1,4}\\\]\]\(#[^()\s]*\)"
)
_RAW = re.compile(r"`[^`\n]*`\{=\w+\}")  # `\newline`{=tex}: for one kind of output only
_STYLED_CODE = re.compile(r"(`[^`\n]+`)\{[.#][^{}\n]*\}")  # `sum(x)`{.r}
_CITED = re.compile(  # [@darwin1859, p. 3], of Pandoc; \@ref(fig:map) and (\#eq:mean), of bookdown
    r"[ \t]?\[(?:[^\[\]\n]*[\s-])?@\w[^\[\]\n]*\](?![\[({:])|[ \t]?\\?@ref\([^()\s]*\)|[ \t]?\(\\#[\w:-]+\)"
)
_AUTHOR = re.compile(r"(?<![\w@/.\\])@([A-Z][A-Za-z-]+)[:_-]?(\d{4})[a-z]?\b")  # @Darwin1859 said
_SHORTCODE = re.compile(r"\{\{([<%]).*?[>%]\}\}")  # of Hugo and Quarto
_TEMPLATE = re.compile(
    r"(\]\(|^[ ]{0,3}\[[^\]\n]+\]:[ \t]*)(?:\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\})"
)  # what a site is called
_MARK = re.compile(r"\[\^([^\]\s]+)\]")
_NOTED = re.compile(rf"(?<=\S){_MARK.pattern}")
_NOTE = re.compile(rf"[ ]{{0,3}}{_MARK.pattern}:[ \t]*(.*)$")
_INLINE_NOTE = re.compile(  # words^[a note], of Pandoc
    r"(?<![\[^\\])[ \t]*\^\[((?:[^\[\]\n]|\n(?![ \t]*\n)|\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\])+)\]"
)
_ROLE = re.compile(  # of MyST: {ref}`the words <label>`; of Sphinx: :ref:`the words <label>`
    r"([ \t]?)(?:\{([a-z][\w:-]*)\}|(?<![\w:]):([a-z][\w-]*(?::[a-z]+)?):)`([^`<>\n]*?)\s*(?:<[^<>`\n]*>)?`"
)
_IN_TEXT = ("citet", "cite:t", "cite:alt", "cite:author")  # a citation that is part of its sentence
_KEY = re.compile(r"\W*([^\W\d_]{2,})(?:\S*?((?:1[5-9]|20)\d\d)(?!\d))?\S*")  # darwin1859origin, Darwin.Wallace.1858
_NOTATION = frozenset("\\`*_{}[]()#+-.!|<>~")
_ENTITY = re.compile(r"&#?\w+;")
_INDENTED = ("    ", "\t")  # perhaps code


def inline(line: str, *, notes: Collection[str], dropped: list[str]) -> str:
    """Outside of code and formulas. `notes`: the names of notes that the text has; what is left out is added to `dropped`."""
    line = _TEMPLATE.sub(r"\1", line) if "{{" in line or "{%" in line else line
    if "](" in line:
        line = _DATA.sub(lambda match: _data(match, dropped), line)
    if "}`" in line or ":`" in line:
        line = _ROLE.sub(_role, line)
    if "`{=" in line:
        line = _RAW.sub("", line)
    if "`{" in line:
        line = _STYLED_CODE.sub(r"\1", line)
    if not any(sign in line for sign in ("[", "==", "^", "<", "&", "{", "@", "(\\#")):
        return line
    pieces, done = [], 0
    for code in [*CODE.finditer(line), None]:
        words = line[done : code.start() if code else len(line)]
        while "]{" in words and (bare := _SPAN.sub(r"\1", words)) != words:
            words = bare
        words = _REFERENCE.sub("", words) if "](" in words else words
        words = _AUTHOR.sub(r"\1 (\2)", _SHORTCODE.sub("", _CITED.sub("", words)))
        words = _TITLE.sub(lambda match: f"{match[1]}{match[2]}{':' if match[2] else ''} ", words)
        words = _WIKI.sub(_wiki_link, _ATTRIBUTES.sub("", words))
        words = words if line.startswith(_INDENTED) else _TAG.sub(_picture, words)
        words = _ENTITY.sub(_letter, _HIGHLIGHT.sub(r"\1", words))
        words = _NOTED.sub(lambda match: f" (note {match[1]})" if match[1] in notes else match[0], words)
        pieces += [words, code[0] if code else ""]
        done = code.end() if code else 0
    return "".join(pieces)


def _data(match: re.Match[str], dropped: list[str]) -> str:
    """A picture that is written out in the text gets a name; other data is left out."""
    if match[2]:
        return markup.image(match[1], match[2])
    dropped.append("embedded data")
    return "]()"


def _role(match: re.Match[str]) -> str:
    """Its words, a formula as one, a source that is part of the sentence as its author; a number or another source that only the finished book
    knows is left out, and so is a label."""
    name, words = match[2] or match[3], " ".join(match[4].replace("%s", "").replace("{number}", "").split())
    if name == "math":
        words = f"${words}$"
    elif name.startswith(_IN_TEXT):
        words = ", ".join(_source(key) for key in re.split(r"[,;]\s*", words))
    elif name.startswith("cite") or name == "eq" or (match[3] and "_" in words):
        return ""
    return f"{match[1]}{words}" if words else ""


def _source(key: str) -> str:
    """`kaplan2020scaling` -> `Kaplan (2020)`."""
    if not (named := _KEY.fullmatch(key)):
        return key
    author = named[1][0].upper() + named[1][1:]
    return f"{author} ({named[2]})" if named[2] else author


def _letter(match: re.Match[str]) -> str:
    """What an entity stands for, marked as no notation where it might be some."""
    letter = html.unescape(match[0]).replace("\xa0", " ")
    if letter in _NOTATION:
        return f"\\{letter}"
    harmless = letter == " " or (letter == "&" and not match.string[match.end() :][:1].strip())
    return letter if harmless or not letter.isascii() else match[0]


def _picture(match: re.Match[str]) -> str:
    values = {found[1].lower(): found[2] or found[3] or found[4] or "" for found in _VALUE.finditer(match[0])}
    return markup.image(values.get("alt", ""), values.get("src", ""))


def _wiki_link(match: re.Match[str]) -> str:
    """A picture that is shown in place; of a note its name."""
    name = match[2].strip()
    if match[1]:
        return markup.image("", name) if 3 <= len(PurePosixPath(name).suffix) <= 5 else name
    return match[3] or match[2].replace("#", " > ").removeprefix(" > ")


def note_of(line: str) -> tuple[str, str] | None:
    """Name and words of the note that begins in this line."""
    return (found[1], found[2]) if (found := _NOTE.match(line)) else None


def note_names(lines: Iterable[str]) -> set[str]:
    return {note[0] for line in lines if (note := note_of(line))}


def with_notes_below(text: str) -> Iterator[str]:
    """The lines, with `words^[a note]` as `words[^1]` and the note below its paragraph."""
    if "^[" not in text:
        yield from text.split("\n")
        return
    is_code, taken, notes = in_code(text), {*_MARK.findall(text)}, dict[str, str]()
    free = (name for name in map(str, count(1)) if name not in taken)

    def apart(match: re.Match[str]) -> str:
        if is_code(match.start()) or len(match[1].split()) < 2:
            return match[0]
        name = next(free)
        notes[name] = " ".join(match[1].split())
        return f"[^{name}]"

    lines = _INLINE_NOTE.sub(apart, text).split("\n")
    at, waiting = 0, list[str]()
    while at < len(lines):
        fence = fence_at(lines, at)
        end = fence.end if fence else at + 1
        if fence or not lines[at].strip():
            yield from (line for name in waiting for line in ("", f"[^{name}]: {notes[name]}", ""))
            waiting = []
        else:
            waiting += [name for name in _MARK.findall(lines[at]) if name in notes]
        yield from lines[at:end]
        at = end
    yield from (line for name in waiting for line in ("", f"[^{name}]: {notes[name]}"))
