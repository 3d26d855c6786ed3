"""Writing answers: colours and boxes on a terminal, plain lines and tab-separated values in a pipe.

A command returns a `Result`, and `finish` writes it in the format that was asked for:

    table          `text()`, the lines and tables for people
    json           `data()`, one document
    jsonl          the items of `data()` under the key `records`, one on each line; without `records`, the document
    csv, markdown  `table()`, or else the tables among `text()`: the entries of `FORMATS`
    others         what `own_formats` returns

Everything is written as it is computed: rows may come from a generator, and so may the items of a document. The exit
code, the notes and the message about the budget are asked for only after the answer has been written.

Rule 1  External text cannot move the cursor, break a line or be interpreted as markup.
Rule 2  Pipes get no colours and no boxes, and lines are never wrapped. rich is imported only for a terminal.
Rule 3  Every JSON document has `ok`, and none has floats: money is whole millionths and text.
Rule 4  Messages that cannot be written to standard error are dropped. For answers on standard output, that is an error.
"""

from __future__ import annotations

import csv
import io
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from enum import IntEnum
from itertools import chain, islice
from shutil import get_terminal_size
from textwrap import fill
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeAlias, TypeVar

import click
from attrs import field, frozen

from ratecard import TableError
from ratecard._json import json_text
from ratecard._money import usd_shown, usd_text
from ratecard_rules import AMOUNTS, markdown_lines, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    from ratecard import RateTable
    from ratecard.focus import FocusTable

T = TypeVar("T")

Line: TypeAlias = str | tuple[str, str]
"""A line of text, or one with its style on a terminal. It is never wrapped, so it may hold a command or JSON."""

Cell: TypeAlias = str | int | None
"""A cell of a table: text, or an amount in millionths of a US dollar: $0.42 for people, 0.42 in CSV. None is
no amount."""

Row: TypeAlias = tuple[Cell, ...]
"""The cells of a row of a table."""

_MANY = 1_000
"""From this number of requests on, a terminal shows how many were answered."""

_BLOCK = 500
"""Maximum number of rows in a table on a terminal. Longer ones continue in another table."""

_URL = r"https?://[!-~]+[^ ,;.)]"


@frozen
class Note:
    """A message for people. On a terminal only its label is coloured, and it is wrapped with a hanging indent.

    Attributes:
        label: The beginning, such as `"error    "`, with the space after it.
        text: The rest.
        style: The style of the label, or of the text if there is no label.
    """

    label: str
    text: str
    style: str = ""


class Exit(IntEnum):
    """The exit codes, with what they mean. If several apply, the lowest one that is not OK counts."""

    OK = 0, "success"
    FAILURE = 1, "unexpected failure; of diff, reconcile, rerate, conform: a difference; of submit: not confirmed"
    USAGE = 2, "wrong usage"
    INVALID = 3, "invalid request or table; for conform, the port failed"
    NOT_PRICED = 4, "valid request without a known price; for find, no model can do what is wanted"
    OVER_BUDGET = 5, "over the budget of --max-usd, or the price changed after it was shown; nothing was sent"
    REFUSED = 6, "refused by the API, or API unreachable; after submit, no job was created"
    UNCERTAIN = 7, "unknown whether a job was created and charged"
    NO_RESULT = 8, "the job failed or was cancelled"
    DRIFT = 9, "a job was created, but the charge differs from the quote"
    GOES_ON = 10, "the job is still running after the --timeout of the wait"
    INTERRUPTED = 130, "interrupted"

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


@frozen
class Table:
    """Rows under a header.

    Attributes:
        header: The names of the columns.
        rows: The cells of each row; they may come from a generator.
        title: The title, which is shown only on a terminal.
        spare: The columns that are folded below the first column if the table is too wide for the terminal.
        total: Returns rows for people below the others, such as a sum. CSV leaves them out.
    """

    header: tuple[str, ...]
    rows: Iterable[Row]
    title: str | None = None
    spare: tuple[str, ...] = ()
    total: Callable[[], Iterable[Row]] = tuple

    def texts(self) -> Iterator[tuple[str, ...]]:
        """Yield the rows for people, and then the total."""
        for row in self.rows:
            yield tuple(map(cell_text, row))
        for row in self.total():
            yield tuple(map(cell_text, row))


