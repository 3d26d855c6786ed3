"""Writing answers: colours and boxes on a terminal, plain lines and tab-separated values in a pipe.

Rule 1  Nothing that came from outside moves the cursor, ends a line or is read as markup.
Rule 2  A pipe gets no colour, no box, and every line whole. rich is imported only for a terminal.
Rule 3  Every JSON document says `ok`, and none has a float: money is whole millionths and text.
Rule 4  A message that standard error does not take is lost; an answer that standard output does not take is an error.
"""

from __future__ import annotations

import csv
import io
import json
import signal
import sys
from contextlib import nullcontext, suppress
from datetime import date
from fractions import Fraction
from shutil import get_terminal_size
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import click
from attrs import frozen

from ratecard._money import fraction_text
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console
    from rich.table import Table as Grid

Line: TypeAlias = tuple[str, str]
"""A line of text and its style on a terminal."""

_UNBOUNDED = 1_000_000
_AMOUNTS = frozenset({"from", "to", "price", "usd", "usd_micros", "multiplier"})


@frozen
class Table:
    """Rows under a header.

    Attributes:
        header: the names of the columns
        rows: the cells of each row
        title: shown on a terminal only
        spare: the columns that a narrow terminal leaves out, in this order
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str | None = None
    spare: tuple[str, ...] = ()


def say(lines: Iterable[Line], *, err: bool = False) -> None:
    """Write lines, each in its style on a terminal."""
    console = console_of(err=err)
    with suppress(OSError) if err else nullcontext():
        for text, style in lines:
            if console is None:
                click.echo(one_line(text), err=err)
            else:
                console.print(one_line(text), style=style, soft_wrap=True)


def counted(number: int, noun: str) -> str:
    """Return a number of things.

    >>> counted(1, "model"), counted(1_200, "fault")
    ('1 model', '1,200 faults')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def warn(message: str) -> None:
    """Write one line on standard error, in yellow."""
    say([(message, "yellow")], err=True)


def stop(exit_code: int, *messages: str, code: str | None = None) -> NoReturn:
    """End the command: write why on standard error, and with a `code` also as JSON where that was asked for."""
    if code is not None and wants_json():
        say_json({"ok": False, "code": code, "message": "\n".join(messages)})
    say(((message, "red") for message in messages), err=True)
    sys.exit(exit_code)


def wants_json() -> bool:
    """Return whether the command that is running was asked for JSON."""
    options = click.get_current_context().params
    return bool(options.get("as_json")) or options.get("form") == "json"


def outlive_connections() -> None:
    """Make a connection that the other side closes an error that can be caught: pipes end the process otherwise."""
    if hasattr(signal, "SIGPIPE"):  # Windows has none
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def show(*tables: Table) -> None:
    """Write tables one below the other, without those that have no rows."""
    console = console_of()
    for number, table in enumerate(table for table in tables if table.rows):
        if console is None:
            click.echo(("\n" if number else "") + _separated(table))
        else:
            _draw(table, console)


def say_json(data: object, *, indent: int | None = 2) -> None:
    """Write one JSON value, in ASCII: every terminal and pipe takes it, and nothing in it moves a cursor."""
    click.echo(json_text(data, indent=indent))


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
    """Return a table as Markdown.

    >>> print(markdown_text(Table(("usd",), (("1.26",),))), end="")
    | usd |
    | ---: |
    | 1.26 |
    """
    rule = ("---:" if name in _AMOUNTS else "---" for name in table.header)
    rows = ((one_line(cell).replace("|", r"\|") for cell in row) for row in table.rows)
    return "".join(f"| {' | '.join(row)} |\n" for row in (map(one_line, table.header), rule, *rows))


FORMATS: dict[str, Callable[[Table], str]] = {"csv": csv_text, "markdown": markdown_text}
"""What `--format` offers for a table beside `table`, for people, and `json`: a new format is one entry here."""


def write(form: str, table: Callable[[], Table], data: Callable[[], dict[str, object]]) -> None:
    """Write an answer in the format that was asked for: its table, or its data as JSON."""
    if form == "json":
        say_json({"ok": True, **data()})
    elif form in FORMATS:
        click.echo(FORMATS[form](table()), nl=False)
    else:
        show(table())


def console_of(*, err: bool = False) -> Console | None:
    """Return a console for the stream, or None where it is no terminal."""
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        return None
    from rich.console import Console

    # rich would believe COLUMNS=0, and show nothing.
    width = get_terminal_size().columns
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def _separated(table: Table) -> str:
    return "\n".join("\t".join(map(one_line, row)) for row in (table.header, *table.rows))


def _draw(table: Table, console: Console) -> None:
    """Draw a table, without as many of its spare columns as the width of the terminal demands."""
    unbounded = console.options.update(max_width=_UNBOUNDED)
    for dropped in range(len(table.spare) + 1):
        grid = _grid(table, table.spare[:dropped])
        if console.measure(grid, options=unbounded).maximum <= console.width:
            break
    console.print(grid)


def _grid(table: Table, without: Sequence[str]) -> Grid:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=table.title, title_justify="left")
    kept = [at for at, name in enumerate(table.header) if name not in without]
    for name in (table.header[at] for at in kept):
        grid.add_column(Text(one_line(name)), justify="right" if name in _AMOUNTS else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(one_line(row[at])) for at in kept))
    return grid
