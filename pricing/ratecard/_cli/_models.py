"""The commands about models, `models`, `show` and `sheet`: as rows for people and as JSON data for programs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from ratecard import NotPriced, example_request, price_sheet, rate_table
from ratecard._cli._completion import complete_model
from ratecard._cli._options import NO_MATCH, answers, catalog_options, command, takes_candidates
from ratecard._cli._output import Exit, Note, Result, Table, cell_text, parquet_bytes, say, stop
from ratecard._find.candidates import candidates
from ratecard._find.model_data import (
    NOT_KNOWN,
    SHOWN_RULES,
    formula_text,
    model_basis,
    model_changes,
    model_details,
    model_names,
    model_prices,
    model_summary,
    named_model,
    rate_text,
    rules_evidence,
)
from ratecard._json import json_text
from ratecard._money import fraction_text, usd_text
from ratecard._quote.quote import assumption_text, duration_text, instant_text
from ratecard_rules import (
    CERTAIN,
    EVIDENCE,
    FIELD_RULES,
    FORMATS,
    SILENT_CAPABILITIES,
    literal,
    option_text,
    provenance,
    shortened,
    to_toml,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ratecard import Catalog
    from ratecard._cli._output import Line, Part, Row
    from ratecard_rules import Field, Model, Price, Revision

_RATE_FORMATS = ("sql", "parquet")
"""The formats of `sheet --all` besides those of every table."""

_UNPRICED = {"retired": "retired", "not_yet_effective": "not yet available"}

_FIELD_COLUMNS = ("field", "type", "default", "values", "evidence")
_REQUIRED = {True: ", required", False: ", optional", None: ""}


# models


@command("ratecard models kling", "ratecard models --capability text-to-video --json")
@takes_candidates
@click.option(
    "--uncertain", is_flag=True, help="List the rules that are assumed or taken from the page of a similar model."
)
@answers()
@catalog_options
def models(text: str, *, provider: str | None, capability: str | None, catalog: Catalog, uncertain: bool) -> Result:
    """List models and their prices.

    TEXT filters by slug, name, provider and capability. The first price is that of a request without options, followed
    by those of the cheapest and the most expensive options.
    """
    try:
        listed = candidates(catalog, text, capability, provider)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not listed:
        say([(NO_MATCH, "yellow")], err=True)
    if uncertain:
        return _uncertain(listed, catalog)
    rows = [model_summary(model, catalog) for model in listed]
    return Result(lambda: {"models": rows}, lambda: [_models_table(rows)], records="models")


def _models_table(models: Sequence[Mapping[str, Any]]) -> Table:
    """Return a row for each model. Announced changes get a column if there are any."""
    header = ("model", "price", "from", "to", "rate", "options", "name", "capability", "announced")
    rows = [
        (
            model["model"],
            *_amounts(model),
            rate_text(model),
            "; ".join(
                f"{name} {shortened([*map(option_text, options)])}" for name, options in model["options"].items()
            ),
            model["name"],
            model["capability"],
            "; ".join(_announcements(model)),
        )
        for model in models
    ]
    columns = len(header) - (not any(row[-1] for row in rows))
    rows = [row[:columns] for row in rows]
    return Table(
        header[:columns], tuple(rows), spare=("announced", "name", "capability", "options", "rate", "from", "to")
    )


def _amounts(prices: Mapping[str, Any]) -> Row:
    """Return the price by default, which may be unknown, and the lowest and the highest."""
    if prices["unpriced"]:
        return (_UNPRICED.get(prices["unpriced"], NOT_KNOWN),) * 3
    return tuple(prices[f"{name}_usd_micros"] for name in ("default", "from", "to"))


def _price_text(prices: Mapping[str, Any]) -> str:
    """Return the price by default and the range of prices."""
    default, low, high = ("" if cell is None else cell_text(cell) for cell in _amounts(prices))
    if low == high:
        return low
    return f"{default} by default ({low} to {high})" if default else f"{low} to {high}"


def _announcements(model: Mapping[str, Any]) -> Iterator[str]:
    for change in model["announced"]:
        yield f"from {instant_text(change['effective'])}: {_price_text(change)}"
    if model["retired"]:
        yield f"retired on {instant_text(model['retired'])}"


def _uncertain(models: Sequence[Model], catalog: Catalog) -> Result:
    """Return every rule of these models that is assumed, or stated only on the page of a similar model."""
    every = ((model.slug, rule) for model in models for rule in provenance(model, catalog))
    rules = [(slug, rule) for slug, rule in every if rule.evidence not in CERTAIN]
    rows = tuple((slug, rule.rule, rule.evidence, rule.sibling or "") for slug, rule in rules)
    notes = () if rules else ["every rule is on the page of the model itself"]
    return Result(
        lambda: {"rules": [{"model": slug, **rule.to_dict()} for slug, rule in rules]},
        lambda: [Table(("model", "rule", "evidence", "sibling"), rows, spare=("sibling", "evidence"))],
        notes,
        records="rules",
    )


def model_of(slug: str, catalog: Catalog) -> Model:
    """Return the model with this slug, or the one that is documented at this address. Ends the command if none is."""
    try:
        return named_model(slug, catalog)
    except LookupError as error:
        stop(Exit.INVALID, str(error), code="unknown_model")


_model_argument = click.argument("slug", metavar="MODEL", shell_complete=complete_model)


# sheet


@command(
    "ratecard sheet kling/kling-text2video-v25/text-to-video --format csv > prices.csv",
    "ratecard sheet --all --format parquet > rates.parquet",
)
@click.argument("slug", metavar="[MODEL]", required=False, shell_complete=complete_model)
@click.option("--all", "every", is_flag=True, help="Print the prices of all models, for joins with other tables.")
@answers(*_RATE_FORMATS)
@catalog_options
def sheet(slug: str | None, *, every: bool, catalog: Catalog) -> Result:
    """Print all prices of a model, or of all models.

    Prints a row for each combination of the options that the price of MODEL depends on. With --all, rows also have
    options that are left out (empty), and without --at they include past and announced prices, with their dates.
    """
    if (slug is None) != every:
        raise click.UsageError("give either a MODEL or --all")
    if slug is None:
        return _all_rates(catalog)
    model = model_of(slug, catalog)
    try:
        quotes = price_sheet(model.slug, catalog=catalog)
    except NotPriced as error:
        stop(Exit.NOT_PRICED, error.message, code=error.code)
    doubts = [f"conflict: {text}" for quote in quotes for text in quote.conflicts]
    doubts += [f"assumes: {assumption_text(assumption)}" for quote in quotes for assumption in quote.assumptions]
    doubts = list(dict.fromkeys(doubts))
    prices = [
        {
            "options": {factor.field: factor.value for factor in quote.factors},
            "usd_micros": quote.usd_micros,
            "usd": usd_text(quote.usd_micros),
        }
        for quote in quotes
    ]

    header = (*(factor.field for factor in model.latest.price.factors), "usd", "usd_micros")
    rows: list[Row] = [
        (*(option_text(factor.value) for factor in quote.factors), quote.usd_micros, str(quote.usd_micros))
        for quote in quotes
    ]
    return Result(
        lambda: {**model_names(model), **model_basis(model, catalog), "doubts": doubts, "combinations": prices},
        lambda: [Table(header, rows)],
        notes=[(doubt, "yellow") for doubt in doubts],
        records="combinations",
        own_formats=dict.fromkeys(_RATE_FORMATS, _needs_all),
    )


def _all_rates(catalog: Catalog) -> Result:
    """Return all prices of a catalogue, at its instant if it has one."""
    table = rate_table(catalog)

    def data() -> dict[str, Any]:
        identity = {"version": table.catalog.version, "digest": table.catalog.digest}
        return {"catalog": identity, "key": table.key, "rows": list(table.records())}

    def text() -> list[Table]:
        rows = (tuple("" if value is None else str(value) for value in row.values()) for row in table.records())
        return [Table(table.columns, tuple(rows))]

    own_formats: dict[str, Callable[[], str | bytes]] = {
        "csv": table.to_csv,
        "sql": table.to_sql,
        "parquet": lambda: parquet_bytes(table),
    }
    return Result(data, text, records="rows", own_formats=own_formats)


def _needs_all() -> str:
    raise click.UsageError(f"--format {' and '.join(_RATE_FORMATS)} need --all instead of a MODEL")


# show


@command(
    "ratecard show kling-plus/kling-o3-standard/image-to-video", "ratecard show openai/sora-2/image-to-video --toml"
)
@_model_argument
@click.option("-v", "--verbose", is_flag=True, help="Also show the evidence and source of each rule, and examples.")
@click.option("--toml", "as_toml", is_flag=True, help="Print the table, as a table file has it.")
@answers(has_table=False)
@catalog_options
def show(slug: str, *, catalog: Catalog, verbose: bool, as_toml: bool) -> Result:
    """Show the price, the fields and an example request of a model.

    MODEL is the slug of a model, or the URL of its documentation. With --toml, the table has past and announced
    revisions, too, unless --at is given.
    """
    model = model_of(slug, catalog)
    if as_toml:
        table = (catalog.history(model.slug) if catalog.instant is None else None) or model
        return Result(table.to_dict, lambda: to_toml(table).splitlines())
    return Result(lambda: model_details(model, catalog), lambda: _show_parts(model, catalog, verbose=verbose))


def _show_parts(model: Model, catalog: Catalog, *, verbose: bool) -> Iterator[Part]:
    latest = model.latest
    columns = len(_FIELD_COLUMNS) - (not verbose)
    yield from _price_lines(model, catalog)
    for fields, title in ((latest.input, "fields"), (latest.measured, "measured, not sent")):
        yield Table(_FIELD_COLUMNS[:columns], tuple(_field_row(field)[:columns] for field in fields), title)
    if verbose:
        yield Table(("evidence", "rules", "page", "checked"), tuple(_source_rows(model, catalog)), "sources")
        yield Table(("factor", "option", "multiplier"), tuple(_multiplier_rows(latest.price)), "multipliers")
        yield Table(("usd", "for", "printed"), tuple(_example_rows(model)), "examples")
    yield ""
    yield from (Note(f"{name}: ", text, "yellow" if name == "conflict" else "") for name, text in _facts(model))
    yield from (f"source: {source}" for source in latest.source)
    yield ""
    yield from _example(model, catalog)


def _example(model: Model, catalog: Catalog) -> Iterator[str]:
    """Yield a request to copy: as a command, and as JSON."""
    request = example_request(model.slug, catalog=catalog)
    fields = (
        f"{name}={value}" if isinstance(value, str) else f"{name}:={json_text(value)}"
        for name, value in request["input"].items()
    )
    measured = (
        f"--measured={field.name}={option_text(field.allowed[0])}" for field in model.latest.measured if field.allowed
    )
    name = "validate" if model.latest.price.unknown else "quote"
    yield shlex.join(["ratecard", name, model.slug, *fields, *measured])
    yield json_text(request)


def _price_lines(model: Model, catalog: Catalog) -> Iterator[Line]:
    """Yield the price, how it comes about, and its announced changes."""
    price = model.latest.price
    known = {**model_prices(model, catalog), **model_changes(model, catalog)}
    yield f"{_price_text(known)}  {model.slug}", "bold green"
    rounding = f", rounded {price.rounding.replace('_', ' ')}" if price.rounding else ""
    yield f"formula: {formula_text(model.latest)}{rounding}"
    yield from ((text, "yellow") for text in _announcements(known))


def _facts(model: Model) -> Iterator[tuple[str, str]]:
    latest = model.latest
    yield from (("at least one of", f"{', '.join(rule.of)} ({rule.evidence})") for rule in latest.at_least_one)
    if not latest.fields_complete:
        yield "fields", "the page's list of fields may be incomplete"
    if model.capability not in SILENT_CAPABILITIES:
        yield "sound", _sound(latest)
    yield from (("conflict", f"{conflict.about}: {conflict.says}") for conflict in latest.conflicts)
    if latest.typical_seconds is not None:
        yield "processing time", f"about {duration_text(latest.typical_seconds)}"
    yield "name", f"{model.name} ({model.capability}, by {model.provider})"
    effective = f", in force from {instant_text(latest.effective)}" if latest.effective else ""
    yield "revision", f"{len(model.revisions)}, checked {latest.checked}{effective}"


def _sound(latest: Revision) -> str:
    if latest.sound is None:
        return "the page does not say whether the output has sound"
    if latest.sound.field is not None:
        return f"if {latest.sound.field} is true"
    return "always" if latest.sound.always else "never"


def _field_row(field: Field) -> tuple[str, ...]:
    kind = field.type + (f" of {field.items}s" if field.items else "") + _REQUIRED[field.required]
    default = "" if field.default is None else literal(field.default)
    evidence = rules_evidence(field, SHOWN_RULES)
    rules = ((word, [rule for rule in evidence if evidence[rule] == word]) for word in EVIDENCE)  # most certain first
    shown = "; ".join(f"{word}: {', '.join(names)}" for word, names in rules if names)
    return field.name, kind, default, _values(field), shown


def _values(field: Field) -> str:
    limits = ((kind.words, getattr(field, rule)) for rule, kind in FIELD_RULES.items() if kind.words)
    parts = [
        ", ".join(map(literal, field.allowed or ())),
        "" if field.format is None else FORMATS[field.format],
        "" if field.item_format is None else f"each item: {FORMATS[field.item_format]}",
        *(words.format(limit) for words, limit in limits if limit is not None),
        f"{NOT_KNOWN}: {field.unknown}" if field.unknown else "",
        field.note or "",
    ]
    return "; ".join(filter(None, parts))


def _source_rows(model: Model, catalog: Catalog) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rules of a model by their evidence and page, most certain first."""
    sources: dict[tuple[str, ...], list[str]] = {}
    for rule in sorted(provenance(model, catalog), key=lambda rule: EVIDENCE.index(rule.evidence)):
        page = rule.page or rule.sibling or "no page"
        sources.setdefault((rule.evidence, page, str(rule.checked or "")), []).append(rule.rule)
    for (evidence, page, checked), rules in sources.items():
        yield evidence, ", ".join(rules), page, checked


def _multiplier_rows(price: Price) -> Iterator[tuple[str, str, str]]:
    for factor in price.factors:
        if factor.multipliers is None:
            yield factor.field, "any", "the value"
        for option, number in factor.multipliers or ():
            yield factor.field, literal(option), fraction_text(number)


def _example_rows(model: Model) -> Iterator[tuple[str, str, str]]:
    for example in model.latest.examples:
        given = ", ".join(f"{name} {literal(value)}" for name, value in example.input)
        what = ": ".join(filter(None, ["default cost" if example.kind == "default" else "", given]))
        yield usd_text(example.usd_micros), what, example.printed_usd or ""
