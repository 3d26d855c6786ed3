"""Reading requests: JSON documents, arrays and JSON Lines from files, and key=value from the command line.

Rule 1  JSON is read strictly: no duplicate keys, no NaN or Infinity, no number out of range.
Rule 2  A request that cannot be read becomes a `BadJson` with line and column. It never stops the other requests.
Rule 3  Whether the answer is a list depends on the form of the input, not on the number of requests in it.
"""

from __future__ import annotations

import json
import re
import sys
from codecs import BOM_UTF8
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from ratecard_rules import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STDIN = "-"
"""The file name that means standard input."""

DEEPEST = 200
"""Maximum nesting. No request needs more: the core already refuses half of it."""

_LINES = (".jsonl", ".ndjson")
_LONGEST_NAMED = 80

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(
    rf"(?P<key>{_STRING})\s*:|{_STRING}|(?P<open>[{{\[])|(?P<close>[}}\]])"
    r"|(?P<constant>NaN|-?Infinity)|(?P<number>-?\d[\d.eE+-]*)",
    re.DOTALL,
)


@frozen
class BadJson:
    """A request that cannot be read.

    Attributes:
        line: The line, from 1.
        column: The column, from 1.
        what: What is wrong.
        code: The code of this refusal.
    """

    line: int
    column: int
    what: str
    code: ClassVar[str] = "bad_json"

    @property
    def message(self) -> str:
        """What is wrong and where, on one line."""
        return f"line {self.line}, column {self.column}: {self.what}"

    def line_in(self, file: str) -> str:
        """Return it for people; line and column are those of the document that the request is in."""
        return f"{file}:{self.line}:{self.column}: error    bad_json  {self.what}"


@frozen
class Entry:
    """A request and where it was read; `str()` is its place.

    Attributes:
        request: Any JSON value, or a `BadJson`.
        file: The name of the file, or "request" for the command line.
        line: The line in JSON Lines, from 1.
        index: The index in an array, from 0.
    """

    request: object
    file: str = "request"
    line: int | None = None
    index: int | None = None

    def source(self) -> dict[str, str | int]:
        """Return where it was read as plain JSON data, without what does not apply."""
        parts = {"file": self.file, "line": self.line, "index": self.index}
        return {name: part for name, part in parts.items() if part is not None}

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        index = "" if self.index is None else f"[{self.index}]"
        return f"{self.file}{line}{index}"


@frozen
class Requests:
    """All requests of a command.

    Attributes:
        entries: The requests.
        many: Whether the answer is a list, even with a single request.
    """

    entries: tuple[Entry, ...]
    many: bool = False


def read_files(files: Iterable[str], *, lines: bool = False) -> Requests:
    """Return the requests of several files in order. With `lines`, every file is JSON Lines. May raise OSError."""
    parts = []
    for file in files:
        raw = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        parts.append(read(file, raw, lines=lines))
    return Requests(tuple(entry for part in parts for entry in part.entries), len(parts) > 1 or parts[0].many)


def read(file: str, raw: bytes, *, lines: bool = False) -> Requests:
    """Return the requests of one file: a document, an array of requests, or JSON Lines.

    >>> [str(entry) for entry in read("batch.json", b"[{}, {}]").entries]
    ['batch.json[0]', 'batch.json[1]']
    """
    raw = raw.removeprefix(BOM_UTF8)
    if lines or file.lower().endswith(_LINES):
        return _read_lines(file, raw)
    document = load(raw)
    if isinstance(document, list):
        return Requests(tuple(Entry(item, file, index=at) for at, item in enumerate(document)), many=True)
    if isinstance(document, BadJson) and _looks_like_lines(raw):
        return _read_lines(file, raw)
    return Requests((Entry(document, file),), many=raw.lstrip().startswith(b"["))


def load(raw: bytes, line: int = 1) -> object:
    """Return the JSON value of text that starts at `line`, or BadJson. Never raises.

    >>> load(b'{"a": 1, "a": 2}')
    BadJson(line=1, column=10, what='duplicate key "a"')
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        what = f"byte 0x{raw[error.start]:02x} at offset {error.start} is not UTF-8 text"
        return _bad(raw[: error.start].decode(), error.start, what, line)
    if not text.strip():
        return BadJson(line, 1, "the input is empty")
    try:
        return parse(text)
    except json.JSONDecodeError as error:
        return _bad(text, error.pos, error.msg, line)


def parse(text: str) -> object:
    """Return the value of strict JSON. Raises JSONDecodeError with the position for anything else."""
    value: object = None
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError):
        pass  # nested too deep, or an integer too long: reported below with its position
    for offset, what in _refused(text):
        raise json.JSONDecodeError(what, text, offset)
    return value


def pairs(items: Iterable[str]) -> dict[str, object]:
    """Return the fields given as `key=value` (text) or `key:=json`. Raises ValueError for anything else.

    >>> pairs(["duration=5", "seed:=7", "image_url=https://example.com/?a=b"])
    {'duration': '5', 'seed': 7, 'image_url': 'https://example.com/?a=b'}
    """
    fields: dict[str, object] = {}
    for item in items:
        key, equals, text = item.partition("=")
        name = key.removesuffix(":")
        if not (equals and name):
            raise ValueError(f"expected key=value or key:=json, got {_named(item)}")
        if name in fields:
            raise ValueError(f"{_named(name)} was given twice")
        try:
            fields[name] = text if name == key else parse(text)
        except json.JSONDecodeError as error:
            place = f"column {error.colno} of the JSON"
            raise ValueError(f"{_named(item)}: {error.msg} ({place}); use = for text") from None
    return fields


def _named(text: str) -> str:
    """Return text in quotes, on one line and shortened if it is long."""
    return literal(text) if len(text) <= _LONGEST_NAMED else f"{literal(text[:_LONGEST_NAMED])}..."


def _read_lines(file: str, raw: bytes) -> Requests:
    """Read JSON Lines. Only line feeds separate lines: JSON may contain all other separators."""
    numbered = enumerate(raw.split(b"\n"), start=1)
    entries = tuple(Entry(load(line, at), file, at) for at, line in numbered if line.strip())
    return Requests(entries or (Entry(load(b""), file),), many=True)


def _looks_like_lines(raw: bytes) -> bool:
    """Guess whether invalid JSON is JSON Lines: the first line, or at least half of all lines, are whole objects."""
    lines = [line for line in map(bytes.strip, raw.split(b"\n")) if line]
    objects = [line.startswith(b"{") and line.endswith(b"}") for line in lines]
    return len(lines) > 1 and (objects[0] or 2 * sum(objects) >= len(lines)) and not lines[0].startswith(b"[")


def _bad(text: str, offset: int, what: str, line: int) -> BadJson:
    before = text[:offset]
    return BadJson(line + before.count("\n"), len(before) - before.rfind("\n"), what)


def _refused(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and a description of everything that JSON parsers treat differently.

    Up to the first of them, `text` is known to be JSON. The hooks of `json` would find them too, but not where.
    """
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
                key = json.loads(token["key"]) if "\\" in token["key"] else token["key"][1:-1]
                if key in keys[-1]:
                    yield token.start(), f"duplicate key {_named(key)}"
                keys[-1].add(key)
            case "constant":
                yield token.start(), f"{token.group()} is not valid JSON"
            case "number" if not isfinite(float(token.group())):
                yield token.start(), "number out of range"
