"""A web page to Markdown: decoded, cleaned of what a site puts around its content, then read by pandoc.

Navigation is known by element, role and density of links, never by names; what only a script shows is kept, what the
author hid is left out and reported. What pandoc does not know (ruby, lines of code in elements of their own, the
language of code in a class of a wrapper, tables that only place things) is put into forms that it knows.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile
from typing import Any

from lxml import etree
from lxml.html import HTMLParser

from ingest.parse.pandoc.read import parsed
from ingest.parse.reader import Decoded, Limits, Source, decode
from retrieval.errors import UnreadableFile

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WESTERN = frozenset({"ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin1", "latin-1", "l1"})
_DECLARED = 2048
_NO_XML = re.compile(
    r"^\s*<\?xml[^>]*>|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));"
)
_MATH_SCRIPTS = ("mathjax", "katex")
_TEX = "+tex_math_dollars+tex_math_single_backslash"
_SILENT = frozenset(
    {"script", "style", "template", "noscript", "iframe", "canvas", "svg", "object", "embed", "link", "head", "nav"}
)
_CONTROLS = frozenset({"button", "input", "select", "textarea", "datalist"})
_NAVIGATION = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menubar"})
_BESIDE = frozenset({"aside", "footer", "complementary"})
_NAME = re.compile(r"[A-Za-z][\w:.-]*", re.ASCII)
_GUTTER = frozenset({"lineno", "linenos", "linenodiv", "gutter", "headerlink"})
_LANGUAGE = re.compile(
    r"(?<!\S)(?:(?:language|lang|highlight-source|highlight)-|(?:sourceCode|hljs|brush:)\s+)([\w+#.-]+)(?!\S)"
)
_WRAPPERS = frozenset({"div", "figure", "section", "td", "tr", "tbody", "table"})
_NO_LANGUAGE = frozenset({"none", "default", "notranslate", "plaintext", "wrapper", "copy"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LISTS = frozenset({"ul", "ol", "menu"})
_LINES = frozenset({"div", "p", "li", "tr"})
_HIDING = ("display:none", "visibility:hidden")
_DEEPEST = 100  # what is nested more deeply than any page written by people is taken as text
_MOST_TABLES = 3  # around a table that holds data; for each further one pandoc takes a multiple of the time
_SPAN_DIGITS = 2  # no table spans a hundred cells, but a damaged page may say that it spans more than memory holds
_MOSTLY = 0.5


@dataclass(slots=True)
class Cleaned:
    """The content as an element; what was left out as navigation and the like, and what its author hid."""

    content: Any
    dropped: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: corrupt, empty, or 'no text' for a page that a script would fill."""
    decoded = _decoded(data)
    root = _parse(decoded.text)
    scripts = " ".join(f"{script.get('src', '')} {script.text or ''}" for script in root.iter("script"))
    title, metadata = root.findtext(".//title") or "", _metadata(root)
    page = cleaned(root, include_hidden=limits.include_hidden)
    if not _text(page.content):
        raise UnreadableFile("no text", "The page has no text of its own.", remedy="Save it from the browser as a PDF.")
    body = etree.tostring(page.content, method="html", encoding="unicode", with_tail=False)
    reader = "html" + _TEX * any(name in scripts.lower() for name in _MATH_SCRIPTS)
    source = parsed(f"<html>{body}</html>".encode("utf-8", "replace"), limits, reader=reader)
    title, dropped, hidden = " ".join(title.split()) or None, tuple(page.dropped), tuple(page.hidden)
    return replace(source, title=title, metadata=metadata, dropped=dropped, hidden=hidden, notes=decoded.notes)


