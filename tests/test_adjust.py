"""Sale prices: the kinds of adjustments, their order, stored form and file. Expected amounts are by hand."""

from __future__ import annotations

import json
import pickle
import re
from copy import deepcopy
from decimal import ROUND_UP, Context, Decimal, FloatOperation, Inexact, localcontext
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, exceptions
from hypothesis import given
from hypothesis import strategies as st

import invented
from ratecard import (
    Add,
    Adjustment,
    Maximum,
    Minimum,
    Multiply,
    Quote,
    RoundUp,
    Sale,
    TableError,
    adjust,
    load_adjustments,
    parse_adjustments,
    quote,
    try_quote,
)
from ratecard_rules import digest_of
from strategies import json_values
from tampering import at, changed, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATALOG = invented.catalog()
QUOTED = quote(invented.request(), catalog=CATALOG)
DISCOUNT = Add(name="discount", usd_micros=-10_000)
MARGIN = Multiply(name="margin", by=Fraction(13, 10))
FLOOR = Minimum(name="minimum charge", usd_micros=50_000)
CAP = Maximum(name="cap", usd_micros=60_000)
CENTS = RoundUp(name="whole cents", to_usd_micros=10_000)


def cost(micros: int) -> Quote:
    """Return a quote of a flat price."""
    return evolve(QUOTED, usd_micros=micros, exact=Fraction(micros), base_micros=micros, factors=(), assumptions=())


def exacts(sale: Sale) -> list[Fraction]:
    """Return the amount after each line."""
    return [line.exact for line in sale.lines]


names = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8)
amounts = st.integers(0, 10**9)
ratios = st.fractions(min_value=Fraction(1, 1000), max_value=1000)


def steps() -> st.SearchStrategy[list[Adjustment]]:
    """Draw adjustments that never subtract, with unique names."""
    one: st.SearchStrategy[Adjustment] = st.one_of(
        st.builds(Multiply, name=names, by=ratios),
        st.builds(Add, name=names, usd_micros=amounts),
        st.builds(Minimum, name=names, usd_micros=amounts),
        st.builds(Maximum, name=names, usd_micros=amounts),
        st.builds(RoundUp, name=names, to_usd_micros=amounts.map((1).__add__)),
    )
    return st.lists(one, max_size=6, unique_by=lambda step: step.name)


sales = st.builds(adjust, amounts.map(cost), steps())


