"""Prices of the rows of Arrow tables.

Rule 1  Each distinct combination of options is priced once, by the library. Text is read once for each distinct value
        of a column, and not once for each row.
Rule 2  Tables are priced in batches, in several threads, which share nothing but the answers. The memory for what is
        computed on the way does not grow with the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from mmap import mmap
from threading import Lock
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from ratecard._relation.options import Answer, changes
from ratecard_rules import option_text

try:
    import numpy as np
    import pyarrow as pa
except ModuleNotFoundError:
    raise ImportError('eager frames need numpy and pyarrow: pip install "ratecard[bulk]"') from None

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import narwhals.stable.v2 as nw

    from ratecard._relation.options import Terms

BATCH = 1 << 20
"""The highest number of rows to price at once."""

_BLOCK = 1 << 16
"""The number of rows to look up at once. What one block asks for, the next ones know."""

_LARGEST = 1 << 25
"""The largest table of places. The system provides memory only for the parts of it that are used."""

_MOST = 1 << 16
"""The number of answers after which they are forgotten, so that they do not fill the memory."""


@frozen
class Codes:
    """A column as codes: the places of its values in a list whose first item stands for null.

    Attributes:
        values: The values.
        places: The place of each row's value among those after the first, as an array; any number for null.
        is_valid: 0 for each row that is null and 1 for the others, as an array; None if none is null.
    """

    values: list[Any]
    places: Any
    is_valid: Any

    def at(self, rows: Any = slice(None)) -> Any:
        """Return the codes of some rows. Few columns need all of them at once, so they are not kept."""
        codes = np.add(self.places[rows], 1, dtype=np.int32, casting="unsafe")
        if self.is_valid is not None:
            codes *= self.is_valid[rows]
        return codes


@frozen
class Priced:
    """The prices of a batch of rows.

    Attributes:
        added: The columns to add.
        numbers: For each row, the place of its answer in `answers`.
        answers: The answers to these rows and others.
    """

    added: pa.RecordBatch
    numbers: Any
    answers: Sequence[Answer]


@define
class _Answers:
    """The answers so far. Each combination is asked for once, by whichever thread comes first.

    Attributes:
        terms: What the rows are priced with.
        names: The names of the options.
        answers: The answers, by their numbers.
    """

    terms: Terms
    names: Sequence[str]
    answers: list[Answer] = field(factory=list, init=False)
    _outcomes: list[tuple[object, ...]] = field(factory=list, init=False)
    _number_of: dict[tuple[Any, ...], int] = field(factory=dict, init=False)
    _columns: Any = field(default=None, init=False)
    _lock: Any = field(factory=Lock, init=False)

    def numbers(self, keys: Iterable[tuple[Any, ...]]) -> list[int]:
        """Return the number of the answer to each combination of a model, options, and an era if rows have instants."""
        with self._lock:
            return [self._number(key) for key in keys]

    def _number(self, key: tuple[Any, ...]) -> int:
        if key not in self._number_of:
            slug, *texts = key
            era = texts.pop() if self.terms.by_row else 0
            options = {name: text for name, text in zip(self.names, texts, strict=True) if text is not None}
            answer = self.terms.answer(slug, options, era)
            self._number_of[key] = len(self.answers)
            self.answers.append(answer)
            self._outcomes.append(self.terms.outcome(answer))
        return self._number_of[key]

    def columns(self, numbers: Any) -> pa.RecordBatch:
        """Return the columns to add to rows with these answers."""
        with self._lock:
            if self._columns is None or len(self._columns) < len(self._outcomes):
                self._columns = added_columns(self._outcomes, self.terms)
            columns = self._columns
        rows = pa.array(numbers)
        # If nothing is declined, there is nothing to look up.
        added = [
            pa.nulls(len(rows), column.type) if column.null_count == len(column) else column.take(rows)
            for column in columns.columns
        ]
        return pa.record_batch(added, columns.schema)


@define
class Pricer:
    """Prices rows with the same columns.

    Attributes:
        terms: What the rows are priced with.
        columns: The column of the model, as `model`, and of each option.
        instants: The column with the instant of each row, or None.
    """

    terms: Terms
    columns: Mapping[str, str]
    instants: str | None
    _known: _Answers = field(init=False)

    @_known.default
    def _nothing(self) -> _Answers:
        return _Answers(self.terms, [*self.columns][1:])

    @property
    def read(self) -> list[str]:
        """The columns that it reads."""
        return [*self.columns.values(), *([] if self.instants is None else [self.instants])]

    def price(self, columns: Sequence[pa.ChunkedArray]) -> pa.Table:
        """Return the columns to add to a table; `columns` are those of `read`.

        Raises TypeError if a column cannot hold options or instants.
        """
        table = pa.table(columns, self.read)
        batches = table.to_batches(BATCH) or [pa.RecordBatch.from_pylist([], table.schema)]
        with ThreadPoolExecutor(pa.cpu_count()) as pool:
            priced = pool.map(lambda batch: self.price_batch(batch.columns), batches)
            return pa.Table.from_batches(batch.added for batch in priced)

    def price_batch(self, columns: Sequence[pa.Array]) -> Priced:
        """Return the prices of a batch; `columns` are those of `read`. Raises TypeError as `price` does."""
        if len(self._known.answers) > _MOST:
            self._known = self._nothing()
        known = self._known  # another thread may replace it
        coded = [text_codes(column, name) for name, column in zip(self.columns.values(), columns, strict=False)]
        if self.instants is not None:
            coded.append(_era_codes(columns[-1], self.instants, self.terms))
        numbers = _numbers_of(coded, known)
        return Priced(known.columns(numbers), numbers, known.answers)


def pricer_of(terms: Terms, columns: Mapping[str, str], instants: str | None) -> Pricer:
    """Return a pricer. A table may be priced in parts, so the previous one is used again if it fits."""
    return _lasting_pricer(terms, tuple(columns.items()), instants) or Pricer(terms, columns, instants)


@lru_cache(maxsize=1)
def _lasting_pricer(terms: Terms, columns: tuple[tuple[str, str], ...], instants: str | None) -> Pricer | None:
    """Return a pricer whose answers stay true; None if they depend on the time of the call."""
    depends_on_now = not terms.by_row and terms.catalog.instant is None and changes(terms.catalog)
    return None if depends_on_now else Pricer(terms, dict(columns), instants)


def _numbers_of(columns: Sequence[Codes], known: _Answers) -> Any:
    """Return the number of the answer to each row."""
    places, size = places_of(columns)
    # The number of each answer plus 1; 0 is not known yet. Huge pages, which numpy asks for, would have to be cleared.
    table = np.frombuffer(mmap(-1, 4 * size), np.int32)
    numbers = np.empty(len(places), np.int32)
    for start in range(0, len(places), _BLOCK):
        block, found = places[start : start + _BLOCK], numbers[start : start + _BLOCK]
        np.take(table, block, out=found, mode="clip")  # the only mode that does not copy
        if not found.all():
            unknown = np.flatnonzero(found == 0)
            # Of the rows with the same place, the one that the table has kept stands for all.
            table[block[unknown]] = unknown
            firsts = unknown[table[block[unknown]] == unknown]
            keys = ([column.values[code] for code in column.at(start + firsts).tolist()] for column in columns)
            table[block[firsts]] = np.array(known.numbers(zip(*keys, strict=True))) + 1
            np.take(table, block, out=found, mode="clip")
    numbers -= 1
    return numbers


def places_of(columns: Sequence[Codes]) -> tuple[Any, int]:
    """Return a number for each row, which is the same for equal rows only, and a bound of the numbers."""
    places, size = np.zeros(len(columns[0].places), np.int32), 1
    for column in reversed(columns):  # so that the models with the same options have places side by side
        values = len(column.values)
        if size * values > _LARGEST:  # only the combinations that occur get a place
            combined = pa.array(places.astype(np.int64) * values + column.at()).dictionary_encode()
            places, size = np.array(combined.indices), len(combined.dictionary)
        elif values > 1:  # not only null
            places *= values
            places += column.at()
            size *= values
    return places, size


def added_columns(outcomes: Iterable[tuple[object, ...]], terms: Terms) -> pa.RecordBatch:
    """Return the columns to add for these outcomes."""
    rows = list(outcomes)
    kinds = {name: pa.string() if name == "declined" else pa.int64() for name in terms.outputs}
    arrays = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds.values())]
    return pa.record_batch(arrays, [*kinds])


# columns


def arrow_column(series: nw.Series[Any]) -> pa.ChunkedArray:
    """Return a column for Arrow. Python objects that Arrow has no type for become text."""
    if isinstance(native := series.to_native(), pa.ChunkedArray):
        return native
    try:
        return pa.chunked_array(series.to_arrow())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        missing = series.is_null().to_list()
        texts = (None if none else _text(value, series.name) for value, none in zip(series, missing, strict=True))
        return pa.chunked_array([pa.array(texts, pa.string())])


def text_codes(column: pa.Array, name: str) -> Codes:
    """Return a column of options by their text; 0 stands for null."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_null(kind):
        column, kind = pa.nulls(len(column), pa.string()), pa.string()
    if not any(holds(kind) for holds in _OPTION_TYPES):
        raise TypeError(f"column {name!r} of type {kind} cannot hold options: expected text, booleans or numbers")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    texts = [_text(value, name) for value in column.dictionary.to_pylist()]
    return _codes([None, *texts], _numbers(column.indices), column.indices)


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


