"""One table of what can happen to a call: the script of the transport, and what must come of it, for both clients."""

from __future__ import annotations

from typing import Any

import httpx
from attrs import field, frozen

from ratecard.submit import (
    ApiError,
    ConcurrentJobsExceeded,
    ConnectionFailed,
    InsufficientBalance,
    JobCancelled,
    JobCannotBeCancelled,
    JobFailed,
    JobNotFound,
    ModelNotFound,
    NotAllowed,
    PriceDrift,
    PriceDriftWarning,
    ServerError,
    SubmissionUncertain,
    TooManyRequests,
    Unauthorized,
    UnreadableAnswer,
    UnreadableCharge,
    WaitTimeout,
)
from submit.scripted import KEY, REQUEST, Step, answer, job, page, receipt, refused


@frozen
class Scenario:
    """A call of `method`, the `script`, and what is expected: an error or attributes of the result, sends, sleeps."""

    name: str
    method: str
    script: tuple[Step, ...]
    expected: type[BaseException] | dict[str, Any]
    sleeps: tuple[float, ...] = ()
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(factory=dict)
    settings: dict[str, Any] = field(factory=dict)
    sends: int | None = None  # None: the whole script

    def __str__(self) -> str:
        return f"{self.method}: {self.name}"


REFUSED = httpx.ConnectError("connection refused")
LOST = httpx.ReadTimeout("nothing came")
ECHO = answer(401, {"error": {"code": "INVALID_API_KEY", "message": f"no such key: {KEY}"}}, X_Echo=f"Bearer {KEY}")


def submitting(name: str, *script: Step, expected: Any, **more: Any) -> Scenario:
    """Return a scenario of a submission."""
    return Scenario(name, "submit", script, expected, args=(REQUEST,), **more)


def of_job(method: str, name: str, *script: Step, expected: Any, **more: Any) -> Scenario:
    """Return a scenario about a job."""
    return Scenario(name, method, script, expected, args=("job_1",), **more)


