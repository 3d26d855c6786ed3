"""Shared arguments and options of the commands, and how they are parsed.

A command gets parsed and checked values: requests, a catalogue, amounts. Invalid input ends the command.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import date, datetime
from functools import partial, reduce, wraps
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from ratecard import Catalog, TableError
from ratecard._cli import _input
from ratecard._cli._completion import complete_capability, complete_field, complete_model, complete_provider
from ratecard._cli._input import EMPTY, STDIN, Entry, Requests, read_files
from ratecard._cli._output import FORMATS, finish, reading
from ratecard._money import usd_micros_of
from ratecard_rules import instant_of, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard._cli._output import Result

NO_MATCH = "no models match; run `ratecard models` to list them all"


def command(*examples: str, name: str | None = None) -> Callable[[Callable[..., None]], click.Command]:
    """Declare a command whose help ends with examples."""
    title = "Example:" if len(examples) == 1 else "Examples:"
    return click.command(name, epilog="\n  ".join([f"\b\n{title}", *examples]))


def answers(*formats: str, has_table: bool = True) -> Callable[[Callable[..., Result]], Callable[..., None]]:
    """Add `--format` and its shorthand `--json`; write what the command returns in that format, and exit.

    Every command has the formats table, json and jsonl and, if its answer is a table, those of all tables; `formats`
    are its other ones.
    """
    choice = click.Choice(("table", "json", "jsonl", *(FORMATS if has_table else ()), *formats))

    def add(function: Callable[..., Result]) -> Callable[..., None]:
        @wraps(function)
        def run(*args: Any, as_json: bool, form: str | None, **options: Any) -> None:
            if as_json and form not in (None, "json"):
                raise click.UsageError(f"--json and --format {form} are mutually exclusive")
            with reading():
                result = function(*args, **options)
            finish(result, "json" if as_json else form or "table")

        text = "Output format; table by default."
        return json_option(click.option("--format", "form", type=choice, is_eager=True, help=text)(run))

    return add


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
_REQUESTS_HELP = """
    KEY=TEXT sets a field to text, KEY:=JSON to any JSON value.

    A FILE holds one request, an array of requests, JSON Lines, a pasted curl command, a Python dict or, if its name
    ends in .yaml or .yml, YAML. It may be gzipped. A folder stands for all request files in it, and - for standard
    input, which is also read if there are no arguments and it is a pipe.

    The first argument is a FILE if it exists, is -, or ends in .json, .jsonl, .ndjson, .yaml or .yml, optionally with
    .gz. Otherwise it is a MODEL.
    """


def budget_option(text: str) -> Callable[..., Any]:
    """Return `--max-usd`; the command gets the amount in millionths."""
    return click.option("--max-usd", metavar="AMOUNT", callback=parsed_by(usd_micros_of), help=text)


count_option = click.option("--count", metavar="N", type=click.IntRange(min=1), help="Price N of each request.")


def _all(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that adds options to a command, in their order in its help."""
    return lambda command: reduce(lambda decorated, add: add(decorated), reversed(options), command)


takes_candidates = _all(
    click.argument("text", metavar="[TEXT]...", nargs=-1, callback=lambda _, __, words: " ".join(words)),
    click.option(
        "--provider",
        metavar="P",
        shell_complete=complete_provider,
        help="Only models of this provider, such as kling; `ratecard models` lists them.",
    ),
    click.option(
        "--capability",
        metavar="C",
        shell_complete=complete_capability,
        help="Only models with this capability, such as text-to-video; `ratecard models` lists them.",
    ),
)
"""Adds the argument and the options that choose models by text, provider and capability."""


def batch_options(command: Callable[..., Any]) -> Any:
    """Add the options for shorter answers to many requests. The command gets them together, as `shown`."""

    @wraps(command)
    def run(*, quiet: bool, summary: bool, by: str | None, **options: Any) -> Any:
        if quiet and (summary or by or options["as_json"] or options["form"]):
            raise click.UsageError("--quiet prints nothing: it needs neither --summary, --by, --json nor --format")
        return command(shown={"quiet": quiet, "summary": summary, "by": by}, **options)

    by = click.Choice(["model", "capability", "provider"])
    return _all(
        click.option("--quiet", is_flag=True, help="Print nothing but errors; the exit code says the rest."),
        click.option("--summary", is_flag=True, help="Print only totals, and how often each code occurred."),
        click.option("--by", type=by, help="Print totals for each of them."),
    )(run)


