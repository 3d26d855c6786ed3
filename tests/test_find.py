"""`find` on documented and invented tables; `tests/property/test_find.py` compares it with a brute-force search."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

import invented
from ratecard import NotOffered, Offer, Offers, Upgrade, find, quote, validate
from ratecard_rules import Catalog, load_model

KLING = "kling/kling-2.6-i2v/image-to-video"
WAN = "alibaba/wan-2.6-flash/image-to-video"
PLUS = "alibaba-plus/wan-2.6-flash/image-to-video"
LOOP = "acme/loop-1/text-to-video"


class TestDocumented:
    """The prices of real pages, computed by hand."""

    def test_the_cheapest_ten_seconds_with_sound(self) -> None:
        """40,000 x 10 with sound always on; then 50,000 x 10 x 1.3, and 84,000 x 10 x 1.5 twice."""
        offers = find(capability="image-to-video", options={"duration": 10}, sound=True, max_usd=Decimal("1.26"))
        assert [(offer.model, offer.quote.usd_micros) for offer in offers] == [
            (KLING, 400_000),
            (WAN, 650_000),
            ("kling-plus/kling-o3-standard/image-to-video", 1_260_000),
            ("kling/kling-3.0-standard/image-to-video", 1_260_000),
        ]
        reasons = {other.model: other.reason for other in offers.cannot}
        assert reasons["kling/kling-3.0-pro/image-to-video"] == "over $1.26: the cheapest costs $1.68"  # 112,000 x 15
        assert reasons["google/veo-3.1-fast/image-to-video"] == 'duration 10 is not among the options "4", "6", "8"'
        unclear = {other.model for other in offers.not_stated}
        assert "runway/gen-4/image-to-video" in unclear

    def test_an_offer(self) -> None:
        """It has the options, a ready request, and the next step of what is still open: 1080p is 1.5 times 720p."""
        (offer,) = find("wan", provider="ALIBABA", options={"duration": "10s"}, sound=True)
        assert offer.model == WAN
        assert offer.options == {"duration": "10", "resolution": "720p", "has_sound": "true"}
        assert offer.request["input"].keys() == {"image_url", *offer.options}
        assert offer.quote == quote(offer.request)
        assert offer.next_better == (Upgrade("resolution", "1080p", 975_000, 325_000),)
        assert str(offer.next_better[0]) == "resolution 1080p costs $0.325 more"
        assert (offer.next_better[0].usd, offer.next_better[0].more_usd) == (Decimal("0.975"), Decimal("0.325"))

    def test_without_sound(self) -> None:
        """A model that always has sound cannot, and one with a field for it is set to false."""
        offers = find(capability="image-to-video", options={"duration": "5"}, sound=False)
        assert offers[0].model == WAN
        assert offers[0].quote.usd_micros == 250_000  # 50,000 x 5
        assert {other.model: other.reason for other in offers.cannot}[KLING] == "the output always has sound"

    def test_images_have_no_sound(self) -> None:
        """That needs no statement of a page."""
        assert len(find(capability="text-to-image", sound=True)) == 0
        offers = find(capability="text-to-image", sound=False)
        assert len(offers) > 0
        assert offers.not_stated == ()

    def test_everything(self) -> None:
        """Without any wish, every model with a price is offered at its lowest price; the rest says why not."""
        offers = find()
        assert len(offers) + len(offers.cannot) == len(Catalog.bundled())
        motion = "kling/kling-motion-create-v3/motion-transfer-to-video"
        reasons = {other.model: other.reason for other in offers.cannot}
        assert reasons[motion] == "its price depends on what is measured and not part of the request: duration"
        assert reasons["google/nano-banana/edit-image"].startswith("its price is not known: ")

    def test_unpriced_options(self) -> None:
        """An option that costs nothing goes into the request: 4k is free with Veo 3.1 ECL, where 4 s cost $0.80."""
        (offer,) = find("ecl image-to-video", options={"resolution": "4K", "aspect_ratio": "9:16"})
        assert offer.quote.usd_micros == 800_000
        assert offer.options == {"duration": "4", "has_sound": "false"}
        assert offer.request["input"]["resolution"] == "4k"
        assert offer.request["input"]["aspect_ratio"] == "9:16"


FIELDS = (
    invented.INPUT
    + """
[revision.input.style]
type = "string"
unknown = "the page lists no styles"

[revision.input.mood]
type = "string"
allowed = ["calm", "wild"]
evidence = { allowed = "assumed" }

