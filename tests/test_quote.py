"""Quotes of invented tables: their parts, explanation and stored form."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import invented
from ratecard import (
    Assumption,
    CatalogRef,
    Declined,
    InvalidRequest,
    NotPriced,
    Quote,
    QuotedFactor,
    RatecardError,
    RevisionRef,
    price_sheet,
    quote,
    try_quote,
)
from ratecard._money import fraction_text, usd_micros_of, usd_shown, usd_text
from ratecard._quote.quote import duration_text
from ratecard_rules import Factor, Price, exact_usd_micros, multiplier_of, rounded_usd_micros

if TYPE_CHECKING:
    from collections.abc import Callable

CONFLICTS = """
[[revision.conflict]]
about = "price.label"
says = "the label says per second, the formula says per loop"

[[revision.conflict]]
about = "input.prompt"
says = "one copy of the page has no prompt"
"""
CATALOG = invented.catalog(invented.PRICE + CONFLICTS)


def test_everything_that_a_quote_carries() -> None:
    """A quote has factors in the order of the formula, assumptions, conflicts about the price, and sources."""
    quoted = quote({**invented.request(sound=True), "version": "7"}, catalog=CATALOG)
    assert quoted == Quote(
        model="acme/loop-1/text-to-video",
        usd_micros=60_000,
        exact=Fraction(60_000),
        base_micros=10_000,
        rounding=None,
        factors=(
            QuotedFactor("duration", "4", Fraction(4), "default"),
            QuotedFactor("sound", value=True, multiplier=Fraction(3, 2), origin="given"),
        ),
        assumptions=(
            Assumption("duration", "documented", 'left out, so the default "4" applies'),
            Assumption(
                "/version",
                None,
                'the request pins version "7"; rules and prices here are those of the latest stable version',
            ),
        ),
        conflicts=("the label says per second, the formula says per loop",),
        typical_seconds=None,
        revision=RevisionRef(
            1,
            None,
            date(2026, 11, 20),
            ("https://example.com/loop-1",),
            CATALOG["acme/loop-1/text-to-video"].latest.digest,
        ),
        catalog=CatalogRef("2026-11-20", CATALOG.digest),
    )
    assert quoted.usd == Decimal("0.06")


def test_explain() -> None:
    """The explanation has every line of the price in order, then assumptions, conflicts and sources."""
    assert quote(invented.request(sound=True), catalog=CATALOG).explain().splitlines() == [
        "$0.06  acme/loop-1/text-to-video",
        "  base          $0.01  (10,000 micros)",
        '  duration "4"    x 4  default',
        "  sound true    x 1.5",
        "  total         $0.06  (60,000 micros)",
        'assumes: duration: left out, so the default "4" applies (documented)',
        "conflict: the label says per second, the formula says per loop",
        "source: https://example.com/loop-1 (checked 2026-11-20)",
    ]


def test_a_later_revision_is_in_force(at_clock: Callable[[datetime], None]) -> None:
    """Without `at`, the revision in force now applies, and the quote names it."""
    at_clock(datetime(2026, 12, 1, tzinfo=UTC))
    second = invented.REVISION.replace("checked", "effective = 2026-12-01T01:00:00+01:00\nchecked")
    text = invented.PRICE + second.format(complete="true") + invented.INPUT + invented.PRICE.replace("10_000", "20_000")
    quoted = quote(invented.request(), catalog=invented.catalog(text))
    assert quoted.usd_micros == 80_000
    assert quoted.revision.number == 2
    assert quoted.revision.effective == datetime(2026, 12, 1, tzinfo=UTC)
    assert Quote.from_dict(quoted.to_dict()) == quoted


def test_strict_refuses_what_is_not_certain() -> None:
    """`strict` turns warnings into errors, in `quote` and `try_quote`."""
    fields = invented.INPUT.replace("max_length = 10", 'max_length = 10\nevidence = { max_length = "assumed" }')
    catalog = invented.catalog(fields=fields)
    request = invented.request(prompt="0123456789x")
    assert quote(request, catalog=catalog).assumptions[-1].evidence == "assumed"
    with pytest.raises(InvalidRequest, match="the request is invalid\nerror    too_long  /input/prompt"):
        quote(request, catalog=catalog, strict=True)
    assert isinstance(try_quote(request, catalog=catalog, strict=True), Declined)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2), ("format", True), ("usd", "0.60"), ("usd", "0.060"), ("exact_micros", "60000.0"),
        ("exact_micros", "1/0"), ("exact_micros", "x"), ("exact_micros", "1e999999999"),
        ("rounding", "up"), ("factors", {}), ("factors", [{}]),
        ("base_micros", True), ("usd_micros", 60000.0), ("assumptions", [1]),
        ("conflicts", ["x", 1]), ("revision", None), ("typical_seconds", "5"),
    ],
)  # fmt: skip
def test_from_dict_refuses_anything_else(key: str, value: Any) -> None:
    """A stored quote with a part of another form is a ValueError."""
    stored = quote(invented.request(sound=True), catalog=CATALOG).to_dict()
    with pytest.raises(ValueError, match="not a stored quote"):
        Quote.from_dict({**stored, key: value})
    with pytest.raises(ValueError, match="not a stored quote"):
        Quote.from_dict([])  # type: ignore[arg-type]


def test_errors_are_one_family() -> None:
    """Every error is a RatecardError and the matching builtin, and can be pickled."""
    errors: list[Exception] = [InvalidRequest(invented_report()), NotPriced("price_unknown", "not seen")]
    for error, builtin in zip(errors, (ValueError, LookupError), strict=True):
        assert isinstance(error, RatecardError)
        assert isinstance(error, builtin)
        again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
        assert str(again) == str(error)
        assert again.report == error.report  # type: ignore[attr-defined]


def invented_report() -> Any:
    """Return the report of a request without a prompt."""
    answer = try_quote({"model": "acme/loop-1/text-to-video", "input": {}}, catalog=CATALOG)
    assert isinstance(answer, Declined)
    assert answer.to_dict()["problems"][0]["code"] == "missing_field"
    return answer.report


def test_a_sheet_row_is_a_quote() -> None:
    """A row of the sheet equals the quote of a request that gives every priced field."""
    row = price_sheet("acme/loop-1/text-to-video", catalog=CATALOG)[3]
    assert row == quote(invented.request(sound=True, duration="8"), catalog=CATALOG)
    assert row.usd_micros == 120_000


@pytest.mark.parametrize(
    ("micros", "text", "shown"),
    [
        (0, "0.00", "$0.00"), (1, "0.000001", "$0.000001"), (50_000, "0.05", "$0.05"),
        (280_005, "0.280005", "$0.280005"),
        (999_999_999_999, "999999.999999", "$999,999.999999"), (-1_500_000, "-1.50", "-$1.50"),
    ],
)  # fmt: skip
def test_dollars(micros: int, text: str, shown: str) -> None:
    """Dollars are exact, and formatted for people."""
    assert usd_text(micros) == text
    assert usd_shown(micros) == shown


@pytest.mark.parametrize("text", ["", "1.", ".5", "-1", "1e3", "nan", "1,000", " 1", "\u0661", "$1", "1.2.3"])
def test_text_that_is_no_amount(text: str) -> None:
    """Dollars are read only from plain decimal text."""
    with pytest.raises(ValueError, match="plain decimal"):
        usd_micros_of(text)


def test_amounts_below_a_micro_stay_exact() -> None:
    """Amounts are exact with any number of places."""
    assert usd_micros_of("0.0000005") == Fraction(1, 2)
    assert usd_micros_of("1") == 1_000_000
    for number in (Fraction(1, 3), Fraction(-3, 2), Fraction(56001, 2), Fraction(1, 2**20)):
        assert Fraction(fraction_text(number)) == number
    assert fraction_text(Fraction(-3, 2)) == "-1.5"
    assert duration_text(90) == "90 s"


def test_the_formula_never_guesses() -> None:
    """An option without a multiplier, an unknown price and a price that is not whole raise."""
    timed = Factor(field="duration")
    for text in ("auto", "", "\u0665", "1e3", "-5", " 5", "5.", ".5"):
        with pytest.raises(KeyError):
            multiplier_of(timed, text)
    with pytest.raises(KeyError):
        multiplier_of(Factor(field="sound", multipliers=(("true", Fraction(2)),)), value=False)
    with pytest.raises(ValueError, match="the price is not known: not seen"):
        exact_usd_micros(Price(unknown="not seen"), [Fraction(1)])
    with pytest.raises(ValueError, match="1/2 is not a whole number of micros and the table states no rounding"):
        rounded_usd_micros(Price(base_usd_micros=1), Fraction(1, 2))
    halves = [rounded_usd_micros(Price(base_usd_micros=1, rounding="half_up"), Fraction(n, 4)) for n in range(5, 9)]
    assert halves == [1, 2, 2, 2]