def eras_of(chunks: Iterable[pa.Array], name: str, terms: Terms) -> Iterator[int | None]:
    """Yield the era of each instant of a column, or None for null. Raises TypeError for another type."""
    for chunk in chunks:
        codes = _era_codes(chunk, name, terms)
        yield from (codes.values[code] for code in codes.at().tolist())


def _era_codes(column: pa.Array, name: str, terms: Terms) -> Codes:
    """Return how many changes of prices are at or before each instant; 0 stands for null."""
    kind = column.type
    if pa.types.is_date32(kind):
        column, unit = column.cast(pa.int32()), _NANOSECONDS["day"]
    elif pa.types.is_timestamp(kind) and kind.tz is not None:
        column, unit = column.cast(pa.int64()), _NANOSECONDS[kind.unit]
    else:
        raise TypeError(
            f"column {name!r} of type {kind} cannot hold instants: expected datetimes with a time zone, or dates"
        )
    # In the unit of the column, an instant is at or after a change if it is at or after the change rounded up.
    bounds = [-(-_nanoseconds(change) // unit) for change in terms.changes]
    eras = np.searchsorted(np.array(bounds, np.int64), _numbers(column), side="right")
    return _codes([None, *range(len(bounds) + 1)], eras, column)


_NANOSECONDS = {"day": 86_400 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def _nanoseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1_000


def _numbers(array: pa.Array) -> Any:
    """Return an array of whole numbers without its nulls, in whose places there may be any number."""
    kind = array.type.to_pandas_dtype()
    return np.frombuffer(array.buffers()[1], kind)[array.offset :][: len(array)] if len(array) else np.zeros(0, kind)


def _codes(values: list[Any], places: Any, array: pa.Array) -> Codes:
    """Return the codes of a column that is null where an array is null."""
    is_valid = None
    if array.null_count:
        bits = np.frombuffer(array.buffers()[0], np.uint8)
        is_valid = np.unpackbits(bits, bitorder="little", count=array.offset + len(array))[array.offset :]
    return Codes(values, places, is_valid)
