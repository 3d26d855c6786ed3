"""JSON Pointers (RFC 6901) into a request, and the JSON Patch operations (RFC 6902) that fix it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from ratecard_rules._json import plain_object

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"op": self.op, "path": self.path} | ({"value": value} if self.op == "replace" else {})


def apply_fixes(document: object, fixes: Iterable[Fix]) -> Json:
    """Return a new document with `fixes` applied in order; the given one is not modified.

    Objects on the path of a fix are copied, everything else is shared. Paths only lead through objects. A fix whose
    path leads elsewhere, or through an object with keys that are not strings, is skipped.
    """
    for fix in fixes:
        document = _applied(document, fix)
    return document


def _applied(document: object, fix: Fix) -> Json:
    changed, value = document, fix.to_dict().get("value")
    if fix.op != "replace":
        changed, holder, key = _opened(changed, fix.source or fix.path)
        if holder is None or key not in holder:
            return document
        value = holder.pop(key)
    if fix.op != "remove":
        changed, holder, key = _opened(changed, fix.path)
        if holder is None:
            return document
        holder[key] = value
    return changed


def _opened(document: object, pointer: str) -> tuple[Json, dict[str, Any] | None, str]:
    """Return a document whose objects on a path are copies, the innermost of them, and the last key of the path.

    The innermost object is None if the path leads through anything else.
    """
    *outer, last = keys_of(pointer)
    root = holder = {"": document}
    for key in ("", *outer):
        inner = plain_object(holder.get(key))
        if inner is None:
            return document, None, last
        holder[key] = inner
        holder = inner
    return root[""], holder, last
