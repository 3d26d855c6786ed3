"""Stored quotes: recomputed from themselves alone, compared with a catalogue, and described by a schema."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from datetime import date
from functools import reduce
from pathlib import Path
from threading import Event, Thread
from time import process_time
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import invented
from ratecard import Quote, quote, stored_quote_schema, verify
from ratecard_rules import Catalog, digest_of
from strategies import priced
from tampering import at, changed, leaves

if TYPE_CHECKING:
    from collections.abc import Callable

CATALOG = invented.catalog()
QUOTED = quote(invented.request(sound=True), catalog=CATALOG)
STORED = QUOTED.to_dict()
CONFLICT = '[[revision.conflict]]\nabout = "price.label"\nsays = "the label says per loop"\n'
KEPT = sorted((Path(__file__).parent / "data" / "stored").glob("*.json"))
VALIDATOR = jsonschema.Draft202012Validator(stored_quote_schema())
SCHEMA = Path(__file__).parents[1] / "docs" / "quote.schema.json"


@given(priced())
def test_every_quote_verifies(drawn: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Every quote verifies, with and without the catalogue, as a value and as data."""
    request, measured = drawn
    quoted = quote({**request, "version": "1"}, measured=measured)
    assert verify(quoted, catalog=Catalog.bundled()).ok
    assert verify(json.loads(json.dumps(quoted.to_dict()))).ok
    VALIDATOR.validate(quoted.to_dict())


OTHERS = ["x", "", "0", "1/0", 0, -1, 7, True, None, 1.5, [], {}]


@given(priced(), st.data())
def test_no_quote_with_one_changed_leaf_verifies(drawn: Any, data: st.DataObject) -> None:
    """Any changed leaf is detected without a catalogue."""
    stored = quote(drawn[0], measured=drawn[1]).to_dict()
    path = data.draw(st.sampled_from(sorted(leaves(stored), key=str)))
    old = at(stored, path)
    value = data.draw(st.sampled_from(OTHERS).filter(lambda one: type(one) is not type(old) or one != old))
    assert not verify(changed(stored, path, value)).ok


@pytest.mark.parametrize(
    ("path", "value", "pointer", "says"),
    [
        (("usd_micros",), 60_001, "/usd_micros", "the factors give 60000"),
        (("usd",), "0.60", "/usd", "the factors give 0.06 dollars"),
        (("exact_micros",), "60001", "/exact_micros", "base price and multipliers give 60000"),
        (("base_micros",), 10_001, "/exact_micros", "base price and multipliers give 60006"),
        (("factors", 0, "multiplier"), "5", "/exact_micros", "base price and multipliers give 75000"),
        (("factors", 1, "multiplier"), "1,5", "/factors/1/multiplier", "this is not a number"),
        (
            ("factors", 1, "multiplier"),
            "1/7",
            "/rounding",
            "40000/7 micros is not a whole number, and no rounding is given",
        ),
        (("rounding",), "half_up", "/rounding", "a whole number of micros needs no rounding"),
        (("factors", 0, "value"), "8", "/digest", "this quote was changed"),
        (("model",), "acme/loop-2/text-to-video", "/digest", "this quote was changed"),
        (("digest",), "0" * 64, "/digest", "this quote was changed"),
        (("usd_micros",), "60000", "", "a key is missing or added, or a value has another type"),
        (("base_micros",), True, "", "a key is missing or added, or a value has another type"),
    ],
)
def test_what_was_tampered_with_is_named(path: tuple[Any, ...], value: Any, pointer: str, says: str) -> None:
    """A changed amount or factor is reported at its pointer, with the expected value."""
    answer = verify(changed(STORED, path, value))
    assert not answer.ok
    found = {one.pointer: one.says for one in answer.mismatches}
    assert says in found[pointer]
    assert f"{pointer or '(the quote)'}: {found[pointer]}" in str(answer)
    assert answer.to_dict()["mismatches"][0]["pointer"] in found


class Lying:
    """An object whose methods raise."""

    @property  # type: ignore[misc]  # read-only on purpose
    def __class__(self) -> Any:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        if ARMED:
            raise RuntimeError
        return 1


ARMED: list[bool] = []
HOSTILE: dict[Any, Any] = {Lying(): 1, **dict.fromkeys(list(STORED)[1:])}
"""As many keys as a stored quote; once armed, one of them raises when it is hashed."""


def nested(depth: int) -> tuple[Any, ...]:
    """Return empty tuples inside one another."""
    return reduce(lambda inner, _: (inner,), range(depth), ())


def quote_with(**attributes: Any) -> Quote:
    """Return a quote with attributes of any type."""
    return evolve(QUOTED, **attributes)


