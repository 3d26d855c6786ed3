"""The commands: each reads its arguments, asks the core, writes the answer and exits with its code.

The answer goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import click
from attrs import fields, frozen

from ratecard import Catalog, NotPriced, Quote, QuoteRange, TableError, UnknownModel, price_sheet
from ratecard._cli import _answers, _check, _describe, _diff, _input, _output
from ratecard._cli._answers import Exit
from ratecard._cli._input import BadJson, Entry, Requests, Source
from ratecard._money import fraction_text, usd_micros_of, usd_shown
from ratecard_rules import MICROS_PER_USD, instant_of, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction

    from ratecard._cli._answers import Answer
    from ratecard._cli._output import Table
    from ratecard_rules import Model


@contextmanager
def _clean_errors() -> Iterator[None]:
    """Errors of usage repeat arguments: nothing in those may reach the terminal as it is."""
    try:
        yield
    except click.UsageError as error:
        message = error.format_message()
        if message.replace("\n", "").isprintable():
            raise
        raise click.UsageError(one_line(message), error.ctx) from None


class _Command(click.Command):
    def make_context(self, *args: Any, **options: Any) -> click.Context:  # noqa: ANN401  click's own arguments
        with _clean_errors():
            return super().make_context(*args, **options)


class _Group(click.Group):
    command_class = _Command

    def make_context(self, *args: Any, **options: Any) -> click.Context:  # noqa: ANN401  as above
        with _clean_errors():
            return super().make_context(*args, **options)


def _fields(_: click.Context, __: click.Parameter, items: tuple[str, ...]) -> dict[str, object]:
    try:
        return _input.pairs(items)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _budget(_: click.Context, __: click.Parameter, amount: str | None) -> Fraction | None:
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


def _asks_catalog(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which tables answer; `command` gets them as `catalog`, at the instant asked for."""

    @wraps(command)
    def run(*asked: Requests, tables: Catalog, at: date | None, **options: Any) -> None:  # noqa: ANN401  as above
        command(*asked, catalog=tables.at(at), **options)

    for add in (_at_option, _tables_option):
        run = add(run)
    return run


