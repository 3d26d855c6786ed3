"""Models as plain data: their prices, their fields, and what their pages state.

Instants, dates and exact numbers are left as they are; `ratecard._json.json_text` writes them as text.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import asdict

from ratecard._errors import NotPriced
from ratecard._money import usd_shown, usd_text
from ratecard._quote.example import example_request
from ratecard._quote.partial import price
from ratecard._quote.sheet import price_sheet
from ratecard_rules import EVIDENCED_RULES, PRICE_RULES, InvalidRequest, is_stated, provenance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ratecard_rules import Catalog, Field, Model, Price, Revision

NOT_KNOWN = "not known"

SHOWN_RULES = ("type", "required", *(rule for rule in EVIDENCED_RULES if rule not in ("name", "type", "required")))
"""The rules of a field whose evidence is shown, in their order."""


def named_model(name: str, catalog: Catalog) -> Model:
    """Return the model with this slug, or the one that is documented at this address.

    Raises UnknownModel (a LookupError) if there is none, and LookupError if several are documented there.
    """
    documented = catalog.documented_at(name) if "://" in name else ()
    if len(documented) > 1:
        raise LookupError(f"{name} documents several models: {', '.join(documented)}")
    return catalog[documented[0] if documented else name]


def model_summary(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return the names, prices, rate and announced changes of a model."""
    rate, changes = model_rate(model.latest), model_changes(model, catalog)
    return {**model_names(model), **model_prices(model, catalog), **rate, **changes}


def model_names(model: Model) -> dict[str, Any]:
    """Return the slug, the name, the provider and the capability of a model."""
    return {name: getattr(model, name) for name in ("model", "name", "provider", "capability")}


def model_rate(latest: Revision) -> dict[str, Any]:
    """Return the base price, its unit and the priced options.

    The unit is that on the page, or None if the page contradicts itself about it.
    """
    is_disputed = any(conflict.about == "price.label" for conflict in latest.conflicts)
    base = latest.price.base_usd_micros
    options = {name: list(field.allowed or ()) for name, field in latest.priced.items()}
    unit = None if is_disputed or base is None else latest.price.label
    return {"base_usd_micros": base, "base_usd": _usd(base), "unit": unit, "options": options}


def rate_text(rate: Mapping[str, Any]) -> str:
    """Return a rate in words; empty if its unit is not known."""
    return f"{usd_shown(rate['base_usd_micros'])} per {rate['unit']}" if rate["unit"] else ""


def model_prices(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return what a model costs by default, at least and at most, or why it has no price."""
    default = low = high = unpriced = None
    try:
        prices = [quote.usd_micros for quote in price_sheet(model.slug, catalog=catalog)]
        low, high = min(prices), max(prices)
        with suppress(NotPriced, InvalidRequest):
            default = price(model.slug, catalog=catalog).usd_micros
    except NotPriced as error:
        unpriced = error.code
    data: dict[str, Any] = {}
    for name, micros in {"default": default, "from": low, "to": high}.items():
        data |= {f"{name}_usd_micros": micros, f"{name}_usd": _usd(micros)}
    return {**data, "unpriced": unpriced}


def model_changes(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return the announced prices and the retirement of a model."""
    starts = (change.effective for change in catalog.announced(model.slug) if change.revision is not None)
    announced = [{"effective": start, **model_prices(model, catalog.at(start))} for start in starts]
    return {"announced": announced, "retired": model.retired}


def model_basis(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return the revision and the catalogue."""
    read = {name: getattr(model.latest, name) for name in ("effective", "checked", "source")}
    revision = {"number": len(model.revisions), **read}
    return {"revision": revision, "catalog": {"version": catalog.version, "digest": catalog.digest}}


def formula_text(latest: Revision) -> str:
    """Return the formula of a price, with the unit of the base price if the page is clear about it."""
    if latest.price.unknown:
        return f"{NOT_KNOWN}: {latest.price.unknown}"
    rate = model_rate(latest)
    base = "free" if latest.price.free else rate_text(rate) or usd_shown(rate["base_usd_micros"])
    return " x ".join([base, *(factor.field for factor in latest.price.factors)])


def model_details(model: Model, catalog: Catalog) -> dict[str, Any]:
    """Return everything that is known about a model, with an example request."""
    latest = model.latest
    price_data = {
        "formula": formula_text(latest),
        "base_usd": _usd(latest.price.base_usd_micros),
        **rules_data(latest.price, PRICE_RULES),
        "factors": [
            {"field": factor.field, "multipliers": "value" if factor.multipliers is None else dict(factor.multipliers)}
            for factor in latest.price.factors
        ],
    }
    return {
        **model_names(model),
        **model_basis(model, catalog),
        **model_prices(model, catalog),
        **model_changes(model, catalog),
        "typical_seconds": latest.typical_seconds,
        "fields_complete": latest.fields_complete,
        "fields": [rules_data(field, SHOWN_RULES) for field in latest.input],
        "measured": [rules_data(field, SHOWN_RULES) for field in latest.measured],
        "at_least_one": [asdict(rule) for rule in latest.at_least_one],
        "sound": latest.sound and asdict(latest.sound),
        "request": example_request(model.slug, catalog=catalog),
        "price": price_data,
        "examples": [
            asdict(example) | {"input": dict(example.input), "usd": usd_text(example.usd_micros)}
            for example in latest.examples
        ],
        "conflicts": [asdict(conflict) for conflict in latest.conflicts],
        "provenance": [rule.to_dict() for rule in provenance(model, catalog)],
    }


def rules_data(stated: Field | Price, rules: Sequence[str]) -> dict[str, Any]:
    """Return a field or a price, with the evidence of its rules."""
    return asdict(stated) | {"evidence": rules_evidence(stated, rules)}


def rules_evidence(stated: Field | Price, rules: Sequence[str]) -> dict[str, str]:
    """Return the evidence of those of the rules that are stated."""
    return {rule: stated.evidence_of(rule) for rule in rules if is_stated(stated, rule)}


def _usd(usd_micros: int | None) -> str | None:
    return None if usd_micros is None else usd_text(usd_micros)
