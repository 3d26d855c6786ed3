"""Shared arguments and options of the commands, and how they are parsed.

A command gets parsed and checked values: requests, a catalogue, amounts. Invalid input ends the command.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ratecard import Catalog, TableError
from ratecard._cli import _input
from ratecard._cli._completion import complete_field, complete_model
from ratecard._cli._input import Entry, Requests
from ratecard._cli._output import FORMATS, Exit, finish, stop
from ratecard._money import usd_micros_of
from ratecard_rules import instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ratecard._cli._output import Result

TABLE_FORMATS = tuple(FORMATS)
"""What commands whose answer is a table pass to `answers`."""


def command(*examples: str, name: str | None = None) -> Callable[[Callable[..., None]], click.Command]:
    """Declare a command whose help ends with examples."""
    title = "Example:" if len(examples) == 1 else "Examples:"
    return click.command(name, epilog="\n  ".join([f"\b\n{title}", *examples]))


def answers(*formats: str) -> Callable[[Callable[..., Result]], Callable[..., None]]:
    """Add `--format` and its shorthand `--json`; write what the command returns in that format, and exit.

    Every command has the formats table, json and jsonl; `formats` are its other ones.
    """
    choice = click.Choice(("table", "json", "jsonl", *formats))

    def add(function: Callable[..., Result]) -> Callable[..., None]:
        @wraps(function)
        def run(*args: Any, as_json: bool, form: str | None, **options: Any) -> None:
            if as_json and form not in (None, "json"):
                raise click.UsageError(f"--json and --format {form} are mutually exclusive")
            finish(function(*args, **options), "json" if as_json else form or "table")

        text = "Output format; table by default."
        return json_option(click.option("--format", "form", type=choice, is_eager=True, help=text)(run))

    return add


@contextmanager
def reading() -> Iterator[None]:
    """End the command if a file cannot be read or tables cannot be used."""
    try:
        yield
    except OSError as error:
        stop(Exit.USAGE, f"cannot read {error.filename or 'standard input'}: {error.strerror}", code="unreadable")
    except TableError as error:
        stop(Exit.INVALID, *map(str, error.faults), code="table_error")


def parsed_by(parse: Callable[[Any], object], hint: str = "") -> Callable[..., Any]:
    """Return a click callback that parses a value. A ValueError of `parse` is a usage error."""

    def read(_: click.Context, __: click.Parameter, value: object) -> object:
        try:
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(f"{error}{hint}") from None

    return read


def _tables(ctx: click.Context, _: click.Parameter, paths: tuple[str, ...]) -> Catalog:
    """Overlay the tables of some paths on the shipped ones, in order. Shell completion ignores broken ones."""
    catalog = Catalog.bundled()
    with suppress(OSError, TableError) if ctx.resilient_parsing else reading():
        for path in paths:
            catalog |= Catalog.load(path)
    return catalog


def _instant(text: str) -> date:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return instant_of(datetime.fromisoformat(text))


json_option = click.option("--json", "as_json", is_flag=True, is_eager=True, help="Print the answer as JSON.")
measured_option = click.option(
    "--measured",
    metavar="KEY=TEXT",
    multiple=True,
    callback=parsed_by(_input.pairs),
    shell_complete=complete_field,
    help="A measured quantity that is not part of the request, such as duration=5.",
)
tables_option = click.option(
    "--tables",
    metavar="PATH",
    type=click.Path(),  # the variable may hold several paths, as PATH does
    multiple=True,
    callback=_tables,
    envvar="RATECARD_TABLES",
    help="Overlay a table file or folder on the shipped tables; may be repeated. [env: RATECARD_TABLES]",
)
_at_option = click.option(
    "--at",
    metavar="INSTANT",
    callback=parsed_by(_instant, ": expected 2026-12-01 or 2026-12-01T00:00:00+00:00"),
    help="Use the rules and prices in force at a date or an instant; now by default.",
)
fields_argument = click.argument(
    "fields",
    metavar="[KEY=TEXT | KEY:=JSON]...",
    nargs=-1,
    callback=parsed_by(_input.pairs),
    shell_complete=complete_field,
)
_request_options: tuple[Callable[[Any], Any], ...] = (
    click.argument("model", required=False, shell_complete=complete_model),
    fields_argument,
    click.option("-f", "--file", "files", metavar="FILE", multiple=True, help="Read requests from FILE; - is stdin."),
    click.option("--lines", is_flag=True, help="Read every FILE as JSON Lines, regardless of its name."),
    click.option("--webhook-url", metavar="URL", help="The webhookUrl of the request."),
    click.option("--model-version", metavar="TEXT", help="The version of the request."),
    click.option("--strict", is_flag=True, help="Treat warnings about uncertain rules as errors."),
)


def budget_option(text: str) -> Callable[..., Any]:
    """Return `--max-usd`; the command gets the amount in millionths."""
    return click.option("--max-usd", metavar="AMOUNT", callback=parsed_by(usd_micros_of), help=text)


count_option = click.option(
    "--count",
    metavar="N",
    type=click.IntRange(min=1),
    help="Price N of each request; --max-usd applies to all of them.",
)
_batch_options: tuple[Callable[[Any], Any], ...] = (
    click.option("--quiet", is_flag=True, help="Print nothing but errors; the exit code says the rest."),
    click.option("--summary", is_flag=True, help="Print only totals, and how often each code occurred."),
    click.option("--by", type=click.Choice(["model", "capability", "provider"]), help="Print totals for each of them."),
)


def batch_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for shorter answers to many requests. The command gets them together, as `shown`."""

    @wraps(command)
    def run(*asked: Requests, quiet: bool, summary: bool, by: str | None, **options: Any) -> Any:
        if quiet and (summary or by or options["as_json"] or options["form"]):
            raise click.UsageError("--quiet prints nothing: it needs neither --summary, --by, --json nor --format")
        return command(*asked, shown={"quiet": quiet, "summary": summary, "by": by}, **options)

    for add in reversed(_batch_options):
        run = add(run)
    return run


def catalog_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose the tables. The command gets them as `catalog`, at the instant of `--at` if given."""

    @wraps(command)
    def run(*asked: Requests, tables: Catalog, at: date | None, **options: Any) -> Any:
        return command(*asked, catalog=tables.at(at), **options)

    return tables_option(_at_option(run))


def takes_requests(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments and options for requests. The command gets the requests as its first argument."""

    @wraps(command)
    def run(*, webhook_url: str | None, model_version: str | None, **options: Any) -> Any:
        envelope = {"version": model_version, "webhookUrl": webhook_url}
        given = {key: text for key, text in envelope.items() if text is not None}
        asked = {name: options.pop(name) for name in ("model", "fields", "files", "lines")}
        return command(_requests(**asked, envelope=given), **options)

    for add in reversed(_request_options):
        run = add(run)
    return run


def _requests(
    *, model: str | None, fields: dict[str, object], files: tuple[str, ...], lines: bool, envelope: dict[str, str]
) -> Requests:
    """Return the requests. Raises UsageError if the arguments contradict each other."""
    if (model is None) == (not files):
        raise click.UsageError("give either a MODEL with its fields, or files with -f")
    if files and envelope:
        raise click.UsageError("--webhook-url and --model-version need a MODEL; in a file, write them in the request")
    if lines and not files:
        raise click.UsageError("--lines needs -f")
    if files:
        with reading():
            return _input.read_files(files, lines=lines)
    return Requests((Entry({"model": model, **envelope, "input": fields}),))
