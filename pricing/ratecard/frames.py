"""Prices for whole data frames: polars (eager and lazy), pandas, pyarrow, duckdb and Spark, through narwhals.

- A row costs what `price` says for its model and options. Columns that do not affect a price are ignored.
- On eager frames every distinct combination of options is priced once, and the order of the rows is kept.
- Lazy frames stay lazy: they are joined with the combinations that the tables list. A row that needs more than the
  tables list is not priced, and says so.
- Null is a field that is left out. Nothing else is: neither empty text nor false.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import repeat
from operator import add
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ratecard._bulk.requests import answer_to
from ratecard._relation.export import columns_query, equal_columns
from ratecard._relation.options import NO_INSTANT, Terms, answer_for, check_columns, combinations_of, option_columns
from ratecard_rules import catalog_at, option_text

try:
    import narwhals.stable.v2 as nw
    from narwhals.stable.v2.dependencies import is_dask_dataframe
except ModuleNotFoundError:
    raise ImportError('ratecard.frames needs narwhals: pip install "ratecard[frames]"') from None

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ratecard._relation.options import Answer
    from ratecard._sale.adjust import Adjustment
    from ratecard_rules import Catalog

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
    true is the option `true`; no number is rounded to an option. Null is a field that is left out. A field that the
    model does not have must be null.

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

    Raises TypeError for another kind of frame and for a column whose type cannot hold options, ValueError for a column
    that is missing or would be overwritten, and ImportError for an eager frame without the extra `bulk`.

    >>> import polars
    >>> frame = polars.DataFrame({"model": ["kling-plus/kling-o1-standard/text-to-video"] * 2, "duration": ["10", "7"]})
    >>> price(frame)["usd_micros", "declined"].rows()
    [(500000, None), (None, 'invalid_request')]
    """
    wrapped = _wrapped(frame)
    instant, instants = (None, at) if isinstance(at, str) else (at, None)
    terms = Terms(catalog_at(catalog, instant), tuple(adjustments), by_row=instants is not None)
    names = wrapped.collect_schema().names()
    used = {"model": model, **option_columns(columns or {}, names, terms)}
    read = [*(used.values() if requests is None else [requests]), *([] if instants is None else [instants])]
    check_columns(names, read, terms, owner="the frame")
    if isinstance(wrapped, nw.LazyFrame):
        if requests is not None:
            raise TypeError("requests need an eager frame: collect it first, or price columns of options")
        priced: _Wrapped = _price_lazily(wrapped, used, instants, terms)
    else:
        added = _added(wrapped, requests, used, instants, terms)
        priced = wrapped.with_columns(*(added[name] for name in terms.outputs))
    native: Frame = nw.to_native(priced)
    return native


def _wrapped(frame: object) -> _Wrapped:
    if is_dask_dataframe(frame):
        raise TypeError("dask is not supported: its joins take false for null, which gives wrong prices")
    wrapped = nw.from_native(frame, pass_through=True)
    if not isinstance(wrapped, nw.DataFrame | nw.LazyFrame) or wrapped.implementation not in _LIBRARIES:
        expected = ", ".join(_LIBRARIES.values())
        raise TypeError(f"expected a data frame of {expected}, got {type(frame).__module__}.{type(frame).__name__}")
    return wrapped


# eager frames


def _added(
    frame: nw.DataFrame[Any], requests: str | None, used: Mapping[str, str], instants: str | None, terms: Terms
) -> nw.DataFrame[Any]:
    """Return the columns to add to an eager frame."""
    from ratecard._bulk.arrow import added_columns, arrow_column, eras_of, pricer_of

    if requests is None:
        pricer = pricer_of(terms, used, instants)
        added = pricer.price([arrow_column(frame[name]) for name in pricer.read])
    else:
        eras: Iterable[int | None] = repeat(0, len(frame))
        if instants is not None:
            eras = eras_of(arrow_column(frame[instants]).chunks, instants, terms)
        added = added_columns(map(terms.outcome, _answers(frame, requests, eras, terms)), terms)
    if frame.implementation.is_pandas():
        # The default type of pandas for whole numbers with nulls is a float.
        types = {kind: frame.implementation.to_native_namespace().Int64Dtype() for kind in added.schema.types[:1]}
        return nw.from_native(added.to_pandas(types_mapper=types.get), eager_only=True)
    return nw.from_arrow(added, backend=frame.implementation)


def _answers(frame: nw.DataFrame[Any], column: str, eras: Iterable[int | None], terms: Terms) -> Iterator[Answer]:
    """Yield the answer to each request in a column."""
    dtype = frame.schema[column]
    if dtype not in (nw.String, nw.Struct, nw.Object, nw.Unknown):
        raise TypeError(f"column {column!r} of type {dtype} cannot hold requests: expected JSON text or structs")
    for value, era in zip(frame[column].to_list(), eras, strict=True):
        yield answer_to(value, era, terms)


# lazy frames

_NO_ERA = -1
_KEY = "__ratecard_"


