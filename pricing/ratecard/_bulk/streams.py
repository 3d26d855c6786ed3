"""Lines of files that may be compressed. Only zst needs pyarrow."""

from __future__ import annotations

import gzip
import io
import zlib
from codecs import BOM_UTF8
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from attrs import define

from ratecard._bulk.job import DamagedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Compress: TypeAlias = "Callable[[bytes], bytes]"

LONGEST = 1 << 25
"""The longest line in bytes."""


@define
class Lines:
    """The lines of a file.

    Attributes:
        path: Its name.
        number: The number of the line that was read last, from 1.
        size: How many bytes have been read since this was set to 0.
    """

    path: Path
    _stream: BinaryIO
    number: int = 0
    size: int = 0

    def __iter__(self) -> Iterator[bytes]:
        while line := self._read():
            self.number += 1
            self.size += len(line)
            if len(line) > LONGEST:
                raise DamagedFile(f"{self.path}, line {self.number}: longer than {LONGEST:,} bytes")
            yield line.removeprefix(BOM_UTF8) if self.number == 1 else line

    def _read(self) -> bytes:
        try:
            return self._stream.readline(LONGEST + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise DamagedFile(f"{self.path} cannot be read, or is damaged: {error}") from None

    def texts(self) -> Iterator[str]:
        """Yield the lines as text. Raises ValueError if a line is not UTF-8."""
        for line in self:
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                byte = line[error.start]
                raise DamagedFile(f"{self.path}, line {self.number}: byte 0x{byte:02x} is not UTF-8 text") from None


@contextmanager
def opened(raw: BinaryIO, compression: str) -> Iterator[BinaryIO]:
    """Open the decompressed content of a file. Raises ImportError for zst without pyarrow."""
    if compression == ".gz":
        with gzip.GzipFile(fileobj=raw) as stream:
            yield stream  # type: ignore[misc]  # it is a binary stream
    elif compression == ".zst":
        pa = _pyarrow()
        with io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")) as stream:
            yield stream
    else:
        yield raw


def compressor(compression: str) -> Compress:
    """Return the function that compresses a batch. Raises ImportError for zst without pyarrow."""
    if compression == ".gz":
        return lambda content: gzip.compress(content, mtime=0)
    if compression == ".zst":
        codec = _pyarrow().Codec("zstd")
        return lambda content: bytes(codec.compress(content, asbytes=True))
    return bytes


def _pyarrow() -> Any:
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        raise ImportError('files that end in .zst need pyarrow: pip install "ratecard[bulk]"') from None
    return pa
