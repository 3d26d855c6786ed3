"""The commands about bills and stored quotes: `reconcile`, `rerate` and `recycle`."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratecard import Catalog, Declined, Quote
from ratecard import reconcile as reconcile_rows
from ratecard import rerate as rerate_records
from ratecard._bill.overlay import overlay_tables
from ratecard._bill.reconcile import SETTLED
from ratecard._bill.suspense import recycle as recycle_records
from ratecard._bill.suspense import still_held
from ratecard._cli._input import LINES_SUFFIXES, STDIN, pairs, suffix_of
from ratecard._cli._options import answers, catalog_options, command, parsed_by
from ratecard._cli._output import FORMATS, Exit, Note, Result, Table, stop, writing
from ratecard._cli._rows import VENDOR_COLUMNS, read_rows, write_records
from ratecard._replace import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard import Reconciliation, Rerating
    from ratecard._bill.reconcile import Row
    from ratecard._bill.suspense import Recycled
    from ratecard._cli._output import Cell

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def _columns(items: tuple[str, ...]) -> dict[str, str]:
    return {name: str(column) for name, column in pairs(items).items()}


def _period(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,6})([dhms])", text)
    if found is None:
        raise ValueError(f"expected a number and d, h, m or s, such as 24h, got {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@command(
    "ratecard reconcile quotes.jsonl --bill jobs.jsonl",
    "ratecard reconcile receipts.jsonl --bill bill.csv --column job_id=id --column charged_micros=cost --format csv",
    "ratecard reconcile quotes.jsonl --bill jobs.jsonl --overlay to-review/",
)
@click.argument("ours", metavar="OURS")
@click.option("--bill", metavar="BILL", required=True, help="The vendor's jobs; - is stdin.")
@click.option(
    "--column",
    "columns",
    metavar="NAME=COLUMN",
    multiple=True,
    callback=parsed_by(_columns),
    help="The column of BILL for job_id, charged_micros, status or time; by default the API's own names.",
)
@click.option(
    "--ours-column",
    "ours_columns",
    metavar="NAME=COLUMN",
    multiple=True,
    callback=parsed_by(_columns),
    help="The column of OURS for job_id, quote, receipt, request or time.",
)
@click.option(
    "--tolerance-micros",
    type=click.IntRange(min=0),
    default=0,
    help="The largest difference that does not matter, in millionths of a US dollar.",
)
@click.option(
    "--delay",
    metavar="TIME",
    default="0s",
    callback=parsed_by(_period),
    help="How long BILL may lag behind OURS, such as 24h; newer jobs without a charge are pending.",
)
@click.option(
    "--overlay", metavar="FOLDER", help="Write the first common cause as tables to review into this new folder."
)
@click.option("--all", "every", is_flag=True, help="Also list the rows that need no attention.")
@answers()
@catalog_options
def reconcile(
    *,
    ours: str,
    bill: str,
    columns: dict[str, str],
    ours_columns: dict[str, str],
    overlay: str | None,
    every: bool,
    catalog: Catalog,
    **options: Any,
) -> Result:
    """Compare a bill with our own quotes, and explain the differences.

    OURS holds records with a job_id and a quote, a receipt or a request; BILL the vendor's jobs with jobId,
    costMicroCents, status and createdAt. Both are JSON Lines, CSV or Parquet, by their names; text may be gzipped. Each
    row has exactly one outcome, and all sums are exact.

    Exit codes: 0 everything agrees, 1 a difference, 2 wrong usage, 3 only rows that cannot be read.
    """
    if ours == bill == STDIN:
        raise click.UsageError("OURS and BILL cannot both be standard input")
    if overlay is not None and Path(overlay).exists():
        raise click.UsageError(f"--overlay {overlay} exists already; name a new folder")
    result = reconcile_rows(
        read_rows(ours, ours_columns, {"job_id": "jobId"}),
        read_rows(bill, columns, VENDOR_COLUMNS, exact=True),
        catalog=catalog,
        **options,
    )
    rows, display = result.rows if every else result.open_rows(), result.display()
    table = Table(
        ("job", "outcome", "model", "quoted", "billed", "difference", "because"),
        map(_cells, rows),
        spare=("model", "because"),
    )
    return Result(
        lambda: {**result.summary(), "results": (row.to_dict() for row in rows)},
        lambda: [
            Table(display.header, display.rows),
            *(Note("cause  ", str(cause), "yellow") for cause in result.causes),
            table,
        ],
        [] if overlay is None else [_write_overlay(result, overlay, catalog)],
        exit=_reconciled_exit(result),
        records="results",
        table=lambda: table,
        own_formats={"markdown": lambda: "\n".join([display.to_markdown(), "".join(FORMATS["markdown"](table))])},
    )


def _cells(row: Row) -> tuple[Cell, ...]:
    amounts = row.quoted_micros, row.billed_micros, row.difference_micros
    return row.job_id or "", row.outcome, row.model or "", *amounts, row.says


def _reconciled_exit(result: Reconciliation) -> int:
    open_outcomes = result.sums.keys() - SETTLED
    return Exit.FAILURE if open_outcomes - {"unreadable"} else Exit.INVALID if open_outcomes else Exit.OK


def _write_overlay(result: Reconciliation, folder: str, catalog: Catalog) -> Note:
    """Write the tables of the first cause, one file for each model. Ends the command if there are none."""
    if not result.causes:
        return Note("overlay  ", "no cause explains two rows, so there are no tables to review")
    try:
        tables = overlay_tables(result.causes[0], catalog)
    except ValueError as error:
        return Note("overlay  ", str(error))
    with writing(folder):
        Path(folder).mkdir(parents=True)
        for slug, text in tables.items():
            write_file(Path(folder, f"{slug.replace('/', '.')}.toml"), text)
    return Note("overlay  ", f"{folder}: review these tables, then `ratecard check {folder}`")


@command("ratecard rerate quotes.jsonl --dry-run", "ratecard rerate quotes.jsonl --tables new/ --apply")
@click.argument("file", metavar="FILE")
@click.option(
    "--apply/--dry-run", "is_applied", help="Append the corrections to FILE, or only show them; --dry-run by default."
)
@answers()
@catalog_options
def rerate(file: str, *, is_applied: bool, catalog: Catalog) -> Result:
    """Price stored quotes again, and append corrections.

    FILE holds stored quotes, or records with a quote, a request or both, as JSON Lines. With --apply, the reversal of
    each old quote and the new quote are appended to it. No line is changed, and the file is replaced in one step, so
    nothing else may write to it meanwhile. A record whose price is no longer known keeps its quote.

    Exit codes: 0 nothing to correct, or corrected; 1 corrections that were not applied; 2 wrong usage; 3 only records
    that cannot be read; 4 only records that have no price now.
    """
    if is_applied and (suffix_of(file) not in LINES_SUFFIXES or file.lower().endswith(".gz")):
        raise click.UsageError(f"--apply appends to {' and '.join(LINES_SUFFIXES)} files, not to {file}")
    result = rerate_records(read_rows(file, {}), catalog=catalog)
    if is_applied and result:
        write_records(file, result.corrections(), append=True)
    header = ("record", "change", "model", "old", "new", "difference", "because")
    return Result(
        lambda: {**result.to_dict(), "applied": is_applied},
        lambda: [*str(result).split("\n"), Table(header, _rerated_rows(result))],
        exit=_rerated_exit(result, is_applied=is_applied),
        records="results",
    )


def _rerated_rows(result: Rerating) -> Iterator[tuple[Cell, ...]]:
    for row in result.rows:
        if row.change != "unchanged":
            old, new = (None if quote is None else quote.usd_micros for quote in (row.old, row.new))
            yield row.job_id or str(row.entry), row.change, row.model or "", old, new, row.difference_micros, row.says


def _rerated_exit(result: Rerating, *, is_applied: bool) -> int:
    if result and not is_applied:
        return Exit.FAILURE
    return Exit.INVALID if result.counts["unreadable"] else Exit.NOT_PRICED if result.counts["no_longer_priced"] else 0


@command("ratecard recycle held.jsonl", "ratecard recycle held.jsonl --tables new/ --released released.jsonl")
@click.argument("file", metavar="HELD")
@click.option(
    "--old",
    "old_paths",
    metavar="PATH",
    multiple=True,
    help="The --tables with which requests were declined, to see which change released them; may be repeated.",
)
@click.option(
    "--released", metavar="FILE", help="Append the requests that have a price now to FILE, and take them out of HELD."
)
@answers()
@catalog_options
def recycle(file: str, *, old_paths: tuple[str, ...], released: str | None, catalog: Catalog) -> Result:
    """Price declined requests again, and say what changed.

    HELD is written by `ratecard quote --suspense`. Each request that has a price now is listed with the change of the
    tables that released it. With --released, HELD keeps only the requests that are still declined, with the reason of
    today.

    Exit codes: 0 every request has a price now, 2 wrong usage, 3 a record that cannot be read, 4 a request that is
    still declined.
    """
    old = Catalog.bundled()
    for path in old_paths:
        old |= Catalog.load(path)
    outcomes = [*recycle_records(read_rows(file, {}), catalog, [Catalog.bundled(), old])]
    if released is not None:
        _move(outcomes, file, released, catalog)
    codes = {Exit.INVALID if each.answer is None else Exit.NOT_PRICED for each in outcomes if not each.is_released}
    header = ("request", "model", "usd", "because")
    return Result(
        lambda: {
            "released": sum(each.is_released for each in outcomes),
            "held": sum(not each.is_released for each in outcomes),
            "results": [each.to_dict() for each in outcomes],
        },
        lambda: [Table(header, _recycled_rows(outcomes), spare=("model", "because"))],
        exit=min(codes, default=Exit.OK),
        records="results",
    )


def _recycled_rows(outcomes: list[Recycled]) -> Iterator[tuple[Cell, ...]]:
    for number, each in enumerate(outcomes, start=1):
        model, micros = (each.answer.model, each.answer.usd_micros) if isinstance(each.answer, Quote) else ("", None)
        yield str(number), model, micros, each.says


def _move(outcomes: list[Recycled], file: str, released: str, catalog: Catalog) -> None:
    """Move what was released from one file to another. If that is interrupted, it may be in both, but never in none."""
    if file == STDIN or any(each.answer is None for each in outcomes):
        stop(Exit.INVALID, f"{file} is not changed: it must be a file in which every record can be read")
    write_records(released, (each.to_dict() for each in outcomes if each.is_released), append=True)
    declined = ((each.record, each.answer) for each in outcomes)
    kept = (still_held(record, why, catalog) for record, why in declined if isinstance(why, Declined))
    write_records(file, kept, append=False)
