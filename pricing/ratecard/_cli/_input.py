"""Requests as they come in: JSON documents, arrays and JSON Lines from files, and key=value from the command line.

Rule 1  JSON is read strictly: no key twice in one object, no NaN or Infinity, no number that JSON readers cannot hold.
Rule 2  What cannot be read stands as a `BadJson` in the place of its request, with line and column. It never stops
        the requests beside it.
Rule 3  Whether the answer is one or a list follows from how the input is written, not from how many requests it holds.
"""

from __future__ import annotations

import json
import re
import sys
from codecs import BOM_UTF8
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import frozen

from ratecard_rules import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STDIN = "-"
"""The file name that means standard input."""

DEEPEST = 200
"""Deeper nesting is not read: no request needs it (the core refuses half of it), and writers of JSON give up."""

_LINES = (".jsonl", ".ndjson")
_LONGEST_NAMED = 80

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(
    rf"(?P<key>{_STRING})\s*:|{_STRING}|(?P<open>[{{\[])|(?P<close>[}}\]])"
    r"|(?P<constant>NaN|-?Infinity)|(?P<number>-?\d[\d.eE+-]*)",
    re.DOTALL,
)


@frozen
class Source:
    """Where a request stands: its `file`, and the `line` (from 1) or the `index` in an array (from 0)."""

    file: str
    line: int | None = None
    index: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the place as plain JSON data, without what does not apply."""
        parts = {"file": self.file, "line": self.line, "index": self.index}
        return {name: part for name, part in parts.items() if part is not None}

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        index = "" if self.index is None else f"[{self.index}]"
        return f"{self.file}{line}{index}"


@frozen
class BadJson:
    """Stands for a request that could not be read: `what` is wrong, and in which `line` and `column` (from 1)."""

    line: int
    column: int
    what: str

    @property
    def message(self) -> str:
        """What is wrong and where, in one line."""
        return f"line {self.line}, column {self.column}: {self.what}"


@frozen
class Entry:
    """One request, any JSON value, or the `BadJson` in its place; and where it stands."""

    source: Source
    request: object


@frozen
class Requests:
    """All requests of one call; `many` says whether they are a list, of whatever length, or a single one."""

    entries: tuple[Entry, ...]
    many: bool = False


def read_files(files: Iterable[str], *, lines: bool = False) -> Requests:
    """Return the requests of several files in order; `lines` takes every file for JSON Lines. May raise OSError."""
    parts = [read(file, _bytes_of(file), lines=lines) for file in files]
    return Requests(tuple(entry for part in parts for entry in part.entries), len(parts) > 1 or parts[0].many)


def read(file: str, raw: bytes, *, lines: bool = False) -> Requests:
    """Return the requests of one file: a document, an array of requests, or JSON Lines.

    >>> [str(entry.source) for entry in read("batch.json", b"[{}, {}]").entries]
    ['batch.json[0]', 'batch.json[1]']
    """
    raw = raw.removeprefix(BOM_UTF8)
    if lines or file.lower().endswith(_LINES):
        return _read_lines(file, raw)
    document = load(raw)
    if isinstance(document, list):
        return Requests(tuple(Entry(Source(file, index=at), one) for at, one in enumerate(document)), many=True)
    if isinstance(document, BadJson) and _looks_like_lines(raw):
        return _read_lines(file, raw)
    return Requests((Entry(Source(file), document),), many=raw.lstrip().startswith(b"["))


def load(raw: bytes, line: int = 1) -> object:
    """Return the JSON value of a text that starts in `line`, or BadJson. Never raises.

    >>> load(b'{"a": 1, "a": 2}')
    BadJson(line=1, column=10, what='the key "a" stands twice in one object')
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        what = f"byte 0x{raw[error.start]:02x} at offset {error.start} is not UTF-8 text"
        return _bad(raw[: error.start].decode(), error.start, what, line)
    if not text.strip():
        return BadJson(line, 1, "there is nothing to read")
    try:
        return parse(text)
    except json.JSONDecodeError as error:
        return _bad(text, error.pos, error.msg, line)


