"""From a request to its price.

Rule 1  Only a request without errors and with a known price gets a quote.
Rule 2  The price is the base price times the multipliers, in exact fractions, rounded once at the end.
Rule 3  A quote depends only on the selected options, the warnings about the request and the catalogue. Requests that
        select the same options with the same warnings share one immutable quote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ratecard_rules
from ratecard._errors import Declined, NotPriced
from ratecard._money import half_up, usd_shown
from ratecard._quote.quote import Assumption, CatalogRef, Quote, QuotedFactor, RevisionRef, instant_text
from ratecard_rules import (
    Choice,
    FastPaths,
    InvalidRequest,
    catalog_at,
    exact_usd_micros,
    literal,
    multiplier_of,
    rounded_usd_micros,
    select,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from fractions import Fraction

    from ratecard._errors import NotPricedCode
    from ratecard_rules import Catalog, FastPath, Model, Origin, Report, Resolution, Revision, Scalar


def quote(
    request: object,
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    strict: bool = False,
    measured: Mapping[str, object] | None = None,
    max_age_days: int | None = None,
) -> Quote:
    """Return what a request costs, exactly, without sending it.

    Args:
        request: The request, as it would be sent.
        catalog: The tables; the bundled ones by default.
        at: The instant whose price applies: an aware datetime, or a date for its first instant, UTC. The price in force
            now by default.
        strict: Treat warnings about uncertain rules as errors.
        measured: The options of priced quantities that are not part of the request, such as `{"duration": "5"}` for a
            model that is priced by the length of a video.
        max_age_days: How many days before `at`, or before today, the page may have been read. An older price is not
            known (`stale`).

    Raises InvalidRequest (a ValueError) if the request has errors, and NotPriced (a LookupError) if it is valid but its
    price is not known.

    >>> quoted = quote({
    ...     "model": "kling-plus/kling-o3-standard/image-to-video",
    ...     "input": {"image_url": "https://example.com/cat.jpg", "has_sound": "true"},
    ... })
    >>> quoted.usd_micros, quoted.usd
    (630000, Decimal('0.63'))
    """
    return unwrap(
        try_quote(request, catalog=catalog, at=at, strict=strict, measured=measured, max_age_days=max_age_days)
    )


def unwrap(answer: Quote | Declined) -> Quote:
    """Return a quote. Raises InvalidRequest or NotPriced if there is none."""
    if isinstance(answer, Quote):
        return answer
    if answer.code == "invalid_request":
        raise InvalidRequest(answer.report)
    raise NotPriced(answer.code, answer.message, answer.report)


def try_quote(
    request: object,
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    strict: bool = False,
    measured: Mapping[str, object] | None = None,
    max_age_days: int | None = None,
) -> Quote | Declined:
    """Return what a request costs, or why it has no price. Never raises, whatever the request is.

    >>> declined = try_quote({"model": "kling-plus/kling-o3-standard/image-to-video", "input": {}})
    >>> declined.code, declined.report.errors[0].pointer
    ('invalid_request', '/input/image_url')
    """
    if max_age_days is not None:
        tables = catalog_at(catalog, at)
        return _fresh(try_quote(request, catalog=tables, strict=strict, measured=measured), tables, max_age_days)
    if catalog is None and at is None and measured is None and not strict and type(request) is dict:
        try:
            for key in request:
                if type(key) is not str:
                    break
            else:
                slug = request.get("model")
                if type(slug) is str and slug in _KNOWN:
                    check, find, judge = _KNOWN[slug]
                    answer = check(request, find, judge)
                    if answer is not None:
                        return answer
        except RuntimeError:  # another thread is changing the request
            pass
    tables = catalog_at(catalog, at)
    if strict or (measured is not None and measured != {}):
        return judged(request, tables, strict=strict, measured=measured)
    return PATHS.ask(request, tables)


def _fresh(answer: Quote | Declined, tables: Catalog, max_age_days: int) -> Quote | Declined:
    """Return an answer, or why it is not one if its page was read too long ago."""
    if type(max_age_days) is not int or max_age_days < 0:
        raise ValueError(f"max_age_days must be a whole number of days, got {max_age_days!r:.40}")
    if isinstance(answer, Declined) or (age := answer.age(tables.today()).days) <= max_age_days:
        return answer
    message = f"the page of {answer.model} was read {age} days ago, on {answer.revision.checked}"
    return Declined(code="stale", message=message, report=ratecard_rules.Report())


def judged(
    request: object, tables: Catalog, *, strict: bool = False, measured: Mapping[str, object] | None = None
) -> Quote | Declined:
    """Return the answer to a request, judged by the resolver."""
    return _answer(ratecard_rules.resolve(request, tables, strict=strict, measured=measured), tables)


def _judged_suspects(
    catalog: Catalog, path: FastPath[Any] | None, request: object, suspects: tuple[str, ...] = ()
) -> Quote | Declined:
    return _answer(ratecard_rules.resolve_suspects(catalog, path, request, suspects), catalog)


def _answer(resolution: Resolution, tables: Catalog) -> Quote | Declined:
    report = resolution.report
    if resolution.unavailable is None and (resolution.model is None or not report.ok):
        return Declined(code="invalid_request", report=report)
    try:
        model = valid_model(resolution)
        if resolution.undetermined or resolution.unpriced or resolution.unmeasured:
            raise no_option(model, resolution)
        return quote_selection(model, resolution.selection, tables, report)
    except NotPriced as error:
        return Declined(code=error.code, message=error.message, report=error.report)


def _shared(answer: Quote | Declined) -> Quote | Declined | None:
    """Return the answer to every request with the same options and warnings; None if it repeats other values."""
    if isinstance(answer, Quote):
        return answer
    report = ratecard_rules.shared_report(answer.report)
    return None if report is None else Declined(code=answer.code, message=answer.message, report=report)


def _of_options(model: Model, given: dict[str, Any], catalog: Catalog) -> Quote | None:
    """Return the quote of a valid request without warnings; None if an option or the price is not known."""
    selection, without = select(model, given, {})
    is_known = model.latest.price.base_usd_micros is not None and not without
    return quote_selection(model, selection, catalog) if is_known else None


PATHS: FastPaths[Quote | Declined] = FastPaths(_judged_suspects, _shared, _of_options)
_KNOWN = PATHS.bundled


def origin_of(model: Model, name: str) -> Origin:
    """Return where the option of a priced quantity comes from if it is not left out."""
    return "given" if name in model.latest.fields else "measured"


def valid_model(resolution: Resolution) -> Model:
    """Return the model of a request. Raises InvalidRequest if it has errors, NotPriced if its model is unavailable."""
    if (code := resolution.unavailable) is not None:
        messages = (problem.message for problem in resolution.report if problem.code == code)
        message = next(messages, f"the model is {code.replace('_', ' ')}")  # a report may omit problems
        raise NotPriced(code, message, resolution.report)
    if resolution.model is None or not resolution.report.ok:
        raise InvalidRequest(resolution.report)
    return resolution.model


def quote_selection(
    model: Model, selection: tuple[Choice, ...], catalog: Catalog, report: Report | None = None
) -> Quote:
    """Return the quote of one choice for each factor. Raises NotPriced if the price is not known."""
    latest, price = model.latest, model.latest.price
    if price.base_usd_micros is None:
        message = f"the price of {model.slug} is not known: {price.unknown}"
        raise NotPriced("price_unknown", message, report)
    factors = tuple(
        QuotedFactor(choice.field, choice.value, multiplier_of(factor, choice.value), choice.origin)
        for factor, choice in zip(price.factors, selection, strict=True)
    )
    exact = exact_usd_micros(price, (factor.multiplier for factor in factors))
    return Quote(
        model=model.slug,
        usd_micros=rounded_usd_micros(price, exact),
        exact=exact,
        base_micros=price.base_usd_micros,
        rounding=price.rounding if exact.denominator != 1 else None,
        factors=factors,
        assumptions=tuple(_assumptions(model, factors, exact, catalog, report)),
        conflicts=price_conflicts(latest),
        typical_seconds=latest.typical_seconds,
        revision=RevisionRef(len(model.revisions), latest.effective, latest.checked, latest.source, latest.digest),
        catalog=CatalogRef(catalog.version, catalog.digest),
    )


def price_conflicts(revision: Revision) -> tuple[str, ...]:
    """Return the contradictions about the price in words."""
    return tuple(conflict.says for conflict in revision.conflicts if conflict.about.startswith("price"))


def no_option(model: Model, resolution: Resolution) -> NotPriced:
    """Return the error for priced quantities without an option: it names them and lists their options."""
    code: NotPricedCode = "undetermined"
    if resolution.unpriced:
        names, why = resolution.unpriced, "this value has no documented price"
    elif resolution.undetermined:
        names, why = resolution.undetermined, "left out, and its default is not known"
    else:
        code = "needs_measurement"
        names, why = resolution.unmeasured, "measured rather than sent, and not passed in `measured`"
    options = {name: shortened([*map(literal, model.latest.priced[name].allowed or ())]) for name in names}
    message = "; ".join(f"{name}: {why}; priced options: {listed}" for name, listed in options.items())
    return NotPriced(code, message, resolution.report)


def _assumptions(
    model: Model, factors: tuple[QuotedFactor, ...], exact: Fraction, catalog: Catalog, report: Report | None
) -> Iterator[Assumption]:
    revision = model.latest
    for factor in factors:
        if factor.origin == "default":
            evidence = revision.priced[factor.field].evidence_of("default")
            says = f"left out, so the default {literal(factor.value)} applies"
            yield Assumption(factor.field, evidence, says)
    for rule, evidence in revision.price.evidence:
        if rule != "rounding" or exact.denominator != 1:
            yield Assumption(f"price.{rule}", evidence, f"the page does not state {rule} itself")
    if catalog.predates(model):
        first = model.revisions[0].checked
        says = f"the page was first read on {first}; the price before that day is assumed to be the same"
        yield Assumption("at", "assumed", says)
    options = {factor.field: factor.value for factor in factors}
    for change in catalog.announced(model.slug):
        day = instant_text(change.effective)
        if change.revision is None:
            yield Assumption("at", "documented", f"sent before {day}, when the model is retired")
        elif (price := _price_in(change.revision, options)) != exact:
            says = "the price changes" if price is None else f"the price becomes {usd_shown(half_up(price))}"
            yield Assumption("at", "documented", f"sent before {day}, when {says}")
    for problem in () if report is None else report.warnings:
        yield Assumption(problem.pointer, problem.evidence, problem.message)


def _price_in(revision: Revision, chosen: Mapping[str, Scalar]) -> Fraction | None:
    """Return what options cost in another revision, before rounding; None if that is not known."""
    multipliers = []
    for factor in revision.price.factors:
        value = chosen.get(factor.field, revision.priced[factor.field].default)
        options = {(type(option), option) for option in revision.priced[factor.field].allowed or ()}
        if value is None or (type(value), value) not in options:  # True is not the option 1
            return None
        multipliers.append(multiplier_of(factor, value))
    return None if revision.price.base_usd_micros is None else exact_usd_micros(revision.price, multipliers)
