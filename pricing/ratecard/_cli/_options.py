"""The arguments and options that commands share, and how each is read.

A command gets what it asked for, read and checked: requests, a catalogue, amounts. What cannot be read ends it.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from attrs import fields, frozen

from ratecard import Catalog, TableError
from ratecard._cli import _input, _output
from ratecard._cli._answers import Exit
from ratecard._cli._input import Entry, Requests, Source
from ratecard._money import usd_micros_of
from ratecard_rules import instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction


def _fields(_: click.Context, __: click.Parameter, items: tuple[str, ...]) -> dict[str, object]:
    try:
        return _input.pairs(items)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def budget(_: click.Context, __: click.Parameter, amount: str | None) -> Fraction | None:
    """Read dollars, in millionths."""
    try:
        return None if amount is None else usd_micros_of(amount)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _tables(_: click.Context, __: click.Parameter, paths: tuple[str, ...]) -> Catalog:
    """Lay the tables of some paths on the shipped ones, in order; faults end the command, all of them told."""
    catalog = Catalog.bundled()
    try:
        for path in paths:
            catalog |= Catalog.load(path)
    except OSError as error:
        raise click.UsageError(f"cannot read {error.filename}: {error.strerror}") from None
    except TableError as error:
        _output.say(((str(fault), "red") for fault in error.faults), err=True)
        sys.exit(Exit.INVALID)
    return catalog


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> date | None:
    """Read a date, or an instant with its offset, in ISO 8601."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return instant_of(datetime.fromisoformat(text or ""))
    except ValueError as error:
        raise click.BadParameter(f"{error}: expected 2026-12-01 or 2026-12-01T00:00:00+00:00") from None


def asks_catalog(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which tables answer; `command` gets them as `catalog`, at the instant asked for."""

    @wraps(command)
    def run(*asked: Requests, tables: Catalog, at: date | None, **options: Any) -> None:  # noqa: ANN401  whatever else the command declares
        command(*asked, catalog=tables.at(at), **options)

    for add in (_at_option, tables_option):
        run = add(run)
    return run


tables_option = click.option(
    "--tables",
    metavar="PATH",
    type=click.Path(),  # so that the variable may hold several, as PATH does
    multiple=True,
    callback=_tables,
    envvar="RATECARD_TABLES",
    help="Lay a table file or folder on the shipped tables; may be given again. [env: RATECARD_TABLES]",
)
_at_option = click.option(
    "--at",
    metavar="INSTANT",
    callback=_instant,
    help="Ask for rules and prices at a date or an instant, not the newest.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
strict_option = click.option("--strict", is_flag=True, help="Refuse what rests on uncertain knowledge as well.")
measured_option = click.option(
    "--measured",
    metavar="KEY=TEXT",
    multiple=True,
    callback=_fields,
    help="What is measured and cannot be sent, such as duration=5.",
)
_request_options: tuple[Callable[[Any], Any], ...] = (
    click.argument("model", required=False),
    click.argument("fields", metavar="[KEY=TEXT | KEY:=JSON]...", nargs=-1, callback=_fields),
    click.option("-f", "--file", "files", metavar="FILE", multiple=True, help="Read requests from FILE; - is stdin."),
    click.option("--lines", is_flag=True, help="Read every FILE as JSON Lines, whatever its name."),
    click.option("--webhook-url", metavar="URL", help="The webhookUrl of the request."),
    click.option("--model-version", metavar="TEXT", help="The version of the request."),
)


@frozen
class _Asked:
    """The arguments that say which requests are meant, as click hands them over."""

    model: str | None
    fields: dict[str, object]
    files: tuple[str, ...]
    lines: bool
    webhook_url: str | None
    model_version: str | None

    def requests(self) -> Requests:
        """Return the requests. Raises UsageError where the arguments contradict each other."""
        envelope = {"version": self.model_version, "webhookUrl": self.webhook_url}
        given = {key: text for key, text in envelope.items() if text is not None}
        if (self.model is None) == (not self.files):
            raise click.UsageError("give either a MODEL with its fields, or files with -f")
        if self.files and given:
            raise click.UsageError("--webhook-url and --model-version go with a MODEL; a file says them itself")
        if self.lines and not self.files:
            raise click.UsageError("--lines goes with -f")
        if self.files:
            return _read(self.files, lines=self.lines)
        request = {"model": self.model, **given, "input": self.fields}
        return Requests((Entry(Source("request"), request),))


def takes_requests(command: Callable[..., None]) -> Callable[..., None]:
    """Add the arguments that say which requests are meant; `command` gets those, read, as its first argument."""

    @wraps(command)
    def run(**options: Any) -> None:  # noqa: ANN401  as above
        asked = _Asked(**{field.name: options.pop(field.name) for field in fields(_Asked)})
        command(asked.requests(), **options)

    for add in reversed(_request_options):
        run = add(run)
    return run


def _read(files: Sequence[str], *, lines: bool) -> Requests:
    try:
        return _input.read_files(files, lines=lines)
    except OSError as error:
        _output.stop(Exit.USAGE, f"cannot read {error.filename}: {error.strerror}")
