"""Single decisions of the core: each test fails if one comparison, default or branch is turned around."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING

import pytest

import invented
from ratecard import (
    Add,
    Budget,
    Declined,
    Fix,
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
    quote,
    try_quote,
    validate,
)
from ratecard_rules import Announcement, Catalog, FastPaths, Resolution, check_tables, load_model, provenance

if TYPE_CHECKING:
    from pathlib import Path

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
        ("text", "meant"), [("true", True), ("false", False), (" True ", True), ("FALSE", False), ("yes", None)]
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
        request = invented.request(what=good)
        path = FastPaths[None]().find(request, catalog)
        assert path is not None
        assert path.check(request) == ()
        assert path.check(invented.request(what=bad)) == ["what"]

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
            Budget(9_999, max_item_micros=limit).charge(quote(invented.request(), catalog=table("")))
        assert str(caught.value) == "asked for $0.01, but only $0.009999 is left"


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
        """Only the limit of a budget has a place; the other amounts are named, so that they cannot be mixed up."""
        kinds = {name: parameter.kind for name, parameter in signature(Budget).parameters.items()}
        assert kinds == {
            "max_total_micros": Parameter.POSITIONAL_OR_KEYWORD,
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
        """The repr of a refusal shows the code and the report; its message is derived and would say it twice."""
        assert repr(try_quote({})).startswith("Declined(code='invalid_request', report=Report(problems=(")
        assert "message" not in repr(try_quote({}))


class TestOutliers:
    """Prices that are far from those of similar models."""

    @pytest.mark.parametrize(
        ("micros", "shown"),
        [(1_000_000_000, "$1,000"), (250_000_000, "$250"), (250_500_000, "$250.5"), (100_000_001, "$100.000001")],
    )
    def test_the_price_as_shown(self, tmp_path: Path, micros: int, shown: str) -> None:
        """A price per unit is shown in dollars without trailing zeros, and without a point where it is whole."""
        file = tmp_path / "loop.toml"
        price = f'[revision.price]\nbase_usd_micros = {micros}\nlabel = "request"\n'
        file.write_text(invented.table_text(price, '[revision.input.prompt]\ntype = "string"\n'), encoding="utf-8")
        (warning,) = check_tables([file]).warnings
        assert warning.message.startswith(f"{shown} per request is ")
