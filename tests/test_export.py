"""The catalogue as data and as TOML, and the schemas of ratecard's own files."""

from __future__ import annotations

import json
import runpy
import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
from hypothesis import given

import invented
from cli_runner import run
from dated import periods, table_files, whole
from random_tables import catalogs
from ratecard import Catalog, export_catalog, parse_adjustments, price_sheet, quote
from ratecard.schema import file_schema
from ratecard_rules import load_model, to_toml
from ratecard_rules._reader.convert import read_model

SCRIPT = Path(__file__).parents[1] / "rules" / "make_exports.py"
CATALOG = Catalog.bundled()


@cache
def validator(file: Any) -> Any:
    """Return what judges a file by its schema."""
    schema = file_schema(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def as_json(value: Any) -> Any:
    """Return the data of a TOML file as editors see it: dates and instants are strings."""
    if isinstance(value, dict):
        return {key: as_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_json(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.skipif(not SCRIPT.is_file(), reason="the script stands beside the sources")
def test_the_files_are_up_to_date() -> None:
    """The generated files are those that the script writes today."""
    for path, text in runpy.run_path(str(SCRIPT))["texts"](CATALOG).items():
        advice = f"{path}: run python rules/regenerate.py"
        assert (SCRIPT.parents[1] / path).read_text(encoding="utf-8") == text, advice


class TestTables:
    """A table as data, as TOML and by its schema."""

    def test_data(self) -> None:
        """The data has the keys of the file, and everything that it says."""
        step = '[revision.input.step]\ntype = "number"\nmin = 0.5\n'
        size = '[revision.input.size]\ntype = "number"\nallowed = [1, 2]\n'
        price = '[revision.price]\nbase_usd_micros = 6\n[revision.price.factors]\nsize = { "1" = "1/3", "2" = 1.5 }\n'
        assert invented.model(price, step + size).to_dict() == {
            "model": "acme/loop-1/text-to-video",
            "name": "Loop 1",
            "provider": "Acme",
            "capability": "text-to-video",
            "revision": [
                {
                    "checked": "2026-11-20",
                    "source": ["https://example.com/loop-1"],
                    "fields_complete": True,
                    "input": {"step": {"type": "number", "min": 0.5}, "size": {"type": "number", "allowed": [1, 2]}},
                    "price": {"base_usd_micros": 6, "factors": {"size": {"1": "1/3", "2": "3/2"}}},
                }
            ],
        }

    def test_shipped(self) -> None:
        """TOML is read back as the same table, and files and data are valid by the schema."""
        for model in [*CATALOG][::6]:
            assert load_model(to_toml(model)) == model
            validator("table").validate(model.to_dict())
        for file in table_files()[::6]:
            validator("table").validate(as_json(tomllib.loads(file.read_text(encoding="utf-8"))))

    @given(catalogs())
    def test_invented(self, catalog: Catalog) -> None:
        """So it is for tables that say anything; some of them are at fault, but not in their form."""
        (model,) = catalog
        data = tomllib.loads(to_toml(model), parse_float=Decimal)
        assert read_model(data) == model
        validator("table").validate(model.to_dict())

    def test_toml(self) -> None:
        """Keys and texts are quoted as needed; an empty input, a retirement and an overlay are kept."""
        text = invented.table_text("[revision.price]\nfree = true\nbase_usd_micros = 0", "").replace(
            "[[revision]]", 'retired = 2027-01-01T00:00:00Z\noverlay = "replace"\n[[revision]]'
        ).replace("fields_complete", "input = {}\nfields_complete").replace('"Loop 1"', '"\\u007f \\" é"')  # fmt: skip
        model = load_model(text)
        written = to_toml(model)
        assert load_model(written) == model
        assert written.startswith('model = "acme/loop-1/text-to-video"\nname = "\\u007f \\" é"\n')
        assert {"retired = 2027-01-01T00:00:00+00:00", 'overlay = "replace"', "[revision.input]"} <= set(
            written.split("\n")
        )
        odd = invented.model(fields='[revision.input."a b"]\ntype = "string"\n' + invented.INPUT)
        assert load_model(to_toml(odd)) == odd

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("names", 1),
            ("revision", {}),
            ("overlay", "merge"),
            ("retired", 5),
            ("revision", [{"checked": "2026-11-20"}]),
        ],
    )
    def test_what_the_schema_refuses(self, key: str, value: object) -> None:
        """Unknown keys, missing keys, wrong types and unknown words."""
        assert not validator("table").is_valid({**invented.model().to_dict(), key: value})

    def test_a_price_change_is_accepted(self) -> None:
        """A later revision may leave out what it inherits, and so may an overlay that extends a table."""
        model = invented.model().to_dict()
        change = {
            "effective": "2027-01-01T00:00:00Z",
            "price": {"base_usd_micros": 5},
            "expires": "2027-02-01T00:00:00Z",
        }
        validate = validator("table").is_valid
        assert validate({**model, "revision": [*model["revision"], change]})
        assert validate({"model": model["model"], "overlay": "extend", "revision": [change]})
        assert not validate({"model": model["model"], "overlay": "replace", "revision": [change]})

    def test_descriptions(self) -> None:
        """Editors show what each key means."""
        base = file_schema("table")["$defs"]["Price"]["properties"]["base_usd_micros"]
        assert base == {"description": "The base price in millionths of a US dollar.", "type": "integer"}


class TestCatalogue:
    """The whole catalogue in one document."""

    def test_prices(self) -> None:
        """Its prices are those of the price sheets, and a model without a price has none."""
        document = export_catalog()
        validator("catalogue").validate(document)
        assert document["catalog"] == {"version": CATALOG.version, "digest": CATALOG.digest}
        assert len(document["models"]) == len(CATALOG)
        for data in document["models"]:
            model = whole(data["model"])
            for (revision, at), sheet in zip(periods(model), data["sheets"], strict=True):
                if sheet is None:
                    assert revision.price.unknown
                    continue
                assert sheet["digest"] == revision.digest
                quotes = price_sheet(model.slug, at=at)
                expected = [
                    ({part.field: part.value for part in quote.factors}, quote.usd_micros, str(quote.usd))
                    for quote in quotes
                ]
                prices = [(price["options"], price["usd_micros"], price["usd"]) for price in sheet["prices"]]
                assert prices == expected

    def test_the_file_of_the_package(self) -> None:
        """The package has it as JSON."""
        text = (files("ratecard") / "catalogue-v1.json").read_text(encoding="utf-8")
        assert json.loads(text) == export_catalog()

    def test_revisions(self) -> None:
        """Without an instant all revisions are there, each with its prices; at an instant those until then."""
        catalog = Catalog([load_model(invented.dated_text(y2028="20_000"))])
        for tables, bases in ((catalog, [40_000, 80_000]), (catalog.at(date(2027, 1, 1)), [40_000])):
            (model,) = export_catalog(tables)["models"]
            # 10,000 and 20,000 a second, four seconds without sound
            assert [sheet["prices"][0]["usd_micros"] for sheet in model["sheets"]] == bases
            assert len(model["revision"]) == len(bases)
            assert tables.to_dict()["models"][0]["revision"] == model["revision"]


class TestOtherFiles:
    """The schemas of the other files."""

    @pytest.mark.parametrize(
        "entry", ["multiply = 1.3", 'multiply = "13/10"', 'add_usd = "-0.05"', "minimum_usd_micros = 5"]
    )
    def test_adjustments(self, entry: str) -> None:
        """What is read is valid."""
        text = f'[[adjustment]]\nname = "margin"\n{entry}\n'
        assert len(parse_adjustments(text)) == 1
        validator("adjustments").validate(tomllib.loads(text))

    @pytest.mark.parametrize(
        "entry", ["", "multiply = true", "multiply = 2\nadd_usd_micros = 1", "add_usd = 5", "add = 5"]
    )
    def test_wrong_adjustments(self, entry: str) -> None:
        """What is refused by its form is not valid."""
        text = f'[[adjustment]]\nname = "margin"\n{entry}\n'
        with pytest.raises(ValueError, match="adjustment"):
            parse_adjustments(text)
        assert not validator("adjustments").is_valid(tomllib.loads(text))

    def test_quotes_and_sheets(self) -> None:
        """What the library and the command line write is valid."""
        slug = "kling-plus/kling-o1-standard/text-to-video"
        validator("quote").validate(quote({"model": slug, "input": {"prompt": "a cat"}}).to_dict())
        for model in CATALOG.models[::15]:
            result = run("sheet", model, "--json")
            assert validator("sheet").is_valid(json.loads(result.stdout)) == (result.exit_code == 0)

    def test_unknown(self) -> None:
        """There is no schema for anything else."""
        expected = 'expected one of table, adjustments, quote, stored-quote, sheet, catalogue, got "x"'
        with pytest.raises(ValueError, match=expected):
            file_schema(cast("Any", "x"))
