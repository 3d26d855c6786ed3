"""The quote and its parts: how they are explained, stored and read back.

The stored form is derived from the classes below, so that writing, reading, checking and the JSON Schema cannot
disagree. Money is stored as whole micros and as text in dollars, fractions as text, instants in ISO 8601. There are no
floats.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from attrs import fields_dict, frozen, has

import ratecard_rules
from ratecard._money import WIDEST_BITS, fraction_of, fraction_text, usd_decimal, usd_shown, usd_text
from ratecard_rules import Evidence, Origin, Scalar, Value, literal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORMAT = 1
"""The version of the stored form."""

_SECONDS_PER_MINUTE = 60


@frozen(eq=False, repr=False)
class QuotedFactor(Value):
    """One line of the price.

    Attributes:
        field: The priced field.
        value: Its option.
        multiplier: What the option multiplies the price by.
        origin: `given` if the request sets the field, `default` if it does not, `measured` if the value was passed in
            `measured`.
    """

    field: str
    value: Scalar
    multiplier: Fraction
    origin: Origin


@frozen(eq=False, repr=False)
class Assumption(Value):
    """Something that the quote assumes.

    Attributes:
        about: A field, a rule, or a pointer into the request.
        evidence: How certain it is; None for facts that no page could state.
        says: The assumption in words.
    """

    about: str
    evidence: Evidence | None
    says: str


@frozen(eq=False, repr=False)
class RevisionRef(Value):
    """The revision of a table that a quote is based on.

    Attributes:
        number: Its place in the table, from 1.
        effective: The instant from which it is in force, or None.
        checked: The day on which the pages were read.
        source: The addresses of the pages.
        digest: SHA-256 over the canonical form of the revision.
    """

    number: int
    effective: datetime | None
    checked: date
    source: tuple[str, ...]
    digest: str


@frozen(eq=False, repr=False)
class CatalogRef(Value):
    """The catalogue that a quote is based on.

    Attributes:
        version: The version of the catalogue.
        digest: The digest of its tables.
    """

    version: str
    digest: str


@frozen(kw_only=True, eq=False, repr=False)
class Quote(Value):
    """What a request costs. All money is in millionths of a US dollar: 1,000,000 `usd_micros` are $1.00.

    Attributes:
        model: The slug of the model.
        usd_micros: The price.
        exact: The price before rounding, in micros.
        base_micros: The base price.
        rounding: The rounding rule, if the price had to be rounded.
        factors: The multipliers, in the order of the formula.
        assumptions: Defaults, and rules that are not documented.
        conflicts: Contradictions on the page about the price.
        typical_seconds: The processing time that the page states.
        revision: The revision of the table that the quote is based on.
        catalog: The catalogue that the quote is based on.
    """

    model: str
    usd_micros: int
    exact: Fraction
    base_micros: int
    rounding: Literal["half_up"] | None
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

    def age(self, on: date) -> timedelta:
        """Return how old the price is on a given day: the time since its page was read."""
        return date(on.year, on.month, on.day) - self.revision.checked

    def explain(self) -> str:
        """Return the price and its calculation as plain text."""
        return "\n".join(explanation(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the quote as plain JSON data with a digest. Money is whole micros and text, never a float.

        `stored_quote_schema` describes the data, and `verify` checks it.
        """
        data = _keyed(_write(self), usd_text(self.usd_micros))
        return {**data, "digest": digest_of_stored(data)}

    @staticmethod
    def from_dict(stored: dict[str, Any]) -> Quote:
        """Return the quote that `to_dict` wrote.

        Raises ValueError for anything else: a missing or extra key, a wrong type, a number that is written differently.
        """
        try:
            data = checked(stored)
            quote: Quote = _read(Quote, {**data, "exact": data["exact_micros"]})
        except ValueError as error:
            raise ValueError(f"not a stored quote: {error}") from error
        if quote.to_dict() != data:  # "5.0" for "5", or dollars that are not the micros
            raise ValueError("not a stored quote: a number or a date is not in the form that to_dict writes")
        return quote


# words


def explanation(quote: Quote) -> Iterator[str]:
    """Yield the price of a quote and its calculation, line by line."""
    yield f"{usd_shown(quote.usd_micros)}  {quote.model}"
    yield from columns(_lines_of_price(quote))
    for assumption in quote.assumptions:
        yield f"assumes: {assumption_text(assumption)}"
    for conflict in quote.conflicts:
        yield f"conflict: {conflict}"
    if quote.typical_seconds is not None:
        yield f"processing time: about {duration_text(quote.typical_seconds)}"
    yield f"source: {', '.join(quote.revision.source)} (checked {quote.revision.checked})"


def columns(lines: list[tuple[str, str, str]]) -> Iterator[str]:
    """Yield lines of (what, amount, remark) as aligned, indented text."""
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    for what, amount, remark in lines:
        yield f"  {what:<{widths[0]}}  {amount:>{widths[1]}}  {remark}".rstrip()


def duration_text(seconds: int) -> str:
    """Return a processing time in words.

    >>> duration_text(240), duration_text(85)
    ('4 min', '85 s')
    """
    minutes, rest = divmod(seconds, _SECONDS_PER_MINUTE)
    return f"{minutes} min" if not rest else f"{seconds} s"


def instant_text(instant: datetime) -> str:
    """Return an instant in UTC: the day where it is midnight.

    >>> instant_text(datetime.fromisoformat("2026-12-01T00:00:00Z"))
    '2026-12-01'
    """
    utc = instant.astimezone(UTC)
    return str(utc.date()) if utc.timetz() == time(tzinfo=UTC) else utc.isoformat()


