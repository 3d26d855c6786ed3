"""Files that are written under another name and renamed, so that they are never half written."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: str | Path, *, append: bool = False) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of another one at the end of the block, unless the block raises.

    With `append`, it begins as a copy of the other one, with its last line completed. It keeps the mode of the other
    one, and the place of a link. Raises OSError if it cannot be written.
    """
    target = Path(path).resolve()
    handle, name = mkstemp(dir=target.parent, prefix=".ratecard-")
    try:
        with os.fdopen(handle, "w+b") as file:
            if append and target.exists():
                _copy(target, file)
            yield file
            file.flush()
            os.fsync(handle)
        Path(name).chmod(_mode(target))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)  # an interruption may come just after it was renamed
        raise


def _copy(source: Path, target: IO[bytes]) -> None:
    with source.open("rb") as old:
        shutil.copyfileobj(old, target)
    if target.tell():
        target.seek(-1, os.SEEK_END)
        if target.read() != b"\n":
            target.write(b"\n")


def _mode(path: Path) -> int:
    """Return the mode of a file; of a new one that which other new files get, not that of temporary ones."""
    if path.exists():
        return path.stat().st_mode
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def write_file(path: str | Path, text: str) -> None:
    """Write a whole text file. Raises OSError if it cannot be written."""
    with replacing(path) as file:
        file.write(text.encode())
