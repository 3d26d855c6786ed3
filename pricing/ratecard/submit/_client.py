"""The clients. Client runs the coroutines of AsyncClient to their end: with its own way to send, they never wait.

Rule 1  A submission is sent again only where it is certain that nothing was created. After anything else it ends in a
        Receipt, in an error that names the job, or in SubmissionUncertain.
Rule 2  From before the first byte of a submission, whatever ends it has its attempt, unless nothing was created.
Rule 3  Every loop is bounded, by attempts and by time.
Rule 4  No public method of AsyncClient calls another one: those of Client are not coroutines.
"""

from __future__ import annotations

import logging
import os
import random
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial, wraps
from inspect import isawaitable, signature
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, Self, TypeVar, Unpack
from urllib.parse import quote as percent_encoded
from urllib.parse import urlencode
from uuid import uuid4

import anyio
import anyio.to_thread
import httpx2
import stamina

from ratecard import RatecardError
from ratecard._api import JOBS_PATH, KEY_VARIABLE, MOST_PAGE_JOBS, SUBMIT_PATH
from ratecard.submit._answers import NO_TIME, HttpAnswer, error_of, read_job, read_page, read_receipt
from ratecard.submit._errors import ApiError, JobEnded, SubmissionUncertain, UnreadableCharge, WaitTimeout
from ratecard.submit._http import Exchange, Key, RetryLater
from ratecard.submit._jobs import HEADERS, JSON_HEADERS, Attempt, Job, Plan, Receipt, is_job_id
from ratecard.submit._plan import PlanOptions, checked_base_url, plan, utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from datetime import datetime

    from ratecard import Catalog, Ledger

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("ratecard.submit")

CONNECT_SECONDS = 10.0
MAX_RETRY_AFTER = 60.0
"""A request is not repeated where the API asks to wait longer; a wait has the patience of its timeout."""

MAX_PAGES = 10_000
"""A list with more pages counts as endless."""

CLOCK_SKEW = timedelta(minutes=5)
"""Maximum clock skew between the API and this machine when matching a lost job."""

LAST_LOOK = 5.0
"""Seconds before the end of a wait at which the job is looked at for the last time; at most a tenth of the time."""


