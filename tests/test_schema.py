"""Exported schemas and types: they refuse only what ratecard refuses, and list every rule that they leave out."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, NotRequired, cast

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
import strategies
from random_tables import SLUG, catalogs, requests_to
from ratecard import UnknownModel, types, validate
from ratecard._api import STATUS_OF_CODE
from ratecard.schema import FORMS, any_model, json_schema, left_out, openapi, python, typescript
from ratecard_rules import FIELD_RULES, Catalog, load_model
from ratecard_rules._table.model import RuleKind
from schema_laws import check_breaks, check_law, is_json, validator
from strategies import AVAILABLE, CATALOG, largest

FLAT = "[revision.price]\nbase_usd_micros = 10"
ODD = """
[revision.input.from]
type = "string"
required = true
format = "url"
[revision.input.steps]
type = "number"
allowed = [0.5, 1]
default = 0.5
[revision.input.loop]
type = "boolean"
allowed = [true]
evidence = { allowed = "implied" }
[revision.input.shots]
type = "array"
unknown = "no page lists them"
min_items = 2
evidence = { min_items = "assumed" }
[revision.input.urls]
type = "array"
items = "string"
item_format = "https"
required = true
evidence = { required = "assumed" }
note = "addresses"
[revision.input.style]
type = "string"
allowed = ["a"]
evidence = { type = "sibling" }
sibling = "acme/loop-2/text-to-video"
[[revision.at_least_one]]
of = ["shots", "urls"]
[[revision.at_least_one]]
of = ["loop", "steps"]
evidence = "assumed"
"""
TABLES = invented.catalog(FLAT, ODD, complete=False)


def rules_left_out(form: Any) -> dict[str, str]:
    """Return why each rule of the odd table is left out of a form."""
    return {rule.rule: rule.why for rule in left_out(SLUG, form, catalog=TABLES)}


def run(source: str) -> dict[str, Any]:
    """Return what Python source defines."""
    scope: dict[str, Any] = {}
    exec(compile(source, "types", "exec", dont_inherit=True), scope)  # noqa: S102  our own source
    return scope


class TestLaws:
    """A request that validates here validates in `full` and `flat`; what `full` does not list, it refuses."""

    @given(strategies.requests() | strategies.requests(valid=False).filter(is_json))
    def test_full_and_flat_accept_what_is_valid(self, request_: dict[str, Any]) -> None:
        """So it is for requests to every model, valid ones and broken ones."""
        model = request_.get("model")
        if isinstance(model, str) and model in CATALOG:
            check_law(request_, model)

    def test_every_broken_rule(self) -> None:
        """Each rule that breaks with an error is refused by `full` or listed; what is only a warning is not refused."""
        found = check_breaks(AVAILABLE[::6])
        assert found.keys() >= {"warning", "left out", "wrong_type", "missing_field", "not_allowed", "too_long"}
        assert found.total() > 500

    @given(catalogs().flatmap(lambda catalog: st.tuples(st.just(catalog), requests_to(catalog))))
    def test_invented_tables(self, case: tuple[Catalog, dict[str, Any]]) -> None:
        """Whatever rules a table combines with whatever evidence."""
        catalog, request = case
        if is_json(request):
            check_law(request, SLUG, catalog)

    @given(
        st.sampled_from(["http://", "HTTPS://", "hTTpS://u:p@", "https://@"]),
        st.text(st.characters(exclude_categories=["C", "Z"])),
    )
    def test_urls(self, beginning: str, rest: str) -> None:
        """No URL is refused, whatever characters are in it."""
        url = f"{beginning}a{rest}"
        given_ = {"from": url, "urls": [url.replace("http://", "https://")]}
        check_law({"model": SLUG, "input": given_, "webhookUrl": given_["urls"][0]}, SLUG, TABLES)

    def test_what_is_no_url(self) -> None:
        """Where the format is certain, other schemes, paths and a URL without a host are refused."""
        for wrong in ("ftp://example.com", "cat.jpg", "//example.com/a", "https://", "https:///a", "https:// a"):
            assert not validator(SLUG, "full", TABLES).is_valid({"model": SLUG, "input": {"from": wrong, "urls": []}})

    def test_one_schema_for_all_models(self) -> None:
        """It judges each request as the schema of its model, and refuses a model that it does not know."""
        schema = jsonschema.Draft202012Validator(any_model())
        for model in AVAILABLE[::9]:
            request = largest(model)
            broken = {**request, "input": {**request["input"], model.latest.input[0].name: 5}}
            for given_ in (request, broken):
                assert schema.is_valid(given_) == validator(model.slug, "full").is_valid(given_)
        assert not schema.is_valid({"model": "nobody/nothing", "input": {}})

    def test_they_are_schemas(self) -> None:
        """Every schema is valid itself, and so is the largest request of each model."""
        for model in AVAILABLE[::9]:
            for form in ("full", "flat", "strict"):
                jsonschema.Draft202012Validator.check_schema(json_schema(model.slug, form))
        assert all(check_law(largest(model), model.slug) for model in AVAILABLE)


class TestStrict:
    """Every field is required, null if it may be left out, and no other field is allowed."""

    def test_every_model(self) -> None:
        """The largest request is valid, with null for what is left out; what is listed is not in it."""
        for model in AVAILABLE:
            schema = json_schema(model.slug, "strict")
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
            given_ = {name: value for name, value in largest(model)["input"].items() if name in schema["properties"]}
            nulls = {name: None for name, part in schema["properties"].items() if isinstance(part["type"], list)}
            for values in (given_, given_ | nulls):
                assert validator(model.slug, "strict").is_valid(values), values

    def test_by_hand(self) -> None:
        """Uncertain rules are there, options of a nullable field include null, and required ones are not nullable."""
        schema = json_schema(SLUG, "strict", catalog=TABLES)
        assert list(schema["properties"]) == ["from", "steps", "loop", "urls", "style"]
        assert schema["properties"]["from"] == {"description": "An http or https URL.", "type": "string"}
        assert schema["properties"]["steps"] == {
            "description": "Null means the default, 0.5.", "type": ["number", "null"], "enum": [0.5, 1, None],
        }  # fmt: skip
        assert schema["properties"]["style"]["enum"] == ["a", None]
        assert rules_left_out("strict") == {
            "input.from.format": "not expressible in strict",
            "input.shots": "no page describes the objects in it",
            "input.urls.item_format": "not expressible in strict",
            "input.urls.required": "not certain: assumed",
            "at_least_one[1]": "not expressible in strict",
            "at_least_one[2]": "not certain: assumed",
        }


class TestForms:
    """What each form says and leaves out, on an invented table."""

    def test_full(self) -> None:
        """The whole request, with the evidence of each rule."""
        schema = json_schema(SLUG, catalog=TABLES)
        assert schema["properties"]["model"] == {"const": SLUG}
        assert schema["required"] == ["model", "input"]
        assert schema["properties"]["webhookUrl"]["pattern"].startswith("^[Hh]")
        assert schema["x-ratecard-revision"]["checked"] == "2026-11-20"
        given_ = schema["properties"]["input"]
        assert given_["required"] == ["from"]
        assert given_["allOf"] == [{"anyOf": [{"required": ["shots"]}, {"required": ["urls"]}]}]
        assert "additionalProperties" not in given_
        assert given_["properties"]["urls"] == {
            "description": "Addresses.",
            "type": "array",
            "items": {"type": "string", "pattern": schema["properties"]["webhookUrl"]["pattern"]},
            "x-ratecard-evidence": {
                "required": "assumed", "type": "documented", "items": "documented", "item_format": "documented",
            },
        }  # fmt: skip
        assert given_["properties"]["style"] == {
            "description": 'Probably of type string. One of "a".',
            "x-ratecard-evidence": {"type": "sibling", "allowed": "documented"},
        }
        expected = {
            "input.shots.min_items": "not certain: assumed",
            "input.urls.required": "not certain: assumed",
            "input.style.type": "not certain: sibling",
            "input.style.allowed": "not certain: sibling",
            "at_least_one[2]": "not certain: assumed",
            "input": "the page's list of fields may be incomplete",
        }
        assert rules_left_out("full") == rules_left_out("openapi") == expected
        assert {rule["rule"]: rule["why"] for rule in schema["x-ratecard-left-out"]} == expected

    def test_flat(self) -> None:
        """The input without patterns and combinators."""
        schema = json_schema(SLUG, "flat", catalog=TABLES)
        assert not {"allOf", "anyOf", "oneOf", "$ref", "$schema"} & schema.keys()
        assert schema["properties"]["urls"]["items"] == {"type": "string"}
        assert schema["properties"]["steps"] == {"type": "number", "enum": [0.5, 1], "default": 0.5}
        assert rules_left_out("flat") == rules_left_out("full") | {
            "input.from.format": "not expressible in flat",
            "input.urls.item_format": "not expressible in flat",
            "at_least_one[1]": "not expressible in flat",
        }

    def test_a_rule_with_a_keyword(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A rule whose declaration names a keyword is in the schemas, without it the rule is listed."""
        tables = invented.catalog()
        limit = {"input.prompt.max_length": "JSON Schema has no keyword for it"}
        for keyword, expected in (("minLength", {}), ("", limit)):
            monkeypatch.setitem(FIELD_RULES, "max_length", RuleKind("string", words="{:,} long", keyword=keyword))
            assert {rule.rule: rule.why for rule in left_out(SLUG, catalog=tables)} == expected
            prompt = json_schema(SLUG, "flat", catalog=tables)["properties"]["prompt"]
            assert prompt.get("minLength") == (10 if keyword else None)

    def test_other_tables_and_instants(self) -> None:
        """The rules are those of the catalogue at the instant; a model that is gone is marked as deprecated."""
        tables = Catalog([load_model(invented.dated_text(retired="2030-01-01T00:00:00Z", y2028="20_000"))])
        numbers = [
            json_schema(SLUG, catalog=tables, at=date(year, 1, 1))["x-ratecard-revision"]["number"]
            for year in (2027, 2028)
        ]
        assert numbers == [1, 2]
        assert "deprecated" not in json_schema(SLUG, catalog=tables, at=date(2028, 1, 1))
        assert json_schema(SLUG, catalog=tables, at=date(2030, 1, 1))["deprecated"] is True

    def test_what_there_is_not(self) -> None:
        """An unknown model and an unknown form are refused with what is known."""
        with pytest.raises(UnknownModel):
            json_schema("nobody/nothing")
        with pytest.raises(ValueError, match='expected full, flat or strict, got "openapi"; other forms have'):
            json_schema(SLUG, cast("Any", "openapi"), catalog=TABLES)
        with pytest.raises(ValueError, match=f'expected one of {", ".join(FORMS)}, got "xml"'):
            left_out(SLUG, cast("Any", "xml"), catalog=TABLES)


