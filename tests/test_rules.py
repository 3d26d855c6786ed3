"""The rules one by one: what passes, what fails, the words for people, and what is mended."""

from __future__ import annotations

import pickle
from copy import copy
from datetime import date
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest

import invented
from ratecard import Declined, Fix, Problem, Report, UnknownModel, quote, try_quote, validate
from ratecard_rules import CODES, Catalog, Shortened, load_model

FIELDS = (
    invented.INPUT
    + """
[revision.input.image_url]
type = "string"
format = "url"

[revision.input.image_urls]
type = "array"
items = "string"
min_items = 1
max_items = 2

[revision.input.shots]
type = "array"
items = "object"
unknown = "the page does not list what they hold"

[revision.input.settings]
type = "object"

[revision.input.strength]
type = "number"
min = 0.5
max = 1
evidence = { max = "assumed" }

[revision.input.mood]
type = "string"
evidence = { name = "sibling", type = "sibling" }
sibling = "acme/loop-2/text-to-video"

[revision.input.style]
type = "string"
allowed = ["Vivid", "natural"]
evidence = { allowed = "sibling" }
sibling = "acme/loop-2/text-to-video"

[[revision.at_least_one]]
of = ["prompt", "image_url", "shots"]
evidence = "implied"
"""
)
CATALOG = invented.catalog(fields=FIELDS)
MODEL = "acme/loop-1/text-to-video"

GOOD: list[dict[str, Any]] = [
    {"prompt": "0123456789", "seed": 0},
    {"prompt": "", "seed": 99, "strength": 0.5},
    {"prompt": "äöü", "strength": 1, "image_url": "HTTP://example.com"},
    {"prompt": "a", "image_urls": ["x"], "style": "Vivid"},
    {"prompt": "a", "image_urls": ("x", "y")},
]

