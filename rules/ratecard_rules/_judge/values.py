"""What JSON can carry, and how a value is shown to people, without ever trusting the value.

Rule 1  No method that the caller could have overridden is called, so nothing here raises or changes anything.
Rule 2  No recursion, and every container is entered once, however often it is shared: time is linear in the value.
Rule 3  What is shown is bounded and stays on its line.
"""

from __future__ import annotations

from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from ratecard_rules._json import WIDEST_BITS, Json, encodes, entries, json_type, plain
from ratecard_rules._judge.patch import pointer_to
from ratecard_rules._text import SHOWN_CHARACTERS, literal, quoted, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHOWN_BITS = 256
"""A wider number is described instead of shown."""

MAX_DEPTH = 100
"""Arrays and objects nested deeper than this are refused: common JSON writers give up soon after."""

LONGEST_KEY = 200
"""A longer key is not repeated in pointers, which then lead to the object that holds it."""

type_name: Callable[[type], str] = type.__dict__["__name__"].__get__
"""The name of a class, past any metaclass that would answer for it."""

_HINTS = {
    "bytes": "decode it to text, or upload the file and send its address",
    "Decimal": "send a float, or text where the field takes text",
    "Fraction": "send a float, or text where the field takes text",
    "set": "send a list",
    "frozenset": "send a list",
    "mappingproxy": "send a dict",
}


@frozen
class Shortened:
    """Stands for a value that is too long, or no JSON value at all, to be repeated.

    Attributes:
        text: A description of the value.
    """

    text: str


Shown: TypeAlias = str | int | float | bool | Shortened | None
"""A value as a problem shows it: itself where it is short and plain."""


@frozen
class Unserializable:
    """A place in a value that JSON cannot carry.

    Attributes:
        pointer: Where it is, as a JSON Pointer into the value.
        what: What is there.
        hint: What to send instead, where that is known.
    """

    pointer: str
    what: str
    hint: str | None = None


def show(value: object) -> Shown:
    """Return what a problem may keep of a value: bounded, harmless and comparable."""
    if type(value) is str and len(value) <= SHOWN_CHARACTERS:
        return value
    if (kind := json_type(value)) is None:
        return Shortened(f"a Python {short(type_name(type(value)))}")
    if kind is dict:
        return Shortened(f"an object of {_counted(dict.__len__(value), 'field')}")  # type: ignore[arg-type]  # a dict
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
            return Shortened(f"an array of {_counted(len(value), 'item')}")
    scalar: Shown = value
    return scalar


