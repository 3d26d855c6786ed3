"""A quote in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratecard._money import fraction_text, usd_shown
from ratecard_rules import literal, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard._quote import Assumption, Quote, QuotedFactor
    from ratecard._range import QuoteRange

_SECONDS_PER_MINUTE = 60

LIMITS = {
    "max_length": "at most {:,} characters",
    "min": "at least {:,}",
    "max": "at most {:,}",
    "min_items": "at least {:,} in the list",
    "max_items": "at most {:,} in the list",
}
"""The limits of a field in words, in the order in which they are told."""


def explain(quote: Quote) -> str:
    """Return the price of a quote and how it comes about, in plain lines."""
    return "\n".join(_lines(quote))


def lines_of_price(quote: Quote) -> list[tuple[str, str, str]]:
    """Return the price as lines of (what, amount, remark): base, each factor in order, total."""
    lines = [("base", f"{quote.base_micros:,} micros", "")]
    lines += [_factor_line(factor) for factor in quote.factors]
    total = f"{quote.usd_micros:,} micros"
    remark = usd_shown(quote.usd_micros)
    if quote.rounding is not None:
        remark += f" ({fraction_text(quote.exact)} micros before rounding, {quote.rounding.replace('_', ' ')})"
    return [*lines, ("total", total, remark)]


def range_text(both: QuoteRange) -> str:
    """Return a range and what it depends on, in plain lines."""
    ends = [usd_shown(end.usd_micros) for end in (both.low, both.high)]
    lines = [f"{' to '.join(dict.fromkeys(ends))}  {both.low.model}"]
    lines += [f"  {name} is open: up to x {fraction_text(ratio)}" for name, ratio in both.spread]
    for name, end in (("at least", both.low), ("at most", both.high)):
        lines += ["", f"{name}:", *_lines(end)]
    return "\n".join(lines)


def duration_text(seconds: int) -> str:
    """Return a processing time in words.

    >>> duration_text(240), duration_text(85)
    ('4 min', '85 s')
    """
    minutes, rest = divmod(seconds, _SECONDS_PER_MINUTE)
    return f"{minutes} min" if not rest else f"{seconds} s"


def assumption_text(assumption: Assumption) -> str:
    """Return an assumption in one line, with how sure it is."""
    certainty = f" ({assumption.evidence})" if assumption.evidence else ""
    return f"{one_line(assumption.about)}: {assumption.says}{certainty}"


def _factor_line(factor: QuotedFactor) -> tuple[str, str, str]:
    remark = "" if factor.origin == "given" else factor.origin
    return f"{factor.field} {literal(factor.value)}", f"x {fraction_text(factor.multiplier)}", remark


def _lines(quote: Quote) -> Iterator[str]:
    yield f"{usd_shown(quote.usd_micros)}  {quote.model}"
    lines = lines_of_price(quote)
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    for what, amount, remark in lines:
        yield f"  {what:<{widths[0]}}  {amount:>{widths[1]}}  {remark}".rstrip()
    for assumption in quote.assumptions:
        yield f"assumes: {assumption_text(assumption)}"
    for conflict in quote.conflicts:
        yield f"conflict: {conflict}"
    if quote.typical_seconds is not None:
        yield f"takes: typically {duration_text(quote.typical_seconds)}"
    yield f"source: {', '.join(quote.revision.source)} (checked {quote.revision.checked})"
