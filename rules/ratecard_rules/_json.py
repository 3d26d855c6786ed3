"""Which JSON value a Python value is, decided without calling anything that the caller could have overridden.

What would be sent is what is judged: a subclass of str, int, float, dict or list counts as its base (`StrEnum` members
are their strings), a tuple as an array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

JSON_TYPES = frozenset({str, int, float, bool, type(None), dict, list})
"""The types that `plain` returns for a value that JSON can carry."""

SCALARS = JSON_TYPES - {dict, list}
"""Those of them whose values never change."""

WIDEST_BITS = 1024
"""A wider number is beyond what a JSON reader holds (the range of a double)."""

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
"""The plain Python types of each JSON type that a field may have."""

_BASES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (dict, lambda value: dict(dict.items(value))),
    (list, lambda value: [*list.__iter__(value)]),
    (tuple, lambda value: [*tuple.__iter__(value)]),
)


def plain(value: object) -> Any:  # noqa: ANN401  any JSON value
    """Return `value` as its JSON base type, one level deep; what has no base type comes back as it is.

    >>> plain((1, 2)), plain(True)
    ([1, 2], True)
    """
    kind = type(value)
    if kind in JSON_TYPES:
        return value
    return next((convert(value) for base, convert in _BASES if issubclass(kind, base)), value)


def plain_object(value: object) -> dict[Any, Any]:
    """Return an object as a new dict whose keys are plain too.

    >>> from enum import StrEnum
    >>> plain_object({StrEnum("Key", ["PROMPT"]).PROMPT: "a cat"})
    {'prompt': 'a cat'}
    """
    return {plain(key): item for key, item in plain(value).items()}


def is_of_type(name: str, value: object) -> bool:
    """Return whether a plain value is of the JSON type of this name, by identity: true is no number.

    >>> is_of_type("number", 1.5), is_of_type("number", True)
    (True, False)
    """
    return type(value) in TYPES[name]


def encodes(text: str) -> bool:
    """Return whether UTF-8 can carry a text: it has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
