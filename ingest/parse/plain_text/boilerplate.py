"""Page furniture that an export took along: forms, navigation, cookie notices, notes of the exporting site.

Two sources: shapes of lines that are furniture on any page, and lines that come again and again across documents or
pages where furniture stands. Both are conservative: a heading that recurs ("Summary"), a line of code and any sentence
that only happens to occur twice stay content.
"""

import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from hashlib import blake2b

from ingest.parse.plain_text.code_lines import NEITHER, judge
from ingest.parse.plain_text.lines import Line, read_lines

_WORDS = 30  # a longer line is content, whatever words it holds
_LINE = 200  # characters of a line that may recur
_EDGE = 3  # lines at the top and the bottom of a document or page where headers and footers stand

# Full lines, case-insensitive. Each says what it is on the page.
_SHAPES = {
    "note of a heading anchor": r"section titled [“\"'‘].*",
    "form field": r"(?:your )?(?:e-?mail|name|first name|last name|website|comment|message)(?: address)?\s*\*"
    r"|enter your e-?mail.{0,20}",
    "newsletter": r"(?:join|subscribe|sign up)\b.{0,60}\b[\d.,]+[km]?\+? (?:\w+ ){0,2}"
    r"(?:developers|readers|subscribers|others|people|engineers|members|professionals|learners|students)\b.{0,60}"
    r"|(?:subscribe|sign up|join)(?: now| here| today| for free)? (?:to|for) (?:our|my|the) "
    r"(?:free |weekly |monthly )*(?:newsletter|mailing list|updates).{0,40}|get (?:our|the|my) newsletter.{0,40}",
    "privacy note of a form": r"(?:(?:i|we) respect your privacy|no spam|unsubscribe (?:at )?any ?time)\b.{0,60}",
    "consent": r".*\b(?:this (?:web)?site|our (?:web)?site|we) (?:also )?uses? cookies (?:to|and|on|for|in)\b"
    r".*\b(?:your?|our|consent|accept|agree)\b.*|(?:accept|reject|allow|manage|decline)(?: all)?(?: optional)? cookies",
    "skip link": r"skip to (?:main |the )?(?:content|navigation|search).{0,20}|jump to (?:content|navigation)"
    r"|back to (?:the )?top(?: ?[↑^])?|toggle (?:the )?(?:navigation|menu|sidebar|theme|dark mode|table of contents)",
    "navigation": r"on this page|in this article|edit (?:this )?page(?: on github)?|[←«‹] ?(?:prev|previous|back)"
    r"|(?:next|older posts|newer posts) ?[→»›]|read more ?[→»…]|search(?:\.\.\.|…)|loading(?:\.\.\.|…)|terminal window",
    "comment form": r"(?:write|leave|post|add) (?:a|your) (?:comment|reply)|cancel reply"
    r"|your email address will not be published.*|required fields are marked.*",
    "page number": r"(?:page )?\d{1,4} of \d{1,4}|page \d{1,4}|- ?\d{1,4} ?-|.*\[page \d{1,4}\]",
    "legal line": r"(?:copyright )?(?:©|\(c\)) ?(?:\d{4}|copyright).{0,80}|.{0,60}\ball rights reserved\.?"
    r"|this site is protected by recaptcha.*",
    "technical notice": r"(?:please )?(?:enable|turn on) javascript.{0,60}|.{0,40}javascript is (?:required|disabled).{0,60}",
}
# Words that are a button or a link in one place and a heading in another; see `_buttons`.
_DOUBTFUL = {
    "button": r"copy(?: code| link| page| to clipboard)?|copied!?|share(?: this(?: \w+)?)?(?: on \w+)?|tweet(?: this)?"
    r"|log ?in|sign ?in|sign ?out|log ?out|sign ?up|subscribe(?: now)?!?|register|read more|show (?:more|less)|load more"
    r"|(?:expand|collapse) all|open in (?:colab|github|new tab)|view (?:source|on github|raw)|download pdf|print this page",
    "navigation": r"(?:previous|next)(?: page| post| article)?|main menu|menu|related posts|you may also like"
    r"|\d+ (?:comments?|replies|shares)",
    "entry of a table of contents": r".{3,100}?(?:\.{4,}|(?: \.){4,}|…{2,}) *\d{1,4}",
    "legal link": r"terms of (?:service|use)|privacy policy|cookie (?:settings|preferences|policy|notice)"
    r"|powered by [\w .]{1,30}|advertisement|sponsored",
}
_SHAPE = re.compile("(?:" + "|".join(_SHAPES.values()) + ")$", re.IGNORECASE)
_WORD = re.compile("(?:" + "|".join(_DOUBTFUL.values()) + ")$", re.IGNORECASE)
_FORM = re.compile("(?:" + "|".join(_SHAPES[name] for name in ("form field", "newsletter")) + ")$", re.IGNORECASE)
# How the shapes begin: this spares most lines the long tests.
_OPENINGS = frozenset(
    "sec|you|ema|e-m|nam|fir|las|web|com|mes|ent|joi|sub|sig|get|i r|we |no |uns|thi|our|acc|rej|all|man|dec|cop|sha"  # noqa: SIM905
    "|twe|log|reg|rea|sho|loa|exp|col|ope|vie|dow|pri|ski|jum|bac|tog|on |in |edi|pre|nex|old|new|mai|men|sea|ter|rel"
    "|wri|lea|pos|add|can|req|pag|ple|ena|tur|adv|spo|pow|coo".split("|")
)
_OPENING_SIGNS = "-←«‹©(0123456789"
_MENU = re.compile(r"\s*[|·•›»/→]\s*|\s{2,}")
_MENU_SIGN = re.compile("[|·•›»/→]")
_MENU_WORDS = frozenset(
    "home about contact blog login privacy terms docs documentation pricing search help support faq news shop cart"  # noqa: SIM905
    " courses register account careers community github twitter linkedin facebook instagram youtube rss sitemap".split()
)
_DIGITS = re.compile(r"\d+")
_LATIN = re.compile(r"[A-Za-z]")


