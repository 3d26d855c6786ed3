"""Priced data frames: every row of every backend has the answer that `try_quote` gives for a whole request."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from frame_rows import BUNDLED, EDGES, Million, agree, answer, is_listed, million, outcome, three_revisions
from invented import INPUT, catalog
from ratecard import Catalog, Multiply, RoundUp, example_request, try_quote
from ratecard._relation.options import Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

pl = pytest.importorskip("polars", reason="needs the dependency group integration")
pd = pytest.importorskip("pandas", reason="needs the dependency group integration")
pa = pytest.importorskip("pyarrow", reason="needs the dependency group integration")
duckdb = pytest.importorskip("duckdb", reason="needs the dependency group integration")

from ratecard import frames  # noqa: E402  needs narwhals

SLUG = "acme/loop-1/text-to-video"
STEPS = [Multiply(name="margin", by=Fraction("1.3")), RoundUp(name="cents", to_usd_micros=10_000)]
KLING = "kling-plus/kling-o1-standard/text-to-video"

Columns: TypeAlias = dict[str, list[Any]]


# backends: how to make a frame from an Arrow table, and how to read the priced one


def _duckdb(table: Any) -> Any:
    connection = duckdb.connect()
    connection.register("requests", table)
    return connection.sql("SELECT * FROM requests")


def _of_pandas(frame: Any) -> Columns:
    return {
        name: [None if missing else value for value, missing in zip(frame[name], frame[name].isna(), strict=True)]
        for name in frame
    }


EAGER: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Columns]]] = {
    "polars": (pl.from_arrow, lambda frame: frame.to_dict(as_series=False)),
    "pandas": (lambda table: table.to_pandas(), _of_pandas),
    "pandas of arrow": (lambda table: table.to_pandas(types_mapper=pd.ArrowDtype), _of_pandas),
    "pyarrow": (lambda table: table, lambda frame: frame.to_pydict()),
}
LAZY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Columns]]] = {
    "lazy polars": (lambda table: pl.from_arrow(table).lazy(), lambda frame: frame.collect().to_dict(as_series=False)),
    "duckdb": (_duckdb, lambda frame: frame.to_arrow_table().to_pydict()),
}
BACKENDS = {**EAGER, **LAZY}


def priced(backend: str, table: Any, **options: Any) -> Columns:
    """Return the columns that a backend adds to an Arrow table, in the order of its column `row` if there is one."""
    make, read = BACKENDS[backend]
    columns = read(frames.price(make(table), **options))
    added = {name: values for name, values in columns.items() if name not in table.column_names}
    if backend in LAZY and "row" in columns:
        order = sorted(range(len(columns["row"])), key=columns["row"].__getitem__)
        added = {name: [values[at] for at in order] for name, values in added.items()}
    return added


@pytest.fixture(scope="module")
def rows() -> Million:
    """Return a million rows with their answers."""
    return million()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_million_rows(backend: str, rows: Million) -> None:
    """No row of a million differs from `try_quote`; on eager frames the order is kept and no row is left open."""
    table, distinct, answers, picks = rows
    found = priced(backend, table)
    assert list(found) == ["usd_micros", "declined"]
    seen = set(zip(found["usd_micros"], found["declined"], picks, strict=True))
    wrong = [row for row in seen if not agree((row[0], row[1]), answers[row[2]], lazy=backend in LAZY)]
    assert wrong == []
    assert sum(value is not None for value in found["usd_micros"]) > 600_000
    left = {pick for _, code, pick in seen if code == "unlisted"}
    assert (len(left) > 0) == (backend in LAZY)
    assert not any(is_listed(distinct[pick]) for pick in left)


def table_of(columns: Mapping[str, Sequence[object]], **types: Any) -> Any:
    """Return an Arrow table with a column `row` and text columns, except for those with another type."""
    arrays = {name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()}
    return pa.table({**arrays, "row": pa.array(range(len(next(iter(arrays.values())))))})


everywhere = pytest.mark.parametrize("backend", BACKENDS)
eager = pytest.mark.parametrize("backend", EAGER)
lazy = pytest.mark.parametrize("backend", LAZY)


class TestTypes:
    """The type of a column does not change what an option is."""

    @everywhere
    def test_booleans(self, backend: str) -> None:
        """False is not null: it is the option false, as a boolean and as text."""
        text = table_of({"model": [SLUG] * 3, "sound": ["true", "false", None]})
        typed = table_of({"model": [SLUG] * 3, "sound": [True, False, None]}, sound=pa.bool_())
        with_default_true = INPUT.replace("default = false", "default = true")
        for tables, prices in (
            (catalog(), [60_000, 40_000, 40_000]),  # 10,000 x 4 x 1.5, x 1, x 1
            (catalog(fields=with_default_true), [60_000, 40_000, 60_000]),
        ):
            assert priced(backend, text, catalog=tables)["usd_micros"] == prices
            assert priced(backend, typed, catalog=tables)["usd_micros"] == prices

    @everywhere
    @pytest.mark.parametrize(
        ("kind", "values"),
        [
            (pa.int64(), [8, 4, None]),
            (pa.int8(), [8, 4, None]),
            (pa.float64(), [8.0, 4.0, None]),
            (pa.decimal128(9, 2), [Decimal("8.00"), Decimal("4.00"), None]),
            (pa.string(), ["8", "4", None]),
            (pa.large_string(), ["8", "4", None]),
            (pa.string_view(), ["8", "4", None]),
        ],
        ids=str,
    )
    def test_numbers(self, backend: str, kind: Any, values: list[object]) -> None:
        """A duration of 8, 8.0 and "8" is the option "8"."""
        table = table_of({"model": [SLUG] * 3, "duration": values}, duration=kind)
        assert priced(backend, table, catalog=catalog())["usd_micros"] == [80_000, 40_000, 40_000]

    @everywhere
    def test_decimals_are_exact(self, backend: str) -> None:
        """A decimal is an option only if it is exactly its number, however close it is."""
        texts = ["5", "10.00", "5.00000000000000000001", "4.99999999999999999999", "10.50"]
        values = pa.array(map(Decimal, texts), pa.decimal128(38, 20))
        added = priced(backend, pa.table({"row": range(5), "model": [KLING] * 5, "duration": values}))
        assert added["usd_micros"] == [250_000, 500_000, None, None, None]
        numbers = catalog(
            fields=INPUT.replace('"string"\nallowed = ["4", "8"]\ndefault = "4"', '"number"\nallowed = [5, 10]')
        )
        added = priced(backend, pa.table({"row": range(5), "model": [SLUG] * 5, "duration": values}), catalog=numbers)
        assert added["usd_micros"] == [50_000, 100_000, None, None, None]

    @everywhere
    def test_options_that_are_numbers(self, backend: str) -> None:
        """A field of type number takes the same columns."""
        fields = INPUT.replace(
            'type = "string"\nallowed = ["4", "8"]\ndefault = "4"', 'type = "number"\nallowed = [4, 8]\ndefault = 4'
        )
        tables = catalog(fields=fields)
        for kind, values in ((pa.string(), ["8", None, "4"]), (pa.int32(), [8, None, 4]), (pa.float32(), [8, None, 4])):
            table = table_of({"model": [SLUG] * 3, "duration": values}, duration=kind)
            assert priced(backend, table, catalog=tables)["usd_micros"] == [80_000, 40_000, 40_000]

    @everywhere
    def test_categories(self, backend: str) -> None:
        """Dictionary-encoded columns are text, also those with unused categories."""
        arrays = [pa.array(values).dictionary_encode() for values in ([SLUG] * 3, ["8", "9", None])]
        table = pa.table({"model": arrays[0], "duration": arrays[1], "row": [0, 1, 2]})
        found = priced(backend, table, catalog=catalog())
        assert found["usd_micros"] == [80_000, None, 40_000]
        assert found["declined"] == [None, "unlisted" if backend in LAZY else "invalid_request", None]

    def test_categories_of_pandas(self) -> None:
        """Categories may be numbers or booleans, and unknown ones must not become null."""
        frame = pd.DataFrame(
            {
                "model": [SLUG] * 3,
                "duration": pd.Categorical([8, None, 7]),
                "sound": pd.Categorical([True, False, None]),
            }
        )
        found = _of_pandas(frames.price(frame, catalog=catalog()))
        assert found["usd_micros"] == [120_000, 40_000, None]

    def test_objects_of_pandas(self) -> None:
        """A column of Python objects is read value by value."""
        numpy = pytest.importorskip("numpy")
        values = ["8", 8, 8.0, Decimal("8.00"), numpy.int64(8), None, float("nan"), pd.NA]
        frame = pd.DataFrame({"model": SLUG, "duration": pd.Series(values, dtype=object)})
        frame["sound"] = pd.Series([True, "true", numpy.bool_(True), None, False, "false", None, "True"], dtype=object)  # noqa: FBT003
        found = _of_pandas(frames.price(frame, catalog=catalog()))
        assert found["usd_micros"] == [120_000] * 3 + [80_000] * 2 + [40_000] * 2 + [None]
        with pytest.raises(TypeError, match="column 'duration' holds a list: expected text, booleans or numbers"):
            frames.price(pd.DataFrame({"model": [SLUG] * 2, "duration": [["8"], "8"]}), catalog=catalog())

    @everywhere
    def test_columns_of_null(self, backend: str) -> None:
        """A column without a single value is left out in every row."""
        table = pa.table({"model": [SLUG], "duration": pa.nulls(1)})
        assert priced(backend, table, catalog=catalog()) == {"usd_micros": [40_000], "declined": [None]}

    @everywhere
    def test_not_a_number(self, backend: str) -> None:
        """NaN is not an option; pandas treats it as null."""
        table = table_of({"model": [SLUG], "duration": [float("nan")]}, duration=pa.float64())
        (usd_micros,) = priced(backend, table, catalog=catalog())["usd_micros"]
        assert usd_micros == (40_000 if backend == "pandas" else None)

    def test_unknown_types(self) -> None:
        """A type that narwhals does not know is compared as text, and not taken for null."""
        relation = _duckdb(table_of({"model": [SLUG]})).project("model, uuid() AS duration")
        assert frames.price(relation, catalog=catalog()).project("usd_micros, declined").fetchall() == [
            (None, "unlisted")
        ]

    @everywhere
    def test_other_types(self, backend: str) -> None:
        """A column that cannot hold options is refused by name."""
        table = table_of({"model": [SLUG], "duration": [datetime(2026, 1, 1)]}, duration=pa.timestamp("us"))  # noqa: DTZ001
        with pytest.raises(TypeError, match=r"column 'duration' of type .* cannot hold options"):
            priced(backend, table, catalog=catalog())


@pytest.mark.parametrize("largest", [1, 30_000, 1 << 25])
def test_places_of_rows(largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal rows, and no others, have the same place, however many combinations of values are possible."""
    arrow = pytest.importorskip("ratecard._bulk.arrow")
    numpy = pytest.importorskip("numpy")
    monkeypatch.setattr(arrow, "_LARGEST", largest)
    dice = numpy.random.default_rng(3)
    for sizes in ((1,), (3, 4), (1_000, 2_000), (5_000, 1, 4_000, 3_000), (1 << 30, 1 << 30, 2, 1 << 30)):
        drawn = [dice.integers(0, min(size, 10), 2_000, numpy.int32) * (size // 10 or 1) for size in sizes]
        columns = [arrow.Codes(range(size), codes - 1, None) for size, codes in zip(sizes, drawn, strict=True)]
        places, bound = arrow.places_of(columns)
        assert 0 <= places.min() <= places.max() < bound <= max(largest, 2_000)
        rows = [*zip(*(codes.tolist() for codes in drawn), strict=True)]
        assert len({*zip(places.tolist(), rows, strict=True)}) == len({*rows}) == len({*places.tolist()})


def test_parts_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are priced like the whole table, and what one part has asked for is not asked for again, up to a limit."""
    arrow = pytest.importorskip("ratecard._bulk.arrow")
    asked: list[Any] = []
    ask = Terms.answer

    def recorded(terms: Terms, *args: Any) -> Any:
        asked.append(args)
        return ask(terms, *args)

    monkeypatch.setattr(Terms, "answer", recorded)
    frames.price(pa.table({"model": [KLING]}))
    asked.clear()
    tables = catalog()
    table = pa.table({"model": [SLUG] * 60, "duration": [None, "4", "8", "9", "8", "4"] * 10})
    whole = frames.price(table, catalog=tables)
    parts = [frames.price(table[start : start + 7], catalog=tables) for start in range(0, 60, 7)]
    assert pa.concat_tables(parts).equals(whole)
    monkeypatch.setattr(arrow, "BATCH", 25)
    monkeypatch.setattr(arrow, "_BLOCK", 2)
    assert frames.price(table, catalog=tables).equals(whole)
    assert len(asked) == 4
    assert frames.price(table, catalog=tables, adjustments=STEPS)["sale_usd_micros"][2].as_py() == 110_000
    assert len(asked) == 8
    monkeypatch.setattr(arrow, "_MOST", 3)  # four answers are too many to be kept
    frames.price(table[:0], catalog=tables, adjustments=STEPS)
    assert frames.price(table, catalog=tables, adjustments=STEPS).drop(["sale_usd_micros"]).equals(whole)
    assert len(asked) > 8


class TestColumns:
    """Which columns are read and added."""

    @everywhere
    def test_names(self, backend: str) -> None:
        """Columns may have other names, and an option may be kept out."""
        table = table_of({"slug": [SLUG], "seconds": ["8"], "duration": ["not an option"], "sound": ["not one either"]})
        columns = {"duration": "seconds", "sound": None}
        found = priced(backend, table, model="slug", columns=columns, catalog=catalog())
        assert found == {"usd_micros": [80_000], "declined": [None]}

    @everywhere
    def test_other_columns(self, backend: str) -> None:
        """Columns that do not affect a price are neither read nor changed."""
        table = table_of({"model": [SLUG], "prompt": ["too long for the table of this model"], "seed": ["x"]})
        assert priced(backend, table, catalog=catalog())["usd_micros"] == [40_000]

    @everywhere
    def test_missing_columns(self, backend: str) -> None:
        """A missing column is named, with those that there are."""
        table = table_of({"slug": [SLUG]})
        with pytest.raises(ValueError, match="the frame has no column 'model'; it has 'slug', 'row'"):
            priced(backend, table)
        with pytest.raises(ValueError, match="no column 'seconds'"):
            priced(backend, table, model="slug", columns={"duration": "seconds"})
        with pytest.raises(ValueError, match="no column 'when'"):
            priced(backend, table, model="slug", at="when")
        with pytest.raises(ValueError, match="no price depends on prompt; options: duration, sound"):
            priced(backend, table, model="slug", columns={"prompt": "slug"}, catalog=catalog())

    @everywhere
    @pytest.mark.parametrize("name", ["usd_micros", "declined"])
    def test_columns_that_would_be_overwritten(self, backend: str, name: str) -> None:
        """A column of the caller is never replaced."""
        with pytest.raises(ValueError, match=f"the frame has a column '{name}' already; rename or drop it"):
            priced(backend, table_of({"model": [SLUG], name: [None]}))

    @everywhere
    def test_adjustments(self, backend: str) -> None:
        """Sale prices are added beside the prices, and only where there is one."""
        table = table_of({"model": [SLUG, SLUG, None], "duration": ["8", "4", "8"]})
        found = priced(backend, table, catalog=catalog(), adjustments=STEPS)
        assert list(found) == ["usd_micros", "sale_usd_micros", "declined"]
        assert found["sale_usd_micros"] == [110_000, 60_000, None]  # 104,000 and 52,000, up to whole cents

    @everywhere
    def test_codes(self, backend: str) -> None:
        """A row without a price says why."""
        rows = [
            ("google/nano-banana/edit-image", None, "price_unknown"),
            ("kling/kling-motion-create-v3/motion-transfer-to-video", None, "needs_measurement"),
            ("xai/grok-imagine/image-to-video", None, "undetermined"),
            ("no/such-model", "5", "invalid_request"),
            (None, None, "invalid_request"),
        ]
        table = table_of({"model": [row[0] for row in rows], "duration": [row[1] for row in rows]})
        found = priced(backend, table)
        assert found["declined"] == [row[2] for row in rows]
        assert found["usd_micros"] == [None] * 5

    @everywhere
    def test_measured(self, backend: str) -> None:
        """A column with the name of a measured quantity is that quantity."""
        table = table_of(
            {"model": ["kling/kling-motion-create-v3/motion-transfer-to-video"] * 2, "duration": ["5", "10"]}
        )
        assert priced(backend, table)["usd_micros"] == [350_000, 700_000]

    @everywhere
    def test_no_tables(self, backend: str) -> None:
        """An empty catalogue has no model."""
        found = priced(backend, table_of({"model": [SLUG, None]}), catalog=Catalog())
        assert found == {"usd_micros": [None] * 2, "declined": ["invalid_request"] * 2}

    @everywhere
    def test_no_rows(self, backend: str) -> None:
        """An empty frame gets empty columns."""
        assert priced(backend, table_of({"model": [], "duration": []})) == {"usd_micros": [], "declined": []}

    @eager
    def test_types_of_the_added_columns(self, backend: str) -> None:
        """Amounts are whole numbers with nulls, never floats."""
        make, _ = EAGER[backend]
        frame = frames.price(make(table_of({"model": [SLUG, None]})), catalog=catalog(), adjustments=STEPS)
        schema = frame.schema if hasattr(frame, "schema") else frame.dtypes
        kinds = dict(zip(schema.names, schema.types, strict=True)) if isinstance(schema, pa.Schema) else dict(schema)
        assert {str(kinds[name]).lower() for name in ("usd_micros", "sale_usd_micros")} == {"int64"}

    def test_the_index_of_pandas(self) -> None:
        """The index stays as it is, even with duplicates, and the caller's frame is not changed."""
        frame = pd.DataFrame({"model": [SLUG] * 3, "duration": ["8", "4", "8"]}, index=[5, 5, 1])
        found = frames.price(frame, catalog=catalog())
        assert list(found.index) == [5, 5, 1]
        assert list(found["usd_micros"]) == [80_000, 40_000, 80_000]
        assert list(frame.columns) == ["model", "duration"]

    @lazy
    def test_lazy_frames_stay_lazy(self, backend: str) -> None:
        """Nothing is computed before the caller asks for it: the result is a plan."""
        make, _ = LAZY[backend]
        plan = make(table_of({"model": [SLUG]}))
        assert type(frames.price(plan, catalog=catalog())) is type(plan)

    def test_the_connection_of_duckdb(self) -> None:
        """No table or view is left behind or hidden in the caller's connection."""
        connection = duckdb.connect()
        connection.execute("CREATE TABLE frame AS SELECT 'mine' AS model")
        found = frames.price(connection.sql("SELECT * FROM frame"))
        assert found.fetchall() == [("mine", None, "invalid_request")]
        assert connection.sql("SELECT table_name FROM duckdb_tables()").fetchall() == [("frame",)]
        assert connection.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall() == []

    @pytest.mark.parametrize("frame", [[], {"model": [SLUG]}, None, "model", pl.Series([1])], ids=type)
    def test_no_frame(self, frame: object) -> None:
        """Anything else is refused."""
        with pytest.raises(TypeError, match="expected a data frame of polars, pandas, pyarrow, duckdb, Spark, got "):
            frames.price(frame)

    def test_dask(self) -> None:
        """A library that gives wrong prices is refused, with the reason."""
        dask = pytest.importorskip("dask.dataframe", reason="dask is not installed")
        with pytest.raises(TypeError, match="dask is not supported: its joins take false for null"):
            frames.price(dask.from_pandas(pd.DataFrame({"model": [SLUG]}), npartitions=1))

    @pytest.mark.parametrize(
        ("library", "module", "extra"),
        [
            ("narwhals.stable.v2", "frames", "frames"),
            ("numpy", "_bulk/arrow", "bulk"),
            ("pyarrow", "_bulk/arrow", "bulk"),
        ],
    )
    def test_missing_libraries(self, monkeypatch: pytest.MonkeyPatch, library: str, module: str, extra: str) -> None:
        """If a library is missing, the message names the extra."""
        monkeypatch.setitem(sys.modules, library, None)
        spec = spec_from_file_location("without", Path(frames.__file__).parent / f"{module}.py")
        assert spec is not None
        assert spec.loader is not None
        with pytest.raises(ImportError, match=rf'pip install "ratecard\[{extra}\]"'):
            spec.loader.exec_module(module_from_spec(spec))


class TestTime:
    """The price in force, for the frame and for each row."""

    @everywhere
    @pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
    def test_an_instant_for_each_row(self, backend: str, zone: str) -> None:
        """Each row has the price at its instant, at both sides of every change, in any time zone."""
        tables = three_revisions()
        instants = [edge + timedelta(microseconds=step) for edge in EDGES for step in (-1, 0, 1)]
        rows = [(model.slug, sound, at) for model in tables for sound in ("true", None, "no") for at in instants]
        table = table_of(
            {"model": [row[0] for row in rows], "sound": [row[1] for row in rows], "when": [row[2] for row in rows]},
            when=pa.timestamp("us", zone),
        )
        expected = [outcome(answer(slug, {"sound": sound}, at, tables)) for slug, sound, at in rows]
        assert len({price for price, _ in expected}) == 6  # 40,000 and 60,000, x 1, 2 and 3 (120,000 twice); none
        assert {code for _, code in expected} >= {"retired", "not_yet_effective", "invalid_request"}
        found = priced(backend, table, at="when", catalog=tables)
        for row, got, wanted in zip(rows, zip(*found.values(), strict=True), expected, strict=True):
            assert agree(got, wanted, lazy=backend in LAZY), row

    @everywhere
    def test_nanoseconds(self, backend: str) -> None:
        """A finer unit is compared exactly."""
        before, edge = 1_796_083_200_000_000_000 - 1, 1_796_083_200_000_000_000  # 2026-12-01T00:00:00Z
        table = table_of({"model": [SLUG] * 2, "when": [before, edge]}, when=pa.timestamp("ns", "UTC"))
        if backend == "duckdb":
            pytest.skip("duckdb has no instants with nanoseconds")
        assert priced(backend, table, at="when", catalog=three_revisions())["usd_micros"] == [40_000, 80_000]

    @everywhere
    def test_a_date_for_each_row(self, backend: str) -> None:
        """A date is its first instant, UTC."""
        days = [
            date(2026, 11, 30),
            date(2026, 12, 1),
            date(2026, 12, 15),
            date(2026, 12, 16),
            date(2026, 12, 31),
            date(2027, 1, 1),
        ]
        table = table_of({"model": [SLUG] * 6, "when": days}, when=pa.date32())
        found = priced(backend, table, at="when", catalog=three_revisions())
        assert found["usd_micros"] == [40_000, 80_000, 80_000, 120_000, 120_000, None]
        assert found["declined"][-1] == "retired"

    @everywhere
    def test_a_row_without_an_instant(self, backend: str) -> None:
        """A null instant is not taken for today."""
        table = table_of({"model": [SLUG], "when": [None]}, when=pa.timestamp("us", "UTC"))
        for tables in (three_revisions(), catalog()):
            assert priced(backend, table, at="when", catalog=tables) == {
                "usd_micros": [None],
                "declined": ["no_instant"],
            }

    @everywhere
    def test_instants_without_a_time_zone(self, backend: str) -> None:
        """They are refused: nobody knows what they mean."""
        table = table_of({"model": [SLUG], "when": [datetime(2026, 12, 1)]}, when=pa.timestamp("us"))  # noqa: DTZ001
        with pytest.raises(TypeError, match=r"column 'when' .* expected datetimes with a time zone, or dates"):
            priced(backend, table, at="when")

    @everywhere
    def test_one_instant(self, backend: str) -> None:
        """`at` may be one instant for the whole frame, or that of the catalogue."""
        table = table_of({"model": [SLUG]})
        for at, usd_micros in ((EDGES[0] - timedelta(microseconds=1), 40_000), (EDGES[0], 80_000), (EDGES[3], None)):
            found = priced(backend, table, at=at, catalog=three_revisions())
            assert found["usd_micros"] == [usd_micros]
            assert priced(backend, table, catalog=three_revisions().at(at)) == found

    @everywhere
    def test_now(self, backend: str, at_clock: Callable[[datetime], None]) -> None:
        """Without `at`, the price is the one in force now, also if another part of a table was priced before."""
        tables = three_revisions()
        for now, usd_micros in ((EDGES[0], 80_000), (EDGES[2], 120_000)):
            at_clock(now)
            assert priced(backend, table_of({"model": [SLUG]}), catalog=tables)["usd_micros"] == [usd_micros]


class TestRequests:
    """Whole requests in one column."""

    @eager
    def test_json(self, backend: str) -> None:
        """JSON text is parsed and judged as `try_quote` judges it."""
        requests = [example_request(model.slug) for model in BUNDLED]
        texts = [json.dumps(request) for request in requests]
        broken = ["", "{", "[]", '"text"', "NaN", '{"model": "a", "model": "b"}', "9" * 5_000, "[" * 100_000, None]
        found = priced(backend, table_of({"body": [*texts, *broken]}), requests="body")
        expected = [outcome(try_quote(request)) for request in requests] + [(None, "invalid_request")] * len(broken)
        assert list(zip(*found.values(), strict=True)) == expected

    @eager
    def test_duplicate_keys(self, backend: str) -> None:
        """A request with a key twice is ambiguous, so it has no price."""
        text = json.dumps(example_request(KLING))
        assert text.endswith("}}")
        table = table_of({"body": [text, text[:-2] + ', "duration": "5", "duration": "10"}}']})
        assert priced(backend, table, requests="body")["usd_micros"] == [250_000, None]

    @eager
    def test_structs(self, backend: str) -> None:
        """The fields of a struct that are null are left out."""
        bodies = [
            {"model": KLING, "input": {"prompt": "a cat", "duration": "10", "image_urls": None}},
            {"model": KLING, "input": {"prompt": "a cat", "duration": None}},
            {"model": KLING, "input": {"prompt": None, "duration": "10"}},
            {"model": "kling-plus/kling-o1-standard/reference-to-video", "input": None},
        ]
        table = pa.table({"body": pa.array(bodies)})
        assert priced(backend, table, requests="body") == {
            "usd_micros": [500_000, 250_000, None, None],
            "declined": [None, None, "invalid_request", "invalid_request"],
        }

    @eager
    def test_lists_in_structs(self, backend: str) -> None:
        """Lists keep their items."""
        request = example_request("kling-plus/kling-o1-standard/reference-to-video")
        table = pa.table({"body": pa.array([request])})
        assert priced(backend, table, requests="body")["usd_micros"] == [try_quote(request).usd_micros]  # type: ignore[union-attr]

    @eager
    def test_time_and_adjustments(self, backend: str) -> None:
        """Instants and adjustments apply to requests, too."""
        text = json.dumps({"model": SLUG, "input": {"prompt": "a cat"}})
        table = table_of({"body": [text] * 3, "when": [EDGES[0], EDGES[3], None]}, when=pa.timestamp("us", "UTC"))
        found = priced(backend, table, requests="body", at="when", catalog=three_revisions(), adjustments=STEPS)
        assert found == {
            "usd_micros": [80_000, None, None],
            "sale_usd_micros": [110_000, None, None],
            "declined": [None, "retired", "no_instant"],
        }

    @lazy
    def test_lazy_frames(self, backend: str) -> None:
        """Requests cannot be judged in a plan."""
        with pytest.raises(TypeError, match="requests need an eager frame: collect it first"):
            priced(backend, table_of({"body": ["{}"]}), requests="body")

    @eager
    def test_other_types(self, backend: str) -> None:
        """A column of numbers holds no requests."""
        with pytest.raises(TypeError, match="column 'body' of type Int64 cannot hold requests"):
            priced(backend, table_of({"body": [1]}, body=pa.int64()), requests="body")
        with pytest.raises(ValueError, match="no column 'body'"):
            priced(backend, table_of({"text": ["{}"]}), requests="body")
