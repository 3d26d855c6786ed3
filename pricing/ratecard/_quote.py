"""The quote: what a request costs, exactly, and why.

Rule 1  A quote exists for a request without errors whose price is known, and for nothing else.
Rule 2  It is base times multipliers, in exact fractions, rounded once at the end by the rule of the table.
Rule 3  It depends on the selected options, on the warnings of the request and on the catalogue alone.
"""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from ratecard._errors import InvalidRequest, NotPriced, NotPricedCode
from ratecard._money import usd_decimal
from ratecard_rules import (
    Catalog,
    Choice,
    Evidence,
    Model,
    Problem,
    Report,
    Resolution,
    Scalar,
    combinations,
    exact_usd_micros,
    literal,
    multiplier_of,
    resolve,
    rounded_usd_micros,
)

if TYPE_CHECKING:
    from decimal import Decimal


@frozen
class QuotedFactor:
    """One line of the price: `field` has `value`, which multiplies the price by `multiplier`.

    `origin` is `given` where the request says so, `default` where it leaves the field out.
    """

    field: str
    value: Scalar
    multiplier: Fraction
    origin: Literal["given", "default"]


@frozen
class Assumption:
    """Something that the quote takes for true: `about` a field, a rule or a pointer into the request.

    `evidence` says how sure it is; None where no page can say.
    """

    about: str
    evidence: Evidence | None
    says: str


@frozen
class RevisionRef:
    """Which revision of a table a quote rests on.

    `number` counts from 1 · `effective` the instant from which it holds, or None · `checked` the day on which the
    pages were read · `source` their addresses.
    """

    number: int
    effective: datetime | None
    checked: date
    source: tuple[str, ...]


@frozen
class CatalogRef:
    """Which catalogue a quote rests on: its `version` and the `digest` of its tables."""

    version: str
    digest: str


