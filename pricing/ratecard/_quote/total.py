"""Exact sums of quotes: `quote * 300`, `quote + quote`, `sum(quotes)`.

Rule 1  Only quotes and totals are added. Whatever has no price, or another one, is refused.
Rule 2  Totals are sums of whole micros, so their order and grouping do not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ratecard._money import usd_decimal, usd_shown, usd_text
from ratecard._quote.addable import Addable
from ratecard_rules import Displayed, Value, counted

if TYPE_CHECKING:
    from decimal import Decimal

    from ratecard_rules import Display


@frozen(eq=False, repr=False)
class Total(Addable["Total"], Displayed, Value):
    """An exact sum of quotes. `Total()` is the sum of none: `sum(quotes, Total())` is a total even without quotes.

    >>> from ratecard import quote
    >>> short = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> total = short * 300 + short
    >>> total.requests, total.usd_micros, total.usd
    (301, 75250000, Decimal('75.25'))
    >>> print(sum([short, short]))
    $0.50 for 2 requests
    """

    _amounts: Mapping[str, tuple[int, int]] = field(factory=dict)

    def _total(self, amounts: Mapping[str, tuple[int, int]]) -> Total:
        return Total(amounts)

    @property
    def requests(self) -> int:
        """The number of requests."""
        return sum(requests for requests, _ in self._amounts.values())

    @property
    def usd_micros(self) -> int:
        """The sum of their prices, in millionths of a US dollar."""
        return sum(usd_micros for _, usd_micros in self._amounts.values())

    @property
    def usd(self) -> Decimal:
        """The sum in US dollars, exact in every decimal context."""
        return usd_decimal(self.usd_micros)

    @property
    def by_model(self) -> dict[str, Total]:
        """The total of each model, by slug and in the order of the slugs."""
        return {model: Total({model: amount}) for model, amount in sorted(self._amounts.items())}

    def to_dict(self) -> dict[str, Any]:
        """Return the total as plain JSON data. Money is whole micros and text, never a float."""
        return {**_data(self), "by_model": {model: _data(total) for model, total in self.by_model.items()}}

    def explain(self) -> str:
        """Return the total and that of each model as plain text."""
        return self.display().to_text()

    def display(self) -> Display:
        """Return what a notebook shows: the total and that of each model."""
        from ratecard_rules import Display  # only texts need it

        rows = ((model, f"{total.requests:,}", usd_shown(total.usd_micros)) for model, total in self.by_model.items())
        return Display(str(self), ("model", "requests", "price"), tuple(rows))

    def __str__(self) -> str:
        return f"{usd_shown(self.usd_micros)} for {counted(self.requests, 'request')}"

    def __repr__(self) -> str:
        return f"<Total {self}>"

    def _compared(self) -> tuple[object, ...]:
        return (frozenset(self._amounts.items()),)


def _data(total: Total) -> dict[str, Any]:
    return {"requests": total.requests, "usd_micros": total.usd_micros, "usd": usd_text(total.usd_micros)}
