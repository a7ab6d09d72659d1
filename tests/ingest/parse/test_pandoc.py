"""Formats that pandoc reads, and what is done to them before and after."""

import io
import zipfile
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.parse.pandoc import html
from ingest.parse.pandoc import read as pandoc
from ingest.parse.pandoc.process import syntax_tree
from ingest.parse.reader import Limits, Source
from retrieval.errors import UnreadableFile


def text_of(source: str, kind: str) -> str:
    return pandoc.read(source.encode(), Limits(), kind=kind).text


def roles_of(source: Source) -> list[tuple[str, str]]:
    return [(span.role, source.text[span.start : span.end]) for span in source.roles]


LATEX = r"""\documentclass{article}\newcommand{\R}{\mathbb{R}}\newtheorem{theorem}{Theorem}
\title{Waves}\author{Ada}\begin{document}\maketitle
% a comment
\section{One} Let $x^2 \in \R$ be.\footnote{A note.}
\begin{align}a &= b \label{e}\end{align}
\begin{description}\item[Osmosis] Water moves.\end{description}
\begin{exercise}Prove it.\end{exercise}
\begin{verbatim}
x  y
\end{verbatim}
\end{document}"""


def test_latex() -> None:
    source = pandoc.read(LATEX.encode(), Limits(), kind="latex")
    assert source.text == (
        "# Waves\n\n# One\n\nLet $x^2 \\in \\mathbb{R}$ be. (note 1)\n\n"
        "$$\\begin{aligned} a &= b \\end{aligned}$$\n\nNote 1: A note.\n\n- Osmosis: Water moves.\n\nProve it.\n\n```\nx  y\n```"
    )
    assert source.title == "Waves"
    assert ("definition", "Osmosis: Water moves.") in roles_of(source)
    assert ("question", "Prove it.") in roles_of(source)


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("org", "* One\n:PROPERTIES:\n:ID: 1\n:END:\n- osmosis :: Water moves.\n", "# One\n\n- osmosis: Water moves."),
        ("org", "\\begin{equation}\na = b\n\\end{equation}\n", "$$a = b$$"),
        (
            "mediawiki",
            "== One ==\nSee [[Osmosis|it]].<ref>A note.</ref>",
            "## One\n\nSee it. (note 1)\n\nNote 1: A note.",
        ),
        ("typst", '#import "a.typ": box\n= One\n#box[Take care.]', "# One\n\nTake care."),
        ("typst", "Let $x^2$ be.", "Let $x^{2}$ be."),
        ("rtf", r"{\rtf1 10{\super 6} caf\'e9{\v SECRET}\par}", "10^6 café"),
        ("rst", "T\n=\n\n>>> 1 + 1\n2\n\nText.\n", "# T\n\n```pycon\n>>> 1 + 1\n2\n```\n\nText."),
    ],
)
def test_small_texts(kind: str, source: str, expected: str) -> None:
    assert text_of(source, kind) == expected


def word(document: Any, *, include_hidden: bool = False) -> Source:
    document.save(buffer := io.BytesIO())
    return pandoc.read(buffer.getvalue(), Limits(include_hidden=include_hidden), kind="docx")


def test_hidden_text_of_word_is_left_out_and_reported_unless_it_is_wanted() -> None:
    document = docx.Document()
    document.add_paragraph("Seen. ").add_run("SECRET").font.hidden = True
    assert (word(document).text, word(document).hidden) == ("Seen.", ("hidden text: SECRET",))
    assert word(document, include_hidden=True).text == "Seen. SECRET"


@pytest.mark.parametrize("count", [2, 3])
def test_bold_terms_with_what_they_mean_below_are_definitions_in_word(count: int) -> None:
    document, terms = docx.Document(), ["bay", "delta", "fjord"][:count]
    for term in terms:
        document.add_paragraph().add_run(term).bold = True
        document.paragraphs[-1].add_run(" :")
        document.add_paragraph(f"What a {term} is")
    document.add_paragraph("The text goes on.")
    found = [text for role, text in roles_of(word(document)) if role == "definition"]
    assert found == ([f"{term}: What a {term} is" for term in terms] if count > 2 else [])


