"""One table of what can happen to a call: the script of the transport, and what must come of it, for both clients."""

from __future__ import annotations

from typing import Any

import httpx2
from attrs import field, frozen

from ratecard.submit import (
    ApiError,
    JobEnded,
    SubmissionUncertain,
    UnreadableCharge,
    WaitTimeout,
)
from submit.scripted import KEY, REQUEST, Step, answer, job, page, receipt, refused


@frozen
class Scenario:
    """A call of `method`, the `script`, and what is expected: an error and its code, or attributes of the result."""

    name: str
    method: str
    script: tuple[Step, ...]
    expected: type[BaseException] | dict[str, Any]
    code: str | None = None
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(factory=dict)

    def __str__(self) -> str:
        return f"{self.method}: {self.name}"


REFUSED = httpx2.ConnectError("connection refused")
LOST = httpx2.ReadTimeout("nothing came")
BUSY = refused(429, "CONCURRENT_JOBS_EXCEEDED")
ECHO = answer(401, {"error": {"code": "INVALID_API_KEY", "message": f"no such key: {KEY}"}}, X_Echo=f"Bearer {KEY}")
CREATED = {"job_id": "job_1"}
BALANCE = "INSUFFICIENT_BALANCE"
UNREADABLE = "unreadable_answer"


def submitting(name: str, *script: Step, expected: Any, code: str | None = None, **more: Any) -> Scenario:
    """Return a scenario of a submission."""
    return Scenario(name, "submit", script, expected, code, args=(REQUEST,), **more)


def uncertain(name: str, *script: Step, code: str | None = None) -> Scenario:
    """Return a scenario of a submission whose outcome is unknown."""
    return submitting(name, *script, expected=SubmissionUncertain, code=code)


def of_job(method: str, name: str, *script: Step, expected: Any, code: str | None = None, **more: Any) -> Scenario:
    """Return a scenario about a job."""
    return Scenario(name, method, script, expected, code, args=("job_1",), **more)


SUBMISSIONS = (
    submitting("as documented", receipt(), expected={**CREATED, "charged_micros": 250_000, "drift_micros": 0}),
    submitting(
        "a whole number as a float",
        answer(200, b'{"jobId":"job_1","costMicroCents":2.5e5}'),
        expected={"charged_micros": 250_000, "status": "pending"},
    ),
    submitting("refused connections", REFUSED, REFUSED, receipt(), expected=CREATED),
    submitting("no room", httpx2.ConnectTimeout(""), httpx2.PoolTimeout(""), receipt(), expected=CREATED),
    submitting("no connection at all", *[REFUSED] * 4, expected=ApiError, code="no_answer"),
    submitting("a proxy refuses", httpx2.ProxyError("403"), receipt(), expected=CREATED),
    submitting("busy", BUSY, BUSY, receipt(), expected=CREATED),
    submitting("always busy", *[BUSY] * 4, expected=ApiError, code="CONCURRENT_JOBS_EXCEEDED"),
    submitting("no balance", refused(402, BALANCE), expected=ApiError, code=BALANCE),
    submitting("no such model", refused(404, "MODEL_NOT_FOUND"), expected=ApiError, code="MODEL_NOT_FOUND"),
    submitting("the key is sent back", ECHO, expected=ApiError, code="INVALID_API_KEY"),
    uncertain("busy in undocumented words", answer(429, b"slow down")),
    uncertain("refused without words", answer(403, b"")),
    uncertain("refused with an unknown code", refused(418, "TEAPOT"), code="TEAPOT"),
    uncertain("refused with a known code and another status", refused(422, "INVALID_INPUT"), code="INVALID_INPUT"),
    uncertain("refused, but with a job", answer(402, {"jobId": "job_1", "error": {"code": BALANCE}}), code=BALANCE),
    uncertain("a job inside a refusal", answer(402, {"error": {"code": BALANCE, "x": [{"jobId": "j"}]}}), code=BALANCE),
    uncertain("read timeout", LOST, code="no_answer"),
    uncertain("write timeout", httpx2.WriteTimeout(""), code="no_answer"),
    uncertain("cut off", httpx2.RemoteProtocolError("peer closed"), code="no_answer"),
    uncertain("a broken pipe", httpx2.WriteError(f"broken, said {KEY}"), code="no_answer"),
    uncertain("a fault of the transport", RuntimeError("no such thing"), code="no_answer"),
    uncertain("refused, then lost", REFUSED, LOST, code="no_answer"),
    uncertain("not published", refused(503, "PUBSUB_PUBLISH_FAILED"), code="PUBSUB_PUBLISH_FAILED"),
    uncertain("an internal error", refused(500, "INTERNAL_ERROR", Retry_After="1"), code="INTERNAL_ERROR"),
    uncertain("a gateway's page", answer(502, b"<html>bad gateway</html>")),
    uncertain("a timeout in between", answer(408, b"")),
    uncertain("a redirect", answer(307, b"", Location="https://elsewhere.example.com/")),
    uncertain("not JSON", answer(200, b"<html>"), code=UNREADABLE),
    uncertain("half a receipt", answer(200, b'{"jobId":"jo'), code=UNREADABLE),
    uncertain("too deep", answer(200, b'{"jobId":"j","x":' + b"[" * 100_000), code=UNREADABLE),
    uncertain("no job in it", answer(200, {"success": False}), code=UNREADABLE),
    uncertain("an encoding", answer(200, b"\x1f\x8b", Content_Encoding="gzip"), code=UNREADABLE),
    uncertain("too long", answer(200, b" " * (4 * 2**20 + 1)), code=UNREADABLE),
    uncertain(
        "a charge of 5,000 digits", answer(200, b'{"jobId":"j","costMicroCents":%s}' % (b"9" * 5_000)), code=UNREADABLE
    ),
    submitting("a charge as text", receipt("250000"), expected=UnreadableCharge),
    submitting("no charge", answer(200, {"jobId": "job_1"}), expected=UnreadableCharge),
    submitting("another charge", receipt(300_000), expected={"drift_micros": 50_000}),
    submitting("interrupted", KeyboardInterrupt(), expected=KeyboardInterrupt),
)

