"""Open requests: what they cost at least and at most; and prices that need a measurement. On invented tables."""

from __future__ import annotations

from decimal import Context, FloatOperation, Inexact, Rounded, Subnormal, localcontext
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
    """Return the lowest and highest price in micros, and the open fields."""
    both = quote_range(invented.request(**fields), catalog=CATALOG)
    return both.low.usd_micros, both.high.usd_micros, both.undetermined


def test_what_is_open() -> None:
    """ANY is every option, a set is some of them; fields with a value or a default are not open."""
    assert ends() == (40_000, 40_000, ())  # 10,000 x 4
    assert ends(duration=ANY) == (40_000, 80_000, ("duration",))
    assert ends(duration=ANY, sound=ANY) == (40_000, 120_000, ("duration", "sound"))  # 10,000 x 8 x 1.5
    assert ends(duration={"8"}, sound=ANY) == (80_000, 120_000, ("sound",))
    assert ends(duration=frozenset({"4", "8"}), sound=True) == (60_000, 120_000, ("duration",))
    assert ends(sound={True, False}) == (40_000, 60_000, ("sound",))


def test_what_drives_the_range() -> None:
    """The field with the largest ratio of multipliers comes first; both ends are complete quotes."""
    both = quote_range(invented.request(sound=ANY, duration=ANY), catalog=CATALOG)
    assert both.spread == (("duration", Fraction(2)), ("sound", Fraction(3, 2)))
    assert both.high == quote(invented.request(sound=True, duration="8"), catalog=CATALOG)
    assert both.low == price_sheet("acme/loop-1/text-to-video", catalog=CATALOG)[0]
    assert both.to_dict()["spread"] == [{"field": "duration", "ratio": "2"}, {"field": "sound", "ratio": "1.5"}]
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
    """A field without a known default has a range if it is left out, and a price if it is given."""
    declined = try_quote(invented.request(sound=True), catalog=NO_DEFAULTS)
    assert isinstance(declined, Declined)
    assert declined.code == "undetermined"
    assert declined.message == 'duration: left out, and its default is not known; priced options: "4", "8"'
    both = quote_range(invented.request(sound=True), catalog=NO_DEFAULTS)
    assert (both.low.usd_micros, both.high.usd_micros, both.undetermined) == (60_000, 120_000, ("duration",))
    assert quote_range(invented.request(), catalog=NO_DEFAULTS).undetermined == ("duration", "sound")
    assert quote(invented.request(sound=False, duration="4"), catalog=NO_DEFAULTS).usd_micros == 40_000


@pytest.mark.parametrize("measured", [None, {}])
def test_without_its_measurement_there_is_no_price(measured: Any) -> None:
    """A request without its measured quantity is valid but declined."""
    assert validate(invented.request(), catalog=MEASURED).ok
    declined = try_quote(invented.request(), catalog=MEASURED, measured=measured)
    assert isinstance(declined, Declined)
    assert declined.code == "needs_measurement"
    assert 'priced options: "4", "8"' in declined.message
    both = quote_range(invented.request(), catalog=MEASURED, measured=measured)
    assert (both.low.usd_micros, both.high.usd_micros, both.undetermined) == (40_000, 80_000, ("duration",))


@pytest.mark.parametrize(
    "measured", [{"duration": "6"}, {"duration": 4}, {"duration": None}, {"seconds": "4"}, {"sound": True}]
)
def test_a_measurement_that_does_not_apply_is_refused(measured: Any) -> None:
    """Unknown names, names of fields and values that are not options are problems, as in `quote`."""
    declined = try_quote(invented.request(), catalog=MEASURED, measured=measured)
    assert isinstance(declined, Declined)
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(invented.request(), catalog=MEASURED, measured=measured)
    assert refusal.value.report == declined.report


@pytest.mark.parametrize("measured", [5, "duration", [("duration", "4")]])
def test_measured_is_a_mapping(measured: Any) -> None:
    """Anything else is a TypeError."""
    with pytest.raises(TypeError, match="measured must be a mapping"):
        quote_range(invented.request(), catalog=MEASURED, measured=measured)


def test_with_its_measurement_there_is_one() -> None:
    """The origin of the factor is `measured`; in the request, the name is an unknown field."""
    quoted = quote(invented.request(), catalog=MEASURED, measured={"duration": "8"})
    assert (quoted.usd_micros, quoted.factors[0].origin) == (80_000, "measured")
    assert "measured" in quoted.explain()
    assert quoted.factors[0] == price_sheet(quoted.model, catalog=MEASURED)[2].factors[0]
    assert quote_range(invented.request(), catalog=MEASURED, measured={"duration": "8"}).low == quoted
    assert validate(invented.request(duration="8"), catalog=MEASURED).errors[0].code == "unknown_field"


def test_a_value_beyond_an_uncertain_list_may_be_sent_but_has_no_price() -> None:
    """The value is only a warning, but its price is declined rather than computed from the formula."""
    request = invented.request(duration="6")
    assert [one.severity for one in validate(request, catalog=UNCERTAIN).problems] == ["warning"]
    with pytest.raises(NotPriced, match="this value has no documented price") as refusal:
        quote(request, catalog=UNCERTAIN)
    assert refusal.value.code == "undetermined"
    with pytest.raises(NotPriced, match="this value has no documented price"):
        quote_range(invented.request(duration={"4", "6"}), catalog=UNCERTAIN)