class TestKinds:
    """Each kind of adjustment does one thing, exactly."""

    @pytest.mark.parametrize(
        ("step", "before", "after"),
        [
            (MARGIN, 40_000, 52_000), (Multiply(name="third", by=Fraction(1, 3)), 10, Fraction(10, 3)),
            (Multiply(name="double", by=2), 7, 14), (DISCOUNT, 40_000, 30_000), (DISCOUNT, 10_000, 0),
            (FLOOR, 49_999, 50_000), (FLOOR, 50_000, 50_000), (FLOOR, 50_001, 50_001),
            (CAP, 60_001, 60_000), (CAP, 60_000, 60_000), (CAP, 59_999, 59_999),
            (CENTS, 0, 0), (CENTS, 1, 10_000), (CENTS, 10_000, 10_000), (CENTS, 10_001, 20_000),
        ],
    )  # fmt: skip
    def test_one_step(self, step: Adjustment, before: int, after: Fraction | int) -> None:
        """A line has the amount after the step and the difference to the amount before it."""
        [line] = adjust(cost(before), [step]).lines
        assert (line.name, line.kind, line.adjustment) == (step.name, step.kind, step)
        assert (line.exact, line.difference_micros) == (after, after - before)

    def test_no_step(self) -> None:
        """Without adjustments the sale price is the cost and the margin is zero."""
        sale = adjust(QUOTED, [])
        assert (sale.usd_micros, sale.exact, sale.margin_micros, sale.margin) == (
            40_000,
            Fraction(40_000),
            0,
            Fraction(0),
        )

    def test_values(self) -> None:
        """Adjustments are frozen and equal by kind and attributes."""
        assert Multiply(name="margin", by=Fraction("1.3")) == MARGIN
        assert len({FLOOR, evolve(FLOOR), Maximum(name=FLOOR.name, usd_micros=FLOOR.usd_micros)}) == 2
        with pytest.raises(exceptions.FrozenInstanceError):
            MARGIN.by = Fraction(1)  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("by", "exact"),
        [
            (2, (2, 1)), (Fraction(13, 10), (13, 10)), (Decimal("1.30"), (13, 10)), (Decimal("1E+2"), (100, 1)),
            ("1.3", (13, 10)), ("4/3", (4, 3)), ("2", (2, 1)), ("0.1", (1, 10)), (Decimal("0.1"), (1, 10)),
        ],
    )  # fmt: skip
    def test_exact_multipliers(self, by: Any, exact: tuple[int, int]) -> None:
        """A multiplier is passed as a number or as text, and is exact in any decimal context."""
        with localcontext(Context(prec=1, rounding=ROUND_UP, traps=[Inexact, FloatOperation])):
            assert Multiply(name="margin", by=by).by.as_integer_ratio() == exact

    @pytest.mark.parametrize("by", [1.3, True, None, 1 + 0j, b"1.3"])
    def test_multipliers_are_never_floats(self, by: Any) -> None:
        """Trap 15: a float is refused, and the message names what is accepted."""
        expected = (
            'by must be an int, a Fraction, a Decimal, or text such as "1.3" or "4/3"; a float is not exact, got '
        )
        with pytest.raises(TypeError, match=re.escape(f"{expected}{by!r} ({type(by).__name__})")):
            Multiply(name="margin", by=by)

    @pytest.mark.parametrize(
        "by",
        [
            "",
            "1,3",
            "1.3x",
            "1..3",
            "1.3/2",
            ".5",
            "5.",
            "--1",
            "1/-2",
            "1\n",
            "130%",
            "1e2",
            "1/0",
            "\u0661",
            "9" * 201,
            Decimal("NaN"),
            Decimal("1E+999999999"),
        ],
    )
    def test_multipliers_are_plain_text(self, by: Any) -> None:
        """Text must be a plain number, and numbers that would fill the memory are refused."""
        with pytest.raises(ValueError, match=r"expected a plain decimal or a ratio, such as|divisor zero"):
            Multiply(name="margin", by=by)

    @pytest.mark.parametrize("by", [0, -1, Fraction(-13, 10), "0", "-1.3", Decimal("-0.0"), Decimal(-1)])
    def test_multipliers_are_above_0(self, by: Any) -> None:
        """A multiplier of zero or less is refused."""
        with pytest.raises(ValueError, match=f"by must be above 0, got {by}$"):
            Multiply(name="margin", by=by)

    @pytest.mark.parametrize("micros", [1.0, True, Decimal(1), "1", None, Fraction(1)])
    @pytest.mark.parametrize("kind", [Add, Minimum, Maximum, RoundUp])
    def test_amounts_are_whole(self, kind: Any, micros: Any) -> None:
        """An amount is an int, and the message names the argument, the value and its type."""
        argument = "to_usd_micros" if kind is RoundUp else "usd_micros"
        message = rf"{argument} must be an int \(1,000,000 micros are \$1.00\), got .* \({type(micros).__name__}\)"
        with pytest.raises(TypeError, match=message):
            kind(name="step", **{argument: micros})

    @pytest.mark.parametrize(("kind", "micros"), [(Minimum, -1), (Maximum, -1), (RoundUp, 0), (RoundUp, -1)])
    def test_amounts_have_a_least(self, kind: Any, micros: int) -> None:
        """A limit must be at least 0, and a unit of rounding at least 1."""
        argument, least = ("to_usd_micros", 1) if kind is RoundUp else ("usd_micros", 0)
        with pytest.raises(ValueError, match=f"^{argument} must be at least {least}, got {micros}$"):
            kind(name="step", **{argument: micros})

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31m", "\ud800"])
    @pytest.mark.parametrize("step", [DISCOUNT, MARGIN, FLOOR, CAP, CENTS])
    def test_names_are_words(self, step: Any, name: str) -> None:
        """Every kind needs a printable name."""
        with pytest.raises(ValueError, match="name must be printable text on one line, and not empty, got '"):
            evolve(step, name=name)
        with pytest.raises(TypeError, match=r"name must be text, got 5 \(int\)"):
            evolve(step, name=5)


