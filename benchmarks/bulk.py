"""Prices of millions of rows: rows per second, per CPU second, and the memory that is added.

Rule 1  Every contender goes from the same Parquet file to a column of prices, or to another file with one.
Rule 2  The columns are compared before anything is timed: row by row, or sorted where an engine does not keep the
        order.
Rule 3  A contender takes part if its library is installed; Spark also needs Java, and at least `GROUP` rows, because it
        takes longer to start than a small run. Spark computes in a Java process, whose CPU time is not measured.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from operator import itemgetter
from pathlib import Path
from pkgutil import resolve_name
from random import Random
from shutil import which
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from attrs import frozen

from benchmarks.peers import is_installed
from benchmarks.timing import Contender, Series, elsewhere, interleaved
from ratecard import Quote, RateTable, example_request, rate_file, rate_table, try_quote
from ratecard_rules import bundled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDE, NARROW, FILES = "eight columns of which seven are nullable", "three columns without nulls", "Parquet to Parquet"
IN_SPARK, MEMORY = "eight columns in Spark", "memory added by prices of rows"
PYARROW, GROUPS = "`frames.price`, pyarrow", "`frames.price`, pyarrow, by row groups"
RATE_FILE, LOOP = "`rate_file`", "loop of `try_quote`"
POLARS, LAZY_POLARS = "`frames.price`, polars", "`frames.price`, lazy polars"
PANDAS, PANDAS_MERGE = "`frames.price`, pandas", "pandas, merge"
DUCKDB, DUCKDB_JOIN, DUCKDB_ORDERED = "`frames.price`, duckdb", "duckdb, join", "duckdb, join, ordered"
COPY, COPY_ORDERED = "duckdb, COPY of a join", "duckdb, COPY of a join, ordered"
POLARS_JOIN = "polars, streaming join, ordered"
SPARK, SPARK_JOIN, SPARK_SCAN = "`frames.price`, Spark", "Spark, broadcast join", "Spark, scan alone"

GROUP = 1_000_000
LOOPED = 20_000
"""How many rows the loop prices; it is much slower than the others."""


@frozen
class Engine:
    """A way to price a Parquet file.

    Attributes:
        run: The function from a file to a column of prices, to a file or frame of Spark with one, or to None.
        library: What it needs.
        ordered: Whether the prices are in the order of the rows.
    """

    run: Callable[[Path], Any]
    library: str = "pyarrow"
    ordered: bool = True


def by_cpu(name: str) -> str:
    """Return the name of a series by CPU time."""
    return f"{name}, CPU time"


def measure(rows: int, rounds: int) -> Iterator[Series]:
    """Price a wide file, a narrow one, and one into another, and then take the memory."""
    if not all(map(is_installed, ("duckdb", "narwhals", "numpy", "pyarrow"))):
        return
    with TemporaryDirectory() as folder:
        wide, narrow = Path(folder, "wide.parquet"), Path(folder, "narrow.parquet")
        write_rows(wide, rates().key, rows)
        write_rows(narrow, ("model", "duration", "quality"), rows)
        fast = (PYARROW, POLARS_JOIN, DUCKDB_JOIN, DUCKDB_ORDERED)
        in_python = (*fast, GROUPS, POLARS, LAZY_POLARS, PANDAS, DUCKDB, PANDAS_MERGE)
        yield from _timed(narrow, NARROW, DUCKDB_ORDERED, fast, rounds)
        yield from _timed(wide, FILES, COPY, (RATE_FILE, COPY, COPY_ORDERED), rounds)
        yield from _timed(wide, WIDE, DUCKDB_JOIN, in_python, rounds)
        if Path("/proc/self/clear_refs").exists():
            runs = range(rounds)
            added = {name: [elsewhere(_added, [wide], [name])[0] for _ in runs] for name in (PYARROW, RATE_FILE)}
            note = f"{rows:,} rows: the peak of a fresh process less its size before. `frames.price` gets a table."
            yield Series(MEMORY, PYARROW, added, note, "MB")
        if which("java") and rows >= GROUP:  # at the end, because its threads go on
            yield from _timed(wide, IN_SPARK, SPARK_JOIN, (SPARK, SPARK_JOIN, SPARK_SCAN), rounds)


def _timed(file: Path, name: str, reference: str, names: Sequence[str], rounds: int) -> Iterator[Series]:
    """Compare the prices of all engines of a series, then time them."""
    expected = _prices(by_pyarrow(file))
    rows = len(expected)
    engines = {engine: ENGINES[engine] for engine in names if is_installed(ENGINES[engine].library)}
    for engine, how in engines.items():
        if (found := how.run(file)) is not None:
            prices = _prices(found)
            assert prices.equals(expected) if how.ordered else prices.sort().equals(expected.sort()), (name, engine)
    contenders = [Contender(engine, how.run, lambda *_: [file], rows) for engine, how in engines.items()]
    if name == WIDE:
        requests = list(_requests(_table(file).slice(0, LOOPED)))
        assert _loop(requests) == expected.to_pylist()[: len(requests)]
        contenders.append(Contender(LOOP, _loop, lambda *_: [requests], len(requests)))
    wall, cpu = interleaved(contenders, rounds)
    note = f"{rows:,} rows."
    if engines:
        yield Series(name, reference, wall, note, "Mrow/s")
    if engines and name != IN_SPARK:
        yield Series(by_cpu(name), reference, cpu, note, "Mrow/CPU s")


def _prices(found: Any) -> Any:
    """Return the column of prices that an engine found, as an array of pyarrow."""
    import pyarrow as pa
    from pyarrow import parquet

    if isinstance(found, Path):
        found = parquet.read_table(found, columns=["usd_micros"])["usd_micros"]
    elif hasattr(found, "toArrow"):
        found = found.toArrow()["usd_micros"]
    return pa.table([found], ["usd_micros"])["usd_micros"].cast(pa.int64()).combine_chunks()


def _added(file: Path, name: str) -> float:
    """Return how much larger this process is at its peak than before, in MB."""
    from ratecard import frames

    table = _table(file) if name == PYARROW else None
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far
    before = _peak()
    by_rate_file(file) if table is None else frames.price(table)
    return round((_peak() - before) * 1024 / 1e6, 1)


def _peak() -> int:
    """Return the peak of this process in kB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0])


