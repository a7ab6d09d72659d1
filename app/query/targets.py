"""What a task is about, as parts of the course: "lesson 3", "chapter two", "5.2", a title or a part of it, the course.

Pure functions over the documents' own headings. A number counts where a heading, a title or a file name begins with it or
has the same word before it ("Lektion 2: ..."); a word like "lesson" that no heading has counts the documents, or the main
parts of the only one.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from app.types import Target
from retrieval.text.tokenize import terms
from retrieval.types import Document, Scope

LEAST_STEM = 4  # letters
ENOUGH = 0.5  # F1 of the words of a name and of a heading from which the name means it
_NUMBERS = (
    "one|first|eins|erste[snr]?|un|une|premi[eè]re?|uno|primer[ao]?|一",
    "two|second|zwei|zweite[snr]?|deux|deuxième|second[eo]?|dos|segund[ao]|二",
    "three|third|drei|dritte[snr]?|trois|troisième|tres|tercer[ao]?|三",
    "four|fourth|vier|vierte[snr]?|quatre|quatrième|cuatro|cuart[ao]|四",
    "five|fifth|fünf|fünfte[snr]?|cinq|cinquième|cinco|quint[ao]|五",
    "six|sixth|sechs|sechste[snr]?|sixième|seis|sext[ao]|六",
    "seven|seventh|sieben|siebte[snr]?|sept|septième|siete|séptim[ao]|七",
    "eight|eighth|acht|achte[snr]?|huit|huitième|ocho|octav[ao]|八",
    "nine|ninth|neun|neunte[snr]?|neuf|neuvième|nueve|noven[ao]|九",
    "ten|tenth|zehn|zehnte[snr]?|dix|dixième|diez|décim[ao]|十",
)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_PARTS = (
    "lessons?|chapters?|sections?|units?|modules?|weeks?|parts?|lectures?|topics?|documents?|notes|readings?|lektion|"
    "kapitels?|abschnitts?|teils?|woche|leçons?|chapitres?|parties?|sections?|semaine|lecci[oó]n|cap[ií]tulos?|secci[oó]n|unidad|"
    "temas?|parte|第|课|课程|章|节|单元"
)
_EVERYTHING = re.compile(
    r"(?:(?:the|of|whole|entire|all|ganze[snr]?|gesamte[snr]?|der|des|das|le|la|tout|toute|el|del|todo|toda)\W+|整个|全部|整门)*"
    r"(?:course|courses|book|module|material|everything|all|kurs(?:es)?|buch(?:es)?|alles|cours|livre|tout|curso|libro|todo|"
    r"课程|课|全部)",
    re.I,
)
_THIS = re.compile(
    r"(?:this|that|it|these|those|here|above|same|dies(?:e[smnr]?)?|das|es|ce(?:tte|t|la|ci)?|ça|est[aeo]|es[aeo]|这|那|这个|上面)?"
    rf"\W*(?:{_PARTS}|one)?",
    re.I,
)
_LATIN_PART = re.compile(rf"(?<!\w)(?:{_PARTS})(?!\w)", re.I)
_NUMBER = re.compile(r"\d+(?:[.-]\d+)*")
_LEADING_NUMBER = re.compile(r"^\W*\d+(?:\.\d+)*\W*")
_ORDINAL = re.compile(r"(?:第\s*)?([一二三四五六七八九十]|\d+)\s*(?:课|章|节|单元)")


def whole(documents: Sequence[Document]) -> tuple[Target, ...]:
    """All documents from end to end, in their order."""
    return tuple(Target(document.id, (document.title,), 0, len(document.text)) for document in documents)


def scoped(documents: Sequence[Document], scope: Scope) -> tuple[Target, ...]:
    """What a learner has chosen, in the order of the course."""
    chosen = [target for target in whole(documents) if target.document_id in scope.documents]
    paths = {(path[0], tuple(path[1:])) for path in scope.sections}
    parts = [part for document in documents for part in _parts(document) if (document.id, part.path[1:]) in paths]
    return (*chosen, *parts)


def means_everything(name: str) -> bool:
    """Whether it names the course itself, and something at all."""
    return bool(name) and bool(_EVERYTHING.fullmatch(name))


def points_back(name: str) -> bool:
    """Whether it is nothing, or points at what was there before: "this lesson", "das", "这个"."""
    return bool(_THIS.fullmatch(name))


def named(name: str, documents: Sequence[Document], *, exactly: bool = False) -> tuple[Target, ...]:
    """The parts that a name means; none if it means none. `exactly`: a heading has to be named in full."""
    parts = list(chain.from_iterable(map(_parts, documents)))
    return _by_number(name, documents, parts) or _by_words(name, documents, exactly=exactly)


def section_of(document: Document, start: int) -> Target:
    """The deepest part of a document that holds an offset."""
    holding = [part for part in _parts(document) if part.start <= start < part.end]
    return max(holding, key=lambda part: (len(part.path), part.start), default=whole([document])[0])


def _parts(document: Document) -> Iterator[Target]:
    """The document, then its sections in order."""
    yield Target(document.id, (document.title,), 0, len(document.text))
    for section in document.sections:
        if section.path:
            yield Target(document.id, (document.title, *section.path), section.start, section.end)


def _by_number(name: str, documents: Sequence[Document], parts: Sequence[Target]) -> tuple[Target, ...]:
    number, word = _numbered(name)
    if not number:
        return ()
    spoken = _spoken(number)
    after = "课|章|节|单元" if word == "第" else ""
    same = re.compile(rf"\W*{re.escape(word)}\W*(?:{spoken})(?:{after})(?!\w|[.-]\d)", re.I)
    first = re.compile(rf"\W*{re.escape(number)}(?![\w-]|\.\d)")
    in_file = re.compile(rf"(?:[^\W\d]+[\W_]*)?0*{'[._-]'.join(number.split('.'))}(?!\d|[._-]\d)", re.I)
    paths = {document.id: document.path.rsplit("/", 1)[-1] for document in documents}
    tests: tuple[Callable[[Target], object], ...] = (
        lambda part: word and same.match(part.path[-1]),
        lambda part: first.match(part.path[-1]),
        lambda part: len(part.path) == 1 and in_file.match(paths[part.document_id]),
    )
    for test in tests:
        if found := [part for part in parts if test(part)]:
            return (min(found, key=lambda part: len(part.path)),)
    if word and number.isdigit():
        counted = whole(documents) if len(documents) > 1 else [part for part in parts if len(part.path) == 2]
        return tuple(counted[int(number) - 1 : int(number)]) if int(number) > 0 else ()
    return ()


def _numbered(name: str) -> tuple[str, str]:
    """`"lesson 3"` -> `("3", "lesson")`, `"chapter two"` -> `("2", "chapter")`, `"5.2"` -> `("5.2", "")`; else empty."""
    if found := _ORDINAL.fullmatch(name):
        return _digits(found.group(1)), "第"
    words = re.sub(rf"{_LATIN_PART.pattern}", " ", name, flags=re.I).split()
    part = _LATIN_PART.search(name)
    if len(words) == 1 and (number := _digits(words[0].strip(".,:"))) and (part or "." in number):
        return number, part.group().casefold() if part else ""
    return "", ""


def _digits(word: str) -> str:
    if _NUMBER.fullmatch(word):
        return word.replace("-", ".")
    spoken = next((n for n, names in enumerate(_NUMBERS, 1) if re.fullmatch(names, word, re.I)), 0)
    roman = _ROMAN.index(word.casefold()) + 1 if word.casefold() in _ROMAN else 0
    return str(spoken or roman or "")


def _spoken(number: str) -> str:
    """A number as a pattern: its digits, or its words."""
    index = int(number) - 1 if number.isdigit() else -1
    words = f"|{_NUMBERS[index]}|{_ROMAN[index]}" if 0 <= index < len(_NUMBERS) else ""
    return re.escape(number) + words


def _by_words(name: str, documents: Sequence[Document], *, exactly: bool) -> tuple[Target, ...]:
    """The part whose heading has most of its words in common with the name; of equals the higher, then the earlier.

    A document goes by its title and by the name of its file.
    """
    wanted = [set(terms(name)), set(terms(_LATIN_PART.sub(" ", name)))]
    best, likeness = None, 0.0
    for document in documents:
        file = document.path.rsplit("/", 1)[-1].rpartition(".")[0].replace("-", " ").replace("_", " ")
        for part in _parts(document):
            called = [part.path[-1], file] if len(part.path) == 1 else [part.path[-1]]
            found = max(_f1(words, set(terms(_LEADING_NUMBER.sub("", one)))) for words in wanted for one in called)
            if found > likeness or (best and found == likeness and len(part.path) < len(best.path)):
                best, likeness = part, found
    return (best,) if best is not None and likeness >= (1.0 if exactly else ENOUGH) else ()


def _f1(wanted: set[str], words: set[str]) -> float:
    """Of the words of a name and of a heading; 0 unless the heading has all of the name's words, endings aside."""
    within = all(any(_alike(one, other) for other in words) for one in wanted)
    return 2 * len(wanted) / (len(wanted) + len(words)) if wanted and within else 0.0


def _alike(one: str, other: str) -> bool:
    """Whether two words differ in nothing but a short ending: Vulkane, Vulkanen."""
    same = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one == other or (same >= LEAST_STEM and same >= 0.75 * max(len(one), len(other)))