class TestOrder:
    """Adjustments apply in the order of the list."""

    def test_multiply_and_add(self) -> None:
        """Trap 41: discount before margin is (40,000 - 10,000) x 1.3, after it 40,000 x 1.3 - 10,000."""
        assert exacts(adjust(QUOTED, [DISCOUNT, MARGIN])) == [30_000, 39_000]
        assert exacts(adjust(QUOTED, [MARGIN, DISCOUNT])) == [52_000, 42_000]

    def test_limits(self) -> None:
        """If the minimum is above the maximum, the later one applies."""
        low, high = Minimum(name="low", usd_micros=90), Maximum(name="high", usd_micros=30)
        assert adjust(cost(50), [low, high]).usd_micros == 30
        assert adjust(cost(50), [high, low]).usd_micros == 90

    def test_round_up_in_the_middle(self) -> None:
        """Rounding up to cents before the margin gives 50,000 x 1.3; after it, 53,300 is rounded to 60,000."""
        assert adjust(cost(41_000), [CENTS, MARGIN]).usd_micros == 65_000
        assert adjust(cost(41_000), [MARGIN, CENTS]).usd_micros == 60_000

    @given(amounts, steps())
    def test_against_an_independent_oracle(self, start: int, listed: list[Adjustment]) -> None:
        """Every line equals plain fraction arithmetic, and the lines add up to the sale price."""
        sale = adjust(cost(start), listed)
        assert exacts(sale) == list(oracle(start, listed))
        assert start + sum(line.difference_micros for line in sale.lines) == sale.exact
        assert [line.adjustment for line in sale.lines] == listed
        assert sale.quote == cost(start)

    @given(amounts, steps(), st.integers(0, 6))
    def test_lists_can_be_cut(self, start: int, listed: list[Adjustment], cut: int) -> None:
        """The lines of the first adjustments do not depend on the later ones."""
        assert adjust(cost(start), listed).lines[:cut] == adjust(cost(start), listed[:cut]).lines

    def test_any_iterable(self) -> None:
        """A generator of adjustments is consumed once, in order."""
        assert adjust(QUOTED, (step for step in [DISCOUNT, MARGIN])) == adjust(QUOTED, (DISCOUNT, MARGIN))


def oracle(start: int, listed: list[Adjustment]) -> Iterator[Fraction]:
    """Yield the amount after each step, computed independently of the library."""
    amount = Fraction(start)
    for step in listed:
        match step.kind, [getattr(step, name) for name in ("by", "usd_micros", "to_usd_micros") if hasattr(step, name)]:
            case "multiply", [by]:
                amount = Fraction(amount.numerator * by.numerator, amount.denominator * by.denominator)
            case "add", [more]:
                amount = Fraction(amount.numerator + more * amount.denominator, amount.denominator)
            case "minimum", [least]:
                amount = Fraction(least) if amount < least else amount
            case "maximum", [most]:
                amount = Fraction(most) if amount > most else amount
            case _, [unit]:
                amount = Fraction(unit * ceil(amount / unit))
        yield amount