# rows


@cache
def rates() -> RateTable:
    """Return the prices in force now, of all models."""
    return rate_table(at=datetime.now(UTC))


def write_rows(file: Path, columns: Sequence[str], rows: int) -> None:
    """Write a Parquet file of requests: one in a hundred has an option that does not exist.

    There are all combinations of the columns; without the nullable columns, those that have every option.
    """
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    known = [dict(zip(rates().key, (rate.model, *rate.options), strict=True)) for rate in rates().rows]
    narrow = len(columns) < len(rates().key)
    if narrow:
        known = [row for row in known if {name for name in row if row[name] is not None} == set(columns)]
    priced = [row for row in known if row["duration"] is not None]
    wrong = [{**row, "duration": "no option"} for row in Random(7).sample(priced, -(-len(priced) // 100))]
    schema = pa.schema([pa.field(name, pa.string(), nullable=not narrow) for name in columns])
    distinct = pa.Table.from_pylist([{name: row[name] for name in columns} for row in known + wrong], schema)
    shares = np.repeat([0.99 / len(known), 0.01 / len(wrong)], [len(known), len(wrong)])
    dice = np.random.default_rng(7)
    with parquet.ParquetWriter(file, schema) as writer:
        for start in range(0, rows, GROUP):
            writer.write_table(distinct.take(dice.choice(len(shares), size=min(GROUP, rows - start), p=shares)))


def _requests(rows: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the request of each row, and the measured quantities, which are no part of it."""
    catalog, names = bundled(), rates().fields
    examples = {slug: example_request(slug) for slug in catalog.models}
    for row in rows.to_pylist():
        revision, request = catalog[row["model"]].latest, examples[row["model"]]
        given = {name: row[name] for name in names if row[name] is not None}
        measured = {field.name: given.pop(field.name) for field in revision.measured if field.name in given}
        booleans = {name: text == "true" for name, text in given.items() if revision.fields[name].type == "boolean"}
        rest = {name: value for name, value in request["input"].items() if name not in names}
        yield {**request, "input": rest | given | booleans}, measured


def _loop(requests: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[int | None]:
    answers = (try_quote(request, measured=measured) for request, measured in requests)
    return [answer.usd_micros if isinstance(answer, Quote) else None for answer in answers]


def _columns(names: Sequence[str]) -> dict[str, list[Any]]:
    """Return the columns of the rate table that a join needs, without rows that have an option in another column."""
    data = rates().to_dict()
    others = zip(*(data[name] for name in rates().fields if name not in names), strict=True)
    fits = [set(options) <= {None} for options in others] or [True] * len(rates().rows)
    return {
        name: [value for value, fit in zip(data[name], fits, strict=True) if fit] for name in (*names, "usd_micros")
    }


# engines


def priced(reader: str, column: Callable[[Any], Any]) -> Callable[[Path], Any]:
    """Return what gives the frame of a reader to `frames.price`, and takes the column of prices from its answer."""

    def run(file: Path) -> Any:
        from ratecard import frames

        return column(frames.price(resolve_name(reader)(file)))

    return run


def _table(file: Path) -> Any:
    """Read a file as ratecard prices it fastest: with dictionaries."""
    from pyarrow import parquet

    return parquet.ParquetFile(file, read_dictionary=parquet.read_schema(file).names).read()


def by_pyarrow(file: Path) -> Any:
    """Price a file as one table."""
    _forget()
    return _by_table(file)


_by_table = priced("benchmarks.bulk:_table", itemgetter("usd_micros"))


def by_groups(file: Path) -> Any:
    """Price the row groups of a file one after the other, which needs less memory and less time of the processors."""
    import pyarrow as pa
    from pyarrow import parquet

    from ratecard import frames

    _forget()
    source = parquet.ParquetFile(file, read_dictionary=parquet.read_schema(file).names)
    groups = (frames.price(source.read_row_group(group)) for group in range(source.num_row_groups))
    return pa.chunked_array([chunk for group in groups for chunk in group["usd_micros"].chunks])


def _forget() -> None:
    """Let frames of other columns take the place of the answers that are kept between calls."""
    import pyarrow as pa

    from ratecard import frames

    frames.price(pa.table({"model": ["none"]}))


def by_rate_file(file: Path) -> Path:
    """Write a file with prices."""
    target = file.with_name("rated.parquet")
    rate_file(file, target)
    return target


def by_polars_join(file: Path) -> Any:
    """Join a lazy frame of polars with the rate table."""
    import polars as pl

    frame = pl.scan_parquet(file)
    names = frame.collect_schema().names()
    prices = pl.LazyFrame(_columns(names), infer_schema_length=None)
    return _collected(frame.join(prices, on=names, how="left", nulls_equal=True, maintain_order="left"))


def _collected(frame: Any) -> Any:
    return frame.select("usd_micros").collect(engine="streaming")["usd_micros"].to_arrow()


def by_pandas_merge(file: Path) -> Any:
    """Merge a frame of pandas with the rate table."""
    import pandas as pd

    frame = pd.read_parquet(file)
    prices = pd.DataFrame(_columns(list(frame))).astype({"usd_micros": "Int64"})
    return frame.merge(prices, on=list(frame), how="left")["usd_micros"]


def by_duckdb(file: Path, *, ordered: bool = False, copied: bool = False) -> Any:
    """Join a file with the rate table in duckdb, in the order of the rows or in any, to a column or to a file."""
    import duckdb
    import pyarrow as pa
    from pyarrow import parquet

    names, target = parquet.read_schema(file).names, file.with_name("copied.parquet")
    same = " AND ".join(f"rates.{name} IS NOT DISTINCT FROM requests.{name}" for name in names)
    query = (
        f"SELECT {'requests.* EXCLUDE file_row_number,' if copied else ''} usd_micros "
        f"FROM read_parquet('{file}', file_row_number = true) AS requests LEFT JOIN rates ON {same} "
        f"{'ORDER BY file_row_number' if ordered else ''}"
    )
    with duckdb.connect(config={"preserve_insertion_order": "false"}) as connection:
        connection.register("rates", pa.table(_columns(names)))
        if not copied:
            return connection.sql(query).to_arrow_table()["usd_micros"]
        connection.execute(f"COPY ({query}) TO '{target}'")
    return target


def _relation(file: Path) -> Any:
    import duckdb

    duckdb.execute("SET preserve_insertion_order = false")
    return duckdb.read_parquet(file)


def _of_relation(relation: Any) -> Any:
    return relation.select("usd_micros").to_arrow_table()["usd_micros"]


def by_spark_join(file: Path) -> Any:
    """Join a file with the broadcast rate table in Spark."""
    from pyspark.sql import functions

    rows = _spark_frame(file)
    columns = _columns(rows.columns)
    schema = ", ".join(f"{name} {'long' if name == 'usd_micros' else 'string'}" for name in columns)
    prices = _spark().createDataFrame(list(zip(*columns.values(), strict=True)), schema)
    same = [rows[name].eqNullSafe(prices[name]) for name in rows.columns]
    return _consumed(rows.join(functions.broadcast(prices), same, "left"))


def by_spark_scan(file: Path) -> None:
    """Only read a file in Spark."""
    _consumed(_spark_frame(file))


def _consumed(frame: Any) -> Any:
    """Compute the prices of a frame of Spark, or all columns if it has none, and return them."""
    if "usd_micros" in frame.columns:
        frame = frame.select("usd_micros")
    frame.write.format("noop").mode("overwrite").save()
    return frame


def _spark_frame(file: Path) -> Any:
    return _spark().read.parquet(str(file))


@cache
def _spark() -> Any:
    from pyspark.sql import SparkSession

    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.driver.host": "127.0.0.1"}
    session = SparkSession.builder.master(f"local[{os.cpu_count()}]").config(map=quiet).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


ENGINES = {
    PYARROW: Engine(by_pyarrow),
    GROUPS: Engine(by_groups),
    POLARS: Engine(priced("polars:read_parquet", itemgetter("usd_micros")), "polars"),
    LAZY_POLARS: Engine(priced("polars:scan_parquet", _collected), "polars", ordered=False),
    PANDAS: Engine(priced("pandas:read_parquet", itemgetter("usd_micros")), "pandas"),
    DUCKDB: Engine(priced("benchmarks.bulk:_relation", _of_relation), "duckdb", ordered=False),
    SPARK: Engine(priced("benchmarks.bulk:_spark_frame", _consumed), "pyspark", ordered=False),
    POLARS_JOIN: Engine(by_polars_join, "polars"),
    PANDAS_MERGE: Engine(by_pandas_merge, "pandas"),
    DUCKDB_JOIN: Engine(by_duckdb, "duckdb", ordered=False),
    DUCKDB_ORDERED: Engine(partial(by_duckdb, ordered=True), "duckdb"),
    SPARK_JOIN: Engine(by_spark_join, "pyspark", ordered=False),
    SPARK_SCAN: Engine(by_spark_scan, "pyspark"),
    RATE_FILE: Engine(by_rate_file),
    COPY: Engine(partial(by_duckdb, copied=True), "duckdb", ordered=False),
    COPY_ORDERED: Engine(partial(by_duckdb, ordered=True, copied=True), "duckdb"),
}
