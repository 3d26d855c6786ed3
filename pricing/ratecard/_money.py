"""US dollars as whole millionths, their rounding, and their exact decimal text.

The API calls a millionth of a dollar a "micro-cent"; 1,000,000 of them are $1.00. Here every name states the unit. No
floats are used, and the caller's decimal context has no influence.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import ratecard_rules
from ratecard_rules import MICROS_PER_USD, Price, rounded_usd_micros

_LONGEST_DECIMAL = 12
_LONGEST_TEXT = 200

_DECIMAL = r"[0-9]+(\.[0-9]+)?"
_NUMBER = r"-?[0-9]+(\.[0-9]+|/[0-9]+)?"

WIDEST_BITS = 664
"""The width of the largest amount that is read back or computed from stored data: 199 digits fit."""

usd_text, usd_shown = ratecard_rules.usd_text, ratecard_rules.usd_shown

_HALF_UP = Price(rounding="half_up")


def half_up(usd_micros: Fraction) -> int:
    """Return an amount in whole micros; half a micro is rounded up.

    >>> half_up(Fraction(5, 2)), half_up(Fraction(7, 3))
    (3, 2)
    """
    return rounded_usd_micros(_HALF_UP, usd_micros)


def usd_decimal(usd_micros: int) -> Decimal:
    """Return dollars as an exact Decimal, whatever the caller's decimal context is.

    >>> usd_decimal(630_000)
    Decimal('0.63')
    """
    return Decimal(usd_text(usd_micros))


def usd_micros_of(usd: str | int | Decimal) -> Fraction:
    """Return dollars in millionths, exactly: plain decimal text, an int or a Decimal.

    Raises ValueError for negative amounts, NaN, infinity and any other text, and TypeError for floats and other types.

    >>> usd_micros_of("1.26")
    Fraction(1260000, 1)
    """
    text = _amount_text(usd)
    if len(text) > _LONGEST_TEXT or not re.fullmatch(_DECIMAL, text):
        raise ValueError(f"expected dollars as a plain decimal such as 1.26, got {text[:40]!r}")
    return Fraction(text) * MICROS_PER_USD


def whole_usd_micros(usd: str | int | Decimal) -> int:
    """Return dollars in whole millionths: as `usd_micros_of`, but negative amounts are read, too.

    Also raises ValueError for more than six decimal places.

    >>> whole_usd_micros("-0.05")
    -50000
    """
    text = _amount_text(usd)
    exact = usd_micros_of(text.removeprefix("-"))
    if exact.denominator != 1:
        raise ValueError(f"expected at most six decimal places, got {text!r:.80}")
    return -exact.numerator if text.startswith("-") else exact.numerator


def _amount_text(usd: object) -> str:
    if isinstance(usd, bool) or not isinstance(usd, str | int | Decimal):
        raise TypeError(f"expected dollars as text, an int or a Decimal, got a {type(usd).__name__}")
    return decimal_text(usd) if isinstance(usd, Decimal) else str(usd)


def decimal_text(number: Decimal) -> str:
    """Return a Decimal as plain decimal text, or with an exponent if that would be very long.

    >>> decimal_text(Decimal("1E+2")), decimal_text(Decimal("1E+999999"))
    ('100', '1E+999999')
    """
    return f"{number:f}" if abs(number.adjusted()) <= _LONGEST_TEXT else str(number)


def fraction_of(text: str) -> Fraction:
    """Return the fraction that `fraction_text` wrote. Raises ValueError for any other text.

    Exponents are refused: a few characters could mean a number that fills the memory.

    >>> fraction_of("1.5"), fraction_of("1/3")
    (Fraction(3, 2), Fraction(1, 3))
    """
    if len(text) > _LONGEST_TEXT or not re.fullmatch(_NUMBER, text):
        raise ValueError(f"expected a plain decimal or a ratio, such as 1.3 or 4/3, got {text[:40]!r}")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise ValueError(f"a ratio cannot have the divisor zero: {text[:40]!r}") from None


def fraction_text(number: Fraction) -> str:
    """Return a fraction as a plain decimal if that is short, or else as a ratio.

    >>> fraction_text(Fraction(3, 2)), fraction_text(Fraction(5)), fraction_text(Fraction(1, 3))
    ('1.5', '5', '1/3')
    """
    for places in range(_LONGEST_DECIMAL + 1):
        scaled = number * 10**places
        if scaled.denominator == 1:
            digits = f"{abs(scaled.numerator):0{places + 1}d}"
            text = f"{digits[: len(digits) - places]}.{digits[len(digits) - places :]}".rstrip(".")
            return f"-{text}" if number < 0 else text
    return f"{number.numerator}/{number.denominator}"