# (field, value, code, pointer below it, the message, the fix)
BAD: list[tuple[str, Any, str, str, str, Any]] = [
    ("prompt", "0123456789x", "too_long", "", "too long: 11 characters (maximum 10)", None),
    ("prompt", "x" * 1_000_000, "too_long", "", "too long: 1,000,000 characters (maximum 10)", None),
    ("prompt", 5, "wrong_type", "", "expected a string, got the number 5", None),
    ("prompt", None, "wrong_type", "", "expected a string, got null", None),
    ("duration", None, "wrong_type", "", "expected a string, got null; use one of", {"op": "remove"}),
    ("duration", "6", "not_allowed", "", 'the string "6" is not allowed; use one of "4", "8"', None),
    ("duration", 8, "wrong_type", "", 'got the number 8; use one of "4", "8"; did you mean "8"?', {"value": "8"}),
    ("sound", "true", "wrong_type", "", "expected true or false, got the string", {"value": True}),
    ("sound", " FALSE", "wrong_type", "", "did you mean false?", {"value": False}),
    ("sound", 1, "wrong_type", "", "expected true or false, got the number 1", None),
    ("sound", "yes", "wrong_type", "", "use one of false, true", None),
    ("seed", "7", "wrong_type", "", 'expected a number, got the string "7"; did you mean 7?', {"value": 7}),
    ("seed", "100", "wrong_type", "", 'expected a number, got the string "100"', None),
    ("seed", "7.5", "wrong_type", "", "expected a number", None),
    ("seed", "9" * 40, "wrong_type", "", "expected a number", None),
    ("seed", True, "wrong_type", "", "expected a number, got true", None),
    ("seed", -1, "too_small", "", "-1 is too small (minimum 0)", None),
    ("seed", 100, "too_large", "", "100 is too large (maximum 99)", None),
    ("seed", 10**90, "too_large", "", "a number of 299 bits is too large (maximum 99)", None),
    ("seed", 10**999, "not_json", "", "JSON cannot represent a number of 3,319 bits; most JSON parsers", None),
    ("seed", float("nan"), "not_json", "", "JSON cannot represent nan; send a finite number", None),
    ("strength", 0.25, "too_small", "", "0.25 is too small (minimum 0.5)", None),
    ("strength", 1.5, "too_large", "", "1.5 is too large (maximum 1)", None),
    ("image_url", "cat.jpg", "bad_url", "", 'expected an http or https URL, got the string "cat.jpg"', None),
    ("image_url", "https://exa mple.com", "bad_url", "", "expected an http or https URL", None),
    ("image_url", "https://a@:80/x", "bad_url", "", "expected an http or https URL", None),
    (
        "image_urls",
        "x",
        "wrong_type",
        "",
        'expected an array of strings, got the string "x"; did you mean ["x"]?',
        {"value": ["x"]},
    ),
    ("image_urls", [], "too_few_items", "", "too few items: 0 (minimum 1)", None),
    ("image_urls", ["x"] * 3, "too_many_items", "", "too many items: 3 (maximum 2)", None),
    ("image_urls", ["x", 5], "wrong_type", "/1", "expected a string, got the number 5", None),
    (
        "image_urls",
        ["x", b"y"],
        "not_json",
        "/1",
        "JSON cannot represent a Python bytes object; decode",
        None,
    ),
    ("shots", [{}, []], "wrong_type", "/1", "expected an object, got an array with 0 items", None),
    ("shots", [{}], "unverifiable", "", "cannot be checked: the page does not list what they hold", None),
    ("shots", [{"a": {1}}], "not_json", "/0/a", "JSON cannot represent a Python set object; send a list", None),
    ("shots", [{5: 1}], "not_json", "/0", "a key that is not a string (the number 5); use strings as keys", None),
    ("shots", [{"a": "\ud800"}], "not_json", "/0/a", "JSON cannot represent a string with a lone surrogate", None),
    ("settings", [], "wrong_type", "", "expected an object, got an array with 0 items", None),
    (
        "settings",
        {"a": b""},
        "not_json",
        "/a",
        "JSON cannot represent a Python bytes object; decode",
        None,
    ),
    ("settings", {5: 1}, "not_json", "", "a key that is not a string (the number 5); use strings as keys", None),
    ("settings", {"\ud800": 1}, "not_json", "", "JSON cannot represent a string with a lone surrogate", None),
    ("style", "VIVID", "not_allowed", "", 'use one of "Vivid", "natural"; did you mean "Vivid"?', {"value": "Vivid"}),
    ("style", "x" * 500, "not_allowed", "", f'the string "{"x" * 40}… (500 characters)" is not allowed', None),
    ("style", "\x1b[31m\n", "not_allowed", "", r'the string "\u001b[31m\u000a" is not allowed', None),
    ("mood", "calm", "uncertain_name", "", "the name is taken from the page of acme/loop-2/text-to-video", None),
    ("mood", 5, "wrong_type", "", "expected a string, got the number 5", None),
    ("prompts", 1, "unknown_field", "", 'no such field; did you mean "prompt"?', None),
    ("Image-URL", 1, "unknown_field", "", 'no such field; did you mean "image_url"?', {"op": "move"}),
    ("zebra", 1, "unknown_field", "", "no such field; known fields: prompt, duration, sound, seed", None),
]


PINNED = 'the request pins version "2"; rules and prices here are those of the latest stable version'


def judge(**fields: Any) -> Report:
    """Return the report on an input; the prompt is there unless given."""
    return validate(invented.request(**fields), catalog=CATALOG)


@pytest.mark.parametrize("fields", GOOD)
def test_what_passes(fields: dict[str, Any]) -> None:
    """Values at their limits, and tuples for arrays, have no problem at all."""
    assert judge(**fields) == Report()


@pytest.mark.parametrize(("field", "value", "code", "below", "message", "fix"), BAD)
def test_what_fails(field: str, value: Any, code: str, below: str, message: str, fix: Any) -> None:
    """A wrong value has its code, pointer, message and fix, and mended, it has that problem no more."""
    report = judge(**{field: value})
    found = [one for one in report.problems if one.code == code]
    assert len(found) == 1, str(report)
    assert found[0].pointer == f"/input/{field}{below}"
    assert message in found[0].message
    assert len(found[0].message) < 400
    assert found[0].to_dict()["message"] == found[0].message
    operation = found[0].fix.to_dict() if found[0].fix else None
    assert operation is None if fix is None else operation is not None and operation.items() >= fix.items()
    if fix is not None:
        mended = report.fixed(invented.request(**{field: value}))
        assert code not in {one.code for one in validate(mended, catalog=CATALOG).problems}


OTHERS = {
    "unknown_measured",
    "missing_field",
    "missing_one_of",
    "unknown_model",
    "version_pinned",
    "not_yet_effective",
    "retired",
}
"""Codes whose cases are in the tests of the envelope and of time."""


