"""What stands in a fence of Markdown: directives, cells."""

import pytest

from ingest.parse.markdown.extensions import spelled_out
from tests.ingest.parse.markdown.spelling_support import text_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```{r, echo=TRUE}\nx <- 1\n```", "```r\nx <- 1\n```"),
        ('```{stan, output.var="m {a}"}\nreal x;\n```', "```stan\nreal x;\n```"),
        ('```{r fig, cap="of `x`."}\nplot(x)\n```\n\n## Hail', "```r\nplot(x)\n```\n## Hail"),
        ("```{r setup, include = FALSE}\nx <- 1\n```\n\nafter", "after"),
        ("```{block2, type='tip'}\nStay *dry*.\n```", "Stay *dry*."),
        ("```{note}\nMy note.\n```", "Note: My note."),
        ("```{iframe} /_static/play.html\nPlay with it.\n```", "Play with it."),
        ("```{math}\n:label: e\na = b\n```", "$$\na = b\n$$"),
        ("```{code-block} python\nx = [[1]]\n```", "```python\nx = [[1]]\n```"),
        ("```{code-cell} ocaml\n:tags: [raises-exception]\nlet x = 1\n```", "```ocaml\nlet x = 1\n```"),
        ("```{r}\n#| label: fig\nplot(x)\n```", "```r\nplot(x)\n```"),
        ("```python\n#| echo: false\nplay('a1')\n```\n\nafter", "after"),
        ("```{code-cell} python\n:tags: [remove-input]\nplay('a1')\n```\n\nafter", "after"),
        ("```{code-cell} python\n:load: a.py\n```\n\nafter", "after"),
    ],
)
def test_spelled_out(text: str, expected: str) -> None:
    assert text_of(text) == expected


def test_cells_that_hide_their_code_are_reported_unless_they_are_wanted() -> None:
    text = "```python\n#| echo: false\nplay('a1')\n```"
    assert spelled_out(text).hidden == ["code of a cell: play('a1')"]
    assert spelled_out(text, include_hidden=True).text == "```python\nplay('a1')\n```"


def test_options_of_a_directive_between_rules_are_left_out() -> None:
    text = "```{figure} a.png\n---\nwidth: 300px\nname: f\n---\nThe nucleus.\n```\n"
    assert spelled_out(text).text.split() == ["The", "nucleus."]
