"""PDF files of given lines, made by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parse.formats.pdf import read as pdf
from ingest.parse.reader import Limits, Source

FONTS = {
    "italic": "Helvetica-Oblique",
    "body": "Helvetica",
    "bold": "Helvetica-Bold",
    "code": "Courier",
    "other": "Times-Bold",
    "joined": "Times-Roman",
}
ENCODINGS = {"joined": "<< /Differences [33 /f_f /s_t.alt] >>"}


@dataclass(frozen=True, slots=True)
class T:
    """A line of text: points from the left and from the top of a page of 600 by 800."""

    text: str
    top: float
    left: float = 50
    size: float = 10
    font: str = "body"


def lines(text: str, top: float, **style: object) -> list[T]:
    """Lines below each other, 12 points apart."""
    return [T(line, top + 12 * i, **style) for i, line in enumerate(text.split("\n"))]  # type: ignore[arg-type]


def pdf_file(
    pages: Sequence[Sequence[T]],
    *,
    bookmarks: Sequence[str | tuple[str, int]] = (),
    info: str = "",
    encrypted: bool = False,
    drawing: str = "",
) -> bytes:
    """A PDF 1.4 file with Latin text in the standard fonts; `drawing` is put on every page, bookmarks lead to the first."""
    first = 6 + len(bookmarks)
    kids = " ".join(f"{first + 2 * i} 0 R" for i in range(len(pages)))
    fonts = " ".join(
        f"/{name} << /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding {ENCODINGS.get(name, '/WinAnsiEncoding')} >>"
        for name, font in FONTS.items()
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R" + (" /Outlines 3 0 R" if bookmarks else "") + " >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 600 800] "
        f"/Resources << /Font << {fonts} >> >> >>",
        f"<< /Type /Outlines /First 6 0 R /Last {5 + len(bookmarks)} 0 R /Count {len(bookmarks)} >>",
        f"<< {info} >>",
        f"<< /Filter /Standard /V 1 /R 2 /O <{'00' * 32}> /U <{'00' * 32}> /P -4 >>",
    ]
    for i, bookmark in enumerate(bookmarks):
        title, page_number = bookmark if isinstance(bookmark, tuple) else (bookmark, 1)
        following = f" /Next {7 + i} 0 R" if i + 1 < len(bookmarks) else ""
        place = first + 2 * (page_number - 1)
        objects.append(f"<< /Title ({title}) /Parent 3 0 R /Dest [{place} 0 R /Fit]{following} >>")
    for i, page in enumerate(pages):
        stream = "".join(
            f"BT /{t.font} {t.size} Tf {t.left} {800 - t.top - t.size} Td ({escaped(t.text)}) Tj ET\n" for t in page
        )
        stream += drawing
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {first + 2 * i + 1} 0 R >>")
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}endstream")
    return assembled(objects, "/Encrypt 5 0 R /ID [<00> <00>]" if encrypted else "")


def assembled(objects: Sequence[str], extra: str) -> bytes:
    data, offsets = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R "
    return data + f"{end}/Info 4 0 R {extra} >>\nstartxref\n{len(data)}\n%%EOF\n".encode()


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def read(*pages: Sequence[T], **options: object) -> Source:
    return pdf.read(pdf_file(pages, **options), Limits())  # type: ignore[arg-type]


BODY = "The first line of a paragraph that is long enough to be one\nand its second line, which ends here."