def cell_text(cell: Cell) -> str:
    """Return a cell for people, on one line."""
    return one_line(cell) if isinstance(cell, str) else "-" if cell is None else usd_shown(cell)


Part: TypeAlias = Line | Note | Table
"""What is written for people."""


@frozen
class Result:
    """What a command answers. Only the format that is asked for is computed.

    Attributes:
        data: Returns the JSON document, or yields its keys and values; a value that is an iterator becomes an array. It
            may leave out `ok`, which then follows from the exit code, and comes last if keys are yielded.
        text: Returns the lines and tables for people.
        notes: Messages for standard error, beside the formats for people.
        exit: The exit code, or what returns it in the end.
        over_budget: Returns the message that the budget is exceeded, if it is, in the end.
        records: The key of the document whose items are the lines of JSON Lines.
        table: Returns the table for CSV and Markdown; without it, they get the tables of `text`.
        own_formats: The formats of this command alone, and what returns the answer in each.
    """

    data: Callable[[], Mapping[str, Any] | Iterator[tuple[str, Any]]]
    text: Callable[[], Iterable[Part]]
    notes: Iterable[Line | Note] = ()
    exit: int | Callable[[], int] = Exit.OK
    over_budget: Callable[[], str | None] = lambda: None
    records: str | None = None
    table: Callable[[], Table] | None = None
    own_formats: Mapping[str, Callable[[], str | bytes]] = field(factory=dict)


def written(files: Iterable[str | Path]) -> Result:
    """Return the answer of a command that wrote files."""
    names = [*map(str, files)]
    return Result(
        lambda: {"files": names},
        lambda: (f"wrote {name}" for name in names),
        table=lambda: Table(("file",), [(name,) for name in names]),
    )


def finish(result: Result, form: str) -> NoReturn:
    """Write the answer of a command in a format, and exit."""
    match form:
        case "json":
            pieces: Iterable[str | bytes] = _json_pieces(_document(result))
        case "jsonl":
            pieces = (f"{json_text(record)}\n" for record in _records(result))
        case _ if form in result.own_formats:
            pieces = [result.own_formats[form]()]
        case _ if form in FORMATS:
            parts = result.text() if result.table is None else [result.table()]
            tables = (FORMATS[form](part) for part in parts if isinstance(part, Table))
            pieces = (piece for number, table in enumerate(tables) for piece in chain(["\n"] if number else [], table))
        case _:
            pieces = ()
            say(result.text())
    for piece in pieces:
        click.echo(piece, nl=False)
    if form not in ("json", "jsonl", *result.own_formats):
        say(result.notes, err=True)
    if over := result.over_budget():
        say([Note("over budget", over.removeprefix("over budget"), "red")], err=True)
    sys.exit(_exit_code(result))


def _exit_code(result: Result) -> int:
    return result.exit() if callable(result.exit) else result.exit


def _document(result: Result) -> Iterator[tuple[str, Any]]:
    """Yield the keys and values of a JSON document."""
    data = result.data()
    if not isinstance(data, Mapping):
        yield from data
        data = {}
    message = result.over_budget()
    over = {"ok": False, "code": "over_budget", "message": message} if message else {}
    yield from {"ok": not _exit_code(result), **over, **data, **over}.items()


def _records(result: Result) -> Iterable[Any]:
    """Return the lines of JSON Lines."""
    if result.records is None:
        return [dict(_document(result))]
    data = result.data()
    pairs = data.items() if isinstance(data, Mapping) else data
    return next(records for name, records in pairs if name == result.records)


