"""Prices of eager frames, through Arrow.

Rule 1  Each distinct combination of options is priced once, by the library. Rows find its outcome by a number. Text is
        read once for each distinct value of a column, and not once for each row.
Rule 2  Long frames are priced in slices, so that the memory for what is computed on the way does not grow with them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, field

from ratecard_rules import option_text

try:
    import numpy as np
    import pyarrow as pa
except ModuleNotFoundError:
    raise ImportError('eager frames need numpy and pyarrow: pip install "ratecard[bulk]"') from None

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import narwhals.stable.v2 as nw

    from ratecard._relation.options import Answer, Terms

Codes: TypeAlias = tuple[Any, list[Any]]
"""A column as an array of whole numbers and the value that each number stands for; 0 stands for null."""

SLICE = 1 << 19
"""The number of rows to price at once."""

_DENSE = 1 << 20
_WIDEST = 1 << 24
_LARGEST = 1 << 26
"""The largest table of places. The system provides memory only for the parts of it that are used."""


@define
class Pricer:
    """Prices frames with the same columns.

    Combinations of options have places in a table, which are the same in every slice, so that most rows find their
    answer by arithmetic. Columns with too many different values for such a table are numbered anew in every slice.

    Attributes:
        terms: What the rows are priced with.
        columns: The column of the model, as `model`, and of each option.
        instants: The column with the instant of each row, or None.
        answers: The answers so far.
    """

    terms: Terms
    columns: Mapping[str, str]
    instants: str | None
    answers: list[Answer] = field(factory=list, init=False)
    _number_of: dict[tuple[Any, ...], int] = field(factory=dict, init=False)
    _codes: list[dict[Any, int]] = field(factory=list, init=False)
    _sizes: list[int] = field(factory=list, init=False)
    _table: Any = field(default=None, init=False)
    _outcomes: pa.Table = field(default=None, init=False)

    def price(self, frame: nw.DataFrame[Any]) -> pa.Table:
        """Return the columns to add to a frame. Raises TypeError if a column cannot hold options or instants."""
        starts = range(0, max(1, len(frame)), SLICE)
        slices = (frame[start : start + SLICE] for start in starts)
        return pa.concat_tables(self.outcomes(self.numbers([part[name] for name in self.read])) for part in slices)

    @property
    def read(self) -> list[str]:
        """The columns that it reads."""
        return [*([] if self.instants is None else [self.instants]), *self.columns.values()]

    def numbers(self, columns: Sequence[nw.Series[Any]]) -> Any:
        """Return the place of the answer of each row in `answers`, which this extends; `columns` are those of `read`.

        Raises TypeError if a column cannot hold options or instants.
        """
        if len(self.answers) > _DENSE:  # so that they do not fill the memory
            self.answers, self._number_of = [], {}
            self._forget()
        is_instant = [self.instants is not None, *[False] * len(columns)]
        coded = [
            _era_codes(column, self.terms) if instant else text_codes(column)
            for column, instant in zip(columns, is_instant, strict=False)
        ]
        places = self._places(coded)
        if places is None:
            ranks, firsts = numbered(coded)
            return np.array(self._asked(coded, firsts), np.int32)[ranks]
        found = self._table[places]
        if not found.all():
            unknown = np.flatnonzero(found == 0)
            # Of the rows with the same place, the one whose number the table has kept stands for all.
            self._table[places[unknown]] = -unknown
            rows = unknown[self._table[places[unknown]] == -unknown]
            self._table[places[rows]] = np.array(self._asked(coded, rows)) + 1
            found = self._table[places]
        return found - 1

    def outcomes(self, numbers: Any) -> pa.Table:
        """Return the columns to add for answers."""
        if self._outcomes is None or len(self._outcomes) != len(self.answers):
            self._outcomes = outcomes_table(map(self.terms.outcome, self.answers), self.terms)
        return self._outcomes.take(pa.array(numbers))

    def _forget(self) -> None:
        self._codes, self._sizes, self._table, self._outcomes = [], [], None, None

    def _places(self, columns: Sequence[Codes]) -> Any:
        """Return the place of each row in the table, or None if there are too many combinations for a table."""
        self._codes = self._codes or [{None: 0} for _ in columns]
        for code_of, (_, values) in zip(self._codes, columns, strict=True):
            for value in values:
                code_of.setdefault(value, len(code_of))
        if not self._sizes or any(len(codes) > size for codes, size in zip(self._codes, self._sizes, strict=True)):
            self._sizes = [*map(len, self._codes)]
            if prod(self._sizes) > _LARGEST:
                self._forget()
                return None
            self._table = np.zeros(prod(self._sizes), np.int32)  # the number of each answer plus 1; 0 is not known yet
        places, stride = np.zeros(len(columns[0][0]), np.int32), 1
        for (codes, values), code_of, size in zip(columns, self._codes, self._sizes, strict=True):
            if len(values) > 1:
                places += np.array([code_of[value] * stride for value in values], np.int32)[codes]
            stride *= size
        return places

    def _asked(self, columns: Sequence[Codes], rows: Any) -> list[int]:
        """Return the numbers of the answers of some rows. Each combination is asked for once."""
        keys = zip(*([values[code] for code in codes[rows].tolist()] for codes, values in columns), strict=True)
        return [self._number(key) for key in keys]

    def _number(self, key: tuple[Any, ...]) -> int:
        if key not in self._number_of:
            era, slug, *texts = key if self.instants is not None else (0, *key)
            options = {name: text for name, text in zip([*self.columns][1:], texts, strict=True) if text is not None}
            self._number_of[key] = len(self.answers)
            self.answers.append(self.terms.answer(slug, options, era))
        return self._number_of[key]


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


def text_codes(series: nw.Series[Any]) -> Codes:
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
    numbers = numbers.astype(np.int32) + 1
    if array.null_count:
        bits = np.frombuffer(array.buffers()[0], np.uint8)
        numbers *= np.unpackbits(bits, bitorder="little", count=array.offset + len(array))[array.offset :]
    return numbers
