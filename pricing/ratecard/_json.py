"""JSON text of plain data."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction

from ratecard._money import fraction_text


def json_text(data: object, *, indent: int | None = None) -> str:
    """Return data as JSON, in which exact numbers, dates and instants are text.

    >>> json_text({"checked": date(2026, 11, 20), "multiplier": Fraction(3, 2)})
    '{"checked": "2026-11-20", "multiplier": "1.5"}'
    """
    return json.dumps(data, indent=indent, allow_nan=False, default=_exact_text)


def _exact_text(value: object) -> str:
    if isinstance(value, Fraction):
        return fraction_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)
