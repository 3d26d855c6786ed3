"""Submissions that hold their price in a ledger: what becomes of the hold, whatever becomes of the request."""

from __future__ import annotations

import tempfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import memory
from ratecard import Balance, Ledger, LedgerError, OverLimit
from ratecard.submit import ApiError, SubmissionUncertain, UnreadableCharge
from submit.scripted import KINDS, MICROS, REQUEST, Kind, receipt, refused, run

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Return a ledger with room for two requests."""
    with tempfile.TemporaryDirectory(dir=memory.FOLDER) as folder:
        yield Ledger(f"{folder}/spend.db", limit_usd="0.50")


def submit(kind: Kind, ledger: Ledger, *script: Any, **options: Any) -> Any:
    """Submit a request for a quarter of a dollar."""
    return run(kind, script, "submit", REQUEST, ledger=ledger, **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("script", "error", "state", "charged"),
    [
        (receipt(), None, "settled", MICROS),
        (receipt(700_000), None, "settled", 700_000),
        (refused(402, "INSUFFICIENT_BALANCE"), ApiError, "released", None),
        (refused(503, "INTERNAL_ERROR"), SubmissionUncertain, "sent", None),
        (httpx2.ReadTimeout("late"), SubmissionUncertain, "sent", None),
        (receipt("?"), UnreadableCharge, "sent", None),
        (KeyboardInterrupt(), KeyboardInterrupt, "sent", None),
    ],
    ids=["charged", "charged more", "refused", "5xx", "no answer", "unreadable", "interrupted"],
)
def test_the_hold(
    kind: Kind, script: Any, error: type[BaseException] | None, state: str, charged: int | None, ledger: Ledger
) -> None:
    """It is settled with the charge, released where nothing was created, and stays where that is not certain."""
    raised: Any = submit(kind, ledger, script, hold_key="order 1").error
    assert type(raised) is (error or type(None))
    hold = ledger.get("order 1")
    assert hold is not None
    assert (hold.state, hold.charged_micros, hold.held_micros) == (state, charged, MICROS)
    assert hold.job_id == ("job_1" if state == "settled" else None)
    if state == "sent":
        assert vars(raised)["attempt"].hold_key == "order 1"
        assert ledger.expire(datetime.fromisoformat("2100-01-01T00:00:00Z")) == []
    again = submit(kind, ledger, hold_key="order 1")
    assert type(again.error) is LedgerError
    assert again.sent == ()
    assert ledger.get("order 1") == hold


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_held_before_it_is_sent(kind: Kind, ledger: Ledger) -> None:
    """While the request is under way, its hold says so: a process that is killed there leaves it so."""
    seen: list[str] = []

    def look(request: httpx2.Request) -> httpx2.Response:
        seen.extend(hold.state for hold in ledger.open_holds())
        return receipt()(request)

    assert submit(kind, ledger, look).error is None
    assert seen == ["sent"]


@pytest.mark.parametrize("kind", KINDS)
def test_over_the_limit(kind: Kind, ledger: Ledger) -> None:
    """Without a key, each submission is a purchase of its own; the third one does not fit and is not sent."""
    for _ in range(2):
        assert submit(kind, ledger, receipt()).error is None
    third = submit(kind, ledger)
    assert (type(third.error), third.sent) == (OverLimit, ())
    assert ledger.balance() == Balance(500_000, 0, 500_000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_ledger_loses_no_receipt(kind: Kind, ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """If the charge cannot be recorded, the receipt is returned, and the log says which hold is not settled."""

    def lose(request: httpx2.Request) -> httpx2.Response:
        ledger.path.unlink()
        return receipt()(request)

    done = submit(kind, ledger, lose, hold_key="order 1")
    assert done.result.job_id == "job_1"
    assert "job job_1 was charged, but the hold order 1 is not settled" in caplog.text
