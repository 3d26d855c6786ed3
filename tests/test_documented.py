"""The tables against the documentation's own numbers, transcribed apart from the tables.

`data/documented.json` holds what the pages state, and nothing else: base prices, formulas, multipliers, printed costs,
options, defaults, limits and example requests (their texts and addresses are invented). A rule that a page does not
state is not in the file. Every expected amount here is base times multipliers, worked out in this file from that
transcription; the code under test never computes an expectation. 1,000,000 micros are $1.00.

A figure holds for the revision that was recorded from the page on the day on which the figure was read: it is compared
at an instant at which that revision is in force. A table need not be in the file.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from math import floor, prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ratecard
from dated import periods, slug_of, table_files, whole
from ratecard import ANY, Declined, NotPriced, Quote

if TYPE_CHECKING:
    from ratecard import QuoteRange
    from ratecard_rules import Field, Report, Revision

DATA = Path(__file__).with_name("data")
DOCUMENT: dict[str, Any] = json.loads((DATA / "documented.json").read_text(encoding="utf-8"), parse_float=Decimal)
DOCUMENTED: dict[str, dict[str, Any]] = {model["model"]: model for model in DOCUMENT["models"]}

CERTAIN = {"documented", "implied"}
VALUE_RULES = ("allowed", "default", "max_length", "min", "max", "min_items", "max_items")
FAMILY_RULES = (*VALUE_RULES, "type", "items")

UNPRICED = {slug for slug, model in DOCUMENTED.items() if model["formula"] is None}
GROK = "xai/grok-imagine/image-to-video"
SEEDANCE = "bytedance-plus/seedance-1.5-pro-super/start-end-frame-to-video"
MOTION = "kling/kling-motion-create-v3/motion-transfer-to-video"

PRICED = sorted(DOCUMENTED.keys() - UNPRICED)
COSTS = [(slug, cost) for slug, model in DOCUMENTED.items() for cost in model["costs"]]
EXAMPLES = {slug: model["example"] for slug, model in DOCUMENTED.items() if model["example"] is not None}
STATED = [(slug, name, rules) for slug, model in DOCUMENTED.items() for name, rules in model["fields"].items()]

IMAGE, VIDEO = "https://example.com/cat.jpg", "https://example.com/cat.mp4"
PROMPT_ALONE = {
    # The example of the page has nothing but a prompt, and leaves out what the capability seems to need.
    "google/veo-3.1-fast/reference-to-video": "image_urls",
    "kling-plus/kling-o3-standard/video-edit": "video_url",
    "kling/kling-3.0-standard/image-to-video": "image_url",
    "runway/gen-4-image/edit-image": "image_urls",
}
ASKED_FOR = {
    # Required fields beside those of the two capabilities that cannot do without: here the page itself says so.
    "google/nano-banana-pro-extra/edit-image": {"image_urls"},  # the description of the field
    "kling-plus/kling-3.0-pro/motion-control": {"image", "video"},  # the introduction
    "kling-plus/kling-o3-standard/image-to-video": {"image_url"},  # the introduction
    "kling/kling-motion-create-v3/motion-transfer-to-video": {"motion_video_url"},  # the price is measured from it
}


# What follows works on the transcription alone.


def multipliers(slug: str) -> dict[str, dict[str, Fraction]]:
    """Return the documented multipliers, by field in the order of the formula and by option."""
    model = DOCUMENTED[slug]
    return {name: _expanded(model["factors"][name]) for name in model["formula"]}


def _expanded(factor: dict[str, Any]) -> dict[str, Fraction]:
    """Return option and multiplier; a range of whole numbers multiplies by the number itself."""
    if factor.keys() == {"from", "to"}:
        return {str(number): Fraction(number) for number in range(factor["from"], factor["to"] + 1)}
    return {option: Fraction(text) for option, text in factor.items()}


@cache
def sheet(slug: str) -> dict[tuple[str, ...], Fraction]:
    """Return the exact price in micros of every combination of documented options."""
    tables = multipliers(slug)
    base = Fraction(DOCUMENTED[slug]["base_micros"])
    return {options: base * _product(tables, options) for options in product(*tables.values())}


def _product(tables: dict[str, dict[str, Fraction]], options: tuple[str, ...]) -> Fraction:
    return prod((table[option] for table, option in zip(tables.values(), options, strict=True)), start=Fraction(1))


def half_up(exact: Fraction) -> int:
    """Return the nearest whole number, a half upwards."""
    return floor(exact + Fraction(1, 2))


# What follows builds requests.


@cache
def as_read(slug: str) -> tuple[Revision, datetime | None]:
    """Return the revision that was recorded when the page was read, and an instant at which it is in force."""
    day = date.fromisoformat(DOCUMENTED[slug].get("checked", DOCUMENT["checked"]))
    revisions = list(periods(whole(slug)))
    return next((one for one in revisions if one[0].checked >= day), revisions[-1])


def revision_of(slug: str) -> Revision:
    """Return what the table says about a page as it was read."""
    return as_read(slug)[0]


def at(slug: str) -> datetime | None:
    """Return an instant at which that is in force; None for a model that is not in the transcription."""
    return as_read(slug)[1] if slug in DOCUMENTED else None


def validate(request: dict[str, Any]) -> Report:
    """Judge a request by the rules that were read."""
    return ratecard.validate(request, at=at(request["model"]))


def quote(request: dict[str, Any], measured: dict[str, str] | None = None) -> Quote:
    """Quote a request at the prices that were read."""
    return ratecard.quote(request, measured=measured, at=at(request["model"]))


def try_quote(request: dict[str, Any], measured: dict[str, str] | None = None) -> Quote | Declined:
    """Quote a request at the prices that were read, or return why there is none."""
    return ratecard.try_quote(request, measured=measured, at=at(request["model"]))


def quote_range(request: dict[str, Any]) -> QuoteRange:
    """Return the range of the prices that were read."""
    return ratecard.quote_range(request, at=at(request["model"]))


def price_sheet(slug: str) -> tuple[Quote, ...]:
    """Return the price sheet as it was read."""
    return ratecard.price_sheet(slug, at=at(slug))


def filler(field: Field) -> object:
    """Return some value that a required field takes."""
    if field.allowed is not None:
        return field.allowed[0]
    address = VIDEO if "video" in field.name else IMAGE
    return {"array": [address], "string": address if field.format else "a cat in the snow"}[field.type]


def minimal(slug: str) -> dict[str, Any]:
    """Return the fields that a request cannot do without."""
    table = revision_of(slug)
    either = {rule.of[-1] for rule in table.at_least_one}
    return {field.name: filler(field) for field in table.input if field.required or field.name in either}


def as_sent(slug: str, option: str, name: str) -> object:
    """Return an option as a request sends it: a string, unless the documentation says boolean."""
    kind = DOCUMENTED[slug]["fields"].get(name, {}).get("type", "string")
    return {"true": True, "false": False}[option] if kind == "boolean" else option


def asked(slug: str, options: dict[str, str], **others: object) -> dict[str, Any]:
    """Return the arguments that ask for `options`: those that are no field of the request are measured."""
    fields = DOCUMENTED[slug]["fields"]
    sent = {name: as_sent(slug, option, name) for name, option in options.items() if name in fields}
    measured = {name: option for name, option in options.items() if name not in fields}
    return {"request": {"model": slug, "input": {**minimal(slug), **sent, **others}}, "measured": measured}


def texts(options: Any) -> tuple[str, ...]:
    """Return options as the price tables of the pages write them."""
    return tuple(str(option).lower() if isinstance(option, bool) else str(option) for option in options)


# The transcription, and the tables that it speaks of.


def test_the_transcription_is_whole() -> None:
    """Each model stands once, with a printed cost or no known price; what was released is in it; all rules occur."""
    assert len(DOCUMENTED) == len(DOCUMENT["models"])
    assert {slug for slug, _ in COSTS} == set(PRICED)
    released = json.loads((DATA / "released" / "0.1.0.json").read_text(encoding="utf-8"))
    assert released.keys() <= DOCUMENTED.keys()
    assert EXAMPLES
    assert {rule for _, _, rules in STATED for rule in rules} >= {*FAMILY_RULES, "required", "affects_price"}


def test_every_transcribed_model_has_a_table() -> None:
    """Its names, pages and time are those of the page; a table need not be in the transcription."""
    assert DOCUMENTED.keys() <= set(map(slug_of, table_files()))
    for slug, page in DOCUMENTED.items():
        model, revision = whole(slug), revision_of(slug)
        assert (model.name, model.provider) == (page["name"], page["provider"])
        words = re.split("[^a-z]+", page["capability"].lower())
        assert set(model.capability.split("-")) <= set(words)  # three pages say "Image to Image / Edit"
        assert list(revision.source) == page["pages"]
        assert revision.typical_seconds == page["typical_seconds"]


def test_the_capability_is_the_end_of_the_slug() -> None:
    """A capability is spelled as in the slug; one slug has none."""
    for slug in map(slug_of, table_files()):
        *_, end = slug.split("/")
        assert end == whole(slug).capability or slug == "google/nano-banana", slug


# Prices.


def test_documented_cost() -> None:
    """A printed cost is base times multipliers of the same page, and comes out to the micro."""
    for slug, cost in COSTS:
        tables = multipliers(slug)
        chosen = [tables[name][option] for name, option in cost["options"].items()]
        left_out = [table for name, table in tables.items() if name not in cost["options"]]
        assert all(set(table.values()) == {1} for table in left_out)  # else the page would not say what it prices
        assert prod(chosen, start=Fraction(DOCUMENTED[slug]["base_micros"])) == cost["micros"], slug
        quoted = quote(**asked(slug, cost["options"]))
        assert (quoted.usd_micros, quoted.exact, quoted.rounding) == (cost["micros"], cost["micros"], None), slug
        assert quoted.base_micros == DOCUMENTED[slug]["base_micros"], slug


def test_default_cost_needs_no_options() -> None:
    """A default cost is the price of a request that leaves every priced field out; grok-imagine has none."""
    for slug, cost in COSTS:
        if cost["kind"] == "example":
            assert slug == GROK, slug
            continue
        measured = asked(slug, cost["options"])["measured"]
        quoted = quote({"model": slug, "input": minimal(slug)}, measured=measured)
        assert quoted.usd_micros == cost["micros"], slug
        shown = dict(zip(multipliers(slug), texts(factor.value for factor in quoted.factors), strict=True))
        assert shown.items() >= cost["options"].items(), slug
        origins = {factor.field: factor.origin for factor in quoted.factors}
        assert origins == {name: "measured" if name in measured else "default" for name in multipliers(slug)}, slug


def test_printed_dollars() -> None:
    """Printed dollars agree with the micros everywhere but on two pages, and both are shown with every quote."""
    odd = set()
    for slug in PRICED:
        model = DOCUMENTED[slug]
        printed = [(model["printed_usd"], model["base_micros"])]
        printed += [(cost["printed_usd"], cost["micros"]) for cost in model["costs"]]
        odd |= {slug for dollars, micros in printed if Fraction(dollars) * 1_000_000 != micros}
        table = revision_of(slug)
        assert table.price.label == model["label"]
        assert table.price.printed_usd == model["printed_usd"]
        assert [one.printed_usd for one in table.examples] == [cost["printed_usd"] for cost in model["costs"]]
    assert odd == {GROK, SEEDANCE}
    recorded = {slug for slug in PRICED for one in revision_of(slug).conflicts if one.about == "price.printed_usd"}
    assert recorded == odd


def test_formula_and_multipliers() -> None:
    """Order of the formula, options and multipliers are those of the page: nothing is missing, nothing is added."""
    for slug in PRICED:
        table = revision_of(slug)
        found = {
            factor.field: {
                option: Fraction(option) if factor.multipliers is None else dict(factor.multipliers)[option]
                for option in texts(table.priced[factor.field].allowed)
            }
            for factor in table.price.factors
        }
        assert found == multipliers(slug), slug
        assert list(found) == DOCUMENTED[slug]["formula"], slug
        for factor in table.price.factors:
            options = found[factor.field]
            assert len(table.priced[factor.field].allowed or ()) == len(options), (slug, factor.field)
            listed = factor.multipliers
            assert listed is None or {option for option, _ in listed} == options.keys(), (slug, factor.field)


def test_price_sheet() -> None:
    """The sheet has every documented combination once, at base times multipliers, rounded half up at the end."""
    for slug in PRICED:
        rows = price_sheet(slug)
        expected = sheet(slug)
        found = {texts(factor.value for factor in row.factors): (row.exact, row.usd_micros) for row in rows}
        assert found == {options: (exact, half_up(exact)) for options, exact in expected.items()}, slug
        assert len(rows) == len(expected) == prod(map(len, multipliers(slug).values())), slug


def test_which_prices_are_not_whole() -> None:
    """By the documented tables only one model has prices that are not whole micros."""
    assert {slug for slug in PRICED for price in sheet(slug).values() if price.denominator != 1} == {SEEDANCE}


def test_frozen_amounts() -> None:
    """Every amount of `data/vectors.jsonl` is base times documented multipliers for the options that it sends."""
    lines = (DATA / "vectors.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    seen = set()
    for vector in map(json.loads, lines):
        slug = vector["id"].partition("#")[0]
        frozen_at = datetime.fromisoformat(vector["at"]) if "at" in vector else None
        if vector["kind"] != "price" or slug not in PRICED or frozen_at != at(slug):
            continue
        values = {**vector["request"]["input"], **vector.get("measured", {})}
        options = texts(values[name] for name in multipliers(slug))
        exact = sheet(slug)[options]
        assert Fraction(vector["expect"]["exact_micros"]) == exact
        assert vector["expect"]["usd_micros"] == half_up(exact)
        seen.add((slug, options))
    assert seen == {(slug, options) for slug in PRICED for options in sheet(slug)}


# Models without a known price.


def test_unpriced_models() -> None:
    """The request is valid, the price is not known, and no number stands in for it anywhere."""
    for slug in sorted(UNPRICED):
        request = {"model": slug, "input": minimal(slug)}
        assert validate(request).ok, slug
        declined = try_quote(request)
        assert isinstance(declined, Declined), slug
        assert declined.code == "price_unknown", slug
        stored = json.dumps(declined.to_dict()).replace(slug, "")
        assert not re.search(r"\d", stored), slug
        assert not {"usd", "usd_micros", "exact"} & set(dir(declined)), slug
        for price in (price_sheet, lambda model: quote({"model": model, "input": minimal(model)}), _range_of):
            with pytest.raises(NotPriced) as caught:
                price(slug)
            assert caught.value.code == "price_unknown", slug
            assert not re.search(r"\d", str(caught.value).replace(slug, "")), slug
        price_table = revision_of(slug).price
        assert (price_table.base_usd_micros, price_table.printed_usd, price_table.factors) == (None, None, ()), slug
        assert revision_of(slug).examples == (), slug


def _range_of(slug: str) -> object:
    return quote_range({"model": slug, "input": minimal(slug)})


# What a request may say.


def test_documented_example() -> None:
    """The page's own example is never refused, and priced wherever the model is."""
    for slug, example in sorted(EXAMPLES.items()):
        request = {"model": slug, "input": example}
        report = validate(request)
        assert report.errors == (), slug
        missing = [problem.pointer for problem in report.warnings if problem.code == "missing_field"]
        assert missing == ([f"/input/{PROMPT_ALONE[slug]}"] if slug in PROMPT_ALONE else []), slug
        codes = {problem.code for problem in report.warnings}
        assert codes <= {"unverifiable", "uncertain_name", "missing_field"}, slug
        answer = try_quote(request)
        assert isinstance(answer, Quote) or (slug == MOTION and answer.code == "needs_measurement"), slug


