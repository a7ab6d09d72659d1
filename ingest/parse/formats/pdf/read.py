"""PDF files: from pages to Markdown, and what has to be said of them.

Left out: pictures and the addresses of links; and, each time said: what repeats on many pages, text turned on its side, tables
of contents, comments, text of fonts that do not tell their letters.
"""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise, product, takewhile
from textwrap import shorten

from ingest.parse.formats.pdf import ocr
from ingest.parse.formats.pdf.blocks import markdown
from ingest.parse.formats.pdf.formulas import with_formulas
from ingest.parse.formats.pdf.headings import LARGER, Outline, folded
from ingest.parse.formats.pdf.lines import PageLine, lines_of, merged
from ingest.parse.formats.pdf.pdfium import Pdf, PdfiumError, is_protected
from ingest.parse.formats.pdf.reading_order import in_reading_order
from ingest.parse.formats.pdf.tables import with_bare_tables, with_ruled_tables
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile
from retrieval.text.display import counted
from retrieval.text.language import is_gibberish
from retrieval.types import Recognised

_LEAST_LETTERS = 20  # of a page; fewer, and it may be a picture
_MARGIN = 0.12  # of a page's height, where running headers and footers stand
_LEADER = re.compile(r"(?:\. ?){4,}\s*[\divxlc]+\s*$")  # of a line in a table of contents
_ENTRY = re.compile(r"(.*\S)\s+\d{1,4}")
_LEVEL = 2.0  # points
_PAGE_NUMBER = re.compile(r"\W*(?:\d{1,4}(?:[.–-]\d{1,4})*|[ivxlc]+)(?:\s*/\s*\d{1,4})?\W*")
_NO_TITLE = re.compile(r"untitled|microsoft|powerpoint|\.(?:docx?|pptx?|tex|dvi|indd|pdf)$", re.IGNORECASE)
_COUNTERS = 3  # numbers in a running header that may go up with the pages
_SHARE = 0.8  # of a file's time is for OCR
_SHOWN = 60  # characters of a place
_REACH = 200  # characters between two words that are found again


@dataclass(slots=True)
class _Page:
    """Lines as they are drawn, and what is not among them."""

    lines: list[PageLine]
    turned: Sequence[str]
    comments: int
    pictured: bool  # it shows something


def read(data: bytes, limits: Limits) -> Source:
    """Raises UnreadableFile: encrypted, corrupt, too large, no text."""
    until = time.monotonic() + _SHARE * limits.seconds
    try:
        pdf = Pdf(data)
        outline, title = pdf.outline(), pdf.title()
        pages = {number: _page(pdf, number) for number in range(1, _page_count(pdf, limits) + 1)}
    except PdfiumError as error:
        raise _unreadable(data, error) from error
    notes = [*_without_gibberish(pages), *_recognised(pdf, pages, until)]
    lines = [line for page in pages.values() for line in page.lines]
    if sum(map(str.isalnum, "".join(line.text for line in lines))) < _LEAST_LETTERS:
        raise UnreadableFile("no text", "The PDF has no text; its pages are empty or pictures.", remedy=_remedy())
    shown = _shown(pages)
    kept = {number: page for number, page in pages.items() if shown[number] == number}
    outline = [(words, level, shown.get(page, page)) for words, level, page in outline]
    running = _running(kept)
    rows, contents, doubts = _in_order(kept, running, outline)
    written = markdown(rows, outline)
    return replace(
        written,
        title=title if title and not _NO_TITLE.search(title) else None,
        dropped=tuple(_dropped(pages, kept, running, contents)),
        notes=(*notes, *doubts),
        recognised=tuple(_recognised_words(written.text, rows)),
    )


def _page_count(pdf: Pdf, limits: Limits) -> int:
    if not len(pdf):
        raise UnreadableFile("corrupt", "The PDF has no pages.", remedy="Copy or download it again.")
    if len(pdf) > limits.pages:
        message = f"The PDF has more than {limits.pages:,} pages."
        raise UnreadableFile("too large", message, remedy="Split it, or raise MAX_PAGES.")
    return len(pdf)


