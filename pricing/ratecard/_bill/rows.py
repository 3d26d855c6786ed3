"""The rows of both sides of a reconciliation: our quotes, and the charges of a bill.

Rule 1  A row that cannot be read says why. It is never left out, and never guessed.
Rule 2  Rows are read one at a time. What is kept of them is shared by all rows with the same quote.
"""

from __future__ import annotations

import marshal
from bisect import bisect_right
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import Factory, define, field, frozen

from ratecard._bill.decode import Basis, counts_of, object_of
from ratecard._errors import Declined
from ratecard._money import WIDEST_BITS, decimal_text
from ratecard._quote.document import parse
from ratecard._quote.price import try_quote
from ratecard._quote.quote import Quote
from ratecard._relation.options import Terms, answer_for
from ratecard_rules import one_line, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard_rules import Catalog

T = TypeVar("T")

_EXACT_FLOAT = 2**53
_MOST_KEPT = 10_000
_PRICED_PARTS = ("model", "usd_micros", "exact_micros", "base_micros", "factors", "revision")


@frozen
class BadRow:
    """Stands for a row that cannot be read, such as a line that is not JSON.

    Attributes:
        what: What is wrong.
        place: Where it is.
    """

    what: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.what} (at {self.place})" if self.place else self.what


class UnreadableRow(ValueError):
    """A part of a row cannot be read; the message says which and why."""


@frozen
class Charge:
    """A row of a bill.

    Attributes:
        job_id: The ID of the job; None if it cannot be read.
        micros: The charge in millionths of a US dollar; negative for a refund, None if it cannot be read.
        status: The status of the job, or None.
        time: The instant of the charge, or None.
        flaw: What cannot be read.
    """

    job_id: str | None
    micros: int | None = None
    status: str | None = None
    time: datetime | None = None
    flaw: str = ""


def charge_of(row: object) -> Charge:
    """Return a row of a bill. Whatever can be read of it is kept, so that no readable amount is lost."""
    if isinstance(row, BadRow):
        return Charge(None, flaw=str(row))
    if (parts := object_of(row)) is None:
        return Charge(None, flaw="expected an object with job_id and charged_micros")
    status = plain(parts.get("status"))
    flaws: list[str] = []
    return Charge(
        job_id=_tried(_job_id, parts.get("job_id"), flaws),
        micros=_tried(_micros, parts.get("charged_micros"), flaws),
        status=status.lower() if type(status) is str else None,
        time=time_of(parts.get("time")),
        flaw="; ".join(flaws),
    )


def _tried(read: Callable[[object], T], value: object, flaws: list[str]) -> T | None:
    """Return what a reader returns, or None and add what is wrong to `flaws`."""
    try:
        return read(value)
    except UnreadableRow as error:
        flaws.append(str(error))
        return None


def _job_id(value: object) -> str:
    text = plain(value)
    if type(text) is not str or not text.strip():
        raise UnreadableRow("no job_id" if value is None else "the job_id is not text")
    return text


def _micros(value: object) -> int:
    """Return a whole number, or the text of one. JSON and CSV may write it as 225000.0."""
    number = plain(value)
    if type(number) is str or type(number) is Decimal:
        text = decimal_text(number) if isinstance(number, Decimal) else str(number)
        whole, dot, places = text.partition(".")
        if whole.removeprefix("-").isdecimal() and text.isascii() and len(whole) <= WIDEST_BITS // 4:
            number = int(whole) if not dot or (places and not places.strip("0")) else number
    if type(number) is float and number.is_integer() and abs(number) <= _EXACT_FLOAT:
        number = int(number)
    if type(number) is not int or number.bit_length() > WIDEST_BITS:
        raise UnreadableRow("no charged_micros" if value is None else "the charged_micros are not a whole number")
    return number


def time_of(value: object) -> datetime | None:
    """Return an instant, or ISO 8601 text of one; None for anything else, and without an offset from UTC."""
    instant = plain(value)
    if type(instant) is str:
        try:
            instant = datetime.fromisoformat(instant)
        except ValueError:
            return None
    return instant if type(instant) is datetime and instant.utcoffset() is not None else None


@frozen
class Ours:
    """A row of our own records.

    Attributes:
        job_id: The ID of the job; None if it cannot be read.
        basis: What was quoted, or why that cannot be read.
        time: The instant of the submission, or None.
    """

    job_id: str | None
    basis: Basis | str
    time: datetime | None = None


