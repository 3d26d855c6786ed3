"""Prices of eager frames, through Arrow.

Rule 1  Each distinct combination of options is priced once, by the library. Rows find its outcome by a number. Text is
        read once for each distinct value of a column, and not once for each row.
Rule 2  Long frames are priced in slices, so that the memory for what is computed on the way does not grow with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import Factory, frozen

from ratecard._relation.options import Terms
from ratecard_rules import option_text

try:
    import numpy as np
    import pyarrow as pa
except ModuleNotFoundError:
    raise ImportError('eager frames need numpy and pyarrow: pip install "ratecard[bulk]"') from None

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import narwhals.stable.v2 as nw

Codes: TypeAlias = tuple[Any, list[Any]]
"""A column as an array of whole numbers and the value that each number stands for; 0 stands for null."""

SLICE = 1 << 19
"""The number of rows to price at once."""

_DENSE = 1 << 20
_WIDEST = 1 << 24


@frozen
class Pricer:
    """Prices frames with the same columns.

    Attributes:
        terms: What the rows are priced with.
        columns: The column of the model, as `model`, and of each option.
        instants: The column with the instant of each row, or None.
        known: The outcome of each combination that was priced already.
    """

    terms: Terms
    columns: Mapping[str, str]
    instants: str | None
    known: dict[tuple[Any, ...], tuple[object, ...]] = Factory(dict)

    def price(self, frame: nw.DataFrame[Any]) -> pa.Table:
        """Return the columns to add to a frame. Raises TypeError if a column cannot hold options or instants."""
        starts = range(0, max(1, len(frame)), SLICE)
        return pa.concat_tables(self._price(frame[start : start + SLICE]) for start in starts)

    def _price(self, frame: nw.DataFrame[Any]) -> pa.Table:
        coded = [_text_codes(frame[column]) for column in self.columns.values()]
        if self.instants is not None:
            coded.insert(0, _era_codes(frame[self.instants], self.terms))
        numbers, firsts = numbered(coded)
        keys = zip(*([values[code] for code in codes[firsts].tolist()] for codes, values in coded), strict=True)
        return outcomes_table(map(self._outcome, keys), self.terms).take(pa.array(numbers))

    def _outcome(self, key: tuple[Any, ...]) -> tuple[object, ...]:
        if key not in self.known:
            era, slug, *texts = key if self.instants is not None else (0, *key)
            options = {name: text for name, text in zip([*self.columns][1:], texts, strict=True) if text is not None}
            self.known[key] = self.terms.outcome_of(slug, options, era)
        return self.known[key]


def outcomes_table(outcomes: Iterable[tuple[object, ...]], terms: Terms) -> pa.Table:
    """Return the columns to add for these outcomes."""
    rows = list(outcomes)
    kinds = {name: pa.string() if name == "declined" else pa.int64() for name in terms.outputs}
    return pa.table({name: pa.array([row[at] for row in rows], kind) for at, (name, kind) in enumerate(kinds.items())})


def numbered(columns: Sequence[Codes]) -> tuple[Any, Any]:
    """Return a number for each row, equal for equal rows and from 0 without gaps, and the first row of each number."""
    rows = len(columns[0][0])
    numbers, size = np.zeros(rows, np.int64), 1
    for codes, values in columns:
        numbers *= len(values)
        numbers += codes
        size *= len(values)
        if size > _DENSE:
            numbers, size = _without_gaps(numbers, size)
    numbers, size = _without_gaps(numbers, size)
    firsts = np.zeros(size, np.int64)
    firsts[numbers[::-1]] = np.arange(rows - 1, -1, -1)
    return numbers, firsts


def _without_gaps(numbers: Any, size: int) -> tuple[Any, int]:
    """Return the ranks of numbers below `size`, and how many there are."""
    if size > _WIDEST:
        distinct, ranks = np.unique(numbers, return_inverse=True)
        return ranks, len(distinct)
    is_used = np.zeros(size, bool)
    is_used[numbers] = True
    return (np.cumsum(is_used) - 1)[numbers], int(is_used.sum())


# columns


def _text_codes(series: nw.Series[Any]) -> Codes:
    """Return a column of options by their text."""
    name = series.name
    column = _arrow(series)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), np.int64), [None]
    if not any(holds(kind) for holds in _OPTION_TYPES):
        raise TypeError(f"column {name!r} of type {kind} cannot hold options: expected text, booleans or numbers")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    array = column.unify_dictionaries().combine_chunks()
    texts = [_text(value, name) for value in array.dictionary.to_pylist()]
    return _with_null(_numbers(array.indices), array.indices), [None, *texts]


def _arrow(series: nw.Series[Any]) -> pa.ChunkedArray:
    """Return a column for Arrow. Python objects that Arrow has no type for become text."""
    try:
        return pa.chunked_array(series.to_arrow())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        missing = series.is_null().to_list()
        texts = (None if none else _text(value, series.name) for value, none in zip(series, missing, strict=True))
        return pa.chunked_array([pa.array(texts, pa.string())])


_OPTION_TYPES = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_boolean),
    *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal),
)


def _text(value: Any, column: str) -> str | None:
    """Return a value as the text of an option. Raises TypeError if it is neither text, nor a boolean, nor a number."""
    value = value.tolist() if hasattr(value, "tolist") else value  # of numpy
    match value:
        case None | str():
            return value
        case bool() | int():
            return option_text(value)
        case float():
            return repr(value).removesuffix(".0")
        case Decimal():
            text = f"{value:f}"  # exact in every decimal context
            return text.rstrip("0").removesuffix(".") if "." in text else text
    raise TypeError(f"column {column!r} holds a {type(value).__name__}: expected text, booleans or numbers")


def eras_of(series: nw.Series[Any], terms: Terms) -> list[int | None]:
    """Return the era of each instant, or None for null. Raises TypeError for another type."""
    codes, values = _era_codes(series, terms)
    return [values[code] for code in codes.tolist()]


def _era_codes(series: nw.Series[Any], terms: Terms) -> Codes:
    """Return how many changes of prices are at or before each instant."""
    column = _arrow(series)
    kind = column.type
    if pa.types.is_date32(kind):
        column, unit = column.cast(pa.int32()), _NANOSECONDS["day"]
    elif pa.types.is_timestamp(kind) and kind.tz is not None:
        column, unit = column.cast(pa.int64()), _NANOSECONDS[kind.unit]
    else:
        raise TypeError(
            f"column {series.name!r} of type {kind} cannot hold instants: expected datetimes with a time zone, or dates"
        )
    # In the unit of the column, an instant is at or after a change if it is at or after the change rounded up.
    bounds = [-(-_nanoseconds(change) // unit) for change in terms.changes]
    array = column.combine_chunks()
    eras = np.searchsorted(np.array(bounds, np.int64), _numbers(array), side="right")
    return _with_null(eras, array), [None, *range(len(bounds) + 1)]


_NANOSECONDS = {"day": 86_400 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def _nanoseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1_000


def _numbers(array: pa.Array) -> Any:
    """Return an array of whole numbers without its nulls, in whose places there may be any number."""
    kind = array.type.to_pandas_dtype()
    return np.frombuffer(array.buffers()[1], kind)[array.offset :][: len(array)] if len(array) else np.zeros(0, kind)


def _with_null(numbers: Any, array: pa.Array) -> Any:
    """Return numbers plus 1, and 0 where an array is null."""
    numbers = numbers.astype(np.int64) + 1
    return numbers * array.is_valid().to_numpy(zero_copy_only=False) if array.null_count else numbers
