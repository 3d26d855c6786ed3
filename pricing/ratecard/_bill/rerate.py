"""Stored quotes against today's tables: what would cost something else now, and the records that correct it.

Rule 1  A record is never edited. A correction is a pair of records, the reversal of the old quote and the new quote,
        and both name the entry that they correct by its number.
Rule 2  The records of corrections are read back, so the corrections of corrected records are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from attrs import define, frozen

from ratecard._bill.rows import BadRow, time_of
from ratecard._errors import NotPriced
from ratecard._money import usd_shown, usd_text
from ratecard._quote.envelope import StoredQuote
from ratecard._quote.partial import price
from ratecard._quote.price import try_quote, unwrap
from ratecard._quote.quote import Quote
from ratecard_rules import Displayed, InvalidRequest, catalog_at, counted, one_line, plain_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from ratecard_rules import Catalog, Display

Change: TypeAlias = Literal["unchanged", "corrected", "newly_priced", "no_longer_priced", "unreadable"]
"""What became of a record.

- `unchanged`: it costs the same.
- `corrected`: it costs something else.
- `newly_priced`: it is a request without a quote, and now has a price.
- `no_longer_priced`: it has no price now. Its quote stands.
- `unreadable`: it is not a stored quote, or its corrections do not fit it.
"""

CHANGES: tuple[Change, ...] = get_args(Change)


@frozen
class Rerated:
    """The comparison of one record.

    Attributes:
        entry: The number of the record, from 1.
        job_id: The ID of its job, if it has one.
        change: What became of it.
        old: Its quote, or the last correction of it; None if it has none.
        new: The quote now; None if there is none.
        says: Why there is no new quote.
    """

    entry: int
    job_id: str | None
    change: Change
    old: Quote | None = None
    new: Quote | None = None
    says: str = ""

    @property
    def difference_micros(self) -> int:
        """What a correction adds, in millionths of a US dollar."""
        return 0 if self.new is None else self.new.usd_micros - (self.old.usd_micros if self.old else 0)

    @property
    def model(self) -> str | None:
        """The slug of the model, if there is a quote."""
        return next((quote.model for quote in (self.new, self.old) if quote is not None), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain JSON data."""
        return {
            "entry": self.entry,
            "job_id": self.job_id,
            "change": self.change,
            "model": self.model,
            "old_usd_micros": self.old and self.old.usd_micros,
            "new_usd_micros": self.new and self.new.usd_micros,
            "difference_micros": self.difference_micros,
            "old_digest": self.old and _digest(self.old),
            "new_digest": self.new and _digest(self.new),
            "message": self.says or None,
        }

    def corrections(self) -> Iterator[dict[str, Any]]:
        """Yield the records that correct it, as plain JSON data: the reversal of the old quote, and the new quote."""
        if self.new is None or self.change == "unchanged":
            return
        of = {"entry": self.entry, "job_id": self.job_id}
        if self.old is not None:
            micros = -self.old.usd_micros
            amounts = {"usd_micros": micros, "usd": usd_text(micros)}
            yield {"type": "reversal", **of, **amounts, "reversed_digest": _digest(self.old)}
        yield {"type": "correction", **of, "quote": self.new.to_dict()}


def _digest(quote: Quote) -> str:
    digest: str = quote.to_dict()["digest"]
    return digest