def test_exponents_indices_and_endings_in_word() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("H")
    paragraph.add_run("2").font.subscript = True
    paragraph.add_run("O, 10")
    paragraph.add_run("−6").font.superscript = True
    paragraph.add_run(", the 3")
    paragraph.add_run("rd").font.superscript = True
    assert word(document).text == "H_2O, 10^−6, the 3rd"


def test_a_page_that_begins_with_a_formula_in_word_is_known() -> None:
    document = docx.Document()
    document.add_paragraph("One.")
    formula = "<m:oMath><m:r><w:lastRenderedPageBreak/><m:t>x=1</m:t></m:r></m:oMath>"
    document.add_paragraph()._p.append(parse_xml(f"<m:oMathPara {nsdecls('m', 'w')}>{formula}</m:oMathPara>"))
    source = word(document)
    assert source.text == "One.\n\n$$x = 1$$"
    assert [(page.number, page.start) for page in source.pages] == [(1, 0), (2, 6)]


def test_ruby_in_word_is_spelled_out() -> None:
    ruby = "<w:ruby><w:rt><w:r><w:t>かん</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby>"
    document = docx.Document()
    document.add_paragraph()._p.append(parse_xml(f"<w:r {nsdecls('w')}>{ruby}</w:r>"))
    assert word(document).text == "漢(かん)"


def test_a_table_in_a_cell_of_word_keeps_its_rows() -> None:
    document = docx.Document()
    table = document.add_table(2, 2)
    for cell, text in zip((*table.rows[0].cells, table.cell(1, 0)), ("Era", "Parts", "Mesozoic"), strict=True):
        cell.text = text
    inner = table.cell(1, 1).add_table(2, 2)
    for row, pair in zip(inner.rows, (("Triassic", "252"), ("Jurassic", "201")), strict=True):
        for cell, text in zip(row.cells, pair, strict=True):
            cell.text = text
    assert word(document).text.endswith("| Mesozoic | Triassic: 252; Jurassic: 201 |")


def test_the_numbers_of_headings_in_word_are_counted() -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="{text}"/></w:lvl>'
        for depth, text in enumerate(("%1", "%1.%2"))
    )
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="99">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="99"><w:abstractNumId w:val="99"/></w:num>'))
    for depth in (1, 2, 1, 2, 2):
        properties = document.add_heading("Waves", depth)._p.get_or_add_pPr()
        properties.append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth - 1}"/><w:numId w:val="99"/></w:numPr>')
        )
    document.add_paragraph("Text.")
    assert word(document).text == ("# 1 Waves\n\n## 1.1 Waves\n\n# 2 Waves\n\n## 2.1 Waves\n\n## 2.2 Waves\n\nText.")


def page(body: str, *, include_hidden: bool = False) -> Source:
    filled = "<p>" + "Words of the text go on and on. " * 20 + "</p>"
    return html.read(f"<body>{body}{filled}</body>".encode(), Limits(include_hidden=include_hidden))


@pytest.mark.parametrize(
    "kept",
    [
        '<section id="informed-consent"><h2>Consent</h2><p>KEPT</p></section>',
        '<div class="modal social share cookies"><p>KEPT</p></div>',
        "<form action=/quiz><p>KEPT</p><input type=radio></form>",
        '<a data-toggle=tab href="#p">x</a><div id="p" style="display: none">KEPT</div>',
        "<button aria-controls=p>x</button><div id=p hidden>KEPT</div>",
        "<div role=tabpanel hidden>KEPT</div>",
        "<article><aside><ul><li>KEPT</li><li>more</li></ul></aside></article>",
    ],
)
def test_content_is_not_told_by_names_and_what_a_reader_can_show_is_kept(kept: str) -> None:
    assert "KEPT" in page(kept).text


@pytest.mark.parametrize(
    "left_out",
    [
        "<nav>GONE</nav>",
        "<div role=navigation>GONE</div>",
        "<div role=dialog>GONE</div>",
        "<form><input type=email>GONE</form>",
        "<aside><a href=x>GONE</a> <a href=y>too</a></aside>",
        "<div hidden>GONE</div>",
        '<p style="display:none">GONE</p>',
        "<!-- GONE -->",
    ],
)
def test_what_surrounds_a_page_or_is_hidden_goes(left_out: str) -> None:
    assert "GONE" not in page(left_out).text


