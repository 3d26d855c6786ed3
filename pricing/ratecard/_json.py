"""JSON text of plain data, and the range of numbers that is read."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from math import isinf
from typing import TYPE_CHECKING, Any

from ratecard._money import fraction_text

if TYPE_CHECKING:
    from collections.abc import Callable


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


def _bounded(read: Callable[[str], float]) -> Callable[[str], float]:
    """Return a reader of numbers that refuses those that a float cannot hold."""

    def number(text: str) -> float:
        if isinf(float(text)):
            raise ValueError("number out of range")
        return read(text)

    return number


BOUNDED: dict[str, Any] = {"parse_int": _bounded(int), "parse_float": _bounded(float)}
"""Options of a JSONDecoder that refuses numbers that a float cannot hold."""
