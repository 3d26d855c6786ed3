"""What real clients of paid APIs got wrong, where only a script can show it; the other traps are in `end_to_end`."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from ratecard import quote
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
def test_trap_39_drift_is_never_silent(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """Trap 39: another charge is on the receipt, and a warning in the log names the job."""
    done = run(kind, [receipt(300_000)], "submit", REQUEST)
    assert done.result.drift_micros == 50_000
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert record.getMessage() == f"job job_1 ({MODEL}) was charged $0.30, but the quote was $0.25"
