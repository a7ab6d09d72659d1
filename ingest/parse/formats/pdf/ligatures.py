"""Letters that a font of a PDF draws as one sign, and tells by the name of that alone (the only importer of pypdf)."""

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject

_JOINED = re.compile(r"/([^\W_](?:_[^\W_])+)(?:\.\w+)?")  # /f_f_i, as the Adobe Glyph List names it
_NONE = DictionaryObject()


def ligatures(data: bytes) -> Mapping[tuple[bytes, int], str]:
    """By the program of their font and their code; none of a file that the library cannot read."""
    found: dict[tuple[bytes, int], str] = {}
    try:
        seen: set[Any] = set()
        for page in pypdf.PdfReader(io.BytesIO(data)).pages:
            for font in _fonts(page, seen):
                found |= _of(font)
    except Exception:  # whatever the library says of a damaged part: what is known so far is
        return found
    return found


def _fonts(owner: Any, seen: set[int]) -> Iterator[DictionaryObject]:
    """Those of a page, or of a drawing on one, that are not seen yet."""
    resources = _part(owner, "/Resources")
    for kind in ("/Font", "/XObject"):
        parts = _part(resources, kind)
        for value in (_part(parts, name) for name in parts):
            if id(value) not in seen:
                seen.add(id(value))
                yield from [value] if kind == "/Font" else _fonts(value, seen)


def _of(font: DictionaryObject) -> Iterator[tuple[tuple[bytes, int], str]]:
    code, descriptor = 0, _part(font, "/FontDescriptor")
    program = next((_part(descriptor, name).get_data() for name in descriptor if name.startswith("/FontFile")), b"")
    for entry in _part(font, "/Encoding").get("/Differences", ArrayObject()).get_object():
        if named := _JOINED.fullmatch(str(entry)):
            yield (program, code), named[1].replace("_", "")
        code = entry if isinstance(entry, int) else code + 1


def _part(owner: DictionaryObject, name: str) -> Any:
    """A dictionary of one; empty if it has none."""
    part = owner.get(name, _NONE).get_object()
    return part if isinstance(part, DictionaryObject) else _NONE
