"""Writing answers: colours and boxes on a terminal, plain lines and tab-separated values in a pipe.

Rule 1  External text cannot move the cursor, break a line or be interpreted as markup.
Rule 2  Pipes get no colours and no boxes, and lines are never wrapped. rich is imported only for a terminal.
Rule 3  Every JSON document has `ok`, and none has floats: money is whole millionths and text.
Rule 4  Messages that cannot be written to standard error are dropped. For answers on standard output, that is an error.
"""

from __future__ import annotations

import csv
import io
import json
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import date
from enum import IntEnum
from fractions import Fraction
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import click
from attrs import field, frozen

from ratecard._money import fraction_text
from ratecard_rules import AMOUNTS, markdown_table, one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid

Line: TypeAlias = tuple[str, str]
"""A line of text and its style on a terminal."""


class Exit(IntEnum):
    """The exit codes. If several apply, the lowest one that is not OK counts.

    Attributes:
        REFUSED: The API refused, or cannot be reached.
        UNCERTAIN: A job may have been created.
        NO_RESULT: The job that was waited for failed or was cancelled.
        DRIFT: A job was created, and its charge is not the quote.
        GOES_ON: The job is still running after the timeout.
        INTERRUPTED: By Ctrl-C, or by a signal that asks the command to end.
    """

    OK = 0
    FAILURE = 1
    USAGE = 2
    INVALID = 3
    NOT_PRICED = 4
    OVER_BUDGET = 5
    REFUSED = 6
    UNCERTAIN = 7
    NO_RESULT = 8
    DRIFT = 9
    GOES_ON = 10
    INTERRUPTED = 130


@frozen
class Table:
    """Rows under a header.

    Attributes:
        header: The names of the columns.
        rows: The cells of each row.
        title: The title, which is shown only on a terminal.
        spare: The columns that are folded below the first column on a narrow terminal, in this order.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str | None = None
    spare: tuple[str, ...] = ()


@frozen
class Result:
    """What a command answers. Only the format that is asked for is computed.

    Attributes:
        data: Returns the JSON document. It may leave out `ok`, which then follows from the exit code.
        text: Returns the lines and tables for people.
        notes: Lines for standard error, beside every format but JSON.
        exit: The exit code.
        over_budget: The message that the budget is exceeded, if it is.
        own_formats: The formats of this command alone, and what returns the answer in each.
    """

    data: Callable[[], dict[str, Any]]
    text: Callable[[], Iterable[Line | Table]]
    notes: Iterable[Line] = ()
    exit: int = Exit.OK
    over_budget: str | None = None
    own_formats: Mapping[str, Callable[[], str]] = field(factory=dict)


def finish(result: Result, form: str) -> NoReturn:
    """Write the answer of a command in a format, and exit."""
    if form == "json":
        over = {"ok": False, "code": "over_budget", "message": result.over_budget} if result.over_budget else {}
        say_json({"ok": not result.exit, **over} | result.data() | over)
    else:
        say(result.notes, err=True)
        if form in result.own_formats:
            click.echo(result.own_formats[form](), nl=False)
        elif form in FORMATS:
            click.echo("\n".join(FORMATS[form](part) for part in result.text() if isinstance(part, Table)), nl=False)
        else:
            say(result.text())
    if result.over_budget:
        say([(result.over_budget, "red")], err=True)
    sys.exit(result.exit)


def stop(exit_code: int, *messages: str, code: str | None = None) -> NoReturn:
    """End the command with messages on standard error and, with a `code` and `--json`, a JSON document."""
    if code is not None:
        options = click.get_current_context().params
        if options.get("as_json") or options.get("form") == "json":
            say_json({"ok": False, "code": code, "message": "\n".join(messages)})
    say(((message, "red") for message in messages), err=True)
    sys.exit(exit_code)


def say(parts: Iterable[Line | Table], *, err: bool = False) -> None:
    """Write lines, with their styles on a terminal, and tables that have rows, one below the other."""
    console = console_of(err=err)
    with suppress(OSError) if err else nullcontext():
        separator = ""
        for part in parts:
            if not isinstance(part, Table):
                text, style = part
                if console is None:
                    click.echo(one_line(text), err=err)
                else:
                    console.print(one_line(text), style=style, soft_wrap=True)
            elif part.rows:
                if console is None:
                    rows = ("\t".join(map(one_line, row)) for row in (part.header, *part.rows))
                    click.echo(separator + "\n".join(rows), err=err)
                    separator = "\n"
                else:
                    console.print(_grid(part, console.width))


def say_json(data: object) -> None:
    """Write a JSON value in ASCII, which is safe on every terminal."""
    click.echo(json_text(data, indent=2))


def json_text(data: object, *, indent: int | None = None) -> str:
    """Return data as JSON, in which exact numbers, dates and instants are text.

    >>> json_text({"checked": date(2026, 11, 20), "multiplier": Fraction(3, 2)})
    '{"checked": "2026-11-20", "multiplier": "1.5"}'
    """
    return json.dumps(data, indent=indent, allow_nan=False, default=_exact_text)


def _exact_text(value: object) -> str:
    if isinstance(value, Fraction):
        return fraction_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def csv_text(table: Table) -> str:
    """Return a table as comma-separated values with a header."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((table.header, *table.rows))
    return text.getvalue()


def markdown_text(table: Table) -> str:
    """Return a table as Markdown."""
    return markdown_table(table.header, table.rows)


FORMATS: dict[str, Callable[[Table], str]] = {"csv": csv_text, "markdown": markdown_text}
"""The formats of `--format` besides `table` and `json`. To add a format, add an entry here."""


def console_of(*, err: bool = False) -> Console | None:
    """Return a console for the stream, or None if it is not a terminal."""
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        return None
    from rich.console import Console

    # rich would accept COLUMNS=0 and print nothing.
    width = get_terminal_size().columns
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def _grid(table: Table, width: int) -> Grid:
    """Return a table for a terminal of this width, with as many spare columns folded as needed to fit it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=table.title, title_justify="left")
    columns = [[*map(one_line, column)] for column in zip(table.header, *table.rows, strict=True)]
    every = columns
    folded = set[str]()
    for name in table.spare:
        if _width(columns) > width:
            folded.add(name)
            columns = [column for column in every if column[0] not in folded]
    for name, *_ in columns:
        grid.add_column(Text(name), justify="right" if name in AMOUNTS else "left", overflow="fold")
    room = max(_width(columns[:1]), width - _width(columns[1:])) - _MARGIN
    for place, (first, *others) in enumerate(zip(*(column[1:] for column in columns), strict=True)):
        cells = (
            f"{name} {column[place]}" if name in AMOUNTS else column[place]
            for name, *column in every
            if name in folded and column[place]
        )
        grid.add_row(Text.assemble(first, (_below(cells, room), "dim")), *map(Text, others))
    return grid


_MARGIN = 2
"""The space around a table, and between its columns."""


def _width(columns: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + _MARGIN for column in columns) + _MARGIN


def _below(cells: Iterable[str], room: int) -> str:
    """Return the lines below the first cell of a row, which have its folded cells."""
    lines = wrap("; ".join(cells), room, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return "".join(f"\n{line}" for line in lines)


def outlive_connections() -> None:
    """Ignore SIGPIPE, so that a connection closed by the other side raises an error instead of ending the process."""
    if hasattr(signal, "SIGPIPE"):  # Windows has none
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
