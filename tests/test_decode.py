"""`decode`: what explains a charge.

Prices of the invented model: $0.01 for each second of "4" or "8", times 1.5 with sound: 40,000 by default.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from ratecard import Catalog, NotPriced, Quote, UnknownModel, decode, price_sheet, quote
from ratecard._bill.decode import KINDS
from ratecard_rules import load_model

SLUG = "acme/loop-1/text-to-video"
IMAGES = '\n[revision.input.images]\ntype = "array"\nitems = "string"\n'
LOOP = invented.catalog(fields=invented.INPUT + IMAGES)


def request(**given: Any) -> dict[str, Any]:
    """Return a request to the invented model."""
    return {"model": SLUG, "input": {"prompt": "a cat", **given}}


@pytest.mark.parametrize(
    ("given", "charged", "kind", "says"),
    [
        ({}, 40_000, "quoted", "the charge is the quote"),
        ({}, 60_000, "default", "sound counted as true where left out"),
        ({}, 120_000, "default", "duration counted as 8 where left out, sound counted as true where left out"),
        ({"duration": "4"}, 80_000, "option", "duration counted as 8, not 4"),
        ({"duration": "4"}, 60_000, "default", "sound counted as true where left out"),
        ({}, 4_000_000, "unit", "the quote times 100"),
        ({}, 4, "unit", "the quote divided by 10,000"),
        ({"duration": "4", "sound": True}, 600_000, "unit", "the quote times 10"),
        ({}, 200_000, "multiple", "the quote charged 5 times"),
        ({"images": ["a"] * 11}, 440_000, "multiple", "the quote charged for each item of images"),
        ({"images": ["a"] * 3}, 60_000, "default", "sound counted as true where left out"),
        ({}, 440_000, "impossible", f"impossible under any known price of {SLUG}"),
        ({}, 0, "impossible", f"impossible under any known price of {SLUG}"),
        ({}, -40_000, "impossible", f"impossible under any known price of {SLUG}"),
    ],
)
def test_best_explanation(given: dict[str, Any], charged: int, kind: str, says: str) -> None:
    """Each kind, and its words."""
    best = decode(charged, request(**given), catalog=LOOP).best
    assert (best.kind, best.says) == (kind, says)


def test_order() -> None:
    """Options come before multiples, and fewer changes of what was sent before more."""
    found = decode(120_000, request(duration="4"), catalog=LOOP)
    assert [each.says for each in found] == [
        "duration counted as 8, not 4, sound counted as true where left out",
        "the quote charged 3 times",
    ]
    assert found.quoted_micros == 40_000


def test_rounding() -> None:
    """A quote of 40,492 micros is 40 tenths of a cent to the nearest, 41 or 5 cents if rounded up."""
    odd = invented.catalog(invented.PRICE.replace("10_000", "10_123"))
    charges = {40_000: "to whole tenths of a cent", 50_000: "up to whole cents", 41_000: "up to whole tenths of a cent"}
    for charged, says in charges.items():
        assert decode(charged, request(), catalog=odd).best.says == f"the quote rounded {says}"
    thirds = invented.PRICE.replace("10_000", '10_001\nrounding = "half_up"').replace("1.5", '"1/3"')
    catalog = invented.catalog(thirds)  # 40,004 / 3 = 13,334.67
    assert decode(13_334, request(sound=True), catalog=catalog).best.says == "the quote rounded down to whole micros"


def test_revision() -> None:
    """The price of another revision, alone and with another option."""
    catalog = Catalog((load_model(invented.dated_text(y2030="20_000")),))
    at = datetime(2031, 1, 1, tzinfo=UTC)
    old = decode(40_000, request(), catalog=catalog, at=at)
    assert (old.quoted_micros, old.best.kind, old.best.revision) == (80_000, "revision", 1)
    assert old.best.says == f"the price of revision 1 of {SLUG}"
    both = decode(60_000, request(), catalog=catalog, at=at).best
    assert both.says == f"sound counted as true where left out, with the price of revision 1 of {SLUG}"
    assert decode(60_000, SLUG, catalog=catalog, at=at).best.says.endswith(f"sound true in revision 1 of {SLUG}")
    earlier = quote(request(), catalog=catalog, at=datetime(2029, 1, 1, tzinfo=UTC))
    changed = Catalog((load_model(invented.dated_text(y2030="20_000").replace("10_000", "30_000", 1)),))
    assert decode(120_000, earlier, catalog=changed).best.says == f"the price of revision 1 of {SLUG}"


def test_model_alone() -> None:
    """Without a request, the charge names the options."""
    found = decode(80_000, SLUG, catalog=LOOP)
    assert [(each.kind, each.options, each.changes) for each in found] == [
        ("option", (("duration", "8"), ("sound", False)), ())
    ]
    assert found.best.says == "the price of duration 8, sound false"
    assert decode(8, SLUG, catalog=LOOP).best.says == "the price of duration 8, sound false divided by 10,000"
    flat = invented.catalog("[revision.price]\nbase_usd_micros = 7\n")
    assert decode(7, SLUG, catalog=flat).best.says == "the price of every request"


def test_incomplete_requests() -> None:
    """What cannot be sent is explained by its options, and what is not known counts as left out."""
    assert (
        decode(60_000, {"model": SLUG, "input": {}}, catalog=LOOP).best.says == "sound counted as true where left out"
    )
    assert decode(40_000, {"model": SLUG}, catalog=LOOP).best.kind == "quoted"
    open_default = invented.catalog(fields=invented.INPUT.replace('default = "4"', ""))
    found = decode(80_000, request(), catalog=open_default)
    assert (found.quoted_micros, found.best.says) == (None, "duration counted as 8 where left out")
    assert decode(81_000, request(), catalog=open_default).best.kind == "impossible"
    unknown = invented.catalog('[revision.price]\nunknown = "not on the page"\n')
    assert decode(40_000, request(), catalog=unknown).best.kind == "impossible"
    assert decode(40_000, SLUG, catalog=unknown).best.kind == "impossible"


def test_errors() -> None:
    """A charge is a whole number, and the model is known."""
    with pytest.raises(TypeError, match="whole number of micros, got float"):
        decode(0.4, request(), catalog=LOOP)  # type: ignore[arg-type]
    wrong: object
    for wrong in ("acme/none", {"input": {}}, None, 5):
        with pytest.raises(UnknownModel):
            decode(1, wrong, catalog=LOOP)


def test_plain_data() -> None:
    """Amounts are whole micros and text."""
    data = decode(60_000, request(), catalog=LOOP).to_dict()
    assert (data["charged_usd"], data["quoted_micros"], len(data["explanations"])) == ("0.06", 40_000, 1)
    change = {"field": "sound", "requested": False, "charged": True, "was_given": False}
    assert data["explanations"][0] == {
        "kind": "default",
        "says": "sound counted as true where left out",
        "options": {"duration": "4", "sound": True},
        "changes": [change],
        "revision": 1,
        "ratio": None,
    }
    found = decode(41, SLUG, catalog=LOOP)
    assert str(found).split("\n") == [
        f"$0.000041  {SLUG}",
        f"  impossible  impossible under any known price of {SLUG}",
    ]
    assert str(found.best) == found.best.says


SHEETS = {}
for _model in Catalog.bundled():
    try:
        SHEETS[_model.slug] = price_sheet(_model.slug)
    except NotPriced:
        continue
QUOTES = [each for sheet in SHEETS.values() for each in sheet]


@given(
    st.sampled_from(QUOTES),
    st.one_of(st.integers(0, 10**8), st.sampled_from([q.usd_micros for q in QUOTES])),
    st.data(),
)
def test_explanations_are_exact(quoted: Quote, charged: int, data: st.DataObject) -> None:
    """Every explanation gives the charge to the micro, they are in order, and the impossible stands alone."""
    if data.draw(st.booleans()):
        charged = quoted.usd_micros * data.draw(st.integers(1, 12))
    found = decode(charged, quoted)
    ranks = [KINDS.index(each.kind) for each in found]
    assert ranks == sorted(ranks)
    sheet = {tuple((f.field, f.value) for f in each.factors): each.usd_micros for each in SHEETS[quoted.model]}
    for each in found:
        if each.options:
            assert sheet[each.options] == charged
        if each.ratio is not None:
            assert each.ratio * quoted.exact == charged
    assert ("impossible" in {each.kind for each in found}) == (found.best.kind == "impossible" and len(ranks) == 1)
    assert (found.best.kind == "quoted") == (charged == quoted.usd_micros)


def test_measured_on_the_shipped_catalogue() -> None:
    """Most combinations are named by the price alone, most of the others by the duration, and no unit slip misleads."""
    alone = with_duration = 0
    for sheet in SHEETS.values():
        amounts, explained = Counter(each.usd_micros for each in sheet), dict[int, list[Any]]()
        for each in sheet:
            options = tuple((factor.field, factor.value) for factor in each.factors)
            named = explained.setdefault(each.usd_micros, [])
            if not named:
                named += [found.options for found in decode(each.usd_micros, each.model) if found.kind == "option"]
            assert options in named
            assert len(named) == amounts[each.usd_micros]
            alone += len(named) == 1
            duration = dict(options).get("duration")
            with_duration += [dict(found).get("duration") for found in named].count(duration) == 1
        slips = {amount * 10**power for amount in amounts for power in range(1, 10)}
        assert slips.isdisjoint(amounts)
    assert Fraction(alone, len(QUOTES)) >= Fraction(3, 5)
    assert Fraction(with_duration, len(QUOTES)) >= Fraction(17, 20)