_tables_option = click.option(
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
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
_strict_option = click.option("--strict", is_flag=True, help="Refuse what rests on uncertain knowledge as well.")
_measured_option = click.option(
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


def _takes_requests(command: Callable[..., None]) -> Callable[..., None]:
    """Add the arguments that say which requests are meant; `command` gets those, read, as its first argument."""

    @wraps(command)
    def run(**options: Any) -> None:  # noqa: ANN401  whatever else the command declares
        asked = _Asked(**{field.name: options.pop(field.name) for field in fields(_Asked)})
        command(asked.requests(), **options)

    for add in reversed(_request_options):
        run = add(run)
    return run


def _read(files: Sequence[str], *, lines: bool) -> Requests:
    try:
        return _input.read_files(files, lines=lines)
    except OSError as error:
        _stop(Exit.USAGE, f"cannot read {error.filename}: {error.strerror}")


def _stop(code: Exit, message: str) -> NoReturn:
    _output.say([(message, "red")], err=True)
    sys.exit(code)


def _decline(code: Exit, name: str, message: str, *, as_json: bool) -> NoReturn:
    if as_json:
        _output.say_json({"ok": False, "code": name, "message": message})
    _stop(code, message)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ratecard", message="%(prog)s %(version)s")
def cli() -> None:
    """Prices and checks of paid generation requests, offline.

    Exit codes: 0 fine, 1 unexpected failure (diff: a difference), 2 wrong usage, 3 invalid request, 4 not priced,
    5 over budget.
    """


@cli.command(
    epilog="\b\nExamples:\n"
    "  ratecard quote kling-plus/kling-o3-standard/image-to-video \\\n"
    "      image_url=https://example.com/cat.jpg duration=10 has_sound=true\n"
    "  ratecard quote -f requests.jsonl --max-usd 20 --json"
)
@_takes_requests
@_strict_option
@_measured_option
@click.option("--max-usd", metavar="AMOUNT", callback=_budget, help="Exit with 5 if all together cost more.")
@_json_option
@_asks_catalog
def quote(
    requests: Requests,
    *,
    catalog: Catalog,
    strict: bool,
    measured: dict[str, object],
    max_usd: Fraction | None,
    as_json: bool,
) -> None:
    """Say what requests cost, exactly, and why.

    KEY=TEXT gives a field its text, KEY:=JSON any JSON value. A FILE holds one request, an array of them, or JSON
    Lines.
    """
    answers = [_answers.price(entry, catalog, strict=strict, measured=measured) for entry in requests.entries]
    if as_json:
        _output.say_json(_answers.quotes_data(answers) if requests.many else answers[0].to_dict())
    else:
        _write_priced(answers, many=requests.many, table=_answers.quotes_table)
    over = _over(_answers.total_micros(answers), max_usd)
    sys.exit(_answers.worst(answers) or over)


def _write_priced(answers: Sequence[Answer], *, many: bool, table: Callable[[Sequence[Answer]], Table]) -> None:
    for answer in answers:
        _output.say(_answers.problem_lines(answer, many=many), err=True)
    if many:
        _output.show(table(answers))
    elif isinstance(answers[0].outcome, Quote | QuoteRange):
        _output.say(_answers.quote_lines(answers[0].outcome))


def _over(total: int, budget: Fraction | None) -> Exit:
    if budget is None or total <= budget:
        return Exit.OK
    limit = fraction_text(budget / MICROS_PER_USD)
    _output.say([(f"over budget: {usd_shown(total)} is more than --max-usd {limit}", "red")], err=True)
    return Exit.OVER_BUDGET


@cli.command(
    "range",
    epilog="\b\nExamples:\n"
    "  ratecard range kling-plus/kling-o3-standard/image-to-video \\\n"
    "      image_url=https://example.com/cat.jpg --any duration --any has_sound\n"
    "  ratecard range -f requests.jsonl --any duration --json",
)
@_takes_requests
@_strict_option
@_measured_option
@click.option("--any", "open_fields", metavar="FIELD", multiple=True, help="A priced field whose option is open.")
@_json_option
@_asks_catalog
def range_(
    requests: Requests,
    *,
    catalog: Catalog,
    strict: bool,
    measured: dict[str, object],
    open_fields: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what requests cost at least and at most.

    Open are the fields named with --any, and those that the price depends on but that have no known default.
    """
    options: dict[str, Any] = {"strict": strict, "measured": measured, "open_fields": open_fields}
    answers = [_answers.span(entry, catalog, **options) for entry in requests.entries]
    if as_json:
        _output.say_json(_answers.ranges_data(answers) if requests.many else answers[0].to_dict())
    else:
        _write_priced(answers, many=requests.many, table=_answers.ranges_table)
    sys.exit(_answers.worst(answers))


@cli.command(
    epilog="\b\nExamples:\n"
    "  ratecard validate kling-plus/kling-o3-standard/image-to-video duration:=5\n"
    "  ratecard validate -f request.json --fix > mended.json"
)
@_takes_requests
@_strict_option
@click.option("--fix", is_flag=True, help="Print the mended request as JSON; several as JSON Lines.")
@_json_option
@_asks_catalog
def validate(requests: Requests, *, catalog: Catalog, strict: bool, fix: bool, as_json: bool) -> None:
    """Say what is wrong with requests, and mend it.

    KEY=TEXT gives a field its text, KEY:=JSON any JSON value. A FILE holds one request, an array of them, or JSON
    Lines.
    """
    if fix:
        answers = [_fix(entry, catalog, strict=strict, many=requests.many) for entry in requests.entries]
    else:
        answers = [_answers.check(entry, catalog, strict=strict) for entry in requests.entries]
        _write_checks(answers, many=requests.many, as_json=as_json)
    sys.exit(_answers.worst(answers))


def _fix(entry: Entry, catalog: Catalog, *, strict: bool, many: bool) -> Answer:
    mended, fixed = _answers.mend(entry, catalog, strict=strict)
    answer = _answers.check(mended, catalog, strict=strict)
    _output.say((*_answers.mended_lines(entry, fixed, many=many), *_answers.problem_lines(answer, many=many)), err=True)
    if not isinstance(mended.request, BadJson):
        _output.say_json(mended.request, indent=None if many else 2)
    return answer


def _write_checks(answers: Sequence[Answer], *, many: bool, as_json: bool) -> None:
    if as_json:
        _output.say_json(_answers.checks_data(answers) if many else answers[0].to_dict())
    else:
        _output.say(line for answer in answers for line in _answers.verdict_lines(answer, many=many))


@cli.command(epilog="\b\nExamples:\n  ratecard models kling\n  ratecard models --capability text-to-video --json")
@click.argument("text", required=False, default="")
@click.option("--provider", metavar="P", help="Only the models of this provider.")
@click.option("--capability", metavar="C", help="Only the models with this capability.")
@click.option("--uncertain", is_flag=True, help="List the rules that only a sibling's page states, or none.")
@_json_option
@_asks_catalog
def models(
    text: str, provider: str | None, capability: str | None, *, catalog: Catalog, uncertain: bool, as_json: bool
) -> None:
    """List models and what they cost.

    Only those whose slug or name holds TEXT, if given. The prices are those of the cheapest and the dearest options.
    """
    found = [
        model
        for model in catalog
        if any(text.casefold() in name.casefold() for name in (model.model, model.name))
        and _same(provider, model.provider)
        and _same(capability, model.capability)
    ]
    if not found:
        _output.say([("no model matches; `ratecard models` lists all", "yellow")], err=True)
    if as_json:
        data = [_describe.model_data(model, catalog) for model in found]
        _output.say_json(_describe.uncertain_data(found, catalog) if uncertain else data)
    else:
        _output.show((_describe.uncertain_table if uncertain else _describe.models_table)(found, catalog))


def _same(wanted: str | None, name: str) -> bool:
    return wanted is None or wanted.casefold() == name.casefold()


def _model(slug: str, catalog: Catalog, *, as_json: bool) -> Model:
    try:
        return catalog[slug]
    except UnknownModel as error:
        _decline(Exit.INVALID, "unknown_model", str(error), as_json=as_json)


@cli.command(epilog="\b\nExample:\n  ratecard show kling-plus/kling-o3-standard/image-to-video")
@click.argument("model")
@_json_option
@_asks_catalog
def show(model: str, *, catalog: Catalog, as_json: bool) -> None:
    """Show all that is known of a model.

    What MODEL takes and costs, how sure each rule is, and where and when it was read.
    """
    table = _model(model, catalog, as_json=as_json)
    if as_json:
        _output.say_json(_describe.show_data(table, catalog))
    else:
        _output.show(*_describe.show_tables(table, catalog))


@cli.command(epilog="\b\nExample:\n  ratecard sheet kling/kling-text2video-v25/text-to-video --format csv > prices.csv")
@click.argument("model")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    help="How to print it; table if left out.",
)
@_json_option
@_asks_catalog
def sheet(model: str, form: str | None, *, catalog: Catalog, as_json: bool) -> None:
    """Print every price of a model.

    One row for each combination of the options of MODEL that the price depends on.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} exclude each other")
    as_json = as_json or form == "json"
    table = _model(model, catalog, as_json=as_json)
    try:
        quotes = price_sheet(model, catalog=catalog)
    except NotPriced as error:
        _decline(Exit.NOT_PRICED, error.code, error.message, as_json=as_json)
    if as_json:
        _output.say_json(_describe.sheet_data(table, quotes, catalog))
        return
    _output.say(((doubt, "yellow") for doubt in _describe.doubts(quotes)), err=True)
    _output.show_as(form or "table", _describe.sheet_table(table, quotes))


cli.command(epilog=_check.EXAMPLES)(_check.check)
cli.command(epilog=_diff.EXAMPLES)(_diff.diff)
