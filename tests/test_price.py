"""The price of options alone, and what a request with them still lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import invented
import strategies
from ratecard import (
    Declined,
    InvalidRequest,
    NotPriced,
    Quote,
    example_request,
    missing_fields,
    price,
    quote,
    try_quote,
)
from ratecard_rules import Catalog, Problem, load_model, validate

SLUG = "acme/loop-1/text-to-video"
O3 = "kling-plus/kling-o3-standard/image-to-video"
REQUIRED = invented.INPUT.replace('default = "4"', "required = true")
ONE_OF = "[[revision.at_least_one]]\nof = {of}\n"


def missing_assumptions(quoted: Quote) -> Quote:
    """Return a quote without assumptions about missing fields, which `price` does not make."""
    kept = (entry for entry in quoted.assumptions if "required" not in entry.says or not entry.about.startswith("/"))
    return evolve(quoted, assumptions=tuple(kept))


def attempt(request: Any) -> Quote | InvalidRequest | NotPriced:
    """Return the price of the input of a request, or why it has none."""
    try:
        return price(request["model"], request["input"])
    except (InvalidRequest, NotPriced) as error:
        return error


class TestPrice:
    """`price` is what `quote` says of a complete request with these options."""

    def test_defaults(self) -> None:
        """84,000 micros x 5 s (the default) x no sound (the default); then 10 s, and with sound at 1.5."""
        assert price(O3).usd_micros == 420_000
        assert price(O3, {"duration": "10"}).usd_micros == 840_000
        assert price(O3, {"duration": "10", "has_sound": "true"}).usd == Decimal("1.26")

    def test_every_model_with_defaults(self) -> None:
        """No image, prompt or video has to be invented: only unknown, open and measured prices are refused."""
        codes = {}
        for model in strategies.AVAILABLE:
            try:
                price(model.slug)
            except NotPriced as error:
                codes[model.slug] = error.code
        assert len(strategies.AVAILABLE) - len(codes) >= 70
        assert set(codes.values()) <= {"price_unknown", "undetermined", "needs_measurement"}

    @given(request=strategies.requests())
    def test_equals_quote(self, request: dict[str, Any]) -> None:
        """Whatever `quote` says of a complete request, `price` says of its input: the same quote or refusal."""
        slug, fields = request["model"], request["input"]
        answer = try_quote(request)
        if isinstance(answer, Quote):
            assert price(slug, fields) == answer
            priced = {name: fields[name] for name in strategies.CATALOG[slug].latest.priced if name in fields}
            assert price(slug, priced).factors == answer.factors
            assert price(slug, priced).usd_micros == answer.usd_micros
        else:
            with pytest.raises(NotPriced) as refusal:
                price(slug, fields)
            assert (refusal.value.code, refusal.value.message) == (answer.code, answer.message)

    @given(broken=strategies.broken())
    def test_equals_quote_of_invalid_input(self, broken: strategies.Broken) -> None:
        """The problems are those of `validate`, except missing fields that the price does not depend on."""
        fields = broken.request.get("input")
        request = {"model": broken.request.get("model"), "input": {} if fields is None else fields}
        answer, priced = try_quote(request), attempt(request)
        if isinstance(priced, InvalidRequest):
            assert set(priced.report.errors) <= set(validate(request).errors)
            others = set(validate(request).errors) - set(priced.report.errors)
            assert {problem.code for problem in others} <= {"missing_field"}
        elif isinstance(priced, NotPriced):
            assert isinstance(answer, Declined)
            assert answer.code in {priced.code, "invalid_request"}
        elif isinstance(answer, Declined):
            assert {problem.code for problem in answer.report.errors} <= {"missing_field", "missing_one_of"}
        else:
            assert missing_assumptions(priced) == missing_assumptions(answer)

    def test_problems_are_those_of_the_resolver(self) -> None:
        """Code, pointer, suggestion and fix are the same as for a request."""
        with pytest.raises(InvalidRequest) as refusal:
            price(O3, {"durtion": 5, "has_sound": True})
        errors = refusal.value.report.errors
        assert [(error.code, error.pointer) for error in errors] == [
            ("wrong_type", "/input/has_sound"), ("unknown_field", "/input/durtion"),
        ]  # fmt: skip
        assert [error.suggestion for error in errors] == ['"true"', "duration"]
        assert all(error.fix is not None for error in errors)

    @pytest.mark.parametrize(
        ("model", "options", "pointer"),
        [("acme/none", {}, "/model"), (5, {}, "/model"), (O3, [], "/input"), (O3, {1: 2}, "/input")],
    )
    def test_bad_arguments(self, model: Any, options: Any, pointer: str) -> None:
        """Anything may be passed; what is wrong is named as in a request, by both functions."""
        for function in (price, missing_fields):
            with pytest.raises(InvalidRequest) as refusal:
                function(model, options)
            assert refusal.value.report.errors[0].pointer == pointer

    def test_required_priced_fields_are_needed(self) -> None:
        """A required field without a default decides the price, so its price cannot be known without it."""
        catalog = invented.catalog(fields=REQUIRED)
        with pytest.raises(InvalidRequest, match="/input/duration"):
            price(SLUG, catalog=catalog)
        assert price(SLUG, {"duration": "8"}, catalog=catalog).usd_micros == 80_000

    @pytest.mark.parametrize(("of", "is_needed"), [('["prompt", "duration"]', False), ('["duration"]', True)])
    def test_one_of_several_fields(self, of: str, *, is_needed: bool) -> None:
        """A set of which one is needed counts only if the price depends on all of them."""
        catalog = invented.catalog(ONE_OF.format(of=of) + invented.PRICE)
        if is_needed:
            with pytest.raises(InvalidRequest, match="duration"):
                price(SLUG, catalog=catalog)
        else:
            assert price(SLUG, catalog=catalog).usd_micros == 40_000
        assert price(SLUG, {"duration": "8"}, catalog=catalog).usd_micros == 80_000

    def test_open_and_measured_options(self) -> None:
        """What has neither a default nor a value has no price; a measured quantity can be passed."""
        open_duration = invented.INPUT.replace('default = "4"\n', "")
        with pytest.raises(NotPriced, match=r"undetermined: duration: left out.*\"4\", \"8\""):
            price(SLUG, catalog=invented.catalog(fields=open_duration))
        motion = "kling/kling-motion-create-v3/motion-transfer-to-video"
        with pytest.raises(NotPriced, match="needs_measurement"):
            price(motion)
        request = example_request(motion)
        measured = {"duration": "5"}
        assert price(motion, measured=measured) == quote(request, measured=measured)

    def test_dates(self) -> None:
        """`at` picks the revision in force, and a retired model has no price."""
        text = invented.table_text() + (
            "[[revision]]\nchecked = 2026-11-20\neffective = 2027-01-01T00:00:00Z\n"
            'source = ["https://example.com/loop-1"]\n[revision.input]\n[revision.price]\nbase_usd_micros = 7\n'
        )
        head = "retired = 2028-01-01T00:00:00Z\n"
        catalog = Catalog([load_model(head + text)])
        days = [datetime(year, 6, 1, tzinfo=UTC) for year in (2026, 2027, 2028)]
        assert [price(SLUG, catalog=catalog, at=day).usd_micros for day in days[:2]] == [40_000, 7]
        with pytest.raises(NotPriced, match="retired"):
            price(SLUG, catalog=catalog, at=days[2])

    def test_of_too_many_problems_none_is_ignored(self) -> None:
        """If a report lists only some of the problems, nothing is priced."""
        with pytest.raises(InvalidRequest) as refusal:
            price(O3, {f"x{number}": 1 for number in range(200)})
        assert refusal.value.report.omitted_errors > 0


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str, str]]:
    """Return where something is missing, how certain that is, and the code."""
    return [(problem.pointer, problem.severity, problem.code) for problem in problems]


class TestMissingFields:
    """`missing_fields` lists what a request with some options still lacks."""

    def test_required_fields(self) -> None:
        """A field is missing until it is given; wrong options do not matter here."""
        assert told(missing_fields(O3)) == [("/input/image_url", "error", "missing_field")]
        assert told(missing_fields(O3, {"durtion": 5})) == [("/input/image_url", "error", "missing_field")]
        assert missing_fields(O3, {"image_url": "https://example.com/cat.jpg"}) == ()

    def test_one_of_several(self) -> None:
        """A set of fields is one problem, which names them."""
        catalog = invented.catalog(ONE_OF.format(of='["seed", "sound"]') + invented.PRICE)
        missing = missing_fields(SLUG, {"prompt": "a cat"}, catalog=catalog)
        assert told(missing) == [("/input", "error", "missing_one_of")]
        assert missing[0].allowed == ("seed", "sound")
        assert missing_fields(SLUG, {"prompt": "a cat", "seed": 1}, catalog=catalog) == ()

    @given(request=strategies.requests(), data=st.data())
    def test_they_complete_a_request(self, request: dict[str, Any], data: st.DataObject) -> None:
        """A valid request lacks nothing, and each required field that is taken out of it is named."""
        slug, fields = request["model"], dict(request["input"])
        assert missing_fields(slug, fields) == ()
        required = [field.name for field in strategies.CATALOG[slug].latest.input if field.required]
        removed = data.draw(st.sets(st.sampled_from(required))) if required else set()
        missing = missing_fields(slug, {name: value for name, value in fields.items() if name not in removed})
        assert {problem.pointer for problem in missing if problem.code == "missing_field"} == {
            f"/input/{name}" for name in removed
        }
