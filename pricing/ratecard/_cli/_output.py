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
        header: The names of the columns.
        rows: The cells of each row.
        title: The title, which is shown only on a terminal.
        spare: The columns that are left out on a narrow terminal, in this order.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str | None = None
    spare: tuple[str, ...] = ()


def say(lines: Iterable[Line], *, err: bool = False) -> None:
    """Write lines, with their styles on a terminal."""
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
    """Write a line to standard error, in yellow."""
    say([(message, "yellow")], err=True)


def stop(exit_code: int, *messages: str, code: str | None = None) -> NoReturn:
    """End the command with messages on standard error and, with a `code` and `--json`, a JSON document."""
    if code is not None and wants_json():
        say_json({"ok": False, "code": code, "message": "\n".join(messages)})
    say(((message, "red") for message in messages), err=True)
    sys.exit(exit_code)


def wants_json() -> bool:
    """Return whether the running command prints JSON."""
    options = click.get_current_context().params
    return bool(options.get("as_json")) or options.get("form") == "json"


def outlive_connections() -> None:
    """Ignore SIGPIPE, so that a connection closed by the other side raises an error instead of ending the process."""
    if hasattr(signal, "SIGPIPE"):  # Windows has none
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def show(*tables: Table) -> None:
    """Write tables one below the other. Tables without rows are left out."""
    console = console_of()
    for number, table in enumerate(table for table in tables if table.rows):
        if console is None:
            click.echo(("\n" if number else "") + _separated(table))
        else:
            _draw(table, console)


def say_json(data: object, *, indent: int | None = 2) -> None:
    """Write a JSON value in ASCII, which is safe on every terminal."""
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
"""The formats of `--format` besides `table` and `json`. To add a format, add an entry here."""


def write(form: str, table: Callable[[], Table], data: Callable[[], dict[str, object]]) -> None:
    """Write an answer in the chosen format."""
    if form == "json":
        say_json({"ok": True, **data()})
    elif form in FORMATS:
        click.echo(FORMATS[form](table()), nl=False)
    else:
        show(table())


def console_of(*, err: bool = False) -> Console | None:
    """Return a console for the stream, or None if it is not a terminal."""
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        return None
    from rich.console import Console

    # rich would accept COLUMNS=0 and print nothing.
    width = get_terminal_size().columns
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def _separated(table: Table) -> str:
    return "\n".join("\t".join(map(one_line, row)) for row in (table.header, *table.rows))


def _draw(table: Table, console: Console) -> None:
    """Draw a table, leaving out as many spare columns as needed to fit the terminal."""
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
