"""Prices of the rows of CSV and JSON Lines, without pyarrow.

Rule 1  A row is written as it was read, with the columns that are added.
Rule 2  Batches are bounded by their rows and by their bytes. Each is compressed on its own, so that an interrupted file
        can be continued after the last whole batch.
"""

from __future__ import annotations

import csv
import io
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, field, frozen

from ratecard._bulk.job import DamagedFile, Sink
from ratecard._bulk.requests import answer_to
from ratecard._bulk.streams import Compress, Lines
from ratecard._quote.document import parse, try_quote_json
from ratecard._quote.quote import Quote
from ratecard._relation.options import NO_INSTANT, Refusal
from ratecard_rules import instant_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ratecard._bulk.job import Job
    from ratecard._bulk.ledger import Ledger
    from ratecard._relation.options import Answer, Terms

T = TypeVar("T")

ROWS = 1 << 16
"""The highest number of rows in a batch."""

BYTES = 1 << 24
"""The number of bytes after which a batch ends."""


@frozen
class Stream:
    """A file that is priced line by line.

    Attributes:
        lines: Its lines.
        sink: Where the priced rows go.
        compress: Compresses a batch.
        share: Returns how much of the file has been read, from 0 to 1.
    """

    lines: Lines
    sink: Sink
    compress: Compress
    share: Callable[[], float]

    def write(self, rows: Iterable[T], render: Callable[[list[T]], bytes], *, head: bytes = b"") -> None:
        """Write rows in batches, after those that an earlier run has finished."""
        for number, batch in enumerate(self._batches(rows)):
            if number >= self.sink.done:
                content = render(batch) if number else head + render(batch)
                self.sink.append(self.compress(content))
                self.sink.ledger.rows += len(batch)
                self.sink.commit(self.share())

    def _batches(self, rows: Iterable[T]) -> Iterator[list[T]]:
        """Yield at least one batch. The last one may be empty."""
        batch: list[T] = []
        for row in rows:
            batch.append(row)
            if len(batch) == ROWS or self.lines.size >= BYTES:
                yield batch
                batch, self.lines.size = [], 0
        yield batch


@define
class _Recorder:
    """Records answers. Most rows share few quotes, which are counted together, and whose text is kept."""

    ledger: Ledger
    text: Callable[[tuple[object, ...]], Any]
    _quotes: dict[int, tuple[Answer, Any]] = field(factory=dict)
    _counts: Counter[tuple[str | None, int]] = field(factory=Counter)

    def added(self, key: str | None, row: int, answer: Answer) -> Any:
        """Record the answer to a row, and return what is added to it."""
        if not isinstance(answer, Quote):
            self.ledger.count(key, answer)
            self.ledger.reject(row, answer)
            return self.text(self.ledger.terms.outcome(answer))
        self._counts[key, id(answer)] += 1
        if id(answer) not in self._quotes:  # which keep the answer, so that no other one gets its id
            self._quotes[id(answer)] = answer, self.text(self.ledger.terms.outcome(answer))
        return self._quotes[id(answer)][1]

    def finish(self) -> None:
        """Count the quotes of a batch."""
        for (key, number), count in self._counts.items():
            self.ledger.count(key, self._quotes[number][0], count)
        self._counts.clear()
        self._quotes.clear()


def _era_of(text: object, terms: Terms, column: str) -> int | Refusal:
    """Return how many changes of prices are at or before an instant or a date in ISO 8601."""
    try:
        return bisect_right(terms.changes, _instant(str(text)))
    except ValueError:
        message = f"{column!r} is {text!r:.80}: expected an instant with a time zone, or a date"
        return Refusal(NO_INSTANT, NO_INSTANT, message)


def _instant(text: str) -> datetime:
    try:
        return instant_of(date.fromisoformat(text))
    except ValueError:
        return instant_of(datetime.fromisoformat(text))


# CSV


def rate_csv(job: Job, stream: Stream) -> None:
    """Write the rows of CSV. Raises ValueError if it is malformed or a column is missing."""
    rows = _cells(stream.lines)
    header = next(rows, None)
    if header is None:
        raise DamagedFile(f"{job.source} is empty: the first line of CSV has the names of the columns")
    numbered = enumerate(_as_wide(rows, header, stream.lines), start=1)
    head = _csv_text([[*header, *job.terms.outputs]])
    stream.write(numbered, _CsvRows(job, header, stream.sink.ledger).render, head=head)


def _cells(lines: Lines) -> Iterator[list[str]]:
    """Yield the cells of each line that is not blank."""
    try:
        yield from filter(None, csv.reader(lines.texts(), strict=True))
    except csv.Error as error:
        raise DamagedFile(f"{lines.path}, line {lines.number}: {error}") from None


def _as_wide(rows: Iterable[list[str]], header: Sequence[str], lines: Lines) -> Iterator[list[str]]:
    for cells in rows:
        if len(cells) != len(header):
            expected = f"expected {len(header)} cells, as in the header, got {len(cells)}"
            raise DamagedFile(f"{lines.path}, line {lines.number}: {expected}")
        yield cells