def test_an_example_without_what_the_capability_needs_is_a_conflict() -> None:
    """Where the page's example leaves out what its capability seems to need, the table says so."""
    for slug, name in PROMPT_ALONE.items():
        assert EXAMPLES[slug].keys() == {"prompt"}, slug
        assert any(conflict.about == f"input.{name}" for conflict in revision_of(slug).conflicts), slug


def test_only_what_a_capability_works_on_is_surely_required() -> None:
    """A prompt for text-to-video, frames, and the image or video to work on are implied; the rest is assumed.

    What the page's own example leaves out is assumed as well, and recorded as a conflict.
    """
    for slug in DOCUMENTED:
        required = {field.name: field for field in revision_of(slug).input if field.required}
        if whole(slug).capability == "start-end-frame-to-video":
            needed = {field.name for field in revision_of(slug).input if field.format == "url"}
            assert len(needed) == 2
        else:
            needed = ({"prompt"} if whole(slug).capability == "text-to-video" else WORKED_ON) & required.keys()
        needed = (needed | ASKED_FOR.get(slug, set())) - {PROMPT_ALONE.get(slug), *MAY_BE_REPLACED.get(slug, set())}
        assert {name for name, field in required.items() if field.evidence_of("required") in CERTAIN} == needed, slug
        assert {field.evidence_of("required") for name, field in required.items() if name not in needed} <= {"assumed"}


