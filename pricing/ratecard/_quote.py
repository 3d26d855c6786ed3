"""What a price is made of: the quote and its parts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ratecard_rules import Evidence, Origin, Scalar
from ratecard_rules._table.value import Value

if TYPE_CHECKING:
    from decimal import Decimal


@frozen(eq=False, repr=False)
class QuotedFactor(Value):
    """One line of the price: `field` has `value`, which multiplies the price by `multiplier`.

    `origin` is `given` where the request says so, `default` where it leaves the field out, `measured` where the value
    cannot be sent.
    """

    field: str
    value: Scalar
    multiplier: Fraction
    origin: Origin


@frozen(eq=False, repr=False)
class Assumption(Value):
    """Something that the quote takes for true: `about` a field, a rule or a pointer into the request.

    `evidence` says how sure it is; None where no page can say.
    """

    about: str
    evidence: Evidence | None
    says: str


@frozen(eq=False, repr=False)
class RevisionRef(Value):
    """Which revision of a table a quote rests on.

    `number` counts from 1 · `effective` the instant from which it holds, or None · `checked` the day on which the
    pages were read · `source` their addresses · `digest` SHA-256 over the canonical form of the revision.
    """

    number: int
    effective: datetime | None
    checked: date
    source: tuple[str, ...]
    digest: str


@frozen(eq=False, repr=False)
class CatalogRef(Value):
    """Which catalogue a quote rests on: its `version` and the `digest` of its tables."""

    version: str
    digest: str


@frozen(kw_only=True, eq=False, repr=False)
class Quote(Value):
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
        from ratecard._money import usd_decimal  # noqa: PLC0415  whole micros are all that most programs ask for

        return usd_decimal(self.usd_micros)

    def age(self, on: date) -> timedelta:
        """Return how long before a day the page of this price was read: a price can go stale without a sign."""
        return date(on.year, on.month, on.day) - self.revision.checked

    def explain(self) -> str:
        """Return the price and how it comes about, in plain lines."""
        from ratecard._explain import explain  # noqa: PLC0415  words are wanted more rarely than prices

        return explain(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the quote as plain JSON data, with a digest of its own; money is whole micros and text, never a float.

        The form is described by `stored_quote_schema`; `verify` checks it.
        """
        from ratecard._stored import to_dict  # noqa: PLC0415  storing is rarer than quoting

        return to_dict(self)

    @staticmethod
    def from_dict(stored: dict[str, Any]) -> Quote:
        """Return the quote that `to_dict` wrote. Raises ValueError where `stored` is anything else."""
        from ratecard._stored import from_dict  # noqa: PLC0415  as above

        return from_dict(stored)