def _unreadable(data: bytes, error: Exception) -> UnreadableFile:
    if is_protected(data, error):
        return UnreadableFile("encrypted", "The PDF is protected by a password.", remedy="Save it without one.")
    remedy = "Copy or download it again, or print it to a new PDF."
    return UnreadableFile("corrupt", f"The PDF is damaged or incomplete: {str(error).rstrip('.')}.", remedy=remedy)


def _page(pdf: Pdf, number: int) -> _Page:
    sheet = pdf.sheet(number - 1)
    chars, rules = with_formulas(sheet.chars, sheet.rules)
    lines = with_ruled_tables(lines_of(replace(sheet, chars=tuple(chars))), rules)
    return _Page(lines, sheet.turned, sheet.comments, sheet.pictured)


def _without_gibberish(pages: Mapping[int, _Page]) -> Iterator[str]:
    """Takes out the lines whose font does not tell its letters (if that is most of the text, those of fonts with too few
    words to tell as well); a remark for each font."""
    by_font: dict[str, list[PageLine]] = {}
    for line in (line for page in pages.values() for line in page.lines if not line.mono):
        by_font.setdefault(line.font, []).append(line)
    verdicts = {font: is_gibberish(line.text for line in lines) for font, lines in by_font.items()}
    lengths = {font: sum(len(line.text) for line in lines) for font, lines in by_font.items()}
    most = 2 * sum(lengths[font] for font, verdict in verdicts.items() if verdict) > sum(lengths.values())
    for font in (font for font, verdict in verdicts.items() if verdict or (most and verdict is None)):
        numbers = sorted({line.page for line in by_font[font]})
        for page in (pages[number] for number in numbers):
            page.lines, page.pictured = [line for line in page.lines if line.font != font or line.mono], True
        yield f"no words of any known language on page {_ranges(numbers)}, where the font {font} does not tell its letters: left out"


def _recognised(pdf: Pdf, pages: Mapping[int, _Page], until: float) -> Iterator[str]:
    """Reads pages that have pictures but no text, as far as there is time; a remark for each, and for what stays without."""
    wanting = [number for number, page in pages.items() if _is_picture(page)]
    tesseract = ocr.program() or ""
    language = ocr.languages(tesseract) if tesseract and wanting else ""
    own = Counter(line.size for page in pages.values() for line in page.lines)
    size = own.most_common(1)[0][0] if own and 2 * len(wanting) < len(pages) else 0.0
    for number in wanting if tesseract else []:
        if (seconds := until - time.monotonic()) < 1:
            yield f"no time for text recognition from page {number} on: raise MAX_FILE_SECONDS"
            break
        picture, dots = pdf.picture(number - 1, dots=ocr.DOTS)
        try:
            found = ocr.read(picture, number, dots=dots, tesseract=tesseract, language=language, seconds=seconds)
        except UnreadableFile as error:
            if not any(page.lines for page in pages.values()):
                raise
            yield f"page {number} could not be read by OCR: {error}"
            break
        if size:  # pictures within a text: what is large in one is no heading of it
            found = [replace(line, size=size) for line in map(ocr.surely, found) if line.words]
        words = [word for line in found for word in line.words]
        if sum(len(word.text) for word in words) > 2 * sum(len(line.text) for line in pages[number].lines):
            pages[number].lines = found
            unsure = ", ".join(word.text for word in words if (word.sure or 0) < ocr.UNSURE)
            yield (
                f"page {number} was read by OCR ({language}), {ocr.sureness(*found):.0%} sure, exponents and formulas uncertain"
                + f"; doubtful: {_short(unsure)}" * bool(unsure)
            )
    if silent := [number for number, page in pages.items() if not page.lines]:
        install = f"; to have pictures read, {ocr.INSTALL}" if wanting and not tesseract else ""
        yield f"no text on {len(silent)} of {counted(len(pages), 'page')}: {_ranges(silent)}{install}"


def _recognised_words(text: str, lines: Sequence[PageLine]) -> Iterator[Recognised]:
    """Where in the text the words stand that OCR has read. One that a hyphen cut is not told."""
    at = 0
    for word in (word for line in lines for word in line.words):
        found = text.find(word.text, at, at + _REACH + len(word.text))
        if found >= 0:
            at = found + len(word.text)
        if found >= 0 and word.sure is not None:
            yield Recognised(found, at, round(word.sure, 2))


def _is_picture(page: _Page) -> bool:
    return page.pictured and sum(map(str.isalnum, "".join(line.text for line in page.lines))) < _LEAST_LETTERS


