"""Priced frames of Spark, on a local one: a broadcast join with the answers of the library."""

from __future__ import annotations

import runpy
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from frame_rows import EDGES, agree, answer, is_listed, million, outcome, three_revisions
from invented import catalog
from ratecard import Multiply

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("pyspark", reason="needs the dependency group integration")
pa = pytest.importorskip("pyarrow", reason="needs the dependency group integration")

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Spark has many of its own
    pytest.mark.skipif(shutil.which("java") is None, reason="needs Java 17"),
]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "frames.md"
SLUG = "acme/loop-1/text-to-video"


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Return a session of a local Spark, in a time zone that is not UTC."""
    from pyspark.sql import SparkSession

    options = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.sql.shuffle.partitions": "2",
    }
    session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def test_the_plan(spark: Any) -> None:
    """The join broadcasts the prices, and exchanges no rows."""
    from ratecard import frames

    rows = spark.range(1_000_000).selectExpr(f"'{SLUG}' AS model", "CAST(id % 9 AS STRING) AS duration")
    plan = frames.price(rows, catalog=catalog())._jdf.queryExecution().toString()  # noqa: SLF001  no other way
    assert plan.count("BroadcastHashJoin") >= 1
    assert "BroadcastExchange" in plan
    assert "hashpartitioning" not in plan
    assert "SortMergeJoin" not in plan


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("string", ["8", "4", None]),
        ("int", [8, 4, None]),
        ("double", [8.0, 4.0, None]),
        ("decimal(9, 2)", ["8.00", "4.00", None]),
    ],
)
def test_types(spark: Any, kind: str, values: list[object]) -> None:
    """The type of a column does not change what an option is; false is not null."""
    from ratecard import frames

    rows = spark.createDataFrame(
        [(at, SLUG, None if value is None else str(value), at != 2) for at, value in enumerate(values)],
        "row int, model string, duration string, sound boolean",
    ).selectExpr("row", "model", f"CAST(duration AS {kind}) AS duration", "sound")
    steps = [Multiply(name="double", by=2)]
    found = frames.price(rows, catalog=catalog(), adjustments=steps).orderBy("row").collect()
    assert [(row.usd_micros, row.sale_usd_micros) for row in found] == [
        (120_000, 240_000),  # 10,000 x 8 x 1.5
        (60_000, 120_000),
        (40_000, 80_000),  # the default duration is 4; without sound
    ]


def test_an_instant_for_each_row(spark: Any) -> None:
    """Each row has the price at its instant, or at the first instant of its day, UTC."""
    from ratecard import frames

    tables = three_revisions()
    instants = [edge + timedelta(microseconds=step) for edge in EDGES for step in (-1, 0, 1)]
    rows = [(model.slug, at) for model in tables for at in instants]
    frame = spark.createDataFrame([(at, *row) for at, row in enumerate(rows)], "row int, model string, at timestamp")
    found = frames.price(frame, at="at", catalog=tables).orderBy("row").collect()
    expected = [outcome(answer(slug, {}, at, tables)) for slug, at in rows]
    assert [(row.usd_micros, row.declined) for row in found] == expected
    days = frame.selectExpr("row", "model", "DATE '2026-12-01' AS day").limit(1)
    assert frames.price(days, at="day", catalog=tables).collect()[0].usd_micros == 80_000
    with pytest.raises(TypeError, match="expected datetimes with a time zone, or dates"):
        frames.price(frame.selectExpr("model", "CAST(at AS timestamp_ntz) AS at"), at="at", catalog=tables)


def test_a_million_rows(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job of the page prices a million rows, from Parquet to Parquet; none differs from `try_quote`."""
    from pyarrow import parquet

    assert spark.version
    table, distinct, answers, picks = million()
    source, target, job = tmp_path / "requests", tmp_path / "prices", tmp_path / "job.py"
    source.mkdir()
    for part in range(4):
        parquet.write_table(table.slice(part * 250_000, 250_000), source / f"part-{part}.parquet")
    page = PAGE.read_text(encoding="utf-8")
    job.write_text(page.partition("<!-- recipe: spark -->\n```python\n")[2].partition("```")[0], encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [str(job), str(source), str(target)])
    runpy.run_path(str(job))
    columns = parquet.read_table(target).select(["usd_micros", "declined", "row"]).to_pydict()
    seen = {(price, code, picks[row]) for price, code, row in zip(*columns.values(), strict=True)}
    assert len(columns["row"]) == len(set(columns["row"])) == 1_000_000
    assert [row for row in seen if not agree(row[:2], answers[row[2]], lazy=True)] == []
    left = {pick for _, code, pick in seen if code == "unlisted"}
    assert left
    assert not any(is_listed(distinct[pick]) for pick in left)