def parse(text: str) -> object:
    """Return the value of a JSON text, read strictly. Raises JSONDecodeError, with the place, for anything else."""
    try:
        value: object = _DECODER.decode(text)
    except (_Refused, RecursionError):
        raise _refusal(text) from None
    if _is_too_deep(value):
        raise _refusal(text)
    return value


def pairs(items: Iterable[str]) -> dict[str, object]:
    """Return the fields that `key=value` (text) and `key:=json` say. Raises ValueError for anything else.

    >>> pairs(["duration=5", "seed:=7", "image_url=https://example.com/?a=b"])
    {'duration': '5', 'seed': 7, 'image_url': 'https://example.com/?a=b'}
    """
    fields: dict[str, object] = {}
    for item in items:
        key, value = _pair(item)
        if key in fields:
            raise ValueError(f"{_named(key)} is given twice")
        fields[key] = value
    return fields


def _pair(item: str) -> tuple[str, object]:
    key, equals, text = item.partition("=")
    name = key.removesuffix(":")
    if not (equals and name):
        raise ValueError(f"expected key=value or key:=json, got {_named(item)}")
    if name == key:
        return key, text
    try:
        return name, parse(text)
    except json.JSONDecodeError as error:
        place = f"column {error.colno} of the JSON"
        raise ValueError(f"{_named(item)}: {error.msg} ({place}); text goes with = and not with :=") from None


def _named(text: str) -> str:
    """Return text in quotes on one line, only its beginning where it is long."""
    return literal(text) if len(text) <= _LONGEST_NAMED else f"{literal(text[:_LONGEST_NAMED])}..."


def _bytes_of(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()


def _read_lines(file: str, raw: bytes) -> Requests:
    """Read JSON Lines. Lines end with a line feed alone: JSON text may hold every other separator."""
    numbered = enumerate(raw.split(b"\n"), start=1)
    entries = tuple(Entry(Source(file, line=at), load(line, at)) for at, line in numbered if line.strip())
    return Requests(entries or (Entry(Source(file), load(b"")),), many=True)


def _looks_like_lines(raw: bytes) -> bool:
    """Say whether a text that is no JSON document is JSON Lines: the first line, or half of them, are whole objects."""
    lines = [line for line in map(bytes.strip, raw.split(b"\n")) if line]
    objects = [line.startswith(b"{") and line.endswith(b"}") for line in lines]
    return len(lines) > 1 and (objects[0] or 2 * sum(objects) >= len(lines)) and not lines[0].startswith(b"[")


def _bad(text: str, offset: int, what: str, line: int) -> BadJson:
    before = text[:offset]
    return BadJson(line + before.count("\n"), len(before) - before.rfind("\n"), what)


class _Refused(Exception):  # noqa: N818  caught in this file alone
    """`json` would take this, we do not; its place is found afterwards, for the hooks of `json` know none."""


def _refuse(_: str) -> NoReturn:
    raise _Refused


def _object(items: list[tuple[str, object]]) -> dict[str, object]:
    entries = dict(items)
    if len(entries) < len(items):
        raise _Refused
    return entries


def _float(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _Refused
    return number


def _int(text: str) -> int:
    _float(text)  # what a double cannot hold, no other reader of JSON would read; and `int` refuses very long text
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse, parse_float=_float, parse_int=_int)


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [child for node in level for child in _children(node)]
    return bool(level)


def _children(node: object) -> Iterable[object]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _refusal(text: str) -> json.JSONDecodeError:
    offset, what = next(_refused(text))
    return json.JSONDecodeError(what, text, offset)


def _refused(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset of what is refused, and why. Up to the first such place `text` is known to be JSON."""
    keys: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "open":
                keys.append(set())
                if len(keys) > DEEPEST:
                    yield token.start(), f"nested more than {DEEPEST} levels deep"
            case "close":
                keys.pop()
            case "key":
                key = json.loads(token["key"])
                if key in keys[-1]:
                    yield token.start(), f"the key {_named(key)} stands twice in one object"
                keys[-1].add(key)
            case "constant":
                yield token.start(), f"JSON has no number {token.group()}"
            case "number" if not isfinite(float(token.group())):
                yield token.start(), "a number that no JSON reader holds"
