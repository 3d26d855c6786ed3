"""Rows of records in files, and the files that are written: bills, stored quotes and requests in suspense."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from ratecard._bill.rows import BadRow
from ratecard._cli._files import numbered_lines
from ratecard._cli._input import STDIN, UNREADABLE, BadInput, suffix_of
from ratecard._cli._output import Exit, stop
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
    match suffix_of(file):
        case ".parquet":
            yield from _parquet(file)
        case ".csv":
            yield from _csv(file)
        case ".json":
            yield from _document(file, exact=exact)
        case _:
            for number, line in _lines(file):
                if isinstance(line, BadInput):
                    yield _bad(line.what, file, number)
                elif line.strip():
                    yield _parsed(line, file, number, exact=exact)


def _lines(file: str) -> Iterator[tuple[int, bytes | BadInput]]:
    """Yield the lines of a file. Ends the command if it cannot be read at all."""
    for number, line in numbered_lines(file):
        if isinstance(line, BadInput) and line.code == UNREADABLE:
            name = "standard input" if file == STDIN else file
            stop(Exit.USAGE, f"cannot read {name}: {line.what}", code=UNREADABLE)
        yield number, line


def _bad(what: str, file: str, number: int) -> BadRow:
    return BadRow(f"{one_line(what)} (at {file}:{number})")


def _parsed(text: bytes, file: str, number: int, *, exact: bool) -> Any:
    try:
        return parse(text, EXACT if exact else None)
    except ValueError as error:
        return _bad(str(error), file, number)


def _document(file: str, *, exact: bool) -> Iterator[Any]:
    """Yield the items of a JSON array, or of the array `jobs` in an object, as the API lists them."""
    lines = [*_lines(file)]
    bad = [_bad(line.what, file, number) for number, line in lines if isinstance(line, BadInput)]
    text = b"".join(line for _, line in lines if isinstance(line, bytes))
    value = bad or _parsed(text, file, 1, exact=exact)
    items = value.get("jobs") if isinstance(value, dict) else value
    yield from items if isinstance(items, list) else [value]


def _csv(file: str) -> Iterator[Any]:
    def texts() -> Iterator[str]:
        for _, line in _lines(file):
            if isinstance(line, BadInput):
                raise csv.Error(line.what)
            yield line.decode()

    reader = csv.DictReader(texts(), strict=True)
    try:
        for row in reader:
            is_whole = None not in row and None not in row.values()
            yield row if is_whole else _bad(f"expected {len(reader.fieldnames or ())} cells", file, reader.line_num)
    except (csv.Error, ValueError) as error:
        yield _bad(str(error), file, reader.line_num + 1)


def _parquet(file: str) -> Iterator[Any]:
    try:
        from ratecard._bulk.parquet_rows import parquet_rows

        yield from parquet_rows(file)
    except ImportError as error:
        stop(Exit.FAILURE, str(error), code="missing_extra")
    except (OSError, ValueError) as error:
        stop(Exit.USAGE, f"cannot read {file}: {one_line(str(error))}", code=UNREADABLE)


def write_records(file: str, records: Iterable[Any], *, append: bool) -> None:
    """Write records as JSON Lines, in place of a file or after what it has. Ends the command if that is impossible."""
    write_lines(file, (f"{json_text(record)}\n".encode() for record in records), append=append)


def write_lines(file: str, lines: Iterable[bytes], *, append: bool) -> None:
    """Write lines, in place of a file or after what it has. Ends the command if that is impossible."""
    try:
        with replacing(file, append=append) as stream:
            stream.writelines(lines)
    except OSError as error:
        stop(Exit.USAGE, f"cannot write {file}: {error.strerror}", code="unwritable")
