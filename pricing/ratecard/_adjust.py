"""The price at which a cost is sold: an ordered list of adjustments, applied once.

Rule 1  The cost stays. A sale holds its quote untouched and starts from what is charged, the quote's `usd_micros`.
Rule 2  Adjustments apply in the order of the list, each to the exact amount that the one before it left.
Rule 3  Nothing is adjusted twice: a sale cannot be adjusted again, and no name stands twice in a list.
Rule 4  Only the end is rounded, once, half up to a whole micro. No amount is ever negative.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, fields, frozen

from ratecard._declined import Declined
from ratecard._money import fraction_of, fraction_text, usd_decimal, usd_shown, usd_text
from ratecard._quote import Quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from decimal import Decimal
    from os import PathLike

    from attrs import Attribute

FORMAT = 1
"""The number of the stored form of a sale; a later one gets a later number."""

_HALF = Fraction(1, 2)


def check_name(name: object) -> None:
    """Refuse what cannot name an adjustment. Raises TypeError for another type, ValueError for other text."""
    if type(name) is not str:
        raise TypeError(f"name must be text, got {_shown(name)}")
    if not (name.strip() and name.isprintable()):
        raise ValueError(f"name must be printable text on one line, and not empty, got {_shown(name)}")


def whole_micros(least: int | None = None) -> Callable[[object, Attribute[Any], object], None]:
    """Return a validator of attributes: a whole number of micros, not below `least`."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if type(value) is not int:
            raise TypeError(f"{attribute.name} must be an int (1,000,000 micros are $1.00), got {_shown(value)}")
        if least is not None and value < least:
            raise ValueError(f"{attribute.name} must be at least {least}, got {value}")

    return check


def _check_name(_: object, __: Attribute[str], value: object) -> None:
    check_name(value)


def _multiplier(by: int | Fraction) -> Fraction:
    if type(by) not in (int, Fraction):
        raise TypeError(f'by must be an int or a Fraction such as Fraction("1.3"), got {_shown(by)}')
    if by <= 0:
        raise ValueError(f"by must be above 0, got {by}")
    return Fraction(by)


def _shown(value: object) -> str:
    return f"{value!r:.80} ({type(value).__name__})"


@frozen(kw_only=True)
class Adjustment(ABC):
    """One step from the cost to the sale price: Multiply, Add, Minimum, Maximum or RoundUp.

    `name` the words for its line.
    """

    kind: ClassVar[str]
    name: str = field(validator=_check_name)

    @abstractmethod
    def applied_to(self, amount: Fraction) -> Fraction:
        """Return what the step makes of an amount, in micros; exact."""

    @abstractmethod
    def in_words(self) -> str:
        """Return what the step does, such as `x 1.3`."""


@frozen(kw_only=True)
class Multiply(Adjustment):
    """Multiply the amount `by` an exact ratio above 0: an int or a Fraction, never a float. `name` the words for it.

    >>> from fractions import Fraction
    >>> Multiply(name="reseller margin", by=Fraction("1.3")).by
    Fraction(13, 10)
    """

    kind: ClassVar[str] = "multiply"
    by: Fraction = field(converter=_multiplier)

    def applied_to(self, amount: Fraction) -> Fraction:
        """Return the amount times `by`."""
        return amount * self.by

    def in_words(self) -> str:
        """Return the multiplier."""
        return f"x {fraction_text(self.by)}"


@frozen(kw_only=True)
class Add(Adjustment):
    """Add `usd_micros` to the amount: millionths of a US dollar, less than 0 to take off. `name` the words for it."""

    kind: ClassVar[str] = "add"
    usd_micros: int = field(validator=whole_micros())

    def applied_to(self, amount: Fraction) -> Fraction:
        """Return the amount and `usd_micros` together."""
        return amount + self.usd_micros

    def in_words(self) -> str:
        """Return what is added, with its sign."""
        return f"{self.usd_micros:+,} micros"


@frozen(kw_only=True)
class Minimum(Adjustment):
    """Raise the amount to `usd_micros`, in millionths of a US dollar, where it is less. `name` the words for it."""

    kind: ClassVar[str] = "minimum"
    usd_micros: int = field(validator=whole_micros(0))

    def applied_to(self, amount: Fraction) -> Fraction:
        """Return the amount, or `usd_micros` where that is more."""
        return max(amount, Fraction(self.usd_micros))

    def in_words(self) -> str:
        """Return the limit."""
        return f"at least {self.usd_micros:,} micros"


@frozen(kw_only=True)
class Maximum(Adjustment):
    """Lower the amount to `usd_micros`, in millionths of a US dollar, where it is more. `name` the words for it."""

    kind: ClassVar[str] = "maximum"
    usd_micros: int = field(validator=whole_micros(0))

    def applied_to(self, amount: Fraction) -> Fraction:
        """Return the amount, or `usd_micros` where that is less."""
        return min(amount, Fraction(self.usd_micros))

    def in_words(self) -> str:
        """Return the limit."""
        return f"at most {self.usd_micros:,} micros"


