"""Price look-ups for the five models, and two libraries that price calls of language and video models."""

from __future__ import annotations

import os
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ratecard import price_sheet

if TYPE_CHECKING:
    from collections.abc import Callable


def look_up(
    read: Callable[[bytes], Any],
    classes: dict[type, str],
    invalid: type[Exception],
    read_error: Callable[[Any], object] = id,
) -> Callable[[bytes], int | None]:
    """Return the way from JSON bytes to a checked request and its price, by its class; None if it is invalid."""
    tables = {kind: _table(slug) for kind, slug in classes.items()}

    def price_of(body: bytes) -> int | None:
        try:
            request = read(body)
        except invalid as error:
            read_error(error)
            return None
        key_of, prices = tables[type(request)]
        return prices[key_of(request.input)]

    return price_of


def _table(slug: str) -> tuple[Callable[[Any], Any], dict[Any, int]]:
    """Return what reads the priced fields of an input, and the price in micros of each combination of their options."""
    quotes = list(price_sheet(slug))
    names = [factor.field for factor in quotes[0].factors]
    keys: list[Any] = [tuple(str(factor.value) for factor in quote.factors) for quote in quotes]
    if len(names) == 1:  # attrgetter gives a tuple only for several names
        keys = [key for (key,) in keys]
    prices = dict(zip(keys, (quote.usd_micros for quote in quotes), strict=True))
    return attrgetter(*names) if names else lambda _: (), prices


def genai_prices() -> tuple[Callable[[Any], object], list[Any]]:
    """Return genai-prices, with usages of one of the models that it knows best."""
    from genai_prices import Usage, calc_price

    calls = [Usage(input_tokens=1_000 + n, output_tokens=100 + n) for n in range(100)]
    return lambda usage: calc_price(usage, model_ref="gpt-4o", provider_id="openai").total_price, calls


def litellm() -> tuple[Callable[[Any], object], list[Any]]:
    """Return litellm's calculator for the price of a video, which takes a model and seconds, and checks nothing."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or importing it asks the network for newer prices
    from litellm.cost_calculator import default_video_cost_calculator as calculate

    return lambda seconds: calculate("sora-2", seconds, "openai"), [float(n) for n in range(1, 101)]
