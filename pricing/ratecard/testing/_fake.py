"""The fake API: it behaves as documented, without a socket, a clock or a sleep.

Rule 1  It answers what the public reference says, and judges and prices requests with the same tables as the library.
Rule 2  A transport or a server only carries bytes, and knows nothing of jobs.
Rule 3  One request at a time: the books stay correct however many threads ask.
Rule 4  Time stands still unless `advance` moves it, or the given clock does.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from attrs import define, field, frozen

from ratecard import Catalog, Declined, Quote, try_quote
from ratecard._api import TERMINAL, JobStatus
from ratecard._money import usd_micros_of, usd_shown
from ratecard.testing._books import Books, FakeJob
from ratecard.testing._faults import FakeFault, JobError, error
from ratecard.testing._http import MAX_BODY_BYTES, FakeAnswer, FakeRequest, Operation, Refused, json_answer, route
from ratecard.testing._keys import FakeKey, admit, keys_by_text
from ratecard.testing._queries import list_query
from ratecard.testing._webhooks import webhook_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ratecard.testing._server import FakeServer, OnRequest
    from ratecard.testing._transport import FakeTransport
    from ratecard.testing._webhooks import Join

START = datetime(2026, 11, 20, tzinfo=UTC)
"""Where the clock of a fake begins by default."""

TYPICAL_SECONDS = 60
"""The processing time of a job if the page of its model gives none."""

MEASURED: Mapping[str, object] = MappingProxyType({"duration": "5"})
"""The default of what is measured, for prices that depend on something that is not sent."""

_NO_FAULT = FakeFault(name="none")
_NOT_PROCESSED = FakeAnswer(0, (), b"")
_NO_SUCH_MODEL = frozenset({"unknown_model", "not_yet_effective", "retired"})


def _micros(usd: str) -> int:
    micros = usd_micros_of(usd)
    if micros.denominator != 1:
        raise ValueError(f"expected dollars with at most six decimal places, got {usd[:40]!r}")
    return int(micros)


def _instant(now: datetime | None) -> datetime | None:
    if now is None:
        return None
    if now.utcoffset() is None:
        raise ValueError(f"{now.isoformat()} has no offset from UTC")
    return now.astimezone(UTC)


def _tables(catalog: Catalog | None) -> Catalog:
    return Catalog.bundled() if catalog is None else catalog


def _standstill() -> float:
    return 0.0


@frozen
class _Call:
    """One routed request: the job id in its path, its query, body and own id, and what goes wrong with it."""

    operation: Operation
    job_id: str
    query: str
    body: bytes
    request_id: str
    fault: FakeFault


@define(kw_only=True, eq=False, repr=False)
class FakeApi:
    """The API as documented, for tests: it validates, prices, charges, keeps jobs, refunds, pages, and fails on demand.

    Raises ValueError for a balance that is not a plain decimal, and for an instant without an offset.

    Attributes:
        balance_usd: Dollars at the start, as a plain decimal.
        catalog: The tables; the bundled ones by default.
        now: Where the clock begins, with an offset; prices are those of the fake's instant. By default the clock begins
            at `START`, and prices are those of `quote` without `at`.
        clock: Seconds from any point, such as `time.monotonic`, for time that passes by itself.
        seconds_pending: How long a job is pending; `math.inf` until `start` is called.
        seconds_processing: How long a job is processing; by default as long as the page of its model says.
        keys: Texts or `FakeKey`s, all of one account.
        concurrent_jobs: How many jobs may be open at a time.
        measured: The options that are measured instead of sent, or a function from a request to them.
        unpriced_micros: Charged where the tables have no price. By default such a request is refused with
            `MODEL_ACCESS_DENIED`, a choice of the fake alone.

    >>> api = FakeApi(balance_usd="1.00", keys="pb_example")
    >>> body = b'{"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}'
    >>> answer = api.answer("POST", "/v1/jobs/submit", {"Authorization": "Bearer pb_example"}, body)
    >>> answer.status, answer.data["costMicroCents"], api.balance_micros
    (200, 250000, 750000)
    >>> api.finish("job_00000001", "failed").refunded_micros, api
    (250000, <FakeApi: 1 job, balance $1.00>)
    """

    _balance_usd: str = "100.00"
    _catalog: Catalog = field(default=None, converter=_tables)
    _now: datetime | None = field(default=None, converter=_instant)
    _clock: Callable[[], float] = _standstill
    _seconds_pending: float = 1
    _seconds_processing: float | None = None
    _keys: dict[str, FakeKey] = field(default=("pb_test",), converter=keys_by_text)
    _concurrent_jobs: int | None = None
    _measured: Mapping[str, object] | Callable[[Any], Mapping[str, object]] = MEASURED
    _unpriced_micros: int | None = None
    _books: Books = field(init=False)
    _faults: list[tuple[FakeFault, Operation | None]] = field(init=False, factory=list)
    _requests: list[FakeRequest] = field(init=False, factory=list)
    _answered: int = field(init=False, default=0)
    _seconds: float = field(init=False)
    _lock: RLock = field(init=False, factory=RLock)

    def __attrs_post_init__(self) -> None:
        self._books = Books(_micros(self._balance_usd))
        self._seconds = -self._clock()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes = b""
    ) -> FakeAnswer:
        """Return the answer to a request; `target` is its path and query. Never raises, sleeps or sends anything.

        A request is judged in this order: its address, a queued fault, its key, the request itself. What the reference
        leaves open is answered with 404 `NOT_FOUND`, 405 `METHOD_NOT_ALLOWED` and 413 `REQUEST_TOO_LARGE`.
        """
        lowered = {name.lower(): value for name, value in dict(headers).items()}
        with self._lock:
            answer = self._judge(method, target, lowered, body)
            if answer.delivery != "refused":
                self._requests.append(FakeRequest.of(method, target, lowered, body))
        return answer

    def fail(self, fault: FakeFault | str, *, on: Operation | None = None, times: int = 1) -> None:
        """Queue a fault, or the code of a documented error, for the next `times` requests.

        `on` limits it to one operation. Faults are taken in the order in which they were queued. Raises ValueError for
        an unknown code or operation, and for less than one time.

        | fault | what the client sees | processed |
        | --- | --- | --- |
        | a code, `error(code)` | that error | no, unless `processed=True` |
        | `REFUSE` | no connection | no |
        | `TIMEOUT_BEFORE`, `TIMEOUT_AFTER` | nothing, until it gives up | no, yes |
        | `CUT_BEFORE`, `CUT_AFTER` | the connection closed without an answer | no, yes |
        | `RESET_BEFORE`, `RESET_AFTER` | the connection reset | no, yes |
        | `CUT_WITHIN`, `cut(n)` | half of the body or `n` bytes, then the connection closed | yes |
        | `GARBAGE`, `TRUNCATED`, `EMPTY` | the right status, and a body that is not JSON | yes |
        | `BAD_GATEWAY_BEFORE`, `BAD_GATEWAY_AFTER` | 502 with HTML, as from a proxy | no, yes |
        | `redirect(location)` | a redirection | no |
        | `overcharge(usd_micros)` | another charge than the price; it is really charged | yes |
        | `CHARGE_AS_FLOAT`, `…_FRACTION`, `…_TEXT`, `…_NULL` | the charge as `1.0`, `1.5`, `"1"`, `null` | yes |
        | `CHARGE_MISSING` | no charge | yes |
        | `job_failure(code)` | nothing yet: the job fails when it would be completed | yes |

        >>> api = FakeApi()
        >>> api.fail("INTERNAL_ERROR", on="jobs")
        >>> api.answer("GET", "/v1/jobs", {"Authorization": "Bearer pb_test"}).status
        500
        """
        if on not in (None, *get_args(Operation)):
            raise ValueError(f"expected one of {', '.join(get_args(Operation))}, got {on!r}")
        if times < 1:
            raise ValueError(f"expected at least one time, got {times}")
        queued = error(fault) if isinstance(fault, str) else fault
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

    def start(self, job_id: str) -> FakeJob:
        """Start a pending job now. Raises LookupError for an unknown job, ValueError for another status."""
        with self._lock:
            job = self.job(job_id)
            if job.status != "pending":
                raise ValueError(f"{job_id} is {job.status}, so it cannot start")
            return self._books.start(job, self.now)

    def finish(
        self,
        job_id: str,
        status: JobStatus = "completed",
        *,
        code: str = "GENERATION_FAILED",
        message: str = "the model gave no result",
    ) -> FakeJob:
        """End an open job now. A job that is `failed` or `cancelled` is refunded.

        `code` and `message` say why it failed; the reference lists no such codes. Raises LookupError for an unknown
        job, ValueError for one that has ended and for a status that is not terminal.
        """
        with self._lock:
            job = self.job(job_id)
            if job.is_terminal:
                raise ValueError(f"{job_id} is already {job.status}")
            if status not in TERMINAL:
                raise ValueError(f"{status!r} is not a terminal status")
            failure = JobError(code=code, message=message) if status == "failed" else None
            return self._books.finish(job, status, self.now, failure)

    def job(self, job_id: str) -> FakeJob:
        """Return a job as it is now. Raises LookupError for an unknown one."""
        job = self._settled().jobs.get(job_id)
        if job is None:
            raise LookupError(f"no such job: {job_id}")
        return job

    def webhook(self, job_id: str, *, secret: str | bytes, join: Join) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of the delivery for a completed or failed job, signed now.

        `join` says how timestamp and body are joined before they are signed, which the reference does not: the bytes
        between them, or a function of both. Raises LookupError for an unknown job, ValueError for another status.
        """
        return webhook_of(self.job(job_id), secret=secret, join=join, at=self.now)

    def transport(self) -> FakeTransport:
        """Return a transport for clients of httpx2, sync and async; faults become their exceptions.

        It answers for every host, and serves clients of httpx as well. Raises ImportError without the extra `testing`.
        """
        from ratecard.testing._transport import FakeTransport

        return FakeTransport(self.answer)

    def serve(self, port: int = 0, *, on_request: OnRequest | None = None) -> FakeServer:
        """Return a real server on the loopback interface; `with` starts it, gives its address, and stops it.

        `port` 0 takes a free one. `on_request` is called with each request and its answer, in the server's thread.
        Raises ImportError without the extra `testing`; when it starts, OSError if the port is taken.

        >>> from urllib.request import Request, urlopen
        >>> with FakeApi(keys="pb_example").serve() as address:
        ...     request = Request(f"{address}/v1/jobs", headers={"Authorization": "Bearer pb_example"})
        ...     with urlopen(request) as response:
        ...         response.read()
        b'{"jobs": [], "nextCursor": null, "hasMore": false}'
        """
        from ratecard.testing._server import FakeServer

        return FakeServer(self.answer, port, on_request)

    @property
    def now(self) -> datetime:
        """The instant of the fake's clock, in UTC."""
        return (self._now or START) + timedelta(seconds=self._seconds + self._clock())

    @property
    def jobs(self) -> tuple[FakeJob, ...]:
        """Every job, oldest first, as it is now."""
        return tuple(self._settled().jobs.values())

    @property
    def requests(self) -> tuple[FakeRequest, ...]:
        """Every request that arrived, without its key."""
        return tuple(self._requests)

    @property
    def faults(self) -> tuple[FakeFault, ...]:
        """The faults that are still queued."""
        return tuple(fault for fault, _ in self._faults)

    @property
    def balance_micros(self) -> int:
        """What is left, in millionths of a dollar: start - charged + refunded."""
        return self._settled().balance_micros

    @property
    def charged_micros(self) -> int:
        """What all jobs were charged, in millionths of a dollar."""
        return self._books.charged_micros

    @property
    def refunded_micros(self) -> int:
        """What was refunded, in millionths of a dollar."""
        return self._settled().refunded_micros

    def __repr__(self) -> str:
        count = len(self._books.jobs)
        return f"<FakeApi: {count} job{'' if count == 1 else 's'}, balance {usd_shown(self.balance_micros)}>"

    @property
    def _price_instant(self) -> datetime | None:
        return None if self._now is None else self.now

    def _settled(self) -> Books:
        with self._lock:
            self._books.settle(self.now)
        return self._books

    def _judge(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> FakeAnswer:
        self._settled()
        self._answered += 1
        request_id = f"req_{self._answered:08d}"
        path, _, query = target.partition("?")
        try:
            operation, job_id = route(method, path)
        except Refused as refused:
            return refused.answer(request_id)
        fault = self._next_fault(operation)
        call = _Call(operation, job_id, query, body, request_id, fault)
        answer = self._process(call, headers) if fault.processed else _NOT_PROCESSED
        return fault.applied(answer, request_id)

    def _next_fault(self, operation: Operation) -> FakeFault:
        """Take the first queued fault for an operation."""
        for index, (fault, on) in enumerate(self._faults):
            if on in (None, operation):
                del self._faults[index]
                return fault
        return _NO_FAULT

    def _process(self, call: _Call, headers: Mapping[str, str]) -> FakeAnswer:
        operations = {"submit": self._submit, "job": self._show, "jobs": self._list, "cancel": self._cancel}
        try:
            admit(self._keys, headers, call.operation)
            return json_answer(operations[call.operation](call))
        except Refused as refused:
            return refused.answer(call.request_id)

    def _submit(self, call: _Call) -> dict[str, object]:
        if len(call.body) > MAX_BODY_BYTES:
            raise Refused("REQUEST_TOO_LARGE", f"at most {MAX_BODY_BYTES} bytes")
        try:
            request = json.loads(call.body)
        except (ValueError, RecursionError):
            raise Refused("INVALID_INPUT", "the body is not JSON") from None
        charged_micros = max(0, self._price(request) + call.fault.overcharge_micros)
        if self._concurrent_jobs is not None and self._books.open_jobs >= self._concurrent_jobs:
            raise Refused("CONCURRENT_JOBS_EXCEEDED", f"at most {self._concurrent_jobs} jobs at a time")
        if charged_micros > self._books.balance_micros:
            raise Refused("INSUFFICIENT_BALANCE", "the balance is less than the price")
        job = self._new_job(call, request["model"], charged_micros)
        self._books.create(job)
        return job.receipt()

    def _price(self, request: Any) -> int:
        """Return what a request costs. Raises Refused if it has no price."""
        measured = self._measured(request) if callable(self._measured) else self._measured_by(request)
        answer = try_quote(request, catalog=self._catalog, at=self._price_instant, measured=measured)
        if isinstance(answer, Quote):
            return answer.usd_micros
        if answer.report.ok and self._unpriced_micros is not None:
            return self._unpriced_micros
        raise _refusal_of(answer)

    def _measured_by(self, request: Any) -> dict[str, object]:
        """Return the options of what the model of a request measures."""
        slug = request.get("model") if type(request) is dict else None
        model = self._catalog.at(self._price_instant).get(slug) if type(slug) is str else None
        names = () if model is None else (field.name for field in model.latest.measured)
        return {name: self._measured[name] for name in names if name in self._measured}  # type: ignore[operator,index]

    def _new_job(self, call: _Call, model: str, charged_micros: int) -> FakeJob:
        table = self._catalog.at(self._price_instant)[model]
        typical = TYPICAL_SECONDS if table.latest.typical_seconds is None else table.latest.typical_seconds
        number = len(self._books.jobs) + 1
        return FakeJob(
            number=number,
            job_id=f"job_{number:08d}",
            request_id=call.request_id,
            model=model,
            output_type="image" if table.capability.endswith("image") else "video",
            body=call.body,
            charged_micros=charged_micros,
            created_at=self.now,
            typical_seconds=typical,
            pending_seconds=self._seconds_pending,
            processing_seconds=typical if self._seconds_processing is None else self._seconds_processing,
            job_error=call.fault.job_error,
        )

    def _find(self, call: _Call) -> FakeJob:
        job = self._books.jobs.get(call.job_id)
        if job is None:
            raise Refused("JOB_NOT_FOUND", "no such job")
        return job

    def _show(self, call: _Call) -> dict[str, object]:
        return self._find(call).detail()

    def _list(self, call: _Call) -> dict[str, object]:
        return list_query(call.query).page(reversed(self._books.jobs.values()))

    def _cancel(self, call: _Call) -> dict[str, object]:
        job = self._find(call)
        if job.status != "pending":
            raise Refused("JOB_CANNOT_BE_CANCELLED", f"the job is {job.status}")
        ended = self._books.finish(job, "cancelled", self.now)
        return {"jobId": ended.job_id, "status": ended.status, "refundedMicroCents": ended.refunded_micros}


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