WORKED_ON = {"image_url", "image_urls", "image", "video", "video_url", "motion_video_url"}
MAY_BE_REPLACED = {"kling/kling-extend-v3/extend-video": {"video_url"}}  # by the id of an earlier job


def test_fields_are_the_documented_ones() -> None:
    """Tables have the fields of the pages; where a page describes one without a name, the list is not complete."""
    for slug, page in DOCUMENTED.items():
        table = revision_of(slug)
        assert table.fields.keys() == page["fields"].keys()
        assert {field.name for field in table.measured} == set(page["formula"] or ()) - page["fields"].keys()
        if page["unnamed_fields"]:
            assert not table.fields_complete
            assert any(one.about == "input" for one in table.conflicts)
    assert any(page["unnamed_fields"] for page in DOCUMENTED.values())
    assert [slug for slug in DOCUMENTED if revision_of(slug).measured] == [MOTION]


def test_every_stated_rule_is_in_the_table() -> None:
    """Options, defaults, limits and types are those that the page states, and held for certain."""
    for slug, name, stated in STATED:
        field = revision_of(slug).fields[name]
        for rule in {*FAMILY_RULES, "required"} & stated.keys():
            value = getattr(field, rule)
            if rule in {"min", "max"} and value is None:  # a whole list of options says it too
                assert {"min": min, "max": max}[rule](field.allowed or ()) == stated[rule], (slug, name, rule)
                continue
            if rule == "required" and value is None:
                assert not stated[rule], (slug, name)  # a table may leave out that a field is optional
                continue
            if rule == "allowed":  # the order of a list of options says nothing
                assert sorted(map(str, value)) == sorted(map(str, stated[rule])), (slug, name, rule)
                assert list(map(type, value)) == list(map(type, stated[rule])), (slug, name, rule)
            else:
                assert (value, type(value)) == (stated[rule], type(stated[rule])), (slug, name, rule)
            if value is not False or rule != "required":
                assert field.evidence_of(rule) in CERTAIN, (slug, name, rule)


