"""The price sheets of a catalogue as one JSON document, for programs that look prices up and never compute them.

    {"format": "ratecard-sheets", "version": 1, "catalog": {"version": …, "digest": …},
     "models": {SLUG: {"name": …, "provider": …, "capability": …, "periods": [PERIOD, …]}}}

A PERIOD is a time in which the price sheet of a model does not change, oldest first:

    from, to        the first instant, and the first instant after it (ISO 8601); null if unlimited
    fields          the fields that the price depends on: name, options, default (absent if there is none or it is not
                    known), and measured (true for a quantity that is not part of the request)
    usd_micros      the prices in whole millionths of a US dollar, one for each combination of options
    exact_micros    the same before rounding, as exact decimal text
    usd             `usd_micros` in dollars, as exact decimal text
    unpriced        instead of the prices: why they are not known

The prices are in the order of the options, where the options of the last field vary fastest: with options `i` of `m`
and `j` of `n`, the price is at `i * n + j`. A model without priced fields has one price.

`lookup.mjs` reads this format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ratecard._errors import NotPriced
from ratecard._money import fraction_text, usd_text
from ratecard._quote.sheet import price_sheet
from ratecard._relation.options import histories, periods
from ratecard_rules import catalog_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from ratecard._relation.options import Period
    from ratecard_rules import Catalog, Model, Revision


def sheets_data(catalog: Catalog | None = None, *, at: date | None = None) -> dict[str, Any]:
    """Return all price sheets of a catalogue as plain JSON data.

    Args:
        catalog: The tables; the bundled ones by default.
        at: The instant whose prices apply, as in `quote`. By default past and announced prices are included.

    >>> models = sheets_data()["models"]
    >>> (period,) = models["kling-plus/kling-o1-standard/text-to-video"]["periods"]
    >>> period["fields"], period["usd_micros"], period["usd"]
    ([{'name': 'duration', 'options': ['5', '10'], 'default': '5'}], [250000, 500000], ['0.25', '0.50'])
    """
    tables = catalog_at(catalog, at)
    return {
        "format": "ratecard-sheets",
        "version": 1,
        "catalog": {"version": tables.version, "digest": tables.digest},
        "models": {model.slug: _model(model, tables) for model in histories(tables)},
    }


def _model(model: Model, tables: Catalog) -> dict[str, Any]:
    return {
        **{name: getattr(model, name) for name in ("name", "provider", "capability")},
        "periods": [
            {
                "from": _instant(period.start),
                "to": _instant(period.end),
                "fields": list(_fields(period.revision)),
                **_prices(model.slug, period, tables),
            }
            for period in periods(model)
            if tables.instant is None or period.contains(tables.instant)
        ],
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _fields(revision: Revision) -> Iterator[dict[str, Any]]:
    for name, field in revision.priced.items():
        default = {} if field.default is None else {"default": field.default}
        measured = {} if name in revision.fields else {"measured": True}
        yield {"name": name, "options": list(field.allowed or ()), **default, **measured}


def _prices(slug: str, period: Period, tables: Catalog) -> dict[str, Any]:
    try:
        sheet = price_sheet(slug, catalog=tables.whole.at(period.instant))
    except NotPriced as error:
        return {"unpriced": error.message}
    return {
        "usd_micros": [quote.usd_micros for quote in sheet],
        "exact_micros": [fraction_text(quote.exact) for quote in sheet],
        "usd": [usd_text(quote.usd_micros) for quote in sheet],
    }
