"""The command `focus`: costs and prices in the columns of the FinOps cost specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ratecard import focus as focus_tables
from ratecard._cli._input import UNREADABLE, read_files
from ratecard._cli._options import answers, catalog_options, command
from ratecard._cli._output import Exit, Result, parquet_bytes, stop
from ratecard._cli._readers import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard import Catalog


@command(
    "ratecard focus quotes.jsonl --at 2026-12-01 > costs.csv",
    "ratecard focus receipts.jsonl --account team-a --format parquet > costs.parquet",
    "ratecard focus --prices > prices.csv",
)
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("--prices", is_flag=True, help="Print the price list instead: a row for each SkuPriceId.")
@click.option("--version", type=click.Choice([focus_tables.VERSION]), expose_value=False, help="Of FOCUS.")
@click.option("--account", metavar="ID", default="default", show_default=True, help="The BillingAccountId.")
@catalog_options
@answers("csv", "parquet", has_table=False)
def focus(files: tuple[str, ...], *, prices: bool, account: str, catalog: Catalog) -> Result:
    """Write costs as FOCUS, the FinOps Open Cost and Usage Specification: CSV, unless --format says otherwise.

    Each FILE holds stored quotes, sales, receipts of `submit --json`, or corrections of `rerate`. BilledCost is what
    was charged, and 0 for a quote. --at is the instant of quotes that were stored without one; for --prices, that of
    the prices.
    """
    if prices == bool(files):
        raise click.UsageError("give FILEs with quotes or receipts, or --prices")
    try:
        if prices:
            table = focus_tables.prices(catalog=catalog)
        else:
            table = focus_tables.costs(_records(files), at=catalog.instant, account=account)
    except ValueError as error:
        stop(Exit.INVALID, str(error), code="no_cost")
    return Result(
        lambda: {"version": focus_tables.VERSION, "rows": list(table.records())},
        lambda: table.to_csv().splitlines(),
        records="rows",
        own_formats={"csv": table.to_csv, "parquet": lambda: parquet_bytes(table)},
    )


def _records(files: tuple[str, ...]) -> Iterator[object]:
    for entry in read_files(files).entries:
        if isinstance(entry.request, BadInput):
            code = entry.request.code
            stop(Exit.USAGE if code == UNREADABLE else Exit.INVALID, f"{entry.place}: {entry.request.what}", code=code)
        yield entry.request
