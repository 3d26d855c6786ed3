"""What real clients of paid APIs got wrong: one test for each trap, for both clients.

Each fails when its bug is put back in.
"""

from __future__ import annotations

import warnings
from typing import Any

import httpx2
import pytest

import invented
from ratecard import InvalidRequest, NotPriced, quote
from ratecard._api import TERMINAL
from ratecard.submit import (
    JobEnded,
    OverMaximum,
    PriceDrift,
    PriceDriftWarning,
    QuoteChanged,
    UnreadableCharge,
)
from submit.scripted import (
    BODY,
    KINDS,
    MODEL,
    REQUEST,
    Kind,
    answer,
    job,
    receipt,
    run,
)

both = pytest.mark.parametrize("kind", KINDS)


@both
class TestTrap38:
    """Trap 38: what identifies a submission is used for another body."""

    def test_bound_to_the_body(self, kind: Kind) -> None:
        """A retry sends the bytes whose digest the plan has, even if the caller's object is changed in between."""
        request: dict[str, Any] = {"model": MODEL, "input": {"prompt": "a cat"}}

        def change(_: httpx2.Request) -> httpx2.Response:
            request["input"]["duration"] = "10"
            raise httpx2.ConnectError("x")

        done = run(kind, [change, receipt()], "submit", request)
        assert [one.content for one in done.sent] == [BODY, BODY]
        assert done.result.quoted == quote(REQUEST)

    def test_expected_for_another_body(self, kind: Kind) -> None:
        """A quote that was made for another selection does not admit this one."""
        other = {"model": MODEL, "input": {"prompt": "a cat", "duration": "10"}}
        done = run(kind, [receipt()], "submit", other, expect=quote(REQUEST))
        assert type(done.error) is QuoteChanged
        assert done.sent == ()


@both
class TestTrap39:
    """Trap 39: what is charged is not what was quoted."""

    def test_changed_catalogue(self, kind: Kind) -> None:
        """A price that changed since the quote is refused before anything is sent."""
        old, new = invented.catalog(), invented.catalog(invented.PRICE.replace("10_000", "10_001"))
        request = invented.request()
        expected = quote(request, catalog=old)
        done = run(kind, [receipt()], "submit", request, expect=expected, settings={"catalog": new})
        assert isinstance(done.error, QuoteChanged)
        assert "for $0.040004, not " in str(done.error)
        assert done.sent == ()
        same = run(kind, [receipt(40_000)], "submit", request, expect=expected, settings={"catalog": old})
        assert same.result.quoted == expected

    def test_above_the_maximum(self, kind: Kind) -> None:
        """One millionth above the maximum is refused before anything is sent; the maximum itself is not."""
        done = run(kind, [receipt()], "submit", REQUEST, max_usd="0.249999")
        assert type(done.error) is OverMaximum
        assert done.sent == ()
        assert run(kind, [receipt()], "submit", REQUEST, max_usd="0.25").result.charged_micros == 250_000

    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            ({"model": MODEL, "input": {}}, InvalidRequest),
            ({"model": "a/b", "input": {}}, InvalidRequest),
            (
                {
                    "model": "kling/kling-motion-create-v3/motion-transfer-to-video",
                    "input": {
                        "image_url": "https://example.com/c.jpg",
                        "motion_video_url": "https://example.com/d.mp4",
                    },
                },
                NotPriced,
            ),
        ],
    )
    def test_refused(self, kind: Kind, request_: Any, error: type[Exception]) -> None:
        """What is invalid or has no price is refused before anything is sent."""
        done = run(kind, [receipt()], "submit", request_)
        assert type(done.error) is error
        assert done.sent == ()

    def test_drift_is_never_silent(self, kind: Kind) -> None:
        """Another charge is a warning that names the job; where warnings are errors, the error carries the receipt."""
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            done = run(kind, [receipt(300_000)], "submit", REQUEST)
        (warning,) = told
        assert isinstance(warning.message, PriceDriftWarning)
        assert warning.message.receipt == done.result
        assert warning.filename.endswith("scripted.py")  # the line that called submit
        assert str(warning.message) == f"job job_1 ({MODEL}) was charged $0.30, but the quote was $0.25"
        assert done.result.drift_micros == 50_000
        strict = run(kind, [receipt(300_000)], "submit", REQUEST)
        assert isinstance(strict.error, PriceDriftWarning)
        assert strict.error.receipt.job_id == "job_1"
        wanted = run(kind, [receipt(200_000)], "submit", REQUEST, settings={"on_drift": "raise"})
        assert isinstance(wanted.error, PriceDrift)
        assert (wanted.error.receipt.drift_micros, wanted.error.request_id) == (-50_000, "req_1")

    def test_an_unreadable_charge(self, kind: Kind) -> None:
        """A charge that cannot be read is no quote, no zero and no loss of the job."""
        done = run(kind, [answer(200, b'{"jobId":"job_1","costMicroCents":"250000"}')], "submit", REQUEST)
        assert isinstance(done.error, UnreadableCharge)
        assert (done.error.job_id, done.error.quoted.usd_micros) == ("job_1", 250_000)
        assert done.error.attempt.answer is not None


@both
@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_trap_40_a_terminal_state_is_missed(kind: Kind, state: str) -> None:
    """Trap 40: every terminal state ends a wait at once, in both clients alike."""
    done = run(kind, [job("pending"), job("processing"), job(state)], "wait", "job_1")
    assert len(done.sent) == 3
    if state == "completed":
        assert done.result.output == "https://example.com/1.mp4"
    else:
        assert isinstance(done.error, JobEnded)
        assert done.error.job.status == state
