"""Pricing and validation bugs that real systems shipped: one test each, named after the trap.

Each fails when its bug is put back in. Tables are invented where a documented one could hide the bug.
"""

from __future__ import annotations

import ast
import json
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_UP, Context, Decimal, Inexact, localcontext
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
import ratecard
import ratecard_rules
from dated import periods, slug_of, table_files, whole
from ratecard import (
    Add,
    Catalog,
    Declined,
    InvalidRequest,
    Multiply,
    NotPriced,
    Quote,
    RoundUp,
    TableError,
    UnknownModel,
    adjust,
    diff,
    price_sheet,
    quote,
    try_quote,
    validate,
    verify,
)
from ratecard._money import usd_decimal, usd_shown, usd_text
from ratecard_rules import load_model, option_text

if TYPE_CHECKING:
    from collections.abc import Iterator

O1_TEXT = "kling-plus/kling-o1-standard/text-to-video"
O3_IMAGE = "kling-plus/kling-o3-standard/image-to-video"
EDIT = "kling-plus/kling-o1-pro/video-edit-fast"
SOURCES = [Path(package.__file__ or "").parent for package in (ratecard, ratecard_rules)]


def o1_text(**fields: Any) -> dict[str, Any]:
    """Return a request for text-to-video, 50,000 micros a second."""
    return {"model": O1_TEXT, "input": {"prompt": "a cat", **fields}}


def modules() -> list[Path]:
    """Return every module of both packages."""
    found = [path for source in SOURCES for path in source.rglob("*.py")]
    assert len(found) >= 20
    return found


def test_trap_01_unit_name_lies() -> None:
    """50,000 micros are $0.05 in every output, and every name of an amount says its unit."""
    quoted = quote(invented.request(), catalog=invented.catalog(PRICE_FLAT))
    assert (quoted.usd_micros, str(quoted.usd), quoted.to_dict()["usd"]) == (50_000, "0.05", "0.05")
    assert "$0.05" in quoted.explain()
    assert "50,000 micros" in quoted.explain()
    amounts = [name for name, value in quoted.to_dict().items() if value == 50_000]
    assert amounts == ["usd_micros", "base_micros"]
    numbers = [one.name for one in attrs.fields(ratecard_rules.Price) if "int" in str(one.type)]
    assert numbers == ["base_usd_micros"]


PRICE_FLAT = """
[revision.price]
base_usd_micros = 50_000
label = "request"
"""


def test_trap_03_flat_price_read_as_per_second() -> None:
    """A flat model costs the same whatever its duration; one priced by the second is proportional to it."""
    flat, timed = invented.catalog(PRICE_FLAT), invented.catalog()
    costs = [quote(invented.request(duration=d), catalog=flat).usd_micros for d in ("4", "8")]
    assert costs == [50_000, 50_000]
    costs = [quote(invented.request(duration=d), catalog=timed).usd_micros for d in ("4", "8")]
    assert costs == [40_000, 80_000]
    video_edit = {"model": EDIT, "input": {"prompt": "snow", "video_url": "https://example.com/cat.mp4"}}
    assert quote(video_edit).usd_micros == 30_000  # the label says per second, the formula flat
    assert "per second" in quote(video_edit).conflicts[0]


def test_trap_04_silent_zero_for_an_unknown_model() -> None:
    """An unknown model is an error that offers the nearest name; nothing gives it a price."""
    request = {**o1_text(), "model": O1_TEXT[:-1]}
    answer = try_quote(request)
    assert isinstance(answer, Declined)
    assert answer.report.errors[0].code == "unknown_model"
    assert answer.report.errors[0].suggestion == O1_TEXT
    assert not [name for name in dir(answer) if "usd" in name or "micros" in name]
    with pytest.raises(UnknownModel, match="did you mean kling-plus"):
        price_sheet(O1_TEXT[:-1])


def test_trap_05_silent_default_for_an_unknown_parameter() -> None:
    """A slip in a priced key is an error, even where the list of fields is known to be incomplete."""
    incomplete = invented.catalog(complete=False)
    slip = invented.request(durtion="8")
    problem = validate(slip, catalog=incomplete).errors[0]
    assert (problem.code, problem.pointer, problem.suggestion) == ("unknown_field", "/input/durtion", "duration")
    assert isinstance(try_quote(slip, catalog=incomplete), Declined)
    other = invented.request(watermark=True)
    assert [one.severity for one in validate(other, catalog=incomplete).problems] == ["warning"]
    assert quote(other, catalog=incomplete).assumptions[-1].about == "/input/watermark"


