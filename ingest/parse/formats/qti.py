"""Quizzes of learning platforms (.qti or .xml within an .imscc), as exercises: IMS Question & Test Interoperability 1.2.

https://www.imsglobal.org/question/qtiv1p2/imsqti_asi_infov1p2.html. The key (which answers score) is hidden from learners,
and so left out unless it is wanted. Left out: feedback, scores, pictures but for formulas.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree
from lxml import html as pages

from ingest.parse import markdown_writer as markup
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile
from retrieval.text.display import counted


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: corrupt, no text."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        message = f"The XML is damaged: {error.msg}."
        raise UnreadableFile("corrupt", message, remedy="Export it again.") from error
    quiz = next(_found(root, "assessment"), root)
    items = list(_found(root, "item"))
    exercises = [_exercise(item, with_key=limits.include_hidden) for item in items]
    if not any(exercises):
        message = "Of XML only quizzes of learning platforms (QTI) are read, and there are no questions in it."
        raise UnreadableFile("no text", message, remedy="If it is no quiz, nothing is lost.")
    title = quiz.get("title") or ""
    result = markup.written([markup.heading(1, title), *(markup.marked("question", text) for text in exercises)])
    keys = sum(bool(_right(item)) for item in items)
    hidden = () if limits.include_hidden or not keys else (f"key of {counted(keys, 'question')}",)
    return replace(result, title=title or None, hidden=hidden)


def _exercise(item: Any, *, with_key: bool) -> str:
    """The question, what can be chosen, and with the key what is right."""
    stem = " ".join(_words(part) for part in _children(item, "presentation", "material"))
    choices, right, parts = list[str](), _right(item), list[str]()
    for response in item.iter("{*}response_lid", "{*}response_str", "{*}response_num"):
        labels = {label.get("ident"): _words(label) for label in _found(response, "response_label")}
        chosen = [labels.get(value, value) for value in right.get(response.get("ident"), [])]
        choices += [words for words in labels.values() if words not in choices]
        parts.append(" ".join(_words(part) for part in _children(response, "material")))
        if with_key and any(chosen):
            parts.append(f"→ {', '.join(filter(None, chosen))}")
    first, *others = (markup.paragraph(line) for line in (stem, *parts))
    return "\n".join(filter(None, [first, *(f"- {line}" for line in (*choices, *others) if line)]))


def _right(item: Any) -> dict[str, list[str]]:
    """What scores, by the response it belongs to."""
    found: dict[str, list[str]] = {}
    for condition in _found(item, "respcondition"):
        if any(_is_positive(setting.text) for setting in _found(condition, "setvar")):
            for value in _found(condition, "varequal"):
                if not any(etree.QName(above).localname == "not" for above in value.iterancestors()):
                    found.setdefault(value.get("respident"), []).append((value.text or "").strip())
    return found


def _is_positive(number: str | None) -> bool:
    try:
        return float(number or "") > 0
    except ValueError:
        return False


def _words(part: Any) -> str:
    """Of the texts below, which are often HTML, on one line."""
    return " ".join(filter(None, map(_plain, _found(part, "mattext"))))


def _plain(text: Any) -> str:
    source = "".join(text.itertext())
    if "<" not in source:
        return " ".join(source.split())
    page = pages.fragment_fromstring(source, create_parent=True)
    for picture in page.iter("img"):
        if tex := picture.get("data-equation-content"):
            picture.tail = f"${tex}${picture.tail or ''}"
    return " ".join(page.text_content().split())


def _found(element: Any, name: str) -> Iterator[Any]:
    yield from element.iter(f"{{*}}{name}")


def _children(element: Any, *path: str) -> list[Any]:
    """Those at a path, without what lies deeper."""
    found = [element]
    for name in path:
        found = [child for parent in found for child in parent.iterchildren(f"{{*}}{name}")]
    return found
