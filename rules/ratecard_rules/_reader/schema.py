"""The JSON Schema of table files, derived from the classes that they are read into.

It says which keys there are, their types and the words that they take. What it cannot say, such as that options and
multipliers are the same set, `check_tables` finds.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from inspect import getdoc
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from attrs import NOTHING, has

from ratecard_rules._table.data import written
from ratecard_rules._table.model import Factor, Field, Model

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MULTIPLIER = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[0-9]+/[0-9]+$"}]}
_FACTOR = {"anyOf": [{"const": "value"}, {"type": "object", "additionalProperties": _MULTIPLIER}]}
_KINDS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Decimal: {"type": "number"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    Fraction: _MULTIPLIER,
}


def table_schema() -> dict[str, Any]:
    """Return the JSON Schema of a table file, which is also that of `Model.to_dict`.

    Editors use it to complete and check TOML; dates and instants count as strings.

    >>> table_schema()["$defs"]["Field"]["properties"]["max_length"]["type"]
    'integer'
    """
    classes: dict[str, Any] = {}
    root = _object(Model, classes)
    revision = classes["Revision"]
    revision["properties"]["expires"] = {"description": "The announced end of the price.", **_KINDS[datetime]}
    whole = revision.pop("required")
    revision["anyOf"] = [{"required": whole}, {"not": {"required": ["input"]}}]  # inherits from the one before
    root["anyOf"] = [
        {"required": root["required"], "properties": {"revision": {"prefixItems": [{"required": whole}]}}},
        {"required": ["overlay"], "properties": {"overlay": {"const": "extend"}}},
    ]
    root["required"] = ["model", "revision"]
    return {"$schema": DIALECT, "title": "A table of ratecard", **root, "$defs": dict(sorted(classes.items()))}


def _object(cls: type, classes: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the table of a class, and add those of the classes in it to `classes`."""
    kinds, words = get_type_hints(cls), _attributes(cls)
    parts = written(cls)
    return {
        "type": "object",
        "description": (getdoc(cls) or "").partition("\n")[0],
        "properties": {
            key: {"description": words.get(part.name, ""), **_schema(kinds[part.name], classes)}
            for key, part in parts.items()
        },
        "required": [key for key, part in parts.items() if part.default is NOTHING],
        "additionalProperties": False,
    }


def _schema(kind: Any, classes: dict[str, Any]) -> dict[str, Any]:
    if get_origin(kind) is tuple:
        return _array(get_args(kind)[0], classes)
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if has(kind):
        if kind.__name__ not in classes:
            classes[kind.__name__] = _object(kind, classes)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if kind in _KINDS:
        return _KINDS[kind]
    choices = [choice for choice in get_args(kind) if choice is not NoneType]
    if len(choices) == 1:
        return _schema(choices[0], classes)
    return {"type": sorted({_KINDS[choice]["type"] for choice in choices})}


def _array(item: Any, classes: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a tuple, which is an array in a file, or a table if its items have a key of their own."""
    if item is Factor:
        return {"type": "object", "additionalProperties": _FACTOR}
    if item is Field or get_origin(item) is tuple:
        inner = item if item is Field else get_args(item)[1]
        return {"type": "object", "additionalProperties": _schema(inner, classes)}
    return {"type": "array", "items": _schema(item, classes)}


def _attributes(cls: type) -> dict[str, str]:
    """Return the descriptions of the attributes of a class and of its bases, from their docstrings."""
    found: dict[str, str] = {}
    for part in reversed(cls.__mro__[:-1]):
        text = (getdoc(part) or "").partition("Attributes:\n")[2]
        for name, words in re.findall(r"^    (\w+): (.*(?:\n        .*)*)", text, re.MULTILINE):
            found[name] = re.sub(r"\s+", " ", words)
    return found