def test_trap_06_made_up_fallback_price() -> None:
    """A priced field that is left out and has no known default is declined, with a code and without an amount."""
    fields = invented.INPUT.replace('default = "4"\n', "")
    catalog = invented.catalog(fields=fields)
    assert validate(invented.request(), catalog=catalog).ok
    answer = try_quote(invented.request(), catalog=catalog)
    assert isinstance(answer, Declined)
    assert answer.code == "undetermined"
    assert "duration" in answer.message
    assert quote(invented.request(duration="8"), catalog=catalog).usd_micros == 80_000


def test_trap_07_free_is_not_unpriced() -> None:
    """A price of zero needs a word of its own; an unknown price is declined; neither passes for the other."""
    free = '[revision.price]\nbase_usd_micros = 0\nfree = true\nlabel = "request"'
    assert quote(invented.request(), catalog=invented.catalog(free)).usd_micros == 0
    with pytest.raises(TableError, match="free = true"):
        invented.catalog(free.replace("free = true", ""))
    unknown = invented.catalog('[revision.price]\nunknown = "the pricing section was not seen"')
    assert validate(invented.request(), catalog=unknown).ok
    with pytest.raises(NotPriced, match="the pricing section was not seen") as refusal:
        quote(invented.request(), catalog=unknown)
    assert refusal.value.code == "price_unknown"
    answer = try_quote(invented.request(), catalog=unknown)
    assert isinstance(answer, Declined)
    assert not any(isinstance(value, int) for value in answer.to_dict().values())
    with pytest.raises(NotPriced):
        price_sheet("acme/loop-1/text-to-video", catalog=unknown)


def test_trap_08_default_not_applied() -> None:
    """Leaving a field out costs what its default costs, and the quote lists the default and says so."""
    assumed, given_ = quote(o1_text()), quote(o1_text(duration="5"))
    assert assumed.usd_micros == given_.usd_micros == 250_000
    assert [(one.field, one.value, one.origin) for one in assumed.factors] == [("duration", "5", "default")]
    assert [(one.field, one.value, one.origin) for one in given_.factors] == [("duration", "5", "given")]
    assert [(one.about, one.evidence) for one in assumed.assumptions] == [("duration", "implied")]


def test_trap_09_quoting_an_invalid_request() -> None:
    """A duration that is not among the options has no price, though the formula could make one."""
    with pytest.raises(InvalidRequest) as refusal:
        quote(o1_text(duration="7"))
    assert [one.code for one in refusal.value.report.errors] == ["not_allowed"]


def test_trap_10_misspelt_key_runs_at_the_default() -> None:
    """An unknown key is an error that names the nearest key and mends it."""
    request = o1_text(durtion="10")
    problem = validate(request).errors[0]
    assert (problem.pointer, problem.suggestion) == ("/input/durtion", "duration")
    assert quote(validate(request).fixed(request)).usd_micros == 500_000


def test_trap_11_string_or_integer_option() -> None:
    """5 is not "5": it is named as the wrong type and mended, never coerced in silence."""
    problem = validate(o1_text(duration=5)).errors[0]
    assert (problem.code, problem.value, problem.allowed) == ("wrong_type", 5, ("5", "10"))
    assert problem.fix is not None
    assert problem.fix.to_dict() == {"op": "replace", "path": "/input/duration", "value": "5"}


def test_trap_12_boolean_or_text() -> None:
    """True, 1 and "True" are not "true"; "true" is not true where a boolean is wanted."""
    image = {"image_url": "https://example.com/cat.jpg"}
    for value in (True, 1, 1.0, "True", "TRUE", None):
        assert not validate({"model": O3_IMAGE, "input": {**image, "has_sound": value}}).ok
    assert validate({"model": O3_IMAGE, "input": {**image, "has_sound": "true"}}).ok
    catalog = invented.catalog()
    for value in (1, 0, 1.0, "true", "True", None):
        assert not validate(invented.request(sound=value), catalog=catalog).ok
    assert quote(invented.request(sound=True), catalog=catalog).usd_micros == 60_000


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -1, -0.5, 100, True, "5", Decimal(5)])
def test_trap_13_odd_numbers_as_quantities(value: Any) -> None:
    """Not-a-number, infinity, a number out of range, a boolean or text is no number from 0 to 99."""
    problem = validate(invented.request(seed=value), catalog=invented.catalog()).errors[0]
    assert problem.pointer == "/input/seed"
    assert problem.code in {"not_json", "too_small", "too_large", "wrong_type"}
    assert not validate(invented.request(duration=value), catalog=invented.catalog()).ok


