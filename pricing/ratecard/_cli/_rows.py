"""Rows of records in files, and the files that are written: bills, stored quotes and requests in suspense."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from ratecard._bill.rows import BadRow
from ratecard._cli._input import STDIN, UNREADABLE, lines_in, suffix_of
from ratecard._cli._output import Exit, stop, writing
from ratecard._cli._readers import BadInput
from ratecard._json import json_text
from ratecard._quote.document import EXACT, parse
from ratecard._replace import replacing
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

VENDOR_COLUMNS = {"job_id": "jobId", "charged_micros": "costMicroCents", "time": "createdAt"}
"""The columns of a bill, and what the API calls them."""


def read_rows(
    file: str, columns: Mapping[str, str], default: Mapping[str, str] | None = None, *, exact: bool = False
) -> Iterator[Any]:
    """Yield the rows of JSON Lines, CSV, Parquet or a JSON array; in place of what cannot be read, a `BadRow`.

    `columns` names the column of the file for each name that the rows should have, and `default` those that are used
    if a row does not have the name itself. With `exact`, no number is read as a float. Ends the command if the file
    cannot be read at all.
    """
    for row in _rows_of(file, exact=exact):
        if isinstance(row, dict):
            named = {name: row[column] for name, column in columns.items() if column in row}
            other = {name: row[column] for name, column in (default or {}).items() if column in row}
            yield {**other, **row, **named} if named or other else row
        else:
            yield row


def _rows_of(file: str, *, exact: bool) -> Iterator[Any]:
    suffix = suffix_of(file)
    try:
        if suffix == ".parquet":
            yield from _parquet(file)
        elif suffix == ".csv":
            yield from _csv(file)
        elif suffix == ".json":
            yield from _document(file, exact=exact)
        else:
            yield from _json_lines(file, exact=exact)
    except BadInput as error:  # without the rest, sums would be wrong
        name = "standard input" if file == STDIN else file
        place = name if error.line is None else f"line {error.line} of {name}"
        stop(Exit.USAGE, f"cannot read {place}: {error.what}", code=UNREADABLE)


def _bad(what: str, place: str) -> BadRow:
    return BadRow(f"{one_line(what)} (at {place})")


def _json_lines(file: str, *, exact: bool) -> Iterator[Any]:
    for number, line in enumerate(lines_in(file), start=1):
        if line.strip():
            try:
                value = parse(line, EXACT if exact else None)
            except ValueError as error:
                value = _bad(str(error), f"{file}:{number}")
            yield value


def _document(file: str, *, exact: bool) -> Iterator[Any]:
    """Yield the items of a JSON array, or of the array `jobs` in an object, as the API lists them."""
    try:
        value = parse(b"".join(lines_in(file)), EXACT if exact else None)
    except ValueError as error:
        yield _bad(str(error), file)
        return
    jobs = value.get("jobs") if isinstance(value, dict) else value
    yield from jobs if isinstance(jobs, list) else [value]


def _csv(file: str) -> Iterator[Any]:
    """Yield the rows of CSV. One that is malformed is followed by the others, but not a malformed header."""
    reader = csv.DictReader(map(bytes.decode, lines_in(file)), strict=True)
    try:
        count = len(reader.fieldnames or ())
    except (csv.Error, ValueError) as error:
        raise BadInput(str(error), 1) from None
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, ValueError) as error:
            yield _bad(str(error), f"{file}:{reader.line_num + 1}")
        else:
            is_whole = None not in row and None not in row.values()
            yield row if is_whole else _bad(f"expected {count} cells", f"{file}:{reader.line_num}")


def _parquet(file: str) -> Iterator[Any]:
    try:
        from ratecard._bulk.parquet_rows import parquet_rows

        yield from parquet_rows(file)
    except ImportError as error:
        stop(Exit.FAILURE, str(error), code="missing_extra")
    except (OSError, ValueError) as error:
        raise BadInput(one_line(str(error))) from None


def write_records(file: str, records: Iterable[Any], *, append: bool) -> None:
    """Write records as JSON Lines, in place of a file or after what it has. Ends the command if that is impossible."""
    write_lines(file, (f"{json_text(record)}\n".encode() for record in records), append=append)


def write_lines(file: str, lines: Iterable[bytes], *, append: bool) -> None:
    """Write lines, in place of a file or after what it has. Ends the command if that is impossible."""
    with writing(file), replacing(file, append=append) as stream:
        stream.writelines(lines)