class TestOnce:
    """Nothing is adjusted twice."""

    def test_a_sale_is_no_cost(self) -> None:
        """Trap 41: a sale cannot be adjusted again, but its quote can."""
        sale = adjust(QUOTED, [MARGIN])
        with pytest.raises(TypeError, match="this sale is already adjusted"):
            adjust(sale, [MARGIN])  # type: ignore[arg-type]
        assert adjust(sale.quote, [MARGIN]) == sale
        assert QUOTED.usd_micros == 40_000

    def test_a_list_cannot_be_used_twice(self) -> None:
        """Trap 41: the same list twice is refused, because names must be unique."""
        with pytest.raises(ValueError, match="two adjustments are named 'margin'"):
            adjust(QUOTED, [MARGIN, FLOOR, MARGIN, FLOOR])

    @given(amounts, steps())
    def test_adjusting_anew_changes_nothing(self, start: int, listed: list[Adjustment]) -> None:
        """The same cost and the same adjustments always give an equal sale."""
        assert adjust(adjust(cost(start), listed).quote, listed) == adjust(cost(start), listed)

    def test_what_is_no_cost(self) -> None:
        """A declined request and a number are refused."""
        declined = try_quote({}, catalog=CATALOG)
        with pytest.raises(TypeError, match=r"this request was declined \(invalid_request\), so there is no cost"):
            adjust(declined, [])  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"quote must be a Quote, got 40000 \(int\)"):
            adjust(40_000, [])  # type: ignore[arg-type]

    def test_what_is_no_adjustment(self) -> None:
        """A single adjustment and text are refused."""
        with pytest.raises(TypeError, match="adjustments must be a list of adjustments, got a single one"):
            adjust(QUOTED, MARGIN)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"must be Multiply, Add, Minimum, Maximum or RoundUp, got 'x' \(str\)"):
            adjust(QUOTED, "xy")  # type: ignore[arg-type]

    def test_the_kinds_are_closed(self) -> None:
        """A subclass of a kind is refused, because it could not be stored."""

        class Gift(Maximum):
            """A subclass of a kind."""

        with pytest.raises(TypeError, match=r"must be Multiply, Add, Minimum, Maximum or RoundUp, got .*Gift"):
            adjust(QUOTED, [Gift(name="gift", usd_micros=0)])


class TestAmounts:
    """The sale price is whole, rounded once, never negative; its margin is exact."""

    @pytest.mark.parametrize(
        ("start", "by", "micros", "rounding"),
        [
            (1, Fraction(1, 2), 1, "half_up"), (1, Fraction(1, 3), 0, "half_up"), (5, Fraction(1, 2), 3, "half_up"),
            (2, Fraction(1, 3), 1, "half_up"), (4, Fraction(1, 2), 2, None), (0, Fraction(1, 3), 0, None),
        ],
    )  # fmt: skip
    def test_half_up(self, start: int, by: Fraction, micros: int, rounding: str | None) -> None:
        """A half is rounded up and less is rounded down; `rounding` says so."""
        sale = adjust(cost(start), [Multiply(name="share", by=by)])
        assert (sale.exact, sale.usd_micros, sale.rounding) == (start * by, micros, rounding)

    def test_rounded_once(self) -> None:
        """Trap 17: 8,165 x 1/2 x 2 is 8,165, because 4,082.5 is not rounded in between."""
        halves = [Multiply(name="half", by=Fraction(1, 2)), Multiply(name="double", by=2)]
        sale = adjust(cost(8_165), halves)
        assert (exacts(sale), sale.usd_micros, sale.rounding) == ([Fraction(8_165, 2), 8_165], 8_165, None)

    @given(sales)
    def test_the_price_is_within_half_a_micro(self, sale: Sale) -> None:
        """Rounding changes the price by at most half a micro, and a half is rounded up."""
        assert -Fraction(1, 2) < sale.usd_micros - sale.exact <= Fraction(1, 2)
        assert sale.usd_micros >= 0
        assert (sale.rounding is None) == (sale.exact == sale.usd_micros)

    @given(sales)
    def test_margin(self, sale: Sale) -> None:
        """Cost plus margin is the price; the margin as a share is exact, and None for a price of 0."""
        assert sale.quote.usd_micros + sale.margin_micros == sale.usd_micros
        if sale.usd_micros == 0:
            assert sale.margin is None
        else:
            assert sale.margin is not None
            assert sale.margin * sale.usd_micros == sale.margin_micros

    def test_margins_by_hand(self) -> None:
        """40,000 sold for 52,000 has a margin of 3/13; sold for 0, it has a loss and no share."""
        sale = adjust(QUOTED, [MARGIN])
        assert (sale.margin_micros, sale.margin, sale.usd) == (12_000, Fraction(3, 13), Decimal("0.052"))
        gift = adjust(QUOTED, [Maximum(name="gift", usd_micros=0)])
        assert (gift.usd_micros, gift.margin_micros, gift.margin) == (0, -40_000, None)

    def test_never_negative(self) -> None:
        """A discount above the amount is refused, even if a later step would raise the amount again."""
        assert adjust(cost(10_000), [DISCOUNT]).usd_micros == 0
        with pytest.raises(ValueError, match=r"'discount' subtracts \$0.01 from \$0.009999: a price"):
            adjust(cost(9_999), [DISCOUNT, FLOOR])
        third = Multiply(name="third", by=Fraction(1, 3))
        with pytest.raises(ValueError, match=r"'discount' subtracts \$0.01 from 10000/3 micros"):
            adjust(cost(10_000), [third, DISCOUNT])

    def test_it_starts_from_what_is_charged(self) -> None:
        """The adjustments of a rounded cost start from the rounded amount: 3 micros, not 2.5."""
        rounded = evolve(cost(3), exact=Fraction(5, 2), rounding="half_up")
        sale = adjust(rounded, [Multiply(name="double", by=2)])
        assert (sale.exact, sale.margin_micros) == (Fraction(6), 3)

    @pytest.mark.parametrize("precision", [1, 2, 28, 50])
    def test_no_decimal_context_matters(self, precision: int) -> None:
        """Trap 16: the caller's decimal context changes neither file, price nor stored form."""
        listed = [MARGIN, Add(name="fee", usd_micros=123_457)]
        text = '[[adjustment]]\nname = "margin"\nmultiply = 1.3\n[[adjustment]]\nname = "fee"\nadd_usd = "0.123457"'
        expected = adjust(QUOTED, listed).to_dict()
        with localcontext(Context(prec=precision, rounding=ROUND_UP, traps=[Inexact, FloatOperation])):
            sale = adjust(QUOTED, parse_adjustments(text))
            assert sale.usd == Decimal("0.175457")
            assert sale.to_dict() == expected
            assert Sale.from_dict(expected) == sale


