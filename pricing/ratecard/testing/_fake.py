"""The fake API: it behaves as documented, without a socket, a clock or a sleep.

Rule 1  It answers what the public reference says, and judges and prices requests with the same tables as the library.
Rule 2  A transport or a server only carries bytes, and knows nothing of jobs.
Rule 3  One request at a time: the books stay correct however many threads ask.
Rule 4  Time stands still unless `advance` moves it, or the given clock does.
"""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta
from math import inf
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from attrs import Factory, define, evolve, field
from attrs.converters import optional

from ratecard import Catalog, Declined, Quote, try_quote
from ratecard._api import SIGNATURE_HEADER, TERMINAL, TIMESTAMP_HEADER, JobStatus
from ratecard._money import usd_shown, whole_usd_micros
from ratecard.testing._http import (
    FAULTS,
    FakeAnswer,
    FakeFault,
    FakeRequest,
    JobError,
    Operation,
    Refused,
    error,
    error_answer,
    json_answer,
    route,
)
from ratecard.testing._jobs import FakeJob, page_of
from ratecard_rules import bundled, counted, instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from ratecard.testing._transport import FakeTransport

    Join: TypeAlias = bytes | Callable[[bytes, bytes], bytes]
    OnRequest: TypeAlias = Callable[[FakeRequest, FakeAnswer], object]

START = datetime(2026, 11, 20, tzinfo=UTC)
"""Where the clock of a fake begins by default."""

_TYPICAL_SECONDS = 60
"""The processing time of a job if the page of its model gives none."""

MEASURED: Mapping[str, object] = {"duration": "5"}
"""The default of what is measured, for prices that depend on something that is not sent."""

_NO_FAULT = FakeFault(name="none")
_NO_SUCH_MODEL = frozenset({"unknown_model", "not_yet_effective", "retired"})


