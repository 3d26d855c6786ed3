"""Which values JSON can represent, and how values are displayed, without trusting the value.

Rule 1  No method that the caller could have overridden is called, so nothing here raises or has side effects.
Rule 2  There is no recursion, and a container is visited once even if it is shared, so the time is linear.
Rule 3  The displayed text has a bounded length and no line breaks.
"""

from __future__ import annotations

from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from ratecard_rules._json import WIDEST_BITS, Json, encodes, entries, json_type, plain, types_of
from ratecard_rules._judge.patch import pointer_to
from ratecard_rules._text import SHOWN_CHARACTERS, counted, literal, quoted, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHOWN_BITS = 256
"""Wider numbers are described instead of displayed."""

MAX_DEPTH = 100
"""Deeper nesting is refused: common JSON serializers fail soon after."""

LONGEST_KEY = 200
"""Longer keys are left out of pointers, which then point to the object that has the key."""

type_name: Callable[[type], str] = type.__dict__["__name__"].__get__
"""Return the name of a class without consulting its metaclass."""

_HINTS = {
    "bytes": "decode it to a string, or upload the file and send its URL",
    "Decimal": "send a float, or a string if the field takes one",
    "Fraction": "send a float, or a string if the field takes one",
    "set": "send a list",
    "frozenset": "send a list",
    "mappingproxy": "send a dict",
}


@frozen
class Shortened:
    """A description of a value that is too long to be repeated, or not JSON.

    Attributes:
        text: A description of the value.
    """

    text: str


Shown: TypeAlias = str | int | float | bool | Shortened | None
"""A value in a problem: the value itself if it is a short scalar, or else its description."""


@frozen
class Unserializable:
    """A part of a value that JSON cannot represent.

    Attributes:
        pointer: Where it is, as a JSON Pointer into the value.
        what: A description of it.
        hint: What to send instead, if that is known.
    """

    pointer: str
    what: str
    hint: str | None = None


def show(value: object) -> Shown:
    """Return a value in the form that problems keep: bounded, immutable and comparable."""
    if type(value) is str and len(value) <= SHOWN_CHARACTERS:
        return value
    if (kind := json_type(value)) is None:
        return Shortened(f"a Python {short(type_name(type(value)))} object")
    if kind is dict:
        return Shortened(f"an object with {counted(dict.__len__(value), 'field')}")  # type: ignore[arg-type]  # a dict
    return _show_plain(plain(value))


def _show_plain(value: Json) -> Shown:
    match value:
        case str() if len(value) > SHOWN_CHARACTERS:
            return Shortened(f"the string {quoted(short(value))}")
        case int() if value.bit_length() > SHOWN_BITS:
            return Shortened(f"a number of {value.bit_length():,} bits")
        case float() if not isfinite(value):
            return Shortened(float.__repr__(value))
        case list():
            return Shortened(f"an array with {counted(len(value), 'item')}")
    scalar: Shown = value
    return scalar


def describe(value: Shown) -> str:
    """Return a description of a shown value, with its JSON type.

    >>> describe("5"), describe(5), describe(True), describe(None)
    ('the string "5"', 'the number 5', 'true', 'null')
    """
    if isinstance(value, Shortened):
        return value.text
    if value is None or isinstance(value, bool):
        return literal(value)
    return f"the {'string' if isinstance(value, str) else 'number'} {literal(value)}"


def unserializable(value: object) -> Unserializable | None:
    """Return the first part of `value` that JSON cannot represent, or None. Outer parts come first.

    All values at one depth are checked together, which takes a fraction of the time of a recursive walk.

    >>> unserializable({"a": [1, float("nan")]})
    Unserializable(pointer='/a/1', what='nan', hint='JSON has no NaN or infinity')
    """
    if _is_simple(value):
        return None
    above: list[_Level] = []
    level = _Level([value])
    try:
        while (found := level.unserializable()) is None:
            if not level.objects and not level.arrays:
                return None
            above.append(level)
            if len(above) > MAX_DEPTH:
                return _too_deep(above)
            level = _Level(level.children(), len(level.objects) + len(level.arrays))
        place, what, hint = found
        return Unserializable(_pointer([key for key, _ in _path(above, place)]), what, hint)
    except (RuntimeError, IndexError):
        return Unserializable("", "a value that another thread is changing", "send a copy")


_FEW = 16
"""Containers with at most this many values are checked one by one, which is faster than level by level."""


def _is_simple(value: Any, depth: int = 0) -> bool:
    """Return whether a value is small and has only plain parts that are certainly JSON."""
    kind = type(value)
    if kind is str:
        return bool(value.isascii())
    if kind is bool or value is None:
        return True
    if kind is int:
        return bool(value.bit_length() <= WIDEST_BITS)
    if not (kind is dict or kind is list) or len(value) > _FEW or depth > _SHALLOW:
        return False
    if kind is dict:
        pairs = list(value.items())
        return all(type(key) is str and key.isascii() and _is_simple(item, depth + 1) for key, item in pairs)
    return all(_is_simple(item, depth + 1) for item in list(value))


_SHALLOW = 2


