"""Lines over runs as an SVG image. An image loads and runs nothing; its colours follow the theme of the page, its letters its width."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 600, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 124, 14, 34
LABEL_GAP = 19
_STYLE = """
text { font: 12px "Source Sans", system-ui, sans-serif; fill: #5c626b; }
.grid { stroke: #e2ded5; } .line { fill: none; stroke-width: 2; }
.c0 { stroke: #1f5a8c; } .c1 { stroke: #9a6212; } .c2 { stroke: #3f7a4a; } .c3 { stroke: #8a3f74; }
.f0 { fill: #1f5a8c; } .f1 { fill: #9a6212; } .f2 { fill: #3f7a4a; } .f3 { fill: #8a3f74; }
@media (max-width: 480px) { text { font-size: 18px; } }
@media (prefers-color-scheme: dark) {
  text { fill: #a5a39c; } .grid { stroke: #35373b; }
  .c0 { stroke: #8cbce6; } .c1 { stroke: #dcae63; } .c2 { stroke: #8fc79a; } .c3 { stroke: #d79ac4; }
  .f0 { fill: #8cbce6; } .f1 { fill: #dcae63; } .f2 { fill: #8fc79a; } .f3 { fill: #d79ac4; }
}
"""


def lines(labels: Sequence[str], values: Mapping[str, Sequence[float]]) -> str:
    """One line for each name in `values`, all in [0, 1], over `labels`; at least two, of which the ends are written."""
    spread = (WIDTH - LEFT - RIGHT) / (len(labels) - 1)
    across = [LEFT + spread * number for number in range(len(labels))]
    low = min(0.8, int(5 * min(min(row) for row in values.values())) / 5)
    ends = _apart([_height(row[-1], low) for row in values.values()])
    drawn = [
        _line(number, name, across, row, low, end)
        for number, ((name, row), end) in enumerate(zip(values.items(), ends, strict=True))
    ]
    axis = [_rule(low + (1 - low) * part / 4, low) for part in range(5)]
    dates = f'<text x="{LEFT}" y="{HEIGHT - 8}">{escape(labels[0])}</text>'
    dates += f'<text x="{across[-1]:.0f}" y="{HEIGHT - 8}" text-anchor="end">{escape(labels[-1])}</text>'
    body = "".join([*axis, *drawn, dates])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><style>{_STYLE}</style>{body}</svg>'


def _height(value: float, low: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (1 - low))


def _rule(value: float, low: float) -> str:
    height = _height(value, low)
    line = f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{height:.1f}" y2="{height:.1f}"/>'
    return f'{line}<text x="{LEFT - 8}" y="{height + 4:.1f}" text-anchor="end">{value:.2f}</text>'


def _line(number: int, name: str, across: Sequence[float], row: Sequence[float], low: float, end: float) -> str:
    points = [(x, _height(value, low)) for x, value in zip(across, row, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle class="f{number % 4}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    label = (
        f'<text class="f{number % 4}" x="{across[-1] + 10:.1f}" y="{end + 4:.1f}">{escape(name)} {row[-1]:.2f}</text>'
    )
    return f'<polyline class="line c{number % 4}" points="{path}"/>{dots}{label}'


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights of labels moved so far down that none covers another: `[10, 12, 50]` -> `[10, 25, 50]`."""
    placed: dict[int, float] = {}
    last = float("-inf")
    for index in sorted(range(len(heights)), key=lambda index: heights[index]):
        last = max(heights[index], last + LABEL_GAP)
        placed[index] = last
    return [placed[index] for index in range(len(heights))]
