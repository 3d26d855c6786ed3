"""What real clients of paid APIs got wrong, where only a script can show it; the other traps are in `end_to_end`."""

from __future__ import annotations

import warnings
from typing import Any

import httpx2
import pytest

from ratecard import quote
from ratecard.submit import PriceDrift, PriceDriftWarning
from submit.scripted import BODY, KINDS, MODEL, REQUEST, Kind, receipt, run


@pytest.mark.parametrize("kind", KINDS)
def test_trap_38_bound_to_the_body(kind: Kind) -> None:
    """Trap 38: a retry sends the bytes whose digest the plan has, even if the caller's object changes in between."""
    request: dict[str, Any] = {"model": MODEL, "input": {"prompt": "a cat"}}

    def change(_: httpx2.Request) -> httpx2.Response:
        request["input"]["duration"] = "10"
        raise httpx2.ConnectError("x")

    done = run(kind, [change, receipt()], "submit", request)
    assert [sent.content for sent in done.sent] == [BODY, BODY]
    assert done.result.quoted == quote(REQUEST)


@pytest.mark.parametrize("kind", KINDS)
def test_trap_39_drift_is_never_silent(kind: Kind) -> None:
    """Trap 39: another charge is a warning that names the job; where warnings are errors, it carries the receipt."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        done = run(kind, [receipt(300_000)], "submit", REQUEST)
    (warning,) = caught
    assert isinstance(warning.message, PriceDriftWarning)
    assert warning.message.receipt == done.result
    assert warning.filename.endswith("scripted.py")  # the line that called submit
    assert str(warning.message) == f"job job_1 ({MODEL}) was charged $0.30, but the quote was $0.25"
    assert done.result.drift_micros == 50_000
    strict = run(kind, [receipt(300_000)], "submit", REQUEST)
    assert isinstance(strict.error, PriceDriftWarning)
    assert strict.error.receipt.job_id == "job_1"
    raised = run(kind, [receipt(200_000)], "submit", REQUEST, settings={"on_drift": "raise"})
    assert isinstance(raised.error, PriceDrift)
    assert (raised.error.receipt.drift_micros, raised.error.request_id) == (-50_000, "req_1")