def _csv_text(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


class _CsvRows:
    """The rows of a CSV file, with the places of their columns. An empty cell is null."""

    def __init__(self, job: Job, header: Sequence[str], ledger: Ledger) -> None:
        used = job.used(header)
        self._job = job
        self._names = [*used][1:]
        self._options = [header.index(column) for column in used.values()] if job.requests is None else []
        self._at, self._by, self._request = (
            None if column is None else header.index(column) for column in (job.instants, job.by, job.requests)
        )
        self._answers: dict[tuple[object, ...], Answer] = {}
        self._recorder = _Recorder(ledger, list)

    def render(self, batch: list[tuple[int, list[str]]]) -> bytes:
        """Return the lines of some rows."""
        content = _csv_text(cells + self._added(number, cells) for number, cells in batch)
        self._recorder.finish()
        return content

    def _added(self, number: int, cells: list[str]) -> list[object]:
        key = None if self._by is None else cells[self._by] or None
        added: list[object] = self._recorder.added(key, number, self._answer(cells))
        return added

    def _answer(self, cells: list[str]) -> Answer:
        era: int | Refusal | None = 0
        if self._at is not None:
            text = cells[self._at]
            era = _era_of(text, self._job.terms, str(self._job.instants)) if text else None
        if isinstance(era, Refusal):
            return era
        if self._request is not None:
            return answer_to(cells[self._request], era, self._job.terms)
        slug, *texts = [cells[place] or None for place in self._options]
        key = era, slug, *texts
        if key not in self._answers:
            if len(self._answers) == ROWS:
                self._answers.clear()
            options = {name: text for name, text in zip(self._names, texts, strict=True) if text is not None}
            self._answers[key] = self._job.terms.answer(slug, options, era)
        return self._answers[key]


# JSON Lines


def rate_json_lines(job: Job, stream: Stream) -> None:
    """Write the objects of JSON Lines. Raises ValueError if one has a key that would be added."""
    rows = ((stream.lines.number, line) for line in map(bytes.strip, stream.lines) if line)
    stream.write(rows, _JsonRows(job, stream.sink.ledger).render)


class _JsonRows:
    """The objects of JSON Lines: whole requests, or objects with a request under a key."""

    def __init__(self, job: Job, ledger: Ledger) -> None:
        self._job = job
        self._is_request = job.requests is None and job.instants is None and job.by is None
        self._quoted = [json.dumps(name).encode() for name in job.terms.outputs]
        self._recorder = _Recorder(ledger, self._text)

    def _text(self, outcome: tuple[object, ...]) -> bytes:
        return json.dumps(dict(zip(self._job.terms.outputs, outcome, strict=True))).encode()[1:] + b"\n"

    def render(self, batch: list[tuple[int, bytes]]) -> bytes:
        """Return the lines of some objects."""
        content = b"".join(self._line(number, line) for number, line in batch)
        self._recorder.finish()
        return content

    def _line(self, number: int, line: bytes) -> bytes:
        self._check_keys(number, line)
        key, is_object = None, line.startswith(b"{")
        try:
            if self._is_request:
                answer: Answer = try_quote_json(line, catalog=self._job.terms.catalog)
            else:
                key, answer = self._parsed(line)
        except ValueError as error:
            answer, is_object = Refusal("invalid_request", "bad_json", str(error)), False
        added: bytes = self._recorder.added(key, number, answer)
        if not is_object:
            return b"{" + added
        before = line[:-1].rstrip()
        return before + (added if before == b"{" else b", " + added)

    def _parsed(self, line: bytes) -> tuple[str | None, Answer]:
        """Return the group of a line and the answer to its request. Raises ValueError if it is not JSON."""
        value = parse(line)
        row = value if isinstance(value, dict) else {}
        key = None if self._job.by is None else row.get(self._job.by)
        return key if isinstance(key, str | None) else json.dumps(key), self._answer(value, row)

    def _answer(self, value: object, row: dict[str, Any]) -> Answer:
        era: int | Refusal | None = 0
        if self._job.instants is not None:
            text = row.get(self._job.instants)
            era = None if text is None else _era_of(text, self._job.terms, self._job.instants)
        if isinstance(era, Refusal):
            return era
        if self._job.requests is None:
            return answer_to(value, era, self._job.terms)
        if self._job.requests not in row:
            return Refusal("invalid_request", "missing_field", f"there is no {self._job.requests!r}")
        return answer_to(row[self._job.requests], era, self._job.terms)

    def _check_keys(self, number: int, line: bytes) -> None:
        """Raise ValueError if a line has a key that would be added."""
        if any(map(line.__contains__, self._quoted)):
            try:
                value = parse(line)
            except ValueError:
                return
            if taken := [name for name in self._job.terms.outputs if isinstance(value, dict) and name in value]:
                where = f"{self._job.source}, line {number}"
                raise ValueError(f"{where}: there is a key {taken[0]!r} already; rename or remove it")