def test_what_an_author_hid_in_a_page_can_be_wanted() -> None:
    assert page("<div hidden>KEY</div>").hidden == ("hidden <div>: KEY",)
    assert "KEY" in page("<div hidden>KEY</div>", include_hidden=True).text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字", "漢(かん)字"),
        ("<pre><div>def f():</div><div>    return 1</div></pre>", "```\ndef f():\n    return 1\n```"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "$\\frac{1}{2}$"),
        ("10<sup>6</sup> H<sub>2</sub>O 1<sup>st</sup> a<sup>n+1</sup>", "10^6 H_2O 1st a^(n+1)"),
        ("<dl><dt>Gneiss</dt><dd>Rock</dd><dd>Quarry</dd></dl>", "- Gneiss: Rock\n- Gneiss: Quarry"),
        ("<dl><dt>k1</dt><dt>b</dt><dd>Its settings.</dd></dl>", "- k1, b: Its settings."),
        ("<figure><img src=a.png alt=Leaf><figcaption>A leaf.</figcaption></figure>", "![Leaf](a.png)\n\nA leaf."),
        ("<table role=presentation><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        (
            "<table><tr><td colspan=2>Metals</td></tr><tr><th>Name</th><th>C</th></tr><tr><td>Ag</td><td>962</td></tr></table>",
            "Metals\n\n| Name | C |\n| --- | --- |\n| Ag | 962 |",
        ),
        (  # the title alone is marked as a heading: the row below it is data
            "<table><tr><th colspan=2>Firsts</th></tr><tr><td>Jew</td><td>Brandeis</td></tr></table>",
            "Firsts\n\n|  |  |\n| --- | --- |\n| Jew | Brandeis |",
        ),
        ("a<a href='#f'><sup>1</sup></a> <del>b</del>", "a[1] ~~b~~"),
        ("• a<br>• b", "- a\n- b"),
        ("<h2>A</h2><aside><h3>Look up</h3><p>One.</p></aside><p>Two.</p>", "## A\n\nLook up: One.\n\nTwo."),
        ("<h2>A</h2><aside><h3>Why?</h3><p>One.</p><h4>More</h4></aside>", "## A\n\nWhy? One.\n\nMore"),
    ],
)
def test_pieces_of_pages(body: str, expected: str) -> None:
    assert html.read(f"<body>{body}</body>".encode(), Limits()).text == expected


def test_tex_in_a_page_is_read_where_a_script_would_draw_it() -> None:
    body = "<p>So \\(E = mc^2\\) holds.</p>"
    assert html.read(body.encode(), Limits()).text == "So \\(E = mc^2\\) holds."
    script = "<script src='https://x.org/mathjax.js'></script>"
    assert html.read(f"{script}{body}".encode(), Limits()).text == "So $E = mc^2$ holds."


def test_latin_1_is_windows_western_as_in_browsers() -> None:
    data = '<meta charset="iso-8859-1"><p>“5 €” – Orwell’s</p>'.encode("cp1252")
    assert html.read(data, Limits()).text == "“5 €” – Orwell’s"


def test_links_and_contents_are_known() -> None:
    lists = "<ul><li><a href=#a>A</a></li><li><a href=#b>B</a></li></ul><ul><li><a href=/c>C</a></li><li><a href=/d>D</a></li></ul>"
    source = html.read(f"<p>Text</p>{lists}".encode(), Limits())
    assert [role for role, _ in roles_of(source)] == ["contents", "contents", "links", "links"]


def test_a_note_with_an_address_says_where_something_is_from() -> None:
    source = "It grew.<ref>Ada: ''Growth'', https://example.org/growth.</ref> It fell.<ref>Not by much.</ref>"
    known = roles_of(pandoc.read(source.encode(), Limits(), kind="mediawiki"))
    assert known == [("links", "Note 1: Ada: Growth, <https://example.org/growth>.")]


@pytest.mark.parametrize("piece", ["<ul><li\xbc(<ol><li>c</ol><>", "<ul><li>b<ol><liul><li>b"])
def test_names_that_are_none_do_not_keep_pandoc_busy(piece: str) -> None:
    body = piece * 40
    assert html.read(f"<h1>A</h1>{body}".encode("latin-1"), Limits(seconds=20)).text.startswith("# A")


