"""Sale prices: an ordered list of adjustments, applied once to a cost.

Rule 1  The cost is kept. A sale holds its quote unchanged and starts from what is charged, the quote's `usd_micros`.
Rule 2  Adjustments apply in the order of the list, each to the exact result of the previous one.
Rule 3  Nothing is adjusted twice: a sale cannot be adjusted again, and the names in a list are unique.
Rule 4  Only the final amount is rounded, half up to a whole micro. No amount is ever negative.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen

import ratecard_rules
from ratecard._errors import Declined
from ratecard._money import fraction_of, fraction_text, half_up, usd_decimal, usd_shown, usd_text
from ratecard._quote.quote import Quote, columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from attrs import Attribute

FORMAT = 1
"""The version of the stored form of a sale."""


def _check_name(_: object, __: Attribute[str], name: Any) -> None:
    if type(name) is not str:
        raise TypeError(f"name must be text, got {_shown(name)}")
    if not (name.strip() and name.isprintable()):
        raise ValueError(f"name must be printable text on one line, and not empty, got {_shown(name)}")


def whole_micros(least: int | None = None) -> Callable[[object, Attribute[Any], object], None]:
    """Return a validator for attributes that hold whole micros, not below `least`."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if type(value) is not int:
            raise TypeError(f"{attribute.name} must be an int (1,000,000 micros are $1.00), got {_shown(value)}")
        if least is not None and value < least:
            raise ValueError(f"{attribute.name} must be at least {least}, got {value}")

    return check


def _multiplier(by: int | Fraction) -> Fraction:
    if type(by) not in (int, Fraction):
        raise TypeError(f'by must be an int or a Fraction such as Fraction("1.3"), got {_shown(by)}')
    if by <= 0:
        raise ValueError(f"by must be above 0, got {by}")
    return Fraction(by)


def _shown(value: object) -> str:
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
        step = STEPS[self.kind]
        return Fraction(step.apply(amount, getattr(self, step.argument)))

    def in_words(self) -> str:
        """Return a description of the step, such as `x 1.3`."""
        step = STEPS[self.kind]
        return step.words.format(step.value_of(self))


