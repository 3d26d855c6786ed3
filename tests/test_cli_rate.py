"""`ratecard sheet --all`: the rate table on the command line."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from cli_runner import data, run, run_on_terminal
from invented import table_text
from ratecard import rate_table

if TYPE_CHECKING:
    from pathlib import Path

V25 = "kling/kling-text2video-v25/text-to-video"


def test_formats() -> None:
    """Each format has every row, and JSON names the catalogue."""
    table = rate_table()
    assert run("sheet", "--all", "--format", "csv").stdout == table.to_csv()
    assert run("sheet", "--all", "--format", "sql").stdout == table.to_sql()
    document = data(run("sheet", "--all", "--json"))
    assert document == {
        "ok": True,
        "catalog": {"version": table.catalog.version, "digest": table.catalog.digest},
        "key": list(table.key),
        "rows": list(table.records()),
    }
    records = run("sheet", "--all", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(record) for record in records] == document["rows"]
    lines = run("sheet", "--all").stdout.splitlines()
    assert lines[0].split("\t") == list(table.columns)
    assert len(lines) == len(table.rows) + 1


def test_parquet() -> None:
    """Parquet is written as bytes."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    written = run("sheet", "--all", "--format", "parquet").stdout_bytes
    assert parquet.read_table(io.BytesIO(written)).to_pylist() == list(rate_table().records())


def test_parquet_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow, the message names the extra."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = run("sheet", "--all", "--format", "parquet")
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert answer.stderr == 'Arrow and Parquet need pyarrow: pip install "ratecard[bulk]"\n'


def test_parquet_on_a_terminal() -> None:
    """Bytes are not written to a terminal."""
    code, written = run_on_terminal("sheet", "--all", "--format", "parquet")
    assert code == 2
    assert "Parquet is not text: redirect the output to a file" in written
    assert "PAR1" not in written


def test_tables_and_dates(tmp_path: Path) -> None:
    """Without --at all periods are listed; with it, those that apply at the instant."""
    text = table_text()
    revision = text[text.index("[[revision]]") :].replace("10_000", "20_000")
    later = revision.replace("[[revision]]", "[[revision]]\neffective = 2026-12-01T00:00:00Z", 1)
    (tmp_path / "loop.toml").write_text(text + later, encoding="utf-8")
    prices = {
        option: [
            row["usd_micros"]
            for row in data(run("sheet", "--all", "--json", "--tables", str(tmp_path), *option))["rows"]
            if (row["model"], row.get("duration"), row["sound"]) == ("acme/loop-1/text-to-video", "8", "true")
        ]
        for option in ((), ("--at", "2026-11-30"), ("--at", "2026-12-01"))
    }
    assert list(prices.values()) == [[120_000, 240_000], [120_000], [240_000]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sheet"], "give either a MODEL or --all"),
        (["sheet", V25, "--all"], "give either a MODEL or --all"),
        (["sheet", V25, "--format", "sql"], "--format sql and parquet need --all instead of a MODEL"),
    ],
)
def test_usage(arguments: list[str], message: str) -> None:
    """Contradictions are usage errors."""
    answer = run(*arguments)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert message in answer.stderr
