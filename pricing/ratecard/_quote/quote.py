"""The quote and its parts: how they are explained, stored and read back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

import ratecard_rules
from ratecard._money import fraction_text, usd_decimal, usd_shown, usd_text
from ratecard._quote.addable import Addable
from ratecard._quote.stored import checked, object_schema, parsed, plain_data, schema_of
from ratecard_rules import Displayed, Evidence, Origin, Scalar, Value, literal, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from ratecard._quote.total import Total
    from ratecard_rules import Display

FORMAT = 1
"""The version of the stored form."""


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
        about: A field, a rule, or, for a warning about the request, the JSON Pointer of the problem.
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
class Quote(Addable["Total"], Displayed, Value):
    """What a request costs. All money is in millionths of a US dollar: 1,000,000 `usd_micros` are $1.00.

    Quotes can be added and multiplied, which gives a `Total`. `<`, `<=`, `>` and `>=` compare the exact prices, so
    `min(quotes)` is the cheapest quote. `==` compares all attributes, so two quotes of the same price may be unequal.

    Attributes:
        model: The slug of the model.
        usd_micros: The price.
        exact: The price before rounding, in micros.
        base_micros: The base price.
        rounding: The rounding rule, if the price had to be rounded.
        factors: The multipliers, in the order of the formula.
        assumptions: Defaults, rules that are not documented, and the warnings about the request.
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

    @property
    def warnings(self) -> tuple[Assumption, ...]:
        """The warnings about the request, which are the assumptions about a pointer: it may be refused."""
        return tuple(assumption for assumption in self.assumptions if assumption.about.startswith("/"))

    def age(self, on: date) -> timedelta:
        """Return how old the price is on a given day: the time since its page was read."""
        return date(on.year, on.month, on.day) - self.revision.checked

    def explain(self) -> str:
        """Return the price and its calculation as plain text."""
        return self.display().to_text()

    def display(self) -> Display:
        """Return what a notebook shows: the price, its calculation, and what it is based on."""
        from ratecard_rules import Display  # only texts need it

        rows, notes = tuple(_calculation(self)), tuple(_notes(self))
        return Display(f"{usd_shown(self.usd_micros)}  {self.model}", ("part", "amount", "remark"), rows, notes)

    def to_dict(self) -> dict[str, Any]:
        """Return the quote as plain JSON data with a digest. Money is whole micros and text, never a float.

        `stored_quote_schema` describes the data, and `verify` checks it.
        """
        data = _keyed(plain_data(self), usd_text(self.usd_micros), FORMAT)
        return {**data, "digest": digest_of_stored(data)}

    @staticmethod
    def from_dict(stored: dict[str, Any]) -> Quote:
        """Return the quote that `to_dict` wrote.

        Raises ValueError for anything else: a missing or extra key, a wrong type, a number that is written differently.
        `StoredQuote.from_dict` also reads quotes that were stored with an instant and a reference.
        """
        try:
            data = checked(stored, stored_form())
            quote: Quote = parsed(Quote, {**data, "exact": data["exact_micros"]})
        except ValueError as error:
            raise ValueError(f"not a stored quote: {error}") from error
        if (written := quote.to_dict()) != data:  # "5.0" for "5", or dollars that are not the micros
            if {**written, "digest": data["digest"]} == data:
                raise ValueError("not a stored quote: its digest does not fit, so it was changed after it was created")
            raise ValueError("not a stored quote: a number or a date is not in the form that to_dict writes")
        return quote

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> Any:
        """Return how pydantic reads and writes a quote: in its stored form."""
        from pydantic_core import core_schema  # installed wherever this is called

        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.from_dict(value),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.to_dict),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: object, _handler: object) -> dict[str, Any]:
        return {key: value for key, value in stored_quote_schema().items() if key != "$schema"}

    @property
    def _amounts(self) -> dict[str, tuple[int, int]]:
        return {self.model: (1, self.usd_micros)}

    def _total(self, amounts: Mapping[str, tuple[int, int]]) -> Total:
        from ratecard._quote.total import Total  # most quotes are never added up

        return Total(amounts)

    def __lt__(self, other: Any) -> bool:
        return self.exact < other.exact if isinstance(other, Quote) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return self.exact <= other.exact if isinstance(other, Quote) else NotImplemented

    def __repr__(self) -> str:
        return f"<Quote {usd_shown(self.usd_micros)} {self.model}>"


# words


def _calculation(quote: Quote) -> Iterator[tuple[str, str, str]]:
    """Yield the lines of the price: what, how much, and a remark."""
    micros = f"{quote.usd_micros:,} micros"
    if quote.rounding is not None:
        micros += f"; {fraction_text(quote.exact)} micros before rounding, {quote.rounding.replace('_', ' ')}"
    yield "base", usd_shown(quote.base_micros), f"({quote.base_micros:,} micros)"
    for factor in quote.factors:
        remark = "" if factor.origin == "given" else factor.origin
        yield f"{factor.field} {literal(factor.value)}", f"x {fraction_text(factor.multiplier)}", remark
    yield "total", usd_shown(quote.usd_micros), f"({micros})"


def _notes(quote: Quote) -> Iterator[str]:
    warnings = quote.warnings
    yield from (f"warning: {assumption_text(warning)}" for warning in warnings)
    yield from (f"assumes: {assumption_text(other)}" for other in quote.assumptions if other not in warnings)
    for conflict in quote.conflicts:
        yield f"conflict: {conflict}"
    if quote.typical_seconds is not None:
        yield f"processing time: about {duration_text(quote.typical_seconds)}"
    yield f"source: {', '.join(quote.revision.source)} (checked {quote.revision.checked})"


def duration_text(seconds: int) -> str:
    """Return a processing time in words.

    >>> duration_text(240), duration_text(85)
    ('4 min', '85 s')
    """
    minutes, rest = divmod(seconds, 60)
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


# the stored form


def digest_of_stored(stored: dict[str, Any]) -> str:
    """Return the digest that a stored quote should have. It covers everything except the digest itself."""
    return ratecard_rules.digest_of({key: value for key, value in stored.items() if key != "digest"})


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
        **stored_form(),
    }


@cache
def stored_form() -> dict[str, Any]:
    """Return the schema of the stored form, without its words."""
    text = schema_of(str)
    properties = _keyed(schema_of(Quote)["properties"], text, {"const": FORMAT})
    return object_schema({**properties, "digest": text})


def _keyed(parts: dict[str, Any], usd: object, version: object) -> dict[str, Any]:
    """Return the parts of a quote by the keys of the stored form."""
    model, micros, exact = (parts.pop(name) for name in ("model", "usd_micros", "exact"))
    return {"format": version, "model": model, "usd_micros": micros, "usd": usd, "exact_micros": exact, **parts}