@frozen(kw_only=True)
class RoundUp(Adjustment):
    """Round the amount up to a multiple of `to_usd_micros`: 10,000 for whole cents. `name` the words for it."""

    kind: ClassVar[str] = "round_up"
    to_usd_micros: int = field(validator=whole_micros(1))

    def applied_to(self, amount: Fraction) -> Fraction:
        """Return the smallest multiple of `to_usd_micros` that is not below the amount."""
        return Fraction(ceil(amount / self.to_usd_micros) * self.to_usd_micros)

    def in_words(self) -> str:
        """Return the unit."""
        return f"up to a multiple of {self.to_usd_micros:,} micros"


_KINDS = (Multiply, Add, Minimum, Maximum, RoundUp)


@frozen(kw_only=True)
class SaleLine:
    """What one adjustment did.

    `adjustment` the step · `exact` the amount that it left, in micros, not rounded · `difference_micros` what it added
    to the amount before it; less than 0 where it took something off.
    """

    adjustment: Adjustment
    exact: Fraction
    difference_micros: Fraction

    @property
    def name(self) -> str:
        """The words for the adjustment."""
        return self.adjustment.name

    @property
    def kind(self) -> str:
        """The kind of the adjustment: `multiply`, `add`, `minimum`, `maximum` or `round_up`."""
        return self.adjustment.kind


@frozen(kw_only=True)
class Sale:
    """A cost and the price at which it is sold. All money is in millionths of a US dollar.

    `quote` the cost, untouched · `lines` one for each adjustment, in the order in which they were applied. `adjust`
    makes it; it cannot be adjusted again.
    """

    quote: Quote
    lines: tuple[SaleLine, ...]

    @property
    def exact(self) -> Fraction:
        """The sale price in micros after all lines, before rounding."""
        return self.lines[-1].exact if self.lines else Fraction(self.quote.usd_micros)

    @property
    def usd_micros(self) -> int:
        """The sale price in whole micros: what the buyer pays."""
        return floor(self.exact + _HALF)

    @property
    def rounding(self) -> str | None:
        """How the exact sale price became whole: `half_up`, or None where it was whole."""
        return None if self.exact.denominator == 1 else "half_up"

    @property
    def usd(self) -> Decimal:
        """The sale price in US dollars, exact in every decimal context."""
        return usd_decimal(self.usd_micros)

    @property
    def margin_micros(self) -> int:
        """What is left of the sale price after the cost; less than 0 at a loss. Exact: both are whole micros."""
        return self.usd_micros - self.quote.usd_micros

    @property
    def margin(self) -> Fraction | None:
        """The margin as an exact share of the sale price; None where the sale price is 0."""
        return Fraction(self.margin_micros, self.usd_micros) if self.usd_micros else None

    def explain(self) -> str:
        """Return the cost and how it comes about, then every adjustment, the sale price and the margin."""
        return "\n".join([self.quote.explain(), *_explained(self)])

    def to_dict(self) -> dict[str, Any]:
        """Return the sale as plain JSON data, with its quote and a digest; money is whole micros and text."""
        from ratecard_rules import digest_of  # noqa: PLC0415  it needs json, which `import ratecard` does without

        data = _data(self)
        return {**data, "digest": digest_of(data)}

    @staticmethod
    def from_dict(stored: dict[str, Any]) -> Sale:
        """Return the sale that `to_dict` wrote.

        Everything is worked out again from the stored quote and adjustments. Raises ValueError where one part of
        `stored` is not what comes out, and where it is no sale at all.
        """
        try:
            sale = _read(stored)
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise ValueError(f"not a stored sale: {error}") from error
        if not _same(sale.to_dict(), stored):
            raise ValueError("not a stored sale: its quote and adjustments do not come to what it says")
        return sale


