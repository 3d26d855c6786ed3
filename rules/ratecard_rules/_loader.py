"""The strict reader of table files.

Rule 1  Nothing is coerced: "5" is no number, 1 is no boolean, 1.0 is no integer. Money never passes through a float.
Rule 2  Unknown keys, duplicate keys, missing keys and wrong types are refused, with file, model and key.
Rule 3  Every fault of every file is reported at once, and nothing is loaded where there is one.
"""

from __future__ import annotations

import operator
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from attrs import fields
from cattrs import Converter, override
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn

from ratecard_rules._errors import TableError
from ratecard_rules._selfcheck import Fault, catalogue_faults, model_faults
from ratecard_rules._tables import Conflict, Evidence, Example, Factor, Field, Model, Price, Revision, Scalar
from ratecard_rules._wire import describe, literal, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

_KEYS = {"revisions": "revision", "examples": "example", "conflicts": "conflict"}
"""The attributes that a file writes in the singular, as TOML's arrays of tables do."""


class _RefusedError(ValueError):
    """A value that the table language does not take; the message says what it takes."""


class _OddNumber(str):
    """A number written as no price may be: with an exponent, or not finite."""

    __slots__ = ()


def load_models(root: Path | Traversable) -> tuple[Model, ...]:
    """Read one table file, or every `.toml` file below a folder. Raises TableError with all faults."""
    models: dict[str, Model] = {}
    faults: list[Fault] = []
    loaded: list[tuple[str, Model]] = []
    for name, file in _files(root, root.name):
        try:
            loaded.append((name, load_model(file.read_bytes(), file=name)))
        except TableError as error:
            faults += error.faults
    faults += catalogue_faults(loaded)
    if not loaded and not faults:
        faults.append(Fault(file=str(root), message="there is no table here: no file ends in .toml"))
    if faults:
        raise TableError(faults)
    models = {model.model: model for _, model in loaded}
    return tuple(models.values())


def load_model(text: str | bytes, *, file: str = "<text>") -> Model:
    """Read the text of one table file. `file` is named in faults. Raises TableError with all faults.

    >>> model = load_model('''
    ... model = "acme/loop-1/text-to-video"
    ... name = "Loop 1"
    ... provider = "Acme"
    ... capability = "text-to-video"
    ... [[revision]]
    ... checked = 2026-11-20
    ... source = ["https://example.com/loop-1"]
    ... input = {}
    ... price = { base_usd_micros = 50_000, label = "request" }
    ... ''')
    >>> model.latest.price.base_usd_micros
    50000
    """
    data = _parse(text, file)
    slug = data.get("model")
    name = slug if isinstance(slug, str) else None
    try:
        model: Model = _CONVERTER.structure(data, Model)
    except ClassValidationError as error:
        located = sorted(_located(error, ""))
        raise TableError([Fault(file=file, model=name, key=key, message=text) for key, text in located]) from None
    faults = list(model_faults(model, file))
    if faults:
        raise TableError(faults)
    return model


def _files(root: Path | Traversable, name: str) -> Iterator[tuple[str, Path | Traversable]]:
    if not root.is_dir():
        yield name, root
        return
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() or entry.name.endswith(".toml"):
            yield from _files(entry, f"{name}/{entry.name}")


def _parse(text: str | bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text if isinstance(text, str) else text.decode(), parse_float=_exact)
    except (ValueError, RecursionError) as error:  # TOML's own errors and broken UTF-8 are ValueErrors
        raise TableError([Fault(file=file, message=f"not a TOML file: {error}")]) from None


def _exact(text: str) -> Decimal | _OddNumber:
    return Decimal(text) if set(text) <= set("+-0123456789._") else _OddNumber(text)


