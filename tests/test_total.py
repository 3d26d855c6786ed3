"""Quotes are added up, multiplied and ordered exactly."""

from __future__ import annotations

import json
import operator
from collections import Counter
from decimal import ROUND_UP, Context, Decimal, Inexact, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ratecard import Add, Quote, Total, adjust, quote, try_quote

if TYPE_CHECKING:
    from collections.abc import Iterable

LOOP = "acme/loop/text-to-video"
WAVE = "acme/wave/text-to-video"
QUOTE = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})


def cost(usd_micros: int, model: str = LOOP) -> Quote:
    """Return a quote of this price."""
    return evolve(QUOTE, model=model, usd_micros=usd_micros, exact=Fraction(usd_micros))


def added(items: Iterable[Quote | Total]) -> Total:
    """Return the sum of quotes and totals, in the type that a type checker cannot know."""
    total: Any = sum(items, Total())
    assert type(total) is Total
    return total


costs = st.builds(cost, st.integers(0, 10**15), st.sampled_from([LOOP, WAVE, "acme/tide/edit-image"]))
counts = st.integers(0, 10**6)


class TestSums:
    """A total is the exact sum of what was added, by model, for every order and grouping."""

    @given(st.lists(costs), st.randoms())
    def test_order_and_grouping(self, quotes: list[Quote], random: Any) -> None:
        """Each model has the number and the sum of its quotes, also if they were shuffled or added in two parts."""
        total = added(quotes)
        assert (total.requests, total.usd_micros) == (len(quotes), sum(one.usd_micros for one in quotes))
        requests = Counter(one.model for one in quotes)
        assert {model: part.requests for model, part in total.by_model.items()} == requests
        for model, part in total.by_model.items():
            assert part.usd_micros == sum(one.usd_micros for one in quotes if one.model == model)
        assert list(total.by_model) == sorted(requests)
        assert added(total.by_model.values()) == total
        cut = len(quotes) // 2
        parts = [added(half) for half in (quotes[cut:], quotes[:cut])]
        for other in (added(random.sample(quotes, len(quotes))), parts[0] + parts[1], parts[1] + parts[0]):
            assert other == total
            assert hash(other) == hash(total)

    @given(costs, costs, counts, counts)
    def test_multiples(self, left: Quote, right: Quote, times: int, more: int) -> None:
        """Multiplication is repeated addition, from either side, and distributes over sums."""
        assert left * 3 == left + left + left
        assert left * times + left * more == left * (times + more)
        assert times * (left + right) == times * left + right * times
        assert (left * times) * more == left * (times * more)
        assert (left * times).usd_micros == left.usd_micros * times
        assert left * 0 == Total()

    def test_by_hand(self) -> None:
        """300 requests of $0.63, and 2 of $0.005 for another model, cost $189.01."""
        total = cost(630_000, WAVE) * 300 + 2 * cost(5_000)
        assert (total.requests, total.usd_micros, total.usd) == (302, 189_010_000, Decimal("189.01"))
        assert str(total) == "$189.01 for 302 requests"
        assert total.explain().splitlines() == [
            "$189.01 for 302 requests",
            "  acme/loop/text-to-video    2    $0.01",
            "  acme/wave/text-to-video  300  $189.00",
        ]
        assert json.loads(json.dumps(total.to_dict())) == {
            "requests": 302,
            "usd_micros": 189_010_000,
            "usd": "189.01",
            "by_model": {
                LOOP: {"requests": 2, "usd_micros": 10_000, "usd": "0.01"},
                WAVE: {"requests": 300, "usd_micros": 189_000_000, "usd": "189.00"},
            },
        }

    def test_the_built_in_sum(self) -> None:
        """`sum` needs no start value, and one quote alone gives a total too."""
        assert sum([cost(5), cost(7)]) == cost(5) + cost(7)
        only = sum([cost(5)])
        assert isinstance(only, Total)
        assert repr(only) == "<Total $0.000005 for 1 request>"
        assert sum([cost(5) * 2, cost(7)]) == cost(5) + cost(5) + cost(7)

    def test_a_free_request_counts(self) -> None:
        """A request that costs nothing is counted; no request at all is another total."""
        free = cost(0) * 2
        assert (free.requests, free.usd_micros) == (2, 0)
        assert free != Total()
        assert str(Total()) == Total().explain() == "$0.00 for 0 requests"

    def test_decimal_contexts(self) -> None:
        """Dollars are exact in every decimal context."""
        with localcontext(Context(prec=1, rounding=ROUND_UP, traps=[Inexact])):
            assert str((cost(123_456_789) + cost(1)).usd) == "123.45679"


class TestRefusals:
    """Whatever is not a quote, a total or a whole number is refused, with the reason."""

    @pytest.mark.parametrize("other", [1, 0.0, 0, None, "1", True, Decimal(1), try_quote({}), adjust(QUOTE, [])])
    def test_what_cannot_be_added(self, other: Any) -> None:
        """A number has no unit, a sale has two prices, and a declined request has none."""
        name = type(other).__name__
        for item in (QUOTE, QUOTE * 2):
            with pytest.raises(TypeError, match=f"only quotes and totals can be added, got {name}; `summarize` adds"):
                item + other
            if other != 0 or type(other) is not int:
                with pytest.raises(TypeError, match=f"got {name};"):
                    other + item

    @pytest.mark.parametrize("count", [1.0, True, "2", None, Fraction(2), Decimal(2), QUOTE])
    def test_what_cannot_be_multiplied_by(self, count: Any) -> None:
        """Only an int is a number of requests."""
        for item in (QUOTE, QUOTE * 2):
            with pytest.raises(TypeError, match=rf"must be an int, got .*\({type(count).__name__}\)"):
                item * count
            with pytest.raises(TypeError, match=r"must be an int, got "):
                count * item

    def test_negative_numbers(self) -> None:
        """There is no negative number of requests."""
        with pytest.raises(ValueError, match="the number of requests must be at least 0, got -1"):
            QUOTE * -1


class TestOrder:
    """Quotes are ordered by their exact price; equality compares everything."""

    @given(st.lists(costs, min_size=1))
    def test_sorting(self, quotes: list[Quote]) -> None:
        """Sorted quotes have sorted prices, and `min` and `max` are their ends."""
        prices = [one.usd_micros for one in quotes]
        assert [one.usd_micros for one in sorted(quotes)] == sorted(prices)
        assert (min(quotes).usd_micros, max(quotes).usd_micros) == (min(prices), max(prices))

    def test_what_is_compared(self) -> None:
        """The price before rounding is compared; the same price does not make two quotes equal."""
        third = evolve(cost(1), exact=Fraction(2, 3))
        half = evolve(cost(1), exact=Fraction(1, 2))
        assert (half < third, half <= third, half > third, half >= third) == (True, True, False, False)
        assert (cost(5) < cost(5), cost(5) <= cost(5, WAVE), cost(5) >= cost(5, WAVE)) == (False, True, True)
        assert cost(5) != cost(5, WAVE)

    @pytest.mark.parametrize("other", [5, Decimal("0.5"), QUOTE * 2, adjust(QUOTE, [Add(name="fee", usd_micros=1)])])
    def test_only_quotes_are_compared(self, other: Any) -> None:
        """A quote is neither more nor less than anything else."""
        for compare in (operator.lt, operator.le, operator.gt, operator.ge):
            for pair in ((QUOTE, other), (other, QUOTE)):
                with pytest.raises(TypeError, match="not supported between instances"):
                    compare(*pair)