@frozen(kw_only=True)
class Multiply(Adjustment):
    """Multiply the amount.

    Attributes:
        name: The name of its line.
        by: An exact ratio above 0: an int or a Fraction, never a float.

    >>> from fractions import Fraction
    >>> Multiply(name="reseller margin", by=Fraction("1.3")).by
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


def _rounded_up(amount: Fraction, unit: int) -> int:
    return ceil(amount / unit) * unit


@frozen
class Step:
    """What distinguishes one kind of adjustment from the others.

    Attributes:
        make: The class.
        argument: The name of its only attribute besides the name.
        apply: The function from an amount and that attribute to the new amount.
        words: The description, as a format string.
    """

    make: Callable[..., Adjustment]
    argument: str
    apply: Callable[[Fraction, Any], Fraction | int]
    words: str

    def value_of(self, adjustment: Adjustment) -> Any:
        """Return the value of an adjustment of this kind in its stored form: a ratio is text."""
        value = getattr(adjustment, self.argument)
        return fraction_text(value) if isinstance(value, Fraction) else value


STEPS: dict[str, Step] = {
    "multiply": Step(Multiply, "by", operator.mul, "x {}"),
    "add": Step(Add, "usd_micros", operator.add, "{:+,} micros"),
    "minimum": Step(Minimum, "usd_micros", max, "at least {:,} micros"),
    "maximum": Step(Maximum, "usd_micros", min, "at most {:,} micros"),
    "round_up": Step(RoundUp, "to_usd_micros", _rounded_up, "up to a multiple of {:,} micros"),
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
        return "\n".join([self.quote.explain(), *_explained(self)])

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
            sale = _read(stored)
            data = sale.to_dict()
        except (TypeError, ValueError) as error:
            raise ValueError(f"not a stored sale: {error}") from error
        if not _same(data, stored):
            raise ValueError("not a stored sale: its amounts do not follow from its quote and adjustments")
        return sale


def adjust(quote: Quote, adjustments: Iterable[Adjustment]) -> Sale:
    """Return the price at which the cost of a quote is sold.

    The first adjustment starts from what is charged, the `usd_micros` of the quote, and each later one from the exact
    result of the previous one. Names must be unique. Raises TypeError if `quote` is not a `Quote` (a `Sale` cannot be
    adjusted again), and ValueError if a name is repeated or an adjustment makes the amount negative.

    >>> from fractions import Fraction
    >>> from ratecard import quote
    >>> cost = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> sale = adjust(cost, [
    ...     Add(name="volume discount", usd_micros=-50_000),
    ...     Multiply(name="margin", by=Fraction("1.3")),
    ...     RoundUp(name="whole cents", to_usd_micros=10_000),
    ... ])
    >>> cost.usd_micros, [(line.name, str(line.exact)) for line in sale.lines], sale.usd
    (250000, [('volume discount', '200000'), ('margin', '260000'), ('whole cents', '260000')], Decimal('0.26'))
    >>> sale.margin_micros, sale.margin
    (10000, Fraction(1, 26))
    """
    if not isinstance(quote, Quote):
        raise TypeError(_no_cost(quote))
    exact = Fraction(quote.usd_micros)
    lines: list[SaleLine] = []
    for adjustment in _listed(adjustments):
        lines.append(_line(adjustment, exact))
        exact = lines[-1].exact
    return Sale(quote=quote, lines=tuple(lines))


def _no_cost(value: object) -> str:
    match value:
        case Sale():
            return "this sale is already adjusted; adjust its `quote` instead"
        case Declined():
            return f"this request was declined ({value.code}), so there is no cost to adjust"
    return f"quote must be a Quote, got {_shown(value)}"


def _listed(adjustments: Iterable[Adjustment]) -> Iterator[Adjustment]:
    """Yield adjustments. Raises TypeError for anything else, and ValueError for a name that is not unique."""
    if isinstance(adjustments, Adjustment):
        raise TypeError("adjustments must be a list of adjustments, got a single one")
    kinds = [step.make for step in STEPS.values()]
    names: set[str] = set()
    for adjustment in adjustments:
        if type(adjustment) not in kinds:
            message = f"adjustments must be Multiply, Add, Minimum, Maximum or RoundUp, got {_shown(adjustment)}"
            raise TypeError(message)
        if adjustment.name in names:
            raise ValueError(f"two adjustments are named {adjustment.name!r}; names must be unique")
        names.add(adjustment.name)
        yield adjustment


def _line(adjustment: Adjustment, before: Fraction) -> SaleLine:
    after = adjustment.applied_to(before)
    if after < 0:
        raise ValueError(
            f"{adjustment.name!r} subtracts {_micros_text(before - after)} from {_micros_text(before)}:"
            " a price cannot be negative; subtract less, or use Multiply"
        )
    return SaleLine(adjustment=adjustment, exact=after, difference_micros=after - before)


# words


def _micros_text(amount: Fraction) -> str:
    return f"{amount.numerator:,} micros" if amount.denominator == 1 else f"{fraction_text(amount)} micros"


def _explained(sale: Sale) -> Iterator[str]:
    price, margin = usd_shown(sale.usd_micros), usd_shown(sale.margin_micros)
    yield f"sold for {price}"
    if sale.rounding is not None:
        price += f" (rounded {sale.rounding.replace('_', ' ')})"
    if sale.margin is not None:
        margin += f", {fraction_text(sale.margin)} of the sale price"
    lines = [
        ("cost", Fraction(sale.quote.usd_micros), ""),
        *((line.name, line.exact, line.adjustment.in_words()) for line in sale.lines),
        ("sale price", Fraction(sale.usd_micros), price),
        ("margin", Fraction(sale.margin_micros), margin),
    ]
    yield from columns([(what, _micros_text(amount), remark) for what, amount, remark in lines])


# the stored form


def _line_data(line: SaleLine) -> dict[str, Any]:
    step = STEPS[line.kind]
    return {
        "kind": line.kind,
        "name": line.name,
        step.argument: step.value_of(line.adjustment),
        "exact_micros": fraction_text(line.exact),
        "difference_micros": fraction_text(line.difference_micros),
    }


def _read(stored: object) -> Sale:
    match stored:
        case {"quote": quote, "lines": [*lines]}:
            return adjust(Quote.from_dict(quote), [_adjustment(line) for line in lines])
    raise ValueError("it has no quote or no lines")


def _adjustment(line: Any) -> Adjustment:
    match line:
        case {"kind": "multiply", "name": name, "by": str(by)}:
            return Multiply(name=name, by=fraction_of(by))
        case {"kind": str(kind), "name": name} if kind in STEPS and STEPS[kind].argument in line:
            step = STEPS[kind]
            return step.make(name=name, **{step.argument: line[step.argument]})
    raise ValueError("a line is not an adjustment")


def _same(one: Any, other: Any) -> bool:
    """Return whether two pieces of plain data are equal, also in type: true is not 1, and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    match one:
        case dict():
            return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
        case list():
            return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
