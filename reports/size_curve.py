"""The curve of sizes as a picture: bits by share, chosen and by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from releases.subsets.size import Sized

_WIDTH, _HEIGHT = 860, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 150, 20, 50

_FLOOR: Final = _HEIGHT - _BOTTOM

_APART: Final = 48
"""Two shares that lie nearer to one another are not both written under the axis."""

_INK: Final = {"chosen": "#1f6f54", "random": "#a35200", "whole": "#555555"}

_OPENING: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
    'font-family="system-ui,sans-serif" font-size="14" aria-label="Bits per {per} by size of the subset">'
)


def as_svg(sized: Sized) -> str:
    """The curve: bits by size, chosen and by chance, with the size that is enough."""
    rows = sized.curve.to_dicts()
    across, up = _scales(rows)
    band = [(across(row["share"]), up(row["high"])) for row in rows]
    band += [(across(row["share"]), up(row["low"])) for row in reversed(rows)]
    chosen = [(across(row["share"]), up(row["bits"])) for row in rows]
    random = [(across(row["share"]), up(row["random"])) for row in rows if row["random"] is not None]
    whole, mark = up(rows[-1]["bits"]), sized.size.point
    at = across(mark.share)
    enough = next(row for row in rows if row["bytes"] == mark.bytes)
    low = up(enough["bits"])
    parts = [
        _OPENING.format(per=rows[0]["per"]),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        *_axes(rows, across, up),
        f'<polygon points="{_points(band)}" fill="{_INK["chosen"]}" fill-opacity="0.15"/>',
        f'<path d="M{_LEFT} {whole:.1f}H{_WIDTH - _RIGHT}" stroke="{_INK["whole"]}" stroke-dasharray="4 4"/>',
        _line(random, "random"),
        _line(chosen, "chosen"),
        f'<circle cx="{at:.1f}" cy="{low:.1f}" r="6" fill="{_INK["chosen"]}"/>',
        _said(at - 30, low - 14 if low > _FLOOR - 40 else low + 24, "chosen", f"{mark.share:.1%} is enough"),
        _said(*_beside(random), "random", "by chance") if random else "",
        _said(_WIDTH - _RIGHT + 8, whole + 5, "whole", "all that stays"),
        _said(chosen[0][0] + 10, max(chosen[0][1] - 10, _TOP), "chosen", "chosen"),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


Scale = Callable[[float], float]


def _scales(rows: list[dict[str, Any]]) -> tuple[Scale, Scale]:
    """Shares by their logarithm, from left to right; bits upwards."""
    first = math.log(rows[0]["share"])
    span = -first or 1.0
    low, high = _bounds(rows)
    tall = (high - low) or 1.0

    def across(share: float) -> float:
        return _LEFT + (math.log(share) - first) / span * (_WIDTH - _LEFT - _RIGHT)

    def up(bits: float) -> float:
        return float(_TOP + (high - bits) / tall * (_HEIGHT - _TOP - _BOTTOM))

    return across, up


def _bounds(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """The least and the most bits that are shown."""
    values = [row[name] for row in rows for name in ("low", "high", "random") if row[name] is not None]
    return min(values), max(values)


def _axes(rows: list[dict[str, Any]], across: Scale, up: Scale) -> Iterator[str]:
    last = math.inf
    for row in reversed(rows):
        x = across(row["share"])
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_FLOOR}" y2="{_FLOOR + 5}" stroke="#999"/>'
        if last - x >= _APART:
            share = f"{100 * row['share']:.3g}%"
            yield f'<text x="{x:.1f}" y="{_FLOOR + 20}" text-anchor="middle" font-size="12">{share}</text>'
            last = x
    low, high = _bounds(rows)
    for step in range(5):
        bits = low + (high - low) * step / 4
        y = up(bits)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eee"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 5:.1f}" text-anchor="end" font-size="12">{bits:.2f}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">share of all that stays, in bytes</text>'
    yield (
        f'<text transform="translate(18 {_HEIGHT / 2}) rotate(-90)" text-anchor="middle">bits per {rows[0]["per"]}, '
        "held-out target</text>"
    )


def _line(points: list[tuple[float, float]], what: str) -> str:
    return (
        f'<polyline points="{_points(points)}" fill="none" stroke="{_INK[what]}" stroke-width="2"/>' if points else ""
    )


def _said(x: float, y: float, ink: str, words: str) -> str:
    """Words with a rim of paper, for they may stand on a line."""
    rim = 'stroke="#fff" stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{_INK[ink]}" {rim}>{words}</text>'


def _beside(points: list[tuple[float, float]]) -> tuple[float, float]:
    x, y = points[len(points) // 2]
    return x, y - 10


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