class BaseClient:
    """The settings of a client, and its submissions whose outcome is unknown; see Client."""

    _new_http: ClassVar[Callable[..., Any]]
    _default_sleep: Any
    _in_thread: Callable[[Callable[[], T]], Awaitable[T]]
    """Calls a function that may block for a moment, and finishes it even if the task is cancelled."""
    _receive: Callable[[Exchange], Awaitable[None]]

    def __init__(
        self,
        key: str | None = None,
        *,
        base_url: str | None = None,
        catalog: Catalog | None = None,
        timeout: float = 60.0,
        attempts: int = 4,
        http_client: Any = None,
        trust_env: bool = True,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Any] | None = None,
    ) -> None:
        self._key = Key(os.environ.get(KEY_VARIABLE, "") if key is None else key)
        del key  # a traceback with local variables must not show it
        self._key.check()
        if attempts < 1:
            raise ValueError("attempts must be at least 1")
        kind = self._new_http.__name__
        if http_client is not None and kind not in {base.__name__ for base in type(http_client).__mro__}:
            raise TypeError(f"http_client must be an httpx2.{kind} or httpx.{kind}, not {type(http_client).__name__}")
        self._timeout = _seconds("timeout", timeout)
        self._base_url = checked_base_url(base_url)
        self._catalog = catalog
        self._attempts = attempts
        self._now = now
        self._sleep = sleep or self._default_sleep
        self._owns_http = http_client is None
        self._http = self._submit_http = http_client
        if http_client is None:
            # A request to this machine goes through no proxy, which could read the key.
            trust_env = trust_env and self._base_url.lower().startswith("https:")
            new = partial(self._new_http, trust_env=trust_env, verify=httpx2.create_ssl_context(trust_env=trust_env))
            self._http = new()
            # A kept connection that the API has just closed would make a submission uncertain.
            self._submit_http = new(limits=httpx2.Limits(max_keepalive_connections=0))
        self.unsettled: list[Attempt] = []

    def plan(self, request: object, **options: Unpack[PlanOptions]) -> Plan:
        """Return what `submit` would send, and what it costs, without sending it."""
        return plan(request, catalog=self._catalog, at=self._now(), base_url=self._base_url, **options)

    def _begin(self, request: object, within: float | None, options: PlanOptions) -> tuple[Attempt, float]:
        """Return a new attempt, and when its time is over."""
        until = inf if within is None else time.monotonic() + _seconds("within", within)
        if isinstance(request, Plan) and options:
            raise TypeError("a plan has been checked already: pass the options to `plan`")
        planned = request if isinstance(request, Plan) else self.plan(request, **options)
        if planned.url != self._base_url + SUBMIT_PATH:
            raise ValueError("the plan is for another base URL than this client")
        return Attempt(plan=planned, started=self._now()), until

    async def _book(self, attempt: Attempt, until: float, ledger: Ledger | None, hold_key: str | None) -> Receipt:
        """Submit with the price held in a ledger, if there is one: the hold is sent before the request is."""
        if ledger is None:
            return await self._submit(attempt, until)
        attempt.hold_key = hold_key or uuid4().hex
        hold = await self._in_thread(partial(ledger.hold, attempt.plan.quote, key=attempt.hold_key))
        hold = await self._in_thread(hold.mark_sent)
        try:
            receipt = await self._submit(attempt, until)
        except BaseException:
            if not attempt.may_have_arrived:
                await self._in_thread(hold.release)
            raise
        try:
            await self._in_thread(partial(hold.settle, receipt))
        except (RatecardError, ValueError) as error:  # the job exists: its receipt must not be lost
            log.warning("job %s was charged, but the hold %s is not settled: %s", receipt.job_id, hold.key, error)
        return receipt

    async def _submit(self, attempt: Attempt, until: float) -> Receipt:
        answer = await self._deliver("POST", SUBMIT_PATH, until=until, submission=attempt)
        if answer.created_nothing:
            raise error_of(answer)
        named = (answer.data or {}).get("jobId")
        attempt.job_id = named if is_job_id(named) else None
        try:
            # A truncated JSON object never parses, so one that does is whole, even if the connection broke after it.
            receipt = read_receipt(answer, attempt.plan.quote)
        except UnreadableCharge:
            raise
        except ApiError as error:
            attempt.cause = answer.fault or str(error)
            raise SubmissionUncertain(**{**vars(error), "message": attempt.cause, "attempt": attempt}) from None
        log.info("created job %s of %s", receipt.job_id, receipt.quoted.model)
        if receipt.drift_micros:
            log.warning("%s", receipt.drift_text)
        return receipt

    def _failed(self, attempt: Attempt, error: BaseException) -> None:
        """Put a submission that may have arrived on the exception that ends it, and keep it if its job is unknown."""
        if not attempt.may_have_arrived:
            return
        if not isinstance(error, UnreadableCharge):
            attempt.ended = self._now()
            attempt.cause = attempt.cause or type(error).__name__
            self.unsettled.append(attempt)
            error.add_note(f"ratecard: {attempt}")
            planned = attempt.plan
            log.warning("uncertain: a job of %s may exist (request %.12s)", planned.quote.model, planned.digest)
        error.attempt = attempt  # type: ignore[attr-defined]

    async def _listed(self, **query: str | None) -> AsyncIterator[Job]:
        parameters = {"limit": str(MOST_PAGE_JOBS), **query}
        cursors: set[str | None] = {None, ""}
        has_more, is_incomplete = True, False
        while has_more:
            encoded = urlencode({name: value for name, value in parameters.items() if value is not None})
            jobs, cursor, has_more = read_page(await self._deliver("GET", f"{JOBS_PATH}?{encoded}"))
            for job in filter(None, jobs):
                yield job
            is_incomplete = is_incomplete or None in jobs
            if has_more and (cursor in cursors or len(cursors) > MAX_PAGES):
                raise ApiError("the list of jobs is incomplete: the API gives no new cursor", code="list_incomplete")
            cursors.add(cursor)
            parameters["cursor"] = cursor
        if is_incomplete:
            message = "the list of jobs is incomplete: an entry is not a job with a jobId and a status"
            raise ApiError(message, code="list_incomplete")

    async def _deliver(
        self,
        method: str,
        path: str,
        *,
        is_repeatable: bool = True,
        until: float = inf,
        submission: Attempt | None = None,
    ) -> HttpAnswer:
        """Send a request, again where that may help and is harmless, and return the last answer."""
        with suppress(RetryLater):
            async for attempt in self._retries():
                with attempt:
                    seconds = min(self._timeout, until - time.monotonic())
                    answer = NO_TIME
                    if seconds > 0:
                        exchange = self._exchange(method, path, seconds, submission)
                        await self._receive(exchange)
                        answer = exchange.answer(self._key)
                    may_help = is_repeatable and answer.is_transient
                    if submission:
                        submission.may_have_arrived = not answer.created_nothing
                        may_help = answer.created_nothing and answer.status in (None, 429)
                    if may_help and (pause := self._pause(answer, attempt.num, until)):
                        later = RetryLater(f"{method} {path.partition('?')[0]}: {answer.status or 'no answer'}")
                        later.pause = pause
                        log.info("%s; trying again in %.1f s", later, pause)
                        raise later
        return answer

    def _retries(self) -> Any:
        """Return the attempts at one request, for a `with` statement each."""
        return stamina.retry_context(lambda error: getattr(error, "pause", False), self._attempts, timeout=None)

    def _pause(self, answer: HttpAnswer, number: int, until: float) -> float | None:
        """Return the pause after an attempt; None for the last one, and where the pause would be too long."""
        after = answer.retry_after or 0.0
        pause = after + random.uniform(0.5, 1.0) * min(8.0, 0.25 * 2**number)
        is_last = number == self._attempts or after > MAX_RETRY_AFTER or time.monotonic() + pause >= until
        return None if is_last else pause

    def _exchange(self, method: str, path: str, seconds: float, submission: Attempt | None) -> Exchange:
        """Return the exchange for one request. From now on, a submission may have arrived."""
        http = self._submit_http if submission else self._http
        if http.is_closed:
            raise RuntimeError("the client is closed")
        connect = min(CONNECT_SECONDS, 0.8 * seconds)
        timeouts = (connect, seconds, seconds, connect)
        body, headers = (submission.plan.body, JSON_HEADERS) if submission else (None, HEADERS)
        request = http.build_request(method, self._base_url + path, content=body, headers=headers, timeout=timeouts)
        if submission:
            log.info("submitting a job of %s (request %.12s)", submission.plan.quote.model, submission.plan.digest)
            submission.may_have_arrived = True
        send = partial(http.send, request, stream=True, auth=self._key, follow_redirects=False)
        return Exchange(send, time.monotonic() + seconds)


