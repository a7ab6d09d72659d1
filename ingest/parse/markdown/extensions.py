"""What people write in Markdown beyond CommonMark, as words: callouts, admonitions, definition lists, wiki links, notes, comments.

Of Obsidian, GitHub, MkDocs, Docusaurus, MyST, kramdown, Pandoc, Quarto and R Markdown. Code is left as it is. Left out: embedded pictures, marks that
only style; comments, which their author hides, are reported. A text without any of these comes back unchanged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, dropwhile

from ingest.parse import markdown_writer as markup
from ingest.parse.markdown.embedded_html import in_code
from ingest.parse.markdown.inline import inline
from ingest.parse.markdown.parser import front_matter
from retrieval.text.markdown import Fence, fence_at

_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)|%%(.*?)%%", re.DOTALL)
_CALLOUT = re.compile(r"[ \t]*>[ \t]*\[!([\w-]+)(?:\|[^\]]*)?\][+-]?[ \t]*(.*)$")
_ADMONITION = re.compile(
    r"([ \t]*)(?:!!!|\?\?\?\+?|===)[ \t]+(?:([\w-]+)(?:[ \t]+[\w-]+)*)?[ \t]*(?:\"([^\"]*)\")?[ \t]*$"
)
_COLONS = re.compile(r"[ \t]*(:{3,})[ \t]*(.*?)[ \t]*$")
_NAMED = re.compile(r"\{?\.?:?([\w-]*)\}?[ \t]*(.*)$")
_ATTRIBUTES = re.compile(r"\{([^{}]*[.#=][^{}]*)\}")  # of a division of Pandoc: {.callout-tip title="In short"}
_CLASS = re.compile(r"(?:\A|\s)\.([\w-]+)")
_TITLE = re.compile(r"\b(?:title|name)=\"([^\"]*)\"")
_LAYOUTS = frozenset(
    {
        "aside",
        "center",
        "column",
        "columns",
        "fragment",
        "grid",
        "incremental",
        "nonincremental",
        "notes",
        "panel-tabset",
    }
)
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]+(.*?)(?:[ \t]*\{[^{}]*\}|[ \t]+#+)?[ \t]*")
_TIGHT_HEADING = re.compile(r"#{2,6}(?=[^\s#])")  # ##Rain, which few renderers take for one
_INLINE_NOTE = re.compile(  # words^[a note], of Pandoc
    r"(?<![\[^\\])[ \t]*\^\[((?:[^\[\]\n]|\n(?![ \t]*\n)|\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\])+)\]"
)
_NOTE_NAME = re.compile(r"\[\^([^\]\s]+)\]")
_HIGHLIGHT = re.compile(  # code, of Jekyll and Hugo: {% highlight r %}, {{< /highlight >}}
    r"^[ \t]*\{[{%][<%-]?[ \t]*(?:(end|/[ \t]*)|)highlight\b[ \t]*([\w+#-]*)[^{}\n]*\}{1,2}[ \t]*$", re.MULTILINE
)
_DIRECTIVE = re.compile(
    r"\{([\w:-]+)(?:[ ,](.*))?\}[ \t]*(.*)$"
)  # {note} Title, of MyST; {r name, echo=FALSE}, of knitr
_ADDRESS = re.compile(r"\S+[./]\S+")  # of what a directive shows, not its title
_OPTION = re.compile(r"[ \t]*:[\w-]+:.*$")
_QUOTED = re.compile(r"[ \t]{0,3}>[ \t]?(.*)$")
_STARTS = re.compile(r"[ \t]*(?:[-*+>#|]|\d{1,9}[.)][ \t]|```|~~~|$|\[\^)|    ")
_LAYOUT = re.compile(  # lines that only lay out what is printed
    r"[ \t]*(?:\\(?:(?:big|med|small)skip|pause|(?:new|clear)page|[vh]fill|[vh]space\*?\{[^{}\n]*\}|noindent|centering)[ \t]*)+"
)
_MEANING = re.compile(r"[ ]{0,3}:[ \t]+(\S.*)$")  # of the term above it
_END = "^"  # of a list, to kramdown
_WRAPPER = re.compile(r"[ ]{0,3}<(/?)(?:div|section|article|aside)\b(?![^>]*(?:hidden|display))([^>]*)>[ \t]*")
_LISTS = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_CLASSES = re.compile(r"\b(?:class|data-type)\s*=\s*[\"']([^\"']*)[\"']")
LONGEST_TERM = 100
_NOTE_TEXT = re.compile(r"[ ]{0,3}\[\^([^\]\s]+)\]:[ \t]*(.*)$")
_LANGUAGES = frozenset(
    {"bash", "dot", "js", "julia", "mermaid", "ojs", "python", "r", "rcpp", "sas", "sh", "sql", "stan", "stata"}
)
_CODE_DIRECTIVES = _LANGUAGES | {"code", "code-block", "code-cell", "sourcecode", "literalinclude"}
_CELL_HEAD = re.compile(
    r"^([ \t]*`{3,})(\{\w[^\n`]*`[^\n]*\})[ \t]*$", re.MULTILINE
)  # with ticks, which CommonMark forbids
_TEXT_CELLS = frozenset({"asis", "block", "block2"})  # of knitr
_CELL_OPTION = re.compile(r"#\| ?[\w-]+:")  # of Quarto
_HIDES = re.compile(
    r"#\| ?(?:echo|include): *false|:tags:.*\bremove[-_](?:input|cell)\b|\b(?:echo|include) *= *F(?:ALSE)?\b"
)
_TEMPLATE = re.compile(r"[ \t]*(?:\{\{.*\}\}|\{%.*%\})[ \t]*")  # what a site generator puts in its place
_QUESTIONS = frozenset({"exercise", "question", "problem", "quiz"})


@dataclass(slots=True)
class SpelledOut:
    """The text, with the marks of `markdown_writer` for exercises; what its author had hidden; what was left out;
    the names of its notes."""

    text: str
    include_hidden: bool = False
    hidden: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)


def spelled_out(text: str, *, include_hidden: bool = False) -> SpelledOut:
    """Newlines are `\\n`."""
    head = front_matter(text).end
    result = SpelledOut("", include_hidden)
    body = _CELL_HEAD.sub(lambda found: found[1] + found[2].replace("`", "'"), text[head:])
    body = body if include_hidden else _without_comments(body, result)
    body = _HIGHLIGHT.sub(lambda found: "```" if found[1] else f"```{found[2]}", body)
    lines = list(_with_notes_below(body))
    result.notes = {match[1] for line in lines if (match := _NOTE_TEXT.match(line))}
    result.text = text[:head] + "\n".join(_written(lines, result))
    return result


def _without_comments(text: str, result: SpelledOut) -> str:
    """Comments outside of code, which is known by its fences and ticks."""
    if "<!--" not in text and "%%" not in text:
        return text
    is_code = in_code(text)

    def removed(match: re.Match[str]) -> str:
        if is_code(match.start()):
            return match[0]
        words = " ".join((match[1] or match[2] or "").split())
        if any(map(str.isalnum, words)):
            result.hidden.append(f"comment: {words}")
        return ""

    return _COMMENT.sub(removed, text)


def _with_notes_below(text: str) -> Iterator[str]:
    """The lines, with `words^[a note]` as `words[^1]` and the note below its paragraph."""
    if "^[" not in text:
        yield from text.split("\n")
        return
    is_code, taken, notes = in_code(text), {*_NOTE_NAME.findall(text)}, dict[str, str]()

    def apart(match: re.Match[str]) -> str:
        if is_code(match.start()) or len(match[1].split()) < 2:
            return match[0]
        name = next(name for name in map(str, count(len(notes) + 1)) if name not in taken)
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
            waiting += [name for name in _NOTE_NAME.findall(lines[at]) if name in notes]
        yield from lines[at:end]
        at = end
    yield from (line for name in waiting for line in ("", f"[^{name}]: {notes[name]}"))


def _written(lines: Sequence[str], result: SpelledOut) -> Iterator[str]:
    """Line after line; a box is written by what it holds."""
    at = 0
    while at < len(lines):
        line = lines[at]
        if fence := fence_at(lines, at):
            end = fence.end
            yield from _fenced(lines[at:end], fence, result)
        elif callout := _CALLOUT.match(line):
            end = at + 1
            while end < len(lines) and _QUOTED.match(lines[end]):
                end += 1
            inside = [match[1] if (match := _QUOTED.match(inner)) else inner for inner in lines[at + 1 : end]]
            yield from _box(callout[1], callout[2], inside, result)
        elif (box := _ADMONITION.match(line)) and (end := _indented_end(lines, at + 1, len(box[1]))) > at + 1:
            inside = [inner[len(box[1]) + 4 :] if inner.strip() else "" for inner in lines[at + 1 : end]]
            yield from _box(box[2] or "", box[3] or "", inside, result)
        elif colons := _COLONS.match(line):
            end = _colons_end(lines, at, len(colons[1])) if colons[2] else at + 1
            inside = _without_options(lines[at + 1 : end - 1]) if colons[2] else []
            yield from _box(*_name_and_title(colons[2]), inside, result) if colons[2] else [""]
        elif (tag := _WRAPPER.fullmatch(line)) and (end := _question_end(lines, at, tag[2])):
            yield from ("", markup.marked("question", "\n".join(_written(lines[at + 1 : end - 1], result)).strip()), "")
        elif tag and "title" in _classes(tag[2]) and (closed := _closing_tag(lines, at)):
            title = " ".join(" ".join(lines[at + 1 : closed]).split())
            below = next((at for at in range(closed + 1, len(lines)) if lines[at].strip()), len(lines))
            joins = below < len(lines) and not (_STARTS.match(lines[below]) or lines[below].lstrip()[0] in "!<")
            sign = ":" * title[-1:].isalnum()
            yield from ("", _line(f"{title}{sign} {lines[below].strip()}", result)) if joins else ("", title, "")
            end = below + joins
        elif tag and (end := _element_end(lines, at)):
            yield from ("", markup.boxed("\n".join(_written(lines[at + 1 : end - 1], result)).strip()), "")
        elif end := _meanings_end(lines, at):
            yield from _definitions(lines[at:end], result)
        elif quoted := _QUOTED.match(line):
            end = at + 1
            words = quoted[1]
            while (
                end < len(lines)
                and (more := _QUOTED.match(lines[end]))
                and words.strip()
                and not _STARTS.match(more[1])
            ):
                words, end = f"{words.rstrip()} {more[1].strip()}", end + 1
            yield f"> {inline(words, notes=result.notes, dropped=result.dropped)}".rstrip()
        else:
            end = at + 1
            alone = not at or not lines[at - 1].strip()
            yield _line(_TIGHT_HEADING.sub(r"\g<0> ", line, count=1) if alone and line[:2] == "##" else line, result)
        at = end


def _meanings_end(lines: Sequence[str], at: int) -> int:
    """After the meanings of the term in this line; 0 where it is none."""
    term, below = lines[at], lines[at + 1 : at + 3]
    first = at + 1 if below and below[0].strip() else at + 2
    alone = not at or not lines[at - 1].strip() or lines[at - 1] == _END
    if (
        not alone
        or len(term) > LONGEST_TERM
        or _STARTS.match(term)
        or not any(map(_MEANING.match, lines[first : first + 1]))
    ):
        return 0
    return next((end for end in range(first, len(lines)) if not lines[end].strip(" \t^")), len(lines))


def _definitions(lines: Sequence[str], result: SpelledOut) -> Iterator[str]:
    """`- term: meaning`; each of several meanings with its term."""
    meanings: list[str] = []
    for line in filter(str.strip, lines[1:]):
        if found := _MEANING.match(line):
            meanings.append(found[1].strip())
        else:
            meanings[-1] += f" {line.strip()}"
    term = inline(lines[0].strip(), notes=result.notes, dropped=result.dropped)
    for meaning in meanings:
        yield markup.item(
            "-", markup.marked("definition", f"{term}: {inline(meaning, notes=result.notes, dropped=result.dropped)}")
        )


def _line(line: str, result: SpelledOut) -> str:
    if line.lstrip().startswith("[") and line.partition("]:")[2].lstrip(" <").startswith("data:"):
        result.dropped.append("embedded picture")
        return ""
    if _TEMPLATE.fullmatch(line):
        result.dropped.append(f"template: {line.strip()}")
        return ""
    if line.strip() == _END or _WRAPPER.fullmatch(line) or _LAYOUT.fullmatch(line):
        return ""
    if note := _NOTE_TEXT.match(line):
        return f"Note {note[1]}: {inline(note[2], notes=result.notes, dropped=result.dropped)}"
    return inline(line, notes=result.notes, dropped=result.dropped)


def _fenced(lines: Sequence[str], fence: Fence, result: SpelledOut) -> Iterator[str]:
    """Code as it stands, without the options of a cell, nothing where they hide it; a MyST directive by what it holds."""
    directive = _DIRECTIVE.match(fence.info.strip())
    inside = lines[1 : len(lines) - fence.closed]
    name, cell, title = directive.groups() if directive else ("", None, "")
    is_text = name in _TEXT_CELLS
    if not directive or name in _CODE_DIRECTIVES or (cell is not None and not is_text) or len(lines) < 2:
        body = _without_options(inside) if directive else inside
        body = list(dropwhile(_CELL_OPTION.match, body))
        options = [*inside[: len(inside) - len(body)], *filter(None, [cell])]
        if any(map(_HIDES.search, options)) and not result.include_hidden:
            result.hidden.append(f"code of a cell: {' '.join(' '.join(body).split())}")
            return
        if options and not any(map(str.strip, body)):
            return  # what runs stands in another file
        info = fence.info.strip()
        language = (name if name in _LANGUAGES or cell is not None else title) if directive else info
        yield lines[0].rstrip().removesuffix(info) + language if directive else lines[0]
        yield from [*body, *lines[len(lines) - fence.closed :]]
        return
    body = _without_options(inside)
    if name == "math":
        yield from ("$$", *body, "$$")
    elif name not in {"toctree", "tableofcontents", "include"}:
        shown = is_text or name in {"figure", "image"} or bool(_ADDRESS.fullmatch(title))
        yield from _box("" if shown else name, "" if shown else title, body, result)


def _name_and_title(info: str) -> tuple[str, str]:
    """Of a division between colons; no name where it only lays out."""
    if not (attributes := _ATTRIBUTES.fullmatch(info)):
        named = _NAMED.match(info)
        return (named[1], named[2].strip("[]")) if named else ("", "")
    title, (name, *_) = _TITLE.search(attributes[1]), [*_CLASS.findall(attributes[1]), ""]
    lays_out = not name.startswith("callout-") and (name in _LAYOUTS or "=" in attributes[1])
    return "" if lays_out and not title else name, title[1] if title else ""


def _box(name: str, title: str, inside: Sequence[str], result: SpelledOut) -> Iterator[str]:
    """`Title: first words`, then the rest; the name where there is no title. An exercise is marked as one."""
    kind = name.rpartition(":")[2].lower()
    first = next((at for at, line in enumerate(inside) if line.strip()), len(inside))
    if name and not title and (heading := _HEADING.fullmatch("".join(inside[first : first + 1]))):
        title, inside = heading[1], inside[first + 1 :]  # of Quarto and The Carpentries
    label = " ".join(title.split()) or name.removeprefix("callout-").replace("-", " ").capitalize()
    written = "\n".join(_written(inside, result)).strip("\n")
    joins = bool(written) and not _STARTS.match(written) and label
    lead = (
        f"{label.rstrip(':')}:" if _LISTS.match(written) and label[-1:] not in "?!." else label
    )  # what announces is no sentence
    text = f"{label.rstrip(':')}: {written}" if joins else "\n\n".join(filter(None, (lead, written)))
    yield ""
    yield markup.boxed(markup.marked("question", text) if kind in _QUESTIONS else text)
    yield ""


def _without_options(lines: Sequence[str]) -> list[str]:
    """Without the options of a directive: lines like `:width: 3`, or YAML between rules."""
    if lines and lines[0].strip() == "---":
        return list(lines[next((at for at in range(1, len(lines)) if lines[at].strip() == "---"), 0) + 1 :])
    first = next((at for at, line in enumerate(lines) if not _OPTION.match(line)), len(lines))
    return list(lines[first:])


def _classes(attributes: str) -> set[str]:
    return {name for found in _CLASSES.finditer(attributes) for name in found[1].split()}


def _closing_tag(lines: Sequence[str], at: int) -> int:
    """The line that closes an element of few lines; 0 where none does."""
    return next((end for end in range(at + 1, min(at + 5, len(lines))) if lines[end].strip().startswith("</")), 0)


def _question_end(lines: Sequence[str], at: int, attributes: str) -> int:
    """After the tag that closes an element of HTML which its class calls a question; 0 where it is none, or has others in it."""
    end = _element_end(lines, at) if _QUESTIONS.intersection(_classes(attributes)) else 0
    tags = filter(None, map(_WRAPPER.fullmatch, lines[at + 1 : end]))
    return 0 if any(_CLASSES.search(tag[2]) for tag in tags) else end


def _element_end(lines: Sequence[str], at: int) -> int:
    """After the tag that closes the element which this line opens; 0 where none does."""
    depth = 0
    for end in range(at, len(lines)):
        if tag := _WRAPPER.fullmatch(lines[end]):
            depth += -1 if tag[1] else 1
        if depth <= 0:
            return end + 1 if end > at else 0
    return 0


def _indented_end(lines: Sequence[str], at: int, margin: int) -> int:
    """After the lines indented by four more, blank ones between them included."""
    end = at
    for index in range(at, len(lines)):
        if lines[index].startswith(" " * (margin + 4)):
            end = index + 1
        elif lines[index].strip():
            break
    return end


def _colons_end(lines: Sequence[str], at: int, width: int) -> int:
    """After the line that closes the box; boxes inside may have as many colons or fewer."""
    depth = 0
    for end in range(at, len(lines)):
        if (colons := _COLONS.match(lines[end])) and (colons[2] or len(colons[1]) >= min(width, 3)):
            depth += 1 if colons[2] else -1
            if depth == 0:
                return end + 1
    return len(lines)
