"""HTML to Markdown: what is kept, what is dropped, and nothing of a whole page is lost."""

from collections import Counter

import lxml.html
import pytest

from ingest.parse.markdown import blocks as markdown
from ingest.parse.pandoc import html
from ingest.parse.reader import Limits
from retrieval.config import ROOT
from retrieval.errors import UnreadableFile

PAGE = ROOT / "corpus" / "closing-week.html"


def text_of(body: str) -> str:
    return html.read(body.encode(), Limits()).text


def test_paragraphs_headings_and_line_breaks() -> None:
    assert text_of("<h2>A <em>b</em></h2>one\ntwo<p>three<br>four</p>") == "## A b\n\none two\n\nthree\nfour"


def test_emphasis_stays_in_a_paragraph_that_has_other_words() -> None:
    assert (
        text_of("<p>A <b>cell </b>is <i>the</i> unit.<p><b>All of it.</b>") == "A **cell** is *the* unit.\n\nAll of it."
    )
    assert text_of("<p>Type <b>C-\\</b> to quit.") == r"Type **C-\\** to quit."
    assert text_of("<p>The <i>n</i>th <em>a*b</em> is <b></b>new.") == "The nth a*b is new."
    assert text_of("<table><tr><th><b>a</b><th>b<tr><td>A <b>c</b> d<td>2</table>") == (
        "| a | b |\n| --- | --- |\n| A c d | 2 |"
    )


def test_nested_lists_numbers_and_loose_items() -> None:
    body = "<ol start=3><li>a<ul><li>b<p>c</p></li></ul></li><li><p>d</p><p>e</p></li></ol>"
    assert text_of(body) == "3. a\n   - b\n\n     c\n4. d\n\n   e"


def test_a_list_between_items_belongs_to_the_item_before() -> None:
    assert text_of("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>") == "- a\n  - b\n- c"


def test_a_list_with_headings_is_the_layout_of_a_page() -> None:
    week = "<li><h3>Week {}</h3><ul><li>a</li><li>b</li></ul></li>"
    page = f"<ul><li><ul>{week.format(1)}{week.format(2)}</ul></li></ul>"
    assert text_of(page) == "### Week 1\n\n- a\n- b\n\n### Week 2\n\n- a\n- b"
    assert text_of(f"<ul>{week.format(1)}<li>#1 of them</li></ul>") == "- ### Week 1\n  - a\n  - b\n- #1 of them"


def test_a_line_of_one_stroke_makes_no_heading() -> None:
    assert text_of("<p>A name<br>-<br>another</p>") == "A name\n\\-\nanother"


@pytest.mark.parametrize(
    "code",
    [
        '<pre><code class="language-py">{}</code></pre>',
        '<pre class="lang-py">{}</pre>',
        '<div class="highlight-py notranslate"><div class="highlight"><pre><span></span>{}</pre></div></div>',
        '<div class="language-py highlighter-rouge"><pre><code>{}</code></pre></div>',
        '<pre class="sourceCode py"><code class="sourceCode py">{}</code></pre>',
        '<pre data-language="py"><code>{}</code></pre>',
        '<pre><code class="hljs py">{}</code></pre>',
    ],
)
def test_code_keeps_its_lines_and_language(code: str) -> None:
    source = "def f():\n\n    return <span class='n'>1</span>\n"
    assert text_of("<p>Run:</p>" + code.format(source)) == "Run:\n\n```py\ndef f():\n\n    return 1\n```"


def test_code_without_a_language_with_line_numbers_and_with_fences_inside() -> None:
    assert text_of("<body class='language-en'><p>Text</p><pre>a<br>b</pre>") == "Text\n\n```\na\nb\n```"
    assert text_of('<table><tr><td class="linenos"><pre>1\n2</pre></td><td><pre>a\nb</pre></td></tr></table>') == (
        "```\na\nb\n```"
    )
    assert text_of("<pre>```\nx\n```</pre>") == "````\n```\nx\n```\n````"


def test_links_images_inline_code_and_formulas() -> None:
    body = (
        '<p>See <a href="http://x/a b">this </a>and <a href="#up">that</a><a class="headerlink" href="#h">¶</a>, '
        '<code>a  `b`</code> <img src="t.png" alt="A tree"> <img src="deco.png" alt=""> '
        "<math><msup><mi>x</mi><mn>2</mn></msup></math></p>"
    )
    assert text_of(body) == "See [this](http://x/a%20b) and that, `` a `b` `` ![A tree](t.png) $x^{2}$"


def table(rows: str) -> str:
    return text_of(f"<table>{rows}</table>")


