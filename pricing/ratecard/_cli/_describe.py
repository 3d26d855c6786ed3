"""What the tables say: as rows for people, and as JSON data for programs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from ratecard import Catalog, NotPriced, Quote, price_sheet
from ratecard._cli._output import Table
from ratecard._money import fraction_text, usd_shown, usd_text
from ratecard._quote.quote import LIMITS, assumption_text, duration_text
from ratecard_rules import (
    CERTAIN,
    EVIDENCE,
    FORMATS,
    PRICE_RULES,
    AtLeastOne,
    Example,
    Factor,
    Field,
    Model,
    Price,
    Provenance,
    is_stated,
    literal,
    option_text,
    provenance,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOT_KNOWN = "not known"

_FIELD_COLUMNS = ("field", "type", "default", "takes", "how sure")
_FIELD_RULES = ("type", "required", "items", "allowed", "default", "format", "item_format", *LIMITS)
_REQUIRED = {True: ", required", False: ", optional", None: ""}


@frozen
class PriceRange:
    """The lowest and the highest price of a model in millionths of a US dollar; None where its price is not known."""

    lowest: int | None = None
    highest: int | None = None


def price_range(model: Model, catalog: Catalog) -> PriceRange:
    """Return what a model costs at least and at most."""
    try:
        prices = [quote.usd_micros for quote in price_sheet(model.model, catalog=catalog)]
    except NotPriced:
        return PriceRange()
    return PriceRange(min(prices), max(prices))


def models_table(models: Sequence[Model], catalog: Catalog) -> Table:
    """Return one row for each model."""
    rows = []
    for model in models:
        costs = price_range(model, catalog)
        ends = (NOT_KNOWN if end is None else usd_shown(end) for end in (costs.lowest, costs.highest))
        rows.append((model.model, model.name, model.capability, *ends))
    return Table(("model", "name", "capability", "from", "to"), tuple(rows), spare=("capability", "name"))


def model_data(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return one model of the list as plain JSON data; an amount that is not known is null."""
    costs = price_range(model, catalog)
    return {
        **_names(model),
        "from_usd_micros": costs.lowest,
        "from_usd": _usd(costs.lowest),
        "to_usd_micros": costs.highest,
        "to_usd": _usd(costs.highest),
    }


def sheet_table(model: Model, quotes: Sequence[Quote]) -> Table:
    """Return every priced combination of options, one column for each factor."""
    header = (*(factor.field for factor in model.latest.price.factors), "usd_micros", "usd")
    rows = (
        (*(option_text(factor.value) for factor in quote.factors), str(quote.usd_micros), usd_text(quote.usd_micros))
        for quote in quotes
    )
    return Table(header, tuple(rows))


def sheet_data(model: Model, quotes: Sequence[Quote], catalog: Catalog) -> dict[str, Any]:
    """Return every priced combination of options as plain JSON data."""
    rows = (
        {
            "options": {factor.field: factor.value for factor in quote.factors},
            "usd_micros": quote.usd_micros,
            "usd": usd_text(quote.usd_micros),
        }
        for quote in quotes
    )
    return {**_names(model), **_grounds(model, catalog), "doubts": doubts(quotes), "combinations": list(rows)}


def doubts(quotes: Sequence[Quote]) -> list[str]:
    """Return what a price sheet rests on that no page states plainly, each once."""
    found = [f"conflict: {says}" for quote in quotes for says in quote.conflicts]
    found += [f"assumes: {assumption_text(one)}" for quote in quotes for one in quote.assumptions]
    return list(dict.fromkeys(found))