class TestExplain:
    """`explain` shows the cost and the sale price."""

    def test_every_line(self) -> None:
        """The explanation of the quote comes first, then every adjustment, the sale price and the margin."""
        sale = adjust(QUOTED, [DISCOUNT, MARGIN, FLOOR, CAP, CENTS])
        cost_lines = QUOTED.explain().splitlines()
        lines = sale.explain().splitlines()
        assert lines[: len(cost_lines)] == cost_lines
        assert lines[len(cost_lines) :] == [
            "sold for $0.05",
            "  cost             $0.04  (40,000 micros)",
            "  discount         $0.03  -$0.01",
            "  margin          $0.039  x 1.3",
            "  minimum charge   $0.05  at least $0.05",
            "  cap              $0.05  at most $0.06",
            "  whole cents      $0.05  up to a multiple of $0.01",
            "  sale price       $0.05  (50,000 micros)",
            "  margin           $0.01  (10,000 micros, 0.2 of the sale price)",
        ]

    def test_rounding_and_loss(self) -> None:
        """A rounded price shows the exact amount; a loss is negative; a price of 0 has no share."""
        sale = adjust(cost(1_000), [Multiply(name="third", by=Fraction(1, 3))])
        assert sale.explain().splitlines()[-3:] == [
            "  third       1000/3 micros  x 1/3",
            "  sale price      $0.000333  (333 micros, rounded half up)",
            "  margin         -$0.000667  (-667 micros, -667/333 of the sale price)",
        ]
        gift = adjust(cost(1_000), [Maximum(name="gift", usd_micros=0)])
        assert gift.explain().splitlines()[-1] == "  margin      -$0.001  (-1,000 micros)"
        assert Add(name="fee", usd_micros=10_000).in_words() == "+$0.01"


SALE = adjust(QUOTED, [DISCOUNT, Multiply(name="share", by=Fraction(1, 7)), FLOOR, CAP, CENTS])


