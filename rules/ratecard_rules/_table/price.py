"""The price formula: the base price times the multipliers, exact and rounded once.

It is not in `ratecard` because the self-check of tables needs the same formula as a quote.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from ratecard_rules._table.model import MICROS_PER_USD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ratecard_rules._table.model import Factor, Price, Revision, Scalar


def option_text(value: Scalar) -> str:
    """Return an option as text: true is "true", and 5 and "5" are "5".

    >>> option_text(True), option_text("5")
    ('true', '5')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def number_text(text: str) -> Fraction | None:
    """Return the exact value of plain decimal text such as "5" or "2.5", or None for any other text.

    Signs, spaces, exponents and non-ASCII digits are refused, which `Fraction` and `int` would accept.

    >>> number_text("2.5"), number_text("1e3"), number_text("+5")
    (Fraction(5, 2), None, None)
    """
    whole, dot, part = text.partition(".")
    plain = text.isascii() and whole.isdigit() and (part.isdigit() if dot else True)
    return Fraction(text) if plain else None


def multiplier_of(factor: Factor, value: Scalar) -> Fraction:
    """Return the multiplier of an option. Raises KeyError if the table has none for it."""
    text = option_text(value)
    by_option = number_text(text) if factor.multipliers is None else factor.by_option.get(text)
    if by_option is None:
        raise KeyError(text)
    return by_option


def exact_usd_micros(price: Price, multipliers: Iterable[Fraction]) -> Fraction:
    """Return the base price times the multipliers in millionths of a US dollar, before rounding.

    Raises ValueError if the price is not known.
    """
    if price.base_usd_micros is None:
        raise ValueError(f"the price is not known: {price.unknown}")
    exact = Fraction(price.base_usd_micros)
    for multiplier in multipliers:
        exact *= multiplier
    return exact


def option_usd_micros(price: Price, options: Iterable[Scalar]) -> Fraction:
    """Return the exact price of these options, one for each factor. Raises KeyError if one has no multiplier."""
    return exact_usd_micros(price, map(multiplier_of, price.factors, options))


def rounded_usd_micros(price: Price, exact: Fraction) -> int:
    """Return `exact` as a whole number of millionths of a US dollar, rounded as the table says.

    Raises ValueError if it is not whole and the table states no rounding.
    """
    if exact.denominator == 1:
        return exact.numerator
    if price.rounding is None:
        raise ValueError(f"{exact} is not a whole number of micros and the table states no rounding")
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)  # half up, in integers


def price_range(revision: Revision) -> tuple[int, int] | None:
    """Return the lowest and the highest price in millionths of a US dollar; None if the price is not known.

    Multipliers are never negative, so these are the products of the lowest and of the highest ones.
    """
    price = revision.price
    if price.base_usd_micros is None:
        return None
    fields = zip(price.factors, revision.priced.values(), strict=True)
    multipliers = [[multiplier_of(factor, option) for option in field.allowed or ()] for factor, field in fields]
    lowest, highest = (exact_usd_micros(price, map(end, multipliers)) for end in (min, max))
    return rounded_usd_micros(price, lowest), rounded_usd_micros(price, highest)


def usd_text(usd_micros: int) -> str:
    """Return dollars as the shortest exact decimal with at least two places.

    >>> usd_text(420_000), usd_text(225_000), usd_text(1_000_000), usd_text(280_005), usd_text(-1)
    ('0.42', '0.225', '1.00', '0.280005', '-0.000001')
    """
    dollars, rest = divmod(abs(usd_micros), MICROS_PER_USD)
    places = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if usd_micros < 0 else ''}{dollars}.{places}"


def usd_shown(usd_micros: int) -> str:
    """Return dollars for people, with sign and thousands separators.

    >>> usd_shown(1_260_000), usd_shown(12_345_670_000)
    ('$1.26', '$12,345.67')
    """
    whole, _, places = usd_text(abs(usd_micros)).partition(".")
    return f"{'-' if usd_micros < 0 else ''}${int(whole):,}.{places}"


def combinations(revision: Revision) -> Iterator[tuple[Scalar, ...]]:
    """Yield every combination of the options of the priced fields, in the order of the formula and of the table."""
    return product(*(field.allowed or () for field in revision.priced.values()))
