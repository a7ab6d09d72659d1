"""Markdown to markup: what answers and documents are written in, made into elements by `html.tag` alone.

CommonMark with tables, strikethrough and formulas, read by markdown-it-py. HTML in the source is text, an image is one of the
`pictures` that are given, or its description, a link keeps its address only if it is harmless. Footnote marks become what `note` makes of them; the
part of the text between the marks `OPEN` and `CLOSE` is highlighted. A formula stands between dollars, as pandoc reads them
(no white space beside them inside, no digit behind the last: `$5 to $10` is money), or is an environment of amsmath. It is
written as its source, which a script of the page sets.

Marks survive the rendering as private characters, which stand where a highlight begins, ends, or a footnote goes. Private-use
characters of the text itself (icons of a lost font) are replaced first, so a mark can only be ours."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from app.citations.marks import find_marks
from app.web.render.html import Html, escape, framed, join, safe_address, tag

OPEN, CLOSE = "\ue000", "\ue001"
_FIRST_NOTE = 0xE100
_LAST_NOTE = 0xF8FF
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_PIECE = re.compile("[\ue000-\uf8ff]|[^\ue000-\uf8ff]+")


def clean(text: str) -> str:
    """The text without private-use characters; its length stays, so offsets stay right."""
    return _PRIVATE.sub("\ufffd", text)


def with_spans(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Puts OPEN and CLOSE around each `text[start:end]`, in order and apart; an empty span marks nothing."""
    for start, end in reversed(spans):
        text = text if start >= end else f"{text[:start]}{OPEN}{text[start:end]}{CLOSE}{text[end:]}"
    return text


def with_notes(text: str, numbers: Collection[int]) -> str:
    """`("so it is.[2]", {2})` -> the same with one private character in the place of `[2]`; others stay as they are."""
    for mark in reversed(find_marks(text)):
        if mark.number in numbers and mark.number <= _LAST_NOTE - _FIRST_NOTE:
            text = f"{text[: mark.start]}{chr(_FIRST_NOTE + mark.number)}{text[mark.end :]}"
    return text


def note_number(character: str) -> int | None:
    """The footnote that a private character stands for."""
    return ord(character) - _FIRST_NOTE if chr(_FIRST_NOTE) <= character <= chr(_LAST_NOTE) else None


def written_out(text: str) -> str:
    """The text as it was: spans removed, footnote marks written out again."""
    return _PRIVATE.sub(lambda sign: "" if (number := note_number(sign[0])) is None else f"[{number}]", text)


NoteMaker = Callable[[int], Html]
Pictures = Mapping[str, Html]
NONE: Final[Pictures] = {}

HEADINGS_BELOW = 2
_SAME: Final = ("blockquote", "em", "strong", "s", "table", "thead", "tbody", "tr", "td", "hr")
_ELEMENTS: Final = {name: name for name in _SAME} | {
    "paragraph": "p",
    "bullet_list": "ul",
    "list_item": "li",
    "hardbreak": "br",
}
_ESCAPED_NUMBER = re.compile(r"\\\[(\d+)\\\]")  # in an answer, a bracket with a number that is no footnote


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    parser.use(amsmath_plugin)
    return parser.disable(["reference", "html_block", "html_inline"])


def render(
    text: str,
    *,
    note: NoteMaker | None = None,
    links: Collection[str] | None = None,
    numbers: Sequence[int] = (),
    pictures: Pictures = NONE,
) -> Html:
    """A whole text. Headings start at the third level, below those of the page.

    `links` are the addresses elsewhere that may be followed (None: all); any other is shown, as code, next to its words.
    `numbers` are written before the highlighted spans, if there are as many. `pictures`: by the addresses that name them.
    """
    return Renderer(note, links, numbers, pictures=pictures).children(SyntaxTreeNode(_parser().parse(text)))


def render_inline(text: str, *, follow: bool = True, pictures: Pictures = NONE) -> Html:
    """A line or paragraph without block structure; `follow`: its links can be followed."""
    return Renderer(follow=follow, pictures=pictures).children(SyntaxTreeNode(_parser().parseInline(text)))