PRICED_IN = {"_quote", "_sale", "_diff", "_table"}
"""The folders in which prices are made, stored and compared."""
DIVIDE_FRACTIONS = {"render.py", "range.py", "adjust.py"}


def test_trap_14_float_money() -> None:
    """No float takes part in a price: no float literal and no true division where prices are made or stored."""
    priced = [path for path in modules() if path.parent.name in PRICED_IN or path.name == "_money.py"]
    assert {path.parent.name for path in priced} == {*PRICED_IN, "ratecard"}
    for path in priced:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        assert path.name in DIVIDE_FRACTIONS or not [node for node in nodes if isinstance(node, ast.Div)], path
        assert not [node for node in nodes if isinstance(node, ast.Constant) and type(node.value) is float], path
        assert not [node for node in nodes if isinstance(node, ast.Name) and node.id == "float"], path
    ten_cents = (
        '[revision.price]\nbase_usd_micros = 100_000\n[revision.price.factors]\nduration = { "4" = 3, "8" = 1.1 }'
    )
    quoted = [quote(invented.request(duration=d), catalog=invented.catalog(ten_cents)) for d in ("4", "8")]
    assert [str(one.usd) for one in quoted] == ["0.30", "0.11"]  # 0.1 * 3 is 0.30000000000000004 as floats


def test_trap_15_decimal_built_from_a_float() -> None:
    """84,000 x 1.1 is 92,400 exactly: the multiplier is read from its digits, and a ratio keeps its thirds."""
    price = (
        invented.PRICE.replace("10_000", "84_000").replace("1.5", "1.1").replace('"value"', '{ "4" = 1, "8" = "1/3" }')
    )
    catalog = invented.catalog(price)
    assert quote(invented.request(sound=True), catalog=catalog).exact == 92_400
    assert quote(invented.request(duration="8"), catalog=catalog).factors[0].multiplier == Fraction(1, 3)


@given(st.integers(1, 50), st.sampled_from([ROUND_UP, "ROUND_FLOOR", "ROUND_HALF_EVEN"]))
def test_trap_16_decimal_context_of_the_caller(precision: int, rounding: str) -> None:
    """Precision, rounding and traps of the caller's decimal context change no price, even while tables are read."""
    with localcontext(Context(prec=precision, rounding=rounding, traps=[Inexact])):
        catalog = invented.catalog(invented.PRICE.replace("10_000", "123_457"))
        assert str(quote(invented.request(sound=True, duration="8"), catalog=catalog).usd) == "1.481484"


ROUNDED = """
[revision.price]
base_usd_micros = 15_000
rounding = "half_up"
evidence = { rounding = "assumed" }
[revision.price.factors]
duration = "value"
sound = { "false" = 1.8667, "true" = 0.00001 }
"""


def test_trap_17_rounding_before_multiplying() -> None:
    """The price is rounded once, at the end, and totals are sums of whole micros: small items are not lost."""
    catalog = invented.catalog(ROUNDED)
    four = quote(invented.request(), catalog=catalog)
    assert four.exact == Fraction("112002")  # 15,000 x 1.8667 = 28,000.5 a second: rounded first, 4 s were 112,004
    half = quote(invented.request(sound=True), catalog=invented.catalog(ROUNDED.replace("15_000", "12_500")))
    assert (half.exact, half.usd_micros) == (Fraction(1, 2), 1)  # 12,500 x 4 x 0.00001 = 0.5: half goes up
    assert half.rounding == "half_up"
    assert "0.5 micros before rounding, half up" in half.explain()
    assert [one.about for one in half.assumptions][-1] == "price.rounding"
    small = quote(invented.request(), catalog=invented.catalog(PRICE_FLAT.replace("50_000", "4_000")))
    assert usd_shown(2_500 * small.usd_micros) == "$10.00"


