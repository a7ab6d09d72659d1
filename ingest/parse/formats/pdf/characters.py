"""Characters of a page: which letter a code stands for, which fonts are made for formulas, and what is drawn in several strokes
(accents over letters, signs struck through, tall brackets in pieces) made one."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
SMALL = 0.9  # of the font size of a line: what is smaller may be a script
_MATHS = re.compile(
    r"cm(?:mi|sy|ex|bsy|mib)\d|ms[ab]m|eu[fsr]m|rsfs|math|symbol|mtsy|mtmi|mtex|txex|pxex|stix.*(?:siz|int)",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"(?:cm|lm|tx|px)ex\w*\d|mathextension", re.IGNORECASE)
_SLANTED, _BOLD = ("ital", "obli", "slant"), ("bold", "black", "heavy", "cmbx", "demi")
# The encoding of TeX's extension fonts ("OMX"; Knuth, Computer Modern Typefaces, 1986), from 0x00 on.
_OMX = (
    "()[]⌊⌋⌈⌉{}⟨⟩|‖/\\" + "()" + "()[]⌊⌋⌈⌉{}⟨⟩/\\" + "()[]⌊⌋⌈⌉{}⟨⟩/\\/\\" + "⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪⏐" + "⎝⎠⎜⎟⟨⟩⨆⨆∮∮⨀⨀⨁⨁⨂⨂"
    "∑∏∫⋃⋂⨄⋀⋁∑∏∫⋃⋂⨄⋀⋁∐∐" + "ˆˆˆ˜˜˜[]⌊⌋⌈⌉{}√√√√√"
)  # fmt: skip
_SYMBOLS = re.compile(r"(?:cm|lm)sy\w*\d|mathsymbols", re.IGNORECASE)
_OMS = (  # that of its fonts of symbols
    "−·×∗÷⋄±∓⊕⊖⊗⊘⊙○∘∙≍≡⊆⊇≤≥≼≽∼≈⊂⊃≪≫≺≻←→↑↓↔↗↘≃⇐⇒⇑⇓⇔↖↙∝′∞∈∋△▽\u0338↦∀∃¬∅ℜℑ⊤⊥"
    "ℵABCDEFGHIJKLMNOPQRSTUVWXYZ∪∩⊎∧∨⊢⊣⌊⌋⌈⌉{}⟨⟩|‖↕⇕\\≀√∐∇∫⊔⊓⊑⊒§†‡¶♣♢♡♠"
)
_PIECES = dict(
    zip(range(0xF8EB, 0xF8FF), "⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⎮⎞⎟⎠⎤⎥⎦⎫⎬⎭", strict=True)
)  # Adobe's codes of the pieces of large brackets


@dataclass(frozen=True, slots=True)
class Style:
    """What the characters of one text object share. `angle`: degrees; `artifact`: the file calls it no content."""

    font: str
    size: float
    angle: int
    fixed: bool
    artifact: bool


@dataclass(frozen=True, slots=True)
class Char:
    """A character from `left` to `right` on the line `base`, its ink from `top` to `bottom`. A space may have no width;
    what no letter is known for is `\\ufffd`. `formula`: it stands for several, its text is TeX."""

    text: str
    left: float
    right: float
    base: float
    style: Style
    top: float
    bottom: float
    formula: bool = False

    @property
    def size(self) -> float:
        return self.style.size

    @property
    def height(self) -> float:
        """In font sizes."""
        return (self.bottom - self.top) / self.style.size

    @property
    def middle(self) -> float:
        """Between top and bottom."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Between left and right."""
        return (self.left + self.right) / 2


def made(text: str, used: Sequence[Char], base: float, size: float) -> Char:
    """One character of a formula for those, as large as all of them; `UNKNOWN` if it has a sign that is."""
    return Char(
        UNKNOWN if UNKNOWN in text else text,
        min(char.left for char in used),
        max(char.right for char in used),
        base,
        replace(used[0].style, size=size),
        min(char.top for char in used),
        max(char.bottom for char in used),
        formula=True,
    )


def replaced(page: Sequence[Char], char: Char, used: Sequence[Char]) -> list[Char]:
    """With one for those, where the first of them is drawn."""
    gone = set(map(id, used))
    first = next(index for index, other in enumerate(page) if id(other) in gone)
    return [*page[:first], char, *(other for other in page[first:] if id(other) not in gone)]


def size_of(chars: Sequence[Char]) -> float:
    """That of the main line: the largest of the letters."""
    return max(char.size for char in [char for char in chars if char.text[:1] != "\\"] or chars)


def base_of(chars: Sequence[Char], size: float) -> float:
    return Counter(round(char.base, 1) for char in chars if char.size > SMALL * size).most_common(1)[0][0]


def is_mathematical(font: str) -> bool:
    """Whether a font, by its name, is made for the letters and signs of formulas."""
    return bool(_MATHS.search(font))


def is_extension(font: str) -> bool:
    """Whether it is one of TeX's with large signs and the pieces of brackets."""
    return bool(_EXTENSION.search(font))


def is_slanted(font: str) -> bool:
    return any(name in font.lower() for name in _SLANTED)


