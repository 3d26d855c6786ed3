"""The commands: each reads its arguments, asks the core, writes the answer and exits with its code.

The answer goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ratecard import NotPriced, Quote, QuoteRange, UnknownModel, price_sheet
from ratecard._cli import _answers, _check, _describe, _diff, _fake, _jobs, _output
from ratecard._cli._answers import Exit
from ratecard._cli._input import BadJson
from ratecard._cli._options import asks_catalog, budget, json_option, measured_option, strict_option, takes_requests
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction

    from ratecard import Catalog
    from ratecard._cli._answers import Answer
    from ratecard._cli._input import Entry, Requests
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


def _decline(code: Exit, name: str, message: str, *, as_json: bool) -> NoReturn:
    if as_json:
        _output.say_json({"ok": False, "code": name, "message": message})
    _output.stop(code, message)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ratecard", message="%(prog)s %(version)s")
def cli() -> None:
    """Prices and checks of paid generation requests, offline; and jobs of exactly what was quoted.

    Exit codes: 0 fine, 1 unexpected failure (diff: a difference; submit: the answer was no), 2 wrong usage, 3 invalid
    request, 4 not priced, 5 over budget, 6 the API refused or is out of reach, 7 nobody knows whether a job was
    created, 8 the job has no result, 9 charged otherwise than quoted, 10 the job goes on after the time-out, 130
    interrupted.
    """


@cli.command(
    epilog="\b\nExamples:\n"
    "  ratecard quote kling-plus/kling-o3-standard/image-to-video \\\n"
    "      image_url=https://example.com/cat.jpg duration=10 has_sound=true\n"
    "  ratecard quote -f requests.jsonl --max-usd 20 --json"
)
@takes_requests
@strict_option
@measured_option
@click.option("--max-usd", metavar="AMOUNT", callback=budget, help="Exit with 5 if all together cost more.")
@json_option
@asks_catalog
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
    over = _answers.over_budget(_answers.total_micros(answers), max_usd)
    if over:
        _output.say([(over, "red")], err=True)
    sys.exit(_answers.worst(answers) or (Exit.OVER_BUDGET if over else Exit.OK))


def _write_priced(answers: Sequence[Answer], *, many: bool, table: Callable[[Sequence[Answer]], Table]) -> None:
    for answer in answers:
        _output.say(_answers.problem_lines(answer, many=many), err=True)
    if many:
        _output.show(table(answers))
    elif isinstance(answers[0].outcome, Quote | QuoteRange):
        _output.say(_answers.quote_lines(answers[0].outcome))


@cli.command(
    "range",
    epilog="\b\nExamples:\n"
    "  ratecard range kling-plus/kling-o3-standard/image-to-video \\\n"
    "      image_url=https://example.com/cat.jpg --any duration --any has_sound\n"
    "  ratecard range -f requests.jsonl --any duration --json",
)
@takes_requests
@strict_option
@measured_option
@click.option("--any", "open_fields", metavar="FIELD", multiple=True, help="A priced field whose option is open.")
@json_option
@asks_catalog
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
@takes_requests
@strict_option
@click.option("--fix", is_flag=True, help="Print the mended request as JSON; several as JSON Lines.")
@json_option
@asks_catalog
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
@json_option
@asks_catalog
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
@json_option
@asks_catalog
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
@json_option
@asks_catalog
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
for command, epilog in _jobs.COMMANDS.items():
    cli.command(epilog=epilog)(command)
cli.command("fake-api", epilog=_fake.EXAMPLES)(_fake.fake_api)
