"""Words of the table language: a field that is documented as optional, and a format for the items of an array."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from attrs import fields, fields_dict

import invented
from cli_runner import run
from ratecard import diff
from ratecard_rules import (
    Catalog,
    Field,
    TableError,
    digest_of,
    is_stated,
    load_model,
    provenance,
    validate,
)
from ratecard_rules._judge.rules import RULES
from ratecard_rules._table.digest import canonical
from ratecard_rules._table.model import EVIDENCED_RULES, FIELD_RULES

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "acme/loop-1/text-to-video"
FLAT = "[revision.price]\nbase_usd_micros = 1"
FIELD = '[revision.input.prompt]\ntype = "string"\n'
OPTIONAL = FIELD + 'required = false\nevidence = { required = "implied" }\n'
IMAGES = '[revision.input.images]\ntype = "array"\nitems = "string"\n'
SECURE = IMAGES + 'item_format = "https"\nevidence = { item_format = "implied" }\n'


def field_of(text: str) -> Field:
    """Return the only field of a table with this input."""
    (field,) = invented.model(FLAT, text).latest.input
    return field


def faults_of(text: str) -> list[tuple[str | None, str]]:
    """Return the key and the message of every fault of a table with this input."""
    with pytest.raises(TableError) as refusal:
        load_model(invented.table_text(FLAT, text))
    return [(fault.key, fault.message) for fault in refusal.value.faults]


class TestRequired:
    """`required` is true, false (the page says that the field is optional), or left out (not stated)."""

    @pytest.mark.parametrize(("text", "required"), [("true", True), ("false", False), (None, None)])
    def test_three_values(self, text: str | None, *, required: bool | None) -> None:
        """Each is read as it stands, and only the last states nothing."""
        field = field_of(FIELD if text is None else f"{FIELD}required = {text}\n")
        assert field.required is required
        assert is_stated(field, "required") is (required is not None)

    def test_evidence(self) -> None:
        """A documented option has evidence and a place in the provenance like any other rule."""
        model = invented.model(FLAT, OPTIONAL)
        rules = {entry.rule: entry.evidence for entry in provenance(model, Catalog([model]))}
        assert rules["input.prompt.required"] == "implied"
        key, message = faults_of(FIELD + 'evidence = { required = "implied" }\n')[0]
        assert key == "revision[1].input.prompt.evidence.required"
        assert "not stated" in message

    def test_digests(self) -> None:
        """What a table leaves out is left out of its canonical form; what it states is in it."""
        assert canonical(field_of(FIELD)) == '{"name":"prompt","type":"string"}'
        assert digest_of(field_of(FIELD)) != digest_of(field_of(FIELD + "required = false\n"))

    def test_optional_fields_may_be_left_out(self) -> None:
        """Neither judge asks for it; a null is what leaving it out fixes."""
        catalog = Catalog([invented.model(FLAT, OPTIONAL)])
        request = {"model": SLUG, "input": {}}
        assert validate(request, catalog=catalog).ok
        assert validate({**request, "input": {"prompt": "a cat"}}, catalog=catalog).ok
        (problem,) = validate({**request, "input": {"prompt": None}}, catalog=catalog).errors
        assert problem.fix is not None
        assert problem.fix.op == "remove"

    def test_measured(self) -> None:
        """A measured quantity is never sent, so it is not optional either."""
        text = invented.PRICE.partition("duration")[0] + 'duration = "value"\n'
        measured = '[revision.measured.duration]\ntype = "string"\nallowed = ["4"]\nrequired = false\n'
        with pytest.raises(TableError, match=r"measured\.duration"):
            load_model(invented.table_text(text, f"{FIELD}{measured}"))


class TestItemFormat:
    """`item_format` states what the strings of an array look like."""

    def test_it_is_read_with_its_evidence(self) -> None:
        """As a rule with evidence of its own."""
        field = field_of(SECURE)
        assert field.item_format == "https"
        assert field.evidence_of("item_format") == "implied"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (FIELD + 'item_format = "url"\n', "only fields of type"),
            (IMAGES.replace('items = "string"', 'items = "object"') + 'item_format = "url"\n', 'items = "string"'),
            (IMAGES.replace('items = "string"', "") + 'item_format = "url"\n', 'items = "string"'),
            (IMAGES + 'item_format = "ftp"\n', 'expected one of "url", "https"'),
        ],
    )
    def test_arrays_of_strings_alone(self, text: str, words: str) -> None:
        """Elsewhere it is a fault with its key."""
        (fault,) = faults_of(text)
        assert (fault[0] or "").endswith(".item_format")
        assert words in fault[1]


def show(folder: Path, text: str, *args: str) -> str:
    """Return what `ratecard show` says about a table with this input."""
    table = folder / "own.toml"
    table.write_text(invented.table_text(FLAT, text), encoding="utf-8")
    result = run("show", SLUG, "-v", "--tables", str(table), *args)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_show(tmp_path: Path) -> None:
    """Both are shown to people and to programs."""
    assert "prompt\tstring\t" in show(tmp_path, FIELD)
    assert "prompt\tstring, optional\t" in show(tmp_path, OPTIONAL)
    assert "implied: required" in show(tmp_path, OPTIONAL)
    assert "each item: an https URL" in show(tmp_path, SECURE)
    assert "implied: item_format" in show(tmp_path, SECURE)
    data = [json.loads(show(tmp_path, text, "--json"))["fields"][0]["required"] for text in (FIELD, OPTIONAL)]
    assert data == [None, False]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "required = false\n", "input.prompt.required: added false"),
        ("required = true\n", "required = false\n", "input.prompt.required: true -> false"),
        ("required = false\n", "", "input.prompt.required: removed false"),
        ("required = false\n", "required = true\n", "input.prompt.required: false -> true"),
        ("required = true\n", "", "input.prompt.required: removed true"),
    ],
)
def test_diff(old: str, new: str, words: str) -> None:
    """A difference says which of the three it is now."""
    catalogs = [Catalog([invented.model(FLAT, FIELD + text)]) for text in (old, new)]
    assert words in str(diff(*catalogs))


def test_diff_of_an_item_format() -> None:
    """It is a difference like any other."""
    catalogs = [Catalog([invented.model(FLAT, text)]) for text in (IMAGES, IMAGES + 'item_format = "url"\n')]
    assert 'input.images.item_format: added "url"' in str(diff(*catalogs))


class TestRules:
    """One declaration says what every rule of a field is; the reader and the self-check derive from it."""

    def test_every_rule_is_declared(self) -> None:
        """Whatever a field can state is a rule; the rest says how it is known, or is for people."""
        assert FIELD_RULES.keys() == {part.name for part in fields(Field)} - {"evidence", "sibling", "note"}
        assert FIELD_RULES.keys() - set(EVIDENCED_RULES) == {"unknown"}

    def test_every_rule_but_a_few_has_a_judge(self) -> None:
        """The judge has a rule for each; names, types, requirements and defaults are not judged by value."""
        assert FIELD_RULES.keys() - RULES.keys() <= {"name", "required", "type", "default"}

    @pytest.mark.parametrize("name", [name for name, rule in FIELD_RULES.items() if rule.types])
    def test_rules_of_other_types_are_faults(self, name: str) -> None:
        """A rule that a type cannot have is a fault under its key."""
        text = "str" in str(fields_dict(Field)[name].type)
        value = {"items": '"string"', "format": '"url"', "item_format": '"url"'}.get(name, '"a"' if text else "1")
        faults = faults_of(f'[revision.input.flag]\ntype = "boolean"\n{name} = {value}\n')
        types = " or ".join(f'"{kind}"' for kind in FIELD_RULES[name].types)
        message = f'only fields of type {types} can have this rule; this field is of type "boolean"'
        assert faults == [(f"revision[1].input.flag.{name}", message)]

    def test_limits_in_words(self) -> None:
        """The words of a limit have a place for its number."""
        assert FIELD_RULES["max_length"].words.format(2_500) == "at most 2,500 characters"
        limits = [name for name, rule in FIELD_RULES.items() if rule.words]
        assert limits == ["max_length", "min", "max", "min_items", "max_items"]
