"""Boxes, by their lines: callouts and admonitions with a label, divisions between colons or tags of HTML.

Of Obsidian and GitHub (`> [!note]`), MkDocs (`!!! note`), Docusaurus, MyST, Pandoc and Quarto (`::: note`), and of what was written as HTML.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_QUESTIONS = frozenset({"exercise", "question", "problem", "quiz"})
QUOTED = re.compile(r"[ \t]{0,3}>[ \t]?(.*)$")
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
    [
        *("aside", "center", "column", "columns", "fragment", "grid"),
        *("incremental", "nonincremental", "notes", "panel-tabset"),
    ]
)
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]+(.*?)(?:[ \t]*\{[^{}]*\}|[ \t]+#+)?[ \t]*")
_OPTION = re.compile(r"[ \t]*:[\w-]+:.*$")
DIVISION = re.compile(r"[ ]{0,3}<(/?)(?:div|section|article|aside)\b(?![^>]*(?:hidden|display))([^>]*)>[ \t]*")
_LONGEST_TITLE = 4  # lines
_CLASSES = re.compile(r"\b(?:class|data-type)\s*=\s*[\"']([^\"']*)[\"']")


@dataclass(frozen=True, slots=True)
class Box:
    """What stands in it, without its marks; `end`: the line after it."""

    label: str
    lines: Sequence[str]
    end: int
    is_question: bool = False


def box_at(lines: Sequence[str], at: int) -> Box | None:
    """That which begins in this line. A line of colons that closes none is an empty one."""
    if callout := _CALLOUT.match(lines[at]):
        end = next((end for end in range(at + 1, len(lines)) if not QUOTED.match(lines[end])), len(lines))
        return labelled(callout[1], callout[2], [QUOTED.sub(r"\1", line) for line in lines[at + 1 : end]], end)
    if (found := _ADMONITION.match(lines[at])) and (end := _indented_end(lines, at + 1, len(found[1]))) > at + 1:
        inside = [line[len(found[1]) + 4 :] if line.strip() else "" for line in lines[at + 1 : end]]
        return labelled(found[2] or "", found[3] or "", inside, end)
    if not (colons := _COLONS.match(lines[at])):
        return _division_at(lines, at)
    if not colons[2]:
        return Box("", (), at + 1)
    end = _colons_end(lines, at)
    return labelled(*_name_and_title(colons[2]), without_options(lines[at + 1 : end - 1]), end)


def labelled(name: str, title: str, lines: Sequence[str], end: int) -> Box:
    """By its title, which may be the heading that it begins with, else by its name."""
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    if name and not title and (heading := _HEADING.fullmatch("".join(lines[first : first + 1]))):
        title, lines = heading[1], lines[first + 1 :]  # of Quarto and The Carpentries
    label = " ".join(title.split()) or name.removeprefix("callout-").replace("-", " ").capitalize()
    return Box(label, lines, end, name.rpartition(":")[2].lower() in _QUESTIONS)


def without_options(lines: Sequence[str]) -> list[str]:
    """Without the options of a directive: lines like `:width: 3`, or YAML between rules."""
    if lines and lines[0].strip() == "---":
        return list(lines[next((at for at in range(1, len(lines)) if lines[at].strip() == "---"), 0) + 1 :])
    first = next((at for at, line in enumerate(lines) if not _OPTION.match(line)), len(lines))
    return list(lines[first:])


def _name_and_title(info: str) -> tuple[str, str]:
    """Of a division between colons; no name where it only lays out."""
    if not (attributes := _ATTRIBUTES.fullmatch(info)):
        named = _NAMED.match(info)
        return (named[1], named[2].strip("[]")) if named else ("", "")
    title, (name, *_) = _TITLE.search(attributes[1]), [*_CLASS.findall(attributes[1]), ""]
    lays_out = not name.startswith("callout-") and (name in _LAYOUTS or "=" in attributes[1])
    return "" if lays_out and not title else name, title[1] if title else ""


def _indented_end(lines: Sequence[str], at: int, margin: int) -> int:
    """After the lines indented by four more, blank ones between them included."""
    end = at
    for index in range(at, len(lines)):
        if lines[index].startswith(" " * (margin + 4)):
            end = index + 1
        elif lines[index].strip():
            break
    return end


def _colons_end(lines: Sequence[str], at: int) -> int:
    """After the line that closes the box; boxes inside may have as many colons, fewer or more."""
    depth = 0
    for end in range(at, len(lines)):
        if colons := _COLONS.match(lines[end]):
            depth += 1 if colons[2] else -1
            if depth == 0:
                return end + 1
    return len(lines)


def title_at(lines: Sequence[str], at: int) -> tuple[str, int] | None:
    """The words of a division of HTML that is called a title, and the next line with words."""
    if "title" not in _classes(lines[at]):
        return None
    ends = range(at + 1, min(at + 1 + _LONGEST_TITLE, len(lines)))
    if not (closed := next((end for end in ends if lines[end].strip().startswith("</")), 0)):
        return None
    below = next((at for at in range(closed + 1, len(lines)) if lines[at].strip()), len(lines))
    return " ".join(" ".join(lines[at + 1 : closed]).split()), below


def _division_at(lines: Sequence[str], at: int) -> Box | None:
    """One of HTML that is closed. One that its class calls a question is one where none inside has a class."""
    if not (end := _division_end(lines, at)):
        return None
    inside = lines[at + 1 : end - 1]
    tags = filter(None, map(DIVISION.fullmatch, inside))
    is_question = bool(_QUESTIONS & _classes(lines[at])) and not any(_CLASSES.search(tag[2]) for tag in tags)
    return Box("", "\n".join(inside).strip().split("\n"), end, is_question)


def _classes(line: str) -> set[str]:
    """Of the division that this line opens."""
    tag = DIVISION.fullmatch(line)
    return {name for found in _CLASSES.finditer(tag[2]) for name in found[1].split()} if tag else set()


def _division_end(lines: Sequence[str], at: int) -> int:
    """After the tag that closes the division which this line opens; 0 where none does."""
    depth = 0
    for end in range(at, len(lines)):
        if tag := DIVISION.fullmatch(lines[end]):
            depth += -1 if tag[1] else 1
        if depth <= 0:
            return end + 1 if end > at else 0
    return 0
