"""What LaTeX needs before pandoc reads it, and again when pandoc has said what it passed over.

pandoc passes over a command that it does not know, with its arguments, and stops at lengths of plain TeX. So lengths go, and a command
is defined: as another file of the course defines it, else by a stand-in that prints those of its arguments that are text.
Lines stay where they are, so that an error names the right one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ingest.parse.pandoc import beamer, latex_source
from ingest.parse.pandoc.process import syntax_tree
from ingest.parse.reader import Limits, edited
from retrieval.errors import UnreadableFile

_REMEDY = "Compile it and correct what LaTeX complains of, or use the PDF that it makes."
_MOST_PASSES, _MOST_ERRORS = 6, 20
_IN_WORDS = "InWords"
_LONGEST_TITLE = 120  # characters
_MOST_OPEN = 8  # environments; each further one takes pandoc twice the time
_CONTINUED = re.compile(r"(\\begin\{enumerate\}(?:\[[^\]]*\])?\s*)\\addtocounter(?=\{enum)")
_BARE_TITLE = re.compile(r"(\\(?:part|chapter|(?:sub)*(?:section|paragraph))\*?)[ \t]*(\\[A-Za-z]+)")
_SKIPPED = re.compile(r"^\[INFO\] Skipped '\\(?:begin\{([^{}]+)|([A-Za-z]+))", re.MULTILINE)
_ERROR = re.compile(r"Error at .*?\(line (\d+), column (\d+)\): unexpected (\\[A-Za-z]+)?")
_UNENDED = re.compile(r"unexpected end of input expecting \\end\{([^{}]+)\}")
_STRUCTURE = re.compile(r"\\(?:begin|end)\{[^{}]*\}|(?<!\\)[{}]")
_IDENTIFIER = re.compile(
    r"[^\s{}\\$]*(?:[^\W\d][_:/=#]|[_:/=#][^\W\d]|\.\w{3}$)[^\s{}$]*|[-\d.,]*\s*(?:\\[a-z]*(?:width|height|skip))?\s*"
)
_NUMBER = re.compile(r"[-+\d.,]+\s*(?:pt|em|ex|in|cm|mm)?")
_PRINTS = re.compile(r"\\[ /]|\{\}|~|[.,;:!?)\]’']")  # right behind what stands in a sentence
_SILENT = {  # commands of LaTeX and its common packages of which no argument is text, by the number to be taken out; 0: pandoc knows best
    0: "begin end label ref pageref setcounter addtocounter newtheorem newcommand renewcommand let def newif input include usepackage"
    " bibliography multirow multicolumn hline cline toprule midrule bottomrule cmidrule newpage clearpage cleardoublepage pagebreak"
    " hfill vfill noindent centering selectfont",
    1: "index glossary hspace vspace addvspace enlargethispage phantom hphantom vphantom linespread color pagestyle thispagestyle"
    " pagenumbering markright stepcounter refstepcounter bibliographystyle addbibresource nocite hyphenation"
    " graphicspath hypersetup captionsetup geometry tikzset usetikzlibrary pgfplotsset lstset theoremstyle newcounter newlength"
    " selectlanguage fontfamily fontseries fontshape fontencoding arabic alph Alph roman Roman value",
    2: "rule fontsize markboth setlength addtolength settowidth tikzstyle colorlet",
    3: "addcontentsline definecolor",
}


def read(text: str, limits: Limits) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A syntax tree, and what had to be left out for it. Raises UnreadableFile."""
    (text, defined), left_out = beamer.spelled_out(text), list[str]()
    source = _prepared(text)
    stand_ins = defined + latex_source.needed(source, latex_source.definitions_in(source), limits.definitions)
    seen: set[tuple[str, str]] = set()
    for _ in range(_MOST_PASSES):
        tree, log, source, left = _parsed(stand_ins, source, limits)
        left_out += left
        skipped = set(_SKIPPED.findall(log)) - seen
        seen |= skipped
        names = sorted(name for _, name in skipped if name)
        titled = _with_titles((name for name, _ in skipped if name), source)
        titled, names = _told_apart(names, titled)
        added = "".join(_stand_ins(names, titled, stand_ins))
        if not added and titled == source:
            break
        stand_ins, source = stand_ins + added, titled
        source = re.sub(rf"(\\(?:{'|'.join(names)}))\*", r"\1 ", source) if names else source
    return tree, tuple(left_out)


