"""A web page, before pandoc reads it: its content without what a site puts around it.

Navigation is known by element, role and density of links, never by names; what only a script shows is kept, what the
author hid is left out and reported. What pandoc does not know (ruby, lines of code in elements of their own, the
language of code in a class of a wrapper, tables that only place things) is put into forms that it knows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

_SILENT = frozenset(
    {"script", "style", "template", "noscript", "iframe", "canvas", "svg", "object", "embed", "link", "head", "nav"}
)
_CONTROLS = frozenset({"button", "input", "select", "textarea", "datalist"})
_NAVIGATION = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menubar"})
_BESIDE = frozenset({"aside", "footer", "complementary"})
_NAME = re.compile(r"[A-Za-z][\w:.-]*", re.ASCII)
_GUTTER = re.compile(r"(?:^|\s)(?:linenos?|lineno|linenodiv|gutter|headerlink)(?:$|\s)")
_LANGUAGE = re.compile(r"^(?:language|lang|highlight-source|highlight)-([\w+#.-]+)$")
_HIGHLIGHTERS = frozenset({"sourceCode", "hljs", "brush:"})
_NO_LANGUAGE = frozenset({"none", "default", "notranslate", "plaintext", "wrapper", "copy"})
_LISTS = frozenset({"ul", "ol", "menu"})
_LINES = frozenset({"div", "p", "li", "tr"})
_HIDING = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
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
    for cell in result.content.iter("td", "th"):
        for span in ("colspan", "rowspan"):
            if len(cell.get(span, "")) > _SPAN_DIGITS:
                del cell.attrib[span]
    for table in list(result.content.iter("table")):
        within = sum(above.tag == "table" for above in table.iterancestors())
        if table.get("role") in {"presentation", "none"} or within > _MOST_TABLES:
            _unframe(table)
    return result


def _prune(
    parent: Any, size: int, revealed: set[str], result: Cleaned, *, include_hidden: bool, depth: int = 0
) -> None:
    for child in list(parent):
        if not isinstance(child.tag, str):  # a comment
            _drop(child)
            continue
        _put_right(child)
        if not include_hidden and _is_hidden(child, revealed):
            if (words := _text(child)) and not child.get("aria-hidden"):
                result.hidden.append(f"hidden <{child.tag}>: {words}")
            _drop(child)
        elif child.tag == "img" and child.get("alt") == "":  # says of itself that it is an ornament
            _drop(child)
        elif _is_dropped(child, size):
            said = child.tag == "nav" or (child.tag not in _SILENT and not _GUTTER.search(child.get("class", "")))
            if said and (words := _text(child)):
                result.dropped.append(f"<{child.tag}> {words}")
            _drop(child)
        elif depth > _DEEPEST:
            _replace(child, "".join(child.itertext()))
        else:
            if parent.tag in _LISTS and child.tag not in _LISTS | {"li"}:
                child.tag = "div"  # of any other element that stands in a list pandoc tries all readings, for ever
            _prune(child, size, revealed, result, include_hidden=include_hidden, depth=depth + 1)


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
        or bool(_HIDING.search(element.get("style", "")))
    )
    return hidden and element.get("role") != "tabpanel" and element.get("id") not in revealed


def _is_dropped(element: Any, size: int) -> bool:
    if element.tag in _SILENT:
        return not str(element.get("type", "")).startswith("math/tex")
    if element.tag in _CONTROLS or _GUTTER.search(element.get("class", "")):
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
            for words in _outside(body, main):
                result.dropped.append(f"outside the main part: {words}")
            return main
    return body


def _outside(element: Any, main: Any) -> Iterator[str]:
    if element is main:
        return
    if main not in element.iterdescendants():
        if words := _text(element):
            yield words
        return
    for words in (element.text, *(child.tail for child in element)):
        if words and words.strip():
            yield " ".join(words.split())
    for child in element:
        yield from _outside(child, main)


def _spelled_out(ruby: Any) -> str:
    """`base(reading)`"""
    base = "".join([ruby.text or "", *(child.tail or "" for child in ruby)])
    base += "".join(_text(child) for child in ruby if child.tag in {"rb", "span"})
    reading = "".join(_text(child) for child in ruby.iter("rt"))
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
    for element in [code, *code.iter("code"), *_wrappers(code)]:
        named = element.get("data-language") or element.get("data-lang")
        classes = element.get("class", "").split()
        after = [word for mark, word in pairwise(classes) if mark in _HIGHLIGHTERS]
        matches = [str(match[1]) for word in classes if (match := _LANGUAGE.match(word))]
        for language in filter(None, (named, *matches, *after)):
            if not any(part in _NO_LANGUAGE for part in language.lower().split("-")):
                return str(language).lower()
    return ""


def _wrappers(code: Any) -> Iterator[Any]:
    for above in code.iterancestors():
        if (
            above.tag not in {"div", "figure", "section", "td", "tr", "tbody", "table"}
            or len(list(above.iter("pre"))) > 1
        ):
            return
        yield above


def _unframe(table: Any) -> None:
    for element in table.iter("table", "tbody", "tr", "td", "th"):
        element.tag = "div"


def _drop(element: Any) -> None:
    _replace(element, "")


def _replace(element: Any, text: str) -> None:
    """The words after an element belong to what is before it."""
    text += element.tail or ""
    parent, before = element.getparent(), element.getprevious()
    if text and before is not None:
        before.tail = (before.tail or "") + text
    elif text:
        parent.text = (parent.text or "") + text
    parent.remove(element)


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())