def test_every_code_was_seen() -> None:
    """No code of the closed list is without a case here or among the cases of the envelope."""
    seen = {code for _, _, code, _, _, _ in BAD} | OTHERS
    assert seen == set(CODES)


def test_the_envelope() -> None:
    """The fields around `input` are judged by the same rules, before it, in their own order."""
    request = {
        "version": "2",
        "webhookUrl": "http://example.com/hook",
        "input": {"seed": -1},
        "other": 1,
        "model": MODEL,
    }
    lines = str(validate(request, catalog=CATALOG)).splitlines()
    assert lines == [
        'error    bad_url  /webhookUrl  expected an https URL, got the string "http://example.com/hook"',
        "error    unknown_field  /other  no such field; known fields: model, version, input, webhookUrl",
        f"warning  version_pinned  /version  {PINNED}",
        "error    missing_field  /input/prompt  this field is required; expected a string",
        "error    too_small  /input/seed  -1 is too small (minimum 0)",
        "error    missing_one_of  /input  at least one of these is required: prompt, image_url, shots",
    ]
    assert str(Report()) == "ok"
    assert str(validate(5)) == "error    wrong_type  (the request)  expected an object, got the number 5"


def test_an_unknown_model_leaves_the_input_unjudged_but_for_json() -> None:
    """Without a table no field can be judged, yet what JSON cannot represent is named."""
    request = {"model": "acme/loop", "input": {"anything": {"goes": float("inf")}}}
    found = [(one.code, one.pointer) for one in validate(request, catalog=CATALOG).problems]
    assert found == [("unknown_model", "/model"), ("not_json", "/input/anything/goes")]
    nothing = validate({"model": "zzz", "input": {}}, catalog=CATALOG).errors[0]
    assert nothing.message == "no such model"


def test_doubt_about_how_characters_are_counted() -> None:
    """Ten characters outside the basic plane are twenty UTF-16 units: within the limit or not, nobody says."""
    assert judge(prompt="\N{CAT FACE}" * 5) == Report()
    problem = judge(prompt="\N{CAT FACE}" * 10).problems[0]
    assert (problem.severity, problem.code, problem.value, problem.evidence) == ("warning", "too_long", 20, "assumed")


def test_problems_say_how_we_know() -> None:
    """A problem names the page that states its rule and the day on which that was read; what nobody states has none."""
    twin = load_model(
        invented.table_text(slug="acme/loop-2/text-to-video").replace("loop-1", "loop-2").replace("11-20", "11-19")
    )
    catalog = Catalog((*CATALOG, twin))
    request = invented.request(seed=-1, style="loud", strength=2)
    found = {one.pointer: one for one in validate(request, catalog=catalog).problems}
    own, sibling, nobody = (found[f"/input/{name}"] for name in ("seed", "style", "strength"))
    assert (own.evidence, own.page, own.checked) == ("documented", "https://example.com/loop-1", date(2026, 11, 20))
    assert (sibling.evidence, sibling.sibling) == ("sibling", "acme/loop-2/text-to-video")
    assert (sibling.page, sibling.checked) == ("https://example.com/loop-2", date(2026, 11, 19))
    assert (nobody.evidence, nobody.page, nobody.checked) == ("assumed", None, None)
    assert own.to_dict()["checked"] == "2026-11-20"
    unknown = validate(request, catalog=CATALOG).problems[-1]
    assert (unknown.sibling, unknown.page) == ("acme/loop-2/text-to-video", None)


def test_severity_follows_evidence() -> None:
    """A rule of a sibling page or of nobody is a warning; with `strict` it is an error."""
    request = invented.request(style="loud", strength=2)
    assert [one.severity for one in validate(request, catalog=CATALOG).problems] == ["warning", "warning"]
    assert [one.severity for one in validate(request, catalog=CATALOG, strict=True).problems] == ["error", "error"]
    assert "(assumed)" in str(validate(request, catalog=CATALOG))
    assert "(sibling)" in str(validate(request, catalog=CATALOG))


class Size(StrEnum):
    """Options as people declare them."""

    LONG = "8"


class Key(str, Enum):  # noqa: UP042  the older way to write it is still everywhere
    """Keys as people declare them."""

    DURATION = "duration"


class Seed(IntEnum):
    """Numbers as people declare them."""

    LUCKY = 7


class Text(str):
    """A string with ideas of its own."""

    __slots__ = ()


class Real(float):
    """A number with ideas of its own."""

    __slots__ = ()