def assumption_text(assumption: Assumption) -> str:
    """Return an assumption on one line, with its evidence."""
    certainty = f" ({assumption.evidence})" if assumption.evidence else ""
    return f"{one_line(assumption.about)}: {assumption.says}{certainty}"


def _lines_of_price(quote: Quote) -> list[tuple[str, str, str]]:
    remark = usd_shown(quote.usd_micros)
    if quote.rounding is not None:
        remark += f" ({fraction_text(quote.exact)} micros before rounding, {quote.rounding.replace('_', ' ')})"
    return [
        ("base", f"{quote.base_micros:,} micros", ""),
        *map(_factor_line, quote.factors),
        ("total", f"{quote.usd_micros:,} micros", remark),
    ]


def _factor_line(factor: QuotedFactor) -> tuple[str, str, str]:
    remark = "" if factor.origin == "given" else factor.origin
    return f"{factor.field} {literal(factor.value)}", f"x {fraction_text(factor.multiplier)}", remark


# the stored form


_AS_TEXT: dict[type, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    Fraction: (fraction_text, fraction_of),
    datetime: (datetime.isoformat, datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
}
"""The types that are stored as text, each with the function that writes it and the one that reads it."""

NOT_THE_FORM = "a key is missing or added, or a value has another type or is out of range"


def digest_of_stored(stored: dict[str, Any]) -> str:
    """Return the digest that a stored quote should have. It covers everything except the digest itself."""
    return ratecard_rules.digest_of({key: value for key, value in stored.items() if key != "digest"})


def checked(stored: object) -> dict[str, Any]:
    """Return a copy of data with the keys and types of a stored quote. Raises ValueError for anything else."""
    copy: dict[str, Any] = _checked(stored, _stored_shape())
    return copy


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
        **_schema(_stored_shape()),
    }


def _keyed(parts: dict[str, Any], usd: object) -> dict[str, Any]:
    """Return the parts of a quote by the keys of the stored form."""
    model, micros, exact = (parts.pop(name) for name in ("model", "usd_micros", "exact"))
    return {"format": FORMAT, "model": model, "usd_micros": micros, "usd": usd, "exact_micros": exact, **parts}


def _write(value: Any) -> Any:
    """Return a value of one of these types in its stored form."""
    kind: Any = type(value)
    if kind in _AS_TEXT:
        return _AS_TEXT[kind][0](value)
    if kind is tuple:
        return [_write(item) for item in value]
    parts = _parts(kind)
    return {name: _write(getattr(value, name)) for name in parts} if parts else value


def _read(kind: Any, data: Any) -> Any:
    """Return the value of type `kind` that is stored as `data`, which has its form."""
    if parts := _parts(kind):
        return kind(**{name: _read(part, data[name]) for name, part in parts.items()})
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], item) for item in data)
    texts = [choice for choice in (kind, *get_args(kind)) if choice in _AS_TEXT]
    return _AS_TEXT[texts[0]][1](data) if texts and data is not None else data


@cache
def _parts(kind: Any) -> dict[str, Any]:
    """Return the types of the attributes of an attrs class; empty for any other type."""
    return {name: part for name, part in get_type_hints(kind).items() if name in fields_dict(kind)} if has(kind) else {}


@cache
def _stored_shape() -> dict[str, object]:
    return {**_keyed({name: _shape(part) for name, part in _parts(Quote).items()}, str), "digest": str}


def _shape(kind: Any) -> object:
    """Return how a type is stored: a dict by key, a list of the shape of its items, a tuple of choices, or a type."""
    if parts := _parts(kind):
        return {name: _shape(part) for name, part in parts.items()}
    if get_origin(kind) is tuple:
        return [_shape(get_args(kind)[0])]
    if get_origin(kind) is Literal:
        return get_args(kind)
    if choices := get_args(kind):  # a union; the options of a priced field have no decimal places
        shapes = (_shape(choice) for choice in choices if choice is not Decimal)
        return tuple(choice for shape in shapes for choice in (shape if isinstance(shape, tuple) else (shape,)))
    return None if kind is NoneType else str if kind in _AS_TEXT else kind


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
            return {"type": {str: "string", int: "integer", bool: "boolean"}[shape]}
    return {"const": shape}


def _checked(value: Any, shape: object) -> Any:
    """Return a copy of plain data that has a shape. Raises ValueError if it does not have it.

    Only methods of built-in types are called, and each container is read once, so another thread may change it.
    """
    if isinstance(shape, dict):
        items = list(value.items()) if type(value) is dict else []
        if len(items) == len(shape) and all(type(key) is str and key in shape for key, _ in items):
            return {key: _checked(item, shape[key]) for key, item in items}
    elif isinstance(shape, list):
        if type(value) is list:
            return [_checked(item, shape[0]) for item in list(value)]
    elif any(_is(value, choice) for choice in (shape if isinstance(shape, tuple) else (shape,))):
        return value
    raise ValueError(NOT_THE_FORM)


def _is(value: Any, choice: object) -> bool:
    if isinstance(choice, type):
        return type(value) is choice and _in_range(value)
    return type(value) is type(choice) and bool(value == choice)


def _in_range(value: Any) -> bool:
    """Return whether text can be encoded as UTF-8 and a number is small enough to be printed."""
    if type(value) is not str:
        return bool(value.bit_length() <= WIDEST_BITS)
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
