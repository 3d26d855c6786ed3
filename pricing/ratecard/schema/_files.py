"""The JSON Schemas of ratecard's own files, for editors and for programs in other languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from ratecard import StoredQuote, stored_quote_schema
from ratecard._export import FORMAT, UNIT, VERSION
from ratecard._sale.file import KEYS
from ratecard.schema._request import DIALECT
from ratecard_rules import literal, table_schema

if TYPE_CHECKING:
    from collections.abc import Callable

File: TypeAlias = Literal["table", "adjustments", "quote", "stored-quote", "sheet", "catalogue"]
"""The files that have a schema."""

FILES: tuple[File, ...] = get_args(File)

_TEXT = {"type": "string"}
_INTEGER = {"type": "integer"}


def file_schema(file: File) -> dict[str, Any]:
    """Return the JSON Schema of one of ratecard's own files.

    - `table`: a table of a model in TOML, and `Model.to_dict`; dates and instants count as strings.
    - `adjustments`: the TOML that `load_adjustments` reads.
    - `quote`: what `Quote.to_dict` writes, as `stored_quote_schema` returns it.
    - `stored-quote`: what `StoredQuote.to_dict` writes: a quote with what it was asked for.
    - `sheet`: what `ratecard sheet MODEL --json` prints.
    - `catalogue`: what `export_catalog` returns and `catalogue-v1.json` has.

    Raises ValueError for any other file.

    >>> file_schema("catalogue")["properties"]["format"]
    {'const': 'ratecard-catalogue'}
    """
    if file not in FILES:
        raise ValueError(f"expected one of {', '.join(FILES)}, got {literal(file)}")
    return _SCHEMAS[file]()


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [key for key in properties if key not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _adjustments() -> dict[str, Any]:
    name = {"type": "string", "minLength": 1, "description": "The name of its line; unique in the file."}
    keys = {key: _argument(key) for key in KEYS}
    entry = _object({"name": name, **keys}, optional=tuple(keys))
    entry["oneOf"] = [{"required": [key]} for key in keys]
    properties = {"adjustment": {"type": "array", "items": entry, "description": "In the order in which they apply."}}
    return _document("Adjustments of ratecard", properties)


def _argument(key: str) -> dict[str, Any]:
    """Return the schema of the value of an adjustment."""
    if key.endswith("usd_micros"):
        return {"type": "integer", "description": "Millionths of a US dollar."}
    if key.endswith("usd"):
        dollars = r"^-?[0-9]+(\.[0-9]{1,6}0*)?$"
        return {"type": "string", "pattern": dollars, "description": 'Dollars in quotes, such as "0.05".'}
    choices = [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": "^[0-9]+/[0-9]+$"}]
    return {"anyOf": choices, "description": 'A decimal, or a ratio in quotes such as "13/10".'}


_PRICE = _object({"options": {"type": "object"}, "usd_micros": _INTEGER, "usd": _TEXT})
_CATALOG = _object({"version": _TEXT, "digest": _TEXT})
_DATE = {"type": "string", "format": "date"}
_INSTANT = {"type": ["string", "null"], "format": "date-time"}


def _sheet() -> dict[str, Any]:
    names = {"model": _TEXT, "name": _TEXT, "provider": _TEXT, "capability": _TEXT}
    sources = {"type": "array", "items": _TEXT}
    properties = {
        "ok": {"const": True},
        **names,
        "revision": _object({"number": _INTEGER, "effective": _INSTANT, "checked": _DATE, "source": sources}),
        "catalog": _CATALOG,
        "doubts": {"type": "array", "items": _TEXT, "description": "Conflicts on the page, and what is assumed."},
        "combinations": {"type": "array", "items": _PRICE},
    }
    return _document("A price sheet of ratecard", properties)


def _catalogue() -> dict[str, Any]:
    table = table_schema()
    sheet = {**_object({"digest": _TEXT, "prices": {"type": "array", "items": _PRICE}}), "type": ["object", "null"]}
    sheets = {"type": "array", "items": sheet, "description": "The prices of each revision; null if not known."}
    model = _object({**table["properties"], "sheets": sheets})
    properties = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "unit": {"const": UNIT},
        "catalog": _CATALOG,
        "models": {"type": "array", "items": {**model, "required": [*table["required"], "sheets"]}},
    }
    return {**_document("The catalogue of ratecard", properties), "$defs": table["$defs"]}


def _document(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "title": title, **_object(properties)}


_SCHEMAS: dict[File, Callable[[], dict[str, Any]]] = {
    "table": table_schema,
    "adjustments": _adjustments,
    "quote": stored_quote_schema,
    "stored-quote": StoredQuote.json_schema,
    "sheet": _sheet,
    "catalogue": _catalogue,
}