def test_tables_with_spans_and_lists_in_cells() -> None:
    rows = (
        "<thead><tr><th rowspan=2>Model</th><th colspan=2>Price</th></tr><tr><th>in</th><th>out</th></tr></thead>"
        "<tr><td rowspan=2>A|B</td><td>1</td><td><ul><li>2<li>3</ul></td></tr><tr><td colspan=2>free</td></tr>"
    )
    assert table(rows) == (
        "| Model | Price / in | Price / out |\n| --- | --- | --- |\n| A\\|B | 1 | 2; 3 |\n| A\\|B | free |  |"
    )


def test_a_row_across_the_table_names_the_rows_below_it() -> None:
    rows = (
        "<caption>Weeks</caption><tr><th>N</th><th>Subject</th></tr><tr><th colspan=2>Basics</th></tr>"
        "<tr><td>1</td><td>Python</td></tr><tr><td colspan=2>More</td></tr><tr><td>2</td><td>Data</td></tr>"
    )
    assert table(rows) == (
        "Weeks\n\n|  | N | Subject |\n| --- | --- | --- |\n| Basics | 1 | Python |\n| More | 2 | Data |"
    )


def test_a_table_for_layout_is_none() -> None:
    assert table("<tr><td><h2>A</h2></td><td><p>b</p></td></tr>") == "## A\n\nb"
    assert table("<tr><td>a</td></tr><tr><td>b</td></tr>") == "a\n\nb"


def test_what_surrounds_the_content_is_dropped_and_named() -> None:
    source = html.read(
        b"""<html><head><title>T</title><meta name="Description" content="What it is"></head><body>
        <nav>Home About</nav><div class="cookie-banner">We use cookies</div><form>Subscribe <input></form>
        <main><h1>T</h1><p>Words that count, quite a few of them, enough for the main part of this page.</p>
        <aside class="callout">Mind this.</aside><p hidden>secret</p><button>Copy</button></main>
        <p>Beside it.</p><footer>Imprint</footer><script>var x = "script";</script></body></html>""",
        Limits(),
    )
    assert source.text == (
        "# T\n\nWords that count, quite a few of them, enough for the main part of this page.\n\nMind this."
    )
    assert [name.partition(" ")[0] for name in source.dropped] == [
        *("<nav>", "<button>", "<footer>", "outside", "outside", "outside")
    ]
    assert source.hidden == ("hidden <p>: secret",)
    assert (source.title, source.metadata) == ("T", {"description": "What it is"})


def test_a_form_around_the_whole_page_is_kept() -> None:
    assert text_of("<form><h1>Title</h1><p>All of the text.</p></form>") == "# Title\n\nAll of the text."


def test_the_declared_encoding_counts() -> None:
    assert (
        html.read('<meta charset="iso-8859-2"><p>žluťoučký kůň</p>'.encode("iso-8859-2"), Limits()).text
        == "žluťoučký kůň"
    )


def test_text_that_looks_like_markup_stays_text() -> None:
    assert (
        text_of("<p># not a heading</p><p>```</p><p>&lt;think&gt; token</p>")
        == "\\# not a heading\n\n\\```\n\n\\<think> token"
    )


def test_a_page_for_scripts_only_says_so() -> None:
    with pytest.raises(UnreadableFile) as caught:
        text_of("<div id=app></div><script>draw()</script>")
    assert caught.value.reason == "no text"


def test_deep_nesting_is_read() -> None:
    assert text_of("<div>" * 1_000 + "deep" + "</div>" * 1_000) == "deep"


def test_nesting_that_would_lose_text_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="nested too deeply"):
        text_of("<div>" * 5_000 + "deep" + "</div>" * 5_000)


def bare(text: str) -> str:
    """Letters and digits only: white space and marks do not count."""
    return "".join(filter(str.isalnum, text))


def test_a_whole_page_of_the_course_is_read() -> None:
    page = lxml.html.fromstring(PAGE.read_text(encoding="utf-8"))
    for around in page.xpath("//nav|//footer|//head|//script|//style"):
        around.drop_tree()
    source = html.read(PAGE.read_bytes(), Limits())
    blocks = markdown.blocks(source.text)
    found = Counter(block.kind for block in blocks)
    assert found["heading"] == len(page.xpath("//h1|//h2|//h3|//h4|//h5|//h6"))
    assert found["item"] == len(page.xpath("//li|//dd"))
    assert found["code"] == len(page.xpath("//pre"))
    assert all(block.language for block in blocks if block.kind == "code")
    text = bare(source.text)
    assert [word for word in page.text_content().split() if bare(word) not in text] == []