@given(st.integers(0, 10**15))
def test_trap_18_display_hides_the_price(usd_micros: int) -> None:
    """Dollars as shown give back the micros: nothing is truncated, no place is lost."""
    assert Fraction(usd_text(usd_micros)) * 1_000_000 == usd_micros
    assert Fraction(usd_shown(usd_micros).strip("$").replace(",", "")) * 1_000_000 == usd_micros
    assert Fraction(usd_decimal(usd_micros)) * 1_000_000 == usd_micros


def test_trap_19_package_price_at_its_boundary() -> None:
    """Rounding up to a unit leaves exact multiples alone: 60,000 stays, one micro more is 70,000."""
    for micros, sold in ((60_000, 60_000), (60_001, 70_000), (59_999, 60_000), (1, 10_000)):
        cost = quote(invented.request(), catalog=invented.catalog(PRICE_FLAT.replace("50_000", str(micros))))
        assert adjust(cost, [RoundUp(name="whole cents", to_usd_micros=10_000)]).usd_micros == sold


def test_trap_20_duplicate_keys() -> None:
    """A key that stands twice in a table is a fault, at any depth: the last one does not win."""
    text = invented.table_text()
    for line in ('name = "Loop 1"', "base_usd_micros = 10_000", 'default = "4"'):
        with pytest.raises(TableError, match=r"Cannot overwrite a value \(at line"):
            load_model(text.replace(line, f"{line}\n{line}"))


@pytest.mark.parametrize("number", ['"10_000"', "1e4", "10000.0", "10_000.5", "true", "nan", "inf", "'1e-05'"])
def test_trap_21_numbers_that_become_text(number: str) -> None:
    """A base price is a whole number: quoted, with exponent, fractional or boolean it is a fault that names the key."""
    with pytest.raises(TableError, match=r"price\.base_usd_micros: expected a whole number"):
        load_model(invented.table_text().replace("10_000", number))


@pytest.mark.parametrize("number", ['"1.5"', "1.5e0", "nan", "true", '"3/0"', '"-3/2"', '"3/2/1"', "[]"])
def test_trap_21_multipliers_that_become_text(number: str) -> None:
    """A multiplier is a plain number or a ratio: a quoted decimal, an exponent or a zero divisor is a fault."""
    with pytest.raises(TableError, match=r"price\.factors\.sound\.true: expected a number or a ratio"):
        load_model(invented.table_text().replace("1.5", number))


def test_trap_22_quantity_in_a_price_field() -> None:
    """A key that the price does not have is refused, so no quantity can hide among the amounts."""
    with pytest.raises(TableError, match=r"price\.default_duration_seconds: unknown key; known: .*base_usd_micros"):
        load_model(invented.table_text(invented.PRICE.replace("label", "default_duration_seconds = 8\nlabel")))


@pytest.mark.parametrize("name", [O1_TEXT.upper(), f" {O1_TEXT}", f"{O1_TEXT}/", f"{O1_TEXT}-v2", O1_TEXT[:-6], ""])
def test_trap_23_fuzzy_model_match(name: str) -> None:
    """Only the exact name of a model is the model: no case, blank, prefix or suffix is forgiven."""
    report = validate({**o1_text(), "model": name})
    assert [(one.code, one.fix) for one in report.errors] == [("unknown_model", None)]
    assert name not in Catalog.bundled()


def test_trap_24_case_folding_hides_rows(tmp_path: Path) -> None:
    """Every model is found by its own name, and two names that differ by case alone are a fault naming both files."""
    catalog = Catalog.bundled()
    assert [catalog[slug].model for slug in catalog.models] == list(catalog.models)
    (tmp_path / "a.toml").write_text(invented.table_text(slug="acme/loop"), encoding="utf-8")
    (tmp_path / "b.toml").write_text(invented.table_text(slug="Acme/Loop"), encoding="utf-8")
    with pytest.raises(TableError, match=r"b\.toml:2: Acme/Loop: model: this slug is also in .*a\.toml"):
        Catalog.load(tmp_path)


def test_trap_34_accepted_value_without_a_price() -> None:
    """Options and multipliers are the same set, both ways, in every shipped table; a table that differs is a fault."""
    for file in table_files():
        for revision in whole(slug_of(file)).revisions:
            for factor in revision.price.factors:
                options = {option_text(option) for option in revision.priced[factor.field].allowed or ()}
                assert factor.multipliers is None or {option for option, _ in factor.multipliers} == options
    with pytest.raises(TableError, match='the allowed option "true" has no multiplier'):
        invented.catalog(invented.PRICE.replace(', "true" = 1.5', ""))
    with pytest.raises(TableError, match='"auto" has a multiplier but is not one of the allowed options'):
        invented.catalog(invented.PRICE.replace('"true" = 1.5', '"true" = 1.5, "auto" = 2'))