def test_time_and_memory_are_limited() -> None:
    heavy = ("| a " * 50 + "|\n").encode() * 20_000
    with pytest.raises(UnreadableFile) as caught:
        syntax_tree(heavy, "markdown", Limits(seconds=0.2))
    assert caught.value.reason == "time-out"


@pytest.mark.attack("a document that includes a file of the machine", "not read")
def test_a_file_outside_is_not_read(tmp_path: Any) -> None:
    (tmp_path / "secret.txt").write_text("SECRET")
    assert "SECRET" not in text_of(f"T\n=\n\nText.\n\n.. include:: {tmp_path}/secret.txt\n", "rst")
    assert "SECRET" not in text_of(f"\\input{{{tmp_path}/secret.txt}} Text.", "latex")


def test_a_damaged_archive_has_a_reason() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", "<")
    with pytest.raises(UnreadableFile) as caught:
        pandoc.read(made.getvalue(), Limits(), kind="epub")
    assert caught.value.reason == "corrupt"


def test_hidden_text_of_rtf_is_left_out_and_reported_unless_it_is_wanted() -> None:
    source = (
        rb"{\rtf1{\stylesheet{\s1\v Quiz;}}What is it? {\v It is \b osmosis.}\par Seen{\v  a}, \v b\plain  too.\par}"
    )
    found = pandoc.read(source, Limits(), kind="rtf")
    assert found.text == "What is it?\n\nSeen, too."
    assert found.hidden == ("hidden text: It is osmosis. ab",)
    assert "osmosis" in pandoc.read(source, Limits(include_hidden=True), kind="rtf").text


@pytest.mark.parametrize("kind", ["mediawiki", "html"])
def test_what_is_never_closed_does_not_keep_pandoc_busy(kind: str) -> None:
    source = "Text <ref>a note " * 40 if kind == "mediawiki" else "<p>Text " + "<table><tr><th a></ul>" * 40 + "</p>"
    limits = Limits(seconds=10)
    found = html.read(source.encode(), limits) if kind == "html" else pandoc.read(source.encode(), limits, kind=kind)
    assert "Text" in found.text


def test_environments_that_are_never_ended_are_named() -> None:
    with pytest.raises(UnreadableFile, match="40 environments") as caught:
        text_of("A " + "\\begin{itemize}\\item b " * 40, "latex")
    assert caught.value.reason == "corrupt"


def test_widths_of_columns_and_drawings_in_latex_are_no_text() -> None:
    slide = (
        r"\begin{columns}[t]\begin{column}{0.5\textwidth}Words.\end{column}\end{columns}\begin{asy}draw(x);\end{asy}"
    )
    assert text_of(slide, "latex") == "Words."


def test_notes_of_mediawiki_that_are_closed_stay() -> None:
    assert text_of("Nothing to note.", "mediawiki") == "Nothing to note."
    assert text_of("A<ref>one</ref> b<ref>two c<ref name='x'>three</ref>", "mediawiki").count("Note ") == 2


def test_control_characters_in_a_page_are_left_out() -> None:
    assert html.read(b"<h1>A\x01</h1><p>b\x0b &#x1; <c\x02d>e</c\x02d> &#65;</p>", Limits()).text == "# A\n\nb e A"


@pytest.mark.parametrize("row", ["|\\", "| C:\\5 | 10\\% |", "|a\\|", "| \\‹"])
def test_a_backslash_in_a_row_of_org_does_not_keep_pandoc_busy(row: str) -> None:
    source = pandoc.read(f"* A\n{row}\n\nLast.\n".encode(), Limits(seconds=10), kind="org")
    assert source.text.endswith("Last.")
    assert "\\" in source.text


def test_formulas_and_names_in_a_row_of_org_stay() -> None:
    assert "$x^2$ | α" in text_of("| \\(x^2\\) | \\alpha |\n", "org")


def test_brackets_of_a_typst_formula_that_are_never_closed_are_named() -> None:
    with pytest.raises(UnreadableFile, match="more than 8 brackets"):
        text_of("= A\n$a" + "e(columns: 2, [a], [b]" * 30, "typst")
    assert "Last." in text_of("= A\nThe span $(0, 1]$ and $f((a + b) c)$. Last.\n", "typst")
