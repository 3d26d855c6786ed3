"""The canonical form of tables, and its digest.

Rule 1  It is independent of how the file is written: comments, the order of files, `1.50` or `3/2`.
Rule 2  It omits what a table leaves out, so a new key in the table language changes no existing digest.
Rule 3  Meaningful order (of fields, factors, options and revisions) is kept in arrays; the names of attributes are
        sorted. The text is UTF-8 JSON without whitespace.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import NOTHING, fields, has

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attrs import Attribute


def digest_of(value: object) -> str:
    """Return the SHA-256 digest of tables, of parts of them, or of plain JSON data, in hexadecimal."""
    return sha256(canonical(value).encode()).hexdigest()


def canonical(value: object) -> str:
    """Return the canonical text of tables, of parts of them, or of plain JSON data.

    >>> from ratecard_rules import Field
    >>> canonical(Field(name="seed", type="number"))
    '{"name":"seed","type":"number"}'
    """
    return json.dumps(_data(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def stated(value: Any) -> Iterator[tuple[Attribute[Any], Any]]:
    """Yield what a part of a table states: its compared attributes and their values, without defaults."""
    for part in fields(type(value)):
        item = getattr(value, part.name)
        if part.eq and (part.default is NOTHING or item != part.default):
            yield part, item


def _data(value: Any) -> object:
    if has(type(value)):
        return {part.metadata.get("key", part.name): _data(item) for part, item in stated(value)}
    match value:
        case list() | tuple():
            return [_data(item) for item in value]
        case dict():
            return {key: _data(item) for key, item in value.items()}
        case Decimal() | Fraction():
            return str(Fraction(value))
        case datetime() | date():
            return value.isoformat()
    return value
