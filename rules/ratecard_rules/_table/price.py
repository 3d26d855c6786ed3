"""The price formula: the base price times the multipliers, exact and rounded once.

It is not in `ratecard` because the self-check of tables needs the same formula as a quote.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

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


def combinations(revision: Revision) -> Iterator[tuple[Scalar, ...]]:
    """Yield every combination of the options of the priced fields, in the order of the formula and of the table."""
    return product(*(field.allowed or () for field in revision.priced.values()))
