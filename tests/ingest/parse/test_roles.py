"""What blocks are for, told from structure in any language."""

import pytest

from ingest.parse.markdown import blocks as markdown
from ingest.parse.plain_text import blocks as plain_text
from ingest.parse.roles import RoleSpan, with_roles


def roles(text: str) -> list[tuple[str, str]]:
    found = with_roles(markdown.blocks(text), text)
    return [(block.role, text[block.start : block.end]) for block in found if block.kind != "heading"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```mermaid\ngraph TD\nA-->B\n```", ["diagram"]),
        ("```\n+-----+\n| box |\n+-----+\n```", ["diagram"]),
        ("```python\nx = 1\ny = 2\nz = 3\n```", [""]),
        ("![A cell with its nucleus](cell.png)", ["caption"]),
        ('<span class="media"> ![](play.png) </span>\nExplore the [cell](https://cells.org).', ["caption"]),
        ("$$E = mc^2$$", ["formula"]),
        ("$$\nE = mc^2\n$$", ["formula"]),
        ("\\begin{align*}\na &= b\n\\end{align*}", ["formula"]),
        ("The energy is $E = mc^2$ here.", [""]),
        ("It costs $5.", [""]),
        ("- largest: $2^3$\n- $\\epsilon = 2^{-4}$", ["", ""]),
        ("- [ ] open\n- [x] done", ["checklist", "checklist"]),
        ("- [One](#one)\n- [Two](#two)", ["contents", "contents"]),
        ("- [One](a.md)\n- https://example.org/two", ["links", "links"]),
        ("[One.](a.md)  \n[Two.](b.md)", ["links"]),
        ("See [One](a.md).", [""]),
        ("- [One](a.md) says more\n- [Two](b.md)", ["", ""]),
        ("- **Osmose**: Wasser wandert\n- **Diffusion** – Teilchen wandern", ["definition", "definition"]),
        ("- **Osmose**: Wasser wandert\n- and more", ["", ""]),
        ("1. Was ist Osmose?\n2. 什么是渗透？", ["question", "question"]),
        ("ما هو التناضح؟", ["question"]),
        ("- Water passes. Who would stop it?\n- Why?", ["", "question"]),
        ("- it passes water;\n- it keeps salt.", ["", ""]),
        ("Why? Because water moves.", [""]),
        ("Many ask. But why is that so?", [""]),
        ('The guard asks: "Who passes?"', [""]),
        ('"Who passes?"', ["question"]),
        ("- Compare both. Which is faster?\n- Who passes?\n- Name two. Why two?", ["question"] * 3),
        ("*Figure 2: a **cell** in water*", ["caption"]),
        ("*Cells* drink *water*", [""]),
        (
            "axon: it leads away\n\nbulb: a swelling\n\n**cell** – the least\n\ndust: dirt\n\nedge: an end",
            ["definition"] * 5,
        ),
        ("dust: dirt\n\naxon: it leads away\n\n**cell** – the least\n\nbulb: a swelling\n\nedge: an end", [""] * 5),
        (
            "- "
            + "\n- ".join(
                f"{name}, A. 199{at}. A book." for at, name in enumerate(("Ahn", "Berg", "Cho", "Diaz", "Ek"))
            ),
            ["links"] * 5,
        ),
        (
            "- " + "\n- ".join(f"{name} are animals, it says." for name in ("Apes", "Bees", "Cows", "Dogs", "Emus")),
            [""] * 5,
        ),
    ],
)
def test_roles_of_blocks(text: str, expected: list[str]) -> None:
    assert [role for role, _ in roles(text)] == expected


TABLE = "\n\n| rope | load |\n| --- | --- |\n| hemp | 4 |"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wet ropes rot (Figure 6.2).\n\nFigure 6.2 Ropes in rain A rope rots.", ["", "caption"]),
        ("Wet ropes rot (see Figure 6.2a).\n\n> *Figure 6.2* **Rain** A rope rots.", ["", "caption"]),
        ("Taue faulen (Abb. 3).\n\nAbb. 3: ein Tau.\n\nAbb. 4. Knoten halten.", ["", "caption", "caption"]),
        (f"**Table 7.1** **Loads** Ropes bear loads.{TABLE}", ["caption", "", ""]),
        (f"Tabelle 2: Lasten{TABLE}", ["caption", "", ""]),
        (f"**Table 7**{TABLE}", ["caption", "", ""]),
        ("![](rope.png)\n\nFigure 2.1 A rope rots.", ["caption", "caption"]),
        ("*Figure 1: a rope*\n\nFigure 2 A knot holds.", ["caption", "caption"]),
        ("Table 7.1 shows loads (Table 7.1).", [""]),
        (f"Example 5.1 Find the load of a rope.{TABLE}", ["", "", ""]),
        (f"Step 3: Fill in the table.{TABLE}", ["", "", ""]),
        ("Step 1: Coil the rope.\n\nStep 2: Whip it (Step 1).\n\nStep 3: Stow it.", ["", "", ""]),
        ("Theorem 2.1 Ropes end.\n\nBy Theorem 2.1 and Theorem 2.1 they end (Theorem 2.1).", ["", ""]),
        ("Hull 3 Opus is a rope.\n\nIt is strong, as Hull 3 is.", ["", ""]),
        ("The 1830 Act was law (The 1830).", [""]),
        ("Ropes rot. (note 2)\n\nNote 2: In rain.\n\nNote 3: None points to it.", ["", "note", ""]),
    ],
)
def test_captions_are_known_by_their_labels(text: str, expected: list[str]) -> None:
    assert [role for role, _ in roles(text)] == expected


@pytest.mark.parametrize(
    ("rows", "role"),
    [
        (["I can | yes | no", "splice | yes | no", "whip | yes | no", "coil | yes | no"], "checklist"),
        (["I can | mark", "splice | ", "whip | ", "coil | "], "checklist"),
        (["I can | mark | week", "splice | [ ] yes / [ ] no | 3", "whip | ☐ | 4"], "checklist"),
        (["rope | floats", "hemp | ✓", "sisal | ✓", "jute | ✓"], ""),
        (["rope | load | floats", "hemp | 4 | no", "sisal | 4 | yes"], ""),
    ],
)
def test_tables_to_be_filled_in_are_checklists(rows: list[str], role: str) -> None:
    lines = [f"| {row} |" for row in rows]
    width = rows[0].count("|") + 1
    text = "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
    assert {found for found, _ in roles(text)} == {role}


def test_marks_of_a_format_go_before_what_the_text_looks_like_and_not_beyond_their_span() -> None:
    text = "Osmosis\n\nIs it fast?\n\nEnd."
    found = with_roles(markdown.blocks(text), text, [RoleSpan("definition", 0, 7), RoleSpan("caption", 9, 20)])
    assert [block.role for block in found] == ["definition", "caption", ""]


def test_an_inner_mark_wins_over_an_outer_one() -> None:
    text = "One\n\nTwo\n\nThree"
    found = with_roles(markdown.blocks(text), text, [RoleSpan("question", 0, 15), RoleSpan("formula", 5, 8)])
    assert [block.role for block in found] == ["question", "formula", "question"]


def test_a_drawing_in_plain_text_is_a_diagram() -> None:
    text = "The parts are shown below.\n\n┌─────┐    ┌─────┐\n│ one │───→│ two │\n└─────┘    └─────┘\n"
    assert [block.role for block in with_roles(plain_text.blocks(text), text)] == ["", "diagram"]
