"""Tables and figures of the report as HTML. All text that is passed in is escaped; SVG goes in as it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from evals.report import plots


def table(names: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """The first cell of a row is its heading."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(_row(row) for row in rows)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def figures(*titled: tuple[str, str]) -> str:
    """Pairs of (title, SVG) side by side; those without an SVG are left out."""
    shown = "".join(f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>" for title, svg in titled if svg)
    return f"<div class=figures>{shown}</div>" if shown else ""


def dots(rows: Mapping[str, plots.Interval]) -> str:
    """Means with their intervals; nothing for no rows."""
    return plots.dots(rows, label="mean over questions") if rows else ""


def number(value: float | None) -> str:
    """Three decimals for a share, one for a time; nothing for what there is not."""
    return "" if value is None else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def p_value(value: float | None) -> str:
    return "<0.001" if value is not None and value < 0.001 else number(value)


def _row(cells: Sequence[str]) -> str:
    def all_cells() -> Iterator[str]:
        yield f"<th>{escape(cells[0])}</th>"
        yield from (f"<td>{escape(cell)}</td>" for cell in cells[1:])

    return f"<tr>{''.join(all_cells())}</tr>"