def test_nothing_unstated_is_presented_as_documented() -> None:
    """Where the page is silent, no rule of a table has the evidence `documented`."""
    for slug, page in DOCUMENTED.items():
        table = revision_of(slug)
        for field in (*table.input, *table.measured):
            stated = page["fields"].get(field.name, {})
            for rule in ("required", *FAMILY_RULES):
                if rule in stated or getattr(field, rule) in (None, False) or getattr(field, rule) == ():
                    continue
                assert field.evidence_of(rule) != "documented", (slug, field.name, rule)
            if stated.get("name_shown") is False:
                assert field.evidence_of("name") == "sibling", (slug, field.name)


def test_priced_options_follow_from_the_price_table() -> None:
    """Where only the price table lists the options, they are implied; the range of one duration is read as whole."""
    found = []
    for slug in PRICED:
        for name, field in revision_of(slug).priced.items():
            stated = DOCUMENTED[slug]["fields"].get(name, {}).get("allowed")
            if stated is not None:
                assert set(stated) == multipliers(slug)[name].keys()
                continue
            found.append((slug, name, field.evidence_of("allowed")))
    assert {evidence for _, _, evidence in found} == {"implied", "assumed"}
    assert [(slug, name) for slug, name, word in found if word == "assumed"] == [(SEEDANCE, "duration")]