def catalog_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose the tables. The command gets them as `catalog`, at the instant of `--at` if given."""

    @wraps(command)
    def run(*, tables: Catalog, at: date | None, **options: Any) -> Any:
        return command(catalog=tables.at(at), **options)

    return tables_option(_at_option(run))


def takes_requests(command: Callable[..., Any]) -> Any:
    """Add the arguments and options for requests. The command gets them as `requests`."""

    @wraps(command)
    def run(**options: Any) -> Any:
        asked = {name: options.pop(name) for name in ("model", "fields", "files", "lines", "at_path")}
        envelope = {name: options.pop(name) for name in ("version", "webhookUrl")}
        given = {name: text for name, text in envelope.items() if text is not None}
        return command(requests=_requests(**asked, envelope=given), **options)

    run.__doc__ = f"{command.__doc__}\n\n{_REQUESTS_HELP}"
    return _all(
        click.argument("model", metavar="[MODEL | FILE]", required=False, shell_complete=complete_model),
        click.argument("fields", metavar="[KEY=TEXT | KEY:=JSON | FILE]...", nargs=-1, shell_complete=complete_field),
        click.option(
            "-f",
            "--file",
            "files",
            metavar="FILE",
            multiple=True,
            help="Read FILE; with MODEL, it holds only the input.",
        ),
        click.option("--lines", is_flag=True, help="Read every FILE as JSON Lines, regardless of its name."),
        click.option(
            "--at-path",
            metavar="POINTER",
            callback=parsed_by(_input.pointer),
            help="Where the request is in each record of FILE, as a JSON Pointer such as /request.",
        ),
        click.option("--webhook-url", "webhookUrl", metavar="URL", help="The webhookUrl of the request."),
        click.option("--model-version", "version", metavar="TEXT", help="The version of the request."),
        click.option("--strict", is_flag=True, help="Treat warnings about uncertain rules as errors."),
    )(run)


def _requests(
    *,
    model: str | None,
    fields: tuple[str, ...],
    files: tuple[str, ...],
    lines: bool,
    at_path: str | None,
    envelope: dict[str, str],
) -> Requests:
    """Return the requests. Raises UsageError if the arguments contradict each other."""
    if model is not None and _input.is_file(model):
        for name in fields:
            if not _input.is_file(name):
                raise click.UsageError(f"{literal(name)} is not a file, but {literal(model)} is; fields need a MODEL")
        files, model, fields = (*files, model, *fields), None, ()
    read = partial(_read, lines=lines, at_path=at_path)
    if model is None:
        if envelope:
            raise click.UsageError("--webhook-url and --model-version need a MODEL; in a file, write them in it")
        return read(files) if files else _piped(read)
    if model.startswith("{"):
        raise click.UsageError("a request is not an argument: pipe it to the command, or save it to a FILE")
    if "=" in model:
        raise click.UsageError(f"{literal(model)} needs a MODEL before it")
    if not files and (lines or at_path):
        raise click.UsageError("--lines and --at-path need a FILE")
    try:
        given = _input.pairs(fields)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    requests = read(files) if files else Requests([Entry({})])
    return requests.map(partial(_input.as_input, model=model, envelope=envelope, fields=given))


def _read(files: tuple[str, ...], *, lines: bool, at_path: str | None) -> Requests:
    return read_files(files, lines=lines).map(partial(_input.unwrap, at_path=at_path))


def _piped(read: Callable[[tuple[str, ...]], Requests]) -> Requests:
    """Return the requests from a pipe. Raises UsageError if standard input is a terminal or empty."""
    if not sys.stdin.isatty():
        requests = read((STDIN,))
        entries = iter(requests.entries)
        first = [*islice(entries, 1)]
        if [entry.request for entry in first] != [EMPTY]:
            return evolve(requests, entries=chain(first, entries))
    raise click.UsageError("give a MODEL with its fields, or FILEs, or pipe requests to the command")
