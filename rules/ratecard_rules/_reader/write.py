"""Writes a table as the text of a table file, which `load_model` reads back as an equal table."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ratecard_rules._table.data import file_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard_rules._table.model import Model

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_TABLES = {"revision", "input", "measured", "sound", "price", "factors", "at_least_one", "example", "conflict"}
"""The keys of tables with a header of their own; others are written in braces."""
_PARTS = {"", "revision", "revision.price"}
"""The tables in which they are."""
_FIELDS = {"revision.input", "revision.measured"}
"""The tables of fields, each of which has a header."""


def to_toml(model: Model) -> str:
    """Return a table as the text of a TOML file. Comments of the file that it was read from are not kept.

    >>> from ratecard_rules import Catalog, load_model
    >>> model = Catalog.bundled()["kling-plus/kling-o1-pro/video-edit-fast"]
    >>> print(to_toml(model)[:48])
    model = "kling-plus/kling-o1-pro/video-edit-fast
    >>> load_model(to_toml(model)) == model
    True
    """
    return "\n".join(_table("", file_data(model, _value))).lstrip("\n") + "\n"


def _table(name: str, data: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a table: first its own values, then the tables in it."""
    headed = {key: part for key, part in data.items() if _is_headed(name, key, part)}
    yield from (f"{_key(key)} = {_inline(part)}" for key, part in data.items() if key not in headed)
    for key, part in headed.items():
        path = f"{name}.{_key(key)}".removeprefix(".")
        for table in part if isinstance(part, list) else [part]:
            if path not in _FIELDS or not table:  # the headers of the fields are enough
                yield from ("", f"[[{path}]]" if isinstance(part, list) else f"[{path}]")
            yield from _table(path, table)


def _is_headed(name: str, key: str, part: Any) -> bool:
    """Return whether a part has a header. Each field has one; an empty `input` would otherwise be lost."""
    return isinstance(part, dict | list) and (name in _FIELDS or (key in _TABLES and name in _PARTS))


def _key(key: str) -> str:
    return key if _BARE_KEY(key) else _text(key)


def _inline(part: Any) -> str:
    if isinstance(part, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_inline(item)}' for key, item in part.items())} }}"
    return f"[{', '.join(map(_inline, part))}]" if isinstance(part, list) else str(part)


def _value(value: Any) -> str:
    """Return a scalar in TOML."""
    match value:
        case bool():
            return str(value).lower()
        case Fraction(numerator=numerator, denominator=denominator) if denominator != 1:
            return _decimal(value) or f'"{numerator}/{denominator}"'
        case int() | Fraction():
            return str(value)
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
    return _text(value)


def _decimal(number: Fraction) -> str | None:
    """Return a fraction as a decimal if it has at most six places."""
    micros = number * 10**6
    return (
        f"{micros.numerator // 10**6}.{micros.numerator % 10**6:06d}".rstrip("0") if micros.denominator == 1 else None
    )


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