@define
class OursReader:
    """Reads our own records: stored quotes, receipts and requests.

    Attributes:
        catalog: The tables that requests are priced with.
    """

    catalog: Catalog
    _terms: Terms = field(
        init=False, default=Factory(lambda self: Terms(self.catalog, (), by_row=True), takes_self=True)
    )
    _stored: dict[bytes, Basis] = field(init=False, factory=dict)
    _quoted: dict[tuple[int, Any], tuple[Quote, Basis]] = field(init=False, factory=dict)
    _shared: dict[Basis, Basis] = field(init=False, factory=dict)

    def read(self, row: object) -> Ours:
        """Return a row. Never raises."""
        if isinstance(row, BadRow):
            return Ours(None, str(row))
        if (parts := object_of(row)) is None:
            return Ours(None, "expected an object with job_id, and a quote, a receipt or a request")
        time = time_of(parts.get("time"))
        job_id: str | None = None
        try:
            if parts.get("job_id") is not None:
                job_id = _job_id(parts["job_id"])
            parts = {**parts, **{name: _parsed(name, parts[name]) for name in _JSON if type(parts.get(name)) is str}}
            job_id = job_id or _job_id(_receipt_part(parts.get("receipt"), "job_id"))
            return Ours(job_id, self._basis(parts, time), time)
        except UnreadableRow as error:
            return Ours(job_id, str(error), time)

    def _basis(self, parts: dict[str, Any], time: datetime | None) -> Basis:
        if parts.get("quote") is not None:
            return self._of_stored(parts["quote"])
        if parts.get("receipt") is not None:
            return self._of_stored(_receipt_part(parts["receipt"], "quoted"))
        if parts.get("request") is not None:
            request = parts["request"]
            answer = try_quote(request, catalog=self._tables(time))
            return self._of_answer(answer, counts_of(request) if isinstance(answer, Quote) else ())
        if parts.get("model") is None:
            raise UnreadableRow("no quote, receipt, request or model")
        return self._of_options(parts, time)

    def _of_options(self, parts: dict[str, Any], time: datetime | None) -> Basis:
        """Return the basis of a row with a column for each option, as in a data frame."""
        tables, slug = self._tables(time), plain(parts["model"])
        model = tables.get(slug) if type(slug) is str else None
        if model is None:
            raise UnreadableRow("the catalogue does not have this model")
        known = {**model.latest.fields, **model.latest.priced}
        given = ((name, plain(value)) for name, value in parts.items() if name in known)
        options = {name: value for name, value in given if value is not None and not (type(value) is str and not value)}
        answer = answer_for(slug, options, tables)
        if not isinstance(answer, Quote):
            raise UnreadableRow(f"the options have no price: {answer.code}")
        return self._of_answer(answer)

    def _tables(self, time: datetime | None) -> Catalog:
        """Return the tables at an instant, without making a view for each instant."""
        if time is None or not self._terms.changes:
            return self.catalog
        return self._terms.views[bisect_right(self._terms.changes, time)]

    def _of_answer(self, answer: Quote | Declined, counts: tuple[tuple[str, int], ...] = ()) -> Basis:
        if isinstance(answer, Declined):
            raise UnreadableRow(f"{answer.code}: {one_line(answer.message)}")
        key = (id(answer), counts)
        if key not in self._quoted:
            if len(self._quoted) == _MOST_KEPT:
                self._quoted.clear()
            self._quoted[key] = (answer, self._share(Basis.of_quote(answer, counts)))  # kept, so that its id is
        return self._quoted[key][1]

    def _of_stored(self, stored: object) -> Basis:
        """Return the basis of a stored quote. One with the same price is read only once, because that takes long."""
        if isinstance(stored, Quote):
            return self._of_answer(stored)
        if type(stored) is not dict:
            raise UnreadableRow("the quote is not an object")
        try:
            key = marshal.dumps([stored.get(part) for part in _PRICED_PARTS], 2)  # refuses all but built-in types
            if key not in self._stored:
                if len(self._stored) == _MOST_KEPT:
                    self._stored.clear()
                self._stored[key] = self._share(Basis.of_quote(Quote.from_dict(stored)))
        except ValueError as error:
            raise UnreadableRow(one_line(str(error))) from None
        return self._stored[key]

    def _share(self, basis: Basis) -> Basis:
        return self._shared.setdefault(basis, basis)


_JSON = ("quote", "receipt", "request")


def _parsed(name: str, text: str) -> Any:
    """Return the value of JSON in a cell of CSV or Parquet."""
    try:
        return parse(text) if text else None
    except ValueError as error:
        raise UnreadableRow(f"the {name} is not JSON: {one_line(str(error))}") from None


def _receipt_part(receipt: Any, name: str) -> Any:
    """Return a part of a `Receipt`, or of its JSON data."""
    return receipt.get(name) if type(receipt) is dict else getattr(receipt, name, None)
