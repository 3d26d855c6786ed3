"""Open requests: what they cost at least and at most; and prices that need a measurement. On invented tables."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import Any

import pytest

import invented
from ratecard import (
    ANY,
    Declined,
    InvalidRequest,
    NotPriced,
    price_sheet,
    quote,
    quote_range,
    try_quote,
    validate,
)

CATALOG = invented.catalog()
NO_DEFAULTS = invented.catalog(fields=invented.INPUT.replace('default = "4"\n', "").replace("default = false\n", ""))
MEASURED = invented.catalog(
    fields=invented.INPUT.replace(
        '[revision.input.duration]\ntype = "string"\nallowed = ["4", "8"]\ndefault = "4"',
        '[revision.measured.duration]\ntype = "string"\nallowed = ["4", "8"]',
    )
)
UNCERTAIN = invented.catalog(
    fields=invented.INPUT.replace('default = "4"', 'default = "4"\nevidence = { allowed = "assumed" }')
)


def ends(**fields: Any) -> tuple[int, int, tuple[str, ...]]:
    """Return the ends of a range in micros, and what is open."""
    both = quote_range(invented.request(**fields), catalog=CATALOG)
    return both.low.usd_micros, both.high.usd_micros, both.undetermined


def test_what_is_open() -> None:
    """ANY stands for every option, a set for some of them; what is given or has a default is not open."""
    assert ends() == (40_000, 40_000, ())  # 10,000 x 4
    assert ends(duration=ANY) == (40_000, 80_000, ("duration",))
    assert ends(duration=ANY, sound=ANY) == (40_000, 120_000, ("duration", "sound"))  # 10,000 x 8 x 1.5
    assert ends(duration={"8"}, sound=ANY) == (80_000, 120_000, ("sound",))
    assert ends(duration=frozenset({"4", "8"}), sound=True) == (60_000, 120_000, ("duration",))
    assert ends(sound={True, False}) == (40_000, 60_000, ("sound",))


def test_what_drives_the_range() -> None:
    """The field with the largest ratio of multipliers stands first; the ends are whole quotes."""
    both = quote_range(invented.request(sound=ANY, duration=ANY), catalog=CATALOG)
    assert both.spread == (("duration", Fraction(2)), ("sound", Fraction(3, 2)))
    assert both.high == quote(invented.request(sound=True, duration="8"), catalog=CATALOG)
    assert both.low == price_sheet("acme/loop-1/text-to-video", catalog=CATALOG)[0]
    assert both.to_dict()["spread"] == [{"field": "duration", "ratio": "2"}, {"field": "sound", "ratio": "3/2"}]
    assert both.to_dict()["high"] == both.high.to_dict()
    assert both.to_dict()["undetermined"] == ["duration", "sound"]
    lines = both.explain().splitlines()
    assert lines[:3] == [
        "$0.04 to $0.12  acme/loop-1/text-to-video",
        "  duration is open: up to x 2",
        "  sound is open: up to x 1.5",
    ]
    assert quote_range(invented.request(), catalog=CATALOG).explain().startswith("$0.04  acme")


def test_a_field_without_a_known_default_is_open() -> None:
    """Left out, it cannot be quoted but has a range; given, it has a price."""
    declined = try_quote(invented.request(sound=True), catalog=NO_DEFAULTS)
    assert isinstance(declined, Declined)
    assert declined.code == "undetermined"
    assert declined.message == 'duration: left out, and its default is not known; priced are "4", "8"'
    both = quote_range(invented.request(sound=True), catalog=NO_DEFAULTS)
    assert (both.low.usd_micros, both.high.usd_micros, both.undetermined) == (60_000, 120_000, ("duration",))
    assert quote_range(invented.request(), catalog=NO_DEFAULTS).undetermined == ("duration", "sound")
    assert quote(invented.request(sound=False, duration="4"), catalog=NO_DEFAULTS).usd_micros == 40_000


@pytest.mark.parametrize(
    "measured", [None, {}, {"duration": "6"}, {"duration": 4}, {"duration": None}, {"seconds": "4"}]
)
def test_without_its_measurement_there_is_no_price(measured: Any) -> None:
    """A quantity that is not measured, or not as one of its options, declines; the request itself is valid."""
    assert validate(invented.request(), catalog=MEASURED).ok
    declined = try_quote(invented.request(), catalog=MEASURED, measured=measured)
    assert isinstance(declined, Declined)
    assert declined.code == "needs_measurement"
    assert 'priced are "4", "8"' in declined.message
    both = quote_range(invented.request(), catalog=MEASURED, measured=measured)
    assert (both.low.usd_micros, both.high.usd_micros, both.undetermined) == (40_000, 80_000, ("duration",))


def test_with_its_measurement_there_is_one() -> None:
    """The quote says that the value was measured; what cannot be sent is no field of the request."""
    quoted = quote(invented.request(), catalog=MEASURED, measured={"duration": "8"})
    assert (quoted.usd_micros, quoted.factors[0].origin) == (80_000, "measured")
    assert "measured" in quoted.explain()
    assert quoted.factors[0] == price_sheet(quoted.model, catalog=MEASURED)[2].factors[0]
    assert quote_range(invented.request(), catalog=MEASURED, measured={"duration": "8"}).low == quoted
    assert validate(invented.request(duration="8"), catalog=MEASURED).errors[0].code == "unknown_field"


def test_a_value_beyond_an_uncertain_list_may_be_sent_but_has_no_price() -> None:
    """It is a warning, never a false error; its price is declined, never made up from the formula."""
    request = invented.request(duration="6")
    assert [one.severity for one in validate(request, catalog=UNCERTAIN).problems] == ["warning"]
    with pytest.raises(NotPriced, match="no page says what this value costs") as refusal:
        quote(request, catalog=UNCERTAIN)
    assert refusal.value.code == "undetermined"
    with pytest.raises(NotPriced, match="no page says what this value costs"):
        quote_range(invented.request(duration={"4", "6"}), catalog=UNCERTAIN)


class Other(Enum):
    """Another marker."""

    ANY = "ANY"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"duration": {"4", "6"}}, "not_allowed"),
        ({"duration": {"4", 8}}, "wrong_type"),
        ({"duration": set()}, "not_json"),
        ({"duration": Other.ANY}, "not_json"),
        ({"prompt": ANY}, "not_json"),
        ({"seed": {1, 2}}, "not_json"),
        ({"duration": ANY, "seed": -1}, "too_small"),
    ],
)
def test_every_open_option_is_judged(fields: dict[str, Any], code: str) -> None:
    """An option that is none, a mark on a field that is not priced and any other problem refuse the whole range."""
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(invented.request(**fields), catalog=CATALOG)
    assert [one.code for one in refusal.value.report.errors] == [code]


def test_a_set_has_one_order() -> None:
    """Several wrong options of a set are told in one order, whatever order the set has in this process."""
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(invented.request(duration={"9", "7", "5", "4", "6"}), catalog=CATALOG)
    assert [one.value for one in refusal.value.report.errors] == ["5", "6", "7", "9"]


@pytest.mark.parametrize("request_", [None, 5, {}, {"model": 5, "input": {}}, {"model": "acme/loop", "input": ANY}])
def test_any_request_may_come(request_: Any) -> None:
    """What is no valid request is refused with its report, as by `quote`."""
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(request_, catalog=CATALOG)
    assert refusal.value.report == validate(request_, catalog=CATALOG)


def test_any_is_no_value_for_a_quote() -> None:
    """`ANY` shows its name, and only a range takes it."""
    assert repr(ANY) == "ANY"
    assert validate(invented.request(duration=ANY), catalog=CATALOG).errors[0].code == "not_json"


def test_a_range_of_an_unknown_price_is_declined() -> None:
    """Without a price there is no range."""
    unknown = invented.catalog('[revision.price]\nunknown = "the pricing section was not seen"')
    with pytest.raises(NotPriced, match="price_unknown"):
        quote_range(invented.request(), catalog=unknown)
