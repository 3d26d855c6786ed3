"""Sale prices: an ordered list of adjustments, applied once to a cost.

Rule 1  The cost is kept. A sale holds its quote unchanged and starts from what is charged, the quote's `usd_micros`.
Rule 2  Adjustments apply in the order of the list, each to the exact result of the previous one.
Rule 3  Nothing is adjusted twice: a sale cannot be adjusted again, and the names in a list are unique.
Rule 4  Only the final amount is rounded, half up to a whole micro. No amount is ever negative.
"""

from __future__ import annotations

import operator
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from attrs import field, fields, frozen

import ratecard_rules
from ratecard._errors import Declined
from ratecard._money import decimal_text, fraction_of, fraction_text, half_up, usd_decimal, usd_shown, usd_text
from ratecard._quote.quote import Quote
from ratecard._quote.stored import NOT_THE_FORM, plain_data
from ratecard_rules import Display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from attrs import Attribute

FORMAT = 1
"""The version of the stored form of a sale."""


def _check_name(_: object, __: Attribute[str], name: Any) -> None:
    if type(name) is not str:
        raise TypeError(f"name must be text, got {described(name)}")
    if not (name.strip() and name.isprintable()):
        raise ValueError(f"name must be printable text on one line, and not empty, got {described(name)}")


