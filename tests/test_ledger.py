"""The spending limit: what is held, sent, settled and released, and the laws of the sums."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import invented
import memory
import ratecard
from ratecard import Balance, Hold, InvalidRequest, Ledger, LedgerError, NotPriced, OverLimit, quote, try_quote

if TYPE_CHECKING:
    from ratecard import Quote

# A price for each duration, by hand: 10,000 micros a second, and 1.5 times that with sound.
TABLES = invented.catalog()
SHORT = quote(invented.request(), catalog=TABLES)  # 40,000
LOUD = quote(invented.request(sound=True), catalog=TABLES)  # 60,000
LONG = quote(invented.request(duration="8"), catalog=TABLES)  # 80,000
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def folder() -> Any:
    """Return a folder for ledgers."""
    with tempfile.TemporaryDirectory(dir=memory.FOLDER) as name:
        yield Path(name)


@pytest.fixture
def ledger(folder: Path) -> Ledger:
    """Return a new ledger for ten cents."""
    return Ledger(folder / "spend.db", limit_usd="0.10", now=lambda: NOON)


def test_a_purchase(ledger: Ledger) -> None:
    """A hold takes its price from what is available; settling it takes the charge instead."""
    hold = ledger.hold(SHORT, key="order 1")
    assert (hold.state, hold.held_micros, hold.model, hold.created) == ("held", 40_000, SHORT.model, NOON)
    assert ledger.balance() == Balance(100_000, 40_000, 0)
    assert hold.mark_sent().state == "sent"
    assert ledger.balance().available_micros == 60_000
    settled = hold.settle(30_000)
    assert (settled.state, settled.charged_micros, settled.drift_micros, settled.is_open) == (
        *("settled", 30_000, -10_000),
        False,
    )
    assert ledger.balance() == Balance(100_000, 0, 30_000)
    assert ledger.get("order 1") == settled
    assert ledger.get("order 2") is None


def test_the_limit(ledger: Ledger) -> None:
    """What does not fit is refused, to the last micro; what is released is available again."""
    loud = ledger.hold(LOUD, key="a")
    ledger.hold(SHORT, key="b")
    with pytest.raises(OverLimit) as refusal:
        ledger.hold(SHORT, key="c")
    assert refusal.value.quote == SHORT
    assert refusal.value.balance == Balance(100_000, 100_000, 0)
    assert str(refusal.value) == (
        "acme/loop-1/text-to-video costs $0.04, but of the limit of $0.10, $0.00 is available"
        " ($0.10 held, $0.00 settled)"
    )
    assert loud.release().state == "released"
    assert ledger.hold(SHORT, key="c").held_micros == 40_000


def test_a_charge_above_the_hold(ledger: Ledger) -> None:
    """The truth is recorded, also above the limit; then nothing can be held until the limit is raised."""
    settled = ledger.hold(SHORT, key="a").settle(160_000)
    assert settled.drift_micros == 120_000
    assert ledger.balance().available_micros == -60_000
    with pytest.raises(OverLimit, match=r"-\$0\.06 is available"):
        ledger.hold(SHORT, key="b")
    assert ledger.raise_limit("0.20") == Balance(200_000, 0, 160_000)
    assert ledger.hold(SHORT, key="b").is_open


def test_keys(ledger: Ledger) -> None:
    """The same key and quote are the same hold, whatever became of it; another quote is an error."""
    hold = ledger.hold(SHORT, key="a")
    assert ledger.hold(SHORT, key="a") == hold
    settled = hold.settle(40_000)
    assert ledger.hold(SHORT, key="a") == settled
    assert ledger.balance() == Balance(100_000, 0, 40_000)
    with pytest.raises(LedgerError, match='the key "a" is taken by another quote, of acme/loop-1/text-to-video'):
        ledger.hold(LOUD, key="a")
    for key in ("", " ", None, 1):
        with pytest.raises(ValueError, match="must be text that is not empty"):
            ledger.hold(SHORT, key=key)  # type: ignore[arg-type]


def test_holds_end_once(ledger: Ledger) -> None:
    """Ending a hold again in the same way changes nothing; in another way, it is an error that says how it ended."""
    settled = ledger.hold(SHORT, key="a").settle(_Receipt("job_1", 40_000))
    assert settled.job_id == "job_1"
    assert settled.settle(40_000) == settled
    ends = (settled.release, lambda: settled.settle(1), settled.mark_sent)
    for end in ends:
        with pytest.raises(LedgerError, match=r'the hold "a" cannot be .*: it is settled at \$0.04 for job job_1'):
            end()
    released = ledger.hold(SHORT, key="b").release()
    assert released.release() == released
    with pytest.raises(LedgerError, match='the hold "b" cannot be settled: it is released'):
        released.settle(40_000)
    sent = ledger.hold(SHORT, key="c").mark_sent()
    with pytest.raises(LedgerError, match='"c" cannot be sent: it is sent, and its outcome is unknown'):
        sent.mark_sent()
    assert ledger.balance() == Balance(100_000, 40_000, 40_000)


class _Receipt:
    def __init__(self, job_id: str, charged_micros: int) -> None:
        self.job_id = job_id
        self.charged_micros = charged_micros


def test_expiry(folder: Path) -> None:
    """Old holds that were never sent are released; what was sent stays until it is resolved."""
    clock = [NOON]
    ledger = Ledger(folder / "spend.db", limit_usd=1, now=lambda: clock[0])
    old, sent = ledger.hold(SHORT, key="old"), ledger.hold(SHORT, key="sent").mark_sent()
    clock[0] += timedelta(hours=1)
    new = ledger.hold(SHORT, key="new")
    assert [hold.key for hold in ledger.expire(clock[0])] == ["old"]
    assert ledger.get("old") == evolve(old, state="released")
    assert ledger.open_holds() == [sent, new]
    assert ledger.expire(NOON) == []
    assert sent.release().state == "released"
    with pytest.raises(ValueError, match="UTC offset"):
        ledger.expire(datetime(2026, 12, 1))  # noqa: DTZ001  this is the point


def test_no_price_no_hold(ledger: Ledger) -> None:
    """A declined request raises as `quote` does, and nothing is held."""
    with pytest.raises(InvalidRequest):
        ledger.hold(try_quote({}), key="a")
    unknown = '[revision.price]\nunknown = "no page says it"'
    with pytest.raises(NotPriced):
        ledger.hold(try_quote(invented.request(), catalog=invented.catalog(unknown)), key="a")
    assert ledger.open_holds() == []


@pytest.mark.parametrize("charge", [1.5, True, None, "40000", Decimal(40_000)])
def test_only_whole_micros(ledger: Ledger, charge: Any) -> None:
    """A charge is an int, and neither negative nor beyond a billion dollars."""
    hold = ledger.hold(SHORT, key="a")
    with pytest.raises(TypeError, match="the charge must be an int of whole micros"):
        hold.settle(charge)
    for amount in (-1, 10**15 + 1):
        with pytest.raises(ValueError, match="the charge must be between 0 and 1,000,000,000,000,000 micros"):
            hold.settle(amount)
    assert ledger.balance() == Balance(100_000, 40_000, 0)


class TestLimit:
    """The limit is stored in the file, and never differs silently between processes."""

    def test_it_is_stored(self, ledger: Ledger) -> None:
        """It may be left out, or repeated in any way that means the same; another one is an error."""
        for same in (None, "0.10", "0.1", Decimal("0.1")):
            assert Ledger(ledger.path, limit_usd=same).balance().limit_micros == 100_000
        for other in ("0.2", 1, 0):
            with pytest.raises(LedgerError, match=r"the limit of .* is \$0\.10, not \$[012]\.[02]0: leave out"):
                Ledger(ledger.path, limit_usd=other)
        assert repr(ledger) == f"<Ledger {ledger.path}>"

    def test_it_is_raised_for_all(self, ledger: Ledger) -> None:
        """A raised limit applies to every process at once; it is never lowered."""
        other = Ledger(ledger.path)
        other.raise_limit(1)
        assert ledger.balance().limit_micros == 1_000_000
        with pytest.raises(LedgerError, match=r"is \$1\.00; it can only be raised"):
            ledger.raise_limit("0.99")

    @pytest.mark.parametrize("limit", [0.5, True, b"1"])
    def test_it_is_no_float(self, folder: Path, limit: Any) -> None:
        """A limit is exact."""
        with pytest.raises(TypeError, match="expected dollars as text, an int or a Decimal"):
            Ledger(folder / "spend.db", limit_usd=limit)
        for text in ("-1", "0.0000001", "1e3"):
            with pytest.raises(ValueError, match=r"expected|between"):
                Ledger(folder / "spend.db", limit_usd=text)
        assert not (folder / "spend.db").exists()


class TestFile:
    """A file that is not a ledger is refused, and not modified."""

    def test_it_is_not_created_without_a_limit(self, folder: Path) -> None:
        """A typing error in the name must not open an empty ledger."""
        with pytest.raises(LedgerError, match=r"unable to open database file; give a limit to create it"):
            Ledger(folder / "spned.db")
        with pytest.raises(LedgerError, match=r"unable to open database file$"):
            Ledger(folder / "none" / "spend.db", limit_usd=1)
        assert not list(folder.iterdir())

    @pytest.mark.parametrize("limit", [None, "0.10"])
    def test_another_file(self, folder: Path, limit: str | None) -> None:
        """Text, another database, and a ledger of a later version."""
        text, database, later = (folder / name for name in ("a.txt", "b.db", "c.db"))
        text.write_text("no database, but long enough to be read as the header of one" * 20, encoding="utf-8")
        _execute(database, "CREATE TABLE quotes (id INT)")
        Ledger(later, limit_usd="0.10")
        _execute(later, "PRAGMA user_version = 2")
        for file, why in ((text, "file is not a database"), (database, "is not a ledger"), (later, "another version")):
            before = file.read_bytes()
            with pytest.raises(LedgerError, match=why):
                Ledger(file, limit_usd=limit)
            assert file.read_bytes() == before

    def test_a_hold_of_another_file(self, ledger: Ledger) -> None:
        """If the file was replaced, a hold says so instead of inventing an entry."""
        hold = ledger.hold(SHORT, key="a")
        ledger.path.unlink()
        Ledger(ledger.path, limit_usd="0.10")
        with pytest.raises(LedgerError, match='has no hold "a"'):
            hold.release()


def _execute(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(statement)
    connection.close()


class Laws(RuleBasedStateMachine):
    """Holds in any order, against books kept in a dict."""

    keys = st.sampled_from("abcd")
    quotes = st.sampled_from([SHORT, LOUD, LONG])
    books: dict[str, tuple[Quote, Hold]]

    @initialize()
    def open(self) -> None:
        """Start with a quarter of a dollar."""
        self.folder = tempfile.mkdtemp(dir=memory.FOLDER)
        self.clock = NOON
        self.ledger = Ledger(f"{self.folder}/spend.db", limit_usd="0.25", now=lambda: self.clock)
        self.limit, self.books = 250_000, {}

    @rule(key=keys, quoted=quotes)
    def hold(self, key: str, quoted: Quote) -> None:
        """Hold a price, for the first time or again."""
        self.clock += timedelta(seconds=1)
        known = self.books.get(key)
        try:
            hold = self.ledger.hold(quoted, key=key)
        except OverLimit:
            assert known is None
            assert self.spent() + quoted.usd_micros > self.limit
        except LedgerError:
            assert known is not None
            assert known[0] != quoted
        else:
            assert known in (None, (quoted, hold))
            self.books[key] = quoted, hold

    @rule(
        key=keys, end=st.sampled_from(["mark_sent", "release", "settle"]), charged=st.sampled_from([0, 40_000, 90_000])
    )
    def change(self, key: str, end: str, charged: int) -> None:
        """Send, release or settle a hold, once or again."""
        if key not in self.books:
            return
        quoted, hold = self.books[key]
        target = {"mark_sent": "sent", "release": "released", "settle": "settled"}[end]
        allowed = hold.state == "held" or (hold.state == "sent" and target != "sent")
        try:
            changed = getattr(hold, end)(*([charged] if end == "settle" else []))
        except LedgerError:
            assert not allowed
        else:
            assert allowed or changed == hold
            assert changed.state == target
            self.books[key] = quoted, changed

    @rule(seconds=st.integers(0, 3))
    def expire(self, seconds: int) -> None:
        """Release old holds that were not sent."""
        before = self.clock - timedelta(seconds=seconds)
        for hold in self.ledger.expire(before):
            quoted, known = self.books[hold.key]
            assert (known.state, known.created < before) == ("held", True)
            self.books[hold.key] = quoted, hold

    def spent(self) -> int:
        """Return what the books say is held or settled."""
        return sum(hold.held_micros if hold.is_open else hold.charged_micros or 0 for _, hold in self.books.values())

    @invariant()
    def balanced(self) -> None:
        """Check that the sums are those of the books, and within the limit but for charges above their holds."""
        if not hasattr(self, "ledger"):
            return
        balance = self.ledger.balance()
        assert balance.held_micros + balance.settled_micros == self.spent()
        assert balance.held_micros == sum(hold.held_micros for hold in self.ledger.open_holds())
        excess = sum(max(0, hold.drift_micros) for _, hold in self.books.values())
        assert self.spent() <= self.limit + excess
        assert all(self.ledger.get(key) == hold for key, (_, hold) in self.books.items())

    def teardown(self) -> None:
        """Remove the file."""
        shutil.rmtree(getattr(self, "folder", ""), ignore_errors=True)


TestLaws = Laws.TestCase
TestLaws.settings = settings(max_examples=min(settings().max_examples, 12), stateful_step_count=15, deadline=None)


def test_the_public_names() -> None:
    """They are imported on first use."""
    assert all(hasattr(ratecard, name) for name in ("Balance", "Hold", "Ledger", "LedgerError", "OverLimit"))
