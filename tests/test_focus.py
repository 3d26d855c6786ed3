"""Costs and prices in the columns of FOCUS: exact products, no billed estimates, and no record left out."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import given

import cli_runner
import invented
from ratecard import Catalog, Multiply, StoredQuote, adjust, focus, quote
from ratecard.submit import Receipt
from ratecard_rules import load_model
from strategies import priced

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 12, 31)
TABLES = invented.catalog()
LOUD = quote(invented.request(sound=True, duration="8"), catalog=TABLES)  # 10,000 x 8 x 1.5 = 120,000
RECEIPT = Receipt(
    job_id="job_1", request_id=None, status="pending", estimated_completion=None, quoted=LOUD, charged_micros=130_000
)


def one(record: Any, **options: Any) -> dict[str, Any]:
    """Return the only row of a record."""
    (row,) = focus.costs([record], **{"at": DAY, **options}).rows
    return row


@given(priced())
def test_the_products_are_exact(drawn: Any) -> None:
    """Unit prices times the quantity are the costs to the last digit, and a quote is not billed."""
    quoted = quote(drawn[0], measured=drawn[1])
    row = one(quoted)
    assert row["ListUnitPrice"] * row["PricingQuantity"] == row["ListCost"] == Decimal(quoted.usd_micros) / 10**6
    assert row["ContractedUnitPrice"] * row["PricingQuantity"] == row["ContractedCost"] == row["ListCost"]
    assert row["BilledCost"] == row["EffectiveCost"] == 0
    assert all("." in str(value) for value in row.values() if isinstance(value, Decimal))


def test_a_quote() -> None:
    """Eight seconds with sound: 15,000 micros a second. The seconds are the quantity, not part of the price's name."""
    row = one(LOUD, account="team-a", provider="Acme")
    expected = {
        "BilledCost": "0.0",
        "BillingAccountId": "team-a",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": "2027-01-01T00:00:00Z",
        "BillingPeriodStart": "2026-12-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargePeriodEnd": "2026-12-31T00:00:01Z",
        "ChargePeriodStart": "2026-12-31T00:00:00Z",
        "ContractedCost": "0.12",
        "InvoiceIssuerName": "Acme",
        "ListCost": "0.12",
        "ListUnitPrice": "0.015",
        "PricingQuantity": "8.0",
        "PricingUnit": "Seconds",
        "SkuId": "acme/loop-1/text-to-video",
        "SkuPriceDetails": '{"x_Sound": "true"}',
        "SkuPriceId": "acme/loop-1/text-to-video?sound=true",
        "x_CatalogDigest": TABLES.digest,
        "x_Evidence": "documented",
        "x_QuoteDigest": LOUD.to_dict()["digest"],
    }
    (shown,) = focus.FocusTable((row,)).records()
    assert {name: shown[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("price", "quantity", "unit", "list_unit"),
    [
        (invented.PRICE.replace('"true" = 1.5', '"true" = "4/3"'), "1.0", "Generations", "0.106667"),  # 106,666.67
        (invented.PRICE.replace('duration = "value"', 'duration = { "4" = 1, "8" = 2 }'), "1.0", "Generations", "0.03"),
        (invented.PRICE.replace("10_000", "1"), "8.0", "Seconds", "0.0000015"),
    ],
    ids=["not whole", "not the duration", "small"],
)
def test_quantities(price: str, quantity: str, unit: str, list_unit: str) -> None:
    """The quantity is the seconds where the multiplier is the duration, and 1 where a product would not be exact."""
    price = price.replace('label = "second"\n', 'label = "second"\nrounding = "half_up"\n')
    row = one(quote(invented.request(sound=True, duration="8"), catalog=invented.catalog(price)))
    assert (str(row["PricingQuantity"]), row["PricingUnit"], str(row["ListUnitPrice"])) == (quantity, unit, list_unit)
    assert ("duration" in row["SkuPriceId"]) == (unit == "Generations")


def test_a_duration_in_words() -> None:
    """A duration that is not a number counts no seconds."""
    fields = invented.INPUT.replace('"4"', '"short"').replace('"8"', '"long"')
    price = invented.PRICE.replace('duration = "value"', "duration = { short = 1, long = 2 }")
    row = one(quote(invented.request(duration="long"), catalog=invented.catalog(price, fields)))
    assert (row["PricingUnit"], row["ListCost"]) == ("Generations", Decimal("0.02"))


def test_charges_and_sales() -> None:
    """A receipt is billed as it was charged; a sale is contracted at its price, where seconds are kept if exact."""
    assert (one(RECEIPT)["BilledCost"], one(RECEIPT)["EffectiveCost"]) == (Decimal("0.13"), Decimal("0.13"))
    assert (one(RECEIPT)["ListCost"], one(RECEIPT)["x_JobId"]) == (Decimal("0.12"), "job_1")
    sale = adjust(LOUD, [Multiply(name="margin", by="1.1")])
    for form in (sale, sale.to_dict(), {"quote": sale.to_dict()}):
        row = one(form)
        assert (row["ContractedCost"], row["ContractedUnitPrice"]) == (Decimal("0.132"), Decimal("0.0165"))
        assert (row["ListCost"], row["BilledCost"]) == (Decimal("0.12"), 0)


def test_stored_records() -> None:
    """All stored forms; a record's own instant comes before that of all."""
    noon = datetime(2026, 2, 28, 12, tzinfo=UTC)
    kept = StoredQuote(quote=LOUD, asked_at=noon, reference="order 17")
    data = LOUD.to_dict()
    charged = {"job_id": "job_1", "charged_micros": 5, "quoted": data}
    records: list[Any] = [
        kept,
        kept.to_dict(),
        {"quote": kept.to_dict(), "time": "2026-05-01T00:00:00Z"},
        {"quote": data, "time": "2026-02-28T13:00:00+01:00", "reference": "order 17"},
    ]
    for row in focus.costs(records).rows:
        assert (row["ChargePeriodStart"], row["x_Reference"]) == (noon, "order 17")
        assert row["BillingPeriodEnd"] == datetime(2026, 3, 1, tzinfo=UTC)
    for record in (data, {"ok": True, "receipt": charged}, charged, RECEIPT):
        assert one(record)["ChargePeriodStart"] == datetime(2026, 12, 31, tzinfo=UTC)
    assert one(charged)["BilledCost"] == Decimal("0.000005")


def test_corrections() -> None:
    """A reversal takes back the list cost of an earlier record, and both are of the class Correction."""
    new = quote(invented.request(duration="8"), catalog=TABLES)  # 80,000
    data = LOUD.to_dict()
    records = [
        {"quote": data, "job_id": "job_1", "charged_micros": 120_000},
        {"type": "reversal", "entry": 1, "job_id": "job_1", "usd_micros": -120_000, "reversed_digest": data["digest"]},
        {"type": "correction", "entry": 1, "job_id": "job_1", "quote": new.to_dict()},
    ]
    rows = focus.costs(records, at=DAY).rows
    assert [row["ChargeClass"] for row in rows] == [None, "Correction", "Correction"]
    assert [row["ListCost"] for row in rows] == [Decimal("0.12"), Decimal("-0.12"), Decimal("0.08")]
    assert sum(row["ListCost"] for row in rows) == Decimal("0.08")
    assert [row["BilledCost"] for row in rows] == [Decimal("0.12"), 0, 0]
    assert {row["x_JobId"] for row in rows} == {"job_1"}
    with pytest.raises(ValueError, match="record 1: it has no '"):
        focus.costs(records[1:], at=DAY)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (LOUD, "it has no instant: pass `at`"),
        (3, "expected a quote, a sale, a receipt or their stored form, got a int"),
        ({"code": "price_unknown", "ok": False}, "it has no quote: price_unknown"),
        ({"quote": {**LOUD.to_dict(), "usd": "1"}, "time": "2026-12-01T00:00:00Z"}, "not a stored quote: "),
        ({"quote": LOUD.to_dict(), "time": "2026-12-01T00:00:00"}, "expected a datetime with a UTC offset"),
        (
            {"quote": LOUD.to_dict(), "time": "2026-12-01T00:00Z", "charged_micros": "5"},
            "charged_micros must be a whole number",
        ),
    ],
)
def test_no_record_is_left_out(record: Any, why: str) -> None:
    """What is no cost is an error with the number of the record."""
    with pytest.raises(ValueError, match=f"record 2: {why}"):
        focus.costs([StoredQuote(quote=LOUD, asked_at=datetime(2026, 12, 1, tzinfo=UTC)), record])


