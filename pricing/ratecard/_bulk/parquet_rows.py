"""Rows of Parquet files."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

try:
    from pyarrow.parquet import ParquetFile
except ModuleNotFoundError:
    raise ImportError('Parquet needs pyarrow: pip install "ratecard[bulk]"') from None

if TYPE_CHECKING:
    from collections.abc import Iterator


def parquet_rows(file: str | IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield each row as a dict by column, batch by batch. Raises OSError or ValueError for another file."""
    with ParquetFile(file) as opened:
        for batch in opened.iter_batches():
            yield from batch.to_pylist()