@define(kw_only=True, eq=False, repr=False)
class FakeApi:
    """The API as documented, for tests: it validates, prices, charges, keeps jobs, refunds, pages, and fails on demand.

    A valid request without a known price is refused with `MODEL_ACCESS_DENIED`, a choice of the fake alone.
    Raises ValueError for a balance that is not a plain decimal, and for an instant without an offset.

    Attributes:
        balance_usd: Dollars at the start, as a plain decimal; below zero, nothing can be submitted.
        catalog: The tables; the bundled ones by default.
        now: Where the clock begins, with an offset; prices are those of the fake's instant. By default the clock begins
            at `START`, and prices are those of `quote` without `at`.
        clock: Seconds from any point, such as `time.monotonic`, for time that passes by itself.
        seconds_pending: How long a job is pending; `math.inf` until it is finished.
        seconds_processing: How long a job is processing; by default as long as the page of its model says.
        key: The key that is accepted.
        concurrent_jobs: How many jobs may be open at a time; `math.inf` for any number.
        measured: The options that are measured instead of sent.
        on_request: Called with each request that arrived, without its key, and the answer.

    >>> api = FakeApi(balance_usd="1.00", key="pb_example")
    >>> body = b'{"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}'
    >>> answer = api.answer("POST", "/v1/jobs/submit", {"Authorization": "Bearer pb_example"}, body)
    >>> answer.status, answer.data["costMicroCents"], api.balance_micros
    (200, 250000, 750000)
    >>> api.finish("job_00000001", "failed").refunded_micros, api
    (250000, <FakeApi: 1 job, balance $1.00>)
    """

    _start_micros: int = field(default="100.00", converter=whole_usd_micros, alias="balance_usd")  # type: ignore[assignment]  # of the converter
    _catalog: Catalog = field(factory=bundled)
    _now: datetime | None = field(default=None, converter=optional(instant_of))
    _clock: Callable[[], float] = lambda: 0.0
    _seconds_pending: float = 1
    _seconds_processing: float | None = None
    _key: str = "pb_test"
    _concurrent_jobs: float = inf
    _measured: Mapping[str, object] = MEASURED
    _on_request: OnRequest = lambda *_: None
    _jobs: dict[str, FakeJob] = field(init=False, factory=dict)
    _faults: list[tuple[FakeFault, Operation | None]] = field(init=False, factory=list)
    _requests: list[FakeRequest] = field(init=False, factory=list)
    _answered: int = field(init=False, default=0)
    _seconds: float = field(init=False, default=Factory(lambda self: -self._clock(), takes_self=True))
    _lock: RLock = field(init=False, factory=RLock)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> FakeAnswer:
        """Return the answer to a request; `target` is its path and query. Never raises, sleeps or sends anything.

        A request is judged in this order: its address, a queued fault, its key, the request itself. An
        unknown address is answered with 404 `NOT_FOUND`, which the reference does not mention.
        """
        request = FakeRequest(method, target, headers, body)
        with self._lock:
            answer = self._answer(method, target, headers, body)
            if answer.delivery == "refused":
                return answer
            self._requests.append(request)
        self._on_request(request, answer)
        return answer

    def fail(self, fault: FakeFault | str, *, on: Operation | None = None, times: int = 1) -> None:
        """Queue a fault, by its name in `FAULTS` or by the code of a documented error, for the next `times` requests.

        `on` limits it to one operation. Faults are taken in the order in which they were queued. Raises ValueError for
        an unknown name, code or operation, and for less than one time.

        - "refuse": there is no connection.
        - "timeout …", "cut …", "reset …", "bad gateway …": no answer, the connection closed or reset, or 502 with HTML;
          "… before" the request is processed, or "… after" it. All of the following are processed.
        - "cut within": half of the body arrives, then the connection is closed.
        - "garbage", "truncated": the right status, and a body that is not JSON.
        - "charge as float", "charge as text": `1.0`, `"1"`.

        `cut`, `error`, `redirect`, `overcharge` and `job_failure` return faults with arguments.

        >>> api = FakeApi()
        >>> api.fail("INTERNAL_ERROR", on="jobs")
        >>> api.answer("GET", "/v1/jobs", {"Authorization": "Bearer pb_test"}).status
        500
        """
        if on not in (None, *get_args(Operation)):
            raise ValueError(f"expected one of {', '.join(get_args(Operation))}, got {on!r}")
        if times < 1:
            raise ValueError(f"expected at least one time, got {times}")
        queued = (FAULTS.get(fault) or error(fault)) if isinstance(fault, str) else fault
        with self._lock:
            self._faults += [(queued, on)] * times

    def clear_faults(self) -> None:
        """Drop every fault that is still queued."""
        with self._lock:
            self._faults.clear()

    def advance(self, seconds: float) -> None:
        """Let time pass; this can also replace the `sleep` of the code under test. Raises ValueError below zero."""
        if seconds < 0:
            raise ValueError(f"time only moves forward, got {seconds} seconds")
        with self._lock:
            self._seconds += seconds

    def finish(self, job_id: str, status: JobStatus = "completed", *, error: JobError | None = None) -> FakeJob:
        """End an open job now; `error` says why it failed. A job that is `failed` or `cancelled` is refunded.

        Raises LookupError for an unknown job, ValueError for one that has ended and for a status that is not terminal.
        """
        with self._lock:
            job = self.job(job_id)
            if job.status in TERMINAL:
                raise ValueError(f"{job_id} is already {job.status}")
            if status not in TERMINAL:
                raise ValueError(f"{status!r} is not a terminal status")
            return self._keep(evolve(job, status=status, completed_at=self.now, job_error=error or JobError()))

    def job(self, job_id: str) -> FakeJob:
        """Return a job as it is now. Raises LookupError for an unknown one."""
        job = self._settled().get(job_id)
        if job is None:
            raise LookupError(f"no such job: {job_id}")
        return job

    def webhook(self, job_id: str, *, secret: str | bytes, join: Join) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of the delivery for a completed or failed job, signed now.

        `join` says how timestamp and body are joined before they are signed, which the reference does not: the bytes
        between them, or a function of both. Raises LookupError for an unknown job, ValueError for another status.
        """
        body = json.dumps(self.job(job_id).webhook_data()).encode()
        timestamp = str(int(self.now.timestamp()))
        signed = timestamp.encode() + join + body if isinstance(join, bytes) else join(timestamp.encode(), body)
        signature = hmac.new(secret.encode() if isinstance(secret, str) else secret, signed, "sha256").hexdigest()
        signing = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: f"sha256={signature}"}
        return {"Content-Type": "application/json", **signing}, body

    def transport(self) -> FakeTransport:
        """Return a transport for clients of httpx2, sync and async; faults become their exceptions.

        It answers for every host, and serves clients of httpx as well. Raises ImportError without the extra `testing`.
        """
        from ratecard.testing._transport import FakeTransport

        return FakeTransport(self.answer)

    def serve(self, port: int = 0) -> AbstractContextManager[str]:
        """Return a real server on the loopback interface; `with` starts it, gives its address, and stops it.

        `port` 0 takes a free one. A connection is accepted before a fault is known, so "refuse" resets it; a server
        that has stopped refuses it. Raises ImportError without the extra `testing`; when it starts, OSError if the port
        is taken.

        >>> with FakeApi().serve() as address:
        ...     address.startswith("http://127.0.0.1:")
        True
        """
        from ratecard.testing._server import serving

        return serving(self.answer, port)

    @property
    def now(self) -> datetime:
        """The instant of the fake's clock, in UTC."""
        return (self._now or START).astimezone(UTC) + timedelta(seconds=self._seconds + self._clock())

    @property
    def jobs(self) -> tuple[FakeJob, ...]:
        """Every job, oldest first, as it is now."""
        return tuple(self._settled().values())

    @property
    def requests(self) -> tuple[FakeRequest, ...]:
        """Every request that arrived, without its key."""
        return tuple(self._requests)

    @property
    def faults(self) -> tuple[FakeFault, ...]:
        """The faults that are still queued."""
        return tuple(fault for fault, _ in self._faults)

    @property
    def charged_micros(self) -> int:
        """What all jobs were charged, in millionths of a dollar."""
        return sum(job.charged_micros for job in self.jobs)

    @property
    def refunded_micros(self) -> int:
        """What was refunded, in millionths of a dollar."""
        return sum(job.refunded_micros for job in self.jobs)

    @property
    def balance_micros(self) -> int:
        """What is left, in millionths of a dollar: start - charged + refunded."""
        return self._start_micros - sum(job.charged_micros - job.refunded_micros for job in self.jobs)

    def __repr__(self) -> str:
        return f"<FakeApi: {counted(len(self._jobs), 'job')}, balance {usd_shown(self.balance_micros)}>"

    def _keep(self, job: FakeJob) -> FakeJob:
        self._jobs[job.job_id] = job
        return job

    def _settled(self) -> dict[str, FakeJob]:
        """Move every job to where it is by now."""
        with self._lock:
            now = self.now
            self._jobs = {job_id: job.settled(now) for job_id, job in self._jobs.items()}
            return self._jobs

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> FakeAnswer:
        self._answered += 1
        request_id = f"req_{self._answered:08d}"
        path, _, query = target.partition("?")
        fault = _NO_FAULT
        try:
            operation, job_id = route(method, path)
            fault = self._next_fault(operation)
            if not fault.processed:
                return fault.change(FakeAnswer(0, b""), request_id)
            self._admit(headers)
            if operation == "submit":
                data = self._submit(body, request_id, fault)
            elif operation == "jobs":
                data = page_of([*reversed(self.jobs)], query)
            else:
                data = self._show_or_cancel(operation, job_id)
            answer = json_answer(data)
        except Refused as refused:
            answer = error_answer(request_id, *refused.args)
        return fault.change(answer, request_id)

    def _next_fault(self, operation: Operation) -> FakeFault:
        """Take the first queued fault for an operation."""
        for index, (fault, on) in enumerate(self._faults):
            if on in (None, operation):
                del self._faults[index]
                return fault
        return _NO_FAULT

    def _admit(self, headers: Mapping[str, str]) -> None:
        """Raise Refused unless the headers carry a key."""
        lowered = {name.lower(): value for name, value in headers.items()}
        scheme, _, key = lowered.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Refused("UNAUTHORIZED", "send the key as Authorization: Bearer <key>")
        if key != self._key:
            raise Refused("INVALID_API_KEY", "no such key")

    def _submit(self, body: bytes, request_id: str, fault: FakeFault) -> dict[str, object]:
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused("INVALID_INPUT", "the body is not JSON") from None
        quoted = self._quote(request)
        jobs = self.jobs
        charged_micros = max(0, quoted.usd_micros + fault.overcharge_micros)
        if sum(job.status not in TERMINAL for job in jobs) >= self._concurrent_jobs:
            raise Refused("CONCURRENT_JOBS_EXCEEDED", f"at most {self._concurrent_jobs} jobs at a time")
        if charged_micros > self.balance_micros:
            raise Refused("INSUFFICIENT_BALANCE", "the balance is less than the price")
        typical = _TYPICAL_SECONDS if quoted.typical_seconds is None else quoted.typical_seconds
        job = FakeJob(
            job_id=f"job_{len(jobs) + 1:08d}",
            request_id=request_id,
            model=quoted.model,
            output_type="image" if self._catalog[quoted.model].capability.endswith("image") else "video",
            body=body,
            charged_micros=charged_micros,
            created_at=self.now,
            typical_seconds=typical,
            pending_seconds=self._seconds_pending,
            processing_seconds=typical if self._seconds_processing is None else self._seconds_processing,
            job_error=fault.job_error,
        )
        return self._keep(job).receipt()

    def _quote(self, request: Any) -> Quote:
        """Return what a request costs. Raises Refused if it has no price."""
        tables = self._catalog.at(None if self._now is None else self.now)
        slug = request.get("model") if isinstance(request, dict) else None
        model = tables.get(slug) if isinstance(slug, str) else None
        names = {field.name for field in model.latest.measured} if model else set()
        measured = {name: value for name, value in self._measured.items() if name in names}
        answer = try_quote(request, catalog=tables, measured=measured)
        if isinstance(answer, Declined):
            raise _refusal_of(answer)
        return answer

    def _show_or_cancel(self, operation: Operation, job_id: str) -> dict[str, object]:
        job = self._settled().get(job_id)
        if job is None:
            raise Refused("JOB_NOT_FOUND", "no such job")
        if operation == "job":
            return job.detail()
        if job.status != "pending":
            raise Refused("JOB_CANNOT_BE_CANCELLED", f"the job is {job.status}")
        job = self._keep(evolve(job, status="cancelled", completed_at=self.now))
        return {"jobId": job.job_id, "status": job.status, "refundedMicroCents": job.refunded_micros}


def _refusal_of(declined: Declined) -> Refused:
    """Return the answer to a request that has no price."""
    errors = declined.report.errors
    details = [{"pointer": problem.pointer, "code": problem.code, "message": problem.message} for problem in errors]
    if any(problem.code in _NO_SUCH_MODEL for problem in errors):
        return Refused("MODEL_NOT_FOUND", declined.message)
    if any(problem.pointer.startswith("/webhookUrl") for problem in errors):
        return Refused("INVALID_WEBHOOK_URL", declined.message, details)
    if errors:
        return Refused("INVALID_INPUT", declined.message, details)
    return Refused("MODEL_ACCESS_DENIED", f"the fake has no price for this: {declined.message}")
