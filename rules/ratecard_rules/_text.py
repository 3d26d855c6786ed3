"""How values are displayed: with a bounded length, on one line, and as JSON writes them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from ratecard_rules._json import json_type, plain

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN_CHARACTERS = 120
"""Longer strings are shortened when they are displayed."""

SHOWN_ITEMS = 8
"""Longer lists are shortened when they are displayed."""

SHOWN_BITS = 256
"""Wider numbers are described instead of displayed."""

type_name: Callable[[type], str] = type.__dict__["__name__"].__get__
"""Return the name of a class without consulting its metaclass."""


def literal(value: object) -> str:
    """Return a scalar, or an array of scalars, as JSON writes it, on one line.

    >>> literal("5"), literal(True), literal(("5", 10))
    ('"5"', 'true', '["5", 10]')
    """
    match value:
        case bool() | None:
            return "null" if value is None else str(value).lower()
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{one_line(escaped)}"'
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
    return str(value)


def one_line(text: str) -> str:
    r"""Return text with everything escaped that could move the cursor, break the line or fail to be encoded.

    >>> print(one_line("red \x1b[31m"))
    red \u001b[31m
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def short(text: str) -> str:
    """Return `text`, or its beginning and its length if it is long."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:40]}… ({len(text):,} characters)"


def shortened(items: list[str]) -> str:
    """Return a list for people: all items, or the first two and the last if there are many.

    >>> shortened(["3", "4", "5"]), shortened(list("3456789ab"))
    ('3, 4, 5', '3, 4 … b')
    """
    return ", ".join(items) if len(items) <= SHOWN_ITEMS else f"{items[0]}, {items[1]} … {items[-1]}"


def describe(value: object) -> str:
    """Return a short description of any value with its JSON type. No method of the value is called.

    >>> describe("5"), describe(5), describe(None), describe(["5"]), describe(b"5")
    ('the string "5"', 'the number 5', 'null', 'an array with 1 item', 'a Python bytes object')
    """
    kind = json_type(value)
    if kind is None:
        return f"a Python {short(type_name(type(value)))} object"
    if kind is dict:
        return f"an object with {counted(dict.__len__(value), 'field')}"  # type: ignore[arg-type]  # a dict
    match plain(value):
        case str() as text:
            words = f"the string {literal(short(text))}"
        case list() as items:
            words = f"an array with {counted(len(items), 'item')}"
        case int() as number if number.bit_length() > SHOWN_BITS:
            words = f"a number of {number.bit_length():,} bits"
        case float() as number if not isfinite(number):
            words = literal(number)
        case scalar:
            words = literal(scalar) if scalar is None or kind is bool else f"the number {literal(scalar)}"
    return words


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the singular or plural.

    >>> counted(1, "model"), counted(1_200, "fault")
    ('1 model', '1,200 faults')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