def describe(value: Shown) -> str:
    """Return a shown value in words, with its JSON type.

    >>> describe("5"), describe(5), describe(True), describe(None)
    ('the string "5"', 'the number 5', 'true', 'null')
    """
    if isinstance(value, Shortened):
        return value.text
    if value is None or isinstance(value, bool):
        return literal(value)
    return f"the {'string' if isinstance(value, str) else 'number'} {literal(value)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def unserializable(value: object) -> Unserializable | None:
    """Return the first place in `value` that JSON cannot carry, or None; what is less deep comes first.

    All values of one depth are looked at together: that takes a fraction of the time of a walk.

    >>> unserializable({"a": [1, float("nan")]})
    Unserializable(pointer='/a/1', what='nan', hint='JSON has no such number')
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
            level = _Level(level.children())
        place, what, hint = found
        return Unserializable(_pointer([key for key, _ in _path(above, place)]), what, hint)
    except (RuntimeError, IndexError):
        return Unserializable("", "a value that another thread changes while it is read", "send a copy")


_FEW = 16
"""Containers of at most this many values are looked at one by one, which is then faster than level by level."""


def _is_simple(value: Any, depth: int = 0) -> bool:
    """Return whether a value is small and holds nothing but plain values that can surely be sent."""
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
    """All values at one depth; the objects and arrays among them once each, however often they are shared."""

    __slots__ = ("arrays", "is_plain", "kinds", "objects", "values")

    def __init__(self, values: list[Any]) -> None:
        self.values = values
        self.kinds = set(map(id, map(type, values)))
        self.is_plain = self.kinds <= _PLAIN_IDS
        self.objects = self._all_of(dict)
        self.arrays = self._all_of(list)

    def _all_of(self, kind: type) -> list[Any]:
        if self.is_plain:
            found = [value for value in self.values if type(value) is kind] if id(kind) in self.kinds else []
        else:
            found = [value for value in self.values if json_type(value) is kind]
        is_each_once = len(set(map(id, found))) == len(found)
        return found if is_each_once else list({id(value): value for value in found}.values())

    def children(self) -> list[Any]:
        """Return what the objects hold, then what the arrays hold."""
        if not self.is_plain:
            return [
                *chain.from_iterable(map(dict.values, self.objects)),
                *chain.from_iterable(map(_items, self.arrays)),
            ]
        return [*chain.from_iterable(map(dict.values, filter(None, self.objects))), *chain.from_iterable(self.arrays)]

    def keys(self) -> list[Any]:
        """Return the keys of all objects."""
        return list(chain.from_iterable(filter(None, self.objects) if self.is_plain else map(dict.keys, self.objects)))

    def child(self, place: int) -> tuple[object, str | int]:
        """Return which container holds the child at a place, and its key there."""
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
        """Return the first value that cannot be sent, or has a key that cannot: its place, what it is, and a hint."""
        if _are_plain_scalars(self.keys(), _TEXT_IDS) and _are_plain_scalars(self.values, _PLAIN_IDS, self.kinds):
            return None
        for place, value in enumerate(self.values):
            if (flaw := _unserializable_itself(value)) is not None:
                return place, *flaw
        return None


def _items(array: Json) -> list[Any]:
    items: list[Any] = array if type(array) is list else plain(array)
    return items


def _are_plain_scalars(values: list[Any], allowed: frozenset[int], kinds: set[int] | None = None) -> bool:
    """Return whether all values are of these classes and can be sent, as far as they are scalars."""
    kinds = set(map(id, map(type, values))) if kinds is None else kinds
    if not kinds <= allowed:
        return False
    if id(str) in kinds and not all(text.isascii() or encodes(text) for text in values if type(text) is str):
        return False
    if id(int) in kinds and any(number.bit_length() > WIDEST_BITS for number in values if type(number) is int):
        return False
    return id(float) not in kinds or all(isfinite(number) for number in values if type(number) is float)


_TEXT_IDS = frozenset({id(str)})
_PLAIN_IDS = frozenset(map(id, (str, int, float, bool, type(None), dict, list)))
"""Identities of classes: looking up the class itself would ask its metaclass for a hash."""


def _path(levels: list[_Level], place: int) -> list[tuple[str | int, object]]:
    """Return the way to a child of the last level: each key, with the container that has it."""
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
    """Describe the first value that is nested too deep, or one that contains itself and so never ends."""
    *above, last = levels
    deepest = (last.objects or last.arrays)[0]
    path = _path(above, next(at for at, value in enumerate(last.values) if value is deepest))
    holders = [id(holder) for _, holder in path] + [id(deepest)]
    for place, identity in enumerate(holders):
        if identity in holders[:place]:
            pointer = _pointer([key for key, _ in path[:place]])
            return Unserializable(pointer, "a value that contains itself", "send a copy without the loop")
    return Unserializable(_pointer([key for key, _ in path]), f"a value nested more than {MAX_DEPTH} levels deep")


def unserializable_key(key: object) -> tuple[str, str | None] | None:
    """Return what is wrong with a key of an object, and what to do, or None."""
    if json_type(key) is not str:
        return f"a key that is not a string ({describe(show(key))})", "use a string as the key"
    return _unserializable_itself(key)


def _unserializable_itself(value: object) -> tuple[str, str | None] | None:
    """Return why a scalar, or an object by its keys, cannot be sent, and what to send instead; or None."""
    kind = json_type(value)
    if kind is None:
        hint = _HINTS.get(type_name(type(value)), "send text, a number, true, false, null, a list or a dict")
        return describe(show(value)), hint
    if kind is dict:
        return next(filter(None, (unserializable_key(key) for key, _ in entries(value))), None)
    match plain(value):
        case str() as text if not (text.isascii() or encodes(text)):
            return "text with half a surrogate pair", "send text that UTF-8 can carry"
        case int() as number if number.bit_length() > WIDEST_BITS:
            return describe(show(value)), "no JSON reader holds such a number"
        case float() as number if not isfinite(number):
            return float.__repr__(number), "JSON has no such number"
    return None
