"""A spending limit that many processes share: money is held before it is spent, and then settled or released.

Rule 1  One transaction decides. Held and settled amounts together exceed the limit only where a charge was larger than
        its hold: then the true charge is recorded, and nothing more is held until the limit has room again.
Rule 2  A hold ends once: it is settled or released. Doing the same again changes nothing; doing the other is an error.
Rule 3  A hold that was sent stays until its outcome is known, whatever happens to the process that sent it.
Rule 4  The file alone is the truth. Each transaction opens and closes its own connection, so a ledger may be shared by
        threads and survives a fork. SQLite's rollback journal makes each transaction whole and durable, also if the
        process is killed or the power fails. A write-ahead log would be written back whenever the last connection
        closes, and until then the truth would be spread over two files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from attrs import evolve, field, frozen

from ratecard._money import usd_shown, whole_usd_micros
from ratecard._quote.price import unwrap
from ratecard_rules import RatecardError, instant_of, literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal
    from os import PathLike

    from ratecard._errors import Declined
    from ratecard._quote.quote import Quote

HoldState: TypeAlias = Literal["held", "sent", "settled", "released"]
"""Where a hold is: only held, sent with an unknown outcome, or ended in one of two ways."""

MAX_MICROS = 10**15
"""The largest amount of a ledger: a billion dollars. Sums of such amounts fit into SQLite's integers."""

_utc_now = partial(datetime.now, UTC)

_APPLICATION = 0x52434C47
"""Marks the file as a ledger in its header."""

_FORMAT = 1
_BUSY_SECONDS = 30.0
_SCHEMA = f"""
CREATE TABLE balance (limit_micros INTEGER NOT NULL, held_micros INTEGER NOT NULL, settled_micros INTEGER NOT NULL);
CREATE TABLE holds (
    key TEXT NOT NULL PRIMARY KEY, quote_digest TEXT NOT NULL, model TEXT NOT NULL, held_micros INTEGER NOT NULL,
    created TEXT NOT NULL, state TEXT NOT NULL, charged_micros INTEGER, job_id TEXT
);
CREATE INDEX open_holds ON holds (created) WHERE state IN ('held', 'sent');
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_FORMAT};
"""


class Charged(Protocol):
    """A receipt: a job and its charge."""

    @property
    def job_id(self) -> str:
        """The ID of the job."""

    @property
    def charged_micros(self) -> int:
        """What was charged, in millionths of a US dollar."""


class LedgerError(RatecardError, ValueError):
    """A ledger cannot be used, or not in this way: another limit, another quote for a key, a hold that has ended."""


class OverLimit(RatecardError, ValueError):
    """A quote does not fit into the limit, so nothing was held.

    Attributes:
        quote: The quote.
        balance: The balance of the ledger when it decided.
    """

    def __init__(self, quote: Quote, balance: Balance) -> None:
        super().__init__(quote, balance)
        self.quote = quote
        self.balance = balance

    def __str__(self) -> str:
        return f"{self.quote.model} costs {usd_shown(self.quote.usd_micros)}, but of {self.balance}"


@frozen
class Balance:
    """The amounts of a ledger at one moment, in millionths of a US dollar.

    Attributes:
        limit_micros: The limit.
        held_micros: The sum of the holds that have not ended.
        settled_micros: The sum of the charges.
    """

    limit_micros: int
    held_micros: int
    settled_micros: int

    @property
    def available_micros(self) -> int:
        """What may still be held. It is negative where charges were larger than their holds."""
        return self.limit_micros - self.held_micros - self.settled_micros

    def __str__(self) -> str:
        limit, available = usd_shown(self.limit_micros), usd_shown(self.available_micros)
        held, settled = usd_shown(self.held_micros), usd_shown(self.settled_micros)
        return f"the limit of {limit}, {available} is available ({held} held, {settled} settled)"


@frozen(kw_only=True)
class Hold:
    """An amount that is held for one purchase, as it was when it was read.

    Attributes:
        key: The caller's name for the purchase.
        model: The slug of the model.
        quote_digest: The digest of the stored form of the quote.
        held_micros: The quoted price, in millionths of a US dollar.
        created: When it was held.
        state: `held`, `sent` (charged or not: that is not known), `settled` or `released`.
        charged_micros: What was charged; None unless it is settled.
        job_id: The ID of the job, if it is known.
    """

    key: str
    model: str
    quote_digest: str
    held_micros: int
    created: datetime
    state: HoldState = "held"
    charged_micros: int | None = None
    job_id: str | None = None
    _change: Callable[[Hold, HoldState, int | None, str | None], Hold] = field(repr=False, eq=False)

    @property
    def is_open(self) -> bool:
        """Whether the amount still counts as held."""
        return self.state in ("held", "sent")

    @property
    def drift_micros(self) -> int:
        """The charge minus the amount that was held; 0 unless it is settled."""
        return 0 if self.charged_micros is None else self.charged_micros - self.held_micros

    def mark_sent(self) -> Hold:
        """Note that the request is about to be sent, so that the hold stays until its outcome is known.

        Raises LedgerError unless the hold is only held: the same purchase cannot be sent twice.
        """
        return self._change(self, "sent", None, None)

    def settle(self, charged: int | Charged) -> Hold:
        """Record the charge, which ends the hold: whole micros, or a receipt with `charged_micros` and `job_id`.

        A charge larger than the hold is recorded as it is, even above the limit; see `drift_micros`. Raises LedgerError
        if the hold was released, or settled at another charge; TypeError or ValueError for a charge that is not one.
        """
        job_id = getattr(charged, "job_id", None)
        micros = _micros("the charge", getattr(charged, "charged_micros", charged))
        return self._change(self, "settled", micros, job_id)

    def release(self) -> Hold:
        """End the hold without a charge. Raises LedgerError if it was settled."""
        return self._change(self, "released", None, None)