NO_QUOTES: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "an array": list,
    "a number": lambda: 5,
    "an empty object": dict,
    "a key more": lambda: {**STORED, "more": 1},
    "an object for an array": lambda: {**STORED, "factors": {}},
    "an object that raises": Lying,
    "keys that raise": lambda: HOSTILE,
    "keys that raise inside": lambda: {**STORED, "factors": [HOSTILE]},
    "a value that raises": lambda: {**STORED, "model": Lying()},
    "a quote with text for an amount": lambda: quote_with(usd_micros="x"),
    "a quote with a number for a factor": lambda: quote_with(factors=(1,)),
    "a quote with half a surrogate pair": lambda: quote_with(model="\ud800"),
    "a quote with endless conflicts": lambda: quote_with(conflicts=nested(5_000)),
    "a quote with an amount out of range": lambda: quote_with(usd_micros=10**5000),
}


@pytest.mark.parametrize("case", NO_QUOTES)
def test_anything_may_be_asked(case: str) -> None:
    """Anything that is not a stored quote is one mismatch of the whole, never an exception."""
    stored = NO_QUOTES[case]()
    ARMED.append(True)
    try:
        assert [one.pointer for one in verify(stored, catalog=CATALOG).mismatches] == [""]
    finally:
        ARMED.clear()


@pytest.mark.parametrize(
    "value",
    ["\ud800", 10**5000, -(10**5000), "7" * 200, "9" * 5000, "1/" + "3" * 198],
    ids=["surrogate", "huge", "huge below 0", "200 digits", "5000 digits", "small ratio"],
)
def test_values_out_of_range_never_raise(value: Any) -> None:
    """Text that UTF-8 cannot encode and numbers out of range are mismatches that can be printed and stored."""
    for path in leaves(STORED):
        answer = verify(changed(STORED, path, value), catalog=CATALOG)
        assert not answer.ok, path
        assert len(str(answer)) < 20_000, path
        json.dumps(answer.to_dict()).encode()


@pytest.mark.parametrize("multiplier", ["1.5", "1/3", "7" * 200, "1/" + "3" * 198])
def test_many_factors_take_linear_time(multiplier: str) -> None:
    """The calculation ends if the product is out of range, so the time is linear."""
    factor = {**STORED["factors"][0], "multiplier": multiplier}
    started = process_time()
    answer = verify({**STORED, "factors": [factor] * 1_500}, catalog=CATALOG)
    assert process_time() - started < 0.5
    assert "/factors" in {one.pointer for one in answer.mismatches}
    assert any(one.says.endswith("is out of range") for one in answer.mismatches)
    assert len(str(answer)) < 1_000


UNKEYED = {
    "model", "factors/field", "factors/value", "factors/origin", "assumptions/about", "assumptions/evidence",
    "assumptions/says", "conflicts", "typical_seconds", "revision/number", "revision/effective", "revision/checked",
    "revision/source", "revision/digest", "catalog/version", "catalog/digest",
}  # fmt: skip
"""What the docstring of `verify` names: a change of it, with the digest computed anew, is found by a catalogue only."""

UNNOTICED = {
    "factors/origin", "assumptions/about", "assumptions/evidence", "assumptions/says", "catalog/version",
    "catalog/digest",
}  # fmt: skip
"""What the docstring of `verify` names: such a change is found by no catalogue either."""

FULL = quote(invented.request(sound=True), catalog=invented.catalog(invented.PRICE + CONFLICT)).to_dict()


def test_the_docs_name_the_changes_that_a_new_digest_hides() -> None:
    """Whoever computes the digest anew hides exactly the changes that are documented, with and without a catalogue."""
    catalog = invented.catalog(invented.PRICE + CONFLICT)
    for path in sorted({*leaves(FULL)} - {("digest",), ("format",)}, key=str):
        place = "/".join(key for key in path if isinstance(key, str))
        old = at(FULL, path)
        choices = {"origin": "given", "evidence": "implied", "rounding": "half_up", "effective": "2026-01-01T00:00:00"}
        new = choices.get(str(path[-1]), old + 7 if type(old) is int else 7 if old is None else not old)
        new = f"{old}0" if type(old) is str and path[-1] not in choices else new
        forged = changed(FULL, path, new if new != old else "measured")
        forged["digest"] = digest_of({key: value for key, value in forged.items() if key != "digest"})
        assert verify(forged).ok is (place in UNKEYED), path
        assert verify(forged, catalog=catalog).ok is (place in UNNOTICED), path


