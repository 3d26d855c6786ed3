"""The rate table: every price as a row, found by a join on the model and the options."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import sys
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from invented import INPUT, PRICE, catalog, table_text
from ratecard import (
    Catalog,
    Declined,
    Multiply,
    Quote,
    RateTable,
    RoundUp,
    example_request,
    price_sheet,
    quote,
    rate_table,
    try_quote,
)
from ratecard._relation.options import answer_for, changes, key_fields
from ratecard_rules import load_model, option_text

if TYPE_CHECKING:
    from pathlib import Path

BUNDLED = Catalog.bundled()
SLUG = "acme/loop-1/text-to-video"
STEPS = [Multiply(name="margin", by=Fraction("1.3")), RoundUp(name="cents", to_usd_micros=10_000)]

QUALITY = """
[revision.input.quality]
type = "string"
allowed = ["std", "pro"]
"""
QUALITY_PRICE = """
[revision.price]
base_usd_micros = 100_000
[revision.price.factors]
quality = { std = 1, pro = 1.5 }
"""


def dated() -> Catalog:
    """Return a catalogue of a model that costs 10,000 a second, 20,000 from December, and is retired in January."""
    text = table_text()
    revision = text[text.index("[[revision]]") :].replace("10_000", "20_000")
    later = revision.replace("[[revision]]", "[[revision]]\neffective = 2026-12-01T00:00:00Z", 1)
    retired = text.replace("[[revision]]", "retired = 2027-01-01T00:00:00Z\n\n[[revision]]", 1)
    return Catalog((load_model(retired + later),))


def prices(table: RateTable, **wanted: object) -> dict[tuple[object, ...], int]:
    """Return the price of each row by its options, of the rows that have these values."""
    rows = [row for row in table.records() if all(row[name] == value for name, value in wanted.items())]
    return {tuple(row[name] for name in table.fields): row["usd_micros"] for row in rows}


class TestRows:
    """Which rows there are, and what they cost."""

    def test_every_combination(self) -> None:
        """Options that are left out have rows with null: the default is known."""
        table = rate_table(catalog())
        assert table.key == ("model", "duration", "sound")
        assert prices(table) == {  # 10,000 x duration x (1.5 with sound); the defaults are 4 and false
            (None, None): 40_000,
            (None, "false"): 40_000,
            (None, "true"): 60_000,
            ("4", None): 40_000,
            ("4", "false"): 40_000,
            ("4", "true"): 60_000,
            ("8", None): 80_000,
            ("8", "false"): 80_000,
            ("8", "true"): 120_000,
        }

    def test_options_that_another_model_is_priced_by(self) -> None:
        """A model with a field that only affects the price of another one has rows for its options."""
        priced = load_model(table_text(QUALITY_PRICE, QUALITY, slug="acme/still-1/image"))
        flat = "\n[revision.price]\nbase_usd_micros = 70_000\n"
        without = load_model(table_text(flat, QUALITY, slug="acme/still-2/image"))
        table = rate_table(Catalog((priced, without)))
        assert prices(table, model="acme/still-2/image") == {(None,): 70_000, ("std",): 70_000, ("pro",): 70_000}
        # A price without the quality is not known: it has no default.
        assert prices(table, model="acme/still-1/image") == {("std",): 100_000, ("pro",): 150_000}

    def test_a_model_without_a_known_price_has_no_row(self) -> None:
        """No row has a price of zero, or of nothing."""
        unknown = [model.slug for model in BUNDLED if model.latest.price.unknown]
        rows = rate_table().rows
        assert len(unknown) >= 3
        assert {row.model for row in rows} == set(BUNDLED.models) - set(unknown)
        assert min(row.usd_micros for row in rows) > 0

    def test_what_is_measured_must_be_known(self) -> None:
        """The length of a video has no default, so a row without it has no price."""
        rows = prices(rate_table(), model="kling/kling-motion-create-v3/motion-transfer-to-video")
        assert {options[0] for options in rows} == {"5", "10"}
        assert rows["5", None, None, None, None, None, None] == 350_000

    def test_rows_have_the_prices_of_requests(self) -> None:
        """Each row costs what `quote` says for a whole request, and each quote of a price sheet has its row."""
        table = rate_table()
        assert len(table.rows) >= 1_000
        found: dict[tuple[str, frozenset[tuple[str, str]]], int] = {}
        for row in table.rows:
            options = {name: text for name, text in zip(table.fields, row.options, strict=True) if text is not None}
            assert _full_quote(row.model, options).usd_micros == row.usd_micros
            found[row.model, frozenset(options.items())] = row.usd_micros
        assert len(found) == len(table.rows)  # the keys are unique
        for model in BUNDLED:
            for sheet in price_sheet(model.slug) if model.latest.price.unknown is None else ():
                options = {factor.field: option_text(factor.value) for factor in sheet.factors}
                assert found[model.slug, frozenset(options.items())] == sheet.usd_micros

    def test_prices_that_are_not_whole(self) -> None:
        """The exact price is kept as a ratio of whole numbers beside the rounded one."""
        price = PRICE.replace("10_000", "7\nrounding = 'half_up'")
        row = next(
            row for row in rate_table(catalog(price)).records() if row["duration"] is None and row["sound"] == "true"
        )
        assert row["usd_micros"] == 42  # 7 x 4 x 1.5
        price = price.replace("1.5", "1.25").replace('"false" = 1', '"false" = 1.125')
        rows = {(row["duration"], row["sound"]): row for row in rate_table(catalog(price)).records()}
        assert [rows["4", "false"][name] for name in ("usd_micros", "exact_numerator", "exact_denominator")] == [
            32,
            63,
            2,
        ]

    def test_sale_prices(self) -> None:
        """With adjustments, each row also has a sale price."""
        table = rate_table(catalog(), adjustments=STEPS)
        assert "sale_usd_micros" not in rate_table(catalog()).columns
        assert table.columns[3:5] == ("usd_micros", "sale_usd_micros")
        assert {row.usd_micros: row.sale_usd_micros for row in table.rows} == {
            40_000: 60_000,  # 52,000
            60_000: 80_000,  # 78,000
            80_000: 110_000,  # 104,000
            120_000: 160_000,  # 156,000
        }

    def test_evidence_and_assumptions(self) -> None:
        """A row names the weakest evidence that it depends on, and says what it assumes."""
        fields = INPUT.replace('default = "4"', 'default = "4"\nevidence = { default = "implied" }')
        price = PRICE.replace('label = "second"', 'label = "second"\nevidence = { factors = "assumed" }')
        assert {row.evidence for row in rate_table(catalog()).rows} == {"documented"}
        assert {row.evidence for row in rate_table(catalog(price)).rows} == {"assumed"}
        rows = {row.options: row for row in rate_table(catalog(fields=fields)).rows}
        assert [rows[options].evidence for options in ((None, "true"), ("4", "true"))] == ["implied", "documented"]
        assert rows[None, "true"].assumptions == ('duration: left out, so the default "4" applies (implied)',)
        assert rows["4", "true"].assumptions == ()

    def test_rounding_has_evidence(self) -> None:
        """A rounding rule counts where it is used."""
        price = PRICE.replace("10_000", "7\nrounding = 'half_up'\nevidence = { rounding = 'assumed' }").replace(
            "1.5", "1.125"
        )
        rows = {row.options: row.evidence for row in rate_table(catalog(price)).rows}
        assert [rows["4", "true"], rows["4", "false"]] == ["assumed", "documented"]

    @pytest.mark.parametrize("name", ["model", "usd_micros", "declined"])
    def test_two_columns_with_one_name(self, name: str) -> None:
        """A priced field cannot have the name of another column."""
        with pytest.raises(ValueError, match=f"a priced field has the name of another column: {name}"):
            rate_table(catalog(PRICE.replace("sound", name), INPUT.replace("sound", name)))

    def test_amounts_fit_into_a_column(self) -> None:
        """An amount that an engine would cut or round is refused."""
        assert rate_table(catalog(PRICE.replace("10_000", str((2**63 - 1) // 12)))).rows[-1].usd_micros < 2**63
        with pytest.raises(ValueError, match="does not fit into a column of 64-bit integers"):
            rate_table(catalog(PRICE.replace("10_000", str(2**63 // 12 + 1))))


def _full_quote(slug: str, options: dict[str, str]) -> Quote:
    """Return the quote of a complete request with these options."""
    revision = BUNDLED[slug].latest
    body = example_request(slug)["input"]
    sent = {name: value for name, value in body.items() if name not in revision.priced}
    measured = {field.name for field in revision.measured}
    booleans = {field.name for field in revision.input if field.type == "boolean"}
    typed: dict[str, Any] = {name: text == "true" if name in booleans else text for name, text in options.items()}
    sent |= {name: value for name, value in typed.items() if name not in measured}
    return quote({"model": slug, "input": sent}, measured={name: typed[name] for name in measured & typed.keys()})


class TestTime:
    """Prices that change, and models that are retired."""

    def test_all_periods(self) -> None:
        """Without `at`, each price has the time in which it applies, whatever the day is."""
        rows = [row for row in rate_table(dated()).rows if row.options == ("8", "true")]
        december, january = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
        assert [(row.usd_micros, row.valid_from, row.valid_to) for row in rows] == [
            (120_000, None, december),
            (240_000, december, january),
        ]
        assert rows[0].revision != rows[1].revision
        assert not any("2026-12-01" in text for row in rows for text in row.assumptions)

    @pytest.mark.parametrize(
        ("at", "usd_micros"),
        [
            (datetime(2026, 12, 1, tzinfo=UTC) - timedelta(microseconds=1), 120_000),
            (datetime(2026, 12, 1, tzinfo=UTC), 240_000),
            (date(2026, 12, 31), 240_000),
            (datetime(2027, 1, 1, tzinfo=UTC), None),
        ],
    )
    def test_one_instant(self, at: date, usd_micros: int | None) -> None:
        """With `at`, the keys are unique; the interval is half-open."""
        found = [row.usd_micros for row in rate_table(dated(), at=at).rows if row.options == ("8", "true")]
        assert found == ([] if usd_micros is None else [usd_micros])
        assert rate_table(dated().at(at)) == rate_table(dated(), at=at)

    def test_a_naive_datetime(self) -> None:
        """An instant has a time zone."""
        with pytest.raises(ValueError, match="UTC offset"):
            rate_table(at=datetime(2026, 12, 1))  # noqa: DTZ001

    def test_eras(self) -> None:
        """Divided by era, the keys are unique without dates: an undated price has a row in each era."""
        both = dated() | Catalog((load_model(table_text(slug="acme/loop-2/text-to-video")),))
        table = rate_table(both)
        assert table.changes == changes(both) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        eras = table.eras()
        assert eras.key == ("era", "model", "duration", "sound")
        found = [(row.model, row.era, row.usd_micros) for row in eras.rows if row.options == ("8", "true")]
        assert found == [
            *((SLUG, 0, 120_000), (SLUG, 1, 240_000)),
            *(("acme/loop-2/text-to-video", era, 120_000) for era in (0, 1, 2)),
        ]
        assert rate_table(catalog()).eras().to_dict()["era"] == [0] * 9


class TestFormats:
    """The table for other programs."""

    def test_csv(self) -> None:
        """Null is an empty cell."""
        table = rate_table(dated(), adjustments=STEPS)
        rows = list(csv.DictReader(io.StringIO(table.to_csv())))
        expected = [
            {name: "" if value is None else str(value) for name, value in row.items()} for row in table.records()
        ]
        assert len(rows) == 18
        assert [{**row, "valid_from": "", "valid_to": ""} for row in rows] == [
            {**row, "valid_from": "", "valid_to": ""} for row in expected
        ]
        assert rows[0]["valid_to"] == "2026-12-01T00:00:00+00:00"
        assert rows[0]["duration"] == ""

    def test_json(self) -> None:
        """The document names the catalogue and the key, and has no floats."""
        data = json.loads(rate_table(catalog()).to_json(), parse_float=pytest.fail)
        assert data["catalog"] == {"version": "2026-11-20", "digest": catalog().digest}
        assert data["key"] == ["model", "duration", "sound"]
        assert data["rows"] == list(rate_table(catalog()).records())
        assert json.loads(rate_table(Catalog()).to_json())["rows"] == []

    def test_columns(self) -> None:
        """The columns as lists are what data frames are made from."""
        data = rate_table(catalog()).to_dict()
        assert list(data) == list(rate_table(catalog()).columns)
        assert data["duration"] == [None] * 3 + ["4"] * 3 + ["8"] * 3

    def test_sqlite(self) -> None:
        """A join in SQLite that takes null for null prices every row as `try_quote` does."""
        table = rate_table()
        base = sqlite3.connect(":memory:")
        base.executescript(table.to_sql())
        base.execute("CREATE TABLE requests (number, model, duration, generate_audio)")
        sent = [
            ("kling-plus/kling-o1-standard/text-to-video", "10", None),
            ("kling-plus/kling-o1-standard/text-to-video", None, None),
            ("kling-plus/kling-o1-standard/text-to-video", "7", None),  # not an option
            ("kling-plus/kling-o1-standard/text-to-video", "", None),  # empty text is not null
            ("kling-plus/kling-o1-standard/text-to-video", None, "false"),  # this model has no such field
            ("no/such-model", "5", None),
        ]
        base.executemany("INSERT INTO requests VALUES (?, ?, ?, ?)", [(at, *row) for at, row in enumerate(sent)])
        null = " AND ".join(f"{name} IS NULL" for name in table.fields if name not in {"duration", "generate_audio"})
        base.execute(f"DELETE FROM rates WHERE NOT ({null})")  # noqa: S608  the names are those of our tables
        found = base.execute(
            "SELECT usd_micros FROM requests LEFT JOIN rates ON rates.model = requests.model"
            " AND rates.duration IS requests.duration AND rates.generate_audio IS requests.generate_audio"
            " ORDER BY number"
        ).fetchall()
        base.close()
        assert [row[0] for row in found] == [500_000, 250_000, None, None, None, None]

    def test_sql_text(self) -> None:
        """Names and text are quoted, and the catalogue is named in a comment."""
        text = rate_table(dated()).to_sql('the "rates"')
        assert text.startswith(f"-- catalogue 2026-11-20, {dated().digest}\n")
        assert 'CREATE TABLE "the ""rates""" ("model" TEXT, "duration" TEXT, "sound" TEXT, "usd_micros" BIGINT' in text
        assert '\'duration: left out, so the default "4" applies (documented); sound: ' in text
        assert "NULL, '2026-12-01T00:00:00+00:00'" in text
        assert rate_table(Catalog()).to_sql().count(";") == 1
        base = sqlite3.connect(":memory:")
        base.executescript(text)
        assert base.execute('SELECT count(*), sum(usd_micros) FROM "the ""rates"""').fetchone() == (
            18,
            3 * (140_000 + 140_000 + 280_000),
        )
        base.close()

    def test_quotes_in_text(self) -> None:
        """A quotation mark in an option does not end its text."""
        fields = INPUT.replace('["4", "8"]', '["4", "8", "o\'clock"]')
        price = PRICE.replace('duration = "value"', 'duration = { "4" = 1, "8" = 2, "o\'clock" = 3 }')
        base = sqlite3.connect(":memory:")
        base.executescript(rate_table(catalog(price, fields)).to_sql())
        found = base.execute("SELECT usd_micros FROM rates WHERE duration = ? AND sound IS NULL", ["o'clock"])
        assert found.fetchone() == (30_000,)
        base.close()

    def test_arrow_needs_pyarrow(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Without pyarrow, the message names the extra."""
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(ImportError, match=r'pip install "ratecard\[bulk\]"'):
            rate_table(catalog()).write_parquet(tmp_path / "rates.parquet")
        assert list(tmp_path.iterdir()) == []


class TestAnswers:
    """The answer for options as text, which data frames are priced with."""

    @pytest.mark.parametrize(
        ("options", "answer"),
        [
            ({}, 40_000),
            ({"duration": "8", "sound": "true"}, 120_000),
            ({"duration": "8", "sound": True}, 120_000),
            ({"sound": "True"}, "invalid_request"),
            ({"sound": "1"}, "invalid_request"),
            ({"duration": "5"}, "invalid_request"),
            ({"duration": ""}, "invalid_request"),
            ({"seed": "7"}, 40_000),
            ({"seed": "7.0"}, 40_000),
            ({"seed": "7e0"}, 40_000),
            ({"seed": "1e3"}, "invalid_request"),
            ({"seed": "07"}, "invalid_request"),
            ({"seed": " 7"}, "invalid_request"),
            ({"seed": "9" * 400}, "invalid_request"),
            ({"quality": "pro"}, "invalid_request"),
        ],
    )
    def test_options(self, options: dict[str, object], answer: object) -> None:
        """Text stands for a value of the type of its field, or for itself."""
        found = answer_for(SLUG, options, catalog())
        assert (found.usd_micros if isinstance(found, Quote) else found.code) == answer

    def test_codes(self) -> None:
        """Without a price, the answer is the code of `try_quote`."""
        motion = "kling/kling-motion-create-v3/motion-transfer-to-video"
        for slug, options, tables, code in (
            (None, {}, BUNDLED, "invalid_request"),
            ("no/such-model", {"duration": "5"}, BUNDLED, "invalid_request"),
            (motion, {}, BUNDLED, "needs_measurement"),
            ("google/nano-banana/edit-image", {}, BUNDLED, "price_unknown"),
            ("xai/grok-imagine/image-to-video", {"duration": "6"}, BUNDLED, "undetermined"),
            (SLUG, {}, dated().at(date(2027, 1, 1)), "retired"),
        ):
            found = answer_for(slug, options, tables)
            assert isinstance(found, Declined)
            assert found.code == code
        assert isinstance(try_quote(example_request(motion), measured={"duration": "5"}), Quote)

    def test_the_fields_that_select_a_price(self) -> None:
        """They come from all revisions, so that a table of one instant has the same columns as that of another."""
        assert key_fields(Catalog()) == ()
        assert key_fields(dated()) == ("duration", "sound")
