"""What stands within a line of Markdown, footnotes among it."""

import pytest

from ingest.parse.markdown.extensions import spelled_out
from tests.ingest.parse.markdown.spelling_support import text_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "See Figure \\@ref(fig:ice) [see @frost1920, p. 3; @hail] and `[@x]` of [@you](y.md), `sum(x)`{.r} (\\#eq:a) by @Hail1902b",
            "See Figure and `[@x]` of [@you](y.md), `sum(x)` by Hail (1902)",
        ),
        (
            "[![]({{ site.url }}/a.png)]({% link b.md %}) {{< fa ice >}}of {{% x %}}{{ page }}\n[ice]: {{ url }}/i.png",
            "[![](/a.png)]() of {{ page }}\n[ice]: /i.png",
        ),
        (
            "See {numref}`Figure %s <fig>`, {ref}`the text <x>` {cite}`knuth` and {math}`a^2`.",
            "See Figure, the text and $a^2$.",
        ),
        (
            "Pok&eacute;mon&mdash;`a&mdash;b` &lt;b&gt; R&D &nosuch; R &amp; D &amp;lt; &#124;",
            "Pokémon—`a&mdash;b` \\<b\\> R&D &nosuch; R & D &amp;lt; \\|",
        ),
        (
            'An **ion**{: data-type="term" .small} is. ![p](p.png){#fig width=5%}\n{: .wide}',
            "An **ion** is. ![p](p.png)",
        ),
        ("`{: a}` and $x_{.5}$ and x_{.5} and f{x}", "`{: a}` and $x_{.5}$ and x_{.5} and f{x}"),
        (
            "Adam :cite:`Kingma.2014` in :numref:`fig_a` is :math:`x` of :ref:`the book <b>`; a:`b`",
            "Adam in is $x$ of the book; a:`b`",
        ),
        (
            "After {cite:t}`Held:2000kx; ice` and :citet:`kaplan2020scaling` it is warm {cite:p}`AR5_Ch1`.",
            "After Held (2000), Ice and Kaplan (2020) it is warm.",
        ),
        (
            r"It turns ([\[link\]](#f1)), so[\[2\]](#n2) ( [\[link\]](/m4#f2) ). [\[link\]](#f3) shows it (see [\[1\]](#a)).",
            r"It turns, so. [\[link\]](#f3) shows it (see [\[1\]](#a)).",
        ),
        ("[[Naive]{.ex}]{.slides} [of [@Knuth]]{.credits a=b} ![](p.png){width=5%}", "Naive of ![](p.png)"),
        ("A line `\\newline`{=tex} goes on with `[x]{.y}`.", "A line  goes on with `[x]{.y}`."),
        ('<span class="title">Why?</span>It. <span data-type="title">A *law*</span>Yes.', "Why? It. A *law* Yes."),
        ("See [[Page|the page]], [[Cell#Wall]] and [[Osmosis]].", "See the page, Cell > Wall and Osmosis."),
        ("![[picture.png]] and ![[Note]]", "![](picture.png) and Note"),
        ("`[[code]]` and $[[x]]$", "`[[code]]` and $[[x]]$"),
        ("A ==high== value == 3", "A high value == 3"),
        ("![A plot](data:image/png;base64,AAAA)", "![A plot](embedded/63c1dd951ffedf6f)"),
        ('<img src="data:image/png;base64,AAAA"> after', "![](embedded/63c1dd951ffedf6f) after"),
        ("<img width=9 src='a.png' alt=\"A plot\"> `<img src=b.png>`", "![A plot](a.png) `<img src=b.png>`"),
        ('    <img src="c.png">', '    <img src="c.png">'),
        ('<img src="https://x.y/c.png"> after', " after"),
        (
            "So: ``odd\n\nSnow ^[It is [cold](c.md), mostly.] falls^[Or\ndrifts.]:\n```\na^[b c]\n```\n$x^[2 3]$ x^[2]",
            "So: ``odd\nSnow (note 1) falls (note 2):\nNote 1: It is [cold](c.md), mostly.\nNote 2: Or drifts.\n"
            "```\na^[b c]\n```\n$x^[2 3]$ x^[2]",
        ),
        ("A claim[^1].\n\n[^1]: Its proof.", "A claim (note 1).\nNote 1: Its proof."),
        ("> [!NOTE]\n> Read[^1].\n\n[^1]: Twice.", "Note: Read (note 1).\nNote 1: Twice."),
        (
            "Ice^[It floats.] and snow^[It falls.] as told[^1].\n\n[^1]: x",
            "Ice (note 2) and snow (note 3) as told (note 1).\nNote 2: It floats.\nNote 3: It falls.\nNote 1: x",
        ),
        ("An array[^x] without a note", "An array[^x] without a note"),
    ],
)
def test_spelled_out(text: str, expected: str) -> None:
    assert text_of(text) == expected


def test_embedded_pictures_are_reported() -> None:
    assert spelled_out("[a](data:text/plain;base64,AAAA) x").dropped == ["embedded data"]