@frozen(kw_only=True)
class Quote:
    """What a request costs. All money is in millionths of a US dollar: 1,000,000 `usd_micros` are $1.00.

    `model` the slug · `usd_micros` the price · `exact` the price before rounding, in micros · `base_micros` the base
    price · `rounding` the rule of rounding, where one was needed · `factors` in the order of the formula ·
    `assumptions` defaults, and rules that are not documented · `conflicts` where the page contradicts itself about
    the price · `typical_seconds` the processing time that the page gives · `revision` and `catalog` the sources.
    """

    model: str
    usd_micros: int
    exact: Fraction
    base_micros: int
    rounding: str | None
    factors: tuple[QuotedFactor, ...]
    assumptions: tuple[Assumption, ...]
    conflicts: tuple[str, ...]
    typical_seconds: int | None
    revision: RevisionRef
    catalog: CatalogRef

    @property
    def usd(self) -> Decimal:
        """The price in US dollars, exact in every decimal context."""
        return usd_decimal(self.usd_micros)

    def explain(self) -> str:
        """Return the price and how it comes about, in plain lines."""
        from ratecard._explain import explain  # noqa: PLC0415  words are wanted more rarely than prices

        return explain(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the quote as plain JSON data; money is whole micros and text, never a float."""
        from ratecard._stored import to_dict  # noqa: PLC0415  storing is rarer than quoting

        return to_dict(self)

    @staticmethod
    def from_dict(stored: dict[str, Any]) -> Quote:
        """Return the quote that `to_dict` wrote. Raises ValueError where `stored` is anything else."""
        from ratecard._stored import from_dict  # noqa: PLC0415  as above

        return from_dict(stored)


@frozen(kw_only=True)
class Declined:
    """The answer of `try_quote` where there is no price; it has no amount at all.

    `code` is `invalid_request`, or why a valid request has no price (see NotPriced) · `message` says it in words ·
    `report` lists every problem of the request.
    """

    code: Literal["invalid_request"] | NotPricedCode
    message: str
    report: Report

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain JSON data."""
        return {"code": self.code, "message": self.message, "problems": self.report.to_dict()["problems"]}


def quote(request: object, *, catalog: Catalog | None = None, strict: bool = False) -> Quote:
    """Return what a request costs, exactly, without sending it.

    `catalog` holds the tables (the bundled ones by default); `strict` refuses what rests on uncertain knowledge.
    Raises InvalidRequest (a ValueError) where the request has errors, and NotPriced (a LookupError) where it has
    none but its price is not known.

    >>> quoted = quote({
    ...     "model": "kling-plus/kling-o3-standard/image-to-video",
    ...     "input": {"image_url": "https://example.com/cat.jpg", "has_sound": "true"},
    ... })
    >>> quoted.usd_micros, quoted.usd
    (630000, Decimal('0.63'))
    """
    tables = Catalog.bundled() if catalog is None else catalog
    resolution = resolve(request, tables, strict=strict)
    model = resolution.model
    if model is None or not resolution.report.ok:
        raise InvalidRequest(resolution.report)
    if resolution.undetermined:
        raise _undetermined(resolution)
    return _priced(model, resolution.selection, tables, resolution.problems)


def try_quote(request: object, *, catalog: Catalog | None = None, strict: bool = False) -> Quote | Declined:
    """Return what a request costs, or why it has no price. Never raises, whatever the request is.

    >>> declined = try_quote({"model": "kling-plus/kling-o3-standard/image-to-video", "input": {}})
    >>> declined.code, declined.report.errors[0].pointer
    ('invalid_request', '/input/image_url')
    """
    try:
        return quote(request, catalog=catalog, strict=strict)
    except InvalidRequest as error:
        return Declined(code="invalid_request", message=error.message, report=error.report)
    except NotPriced as error:
        return Declined(code=error.code, message=error.message, report=error.report)


def price_sheet(model: str, *, catalog: Catalog | None = None) -> tuple[Quote, ...]:
    """Return the quote of every combination of priced options, in the order of the formula and of the table.

    A model with a flat price has one quote. Raises UnknownModel or NotPriced (both are LookupErrors).

    >>> [(q.factors[0].value, str(q.usd)) for q in price_sheet("kling-plus/kling-o1-standard/text-to-video")]
    [('5', '0.25'), ('10', '0.50')]
    """
    tables = Catalog.bundled() if catalog is None else catalog
    table = tables[model]
    names = [factor.field for factor in table.latest.price.factors]
    return tuple(
        _priced(table, tuple(Choice(name, value, "given") for name, value in zip(names, options, strict=True)), tables)
        for options in combinations(table.latest)
    )


def _undetermined(resolution: Resolution) -> NotPriced:
    names = ", ".join(resolution.undetermined)
    message = f"no default is known for {names}: say which option you want"
    return NotPriced("undetermined", message, resolution.report)


def _priced(model: Model, selection: tuple[Choice, ...], catalog: Catalog, warnings: tuple[Problem, ...] = ()) -> Quote:
    price = model.latest.price
    if price.base_usd_micros is None:
        raise NotPriced("price_unknown", f"the price of {model.model} is not known: {price.unknown}", Report(warnings))
    factors = tuple(
        QuotedFactor(choice.field, choice.value, multiplier_of(factor, choice.value), choice.origin)
        for factor, choice in zip(price.factors, selection, strict=True)
    )
    exact = exact_usd_micros(price, (factor.multiplier for factor in factors))
    return Quote(
        model=model.model,
        usd_micros=rounded_usd_micros(price, exact),
        exact=exact,
        base_micros=price.base_usd_micros,
        rounding=price.rounding if exact.denominator != 1 else None,
        factors=factors,
        assumptions=_assumptions(model, factors, exact, warnings),
        conflicts=tuple(one.says for one in model.latest.conflicts if one.about.startswith("price")),
        typical_seconds=model.latest.typical_seconds,
        revision=_revision_ref(model),
        catalog=CatalogRef(catalog.version, catalog.digest),
    )


def _revision_ref(model: Model) -> RevisionRef:
    latest = model.latest
    return RevisionRef(len(model.revisions), latest.effective, latest.checked, latest.source)


def _assumptions(
    model: Model, factors: tuple[QuotedFactor, ...], exact: Fraction, warnings: tuple[Problem, ...]
) -> tuple[Assumption, ...]:
    revision = model.latest
    defaults = (
        Assumption(
            factor.field,
            revision.fields[factor.field].evidence_of("default"),
            f"left out, so the default {literal(factor.value)} applies",
        )
        for factor in factors
        if factor.origin == "default"
    )
    rules = (
        Assumption(f"price.{rule}", evidence, f"the page does not state {rule} itself")
        for rule, evidence in revision.price.evidence
        if rule != "rounding" or exact.denominator != 1
    )
    doubts = (Assumption(problem.pointer, problem.evidence, problem.message) for problem in warnings)
    return (*defaults, *rules, *doubts)