def test_defaults_follow_from_the_default_cost() -> None:
    """The options of a default cost are the defaults, for certain; a default that no page hints at is no certainty."""
    for slug, cost in COSTS:
        for name, option in cost["options"].items() if cost["kind"] == "default" else ():
            if name in DOCUMENTED[slug]["fields"]:
                field = revision_of(slug).fields[name]
                assert texts([field.default]) == (option,), (slug, name)
                assert field.evidence_of("default") in CERTAIN, (slug, name)
    hinted = {(slug, name) for slug, cost in COSTS if cost["kind"] == "default" for name in cost["options"]}
    for slug, page in DOCUMENTED.items():
        for field in revision_of(slug).input:
            is_stated = "default" in page["fields"][field.name]
            if field.default is not None and not is_stated and (slug, field.name) not in hinted:
                assert field.evidence_of("default") in {"sibling", "assumed"}, (slug, field.name)


def test_sibling_rules_stand_on_the_page_of_the_sibling() -> None:
    """A rule with the evidence `sibling` is stated, with the same value, on the page of the model that it names."""
    checked = set()
    for slug in DOCUMENTED:
        for field in revision_of(slug).input:
            rules = [rule for rule, word in field.evidence if word == "sibling"]
            for rule in rules:
                assert field.sibling is not None
                stated = DOCUMENTED[field.sibling]["fields"][field.name]
                if rule == "name":
                    assert stated.get("name_shown", True)
                elif rule == "allowed":
                    assert list(field.allowed or ()) == stated[rule], (slug, field.name)
                else:
                    assert getattr(field, rule) == stated[rule], (slug, field.name, rule)
                checked.add(rule)
    assert checked > {"name", "allowed", "default", "max_length"}