class Other(Enum):
    """An enum with a member of the same name."""

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
    """A wrong option, an open field that is not priced and any other problem refuse the whole range."""
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(invented.request(**fields), catalog=CATALOG)
    assert [one.code for one in refusal.value.report.errors] == [code]


def test_a_set_has_one_order() -> None:
    """Wrong options of a set are reported in sorted order."""
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(invented.request(duration={"9", "7", "5", "4", "6"}), catalog=CATALOG)
    assert [one.value for one in refusal.value.report.errors] == ["5", "6", "7", "9"]


@pytest.mark.parametrize("request_", [None, 5, {}, {"model": 5, "input": {}}, {"model": "acme/loop", "input": ANY}])
def test_any_request_may_come(request_: Any) -> None:
    """An invalid request is refused with its report, as by `quote`."""
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(request_, catalog=CATALOG)
    assert refusal.value.report == validate(request_, catalog=CATALOG)


def test_any_is_no_value_for_a_quote() -> None:
    """`ANY` has a short repr and is accepted only by `quote_range`."""
    assert repr(ANY) == "ANY"
    assert validate(invented.request(duration=ANY), catalog=CATALOG).errors[0].code == "not_json"


def test_a_range_of_an_unknown_price_is_declined() -> None:
    """Without a price there is no range."""
    unknown = invented.catalog('[revision.price]\nunknown = "the pricing section was not seen"')
    with pytest.raises(NotPriced, match="price_unknown"):
        quote_range(invented.request(), catalog=unknown)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("nosuchfield", ANY, 'JSON cannot represent ANY; this model has no field "nosuchfield"'),
        ("prompt", ANY, 'JSON cannot represent ANY; the price does not depend on "prompt"'),
        ("seed", {1, 2}, 'JSON cannot represent a set of options; the price does not depend on "seed"'),
        ("duration", set(), "JSON cannot represent a set of options; it is empty"),
        ("a/b~c", ANY, 'JSON cannot represent ANY; this model has no field "a/b~c"'),
    ],
)
@pytest.mark.parametrize("complete", [True, False])
def test_only_priced_fields_can_be_open(name: str, value: Any, message: str, complete: bool) -> None:  # noqa: FBT001
    """An open field that is not priced is one problem, which names the priced fields."""
    catalog = invented.catalog(complete=complete)
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(invented.request(**{name: value}), catalog=catalog)
    problem, *others = refusal.value.report.errors
    assert problem.message == f"{message}; only priced fields can be open: duration, sound"
    assert [other.code for other in others] == (["unknown_field"] if complete and "no field" in message else [])


def test_a_flat_price_leaves_nothing_open() -> None:
    """If the price depends on no field, the problem says so."""
    flat = invented.catalog('[revision.price]\nbase_usd_micros = 60_000\nlabel = "request"')
    with pytest.raises(InvalidRequest, match="only priced fields can be open, and this model has none"):
        quote_range(invented.request(duration=ANY), catalog=flat)


class Key:
    """A key that raises if it is compared, or hashed a second time."""

    hashed = 0

    def __hash__(self) -> int:
        self.hashed += 1
        if self.hashed > 1:
            raise RuntimeError
        return 1

    def __eq__(self, other: object) -> bool:
        raise RuntimeError


class Hostile(dict[Any, Any]):
    """A dict whose methods raise."""

    def _raise(self, *_: object) -> Any:
        raise RuntimeError

    items = keys = values = get = copy = __iter__ = __getitem__ = __contains__ = __len__ = _raise


@pytest.mark.parametrize("key", [("a", "tuple"), 5, None, b"duration", Key])
@pytest.mark.parametrize("place", ["request", "input"])
def test_keys_that_are_not_text(key: Any, place: str) -> None:
    """A key that is not text is the only problem, also if other fields are open."""
    request: dict[Any, Any] = invented.request(duration=ANY, sound={True, False}, prompt="a" * 11)
    (request if place == "request" else request["input"])[key() if key is Key else key] = 1
    with pytest.raises(InvalidRequest) as refusal:
        quote_range(request, catalog=CATALOG)
    assert [one.code for one in refusal.value.report.errors] == ["not_json", "too_long"]
    assert refusal.value.report.errors[0].pointer == ("" if place == "request" else "/input")


def test_dict_subclasses_are_read_as_dicts() -> None:
    """Methods of the caller's objects are never called."""
    request = Hostile({"model": "acme/loop-1/text-to-video", "input": Hostile({"prompt": "a cat", "duration": ANY})})
    assert quote_range(request, catalog=CATALOG).undetermined == ("duration",)


def test_no_decimal_context_matters() -> None:
    """The caller's decimal context does not affect a range."""
    expected = quote_range(invented.request(duration=ANY, sound={True, False}, seed=0.5), catalog=CATALOG)
    for traps in ([FloatOperation], [Inexact, Rounded, Subnormal, FloatOperation]):
        with localcontext(Context(prec=1, traps=traps)):
            both = quote_range(invented.request(duration=ANY, sound={True, False}, seed=0.5), catalog=CATALOG)
            assert both == expected
            assert both.to_dict() == expected.to_dict()
            assert both.explain() == expected.explain()
