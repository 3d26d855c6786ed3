"""Which JSON value a Python value is, determined without calling anything that the caller could have overridden.

Values are judged as they would be sent: a subclass of str, int, float, dict or list counts as its base (`StrEnum`
members are strings), a tuple as an array.

Rule 1  Classes are compared by identity: a metaclass may define `__eq__` and `__hash__`.
Rule 2  Objects are read as lists of entries, without lookups: their keys may define `__eq__` and `__hash__` too.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Json: TypeAlias = Any
"""Any JSON value: what `json.loads` returns."""

WIDEST_BITS = 1024
"""Wider numbers are outside the range of a double, which is what most JSON parsers use."""

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
"""The Python types of each JSON type that a field may have."""

_EXACT = frozenset(map(id, (str, int, float, bool, type(None), dict, list)))
"""The identities of the classes that `json.loads` returns."""

_BASES: tuple[tuple[type, type, Callable[[Any], object]], ...] = (
    (str, str, str.__str__),
    (int, int, int.__int__),
    (float, float, float.__float__),
    (dict, dict, lambda value: value if (copy := plain_object(value)) is None else copy),
    (list, list, list.copy),
    (tuple, list, lambda value: [*tuple.__iter__(value)]),
)
"""Python classes, the class that their subclasses count as, and the conversion to it."""


def json_type(value: object) -> type | None:
    """Return which class of `json.loads` a value counts as, or None if JSON has no equivalent.

    >>> json_type((1, 2)), json_type(b"")
    (<class 'list'>, None)
    """
    kind = type(value)
    if kind is str or kind is dict or id(kind) in _EXACT:
        return kind
    return next((base for parent, base, _ in _BASES if issubclass(kind, parent)), None)


def plain(value: object) -> Json:
    """Return `value` as the JSON type that it counts as, one level deep.

    Values without a JSON equivalent and objects with keys that are not strings are returned unchanged.

    >>> plain((1, 2)), plain(True)
    ([1, 2], True)
    """
    kind = type(value)
    if kind is str or kind is dict or id(kind) in _EXACT:
        return value
    return next((convert(value) for parent, _, convert in _BASES if issubclass(kind, parent)), value)


def is_json_text(value: Any) -> bool:
    """Return whether a value is text or bytes that begin like a JSON object.

    >>> is_json_text(b' {"model": 5}'), is_json_text("a cat")
    (True, False)
    """
    for kind in (str, bytes, bytearray):
        if issubclass(type(value), kind):
            start: Any = kind.__getitem__(value, slice(_LOOKED_AT))  # of the base class
            return start.lstrip()[:1] in ("{", b"{")
    return False


_LOOKED_AT = 100
"""The number of characters in which a JSON text begins, after white space."""


def plain_items(values: list[Any]) -> list[Any]:
    """Return the items of an array as the JSON types that they count as, each one level deep."""
    return values if _EXACT.issuperset(map(id, map(type, values))) else list(map(plain, values))


def entries(value: Json) -> list[tuple[Any, Any]]:
    """Return a snapshot of the keys and values of an object; no key is hashed or compared."""
    return list(dict.items(value))


def is_plain_scalar(value: Any) -> bool:
    """Return whether a value is an ASCII string, an integer that every parser keeps exactly, a boolean or null."""
    kind = type(value)
    return (kind is str and value.isascii()) or (kind is int and abs(value) < 2**53) or kind is bool or value is None


def is_plain(value: Any) -> bool:
    """Return whether a value is a plain scalar, or an array or an object (with ASCII keys) of plain scalars alone."""
    if type(value) is not dict:
        return is_plain_scalar(value) or (type(value) is list and all(map(is_plain_scalar, value)))
    for key, part in list(value.items()):
        if type(key) is not str or not key.isascii() or not is_plain_scalar(part):
            return False
    return True


def plain_object(value: object) -> dict[str, Any] | None:
    """Return an object as a new dict with plain keys; None if it is not an object or a key is not a string.

    >>> from enum import StrEnum
    >>> plain_object({StrEnum("Key", ["PROMPT"]).PROMPT: "a cat"})
    {'prompt': 'a cat'}
    >>> plain_object({("prompt",): "a cat"}) is None
    True
    """
    if json_type(value) is not dict:
        return None
    pairs = [(plain(key), item) for key, item in entries(value)]
    return dict(pairs) if all(type(key) is str for key, _ in pairs) else None


def exact(value: float) -> int | Decimal:
    """Return a float as the decimal that JSON writes for it, its shortest text; integers are returned unchanged.

    Tables hold decimals: 0.1 in a request is the 0.1 of the table, not the nearest binary fraction. Comparing the
    result with a Decimal or an int uses no decimal context.

    >>> exact(0.1), exact(5)
    (Decimal('0.1'), 5)
    """
    return Decimal(float.__repr__(value)) if type(value) is float else int(value)


def json_scalar(option: str | float | Decimal) -> str | float:
    """Return an option or a limit of a table as a JSON value. Never used for money."""
    return float(option) if isinstance(option, Decimal) else option


def encodes(text: str) -> bool:
    """Return whether UTF-8 can encode a text, that is, it has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
