"""Those who price: look-ups of our five models, and two libraries that price calls of language and video models."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from operator import attrgetter
from typing import Any

from attrs import frozen

from benchmarks.five import MODELS, Rule, priced_fields, prices
from benchmarks.peers._base import missing


@frozen(kw_only=True)
class Pricer:
    """A library that prices something else than requests: its own calls, ready made.

    `calls` are arguments, to be taken in turn · `price` takes one of them · `says` what it does.
    """

    name: str
    calls: Sequence[Any]
    price: Callable[[Any], object]
    says: str


def lookup_of(classes: dict[type, str]) -> Callable[[Any], int | None]:
    """Return the look-up of the price of a checked body, by its class and its priced fields; None for anything else."""
    sheets = {kind: _lookup(slug) for kind, slug in classes.items()}

    def price(body: Any) -> int | None:  # noqa: ANN401  an object of one of the classes, or an error
        found = sheets.get(type(body))
        if found is None:
            return None
        key_of, sheet = found
        return sheet[key_of(body.input)]

    return price


def _lookup(slug: str) -> tuple[Callable[[Any], Any], dict[Any, int]]:
    names, sheet = priced_fields(slug), prices(slug)
    if not names:
        return lambda _: None, {None: sheet[()]}
    if len(names) == 1:
        return attrgetter(*names), {options[0]: price for options, price in sheet.items()}
    return attrgetter(*names), dict(sheet)


def dict_lookup() -> Callable[[Any], int]:
    """Return the look-up of the price of a request that is known to be valid, and nothing else."""
    sheets = {slug: (tuple(_key(MODELS[slug][n], n) for n in priced_fields(slug)), prices(slug)) for slug in MODELS}

    def price(request: Any) -> int:  # noqa: ANN401  a valid request
        keys, sheet = sheets[request["model"]]
        given = request["input"]
        return sheet[tuple([given.get(name, default) for name, default in keys])]

    return price


def _key(rule: Rule, name: str) -> tuple[str, str]:
    return name, str(rule.default)


def genai_prices() -> Pricer:
    """Return genai-prices, with usages of one of the models that it knows best."""
    library = import_module("genai_prices")
    calls = [library.Usage(input_tokens=1_000 + n, output_tokens=100 + n) for n in range(100)]

    def price(usage: object) -> object:
        return library.calc_price(usage, model_ref="gpt-4o", provider_id="openai").total_price

    says = "`calc_price` of a ready `Usage` of gpt-4o: finds provider and model, and prices tokens"
    return Pricer(name="genai-prices", calls=calls, price=price, says=says)


def litellm() -> Pricer:
    """Return litellm's calculator of the price of a video, which takes a model and seconds, and checks nothing."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or importing it asks the network for newer prices
    calculate = import_module("litellm.cost_calculator").default_video_cost_calculator

    def price(seconds: float) -> object:
        return calculate("sora-2", seconds, "openai")

    says = "`default_video_cost_calculator` of sora-2 on openai: a float from a table; validates nothing"
    return Pricer(name="litellm", calls=[float(n) for n in range(1, 101)], price=price, says=says)


PRICERS: dict[str, Callable[[], Pricer]] = {"genai_prices": genai_prices, "litellm": litellm}
"""How to make each, by the module that it needs."""


def installed_pricers() -> list[Pricer]:
    """Return the pricers whose libraries are installed."""
    return [make() for module, make in PRICERS.items() if missing(module) is None]
