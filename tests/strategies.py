"""Requests for tests: the strategies that ratecard ships, and the same without chance.

`smallest`, `largest` and `every_break` are for sweeps over every model.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st

from ratecard.testing.strategies import (
    NO_URLS,
    Broken,
    break_rule,
    json_scalars,
    needed_fields,
    requests,
    requests_for,
    values_for,
    wrong_values,
)
from ratecard.testing.strategies import broken_requests as broken
from ratecard_rules import Catalog, Field, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NO_URLS", "Broken", "broken", "requests", "requests_for", "values_for"]

CATALOG = Catalog.bundled()
AVAILABLE = tuple(model for model in CATALOG if CATALOG.unavailable(model) is None)
PRICED = tuple(model for model in AVAILABLE if model.latest.price.unknown is None)

more_examples = settings(max_examples=3 * settings().max_examples)
"""For the properties that matter most: each example is about one of many models."""

json_values = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@cache
def priced_for(model: Model) -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """Draw a valid request for a model with a price, and options of what is measured."""
    measured = {field.name: values_for(field) for field in model.latest.measured}
    return st.tuples(requests_for(model), st.fixed_dictionaries(measured))


@cache
def priced() -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """Draw a valid request for any model with a price, and options of what is measured."""
    return st.sampled_from(PRICED).flatmap(priced_for)


def a_value(field: Field) -> Any:
    """Return a value that `field` allows, the same every time."""
    if field.allowed is not None:
        return field.allowed[-1]
    if field.format is not None:
        return "https://example.com/cat.jpg"
    item: Any = {} if field.items == "object" else "https://example.com/cat.jpg"
    return {
        "number": field.max or field.min or 7,
        "boolean": True,
        "array": [item] * (field.max_items or field.min_items or 1),
    }.get(field.type, "a cat")


def largest(model: Model) -> dict[str, Any]:
    """Return a request that fills every field of a model."""
    return {"model": model.model, "input": {field.name: a_value(field) for field in model.latest.input}}


def smallest(model: Model) -> dict[str, Any]:
    """Return a request with nothing but what a model needs for a price."""
    needed = needed_fields(model) | {rule.of[0] for rule in model.latest.at_least_one}
    fields = [field for field in model.latest.input if field.required or field.name in needed]
    return {"model": model.model, "input": {field.name: a_value(field) for field in fields}}


def every_break(model: Model) -> Iterator[Broken]:
    """Yield requests that break each rule of each field of a model, alone and in every listed way."""
    valid = largest(model)
    for field in model.latest.input:
        for rule, values in wrong_values(field).items():
            for value in values:
                yield break_rule(valid, field, rule, value, a_value(field))
