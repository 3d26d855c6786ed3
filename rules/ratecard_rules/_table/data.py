"""Tables as plain data with the keys and the structure of their files.

Rule 1  What a table leaves out is left out.
Rule 2  No floats are added: multipliers that are not whole are ratios such as "3/2", as in files. Options and limits
        of fields are JSON numbers, as in requests.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from attrs import NOTHING, fields

from ratecard_rules._json import json_scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from attrs import Attribute

FILE_KEYS = {"slug": "model", "revisions": "revision", "examples": "example", "conflicts": "conflict"}
"""The attributes with another key in a file; arrays of tables are singular there, as is usual in TOML."""

UNWRITTEN = {"Model": "file", "Revision": "known_digest", "Field": "name"}
"""The attribute of a class that is not a key of its table. The name of a field is the key of the whole table."""

_NAMES = {"Field": "name", "Factor": "field"}
"""The attribute that is the key of a part in the table of all parts of its class."""


def written(cls: type) -> dict[str, Attribute[Any]]:
    """Return the attributes of a class that its table has, by their keys."""
    parts = (part for part in fields(cls) if part.name != UNWRITTEN.get(cls.__name__))
    return {FILE_KEYS.get(part.name, part.name): part for part in parts}


def file_data(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """Return a part of a table in the structure of a file. `leaf` gets the numbers, dates and texts in it."""
    match value:
        case ((str(), _), *_):
            return {name: leaf(item) for name, item in value}
        case (first, *_) if name := _NAMES.get(type(first).__name__):
            return {getattr(part, name): file_data(part, leaf) for part in value}
        case tuple():
            return [file_data(part, leaf) for part in value]
        case None | str() | int() | Fraction() | Decimal() | date():
            return leaf(value)
    if type(value).__name__ == "Factor":
        return leaf("value") if value.multipliers is None else file_data(value.multipliers, leaf)
    parts = ((key, part, getattr(value, part.name)) for key, part in written(type(value)).items())
    return {
        key: file_data(item, leaf) if item != () or key != "input" else {}
        for key, part, item in parts
        if part.default is NOTHING or item != part.default
    }


def json_value(value: Any) -> Any:
    """Return a scalar of a table as JSON has it: an option or a limit as in a request, a multiplier exactly.

    >>> [*map(json_value, (Decimal("0.5"), Decimal("5.0"), Fraction(3, 2), date(2026, 11, 20)))]
    [0.5, 5, '3/2', '2026-11-20']
    """
    match value:
        case Fraction(denominator=1) | Decimal() if value == int(value):
            return int(value)
        case Fraction():
            return str(value)
        case Decimal():
            return json_scalar(value)
        case date():
            return value.isoformat()
    return value
