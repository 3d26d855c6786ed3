"""Price look-ups for the five models, and two libraries that price calls of language and video models."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from attrs import frozen

from benchmarks.models import FIELDS, SLUGS, price_table
from benchmarks.peers import is_installed


@frozen
class Pricer:
    """A library that prices something else than our requests: `price` takes each of its own ready-made `calls`."""

    name: str
    calls: Sequence[Any]
    price: Callable[[Any], object]


def price_by_class(classes: dict[type, str]) -> Callable[[Any], int | None]:
    """Return the price look-up for a checked body, by its class and its priced fields; None for anything else."""
    tables = {kind: _attribute_table(slug) for kind, slug in classes.items()}

    def price(body: Any) -> int | None:
        table = tables.get(type(body))
        if table is None:
            return None
        key_of, prices = table
        return prices[key_of(body.input)]

    return price


def _attribute_table(slug: str) -> tuple[Callable[[Any], Any], dict[Any, int]]:
    names, prices = price_table(slug)
    if not names:
        return lambda _: (), dict(prices)
    single = len(names) == 1  # attrgetter gives a tuple only for several names
    return attrgetter(*names), {(options[0] if single else options): price for options, price in prices.items()}


def price_by_dictionary() -> Callable[[Any], int]:
    """Return the price look-up for a request that is known to be valid; it does nothing else."""
    tables = {}
    for slug in SLUGS:
        names, prices = price_table(slug)
        defaults = {field.name: field.default for field in FIELDS[slug]}
        tables[slug] = [(name, defaults[name]) for name in names], prices

    def price(request: Any) -> int:
        keys, prices = tables[request["model"]]
        given = request["input"]
        return prices[tuple([given.get(name, default) for name, default in keys])]

    return price


def typed_readers() -> dict[str, tuple[Callable[[bytes], Any], Callable[[Any], int | None]]]:
    """Return the installed readers from bytes to typed objects, each with the price look-up for its objects."""
    readers = {}
    if is_installed("pydantic"):
        from benchmarks.peers.pydantic_models import reader

        readers["pydantic validate_json"] = reader()
    if is_installed("msgspec"):
        from benchmarks.peers.msgspec_structs import decoder

        readers |= {"msgspec typed": decoder(), "msgspec typed, tuned": decoder(tuned=True)}
    return {name: (read, price_by_class(classes)) for name, (read, classes) in readers.items()}


def genai_prices() -> Pricer:
    """Return genai-prices, with usages of one of the models that it knows best."""
    from genai_prices import Usage, calc_price

    calls = [Usage(input_tokens=1_000 + n, output_tokens=100 + n) for n in range(100)]
    return Pricer(
        "genai-prices", calls, lambda usage: calc_price(usage, model_ref="gpt-4o", provider_id="openai").total_price
    )


def litellm() -> Pricer:
    """Return litellm's calculator for the price of a video, which takes a model and seconds, and checks nothing."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or importing it asks the network for newer prices
    from litellm.cost_calculator import default_video_cost_calculator as calculate

    return Pricer("litellm", [float(n) for n in range(1, 101)], lambda seconds: calculate("sora-2", seconds, "openai"))


PRICERS: dict[str, Callable[[], Pricer]] = {"genai_prices": genai_prices, "litellm": litellm}
"""How to make each, by the library that it needs."""


def pricers() -> list[Pricer]:
    """Return the pricers whose libraries are installed."""
    return [make() for library, make in PRICERS.items() if is_installed(library)]
