"""What real clients of paid APIs got wrong: one test for each trap, for both clients.

Each fails when its bug is put back in.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import invented
from ratecard import InvalidRequest, NotPriced, quote
from ratecard._api import TERMINAL
from ratecard.submit import (
    AsyncClient,
    JobEnded,
    OverMaximum,
    PriceDrift,
    PriceDriftWarning,
    QuoteChanged,
    SubmissionUncertain,
    UnreadableCharge,
    plan,
)
from submit.scripted import (
    BODY,
    KEY,
    KINDS,
    MODEL,
    REQUEST,
    START,
    FakeTime,
    Kind,
    answer,
    job,
    page,
    receipt,
    refused,
    run,
)

if TYPE_CHECKING:
    from submit.scripted import Step

both = pytest.mark.parametrize("kind", KINDS)


@both
class TestTrap37:
    """Trap 37: a paid POST is sent again after a time-out, and billed two or three times."""

    @pytest.mark.parametrize(
        "failure", [httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x"), refused(503, "PUBSUB_PUBLISH_FAILED")]
    )
    def test_not_again(self, kind: Kind, failure: Step) -> None:
        """After a time-out, a cut connection or a 5xx the submission is uncertain, and nothing else is sent."""
        done = run(kind, [failure, receipt()], "submit", REQUEST)
        assert isinstance(done.error, SubmissionUncertain)
        assert len(done.sent) == 1
        assert done.sleeps == ()

    def test_again(self, kind: Kind) -> None:
        """After a refused connection the same bytes are sent again."""
        done = run(kind, [httpx.ConnectError("x"), receipt()], "submit", REQUEST)
        assert done.result.job_id == "job_1"
        assert [request.content for request in done.sent] == [BODY, BODY]

    def test_what_is_known(self, kind: Kind) -> None:
        """The uncertain submission says what was sent, when, at which price, what came back, and what to do."""
        time = FakeTime()

        def late(request: httpx.Request) -> httpx.Response:
            time.elapsed += 60
            return refused(500, "INTERNAL_ERROR")(request)

        error = run(kind, [late], "submit", REQUEST, time=time).error
        assert isinstance(error, SubmissionUncertain)
        assert (error.started, error.ended) == (START, START + timedelta(minutes=1))
        assert error.request == json.loads(BODY)
        assert error.quote == quote(REQUEST)
        assert error.digest == plan(REQUEST).digest
        assert (error.status, error.code, error.request_id) == (500, "INTERNAL_ERROR", "req_1")
        assert error.answer is not None
        assert b"words of INTERNAL_ERROR" in error.answer.body
        assert "a job may have been created and charged (kling-plus/kling-o1-standard/text-to-video, $0.25)" in str(
            error
        )
        assert "500 INTERNAL_ERROR words of INTERNAL_ERROR" in str(error)

    def test_find(self, kind: Kind) -> None:
        """The search goes through all pages, and finds the jobs of the model and the time."""
        lost = run(kind, [httpx.ReadTimeout("x")], "submit", REQUEST).error
        jobs = [
            {"jobId": "long ago", "status": "completed", "model": MODEL, "createdAt": "2026-11-20T11:54:59Z"},
            {"jobId": "other", "status": "pending", "model": "a/b", "createdAt": "2026-11-20T12:00:01Z"},
            {"jobId": "skewed", "status": "pending", "model": MODEL, "createdAt": "2026-11-20T13:55:00+02:00"},
            {"jobId": "unsaid", "status": "pending"},
            {"jobId": "just after", "status": "pending", "model": MODEL, "createdAt": "2026-11-20T12:04:59Z"},
            {"jobId": "later", "status": "pending", "model": MODEL, "createdAt": "2026-11-20T12:05:01Z"},
        ]
        pages = [answer(200, {"jobs": jobs, "nextCursor": "n x", "hasMore": True}), page("hit", "skewed")]
        done = run(kind, pages, "find", lost)
        assert [one.job_id for one in done.result] == ["skewed", "unsaid", "just after", "hit"]
        assert [dict(request.url.params) for request in done.sent] == [
            {"limit": "100", "modelId": MODEL},
            {"limit": "100", "modelId": MODEL, "cursor": "n x"},
        ]

    def test_interrupted(self, kind: Kind) -> None:
        """An interruption while the request is on its way says that a job may have been created; a pause does not."""
        done = run(kind, [KeyboardInterrupt()], "submit", REQUEST)
        assert type(done.error) is KeyboardInterrupt
        (note,) = done.error.__notes__
        assert f"a job of {MODEL} may have been created and charged since 2026-11-20T12:00:00+00:00" in note
        assert plan(REQUEST).digest in note

        between = run(kind, [httpx.ConnectError("x")], "submit", REQUEST, time=_Interrupting())
        assert type(between.error) is KeyboardInterrupt
        assert not hasattr(between.error, "__notes__")
        assert not hasattr(run(kind, [KeyboardInterrupt()], "job", "job_1").error, "__notes__")


class _Interrupting(FakeTime):
    """A clock on which no pause ends."""

    def sleep(self, seconds: float) -> None:
        """Be interrupted."""
        raise KeyboardInterrupt(seconds)


def test_trap_37_a_cancelled_task() -> None:
    """Trap 37: a task that is cancelled while a submission is on its way is cancelled, with a note."""

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async def main() -> BaseException:
        async with AsyncClient(KEY, transport=httpx.MockTransport(never)) as client:
            task = asyncio.create_task(client.submit(REQUEST))
            await asyncio.sleep(0.01)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as error:
                return error
        raise AssertionError

    error = asyncio.run(main())
    assert "may have been created and charged" in error.__notes__[0]


@both
class TestTrap38:
    """Trap 38: what identifies a submission is used for another body."""

    def test_bound_to_the_body(self, kind: Kind) -> None:
        """A retry sends the bytes whose digest the plan has, even if the caller's object is changed in between."""
        request: dict[str, Any] = {"model": MODEL, "input": {"prompt": "a cat"}}

        def change(_: httpx.Request) -> httpx.Response:
            request["input"]["duration"] = "10"
            raise httpx.ConnectError("x")

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
        assert done.error.changes == ("the price is $0.040004, not $0.04",)
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
        assert str(warning.message) == f"job job_1 ({MODEL}) was charged $0.30, not the $0.25 that were quoted"
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
        assert (done.error.job_id, done.error.answer.body[:8], done.error.quoted.usd_micros) == (
            "job_1",
            b'{"jobId"',
            250_000,
        )


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
