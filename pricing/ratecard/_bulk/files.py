"""Prices of all rows of a file.

Rule 1  The output has its name only when it is complete. An error or an interruption leaves no file behind, or with
        `resume` what the next run needs in order to continue.
Rule 2  A run that continues another one writes the same bytes as a run that was not interrupted.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack, closing, contextmanager, suppress
from errno import EAGAIN
from importlib.metadata import version
from os import fsync
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from attrs import frozen

from ratecard._bulk.job import Job, Sink, naming
from ratecard._bulk.ledger import Ledger
from ratecard._bulk.lines import Stream, rate_csv, rate_json_lines
from ratecard._bulk.streams import Lines, compressor, opened
from ratecard._relation.options import Terms
from ratecard._replace import write_file
from ratecard_rules import catalog_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date
    from os import PathLike

    from ratecard._sale.adjust import Adjustment
    from ratecard._sale.batch import Summary
    from ratecard_rules import Catalog

_FORMATS = {".parquet": "Parquet", ".csv": "CSV", ".jsonl": "JSON Lines", ".ndjson": "JSON Lines"}
_COMPRESSIONS = (".gz", ".zst")


def rate_file(
    source: str | PathLike[str],
    target: str | PathLike[str],
    *,
    model: str = "model",
    columns: Mapping[str, str | None] | None = None,
    requests: str | None = None,
    at: date | str | None = None,
    catalog: Catalog | None = None,
    adjustments: Iterable[Adjustment] = (),
    by: str | None = None,
    rejects: str | PathLike[str] | None = None,
    resume: bool = False,
    progress: Callable[[int, float], None] | None = None,
) -> Summary:
    """Write a file with the price of each row of another one, and return the exact totals.

    The columns `usd_micros` and `declined` are added, as in `ratecard.frames.price`; the order is kept. Files are
    Parquet, CSV (an empty cell is null) or JSON Lines (each line is a whole request, judged as by `try_quote`), by
    their suffixes `.parquet`, `.csv`, `.jsonl` and `.ndjson`; `.gz` or `.zst` may follow those of text. The memory
    does not grow with the file. Parquet and zst need the extra `bulk`.

    Args:
        source: The file to read.
        target: The file to write, of the same format. It is replaced when everything has been written.
        model: The column with the models, in Parquet and CSV.
        columns: The column of each option that has a column of another name, in Parquet and CSV; None for an option
            whose column is not to be used.
        requests: The column with whole requests, as JSON or, in Parquet, structs; in JSON Lines the key of the request.
        at: The instant whose prices apply, or the name of a column with one for each row.
        catalog: The tables; the bundled ones by default.
        adjustments: The steps to the sale price, which is added as `sale_usd_micros`.
        by: A column; each of its values has a group in the totals.
        rejects: A file of JSON Lines for the rows without a price, which has the `row` (from 1; in JSON Lines the
            line), `code`, `pointer` and `message` of every problem.
        resume: Continue after what an interrupted run with the same arguments has finished, and keep what is finished
            if this run is interrupted. It is kept beside the target, with the suffixes `.partial` and `.resume`.
        progress: Is called with the number of rows so far, and with the share of the file, from 0 to 1.

    Raises ValueError for a file that is malformed or damaged, a missing column, an unknown suffix, and a run that
    cannot be continued because the file, the prices or the arguments have changed; TypeError for a column whose type
    cannot hold options; ImportError without the extra; OSError if a file cannot be read or written.

    >>> from tempfile import TemporaryDirectory
    >>> row = {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}
    >>> with TemporaryDirectory() as folder:
    ...     source, target = Path(folder, "requests.jsonl"), Path(folder, "priced.jsonl")
    ...     _ = source.write_text(json.dumps(row))
    ...     totals = rate_file(source, target)
    ...     priced = json.loads(target.read_text())
    >>> totals.cost_usd, priced["usd_micros"], priced["declined"]
    (Decimal('0.25'), 250000, None)
    """
    instant, instants = (None, at) if isinstance(at, str) else (at, None)
    terms = Terms(catalog_at(catalog, instant), tuple(adjustments), by_row=instants is not None)
    job = Job(Path(source), terms, model, columns or {}, requests, instants, by)
    form, compression = _format_of(job.source)
    work = _Work(Path(target), None if rejects is None else Path(rejects), form, Ledger(terms, rejects is not None))
    _check(job, work, form)
    with job.source.open("rb") as raw, work.sink(_identity(job) if resume else None, progress) as sink:
        if form == "Parquet":
            _parquet(job, work, sink)
        else:
            size = max(job.source.stat().st_size, 1)
            with opened(raw, compression) as content:
                compress = compressor(_format_of(work.target)[1])
                stream = Stream(Lines(job.source, content), sink, compress, lambda: raw.tell() / size)
                (rate_csv if form == "CSV" else rate_json_lines)(job, stream)
    return work.ledger.summary(grouped=by is not None)


def _format_of(path: Path) -> tuple[str, str]:
    """Return the format of a file and the suffix of its compression. Raises ValueError for another suffix."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    compression = suffixes.pop() if suffixes and suffixes[-1] in _COMPRESSIONS else ""
    form = _FORMATS.get(suffixes[-1]) if suffixes else None
    if form is None or (compression and form == "Parquet"):
        known = f"{', '.join(_FORMATS)}; after those of text, {' or '.join(_COMPRESSIONS)} may follow"
        raise ValueError(f"the suffix of {str(path)!r} says no known format: {known}")
    return form, compression