[revision.input.level]
type = "number"
allowed = [1, 2.5]

[revision.input.loop]
type = "boolean"

[revision.input.frames]
type = "array"
items = "string"
"""
)
SOUND = '[revision.sound]\nfield = "sound"\n'
ALWAYS = "[revision.sound]\nalways = {}\n"


def catalog(section: str = SOUND, fields: str = FIELDS, *, complete: bool = True, head: str = "") -> Catalog:
    """Return a catalogue of the invented model: 10,000 micros x duration 4 or 8 x sound 1 or 1.5."""
    return Catalog([load_model(head + invented.table_text(section + invented.PRICE, fields, complete=complete))])


def answer(tables: Catalog | None = None, /, **wanted: Any) -> Offer | NotOffered:
    """Return what `find` says about the invented model."""
    found = find(catalog=tables or catalog(), **wanted)
    answers: list[Offer | NotOffered] = [*found, *found.not_stated, *found.cannot]
    assert len(answers) == 1
    return answers[0]


class Size(StrEnum):
    """An enumeration of texts, as programs have them."""

    LONG = "8"


class TestOptions:
    """How a wanted value is compared with the options of a field."""

    @pytest.mark.parametrize(
        "value", ["8", 8, 8.0, Decimal(8), Decimal("8.0"), "8s", "8 s", "8 sec", "8 Seconds", " 8 ", "8.0", Size.LONG]
    )
    def test_durations(self, value: Any) -> None:
        """By their text, whatever the type, with or without a unit: 10,000 x 8."""
        offer = answer(options={"duration": value})
        assert isinstance(offer, Offer)
        assert offer.options["duration"] == "8"
        assert offer.quote.usd_micros == 80_000

    @pytest.mark.parametrize("value", ["8m", "80", "8s s", "", "eight", float("nan"), float("inf"), True, "1" * 5_000])
    def test_other_durations(self, value: Any) -> None:
        """Anything else is not among the options."""
        refusal = answer(options={"duration": value})
        assert isinstance(refusal, NotOffered)
        assert refusal.group == "cannot"
        assert refusal.reason.endswith('is not among the options "4", "8"')

    @pytest.mark.parametrize(
        ("name", "value", "sent"),
        [
            ("sound", "TRUE", True), ("sound", True, True), ("loop", "false", False), ("level", "2.5", 2.5),
            ("level", 1, 1), ("level", Decimal("1.0"), 1), ("mood", "Wild", "wild"), ("seed", "7", 7), ("seed", 7, 7),
            ("seed", Decimal(7), 7), ("seed", 2.5, 2.5), ("prompt", "a dog", "a dog"), ("prompt", 5, "5"),
        ],
    )  # fmt: skip
    def test_values_in_the_request(self, name: str, value: Any, sent: object) -> None:
        """The request has the value as the type of the field, and is valid."""
        offer = answer(options={name: value})
        assert isinstance(offer, Offer)
        taken = offer.request["input"][name]
        assert (type(taken), taken) == (type(sent), sent)
        assert validate(offer.request, catalog=catalog()).ok

    @pytest.mark.parametrize(
        ("wanted", "group", "reason"),
        [
            ({"durtion": 8}, "cannot", 'no field "durtion"; did you mean "duration"?'),
            ({"zebra": 8}, "cannot", 'no field "zebra"'),
            ({"sound": "loud"}, "cannot", 'sound "loud" is not among the options false, true'),
            ({"loop": 1}, "cannot", "loop 1 is not among the options false, true"),
            ({"level": "1s"}, "cannot", 'level "1s" is not among the options 1, 2.5'),
            ({"level": 2}, "cannot", "level 2 is not among the options 1, 2.5"),
            ({"mood": "sad"}, "not_stated", 'mood "sad" is not among the options "calm", "wild"'),
            ({"style": "noir"}, "not_stated", "the options of style are not known"),
            ({"style": "noir", "duration": 7}, "cannot", 'duration 7 is not among the options "4", "8"'),
            ({"zebra": 8, "duration": 7}, "cannot", 'no field "zebra"; duration 7 is not among the options "4", "8"'),
            ({"prompt": "x" * 11}, "cannot", "too long"),
            ({"seed": "many"}, "cannot", "expected a number"),
            ({"seed": -1}, "cannot", "too small"),
            ({"seed": "-1"}, "cannot", "too small"),
            ({"seed": 1e400}, "cannot", "JSON cannot represent"),
            ({"seed": Decimal("1E+99999999")}, "cannot", "JSON cannot represent"),
            ({"frames": "a"}, "cannot", "expected an array"),
        ],
    )
    def test_reasons(self, wanted: dict[str, Any], group: str, reason: str) -> None:
        """What the page states decides, and the reason says what is allowed."""
        refusal = answer(options=wanted)
        assert isinstance(refusal, NotOffered)
        assert refusal.group == group
        assert reason in refusal.reason

    def test_the_exact_text_comes_first(self) -> None:
        """Options that differ only by case are told apart."""
        tables = catalog(fields=FIELDS.replace('"calm", "wild"', '"wild", "Wild"'))
        for mood in ("wild", "Wild"):
            offer = answer(tables, options={"mood": mood})
            assert isinstance(offer, Offer)
            assert offer.request["input"]["mood"] == mood

    def test_uncertain_options_without_a_price(self) -> None:
        """A value that is missing from an uncertain list has no price, so the model cannot be offered."""
        uncertain = FIELDS.replace('default = "4"', 'default = "4"\nevidence = { allowed = "assumed" }')
        refusal = answer(catalog(fields=uncertain), options={"duration": 6})
        assert isinstance(refusal, NotOffered)
        assert refusal.group == "cannot"

    def test_incomplete_pages(self) -> None:
        """A field that an incomplete page does not list may exist."""
        refusal = answer(catalog(complete=False), options={"zebra": 1})
        assert isinstance(refusal, NotOffered)
        assert refusal.group == "not_stated"
        assert '"zebra" is not among the fields that the page lists' in refusal.reason


class TestSound:
    """`sound` goes by what the table states."""

    @pytest.mark.parametrize(
        ("section", "sound", "expected"),
        [
            (SOUND, True, 60_000), (SOUND, False, 40_000), (SOUND, None, 40_000),  # 10,000 x 4 x 1.5 or 1
            (ALWAYS.format("true"), True, 40_000), (ALWAYS.format("true"), False, "cannot"),
            (ALWAYS.format("false"), False, 40_000), (ALWAYS.format("false"), True, "cannot"),
            ("", True, "not_stated"), ("", False, "not_stated"), ("", None, 40_000),
        ],
    )  # fmt: skip
    def test_facts(self, section: str, sound: bool | None, expected: object) -> None:  # noqa: FBT001
        """A deciding field is set, always counts, and a page that says nothing is never ranked."""
        found = answer(catalog(section), sound=sound)
        assert (found.quote.usd_micros if isinstance(found, Offer) else found.group) == expected

    def test_contradictions(self) -> None:
        """The option that decides cannot be wanted otherwise at the same time."""
        refusal = answer(options={"sound": "false"}, sound=True)
        assert isinstance(refusal, NotOffered)
        assert refusal.reason == 'sound decides about sound, and is wanted as "false"'
        assert isinstance(answer(options={"sound": "true"}, sound=True), Offer)


class TestChoice:
    """Which selection is offered."""

    def test_defaults_among_equals(self) -> None:
        """If options cost the same, the default is offered; an upgrade is only what costs more."""
        price = invented.PRICE.replace('duration = "value"', 'duration = { "4" = 1, "8" = 1 }')
        tables = Catalog(
            [load_model(invented.table_text(price, invented.INPUT.replace('default = "4"', 'default = "8"')))]
        )
        offer = find(catalog=tables)[0]
        assert offer.options == {"duration": "8", "sound": False}
        assert offer.next_better == (Upgrade("sound", value=True, usd_micros=15_000, more_usd_micros=5_000),)

    def test_wanted_options_are_no_upgrade(self) -> None:
        """Only what is still open can be better: 4 s cost 40,000, 8 s 80,000, and sound 1.5 times as much."""
        offer = answer()
        assert isinstance(offer, Offer)
        assert [str(upgrade) for upgrade in offer.next_better] == [
            "sound true costs $0.02 more", "duration 8 costs $0.04 more",
        ]  # fmt: skip
        offer = answer(options={"duration": 4}, sound=False)
        assert isinstance(offer, Offer)
        assert offer.next_better == ()

    @pytest.mark.parametrize("limit", ["0.04", Decimal("0.04"), Decimal("0.0400001"), 1])
    def test_limits_that_are_met(self, limit: Any) -> None:
        """A price equal to the limit is not over it."""
        assert isinstance(answer(max_usd=limit), Offer)

    @pytest.mark.parametrize(
        ("limit", "shown"),
        [("0.039999", "$0.039999"), (Decimal("0.0399999"), "$0.039999"), (0, "$0.00"), ("0", "$0.00")],
    )
    def test_limits_that_are_not(self, limit: Any, shown: str) -> None:
        """The reason says what the cheapest costs, also if something else is not stated."""
        for wanted in ({}, {"options": {"style": "noir"}}):
            refusal = answer(max_usd=limit, **wanted)
            assert isinstance(refusal, NotOffered)
            assert (refusal.group, refusal.reason) == ("cannot", f"over {shown}: the cheapest costs $0.04")

    def test_unknown_times_come_last(self) -> None:
        """Even if they are cheaper: 1 micro is less than 70,000."""
        flat = "[revision.price]\nbase_usd_micros = {}\n"
        slow = invented.table_text(flat.format(70_000), slug="acme/slow").replace(
            "source", "typical_seconds = 9\nsource"
        )
        unknown = invented.table_text(flat.format(1), slug="acme/fast")
        tables = Catalog([load_model(text) for text in (slow, unknown)])
        assert [offer.model for offer in find(catalog=tables, sort="time")] == ["acme/slow", "acme/fast"]
        assert [offer.model for offer in find(catalog=tables)] == ["acme/fast", "acme/slow"]

    def test_dates(self) -> None:
        """`at` decides about prices and availability."""
        later = (
            "[[revision]]\nchecked = 2026-11-20\neffective = 2027-01-01T00:00:00Z\n"
            'source = ["https://example.com/loop-1"]\n[revision.input]\n[revision.price]\nbase_usd_micros = 7\n'
        )
        table = "retired = 2028-01-01T00:00:00Z\n" + invented.table_text() + later
        tables = Catalog([load_model(table)])
        days = [datetime(year, 6, 1, tzinfo=UTC) for year in (2026, 2027, 2028)]
        prices = [find(catalog=tables, at=day)[0].quote.usd_micros for day in days[:2]]
        assert prices == [40_000, 7]
        (retired,) = find(catalog=tables, at=days[2]).cannot
        assert retired == NotOffered(LOOP, "cannot", "it is retired")
        assert str(retired) == f"{LOOP}: it is retired"
        announced = Catalog([load_model(table.replace("checked", "effective = 2026-12-01T00:00:00Z\nchecked", 1))])
        assert find(catalog=announced, at=days[0]).cannot[0].reason == "it is not available yet"


class TestArguments:
    """What `find` accepts, and what it says of anything else."""

    def test_candidates(self) -> None:
        """By capability, by provider as in the slug or by name, and by words in any order; case never matters."""
        by_slug, by_name = find(provider="kling-plus"), find(provider="KLING PLUS")
        assert by_slug.to_dict() == by_name.to_dict()
        assert {offer.model.partition("/")[0] for offer in by_slug} == {"kling-plus"}
        assert {offer.model.partition("/")[0] for offer in find(provider="Kling")} == {"kling"}
        assert [offer.model for offer in find("I2V kling-2.6")] == [KLING]
        assert find(capability="Edit-Image").to_dict() == find(capability="edit-image").to_dict()
        nothing = find("no such words")
        assert (len(nothing), nothing.not_stated, nothing.cannot, bool(nothing)) == (0, (), (), False)

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            ({"capability": "video"}, r'unknown capability "video"; known: edit-image, extend-video, .*video-extend$'),
            ({"provider": "sora"}, r'unknown provider "sora"; known: alibaba, alibaba-plus, .*, xai$'),
            ({"sort": "speed"}, r'unknown sort "speed"; use one of price, time, name$'),
            ({"options": {"duration": 10**5000}}, "the option duration is out of range"),
            ({"max_usd": "two"}, "expected dollars as a plain decimal"),
            ({"max_usd": "-1"}, "expected dollars as a plain decimal"),
            ({"max_usd": -1}, "expected dollars as a plain decimal such as 1.26, got '-1'"),
            ({"max_usd": Decimal("NaN")}, "expected dollars as a plain decimal"),
            ({"max_usd": Decimal("Infinity")}, "expected dollars as a plain decimal"),
            ({"at": datetime(2026, 1, 1)}, "UTC offset"),  # noqa: DTZ001  naive on purpose
            ({"capability": "x", "catalog": Catalog()}, 'unknown capability "x"; known: none'),
        ],
    )
    def test_wrong_values(self, wanted: dict[str, Any], message: str) -> None:
        """A ValueError says what is known or expected."""
        with pytest.raises(ValueError, match=message):
            find(**wanted)

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            ({"text": 5}, "text must be text, got int"),
            ({"capability": 5}, "capability must be text, got int"),
            ({"provider": []}, "provider must be text, got list"),
            ({"sound": "true"}, "sound must be True, False or None, got str"),
            ({"max_usd": 0.5}, "expected dollars as text, an int or a Decimal, got a float"),
            ({"max_usd": True}, "expected dollars as text, an int or a Decimal, got a bool"),
            ({"options": ["duration"]}, "options must be a mapping of values by name, got list"),
            ({"options": {5: "5"}}, "the name 5 of an option must be text, got int"),
            (
                {"options": {"duration": None}},
                "the option duration must be text, a number, true or false, got NoneType",
            ),
            ({"options": {"duration": ["5"]}}, "the option duration must be text, a number, true or false, got list"),
        ],
    )
    def test_wrong_types(self, wanted: dict[str, Any], message: str) -> None:
        """A TypeError names the argument and what it takes."""
        with pytest.raises(TypeError, match=message):
            find(**wanted)


class TestOffers:
    """The result, for people and for programs."""

    def test_it_is_a_collection(self) -> None:
        """It has a length, an order and a short repr."""
        offers = find(capability="image-to-video", options={"duration": 10}, sound=True, max_usd="0.50")
        assert isinstance(offers, Offers)
        assert (len(offers), list(offers), offers[0]) == (1, [offers.offers[0]], offers.offers[0])
        assert repr(offers) == f"<Offers 1 ranked, {len(offers.not_stated)} not stated, {len(offers.cannot)} cannot>"
        assert repr(offers[0]) == f"<Offer $0.40  {KLING}  duration 10  about 4 min>"

    def test_text(self) -> None:
        """Aligned columns, the next steps of the cheapest, and the models whose page does not say, by reason."""
        found = find("wan 2.6 image-to-video", options={"duration": 10})
        assert str(found).splitlines() == [
            f"$0.50  {WAN}       duration 10, resolution 720p, has_sound false  about 3 min",
            "       has_sound true costs $0.15 more",
            "       resolution 1080p costs $0.25 more",
            f"$5.00  {PLUS}  resolution 720p, duration 10                   about 2 min",
        ]
        assert str(find("wan 2.6 image-to-video", options={"duration": 10}, sound=True)).splitlines() == [
            f"$0.65  {WAN}  duration 10, resolution 720p, has_sound true  about 3 min",
            "       resolution 1080p costs $0.325 more",
            "not stated: the page does not say whether the output has sound",
            f"  {PLUS}",
        ]

    def test_text_of_refusals(self) -> None:
        """Without an offer each reason is shown once, with its models; otherwise they are only counted."""
        lines = str(find("nano-banana-pro", sound=True)).splitlines()
        assert lines[0] == "no offers"
        assert lines.count("cannot: the output never has sound") == 1
        assert str(find("kling 2.6", provider="kling", max_usd="0.30")).splitlines()[-1] == "cannot: 1 more"

    def test_a_flat_price_without_a_time(self) -> None:
        """What a page does not have is left out."""
        text = invented.table_text("[revision.price]\nbase_usd_micros = 70_000\n")
        assert str(find(catalog=Catalog([load_model(text)]))) == f"$0.07  {LOOP}"

    def test_data(self) -> None:
        """Plain JSON data with money as micros and text."""
        data = json.loads(json.dumps(find("wan 2.6 image-to-video", options={"duration": 10}, sound=True).to_dict()))
        (offer,) = data["offers"]
        assert (offer["model"], offer["usd_micros"], offer["usd"]) == (WAN, 650_000, "0.65")
        assert offer["options"] == {"duration": "10", "resolution": "720p", "has_sound": "true"}
        assert offer["request"]["model"] == WAN
        assert offer["quote"]["usd_micros"] == 650_000
        assert offer["next_better"] == [
            {"field": "resolution", "value": "1080p", "usd_micros": 975_000, "usd": "0.975", "more_usd_micros": 325_000,
             "more_usd": "0.325"},
        ]  # fmt: skip
        assert data["not_stated"] == [
            {
                "model": PLUS,
                "reason": "the page does not say whether the output has sound",
            }
        ]
        assert data["cannot"] == []
