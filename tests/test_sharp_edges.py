"""Single decisions of the core: each test fails if one comparison, default or branch is turned around."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from inspect import Parameter, signature
from typing import TYPE_CHECKING

import pytest

import invented
from ratecard import (
    ANY,
    Add,
    Budget,
    Declined,
    Fix,
    InvalidRequest,
    Maximum,
    Minimum,
    Multiply,
    OverBudget,
    Problem,
    Quote,
    QuoteRange,
    RoundUp,
    Sale,
    SaleLine,
    Summary,
    TableError,
    adjust,
    parse_adjustments,
    quote,
    quote_range,
    try_quote,
    validate,
)
from ratecard_rules import Announcement, Catalog, Resolution, check_tables, load_model, provenance
from ratecard_rules._fast.path import FastPath

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "https://example.com/loop-1"
NAN = float("nan")
FLAT = '[revision.price]\nbase_usd_micros = 10_000\nlabel = "request"\n'


def table(fields: str) -> Catalog:
    """Return a catalogue of one model with these fields, a prompt that is optional, and a flat price."""
    prompt = '[revision.input.prompt]\ntype = "string"\n'
    return Catalog((load_model(invented.table_text(FLAT, f"{prompt}{fields}")),))


def only(fields: str, **given: object) -> Problem:
    """Return the only problem of a request to a model with these fields."""
    (problem,) = validate(invented.request(**given), catalog=table(fields))
    return problem


class TestFixes:
    """What was surely meant."""

    @pytest.mark.parametrize(
        ("text", "meant"), [("true", True), ("false", False), (" True ", True), ("FALSE", False), ("maybe", None)]
    )
    def test_truth_in_words(self, text: str, meant: bool | None) -> None:  # noqa: FBT001  a value to test
        """The words true and false mean the values where a boolean is expected, in any case."""
        problem = only('[revision.input.loop]\ntype = "boolean"\n', loop=text)
        assert problem.code == "wrong_type"
        expected = None if meant is None else Fix(op="replace", path="/input/loop", value=meant)
        assert problem.fix == expected
        assert problem.suggestion == (None if meant is None else str(meant).lower())

    @pytest.mark.parametrize(
        ("text", "meant"), [("9" * 15, 999_999_999_999_999), ("9" * 16, None), ("007", 7), ("٣", None), ("1.5", None)]
    )
    def test_long_numbers(self, text: str, meant: int | None) -> None:
        """Digits mean a number as long as every JSON reader keeps them exactly: fifteen of them."""
        problem = only('[revision.input.seed]\ntype = "number"\n', seed=text)
        assert problem.fix == (None if meant is None else Fix(op="replace", path="/input/seed", value=meant))


class TestPlaces:
    """Where a value is that JSON cannot carry."""

    @pytest.mark.parametrize(
        ("value", "pointer"),
        [
            ([1, NAN, 2], "/1"),
            ({"a": 1, "b": NAN}, "/b"),
            ([[1, 2], [3, NAN]], "/1/1"),
            ([[1, 2], [], [3, 4], [NAN]], "/3/0"),
            ([[NAN], [1]], "/0/0"),
            ({"a": {"x": 1}, "b": {"y": 2, "z": NAN}}, "/b/z"),
            ({"a": {"x": 1, "y": 2}, "b": {"z": NAN}}, "/b/z"),
            ({"a": {"x": 1, "y": 2}, "b": [3, NAN]}, "/b/1"),
            ({"a": [1, 2], "b": {"x": 3, "y": NAN}}, "/b/y"),
            ([(1, 2), (3, (4, NAN))], "/1/1/1"),
            ([{"a": (1, 2)}, {"b": (3, b"")}], "/1/b/1"),
            ([[{}], [{}, {"a/b": {1: 2}}]], "/1/1/a~1b"),
        ],
    )
    def test_of_a_flaw(self, value: object, pointer: str) -> None:
        """The place is found among siblings of any size, in arrays and objects side by side."""
        problem = only('[revision.input.any]\ntype = "object"\n', any=value)
        assert (problem.code, problem.pointer) == ("not_json", f"/input/any{pointer}")

    @pytest.mark.parametrize("place", ["seed", "zebra", "settings"])
    @pytest.mark.parametrize(("number", "is_carried"), [(2**1024 - 1, True), (2**1024, False), (-(2**1024), False)])
    def test_of_the_widest_number(self, place: str, number: int, is_carried: bool) -> None:  # noqa: FBT001  expected
        """A whole number of 1,024 bits is carried, a wider one is not: alone, in an unknown field and nested."""
        fields = '[revision.input.seed]\ntype = "number"\n[revision.input.settings]\ntype = "object"\n'
        value = {"a": [number]} if place == "settings" else number
        report = validate(invented.request(**{place: value}), catalog=table(fields))
        assert ("not_json" in {problem.code for problem in report}) is not is_carried


@pytest.mark.fast_path
class TestFastPath:
    """The compiled check refuses what the judge refuses."""

    @pytest.mark.parametrize(("value", "passes"), [(True, True), (False, False)])
    def test_boolean_options(self, value: bool, passes: bool) -> None:  # noqa: FBT001  values to test
        """A boolean that is not among its options is refused."""
        catalog = table('[revision.input.loop]\ntype = "boolean"\nallowed = [true]\n')
        assert validate(invented.request(loop=value), catalog=catalog).ok is passes

    @pytest.mark.parametrize(
        ("stated", "good", "bad"),
        [
            ('type = "string"', "a", 5),
            ('type = "string"\nmax_length = 4', "abcd", "abcde"),
            ('type = "string"\nmax_length = 4', "éé", "éé" * 3),
            ('type = "string"\nallowed = ["5", "10"]', "10", "15"),
            ('type = "string"\nformat = "url"', "http://example.com/a", "example.com/a"),
            ('type = "string"\nformat = "https"', "https://example.com/a", "http://example.com/a"),
            ('type = "number"', 5, "5"),
            ('type = "number"', 2**1024 - 1, 2**1024),
            ('type = "number"\nmin = 1\nmax = 2', 1, 0),
            ('type = "number"\nmin = 1\nmax = 2', 2, 3),
            ('type = "number"\nmin = 1\nmax = 2', 1.5, 2.5),
            ('type = "number"\nallowed = [1, 2]', 1.0, 3),
            ('type = "boolean"', False, 0),
            ('type = "boolean"\nallowed = [true]', True, False),
            ('type = "array"\nitems = "string"', ["a b"], ["a", 5]),
            ('type = "array"\nitems = "string"', [], "a"),
            ('type = "array"\nitems = "string"\nmin_items = 1', ["a"], []),
            ('type = "array"\nitems = "string"\nmax_items = 1', ["a"], ["a", "b"]),
            ('type = "array"\nitems = "string"\nitem_format = "url"', ["http://example.com"], ["cat.jpg"]),
        ],
    )
    @pytest.mark.parametrize("rest", ["", "required = true"])
    def test_is_sure_of_plain_values(self, stated: str, good: object, bad: object, rest: str) -> None:
        """A plain value of every kind of field is settled without the judge, at its limits too; a bad one is named."""
        catalog = table(f"[revision.input.what]\n{stated}\n{rest}\n")
        path: FastPath[None] = FastPath(next(iter(catalog)), catalog)
        assert path.check(invented.request(what=good), tuple, lambda _, names: names) == ()
        assert path.check(invented.request(what=bad), tuple, lambda _, names: names) == ("what",)

    @pytest.mark.parametrize("slug", [[], {}, {"a": []}, set(), None, 5, True, float("nan"), object()])
    def test_a_model_that_cannot_be_looked_up(self, slug: object) -> None:
        """A name that is no text is a wrong type, also after the model was found once by its name."""
        catalog = table("")
        assert validate(invented.request(), catalog=catalog).ok
        report = validate({**invented.request(), "model": slug}, catalog=catalog)
        assert [problem.pointer for problem in report.errors] == ["/model"]


class TestBudget:
    """The words of a budget."""

    @pytest.mark.parametrize("limit", [None, 10_000])
    def test_what_is_left(self, limit: int | None) -> None:
        """An item above what is left is refused by that limit, whether or not there is one for each item."""
        with pytest.raises(OverBudget) as caught:
            Budget(usd_micros=9_999, max_item_micros=limit).charge(quote(invented.request(), catalog=table("")))
        assert str(caught.value) == "asked for $0.01, but only $0.009999 is left"


class TestRequest:
    """The fields of a request around its input."""

    @pytest.mark.parametrize(("left_out", "expected"), [("model", "a string"), ("input", "an object")])
    def test_what_is_required(self, left_out: str, expected: str) -> None:
        """The model and the input are required, even where no field of the input is; nothing else is."""
        request = {name: value for name, value in invented.request().items() if name != left_out}
        (problem,) = validate(request, catalog=table(""))
        assert (problem.code, problem.pointer) == ("missing_field", f"/{left_out}")
        assert problem.expected == expected
        assert problem.message == f"this field is required; expected {expected}"


class TestAddresses:
    """What is an address with a host."""

    @pytest.mark.parametrize(
        "host", ["", "/a", "/a@b", "?a", "?a@b", "#a", "#a@b", ":80", ":80/a", "me@", "me@/a", "me@:80", "?/a", "#/a"]
    )
    def test_without_a_host(self, host: str) -> None:
        """Path, query, fragment, port and user are no host, in whatever order they come."""
        problem = only('[revision.input.link]\ntype = "string"\nformat = "url"\n', link=f"https://{host}")
        assert (problem.code, problem.pointer) == ("bad_url", "/input/link")

    @pytest.mark.parametrize(
        "host", ["a", "a/b@c", "a?b@c", "a#b@c", "a:80", "a:80/b", "me@a", "me:you@a:80", "me@a/b", "a?/b", "a#/b", "é"]
    )
    def test_with_a_host(self, host: str) -> None:
        """An address with a host is one, whatever follows."""
        catalog = table('[revision.input.link]\ntype = "string"\nformat = "url"\n')
        assert validate(invented.request(link=f"https://{host}"), catalog=catalog).problems == ()


class TestEvidence:
    """How sure a broken rule is, and who states it."""

    @pytest.mark.parametrize(
        ("evidence", "severity", "page"),
        [("documented", "error", PAGE), ("implied", "error", PAGE), ("assumed", "warning", None)],
    )
    def test_of_one_of_many(self, evidence: str, severity: str, page: str | None) -> None:
        """The problem of a set of fields of which one is needed carries the evidence of that rule and its page."""
        rule = f'[[revision.at_least_one]]\nof = ["size"]\nevidence = "{evidence}"\n'
        problem = only(f'[revision.input.size]\ntype = "string"\n{rule}')
        assert (problem.code, problem.pointer, problem.allowed) == ("missing_one_of", "/input", ("size",))
        assert (problem.evidence, problem.severity, problem.page) == (evidence, severity, page)
        assert problem.checked == (None if page is None else date(2026, 11, 20))


class TestNames:
    """What the names of fields give away."""

    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("secs", "duration"),
            ("audio", "has_sound"),
            ("sound", "generate_audio"),
            ("n", "num_images"),
            ("size", "resolution"),
            ("ratio", "aspect_ratio"),
            ("mode", "quality"),
            ("framerate", "fps"),
        ],
    )
    def test_synonyms(self, name: str, meant: str) -> None:
        """A name that other APIs use for a field is recognised, though it is spelled quite differently."""
        problem = only(f'[revision.input.{meant}]\ntype = "string"\n', **{name: "x"})
        assert (problem.code, problem.suggestion, problem.fix) == ("unknown_field", meant, None)

    @pytest.mark.parametrize(
        ("name", "is_certain"),
        [("resolutiom", True), ("Resolution", True), ("esolution", True), ("resoluxiom", False), ("resoltn", False)],
    )
    def test_a_misspelling(self, name: str, is_certain: bool) -> None:  # noqa: FBT001  expected
        """One wrong letter of ten is a slip and can be fixed; two may be another name, which is only suggested."""
        problem = only('[revision.input.resolution]\ntype = "string"\n', **{name: "x"})
        assert problem.suggestion == "resolution"
        fix = Fix(op="move", source=f"/input/{name}", path="/input/resolution")
        assert problem.fix == (fix if is_certain else None)

    def test_a_short_misspelling(self) -> None:
        """One wrong letter of eight is only a suggestion."""
        problem = only('[revision.input.duration]\ntype = "string"\n', duratiom="x")
        assert (problem.suggestion, problem.fix) == ("duration", None)

    def test_advice_is_bounded(self) -> None:
        """The first twenty unknown fields get a suggestion, the first three list what is known."""
        given = {f"prompt{number:02}": "x" for number in range(25)}
        problems = validate(invented.request(**given), catalog=table("")).problems
        assert [problem.pointer for problem in problems] == [f"/input/{name}" for name in given]
        assert [problem.suggestion for problem in problems] == ["prompt"] * 20 + [None] * 5
        assert [problem.allowed for problem in problems] == [("prompt",)] * 3 + [None] * 22

    @pytest.mark.parametrize(
        ("name", "pointer"), [("a~b", "a~0b"), ("a/b", "a~1b"), ("~1", "~01"), ("a/~b", "a~1~0b"), ("", "")]
    )
    def test_the_pointer_to_a_name(self, name: str, pointer: str) -> None:
        """A tilde and a slash in a name are escaped, each alone and both together."""
        assert only("", **{name: 5}).pointer == f"/input/{pointer}"

    @pytest.mark.parametrize("evidence", ["implied", "sibling", "assumed"])
    def test_the_provenance_of_a_name(self, evidence: str) -> None:
        """A name that the page does not state is listed among the rules, with its evidence."""
        sibling = 'sibling = "acme/loop-2/text-to-video"\n' if evidence == "sibling" else ""
        fields = f'[revision.input.size]\ntype = "string"\nevidence = {{ name = "{evidence}" }}\n{sibling}'
        (model,) = catalog = table(fields)
        listed = {entry.rule: entry.evidence for entry in provenance(model, catalog)}
        assert listed["input.size.name"] == evidence
        assert "input.prompt.name" not in listed


class TestValues:
    """The values of the public interface."""

    @pytest.mark.parametrize(
        "cls",
        [
            *(Add, Announcement, Declined, Fix, Maximum, Minimum, Multiply, Problem, Quote, QuoteRange, Resolution),
            *(RoundUp, Sale, SaleLine, Summary),
        ],
    )
    def test_made_by_keyword(self, cls: type) -> None:
        """Values with many attributes take them by keyword only, so that a new attribute breaks no caller."""
        assert {parameter.kind for parameter in signature(cls).parameters.values()} == {Parameter.KEYWORD_ONLY}

    def test_made_of_a_limit(self) -> None:
        """Only the limit of a budget in dollars is positional; amounts in micros are passed by keyword."""
        kinds = {name: parameter.kind for name, parameter in signature(Budget).parameters.items()}
        assert kinds == {
            "usd": Parameter.POSITIONAL_OR_KEYWORD,
            "usd_micros": Parameter.KEYWORD_ONLY,
            "max_item_micros": Parameter.KEYWORD_ONLY,
            "spent_micros": Parameter.KEYWORD_ONLY,
        }

    def test_a_shipped_table_is_built_once(self) -> None:
        """A shipped model is the same object whenever it is asked for."""
        catalog = Catalog.bundled()
        slug = catalog.models[0]
        assert catalog[slug] is catalog[slug]

    def test_an_attribute_that_is_none(self) -> None:
        """A problem has no attribute but its own, and the error says which one was asked for."""
        with pytest.raises(AttributeError, match=r"^'Problem' object has no attribute 'colour'$") as caught:
            _ = only('[revision.input.loop]\ntype = "boolean"\n', loop=5).colour
        assert caught.value.name == "colour"

    def test_the_repr_of_a_refusal(self) -> None:
        """The repr of a declined request is its code and its message, on one line."""
        assert repr(try_quote({})) == (
            "<Declined invalid_request: the request is invalid: /model: this field is required; expected a string "
            "(and 1 more)>"
        )


class TestOutliers:
    """Prices that are far from those of similar models."""

    def test_the_price_as_shown(self, tmp_path: Path) -> None:
        """A price per unit is shown in dollars without trailing zeros, and without a point where it is whole."""
        prices = {1_000_000_000: "$1,000", 250_000_000: "$250", 250_500_000: "$250.5", 100_000_001: "$100.000001"}
        for micros in prices:
            price = f'[revision.price]\nbase_usd_micros = {micros}\nlabel = "request"\n'
            table = invented.table_text(
                price, '[revision.input.prompt]\ntype = "string"\n', slug=f"acme/loop-{micros}/text-to-video"
            )
            (tmp_path / f"{micros}.toml").write_text(table, encoding="utf-8")
        warnings = check_tables([tmp_path]).warnings
        assert {warning.message.partition(" per request is ")[0] for warning in warnings} == {*prices.values()}


class TestMoney:
    """Amounts as text."""

    def test_nothing_has_no_sign(self) -> None:
        """A price of zero, and a margin of zero, are written without a sign."""
        free = '[revision.price]\nbase_usd_micros = 0\nfree = true\nlabel = "request"\n'
        cost = quote(invented.request(), catalog=invented.catalog(free))
        assert (cost.to_dict()["usd"], cost.to_dict()["exact_micros"]) == ("0.00", "0")
        sale = adjust(quote(invented.request(), catalog=table("")), [Add(name="nothing", usd_micros=0)]).to_dict()
        assert (sale["margin_micros"], sale["margin"], sale["lines"][0]["difference_micros"]) == (0, "0", "0")

    def test_the_words_are_bounded(self) -> None:
        """Of text that is no amount, the first forty characters are repeated."""
        text = f'[[adjustment]]\nname = "a"\nadd_usd = "{"x" * 100}"\n'
        with pytest.raises(TableError) as caught:
            parse_adjustments(text)
        assert caught.value.faults[0].message.endswith(f"such as 1.26, got '{'x' * 40}'")

    def test_the_words_for_a_ratio_are_bounded(self) -> None:
        """Of a ratio without a value, the first forty characters are repeated."""
        stored = quote(invented.request(), catalog=invented.catalog()).to_dict()
        stored["factors"][0]["multiplier"] = "1/" + "0" * 100
        with pytest.raises(ValueError, match=rf"divisor zero: '1/{'0' * 38}'$"):
            Quote.from_dict(stored)


class TestTables:
    """Numbers in tables."""

    @pytest.mark.parametrize(("digits", "is_read"), [(38, True), (39, False)])
    def test_the_longest_decimal(self, digits: int, is_read: bool) -> None:  # noqa: FBT001  expected
        """A decimal has at most forty characters, with its point."""
        fields = f'[revision.input.size]\ntype = "number"\nmax = 1.{"1" * digits}\n'
        if is_read:
            (model,) = table(fields)
            assert model.latest.fields["size"].max == Decimal("1." + "1" * digits)
        else:
            with pytest.raises(TableError, match=r"\(write at most 40 digits\)$"):
                table(fields)


class TestRange:
    """Requests with open options."""

    @pytest.mark.parametrize("slug", [[], {}, None, 5, b"acme"])
    def test_a_model_that_cannot_be_looked_up(self, slug: object) -> None:
        """A name that is no text is an error of the request, not of the program."""
        with pytest.raises(InvalidRequest) as caught:
            quote_range({"model": slug, "input": {"duration": ANY}}, catalog=invented.catalog())
        assert "/model" in {problem.pointer for problem in caught.value.report.errors}


def test_a_value_of_an_uncertain_type_has_no_price() -> None:
    """True is not the option 1, also where the type of the field is only assumed, so that it is no error."""
    fields = '[revision.input.prompt]\ntype = "string"\n'
    fields += '[revision.input.count]\ntype = "number"\nallowed = [1, 2]\nevidence = { type = "assumed" }\n'
    price = '[revision.price]\nbase_usd_micros = 10\n[revision.price.factors]\ncount = "value"\n'
    catalog = Catalog((load_model(invented.table_text(price, fields)),))
    assert quote(invented.request(count=1), catalog=catalog).usd_micros == 10
    declined = try_quote(invented.request(count=True), catalog=catalog)
    assert isinstance(declined, Declined)
    assert declined.code == "undetermined"