def fold(text: str) -> str:
    """The form in which lines are compared: case, white space and digits (page numbers, counts) make no difference."""
    return _DIGITS.sub("0", " ".join(text.split())).casefold()


def looks_like_furniture(text: str) -> bool:
    """Whether the line is page furniture wherever it stands."""
    if _may_be(text) and _SHAPE.match(text):
        return True
    return _is_menu(text)


def _may_be(text: str) -> bool:
    """A quick look that most lines do not pass."""
    if len(text) > 240 or (text.count(" ") >= _WORDS and "  " not in text):
        return False
    if text[:3].casefold() in _OPENINGS:
        return True
    if text[0] in _OPENING_SIGNS:
        return len(text) < 100 and (text[:2] != "- " or text[-1] == "-")
    return (text[-1].isdigit() and "..." in text) or text[-1] == "]" or "ookies" in text or "eserved" in text


def _is_menu(text: str) -> bool:
    """Three or more short entries between separators, half of them words of site menus."""
    if len(text) > 240 or not ("  " in text or _MENU_SIGN.search(text, 1)):
        return False
    entries = [entry.casefold() for entry in _MENU.split(text) if entry]
    if len(entries) < 3 or any(len(entry) > 24 for entry in entries):
        return False
    return sum(1 for entry in entries if entry.split()[0] in _MENU_WORDS) * 2 >= len(entries)


def _is_rule(line: Line) -> bool:
    """Nothing but strokes, with a blank line above (else it may underline a heading)."""
    text = line.text
    return bool(line.gap) and len(text) > 2 and text[0] in "-=_*~·•—–#+." and not text.strip("-=_*~·•—–#+. ")


def furniture_at(
    lines: Sequence[Line], *, code: Container[int] = (), furniture: frozenset[str] = frozenset()
) -> set[int]:
    """Indices of the lines that are furniture: by shape, by script, by recurring in this text or being known to.

    `code`: the lines that are code or tables; a "Copy" beside them is a button.
    """
    maybe = [at for at, line in enumerate(lines) if _may_be(line.text)]
    found = {at for at in maybe if _SHAPE.match(lines[at].text)}
    found.update(at for at, line in enumerate(lines) if _is_menu(line.text) or _is_rule(line))
    beside = _beside(lines, found)
    near = {line for (line, _, _), count in beside.items() if count > 1}
    total = Counter(fold(lines[at].text) for at in _alike(lines, near))
    keys = furniture | _slogans(beside, total) | _running_heads(lines)
    found.update(at for at in _alike(lines, keys) if fold(lines[at].text) in keys)
    found.update(list(_enclosed(lines, found)))
    found.update(_foreign(lines))
    found.update(_buttons(lines, {at for at in maybe if _WORD.match(lines[at].text)}, found, code))
    return found


def _alike(lines: Sequence[Line], keys: Collection[str]) -> Iterator[int]:
    """Lines that begin as one of the folded lines does: few need to be folded themselves."""
    openings = {key[0] for key in keys}
    openings |= {opening.upper() for opening in openings} | (set("0123456789") if "0" in openings else set())
    return (at for at, line in enumerate(lines) if line.text[0] in openings and len(line.text) <= _LINE)