def _remedy() -> str:
    return "Scan it anew, or delete it." if ocr.program() else f"{ocr.INSTALL[0].upper()}{ocr.INSTALL[1:]}."


def _shown(pages: Mapping[int, _Page]) -> dict[int, int]:
    """For each page itself or, of one that the next only adds to, as where a slide is built up step by step, that one."""
    shown: dict[int, int] = {}
    last, there = 0, set[tuple[str, int, int]]()
    for number, page in sorted(pages.items(), reverse=True):
        counters = set(map(id, _page_numbers(page.lines)))
        words = {
            (word.text, round(word.left), round(line.base))
            for line in page.lines
            if id(line) not in counters
            for word in line.words
        }
        if not words or not words <= there:
            last, there = number, words
        shown[number] = last
    return shown


def _running(pages: Mapping[int, _Page]) -> set[int]:
    """Lines (by identity) that the file calls no content; those in the margins that nothing else stands farther out than, or that have a number
    where half of the pages have theirs, and that return at their place on two pages or, if they are larger than most, on a third; and
    the numbers of pages."""
    lines = [line for page in pages.values() for line in page.lines]
    usual = Counter(line.size for line in lines).most_common(1)[0][0]
    numbers = [line for page in pages.values() for line in _page_numbers(page.lines)]
    words = [line for line in lines if not _MARGIN < line.depth < 1 - _MARGIN and any(map(str.isalpha, line.text))]
    index = {number: index for index, number in enumerate(pages)}
    places = {id(line): _places(line, index[line.page]) for line in [*words, *numbers]}
    on_pages = {(place, line.page) for line in [*words, *numbers] for place in places[id(line)]}
    counts = Counter(place for place, _ in on_pages)
    found = {id(line) for line in lines if line.artifact}
    found |= {id(line) for line in numbers if str(line.page) in re.findall(r"\d+", line.text)[:1]}
    margins = [line for line in lines if not _MARGIN < line.depth < 1 - _MARGIN and _PAGE_NUMBER.fullmatch(line.text)]
    usually = Counter(_places(line, 0)[0] for line in margins)
    counting = {id(line) for line in margins if 2 * usually[_places(line, 0)[0]] >= max(4, len(pages))}
    returning = found | counting
    for line in [*words, *numbers]:
        least = 2 if line.size < LARGER * usual else max(2, len(pages) / 3)
        returning |= {id(line)} if any(counts[place] >= least for place in places[id(line)]) else set()
    for page in pages.values():
        ordered = sorted(page.lines, key=lambda line: line.base)
        returning -= {
            id(line) for line, below in pairwise(ordered) if id(below) not in returning and _goes_on(line, below)
        }
        rows = [set(map(id, row)) for _, row in groupby(ordered, lambda line: round(line.base / _LEVEL))]
        found |= {line for row in rows if row & counting for line in row & returning}
        for way in (rows, rows[::-1]):
            found |= {line for row in takewhile(returning.intersection, way) for line in row & returning}
    return found


def _goes_on(line: PageLine, below: PageLine) -> bool:
    """Whether the line below is the next one of a title."""
    alike = (line.font, line.size, round(line.left)) == (below.font, below.size, round(below.left))
    return alike and line.bold and below.base - line.base < 1.5 * line.size


def _page_numbers(lines: Sequence[PageLine]) -> list[PageLine]:
    """What is topmost or lowest on a page, if by less than its height, and may be its number."""
    ends = [end(line.base for line in lines) for end in (min, max)] if lines else []
    edges = (line for line in lines if any(abs(line.base - end) < max(_LEVEL, line.size) for end in ends))
    return [line for line in edges if _PAGE_NUMBER.fullmatch(line.text)]


def _places(line: PageLine, index: int) -> list[tuple[object, ...]]:
    """The same for a line that returns on every page: its words, its height and its numbers, some of which go up with the pages."""
    form = _form(line.text)
    numbers = list(map(int, re.findall(r"\d{1,9}", line.text)))[:_COUNTERS] if any(map(str.isalpha, form)) else []
    ups = product((0, 1), repeat=len(numbers))
    return [
        (form, round(line.base / 4), up, *(n - index * by for n, by in zip(numbers, up, strict=True))) for up in ups
    ]