def test_prices() -> None:
    """The price list has one row for each price of a second or a generation, and none without a price."""
    unknown = invented.table_text('[revision.price]\nunknown = "no page says it"', slug="acme/loop-0/text-to-video")
    tables = Catalog((load_model(unknown), load_model(invented.table_text())))
    rows = focus.prices(catalog=tables).rows
    assert [(row["SkuPriceId"], str(row["ListUnitPrice"]), row["PricingUnit"]) for row in rows] == [
        ("acme/loop-1/text-to-video?sound=false", "0.01", "Seconds"),
        ("acme/loop-1/text-to-video?sound=true", "0.015", "Seconds"),
    ]
    assert "PricingQuantity" not in rows[0]


def test_files() -> None:
    """CSV has empty cells for null, and no rows have no columns; Arrow has decimals, and says what it needs."""
    table = focus.costs([LOUD], at=DAY)
    (row,) = csv.DictReader(io.StringIO(table.to_csv()))
    assert (row["PricingQuantity"], row["ChargeClass"]) == ("8.0", "")
    assert tuple(row) == table.columns
    assert focus.costs([]).to_csv() == "\n"
    with patch.dict(sys.modules, pyarrow=None), pytest.raises(ImportError, match="ratecard\\[bulk\\]"):
        table.to_arrow()