class Renderer:
    """Walks a syntax tree; remembers whether it is inside of a highlighted span."""

    def __init__(
        self,
        note: NoteMaker | None = None,
        links: Collection[str] | None = None,
        numbers: Sequence[int] = (),
        *,
        follow: bool = True,
        pictures: Pictures = NONE,
    ) -> None:
        self._note = note
        self._follow = follow
        self._links = links
        self._numbers = list(numbers)
        self._pictures = pictures
        self._marking = False

    def children(self, node: SyntaxTreeNode) -> Html:
        return join(self.node(child) for child in node.children)

    def node(self, node: SyntaxTreeNode) -> Html:
        if node.type in _ELEMENTS:
            made = tag(_ELEMENTS[node.type], self.children(node))
            return framed(made) if node.type == "table" else made
        method = getattr(self, f"_{node.type}", None)
        if method is not None:
            return Html(method(node))
        return self.children(node) if node.children else self.text(node.content)

    def text(self, content: str) -> Html:
        """Text with its marks: highlighted piece by piece, so that elements always nest."""
        return join(self._piece(piece) for piece in _PIECE.findall(content))

    def _piece(self, piece: str) -> Html:
        if piece in (OPEN, CLOSE):
            self._marking = piece == OPEN
            return tag("sup", str(self._numbers.pop(0))) if self._marking and self._numbers else Html("")
        number = note_number(piece)
        if number is not None:
            return self._note(number) if self._note else escape(f"[{number}]")
        return tag("mark", piece) if self._marking and piece.strip() else escape(piece)

    def _code_text(self, content: str) -> Html:
        spans = (piece if piece in (OPEN, CLOSE) else written_out(piece) for piece in _PIECE.findall(content))
        return join(self._piece(piece) for piece in spans if piece)

    def _heading(self, node: SyntaxTreeNode) -> Html:
        level = min(6, int(node.tag[1:]) + HEADINGS_BELOW)
        return tag(f"h{level}", self.children(node))

    def _ordered_list(self, node: SyntaxTreeNode) -> Html:
        start = node.attrs.get("start")
        return tag("ol", self.children(node), start=int(start) if start is not None else None)

    def _th(self, node: SyntaxTreeNode) -> Html:
        return tag("th", self.children(node), scope="col")

    def _code_inline(self, node: SyntaxTreeNode) -> Html:
        return tag("code", self._code_text(node.content))

    def _fence(self, node: SyntaxTreeNode) -> Html:
        return code_block(self._code_text(node.content.rstrip("\n")))

    _code_block = _fence

    def _math_inline(self, node: SyntaxTreeNode, *, display: bool = False) -> Html:
        """A formula that a highlighted span begins or ends in is highlighted as a whole."""
        marked = self._marking or OPEN in node.content
        for sign in re.findall(f"[{OPEN}{CLOSE}]", node.content):
            self._marking = sign == OPEN
        source = _ESCAPED_NUMBER.sub(r"[\1]", written_out(node.content)).strip()
        made = tag("code", source, cls="fn-formula", data_display=display)
        return tag("mark", made) if marked else made

    def _math_inline_double(self, node: SyntaxTreeNode) -> Html:
        return self._math_inline(node, display=True)

    def _math_block(self, node: SyntaxTreeNode) -> Html:
        return tag("p", self._math_inline(node, display=True), cls="fn-formula-line")

    _amsmath = _math_block

    def _softbreak(self, node: SyntaxTreeNode) -> Html:
        return Html("\n")

    def _image(self, node: SyntaxTreeNode) -> Html:
        """With its description below it, or that alone: nothing is loaded."""
        words = self.text(node.content)
        picture = self._pictures.get(written_out(str(node.attrs.get("src", ""))))
        return (
            words if picture is None else tag("span", picture, tag("span", words, cls="fn-caption"), cls="fn-picture")
        )

    def _link(self, node: SyntaxTreeNode) -> Html:
        address = safe_address(written_out(str(node.attrs.get("href", ""))))
        inside = self.children(node)
        if address is None or not self._follow:
            return inside
        if address.startswith(("/", "#", "?")):
            return tag("a", inside, href=address)
        if self._links is not None and address not in self._links:
            return tag("code", address) if inside == escape(address) else join([inside, " ", tag("code", address)])
        return tag("a", inside, href=address, title=address, target="_blank")


def code_block(code: Html, *, language: str = "") -> Html:
    """Code with its lines and a button that copies them."""
    button = tag("button", "Copy", type="button", cls="fn-copy", aria_label="Copy this code")
    return tag("div", tag("pre", tag("code", code), tabindex=0, data_language=language or None), button, cls="fn-code")
