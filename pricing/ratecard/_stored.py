"""Quotes as plain JSON data and back: nothing is lost, nothing else is accepted.

Money is whole micros beside text in dollars; fractions are text; instants are ISO 8601. No float anywhere.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from ratecard._money import fraction_text, usd_text
from ratecard._quote import Assumption, CatalogRef, Quote, QuotedFactor, RevisionRef

FORMAT = 1
"""The number of this form; a later one gets a later number."""


def to_dict(quote: Quote) -> dict[str, Any]:
    """Return a quote as plain JSON data."""
    revision = quote.revision
    return {
        "format": FORMAT,
        "model": quote.model,
        "usd_micros": quote.usd_micros,
        "usd": usd_text(quote.usd_micros),
        "exact_micros": fraction_text(quote.exact),
        "base_micros": quote.base_micros,
        "rounding": quote.rounding,
        "factors": [
            {
                "field": factor.field,
                "value": factor.value,
                "multiplier": fraction_text(factor.multiplier),
                "origin": factor.origin,
            }
            for factor in quote.factors
        ],
        "assumptions": [{"about": one.about, "evidence": one.evidence, "says": one.says} for one in quote.assumptions],
        "conflicts": list(quote.conflicts),
        "typical_seconds": quote.typical_seconds,
        "revision": {
            "number": revision.number,
            "effective": revision.effective and revision.effective.isoformat(),
            "checked": revision.checked.isoformat(),
            "source": list(revision.source),
        },
        "catalog": {"version": quote.catalog.version, "digest": quote.catalog.digest},
    }


def from_dict(stored: dict[str, Any]) -> Quote:
    """Return the quote that `to_dict` wrote.

    Raises ValueError where `stored` is anything else: a key missing or added, another type, a number out of form.
    """
    try:
        quote = _read(stored)
        same = _text(to_dict(quote)) == _text(stored)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not a stored quote: {type(error).__name__}: {error}") from error
    if not same:
        raise ValueError("not a stored quote: it says something that no quote says")
    return quote


def _text(data: dict[str, Any]) -> str:
    """Return text that tells 1, 1.0 and true apart, whatever the order of keys."""
    return json.dumps(data, sort_keys=True)


def _read(stored: dict[str, Any]) -> Quote:
    revision, catalog = stored["revision"], stored["catalog"]
    effective = revision["effective"]
    return Quote(
        model=stored["model"],
        usd_micros=stored["usd_micros"],
        exact=Fraction(stored["exact_micros"]),
        base_micros=stored["base_micros"],
        rounding=stored["rounding"],
        factors=tuple(
            QuotedFactor(one["field"], one["value"], Fraction(one["multiplier"]), one["origin"])
            for one in stored["factors"]
        ),
        assumptions=tuple(Assumption(one["about"], one["evidence"], one["says"]) for one in stored["assumptions"]),
        conflicts=tuple(stored["conflicts"]),
        typical_seconds=stored["typical_seconds"],
        revision=RevisionRef(
            revision["number"],
            effective and datetime.fromisoformat(effective),
            date.fromisoformat(revision["checked"]),
            tuple(revision["source"]),
        ),
        catalog=CatalogRef(catalog["version"], catalog["digest"]),
    )
