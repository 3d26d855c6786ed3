"""The recipes of docs/how-to/frames.md, in the engines that they are for."""

from __future__ import annotations

import doctest
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from invented import table_text
from ratecard import Catalog, RateTable, rate_table
from ratecard_rules import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "frames.md"
KLING = "kling-plus/kling-o1-standard/text-to-video"
SEEDANCE = "bytedance/seedance-2.0/image-to-video"

ROWS: list[tuple[str | None, str | None, str | None, str | None]] = [
    # model, duration, resolution, generate_audio
    (KLING, "10", None, None),
    (KLING, None, None, None),
    (KLING, "7", None, None),  # not an option
    (KLING, "", None, None),  # empty text is not null
    (KLING, "10", None, "false"),  # no such field
    (SEEDANCE, "5", "720p", None),
    (SEEDANCE, None, None, None),
    ("no/such-model", "5", None, None),
    (None, "5", None, None),
]
PRICES = [500_000, 250_000, None, None, None, 1_200_000, 1_200_000, None, None]


def recipe(name: str) -> str:
    """Return the block of code of a recipe."""
    return (
        PAGE.read_text(encoding="utf-8")
        .partition(f"<!-- recipe: {name} -->\n")[2]
        .split("\n```\n")[0]
        .partition("\n")[2]
    )


def test_the_page() -> None:
    """The examples in Python run: data frames, and the joins of polars, pandas, duckdb and SQLite."""
    for library in ("polars", "pandas", "duckdb"):
        pytest.importorskip(library, reason="needs the dependency group integration")
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (failed, tried >= 25) == (0, True)


def test_a_large_file(tmp_path: Path) -> None:
    """The function of the page prices a Parquet file by groups of rows, and keeps the order."""
    pa = pytest.importorskip("pyarrow", reason="needs the dependency group integration")
    from pyarrow import parquet

    from ratecard import frames

    page = PAGE.read_text(encoding="utf-8")
    example = next(part for part in doctest.DocTestParser().get_examples(page) if "def price_file" in part.source)
    names: dict[str, Any] = {"frames": frames, "parquet": parquet}
    exec(example.source, names)  # noqa: S102  the page is ours
    columns = zip(*ROWS, strict=True)
    fields = ("model", "duration", "resolution", "generate_audio")
    table = pa.table({name: pa.array(values, pa.string()) for name, values in zip(fields, columns, strict=True)})
    parquet.write_table(table, tmp_path / "requests.parquet", row_group_size=4)
    names["price_file"](tmp_path / "requests.parquet", tmp_path / "prices.parquet")
    found = parquet.ParquetFile(tmp_path / "prices.parquet")
    assert found.num_row_groups == 3
    assert found.read().drop_columns(["usd_micros", "declined"]) == table
    assert found.read()["usd_micros"].to_pylist() == PRICES


def same(*names: str) -> str:
    """Return the condition that columns of a table of requests and of the rates are equal, or both null."""
    return " AND ".join(f"rates.{name} IS NOT DISTINCT FROM requests.{name}" for name in names)