def _located(error: BaseException, key: str) -> Iterator[tuple[str, str]]:
    """Yield (key, message) for every leaf of an error of cattrs."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        inner, others = error.group_exceptions()
        for one, note in inner:
            part = note.name if isinstance(note, AttributeValidationNote) else note.index
            yield from _located(one, _joined(key, part))
        for one in others:
            yield from _located(one, key)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = ", ".join(_KEYS.get(part.name, part.name) for part in fields(error.cl) if part.name not in _NAMED)
        for extra in sorted(error.extra_fields):
            yield _joined(key, extra), f"unknown key; known: {known}"
    else:
        yield key, "this key is missing" if isinstance(error, KeyError) else str(error)


_NAMED = {"field"}
"""Attributes that a file writes as the key of a table, not inside it."""


def _joined(key: str, part: object) -> str:
    """Return the key of a part: arrays count from 1, as people do."""
    if isinstance(part, int):
        return f"{key}[{part + 1}]"
    name = _KEYS.get(str(part), str(part))
    return f"{key}.{name}" if key else name


def _found(value: object) -> str:
    match value:
        case _OddNumber():
            return f"{value} (write it without exponent)"
        case bool() | str():
            return describe(short(value) if isinstance(value, str) else value)
        case int() | Decimal():
            return f"the number {value}"
        case dict() | list():
            return "a table" if isinstance(value, dict) else "an array"
    return str(value)


def _only(words: str, *types: type) -> Callable[[object, object], Any]:
    """Return a hook that passes values of exactly these types."""

    def hook(value: object, _: object) -> object:
        if type(value) not in types:
            raise _RefusedError(f"expected {words}, got {_found(value)}")
        return value

    return hook


def _word(value: object, wanted: object) -> object:
    words = get_args(wanted)
    if type(value) is not str or value not in words:
        raise _RefusedError(f"expected one of {', '.join(map(literal, words))}, got {_found(value)}")
    return value


def _fraction(value: object, _: object = None) -> Fraction:
    """Whole numbers, plain decimals, or a ratio in quotes such as "28/15"; never a quoted decimal."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Fraction(value)
    match value.split("/") if isinstance(value, str) else []:
        case [top, bottom] if top.isdigit() and bottom.isdigit() and (top + bottom).isascii() and int(bottom):
            return Fraction(int(top), int(bottom))
    raise _RefusedError(f'expected a number or a ratio such as "28/15", got {_found(value)}')


def _instant(value: object, _: object) -> datetime:
    if type(value) is not datetime or value.tzinfo is None:
        raise _RefusedError(f"expected an instant with its offset, such as 2026-12-01T00:00:00Z, got {_found(value)}")
    return value.astimezone(UTC)


def _table(value: object) -> Mapping[str, object]:
    if type(value) is not dict:
        raise _RefusedError(f"expected a table, got {_found(value)}")
    return value


def _pairs(value: object, read: Callable[[str, Any], Any]) -> tuple[Any, ...]:
    """Read a table into a tuple, one item for each key, and report what is wrong under every key at once."""
    items: list[object] = []
    errors: list[Exception] = []
    for key, item in _table(value).items():
        try:
            items.append(read(key, item))
        except (ValueError, ClassValidationError, IterableValidationError) as error:
            error.add_note(IterableValidationNote(f"key {key}", key, type(item)))
            errors.append(error)
    if errors:
        raise IterableValidationError("table", errors, dict)
    return tuple(items)


def _build_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    structure = converter.structure

    def named(cls: type, key: str) -> Callable[[object, object], tuple[Any, ...]]:
        def read(name: str, value: object) -> Any:  # noqa: ANN401
            return structure({**_table(value), key: name}, cls)

        return lambda value, _: _pairs(value, read)

    def factor(name: str, value: object) -> Factor:
        if value == "value":
            return Factor(field=name)
        if type(value) is not dict:
            raise _RefusedError(f'expected "value" or a table of multipliers, got {_found(value)}')
        return Factor(field=name, multipliers=_pairs(value, lambda option, number: (option, _fraction(number))))

    def sorted_pairs(cls: Any) -> Callable[[object, object], tuple[Any, ...]]:  # noqa: ANN401
        return lambda value, _: tuple(sorted(_pairs(value, lambda name, item: (name, structure(item, cls)))))

    scalar = _only("a string, a number, true or false", str, int, bool, Decimal)
    hooks: dict[Any, Callable[[Any, Any], Any]] = {
        str: _only("a string", str),
        int: _only("a whole number", int),
        bool: _only("true or false", bool),
        date: _only("a date such as 2026-11-20", date),
        datetime: _instant,
        Scalar: scalar,
        Scalar | None: scalar,
        int | Decimal | None: _only("a number", int, Decimal),
        tuple[Field, ...]: named(Field, "name"),
        tuple[Factor, ...]: lambda value, _: _pairs(value, factor),
        tuple[tuple[str, Evidence], ...]: sorted_pairs(Evidence),
        tuple[tuple[str, Scalar], ...]: sorted_pairs(Scalar),
    }
    converter.register_structure_hook_func(_is_literal, _word)
    for kind, hook in hooks.items():
        converter.register_structure_hook_func(partial(operator.eq, kind), hook)
    for cls in (Model, Revision, Field, Price, Example, Conflict):
        renamed: Any = {name: override(rename=key) for name, key in _KEYS.items() if hasattr(cls, name)}
        converter.register_structure_hook(cls, make_dict_structure_fn(cls, converter, **renamed))
    return converter


def _is_literal(kind: Any) -> bool:  # noqa: ANN401  whatever annotations hold
    return get_origin(kind) is Literal


_CONVERTER = _build_converter()
