"""Prices for whole data frames: polars (eager and lazy), pandas, pyarrow, duckdb and Spark, through narwhals.

Rule 1  A row costs what `price` says for its model and options. Columns that do not affect a price are ignored.
Rule 2  On eager frames every distinct combination of options is priced once, and the order of the rows is kept.
Rule 3  Lazy frames stay lazy: they are joined with the combinations that the tables list. A row that needs more than
        the tables list is not priced, and says so.
Rule 4  Null is a field that is left out. Nothing else is: neither empty text nor false.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from attrs import evolve, frozen

from ratecard._errors import Declined
from ratecard._quote.price import try_quote
from ratecard._quote.quote import Quote
from ratecard._relation.export import values_query
from ratecard._relation.options import answer_for, changes, combinations_of, key_fields
from ratecard._sale.adjust import Adjustment, adjust
from ratecard_rules import Catalog, catalog_at, option_text

try:
    import narwhals.stable.v2 as nw
    from narwhals.stable.v2.dependencies import is_dask_dataframe
except ModuleNotFoundError:
    raise ImportError('ratecard.frames needs narwhals: pip install "ratecard[frames]"') from None

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["price"]

Frame = TypeVar("Frame")
_Wrapped: TypeAlias = "nw.DataFrame[Any] | nw.LazyFrame[Any]"
_LIBRARIES = {
    nw.Implementation.POLARS: "polars",
    nw.Implementation.PANDAS: "pandas",
    nw.Implementation.PYARROW: "pyarrow",
    nw.Implementation.DUCKDB: "duckdb",
    nw.Implementation.PYSPARK: "Spark",
}
"""The libraries whose frames are priced. Each is tested; others may treat null in a way that gives wrong prices."""

_LEFT_OUT = "\ue000left out\ue000"
"""The text that stands for null in a join, because null is not equal to null. Real text is kept from being the same."""

_NO_INSTANT = -1


def price(
    frame: Frame,
    *,
    model: str = "model",
    columns: Mapping[str, str | None] | None = None,
    requests: str | None = None,
    at: date | str | None = None,
    catalog: Catalog | None = None,
    adjustments: Iterable[Adjustment] = (),
) -> Frame:
    """Return a frame with the price of each row in the column `usd_micros`, or the reason for none in `declined`.

    A row is priced as by `ratecard.price`: by its model and the options that the price depends on. An option has a
    column of its own name; a column with the name of a measured quantity, such as the duration of a video, is that
    quantity. Options are compared as text, whatever the type of the column: "5", 5 and 5.0 are the option `5`, and
    true is the option `true`. Null is a field that is left out. A field that the model does not have must be null.

    `declined` is null for a row with a price, and otherwise one of the codes of `Declined`; `no_instant` for a row in
    which the column `at` is null; or, only on lazy frames, `unlisted` for a combination that the tables do not list:
    it is invalid, or needs the judgement of `ratecard.price`.

    Args:
        frame: A frame of polars (eager or lazy), pandas, pyarrow, duckdb or Spark.
        model: The column with the models.
        columns: The column of each option that has a column of another name; None for an option whose column is not to
            be used.
        requests: A column with whole requests, as JSON text or structs, to be judged by `try_quote`, instead of `model`
            and `columns`. It needs an eager frame. Fields of a struct that are null are left out.
        at: The instant whose prices apply, or the name of a column with one for each row: instants with a time zone, or
            dates. The prices in force now by default.
        catalog: The tables; the bundled ones by default.
        adjustments: The steps to the sale price, which is added as `sale_usd_micros`.

    Raises TypeError for another kind of frame and for a column whose type cannot hold options, and ValueError for a
    column that is missing or would be overwritten.

    >>> import polars
    >>> frame = polars.DataFrame({"model": ["kling-plus/kling-o1-standard/text-to-video"] * 2, "duration": ["10", "7"]})
    >>> price(frame)["usd_micros", "declined"].rows()
    [(500000, None), (None, 'invalid_request')]
    """
    wrapped = _wrapped(frame)
    instant, instants = (None, at) if isinstance(at, str) else (at, None)
    schema = _schema(wrapped, instants)
    job = _Job(catalog_at(catalog, instant), tuple(adjustments), schema, instants, wrapped.implementation)
    for name in job.outputs:
        if name in schema:
            raise ValueError(f"the frame has a column {name!r} already; rename or drop it")
    if requests is not None:
        priced: _Wrapped = _price_requests(wrapped, requests, job)
    else:
        used = {"model": model, **_option_columns(columns or {}, job)}
        priced = (
            _price_lazily(wrapped, used, job)
            if isinstance(wrapped, nw.LazyFrame)
            else _price_eagerly(wrapped, used, job)
        )
    native: Frame = nw.to_native(priced)
    return native


@frozen
class _Job:
    """What a frame is priced with.

    Attributes:
        catalog: The tables, at the instant of the whole frame if there is one.
        adjustments: The steps to the sale price.
        schema: The types of the columns of the frame.
        instants: The column with the instant of each row, or None.
        library: The library of the frame, an `nw.Implementation`.
    """

    catalog: Catalog
    adjustments: tuple[Adjustment, ...]
    schema: Mapping[str, Any]
    instants: str | None
    library: Any

    @property
    def outputs(self) -> dict[str, Any]:
        """The columns to add, and their types."""
        sale = {"sale_usd_micros": nw.Int64} if self.adjustments else {}
        return {"usd_micros": nw.Int64, **sale, "declined": nw.String}

    def views(self) -> list[Catalog]:
        """Return the catalogue in each era: before the first change of prices, after the first, and so on."""
        if self.instants is None:
            return [self.catalog]
        dates = changes(self.catalog)
        first = [dates[0] - timedelta(microseconds=1)] if dates else [None]
        return [self.catalog.at(instant) for instant in (*first, *dates)]

    def outcome(self, answer: Quote | Declined | str) -> tuple[object, ...]:
        """Return the values of the columns to add."""
        if isinstance(answer, Quote):
            sale = (adjust(answer, self.adjustments).usd_micros,) if self.adjustments else ()
            return (answer.usd_micros, *sale, None)
        code = answer.code if isinstance(answer, Declined) else answer
        return (*(None for _ in range(len(self.outputs) - 1)), code)

    def dtype(self, column: str) -> Any:
        """Return the type of a column. Raises ValueError if there is none."""
        if column not in self.schema:
            raise ValueError(f"the frame has no column {column!r}; it has {', '.join(map(repr, self.schema))}")
        return self.schema[column]


def _wrapped(frame: object) -> _Wrapped:
    if is_dask_dataframe(frame):
        raise TypeError("dask is not supported: its joins take false for null, which gives wrong prices")
    wrapped = nw.from_native(frame, pass_through=True)
    if not isinstance(wrapped, nw.DataFrame | nw.LazyFrame) or wrapped.implementation not in _LIBRARIES:
        expected = ", ".join(_LIBRARIES.values())
        raise TypeError(f"expected a data frame of {expected}, got {type(frame).__module__}.{type(frame).__name__}")
    return wrapped


def _schema(frame: _Wrapped, instants: str | None) -> dict[str, Any]:
    """Return the types of the columns of a frame."""
    schema: dict[str, Any] = dict(frame.collect_schema())
    if instants in schema and frame.implementation.is_pandas():
        native = nw.to_native(frame)[instants].dtype
        if getattr(native, "tz", None) is not None:  # narwhals does not know all names of time zones in pandas
            schema[instants] = nw.Datetime(time_zone="UTC")
    return schema


def _option_columns(columns: Mapping[str, str | None], job: _Job) -> dict[str, str]:
    """Return the column of each option that has one."""
    names = key_fields(job.catalog)
    if unknown := columns.keys() - set(names):
        raise ValueError(f"no price depends on {', '.join(sorted(unknown))}; options: {', '.join(names)}")
    found = {name: columns.get(name, name if name in job.schema else None) for name in names}
    return {name: column for name, column in found.items() if column is not None}


# columns as text


def _keys(used: Mapping[str, str], job: _Job) -> dict[str, nw.Expr]:
    """Return the era, if there are several, and the text of the model and of each option."""
    eras = {} if job.instants is None else {"era": _era(job.instants, job)}
    return {**eras, **{name: _text(column, job.dtype(column)) for name, column in used.items()}}


def _text(column: str, dtype: Any) -> nw.Expr:
    """Return a column as text in which null is `_LEFT_OUT`."""
    value = nw.col(column)
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        text = value.cast(nw.String)
        text = nw.when(text == _LEFT_OUT).then(nw.lit(_LEFT_OUT * 2)).otherwise(text)
    elif dtype == nw.Boolean:
        text = nw.when(value).then(nw.lit("true")).otherwise(nw.lit("false"))
    elif dtype.is_integer():
        text = value.cast(nw.String)
    elif dtype.is_float() or dtype.is_decimal():
        text = value.cast(nw.Float64).cast(nw.String).str.replace_all(r"\.0$", "")
    elif dtype == nw.Unknown:  # a column of nothing but nulls
        return nw.lit(_LEFT_OUT)
    else:
        raise TypeError(f"column {column!r} of type {dtype} cannot hold options: expected text, booleans or numbers")
    return nw.when(~value.is_null()).then(text).otherwise(nw.lit(_LEFT_OUT))


def _era(column: str, job: _Job) -> nw.Expr:
    """Return how many changes of prices are at or before each instant."""
    dtype = job.dtype(column)
    value = nw.col(column)
    if dtype == nw.Date:
        bounds: list[date] = [_first_day(instant) for instant in changes(job.catalog)]
    elif dtype == nw.Datetime and dtype.time_zone is not None:
        bounds = list(changes(job.catalog))
        if job.library.is_polars():  # which compares only instants of the same time zone
            value = value.dt.convert_time_zone("UTC")
    else:
        raise TypeError(
            f"column {column!r} of type {dtype} cannot hold instants: expected datetimes with a time zone, or dates"
        )
    passed = ((value >= nw.lit(bound)).cast(nw.Int64) for bound in bounds)
    return nw.when(~value.is_null()).then(reduce(add, passed, nw.lit(0))).otherwise(nw.lit(_NO_INSTANT))


def _first_day(instant: datetime) -> date:
    """Return the first day whose first instant, UTC, is not before an instant."""
    utc = instant.astimezone(UTC)
    day = utc.date()
    return day if utc == datetime(day.year, day.month, day.day, tzinfo=UTC) else day + timedelta(days=1)


# eager frames


def _price_eagerly(frame: nw.DataFrame[Any], used: Mapping[str, str], job: _Job) -> nw.DataFrame[Any]:
    options = _with_text(frame.select(*_columns_of(used, job)), used.values())
    types = {column: options.schema[column] for column in used.values()}
    exprs = _keys(used, evolve(job, schema={**job.schema, **types}))
    keys = options.select(**exprs).with_row_index(_ROW)
    distinct = keys.select(*exprs).unique()
    outcomes = [job.outcome(answer) for answer in _answers(distinct, job)]
    prices = distinct.with_columns(*_series(outcomes, job))
    priced = keys.join(prices, on=list(exprs), how="left").sort(_ROW)
    return frame.with_columns(*(priced[name] for name in job.outputs))


_ROW = "row number"


def _columns_of(used: Mapping[str, str], job: _Job) -> list[str]:
    """Return the columns that prices depend on. Raises ValueError for one that is missing."""
    names = list(dict.fromkeys([*used.values(), *([] if job.instants is None else [job.instants])]))
    for name in names:
        job.dtype(name)
    return names


def _with_text(frame: nw.DataFrame[Any], columns: Iterable[str]) -> nw.DataFrame[Any]:
    """Return a frame in which columns of Python objects, and of categories that are not text, are text."""
    for name in columns:
        column = frame[name]
        if column.dtype == nw.Object or (column.dtype == nw.Categorical and not _is_text(column)):
            missing = column.is_null().to_list()
            texts = [None if none else _object_text(value, name) for value, none in zip(column, missing, strict=True)]
            text = nw.new_series(name, texts, nw.String, backend=frame.implementation)
            frame = frame.with_columns(text)
    return frame


def _is_text(categories: nw.Series[Any]) -> bool:
    return all(isinstance(value, str) for value in categories.drop_nulls().unique().to_list())


def _object_text(value: Any, column: str) -> str:
    value = value.tolist() if hasattr(value, "tolist") else value  # of numpy
    match value:
        case str():
            return str(value)
        case bool() | int():
            return option_text(value)
        case float() | Decimal():
            return repr(float(value)).removesuffix(".0")
    raise TypeError(f"column {column!r} holds a {type(value).__name__}: expected text, booleans or numbers")


def _answers(distinct: nw.DataFrame[Any], job: _Job) -> Iterator[Quote | str]:
    views = job.views()
    for row in distinct.iter_rows(named=True):
        era = row.pop("era", 0)
        options = {name: text for name, text in row.items() if text != _LEFT_OUT}
        slug = options.pop("model", None)
        yield "no_instant" if era == _NO_INSTANT else answer_for(slug, options, views[era])


def _series(outcomes: Sequence[tuple[object, ...]], job: _Job) -> Iterator[nw.Series[Any]]:
    """Yield the columns to add to an eager frame."""
    for place, (name, dtype) in enumerate(job.outputs.items()):
        values = [outcome[place] for outcome in outcomes]
        if job.library.is_pandas() and dtype == nw.Int64:
            # The default type of pandas for whole numbers with nulls is a float.
            native = job.library.to_native_namespace().Series(values, dtype="Int64", name=name)
            yield nw.from_native(native, series_only=True)
        else:
            yield nw.new_series(name, values, dtype, backend=job.library)


def _price_requests(frame: _Wrapped, column: str, job: _Job) -> nw.DataFrame[Any]:
    if isinstance(frame, nw.LazyFrame):
        raise TypeError("requests need an eager frame: collect it first, or price columns of options")
    dtype = job.dtype(column)
    if dtype not in (nw.String, nw.Struct, nw.Object, nw.Unknown):
        raise TypeError(f"column {column!r} of type {dtype} cannot hold requests: expected JSON text or structs")
    views = job.views()
    eras = [0] * len(frame) if job.instants is None else frame.select(era=_era(job.instants, job))["era"].to_list()
    answers = (
        "no_instant" if era == _NO_INSTANT else try_quote(_request_of(value), catalog=views[era])
        for value, era in zip(frame[column].to_list(), eras, strict=True)
    )
    return frame.with_columns(*_series([job.outcome(answer) for answer in answers], job))


def _request_of(value: object) -> object:
    """Return the request that a cell holds. Text that is not JSON is returned as it is, and is no valid request."""
    if not isinstance(value, str):
        return _without_null(value)
    try:
        return json.loads(value, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError):
        return value


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def _without_null(value: Any) -> object:
    """Return a struct without its null fields: every struct of a column has the same fields."""
    value = value.tolist() if hasattr(value, "tolist") else value  # of numpy
    match value:
        case dict():
            return {name: _without_null(item) for name, item in value.items() if item is not None}
        case list():
            return [_without_null(item) for item in value]
    return value


# lazy frames


def _price_lazily(frame: nw.LazyFrame[Any], used: Mapping[str, str], job: _Job) -> nw.LazyFrame[Any]:
    keys = {f"{_PREFIX}{name}": key for name, key in _keys(used, job).items()}
    prices = _native_table(frame, [*keys], list(_listed(list(used)[1:], job)), job)
    is_known = nw.col(f"{_PREFIX}model").is_in(job.catalog.models)
    code = nw.when(is_known).then(nw.lit("unlisted")).otherwise(nw.lit("invalid_request"))
    if job.instants is not None:
        code = nw.when(nw.col(f"{_PREFIX}era") == _NO_INSTANT).then(nw.lit("no_instant")).otherwise(code)
    code = nw.when(nw.col("usd_micros").is_null()).then(nw.coalesce(nw.col("declined"), code))
    joined = frame.with_columns(**keys).join(prices, on=list(keys), how="left")
    return joined.with_columns(declined=code).drop(list(keys))


_PREFIX = "__ratecard_"


def _listed(names: Sequence[str], job: _Job) -> Iterator[tuple[object, ...]]:
    """Yield the key and the outcome of every combination that the tables list."""
    for era, view in enumerate(job.views()):
        for model in view:
            for options in combinations_of(model.latest, names):
                texts = (option_text(options[name]) if name in options else _LEFT_OUT for name in names)
                outcome = job.outcome(answer_for(model.slug, options, view))
                yield (*(() if job.instants is None else (era,)), model.slug, *texts, *outcome)


def _native_table(
    frame: nw.LazyFrame[Any], keys: Sequence[str], rows: Sequence[tuple[object, ...]], job: _Job
) -> nw.LazyFrame[Any]:
    """Return the rows of a join as a lazy frame of the same library."""
    types = {**{name: nw.Int64 if name == f"{_PREFIX}era" else nw.String for name in keys}, **job.outputs}
    if job.library.is_polars():
        values = dict(zip(types, zip(*rows, strict=True), strict=True))
        return nw.from_dict(values, types, backend=job.library).lazy()
    native: Any = nw.to_native(frame)
    if job.library.is_duckdb():
        # The frame's own connection is needed, and its `query` is the only way to it.
        sql_types = {name: "VARCHAR" if kind == nw.String else "BIGINT" for name, kind in types.items()}
        table = native.query("frame", values_query(sql_types, rows))
    else:
        from pyspark.sql.functions import broadcast

        spark_types = ", ".join(
            f"`{name}` {'string' if kind == nw.String else 'bigint'}" for name, kind in types.items()
        )
        table = broadcast(native.sparkSession.createDataFrame(rows, spark_types))
    wrapped: nw.LazyFrame[Any] = nw.from_native(table)
    return wrapped