class TestStored:
    """A sale is stored as plain JSON and read back only if it is unchanged."""

    def test_the_form(self) -> None:
        """Money is whole micros and text, fractions are text, and the quote is included."""
        stored = adjust(QUOTED, [MARGIN, CENTS]).to_dict()
        quoted, digest = stored.pop("quote"), stored.pop("digest")
        assert quoted == QUOTED.to_dict()
        assert len(digest) == 64
        assert stored == {
            "format": 1,
            "usd_micros": 60_000,
            "usd": "0.06",
            "exact_micros": "60000",
            "rounding": None,
            "margin_micros": 20_000,
            "margin": "1/3",
            "lines": [
                {"kind": "multiply", "name": "margin", "by": "1.3", "exact_micros": "52000",
                 "difference_micros": "12000"},
                {"kind": "round_up", "name": "whole cents", "to_usd_micros": 10_000, "exact_micros": "60000",
                 "difference_micros": "8000"},
            ],
        }  # fmt: skip

    @given(sales)
    def test_there_and_back(self, sale: Sale) -> None:
        """JSON and pickle return an equal sale."""
        assert Sale.from_dict(json.loads(json.dumps(sale.to_dict()))) == sale
        assert pickle.loads(pickle.dumps(sale)) == sale  # noqa: S301  our own bytes

    def test_every_changed_leaf_is_refused(self) -> None:
        """A leaf with another value or type is refused."""
        stored = SALE.to_dict()
        paths = list(leaves(stored))
        assert len(paths) >= 40
        assert {"name", "by", "usd_micros", "digest", "checked"} <= {path[-1] for path in paths}
        for path in paths:
            old = at(stored, path)
            others: list[Any] = [None, 0, 1, True, 1.0, "", "x", "1", [], {}, f"{old}0", -1]
            others += [float(old)] if type(old) is int else [f" {old}"]
            for other in others:
                if type(other) is not type(old) or other != old:
                    with pytest.raises(ValueError, match="not a stored sale"):
                        Sale.from_dict(changed(stored, path, other))

    def test_every_missing_or_added_key_is_refused(self) -> None:
        """A missing or additional key of a sale or a line is refused."""
        stored = SALE.to_dict()
        for path in [(), *(("lines", index) for index in range(5))]:
            for key in at(stored, path):
                damaged = deepcopy(stored)
                del at(damaged, path)[key]
                with pytest.raises(ValueError, match="not a stored sale"):
                    Sale.from_dict(damaged)
            with pytest.raises(ValueError, match="not a stored sale"):
                Sale.from_dict(changed(stored, (*path, "more"), 1))
        for lines in ([*stored["lines"], stored["lines"][0]], stored["lines"][::-1], stored["lines"][1:], []):
            with pytest.raises(ValueError, match="not a stored sale"):
                Sale.from_dict({**stored, "lines": lines})

    @pytest.mark.parametrize(
        "path",
        [
            ("usd_micros",), ("margin_micros",), ("lines", 1, "exact_micros"), ("lines", 1, "difference_micros"),
            ("lines", 1, "by"), ("lines", 0, "usd_micros"), ("lines", 4, "to_usd_micros"), ("exact_micros",),
        ],
        ids=str,
    )  # fmt: skip
    def test_a_new_digest_does_not_help(self, path: tuple[Any, ...]) -> None:
        """A changed amount is detected even if the digest was recomputed."""
        stored = SALE.to_dict()
        old = at(stored, path)
        data = changed(stored, path, old + 10_001 if isinstance(old, int) else "10001")
        renewed = {**data, "digest": digest_of({key: value for key, value in data.items() if key != "digest"})}
        with pytest.raises(ValueError, match="its amounts do not follow"):
            Sale.from_dict(renewed)

    @pytest.mark.parametrize("by", ["1e9", "1e999999999", "1/0", "0", "-1", "26/20", "1.30", " 1.3", "\u0661", "1_0"])
    def test_multipliers_are_plain(self, by: str) -> None:
        """A stored multiplier has one canonical form, and exponents are never evaluated."""
        stored = adjust(QUOTED, [MARGIN]).to_dict()
        with pytest.raises(ValueError, match="not a stored sale"):
            Sale.from_dict(changed(stored, ("lines", 0, "by"), by))

    @given(json_values)
    def test_anything_else(self, value: Any) -> None:
        """Anything else is a ValueError."""
        for stored in (value, {**SALE.to_dict(), "lines": value}, {**SALE.to_dict(), "quote": value}):
            with pytest.raises(ValueError, match="not a stored sale"):
                Sale.from_dict(stored)


