"""The strict converter from the data of a TOML file to a table.

By default cattrs turns "5" into 5, 5.9 into 5 and "no" into True. Here nothing is coerced and unknown keys are refused.
Every error has its key.
"""

from __future__ import annotations

import operator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from attrs import fields, fields_dict
from cattrs import Converter, override
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn

from ratecard_rules._table.model import (
    AtLeastOne,
    Conflict,
    Evidence,
    Example,
    Factor,
    Field,
    Model,
    Price,
    Revision,
    Scalar,
    Sound,
)
from ratecard_rules._text import literal, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    _Hook: TypeAlias = Callable[..., Any]

_KEYS = {"revisions": "revision", "examples": "example", "conflicts": "conflict"}
"""The attributes whose key in a file is singular, as is usual for TOML's arrays of tables."""

_NOT_WRITTEN = ("file", "known_digest")
"""The attributes without a key in a file."""

_NAMED: dict[type, str] = {Field: "name"}
"""The attribute that is the key of a table in a file."""


MAX_DIGITS = 40
"""Maximum length of a decimal or a ratio, in characters."""

MAX_BITS = 64
"""Maximum width of a whole number. TOML guarantees no more, and Python cannot print much wider numbers."""


class _RefusedError(ValueError):
    """A value that the table language does not accept; the message says what it accepts."""


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
            part = note.name if isinstance(note, AttributeValidationNote) else note.index
            yield from located(cause, _joined(key, part))
        for cause in others:
            yield from located(cause, key)
    elif isinstance(error, ForbiddenExtraKeysError):
        for extra in sorted(error.extra_fields):
            yield _joined(key, extra), _unknown_key(error.cl)
    else:
        yield key, "this key is missing" if isinstance(error, KeyError) else str(error)


def _unknown_key(cls: type) -> str:
    known = (
        _KEYS.get(part.name, part.name) for part in fields(cls) if part.name not in (_NAMED.get(cls), *_NOT_WRITTEN)
    )
    return f"unknown key; known: {', '.join(known)}"


def _joined(key: str, part: object) -> str:
    """Return the key of a part; the items of an array are counted from 1."""
    if isinstance(part, int):
        return f"{key}[{part + 1}]"
    name = _KEYS.get(str(part), str(part))
    return f"{key}.{name}" if key else name


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
            raise _RefusedError(f"expected {words}, got {_described(value)}")
        return value

    return hook


_table = expect_type("a table", dict)
_array = expect_type("an array", list)


def _word(value: object, kind: object) -> object:
    words = get_args(kind)
    if type(value) is not str or value not in words:
        raise _RefusedError(f"expected one of {', '.join(map(literal, words))}, got {_described(value)}")
    return value


def read_fraction(value: object, _: object = None) -> Fraction:
    """Read a whole number, a plain decimal, or a ratio in quotes such as "28/15"; a quoted decimal is refused."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and not _is_out_of_range(value):
        return Fraction(value)
    match value.split("/") if isinstance(value, str) and len(value) <= MAX_DIGITS else []:
        case [top, bottom] if top.isdigit() and bottom.isdigit() and (top + bottom).isascii() and int(bottom):
            return Fraction(int(top), int(bottom))
    raise _RefusedError(f'expected a number or a ratio such as "28/15", got {_described(value)}')


def _instant(value: object, _: object) -> datetime:
    if type(value) is not datetime or value.tzinfo is None:
        raise _RefusedError(
            f"expected an instant with its offset, such as 2026-12-01T00:00:00Z, got {_described(value)}"
        )
    return value.astimezone(UTC)


def _read_each(entries: Iterable[tuple[Any, Any]], read: Callable[[Any, Any], Any]) -> tuple[Any, ...]:
    """Read the entries of a table or an array into a tuple. Raises one error with all wrong entries."""
    items: list[object] = []
    errors: list[Exception] = []
    for key, item in entries:
        try:
            items.append(read(key, item))
        except (ValueError, ClassValidationError, IterableValidationError) as error:
            error.add_note(IterableValidationNote(f"key {key}", key, type(item)))
            errors.append(error)
    if errors:
        raise IterableValidationError("entries", errors, tuple)
    return tuple(items)


_CONVERTER = Converter(forbid_extra_keys=True, detailed_validation=True)
"""The converter of tables. The global converter of cattrs is not modified."""

_structure = _CONVERTER.structure


def _field(name: str, value: object) -> Field:
    if "name" in _table(value):
        raise _RefusedError(_unknown_key(Field))
    return _structure({**_table(value), "name": name}, Field)


def _factor(name: str, value: object) -> Factor:
    if value == "value":
        return Factor(field=name)
    if not isinstance(value, dict):
        raise _RefusedError(f'expected "value" or a table of multipliers, got {_described(value)}')
    return Factor(field=name, multipliers=_read_each(value.items(), lambda key, item: (key, read_fraction(item))))


def _table_of(read: Callable[[str, Any], Any]) -> _Hook:
    return lambda value, _: _read_each(_table(value).items(), read)


def _pairs_of(cls: Any) -> _Hook:
    read = _table_of(lambda key, item: (key, _structure(item, cls)))
    return lambda value, kind: tuple(sorted(read(value, kind)))


def _array_of(cls: Any) -> _Hook:
    return lambda value, _: _read_each(enumerate(_array(value)), lambda _, item: _structure(item, cls))


def _table_hook(cls: type) -> _Hook:
    names = fields_dict(cls)
    own: Any = {name: override(rename=key) for name, key in _KEYS.items() if name in names}
    own |= {name: override(omit=True) for name in _NOT_WRITTEN if name in names}
    read: _Hook = make_dict_structure_fn(cls, _CONVERTER, **own)
    return lambda value, kind: read(_table(value), kind)


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


_SCALAR = expect_type("a string, a number, true or false", str, int, bool, Decimal)

_HOOKS: dict[Any, _Hook] = {
    str: expect_type("a string", str),
    int: expect_type("a whole number", int),
    bool: expect_type("true or false", bool),
    date: expect_type("a date such as 2026-11-20", date),
    datetime: _instant,
    Scalar: _SCALAR,
    Scalar | None: _SCALAR,
    int | Decimal | None: expect_type("a number", int, Decimal),
    tuple[Field, ...]: _table_of(_field),
    tuple[Factor, ...]: _table_of(_factor),
    tuple[tuple[str, Evidence], ...]: _pairs_of(Evidence),
    tuple[tuple[str, Scalar], ...]: _pairs_of(Scalar),
    tuple[str, ...]: _array_of(str),
    tuple[Scalar, ...]: _array_of(Scalar),
    tuple[Revision, ...]: _array_of(Revision),
    tuple[Example, ...]: _array_of(Example),
    tuple[Conflict, ...]: _array_of(Conflict),
    tuple[AtLeastOne, ...]: _array_of(AtLeastOne),
}


def _register() -> None:
    _CONVERTER.register_structure_hook_func(_is_literal, _word)
    for kind, hook in _HOOKS.items():
        if isinstance(kind, type):  # cattrs tries its own hooks for str and int before any predicate
            _CONVERTER.register_structure_hook(kind, hook)
        else:
            _CONVERTER.register_structure_hook_func(partial(operator.eq, kind), hook)
    for cls in (Conflict, AtLeastOne, Sound, Example, Price, Field, Revision, Model):
        _CONVERTER.register_structure_hook(cls, _table_hook(cls))


_register()
