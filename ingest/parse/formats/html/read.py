"""A web page to Markdown: its headings, lists, tables, code and links, without what surrounds them on a site.

Written as a walk of its own because generic extraction loses the language of code, cells that span rows and the order
of what a list item holds. Left out: what scripts would draw, styles, emphasis.
"""

import re
from collections.abc import Iterator
from textwrap import shorten

from ingest.parse import markdown_writer
from ingest.parse.formats.html import blocks as html_text
from ingest.parse.formats.html.tree import Element, parse
from ingest.parse.limits import Limits
from ingest.parse.parsed_file import Source
from retrieval.errors import UnreadableFile

_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "canvas", "svg", "object", "link", "meta"})
_CONTROLS = frozenset({"button", "input", "select", "textarea", "datalist"})
_SURROUNDINGS = frozenset({"nav", "footer", "aside", "dialog", "form"})
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alertdialog"})
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|newsletter|subscribe|breadcrumbs?|share|social|skip-?(?:link|to|nav)\w*|"
    r"advert\w*|sidebar|popup|modal)(?:$|[\s_-])",
    re.IGNORECASE,
)
_GUTTER = re.compile(r"(?:^|\s)(?:linenos?|lineno|linenodiv|gutter|headerlink)(?:$|\s)")
_CALLOUT = re.compile(r"note|tip|warning|caution|danger|info|important|callout|admonition|example", re.IGNORECASE)
_METADATA = {
    "author": "author",
    "article:author": "author",
    "dc.creator": "author",
    "date": "date",
    "article:published_time": "date",
    "dc.date": "date",
    "description": "description",
}
_SHOWN = 80
_MOSTLY = 0.5


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: corrupt, empty, or 'no text' for a page that a script would fill."""
    root, note = parse(data)
    body = root.first("body") or root
    size = len(body.text())
    dropped = list(_prune(body, size))
    content = _main(body, dropped)
    text = markdown_writer.joined(html_text.blocks(content))
    if not text:
        raise UnreadableFile("no text", "The page has no text of its own.", remedy="Save it from the browser as a PDF.")
    return Source(
        text=text,
        title=_title(root),
        metadata=_metadata(root),
        dropped=tuple(dropped),
        notes=(note,) if note else (),
    )


def _prune(element: Element, size: int) -> Iterator[str]:
    """Takes out what is not content, and says what it was where it had words."""
    kept: list[Element | str] = []
    for child in element.children:
        if isinstance(child, Element) and _is_dropped(child, size):
            words = " ".join(child.text().split())
            if words and child.tag not in _SILENT and not _GUTTER.search(child.get("class")):
                yield f"<{child.tag}> {shorten(words, _SHOWN, placeholder=' …')}"
            continue
        kept.append(child)
        if isinstance(child, Element):
            yield from _prune(child, size)
    element.children = kept


def _is_dropped(element: Element, size: int) -> bool:
    if element.tag in _SILENT:
        return element.get("type").partition(";")[0] != "math/tex"
    if element.tag in _CONTROLS or "hidden" in element.attributes or element.get("aria-hidden") == "true":
        return True
    if _GUTTER.search(element.get("class")):
        return True
    names = f"{element.get('class')} {element.get('id')}"
    beside = element.tag in _SURROUNDINGS or element.get("role") in _ROLES
    if element.tag == "aside" and (_CALLOUT.search(names) or not element.first("a", "ul", "nav")):
        return False  # a remark in the text
    if beside or _FURNITURE.search(names):
        return len(element.text()) < _MOSTLY * size  # some sites wrap the whole page in a form
    return False


def _main(body: Element, dropped: list[str]) -> Element:
    """The element that says it is the content, if it holds most of the words; what stands outside is dropped."""
    mains = [element for element in body.elements() if element.tag == "main" or element.get("role") == "main"]
    articles = [element for element in body.elements() if element.tag == "article"]
    for main in (mains or articles) if len(mains or articles) == 1 else []:
        if len(main.text().strip()) > _MOSTLY * len(body.text().strip()):
            dropped += [
                f"outside the main part: {shorten(words, _SHOWN, placeholder=' …')}" for words in _outside(body, main)
            ]
            return main
    return body


def _outside(element: Element, main: Element) -> Iterator[str]:
    if element is main:
        return
    if not any(below is main for below in element.elements()):
        if words := " ".join(element.text().split()):
            yield words
        return
    for child in element.children:
        if isinstance(child, Element):
            yield from _outside(child, main)
        elif child.strip():
            yield " ".join(child.split())


def _title(root: Element) -> str | None:
    element = root.first("title")
    return " ".join(element.text().split()) or None if element else None


def _metadata(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.elements():
        if element.tag == "meta" and (value := element.get("content").strip()):
            name = _METADATA.get((element.get("name") or element.get("property")).lower())
            found.setdefault(name, value) if name else None
    return found