FILE = """
# from the cost to the price
[[adjustment]]
name = "volume discount"
add_usd_micros = -50_000

[[adjustment]]
name = "margin"
multiply = 1.3

[[adjustment]]
name = "tax"
multiply = "28/15"

[[adjustment]]
name = "handling"
add_usd = "0.05"

[[adjustment]]
name = "refund"
add_usd = "-1.000001"

[[adjustment]]
name = "at least"
minimum_usd_micros = 10

[[adjustment]]
name = "at least, in dollars"
minimum_usd = "0.1"

[[adjustment]]
name = "at most"
maximum_usd_micros = 0

[[adjustment]]
name = "at most, in dollars"
maximum_usd = "2"

[[adjustment]]
name = "whole cents"
round_up_to_usd_micros = 10_000

[[adjustment]]
name = "whole dollars"
round_up_to_usd = "1.00"
"""
LISTED = (
    Add(name="volume discount", usd_micros=-50_000),
    Multiply(name="margin", by=Fraction(13, 10)),
    Multiply(name="tax", by=Fraction(28, 15)),
    Add(name="handling", usd_micros=50_000),
    Add(name="refund", usd_micros=-1_000_001),
    Minimum(name="at least", usd_micros=10),
    Minimum(name="at least, in dollars", usd_micros=100_000),
    Maximum(name="at most", usd_micros=0),
    Maximum(name="at most, in dollars", usd_micros=2_000_000),
    RoundUp(name="whole cents", to_usd_micros=10_000),
    RoundUp(name="whole dollars", to_usd_micros=1_000_000),
)


def faults(text: str | bytes) -> list[str]:
    """Return the faults of a file as they are printed."""
    with pytest.raises(TableError) as caught:
        parse_adjustments(text, file="sale.toml")
    return str(caught.value).splitlines()


