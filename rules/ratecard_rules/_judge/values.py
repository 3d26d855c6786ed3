"""What JSON can carry, and how a value is shown to people, without ever trusting the value.

Rule 1  No method that the caller could have overridden is called, so nothing here raises or changes anything.
Rule 2  No recursion, and every container is entered once, however often it is shared: time is linear in the value.
Rule 3  What is shown is bounded and stays on its line.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from ratecard_rules._json import JSON_TYPES, WIDEST_BITS, encodes, plain
from ratecard_rules._judge.patch import pointer_to
from ratecard_rules._text import SHOWN_CHARACTERS, literal, quoted, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHOWN_BITS = 256
"""A wider number is described instead of shown."""

DEEPEST = 100
"""Arrays and objects nested deeper than this are refused: common JSON writers give up soon after."""

LONGEST_KEY = 200
"""A longer key is not repeated in pointers; they then lead to the object that holds it."""

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
    """Stands for a value that is too long, or no JSON value at all, to be repeated: its description."""

    text: str


Shown: TypeAlias = str | int | float | bool | Shortened | None
"""A value as a problem shows it: itself where it is short and plain."""


@frozen
class Flaw:
    """A place in a value that JSON cannot carry: where, what stands there, and how to mend it."""

    pointer: str
    what: str
    hint: str | None = None


def show(value: object) -> Shown:
    """Return what a problem may keep of a value: bounded, harmless and comparable."""
    if type(value) is str and len(value) <= SHOWN_CHARACTERS:
        return value
    node = plain(value)
    if type(node) in JSON_TYPES:
        return _shown_json(node)
    return Shortened(f"a Python {short(type_name(type(node)))}")


def _shown_json(value: Any) -> Shown:  # noqa: ANN401  any JSON value
    match value:
        case str() if len(value) > SHOWN_CHARACTERS:
            return Shortened(f"the string {quoted(short(value))}")
        case int() if value.bit_length() > SHOWN_BITS:
            return Shortened(f"a number of {value.bit_length():,} bits")
        case float() if not isfinite(value):
            return Shortened(float.__repr__(value))
        case list():
            return Shortened(f"an array of {_counted(len(value), 'item')}")
        case dict():
            return Shortened(f"an object of {_counted(len(value), 'field')}")
    scalar: Shown = value
    return scalar


def find_flaw(value: object) -> Flaw | None:
    """Return the first place in `value` that JSON cannot carry, depth first, or None.

    >>> find_flaw({"a": [1, float("nan")]})
    Flaw(pointer='/a/1', what='nan', hint='JSON has no such number')
    """
    kind = type(value)
    if kind is dict:
        is_sure = all(map(_is_sure_entry, value.items()))  # type: ignore[attr-defined]  # a dict
    else:
        is_sure = all(map(_is_sure, value)) if kind is list else _is_sure(value)  # type: ignore[call-overload]  # a list
    return None if is_sure else _search_flaw(value)  # what nearly every request is made of needs no walk


def _search_flaw(value: object) -> Flaw | None:
    node = plain(value)
    if type(node) not in (dict, list):
        return _scalar_flaw(node, "")
    path: list[tuple[str, int, Iterator[tuple[Any, object]]]] = [("", id(node), _entries(node))]
    entered = {id(node)}  # what was entered stays alive in `value`, so no id is used twice
    while path:
        pointer, _, entries = path[-1]
        key, item = next(entries, (None, None))
        if key is None:
            path.pop()
            continue
        if type(key) is Flaw:
            return Flaw(pointer, key.what, key.hint)
        where = pointer_to(pointer, key if type(key) is int or len(key) <= LONGEST_KEY else "")
        if type(item) in (dict, list) or issubclass(type(item), dict | list | tuple):
            if any(id(item) == identity for _, identity, _ in path):
                return Flaw(where, "a value that contains itself", "send a copy without the loop")
            if len(path) >= DEEPEST:
                return Flaw(where, f"a value nested more than {DEEPEST} levels deep")
            if id(item) not in entered:
                entered.add(id(item))
                path.append((where, id(item), _entries(plain(item))))
        elif flaw := _scalar_flaw(plain(item), where):
            return flaw
    return None


def _is_sure(value: Any) -> bool:  # noqa: ANN401  any value
    kind = type(value)
    if kind is str:
        return bool(value.isascii())
    return kind is bool or value is None or (kind is int and value.bit_length() <= WIDEST_BITS)


def _is_sure_entry(entry: tuple[Any, Any]) -> bool:
    key, value = entry
    return type(key) is str and key.isascii() and _is_sure(value)


def key_flaw(key: object) -> Flaw | None:
    """Return what is wrong with a key of an object, or None."""
    text = plain(key)
    if type(text) is not str:
        return Flaw("", f"a key that is not a string ({_described(key)})", "name it by a string")
    return _scalar_flaw(text, "")


def _entries(node: Any) -> Iterator[tuple[Any, object]]:  # noqa: ANN401  an array or an object
    if type(node) is list:
        yield from enumerate(node)
        return
    for key, item in node.items():
        yield key_flaw(key) or plain(key), item


def _scalar_flaw(value: object, pointer: str) -> Flaw | None:
    if type(value) not in JSON_TYPES:
        hint = _HINTS.get(type_name(type(value)), "send text, a number, true, false, null, a list or a dict")
        return Flaw(pointer, _described(value), hint)
    match value:
        case str() if not (value.isascii() or encodes(value)):
            return Flaw(pointer, "text with half a surrogate pair", "send text that UTF-8 can carry")
        case int() if value.bit_length() > WIDEST_BITS:
            return Flaw(pointer, _described(value), "no JSON reader holds such a number")
        case float() if not isfinite(value):
            return Flaw(pointer, float.__repr__(value), "JSON has no such number")
    return None


def _described(value: object) -> str:
    return describe(show(value))


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