def _prepared(text: str) -> str:
    still_open = text.count("\\begin{") - text.count("\\end{")
    if still_open > _MOST_OPEN:
        message = f"{still_open} environments are begun and never ended (\\begin without \\end)."
        raise UnreadableFile("corrupt", message, remedy=_REMEDY)
    source = _without_conditions(_BARE_TITLE.sub(r"\1{\2}", _CONTINUED.sub(r"\1\\setcounter", text)))
    for pattern in (latex_source.LAYOUT, latex_source.LENGTH):
        source = latex_source.without(pattern, source)
    return source


def _line(lines: Sequence[str], at: int, column: int, token: str | None) -> int:
    """The one nearest to `at` with the command in that column: behind macros pandoc miscounts."""
    places = [place for place, line in enumerate(lines) if token and line.startswith(token, column)]
    return min(places, key=lambda place: abs(place - at), default=at)


def _without_conditions(text: str) -> str:
    """Of what is said under a condition and what is said else, the longer."""
    mask, at = latex_source.mask(text), len(text)
    while (at := mask.rfind("\\ifthenelse", 0, at)) >= 0:
        ends = [at + len("\\ifthenelse")]
        while (end := latex_source.group_end(mask, ends[-1])) > ends[-1]:
            ends.append(end)
        if len(ends) > 3:
            branches = [text[mask.index("{", start) + 1 : end - 1] for start, end in pairwise(ends[1:4])]
            kept = max(branches, key=len)
            gap = "%\n" * (text.count("\n", at, ends[3]) - kept.count("\n"))
            text = text[:at] + kept + gap + text[ends[3] :]
            mask = mask[:at] + latex_source.mask(kept + gap) + mask[ends[3] :]
    return text


def _parsed(stand_ins: str, source: str, limits: Limits) -> tuple[dict[str, Any], str, str, list[str]]:
    """The tree, what pandoc says, and the source without the lines at which it stopped, which are named."""
    left_out: list[str] = []
    tried = Counter[int]()
    for _ in range(_MOST_ERRORS):
        log: list[str] = []
        try:
            tree = syntax_tree((stand_ins + source).encode("utf-8", "replace"), "latex", limits, log=log)
            return tree, log[0], source, left_out
        except UnreadableFile as error:
            if unended := _UNENDED.search(str(error)):
                source += f"\n\\end{{{unended[1]}}}"
                continue
            place, lines = _ERROR.search(str(error)), source.split("\n")
            at = _line(lines, int(place[1]) - 1, int(place[2]) - 1, place[3]) if place else len(lines)
            tried[at] += 1
            if tried[at] > 2 or at >= len(lines) or not lines[at].strip():
                raise UnreadableFile(error.reason, str(error), remedy=_REMEDY if place else error.remedy) from error
            if tried[at] == 1:
                left_out.append(f"line {at + 1}: {' '.join(lines[at].split())}")
            lines[at] = "".join(_STRUCTURE.findall(latex_source.mask(lines[at]))) if tried[at] == 1 else ""
            source = "\n".join(lines)
    message = f"pandoc stops at more than {_MOST_ERRORS} places of the file, first at {left_out[0]}."
    raise UnreadableFile("corrupt", message, remedy=_REMEDY)


def _told_apart(names: Sequence[str], source: str) -> tuple[str, list[str]]:
    """What serves in formulas too has another name outside of them, so that no stand-in changes a formula."""
    mask = latex_source.mask(source)
    symbols = set(re.findall(r"\\([A-Za-z]+)", " ".join(latex_source.mathematics(mask))))
    silent = {name for words in _SILENT.values() for name in words.split()}
    other = {name: f"{name}{_IN_WORDS}" for name in names if name in symbols and name not in silent}
    if not other:
        return source, list(names)
    prose = latex_source.MATHS.sub(_without_formula, mask)
    places = re.finditer(rf"\\({'|'.join(other)})(?![A-Za-z])", prose)
    return edited(source, ((*found.span(1), other[found[1]]) for found in places)), [
        other.get(one, one) for one in names
    ]


def _without_formula(found: re.Match[str]) -> str:
    return latex_source.blank(found[0]) if found[1] else found[0]


@dataclass(frozen=True, slots=True)
class _Use:
    """`begins`: nothing stands before it on its line. `prints`: what follows shows that it prints something."""

    begins: bool
    prints: bool
    option: str
    groups: tuple[str, ...]


