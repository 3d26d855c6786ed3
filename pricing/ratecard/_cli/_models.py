"""The commands about models, `models`, `show` and `sheet`: as rows for people and as JSON data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from attrs import asdict

from ratecard import NotPriced, UnknownModel, price_sheet
from ratecard._cli._options import TABLE_FORMATS, answers, catalog_options, command
from ratecard._cli._output import Exit, Result, Table, say, stop
from ratecard._money import fraction_text, usd_shown, usd_text
from ratecard._quote.quote import assumption_text, duration_text, instant_text
from ratecard_rules import (
    CERTAIN,
    EVIDENCE,
    EVIDENCED_RULES,
    FIELD_RULES,
    FORMATS,
    PRICE_RULES,
    is_stated,
    literal,
    option_text,
    provenance,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ratecard import Catalog
    from ratecard_rules import Field, Model, Price

NOT_KNOWN = "not known"
_UNPRICED = {"retired": "retired", "not_yet_effective": "not yet available"}

_FIELD_COLUMNS = ("field", "type", "default", "values", "evidence")
_FIELD_RULES = ("type", "required", *(rule for rule in EVIDENCED_RULES if rule not in ("name", "type", "required")))
_REQUIRED = {True: ", required", False: ", optional", None: ""}


# models


@command("ratecard models kling", "ratecard models --capability text-to-video --json")
@click.argument("text", required=False, default="")
@click.option("--provider", metavar="P", help="Only list models of this provider.")
@click.option("--capability", metavar="C", help="Only list models with this capability.")
@click.option(
    "--uncertain", is_flag=True, help="List the rules that are assumed or taken from the page of a similar model."
)
@answers(*TABLE_FORMATS)
@catalog_options
def models(text: str, *, provider: str | None, capability: str | None, catalog: Catalog, uncertain: bool) -> Result:
    """List models and their prices.

    TEXT filters by slug and name. The prices are those of the cheapest and the most expensive options.
    """
    listed = [
        model
        for model in catalog
        if any(text.casefold() in name.casefold() for name in (model.slug, model.name))
        and (provider or model.provider).casefold() == model.provider.casefold()
        and (capability or model.capability).casefold() == model.capability.casefold()
    ]
    if not listed:
        say([("no models match; run `ratecard models` to list them all", "yellow")], err=True)
    if uncertain:
        return _uncertain(listed, catalog)
    rows = [{**_names(model), **_prices(model, catalog), **_changes(model, catalog)} for model in listed]
    return Result(lambda: {"models": rows}, lambda: [_models_table(rows)], records="models")


def _models_table(models: Sequence[Mapping[str, Any]]) -> Table:
    """Return a row for each model. Announced changes get a column if there are any."""
    header = ("model", "name", "capability", "from", "to", "announced")
    rows = [
        (*(model[name] for name in header[:3]), *_price_texts(model), "; ".join(_announcements(model)))
        for model in models
    ]
    columns = len(header) - (not any(row[-1] for row in rows))
    return Table(header[:columns], tuple(row[:columns] for row in rows), spare=("capability", "name"))


def _prices(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return what a model costs at least and at most, or why it has no price, as plain JSON data."""
    low = high = unpriced = None
    try:
        prices = [quote.usd_micros for quote in price_sheet(model.slug, catalog=catalog)]
        low, high = min(prices), max(prices)
    except NotPriced as error:
        unpriced = error.code
    ends = {"from_usd_micros": low, "from_usd": _usd(low), "to_usd_micros": high, "to_usd": _usd(high)}
    return {**ends, "unpriced": unpriced}


def _price_texts(prices: Mapping[str, Any]) -> list[str]:
    if prices["unpriced"]:
        return [_UNPRICED.get(prices["unpriced"], NOT_KNOWN)] * 2
    return [usd_shown(prices["from_usd_micros"]), usd_shown(prices["to_usd_micros"])]


