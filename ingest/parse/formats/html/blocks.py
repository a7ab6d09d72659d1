"""HTML elements to Markdown blocks."""

import re
from collections.abc import Sequence
from itertools import pairwise

from ingest.parse import markdown_writer
from ingest.parse.formats import table_grid
from ingest.parse.formats.html import tables as html_table
from ingest.parse.formats.html.tree import Element

Child = Element | str
_BLOCKS = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
        ),
        *(
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hgroup",
            "hr",
            "legend",
            "li",
            "main",
        ),
        *("menu", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
_LANGUAGE = re.compile(r"^(?:language|lang|highlight-source|highlight)-([\w+#.-]+)$")
_HIGHLIGHTERS = frozenset({"sourceCode", "hljs", "brush:"})
_NO_LANGUAGE = frozenset({"none", "default", "notranslate", "plaintext", "wrapper", "copy"})
_PERMALINKS = frozenset({"", "#", "¶", "§", "🔗"})


def blocks(element: Element, language: str = "") -> list[str]:
    """The contents of an element: texts side by side make a paragraph, everything else is a block of its own.

    `language` is that of code blocks that do not name one.
    """
    found: list[str] = []
    run: list[Child] = []
    for child in element.children:
        if isinstance(child, Element) and not _is_inline(child):
            found += [markdown_writer.paragraph(inline(run)), *_block(child, language)]
            run = []
        else:
            run.append(child)
    return list(filter(None, [*found, markdown_writer.paragraph(inline(run))]))


def inline(children: Sequence[Child]) -> str:
    """Texts with white space folded; links, images and code keep their marks, `<br>` is a newline."""
    return re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", "".join(map(_inline, children)))).strip()


def _is_inline(element: Element) -> bool:
    return not any(below.tag in _BLOCKS for below in element.elements())


def _block(element: Element, language: str) -> list[str]:
    tag = element.tag
    if re.fullmatch(r"h[1-6]", tag):
        return [markdown_writer.heading(int(tag[1]), inline(element.children))]
    if tag in {"ul", "ol", "menu"}:
        return [_list(element, language)]
    if tag == "dl":
        return [_definitions(element, language)]
    if tag == "pre":
        return [markdown_writer.code(element.text(), _language(element) or language)]
    if tag == "blockquote":
        return [markdown_writer.quote(markdown_writer.joined(blocks(element, language)))]
    if tag == "table" and not html_table.is_layout(element):
        caption = element.first("caption") or Element("caption")
        above, rows = table_grid.laid_out(html_table.cells(element, inline))
        return [
            markdown_writer.paragraph(inline(caption.children)),
            markdown_writer.paragraph(above),
            markdown_writer.table(rows),
        ]
    if tag in {"div", "figure", "section"} and sum(below.tag == "pre" for below in element.elements()) == 1:
        language = _language(element) or language
    return blocks(element, language)


def _list(element: Element, language: str) -> str:
    """Items one below the other; a list that stands between two items belongs to the one before."""
    number = int(element.get("start")) if re.fullmatch(r"\d{1,9}", element.get("start")) else 1
    items: list[tuple[str, list[str]]] = []
    for child in element.children:
        if not isinstance(child, Element):
            continue
        if child.tag == "li" or not items:
            number = int(child.get("value")) if re.fullmatch(r"\d{1,9}", child.get("value")) else number
            body = blocks(child, language) if child.tag == "li" else blocks(Element("li", {}, [child]), language)
            items.append((f"{number}." if element.tag == "ol" else "-", body))
            number += 1
        else:
            items[-1][1].extend(_block(child, language))
    return "\n".join(
        markdown_writer.item(mark, markdown_writer.joined(body, tight=True)) for mark, body in items if body
    )


def _definitions(element: Element, language: str) -> str:
    """A term and what it means make one item: `- term: meaning`."""
    items: list[str] = []
    terms: list[str] = []
    for child in element.elements():
        if child.tag == "dt":
            terms.append(inline(child.children))
        elif child.tag == "dd":
            body = markdown_writer.joined(blocks(child, language), tight=True)
            items.append(markdown_writer.item("-", f"{', '.join(terms)}: {body}" if terms else body))
            terms = []
    return "\n".join(items)


def _inline(child: Child) -> str:
    if isinstance(child, str):
        return re.sub(r"\s+", " ", child)
    if child.tag == "br":
        return "\n"
    if child.tag == "img":
        return markdown_writer.image(child.get("alt"), child.get("src"))
    if child.tag in {"code", "kbd", "samp", "tt"} and child.first("br") is None:
        return markdown_writer.inline_code(child.text())
    if child.tag == "math":
        return _math(child)
    words = "".join(map(_inline, child.children))
    if child.tag == "a":
        return "" if words.strip() in _PERMALINKS else _padded(words, markdown_writer.link(words, child.get("href")))
    return words


def _padded(words: str, link: str) -> str:
    """The space at the ends of a link's words goes outside."""
    return " " * words.startswith(" ") + link.strip() + " " * words.endswith(" ")


def _math(element: Element) -> str:
    """The TeX source where the page has it."""
    source = element.first("annotation")
    return f"${source.text().strip()}$" if source else re.sub(r"\s+", " ", element.text())


def _language(element: Element) -> str:
    """From `data-language` or the classes of the element and of the `<code>` in it."""
    for source in filter(None, (element, element.first("code"))):
        named = source.get("data-language") or source.get("data-lang")
        classes = source.get("class").split()
        after = [word for mark, word in pairwise(classes) if mark in _HIGHLIGHTERS]
        matches = [str(match[1]) for word in classes if (match := _LANGUAGE.match(word))]
        for language in filter(None, (named, *matches, *after)):
            if not any(part in _NO_LANGUAGE for part in language.lower().split("-")):
                return language.lower()
    return ""