class Ledger:
    """A spending limit in an SQLite file, which many processes share.

    The first one creates the file with a limit, which is stored. `limit_usd` may be left out for a file that exists; if
    given, it must be the stored limit. It is an int, a Decimal or plain decimal text, never a float.

    Raises LedgerError for another limit, and for a file that is not a ledger or cannot be used; TypeError or ValueError
    for a limit that is not an amount.

    >>> import tempfile, ratecard
    >>> folder = tempfile.TemporaryDirectory()
    >>> ledger = Ledger(f"{folder.name}/spend.db", limit_usd="0.60")
    >>> quote = ratecard.quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> hold = ledger.hold(quote, key="order 17")
    >>> hold.settle(250_000).state
    'settled'
    >>> ledger.hold(quote, key="order 18").release().state
    'released'
    >>> print(ledger.balance())
    the limit of $0.60, $0.35 is available ($0.00 held, $0.25 settled)
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        limit_usd: int | Decimal | str | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.path = Path(path)
        self._now = now
        limit = None if limit_usd is None else _limit_micros(limit_usd)
        if limit is not None:
            self._create(limit)
        stored = self.balance().limit_micros
        if limit not in (None, stored):
            raise LedgerError(
                f"the limit of {self.path} is {usd_shown(stored)}, not {usd_shown(limit or 0)}: "
                "leave out limit_usd to use it, or raise it with raise_limit"
            )

    def hold(self, quote: Quote | Declined, *, key: str) -> Hold:
        """Hold the price of a quote, and return the hold. `key` names the purchase.

        The same key and quote return the same hold, in whatever state it is. Raises OverLimit if the price does not fit
        into the limit, LedgerError for a key that has another quote, and InvalidRequest or NotPriced for a request
        without a price.
        """
        quoted = unwrap(quote)
        if type(key) is not str or not key.strip():
            raise ValueError("the key of a hold must be text that is not empty")
        amount = _micros("the price", quoted.usd_micros)
        digest: str = quoted.to_dict()["digest"]
        with self._transaction() as database:
            known = self._find(database, key)
            if known is not None:
                if known.quote_digest != digest:
                    raise LedgerError(f"the key {literal(key)} is taken by another quote, of {known.model}")
                return known
            balance = _balance(database)
            if amount > balance.available_micros:
                raise OverLimit(quoted, balance)
            hold = Hold(
                key=key,
                model=quoted.model,
                quote_digest=digest,
                held_micros=amount,
                created=self._now().astimezone(UTC),
                change=self._change,
            )
            row = (key, digest, hold.model, amount, _stamp(hold.created), hold.state)
            database.execute("INSERT INTO holds VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)", row)
            _add(database, held=amount)
        return hold

    def get(self, key: str) -> Hold | None:
        """Return the hold with this key as it is now, or None."""
        with self._transaction("BEGIN") as database:
            return self._find(database, key)

    def open_holds(self) -> list[Hold]:
        """Return the holds that have not ended, oldest first."""
        with self._transaction("BEGIN") as database:
            return self._open(database)

    def expire(self, at: datetime) -> list[Hold]:
        """Release the holds that were made before an instant and never sent, and return them.

        A hold that was sent stays, because it may have been charged.
        """
        before = _stamp(instant_of(at))
        with self._transaction() as database:
            old = [hold for hold in self._open(database) if hold.state == "held" and _stamp(hold.created) < before]
            return [self._end(database, hold, "released") for hold in old]

    def balance(self) -> Balance:
        """Return the limit and what is held and settled, read at one moment."""
        with self._transaction("BEGIN") as database:
            return _balance(database)

    def raise_limit(self, limit_usd: int | Decimal | str) -> Balance:
        """Raise the limit for all processes, and return the balance. Raises LedgerError for a lower limit."""
        limit = _limit_micros(limit_usd)
        with self._transaction() as database:
            stored = _balance(database).limit_micros
            if limit < stored:
                raise LedgerError(f"the limit of {self.path} is {usd_shown(stored)}; it can only be raised")
            database.execute("UPDATE balance SET limit_micros = ?", (limit,))
            return _balance(database)

    def __repr__(self) -> str:
        return f"<Ledger {self.path}>"

    # The file

    def _create(self, limit: int) -> None:
        """Create the file, or leave it as it is. Several processes may try at once."""
        with self._connection("rwc") as database:
            database.execute("BEGIN IMMEDIATE")
            if database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                for statement in _SCHEMA.split(";"):
                    database.execute(statement)
                database.execute("INSERT INTO balance VALUES (?, 0, 0)", (limit,))
            database.execute("COMMIT")

    @contextmanager
    def _connection(self, mode: str) -> Iterator[sqlite3.Connection]:
        """Yield a connection of its own to the file. Whatever it did not commit is undone."""
        try:
            address = f"{self.path.absolute().as_uri()}?mode={mode}"
            database = sqlite3.connect(address, timeout=_BUSY_SECONDS, isolation_level=None, uri=True)
            with closing(database):
                database.execute("PRAGMA synchronous = FULL")
                yield database
        except sqlite3.Error as error:
            hint = "; give a limit to create it" if mode == "rw" and not self.path.exists() else ""
            raise LedgerError(f"{self.path} cannot be used as a ledger: {error}{hint}") from error

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        with self._connection("rw") as database:
            database.execute(begin)
            marks = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
            if marks != [_APPLICATION, _FORMAT]:
                raise LedgerError(f"{self.path} is not a ledger, or one of another version of ratecard")
            yield database
            database.execute("COMMIT")

    def _find(self, database: sqlite3.Connection, key: str) -> Hold | None:
        found = database.execute(f"SELECT {_COLUMNS} FROM holds WHERE key = ?", (key,)).fetchone()
        return None if found is None else self._read(found)

    def _open(self, database: sqlite3.Connection) -> list[Hold]:
        query = f"SELECT {_COLUMNS} FROM holds WHERE state IN ('held', 'sent') ORDER BY created, key"
        return [self._read(row) for row in database.execute(query)]

    def _read(self, row: tuple[Any, ...]) -> Hold:
        values = dict(zip(_COLUMNS.split(", "), row, strict=True))
        return Hold(**{**values, "created": datetime.fromisoformat(values["created"])}, change=self._change)

    def _change(self, hold: Hold, state: HoldState, charged: int | None, job_id: str | None) -> Hold:
        """Take a hold to its next state, in the file; ending it again in the same way changes nothing."""
        with self._transaction() as database:
            known = self._find(database, hold.key)
            if known is None:
                raise LedgerError(f"{self.path} has no hold {literal(hold.key)}")
            if known.state == state != "sent" and known.charged_micros == charged:
                return known
            if known.state not in _BEFORE[state]:
                raise LedgerError(f"the hold {literal(hold.key)} cannot be {state}: it is {_described(known)}")
            return self._end(database, known, state, charged, job_id)

    def _end(
        self,
        database: sqlite3.Connection,
        hold: Hold,
        state: HoldState,
        charged: int | None = None,
        job_id: str | None = None,
    ) -> Hold:
        values = (state, charged, job_id, hold.key)
        database.execute("UPDATE holds SET state = ?, charged_micros = ?, job_id = ? WHERE key = ?", values)
        if state != "sent":
            _add(database, held=-hold.held_micros, settled=charged or 0)
        return evolve(hold, state=state, charged_micros=charged, job_id=job_id)


_BEFORE: dict[HoldState, tuple[HoldState, ...]] = {
    "sent": ("held",),
    "settled": ("held", "sent"),
    "released": ("held", "sent"),
}
"""The states that a hold can be in before each state."""

_COLUMNS = "key, quote_digest, model, held_micros, created, state, charged_micros, job_id"


def _balance(database: sqlite3.Connection) -> Balance:
    return Balance(*database.execute("SELECT limit_micros, held_micros, settled_micros FROM balance").fetchone())


def _add(database: sqlite3.Connection, held: int = 0, settled: int = 0) -> None:
    database.execute(
        "UPDATE balance SET held_micros = held_micros + ?, settled_micros = settled_micros + ?", (held, settled)
    )


def _described(hold: Hold) -> str:
    match hold:
        case Hold(state="settled", charged_micros=int(charged)):
            return f"settled at {usd_shown(charged)}{f' for job {hold.job_id}' if hold.job_id else ''}"
        case Hold(state="sent"):
            return "sent, and its outcome is unknown: settle or release it first"
    return hold.state


def _stamp(instant: datetime) -> str:
    """Return an instant in a form whose order is that of time."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _limit_micros(usd: int | Decimal | str) -> int:
    return _micros("the limit", whole_usd_micros(usd))


def _micros(what: str, micros: object) -> int:
    """Return an amount that a ledger can hold. Raises TypeError or ValueError for anything else."""
    if type(micros) is not int:
        raise TypeError(f"{what} must be an int of whole micros, got {micros!r:.40} ({type(micros).__name__})")
    if not 0 <= micros <= MAX_MICROS:
        raise ValueError(f"{what} must be between 0 and {MAX_MICROS:,} micros, got {micros:,}")
    return micros