class TestFile:
    """A file of adjustments is read exactly, or refused with all its faults."""

    def test_every_kind(self, tmp_path: Path) -> None:
        """Every key is read, in the order of the file, from text, bytes and a path."""
        path = tmp_path / "sale.toml"
        path.write_text(FILE, encoding="utf-8")
        assert parse_adjustments(FILE) == parse_adjustments(FILE.encode()) == load_adjustments(path) == LISTED
        assert load_adjustments(str(path)) == LISTED
        assert parse_adjustments("adjustment = []") == ()

    @pytest.mark.parametrize(
        ("line", "key", "message"),
        [
            ("multiply = 1.3e0", "multiply", "expected a number .*, got 1.3e0 .write it without exponent"),
            ("multiply = inf", "multiply", "expected a number"),
            ("multiply = nan", "multiply", "expected a number"),
            ('multiply = "1.3"', "multiply", 'expected a number or a ratio such as "28/15", got the string "1.3"'),
            ('multiply = "1/0"', "multiply", "expected a number"),
            ("multiply = true", "multiply", "expected a number .* got true"),
            ("multiply = 2026-12-01", "multiply", "expected a number .* got 2026-12-01"),
            ("multiply = 0.0", "multiply", "by must be above 0, got 0"),
            ("multiply = -1.3", "multiply", "by must be above 0, got -13/10"),
            ("add_usd_micros = 0.5", "add_usd_micros", "expected a whole number of micros, got the number 0.5"),
            ("add_usd_micros = 1.0", "add_usd_micros", "expected a whole number of micros, got the number 1.0"),
            ("add_usd_micros = true", "add_usd_micros", "expected a whole number of micros, got true"),
            ('add_usd_micros = "5"', "add_usd_micros", 'expected a whole number of micros, got the string "5"'),
            ("add_usd = 0.05", "add_usd", 'expected dollars in quotes, such as "0.05", got the number 0.05'),
            ("add_usd = 1e-2", "add_usd", "expected dollars in quotes.* got 1e-2 .write it without exponent"),
            ('add_usd = "1e-2"', "add_usd", "expected dollars as a plain decimal such as 1.26, got '1e-2'"),
            ('add_usd = "--1"', "add_usd", "expected dollars as a plain decimal such as 1.26, got '-1'"),
            ('add_usd = "$1"', "add_usd", "expected dollars as a plain decimal"),
            ('add_usd = "0.0000005"', "add_usd", "expected at most six decimal places, got '0.0000005'"),
            ("minimum_usd_micros = -1", "minimum_usd_micros", "usd_micros must be at least 0, got -1"),
            ('maximum_usd = "-0.01"', "maximum_usd", "usd_micros must be at least 0, got -10000"),
            ("round_up_to_usd_micros = 0", "round_up_to_usd_micros", "to_usd_micros must be at least 1, got 0"),
            ("times = 2", "times", "unknown key; known: name, multiply, add_usd, add_usd_micros, minimum_usd"),
        ],
    )
    def test_wrong_values(self, line: str, key: str, message: str) -> None:
        """Trap 21: a value of another type is reported with file, line and key, and never coerced."""
        found = faults(f'[[adjustment]]\nname = "step"\n{line}\n')
        assert found[-1].startswith(f"sale.toml:3: adjustment[1].{key}: ")
        with pytest.raises(TableError, match=message):
            parse_adjustments(f'[[adjustment]]\nname = "step"\n{line}\n')

    def test_every_fault_at_once(self) -> None:
        """All faults are reported, in the order of the lines."""
        text = """
            markup = 1
            [[adjustment]]
            multiply = 2
            [[adjustment]]
            name = "a"
            multiply = 2
            add_usd = "1"
            [[adjustment]]
            name = "a"
            multiply = 2
            [[adjustment]]
            name = "\\n"
            [[adjustment]]
            name = 5
            multiply = 2
            [[adjustment]]
            multiply = 2
        """
        keys = "multiply, add_usd, add_usd_micros, minimum_usd, minimum_usd_micros, maximum_usd, maximum_usd_micros, "
        keys += "round_up_to_usd, round_up_to_usd_micros"
        twice = "adjustment[2] has the same name; names must be unique"
        assert faults(text) == [
            "sale.toml:2: markup: unknown key; known: adjustment",
            "sale.toml:3: adjustment[1].name: this key is missing",
            f"sale.toml:5: adjustment[2]: expected exactly one of {keys}, got multiply and add_usd",
            f"sale.toml:10: adjustment[3].name: {twice}",
            f"sale.toml:12: adjustment[4]: expected exactly one of {keys}, got none",
            "sale.toml:13: adjustment[4].name: name must be printable text on one line, and not empty, got '\\n' (str)",
            "sale.toml:15: adjustment[5].name: name must be text, got 5 (int)",
            "sale.toml:17: adjustment[6].name: this key is missing",
        ]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "sale.toml: adjustment: expected one [[adjustment]] for each adjustment, or `adjustment = []`"),
            ("[adjustment]\nmultiply = 2", "sale.toml:1: adjustment: expected one [[adjustment]]"),
            ("adjustment = [2]", "sale.toml:1: adjustment[1]: expected a table with a name and an adjustment"),
            ("[[adjustment]]\nname = 'a'\nname = 'b'\nmultiply = 2", "sale.toml:3: adjustment[1].name: invalid TOML"),
            ("[[adjustment", "sale.toml:1: invalid TOML: "),
            (b"\xff", "sale.toml:1: invalid TOML: "),
        ],
    )
    def test_what_is_no_list_of_adjustments(self, text: str | bytes, message: str) -> None:
        """Trap 20: an empty file, another structure, a duplicate key and invalid TOML are refused."""
        [fault] = faults(text)
        assert fault.startswith(message)

    def test_a_path_that_cannot_be_read(self, tmp_path: Path) -> None:
        """A missing file is an OSError; faults name the file."""
        with pytest.raises(FileNotFoundError):
            load_adjustments(tmp_path / "none.toml")
        path = tmp_path / "sale.toml"
        path.write_bytes(b"")
        with pytest.raises(TableError, match=r"sale\.toml: adjustment: expected one"):
            load_adjustments(path)
