"""The line number of each key of a TOML text, for faults.

tomllib does not report positions. One pass over the lines finds table headers and keys at the start of a line. Anything
inside a value, such as an item of an array or a key of an inline table, gets the line of the key that holds it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = r"""(?:[\w-]++|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+')"""
_PATH = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME}){{0,19}}"  # bounded, so that endless nesting makes no endless keys
_STATEMENT = re.compile(rf"[ \t]*(?:(\[\[?)[ \t]*({_PATH})[ \t]*\]|({_PATH})[ \t]*=)")
_STRUCTURE = re.compile(r"[][{}=]")
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
    counts: Counter[str] = Counter()
    table, depth = "", 0
    text = _STRING_OR_COMMENT.sub(lambda match: _STRUCTURE.sub("_", match[0]), text.removeprefix("\ufeff"))
    for number, line in enumerate(text.split("\n"), start=1):
        if not depth and (statement := _STATEMENT.match(line)):
            mark, header, path = statement.groups()
            key = "" if header else table
            names = [name[1:-1] if name[0] in "\"'" else name for name in re.findall(_NAME, header or path)]
            for place, name in enumerate(names, start=1):
                key = f"{key}.{name}" if key else name
                if mark == "[[" and place == len(names):
                    counts[key] += 1
                key = f"{key}[{counts[key]}]" if key in counts else key
                lines.setdefault(key, number)
            lines[key] = number
            table = key if header else table
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
