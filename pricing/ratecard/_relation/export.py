"""Rate tables in the formats that other programs read: CSV, JSON, SQL and Arrow."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    import pyarrow as pa

    from ratecard._quote.quote import CatalogRef

_SQL_TYPES = {
    **dict.fromkeys(("usd_micros", "sale_usd_micros", "exact_numerator", "exact_denominator"), "BIGINT"),
    **dict.fromkeys(("valid_from", "valid_to"), "TIMESTAMP WITH TIME ZONE"),
    "era": "INTEGER",
}
"""The type of each column that is not text."""


def csv_text(columns: Sequence[str], records: Iterable[dict[str, Any]]) -> str:
    """Return rows as CSV under a header. Null is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in record.items()} for record in records)
    return text.getvalue()


def json_text(catalog: CatalogRef, key: Sequence[str], records: Iterable[dict[str, Any]]) -> str:
    """Return rows as a JSON document, a line for each row."""
    head = {"catalog": {"version": catalog.version, "digest": catalog.digest}, "key": list(key)}
    rows = (json.dumps({name: _plain(value) for name, value in record.items()}) for record in records)
    return json.dumps(head)[:-1] + ', "rows": [\n' + ",\n".join(rows) + "\n]}\n"


def sql_text(catalog: CatalogRef, name: str, columns: Sequence[str], records: Iterable[dict[str, Any]]) -> str:
    """Return statements that create a table and fill it."""
    types = ", ".join(f"{_identifier(column)} {_SQL_TYPES.get(column, 'TEXT')}" for column in columns)
    rows = ",\n".join(f"({', '.join(map(_literal, map(_plain, record.values())))})" for record in records)
    filled = f"INSERT INTO {_identifier(name)} VALUES\n{rows};\n" if rows else ""
    comment = f"-- catalogue {catalog.version}, {catalog.digest}\n"
    return f"{comment}CREATE TABLE {_identifier(name)} ({types});\n{filled}"


def macro_text(name: str, table: str, fields: Sequence[str]) -> str:
    """Return a statement for duckdb that creates a function from a model and options to a price."""
    options = "".join(f", {_identifier(field)} := NULL" for field in fields)
    # Other names, because a name that is both a column and an argument is ambiguous.
    renamed = ", ".join(f"r.{_identifier(name)} AS {_identifier(f'rate {name}')}" for name in ("model", *fields))
    same = equal_columns((f"rate {field}", field) for field in fields)
    return (
        f"CREATE MACRO {_identifier(name)}(model{options}) AS (\n"
        f"SELECT usd_micros FROM (SELECT {renamed}, usd_micros FROM {_identifier(table)} r)\n"
        f'WHERE "rate model" = model{" AND " if same else ""}{same}\n);\n'
    )


def equal_columns(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the condition that the columns of each pair are equal, where null equals null."""
    return " AND ".join(f"{_identifier(name)} IS NOT DISTINCT FROM {_identifier(other)}" for name, other in pairs)


def columns_query(columns: Mapping[str, Sequence[object]], whole: Container[str]) -> str:
    """Return a query for duckdb with these columns, which are text, except for those in `whole`: whole numbers.

    Each column is one JSON text, which duckdb plans many times faster than a list of values.
    """
    parts = (
        f"unnest(from_json({_literal(json.dumps(values))}, '[\"{'BIGINT' if name in whole else 'VARCHAR'}\"]'))"
        f" AS {_identifier(name)}"
        for name, values in columns.items()
    )
    return f"SELECT {', '.join(parts)}"


def arrow_table(catalog: CatalogRef, columns: Sequence[str], records: Iterable[dict[str, Any]]) -> pa.Table:
    """Return rows as a table of Arrow whose metadata name the catalogue."""
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        raise ImportError('Arrow and Parquet need pyarrow: pip install "ratecard[bulk]"') from None
    types = {"BIGINT": pa.int64(), "INTEGER": pa.int64(), "TEXT": pa.string()}
    instant = pa.timestamp("us", "UTC")
    fields = [(column, types.get(_SQL_TYPES.get(column, "TEXT"), instant)) for column in columns]
    names = {"ratecard.catalog_version": catalog.version, "ratecard.catalog_digest": catalog.digest}
    return pa.Table.from_pylist(list(records), pa.schema(fields, names))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