def _check(job: Job, work: _Work, form: str) -> None:
    """Raise ValueError for files and options that do not fit together."""
    if (other := _format_of(work.target)[0]) != form:
        raise ValueError(f"{job.source} is {form} and {work.target} is {other}: both must have the same format")
    if work.rejects is not None and _format_of(work.rejects)[0] != "JSON Lines":
        raise ValueError(f"rejects are JSON Lines: {work.rejects} must end in .jsonl")
    files = [path.resolve() for path in (job.source, work.target, work.rejects) if path is not None]
    if len(set(files)) < len(files):
        raise ValueError("the files to read and to write must be different files")
    if form == "JSON Lines":
        if job.columns:
            raise ValueError("JSON Lines hold whole requests, so their options have no columns")
        if job.instants is not None and job.requests is None:
            raise ValueError("a request has no instant: name the key with the request, and that with its instant")


def _identity(job: Job) -> dict[str, Any]:
    """Return what must be the same in a run that continues another one, by its name."""
    found = job.source.stat()
    catalog = job.terms.catalog
    dated = [] if job.terms.by_row else [[one.slug, one.latest.effective, catalog.unavailable(one)] for one in catalog]
    options = [job.model, dict(job.columns), job.requests, job.instants, job.by, job.terms.adjustments]
    return {
        "version of ratecard": version("ratecard"),
        "input": [str(job.source.resolve()), found.st_size, found.st_mtime_ns],
        "catalogue": [catalog.digest, repr([one for one in dated if any(one[1:])])],
        "options": repr(options),
    }


def _parquet(job: Job, work: _Work, sink: Sink) -> None:
    try:
        from ratecard._bulk.parquet import rate_parquet
    except ImportError:
        raise ImportError('Parquet needs narwhals, numpy and pyarrow: pip install "ratecard[bulk]"') from None
    rate_parquet(job, work.partial, sink)