def test_fields_that_are_said_to_affect_the_price_do() -> None:
    """Where a page marks a field as affecting the price, it is a factor."""
    marked = [(slug, name) for slug, name, rules in STATED if rules.get("affects_price")]
    assert marked
    assert all(name in revision_of(slug).priced for slug, name in marked)


# The odd ones, by hand.


def test_grok_imagine() -> None:
    """Nothing says what is left out, so duration and resolution must be given; the printed dollars are ten times."""
    declined = try_quote({"model": GROK, "input": {"image_url": IMAGE}})
    assert isinstance(declined, Declined)
    assert declined.code == "undetermined"
    assert "duration" in declined.message
    assert "resolution" in declined.message
    for one in ({"duration": "6"}, {"resolution": "480p"}):
        half = try_quote({"model": GROK, "input": {"image_url": IMAGE, **one}})
        assert isinstance(half, Declined)
        assert half.code == "undetermined"
    quoted = quote(**asked(GROK, {"duration": "6", "resolution": "480p"}))
    assert quoted.usd_micros == 300_000  # 50,000 x 6 x 1; the page prints $3.00 for it
    assert str(quoted.usd) == "0.30"
    for row in (quoted, *price_sheet(GROK)):
        said = " ".join(row.conflicts)
        assert "$0.50" in said
        assert "$3.00" in said
        assert all(says in row.explain() for says in row.conflicts)
    both = quote_range({"model": GROK, "input": {"image_url": IMAGE}})
    assert (both.low.usd_micros, both.high.usd_micros) == (300_000, 1_050_000)  # 50,000 x 6 x 1, 50,000 x 15 x 1.4
    assert both.undetermined == ("duration", "resolution")


def test_seedance_rounds_half_up() -> None:
    """15,000 x 1.8667 and 15,000 x 3.7333 end in .5: without sound every odd second is half a micro off."""
    rows = {texts(one.value for one in row.factors): row for row in price_sheet(SEEDANCE)}
    assert len(rows) == 54  # 3 resolutions x 2 x 9 durations
    # 15,000 x 1.8667 = 28,000.5 and 15,000 x 3.7333 = 55,999.5, times 5, 7, 9 and 11, and the half goes up.
    by_hand = {
        ("720p", "false", "5"): ("140002.5", 140_003),
        ("720p", "false", "7"): ("196003.5", 196_004),
        ("720p", "false", "9"): ("252004.5", 252_005),
        ("720p", "false", "11"): ("308005.5", 308_006),
        ("1080p", "false", "5"): ("279997.5", 279_998),
        ("1080p", "false", "7"): ("391996.5", 391_997),
        ("1080p", "false", "9"): ("503995.5", 503_996),
        ("1080p", "false", "11"): ("615994.5", 615_995),
    }
    rounded = {options: row for options, row in rows.items() if row.rounding is not None}
    assert {options: (row.to_dict()["exact_micros"], row.usd_micros) for options, row in rounded.items()} == by_hand
    assert all("rounding" in str(row.assumptions) for row in rounded.values())
    # The default cost, 15,000 x 1.8667 x 2 x 5 = 28,000.5 x 10, is whole: nothing is rounded.
    whole = rows["720p", "true", "5"]
    assert (whole.usd_micros, whole.exact, whole.to_dict()["exact_micros"]) == (280_005, Fraction(280_005), "280005")
    assert any("$0.280005" in says for says in whole.conflicts)