class Items(list[Any]):
    """A list with ideas of its own."""


def test_what_goes_over_the_wire_is_judged() -> None:
    """Members of enums and subclasses count as their base, as keys and as values, and are priced as such."""
    request = invented.request(
        **{Key.DURATION: Size.LONG},
        seed=Seed.LUCKY,
        strength=Real(0.5),
        image_urls=Items([Text("x")]),
        style=Text("Vivid"),
    )
    assert validate(request, catalog=CATALOG) == Report()
    quoted = quote(request, catalog=CATALOG)
    assert quoted.factors[0].value == "8"
    assert type(quoted.factors[0].value) is str


class Twin(str):
    """A string that is never equal to another."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def test_two_keys_that_are_one_on_the_wire() -> None:
    """Two keys that differ in Python but not in JSON are an error: nobody knows which would be sent."""
    request = invented.request()
    request["input"] = {"prompt": "a cat", Twin("prompt"): "a dog"}
    problem = validate(request, catalog=CATALOG).errors[0]
    assert (problem.code, problem.pointer) == ("not_json", "/input")
    assert problem.message == 'JSON cannot represent two keys that are both the string "prompt"; keep one of them'


def test_two_slips_that_mean_one_field() -> None:
    """Where two unknown fields resemble the same one, both are named and neither is moved."""
    report = judge(durtion="8", duraton="8")
    assert [(one.suggestion, one.fix) for one in report.errors] == [("duration", None), ("duration", None)]


def test_many_unknown_fields() -> None:
    """A hundred are listed and the rest are counted; twenty get a suggestion, three list the known fields."""
    report = judge(**{f"duration{number:05d}": "8" for number in range(1_000)}, **{"k" * 1_000: 1})
    assert (len(report.errors), report.omitted_errors, report.omitted_warnings) == (100, 901, 0)
    assert sum(problem.suggestion is not None for problem in report) == 20
    assert sum(problem.allowed is not None for problem in report) == 3
    assert str(report).endswith("\nand 901 more")
    assert report.to_dict()["omitted"] == 901
    assert judge(**{"k" * 1_000: 1}).errors[0].pointer == "/input"
    assert judge(**{"k" * 1_000: 1}).errors[0].suggestion is None
    incomplete = invented.catalog(complete=False)
    many = validate(invented.request(**{f"x{number}": 1 for number in range(21)}), catalog=incomplete)
    assert [problem.severity for problem in many] == ["warning"] * 20 + ["error"]


def test_a_problem_is_plain_data() -> None:
    """Problems and reports convert to plain JSON data, with options as they are and limits as numbers."""
    data = judge(strength=0.1, duration="6", image_urls=[b""]).to_dict()
    assert data["ok"] is False
    assert [one["allowed"] for one in data["problems"]] == [["4", "8"], None, [0.5]]
    assert data["problems"][1]["value"] == "a Python bytes object"
    assert set(data["problems"][0]) == {
        "severity", "code", "pointer", "message", "value", "expected", "allowed", "suggestion", "fix", "evidence",
        "sibling", "page", "checked",
    }  # fmt: skip


def test_fixes_as_operations() -> None:
    """The three operations read as RFC 6902 writes them, and apply to requests of any mapping type."""
    move = Fix(op="move", source="/input/durtion", path="/input/duration")
    assert move.to_dict() == {"op": "move", "from": "/input/durtion", "path": "/input/duration"}
    assert Fix(op="remove", path="/a").to_dict() == {"op": "remove", "path": "/a"}
    assert Fix(op="replace", path="/a", value=("x",)).to_dict() == {"op": "replace", "path": "/a", "value": ["x"]}
    odd = {"model": MODEL, "input": {"prompt": "a", "du/ra~tion": None}, "version": None}
    assert validate(odd, catalog=CATALOG).fixed(odd) == {
        "model": MODEL,
        "input": {"prompt": "a"},
    }


@pytest.mark.parametrize("key", ["a\nerror", "\x1b[31m", "\u202e"])
def test_nothing_moves_the_cursor(key: str) -> None:
    """Keys, values and names that a terminal would obey are shown as codes, in problems, quotes and refusals."""
    catalog = invented.catalog(complete=False)
    request = invented.request(**{key: key, "sound": key})
    shown = [str(validate(request, catalog=catalog)), str(try_quote({**request, "model": key}, catalog=catalog))]
    declined = try_quote(request, catalog=catalog)
    assert isinstance(declined, Declined)
    shown += [declined.message, quote(invented.request(**{key: key}), catalog=catalog).explain()]
    assert not any(key in text for text in shown)
    with pytest.raises(UnknownModel) as refusal:
        catalog[key]
    assert key not in str(refusal.value)


def test_loops_and_depth_are_named() -> None:
    """A value that contains itself, and one nested deeper than a hundred levels, are named at their place."""
    loop: dict[str, Any] = {}
    loop["a"] = [loop]
    deep: Any = 0
    for _ in range(101):
        deep = [deep]
    found = {one.pointer: one.message for one in judge(shots=[loop, {}], image_urls=[deep]).problems}
    assert found["/input/shots/0/a/0"].startswith("JSON cannot represent a value that contains itself")
    assert found["/input/image_urls" + "/0" * 100] == "JSON cannot represent a value nested more than 100 levels deep"
    assert not [one for one in judge(image_urls=deep[0][0]).problems if one.code == "not_json"]


def test_a_resembling_name_is_not_always_what_was_meant() -> None:
    """`end_image_url` resembles `image_url`: worth a hint, but no fix moves one image into the place of another."""
    problem = judge(end_image_url="https://example.com/a.jpg").errors[0]
    assert (problem.suggestion, problem.fix) == ("image_url", None)


def test_problems_compare_and_hash_by_value() -> None:
    """Equal problems are equal, also where the value was no number."""
    one, other = (judge(seed=float("nan")).problems[0] for _ in range(2))
    assert one == other
    assert len({one, other}) == 1
    assert one.value == Shortened("nan")
    assert isinstance(one, Problem)


def test_the_default_catalogue_is_the_bundled_one() -> None:
    """Without a catalogue the shipped tables judge."""
    assert validate({"model": MODEL, "input": {}}).errors[0].code == "unknown_model"
    assert MODEL not in Catalog.bundled()


class TestToldLate:
    """What a problem tells only when it is asked was settled when it was found."""

    def test_a_value_that_changes_afterwards(self) -> None:
        """The problem shows what was found, not what the caller has made of it since."""
        found: list[object] = [1, 2]
        (problem,) = judge(duration=found).errors
        found.append(3)
        assert problem.value == Shortened("an array with 2 items")
        assert "an array with 2 items" in problem.message

    def test_a_rule_of_the_own_page_has_no_sibling(self) -> None:
        """A field may have one rule from a sibling's page and another of its own."""
        (problem,) = judge(strength="x").errors
        assert (problem.evidence, problem.sibling) == ("documented", None)
        mood = judge(mood=5).warnings[0]
        assert (mood.evidence, mood.sibling) == ("sibling", "acme/loop-2/text-to-video")

    @pytest.mark.parametrize("field", ["duration", "promt", "seed"])
    def test_it_is_stored_whole_and_alone(self, field: str) -> None:
        """A stored problem has all that it would tell, and nothing of the tables that it was found by."""
        (problem,) = judge(**{field: "5"}).errors
        stored = pickle.dumps(problem)
        assert len(stored) < 1_000
        assert pickle.loads(stored) == problem == copy(problem)  # noqa: S301  our own
        assert not hasattr(problem, "nothing")

    def test_in_any_order(self) -> None:
        """Every attribute of a problem can be read, in any order, and stays what it is."""
        for name in ("fix", "page", "suggestion", "value", "allowed", "expected"):
            (problem,) = judge(duration=4).errors
            told = getattr(problem, name)
            assert getattr(problem, name) is told
            assert problem == judge(duration=4).errors[0]
            with pytest.raises(AttributeError):
                setattr(problem, name, None)


@pytest.mark.parametrize("slug", ["", "x", "o3"])
def test_a_letter_or_two_resemble_nothing(slug: str) -> None:
    """They stand in many names: to offer one of those would be a guess."""
    (problem,) = validate({"model": slug, "input": {}}).errors
    assert (problem.suggestion, problem.allowed) == (None, ())
    assert problem.message == "no such model"


def test_a_part_of_a_name_is_enough() -> None:
    """Whoever knows the family finds its models, the shortest names first."""
    (problem,) = validate({"model": "SORA", "input": {}}).errors
    assert problem.allowed == (
        "openai/sora-2/image-to-video",
        "openai/sora-2/text-to-video",
        "openai/sora-2-pro/image-to-video",
    )
