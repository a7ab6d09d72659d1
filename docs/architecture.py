"""The picture in docs/architecture.md, drawn from the imports: `python -m docs.architecture`.

A node is a room (a folder), an arrow says that a module of the one imports a module of the other. Modules that stand
outside of all rooms (`types`, `config`, `errors` and the entry points) are left out: everything may import those.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from retrieval.config import ROOT

PAGE = Path(__file__).with_name("architecture.md")
PACKAGES = ("retrieval", "ingest", "app", "evals")
APART = ("evals.training",)  # torch lives there, and nothing imports it
_PICTURE = re.compile(r"(?<=<!-- drawn by docs/architecture.py -->\n)```mermaid\n.*?\n```", re.S)


@lru_cache(maxsize=1)
def rooms() -> dict[str, str]:
    """Each room with the first line of its docstring."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for init in sorted((ROOT / package).glob("*/__init__.py")):
            name = f"{package}.{init.parent.name}"
            if name not in APART and any(path.name != "__init__.py" for path in init.parent.rglob("*.py")):
                found[name] = (ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or "").splitlines()[0]
    return found


@lru_cache(maxsize=1)
def edges() -> set[tuple[str, str]]:
    """(importing room, imported room), all that there are."""
    known = rooms()
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            here = ".".join(parts[:2])
            found |= {(here, there) for there in _imported(path) if there != here and {here, there} <= known.keys()}
    return found


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            for alias in node.names:
                yield ".".join(f"{node.module}.{alias.name}".split(".")[:2])


def essential(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Without arrows that a longer way says too (the transitive reduction), so that the picture can be read."""
    after: dict[str, set[str]] = {}
    for here, there in arrows:
        after.setdefault(here, set()).add(there)

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        left = list(after.get(start, ()))
        while left:
            if (room := left.pop()) not in seen:
                seen.add(room)
                left += after.get(room, ())
        return seen

    return {
        (here, there)
        for here, there in arrows
        if not any(there in reached(other) for other in after[here] if other != there)
    }


def picture() -> str:
    lines = ["```mermaid", "flowchart TD"]
    for package in reversed(PACKAGES):
        inside = [room for room in rooms() if room.startswith(f"{package}.")]
        lines += [f"  subgraph {package}", *(f"    {room}[{room.split('.')[1]}]" for room in inside), "  end"]
    lines += [f"  {here} --> {there}" for here, there in sorted(essential(edges()))]
    return "\n".join([*lines, "```"])


def page() -> str:
    """The page with the picture as it has to be."""
    return _PICTURE.sub(lambda _: picture(), PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
