"""Prices of the rows of Parquet files.

Rule 1  Batches are bounded by their rows and by their size in memory. They are read and priced in one thread, and
        written in another.
Rule 2  Columns of text are read and written as dictionaries, which is faster; readers of the file see their own types.
Rule 3  A file cannot be continued after its last group of rows, so an interrupted run keeps only its answers.
"""

from __future__ import annotations

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa
from attrs import frozen
from pyarrow import ipc, parquet

from ratecard._bulk.arrow import Codes, Priced, Pricer, added_columns, eras_of, text_codes
from ratecard._bulk.job import DamagedFile
from ratecard._bulk.requests import answer_to

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from ratecard._bulk.job import Job, Sink
    from ratecard._bulk.ledger import Ledger

T = TypeVar("T")

ROWS = 1 << 19
"""The highest number of rows in a batch."""

REQUESTS = 1 << 16
"""The highest number of rows in a batch if each holds a whole request."""

BYTES = 1 << 26
"""The size of a batch in memory, at most, as far as the file tells."""


@frozen
class _Batch:
    """A batch of rows.

    Attributes:
        rows: The rows as they were read.
        added: The columns to add.
        priced: The prices; None if an earlier run has counted them.
        groups: The groups, if there are any.
    """

    rows: pa.RecordBatch
    added: pa.RecordBatch
    priced: Priced | None = None
    groups: Codes | None = None


def rate_parquet(job: Job, target: Path, sink: Sink) -> None:
    """Write a Parquet file with the columns that are added. Raises ValueError and TypeError for unfit columns."""
    with _reading(job.source):
        file = parquet.ParquetFile(job.source)
        plain = file.schema_arrow
        used = job.used(plain.names)
        texts = [name for name in plain.names if pa.types.is_string(plain.field(name).type)]
        options = [*used.values(), *([] if job.by is None else [job.by])] if job.requests is None else []
        file = parquet.ParquetFile(job.source, read_dictionary=[name for name in options if name in texts])
    total = file.metadata.num_rows
    with closing(_ahead(_priced(job, file, used, sink))) as batches, _writer(target, job, file, plain) as write:
        for batch in batches:
            write(batch)
            if batch.priced is not None:
                _count(batch.priced, batch.groups, sink.ledger)
                if sink.is_kept:
                    sink.append(batch.added.serialize().to_pybytes())
                sink.commit(sink.ledger.rows / total if total else 1)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name the file in errors of what it contains."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedFile(f"{path} cannot be read as Parquet, or is damaged: {error}") from None


def _ahead(items: Iterator[T]) -> Generator[T]:
    """Yield items, each of which is computed in another thread while the one before it is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _batches(job: Job, file: Any) -> Iterator[pa.RecordBatch]:
    """Yield the rows in batches. There is at least one."""
    meta = file.metadata
    size = sum(meta.row_group(group).total_byte_size for group in range(meta.num_row_groups))
    fitting = BYTES * meta.num_rows // max(size, 1)
    rows = max(1, min(ROWS if job.requests is None else REQUESTS, fitting))
    with _reading(job.source):
        batches = file.iter_batches(rows)
        first = next(batches, None)
        if first is None:
            yield pa.RecordBatch.from_pylist([], file.schema_arrow)
        else:
            yield first
            yield from batches


def _priced(job: Job, file: Any, used: dict[str, str], sink: Sink) -> Iterator[_Batch]:
    pricer = Pricer(job.terms, used, job.instants)
    kept = _kept(sink, job) if sink.done else ()
    for rows, before in zip(_batches(job, file), chain(kept, repeat(None)), strict=False):
        if before is not None:
            yield _Batch(rows, before)
        else:
            if job.requests is None:
                priced = pricer.price_batch([rows.column(name) for name in pricer.read])
            else:
                priced = _judged(rows, job, job.requests)
            yield _Batch(rows, priced.added, priced, None if job.by is None else _groups(rows, job.by))


def _kept(sink: Sink, job: Job) -> Iterator[pa.RecordBatch]:
    """Yield what an earlier run added to its batches."""
    schema = added_columns([], job.terms).schema
    with sink.kept.open("rb") as file:
        stream = pa.PythonFile(file, "r")
        for _ in range(sink.done):
            yield ipc.read_record_batch(ipc.read_message(stream), schema)


def _groups(rows: pa.RecordBatch, name: str) -> Codes:
    column = rows.column(name)
    return text_codes(column.cast(pa.string()) if pa.types.is_temporal(column.type) else column, name)


def _judged(rows: pa.RecordBatch, job: Job, column: str) -> Priced:
    """Return the prices of the requests in a column."""
    values = rows.column(column)
    fits = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_struct, pa.types.is_null)
    if not any(fit(values.type) for fit in fits):
        raise TypeError(f"column {column!r} of type {values.type} cannot hold requests: expected JSON text or structs")
    eras: Iterable[int | None] = repeat(0, len(rows))
    if job.instants is not None:
        eras = eras_of([rows.column(job.instants)], job.instants, job.terms)
    answers = [answer_to(value, era, job.terms) for value, era in zip(values.to_pylist(), eras, strict=True)]
    return Priced(added_columns(map(job.terms.outcome, answers), job.terms), np.arange(len(answers)), answers)


def _count(batch: Priced, groups: Codes | None, ledger: Ledger) -> None:
    """Add the prices of a batch to what is known."""
    keys = [None] if groups is None else groups.values
    pairs = batch.numbers if groups is None else batch.numbers.astype(np.int64) * len(keys) + groups.at()
    if len(batch.answers) * len(keys) < ROWS:
        counts = np.bincount(pairs)
        distinct = np.flatnonzero(counts)
        counts = counts[distinct]
    else:
        distinct, counts = np.unique(pairs, return_counts=True)
    for pair, count in zip(distinct.tolist(), counts.tolist(), strict=True):
        number, group = divmod(pair, len(keys))
        ledger.count(keys[group], batch.answers[number], count)
    if ledger.lists_rejects:
        is_declined = batch.added["declined"].is_valid().to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(is_declined).tolist():
            ledger.reject(ledger.rows + row + 1, batch.answers[batch.numbers[row]])
    ledger.rows += len(batch.numbers)


@contextmanager
def _writer(target: Path, job: Job, file: Any, plain: pa.Schema) -> Iterator[Callable[[_Batch], None]]:
    """Open a Parquet file with the columns of another and those that are added."""
    catalog = job.terms.catalog
    names = {"ratecard.catalog_version": catalog.version, "ratecard.catalog_digest": catalog.digest}
    added = added_columns([], job.terms).schema
    schema = pa.schema([*plain, *added], {**(plain.metadata or {}), **names})
    written = pa.schema([*file.schema_arrow, *added])
    # With the schema that the writer would store, readers would get dictionaries instead of text.
    with target.open("wb") as raw, parquet.ParquetWriter(raw, written, store_schema=False) as writer:

        def write(batch: _Batch) -> None:
            columns = [*batch.rows.columns, *batch.added.columns]
            writer.write_table(pa.table(columns, schema=written))

        yield write
        writer.add_key_value_metadata({**schema.metadata, "ARROW:schema": b64encode(schema.serialize().to_pybytes())})