def _changes(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return the announced prices and the retirement of a model as plain JSON data."""
    starts = (change.effective for change in catalog.announced(model.slug) if change.revision is not None)
    announced = [{"effective": start, **_prices(model, catalog.at(start))} for start in starts]
    return {"announced": announced, "retired": model.retired}


def _announcements(model: Mapping[str, Any]) -> Iterator[str]:
    for change in model["announced"]:
        yield f"from {instant_text(change['effective'])}: {' to '.join(dict.fromkeys(_price_texts(change)))}"
    if model["retired"] and model["unpriced"] != "retired":
        yield f"retired on {instant_text(model['retired'])}"


def _uncertain(models: Sequence[Model], catalog: Catalog) -> Result:
    """Return every rule of these models that is assumed, or stated only on the page of a similar model."""
    every = ((model.slug, rule) for model in models for rule in provenance(model, catalog))
    rules = [(slug, rule) for slug, rule in every if rule.evidence not in CERTAIN]
    rows = tuple((slug, rule.rule, rule.evidence, rule.sibling or "") for slug, rule in rules)
    return Result(
        lambda: {"rules": [{"model": slug, **rule.to_dict()} for slug, rule in rules]},
        lambda: [Table(("model", "rule", "evidence", "sibling"), rows)],
        records="rules",
    )


def _model(slug: str, catalog: Catalog) -> Model:
    try:
        return catalog[slug]
    except UnknownModel as error:
        stop(Exit.INVALID, str(error), code="unknown_model")


# sheet


@command("ratecard sheet kling/kling-text2video-v25/text-to-video --format csv > prices.csv")
@click.argument("slug", metavar="MODEL")
@answers(*TABLE_FORMATS)
@catalog_options
def sheet(slug: str, *, catalog: Catalog) -> Result:
    """Print all prices of a model.

    Prints a row for each combination of the options that the price of MODEL depends on.
    """
    model = _model(slug, catalog)
    try:
        quotes = price_sheet(slug, catalog=catalog)
    except NotPriced as error:
        stop(Exit.NOT_PRICED, error.message, code=error.code)
    doubts = [f"conflict: {text}" for quote in quotes for text in quote.conflicts]
    doubts += [f"assumes: {assumption_text(assumption)}" for quote in quotes for assumption in quote.assumptions]
    doubts = list(dict.fromkeys(doubts))
    names = [factor.field for factor in model.latest.price.factors]
    prices = [
        ([factor.value for factor in quote.factors], quote.usd_micros, usd_text(quote.usd_micros)) for quote in quotes
    ]

    def data() -> dict[str, Any]:
        rows = [
            {"options": dict(zip(names, options, strict=True)), "usd_micros": micros, "usd": usd}
            for options, micros, usd in prices
        ]
        return {**_names(model), **_basis(model, catalog), "doubts": doubts, "combinations": rows}

    def text() -> list[Table]:
        rows = tuple((*map(option_text, options), str(micros), usd) for options, micros, usd in prices)
        return [Table((*names, "usd_micros", "usd"), rows)]

    return Result(data, text, notes=[(doubt, "yellow") for doubt in doubts], records="combinations")


# show


@command("ratecard show kling-plus/kling-o3-standard/image-to-video")
@click.argument("slug", metavar="MODEL")
@answers()
@catalog_options
def show(slug: str, *, catalog: Catalog) -> Result:
    """Show the fields, prices and sources of a model.

    Includes the evidence for each rule, and where and when it was read.
    """
    model = _model(slug, catalog)
    return Result(lambda: _show_data(model, catalog), lambda: _show_tables(model, catalog))


def _show_tables(model: Model, catalog: Catalog) -> list[Table]:
    latest = model.latest
    needed = [(", ".join(rule.of), rule.evidence) for rule in latest.at_least_one]
    conflicts = [(conflict.about, conflict.says) for conflict in latest.conflicts]
    return [
        Table(("about", "says"), tuple(_facts(model, catalog)), "model"),
        Table(_FIELD_COLUMNS, tuple(map(_field_row, latest.input)), "fields"),
        Table(_FIELD_COLUMNS, tuple(map(_field_row, latest.measured)), "measured, not sent"),
        Table(("at least one of", "evidence"), tuple(needed), "needed"),
        Table(("evidence", "rules", "page", "checked"), tuple(_source_rows(model, catalog)), "sources"),
        Table(("factor", "option", "multiplier"), tuple(_multiplier_rows(latest.price)), "multipliers"),
        Table(("usd", "for", "printed"), tuple(_example_rows(model)), "examples"),
        Table(("conflict", "says"), tuple(conflicts), "conflicts"),
    ]


def _show_data(model: Model, catalog: Catalog) -> dict[str, Any]:
    latest = model.latest
    price = {
        "formula": _formula(latest.price),
        "base_usd": _usd(latest.price.base_usd_micros),
        **_rules_data(latest.price, PRICE_RULES),
        "factors": [
            {"field": factor.field, "multipliers": "value" if factor.multipliers is None else dict(factor.multipliers)}
            for factor in latest.price.factors
        ],
    }
    return {
        **_names(model),
        **_basis(model, catalog),
        **_changes(model, catalog),
        "typical_seconds": latest.typical_seconds,
        "fields_complete": latest.fields_complete,
        "fields": [_rules_data(field, _FIELD_RULES) for field in latest.input],
        "measured": [_rules_data(field, _FIELD_RULES) for field in latest.measured],
        "at_least_one": [asdict(rule) for rule in latest.at_least_one],
        "price": price,
        "examples": [
            asdict(example) | {"input": dict(example.input), "usd": usd_text(example.usd_micros)}
            for example in latest.examples
        ],
        "conflicts": [asdict(conflict) for conflict in latest.conflicts],
        "provenance": [rule.to_dict() for rule in provenance(model, catalog)],
    }


def _names(model: Model) -> dict[str, Any]:
    return {name: getattr(model, name) for name in ("model", "name", "provider", "capability")}


def _basis(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return the revision and the catalogue as plain JSON data."""
    read = {name: getattr(model.latest, name) for name in ("effective", "checked", "source")}
    revision = {"number": len(model.revisions), **read}
    return {"revision": revision, "catalog": {"version": catalog.version, "digest": catalog.digest}}


def _facts(model: Model, catalog: Catalog) -> Iterator[tuple[str, str]]:
    latest = model.latest
    price = latest.price
    known = {**_prices(model, catalog), **_changes(model, catalog)}
    yield from _names(model).items()
    if model.retired and known["unpriced"] == "retired":
        yield "retired", f"on {instant_text(model.retired)}"
    yield "price", _formula(price)
    yield from (("announced", text) for text in _announcements(known))
    if evidence := _evidence_text(price, PRICE_RULES):
        yield "price evidence", evidence
    if price.rounding:
        yield "rounding", price.rounding.replace("_", " ")
    if latest.typical_seconds is not None:
        yield "processing time", f"about {duration_text(latest.typical_seconds)}"
    if not latest.fields_complete:
        yield "fields", "the page's list of fields may be incomplete"
    effective = f", in force from {instant_text(latest.effective)}" if latest.effective else ""
    yield "revision", f"{len(model.revisions)}, checked {latest.checked}{effective}"
    yield from (("source", source) for source in latest.source)


def _formula(price: Price) -> str:
    """Return the formula of a price, with the unit on the label of the page."""
    if price.base_usd_micros is None:
        return f"{NOT_KNOWN}: {price.unknown}"
    base = "free" if price.free else usd_shown(price.base_usd_micros)
    label = f" per {price.label} (label)" if price.label else ""
    return " x ".join([base + label, *(factor.field for factor in price.factors)])


def _field_row(field: Field) -> tuple[str, ...]:
    kind = field.type + (f" of {field.items}s" if field.items else "") + _REQUIRED[field.required]
    default = "" if field.default is None else literal(field.default)
    return field.name, kind, default, _values(field), _evidence_text(field, _FIELD_RULES)


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


def _rules_data(stated: Field | Price, rules: Sequence[str]) -> dict[str, Any]:
    return asdict(stated) | {"evidence": _evidence(stated, rules)}


def _evidence(stated: Field | Price, rules: Sequence[str]) -> dict[str, str]:
    return {rule: stated.evidence_of(rule) for rule in rules if is_stated(stated, rule)}


def _evidence_text(stated: Field | Price, rules: Sequence[str]) -> str:
    """Return the rules by their evidence, most certain first."""
    evidence = _evidence(stated, rules)
    groups = ((word, [rule for rule in evidence if evidence[rule] == word]) for word in EVIDENCE)
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in groups if names)


def _usd(usd_micros: int | None) -> str | None:
    return None if usd_micros is None else usd_text(usd_micros)