class TestDuckdb:
    """The rate table in duckdb."""

    @pytest.fixture
    def connection(self) -> Iterator[Any]:
        """Return a connection with a table of requests."""
        duckdb = pytest.importorskip("duckdb", reason="needs the dependency group integration")
        connection = duckdb.connect()
        connection.execute(
            "CREATE TABLE requests (id INT, model TEXT, duration TEXT, resolution TEXT, generate_audio TEXT)"
        )
        connection.executemany(
            "INSERT INTO requests VALUES (?, ?, ?, ?, ?)", [(at, *row) for at, row in enumerate(ROWS)]
        )
        yield connection
        connection.close()

    def test_the_macro(self, connection: Any) -> None:
        """Options are named, and those that are left out are null."""
        table = rate_table()
        connection.execute(table.to_sql() + table.to_macro())
        call = "usd_micros_of(model, duration := duration, resolution := resolution, generate_audio := generate_audio)"
        found = connection.sql(f"SELECT {call} FROM requests ORDER BY id").fetchall()
        assert [row[0] for row in found] == PRICES
        assert connection.sql(f"SELECT usd_micros_of('{KLING}')").fetchall() == [(250_000,)]

    def test_parquet(self, connection: Any, tmp_path: Path) -> None:
        """Parquet keeps the types, and names the catalogue."""
        parquet = pytest.importorskip("pyarrow.parquet", reason="needs the dependency group integration")
        file = tmp_path / "rates.parquet"
        table = rate_table()
        table.write_parquet(file)
        assert file.stat().st_size < 100_000
        assert parquet.read_table(file).to_pylist() == list(table.records())
        names = parquet.read_schema(file).metadata
        assert names[b"ratecard.catalog_digest"].decode() == Catalog.bundled().digest
        found = connection.sql(
            f"SELECT usd_micros FROM requests LEFT JOIN '{file}' AS rates ON rates.model = requests.model"
            f" AND {same('duration', 'resolution', 'generate_audio')}"
            " AND rates.fps IS NULL AND rates.has_sound IS NULL AND rates.num_images IS NULL AND rates.quality IS NULL"
            " ORDER BY id"
        )
        assert [row[0] for row in found.fetchall()] == PRICES

    def test_csv(self, connection: Any, tmp_path: Path) -> None:
        """In CSV, an empty cell is null."""
        file = tmp_path / "rates.csv"
        file.write_text(rate_table().to_csv(), encoding="utf-8")
        found = connection.sql(f"SELECT * FROM read_csv('{file}', all_varchar = true)").fetchall()
        expected = [
            tuple(None if value is None else str(value) for value in row.values()) for row in rate_table().records()
        ]
        assert found == expected

    def test_dates(self, connection: Any) -> None:
        """A range of dates and an era find the same prices, on both sides of each change."""
        tables = three_prices()
        table = rate_table(tables)
        edges = [edge + timedelta(microseconds=step) for edge in table.changes for step in (-1, 0, 1)]
        connection.execute(table.to_sql("rates") + table.eras().to_sql("eras"))
        connection.execute('CREATE OR REPLACE TABLE requests ("at" TIMESTAMPTZ, model TEXT)')
        connection.executemany(
            "INSERT INTO requests VALUES (?, ?)", [(at, "acme/loop-1/text-to-video") for at in edges]
        )
        null = "rates.duration IS NULL AND rates.sound IS NULL"
        by_range = connection.sql(
            f"SELECT usd_micros FROM requests LEFT JOIN rates ON rates.model = requests.model AND {null}"
            ' AND (rates.valid_from IS NULL OR rates.valid_from <= requests."at")'
            ' AND (rates.valid_to IS NULL OR requests."at" < rates.valid_to) ORDER BY "at"'
        ).fetchall()
        era = " + ".join(f"(\"at\" >= '{change.isoformat()}')::INT" for change in table.changes)
        by_era = connection.sql(
            f"SELECT usd_micros FROM (SELECT *, {era} AS era FROM requests) AS requests LEFT JOIN eras AS rates"
            f' ON rates.model = requests.model AND rates.era = requests.era AND {null} ORDER BY "at"'
        ).fetchall()
        assert by_range == by_era
        assert [row[0] for row in by_range] == [40_000, *[80_000] * 3, *[120_000] * 3, None, None]


def three_prices() -> Catalog:
    """Return a catalogue with a model whose price changes twice, before it is retired."""
    text = table_text()
    revision = text[text.index("[[revision]]") :]
    later = "".join(
        revision.replace("[[revision]]", f"[[revision]]\neffective = {instant}", 1).replace("10_000", base)
        for instant, base in (("2026-12-01T00:00:00Z", "20_000"), ("2026-12-15T12:00:00Z", "30_000"))
    )
    retired = text.replace("[[revision]]", "retired = 2027-01-01T00:00:00Z\n\n[[revision]]", 1)
    return Catalog((load_model(retired + later),))


class TestPostgresql:
    """The rate table in PostgreSQL."""

    def test_the_recipe(self, postgresql: str) -> None:
        """The join of the page finds every price, and is not a loop over all pairs."""
        import psycopg

        with psycopg.connect(postgresql) as connection:
            connection.execute(rate_table().to_sql())
            connection.execute(
                "CREATE TABLE requests (id INT, model TEXT, duration TEXT, resolution TEXT, generate_audio TEXT)"
            )
            for at, row in enumerate(ROWS):
                connection.execute("INSERT INTO requests VALUES (%s, %s, %s, %s, %s)", (at, *row))
            found = connection.execute(recipe("postgresql")).fetchall()
            assert found == list(enumerate(PRICES))
            connection.execute(
                "INSERT INTO requests SELECT id, model, duration FROM requests, generate_series(1, 5000)"
            )
            connection.execute("ANALYZE")
            plan = "\n".join(str(line[0]) for line in connection.execute("EXPLAIN " + recipe("postgresql")))
            assert "Hash" in plan
            connection.rollback()

    def test_csv(self, postgresql: str) -> None:
        """COPY reads an empty cell as null."""
        import psycopg

        table = rate_table()
        with psycopg.connect(postgresql) as connection:
            connection.execute(RateTable(fields=table.fields, rows=(), catalog=table.catalog).to_sql())
            with connection.cursor().copy("COPY rates FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(table.to_csv())
            counts = connection.execute("SELECT count(*), count(duration), sum(usd_micros) FROM rates").fetchone()
            durations = sum(row["duration"] is not None for row in table.records())
            assert counts == (len(table.rows), durations, sum(row.usd_micros for row in table.rows))
            connection.rollback()