class TestTypes:
    """Types in Python and TypeScript."""

    def test_python(self) -> None:
        """A key that is a keyword needs the other syntax; a decimal cannot be in a Literal."""
        source = python(catalog=TABLES)
        assert source.partition("TypedDict\n\n\n")[2].split("\n\n\n")[0] == (
            "AcmeLoop1TextToVideoInput = TypedDict('AcmeLoop1TextToVideoInput', {\n"
            "    'from': str,\n"
            "    'steps': NotRequired[float],\n"
            "    'loop': NotRequired[Literal[True]],\n"
            "    'shots': NotRequired[list[object]],\n"
            "    'urls': NotRequired[list[str]],\n"
            "    'style': NotRequired[object],\n"
            "})"
        )
        assert run(source)["AcmeLoop1TextToVideo"].__required_keys__ == {"model", "input"}
        reasons = rules_left_out("python")
        assert reasons["input.from.format"] == reasons["input.urls.item_format"] == "not expressible in python"

    def test_docstrings(self) -> None:
        """What is left out stands in the docstring, whatever characters are in it (3.13 removes its indentation)."""
        fields = '[revision.input.a]\ntype = "string"\nallowed = [\'\\"""\']\nevidence = { allowed = "assumed" }\n'
        doc = run(python(catalog=invented.catalog(FLAT, fields)))["AcmeLoop1TextToVideoInput"].__doc__
        assert doc.splitlines()[3].strip() == r'- input.a.allowed: one of "\\\"\"\"" (not certain: assumed)'

    def test_typescript(self) -> None:
        """Options are literal unions, and other keys are allowed if the list of fields may be incomplete."""
        source = typescript(catalog=TABLES)
        assert source.partition("Input {\n")[2].partition("\n}")[0].splitlines() == [
            "  from: string;",
            "  steps?: 0.5 | 1;",
            "  loop?: true;",
            "  shots?: unknown[];",
            "  urls?: string[];",
            "  style?: unknown;",
            "  [field: string]: unknown;",
        ]
        assert source.endswith("export type Request = AcmeLoop1TextToVideo;\n")

    def test_names(self) -> None:
        """Models keep their names when only some are asked for."""
        slugs = CATALOG.models[:3]
        for write in (python, typescript):
            assert {line for line in write(slugs).splitlines() if "Request" not in line} <= set(write().splitlines())

    def test_the_shipped_types(self) -> None:
        """`ratecard.types` has the options of a model, and a request for any model."""
        duration = types.KlingPlusKlingO1StandardTextToVideoInput.__annotations__["duration"]
        assert duration == NotRequired[Literal["5", "10"]]
        assert len(types.Request.__args__) == len(CATALOG)


def test_openapi() -> None:
    """The document has every model under its name, and every documented error of the endpoint at its status."""
    document = openapi()
    (path,) = document["paths"].values()
    mapping = document["components"]["schemas"]["Request"]["discriminator"]["mapping"]
    assert list(mapping) == list(CATALOG.models)
    for slug, reference in mapping.items():
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
        assert schema["properties"]["model"] == {"const": slug}
    refusals = {
        int(status): set(
            answer["content"]["application/json"]["schema"]["properties"]["error"]["properties"]["code"]["enum"]
        )
        for status, answer in path["post"]["responses"].items()
        if status != "200"
    }
    expected = {(status, code) for code, status in STATUS_OF_CODE.items() if not code.startswith("JOB_")}
    assert {(status, code) for status, codes in refusals.items() for code in codes} == expected
    assert list(openapi(CATALOG.models[:1])["components"]["schemas"])[1:] == ["Request", "Receipt"]
    assert validate(largest(AVAILABLE[0])).ok
