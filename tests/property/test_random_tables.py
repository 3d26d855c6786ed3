"""What holds for every table, not only for the shipped ones: tables and requests are both drawn."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal, FloatOperation, Inexact, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from random_tables import SLUG, catalogs, requests_to
from ratecard import Declined, Quote, try_quote, validate
from ratecard_rules import MAX_PROBLEMS, Catalog, resolve
from ratecard_rules._fast import path

cases = catalogs().flatmap(lambda catalog: st.tuples(st.just(catalog), requests_to(catalog)))


def without_fast_path(request: Any, catalog: Catalog) -> Quote | Declined:
    """Return the answer of the judge alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(path, "ENABLED", False)
        return try_quote(request, catalog=catalog)


@pytest.mark.fast_path
class TestFastPath:
    """The fast path answers as the judge does, whatever a table states."""

    @given(cases)
    def test_the_same_problems_and_price(self, case: tuple[Catalog, dict[str, Any]]) -> None:
        """`validate` reports the same problems in the same order, and `try_quote` answers the same, twice in a row."""
        catalog, request = case
        report, answer = resolve(request, catalog).report, without_fast_path(request, catalog)
        for _ in range(2):
            reported = validate(request, catalog=catalog)
            assert (reported, str(reported)) == (report, str(report))
            assert try_quote(request, catalog=catalog) == answer


class TestDecimals:
    """A number means its shortest decimal text, in every decimal context of the caller."""

    @given(catalogs(), st.data())
    def test_every_option_and_limit_of_a_table_passes(self, catalog: Catalog, data: st.DataObject) -> None:
        """The JSON number of each option is an option, and that of each limit is within it."""
        numbers = [field for field in catalog[SLUG].latest.input if field.type == "number"]
        for field in numbers:
            stated: list[Any] = [*(field.allowed or ()), *(x for x in (field.min, field.max) if x is not None)]
            if not stated:
                continue
            option = data.draw(st.sampled_from(stated))
            given_ = {"model": SLUG, "input": {field.name: float(option) if isinstance(option, Decimal) else option}}
            problems = [
                problem for problem in validate(given_, catalog=catalog) if problem.pointer == f"/input/{field.name}"
            ]
            codes = {problem.code for problem in problems}
            if field.allowed and option in field.allowed:
                assert "not_allowed" not in codes
            if option == field.min:
                assert "too_small" not in codes
            if option == field.max:
                assert "too_large" not in codes

    @given(cases, st.integers(1, 9))
    def test_no_context_matters(self, case: tuple[Catalog, dict[str, Any]], precision: int) -> None:
        """Neither precision, rounding nor any trap of the caller changes an answer."""
        catalog, request = case
        expected = try_quote(request, catalog=catalog)
        with localcontext(Context(prec=precision, rounding=ROUND_UP, traps=[FloatOperation, Inexact])):
            assert try_quote(request, catalog=Catalog(tuple(catalog))) == expected
            assert resolve(request, catalog).report == validate(request, catalog=catalog)


class TestBounds:
    """A report is bounded, and never loses its verdict."""

    @given(cases, st.integers(0, 400), st.booleans())
    def test_at_most_a_hundred(self, case: tuple[Catalog, dict[str, Any]], count: int, strict: Any) -> None:
        """At most a hundred problems are listed, the rest are counted, and errors come before warnings."""
        catalog, request = case
        more: dict[str, Any] = {f"x{number}": [] for number in range(count)}
        report = validate({**request, "input": {**request["input"], **more}}, catalog=catalog, strict=strict)
        assert len(report) <= MAX_PROBLEMS
        assert len(report) + report.omitted >= count
        assert bool(report.errors) >= bool(report.omitted_errors)
        assert report.ok == bool(report) == (not report.errors)
