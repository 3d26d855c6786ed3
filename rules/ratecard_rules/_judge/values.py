"""Which values JSON can represent, and the form in which problems keep values, without trusting the value.

Rule 1  No method that the caller could have overridden is called, so nothing here raises or has side effects.
Rule 2  There is no recursion, and a container is visited once per depth even if it is shared, so the time is linear.
Rule 3  What is kept of a value has a bounded length and no line breaks.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from ratecard_rules._json import WIDEST_BITS, encodes, entries, is_plain, json_type, plain
from ratecard_rules._judge.patch import pointer_to
from ratecard_rules._text import SHOWN_BITS, SHOWN_CHARACTERS, describe, type_name

if TYPE_CHECKING:
    from ratecard_rules._json import Json

MAX_DEPTH = 100
"""Deeper nesting is refused: common JSON serializers fail soon after."""

LONGEST_KEY = 200
"""Longer keys are left out of pointers, which then point to the object that has the key."""

_HINTS = {
    "bytes": "decode it to a string, or upload the file and send its URL",
    "Decimal": "send a float, or a string if the field takes one",
    "Fraction": "send a float, or a string if the field takes one",
    "set": "send a list",
    "frozenset": "send a list",
    "mappingproxy": "send a dict",
}


@frozen
class Shortened:
    """A description of a value that is too long to be repeated, or not JSON.

    Attributes:
        text: A description of the value.
    """

    text: str

    def __str__(self) -> str:
        return self.text


Shown: TypeAlias = str | int | float | bool | Shortened | None
"""A value in a problem: the value itself if it is a short scalar, or else its description."""


def show(value: object) -> Shown:
    """Return a value in the form that problems keep: bounded, immutable and comparable."""
    scalar: Any = value if type(value) is str else plain(value)
    kind = type(scalar)
    if (
        (kind is str and len(scalar) <= SHOWN_CHARACTERS)
        or (kind is int and scalar.bit_length() <= SHOWN_BITS)
        or (kind is float and isfinite(scalar))
        or (kind is bool or scalar is None)
    ):
        kept: Shown = scalar
        return kept
    return Shortened(describe(scalar))


@frozen
class Unserializable:
    """A part of a value that JSON cannot represent.

    Attributes:
        pointer: Where it is, as a JSON Pointer into the value.
        what: A description of it.
        hint: What to send instead, if that is known.
    """

    pointer: str
    what: str
    hint: str | None = None


def unserializable(value: object) -> Unserializable | None:
    """Return the first part of `value` that JSON cannot represent, or None. Outer parts come first.

    >>> unserializable({"a": [1, float("nan")]})
    Unserializable(pointer='/a/1', what='nan', hint='send a finite number')
    """
    if is_plain(value):
        return None
    level: list[Any] = [[value]]  # the containers at one depth; the outermost is not part of the value
    levels: list[list[Any]] = []
    while level:
        if len(levels) > MAX_DEPTH:
            return _too_deep(_path(levels, level[0]))
        levels.append(level)
        inner: list[Any] = []
        for container in level:
            for child in container if type(container) is list else _children(container):
                kind = type(child)
                if kind is list or (kind is dict and _has_plain_keys(child)):
                    inner.append(child)
                elif (
                    (kind is str and (child.isascii() or encodes(child)))
                    or (kind is int and child.bit_length() <= WIDEST_BITS)
                    or (kind is bool or child is None)
                    or (kind is float and isfinite(child))
                ):
                    continue
                elif flaw := _unserializable_itself(child):
                    return Unserializable(_pointer(_path(levels, child)), *flaw)
                elif json_type(child) in (dict, list):
                    inner.append(child)
        level = inner if len(inner) <= len(level) else _distinct(inner)  # shared containers matter if they multiply
    return None


def _distinct(values: list[Any]) -> list[Any]:
    return list({id(value): value for value in values}.values())


def _children(container: Json) -> list[Any]:
    """Return a snapshot of the items of an array or the values of an object."""
    if type(container) is dict:
        return list(container.values())
    return list(dict.values(container)) if json_type(container) is dict else plain(container)


def _has_plain_keys(value: dict[Any, Any]) -> bool:
    return not [key for key in list(value) if type(key) is not str or not key.isascii()]


def _key(container: Json, child: object) -> str | int | None:
    """Return the key of a child of a container; None if it has no such child."""
    pairs = entries(container) if json_type(container) is dict else enumerate(plain(container))
    return next((plain(key) for key, value in pairs if value is child), None)


def _path(levels: list[list[Json]], value: object) -> list[tuple[str | int, Json]]:
    """Return the path to a value: each key, and what is there. Empty if another thread has removed the value."""
    path = []
    for level in reversed(levels):
        keys = ((key, container) for container in level if (key := _key(container, value)) is not None)
        key, container = next(keys, (None, None))
        if key is None:
            return []
        path.append((key, value))
        value = container
    return path[::-1]


def _pointer(path: list[tuple[str | int, Json]]) -> str:
    """Return the pointer to the last value of a path, which begins with the value that was searched."""
    pointer = ""
    for key, _ in path[1:]:
        pointer = pointer_to(pointer, "" if type(key) is str and len(key) > LONGEST_KEY else key)
    return pointer


def _too_deep(path: list[tuple[str | int, Json]]) -> Unserializable:
    """Describe the last value of a path, which is nested too deep, or contains itself."""
    for place, (_, container) in enumerate(path):
        if any(container is outer for _, outer in path[:place]):
            pointer = _pointer(path[: place + 1])
            return Unserializable(pointer, "a value that contains itself", "remove the circular reference")
    return Unserializable(_pointer(path), f"a value nested more than {MAX_DEPTH} levels deep")


def unserializable_key(key: object) -> tuple[str, str | None] | None:
    """Return what is wrong with a key of an object and how to fix it, or None."""
    if json_type(key) is not str:
        return f"a key that is not a string ({describe(key)})", "use strings as keys"
    return _unserializable_itself(key)


def _unserializable_itself(value: object) -> tuple[str, str | None] | None:
    """Return why a scalar or the keys of an object are not JSON, and what to send instead; or None."""
    kind = json_type(value)
    if kind is None:
        hint = _HINTS.get(type_name(type(value)), "send a string, a number, a boolean, None, a list or a dict")
        return describe(value), hint
    if kind is dict:
        keys = [key for key, _ in entries(value)]
        return next(filter(None, map(unserializable_key, keys)), None)
    match plain(value):
        case str() as text if not (text.isascii() or encodes(text)):
            return "a string with a lone surrogate", "send text that UTF-8 can encode"
        case int() as number if number.bit_length() > WIDEST_BITS:
            return describe(number), "most JSON parsers refuse numbers this large"
        case float() as number if not isfinite(number):
            return describe(number), "send a finite number"
    return None
