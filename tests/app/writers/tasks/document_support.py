"""Small documents for tasks."""

from pathlib import Path

from ingest.parse.load import load
from retrieval.types import Document

KNOTS = """# Knots

## Key terms

**bowline**: a loop that does not slip

**king of knots**: see bowline

## Hitches

Hitches tie a rope to a thing. They come undone under no load.

Sailors know three:

1. Clove hitch: Two turns around a post.
2. Half hitch: One turn and a tuck.
3. Rolling hitch: It grips along the pole.

## Rules

- Never cut a rope.
- Note: wet ropes hold less.
- Coil it.

## Summary

Knots hold by nothing but friction.
"""


BENDS = """# Knots at sea

## Bends

| Bend | What it does |
| --- | --- |
| Sheet bend | Joins a thick rope to a thin one |
| Reef bend | Holds only under a steady load |
| Carrick bend | Joins two heavy ropes |

| Rope | Load |
| --- | --- |
| hemp | 4 |
| sisal | 3 |
| nylon | 9 |

**Figure 3** Three bends, as sailors tie them on a wet day.

Figure 4 Knots of the table are shown, the sheet bend first.

A rope may slip (Figure 4). They call that a **surging rope** on board.
"""


def read(folder: Path, text: str = KNOTS) -> Document:
    path = folder / "knots.md"
    path.write_text(text, encoding="utf-8")
    return load(path, root=folder)