def _parse(text: str) -> Any:
    parser = HTMLParser(encoding="utf-8", remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(_NO_XML.sub("", text).encode("utf-8", errors="replace"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableFile("corrupt", f"This HTML cannot be read: {error}.", remedy="Save the page again.") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        message = "The page is nested too deeply; most of it would be lost."
        raise UnreadableFile("corrupt", message, remedy="Save the page again, or as a PDF.")
    if root is None:
        raise UnreadableFile("empty", "There is nothing in the page.", remedy="Save the page again.")
    return root


def _decoded(data: bytes) -> Decoded:
    """As browsers decode: what is declared as Latin-1 is Windows Western (https://encoding.spec.whatwg.org/#names), but UTF-8
    where it is that whatever is declared."""
    declared = _CHARSET.search(data[:_DECLARED])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii").lower()
        western = name in _WESTERN
        for encoding, errors in (("utf-8", "strict"), ("cp1252", "replace")) if western else ((name, "strict"),):
            with suppress(LookupError, UnicodeDecodeError):
                return Decoded(data.decode(encoding, errors).replace("\0", ""))
    return decode(data)


def _metadata(root: Any) -> dict[str, str]:
    """The description that the page gives of itself."""
    named = (meta for meta in root.iter("meta") if meta.get("name", "").lower() == "description")
    found = next(filter(None, (meta.get("content", "").strip() for meta in named)), "")
    return {"description": found} if found else {}


def cleaned(root: Any, *, include_hidden: bool) -> Cleaned:
    """Changes the tree. `root` is the `<html>` element that lxml gives."""
    body = root.find("body")
    result = Cleaned(body if body is not None else root)
    size = len(_text(result.content))
    revealed = set(_referred(root))
    _prune(result.content, size, revealed, result, include_hidden=include_hidden)
    result.content = _main(result.content, result)
    for ruby in list(result.content.iter("ruby")):
        _replace(ruby, _spelled_out(ruby))
    for code in list(result.content.iter("pre")):
        _plain_code(code)
    for box in list(result.content.iter("aside", "details", "fieldset")):
        _title(box)
    for cell in result.content.iter("td", "th"):
        for span in ("colspan", "rowspan"):
            if len(cell.get(span, "")) > _SPAN_DIGITS:
                del cell.attrib[span]
    for table in list(result.content.iter("table")):
        within = sum(above.tag == "table" for above in table.iterancestors())
        if table.get("role") in {"presentation", "none"} or within > _MOST_TABLES:
            for element in table.iter("table", "tbody", "tr", "td", "th"):
                element.tag = "div"
    return result


def _prune(
    parent: Any, size: int, revealed: set[str], result: Cleaned, *, include_hidden: bool, depth: int = 0
) -> None:
    for child in list(parent):
        if not isinstance(child.tag, str):  # a comment
            child.drop_tree()
            continue
        _put_right(child)
        if not include_hidden and _is_hidden(child, revealed):
            if (words := _text(child)) and not child.get("aria-hidden"):
                result.hidden.append(f"hidden <{child.tag}>: {words}")
            child.drop_tree()
        elif child.tag == "img" and child.get("alt") == "":  # says of itself that it is an ornament
            child.drop_tree()
        elif _is_dropped(child, size):
            said = child.tag == "nav" or (
                child.tag not in _SILENT and not _GUTTER.intersection(child.get("class", "").split())
            )
            if said and (words := _text(child)):
                result.dropped.append(f"<{child.tag}> {words}")
            child.drop_tree()
        elif depth > _DEEPEST:
            _replace(child, child.text_content())
        else:
            if parent.tag in _LISTS and child.tag not in _LISTS | {"li"}:
                child.tag = "div"  # of any other element that stands in a list pandoc tries all readings, for ever
            _prune(child, size, revealed, result, include_hidden=include_hidden, depth=depth + 1)


def _title(box: Any) -> None:
    """The headings in a box are no headings of the text that goes on below it. One that it begins with is its title."""
    box.tag, headings = "div", list(box.iter(*_HEADINGS))
    for heading in headings:
        heading.tag = "p"
    if headings and _text(box).startswith(_text(headings[0])):
        headings[0].drop_tree()
        headings[0].tail = None
        box.insert(0, etree.Element("div", {"class": "title"}))
        box[0].append(headings[0])


def _put_right(element: Any) -> None:
    """Names that no browser would take: pandoc tries for ever to make something of them."""
    if not _NAME.fullmatch(element.tag):
        element.tag = "div"
    for attribute in [name for name in element.attrib if not _NAME.fullmatch(name)]:
        del element.attrib[attribute]


def _is_hidden(element: Any, revealed: set[str]) -> bool:
    """By its author; what something on the page refers to, or is a panel of tabs, can be shown by the reader."""
    hidden = (
        ("hidden" in element.attrib and element.get("hidden") != "until-found")
        or element.get("aria-hidden") == "true"
        or any(rule in "".join(element.get("style", "").lower().split()) for rule in _HIDING)
    )
    return hidden and element.get("role") != "tabpanel" and element.get("id") not in revealed


def _is_dropped(element: Any, size: int) -> bool:
    if element.tag in _SILENT:
        return not str(element.get("type", "")).startswith("math/tex")
    if element.tag in _CONTROLS or _GUTTER.intersection(element.get("class", "").split()):
        return True
    role = element.get("role", "")
    if role in _NAVIGATION or element.tag == "dialog" or (element.tag == "form" and _asks_for_an_account(element)):
        return len(_text(element)) < _MOSTLY * size  # some sites wrap the whole page in a form
    if element.tag in _BESIDE or role in _BESIDE:
        return _link_density(element) > _MOSTLY or not _is_inside(element)
    return False


def _is_inside(element: Any) -> bool:
    """Within the article; or a remark: no list of links, and more than a line."""
    if any(above.tag in {"article", "main", "section", "blockquote"} for above in element.iterancestors()):
        return True
    return element.tag == "aside" and element.find(".//a") is None


def _asks_for_an_account(form: Any) -> bool:
    """A form for searching, signing in or subscribing, not for answering."""
    kinds = {field.get("type", "text") for field in form.iter("input")}
    return bool(kinds & {"search", "email", "password"})


def _link_density(element: Any) -> float:
    linked = sum(len(_text(link)) for link in element.iter("a") if link.get("href"))
    return linked / max(len(_text(element)), 1)


def _referred(root: Any) -> Iterator[str]:
    """Ids that a control or link of the page names."""
    for element in root.iter():
        if isinstance(element.tag, str):
            for name in ("aria-controls", "data-target", "data-bs-target", "href", "for"):
                value = element.get(name, "")
                if value and (value.startswith("#") or name in {"aria-controls", "for"}):
                    yield from value.replace("#", "").split()


def _main(body: Any, result: Cleaned) -> Any:
    """The element that says it is the content, if it holds most of the words."""
    mains = [element for element in body.iter() if element.tag == "main" or element.get("role") == "main"]
    articles = list(body.iter("article"))
    for main in (mains or articles) if len(mains or articles) == 1 else []:
        if len(_text(main)) > _MOSTLY * len(_text(body)):
            for words in _outside(main, body):
                result.dropped.append(f"outside the main part: {words}")
            return main
    return body


def _outside(main: Any, body: Any) -> Iterator[str]:
    """The words around an element up to another one."""
    chain = [main, *takewhile(lambda above: above is not body, main.iterancestors()), body]
    for inner, outer in pairwise(chain if main is not body else []):
        pieces = [words for child in outer for words in (child is not inner and _text(child), child.tail)]
        yield from (" ".join(words.split()) for words in (outer.text, *pieces) if words and words.strip())


def _spelled_out(ruby: Any) -> str:
    """`base(reading)`"""
    base = "".join([ruby.text or "", *(child.tail or "" for child in ruby)])
    base += "".join(_text(child) for child in ruby if child.tag in {"rb", "span"})
    reading = "".join(map(_text, ruby.iter("rt")))
    return f"{base.strip()}({reading})" if reading else base


def _plain_code(code: Any) -> None:
    """A `<pre>` of text only, a line for each element that stands for one; its language as its class."""
    text = "".join(_code_lines(code))
    language = _language(code)
    tail = code.tail
    code.clear()
    code.text, code.tail = text.replace("\r", ""), tail
    if language:
        code.set("class", language)


def _code_lines(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif child.tag in _LINES:
            inside = "".join(_code_lines(child))
            yield inside if inside.endswith("\n") else f"{inside}\n"
        elif isinstance(child.tag, str):
            yield from _code_lines(child)
        yield child.tail or ""


def _language(code: Any) -> str:
    """From `data-language` or the classes of the element, the `<code>` in it, or a wrapper around it alone."""
    around = takewhile(lambda above: above.tag in _WRAPPERS, code.iterancestors())
    wrappers = takewhile(lambda above: len(list(above.iter("pre"))) == 1, around)
    for element in [code, *code.iter("code"), *wrappers]:
        named = element.get("data-language") or element.get("data-lang")
        for language in filter(None, (named, *_LANGUAGE.findall(element.get("class", "")))):
            if not _NO_LANGUAGE.intersection(language.lower().split("-")):
                return str(language).lower()
    return ""


def _replace(element: Any, text: str) -> None:
    element.tail = text + (element.tail or "")
    element.drop_tree()  # the words after it stay


def _text(element: Any) -> str:
    return " ".join(element.text_content().split())