def _stand_ins(names: Iterable[str], source: str, before: str) -> Iterator[str]:
    """A definition of each command that prints something, as far as its uses in `source`, else in the definitions `before`, tell."""
    mask = latex_source.mask(source[source.find("\\begin{document}") + 1 :])
    prose = latex_source.MATHS.sub(_without_formula, mask)
    own = latex_source.definitions_in(source)
    silent = {name: count for count, words in _SILENT.items() for name in words.split()}
    for name in names:
        if name in own:
            continue
        if name in silent:  # pandoc passes over all groups behind it, also those that it does not take
            count, option = silent[name], any(use.option for use in _uses(name, prose, mask))
            if count:
                yield f"\\newcommand{{\\{name}}}[{count + option}]{'[]' * option}{{}}"
            continue
        uses = _uses(name, prose, mask) or _uses(name, before, before)
        if any(use.groups or use.option for use in uses):
            yield f"\\newcommand{{\\{name}}}{_printed(uses)}"
        elif any(use.prints for use in uses):
            shown = name.removesuffix(_IN_WORDS)
            yield f"\\newcommand{{\\{name}}}{{\\ensuremath{{\\mathrm{{{shown}}}}}}}"


def _uses(name: str, prose: str, mask: str) -> list[_Use]:
    found = []
    for place in re.finditer(rf"\\{name}(?![A-Za-z])\*?", prose):
        begins = not prose[prose.rfind("\n", 0, place.start()) + 1 : place.start()].strip()
        option, groups = _arguments(mask, place.end())
        found.append(_Use(begins, bool(_PRINTS.match(prose, place.end())), option, groups))
    return found


def _arguments(mask: str, at: int) -> tuple[str, tuple[str, ...]]:
    """An option and what is given in braces, without these."""
    behind, groups = latex_source.behind_options(mask, at), list[str]()
    option, at = mask[at:behind].strip().strip("[]"), behind
    while (end := latex_source.group_end(mask, at)) > at:
        groups.append(mask[mask.index("{", at) + 1 : end - 1])
        at = end
    return option, tuple(groups)


def _with_titles(environments: Iterable[str], source: str) -> str:
    """With the titles of environments that pandoc does not know in front of what they hold, without their labels and sizes."""
    for name in environments:
        mask = latex_source.mask(source)
        places = [found.end() for found in re.finditer(rf"\\begin\{{{re.escape(name)}\}}", mask)]
        uses = [_Use(True, False, *_arguments(mask, place)) for place in places]
        count, texts, titled = _worded(uses) if uses else (0, [], False)
        for place, use in reversed([*zip(places, uses, strict=True)] if titled or len(texts) < count else []):
            end = latex_source.behind_options(mask, place)
            for _ in range(count):
                end = latex_source.group_end(mask, end)
            title = f"\\textbf{{{use.option}}}\\par " if titled and use.option else ""
            words = " ".join(f"{{{use.groups[at]}}}" for at in texts)
            gap = "%\n" * (source.count("\n", place, end) - f"{title}{words}".count("\n"))
            source = f"{source[:place]} {title}{words}{gap}{source[end:]}"
    return source


def _worded(uses: Sequence[_Use]) -> tuple[int, list[int], bool]:
    """How many arguments in braces all uses have, which of them are text, and whether the option is a title."""
    count = min(len(use.groups) for use in uses)
    columns = [[use.groups[at] for use in uses] for at in range(count)]
    worded = [at for at, column in enumerate(columns) if not all(map(_IDENTIFIER.fullmatch, column))]
    numbers = {at for at in worded if all(map(_NUMBER.fullmatch, columns[at]))}
    texts = [at for at in worded if at not in numbers or len(numbers) == len(worded)]
    return count, texts, any(" " in use.option.strip() and "=" not in use.option for use in uses)


def _printed(uses: Sequence[_Use]) -> str:
    """`[2]{{#2}}` of a command whose first argument names something: its arguments, and which of them are printed."""
    count, texts, titled = _worded(uses)
    columns = [[use.groups[at] for use in uses] for at in range(count)]
    with_option = any(use.option for use in uses)
    marks = ["#1"] * titled + [f"#{at + 1 + with_option}" for at in texts]
    nested = any("\\begin{" in value or "\n\n" in value for at in texts for value in columns[at])
    if all(use.begins for use in uses) and (nested or len(marks) > 1) and marks:
        title = [] if titled else columns[texts[0]]
        if len(marks) > 1 and all(
            len(words) <= _LONGEST_TITLE and words.strip()[-1:] not in {*".:?!"} for words in title
        ):
            marks[0] = f"\\textbf{{{marks[0]}}}"
        body = "\\par " + "\\par ".join(marks) + "\\par "
    else:
        body = " ".join(mark if nested else f"{{{mark}}}" for mark in marks)
    return f"[{count + with_option}]{'[]' * with_option}{{{body}}}"
