"""The rows of both sides of a reconciliation: our quotes, and the charges of a bill.

Rule 1  A row that cannot be read says why. It is never left out, and never guessed.
Rule 2  Rows are read one at a time. What is kept of them is shared by all rows with the same quote.
"""

from __future__ import annotations

import marshal
import re
from bisect import bisect_right
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, field, frozen

from ratecard._bill.decode import Basis, counts_of, object_of
from ratecard._money import WIDEST_BITS, decimal_text
from ratecard._quote.document import parse
from ratecard._quote.price import try_quote
from ratecard._quote.quote import Quote
from ratecard._relation.options import Terms
from ratecard_rules import one_line, plain

if TYPE_CHECKING:
    from ratecard_rules import Catalog

_WHOLE = re.compile(r"(-?[0-9]{1,150})(\.0+)?").fullmatch
_PRICED_PARTS = ("model", "usd_micros", "exact_micros", "base_micros", "factors", "revision")

NO_JOB_ID = "the job_id is missing or not text"
_NO_CHARGE = "charged_micros is missing or not a whole number"


@frozen
class BadRow:
    """Stands for a row that cannot be read, such as a line that is not JSON.

    Attributes:
        what: What is wrong, and where.
    """

    what: str


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
        return Charge(None, flaw=row.what)
    if (parts := object_of(row)) is None:
        return Charge(None, flaw="expected an object with job_id and charged_micros")
    job_id, micros, status = _job_id(parts.get("job_id")), _micros(parts.get("charged_micros")), parts.get("status")
    flaws = (what for what, value in ((NO_JOB_ID, job_id), (_NO_CHARGE, micros)) if value is None)
    status = status.lower() if type(status) is str else None
    return Charge(job_id, micros, status, time_of(parts.get("time")), "; ".join(flaws))


def _job_id(value: object) -> str | None:
    text = plain(value)
    return text if type(text) is str and text.strip() else None


def _micros(value: object) -> int | None:
    """Return a whole number, or the text of one. JSON and CSV may write it as 225000.0."""
    number = plain(value)
    if type(number) is not int:
        whole = _WHOLE(decimal_text(number) if isinstance(number, Decimal) else str(number))
        number = int(whole[1]) if whole else None
    return number if number is not None and number.bit_length() <= WIDEST_BITS else None


def time_of(value: object) -> datetime | None:
    """Return an instant, or ISO 8601 text of one; None for anything else, and without an offset from UTC."""
    instant = plain(value)
    if type(instant) is str:
        try:
            instant = datetime.fromisoformat(instant)
        except ValueError:
            return None
    return instant if type(instant) is datetime and instant.utcoffset() is not None else None


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
    _shared: dict[Basis, Basis] = field(init=False, factory=dict)

    def read(self, row: object) -> tuple[str | None, Basis | str, datetime | None]:
        """Return the job of a row, what was quoted or why that cannot be read, and its time. Never raises."""
        if isinstance(row, BadRow):
            return None, row.what, None
        if (parts := object_of(row)) is None:
            return None, "expected an object with job_id, and a quote, a receipt or a request", None
        job_id, time = _job_id(parts.get("job_id")), time_of(parts.get("time"))
        try:
            quoted, receipt, request = (_parsed(name, parts.get(name)) for name in ("quote", "receipt", "request"))
            job_id = job_id or _job_id(_receipt_part(receipt, "job_id"))
            quoted = _receipt_part(receipt, "quoted") if quoted is None else quoted
            basis = self._of_request(request, time) if quoted is None else self._of_quote(quoted)
        except ValueError as error:
            return job_id, one_line(str(error)), time
        return job_id, self._shared.setdefault(basis, basis), time

    def _of_request(self, request: object, time: datetime | None) -> Basis:
        if request is None:
            raise ValueError("there is no quote, receipt or request")
        tables = self.catalog
        if time is not None and self._terms.changes:  # at an instant, without making a view for each
            tables = self._terms.views[bisect_right(self._terms.changes, time)]
        answer = try_quote(request, catalog=tables)
        if isinstance(answer, Quote):
            return Basis.of_quote(answer, counts_of(request))
        raise ValueError(f"{answer.code}: {answer.message}")

    def _of_quote(self, stored: object) -> Basis:
        """Return the basis of a quote. A stored one with the same price is read only once, because that takes long."""
        if isinstance(stored, Quote):
            return Basis.of_quote(stored)
        if type(stored) is dict and type(stored.get("quote")) is dict:  # that of a `StoredQuote`
            stored = stored["quote"]
        if type(stored) is not dict:
            raise ValueError("the quote is not an object")
        key = marshal.dumps([stored.get(part) for part in _PRICED_PARTS], 2)  # refuses all but built-in types
        if key not in self._stored:
            self._stored[key] = Basis.of_quote(Quote.from_dict(stored))
        return self._stored[key]


def _parsed(name: str, value: Any) -> Any:
    """Return the value of JSON in a cell of CSV or Parquet, or any other value as it is."""
    if type(value) is not str:
        return value
    try:
        return parse(value) if value else None
    except ValueError as error:
        raise ValueError(f"the {name} is not JSON: {error}") from None


def _receipt_part(receipt: Any, name: str) -> Any:
    """Return a part of a `Receipt`, or of its JSON data."""
    return receipt.get(name) if type(receipt) is dict else getattr(receipt, name, None)
