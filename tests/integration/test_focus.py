"""FOCUS files as others read them: Parquet with decimals, and the official validator where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ratecard import Catalog, Multiply, NotPriced, StoredQuote, adjust, focus, price_sheet

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
VALIDATOR = os.environ.get("FOCUS_VALIDATOR") or shutil.which("focus-validator")
CRITERIA = (
    "PUBLIC_PRICE_LIST_SUPPORTED,USAGE_MEASUREMENT_SUPPORTED,UNIT_PRICING_SUPPORTED,NEGOTIATED_PRICING_SUPPORTED,"
    "ACCOUNT_NAMING_SUPPORTED,MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED,MULTIPLE_PRICING_CATEGORIES_SUPPORTED"
)


def every_cost() -> focus.FocusTable:
    """Return every shipped price as a quote, a charge, a sale and a correction."""
    records: list[object] = []
    for slug in Catalog.bundled().models:
        try:
            sheet = price_sheet(slug)
        except NotPriced:
            continue
        records += [StoredQuote(quote=quoted, asked_at=NOON, reference=str(len(records))) for quoted in sheet]
        data = sheet[0].to_dict()
        records += [
            {"quote": data, "job_id": f"job_{len(records)}", "charged_micros": sheet[0].usd_micros + 1},
            {"type": "reversal", "reversed_digest": data["digest"]},
            {"type": "correction", "quote": data},
            adjust(sheet[0], [Multiply(name="margin", by="1.3")]),
        ]
    return focus.costs(records, at=NOON)


@pytest.fixture(scope="module")
def table() -> focus.FocusTable:
    """Return the rows."""
    return every_cost()


def test_parquet(table: focus.FocusTable, tmp_path: Path) -> None:
    """Amounts are decimals, instants are in UTC, and everything is as in the rows."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the dependency group integration")
    table.write_parquet(tmp_path / "costs.parquet")
    found = parquet.read_table(tmp_path / "costs.parquet")
    assert len(found) > 1_000
    assert found.to_pylist() == list(table.rows)
    assert str(found.schema.field("ListCost").type) == "decimal128(38, 12)"
    assert focus.costs([]).to_arrow().num_rows == 0


@pytest.mark.skipif(VALIDATOR is None, reason="needs the program focus-validator, in FOCUS_VALIDATOR or on the path")
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_validator(table: focus.FocusTable, form: str, tmp_path: Path) -> None:
    """Every rule that applies passes, but for one that wants an invoice of each charge, which its neighbour denies."""
    file = tmp_path / f"costs.{form}"
    if form == "csv":
        file.write_text(table.to_csv(), encoding="utf-8")
    else:
        table.write_parquet(file)
    program = Path(str(VALIDATOR)).resolve()
    folder = next((program.parents[1] / "lib").glob("python3.*/site-packages"))  # it looks for its files from there
    command = [str(VALIDATOR), "--data-file", str(file), "--validate-version", "1.2", "--block-download"]
    done = subprocess.run(
        [*command, "--applicability-criteria", CRITERIA], cwd=folder, capture_output=True, text=True, check=False
    )
    assert set(re.findall(r"(\S+): FAIL", done.stdout)) == {"InvoiceId-C-005-C"}, done.stdout[-3000:] + done.stderr
    passed = re.search(r"Pass: (\d+)", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 240
