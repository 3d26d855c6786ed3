"""Quotes as plain JSON data and back: nothing is lost, nothing else is accepted.

Money is whole micros beside text in dollars; fractions are text; instants are ISO 8601. No float anywhere.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ratecard._money import fraction_of, fraction_text, usd_text
from ratecard._quote import Assumption, CatalogRef, Quote, QuotedFactor, RevisionRef
from ratecard_rules import EVIDENCE

FORMAT = 1
"""The number of this form; a later one gets a later number."""


def to_dict(quote: Quote) -> dict[str, Any]:
    """Return a quote as plain JSON data, with a digest over all the rest of it."""
    data = _data(quote)
    return {**data, "digest": digest_of_stored(data)}


def digest_of_stored(stored: dict[str, Any]) -> str:
    """Return the digest that a stored quote should have: over all of it but the digest itself."""
    from ratecard_rules import digest_of  # noqa: PLC0415  it needs json, which `import ratecard` does without

    return digest_of({key: value for key, value in stored.items() if key != "digest"})


def _data(quote: Quote) -> dict[str, Any]:
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
            "digest": revision.digest,
        },
        "catalog": {"version": quote.catalog.version, "digest": quote.catalog.digest},
    }


def from_dict(stored: dict[str, Any]) -> Quote:
    """Return the quote that `to_dict` wrote.

    Raises ValueError where `stored` is anything else: a key missing or added, another type, a number out of form.
    """
    if not has_form(stored):
        raise ValueError("not a stored quote: a key is missing, added or of another type")
    try:
        quote = _read(stored)
    except ValueError as error:
        raise ValueError(f"not a stored quote: {error}") from error
    if to_dict(quote) != stored:  # "5.0" for "5", or dollars that are not the micros
        raise ValueError("not a stored quote: a number or a date is not in the form that to_dict writes")
    return quote


def has_form(stored: object) -> bool:
    """Return whether plain data has the keys and types of a stored quote."""
    return _fits(stored, _SHAPE)


def stored_quote_schema() -> dict[str, Any]:
    """Return the JSON Schema of what `Quote.to_dict` writes.

    >>> stored_quote_schema()["properties"]["usd_micros"]
    {'type': 'integer'}
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stored quote of ratecard",
        "description": "All amounts are millionths of a US dollar: 1,000,000 usd_micros are $1.00. Numbers that may be "
        "fractions are text: a plain decimal such as 1.5, or a ratio such as 1/3. The digest is SHA-256 over the rest.",
        **_schema(_SHAPE),
    }


def _schema(shape: object) -> dict[str, Any]:
    match shape:
        case dict():
            parts = {key: _schema(part) for key, part in shape.items()}
            return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
        case list():
            return {"type": "array", "items": _schema(shape[0])}
        case tuple():
            return {"anyOf": [_schema(choice) for choice in shape]}
        case type():
            return {"type": _JSON_TYPES[shape]}
    return {"const": shape}


_JSON_TYPES = {str: "string", int: "integer", bool: "boolean"}


def _fits(value: object, shape: object) -> bool:
    """Return whether plain data has a shape: a dict key by key, a list item by item, a tuple of choices, or a type."""
    match shape:
        case dict():
            same_keys = type(value) is dict and value.keys() == shape.keys()
            return same_keys and all(_fits(value[key], shape[key]) for key in shape)  # type: ignore[index]  # a dict by now
        case list():
            return type(value) is list and all(_fits(item, shape[0]) for item in value)
        case tuple():
            return any(_fits(value, choice) for choice in shape)
        case type():
            return type(value) is shape
    return type(value) is type(shape) and value == shape


_SHAPE: dict[str, object] = {
    "format": FORMAT,
    "model": str,
    "usd_micros": int,
    "usd": str,
    "exact_micros": str,
    "base_micros": int,
    "rounding": ("half_up", None),
    "factors": [
        {"field": str, "value": (str, int, bool), "multiplier": str, "origin": ("given", "default", "measured")}
    ],
    "assumptions": [{"about": str, "evidence": (*EVIDENCE, None), "says": str}],
    "conflicts": [str],
    "typical_seconds": (int, None),
    "revision": {"number": int, "effective": (str, None), "checked": str, "source": [str], "digest": str},
    "catalog": {"version": str, "digest": str},
    "digest": str,
}


def _read(stored: dict[str, Any]) -> Quote:
    revision, catalog = stored["revision"], stored["catalog"]
    effective = revision["effective"]
    return Quote(
        model=stored["model"],
        usd_micros=stored["usd_micros"],
        exact=fraction_of(stored["exact_micros"]),
        base_micros=stored["base_micros"],
        rounding=stored["rounding"],
        factors=tuple(
            QuotedFactor(one["field"], one["value"], fraction_of(one["multiplier"]), one["origin"])
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
            revision["digest"],
        ),
        catalog=CatalogRef(catalog["version"], catalog["digest"]),
    )