@frozen
class _Work:
    """The files that a run writes.

    Attributes:
        target: The priced rows.
        rejects: The reasons of the rows without a price, if they are written.
        form: The format of the rows.
        ledger: What is known about all rows so far.
    """

    target: Path
    rejects: Path | None
    form: str
    ledger: Ledger

    @property
    def partial(self) -> Path:
        """The priced rows so far."""
        return _beside(self.target, ".partial")

    @property
    def _kept(self) -> Path:
        """What is appended to: the rows, or the answers of Parquet, which cannot be appended to."""
        return _beside(self.target, ".answers") if self.form == "Parquet" else self.partial

    @property
    def _state(self) -> Path:
        return _beside(self.target, ".resume")

    @property
    def _appended(self) -> list[Path]:
        return [self._kept, *([] if self.rejects is None else [_beside(self.rejects, ".partial")])]

    @contextmanager
    def sink(self, identity: dict[str, Any] | None, progress: Callable[[int, float], None] | None) -> Iterator[Sink]:
        """Open the files. Rename them in the end, or remove them, or keep them for the run that continues this one.

        Without an `identity`, nothing is kept.
        """
        with naming(self.target), _locked(_beside(self.target, ".lock")):
            yield from self._open(identity, progress)

    def _open(self, identity: dict[str, Any] | None, progress: Callable[[int, float], None] | None) -> Iterator[Sink]:
        try:
            with ExitStack() as stack:
                state = {} if identity is None else self._earlier(identity)
                files = [stack.enter_context(_continued(path, size)) for path, size in self._sizes(state)]
                if state:
                    self.ledger.restore(state["ledger"])
                yield self._sink(files, state.get("batches", 0), identity, progress)
                stack.close()
                self._finish()
        except BaseException:
            if identity is None or not self._state.exists():
                self._remove(self.partial, *self._appended)
            elif self.form == "Parquet":
                self._remove(self.partial)
            raise

    def _sizes(self, state: dict[str, Any]) -> list[tuple[Path, int]]:
        return [*zip(self._appended, state.get("sizes", [0] * len(self._appended)), strict=True)]

    def _earlier(self, identity: dict[str, Any]) -> dict[str, Any]:
        """Return the state of an earlier run, if there is one. Raises ValueError if that run was a different one."""
        try:
            state: dict[str, Any] = json.loads(self._state.read_bytes())
        except FileNotFoundError:
            return {}
        if changed := [name for name in identity if state["identity"].get(name) != identity[name]]:
            raise ValueError(
                f"cannot continue: the {' and the '.join(changed)} changed since the interrupted run; "
                f"remove {self._state} to start again"
            )
        found = [path.is_file() and path.stat().st_size >= size for path, size in self._sizes(state)]
        return state if all(found) else {}

    def _sink(
        self,
        files: list[IO[bytes]],
        done: int,
        identity: dict[str, Any] | None,
        progress: Callable[[int, float], None] | None,
    ) -> Sink:
        compress = bytes if self.rejects is None else compressor(_format_of(self.rejects)[1])
        batches = done

        def commit(share: float) -> None:
            nonlocal batches
            batches += 1
            for file in files[1:]:
                file.write(compress("".join(self.ledger.rejects).encode()))
            self.ledger.rejects.clear()
            if identity is not None:
                for file in files:
                    file.flush()
                    fsync(file.fileno())
                sizes = [file.tell() for file in files]
                state = {"identity": identity, "batches": batches, "sizes": sizes, "ledger": self.ledger.state()}
                write_file(self._state, json.dumps(state))
            if progress is not None:
                progress(self.ledger.rows, share)

        return Sink(done, self._kept, identity is not None, files[0].write, commit, self.ledger)

    def _finish(self) -> None:
        if self.rejects is not None:
            self._appended[1].replace(self.rejects)
        self.partial.replace(self.target)
        self._remove(self._kept, self._state)

    @staticmethod
    def _remove(*paths: Path) -> None:
        for path in paths:
            path.unlink(missing_ok=True)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process at the latest. Raises BlockingIOError if another run holds it.

    SQLite locks files on every system. If it cannot lock this one, the files to write cannot be written either, or are
    on a system without locks.
    """
    with ExitStack() as stack:
        try:
            database = stack.enter_context(closing(sqlite3.connect(path, timeout=0)))
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise BlockingIOError(EAGAIN, "another run is writing it") from None
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()


@contextmanager
def _continued(path: Path, size: int) -> Iterator[IO[bytes]]:
    """Open a file to append to its first bytes."""
    with path.open("r+b" if size else "wb") as file:
        file.truncate(size)
        file.seek(size)
        yield file