def _json_pieces(document: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Yield a JSON document piece by piece. An iterator becomes an array with one item on each line."""
    opening = "{"
    for name, value in document:
        yield f"{opening}\n  {json_text(name)}: "
        opening = ","
        if isinstance(value, Iterator):
            separator = "["
            for item in value:
                yield f"{separator}\n    {json_text(item)}"
                separator = ","
            yield "[]" if separator == "[" else "\n  ]"
        else:
            yield json_text(value, indent=2).replace("\n", "\n  ")
    yield "\n}\n"


def stop(exit_code: int, *messages: str, code: str | None = None) -> NoReturn:
    """End the command with messages on standard error and, with a `code` and `--json`, a JSON document."""
    if code is not None:
        options = click.get_current_context().params
        form = "json" if options.get("as_json") else options.get("form")
        if form in ("json", "jsonl"):
            document = {"ok": False, "code": code, "message": "\n".join(messages)}
            click.echo(json_text(document, indent=2 if form == "json" else None))
    say((Note("", message, "red") for message in messages), err=True)
    sys.exit(exit_code)


@contextmanager
def reading() -> Iterator[None]:
    """End the command if a file cannot be read or tables cannot be used."""
    try:
        yield
    except OSError as error:
        stop(Exit.USAGE, f"cannot read {error.filename or 'standard input'}: {error.strerror}", code="unreadable")
    except TableError as error:
        stop(Exit.INVALID, *map(str, error.faults), code="table_error")


@contextmanager
def writing(file: str | Path) -> Iterator[None]:
    """End the command if a file or a folder cannot be written."""
    try:
        yield
    except OSError as error:
        stop(Exit.USAGE, f"cannot write {file}: {error.strerror}", code="unwritable")


def say(parts: Iterable[Part], *, err: bool = False) -> None:
    """Write lines, with their styles on a terminal, and tables that have rows, one below the other."""
    console = console_of(err=err)
    with suppress(OSError) if err else nullcontext():
        for number, part in enumerate(parts):
            if isinstance(part, Table):
                _say_table(part, console, gap="\n" if number else "", err=err)
            elif console is None:
                text = part.label + part.text if isinstance(part, Note) else part if isinstance(part, str) else part[0]
                click.echo(one_line(text), err=err)
            else:
                console.print(_styled(part, console.width), soft_wrap=True)


def _say_table(table: Table, console: Console | None, *, gap: str, err: bool) -> None:
    """Write a table row by row, or in blocks on a terminal."""
    rows = table.texts()
    while block := [*islice(rows, 1 if console is None else _BLOCK)]:
        if console is None:
            header = gap + "\t".join(map(one_line, table.header)) + "\n"
            click.echo(header + "\t".join(block[0]), err=err)
            for row in rows:
                click.echo("\t".join(row), err=err)
        else:
            console.print(_grid(table, block, console.width))


def _styled(part: Line | Note, width: int) -> Text:
    """Return a line or a note for a terminal; addresses are links."""
    from rich.style import Style
    from rich.text import Text

    if isinstance(part, Note):
        text = Text(hanging(part.label, part.text, width))
        text.stylize(part.style, 0, len(part.label) or None)
    else:
        line, style = (part, "") if isinstance(part, str) else part
        text = Text(one_line(line), style=style)
    text.highlight_regex(_URL, lambda url: Style(link=url))
    return text


def hanging(label: str, text: str, width: int) -> str:
    """Return a label and text on lines of this width. Words are not broken, and the label sticks out.

    >>> print(hanging("error  ", "no such field", 14))
    error  no such
           field
    """
    indent = " " * len(label)
    return fill(one_line(label + text), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def say_json(data: object) -> None:
    """Write a JSON value in ASCII, which is safe on every terminal."""
    click.echo(json_text(data, indent=2))


def csv_lines(table: Table) -> Iterator[str]:
    """Yield a table as comma-separated values with a header. Amounts are plain numbers.

    >>> print(*csv_lines(Table(("model", "usd"), [("a,b", 1_260_000)])), sep="", end="")
    model,usd
    "a,b",1.26
    """
    echo: Any = SimpleNamespace(write=str)  # `writerow` returns what `write` does
    writer = csv.writer(echo, lineterminator="\n")
    for row in chain([table.header], table.rows):
        yield writer.writerow([usd_text(cell) if isinstance(cell, int) else cell for cell in row])


def parquet_bytes(table: RateTable | FocusTable) -> bytes:
    """Return a table as Parquet. Ends the command if stdout is a terminal or pyarrow is missing."""
    if sys.stdout.isatty():
        stop(Exit.USAGE, "Parquet is not text: redirect the output to a file")
    file = io.BytesIO()
    try:
        table.write_parquet(file)
    except ImportError as error:
        stop(Exit.FAILURE, str(error), code="missing_extra")
    return file.getvalue()


FORMATS: dict[str, Callable[[Table], Iterable[str]]] = {
    "csv": csv_lines,
    "markdown": lambda table: markdown_lines(table.header, table.texts()),
}
"""The formats of tables besides `table`. To add a format, add an entry here."""


_ESCAPES = str.maketrans({"%": "%25"})
_PROPERTY_ESCAPES = str.maketrans({"%": "%25", ":": "%3A", ",": "%2C"})


def annotation(level: str, message: str, **properties: str | int | None) -> str:
    """Return a workflow command of GitHub Actions, which shows a message beside a line of a file.

    >>> print(annotation("error", "100% wrong", file="a,b.jsonl", line=7, col=None), end="")
    ::error file=a%2Cb.jsonl,line=7::100%25 wrong
    """
    pairs = (
        f"{name}={one_line(str(value)).translate(_PROPERTY_ESCAPES)}" for name, value in properties.items() if value
    )
    return f"::{level} {','.join(pairs)}::{one_line(message).translate(_ESCAPES)}\n"


def with_progress(items: Iterable[T], *, at_once: bool) -> Iterator[T]:
    """Yield items and, if there are many, show on a terminal's standard error how many there were.

    If they are written `at_once` to the same terminal, that shows it well enough.
    """
    update: Callable[[int], None] | None = None
    with ExitStack() as stack:
        for number, item in enumerate(items, start=1):
            if number == _MANY and not (at_once and sys.stdout.isatty()):
                update = stack.enter_context(progress_bar("requests"))
            if update is not None:
                update(number)
            yield item


@contextmanager
def progress_bar(noun: str, *, has_end: bool = False) -> Iterator[Callable[..., None] | None]:
    """Show a bar on a terminal's standard error, and yield what updates it; None without a terminal.

    That takes the number of items so far and, if it `has_end`, the share of all, from 0 to 1.
    """
    console = console_of(err=True)
    if console is None:
        yield None
        return
    from rich import progress

    text = progress.TextColumn("{task.fields[number]:,} {task.description}")
    columns: list[progress.ProgressColumn] = [text, progress.BarColumn()]
    if has_end:
        columns += [progress.TaskProgressColumn(), progress.TimeRemainingColumn()]
    else:
        columns.append(progress.TimeElapsedColumn())
    # By default, rich would redirect what is written to standard output to its console.
    options: Any = {"transient": True, "redirect_stdout": False, "redirect_stderr": False}
    with progress.Progress(*columns, console=console, **options) as bar:
        task = bar.add_task(noun, total=1 if has_end else None, number=0)
        yield lambda number, share=None: bar.update(task, number=number, completed=share)


def console_of(*, err: bool = False) -> Console | None:
    """Return a console for the stream, or None if it is not a terminal."""
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        return None
    from rich.console import Console

    # rich would accept COLUMNS=0 and print nothing.
    width = get_terminal_size().columns
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def _grid(table: Table, rows: Sequence[tuple[str, ...]], width: int) -> Grid:
    """Return rows of a table for a terminal of this width, with the spare columns folded unless everything fits."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=table.title, title_justify="left")
    widths = (max(map(len, column)) for column in zip(table.header, *rows, strict=True))
    is_wide = sum(size + _GAP for size in widths) + _GAP > width
    names = [*map(one_line, table.header)]
    folded = [at for at, name in enumerate(table.header) if is_wide and name in table.spare]
    kept = [at for at in range(1, len(names)) if at not in folded]
    for at in (0, *kept):
        grid.add_column(Text(names[at]), justify="right" if names[at] in AMOUNTS else "left", overflow="fold")
    for row in rows:
        below = "; ".join(f"{names[at]} {row[at]}" if names[at] in AMOUNTS else row[at] for at in folded if row[at])
        first = Text.assemble(row[0], (f"\n  {below}" if below else "", "dim"))
        grid.add_row(first, *(Text(row[at]) for at in kept))
    return grid


_GAP = 2
"""The space around a table, and between its columns."""


def outlive_connections() -> None:
    """Ignore SIGPIPE, so that a connection closed by the other side raises an error instead of ending the process."""
    if hasattr(signal, "SIGPIPE"):  # Windows has none
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