def show_tables(model: Model, catalog: Catalog) -> list[Table]:
    """Return all that a table says, for people."""
    latest = model.latest
    multipliers = [row for factor in latest.price.factors for row in _multiplier_rows(factor)]
    return [
        Table(("about", "says"), tuple(_facts(model)), "model"),
        Table(_FIELD_COLUMNS, tuple(map(_field_row, latest.input)), "fields"),
        Table(_FIELD_COLUMNS, tuple(map(_field_row, latest.measured)), "measured, not sent"),
        Table(("at least one of", "how sure"), tuple(map(_at_least_one_row, latest.at_least_one)), "needed"),
        Table(("how sure", "rules", "page", "checked"), tuple(_grounds_rows(model, catalog)), "how we know"),
        Table(("factor", "option", "multiplier"), tuple(multipliers), "multipliers"),
        Table(("usd", "for", "page prints"), tuple(map(_example_row, latest.examples)), "examples"),
        Table(("conflict", "says"), tuple((one.about, one.says) for one in latest.conflicts), "conflicts"),
    ]


def show_data(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return all that a table says, as plain JSON data."""
    latest = model.latest
    return {
        **_names(model),
        **_grounds(model, catalog),
        "typical_seconds": latest.typical_seconds,
        "fields_complete": latest.fields_complete,
        "fields": [_rules_data(field, _FIELD_RULES) for field in latest.input],
        "measured": [_rules_data(field, _FIELD_RULES) for field in latest.measured],
        "at_least_one": [_plain(rule) for rule in latest.at_least_one],
        "price": _price_data(latest.price),
        "examples": [_example_data(example) for example in latest.examples],
        "conflicts": [_plain(conflict) for conflict in latest.conflicts],
        "provenance": [one.to_dict() for one in provenance(model, catalog)],
    }


def uncertain_table(models: Sequence[Model], catalog: Catalog) -> Table:
    """Return every rule of some models that only a sibling's page states, or none."""
    rows = ((model.model, one.rule, one.evidence, one.sibling or "") for model, one in _uncertain(models, catalog))
    return Table(("model", "rule", "how sure", "sibling"), tuple(rows))


def uncertain_data(models: Sequence[Model], catalog: Catalog) -> list[dict[str, Any]]:
    """Return the same as plain JSON data."""
    return [{"model": model.model, **one.to_dict()} for model, one in _uncertain(models, catalog)]


def _uncertain(models: Sequence[Model], catalog: Catalog) -> list[tuple[Model, Provenance]]:
    rules = ((model, one) for model in models for one in provenance(model, catalog))
    return [(model, one) for model, one in rules if one.evidence not in CERTAIN]


def _grounds_rows(model: Model, catalog: Catalog) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rules of a model by the evidence and the page that they rest on, the surest first."""
    grounds: dict[tuple[str, ...], list[str]] = {}
    for one in sorted(provenance(model, catalog), key=lambda one: EVIDENCE.index(one.evidence)):
        page = one.page or one.sibling or "stated nowhere"
        checked = "" if one.checked is None else str(one.checked)
        grounds.setdefault((one.evidence, page, checked), []).append(one.rule)
    for (evidence, page, checked), rules in grounds.items():
        yield evidence, ", ".join(rules), page, checked


def formula(price: Price) -> str:
    """Return the price as a product of names, with the unit that the label on the page claims."""
    if price.base_usd_micros is None:
        return f"{NOT_KNOWN}: {price.unknown}"
    base = "free" if price.free else usd_shown(price.base_usd_micros)
    label = f" per {price.label} (label)" if price.label else ""
    return " x ".join([base + label, *(factor.field for factor in price.factors)])


def _names(model: Model) -> dict[str, Any]:
    return {"model": model.model, "name": model.name, "provider": model.provider, "capability": model.capability}


def _grounds(model: Model, catalog: Catalog) -> dict[str, Any]:
    latest = model.latest
    return {
        "revision": {
            "number": len(model.revisions),
            "effective": latest.effective and latest.effective.isoformat(),
            "checked": latest.checked.isoformat(),
            "source": list(latest.source),
        },
        "catalog": {"version": catalog.version, "digest": catalog.digest},
    }


def _facts(model: Model) -> list[tuple[str, str]]:
    latest = model.latest
    price = latest.price
    effective = f", in force from {latest.effective.isoformat()}" if latest.effective else ""
    facts = [
        *_names(model).items(),
        ("price", formula(price)),
        ("price evidence", _how_sure(price, PRICE_RULES)),
        ("rounding", (price.rounding or "").replace("_", " ")),
        ("typical time", "" if latest.typical_seconds is None else duration_text(latest.typical_seconds)),
        ("fields", "" if latest.fields_complete else "the page's list of fields was not seen whole"),
        ("revision", f"{len(model.revisions)}, checked {latest.checked}{effective}"),
        *(("source", source) for source in latest.source),
    ]
    return [(about, says) for about, says in facts if says]


def _field_row(field: Field) -> tuple[str, ...]:
    kind = field.type + (f" of {field.items}s" if field.items else "") + _REQUIRED[field.required]
    default = "" if field.default is None else literal(field.default)
    return field.name, kind, default, _takes(field), _how_sure(field, _FIELD_RULES)


def _at_least_one_row(rule: AtLeastOne) -> tuple[str, str]:
    return ", ".join(rule.of), rule.evidence


def _takes(field: Field) -> str:
    limits = ((words, getattr(field, rule)) for rule, words in LIMITS.items())
    said = [
        ", ".join(map(literal, field.allowed or ())),
        "" if field.format is None else FORMATS[field.format],
        "" if field.item_format is None else f"each item: {FORMATS[field.item_format]}",
        *(words.format(limit) for words, limit in limits if limit is not None),
        f"{NOT_KNOWN}: {field.unknown}" if field.unknown else "",
        field.note or "",
    ]
    return "; ".join(filter(None, said))


def _how_sure(stated: Field | Price, rules: Sequence[str]) -> str:
    """Return the rules by how sure they are, surest first."""
    evidence = _evidence(stated, rules)
    groups = ((word, [rule for rule in evidence if evidence[rule] == word]) for word in EVIDENCE)
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in groups if names)


def _evidence(stated: Field | Price, rules: Sequence[str]) -> dict[str, str]:
    return {rule: stated.evidence_of(rule) for rule in rules if is_stated(stated, rule)}


def _multiplier_rows(factor: Factor) -> list[tuple[str, str, str]]:
    if factor.multipliers is None:
        return [(factor.field, "any", "the value")]
    return [(factor.field, literal(option), fraction_text(number)) for option, number in factor.multipliers]


def _example_row(example: Example) -> tuple[str, str, str]:
    given = ", ".join(f"{name} {literal(value)}" for name, value in example.input)
    what = ": ".join(filter(None, ["default cost" if example.kind == "default" else "", given]))
    return usd_text(example.usd_micros), what, example.printed_usd or ""


def _example_data(example: Example) -> dict[str, Any]:
    return _plain(example) | {"input": dict(example.input), "usd": usd_text(example.usd_micros)}


def _price_data(price: Price) -> dict[str, Any]:
    return {
        "formula": formula(price),
        "base_usd": _usd(price.base_usd_micros),
        **_rules_data(price, PRICE_RULES),
        "factors": [_factor_data(factor) for factor in price.factors],
    }


def _factor_data(factor: Factor) -> dict[str, Any]:
    by_option = factor.multipliers and {option: fraction_text(number) for option, number in factor.multipliers}
    return {"field": factor.field, "multipliers": by_option or "value"}


def _usd(usd_micros: int | None) -> str | None:
    return None if usd_micros is None else usd_text(usd_micros)


def _rules_data(stated: Field | Price, rules: Sequence[str]) -> dict[str, Any]:
    known = {"evidence": _evidence(stated, rules), "sibling": stated.sibling}
    return {name: value for name, value in _plain(stated).items() if name not in known} | known


def _plain(part: Any) -> dict[str, Any]:  # noqa: ANN401  any part of a table
    return asdict(part, value_serializer=lambda _, __, value: _text(value))


def _text(value: object) -> object:
    """Return what JSON cannot carry exactly as text."""
    if isinstance(value, Fraction):
        return fraction_text(value)
    return str(value) if isinstance(value, Decimal | date) else value
