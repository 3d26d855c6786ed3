"""What is asked about the rows of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from ratecard._bulk.ledger import Ledger
from ratecard._relation.options import Terms, check_columns, option_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class DamagedFile(ValueError):
    """A file whose content cannot be read."""


@frozen
class Job:
    """What is asked about the rows of a file.

    Attributes:
        source: The file.
        terms: What its rows are priced with.
        model: The column with the models.
        columns: The column of each option that has a column of another name.
        requests: The column with whole requests, if there is one.
        instants: The column with the instant of each row, if there is one.
        by: The column whose values have totals of their own, if there is one.
    """

    source: Path
    terms: Terms
    model: str
    columns: Mapping[str, str | None]
    requests: str | None
    instants: str | None
    by: str | None

    def used(self, names: Sequence[str]) -> dict[str, str]:
        """Return the column of the model and of each option. Raises ValueError if a column is missing."""
        used = {"model": self.model, **option_columns(self.columns, names, self.terms)}
        priced = used.values() if self.requests is None else [self.requests]
        others = [name for name in (self.instants, self.by) if name is not None]
        check_columns(names, [*priced, *others], self.terms, owner=str(self.source))
        return used


@frozen
class Sink:
    """Where finished batches go.

    Attributes:
        done: How many batches were finished by an earlier run.
        kept: The file that their bytes were appended to.
        is_kept: Whether bytes are needed by a run that continues this one, if they are not the output.
        append: Writes the bytes of one more batch.
        commit: Records that it is finished; takes the share of the file that has been read.
        ledger: What is known about all rows so far.
    """

    done: int
    kept: Path
    is_kept: bool
    append: Callable[[bytes], object]
    commit: Callable[[float], None]
    ledger: Ledger


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the name of the file to errors of writing."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None