CANCELLED = answer(200, {"jobId": "job_1", "status": "cancelled", "refundedMicroCents": 250_000})
TOO_LATE = refused(400, "JOB_CANNOT_BE_CANCELLED")

JOBS = (
    of_job("job", "as documented", job(), expected={"status": "completed", "output": "https://example.com/1.mp4"}),
    of_job("job", "after trouble", LOST, answer(500, b""), REFUSED, job("pending"), expected={"status": "pending"}),
    of_job("job", "always broken", *[answer(503, b"")] * 4, expected=ApiError),
    of_job("job", "never reached", *[LOST] * 4, expected=ApiError, code="no_answer"),
    of_job("job", "unknown", refused(404, "JOB_NOT_FOUND"), expected=ApiError, code="JOB_NOT_FOUND"),
    of_job("job", "a redirect", answer(302, b"", Location="https://elsewhere.example.com/"), expected=ApiError),
    of_job("job", "not JSON", answer(200, b"ok"), expected=ApiError, code="unreadable_answer"),
    of_job("job", "a list", answer(200, []), expected=ApiError, code="unreadable_answer"),
    of_job("job", "another job", job(jobId="job_2"), expected=ApiError, code="unreadable_answer"),
    of_job("job", "no status", job(status=""), expected=ApiError, code="unreadable_answer"),
    of_job("job", "too long", answer(200, b" " * 5_000_000), expected=ApiError, code="unreadable_answer"),
    of_job("cancel", "as documented", CANCELLED, expected={"status": "cancelled", "refunded_micros": 250_000}),
    of_job("cancel", "too late", TOO_LATE, expected=ApiError, code="JOB_CANNOT_BE_CANCELLED"),
    of_job(
        "cancel", "lost, but done", LOST, job("cancelled"), expected={"status": "cancelled", "refunded_micros": None}
    ),
    of_job("cancel", "lost, then done", LOST, job("pending"), CANCELLED, expected={"status": "cancelled"}),
    of_job("cancel", "lost twice", LOST, job("pending"), LOST, expected=ApiError, code="no_answer"),
    of_job(
        "cancel",
        "broken, then too late",
        answer(500, b""),
        job("processing"),
        TOO_LATE,
        expected=ApiError,
        code="JOB_CANNOT_BE_CANCELLED",
    ),
    of_job(
        "cancel",
        "another job",
        answer(200, {"jobId": "job_2", "status": "cancelled"}),
        expected=ApiError,
        code="unreadable_answer",
    ),
)

LISTS = (
    Scenario("one page", "jobs", (page("a", "b"),), {"ids": ["a", "b"]}),
    Scenario("no job", "jobs", (page(),), {"ids": []}),
    Scenario("all pages", "jobs", (page("a", cursor="1"), page("b", cursor="2"), page("c")), {"ids": ["a", "b", "c"]}),
    Scenario("a cursor after the end", "jobs", (page("a", cursor="1", hasMore=False),), {"ids": ["a"]}),
    Scenario("an empty cursor", "jobs", (page("a", nextCursor=""),), {"ids": ["a"]}),
    Scenario("trouble on the way", "jobs", (page("a", cursor="1"), LOST, page("b")), {"ids": ["a", "b"]}),
    Scenario("not a list", "jobs", (answer(200, {"jobs": {}}),), ApiError, "unreadable_answer"),
    Scenario("not allowed", "jobs", (refused(403, "OPERATION_NOT_ALLOWED"),), ApiError, "OPERATION_NOT_ALLOWED"),
    *(
        Scenario(name, "jobs", script, ApiError, "list_incomplete")
        for name, script in {
            "a circle": (page("a", cursor="1"), page("b", cursor="1")),
            "more without a cursor": (page("a", hasMore=True),),
            "a cursor of another type": (page("a", nextCursor=5, hasMore=None),),
            "a job without a name": (answer(200, {"jobs": [{"status": "pending"}, 5]}),),
        }.items()
    ),
)

WAITS = (
    of_job("wait", "done at once", job(), expected={"status": "completed"}),
    of_job("wait", "done later", job("pending"), job("processing"), job(), expected={"status": "completed"}),
    of_job("wait", "failed", job("processing"), job("failed"), expected=JobEnded, code="GENERATION_FAILED"),
    of_job("wait", "failed without a word", job("failed", error=None), expected=JobEnded),
    of_job("wait", "cancelled", job("cancelled"), expected=JobEnded),
    of_job("wait", "a new state", job("queued"), job(), expected={"status": "completed"}),
    of_job("wait", "out of reach for a while", *[LOST] * 4, job(), expected={"status": "completed"}),
    of_job("wait", "never seen", *[REFUSED] * 2, expected=WaitTimeout, options={"timeout": 0.1}),
    of_job("wait", "unknown", refused(404, "JOB_NOT_FOUND"), expected=ApiError, code="JOB_NOT_FOUND"),
    of_job("wait", "not JSON", answer(200, b""), expected=ApiError, code="unreadable_answer"),
    of_job("wait", "another job", job(jobId="job_2"), expected=ApiError, code="unreadable_answer"),
)

SCENARIOS = (*SUBMISSIONS, *JOBS, *LISTS, *WAITS)
