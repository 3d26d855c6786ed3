"""Prices of millions of rows: rows per second, and per second of CPU time.

Every contender reads the same Parquet file with eight columns, seven of which are mostly null. It returns the number of
priced rows and the sum of their prices, which must be the same for all. A library that is not installed is left out.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from statistics import median
from time import perf_counter, process_time
from typing import Any, TypeAlias

from attrs import frozen

from ratecard import RateTable, example_request, rate_table, try_quote
from ratecard_rules import bundled

Totals: TypeAlias = tuple[int, int]
"""The number of priced rows, and the sum of their prices in micros."""

GROUP = 1_000_000
LOOP = 20_000
"""How many rows the loop prices; its time is multiplied."""


@frozen
class Contender:
    """A way to price a Parquet file.

    Attributes:
        name: Its name in the table.
        libraries: The libraries that it needs.
        run: The function from a file and a rate table to the totals.
        java: Whether it computes in a Java process, whose CPU time is not measured.
    """

    name: str
    libraries: tuple[str, ...]
    run: Callable[[Path, RateTable], Totals]
    java: bool = False


def write_rows(file: Path, table: RateTable, rows: int) -> None:
    """Write a Parquet file of requests: one in a hundred has an option that does not exist."""
    import pyarrow as pa
    from pyarrow import parquet

    dice = random.Random(7)
    distinct = [(row.model, *row.options) for row in table.rows]
    distinct += [(slug, "no option", *options) for slug, _, *options in dice.sample(distinct, len(distinct) // 100)]
    columns = zip(*distinct, strict=True)
    group = pa.table({name: pa.array(values, pa.string()) for name, values in zip(table.key, columns, strict=True)})
    with parquet.ParquetWriter(file, group.schema) as writer:
        for start in range(0, rows, GROUP):
            writer.write_table(group.take(pa.array(dice.choices(range(len(distinct)), k=min(GROUP, rows - start)))))


def by_pyarrow(file: Path, table: RateTable) -> Totals:
    """Price the groups of rows one after the other, with `ratecard.frames`; the order is kept."""
    import pyarrow.compute as pc
    from pyarrow import parquet

    from ratecard import frames

    count = total = 0
    source = parquet.ParquetFile(file, read_dictionary=list(table.key))
    for group in range(source.num_row_groups):
        prices = frames.price(source.read_row_group(group))["usd_micros"]
        count += len(prices) - prices.null_count
        total += pc.sum(prices).as_py()
    return count, total


def by_polars(file: Path, _: RateTable) -> Totals:
    """Price an eager frame of polars with `ratecard.frames`."""
    import polars as pl

    from ratecard import frames

    prices = frames.price(pl.read_parquet(file))["usd_micros"]
    return prices.len() - prices.null_count(), prices.sum()


def by_lazy_polars(file: Path, _: RateTable) -> Totals:
    """Price a lazy frame of polars with `ratecard.frames`."""
    import polars as pl

    from ratecard import frames

    return _of_polars(frames.price(pl.scan_parquet(file)))


def by_polars_alone(file: Path, table: RateTable) -> Totals:
    """Join a lazy frame of polars with the rate table."""
    import polars as pl

    rates = pl.LazyFrame(table.to_dict(), infer_schema_length=None).select(*table.key, "usd_micros")
    return _of_polars(pl.scan_parquet(file).join(rates, on=table.key, how="left", nulls_equal=True))


def _of_polars(frame: Any) -> Totals:
    import polars as pl

    totals = frame.select(pl.col("usd_micros").count().alias("count"), pl.col("usd_micros").sum().alias("sum"))
    count, total = totals.collect(engine="streaming").row(0)
    return count, total


def by_duckdb(file: Path, _: RateTable) -> Totals:
    """Price a relation of duckdb with `ratecard.frames`."""
    import duckdb

    from ratecard import frames

    with duckdb.connect() as connection:
        priced = frames.price(connection.read_parquet(str(file)))
        return _whole(priced.aggregate("count(usd_micros), sum(usd_micros)").fetchall()[0])


def by_duckdb_alone(file: Path, table: RateTable) -> Totals:
    """Join a Parquet file with the rate table in duckdb."""
    import duckdb

    same = " AND ".join(f"rates.{name} IS NOT DISTINCT FROM requests.{name}" for name in table.key)
    with duckdb.connect() as connection:
        connection.execute(table.to_sql())
        joined = f"read_parquet('{file}') AS requests LEFT JOIN rates ON {same}"
        return _whole(connection.execute(f"SELECT count(usd_micros), sum(usd_micros) FROM {joined}").fetchone())


def _whole(totals: Any) -> Totals:
    count, total = totals
    return int(count), int(total)


def by_pandas_alone(file: Path, table: RateTable) -> Totals:
    """Merge a frame of pandas with the rate table."""
    import pandas as pd

    rates = pd.DataFrame(table.to_dict())[[*table.key, "usd_micros"]].astype({"usd_micros": "Int64"})
    prices = pd.read_parquet(file).merge(rates, on=list(table.key), how="left")["usd_micros"]
    return int(prices.count()), int(prices.sum())


def by_spark(file: Path, _: RateTable) -> Totals:
    """Price a frame of Spark with `ratecard.frames`."""
    from ratecard import frames

    return _of_spark(frames.price(_spark().read.parquet(str(file))))


def by_spark_alone(file: Path, table: RateTable) -> Totals:
    """Join a Parquet file with the broadcast rate table in Spark."""
    from pyspark.sql import functions

    session = _spark()
    columns = [*table.key, "usd_micros"]
    data = table.to_dict()
    schema = ", ".join(f"{name} {'long' if name == 'usd_micros' else 'string'}" for name in columns)
    rates = session.createDataFrame(list(zip(*(data[name] for name in columns), strict=True)), schema)
    rows = session.read.parquet(str(file))
    same = [rows[name].eqNullSafe(rates[name]) for name in table.key]
    return _of_spark(rows.join(functions.broadcast(rates), same, "left").select("usd_micros"))


def _of_spark(frame: Any) -> Totals:
    return _whole(frame.selectExpr("count(usd_micros)", "sum(usd_micros)").first())


def _spark() -> Any:
    """Return the local session of Spark, which is started once."""
    from pyspark.sql import SparkSession

    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.driver.host": "127.0.0.1"}
    session = SparkSession.builder.master(f"local[{os.cpu_count()}]").config(map=quiet).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


CONTENDERS = (
    Contender("`frames.price`, pyarrow, by groups of rows", ("pyarrow", "narwhals"), by_pyarrow),
    Contender("`frames.price`, polars", ("polars", "narwhals", "pyarrow"), by_polars),
    Contender("`frames.price`, lazy polars", ("polars", "narwhals"), by_lazy_polars),
    Contender("`frames.price`, duckdb", ("duckdb", "narwhals"), by_duckdb),
    Contender("join with the rate table, lazy polars", ("polars",), by_polars_alone),
    Contender("join with the rate table, duckdb", ("duckdb",), by_duckdb_alone),
    Contender("merge with the rate table, pandas", ("pandas", "pyarrow"), by_pandas_alone),
    Contender("`frames.price`, Spark", ("pyspark", "narwhals"), by_spark, java=True),
    Contender("join with the rate table, Spark", ("pyspark",), by_spark_alone, java=True),
)


def loop_seconds(table: RateTable) -> float:
    """Return the seconds that a loop of `try_quote` takes for a row."""
    catalog = bundled()
    dice = random.Random(7)
    requests = []
    for row in dice.choices(table.rows, k=LOOP):
        request = example_request(row.model)
        fields = catalog[row.model].latest.fields
        options = zip(table.fields, row.options, strict=True)
        typed = {
            name: text == "true" if fields[name].type == "boolean" else text
            for name, text in options
            if text and name in fields
        }
        requests.append({**request, "input": {**request["input"], **typed}})
    start = perf_counter()
    for request in requests:
        try_quote(request)
    return (perf_counter() - start) / LOOP


def measure(rows: int, rounds: int) -> dict[str, Any]:
    """Return how many rows were priced, and the seconds and CPU seconds of each contender: medians of the rounds.

    The contenders of a round run in a random order. The first round warms up and is not counted.
    """
    with_java = which("java") is not None and rows >= GROUP  # starting Spark takes longer than the rest of a small run
    contenders = [
        one for one in CONTENDERS if all(map(find_spec, (*one.libraries, "pyarrow"))) and (with_java or not one.java)
    ]
    if not contenders:
        return {"rows": rows, "seconds": {}}
    table, dice = rate_table(), random.Random(rounds)
    times: dict[str, list[tuple[float, float]]] = {contender.name: [] for contender in contenders}
    found: set[Totals] = set()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requests.parquet"
        write_rows(file, table, rows)
        for _ in range(rounds + 1):
            for contender in dice.sample(contenders, len(contenders)):
                start, cpu = perf_counter(), process_time()
                found.add(contender.run(file, table))
                times[contender.name].append((perf_counter() - start, process_time() - cpu))
    if any(contender.java for contender in contenders):
        _spark().stop()
    assert len(found) == 1, found
    loop = loop_seconds(table) * rows
    seconds: dict[str, list[float | None]] = {"loop of `try_quote`": [loop, loop]}
    for contender in contenders:
        wall, cpu_times = zip(*times[contender.name][1:], strict=True)
        seconds[contender.name] = [median(wall), None if contender.java else median(cpu_times)]
    return {"rows": rows, "seconds": seconds}
