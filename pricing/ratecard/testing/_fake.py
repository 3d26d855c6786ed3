"""The fake API: a documented life without a socket, a clock or a sleep.

Rule 1  It answers what the public reference says, and judges and prices requests by the same tables as the library.
Rule 2  It is all here: a transport or a server carries bytes, and knows nothing of jobs.
Rule 3  One request at a time: the books are straight however many threads ask.
Rule 4  Time stands still unless `advance` moves it, or the given clock does.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Event, RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import unquote

from attrs import define, field

from ratecard import Catalog, Quote, try_quote
from ratecard._api import TERMINAL, JobStatus
from ratecard._money import usd_micros_of, usd_shown
from ratecard.testing._books import Books, FakeJob, is_over
from ratecard.testing._faults import Fault, JobError, error
from ratecard.testing._keys import FakeKey, admit, keys_by_text
from ratecard.testing._queries import cursor_after, json_of, page_of, refusal_of
from ratecard.testing._server import FakeServer
from ratecard.testing._webhooks import webhook_of
from ratecard.testing._wire import (
    MOST_BODY_BYTES,
    NEVER,
    FakeAnswer,
    FakeRequest,
    Operation,
    Refused,
    Route,
    arrived,
    json_answer,
    route_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ratecard.testing._server import OnRequest
    from ratecard.testing._transport import FakeTransport
    from ratecard.testing._webhooks import Join

START = datetime(2026, 11, 20, tzinfo=UTC)
"""Where the clock of a fake begins, unless it is told."""

TYPICAL_SECONDS = 60
"""What a job takes where the page of its model does not say."""

MEASURED: Mapping[str, object] = MappingProxyType({"duration": "5"})
"""What is measured, where a price depends on something that cannot be sent."""

_NO_FAULT = Fault(name="none")


def _micros(usd: str) -> int:
    micros = usd_micros_of(usd)
    if micros.denominator != 1:
        raise ValueError(f"expected dollars with at most six places, got {usd[:40]!r}")
    return int(micros)


def _instant(now: datetime | None) -> datetime | None:
    if now is None:
        return None
    if now.utcoffset() is None:
        raise ValueError(f"{now.isoformat()} has no offset from UTC")
    return now.astimezone(UTC)


def _tables(catalog: Catalog | None) -> Catalog:
    return Catalog.bundled() if catalog is None else catalog


def _never_passes() -> float:
    return 0.0


@define(kw_only=True)
class _Call:
    """One routed request: the job id in its path, its query and body, its own id, and what goes wrong with it."""

    job_id: str
    query: str
    body: bytes
    request_id: str
    fault: Fault


@define(kw_only=True, eq=False, repr=False)
class FakeApi:
    """The API as documented, for tests: it validates, prices, charges, keeps jobs, refunds, pages, and fails on demand.

    `balance_usd` dollars at the start, as a plain decimal · `catalog` the tables (the bundled ones by default) · `now` an
    instant with its offset: the clock begins there, and prices are those of the clock's instant; left out, it begins at
    `START` and the newest prices answer, as in `quote` · `clock` seconds from any point, such as `time.monotonic`, for
    time that passes by itself · `seconds_pending` and `seconds_processing` what a job takes, `math.inf` to move it by
    hand alone (processing takes what the page of the model says, unless told) · `keys` texts or `FakeKey`s, all of one
    account · `concurrent_jobs` so many may be open · `measured` the options of what is measured instead of sent, or a
    function from a request to them · `unpriced_micros` is charged where the tables know no price; left out, such a request
    is refused with `MODEL_ACCESS_DENIED`, a choice of the fake alone.
    Raises ValueError for a balance that is no plain decimal and for an instant without its offset.

    >>> api = FakeApi(balance_usd="1.00", keys="pb_example")
    >>> body = b'{"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}'
    >>> answer = api.answer("POST", "/v1/jobs/submit", {"Authorization": "Bearer pb_example"}, body)
    >>> answer.status, answer.data["costMicroCents"], api.balance_micros
    (200, 250000, 750000)
    >>> api.finish("job_00000001", "failed").refunded_micros, api
    (250000, <FakeApi: 1 job, balance $1.00>)

    What goes wrong is queued by `fail`, and each fault says what the client sees and what was done nonetheless:

    | fault | the client sees | processed |
    | --- | --- | --- |
    | a code, `error(code)` | that documented error | no, unless `processed=True` |
    | `REFUSE` | no connection | no |
    | `TIMEOUT_BEFORE`, `TIMEOUT_AFTER` | nothing, until it gives up | no, yes |
    | `CUT_BEFORE`, `CUT_AFTER` | the connection closed without an answer | no, yes |
    | `RESET_BEFORE`, `RESET_AFTER` | the connection broken | no, yes |
    | `CUT_WITHIN` | half of the answer, then the connection closed | yes |
    | `GARBAGE`, `TRUNCATED`, `EMPTY` | the right status, and a body that is no JSON | yes |
    | `BAD_GATEWAY_BEFORE`, `BAD_GATEWAY_AFTER` | 502 with HTML, as of a proxy | no, yes |
    | `redirect(location)` | the way to another host | no |
    | `overcharge(usd_micros)` | another charge than the price; it is charged indeed | yes |
    | `CHARGE_AS_FLOAT`, `…_FRACTION`, `…_TEXT`, `…_NULL`, `CHARGE_MISSING` | the charge as `1.0`, `1.5`, `"1"`, `null`, or not at all | yes |
    | `job_failure(code)` | nothing yet: the job fails where it would be completed | yes |
    """  # noqa: E501  a row of a table cannot be wrapped

    _balance_usd: str = "100.00"
    _catalog: Catalog = field(default=None, converter=_tables)
    _now: datetime | None = field(default=None, converter=_instant)
    _clock: Callable[[], float] = _never_passes
    _seconds_pending: float = 1
    _seconds_processing: float | None = None
    _keys: dict[str, FakeKey] = field(default=("pb_test",), converter=keys_by_text)
    _concurrent_jobs: int | None = None
    _measured: Mapping[str, object] | Callable[[Any], Mapping[str, object]] = MEASURED
    _unpriced_micros: int | None = None
    _books: Books = field(init=False)
    _faults: list[tuple[Fault, Operation | None]] = field(init=False, factory=list)
    _log: list[FakeRequest] = field(init=False, factory=list)
    _answered: int = field(init=False, default=0)
    _advanced: float = field(init=False, default=0.0)
    _lock: RLock = field(init=False, factory=RLock)

    def __attrs_post_init__(self) -> None:
        self._books = Books(_micros(self._balance_usd))
        self._advanced = -self._clock()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes = b""
    ) -> FakeAnswer:
        """Return the answer to a request: `target` is its path and query. Never raises, sleeps or sends anything.

        The order of judgment: the address, a queued fault, the key, the request. What the reference does not say is
        answered 404 `NOT_FOUND` (no such address), 405 `METHOD_NOT_ALLOWED` and 413 `REQUEST_TOO_LARGE`.
        """
        given = {name.lower(): value for name, value in dict(headers).items()}
        with self._lock:
            answer = self._judged(method, target, given, body)
            if answer.delivery != "refused":
                self._log.append(arrived(method, target, given, body))
        return answer

    def fail(self, fault: Fault | str, *, on: Operation | None = None, times: int = 1) -> None:
        """Let something go wrong with the next `times` requests: a fault, or the code of a documented error.

        `on` limits it to one operation; faults for the same operation come in the order in which they were queued.
        Raises ValueError for an unknown code or operation, and for less than one time.

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

    def heal(self) -> None:
        """Forget every fault that is still queued."""
        with self._lock:
            self._faults.clear()

    def advance(self, seconds: float) -> None:
        """Let time pass; this can also stand in for the `sleep` of what is tested.

        Raises ValueError where time would go back.
        """
        if seconds < 0:
            raise ValueError(f"time goes forward alone, got {seconds} seconds")
        with self._lock:
            self._advanced += seconds
            self._settled()

    def start(self, job_id: str) -> FakeJob:
        """Let a pending job begin now. Raises LookupError for an unknown job, ValueError for another state."""
        with self._lock:
            job = self.job(job_id)
            if job.status != "pending":
                raise ValueError(f"{job_id} is {job.status}, so it cannot begin")
            return self._books.start(job, self.now)

    def finish(
        self,
        job_id: str,
        status: JobStatus = "completed",
        *,
        code: str = "GENERATION_FAILED",
        message: str = "the model gave no result",
    ) -> FakeJob:
        """End an open job now; where `status` is `failed` or `cancelled`, what it cost is given back.

        `code` and `message` say why it failed; no page lists such codes. Raises LookupError for an unknown job,
        ValueError for one that is over and for a state that is no end.
        """
        with self._lock:
            job = self.job(job_id)
            if is_over(job):
                raise ValueError(f"{job_id} is {job.status} already")
            if status not in TERMINAL:
                raise ValueError(f"{status!r} is no end of a job")
            failure = JobError(code=code, message=message) if status == "failed" else None
            return self._books.finish(job, status, self.now, failure)

    def job(self, job_id: str) -> FakeJob:
        """Return a job as it is now. Raises LookupError for an unknown one."""
        with self._lock:
            job = self._settled().jobs.get(job_id)
        if job is None:
            raise LookupError(f"no such job: {job_id}")
        return job

    def webhook(self, job_id: str, *, secret: str | bytes, join: Join) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of the delivery for a job that is completed or failed, signed now.

        `join` says how the timestamp and the body are joined before, which the reference does not: bytes that stand
        between them, or a function of both.
        Raises LookupError for an unknown job, ValueError for a state for which no delivery is documented.
        """
        return webhook_of(self.job(job_id), secret=secret, join=join, at=self.now)

    def transport(self) -> FakeTransport:
        """Return a transport for `httpx2.Client` and `httpx2.AsyncClient`; faults become their exceptions.

        It answers for every host, and serves clients of httpx as well. Raises ImportError without the extra `testing`.
        """
        from ratecard.testing._transport import FakeTransport  # noqa: PLC0415  httpx2 comes with an extra

        return FakeTransport(self)

    def serve(self, port: int = 0, *, on_request: OnRequest | None = None) -> FakeServer:
        """Return a real server on the loopback interface; `with` starts it, gives its address, and stops it.

        `port` 0 takes a free one · `on_request` is called with each request and its answer, from several threads.
        Raises OSError, when it starts, where the port is taken.

        >>> from urllib.request import Request, urlopen
        >>> with FakeApi(keys="pb_example").serve() as address:
        ...     request = Request(f"{address}/v1/jobs", headers={"Authorization": "Bearer pb_example"})
        ...     with urlopen(request) as response:
        ...         response.read()
        b'{"jobs": [], "nextCursor": null, "hasMore": false}'
        """
        return FakeServer(self, port, on_request)

    def run(
        self,
        port: int = 0,
        *,
        on_start: Callable[[str], object],
        on_request: OnRequest | None = None,
        wait: Callable[[], object] | None = None,
    ) -> None:
        """Serve until a KeyboardInterrupt, or until `wait` returns; `on_start` is told the address.

        The rest is as in `serve`. Without a `clock`, time stands still and jobs stay where they are.
        """
        with self.serve(port, on_request=on_request) as address, suppress(KeyboardInterrupt):
            on_start(address)
            (Event().wait if wait is None else wait)()

    @property
    def now(self) -> datetime:
        """The instant of the fake's clock, UTC."""
        return (self._now or START) + timedelta(seconds=self._advanced + self._clock())

    @property
    def jobs(self) -> tuple[FakeJob, ...]:
        """Every job, oldest first, as it is now."""
        with self._lock:
            return tuple(self._settled().jobs.values())

    @property
    def requests(self) -> tuple[FakeRequest, ...]:
        """Every request that arrived, whatever became of it; without the keys."""
        with self._lock:
            return tuple(self._log)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that are still queued."""
        with self._lock:
            return tuple(fault for fault, _ in self._faults)

    @property
    def balance_micros(self) -> int:
        """What is left, in millionths of a dollar: start - charged + refunded."""
        with self._lock:
            return self._settled().balance_micros

    @property
    def charged_micros(self) -> int:
        """What all jobs were charged, in millionths of a dollar."""
        return self._books.charged_micros

    @property
    def refunded_micros(self) -> int:
        """What was given back, in millionths of a dollar."""
        with self._lock:
            return self._settled().refunded_micros

    def __repr__(self) -> str:
        count = len(self._books.jobs)
        return f"<FakeApi: {count} job{'' if count == 1 else 's'}, balance {usd_shown(self.balance_micros)}>"

    @property
    def _price_instant(self) -> datetime | None:
        """The instant whose tables answer; None for the newest, where the fake was told no instant."""
        return None if self._now is None else self.now

    def _settled(self) -> Books:
        self._books.settle(self.now)
        return self._books

    def _judged(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> FakeAnswer:
        self._settled()
        self._answered += 1
        request_id = f"req_{self._answered:08d}"
        path, _, query = target.partition("?")
        try:
            route, job_id = route_of(method, path)
        except Refused as refused:
            return refused.answer(request_id)
        fault = self._next_fault(route.operation)
        call = _Call(job_id=unquote(job_id), query=query, body=body, request_id=request_id, fault=fault)
        done = self._processed(route, call, headers) if fault.processed else NEVER
        return fault.applied(done, request_id)

    def _processed(self, route: Route, call: _Call, headers: Mapping[str, str]) -> FakeAnswer:
        operations = {"submit": self._submit, "job": self._shown, "jobs": self._listed, "cancel": self._cancelled}
        try:
            admit(self._keys, headers, route.scope)
            return operations[route.operation](call)
        except Refused as refused:
            return refused.answer(call.request_id)

    def _next_fault(self, operation: Operation) -> Fault:
        """Take the first queued fault that is meant for an operation, or none."""
        for index, (fault, on) in enumerate(self._faults):
            if on in (None, operation):
                del self._faults[index]
                return fault
        return _NO_FAULT

    def _submit(self, call: _Call) -> FakeAnswer:
        if len(call.body) > MOST_BODY_BYTES:
            raise Refused("REQUEST_TOO_LARGE", f"at most {MOST_BODY_BYTES} bytes")
        request = json_of(call.body)
        price_micros = self._price(request)
        charged_micros = max(0, price_micros + call.fault.overcharge_micros)
        if self._concurrent_jobs is not None and self._books.open_jobs >= self._concurrent_jobs:
            raise Refused("CONCURRENT_JOBS_EXCEEDED", f"at most {self._concurrent_jobs} jobs at a time")
        if charged_micros > self._books.balance_micros:
            raise Refused("INSUFFICIENT_BALANCE", "the balance is less than the price")
        job = self._job(call, request["model"], charged_micros)
        self._books.create(job)
        return json_answer(job.submitted())

    def _price(self, request: Any) -> int:  # noqa: ANN401  any JSON value
        """Return what a request costs at the instant of the clock. Raises Refused where it has no price."""
        measured = self._measured(request) if callable(self._measured) else self._measured
        answer = try_quote(request, catalog=self._catalog, at=self._price_instant, measured=measured)
        if isinstance(answer, Quote):
            return answer.usd_micros
        if answer.report.ok and self._unpriced_micros is not None:
            return self._unpriced_micros
        raise refusal_of(answer)

    def _job(self, call: _Call, model: str, charged_micros: int) -> FakeJob:
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
            dooms=call.fault.job_error,
        )

    def _found(self, call: _Call) -> FakeJob:
        job = self._books.jobs.get(call.job_id)
        if job is None:
            raise Refused("JOB_NOT_FOUND", "no such job")
        return job

    def _shown(self, call: _Call) -> FakeAnswer:
        return json_answer(self._found(call).shown())

    def _listed(self, call: _Call) -> FakeAnswer:
        page = page_of(call.query)
        found = list(islice(self._books.newest_first(page.before, page.status, page.model), page.limit + 1))
        jobs, more = found[: page.limit], len(found) > page.limit
        cursor = cursor_after(jobs[-1].number) if more else None
        return json_answer({"jobs": [job.listed() for job in jobs], "nextCursor": cursor, "hasMore": more})

    def _cancelled(self, call: _Call) -> FakeAnswer:
        job = self._found(call)
        if job.status != "pending":
            raise Refused("JOB_CANNOT_BE_CANCELLED", f"the job is {job.status}")
        ended = self._books.finish(job, "cancelled", self.now)
        return json_answer({"jobId": ended.job_id, "status": ended.status, "refundedMicroCents": ended.refunded_micros})