def _form(text: str) -> str:
    """Without its numbers."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", text.strip())


def _in_order(
    pages: Mapping[int, _Page], running: set[int], outline: Outline
) -> tuple[list[PageLine], list[PageLine], list[str]]:
    """The rows of all pages as they are read, those of tables of contents apart, and what is doubtful about them."""
    kept: list[PageLine] = []
    contents: list[PageLine] = []
    doubts: list[str] = []
    titles = {folded(words) for words, *_ in outline}
    read: dict[int, list[PageLine]] = {}
    for number, page in pages.items():
        found, doubtful = in_reading_order([line for line in page.lines if id(line) not in running])
        read[number] = [merged(row) for row in with_bare_tables(found)]
        doubts += [f"the order of the columns on page {number} is uncertain"] * doubtful
    agendas = _agendas(read, outline)
    for number, line in ((number, line) for number, rows in read.items() for line in rows):
        entry = _ENTRY.fullmatch(line.text)
        is_entry = _LEADER.search(line.text) or (entry and folded(entry[1]) in titles)
        (contents if is_entry or number in agendas else kept).append(line)
        if line.doubt:
            doubts.append(f"formula uncertain on page {number}: {_short(line.doubt)}")
        if line.cells and not line.ruled:
            doubts.append(f"a table without rules on page {number}, its columns are a guess: {_short(line.text)}")
    if unknown := sorted({line.page for line in kept if "\N{REPLACEMENT CHARACTER}" in line.text}):
        doubts.append(f"signs without a known letter on page {_ranges(unknown)}")
    return kept, contents, doubts


def _agendas(pages: Mapping[int, Sequence[PageLine]], outline: Outline) -> set[int]:
    """Pages half of which are titles of other pages, and which name all outermost ones or return after others, as the agenda does that slides
    show before each section; and those on which one goes on.
    """
    listed: list[list[tuple[str, int]]] = []
    for number, rows in pages.items():
        elsewhere = {folded(words) for words, _, place in outline if place not in (0, number)}
        listed.append([(row.text, round(row.left)) for row in rows[1:] if folded(row.text) in elsewhere])
    places = defaultdict[tuple[str, int], list[int]](list)
    for index, names in enumerate(listed):
        for name in set(names):
            places[name].append(index)
    again = {name for name, found in places.items() if found[-1] - found[0] >= len(found)}
    top = min((level for _, level, _ in outline), default=0)
    outermost = {folded(words) for words, level, _ in outline if level == top}
    agendas: set[int] = set()
    heading = ""
    for (number, rows), names in zip(pages.items(), listed, strict=True):
        goes_on = bool(rows and heading) and _form(rows[0].text) == heading
        is_known = sum(name in again for name in names) >= 2 or outermost <= {folded(words) for words, _ in names}
        is_one = (goes_on or is_known) and 2 * len(names) >= (len(rows) - 1 if goes_on else max(4, len(rows)))
        agendas |= {number} if names and is_one else set()
        heading = _form(rows[0].text) if number in agendas else ""
    return agendas


def _dropped(
    pages: Mapping[int, _Page], kept: Container[int], running: set[int], contents: Sequence[PageLine]
) -> Iterator[str]:
    """What was left out, each only once."""
    lines = [line for page in pages.values() for line in page.lines]
    headers = [line.text for line in lines if id(line) in running and any(map(str.isalpha, line.text))]
    yield from dict.fromkeys(f"running header or footer: {_short(text)}" for text in headers)
    yield from ["table of contents"] if contents else []
    if steps := sorted(number for number in pages if number not in kept):
        yield f"what the next page shows as well: page {_ranges(steps)}"
    turned: dict[str, list[int]] = {}
    for number, page in pages.items():
        for text in page.turned:
            turned.setdefault(_short(text), []).append(number)
    yield from (f"text turned on its side on page {_ranges(numbers)}: {text}" for text, numbers in turned.items())
    if comments := sum(page.comments for page in pages.values()):
        yield counted(comments, "comment")


def _short(text: str) -> str:
    return shorten(text, _SHOWN, placeholder=" …")


def _ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 7 -> `1-3, 7`"""
    runs = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    spans = ([number for _, number in run] for _, run in runs)
    return ", ".join(f"{span[0]}-{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)