def test_kling_3_standard_has_sound_unless_told_otherwise() -> None:
    """The default of kling-plus is with sound, that of its namesake of kling without."""
    plus, plain = "kling-plus/kling-3.0-standard/text-to-video", "kling/kling-3.0-standard/text-to-video"
    prices = [quote({"model": slug, "input": {"prompt": "a cat"}}).usd_micros for slug in (plus, plain)]
    assert prices == [630_000, 420_000]  # 84,000 x 5 x 1.5, 84,000 x 5 x 1


def test_wan_2_7_default_is_not_the_cheapest() -> None:
    """The default resolution is the dearer one."""
    slug = "alibaba-plus/wan-2.7/reference-to-video"
    default = quote({"model": slug, "input": minimal(slug)})
    assert default.usd_micros == 1_125_000  # 150,000 x 1.5 x 5
    assert quote(**asked(slug, {"resolution": "720p"})).usd_micros == 750_000  # 150,000 x 1 x 5
    assert min(row.usd_micros for row in price_sheet(slug)) == 300_000  # 150,000 x 1 x 2


def test_nano_banana_has_a_slug_without_capability() -> None:
    """The slug has two parts; the one with a capability is another model, and a text-to-image one does not exist."""
    slug = "google/nano-banana"
    request = {"model": slug, "input": {"prompt": "a cat", "resolution": "4k"}}
    assert quote(request).usd_micros == 80_000  # 40,000 x 2
    assert whole(slug).capability == "text-to-image"
    assert [one.code for one in validate({**request, "model": f"{slug}/text-to-image"}).errors] == ["unknown_model"]


@pytest.mark.parametrize("capability", ["text-to-image", "image-to-image"])
def test_seedream_4_5_costs_the_same_in_every_resolution(capability: str) -> None:
    """Resolution is in the formula, yet every multiplier is 1."""
    rows = price_sheet(f"bytedance-plus/seedream-v4.5/{capability}")
    assert [(row.factors[0].field, row.factors[0].value) for row in rows] == [
        ("resolution", one) for one in ("512p", "1k", "2k", "4k")
    ]
    assert {row.usd_micros for row in rows} == {40_000}


def test_resolution_of_veo_3_1_frames_looks_priced_and_is_not() -> None:
    """It can be sent, it is a factor in other Veo models, and here it changes nothing."""
    slug = "google/veo-3.1/start-end-frame-to-video"
    assert "resolution" in revision_of("google/veo-3.1-fast/text-to-video").priced
    quotes = [quote(**asked(slug, {}, resolution=one)) for one in ("720p", "1080p", "4k")]
    expected = 4 * DOCUMENTED[slug]["base_micros"]  # the default is 4 seconds
    assert {one.usd_micros for one in quotes} == {expected}
    assert all([factor.field for factor in one.factors] == ["duration"] for one in quotes)


def test_motion_create_is_priced_by_what_is_measured() -> None:
    """The duration follows from the motion video: without it there is no price, with it there is."""
    request: dict[str, Any] = {"model": MOTION, "input": {"image_url": IMAGE, "motion_video_url": VIDEO}}
    declined = try_quote(request)
    assert isinstance(declined, Declined)
    assert declined.code == "needs_measurement"
    assert validate(request).problems == ()
    assert quote(request, measured={"duration": "5"}).usd_micros == 350_000  # 70,000 x 5 x 1
    refused = try_quote(request, measured={"duration": "7"})
    assert isinstance(refused, Declined)
    assert [problem.code for problem in refused.report.errors] == ["not_allowed"]
    sent = {**request, "input": {"image_url": IMAGE, "motion_video_url": VIDEO, "duration": "5"}}
    assert [one.code for one in validate(sent).errors] == ["unknown_field"]
    by_length = quote_range(request)  # the default quality: 70,000 x 5 x 1, 70,000 x 10 x 1
    assert (by_length.low.usd_micros, by_length.high.usd_micros) == (350_000, 700_000)
    both = quote_range({**request, "input": {**request["input"], "quality": ANY}})
    assert (both.low.usd_micros, both.high.usd_micros) == (350_000, 1_050_000)  # at most 70,000 x 10 x 1.5
    assert both.undetermined == ("duration", "quality")
