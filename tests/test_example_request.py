"""`example_request` makes a request for any model from its table."""

from __future__ import annotations

import pytest

import invented
from ratecard import Quote, UnknownModel, example_request, try_quote, validate
from strategies import CATALOG


def test_every_model() -> None:
    """The request has no errors, and has a price wherever its model has one."""
    for model in CATALOG:
        request = example_request(model.model)
        assert validate(request).ok, model.model
        measured = {field.name: (field.allowed or ("",))[0] for field in model.latest.measured}
        is_priced = isinstance(try_quote(request, measured=measured), Quote)
        assert is_priced == (model.latest.price.unknown is None), model.model


def test_of_other_tables() -> None:
    """Fields of every type are filled, within their limits."""
    fields = """
[revision.input.prompt]
type = "string"
required = true
max_length = 3
[revision.input.seed]
type = "number"
required = true
min = 7
[revision.input.strength]
type = "number"
required = true
min = 0.5
max = 0.7
[revision.input.offset]
type = "number"
required = true
max = -0.5
[revision.input.steps]
type = "number"
required = true
[revision.input.loop]
type = "boolean"
required = true
[revision.input.shots]
type = "array"
items = "object"
required = true
min_items = 2
[revision.input.style]
type = "string"
required = true
allowed = ["a", "b"]
[revision.input.scale]
type = "number"
required = true
allowed = [0.5, 1]
"""
    tables = invented.catalog("[revision.price]\nbase_usd_micros = 10", fields)
    request = example_request("acme/loop-1/text-to-video", catalog=tables)
    assert validate(request, catalog=tables).ok
    assert request["input"] == {
        "prompt": "a c",
        "seed": 7,
        "strength": 0.5,
        "offset": -0.5,
        "steps": 0,
        "loop": False,
        "shots": [{}, {}],
        "style": "a",
        "scale": 0.5,
    }
    assert type(request["input"]["scale"]) is float  # a Decimal would not be JSON


def test_unknown() -> None:
    """An unknown model raises."""
    with pytest.raises(UnknownModel):
        example_request("nobody/nothing")
