"""Pictures of an original, for who reads its text: `python -m ingest.parse.pictures` answers one request and ends.

The request, as JSON on standard input, is a `Request`; the answer is JSON on standard output: `{"page": picture or null,
"images": {address: picture}}`, a picture being `{"type", "data"}` with base64 data; that of a page also tells whether the words were `found` on it. It runs as a process of
its own with limits of memory and time, because originals may be broken or hostile; every picture is decoded here and
encoded anew, small enough for a page, so nothing of the original's own bytes reaches a browser (SVG aside, which a browser
draws without scripts and without loading anything when it is an image).
"""

import base64
import hashlib
import io
import json
import re
import signal
import sys
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from PIL import Image, ImageChops, ImageDraw

from ingest.parse import archives
from ingest.parse.markdown_writer import EMBEDDED, base64_letters, embedded

WIDTH = 1100  # pixels: of a page; of a picture at most
MOST_DOTS = 40_000_000  # of a picture before it is made smaller
MOST_SVG = 300_000  # bytes
QUALITY = 82
MARKER = (253, 232, 140)
_BASE64 = re.compile(rb"base64,(?:[A-Za-z0-9+/=\s]|\\n|%0[AaDd])+|\"(?:[A-Za-z0-9+/=]|\\n){60,}")
SHORTEST = 4  # letters that count as a part of the quote
Json = dict[str, Any]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Request:
    """`file` is below `root` and had this `digest` (SHA-256) when it was read. `page` (from 1, 0 for none) is wanted as a picture
    with each of the `words` marked; so are `images`, addresses as the document names them. `bytes`: no file may have more; `seconds`,
    `memory` (in bytes): what this process may take."""

    root: str
    file: str
    digest: str
    page: int = 0
    words: Sequence[str] = ()
    images: Sequence[str] = ()
    bytes: int = 64 * 1024 * 1024
    seconds: float = 20.0
    memory: int = 2048 * 1024 * 1024


def answer(request: Request) -> Json:
    """Raises OSError and UnreadableFile where the file is gone, ValueError where it is another one now."""
    root = Path(request.root).resolve()
    path = root / request.file
    data = _bytes(root, path, request.bytes)
    if hashlib.sha256(data).hexdigest() != request.digest:
        raise ValueError("the file was changed")
    page = None
    if request.page and data.startswith(b"%PDF"):
        page = page_picture(data, request.page, request.words)
    elif request.page and request.file.lower().endswith(".pptx"):
        page = slide_picture(data, request.page, request.words)
    return {"page": page, "images": dict(_images(root, path, data, request))}


