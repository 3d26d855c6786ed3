"""Price sheets: every price of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard._errors import NotPriced
from ratecard._money import usd_shown, usd_text
from ratecard._quote.price import origin_of, quote_selection
from ratecard._quote.quote import Quote
from ratecard_rules import Choice, Displayed, catalog_at, combinations, counted, option_text

if TYPE_CHECKING:
    from datetime import date

    from ratecard_rules import Catalog, Display


class PriceSheet(Displayed, tuple[Quote, ...]):
    """The quotes of every combination of priced options of a model: a tuple that notebooks show as a table.

    >>> sheet = price_sheet("kling-plus/kling-o1-standard/text-to-video")
    >>> sheet
    <PriceSheet kling-plus/kling-o1-standard/text-to-video, 2 prices>
    >>> sheet.rows()[0]
    {'model': 'kling-plus/kling-o1-standard/text-to-video', 'duration': '5', 'usd_micros': 250000, 'usd': '0.25'}
    """

    __slots__ = ()

    def rows(self) -> list[dict[str, Any]]:
        """Return a plain dict for each quote: the model, the options, and the price, as a data frame takes them."""
        return [
            {
                "model": quote.model,
                **{factor.field: factor.value for factor in quote.factors},
                "usd_micros": quote.usd_micros,
                "usd": usd_text(quote.usd_micros),
            }
            for quote in self
        ]

    def display(self) -> Display:
        """Return what a notebook shows: the options and the price of each quote."""
        from ratecard_rules import Display  # only notebooks need it

        header = (*(factor.field for factor in self[0].factors), "price")
        rows = (
            (*(option_text(factor.value) for factor in quote.factors), usd_shown(quote.usd_micros)) for quote in self
        )
        return Display(self._title(), header, tuple(rows))

    def __repr__(self) -> str:
        return f"<PriceSheet {self._title()}>"

    def _title(self) -> str:
        return f"{self[0].model}, {counted(len(self), 'price')}"


def price_sheet(model: str, *, catalog: Catalog | None = None, at: date | None = None) -> PriceSheet:
    """Return the quote of every combination of priced options, in the order of the formula and of the table.

    A model with a flat price has one quote. `at` is as in `quote`. Raises UnknownModel or NotPriced (both are
    LookupErrors).

    >>> [(q.factors[0].value, str(q.usd)) for q in price_sheet("kling-plus/kling-o1-standard/text-to-video")]
    [('5', '0.25'), ('10', '0.50')]
    """
    tables = catalog_at(catalog, at)
    table = tables[model]
    if (code := tables.unavailable(table)) is not None:
        raise NotPriced(code, f"{model} has no price at this instant")
    names = [(name, origin_of(table, name)) for name in table.latest.priced]
    selections = (
        tuple(Choice(name, value, origin) for (name, origin), value in zip(names, options, strict=True))
        for options in combinations(table.latest)
    )
    return PriceSheet(quote_selection(table, selection, tables) for selection in selections)
