"""The sentences about prices, one class each, over every table of the catalogue."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ratecard_rules
from ratecard import Quote, price_sheet, quote
from strategies import CATALOG, requests, requests_for, values_for

MODELS = CATALOG.models
TABLES = Path(ratecard_rules.__file__).parent / "tables"


def latest_data(slug: str) -> dict[str, Any]:
    """Return the newest revision of a table as TOML has it, past the library's own reader."""
    text = (TABLES / f"{slug}.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)["revision"][-1]
    return data


def oracle(request: dict[str, Any]) -> Fraction:
    """Return base times multipliers straight from the TOML: written apart from the library, to check it."""
    data = latest_data(request["model"])
    total = Fraction(data["price"]["base_usd_micros"])
    for name, table in data["price"].get("factors", {}).items():
        value = request["input"].get(name, data["input"][name].get("default"))
        key = json.dumps(value) if isinstance(value, bool) else str(value)
        total *= Fraction(key) if table == "value" else Fraction(table[key])
    return total


class TestTotal:
    """The price is base times multipliers, rounded once."""

    @given(requests())
    def test_against_an_independent_oracle(self, request_: dict[str, Any]) -> None:
        """The exact price equals the oracle's, and the price in micros is within half a micro of it."""
        quoted = quote(request_)
        assert quoted.exact == oracle(request_)
        assert abs(quoted.usd_micros - quoted.exact) <= Fraction(1, 2)

    @given(requests())
    def test_the_lines_multiply_to_the_total(self, request_: dict[str, Any]) -> None:
        """Base and factors of the quote, multiplied by hand, give its exact price."""
        quoted = quote(request_)
        total = Fraction(quoted.base_micros)
        for factor in quoted.factors:
            total *= factor.multiplier
        assert total == quoted.exact

    @given(requests())
    def test_factors_stand_in_the_order_of_the_formula(self, request_: dict[str, Any]) -> None:
        """Each factor of the table has one line, in the table's order, with the value that is sent or its default."""
        factors = quote(request_).factors
        assert [one.field for one in factors] == list(latest_data(request_["model"])["price"].get("factors", {}))
        for one in factors:
            assert one.origin == ("given" if one.field in request_["input"] else "default")


class TestDefaults:
    """Leaving a field out equals giving its default."""

    @given(requests(), st.data())
    def test_for_every_field_with_a_default(self, request_: dict[str, Any], data: st.DataObject) -> None:
        """Both cost the same, and both quotes list the same value."""
        fields = [field for field in CATALOG[request_["model"]].latest.input if field.default is not None]
        field = data.draw(st.sampled_from(fields))
        given_ = quote({**request_, "input": {**request_["input"], field.name: field.default}})
        left_out = {key: value for key, value in request_["input"].items() if key != field.name}
        assumed = quote({**request_, "input": left_out})
        assert given_.usd_micros == assumed.usd_micros
        assert [(one.field, one.value) for one in given_.factors] == [(one.field, one.value) for one in assumed.factors]


class TestDuration:
    """The price of a model that is priced by the second is proportional to its duration."""

    @given(requests(), st.data())
    def test_proportional(self, request_: dict[str, Any], data: st.DataObject) -> None:
        """Two durations cost in the ratio of their seconds; a flat model has no duration to send."""
        revision = CATALOG[request_["model"]].latest
        if "duration" not in revision.priced:
            return
        one, other = (data.draw(values_for(revision.fields["duration"])) for _ in range(2))
        costs = [quote({**request_, "input": {**request_["input"], "duration": d}}).exact for d in (one, other)]
        assert costs[0] * int(other) == costs[1] * int(one)


class TestUnpriced:
    """The price does not depend on anything that is no factor."""

    @pytest.mark.parametrize("slug", MODELS)
    def test_other_fields_do_not_matter(self, slug: str) -> None:
        """Two requests that agree in their priced fields cost the same."""

        @given(requests_for(CATALOG[slug]), requests_for(CATALOG[slug]))
        def check(one: dict[str, Any], other: dict[str, Any]) -> None:
            priced = CATALOG[slug].latest.priced
            mixed = {key: value for key, value in other["input"].items() if key not in priced}
            mixed |= {key: value for key, value in one["input"].items() if key in priced}
            assert quote({**other, "input": mixed}).usd_micros == quote(one).usd_micros

        check()


class TestSheet:
    """The price sheet of a model is complete, without doubles, and agrees with `quote`."""

    @pytest.mark.parametrize("slug", MODELS)
    def test_complete_and_unique(self, slug: str) -> None:
        """It has every combination of the options that the TOML lists, once, in that order."""
        data = latest_data(slug)
        names = list(data["price"].get("factors", {}))
        expected = list(product(*(data["input"][name]["allowed"] for name in names)))
        assert [tuple(one.value for one in row.factors) for row in price_sheet(slug)] == expected
        assert len(set(expected)) == len(expected)

    @given(requests())
    def test_agrees_with_quote(self, request_: dict[str, Any]) -> None:
        """The price of any valid request stands in the sheet, in the row of its options."""
        quoted = quote(request_)
        rows = {tuple(one.value for one in row.factors): row for row in price_sheet(quoted.model)}
        row = rows[tuple(one.value for one in quoted.factors)]
        assert (row.usd_micros, row.exact, row.base_micros) == (quoted.usd_micros, quoted.exact, quoted.base_micros)
        assert row.assumptions == ()


class TestStored:
    """A quote that was stored as JSON text comes back equal."""

    @given(requests())
    def test_to_dict_and_back(self, request_: dict[str, Any]) -> None:
        """`from_dict` after `to_dict` is the identity, through JSON text too, and there is no float in it."""
        quoted = quote({**request_, "version": "1.0"})
        text = json.dumps(quoted.to_dict())
        assert Quote.from_dict(json.loads(text, parse_float=pytest.fail)) == quoted

    @given(requests(), st.data())
    def test_anything_else_is_refused(self, request_: dict[str, Any], data: st.DataObject) -> None:
        """A stored form that lacks a key, has one more or holds another type is a ValueError."""
        stored = quote(request_).to_dict()
        key = data.draw(st.sampled_from(sorted(stored)))
        wrong = data.draw(st.sampled_from(["drop", "add", "type"]))
        if wrong == "drop":
            del stored[key]
        elif wrong == "add":
            stored[key + "_"] = stored[key]
        else:
            stored[key] = 1.5
        with pytest.raises(ValueError, match="not a stored quote"):
            Quote.from_dict(stored)