def page_picture(data: bytes, number: int, words: Sequence[str]) -> Json:
    """The page with this number of a PDF, `words` highlighted; `found` tells whether they stand there."""
    import pypdfium2

    page = pypdfium2.PdfDocument(data)[number - 1]
    width, height = page.get_size()
    scale = min(WIDTH / width, (MOST_DOTS / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale)
    place = bitmap.get_posconv(page)
    text = page.get_textpage()
    chars, boxes = [text.get_text_range(index, 1) for index in range(text.count_chars())], list[Box]()
    for _, run in groupby(enumerate(sorted(quoted(chars, words))), lambda pair: pair[1] - pair[0]):
        places = [index for _, index in run]
        for left, bottom, right, top in map(text.get_rect, range(text.count_rects(places[0], len(places)))):
            more = 0.2 * (top - bottom)  # it is as high as the ink
            (x0, y0), (x1, y1) = place.to_bitmap(left, top + more), place.to_bitmap(right, bottom - more)
            boxes.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    marked = highlighted(bitmap.to_pil().convert("RGB"), boxes)
    return {**encoded(marked), "found": bool(boxes)}


def slide_picture(data: bytes, number: int, words: Sequence[str]) -> Json:
    """The same for a slide, which is drawn from what stands on it."""
    from ingest.parse.slide_drawing import drawn

    drawing, found = drawn(data, number, mark=lambda chars: quoted(chars, words), encode=_drawn)
    return {"type": "image/svg+xml", "data": base64.b64encode(drawing.encode()).decode(), "found": found}


def quoted(chars: Sequence[str], quotes: Sequence[str]) -> frozenset[int]:
    """Which characters of a page, in the order they are drawn, stand in one of the quotes, with what is between their letters."""
    letters = [(letter, index) for index, char in enumerate(chars) for letter in _letters(char)]
    page = "".join(letter for letter, _ in letters)
    spans = [span for quote in quotes for span in matched(_letters(quote), page)]
    return frozenset(at for start, end in spans for at in range(letters[start][1], letters[end - 1][1] + 1))


def _letters(text: str) -> str:
    """Letters and digits alone, as they are compared: `"Con-\\ntext!"` -> `"context"`."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def matched(quote: str, page: str) -> list[tuple[int, int]]:
    """Spans of `page` that hold the quote: where it stands as a whole, else its longest parts in order (a table is read in another
    order than it is drawn), if they are most of it."""
    if not quote:
        return []
    start = page.find(quote)
    if start >= 0:
        return [(start, start + len(quote))]
    blocks = SequenceMatcher(None, quote, page, autojunk=False).get_matching_blocks()
    parts = [(block.b, block.b + block.size) for block in blocks if block.size >= SHORTEST]
    return parts if 2 * sum(end - start for start, end in parts) > len(quote) else []


def highlighted(picture: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """As with a marker: dark letters stay dark."""
    marks = Image.new("RGB", picture.size, "white")
    draw = ImageDraw.Draw(marks)
    for left, top, right, bottom in boxes:
        draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=MARKER)
    return ImageChops.multiply(picture, marks)


def encoded(picture: Image.Image) -> Json:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=QUALITY)
    return {"type": "image/webp", "data": base64.b64encode(out.getvalue()).decode()}


def _images(root: Path, path: Path, data: bytes, request: Request) -> Iterator[tuple[str, Json]]:
    """Those that are there and can be drawn: beside the file below `root`, in it where it is a container, or written out in it."""
    inside = zipfile.ZipFile(io.BytesIO(data)) if zipfile.is_zipfile(io.BytesIO(data)) else None
    for address in request.images:
        try:
            name = unquote(address.partition("?")[0].partition("#")[0])
            if name.startswith(EMBEDDED):
                found = _embedded(data, name)
            elif inside:
                found = _member(inside, name, request.bytes)
            else:
                found = _bytes(root, path.parent / name, request.bytes)
            yield address, _drawn(found)
        except Exception:  # whatever a library says of a picture that is none: it is left out
            continue


def _embedded(data: bytes, name: str) -> bytes:
    """The one of this name (see `markdown_writer.embedded`) among what stands in the file in base64."""
    for found in _BASE64.finditer(data):
        written = found[0].decode()
        if embedded(written) == name:
            letters = base64_letters(written)
            return base64.b64decode(letters + "=" * (-len(letters) % 4))
    raise ValueError("it does not stand in the file")


def _drawn(data: bytes) -> Json:
    if b"<svg" in data[:2000]:
        if len(data) > MOST_SVG or b"<!ENTITY" in data:
            raise ValueError("too much of a drawing")
        return {"type": "image/svg+xml", "data": base64.b64encode(data).decode()}
    with Image.open(io.BytesIO(data)) as picture:
        if picture.width * picture.height > MOST_DOTS:
            raise ValueError("too large a picture")
        picture.draft("RGB", (WIDTH, WIDTH))
        picture.thumbnail((WIDTH, WIDTH))
        return encoded(picture.convert("RGBA" if picture.mode in ("RGBA", "LA", "P") else "RGB"))


def _bytes(root: Path, path: Path, most: int) -> bytes:
    """Of a file, or a file in an archive, that really lies below `root`."""
    data = archives.read_member(path)
    if data is None:
        real = path.resolve()
        if not real.is_relative_to(root):
            raise ValueError("outside of the course")
        if real.stat().st_size > most:
            raise ValueError("too large a file")
        data = real.read_bytes()
    return data


def _member(container: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The one whose path ends like the address: in a .docx `media/a.png` stands in `word/`."""
    ending = "/" + name.lstrip("./")
    info = next(info for info in container.infolist() if f"/{info.filename}".endswith(ending))
    if info.file_size > most:
        raise ValueError("too large a file")
    return container.read(info)


def _limit(request: Request) -> None:
    """Where the system can: memory, and an alarm that ends this process when nobody waits for it any more."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (request.memory, request.memory))
    signal.setitimer(signal.ITIMER_REAL, request.seconds)


def main() -> int:
    request = Request(**json.load(sys.stdin))
    _limit(request)
    json.dump(answer(request), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
