"""Batches: lazy quotes, exact totals, and a budget. Expected sums are by hand or by plain integers."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import ROUND_UP, Context, Decimal, Inexact, localcontext
from fractions import Fraction
from itertools import count, islice, repeat
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, exceptions
from hypothesis import given
from hypothesis import strategies as st

import invented
from ratecard import (
    Add,
    Budget,
    Catalog,
    Declined,
    Multiply,
    OverBudget,
    Quote,
    RatecardError,
    Sale,
    Summary,
    adjust,
    quote,
    quote_many,
    summarize,
    try_quote,
)
from strategies import json_values

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOG = invented.catalog()
QUOTED = quote(invented.request(), catalog=CATALOG)
MARGIN = Multiply(name="margin", by=Fraction(13, 10))

TWO_PRICES = invented.catalog(
    invented.PRICE
    + invented.REVISION.replace("checked", "effective = 2026-12-01T00:00:00Z\nchecked").format(complete="true")
    + invented.INPUT
    + invented.PRICE.replace("10_000", "20_000")
)
"""The invented model, which costs twice as much from December 2026 on."""

MEASURED = """
[revision.measured.duration]
type = "string"
allowed = ["5", "10"]

[revision.price]
base_usd_micros = 10_000
label = "second"

[revision.price.factors]
duration = "value"
"""


def cost(micros: int, model: str = "acme/loop-1/text-to-video") -> Quote:
    """Return a quote of a flat price."""
    exact = Fraction(micros)
    return evolve(QUOTED, model=model, usd_micros=micros, exact=exact, base_micros=micros, factors=(), assumptions=())


def declined(request: object = None) -> Declined:
    """Return a declined request."""
    answer = try_quote(request, catalog=CATALOG)
    assert isinstance(answer, Declined)
    return answer


def micros(answers: Any) -> list[int | None]:
    """Return the amount of each answer, or None if it has none."""
    return [answer.usd_micros if isinstance(answer, Quote) else None for answer in answers]


def endless(most: int) -> Iterator[int]:
    """Count without end, but fail if more than `most` numbers are taken, so that a test cannot hang."""
    for number in count():
        assert number < most
        yield number


class TestQuoteMany:
    """The quotes of a batch are lazy, in order, and never aborted."""

    @given(st.lists(json_values | st.builds(invented.request, duration=st.sampled_from(["4", "8", 8]))))
    def test_the_same_as_one_by_one(self, requests: list[Any]) -> None:
        """Each answer is that of `try_quote`, in the order of the requests."""
        answers = list(quote_many(requests, catalog=CATALOG))
        assert answers == [try_quote(request, catalog=CATALOG) for request in requests]

    def test_a_bad_request_ends_nothing(self) -> None:
        """Trap 32: anything between two valid requests is declined in its place."""
        bad = [None, 5, float("nan"), object(), {"model": "acme/none", "input": {}}, [], b"", invented.request(x=1)]
        requests = [invented.request(), *bad, invented.request(duration="8")]
        assert micros(quote_many(requests, catalog=CATALOG)) == [40_000, *[None] * len(bad), 80_000]

    def test_lazy(self) -> None:
        """Each answer consumes one request, and none is consumed in advance."""
        taken: list[int] = []

        def requests() -> Iterator[object]:
            for number in endless(10):
                taken.append(number)
                yield invented.request(seed=number)

        answers = quote_many(requests(), catalog=CATALOG)
        assert taken == []
        for number in range(3):
            assert isinstance(next(answers), Quote)
            assert taken == list(range(number + 1))

    def test_endless(self) -> None:
        """An endless stream of requests has as many answers as are asked for."""
        requests = (invented.request(seed=number) for number in endless(102))
        assert micros(islice(quote_many(requests, catalog=CATALOG), 98, 102)) == [40_000, 40_000, None, None]

    def test_faults_of_the_stream_surface(self) -> None:
        """Trap 32: an error of the iterable itself is passed on, after the answers before it."""

        def broken() -> Iterator[object]:
            yield invented.request()
            raise OSError("disk")

        answers = quote_many(broken(), catalog=CATALOG)
        assert isinstance(next(answers), Quote)
        with pytest.raises(OSError, match="disk"):
            next(answers)

    def test_options_hold_for_every_request(self) -> None:
        """Trap 26: `catalog`, `at`, `strict` and `measured` apply to every request."""
        requests = [invented.request()] * 2
        assert micros(quote_many(requests, catalog=TWO_PRICES, at=date(2026, 11, 30))) == [40_000] * 2
        assert micros(quote_many(requests, catalog=TWO_PRICES, at=datetime(2026, 12, 1, tzinfo=UTC))) == [80_000] * 2
        fields = invented.INPUT.replace("max_length = 10", 'max_length = 10\nevidence = { max_length = "assumed" }')
        doubtful = [invented.request(prompt="0123456789x")] * 2
        assert micros(quote_many(doubtful, catalog=invented.catalog(fields=fields))) == [40_000] * 2
        assert micros(quote_many(doubtful, catalog=invented.catalog(fields=fields), strict=True)) == [None] * 2
        fields = '[revision.input.prompt]\ntype = "string"\nrequired = true\n'
        measured = invented.catalog(MEASURED, fields)
        assert micros(quote_many(requests, catalog=measured, measured={"duration": "10"})) == [100_000] * 2
        assert [one.code for one in quote_many(requests, catalog=measured) if isinstance(one, Declined)] == [
            "needs_measurement"
        ] * 2

    def test_the_bundled_catalogue(self) -> None:
        """The bundled catalogue is the default."""
        model = "kling-plus/kling-o1-standard/text-to-video"
        assert micros(quote_many([{"model": model, "input": {"prompt": "a cat"}}])) == [250_000]

    def test_the_call_judges_its_arguments(self) -> None:
        """A wrong argument raises at the call, before the first request is consumed."""
        with pytest.raises(ValueError, match="with a UTC offset"):
            quote_many(repeat({}), catalog=CATALOG, at=datetime(2026, 12, 1))  # noqa: DTZ001  naive on purpose
        for single in (invented.request(), "{}", b"{}"):
            with pytest.raises(TypeError, match=r"requests must be an iterable of requests, got a single \w+"):
                quote_many(single, catalog=CATALOG)
        with pytest.raises(TypeError, match="measured must be a mapping of options by name, got str"):
            quote_many([], catalog=CATALOG, measured="5")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="not iterable"):
            quote_many(5, catalog=CATALOG)  # type: ignore[arg-type]


def sold(start: int) -> Sale:
    """Return a sale at 1.3 times the cost and one micro."""
    return adjust(cost(start), [MARGIN, Add(name="fee", usd_micros=1)])


results = st.one_of(
    st.builds(cost, st.integers(0, 10**12), st.sampled_from(["a/b/c", "a/b/d"])),
    st.builds(sold, st.integers(0, 10**6)),
    st.sampled_from([declined(), declined({"model": "acme/loop-1/text-to-video", "input": {}})]),
)


class TestSummarize:
    """A summary has exact totals and counts."""

    def test_by_hand(self) -> None:
        """Two quotes, a sale of 10 for 14 and a declined request: costs of 60, a price of 14, a margin of 4."""
        summary = summarize([cost(20), declined(), sold(10), cost(30)])
        assert (summary.quoted, summary.cost_micros, summary.cost) == (3, 60, cost(20) + cost(10) + cost(30))
        assert (summary.sold, summary.sale_micros, summary.margin_micros) == (1, 14, 4)
        assert (summary.declined, summary.codes, summary.groups) == (1, (("invalid_request", 1),), ())
        assert (summary.cost_usd, summary.sale_usd) == (Decimal("0.00006"), Decimal("0.000014"))
        assert summarize([]) == Summary()
        with pytest.raises(exceptions.FrozenInstanceError):
            summary.margin_micros = 5  # type: ignore[misc]

    def test_codes(self) -> None:
        """Declined requests are counted by code, sorted by code."""
        odd = [evolve(declined(), code="retired"), declined(), evolve(declined(), code="retired")]
        assert summarize(odd).codes == (("invalid_request", 1), ("retired", 2))

    @given(st.lists(results), st.randoms())
    def test_order_does_not_matter(self, batch: list[Any], random: Any) -> None:
        """The total does not depend on the order of the batch, or on how it is split."""
        shuffled = random.sample(batch, len(batch))
        summary = summarize(batch)
        assert summarize(shuffled) == summary
        costs = [getattr(one, "quote", one).usd_micros for one in batch if not isinstance(one, Declined)]
        prices = [one.usd_micros for one in batch if isinstance(one, Sale)]
        assert (summary.cost_micros, summary.quoted) == (sum(costs), len(costs))
        assert (summary.sale_micros, summary.sold) == (sum(prices), len(prices))
        assert summary.quoted + summary.declined == len(batch)
        assert sum(number for _, number in summary.codes) == summary.declined
        cut = len(batch) // 2
        parts = summarize(batch[:cut]), summarize(batch[cut:])
        assert sum(part.cost_micros for part in parts) == summary.cost_micros
        assert sum(part.margin_micros for part in parts) == summary.margin_micros

    @given(st.lists(results))
    def test_groups_make_up_the_whole(self, batch: list[Any]) -> None:
        """Every result is in exactly one group, for every way of passing keys."""
        by_model = summarize(batch, by="model")
        assert evolve(by_model, groups=()) == summarize(batch)
        for name in ("quoted", "declined", "cost_micros", "sold", "sale_micros", "margin_micros"):
            assert sum(getattr(group, name) for _, group in by_model.groups) == getattr(by_model, name)
        keys = [None if isinstance(one, Declined) else getattr(one, "quote", one).model for one in batch]
        assert [key for key, _ in by_model.groups] == list(dict.fromkeys(keys))
        assert summarize(batch, by=keys) == by_model
        assert summarize(iter(batch), by=iter(keys)) == by_model
        for key, group in by_model.groups:
            assert group == summarize([one for one, own in zip(batch, keys, strict=True) if own == key])

    def test_by_a_function(self) -> None:
        """A function can return the key; groups are in order of first appearance."""
        batch = [cost(20), cost(5), cost(30), cost(7)]
        groups = summarize(batch, by=lambda one: isinstance(one, Quote) and one.usd_micros >= 20).groups
        assert [(key, group.cost_micros, group.quoted) for key, group in groups] == [(True, 50, 2), (False, 12, 2)]

    def test_sub_micro_sales_are_summed_as_charged(self) -> None:
        """Trap 17: a thousand sales of 0.5 micros, rounded to 1 each, come to 1,000."""
        half = adjust(cost(1), [Multiply(name="half", by=Fraction(1, 2))])
        assert summarize(repeat(half, 1_000)).sale_micros == 1_000

    def test_below_a_cent(self) -> None:
        """Trap 17: 2,500 items of $0.004 cost $10.00, not nothing."""
        assert summarize(repeat(cost(4_000), 2_500)).cost_usd == Decimal("10.00")

    def test_no_decimal_context_matters(self) -> None:
        """Trap 16: totals in dollars are exact in every decimal context."""
        with localcontext(Context(prec=1, rounding=ROUND_UP, traps=[Inexact])):
            summary = summarize([cost(123_456_789), sold(1_000_003)])
            assert str(summary.cost_usd) == "124.456792"
            assert str(summary.sale_usd) == "1.300005"

    def test_one_by_one(self) -> None:
        """Each result is released before the next one is made."""
        made: list[int] = []

        def batch() -> Iterator[Quote]:
            for number in range(5):
                made.append(number)
                yield cost(1)

        def key(_: object) -> int:
            seen.append(len(made))
            return 0

        seen: list[int] = []
        summarize(batch(), by=key)
        assert seen == [1, 2, 3, 4, 5]

    def test_what_is_refused(self) -> None:
        """Other results, unknown words for `by` and a wrong number of keys are refused."""
        for by in (None, "model", [1]):
            with pytest.raises(TypeError, match="results must be Quote, Sale or Declined, got int"):
                summarize([5], by=by)  # type: ignore[list-item]
        with pytest.raises(ValueError, match=r"by must be \"model\", a function of a result, or .*, got 'provider'"):
            summarize([], by="provider")
        for keys in ([1], [1, 2, 3]):
            with pytest.raises(ValueError, match="by must have exactly one key for each result"):
                summarize([cost(1), cost(2)], by=keys)


class TestBudget:
    """A budget is exact."""

    @pytest.mark.parametrize(("most", "items", "left"), [(10_000_000, 2_500, 0), (9_999_996, 2_499, 3_996)])
    def test_below_a_cent(self, most: int, items: int, left: int) -> None:
        """Trap 17: items of $0.004 fit 2,500 times into $10, and 2,499 times if 4 micros are missing."""
        budget = Budget(usd_micros=most)
        number = 0
        while budget.admits(cost(4_000)) and number < 3_000:
            budget = budget.charge(cost(4_000))
            number += 1
        assert (number, budget.left_micros, budget.spent_micros) == (items, left, items * 4_000)
        with pytest.raises(OverBudget) as caught:
            budget.charge(cost(4_000))
        assert (caught.value.asked_micros, caught.value.left_micros) == (4_000, left)

    @given(st.integers(0, 1_000), st.none() | st.integers(0, 400), st.lists(st.integers(0, 500)))
    def test_the_laws(self, most: int, item: int | None, asked: list[int]) -> None:
        """Spent and left add up to the limit, and `charge` raises if and only if `admits` is false."""
        budget = Budget(usd_micros=most, max_item_micros=item)
        spent = 0
        for amount in asked:
            fits = amount <= most - spent and (item is None or amount <= item)
            assert budget.admits(cost(amount)) is fits
            if fits:
                spent += amount
                budget = budget.charge(cost(amount))
            else:
                with pytest.raises(OverBudget):
                    budget.charge(cost(amount))
            assert (budget.spent_micros, budget.left_micros) == (spent, most - spent)
            assert (budget.max_total_micros, budget.max_item_micros) == (most, item)

    def test_a_value(self) -> None:
        """Charging returns a new budget and does not change the old one."""
        budget = Budget(usd_micros=10)
        assert budget.charge(cost(4)) == Budget(usd_micros=10, spent_micros=4)
        assert budget == Budget(usd_micros=10)
        assert budget.charge(cost(4)).charge(cost(6)).left_micros == 0
        with pytest.raises(exceptions.FrozenInstanceError):
            budget.spent_micros = 0  # type: ignore[misc]

    def test_free_items_always_fit(self) -> None:
        """Trap 7: free items fit even if nothing is left or the budget is overspent."""
        for budget in (
            Budget(usd_micros=0),
            Budget(usd_micros=10, spent_micros=10),
            Budget(usd_micros=10, spent_micros=11),
            Budget(usd_micros=0, max_item_micros=0),
        ):
            assert budget.left_micros == 0
            assert budget.charge(cost(0)) == budget
            assert not budget.admits(cost(1))

    def test_what_is_said(self) -> None:
        """The error names the amount and the limit, is a RatecardError, and can be pickled."""
        with pytest.raises(OverBudget, match=r"^asked for \$0.000004, but only \$0.000003 is left$") as caught:
            Budget(usd_micros=3, max_item_micros=4).charge(cost(4))
        assert isinstance(caught.value, RatecardError)
        assert isinstance(caught.value, ValueError)
        again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  our own bytes
        assert str(again) == str(caught.value)
        assert (again.asked_micros, again.left_micros, again.max_item_micros) == (4, 3, 4)
        with pytest.raises(OverBudget, match=r"^asked for \$0.000005, but one item may cost at most \$0.000004$"):
            Budget(usd_micros=3, max_item_micros=4).charge(cost(5))

    def test_sales(self) -> None:
        """A sale counts with its price, and a quote with its cost."""
        sale = sold(10)
        assert Budget(usd_micros=20).charge(sale).left_micros == 6
        assert Budget(usd_micros=20).charge(sale.quote).left_micros == 10

    def test_what_has_no_amount(self) -> None:
        """Trap 4: a declined request has no amount and cannot be charged."""
        for item in (declined(), None, 5, summarize([])):
            for ask in (Budget(usd_micros=10).admits, Budget(usd_micros=10).charge):
                with pytest.raises(TypeError, match=r"only a Quote or a Sale has an amount, got a \w+"):
                    ask(item)  # type: ignore[arg-type]

    @pytest.mark.parametrize("argument", ["usd_micros", "max_item_micros", "spent_micros"])
    def test_limits_are_whole(self, argument: str) -> None:
        """Amounts in micros are ints and not below 0; the message names the attribute."""
        arguments: dict[str, Any] = {"usd_micros": 1}
        attribute = "max_total_micros" if argument == "usd_micros" else argument
        for value in (1.0, True, "1", Decimal(1)):
            with pytest.raises(TypeError, match=f"^{attribute} must be an int "):
                Budget(**{**arguments, argument: value})
        with pytest.raises(ValueError, match=f"^{attribute} must be at least 0, got -1$"):
            Budget(**{**arguments, argument: -1})

    @pytest.mark.parametrize(
        ("usd", "micros"),
        [
            ("2.00", 2_000_000), ("2", 2_000_000), ("0.000001", 1), ("0", 0), ("-0", 0),
            (Decimal("2.5"), 2_500_000), (Decimal(3), 3_000_000), (Decimal("1E+3"), 1_000_000_000),
        ],
    )  # fmt: skip
    def test_dollars(self, usd: Any, micros: int) -> None:
        """A limit in dollars is text or a Decimal, and exact."""
        assert Budget(usd, spent_micros=0) == Budget(usd_micros=micros)

    def test_a_limit_has_a_unit(self) -> None:
        """A number without a unit, two limits and no limit are refused, and the message names both ways."""
        ways = r'Budget\("2.00"\) in dollars, or Budget\(usd_micros=2_000_000\) in millionths of a dollar'
        for usd in (2, 2.0, True, Fraction(2), b"2"):
            with pytest.raises(TypeError, match=rf"is text or a Decimal: {ways}; got .* \({type(usd).__name__}\)$"):
                Budget(usd)  # type: ignore[arg-type]
        for limits in ({}, {"usd": "2", "usd_micros": 2}):
            with pytest.raises(TypeError, match=f"^a budget has one limit: {ways}$"):
                Budget(**limits)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "usd", ["$2", "", "1e3", "0.0000001", "-1", Decimal("-0.5"), Decimal("NaN"), Decimal("1E+999999999")]
    )
    def test_dollars_are_plain(self, usd: Any) -> None:
        """Dollars must be plain decimals of at most six places, and at least 0."""
        with pytest.raises(
            ValueError, match=r"expected dollars as a plain|at most six decimal|_micros must be at least 0, got -"
        ):
            Budget(usd)

    def test_over_a_batch(self) -> None:
        """Three items of 40,000 of a batch fit into 130,000."""
        budget = Budget(usd_micros=130_000)
        fitting = []
        for answer in quote_many(repeat(invented.request(), 5), catalog=CATALOG):
            if isinstance(answer, Quote) and budget.admits(answer):
                budget = budget.charge(answer)
                fitting.append(answer)
        assert (len(fitting), budget.left_micros) == (3, 10_000)
        assert summarize(fitting).cost_micros == budget.spent_micros


def test_past_usage_is_rated_at_past_prices() -> None:
    """Usage in November is priced at the prices of November, although prices changed in December."""
    usage: Catalog = TWO_PRICES
    november = summarize(
        quote_many([invented.request(), invented.request(duration="8")], catalog=usage, at=date(2026, 11, 1))
    )
    assert november.cost_micros == 40_000 + 80_000