def is_bold(font: str) -> bool:
    return any(name in font.lower() for name in _BOLD)


_JOINED = dict(zip([*range(0x0B, 0x10), *range(0x1B, 0x20)], ["ff", "fi", "fl", "ffi", "ffl"] * 2, strict=True))


def letter(code: int, font: str, *, known: bool) -> str:
    """Without presentation forms, ligatures and letters of formulas that are styles of others; what stands for a hyphen at
    the end of a line is one. Empty for what shows nothing, `UNKNOWN` where the file does not tell (`known`)."""
    if is_extension(font) and (not known or code == 0):
        return _OMX[code] if code < len(_OMX) else UNKNOWN
    if not known and not font and code < 0x100:  # a picture of a letter: TeX's have its code
        return _JOINED.get(code) or (chr(code) if chr(code).isprintable() else UNKNOWN)
    if not known:
        return _OMS[code] if _SYMBOLS.search(font) and code < len(_OMS) else UNKNOWN
    if code in (0x02, 0xFFFE):
        return "-"
    if code == 0xA0:
        return " "
    char = _PIECES.get(code) or chr(code)
    if code == 0x210E or 0xFB00 <= code <= 0xFEFC or 0x1D400 <= code <= 0x1D7FF:
        return unicodedata.normalize("NFKC", char)
    return "" if code < 0x20 else char


_ACCENTS = dict(
    zip("´`¨ˆ˜¸˚ˇ¯˘˝˙˛", "\u0301\u0300\u0308\u0302\u0303\u0327\u030a\u030c\u0304\u0306\u030b\u0307\u0328", strict=True)
)
_STROKES = ("\u0338", "/")
_BRACKETS = dict(zip("⎛⎜⎝⎞⎟⎠⎡⎢⎣⎤⎥⎦⎧⎨⎩⎫⎬⎭⏐⎪", "((()))[[[]]]{{{}}}|⎪", strict=True))
_BARS = "|‖"
_REACH = 60  # characters between two pieces of one bracket


def united(chars: Sequence[Char]) -> list[Char]:
    """In the order in which they are drawn."""
    return _pieced(_struck(list(_accented(chars))))


def _accented(chars: Iterable[Char]) -> Iterator[Char]:
    """An accent that is drawn over a letter makes one letter with it."""
    pending: Char | None = None
    for char in chars:
        if pending and char.text in _ACCENTS and char.left < pending.right - 0.3 * (char.right - char.left):
            pending, char = char, pending
        if pending and pending.text in _ACCENTS and char.text.isalpha() and _is_over(pending, char):
            text = unicodedata.normalize("NFC", char.text.replace("ı", "i") + _ACCENTS[pending.text])
            pending = replace(char, text=text)
            continue
        if pending:
            yield pending
        pending = char
    if pending:
        yield pending


def _is_over(accent: Char, letter: Char) -> bool:
    return accent.left < letter.right and abs(accent.base - letter.base) < letter.size


def _struck(chars: list[Char]) -> list[Char]:
    """A stroke that is drawn through a sign, before or after it, makes one sign with it: ̸= is ≠."""
    made = list(chars)
    for index, stroke in enumerate(chars):
        if stroke.text in _STROKES:
            around = range(max(0, index - 2), min(len(made), index + 3))
            for other in (other for other in around if other != index and _strikes(stroke, made[other])):
                text = unicodedata.normalize("NFC", f"{made[other].text}\u0338")
                made[other], made[index] = replace(made[other], text=text), replace(stroke, text="")
                break
    return [char for char in made if char.text]


def _strikes(stroke: Char, sign: Char) -> bool:
    middle = (stroke.left + stroke.right) / 2
    level = abs(stroke.base - sign.base) < 0.2 * sign.size
    near = abs(sign.left - stroke.left) < 0.3 * sign.size
    through = sign.left < middle < sign.right if stroke.text == "/" else near
    return unicodedata.category(sign.text[:1] or " ") == "Sm" and level and through


def _pieced(chars: Sequence[Char]) -> list[Char]:
    made: list[Char] = []
    for char in chars:
        sign = _BRACKETS.get(char.text) or (char.text if char.text in _BARS and is_extension(char.style.font) else "")
        if not sign:
            made.append(char)
            continue
        piece = replace(char, text=sign)
        for index in range(len(made) - 1, max(-1, len(made) - _REACH), -1):
            if _continues(made[index], piece):
                made[index] = _longer(made[index], piece)
                break
        else:
            made.append(piece)
    return [replace(char, text="{") if char.text == "⎪" else char for char in made]


def _continues(above: Char, piece: Char) -> bool:
    alike = above.text == piece.text or ("⎪" in (above.text, piece.text) and {above.text, piece.text} < set("{}⎪"))
    close = abs(above.left - piece.left) < 0.4 * piece.size and above.style.font == piece.style.font
    return alike and close and above.top - 0.3 < piece.bottom and piece.top < above.bottom + 0.3


def _longer(above: Char, piece: Char) -> Char:
    text = piece.text if above.text == "⎪" else above.text
    return replace(made(text, [above, piece], above.base, above.size), formula=False)
