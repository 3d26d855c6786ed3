"""Prices of options alone: what a request would cost, and what it still needs, before it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from ratecard._quote.price import no_option, quote_selection, valid_model
from ratecard_rules import InvalidRequest, catalog_at, plain_object, pointer_to, resolve, select

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ratecard._quote.quote import Quote
    from ratecard_rules import Catalog, Problem, Report, Resolution


def price(
    model: str,
    options: dict[str, Any] | None = None,
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    measured: Mapping[str, object] | None = None,
) -> Quote:
    """Return what a request with these options would cost, exactly, without the fields that do not affect the price.

    `options` are fields of `input`, judged as `quote` judges them. Fields that are left out have their defaults. A
    required field may be missing if the price does not depend on it; `missing_fields` lists those that a request needs.
    The price equals that of `quote` for every complete request with these options. `catalog`, `at` and `measured` are
    as in `quote`.

    Raises InvalidRequest (a ValueError) if the model or an option is invalid, and NotPriced (a LookupError) if the
    price is not known.

    >>> price("kling-plus/kling-o3-standard/image-to-video", {"duration": "10"}).usd
    Decimal('0.84')
    """
    tables = catalog_at(catalog, at)
    given: Any = {} if options is None else options
    resolution = resolve({"model": model, "input": given}, tables, measured=measured)
    judged = evolve(resolution, report=_about_price(resolution))
    table = valid_model(judged)
    selection, without = select(table, plain_object(given) or {}, measured or {})
    if without:
        lacking: dict[str, Any] = {str(lack): names for lack, names in without.items()}
        raise no_option(table, evolve(judged, **lacking))
    return quote_selection(table, selection, tables, judged.report)


def missing_fields(
    model: str, options: dict[str, Any] | None = None, *, catalog: Catalog | None = None, at: date | None = None
) -> tuple[Problem, ...]:
    """Return what a request with these options still lacks: a problem for each missing field, or set of fields.

    Their codes are `missing_field` and `missing_one_of`, whose `allowed` names the fields of which one is needed. A
    warning means that the field is probably needed. Raises InvalidRequest (a ValueError) if the model is not in the
    catalogue or `options` is not a dict of names.

    >>> [problem.pointer for problem in missing_fields("kling-plus/kling-o3-standard/image-to-video")]
    ['/input/image_url']
    """
    given: Any = {} if options is None else options
    resolution = resolve({"model": model, "input": given}, catalog_at(catalog, at))
    if resolution.model is None or plain_object(given) is None:
        raise InvalidRequest(resolution.report)
    return tuple(problem for problem in resolution.report if problem.code in _MISSING)


_MISSING = ("missing_field", "missing_one_of")


def _about_price(resolution: Resolution) -> Report:
    """Return the report without missing fields that the price does not depend on."""
    report = resolution.report
    if resolution.model is None or report.omitted:  # of too many problems, none is ignored
        return report
    priced = set(resolution.model.latest.priced)
    return evolve(report, problems=tuple(problem for problem in report if _affects_price(problem, priced)))


def _affects_price(problem: Problem, priced: set[str]) -> bool:
    match problem.code:
        case "missing_field":
            return problem.pointer in {pointer_to("/input", name) for name in priced}
        case "missing_one_of":
            return priced.issuperset(map(str, problem.allowed or ()))
    return True
