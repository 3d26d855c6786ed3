"""The sentences about prices, one class each, over every table of the catalogue."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import ratecard_rules
from ratecard import ANY, Quote, price_sheet, quote, quote_range
from strategies import CATALOG, PRICED, largest, more_examples, priced, priced_for, requests_for, smallest, values_for

Drawn: TypeAlias = tuple[dict[str, Any], dict[str, Any]]
"""A valid request, and the options of what is measured."""

TABLES = Path(ratecard_rules.__file__).parent / "tables"


def price(drawn: Drawn) -> Quote:
    """Return the quote of what was drawn."""
    request, measured = drawn
    return quote(request, measured=measured)


@cache
def latest_data(slug: str) -> dict[str, Any]:
    """Return the newest revision of a table as TOML has it, past the library's own reader."""
    text = (TABLES / f"{slug}.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)["revision"][-1]
    return data


def oracle(request: dict[str, Any], measured: dict[str, Any]) -> Fraction:
    """Return base times multipliers straight from the TOML: written apart from the library, to check it."""
    data = latest_data(request["model"])
    total = Fraction(data["price"]["base_usd_micros"])
    for name, table in data["price"].get("factors", {}).items():
        value = measured[name] if name in measured else request["input"].get(name, data["input"][name].get("default"))
        key = json.dumps(value) if isinstance(value, bool) else str(value)
        total *= Fraction(key) if table == "value" else Fraction(table[key])
    return total


class TestTotal:
    """The price is base times multipliers, rounded once."""

    @more_examples
    @given(priced())
    def test_against_an_independent_oracle(self, drawn: Drawn) -> None:
        """The exact price equals the oracle's, and the price in micros is within half a micro of it.

        Base and factors of the quote, multiplied by hand, give that price. Each factor of the table has one line, in
        the table's order, and says where its value comes from.
        """
        request, measured = drawn
        quoted = price(drawn)
        assert quoted.exact == oracle(*drawn)
        assert abs(quoted.usd_micros - quoted.exact) <= Fraction(1, 2)
        assert (
            prod((factor.multiplier for factor in quoted.factors), start=Fraction(quoted.base_micros)) == quoted.exact
        )
        names = list(latest_data(request["model"])["price"].get("factors", {}))
        assert [factor.field for factor in quoted.factors] == names
        for factor in quoted.factors:
            left_out = "measured" if factor.field in measured else "default"
            assert factor.origin == ("given" if factor.field in request["input"] else left_out)


class TestDefaults:
    """Leaving a field out equals giving its default."""

    @given(priced(), st.data())
    def test_for_every_field_with_a_default(self, drawn: Drawn, data: st.DataObject) -> None:
        """Both cost the same, and both quotes list the same value."""
        request, measured = drawn
        fields = [field for field in CATALOG[request["model"]].latest.input if field.default is not None]
        assume(fields)
        field = data.draw(st.sampled_from(fields))
        default = float(field.default) if isinstance(field.default, Decimal) else field.default
        given_ = price(({**request, "input": {**request["input"], field.name: default}}, measured))
        left_out = {key: value for key, value in request["input"].items() if key != field.name}
        assumed = price(({**request, "input": left_out}, measured))
        assert given_.usd_micros == assumed.usd_micros
        assert [(one.field, one.value) for one in given_.factors] == [(one.field, one.value) for one in assumed.factors]


class TestDuration:
    """The price of a model that is priced by the second is proportional to its duration."""

    @given(priced(), st.data())
    def test_proportional(self, drawn: Drawn, data: st.DataObject) -> None:
        """Two durations cost in the ratio of their seconds, whether they are sent or measured."""
        request, measured = drawn
        duration = CATALOG[request["model"]].latest.priced.get("duration")
        assume(duration)
        one, other = (data.draw(values_for(duration)) for _ in range(2))
        if measured:
            costs = [price((request, {"duration": seconds})).exact for seconds in (one, other)]
        else:
            inputs = [{**request["input"], "duration": seconds} for seconds in (one, other)]
            costs = [price(({**request, "input": fields}, {})).exact for fields in inputs]
        assert costs[0] * int(other) == costs[1] * int(one)


class TestUnpriced:
    """The price does not depend on anything that is no factor."""

    @given(st.sampled_from(PRICED).flatmap(lambda model: st.tuples(priced_for(model), requests_for(model))))
    def test_other_fields_do_not_matter(self, drawn: tuple[Drawn, dict[str, Any]]) -> None:
        """Two requests that agree in what is priced cost the same."""
        (request, measured), other = drawn
        names = CATALOG[request["model"]].latest.priced
        mixed = {key: value for key, value in other["input"].items() if key not in names}
        mixed |= {key: value for key, value in request["input"].items() if key in names}
        expected = price((request, measured)).usd_micros
        assert price(({**other, "input": mixed}, measured)).usd_micros == expected

    def test_with_and_without_every_other_field(self) -> None:
        """Each row of each price sheet is the price of the smallest and of the largest request with its options."""
        rows = 0
        for model in PRICED:
            sent = model.latest.fields
            for row in price_sheet(model.model):
                options = {factor.field: factor.value for factor in row.factors}
                measured = {name: value for name, value in options.items() if name not in sent}
                for request in (smallest(model), largest(model)):
                    request["input"] |= {name: value for name, value in options.items() if name in sent}
                    assert price((request, measured)).usd_micros == row.usd_micros, request
                rows += 1
        assert rows >= len(PRICED) > 0


class TestSheet:
    """The price sheet of a model is complete, without doubles, and agrees with `quote`."""

    def test_complete_and_unique(self) -> None:
        """It has every combination of the options that the TOML lists, once, in that order."""
        for slug in (model.model for model in PRICED):
            data = latest_data(slug)
            fields = {**data["input"], **data.get("measured", {})}
            names = list(data["price"].get("factors", {}))
            expected = list(product(*(fields[name]["allowed"] for name in names)))
            assert [tuple(factor.value for factor in row.factors) for row in price_sheet(slug)] == expected, slug
            assert len(set(expected)) == len(expected), slug

    @given(priced())
    def test_agrees_with_quote(self, drawn: Drawn) -> None:
        """The price of any valid request stands in the sheet, in the row of its options."""
        quoted = price(drawn)
        rows = {tuple(one.value for one in row.factors): row for row in price_sheet(quoted.model)}
        row = rows[tuple(one.value for one in quoted.factors)]
        assert (row.usd_micros, row.exact, row.base_micros) == (quoted.usd_micros, quoted.exact, quoted.base_micros)
        assert all(one.about == "price.rounding" for one in row.assumptions)


class TestRange:
    """The range of a request is that of all the quotes that it leaves possible."""

    @given(priced(), st.data())
    def test_ends_are_the_least_and_the_greatest_quote(self, drawn: Drawn, data: st.DataObject) -> None:
        """With some priced fields open, the ends equal those of quoting every possible request, one by one."""
        request, measured = drawn
        fields = CATALOG[request["model"]].latest.priced
        marks: dict[str, Any] = {}
        for name, field in fields.items():
            some = st.sets(st.sampled_from(field.allowed or ()), min_size=1)
            marks[name] = data.draw(st.one_of(st.none(), st.just(ANY), some))
        marks = {name: mark for name, mark in marks.items() if mark is not None and name not in measured}
        both = quote_range({**request, "input": {**request["input"], **marks}}, measured=measured)
        options = [(fields[name].allowed or ()) if mark is ANY else tuple(mark) for name, mark in marks.items()]
        costs = [
            price(({**request, "input": {**request["input"], **dict(zip(marks, values, strict=True))}}, measured)).exact
            for values in product(*options)
        ]
        assert (both.low.exact, both.high.exact) == (min(costs), max(costs))
        wide = [name for name, listed in zip(marks, options, strict=True) if len(listed) > 1]
        assert set(both.undetermined) == set(wide)
        assert [ratio for _, ratio in both.spread] == sorted((ratio for _, ratio in both.spread), reverse=True)

    @given(priced())
    def test_without_anything_open_it_is_the_quote(self, drawn: Drawn) -> None:
        """A request that leaves nothing open has one price."""
        request, measured = drawn
        both = quote_range(request, measured=measured)
        assert both.low == both.high == price(drawn)
        assert both.undetermined == ()


class TestStored:
    """A quote that was stored as JSON text comes back equal."""

    @given(priced())
    def test_to_dict_and_back(self, drawn: Drawn) -> None:
        """`from_dict` after `to_dict` is the identity, through JSON text too, and there is no float in it.

        A stored form that lacks a key, has one more or holds another type is a ValueError.
        """
        quoted = price(({**drawn[0], "version": "1.0"}, drawn[1]))
        text = json.dumps(quoted.to_dict())
        stored = json.loads(text, parse_float=pytest.fail)
        assert Quote.from_dict(stored) == quoted
        for key in stored:
            less = {name: value for name, value in stored.items() if name != key}
            for wrong in (less, {**stored, f"{key}_": stored[key]}, {**stored, key: 1.5}):
                with pytest.raises(ValueError, match="not a stored quote"):
                    Quote.from_dict(wrong)