def adjust(quote: Quote, adjustments: Iterable[Adjustment]) -> Sale:
    """Return the price at which the cost of a quote is sold.

    `quote` the cost: its whole `usd_micros`, what is charged, is where the first adjustment starts · `adjustments` are
    applied in this order, each to the exact amount that the one before it left; each name stands once.
    Raises TypeError where `quote` is a sale already or no quote at all, and ValueError where a name stands twice or
    an adjustment takes off more than there is.

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


def load_adjustments(path: str | PathLike[str]) -> tuple[Adjustment, ...]:
    """Read adjustments from a TOML file; `parse_adjustments` says what stands in it.

    Raises TableError (a ValueError) with every fault, and OSError where `path` cannot be read.
    """
    from pathlib import Path  # noqa: PLC0415  quotes never need a file

    return parse_adjustments(Path(path).read_bytes(), file=str(path))


def parse_adjustments(text: str | bytes, *, file: str = "<text>") -> tuple[Adjustment, ...]:
    """Read adjustments from the text of a TOML file, in the order in which they apply.

    Each has a `name` and one of: `multiply`, a plain decimal or a ratio in quotes such as "13/10"; `add_usd_micros`,
    `minimum_usd_micros`, `maximum_usd_micros` or `round_up_to_usd_micros`, whole millionths of a US dollar; or one of
    these four without `_micros`, dollars in quotes such as "0.05". `file` is named in faults. Raises TableError (a
    ValueError) with every fault.

    >>> parse_adjustments('''
    ... [[adjustment]]
    ... name = "margin"
    ... multiply = 1.3
    ...
    ... [[adjustment]]
    ... name = "handling"
    ... add_usd = "0.05"
    ... ''')
    (Multiply(name='margin', by=Fraction(13, 10)), Add(name='handling', usd_micros=50000))
    """
    from ratecard._adjustments_file import parse  # noqa: PLC0415  `import ratecard` loads no reader of TOML

    return parse(text, file)


def _no_cost(value: object) -> str:
    match value:
        case Sale():
            return "this sale is already adjusted, and nothing is adjusted twice; adjust its `quote` anew"
        case Declined():
            return f"this request was declined ({value.code}), so there is no cost to adjust"
    return f"quote must be a Quote, got {_shown(value)}"


def _listed(adjustments: Iterable[Adjustment]) -> Iterator[Adjustment]:
    """Yield adjustments. Raises TypeError for anything else, and ValueError for a name that stands twice."""
    if isinstance(adjustments, Adjustment):
        raise TypeError("adjustments must be a list of adjustments, got a single one")
    names: set[str] = set()
    for one in adjustments:
        if type(one) not in _KINDS:
            raise TypeError(f"adjustments must be Multiply, Add, Minimum, Maximum or RoundUp, got {_shown(one)}")
        if one.name in names:
            raise ValueError(
                f"two adjustments are named {one.name!r}: one would be applied twice, or needs its own name"
            )
        names.add(one.name)
        yield one


def _line(adjustment: Adjustment, before: Fraction) -> SaleLine:
    after = adjustment.applied_to(before)
    if after < 0:
        raise ValueError(
            f"{adjustment.name!r} takes {_micros_text(before - after)} off {_micros_text(before)}:"
            " a price is never negative, so multiply instead, or take less off"
        )
    return SaleLine(adjustment=adjustment, exact=after, difference_micros=after - before)


def _micros_text(amount: Fraction) -> str:
    return f"{amount.numerator:,} micros" if amount.denominator == 1 else f"{fraction_text(amount)} micros"


def _explained(sale: Sale) -> Iterator[str]:
    yield f"sold for {usd_shown(sale.usd_micros)}"
    lines = [("cost", Fraction(sale.quote.usd_micros), "")]
    lines += [(line.name, line.exact, line.adjustment.in_words()) for line in sale.lines]
    price = usd_shown(sale.usd_micros)
    if sale.rounding is not None:
        price += f" (rounded {sale.rounding.replace('_', ' ')})"
    margin = usd_shown(sale.margin_micros)
    if sale.margin is not None:
        margin += f", {fraction_text(sale.margin)} of the sale price"
    lines += [("sale price", Fraction(sale.usd_micros), price), ("margin", Fraction(sale.margin_micros), margin)]
    amounts = [_micros_text(amount) for _, amount, _ in lines]
    widths = max(len(what) for what, _, _ in lines), max(map(len, amounts))
    for (what, _, remark), amount in zip(lines, amounts, strict=True):
        yield f"  {what:<{widths[0]}}  {amount:>{widths[1]}}  {remark}".rstrip()


def _data(sale: Sale) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "usd_micros": sale.usd_micros,
        "usd": usd_text(sale.usd_micros),
        "exact_micros": fraction_text(sale.exact),
        "rounding": sale.rounding,
        "margin_micros": sale.margin_micros,
        "margin": None if sale.margin is None else fraction_text(sale.margin),
        "lines": [_line_data(line) for line in sale.lines],
        "quote": sale.quote.to_dict(),
    }


def _line_data(line: SaleLine) -> dict[str, Any]:
    step = line.adjustment
    arguments = {part.name: getattr(step, part.name) for part in fields(type(step))}
    if isinstance(step, Multiply):
        arguments["by"] = fraction_text(step.by)
    amounts = {"exact_micros": line.exact, "difference_micros": line.difference_micros}
    return {"kind": step.kind, **arguments, **{name: fraction_text(amount) for name, amount in amounts.items()}}


def _read(stored: object) -> Sale:
    match stored:
        case {"quote": quote, "lines": [*lines]}:
            return adjust(Quote.from_dict(quote), [_adjustment(line) for line in lines])
    raise ValueError("it has no quote or no lines")


def _adjustment(line: object) -> Adjustment:
    match line:
        case {"kind": "multiply", "name": name, "by": str(by)}:
            return Multiply(name=name, by=fraction_of(by))
        case {"kind": "add", "name": name, "usd_micros": micros}:
            return Add(name=name, usd_micros=micros)
        case {"kind": "minimum", "name": name, "usd_micros": micros}:
            return Minimum(name=name, usd_micros=micros)
        case {"kind": "maximum", "name": name, "usd_micros": micros}:
            return Maximum(name=name, usd_micros=micros)
        case {"kind": "round_up", "name": name, "to_usd_micros": micros}:
            return RoundUp(name=name, to_usd_micros=micros)
    raise ValueError("a line is no adjustment")


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401  any JSON value
    """Return whether two pieces of plain data are equal in type as well: true is not 1, 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    match one:
        case dict():
            return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
        case list():
            return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
