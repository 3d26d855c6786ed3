"""The client for asyncio and trio. The blocking client runs the same coroutines.

Rule 1  No public method calls another one: those of the blocking client are not coroutines.
"""

from __future__ import annotations

import random
import time
from contextlib import aclosing, suppress
from datetime import timedelta
from inspect import isawaitable
from typing import TYPE_CHECKING, Self, Unpack
from urllib.parse import quote as percent_encoded

import anyio
import httpx2

from ratecard._api import JOBS_PATH
from ratecard.submit._answers import error_of, read_job
from ratecard.submit._base import BaseClient, seconds_of
from ratecard.submit._errors import JobEnded, WaitTimeout
from ratecard.submit._http import RetryLater, Send
from ratecard.submit._jobs import is_job_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ratecard.submit._answers import HttpAnswer
    from ratecard.submit._jobs import Attempt, Job, Plan, Receipt
    from ratecard.submit._plan import PlanOptions

CLOCK_SKEW = timedelta(minutes=5)
"""Maximum clock skew between the API and this machine when matching a lost job."""

FIRST_PAUSE = 2.0
MAX_PAUSE = 30.0
GROWTH = 1.5
LAST_LOOK = 5.0
"""Seconds before the end of a wait at which the job is looked at for the last time; at most a tenth of the time."""


class AsyncClient(BaseClient):
    """The same as Client, for asyncio and trio: methods are awaited; `jobs` and `find` are asynchronous iterators.

    Use it in an `async with` statement, or close it with `aclose()`. `http_client` is an httpx2.AsyncClient or
    httpx.AsyncClient. Prefer `submit(…, within=seconds)` to a timeout around `submit`: a task that is cancelled raises
    CancelledError, which carries the attempt, but asyncio.timeout and its like replace it with a plain TimeoutError.
    """

    _new_http = httpx2.AsyncClient
    _default_sleep = staticmethod(anyio.sleep)

    async def submit(
        self, request: object | Plan, *, within: float | None = None, **options: Unpack[PlanOptions]
    ) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt: see Client.submit."""
        attempt, until = self._begin(request, within, options)
        try:
            return await self._submit(attempt, until)
        except BaseException as error:
            self._failed(attempt, error)
            raise

    async def job(self, job_id: str) -> Job:
        """Return a job as it is now. Raises ApiError; ValueError for text that cannot be the ID of a job."""
        return read_job(await self._deliver(Send("GET", _path_of(job_id))), job_id)

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
        path, reserve = _path_of(job_id), min(LAST_LOOK, seconds_of("timeout", timeout) / 10)
        # Pauses are jittered, so that many waits do not ask at once.
        pause, longest = random.uniform(0.0, 1.0), FIRST_PAUSE
        left, since = timeout - reserve, time.monotonic()
        seen, trouble = None, ""
        while (left := left - (time.monotonic() - since)) > 0:
            pause = min(pause, left)
            paused = self._sleep(pause)
            if isawaitable(paused):
                await paused
            left, since = left - pause, time.monotonic()  # pauses are counted too: the clock of a test may stand still
            answer = await self._deliver(Send("GET", path, is_repeatable=False, until=since + left + reserve))
            pause = max(answer.retry_after or 0.0, longest * random.uniform(0.5, 1.0))
            longest = min(longest * GROWTH, MAX_PAUSE)
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
        send = Send("POST", f"{path}/cancel", is_repeatable=False)
        answer = await self._deliver(send)
        if answer.is_transient:  # it may have been cancelled, and a second cancellation would be refused
            seen = read_job(await self._deliver(Send("GET", path)), job_id)
            if seen.status == "cancelled":
                return seen
            answer = await self._deliver(send)
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

    async def _deliver(self, send: Send) -> HttpAnswer:
        with suppress(RetryLater):
            async for attempt in self._retries():
                with attempt:
                    exchange = self._exchange(send)
                    try:
                        with anyio.move_on_after(exchange.seconds):
                            async with aclosing(await exchange.send()) as response:
                                exchange.response = response
                                if not response.is_stream_consumed:
                                    async for chunk in response.stream:
                                        exchange.take(chunk)
                                exchange.error = None
                    except BaseException as error:  # noqa: BLE001  whatever is raised, the request may have left
                        exchange.error = error
                    answer = self._answer(send, exchange, attempt.num)
        return answer


def _path_of(job_id: str) -> str:
    if not is_job_id(job_id):
        raise ValueError(f"not the ID of a job: {str(job_id)[:40]!r}")
    return f"{JOBS_PATH}/{percent_encoded(job_id, safe='')}"
