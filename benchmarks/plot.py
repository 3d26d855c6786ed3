"""The ratios to other libraries as a picture: bars on a logarithmic scale, on both sides of 1."""

from __future__ import annotations

from html import escape
from math import log10

WIDTH, LABELS, ROW = 820, 420, 22
DECADES = (-2, 1)
"""The scale reaches from 1/100 to 10 times the time of the other library."""


def bars(rows: list[tuple[str, float]]) -> str:
    """Return an SVG picture of what was measured, for each label the time of ratecard divided by the other one.

    >>> '<title>quote / look-up: 0.50</title>' in bars([("quote / look-up", 0.5)])
    True
    """
    height = ROW * (len(rows) + 2)
    parts = [
        f'<line x1="{_x(10**power):.0f}" y1="{ROW}" x2="{_x(10**power):.0f}" y2="{height - ROW}"/>'
        f'<text class="tick" x="{_x(10**power):.0f}" y="{height - 6}">{10**power:g}</text>'
        for power in range(DECADES[0], DECADES[1] + 1)
    ]
    for number, (label, ratio) in enumerate(rows, start=1):
        top, left, right = ROW * number, min(_x(ratio), _x(1)), max(_x(ratio), _x(1))
        parts.append(
            f'<g><title>{escape(label)}: {ratio:.2f}</title><text x="0" y="{top + 15}">{escape(label)}</text>'
            f'<rect class="{"faster" if ratio < 1 else "slower"}" x="{left:.1f}" y="{top + 4}" '
            f'width="{max(right - left, 1):.1f}" height="{ROW - 8}"/>'
            f'<text class="value" x="{right + 4:.1f}" y="{top + 15}">{ratio:.2f}</text></g>'
        )
    style = (
        "text{font:12px sans-serif;fill:#1b1b1b}.tick{text-anchor:middle;fill:#555}"
        ".faster{fill:#4c956c}.slower{fill:#c98b3c}line{stroke:#ccc}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="The time of ratecard divided by that of others; below 1 ratecard is faster">'
        f'<style>{style}</style><rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _x(ratio: float) -> float:
    """Return the place of a ratio on the scale."""
    first, last = DECADES
    return LABELS + (WIDTH - LABELS - 40) * (min(max(log10(ratio), first), last) - first) / (last - first)