SUBMISSIONS = (
    submitting("as documented", receipt(), expected={"job_id": "job_1", "charged_micros": 250_000, "drift_micros": 0}),
    submitting(
        "a whole number as a float",
        answer(200, b'{"jobId":"job_1","costMicroCents":2.5e5}'),
        expected={"charged_micros": 250_000, "status": "pending"},
    ),
    submitting("refused connections", REFUSED, REFUSED, receipt(), expected={"job_id": "job_1"}, sleeps=(0.25, 0.5)),
    submitting(
        "connect time-out, then no room in the pool",
        httpx.ConnectTimeout(""),
        httpx.PoolTimeout(""),
        receipt(),
        expected={"job_id": "job_1"},
        sleeps=(0.25, 0.5),
    ),
    submitting("no connection at all", *[REFUSED] * 4, expected=ConnectionFailed, sleeps=(0.25, 0.5, 1.0)),
    submitting(
        "asked to wait",
        refused(429, "CONCURRENT_JOBS_EXCEEDED", Retry_After="7"),
        receipt(),
        expected={"job_id": "job_1"},
        sleeps=(7.0,),
    ),
    submitting(
        "asked to wait until",
        answer(429, b"slow", Retry_After="Fri, 20 Nov 2026 12:00:09 GMT"),
        receipt(),
        expected={"job_id": "job_1"},
        sleeps=(9.0,),
    ),
    submitting(
        "asked to wait for ever",
        *[refused(429, "CONCURRENT_JOBS_EXCEEDED", Retry_After="86400")] * 3,
        expected=ConcurrentJobsExceeded,
        sleeps=(60.0,),
        sends=2,
    ),
    submitting("always too many", *[answer(429, b"")] * 4, expected=TooManyRequests, sleeps=(0.25, 0.5, 1.0)),
    submitting("no balance", refused(402, "INSUFFICIENT_BALANCE"), expected=InsufficientBalance),
    submitting("no such model", refused(404, "MODEL_NOT_FOUND"), expected=ModelNotFound),
    submitting("the key is sent back", ECHO, expected=Unauthorized),
    submitting("refused without words", answer(403, b""), expected=NotAllowed),
    submitting("an unknown code", refused(418, "TEAPOT"), expected=ApiError),
    submitting("read time-out", LOST, expected=SubmissionUncertain),
    submitting("write time-out", httpx.WriteTimeout(""), expected=SubmissionUncertain),
    submitting("cut off", httpx.RemoteProtocolError("peer closed"), expected=SubmissionUncertain),
    submitting("a broken pipe", httpx.WriteError(f"broken, said {KEY}"), expected=SubmissionUncertain),
    submitting("a fault of the transport", RuntimeError("no such thing"), expected=SubmissionUncertain),
    submitting("refused, then lost", REFUSED, LOST, expected=SubmissionUncertain, sleeps=(0.25,)),
    submitting("not published", refused(503, "PUBSUB_PUBLISH_FAILED"), expected=SubmissionUncertain),
    submitting("an internal error", refused(500, "INTERNAL_ERROR", Retry_After="1"), expected=SubmissionUncertain),
    submitting("a gateway's page", answer(502, b"<html>bad gateway</html>"), expected=SubmissionUncertain),
    submitting("a time-out in between", answer(408, b""), expected=SubmissionUncertain),
    submitting("a redirect", answer(307, b"", Location="https://elsewhere.example.com/"), expected=SubmissionUncertain),
    submitting("no JSON", answer(200, b"<html>"), expected=SubmissionUncertain),
    submitting("half a receipt", answer(200, b'{"jobId":"jo'), expected=SubmissionUncertain),
    submitting("no job in it", answer(200, {"success": False}), expected=SubmissionUncertain),
    submitting(
        "two jobs in it", answer(200, b'{"jobId":"a","jobId":"b","costMicroCents":1}'), expected=SubmissionUncertain
    ),
    submitting("a charge as text", receipt("250000"), expected=UnreadableCharge),
    submitting("half a millionth", receipt(0.5), expected=UnreadableCharge),
    submitting("no charge", answer(200, {"jobId": "job_1"}), expected=UnreadableCharge),
    submitting("another charge", receipt(300_000), expected=PriceDriftWarning),
    submitting("another charge, on request", receipt(200_000), expected=PriceDrift, settings={"on_drift": "raise"}),
    submitting(
        "another charge, ignored", receipt(300_000), expected={"drift_micros": 50_000}, settings={"on_drift": "ignore"}
    ),
    submitting("interrupted", KeyboardInterrupt(), expected=KeyboardInterrupt),
)

JOBS = (
    of_job("job", "as documented", job(), expected={"status": "completed", "output": "https://example.com/1.mp4"}),
    of_job(
        "job",
        "after trouble",
        LOST,
        refused(500, "INTERNAL_ERROR"),
        REFUSED,
        job("pending"),
        expected={"status": "pending"},
        sleeps=(0.25, 0.5, 1.0),
    ),
    of_job("job", "always broken", *[answer(503, b"")] * 4, expected=ServerError, sleeps=(0.25, 0.5, 1.0)),
    of_job("job", "never reached", *[LOST] * 4, expected=ConnectionFailed, sleeps=(0.25, 0.5, 1.0)),
    of_job("job", "unknown", refused(404, "JOB_NOT_FOUND"), expected=JobNotFound),
    of_job("job", "a redirect", answer(302, b"", Location="https://elsewhere.example.com/"), expected=ApiError),
    of_job("job", "no JSON", answer(200, b"ok"), expected=UnreadableAnswer),
    of_job(
        "cancel",
        "as documented",
        answer(200, {"jobId": "job_1", "status": "cancelled", "refundedMicroCents": 250_000}),
        expected={"status": "cancelled", "refunded_micros": 250_000},
    ),
    of_job("cancel", "too late", refused(400, "JOB_CANNOT_BE_CANCELLED"), expected=JobCannotBeCancelled),
    of_job(
        "cancel", "lost, but done", LOST, job("cancelled"), expected={"status": "cancelled", "refunded_micros": None}
    ),
    of_job(
        "cancel",
        "lost, then done",
        LOST,
        job("pending"),
        answer(200, {"jobId": "job_1", "status": "cancelled"}),
        expected={"status": "cancelled"},
    ),
    of_job("cancel", "lost twice", LOST, job("pending"), LOST, expected=ConnectionFailed),
    of_job(
        "cancel",
        "broken, then too late",
        answer(500, b""),
        job("processing"),
        refused(400, "JOB_CANNOT_BE_CANCELLED"),
        expected=JobCannotBeCancelled,
    ),
    of_job(
        "cancel",
        "refused connection",
        REFUSED,
        answer(200, {"jobId": "job_1", "status": "cancelled"}),
        expected={"status": "cancelled"},
        sleeps=(0.25,),
    ),
)

