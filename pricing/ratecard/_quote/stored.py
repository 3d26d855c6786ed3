"""The stored form of value classes: written, checked, described by a JSON Schema, and read back.

All of it is derived from the types of the attributes, so that it cannot disagree. Exact numbers are stored as text,
dates and instants in ISO 8601. There are no floats.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from attrs import fields, fields_dict, has

from ratecard._money import WIDEST_BITS, fraction_of, fraction_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from attrs import Attribute

NOT_THE_FORM = "a key is missing or added, or a value has another type or is out of range"

_FROM_TEXT: dict[object, Callable[[str], object]] = {
    Fraction: fraction_of,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}
"""The types that are stored as text, each with the function that reads it."""

_JSON_TYPES = {"string": str, "integer": int, "boolean": bool, "null": NoneType}


def plain_data(value: Any, keep: Callable[[Attribute[Any], Any], bool] | None = None) -> Any:
    """Return a value, and everything in it, as plain JSON data.

    `keep` decides which attributes the data has. An attribute with another key in files names it in its metadata.

    >>> plain_data((Fraction(3, 2), date(2026, 12, 1), (("pro", True),)))
    ['1.5', '2026-12-01', {'pro': True}]
    """
    match value:
        case None | str() | int():
            return value
        case ((str(), _), *_):
            return {name: plain_data(part, keep) for name, part in value}
        case tuple():
            return [plain_data(part, keep) for part in value]
        case date():
            return value.isoformat()
        case Fraction() | Decimal():
            return fraction_text(Fraction(value))
    data: dict[str, Any] = {}
    for attribute in fields(type(value)):
        part = getattr(value, attribute.name)
        if keep is None or keep(attribute, part):
            data[attribute.metadata.get("key", attribute.name)] = plain_data(part, keep)
    return data


def parsed(kind: Any, data: Any) -> Any:
    """Return the value of type `kind` that is stored as `data`, which has its form."""
    if parts := _parts(kind):
        return kind(**{name: parsed(part, data[name]) for name, part in parts.items()})
    if get_origin(kind) is tuple:
        return tuple(parsed(get_args(kind)[0], item) for item in data)
    texts = [choice for choice in (kind, *get_args(kind)) if choice in _FROM_TEXT]
    return _FROM_TEXT[texts[0]](data) if texts and data is not None else data


@cache
def _parts(kind: Any) -> dict[str, Any]:
    """Return the types of the attributes of an attrs class; empty for any other type."""
    return {name: part for name, part in get_type_hints(kind).items() if name in fields_dict(kind)} if has(kind) else {}


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema of the stored form of a type.

    >>> schema_of(int | None)
    {'anyOf': [{'type': 'integer'}, {'type': 'null'}]}
    """
    if parts := _parts(kind):
        return object_schema({name: schema_of(part) for name, part in parts.items()})
    if get_origin(kind) is tuple:
        return {"type": "array", "items": schema_of(get_args(kind)[0])}
    if get_origin(kind) is Literal:
        return {"anyOf": [{"const": choice} for choice in get_args(kind)]}
    if choices := get_args(kind):  # a union; the options of a priced field have no decimal places
        schemas = [schema_of(choice) for choice in choices if choice is not Decimal]
        return {"anyOf": [choice for schema in schemas for choice in schema.get("anyOf", [schema])]}
    return {"type": next((name for name, json_type in _JSON_TYPES.items() if json_type is kind), "string")}


def object_schema(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of an object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def checked(value: Any, schema: dict[str, Any]) -> Any:
    """Return a copy of plain data that a schema of `schema_of` describes. Raises ValueError for anything else.

    Only methods of built-in types are called, and each container is read once, so another thread may change it.
    """
    match schema:
        case {"properties": parts}:
            items = list(value.items()) if type(value) is dict else []
            if len(items) == len(parts) and all(type(key) is str and key in parts for key, _ in items):
                return {key: checked(item, parts[key]) for key, item in items}
        case {"items": item_schema}:
            if type(value) is list:
                return [checked(item, item_schema) for item in list(value)]
        case _ if any(_is(value, choice) for choice in schema.get("anyOf", [schema])):
            return value
    raise ValueError(NOT_THE_FORM)


def _is(value: Any, choice: dict[str, Any]) -> bool:
    if "const" in choice:
        return type(value) is type(choice["const"]) and bool(value == choice["const"])
    return type(value) is _JSON_TYPES[choice["type"]] and _in_range(value)


def _in_range(value: Any) -> bool:
    """Return whether text can be encoded as UTF-8 and a number is small enough to be printed."""
    if isinstance(value, int | None):
        return value is None or value.bit_length() <= WIDEST_BITS
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
