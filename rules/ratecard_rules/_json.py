"""Which JSON value a Python value is, decided without calling anything that the caller could have overridden.

What would be sent is what is judged: a subclass of str, int, float, dict or list counts as its base (`StrEnum` members
are their strings), a tuple as an array.

Rule 1  Classes are compared by identity: a metaclass may define `__eq__` and `__hash__`.
Rule 2  Objects are read as lists of entries, never looked up in: their keys may define `__eq__` and `__hash__` too.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Json: TypeAlias = Any
"""Any JSON value: what `json.loads` returns."""

WIDEST_BITS = 1024
"""A wider number is beyond what a JSON reader holds (the range of a double)."""

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
"""The Python types of each JSON type that a field may have."""

_BASES: tuple[tuple[type, type, Callable[[Any], object]], ...] = (
    (str, str, str.__str__),
    (int, int, int.__int__),
    (float, float, float.__float__),
    (dict, dict, lambda value: value if (copy := plain_object(value)) is None else copy),
    (list, list, list.copy),
    (tuple, list, lambda value: [*tuple.__iter__(value)]),
)
"""Python classes, the JSON type that their subclasses count as, and the way there."""


def is_json_type(kind: type) -> bool:
    """Return whether a class is exactly one of those that `json.loads` returns, by identity."""
    return is_scalar_type(kind) or kind is dict or kind is list


def is_scalar_type(kind: type) -> bool:
    """Return whether a class is exactly one of those of JSON scalars, whose values never change; by identity."""
    return kind is str or kind is int or kind is bool or kind is float or kind is type(None)


def json_type(value: object) -> type | None:
    """Return which class of `json.loads` a value counts as, or None where JSON has nothing like it.

    >>> json_type((1, 2)), json_type(b"")
    (<class 'list'>, None)
    """
    kind = type(value)
    if kind is str or kind is dict or is_json_type(kind):
        return kind
    return next((base for parent, base, _ in _BASES if issubclass(kind, parent)), None)


def plain(value: object) -> Json:
    """Return `value` as the JSON type that it counts as, one level deep.

    What JSON has nothing like comes back as it is, as does an object with keys that are not strings.

    >>> plain((1, 2)), plain(True)
    ([1, 2], True)
    """
    kind = type(value)
    if kind is str or kind is dict or is_json_type(kind):
        return value
    return next((convert(value) for parent, _, convert in _BASES if issubclass(kind, parent)), value)


def entries(value: Json) -> list[tuple[Any, Any]]:
    """Return the keys and values of an object as they are at this moment; no key is hashed or compared."""
    return list(dict.items(value))


def plain_object(value: object) -> dict[str, Any] | None:
    """Return an object as a new dict with plain keys; None where it is none, or where a key is not a string.

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


def is_of_type(name: str, value: object) -> bool:
    """Return whether a plain value is of the JSON type of this name, by identity: true is no number.

    >>> is_of_type("number", 1.5), is_of_type("number", True)
    (True, False)
    """
    kind = type(value)
    return any(kind is wanted for wanted in TYPES[name])


def exact(value: float) -> int | Decimal:
    """Return the number that JSON shows for a float: its shortest decimal text; whole numbers as they are.

    Tables hold decimals. 0.1 in a request means the 0.1 of the table, not the binary fraction next to it. Comparing
    the result with another Decimal or int consults no decimal context.

    >>> exact(0.1), exact(5)
    (Decimal('0.1'), 5)
    """
    return Decimal(float.__repr__(value)) if type(value) is float else int(value)


def json_scalar(option: str | float | Decimal) -> str | float:
    """Return an option or a limit of a table as JSON has it. Never used for money."""
    return float(option) if isinstance(option, Decimal) else option


def encodes(text: str) -> bool:
    """Return whether UTF-8 can carry a text: it has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
