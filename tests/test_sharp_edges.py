"""Single decisions of the core: each test fails if one comparison, default or branch is turned around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import invented
from ratecard import Budget, Fix, OverBudget, quote, validate
from ratecard_rules import Catalog, load_model

if TYPE_CHECKING:
    from ratecard import Problem

FLAT = '[revision.price]\nbase_usd_micros = 10_000\nlabel = "request"\n'


def table(fields: str) -> Catalog:
    """Return a catalogue of one model with these fields, a prompt that is optional, and a flat price."""
    prompt = '[revision.input.prompt]\ntype = "string"\n'
    return Catalog((load_model(invented.table_text(FLAT, f"{prompt}{fields}")),))


def only(fields: str, **given: object) -> Problem:
    """Return the only problem of a request to a model with these fields."""
    (problem,) = validate(invented.request(**given), catalog=table(fields))
    return problem


class TestFixes:
    """What was surely meant."""

    @pytest.mark.parametrize(
        ("text", "meant"), [("true", True), ("false", False), (" True ", True), ("FALSE", False), ("yes", None)]
    )
    def test_truth_in_words(self, text: str, meant: bool | None) -> None:  # noqa: FBT001  a value to test
        """The words true and false mean the values where a boolean is expected, in any case."""
        problem = only('[revision.input.loop]\ntype = "boolean"\n', loop=text)
        assert problem.code == "wrong_type"
        expected = None if meant is None else Fix(op="replace", path="/input/loop", value=meant)
        assert problem.fix == expected
        assert problem.suggestion == (None if meant is None else str(meant).lower())

    @pytest.mark.parametrize(
        ("text", "meant"), [("9" * 15, 999_999_999_999_999), ("9" * 16, None), ("007", 7), ("٣", None), ("1.5", None)]
    )
    def test_long_numbers(self, text: str, meant: int | None) -> None:
        """Digits mean a number as long as every JSON reader keeps them exactly: fifteen of them."""
        problem = only('[revision.input.seed]\ntype = "number"\n', seed=text)
        assert problem.fix == (None if meant is None else Fix(op="replace", path="/input/seed", value=meant))


class TestFastPath:
    """The compiled check refuses what the judge refuses."""

    @pytest.mark.parametrize(("value", "passes"), [(True, True), (False, False)])
    def test_boolean_options(self, value: bool, passes: bool) -> None:  # noqa: FBT001  values to test
        """A boolean that is not among its options is refused."""
        catalog = table('[revision.input.loop]\ntype = "boolean"\nallowed = [true]\n')
        assert validate(invented.request(loop=value), catalog=catalog).ok is passes


class TestBudget:
    """The words of a budget."""

    @pytest.mark.parametrize("limit", [None, 10_000])
    def test_what_is_left(self, limit: int | None) -> None:
        """An item above what is left is refused by that limit, whether or not there is one for each item."""
        with pytest.raises(OverBudget) as caught:
            Budget(9_999, max_item_micros=limit).charge(quote(invented.request(), catalog=table("")))
        assert str(caught.value) == "asked for $0.01, but only $0.009999 is left"
