"""The line number of each key of a TOML text, for faults.

tomllib does not report positions. One pass over the lines finds table headers and keys at the start of a line. Anything
inside a value, such as an item of an array or a key of an inline table, gets the line of the key that holds it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = r"""(?:[\w-]++|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+')"""
_PATH = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME}){{0,19}}"  # bounded, so that endless nesting makes no endless keys
_STATEMENT = re.compile(rf"[ \t]*(?:(?P<mark>\[\[?)[ \t]*(?P<header>{_PATH})[ \t]*\]|(?P<key>{_PATH})[ \t]*=)")
_STRING_OR_COMMENT = re.compile(
    r"""
    \"{3} (?: \\. | [^\\] | \\\Z )*? (?: \"{3,5} | \Z )   # a string without an end reaches to the end of the text
    | '{3} .*? (?: '{3,5} | \Z )
    | " (?: \\[^\n] | [^"\\\n] )*+ "?
    | ' [^'\n]*+ '?
    | \# [^\n]*
    """,
    re.VERBOSE | re.DOTALL,
)


def key_lines(text: str) -> dict[str, int]:
    r"""Return the line (from 1) of every table header and of every key at the start of a line.

    Keys are in the form that faults use, with tables of an array counted from 1.

    >>> key_lines('model = "a/b"\n[[revision]]\nprice = { label = "second" }')
    {'model': 1, 'revision[1]': 2, 'revision[1].price': 3}
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, depth = "", 0
    for number, line in enumerate(_STRING_OR_COMMENT.sub(_without_brackets, text).split("\n"), start=1):
        statement = None if depth else _STATEMENT.match(line.lstrip("\ufeff"))
        if statement and statement["header"]:
            table = _header_key(_names(statement["header"]), counts, is_array=statement["mark"] == "[[")
            lines[table] = number
        elif statement:
            key = table
            for name in _names(statement["key"]):
                key = _joined(key, name)
                lines.setdefault(key, number)
            lines[key] = number
        depth = max(0, depth + line.count("[") + line.count("{") - line.count("]") - line.count("}"))
    return lines


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a key, or else of the nearest enclosing part that has one, or None.

    >>> line_of("revision[1].price.base_usd_micros", {"revision[1]": 2, "revision[1].price": 3})
    3
    """
    while key and key not in lines:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return lines.get(key)


def _without_brackets(string_or_comment: re.Match[str]) -> str:
    """Return a replacement that keeps line ends and quoted keys, but no brackets that look like structure."""
    text = string_or_comment[0]
    if text.startswith("#"):
        return ""
    return '""' + "\n" * text.count("\n") if text[:3] in ('"""', "'''") else re.sub(r"[][{}]", "_", text)


def _names(path: str) -> list[str]:
    return [name[1:-1] if name[0] in "\"'" else name for name in re.findall(_NAME, path)]


def _header_key(names: list[str], counts: dict[str, int], *, is_array: bool) -> str:
    key = ""
    for name in names[:-1]:
        key = _joined(key, name)
        key = f"{key}[{counts[key]}]" if key in counts else key
    key = _joined(key, names[-1])
    if not is_array:
        return key
    counts[key] = counts.get(key, 0) + 1
    return f"{key}[{counts[key]}]"


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
