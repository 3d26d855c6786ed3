"""The rate table on the command line: `sheet --all`."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from ratecard import rate_table
from ratecard._cli._output import Exit, Result, Table, stop, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard import Catalog, RateTable
    from ratecard.focus import FocusTable

RATE_FORMATS = ("sql", "parquet")
"""The formats of the rate table besides those of every table."""


def all_rates(catalog: Catalog) -> Result:
    """Return all prices of a catalogue, at its instant if it has one."""
    table = rate_table(catalog)

    def data() -> dict[str, Any]:
        identity = {"version": table.catalog.version, "digest": table.catalog.digest}
        return {"catalog": identity, "key": table.key, "rows": list(table.records())}

    def text() -> list[Table]:
        rows = (tuple("" if value is None else str(value) for value in row.values()) for row in table.records())
        return [Table(table.columns, tuple(rows))]

    own_formats: dict[str, Callable[[], str | bytes]] = {
        "csv": table.to_csv,
        "sql": table.to_sql,
        "parquet": lambda: parquet_bytes(table),
    }
    return Result(data, text, records="rows", own_formats=own_formats)


def parquet_bytes(table: RateTable | FocusTable) -> bytes:
    """Return a table as Parquet. Ends the command if stdout is a terminal or pyarrow is missing."""
    if sys.stdout.isatty():
        stop(Exit.USAGE, "Parquet is not text: redirect the output to a file")
    file = io.BytesIO()
    with writing("standard output"):
        table.write_parquet(file)
    return file.getvalue()
