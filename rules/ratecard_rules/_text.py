"""How strings and scalars are displayed: of bounded length, on one line, and as JSON writes them."""

from __future__ import annotations

SHOWN_CHARACTERS = 120
"""Longer strings are shortened when they are displayed."""


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


def literal(value: object) -> str:
    """Return a scalar as JSON writes it.

    >>> literal("5"), literal(True)
    ('"5"', 'true')
    """
    match value:
        case bool() | None:
            return "null" if value is None else str(value).lower()
        case str():
            return quoted(value)
    return str(value)


def quoted(text: str) -> str:
    """Return text in double quotes, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{one_line(escaped)}"'


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the singular or plural.

    >>> counted(1, "model"), counted(1_200, "fault")
    ('1 model', '1,200 faults')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