def whole_micros(least: int | None = None) -> Callable[[object, Attribute[Any], object], None]:
    """Return a validator for attributes that hold whole micros, not below `least`."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if type(value) is not int:
            raise TypeError(f"{attribute.name} must be an int (1,000,000 micros are $1.00), got {described(value)}")
        if least is not None and value < least:
            raise ValueError(f"{attribute.name} must be at least {least}, got {value}")

    return check


def _multiplier(by: int | Fraction | Decimal | str) -> Fraction:
    if type(by) not in (int, Fraction, Decimal, str):
        expected = 'an int, a Fraction, a Decimal, or text such as "1.3" or "4/3"; a float is not exact'
        raise TypeError(f"by must be {expected}, got {described(by)}")
    text = decimal_text(by) if isinstance(by, Decimal) else by
    ratio = fraction_of(text) if isinstance(text, str) else Fraction(text)
    if ratio <= 0:
        raise ValueError(f"by must be above 0, got {by}")
    return ratio


def described(value: object) -> str:
    """Return a value for an error message, shortened, with its type."""
    return f"{value!r:.80} ({type(value).__name__})"


@frozen(kw_only=True)
class Adjustment:
    """One step from the cost to the sale price: Multiply, Add, Minimum, Maximum or RoundUp.

    Attributes:
        name: The name of its line.
    """

    kind: ClassVar[str]
    name: str = field(validator=_check_name)

    def applied_to(self, amount: Fraction) -> Fraction:
        """Return the exact result of the step for an amount in micros."""
        return Fraction(STEPS[self.kind].apply(amount, getattr(self, argument_of(type(self)))))

    def in_words(self) -> str:
        """Return a description of the step, such as `x 1.3`."""
        value = getattr(self, argument_of(type(self)))
        text = usd_shown(value) if isinstance(value, int) else fraction_text(value)
        return STEPS[self.kind].words.format(text).replace("+-", "-")


def argument_of(kind: type[Adjustment]) -> str:
    """Return the name of the only attribute of a kind besides the name."""
    return str(fields(kind)[-1].name)


@frozen(kw_only=True)
class Multiply(Adjustment):
    """Multiply the amount.

    Attributes:
        name: The name of its line.
        by: An exact ratio above 0. It can be passed as an int, a Fraction, a Decimal, or text such as "1.3" or "4/3".

    >>> Multiply(name="reseller margin", by="1.3").by
    Fraction(13, 10)
    """

    kind: ClassVar[str] = "multiply"
    by: Fraction = field(converter=_multiplier)


@frozen(kw_only=True)
class Add(Adjustment):
    """Add to the amount, or subtract from it.

    Attributes:
        name: The name of its line.
        usd_micros: Millionths of a US dollar; negative to subtract.
    """

    kind: ClassVar[str] = "add"
    usd_micros: int = field(validator=whole_micros())


@frozen(kw_only=True)
class Minimum(Adjustment):
    """Raise the amount to a limit if it is less.

    Attributes:
        name: The name of its line.
        usd_micros: The limit, in millionths of a US dollar.
    """

    kind: ClassVar[str] = "minimum"
    usd_micros: int = field(validator=whole_micros(0))


@frozen(kw_only=True)
class Maximum(Adjustment):
    """Lower the amount to a limit if it is more.

    Attributes:
        name: The name of its line.
        usd_micros: The limit, in millionths of a US dollar.
    """

    kind: ClassVar[str] = "maximum"
    usd_micros: int = field(validator=whole_micros(0))


@frozen(kw_only=True)
class RoundUp(Adjustment):
    """Round the amount up.

    Attributes:
        name: The name of its line.
        to_usd_micros: The unit, in millionths of a US dollar: 10,000 for whole cents.
    """

    kind: ClassVar[str] = "round_up"
    to_usd_micros: int = field(validator=whole_micros(1))


class Step(NamedTuple):
    """The class of one kind of adjustment, its function from (amount, argument) to the new amount, and its words."""

    make: type[Adjustment]
    apply: Callable[[Fraction, Any], Fraction | int]
    words: str


STEPS: dict[str, Step] = {
    "multiply": Step(Multiply, operator.mul, "x {}"),
    "add": Step(Add, operator.add, "+{}"),
    "minimum": Step(Minimum, max, "at least {}"),
    "maximum": Step(Maximum, min, "at most {}"),
    "round_up": Step(RoundUp, lambda amount, unit: ceil(amount / unit) * unit, "up to a multiple of {}"),
}
"""Every kind of adjustment. A new kind is a class and an entry here."""


@frozen(kw_only=True)
class SaleLine:
    """What one adjustment did.

    Attributes:
        adjustment: The step.
        exact: The amount after it, in micros, not rounded.
        difference_micros: What it added to the previous amount; negative if it subtracted.
    """

    adjustment: Adjustment
    exact: Fraction
    difference_micros: Fraction

    @property
    def name(self) -> str:
        """The name of the adjustment."""
        return self.adjustment.name

    @property
    def kind(self) -> str:
        """The kind of the adjustment: `multiply`, `add`, `minimum`, `maximum` or `round_up`."""
        return self.adjustment.kind


@frozen(kw_only=True)
class Sale:
    """A cost and the price at which it is sold, as `adjust` returns it. It cannot be adjusted again.

    All money is in millionths of a US dollar.

    Attributes:
        quote: The cost, unchanged.
        lines: The effect of each adjustment, in the order in which they were applied.
    """

    quote: Quote
    lines: tuple[SaleLine, ...]

    @property
    def exact(self) -> Fraction:
        """The sale price in micros after all lines, before rounding."""
        return self.lines[-1].exact if self.lines else Fraction(self.quote.usd_micros)

    @property
    def usd_micros(self) -> int:
        """The sale price in whole micros."""
        return half_up(self.exact)

    @property
    def rounding(self) -> str | None:
        """How the sale price was rounded: `half_up`, or None if it is exact."""
        return None if self.exact.denominator == 1 else "half_up"

    @property
    def usd(self) -> Decimal:
        """The sale price in US dollars, exact in every decimal context."""
        return usd_decimal(self.usd_micros)

    @property
    def margin_micros(self) -> int:
        """The sale price minus the cost; negative for a loss."""
        return self.usd_micros - self.quote.usd_micros

    @property
    def margin(self) -> Fraction | None:
        """The margin as an exact share of the sale price; None if the sale price is 0."""
        return Fraction(self.margin_micros, self.usd_micros) if self.usd_micros else None

    def explain(self) -> str:
        """Return the cost and its calculation, every adjustment, the sale price and the margin as plain text."""
        return f"{self.quote.explain()}\n{_sold(self).to_text()}"

    def to_dict(self) -> dict[str, Any]:
        """Return the sale as plain JSON data, with its quote and a digest. Money is whole micros and text."""
        data = {
            "format": FORMAT,
            "usd_micros": self.usd_micros,
            "usd": usd_text(self.usd_micros),
            "exact_micros": fraction_text(self.exact),
            "rounding": self.rounding,
            "margin_micros": self.margin_micros,
            "margin": None if self.margin is None else fraction_text(self.margin),
            "lines": [_line_data(line) for line in self.lines],
            "quote": self.quote.to_dict(),
        }
        return {**data, "digest": ratecard_rules.digest_of(data)}

    @staticmethod
    def from_dict(stored: dict[str, Any]) -> Sale:
        """Return the sale that `to_dict` wrote.

        All amounts are recomputed from the stored quote and adjustments. Raises ValueError if any of them differs, or
        if `stored` is not a sale.
        """
        try:
            sale = adjust(Quote.from_dict(stored["quote"]), map(_adjustment, stored["lines"]))
            same = ratecard_rules.digest_of(sale.to_dict()) == ratecard_rules.digest_of(stored)
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            reason = NOT_THE_FORM if isinstance(error, KeyError) else error
            raise ValueError(f"not a stored sale: {reason}") from error
        if not same:
            raise ValueError("not a stored sale: its amounts do not follow from its quote and adjustments")
        return sale


def adjust(quote: Quote, adjustments: Iterable[Adjustment]) -> Sale:
    """Return the price at which the cost of a quote is sold.

    The first adjustment starts from what is charged, the `usd_micros` of the quote, and each later one from the exact
    result of the previous one. Names must be unique. Raises TypeError if `quote` is not a `Quote` (a `Sale` cannot be
    adjusted again), and ValueError if a name is repeated or an adjustment makes the amount negative.

    >>> from ratecard import quote
    >>> cost = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> sale = adjust(cost, [
    ...     Add(name="volume discount", usd_micros=-50_000),
    ...     Multiply(name="margin", by="1.3"),
    ...     RoundUp(name="whole cents", to_usd_micros=10_000),
    ... ])
    >>> cost.usd_micros, [(line.name, str(line.exact)) for line in sale.lines], sale.usd
    (250000, [('volume discount', '200000'), ('margin', '260000'), ('whole cents', '260000')], Decimal('0.26'))
    >>> sale.margin_micros, sale.margin
    (10000, Fraction(1, 26))
    """
    if not isinstance(quote, Quote):
        raise TypeError(_no_cost(quote))
    if isinstance(adjustments, Adjustment):
        raise TypeError("adjustments must be a list of adjustments, got a single one")
    exact = Fraction(quote.usd_micros)
    lines: dict[str, SaleLine] = {}
    for adjustment in adjustments:
        if type(adjustment) not in [step.make for step in STEPS.values()]:
            message = f"adjustments must be Multiply, Add, Minimum, Maximum or RoundUp, got {described(adjustment)}"
            raise TypeError(message)
        if adjustment.name in lines:
            raise ValueError(f"two adjustments are named {adjustment.name!r}; names must be unique")
        line = lines[adjustment.name] = _line(adjustment, exact)
        exact = line.exact
    return Sale(quote=quote, lines=tuple(lines.values()))


def _no_cost(value: object) -> str:
    match value:
        case Sale():
            return "this sale is already adjusted; adjust its `quote` instead"
        case Declined():
            return f"this request was declined ({value.code}), so there is no cost to adjust"
    return f"quote must be a Quote, got {described(value)}"


def _line(adjustment: Adjustment, before: Fraction) -> SaleLine:
    after = adjustment.applied_to(before)
    if after < 0:
        raise ValueError(
            f"{adjustment.name!r} subtracts {_amount_text(before - after)} from {_amount_text(before)}:"
            " a price cannot be negative; subtract less, or use Multiply"
        )
    return SaleLine(adjustment=adjustment, exact=after, difference_micros=after - before)


# words


def _amount_text(micros: Fraction) -> str:
    return usd_shown(micros.numerator) if micros.denominator == 1 else f"{fraction_text(micros)} micros"


def _sold(sale: Sale) -> Display:
    price = usd_shown(sale.usd_micros)
    rounded = "" if sale.rounding is None else f", rounded {sale.rounding.replace('_', ' ')}"
    share = "" if sale.margin is None else f", {fraction_text(sale.margin)} of the sale price"
    rows = (
        ("cost", usd_shown(sale.quote.usd_micros), f"({sale.quote.usd_micros:,} micros)"),
        *((line.name, _amount_text(line.exact), line.adjustment.in_words()) for line in sale.lines),
        ("sale price", price, f"({sale.usd_micros:,} micros{rounded})"),
        ("margin", usd_shown(sale.margin_micros), f"({sale.margin_micros:,} micros{share})"),
    )
    return Display(f"sold for {price}", ("part", "amount", "remark"), rows)


# the stored form


def _line_data(line: SaleLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        **plain_data(line.adjustment),
        "exact_micros": fraction_text(line.exact),
        "difference_micros": fraction_text(line.difference_micros),
    }


def _adjustment(line: Any) -> Adjustment:
    make = STEPS[line["kind"]].make
    return make(name=line["name"], **{argument_of(make): line[argument_of(make)]})