def _buttons(lines: Sequence[Line], doubtful: set[int], found: Container[int], code: Container[int]) -> set[int]:
    """The doubtful words that open or close the text, stand beside furniture, or come three times and more."""
    counts = Counter(lines[at].text for at in doubtful)
    return {
        at
        for at in doubtful
        if at in (0, len(lines) - 1)
        or counts[lines[at].text] > 2
        or any(near in found or near in doubtful for near in (at - 1, at + 1))
        or (lines[at].text[:3].casefold() == "cop" and (at - 1 in code or at + 1 in code))
    }


def _enclosed(lines: Sequence[Line], found: set[int]) -> Iterator[int]:
    """One short line between two lines of the same form ("Join 5,000 readers" / a slogan / "Email*")."""
    for at in found:
        if (
            at + 2 in found
            and at + 1 not in found
            and len(lines[at + 1].text) < 160
            and _FORM.match(lines[at].text)
            and _FORM.match(lines[at + 2].text)
        ):
            yield at + 1


def _foreign(lines: Sequence[Line]) -> Iterator[int]:
    """At most three short lines of another script at the top or bottom of a text in Latin letters: a site's own notes."""
    if len(lines) < 20:
        return
    edges = [*range(8), *range(len(lines) - 8, len(lines))]
    foreign = [at for at in edges if not lines[at].text.isascii() and _is_foreign(lines[at].text)]
    sample = "".join(line.text[:80] for line in lines[8 : 8 + 200])
    if 0 < len(foreign) <= 3 and len(_LATIN.findall(sample)) * 10 > 9 * sum(map(str.isalpha, sample)):
        yield from foreign


def _is_foreign(text: str) -> bool:
    return len(text) <= 80 and any(map(str.isalpha, text)) and not _LATIN.search(text)


def repeated_lines(texts: Iterable[str]) -> frozenset[str]:
    """Folded lines (see `fold`) that recur across or within the documents the way page furniture does.

    - at the top or bottom of three or more documents and of half of them, if the line has three to fifteen words;
    - at the top or bottom of three or more pages of a document (form feeds between them) and of half of them;
    - two or more times, each time next to the same line that is furniture by its shape.
    Code never counts. Hand the result to `blocks(text, furniture=...)`. `texts` is gone through
    twice: no iterator.
    """
    edges: Counter[str] = Counter()
    beside: Counter[tuple[str, int, str]] = Counter()
    paged: set[str] = set()
    documents = 0
    for text in _different(texts):
        documents += 1
        lines = read_lines(text)
        edges.update({fold(line.text) for line in (*lines[:_EDGE], *lines[-_EDGE:]) if _may_recur(line.text)})
        beside.update(_beside(lines, {at for at, line in enumerate(lines) if looks_like_furniture(line.text)}))
        paged.update(_running_heads(lines))
    enough = max(3, documents / 2)
    shared = {line for line, count in edges.items() if count >= enough and 1 < line.count(" ") < 15}
    keys = {line for (line, _, _), count in beside.items() if count > 1}
    total: Counter[str] = Counter()
    for lines in map(read_lines, _different(texts) if keys else ()):
        total.update(fold(lines[at].text) for at in _alike(lines, keys))
    return frozenset(shared | paged | _slogans(beside, total))


def _different(texts: Iterable[str]) -> Iterator[str]:
    """Copies of a document say nothing about the site."""
    seen: set[bytes] = set()
    for text in texts:
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest not in seen:
            seen.add(digest)
            yield text


def _may_recur(text: str) -> bool:
    return len(text) <= _LINE and judge(text) == NEITHER


def _beside(lines: Sequence[Line], known: set[int]) -> Counter[tuple[str, int, str]]:
    """How often (line, side, furniture at that side) occurs."""
    return Counter(
        (fold(lines[at].text), side, fold(lines[at + side].text))
        for at, side in ((place - side, side) for place in known for side in (-1, 1))
        if 0 <= at < len(lines) and at not in known and _may_recur(lines[at].text)
    )


def _slogans(beside: Counter[tuple[str, int, str]], total: Counter[str]) -> frozenset[str]:
    """A sentence has to recur once, a line in the shape of a heading twice, each time beside the same furniture."""
    return frozenset(
        line
        for (line, _, _), count in beside.items()
        if count == total[line] and (count > 2 or (count > 1 and line.count(" ") > 4 and line[-1] in ".!?"))
    )


def _running_heads(lines: Sequence[Line]) -> set[str]:
    """Lines that stand among the first or last two of three or more pages, and of half of them."""
    starts = [at for at, line in enumerate(lines) if line.page]
    if len(starts) < 2:
        return set()
    edges = zip([0, *starts], [*starts, len(lines)], strict=True)
    pages = [{fold(lines[at].text[:_LINE]) for at in (*range(a, b)[:2], *range(a, b)[-2:])} for a, b in edges]
    counts = Counter(key for page in pages for key in page)
    return {key for key, count in counts.items() if count >= 3 and count * 2 > len(pages)}
