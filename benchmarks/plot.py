"""The plot: one bar for each goal, as long as the measured ratio is of what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.goals import Outcome

WIDTH, LEFT, RIGHT, TOP, ROW = 960, 420, 150, 58, 24
SCALE = 1.5
"""The axis ends here; a longer bar is cut, and its number tells the rest."""

_REACHED, _MISSED, _INK, _FAINT = "#2f7d5b", "#b4532a", "#1f2328", "#8c959f"
_STYLE = "font-family:system-ui,sans-serif;font-size:12px"


def svg(outcomes: Sequence[Outcome]) -> str:
    """Return the plot of what was measured; goals that could not be measured are left out."""
    shown = [one for one in outcomes if one.spread is not None]
    height = TOP + ROW * len(shown) + 16
    rows = [_row(one, TOP + ROW * index) for index, one in enumerate(shown)]
    title = _text(16, 24, f"Measured, as a share of what the goal allows (bars are cut at {SCALE:g})")
    axis = [_tick(share, height) for share in (0.0, 0.5, 1.0, SCALE)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" style="{_STYLE}">',
            "<title>Measured, as a share of what the goal allows</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            title,
            *axis,
            *rows,
            "</svg>",
            "",
        ]
    )


def _x(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(max(share, 0.0), SCALE) / SCALE


def _tick(share: float, height: int) -> str:
    goal = share == 1.0
    x, colour = _x(share), _INK if goal else "#d0d7de"
    label = "goal" if goal else f"{share:g}"
    line = (
        f'<path d="M{x:.1f} {TOP - 6}V{height - 12}" stroke="{colour}" stroke-dasharray="{"4 3" if goal else "none"}"/>'
    )
    return line + _text(x, TOP - 12, label, anchor="middle", colour=_INK if goal else _FAINT)


def _row(one: Outcome, y: int) -> str:
    assert one.spread is not None
    assert one.share is not None
    unit, limit = one.goal.unit, one.goal.limit
    colour = _REACHED if one.share <= 1 else _MISSED
    start, end, middle = _x(0), _x(one.share), y + ROW / 2
    least, most = _x(one.spread.least / limit), _x(one.spread.greatest / limit)
    measured = number(one.spread.median) + ("" if unit == "ratio" else f" {unit}")
    against = "as" if one.goal.theirs.isdigit() else "vs"
    their = f"among {one.goal.theirs}" if one.goal.theirs.isdigit() else one.goal.theirs
    return "".join(
        [
            _text(LEFT - 10, middle + 4, f"{one.goal.work}, {against} {their}", anchor="end"),
            f'<rect x="{start:.1f}" y="{y + 5}" width="{end - start:.1f}" height="{ROW - 10}" rx="2" fill="{colour}"/>',
            f'<path d="M{least:.1f} {middle}H{most:.1f}" stroke="{_INK}" stroke-width="1.5"/>',
            _text(
                WIDTH - RIGHT + 10,
                middle + 4,
                f"{measured} (goal {one.goal.allowed.removesuffix(' more')})",
                colour=colour,
            ),
        ]
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def number(value: float) -> str:
    """Return a number with as many digits as say something.

    >>> number(0.0456), number(1.234), number(12.34), number(1234.5)
    ('0.046', '1.23', '12.3', '1,234')
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"
