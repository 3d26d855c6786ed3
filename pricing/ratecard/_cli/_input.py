"""Requests as they are given: key=value on the command line, and records of files, which `_files` reads.

Rule 1  What cannot be read becomes a `BadInput` in its place. It never stops the other requests.
Rule 2  Whether the answer is a list depends on the form of the input, not on the number of requests in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from ratecard._cli._readers import BadInput, named, read_json
from ratecard_rules import pointer_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STDIN = "-"
"""The file name that means standard input."""

UNREADABLE = "unreadable"
"""The code of a file that cannot be opened, as opposed to text that cannot be understood."""

LINES_SUFFIXES = (".jsonl", ".ndjson")
YAML_SUFFIXES = (".yaml", ".yml")
SUFFIXES = (".json", *LINES_SUFFIXES, *YAML_SUFFIXES)
"""The suffixes of request files; .gz may follow."""


EMPTY = BadInput("the input is empty", 1, 1, "bad_json")


@frozen
class Entry:
    """A request and where it was read; `str()` is its place.

    Attributes:
        request: Any JSON value, or a `BadInput`.
        file: The name of the file, or "request" for the command line.
        line: The line in JSON Lines, or where the YAML document starts, from 1.
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

    @property
    def place(self) -> str:
        """Where it was read for people; for a `BadInput`, with the line and column of what is wrong."""
        if isinstance(self.request, BadInput) and self.request.line is not None:
            column = "" if self.request.column is None else f":{self.request.column}"
            return f"{self.file}:{self.request.line}{column}"
        return str(self)

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        index = "" if self.index is None else f"[{self.index}]"
        return f"{self.file}{line}{index}"


@frozen
class Requests:
    """All requests of a command.

    Attributes:
        entries: The requests, which are read once. Files are read as they are consumed.
        many: Whether the answer is a list, even with a single request.
    """

    entries: Iterable[Entry]
    many: bool = False

    def map(self, change: Callable[[Entry], Entry]) -> Requests:
        """Return these requests, each changed when it is read."""
        return evolve(self, entries=map(change, self.entries))


def is_file(name: str) -> bool:
    """Return whether an argument names a file or a folder: it exists, is "-", or has the suffix of request files."""
    if name == STDIN or suffix_of(name) in SUFFIXES:
        return True
    with suppress(OSError):  # such as a name that is too long
        return name != "" and Path(name).exists()
    return False


def suffix_of(name: str) -> str:
    """Return the suffix that says the format of a file, in lower case and before .gz."""
    return Path(name.lower().removesuffix(".gz")).suffix


def pointer(text: str) -> str:
    """Return a JSON Pointer. Raises ValueError if it is none."""
    if not text.startswith("/"):
        raise ValueError(f"expected a JSON Pointer such as /request, got {named(text)}")
    return text


def unwrap(entry: Entry, at_path: str | None) -> Entry:
    """Return the request at a JSON Pointer in a record. Without it, refuse records that only contain a request."""
    if isinstance(entry.request, BadInput):
        return entry
    wrapped = _wrapped_at(entry.request)
    if at_path is None:
        return entry if wrapped is None else _refused(entry, f"the request is in {wrapped}; pass --at-path {wrapped}")
    try:
        return evolve(entry, request=_value_at(entry.request, at_path))
    except LookupError:
        hint = "" if wrapped is None else f"; the request is in {wrapped}"
        return _refused(entry, f"nothing at {at_path}{hint}")


def _wrapped_at(record: object) -> str | None:
    """Return the JSON Pointer of a request within a record that is none, or None."""
    if not isinstance(record, dict) or "model" in record or "input" in record:
        return None
    return next((pointer_to("", name) for name, value in record.items() if _is_request(value)), None)


def _is_request(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("model"), str) and isinstance(value.get("input"), dict)


def _value_at(value: Any, at_path: str) -> object:
    """Return the value at a JSON Pointer. Raises LookupError if there is none."""
    for token in at_path.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and re.fullmatch("[0-9]{1,9}", name):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value[name]
        else:
            raise LookupError(name)
    return value


def as_input(entry: Entry, model: str, envelope: Mapping[str, str], fields: Mapping[str, object]) -> Entry:
    """Return a request for a model whose input is what was read; `fields` come on top."""
    value = entry.request
    if isinstance(value, BadInput):
        return entry
    if _is_request(value):
        return _refused(entry, "this is a whole request, not an input; leave out MODEL, or pass --at-path /input")
    if isinstance(value, dict):
        value = {**value, **fields}
    return evolve(entry, request={"model": model, **envelope, "input": value})


def _refused(entry: Entry, what: str) -> Entry:
    return evolve(entry, request=BadInput(what))


def pairs(items: Iterable[str]) -> dict[str, object]:
    """Return the fields given as `key=value` (text) or `key:=json`. Raises ValueError for anything else.

    >>> pairs(["duration=5", "seed:=7", "image_url=https://example.com/?a=b"])
    {'duration': '5', 'seed': 7, 'image_url': 'https://example.com/?a=b'}
    """
    fields: dict[str, object] = {}
    for item in items:
        key, equals, text = item.partition("=")
        name = key.removesuffix(":")
        if not equals:
            raise ValueError(f"expected key=value or key:=json, got {named(item)}{_pair_hint(item)}")
        if not name:
            raise ValueError(f"no key before the = in {named(item)}")
        if name in fields:
            raise ValueError(f"{named(name)} was given twice")
        try:
            fields[name] = text if name == key else read_json(text)
        except BadInput as error:
            place = "" if error.column is None else f" (column {error.column} of the JSON)"
            raise ValueError(f"{named(item)}: {error.what}{place}; use = for text") from None
    return fields


def _pair_hint(item: str) -> str:
    """Return what to write instead of an argument without `=`."""
    return f"; to read a file, write -f {item}" if is_file(item) else "; write no spaces around ="
