"""The command `rate`, which prices the rows of a file."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from ratecard import Adjustment, load_adjustments, rate_file
from ratecard._bulk.job import DamagedFile
from ratecard._cli import _input
from ratecard._cli._answers import totals_data
from ratecard._cli._batch import summary_tables
from ratecard._cli._options import answers, catalog_options, command, parsed_by
from ratecard._cli._output import Exit, Note, Result, Table, progress_bar, reading, stop
from ratecard._cli._signals import guarded
from ratecard._money import usd_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard import Catalog, Summary
    from ratecard._cli._output import Row


def _adjustments(path: str) -> tuple[Adjustment, ...]:
    with reading():
        return load_adjustments(path)


@command(
    "ratecard rate usage.parquet -o priced.parquet --by user --at-column created",
    "ratecard rate requests.jsonl.gz -o priced.jsonl.gz --rejects rejects.jsonl --resume",
    "ratecard rate usage.csv -o priced.csv --column model=slug --column duration=seconds",
)
@click.argument("source", metavar="IN")
@click.option("-o", "--output", "target", metavar="OUT", required=True, help="Write the rows with their prices to OUT.")
@click.option("--rejects", metavar="FILE", help="Write why rows have no price to FILE, as JSON Lines.")
@click.option("--by", metavar="COLUMN", help="Print totals for each value of COLUMN.")
@click.option("--at-column", metavar="COLUMN", help="Use the prices in force at the instant or date in COLUMN.")
@click.option(
    "--adjust",
    "adjustments",
    metavar="FILE",
    callback=parsed_by(_adjustments),
    help="Add the sale price after the adjustments in a TOML FILE.",
)
@click.option(
    "--column",
    "columns",
    metavar="NAME=COLUMN",
    multiple=True,
    callback=parsed_by(_input.pairs),
    help="The column of an option or of the model, if it has another name; NAME= leaves an option out.",
)
@click.option("--requests", metavar="COLUMN", help="Price whole requests in COLUMN, as JSON.")
@click.option("--resume", is_flag=True, help="Continue an interrupted run, and keep what this one finishes.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors; the exit code says the rest.")
@answers()
@catalog_options
def rate(
    source: str,
    *,
    target: str,
    catalog: Catalog,
    columns: dict[str, Any],
    at_column: str | None,
    adjustments: tuple[Adjustment, ...] | None,
    by: str | None,
    rejects: str | None,
    resume: bool,
    quiet: bool,
    **options: Any,
) -> Result:
    """Price the rows of a file, however many there are.

    IN and OUT are Parquet, CSV or JSON Lines, by their suffixes .parquet, .csv, .jsonl and .ndjson; those of text may
    be followed by .gz or .zst. In Parquet and CSV a row has a model and the options that its price depends on, in
    columns of their names; null, which is an empty cell in CSV, is an option that is left out. With --requests, and in
    JSON Lines, it has a whole request.

    OUT has the same rows in the same order, with the columns usd_micros and declined. It is written when all of it is
    complete.
    """
    if at_column is not None and catalog.instant is not None:
        raise click.UsageError("--at and --at-column are mutually exclusive")
    texts = {name: column or None for name, column in columns.items()}
    bar = nullcontext() if quiet else progress_bar("rows", has_end=True)
    with _stopping(source, resume=resume), guarded(), bar as progress:
        totals = rate_file(
            source,
            target,
            model=texts.pop("model", None) or "model",
            columns=texts,
            at=at_column,
            catalog=catalog,
            adjustments=adjustments or (),
            by=by,
            rejects=rejects,
            resume=resume,
            progress=progress,
            **options,
        )
    return _result(totals, by, quiet=quiet, is_listed=rejects is not None)


@contextmanager
def _stopping(source: str, *, resume: bool) -> Iterator[None]:
    """End the command if the file cannot be priced."""
    kept = "; run the same command again to continue after what is finished" if resume else ""
    try:
        yield
    except KeyboardInterrupt:
        stop(Exit.INTERRUPTED, f"interrupted{kept}")
    except OSError as error:
        if error.filename == source:
            stop(Exit.USAGE, f"cannot read {source}: {error.strerror}", code="unreadable")
        stop(Exit.FAILURE, f"cannot write {error.filename}: {error.strerror}{kept}", code="unwritable")
    except ImportError as error:
        stop(Exit.FAILURE, str(error), code="missing_extra")
    except (DamagedFile, TypeError) as error:
        stop(Exit.INVALID, str(error), code="bad_input")
    except ValueError as error:
        stop(Exit.USAGE, str(error), code="usage")


def _result(totals: Summary, by: str | None, *, quiet: bool, is_listed: bool) -> Result:
    codes = {Exit.INVALID if code in {"invalid_request", "no_instant"} else Exit.NOT_PRICED for code, _ in totals.codes}
    exit_code = min(codes, default=Exit.OK)
    if quiet:
        return Result(dict, tuple, exit=exit_code)

    def data() -> dict[str, Any]:
        groups = [{"key": key, **_sums(group)} for key, group in totals.groups]
        return {**_sums(totals), **({"groups": groups} if by is not None else {})}

    def text() -> Iterator[Table]:
        header = ("rows", "quoted", "declined", "usd", *(["sale_usd"] if totals.sold else []))
        groups = [("" if key is None else str(key), *_row(group, totals)) for key, group in totals.groups]
        return summary_tables(header, _row(totals, totals), totals.codes, by, groups)

    notes = [Note("", "--rejects FILE lists why rows have no price")] if totals.codes and not is_listed else []
    return Result(data, text, notes, exit_code, records=None if by is None else "groups")


def _row(totals: Summary, whole: Summary) -> Row:
    """Return sums as a row of a table, with sale prices if the whole has some."""
    counts = (totals.quoted + totals.declined, totals.quoted, totals.declined)
    amounts = [totals.cost_micros, *([totals.sale_micros] if whole.sold else [])]
    return (*(f"{count:,}" for count in counts), *(amount if totals.quoted else None for amount in amounts))


def _sums(totals: Summary) -> dict[str, Any]:
    """Return sums as plain JSON data."""
    counts = {"rows": totals.quoted + totals.declined, "quoted": totals.quoted, "declined": totals.declined}
    sale = {"total_sale_usd_micros": totals.sale_micros, "total_sale_usd": usd_text(totals.sale_micros)}
    sums = {**totals_data([totals.cost_micros]), **(sale if totals.sold else {})}
    return {**counts, **sums, "codes": dict(totals.codes)}
