"""In which line of a TOML text each key stands: what an editor needs to open a table at its fault.

The reader of TOML says nothing of positions, and a second reader would be a second opinion. So this is a scanner: it
follows keys, headers and brackets through the text, knows where strings and comments end, and believes the rest.

Rule 1  Keys are written as faults write them: `revision[1].input.duration.default`, counted from 1.
Rule 2  No text makes it raise. On a text that is not TOML, it finds what it can.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Mapping

DEEPEST = 20
"""Deeper nesting is not followed: no table needs it, and endless nesting would make endless names."""

_PIECE = re.compile(
    r"""
    (?P<blank> [^\S\n]+ | \#[^\n]* )
    | \n
    | \"{3} (?: \\. | [^\\] | \\\Z )*? (?: \"{3,5} | \Z )   # an unfinished text of several lines reaches to the end
    | '{3} .*? (?: '{3,5} | \Z )
    | " (?: \\[^\n] | [^"\\\n] )*+ "?
    | ' [^'\n]*+ '?
    | [][{}=.,]
    | [^][{}=.,"'\#\s]+
    """,
    re.VERBOSE | re.DOTALL,
)
"""Every text is a row of these: blanks and comments, line ends, strings, marks, and bare words such as 84_000."""


def key_lines(text: str) -> dict[str, int]:
    r"""Return the line (from 1) of every key, table header and array item, in the order of the text.

    >>> key_lines('model = "a/b"\n[[revision]]\nprice = { label = "second" }')
    {'model': 1, 'revision[1]': 2, 'revision[1].price': 3, 'revision[1].price.label': 3}
    """
    scan = _Scan()
    for piece in _PIECE.finditer(text):
        if piece["blank"] is None:
            scan.feed(piece.group())
            scan.line += piece.group().count("\n")
    return scan.lines


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a key; where it is missing, that of the nearest part around it that is there, or None.

    >>> line_of("revision[1].price.base_usd_micros", {"revision[1]": 2, "revision[1].price": 3})
    3
    """
    while key and key not in lines:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return lines.get(key)


@define
class _Open:
    """A bracket that is still open: the key that it belongs to, and which `item` of an array is read; 0 in a table."""

    key: str
    item: int


@define
class _Scan:
    """The place reached: the line, the table of the last header, the open brackets, and the key that is being read.

    `value` is the key whose value is being read, None while a key is; `parts` is what was read of that key;
    `headed` counts the brackets that opened a header, `counts` the tables of each array of tables.
    """

    line: int = 1
    lines: dict[str, int] = field(factory=dict)
    counts: dict[str, int] = field(factory=dict)
    table: str = ""
    opened: list[_Open] = field(factory=list)
    value: str | None = None
    parts: list[str] = field(factory=list)
    headed: int = 0

    def feed(self, piece: str) -> None:
        """Take the next piece of the text."""
        match piece:
            case "\n":
                if not self.opened:
                    self._expect_key()
            case "[" | "{":
                self._open(piece)
            case "]" | "}":
                self._close()
            case ",":
                self._next()
            case "=" if self.parts:
                self._define()
            case _:
                self._read(piece)

    def _expect_key(self) -> None:
        self.value, self.parts, self.headed = None, [], 0

    def _read(self, piece: str) -> None:
        if self.value is not None:
            self.lines.setdefault(self.value, self.line)
        elif piece != "." and len(self.parts) + len(self.opened) < DEEPEST:
            self.parts.append(_name(piece))

    def _open(self, piece: str) -> None:
        if self.value is None:
            self.headed += 1
            return
        self.lines.setdefault(self.value, self.line)
        self.opened.append(_Open(self.value, int(piece == "[")))
        if piece == "[":
            self.value = self._item()
        else:
            self._expect_key()

    def _item(self) -> str:
        key = self.opened[-1].key
        return f"{key}[{self.opened[-1].item}]" if len(self.opened) < DEEPEST else key

    def _next(self) -> None:
        if self.opened and self.opened[-1].item:
            self.opened[-1].item += 1
            self.value = self._item()
        elif self.opened:
            self._expect_key()

    def _close(self) -> None:
        if self.opened:
            self.value = self.opened.pop().key
        elif self.headed and self.parts:
            self._head()

    def _define(self) -> None:
        key = self.opened[-1].key if self.opened else self.table
        for part in self.parts:
            key = _joined(key, part)
            self.lines.setdefault(key, self.line)
        self.lines[key] = self.line
        self.value, self.parts = key, []

    def _head(self) -> None:
        key = ""
        for part in self.parts[:-1]:
            key = _joined(key, part)
            key = f"{key}[{self.counts[key]}]" if key in self.counts else key
        key = _joined(key, self.parts[-1])
        if self.headed > 1:
            self.counts[key] = self.counts.get(key, 0) + 1
            key = f"{key}[{self.counts[key]}]"
        self.lines[key] = self.line
        self.table = key
        self._expect_key()


def _joined(key: str, part: str) -> str:
    return f"{key}.{part}" if key else part


def _name(piece: str) -> str:
    """Return the name that a key says: its quotes and escapes are TOML's own."""
    if piece[0] not in "\"'":
        return piece
    try:
        name: str = tomllib.loads(f"name = {piece}")["name"]
    except tomllib.TOMLDecodeError:
        return piece
    return name