class AsyncClient(BaseClient):
    """The same as Client, for asyncio and trio: methods are awaited; `jobs` and `find` are asynchronous iterators.

    Use it in an `async with` statement, or close it with `aclose()`. `http_client` is an httpx2.AsyncClient or
    httpx.AsyncClient. Prefer `submit(…, within=seconds)` to a timeout around `submit`: a task that is cancelled raises
    CancelledError, which carries the attempt, but asyncio.timeout and its like replace it with a plain TimeoutError.
    """

    _new_http = httpx2.AsyncClient
    _default_sleep = staticmethod(anyio.sleep)
    _receive = staticmethod(Exchange.areceive)

    async def submit(
        self,
        request: object | Plan,
        *,
        within: float | None = None,
        ledger: Ledger | None = None,
        hold_key: str | None = None,
        **options: Unpack[PlanOptions],
    ) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt: see Client.submit."""
        attempt, until = self._begin(request, within, options)
        try:
            return await self._book(attempt, until, ledger, hold_key)
        except BaseException as error:
            self._failed(attempt, error)
            raise

    async def job(self, job_id: str) -> Job:
        """Return a job as it is now. Raises ApiError; ValueError for text that cannot be the ID of a job."""
        return read_job(await self._deliver("GET", _path_of(job_id)), job_id)

    async def wait(
        self,
        job: Receipt | str,
        *,
        timeout: float = 3600.0,  # noqa: ASYNC109  it is that of the job
        on_poll: Callable[[Job], object] | None = None,
    ) -> Job:
        """Wait for a job, given by its receipt or its ID, and return it completed.

        `timeout` limits the seconds; `on_poll` is called, not awaited, with the job at each look. While the job is out
        of reach, the wait goes on at the same pace. Raises JobEnded for a job that failed or was cancelled,
        WaitTimeout, and ApiError where the API refuses to tell.
        """
        job_id = job if isinstance(job, str) else job.job_id
        path = _path_of(job_id)
        reserve = min(LAST_LOOK, _seconds("timeout", timeout) / 10)
        left, since = timeout - reserve, time.monotonic()
        # Pauses are jittered, so that many waits do not ask at once.
        pause, longest = random.uniform(0.0, 1.0), 2.0
        seen, trouble = None, ""
        while (left := left - (time.monotonic() - since)) > 0:
            pause = min(pause, left)
            paused = self._sleep(pause)
            if isawaitable(paused):
                await paused
            left, since = left - pause, time.monotonic()  # counted apart: in a test, a pause may take no time
            answer = await self._deliver("GET", path, is_repeatable=False, until=since + left + reserve)
            pause = max(answer.retry_after or 0.0, longest * random.uniform(0.5, 1.0))
            longest = min(longest * 1.5, 30.0)
            if answer.is_transient:
                trouble = f" ({error_of(answer).message})"
                continue
            seen, trouble = read_job(answer, job_id), ""
            if on_poll is not None:
                on_poll(seen)
            if seen.status == "completed":
                return seen
            if seen.is_terminal:
                why = seen.error_message or seen.error_code or "the API does not say why"
                message = f"job {job_id} {seen.status}: {why}"
                raise JobEnded(message, code=seen.error_code, request_id=seen.request_id, job=seen)
        state = f"is {seen.status}" if seen else "could not be seen"
        raise WaitTimeout(f"job {job_id} {state} after {timeout:g} s{trouble}", job=seen)

    async def cancel(self, job_id: str) -> Job:
        """Cancel a pending job, and return what the API says of it. Raises ApiError."""
        path = _path_of(job_id)
        cancel = partial(self._deliver, "POST", f"{path}/cancel", is_repeatable=False)
        answer = await cancel()
        if answer.is_transient:  # it may have been cancelled, and a second cancellation would be refused
            seen = read_job(await self._deliver("GET", path), job_id)
            if seen.status == "cancelled":
                return seen
            answer = await cancel()
        return read_job(answer, job_id)

    def jobs(self, status: str | None = None, model: str | None = None) -> AsyncIterator[Job]:
        """Yield the jobs, page by page, newest first.

        Raises ApiError after the jobs that could be read, if others could not.
        """
        return self._listed(status=status, modelId=model)

    async def find(self, attempt: Attempt) -> AsyncIterator[Job]:
        """Yield the jobs that an attempt may have created: of its model, and of its time.

        Raises ApiError after the jobs that it found, if the list could not be read completely. That nothing is found
        may mean that the list does not show the job yet.
        """
        first, last = attempt.started - CLOCK_SKEW, (attempt.ended or attempt.started) + CLOCK_SKEW
        async for job in self._listed(modelId=attempt.plan.quote.model):
            if job.created_at is None or first <= job.created_at <= last:
                yield job

    async def aclose(self) -> None:
        """Close the connections, but not a client that was passed as `http_client`."""
        if self._owns_http:
            await self._http.aclose()
            await self._submit_http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _in_thread(self, function: Callable[[], T]) -> T:
        with anyio.CancelScope(shield=True):
            result = await anyio.to_thread.run_sync(function)
        return result  # noqa: RET504  for a type checker, the scope could swallow an exception


def _run(method: Callable[P, Awaitable[T]], *args: P.args, **options: P.kwargs) -> T:
    """Run a coroutine to its end. It is created and started on one line, so no interruption leaves it unawaited."""
    try:
        raise RuntimeError(f"it waits for {next(method(*args, **options).__await__())}")
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _blocking(method: Callable[Concatenate[Any, P], Awaitable[T]]) -> Callable[Concatenate[Any, P], T]:
    @wraps(method)
    def call(self: Any, /, *args: P.args, **options: P.kwargs) -> T:
        return _run(method, self, *args, **options)

    return call


def _iterating(method: Callable[Concatenate[Any, P], AsyncIterator[T]]) -> Callable[Concatenate[Any, P], Iterator[T]]:
    @wraps(method)
    def call(self: Any, /, *args: P.args, **options: P.kwargs) -> Iterator[T]:
        listed = method(self, *args, **options)
        with suppress(StopAsyncIteration):
            while True:
                yield _run(listed.__anext__)

    call.__signature__ = signature(method).replace(return_annotation="Iterator[Job]")  # type: ignore[attr-defined]
    return call


class Client(BaseClient):
    """Submits requests, once, at the quoted price; looks at jobs, waits for them, cancels and lists them.

    Use it in a `with` statement, or close it with `close()`. Threads may share it. Redirects are never followed.

    Args:
        key: The API key; that of PIXELBYTE_API_KEY, if left out.
        base_url: The address of the API: https, or http on this machine; that of RATECARD_BASE_URL or the public API,
            if left out.
        catalog: The tables; the bundled ones, if left out.
        timeout: Seconds for one request, from the connection to the last byte of the answer.
        attempts: How often a request is sent at most, where repeating it cannot create a second job.
        http_client: An httpx2.Client or httpx.Client to send requests with; it is never closed here. If left out,
            requests that look at jobs share connections, and each submission has a fresh one.
        trust_env: Whether the client's own connections honour HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE.
        now: Returns the current instant.
        sleep: Waits between the looks of `wait`.

    Attributes:
        unsettled: Submissions that ended with an unknown outcome. Remove those that you have settled.

    Raises BadKey for a key that is missing or cannot be sent; ValueError or TypeError for other unusable arguments.
    """

    _new_http = httpx2.Client
    _default_sleep = staticmethod(time.sleep)

    def submit(
        self,
        request: object | Plan,
        *,
        within: float | None = None,
        ledger: Ledger | None = None,
        hold_key: str | None = None,
        **options: Unpack[PlanOptions],
    ) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt.

        A Plan is sent as it is. `within` limits the seconds of the whole submission; see `ratecard.submit.plan` for the
        other options. A charge that is not the quote is in `drift_micros` of the receipt, and is logged as a warning.

        With a `ledger`, the price is held there before anything is sent. The hold is settled with the charge, released
        if it is certain that nothing was created, and otherwise stays as sent. `hold_key` names the purchase, which is
        then sent only once, whatever happens to this process; without it, every submission is another purchase.

        Before anything is sent, it raises InvalidRequest, NotPriced, OverMaximum, QuoteChanged, OverLimit or
        LedgerError; ValueError or TypeError for unusable arguments. After that: SubmissionUncertain where a job may
        exist, UnreadableCharge where one does, another ApiError where none does. Any other exception that interrupts it
        has the attribute `attempt` if, and only if, the request may have arrived. If it arrives while one of these
        errors is being handled, that error is its `__context__`.
        """
        attempt, until = self._begin(request, within, options)
        try:
            return _run(self._book, attempt, until, ledger, hold_key)
        except BaseException as error:
            self._failed(attempt, error)
            raise

    job = _blocking(AsyncClient.job)
    wait = _blocking(AsyncClient.wait)
    cancel = _blocking(AsyncClient.cancel)
    jobs = _iterating(AsyncClient.jobs)
    find = _iterating(AsyncClient.find)

    def close(self) -> None:
        """Close the connections, but not a client that was passed as `http_client`."""
        if self._owns_http:
            self._http.close()
            self._submit_http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return function()

    async def _receive(self, exchange: Exchange) -> None:
        exchange.receive()

    async def _retries(self) -> AsyncIterator[stamina.Attempt]:
        for attempt in super()._retries():
            yield attempt


def _seconds(name: str, value: float) -> float:
    """Return a positive, finite number of seconds. Raises ValueError for anything else."""
    if type(value) not in (int, float) or not isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be a positive, finite number of seconds")
    return value


def _path_of(job_id: str) -> str:
    if not is_job_id(job_id):
        raise ValueError(f"not the ID of a job: {str(job_id)[:40]!r}")
    return f"{JOBS_PATH}/{percent_encoded(job_id, safe='')}"