def _price_lazily(
    frame: nw.LazyFrame[Any], used: Mapping[str, str], instants: str | None, terms: Terms
) -> nw.LazyFrame[Any]:
    schema = frame.collect_schema()
    keys = {f"{_KEY}{name}": _text(column, schema[column]) for name, column in used.items()}
    is_known = nw.col(f"{_KEY}model").is_in(terms.catalog.models)
    code = nw.when(is_known).then(nw.lit("unlisted")).otherwise(nw.lit("invalid_request"))
    if instants is not None:
        keys[f"{_KEY}era"] = _era(instants, schema[instants], frame, terms)
        code = nw.when(nw.col(f"{_KEY}era") == _NO_ERA).then(nw.lit(NO_INSTANT)).otherwise(code)
    declined = nw.when(nw.col("usd_micros").is_null()).then(nw.coalesce(nw.col("declined"), code))
    listed = [*_listed(list(used)[1:], terms)]
    joined = _joined(frame.with_columns(**keys), list(keys), listed, terms)
    return joined.with_columns(declined=declined).drop([*keys, *map(_listed_key, keys)], strict=False)


def _text(column: str, dtype: Any) -> nw.Expr:
    """Return a column as text."""
    value = nw.col(column)
    # A column of nothing but nulls has an unknown type.
    if dtype in (nw.String, nw.Categorical, nw.Enum, nw.Unknown) or dtype.is_integer():
        return value.cast(nw.String)
    if dtype == nw.Boolean:
        return nw.when(value).then(nw.lit("true")).otherwise(nw.when(~value).then(nw.lit("false")))
    if dtype.is_float():
        return value.cast(nw.Float64).cast(nw.String).str.replace_all(r"\.0$", "")
    if dtype.is_decimal():  # a float would round it, perhaps to an option
        text = value.cast(nw.String)
        return nw.when(text.str.contains(r"\.")).then(text.str.replace_all(r"\.?0+$", "")).otherwise(text)
    raise TypeError(f"column {column!r} of type {dtype} cannot hold options: expected text, booleans or numbers")


def _era(column: str, dtype: Any, frame: nw.LazyFrame[Any], terms: Terms) -> nw.Expr:
    """Return how many changes of prices are at or before each instant."""
    value = nw.col(column)
    bounds: Sequence[date] = terms.changes
    if dtype == nw.Date:
        bounds = [_first_day(instant) for instant in terms.changes]
    elif dtype != nw.Datetime or dtype.time_zone is None:
        raise TypeError(
            f"column {column!r} of type {dtype} cannot hold instants: expected datetimes with a time zone, or dates"
        )
    elif frame.implementation.is_polars():  # which compares only instants of the same time zone
        value = value.dt.convert_time_zone("UTC")
    passed = ((value >= nw.lit(bound)).cast(nw.Int64) for bound in bounds)
    return nw.when(~value.is_null()).then(reduce(add, passed, nw.lit(0))).otherwise(nw.lit(_NO_ERA))


def _first_day(instant: datetime) -> date:
    """Return the first day whose first instant, UTC, is not before an instant."""
    utc = instant.astimezone(UTC)
    day = utc.date()
    return day if utc == datetime(day.year, day.month, day.day, tzinfo=UTC) else day + timedelta(days=1)


def _listed(names: Sequence[str], terms: Terms) -> Iterator[tuple[object, ...]]:
    """Yield the key and the outcome of every combination that the tables list."""
    for era, view in enumerate(terms.views):
        for model in view:
            for options in combinations_of(model.latest, names):
                texts = (option_text(options[name]) if name in options else None for name in names)
                outcome = terms.outcome(answer_for(model.slug, options, view))
                yield (model.slug, *texts, *([era] if terms.by_row else []), *outcome)


def _joined(
    frame: nw.LazyFrame[Any], keys: Sequence[str], rows: Sequence[tuple[object, ...]], terms: Terms
) -> nw.LazyFrame[Any]:
    """Return the frame with the outcome of each row: a left join in which null equals null. narwhals has none."""
    listed = [*map(_listed_key, keys)]
    columns = {name: [row[place] for row in rows] for place, name in enumerate([*listed, *terms.outputs])}
    whole = {_listed_key(f"{_KEY}era"), *terms.outputs[:-1]}
    native: Any = nw.to_native(frame)
    if frame.implementation.is_polars():
        types = {name: nw.Int64 if name in whole else nw.String for name in columns}
        table = nw.to_native(nw.from_dict(columns, types, backend=frame.implementation).lazy())
        joined = native.join(table, left_on=keys, right_on=listed, how="left", nulls_equal=True)
    elif frame.implementation.is_duckdb():
        # The frame's own connection is needed, and its `query` is the only way to it.
        table = native.query("frame", columns_query(columns, whole)).set_alias(f"{native.alias} rates")
        joined = native.join(table, equal_columns(zip(keys, listed, strict=True)), how="left")
    else:
        from pyspark.sql.functions import broadcast

        schema = ", ".join(f"`{name}` {'bigint' if name in whole else 'string'}" for name in columns)
        table = broadcast(native.sparkSession.createDataFrame(rows, schema))
        equal = [native[key].eqNullSafe(table[other]) for key, other in zip(keys, listed, strict=True)]
        joined = native.join(table, equal, "left")
    wrapped: nw.LazyFrame[Any] = nw.from_native(joined)
    return wrapped


def _listed_key(key: str) -> str:
    """Return the name of a key in the table of listed combinations."""
    return f"{key}_listed"