def test_trap_35_a_test_that_tests_nothing(tmp_path: Path) -> None:
    """Every file is a table, every price that was read has a golden number, and no table is no empty success."""
    assert Catalog.bundled().models == tuple(map(slug_of, table_files()))
    first = [whole(slug).revisions[0] for slug in released("0.1.0")]
    assert first
    assert all(bool(revision.examples) != bool(revision.price.unknown) for revision in first)
    with pytest.raises(TableError, match="no tables found"):
        Catalog.load(tmp_path)


def dated(base: str, start: str, **more: str) -> str:
    """Return the text of a later revision of the invented model."""
    head = invented.REVISION.replace("checked", f"effective = {start}\nchecked").format(complete="true")
    return head + more.get("fields", invented.INPUT) + invented.PRICE.replace("10_000", base)


RELEASES = Path(__file__).parent / "data" / "released"


def released(version: str) -> dict[str, Any]:
    """Return the prices of a release: for each model its revisions, with every combination of options in micros."""
    shipped: dict[str, Any] = json.loads((RELEASES / f"{version}.json").read_text(encoding="utf-8"))
    return shipped


@pytest.mark.parametrize("version", sorted(path.stem for path in RELEASES.glob("*.json")))
def test_trap_26_history_overwritten(version: str) -> None:
    """Every revision that a release shipped still stands in its place, with the same start and the same prices."""
    for slug, revisions in released(version).items():
        for shipped, (revision, at) in zip(revisions, periods(whole(slug)), strict=False):
            assert (revision.effective and revision.effective.isoformat()) == shipped["effective"], slug
            rows = () if revision.price.unknown else price_sheet(slug, at=at)
            prices = {
                " ".join(f"{factor.field}={option_text(factor.value)}" for factor in row.factors): row.usd_micros
                for row in rows
            }
            assert prices == shipped["usd_micros"], slug
        assert len(whole(slug).revisions) >= len(revisions), slug


def test_trap_27_time_zones_of_effective_dates() -> None:
    """A price that begins at midnight UTC begins there for everyone: one microsecond before it, the old one holds."""
    catalog = invented.catalog(invented.PRICE + dated("20_000", "2027-01-01T00:00:00Z"))
    edge = datetime(2027, 1, 1, tzinfo=UTC)
    for hours in (-14, 0, 14):
        zone = timezone(timedelta(hours=hours))
        before, after = ((edge + step).astimezone(zone) for step in (timedelta(microseconds=-1), timedelta()))
        assert quote(invented.request(), catalog=catalog, at=before).base_micros == 10_000
        assert quote(invented.request(), catalog=catalog, at=after).base_micros == 20_000


def test_trap_28_two_prices_at_one_instant() -> None:
    """Equal or falling instants are faults of the table; before the first known start there is no price."""
    one, other = dated("20_000", "2027-01-01T00:00:00Z"), dated("30_000", "2027-01-01T01:00:00+01:00")
    with pytest.raises(TableError, match="is not after"):
        invented.catalog(invented.PRICE + one + other)
    head = invented.HEAD.format(slug="acme/loop-1/text-to-video")
    declined = try_quote(invented.request(), catalog=Catalog((load_model(head + one),)), at=date(2026, 12, 31))
    assert isinstance(declined, Declined)
    assert declined.code == "not_yet_effective"


def test_trap_29_removed_model_disappears() -> None:
    """A retired model stays in the catalogue: its past is priced, its present declined."""
    catalog = Catalog((load_model("retired = 2026-12-01T00:00:00Z\n" + invented.table_text()),))
    assert quote(invented.request(), catalog=catalog, at=date(2026, 11, 30)).usd_micros == 40_000
    declined = try_quote(invented.request(), catalog=catalog, at=date(2026, 12, 1))
    assert isinstance(declined, Declined)
    assert declined.code == "retired"