LISTS = (
    Scenario("one page", "jobs", (page("a", "b"),), {"ids": ["a", "b"]}),
    Scenario("no job", "jobs", (page(),), {"ids": []}),
    Scenario("all pages", "jobs", (page("a", cursor="1"), page("b", cursor="2"), page("c")), {"ids": ["a", "b", "c"]}),
    Scenario("a circle", "jobs", (page("a", cursor="1"), page("b", cursor="1")), {"ids": ["a", "b"]}),
    Scenario("a cursor after the end", "jobs", (page("a", cursor="1", hasMore=False),), {"ids": ["a"]}),
    Scenario("more without a cursor", "jobs", (page("a", hasMore=True),), {"ids": ["a"]}),
    Scenario("an empty cursor", "jobs", (page("a", nextCursor="", hasMore=True),), {"ids": ["a"]}),
    Scenario("no list", "jobs", (answer(200, {"jobs": {}}),), UnreadableAnswer),
    Scenario("a cursor of another type", "jobs", (page("a", nextCursor=5),), UnreadableAnswer),
    Scenario("a job without a name", "jobs", (answer(200, {"jobs": [{"status": "pending"}]}),), UnreadableAnswer),
    Scenario(
        "trouble on the way", "jobs", (page("a", cursor="1"), LOST, page("b")), {"ids": ["a", "b"]}, sleeps=(0.25,)
    ),
    Scenario("not allowed", "jobs", (refused(403, "OPERATION_NOT_ALLOWED"),), NotAllowed),
)

WAITS = (
    of_job("wait", "done at once", job(), expected={"status": "completed"}),
    of_job(
        "wait",
        "done later",
        job("pending"),
        job("processing"),
        job(),
        expected={"status": "completed"},
        sleeps=(1.5, 2.25),
    ),
    of_job("wait", "failed", job("processing"), job("failed"), expected=JobFailed, sleeps=(1.5,)),
    of_job("wait", "failed without a word", job("failed", error=None), expected=JobFailed),
    of_job("wait", "cancelled", job("cancelled"), expected=JobCancelled),
    of_job("wait", "a new state", job("queued"), job(), expected={"status": "completed"}, sleeps=(1.5,)),
    of_job(
        "wait",
        "out of reach for a while",
        *[LOST] * 4,
        job(),
        expected={"status": "completed"},
        sleeps=(0.25, 0.5, 1.0, 1.5),
    ),
    of_job(
        "wait",
        "too slow",
        *[job("processing")] * 5,
        expected=WaitTimeout,
        options={"timeout": 10.0},
        sleeps=(1.5, 2.25, 3.375, 1.875),
    ),
    of_job(
        "wait",
        "never seen",
        *[REFUSED] * 9,
        expected=WaitTimeout,
        options={"timeout": 2.0},
        sleeps=(0.25, 0.5, 1.0, 0.05),
        sends=5,
    ),
    of_job(
        "wait",
        "half the typical time first",
        job(),
        expected={"status": "completed"},
        options={"typical_seconds": 240},
        sleeps=(120.0,),
    ),
    of_job(
        "wait",
        "the model tells the typical time",
        job("pending", model="kling/kling-text2video-v25/text-to-video"),
        job(),
        expected={"status": "completed"},
        sleeps=(90.0,),
    ),
    of_job(
        "wait",
        "a model that nobody knows",
        job("pending", model="acme/none"),
        job(),
        expected={"status": "completed"},
        sleeps=(1.5,),
    ),
    of_job("wait", "unknown", refused(404, "JOB_NOT_FOUND"), expected=JobNotFound),
    of_job("wait", "no JSON", answer(200, b""), expected=UnreadableAnswer),
)

SCENARIOS = (*SUBMISSIONS, *JOBS, *LISTS, *WAITS)
