"""JSON Pointers (RFC 6901) into a request, and the JSON Patch operations (RFC 6902) that fix it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from ratecard_rules._json import plain_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ratecard_rules._json import Json


def pointer_to(parent: str, key: str | int) -> str:
    """Return the pointer to `key` in the value at `parent`.

    >>> pointer_to("/input", "a/b~c")
    '/input/a~1b~0c'
    """
    text = str(key)
    if "~" in text or "/" in text:
        text = text.replace("~", "~0").replace("/", "~1")
    return f"{parent}/{text}"


def keys_of(pointer: str) -> list[str]:
    """Return the keys of a pointer, outermost first."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


@frozen(kw_only=True)
class Fix:
    """A JSON Patch operation (RFC 6902).

    Attributes:
        op: `replace`, `remove` or `move`.
        path: The pointer to the value to replace or remove, or the target of a move.
        value: The new value for `replace`.
        source: The pointer to the value to move.

    >>> Fix(op="replace", path="/input/duration", value="5").to_dict()
    {'op': 'replace', 'path': '/input/duration', 'value': '5'}
    """

    op: Literal["replace", "remove", "move"]
    path: str
    value: str | int | float | bool | tuple[str, ...] | None = None
    source: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the operation in the form of RFC 6902."""
        if self.op == "move":
            return {"op": "move", "from": self.source, "path": self.path}
        if self.op == "remove":
            return {"op": "remove", "path": self.path}
        return {"op": "replace", "path": self.path, "value": self._json_value()}

    def _json_value(self) -> object:
        return list(self.value) if isinstance(self.value, tuple) else self.value


def apply_fixes(document: object, fixes: Iterable[Fix]) -> Json:
    """Return a new document with `fixes` applied in order; the given one is not modified.

    Objects on the path of a fix are copied, everything else is shared. Paths only lead through objects. A fix of a
    place that the document does not have is skipped, and so is one in an object with keys that are not strings: JSON
    cannot represent that object anyway.
    """
    for fix in fixes:
        with suppress(KeyError, _NotAnObjectError):
            document = _applied(document, fix)
    return document


class _NotAnObjectError(Exception):
    """The path of a fix leads through something other than an object with string keys."""


def _applied(document: object, fix: Fix) -> Json:
    if fix.op == "replace":
        return _with(document, keys_of(fix.path), fix.to_dict()["value"])
    kept, moved = _without(document, keys_of(fix.source or fix.path))
    return kept if fix.op == "remove" else _with(kept, keys_of(fix.path), moved)


def _entries(node: object) -> dict[str, Any]:
    entries = plain_object(node)
    if entries is None:
        raise _NotAnObjectError
    return entries


def _with(node: object, keys: Sequence[str], value: object) -> dict[str, Any]:
    first, *rest = keys
    entries = _entries(node)
    return {**entries, first: _with(entries[first], rest, value) if rest else value}


def _without(node: object, keys: Sequence[str]) -> tuple[dict[str, Any], object]:
    """Return `node` without the value at a path, and that value."""
    first, *rest = keys
    entries = _entries(node)
    if not rest:
        moved = entries.pop(first)
        return entries, moved
    entries[first], moved = _without(entries[first], rest)
    return entries, moved