def test_a_rounded_quote_verifies() -> None:
    """A rounded price verifies, and the amount must be the rounded one."""
    price = '[revision.price]\nbase_usd_micros = 3\nrounding = "half_up"\n'
    price += "[revision.price.factors]\nsound = { false = 1, true = 1.5 }"
    stored = quote(invented.request(sound=True), catalog=invented.catalog(price)).to_dict()
    assert (stored["usd_micros"], stored["exact_micros"]) == (5, "4.5")
    assert verify(stored).ok
    assert [one.pointer for one in verify({**stored, "usd_micros": 4}).mismatches] == ["/usd_micros", "/digest"]


def against(price: str, fields: str = invented.INPUT) -> dict[str, object]:
    """Return the expected values of another table by pointer."""
    answer = verify(STORED, catalog=invented.catalog(price, fields))
    return {one.pointer: one.expected for one in answer.mismatches}


def test_a_catalogue_that_disagrees_says_where() -> None:
    """Another base price, multiplier, option or list of factors is reported at its pointer."""
    assert verify(STORED, catalog=CATALOG).ok
    assert against(invented.PRICE.replace("10_000", "20_000"))["/base_micros"] == 20_000
    assert against(invented.PRICE.replace("1.5", "2"))["/factors/1/multiplier"] == "2"
    fewer = against(invented.PRICE.replace('duration = "value"\n', "").replace('"second"', '"request"'))
    assert fewer["/factors"] == ["sound"]
    assert against('[revision.price]\nbase_usd_micros = 60_000\nlabel = "request"')["/factors"] == []
    other = against(invented.PRICE, invented.INPUT.replace('"4"', '"6"'))
    assert set(other) == {"/revision/digest"}
    gone = invented.PRICE.replace(', "true" = 1.5', "")
    no_sound = invented.INPUT.replace("[false, true]", "[false]")
    assert "/factors/1/value" in against(gone, no_sound)
    assert [one.pointer for one in verify(STORED, catalog=Catalog()).mismatches] == ["/model"]


def test_an_old_quote_agrees_with_a_catalogue_that_has_a_newer_revision() -> None:
    """A newer revision does not affect older quotes; a revision that the catalogue lacks is reported."""
    newer = invented.REVISION.replace("checked", "effective = 2027-01-01T00:00:00Z\nchecked").format(complete="true")
    grown = invented.catalog(invented.PRICE + newer + invented.INPUT + invented.PRICE.replace("10_000", "20_000"))
    assert verify(STORED, catalog=grown).ok
    later = quote(invented.request(sound=True), catalog=grown, at=date(2027, 1, 1))
    assert (later.usd_micros, later.revision.number) == (120_000, 2)
    assert verify(later, catalog=grown).ok
    assert [one.pointer for one in verify(later, catalog=CATALOG).mismatches] == ["/revision/digest"]


def test_a_stored_quote_is_verified_in_a_fresh_process(tmp_path: Path) -> None:
    """A stored quote is verified without loading tables."""
    path = tmp_path / "quote.json"
    path.write_text(json.dumps(STORED), encoding="utf-8")
    code = (
        "import json, sys; from ratecard import verify; "
        f"assert verify(json.load(open({str(path)!r}, encoding='utf-8'))).ok; "
        "assert 'ratecard_rules._reader.load' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_quotes_stored_by_earlier_releases_still_verify(path: Path) -> None:
    """Quotes that earlier releases stored still verify, and are read back equal."""
    for stored in json.loads(path.read_text(encoding="utf-8")):
        assert verify(stored).ok
        assert Quote.from_dict(stored).to_dict() == stored


def test_a_stored_quote_is_kept_for_each_release() -> None:
    """There is a file for the first release with stored quotes."""
    assert "0.1.0" in [path.stem for path in KEPT]


def test_the_published_schema() -> None:
    """The schema in the docs is up to date and valid, and refuses data of another form."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == stored_quote_schema()
    jsonschema.Draft202012Validator.check_schema(stored_quote_schema())
    jsonschema.validate(STORED, stored_quote_schema())
    wrongs: list[Any] = [{**STORED, "more": 1}, {**STORED, "usd_micros": "60000"}, {**STORED, "rounding": "up"}, []]
    for wrong in wrongs:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, stored_quote_schema())
    assert re.search("1,000,000 usd_micros", stored_quote_schema()["description"])


def test_a_quote_that_changes_meanwhile() -> None:
    """`verify` judges a snapshot, even if another thread changes the data meanwhile."""
    stored = copy.deepcopy(STORED)
    stop = Event()

    def change() -> None:
        while not stop.is_set():
            stored.pop("usd", None)
            stored["factors"].append(None)
            stored["usd"] = STORED["usd"]
            stored["factors"].pop()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = Thread(target=change)
    thread.start()
    try:
        pointers = {mismatch.pointer for _ in range(500) for mismatch in verify(stored).mismatches}
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(interval)
    assert pointers <= {""}