class TestCommand:
    """The command `focus`."""

    def test_costs(self, tmp_path: Path) -> None:
        """CSV is the format by default; the instant of quotes that have none is that of --at."""
        file = tmp_path / "quotes.jsonl"
        file.write_text(json.dumps(LOUD.to_dict()) + "\n", encoding="utf-8")
        by_default = cli_runner.run("focus", str(file), "--version", "1.2", "--at", "2026-12-31", "--account", "a")
        as_csv = cli_runner.run("focus", str(file), "--at", "2026-12-31", "--account", "a", "--format", "csv")
        assert by_default.stdout == as_csv.stdout == focus.costs([LOUD], at=DAY, account="a").to_csv()
        data = cli_runner.data(cli_runner.run("focus", str(file), "--at", "2026-12-31", "--json"))
        assert (data["version"], data["rows"][0]["ListCost"]) == ("1.2", "0.12")

    def test_prices(self) -> None:
        """The price list of the shipped tables."""
        result = cli_runner.run("focus", "--prices")
        assert (result.exit_code, result.stdout) == (0, focus.prices().to_csv())

    def test_errors(self, tmp_path: Path) -> None:
        """What cannot be read or is no cost ends the command, and nothing is written."""
        file = tmp_path / "quotes.jsonl"
        file.write_text(json.dumps(LOUD.to_dict()) + "\n{\n", encoding="utf-8")
        for arguments, code, says in (
            ((), 2, "give FILEs with quotes or receipts, or --prices"),
            ((str(file), "--prices"), 2, "give FILEs"),
            ((str(file),), 3, "record 1: it has no instant"),
            ((str(file), "--at", "2026-12-31"), 3, "quotes.jsonl:2"),
            ((str(tmp_path / "none.jsonl"),), 2, "none.jsonl"),
        ):
            result = cli_runner.run("focus", *arguments)
            assert (result.exit_code, result.stdout, says in result.stderr) == (code, "", True), result.stderr

    def test_parquet(self) -> None:
        """It says what it needs."""
        with patch.dict(sys.modules, pyarrow=None):
            result = cli_runner.run("focus", "--prices", "--format", "parquet")
        assert (result.exit_code, "ratecard[bulk]" in result.stderr) == (1, True)