@frozen
class Rerating(Displayed):
    """The result of `rerate`. It is falsy if there is nothing to correct.

    Attributes:
        rows: Every record that is not itself a correction, in order.
        catalog_digest: The digest of the catalogue that they were compared with.
    """

    rows: tuple[Rerated, ...]
    catalog_digest: str

    @property
    def counts(self) -> dict[Change, int]:
        """How often each change occurred, including zeros."""
        changes = [row.change for row in self.rows]
        return {change: changes.count(change) for change in CHANGES}

    @property
    def difference_micros(self) -> int:
        """The sum of what the corrections add, in millionths of a US dollar."""
        return sum(row.difference_micros for row in self.rows)

    def corrections(self) -> Iterator[dict[str, Any]]:
        """Yield the records to append to the stored ones, as plain JSON data."""
        for row in self.rows:
            yield from row.corrections()

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON data, without the records that are unchanged."""
        return {
            "catalog_digest": self.catalog_digest,
            "counts": self.counts,
            "difference_micros": self.difference_micros,
            "difference_usd": usd_text(self.difference_micros),
            "results": [row.to_dict() for row in self.rows if row.change != "unchanged"],
        }

    def display(self) -> Display:
        """Return what a notebook shows: the sum of the differences, and how often each change occurred."""
        from ratecard_rules import Display  # only texts need it

        rows = tuple((change, f"{count:,}") for change, count in self.counts.items() if count)
        title = f"{counted(len(self.rows), 'record')}, corrections of {usd_shown(self.difference_micros)}"
        return Display(title, ("change", "count"), rows)

    def __bool__(self) -> bool:
        return any(row.change in ("corrected", "newly_priced") for row in self.rows)

    def __str__(self) -> str:
        return self.display().to_text()


def rerate(records: Iterable[object], *, catalog: Catalog | None = None, at: date | None = None) -> Rerating:
    """Return what stored quotes cost now, or at an instant, or with another catalogue.

    A record is a `Quote`, its stored form or that of a `StoredQuote`, or a mapping with a `quote`, a `request` or both,
    and optionally a `job_id` and the `time` of the request, whose price applies instead of that of `at`. A
    `StoredQuote` has its own. Without its request, a quote is priced by its options, and those that came from a default
    have the default of the catalogue. Append what `corrections` yields to the records; they are then compared with the
    corrected quotes.

    `catalog` and `at` are as in `quote`. No record raises: what cannot be read is `unreadable`.

    >>> from ratecard import quote
    >>> quoted = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> print(rerate([quoted, quoted]))
    2 records, corrections of $0.00
      unchanged  2
    """
    tables = catalog_at(catalog, at)
    entries: dict[int, _Entry] = {}
    for number, record in enumerate(records, start=1):
        parts = plain_object(record) or {}
        if parts.get("type") in ("reversal", "correction"):
            _correct(entries, number, parts)
        else:
            entries[number] = _entry(record, parts)
    return Rerating(tuple(_rerated(number, entry, tables) for number, entry in entries.items()), tables.digest)


@define
class _Entry:
    """A record, with its corrections applied."""

    job_id: str | None = None
    request: Any = None
    time: datetime | None = None
    quote: Quote | None = None
    flaw: str = ""

    def put(self, stored: Any) -> None:
        """Set the quote that is in force."""
        try:
            kept = (
                StoredQuote(quote=stored, asked_at=None) if isinstance(stored, Quote) else StoredQuote.from_dict(stored)
            )
        except ValueError as error:
            self.flaw = one_line(str(error))
        else:
            self.quote, self.time = kept.quote, self.time or kept.asked_at


def _entry(record: object, parts: dict[str, Any]) -> _Entry:
    if isinstance(record, BadRow):
        return _Entry(flaw=record.what)
    job_id = parts.get("job_id")
    entry = _Entry(
        job_id if type(job_id) is str else None, parts.get("request"), time_of(parts.get("time", parts.get("asked_at")))
    )
    if parts.get("quote") is not None or "request" not in parts:
        entry.put(parts.get("quote", record))
    return entry


def _correct(entries: dict[int, _Entry], number: int, parts: dict[str, Any]) -> None:
    """Apply the record of a correction to the entry that it names."""
    named = parts.get("entry")
    entry = entries.get(named) if type(named) is int else None
    if entry is None:
        entries[number] = _Entry(flaw="the correction of an entry that does not exist")
    elif parts["type"] == "correction":
        entry.put(parts.get("quote"))
    elif entry.quote is None or parts.get("reversed_digest") != _digest(entry.quote):
        entry.flaw = f"record {number} reverses another quote than that in force"
    else:
        entry.quote = None


def _rerated(number: int, entry: _Entry, tables: Catalog) -> Rerated:
    old = entry.quote
    if entry.flaw:
        return Rerated(number, entry.job_id, "unreadable", says=entry.flaw)
    try:
        new = _quoted(entry, tables if entry.time is None else tables.at(entry.time))
    except (InvalidRequest, NotPriced) as error:
        change: Change = "unchanged" if old is None else "no_longer_priced"
        return Rerated(number, entry.job_id, change, old, says=error.message)
    change = "newly_priced" if old is None else "unchanged" if old.usd_micros == new.usd_micros else "corrected"
    return Rerated(number, entry.job_id, change, old, new)


def _quoted(entry: _Entry, tables: Catalog) -> Quote:
    """Return the quote of an entry now. Raises InvalidRequest or NotPriced if there is none."""
    if entry.request is not None or entry.quote is None:
        return unwrap(try_quote(entry.request, catalog=tables))
    factors = entry.quote.factors
    sent = {factor.field: factor.value for factor in factors if factor.origin == "given"}
    measured = {factor.field: factor.value for factor in factors if factor.origin == "measured"}
    new = price(entry.quote.model, sent, catalog=tables, measured=measured)
    if unknown := {factor.field for factor in new.factors} - {factor.field for factor in factors}:
        names = ", ".join(sorted(unknown))
        raise NotPriced("undetermined", f"the price now depends on {names}, which the stored quote does not have")
    return new