class _Level:
    """All values at one depth, with each object and array among them listed once even if it is shared."""

    __slots__ = ("above", "arrays", "kinds", "objects", "values")

    def __init__(self, values: list[Any], above: int = 0) -> None:
        self.values = values
        self.above = above  # how many objects and arrays there are at the depth above
        self.kinds = types_of(values)  # None: some are of classes that are not JSON's own
        self.objects = self._all_of(dict)
        self.arrays = self._all_of(list)

    def _all_of(self, kind: type) -> list[Any]:
        if self.kinds is None:
            found = [value for value in self.values if json_type(value) is kind]
        elif kind not in self.kinds:
            return []
        elif len(self.kinds) == 1:
            found = self.values
        else:
            found = [value for value in self.values if type(value) is kind]
        if len(found) <= self.above:  # shared values only matter if there are more of them at each level
            return found
        return list({id(value): value for value in found}.values())

    def children(self) -> list[Any]:
        """Return the values in the objects, then those in the arrays."""
        if self.kinds is None:
            return [
                *chain.from_iterable(map(dict.values, self.objects)),
                *chain.from_iterable(map(_items, self.arrays)),
            ]
        return [*chain.from_iterable(map(dict.values, filter(None, self.objects))), *chain.from_iterable(self.arrays)]

    def keys(self) -> list[Any]:
        """Return the keys of all objects."""
        return list(
            chain.from_iterable(map(dict.keys, self.objects) if self.kinds is None else filter(None, self.objects))
        )

    def child(self, place: int) -> tuple[object, str | int]:
        """Return the container of the child at an index, and its key there."""
        for node in self.objects:
            if place < (size := dict.__len__(node)):
                return node, plain(entries(node)[place][0])
            place -= size
        for node in self.arrays:
            if place < (size := len(_items(node))):
                return node, place
            place -= size
        raise IndexError(place)

    def unserializable(self) -> tuple[int, str, str | None] | None:
        """Return the first value that is not JSON, or has such a key: its index, a description and a hint."""
        keys = self.keys()
        is_plain = self.kinds is not None and types_of(keys) in (_NOTHING, _TEXTS)
        if is_plain and _can_be_sent(keys, _TEXTS) and _can_be_sent(self.values, self.kinds or _NOTHING):
            return None
        for place, value in enumerate(self.values):
            if (flaw := _unserializable_itself(value)) is not None:
                return place, *flaw
        return None


def _items(array: Json) -> list[Any]:
    items: list[Any] = array if type(array) is list else plain(array)
    return items


def _can_be_sent(values: list[Any], kinds: frozenset[type]) -> bool:
    """Return whether the scalars among some values of these classes can be sent."""
    if str in kinds:
        texts = values if kinds == _TEXTS else [value for value in values if type(value) is str]
        if not (all(map(str.isascii, texts)) or encodes("".join(texts))):
            return False
    if int in kinds and max(map(int.bit_length, [x for x in values if type(x) is int])) > WIDEST_BITS:
        return False
    return float not in kinds or all(isfinite(number) for number in values if type(number) is float)


_NOTHING: frozenset[type] = frozenset()
_TEXTS = frozenset({str})


def _path(levels: list[_Level], place: int) -> list[tuple[str | int, object]]:
    """Return the path to a child of the last level: each key with its container."""
    path: list[tuple[str | int, object]] = []
    for level in reversed(levels):
        container, key = level.child(place)
        path.append((key, container))
        place = next(at for at, value in enumerate(level.values) if value is container)
    return path[::-1]


def _pointer(keys: Iterable[str | int]) -> str:
    pointer = ""
    for key in keys:
        pointer = pointer_to(pointer, "" if type(key) is str and len(key) > LONGEST_KEY else key)
    return pointer


def _too_deep(levels: list[_Level]) -> Unserializable:
    """Describe the first value that is nested too deep, or that contains itself."""
    *above, last = levels
    deepest = (last.objects or last.arrays)[0]
    path = _path(above, next(at for at, value in enumerate(last.values) if value is deepest))
    holders = [id(holder) for _, holder in path] + [id(deepest)]
    for place, identity in enumerate(holders):
        if identity in holders[:place]:
            pointer = _pointer([key for key, _ in path[:place]])
            return Unserializable(pointer, "a value that contains itself", "remove the circular reference")
    return Unserializable(_pointer([key for key, _ in path]), f"a value nested more than {MAX_DEPTH} levels deep")


def unserializable_key(key: object) -> tuple[str, str | None] | None:
    """Return what is wrong with a key of an object and how to fix it, or None."""
    if json_type(key) is not str:
        return f"a key that is not a string ({describe(show(key))})", "use strings as keys"
    return _unserializable_itself(key)


def _unserializable_itself(value: object) -> tuple[str, str | None] | None:
    """Return why a scalar or the keys of an object are not JSON, and what to send instead; or None."""
    kind = json_type(value)
    if kind is None:
        hint = _HINTS.get(type_name(type(value)), "send a string, a number, a boolean, None, a list or a dict")
        return describe(show(value)), hint
    if kind is dict:
        return next(filter(None, (unserializable_key(key) for key, _ in entries(value))), None)
    match plain(value):
        case str() as text if not (text.isascii() or encodes(text)):
            return "a string with a lone surrogate", "send text that UTF-8 can encode"
        case int() as number if number.bit_length() > WIDEST_BITS:
            return describe(show(value)), "most JSON parsers refuse numbers this large"
        case float() as number if not isfinite(number):
            return float.__repr__(number), "JSON has no NaN or infinity"
    return None
