"""What people write in Markdown beyond CommonMark, spelled out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse import markdown_writer as markup
from ingest.parse.markdown.extensions import spelled_out


def text_of(text: str) -> str:
    found = markup.written([spelled_out(text).text]).text
    return "\n".join(line for line in found.split("\n") if line.strip())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> [!NOTE]\n> Take care.", "Note: Take care."),
        ("> [!tip]- My title\n> - one", "My title:\n- one"),
        ('!!! warning "Hot glass"\n    It looks cold.\n\n    Really.', "Hot glass: It looks cold.\nReally."),
        ("??? question\n    What is it?", "Question: What is it?"),
        (":::{exercise} First\n:label: e\nProve it.\n:::", "First: Prove it."),
        ("::: warning\nWords.\n:::", "Warning: Words."),
        ("::::: {.callout-note}\n::: inner\nDeep.\n:::\n:::::", "Note: Inner: Deep."),
        ('::: {.callout-tip appearance="simple"}\n## In short {#s}\n\nMelt it.\n:::', "In short: Melt it."),
        ('::: {#thm .lemma name="Of ice"}\nIt floats.\n:::', "Of ice: It floats."),
        (":::: challenge\n\n## Snow\n\nWhy?\n\n::: solution\n\nCold.\n\n:::\n\n::::", "Snow: Why?\nSolution: Cold."),
        ('::: {.columns}\n::: {.column width="9%"}\n## Left\n:::\n:::', "## Left"),
        ("```{r, echo=TRUE}\nx <- 1\n```", "```r\nx <- 1\n```"),
        ('```{stan, output.var="m {a}"}\nreal x;\n```', "```stan\nreal x;\n```"),
        ('```{r fig, cap="of `x`."}\nplot(x)\n```\n\n## Hail', "```r\nplot(x)\n```\n## Hail"),
        ("```{r setup, include = FALSE}\nx <- 1\n```\n\nafter", "after"),
        ("```{block2, type='tip'}\nStay *dry*.\n```", "Stay *dry*."),
        ("{% highlight r %}\nx <- 1\n{% endhighlight %}", "```r\nx <- 1\n```"),
        ('{{< highlight go "a=1" >}}\nx := 1\n{{< / highlight >}}', "```go\nx := 1\n```"),
        ("##Snow{-}\n##hail\n\n#tag", "## Snow{-}\n##hail\n#tag"),
        (
            "So: ``odd\n\nSnow ^[It is [cold](c.md), mostly.] falls^[Or\ndrifts.]:\n```\na^[b c]\n```\n$x^[2 3]$ x^[2]",
            "So: ``odd\nSnow (note 1) falls (note 2):\nNote 1: It is [cold](c.md), mostly.\nNote 2: Or drifts.\n"
            "```\na^[b c]\n```\n$x^[2 3]$ x^[2]",
        ),
        (
            "See Figure \\@ref(fig:ice) [see @frost1920, p. 3; @hail] and `[@x]` of [@you](y.md), `sum(x)`{.r} (\\#eq:a) by @Hail1902b",
            "See Figure and `[@x]` of [@you](y.md), `sum(x)` by Hail (1902)",
        ),
        (
            "[![]({{ site.url }}/a.png)]({% link b.md %}) {{< fa ice >}}of {{% x %}}{{ page }}\n[ice]: {{ url }}/i.png",
            "[![](/a.png)]() of {{ page }}\n[ice]: /i.png",
        ),
        ("```{note}\nMy note.\n```", "Note: My note."),
        ("```{iframe} /_static/play.html\nPlay with it.\n```", "Play with it."),
        ("```{math}\n:label: e\na = b\n```", "$$\na = b\n$$"),
        ("```{code-block} python\nx = [[1]]\n```", "```python\nx = [[1]]\n```"),
        ("```{code-cell} ocaml\n:tags: [raises-exception]\nlet x = 1\n```", "```ocaml\nlet x = 1\n```"),
        ("```{r}\n#| label: fig\nplot(x)\n```", "```r\nplot(x)\n```"),
        ("```python\n#| echo: false\nplay('a1')\n```\n\nafter", "after"),
        ("```{code-cell} python\n:tags: [remove-input]\nplay('a1')\n```\n\nafter", "after"),
        ("```{code-cell} python\n:load: a.py\n```\n\nafter", "after"),
        (
            "See {numref}`Figure %s <fig>`, {ref}`the text <x>` {cite}`knuth` and {math}`a^2`.",
            "See Figure, the text  and $a^2$.",
        ),
        (
            "Pok&eacute;mon&mdash;`a&mdash;b` &lt;b&gt; R&D &nosuch; R &amp; D &amp;lt; &#124;",
            "Pokémon—`a&mdash;b` \\<b\\> R&D &nosuch; R & D &amp;lt; \\|",
        ),
        ('{{ video | replace("x", "y") }}\n\n{% raw %}\n\nHello {{ name }}', "Hello {{ name }}"),
        (
            "atom\n: the least part\n  of an element\n^\n\nion\n: an atom with a charge",
            "- atom: the least part of an element\n- ion: an atom with a charge",
        ),
        ("Rain\n\n:   water\n:   much of it\n\nText.", "- Rain: water\n- Rain: much of it\nText."),
        ("A long line of text that\ngoes on\n: here", "A long line of text that\ngoes on\n: here"),
        ("| a |\n| --- |\n| 1 |\n\n: A table", "| a |\n| --- |\n| 1 |\n: A table"),
        (
            'An **ion**{: data-type="term" .small} is. ![p](p.png){#fig width=5%}\n{: .wide}',
            "An **ion** is. ![p](p.png)",
        ),
        ("`{: a}` and $x_{.5}$ and x_{.5} and f{x}", "`{: a}` and $x_{.5}$ and x_{.5} and f{x}"),
        (
            "Adam :cite:`Kingma.2014` in :numref:`fig_a` is :math:`x` of :ref:`the book <b>`; a:`b`",
            "Adam  in  is $x$ of the book; a:`b`",
        ),
        (
            r"It turns ([\[link\]](#f1)), so[\[2\]](#n2) ( [\[link\]](/m4#f2) ). [\[link\]](#f3) shows it (see [\[1\]](#a)).",
            r"It turns, so. [\[link\]](#f3) shows it (see [\[1\]](#a)).",
        ),
        ("[[Naive]{.ex}]{.slides} [of [@Knuth]]{.credits a=b} ![](p.png){width=5%}", "Naive of ![](p.png)"),
        ("A line `\\newline`{=tex} goes on with `[x]{.y}`.", "A line  goes on with `[x]{.y}`."),
        ("One.\n\n\\bigskip \\pause\n\\vspace{2mm}\n\n\\alpha is kept", "One.\n\\alpha is kept"),
        ('<div class="aims" markdown="1">\nYou will learn to:\n* swim\n</div>', "You will learn to:\n* swim"),
        ('<div class="title">\nThe law\n</div>\n\nIt *holds*.\nAlways.', "The law: It *holds*.\nAlways."),
        ('<div class="title">\nHow far?\n</div>\nIt runs.', "How far? It runs."),
        ('<div class="title">\nArt\n</div>\n![p](p.png)', "Art\n![p](p.png)"),
        ('<span class="title">Why?</span>It. <span data-type="title">A *law*</span>Yes.', "Why? It. A *law* Yes."),
        ('<div class="title">\nList\n</div>\n* one', "List\n* one"),
        ('<div class="title">\nnot closed', "not closed"),
        ('<div style="display: none">\nno\n</div>', '<div style="display: none">\nno'),
        ("See [[Page|the page]], [[Cell#Wall]] and [[Osmosis]].", "See the page, Cell > Wall and Osmosis."),
        ("![[picture.png]] and ![[Note]]", "![](picture.png) and Note"),
        ("`[[code]]` and $[[x]]$", "`[[code]]` and $[[x]]$"),
        ("A ==high== value == 3", "A high value == 3"),
        ("Said so. ^ref-1", "Said so."),
        ("A claim[^1].\n\n[^1]: Its proof.", "A claim (note 1).\nNote 1: Its proof."),
        ("> [!NOTE]\n> Read[^1].\n\n[^1]: Twice.", "Note: Read (note 1).\nNote 1: Twice."),
        ("An array[^x] without a note", "An array[^x] without a note"),
        ("> over two\n> lines\n>\n> and more", "> over two lines\n>\n> and more"),
        ("> - one\n> - two", "> - one\n> - two"),
        ("![A plot](data:image/png;base64,AAAA)", "![A plot](embedded/63c1dd951ffedf6f)"),
        ('<img src="data:image/png;base64,AAAA"> after', "![](embedded/63c1dd951ffedf6f) after"),
        ("<img width=9 src='a.png' alt=\"A plot\"> `<img src=b.png>`", "![A plot](a.png) `<img src=b.png>`"),
        ('    <img src="c.png">', '    <img src="c.png">'),
        ('<img src="https://x.y/c.png"> after', " after"),
        ("[image1]: data:image/png;base64,AAAA\n\nafter", "after"),
        ("---\ntitle: '[[x]]'\n---\n\n[[y]]", "---\ntitle: '[[x]]'\n---\ny"),
    ],
)
def test_spelled_out(text: str, expected: str) -> None:
    assert text_of(text) == expected


def test_comments_are_left_out_and_reported_unless_they_are_wanted() -> None:
    text = "Seen %%teacher's key%% and <!-- a to-do --> here.\n\n```\n%% <!-- code --> %%\n```"
    found = spelled_out(text)
    assert found.text == "Seen  and  here.\n\n```\n%% <!-- code --> %%\n```"
    assert found.hidden == ["comment: teacher's key", "comment: a to-do"]
    assert "teacher's key" in spelled_out(text, include_hidden=True).text


def test_cells_that_hide_their_code_are_reported_unless_they_are_wanted() -> None:
    text = "```python\n#| echo: false\nplay('a1')\n```"
    assert spelled_out(text).hidden == ["code of a cell: play('a1')"]
    assert spelled_out(text, include_hidden=True).text == "```python\nplay('a1')\n```"


def test_embedded_pictures_are_reported() -> None:
    assert spelled_out("[a](data:text/plain;base64,AAAA) x").dropped == ["embedded data"]


def test_an_exercise_is_marked_as_one() -> None:
    written = markup.written([spelled_out(":::{exercise}\nProve it.\n:::").text])
    assert [(span.role, written.text[span.start : span.end]) for span in written.roles] == [
        ("question", "Exercise: Prove it.")
    ]


@given(st.text(alphabet="ab\n` >#-*|[]()!:=$%", max_size=80))
def test_ordinary_markdown_keeps_its_letters(text: str) -> None:
    plain = text.replace("%%", "")
    kept = spelled_out(plain).text
    assert sorted(filter(str.isalpha, plain)) == sorted(filter(str.isalpha, kept)) or any(
        sign in plain for sign in ("](", "[[", ":::", "!!!")
    )


def test_options_of_a_directive_between_rules_are_left_out() -> None:
    text = "```{figure} a.png\n---\nwidth: 300px\nname: f\n---\nThe nucleus.\n```\n"
    assert spelled_out(text).text.split() == ["The", "nucleus."]


def test_a_title_that_joins_nothing_stands_alone() -> None:
    assert "\nArt\n\n<b>Paint" in spelled_out('<div class="title">\nArt\n</div>\n<b>Paint</b> it.').text


def test_what_html_calls_a_question_is_one() -> None:
    html = """<div data-type="exercise">
<div data-type="problem" markdown="1">
A ball is thrown up. It falls.

When is it at rest?
</div>
<div data-type="solution" markdown="1">
At the top.
</div>
</div>
<div class="exercise">
Prove it.
</div>
<div class="question">
never closed
"""
    found = markup.written([spelled_out(html).text])
    asked = [found.text[one.start : one.end].split() for one in found.roles if one.role == "question"]
    assert [" ".join(words) for words in asked] == ["A ball is thrown up. It falls. When is it at rest?", "Prove it."]
    assert "At the top." in found.text
