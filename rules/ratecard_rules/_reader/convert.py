"""The strict converter from the data of a TOML file to a table.

By default cattrs turns "5" into 5, 5.9 into 5 and "no" into True. Here nothing is coerced and unknown keys are refused.
Every error has its key.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from attrs import fields, has
from cattrs import Converter, override
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn

from ratecard_rules._table.data import FILE_KEYS, UNWRITTEN, written
from ratecard_rules._table.model import Factor, Field, Model, Revision, Scalar
from ratecard_rules._text import literal, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from cattrs.dispatch import StructureHook

    _Hook: TypeAlias = Callable[..., Any]

MAX_DIGITS = 40
"""Maximum length of a decimal or a ratio, in characters."""

MAX_BITS = 64
"""Maximum width of a whole number. TOML guarantees no more, and Python cannot print much wider numbers."""


class OddNumber(str):
    """A number in a form that tables do not accept: it has an exponent or too many digits, or is not finite."""

    __slots__ = ()


def read_model(data: dict[str, Any]) -> Model:
    """Return the table that `data` describes. Raises ClassValidationError; `located` lists what is wrong."""
    model: Model = _CONVERTER.structure(data, Model)
    return model


def located(error: BaseException, key: str) -> Iterator[tuple[str, str]]:
    """Yield (key, message) for every leaf of a cattrs error."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        inner, others = error.group_exceptions()
        for cause, note in inner:
            part = FILE_KEYS.get(note.name, note.name) if isinstance(note, AttributeValidationNote) else note.index
            yield from located(cause, _joined(key, part))
        for cause in others:
            yield from located(cause, key)
    elif isinstance(error, ForbiddenExtraKeysError):
        for extra in sorted(error.extra_fields):
            yield _joined(key, extra), _unknown_key(error.cl)
    else:
        yield key, "this key is missing" if isinstance(error, KeyError) else str(error)


def _unknown_key(cls: type) -> str:
    return f"unknown key; known: {', '.join(written(cls))}"


def _joined(key: str, part: object) -> str:
    """Return the key of a part; the items of an array are counted from 1."""
    if isinstance(part, int):
        return f"{key}[{part + 1}]"
    return f"{key}.{part}" if key else str(part)


def _described(value: object) -> str:
    match value:
        case OddNumber():
            hint = "it without exponent" if len(value) <= MAX_DIGITS else f"at most {MAX_DIGITS} digits"
            return f"{short(value)} (write {hint})"
        case str():
            return f"the string {literal(short(value))}"
        case bool():
            return literal(value)
        case int() | Decimal():
            return "a number out of range" if _is_out_of_range(value) else f"the number {value}"
        case dict() | list():
            return "a table" if isinstance(value, dict) else "an array"
    return str(value)


def _is_out_of_range(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > MAX_BITS


def expect_type(words: str, *types: type) -> _Hook:
    """Return a hook that returns values of exactly these types and refuses all others."""

    def hook(value: object, _: object = None) -> object:
        if type(value) not in types or _is_out_of_range(value):
            raise ValueError(f"expected {words}, got {_described(value)}")
        return value

    return hook


_table = expect_type("a table", dict)
_array = expect_type("an array", list)
_multipliers = expect_type('"value" or a table of multipliers', dict)


def _word(value: object, kind: object) -> object:
    """Read one of the words of a `Literal`."""
    words = get_args(kind)
    if type(value) is not str or value not in words:
        raise ValueError(f"expected one of {', '.join(map(literal, words))}, got {_described(value)}")
    return value


def read_fraction(value: object, _: object = None) -> Fraction:
    """Read a whole number, a plain decimal, or a ratio in quotes such as "28/15"; a quoted decimal is refused."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and not _is_out_of_range(value):
        return Fraction(value)
    match value.split("/") if isinstance(value, str) and len(value) <= MAX_DIGITS else []:
        case [top, bottom] if top.isdigit() and bottom.isdigit() and (top + bottom).isascii() and int(bottom):
            return Fraction(int(top), int(bottom))
    raise ValueError(f'expected a number or a ratio such as "28/15", got {_described(value)}')


def _instant(value: object, _: object) -> datetime:
    if type(value) is not datetime or value.tzinfo is None:
        raise ValueError(f"expected an instant with its offset, such as 2026-12-01T00:00:00Z, got {_described(value)}")
    return value.astimezone(UTC)


_CONVERTER = Converter(forbid_extra_keys=True)
"""The converter of tables. The global converter of cattrs is not modified."""


def _class_hook(cls: type) -> StructureHook:
    own: Any = {part.name: override(rename=FILE_KEYS[part.name]) for part in fields(cls) if part.name in FILE_KEYS}
    if cls in (Model, Revision):
        own[UNWRITTEN[cls.__name__]] = override(omit=True)
    read: _Hook = make_dict_structure_fn(cls, _CONVERTER, **own)
    if cls is Field:
        return lambda entry, _: read(_named(*entry), cls)
    return lambda value, _: read(_table(value), cls)


def _named(name: str, value: Any) -> dict[str, Any]:
    if "name" in _table(value):
        raise ForbiddenExtraKeysError("", Field, {"name"})
    return {**value, "name": name}


def _tuple_hook(kind: Any) -> StructureHook:
    """Return the hook of a tuple, which is an array in a file, or a table if its items have a key of their own."""
    item = get_args(kind)[0]
    if item in (Field, Factor):
        read = _CONVERTER.get_structure_hook(_generic(dict, str, item))
        return lambda value, kind: tuple(read({key: (key, part) for key, part in _table(value).items()}, kind).values())
    if get_origin(item) is tuple:
        read = _CONVERTER.get_structure_hook(_generic(dict, *get_args(item)))
        return lambda value, kind: tuple(sorted(read(_table(value), kind).items()))
    read = _CONVERTER.get_structure_hook(_generic(list, item))
    return lambda value, kind: tuple(read(_array(value), kind))


def _generic(origin: type, *items: object) -> Any:
    return GenericAlias(origin, items)


def _factor(entry: tuple[str, Any], _: object) -> Factor:
    name, value = entry
    if value == "value":
        return Factor(field=name)
    multipliers = _CONVERTER.structure(_multipliers(value), dict[str, Fraction])
    return Factor(field=name, multipliers=tuple(multipliers.items()))


def _is(origin: object) -> Callable[[Any], bool]:
    return lambda kind: origin is get_origin(kind)


_SCALAR = expect_type("a string, a number, true or false", str, int, bool, Decimal)

_HOOKS: dict[Any, _Hook] = {
    str: expect_type("a string", str),
    int: expect_type("a whole number", int),
    bool: expect_type("true or false", bool),
    date: expect_type("a date such as 2026-11-20", date),
    datetime: _instant,
    Fraction: read_fraction,
    Scalar: _SCALAR,
    Scalar | None: _SCALAR,
    int | Decimal | None: expect_type("a number", int, Decimal),
    Factor: _factor,
}


_CONVERTER.register_structure_hook_func(_is(Literal), _word)
_CONVERTER.register_structure_hook_factory(_is(tuple), _tuple_hook)
_CONVERTER.register_structure_hook_factory(has, _class_hook)
for _kind, _hook in _HOOKS.items():
    _CONVERTER.register_structure_hook(_kind, _hook)