def test_trap_30_table_goes_stale_without_a_sign() -> None:
    """A quote knows how old its page is, and a catalogue which of its pages are too old."""
    quoted = quote(o1_text())
    assert quoted.age(date(2027, 2, 28)) == timedelta(days=100)
    assert quoted.age(datetime(2027, 2, 28, 12, tzinfo=UTC)) == timedelta(days=100)
    catalog = Catalog([whole(O1_TEXT)])
    assert catalog.older_than(timedelta(days=100), date(2027, 2, 28)) == ()
    assert catalog.older_than(timedelta(days=99), date(2027, 2, 28)) == (O1_TEXT,)
    assert "(checked 2026-11-20)" in quoted.explain()


def test_trap_31_half_a_refresh(tmp_path: Path) -> None:
    """A folder with one truncated table is not loaded at all, and what was loaded stays as it was."""
    before = Catalog.bundled().digest
    (tmp_path / "whole.toml").write_text(invented.table_text(), encoding="utf-8")
    text = invented.table_text(slug="acme/loop-2/text-to-video")
    (tmp_path / "cut.toml").write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(TableError, match=r"cut\.toml"):
        _ = Catalog.bundled() | Catalog.load(tmp_path)
    assert Catalog.bundled().digest == before


def test_trap_39_quote_not_bound_to_its_price() -> None:
    """A quote that was made from another catalogue is told apart, with the number that changed."""
    stored = quote(invented.request(), catalog=invented.catalog()).to_dict()
    dearer = invented.catalog(invented.PRICE.replace("10_000", "11_000"))
    found = {one.pointer: one.expected for one in verify(stored, catalog=dearer).mismatches}
    assert found["/base_micros"] == 11_000
    assert verify(stored, catalog=invented.catalog()).ok


def test_trap_41_order_and_double_use_of_adjustments() -> None:
    """Discount then margin is not margin then discount once an amount is added; and nothing is adjusted twice."""
    cost = quote(o1_text())  # 250,000
    discount, handling = Multiply(name="discount", by=Fraction(9, 10)), Add(name="handling", usd_micros=50_000)
    assert adjust(cost, [discount, handling]).usd_micros == 275_000  # 250,000 x 0.9 + 50,000
    assert adjust(cost, [handling, discount]).usd_micros == 270_000  # (250,000 + 50,000) x 0.9
    with pytest.raises(TypeError, match="already adjusted"):
        adjust(adjust(cost, [discount]), [discount])  # type: ignore[arg-type]


def test_trap_45_a_price_that_flips_back() -> None:
    """A revision that returns to an earlier price is flagged where catalogues are compared."""
    once = invented.PRICE + dated("20_000", "2027-01-01T00:00:00Z")
    old, new = invented.catalog(once), invented.catalog(once + dated("10_000", "2027-02-01T00:00:00Z"))
    assert "as in revision 1" in diff(old, new).explain()
    assert "back to" not in diff(invented.catalog(), old).explain()


class Frozen(dict[str, Any]):
    """An object that refuses every change."""

    def _refuse(self, *_: object, **__: object) -> Any:
        raise AssertionError("changed")

    __setitem__ = __delitem__ = pop = popitem = update = setdefault = clear = __ior__ = _refuse


def frozen(node: Any) -> Any:
    """Return a copy of a request in which every object refuses changes."""
    return Frozen({key: frozen(value) for key, value in node.items()}) if isinstance(node, dict) else node


def test_trap_42_the_validator_changes_the_request() -> None:
    """Judging, pricing and mending leave the request as it was; what is mended is new."""
    request = {**o1_text(durtion=10, aspect_ratio=None), "webhookUrl": "https://example.com/hook"}
    before = deepcopy(request)
    report = validate(frozen(request))
    fixed = report.fixed(frozen(request))
    try_quote(frozen(request))
    assert request == before
    assert fixed["input"] == {"prompt": "a cat", "duration": "10"}
    assert report.fixed(request)["input"] is not request["input"]


def leaves(node: Any) -> Iterator[Any]:
    """Yield every leaf of plain data."""
    if isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from leaves(item)
    else:
        yield node


def test_no_float_in_what_is_stored() -> None:
    """A stored quote holds text, whole numbers, true, false and null alone."""
    stored = json.loads(json.dumps(quote(o1_text()).to_dict()))
    assert {type(leaf) for leaf in leaves(stored)} <= {str, int, bool, type(None)}
    assert isinstance(Quote.from_dict(stored), Quote)
