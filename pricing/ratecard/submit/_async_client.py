"""The client for asyncio and trio: it moves the bytes that the flows ask for."""

from __future__ import annotations

import random as chance
import time
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar

import anyio
import httpx

from ratecard._api import BASE_URL
from ratecard.submit import _flows, _listing, _waiting
from ratecard.submit._base import BaseClient, OnDrift
from ratecard.submit._clock import Clock, utc_now
from ratecard.submit._http import Bearer, Reading, options_of, request_of, without_frames
from ratecard.submit._key import Secret
from ratecard.submit._retry import RetryPolicy
from ratecard.submit._wire import Effect, Reply, Send, checked_base_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from ratecard import Catalog, Quote
    from ratecard.submit._errors import SubmissionUncertain
    from ratecard.submit._flows import Flow
    from ratecard.submit._jobs import Cancellation, Job, Receipt

T = TypeVar("T")


class AsyncClient(BaseClient):
    """The same as Client, for asyncio and trio: every method is awaited, `jobs` is an asynchronous iterator.

    A task that is cancelled while a submission is on its way raises with a note that a job may have been created. To be
    closed by `aclose()`, or used in an `async with` statement.

    >>> def api(request):
    ...     return httpx.Response(200, json={"jobId": "job_1", "status": "processing", "progress": 50})
    >>> async def progress() -> int | None:
    ...     async with AsyncClient("pb_example", transport=httpx.MockTransport(api)) as client:
    ...         return (await client.job("job_1")).progress
    >>> anyio.run(progress)
    50
    """

    def __init__(  # noqa: PLR0913  each is a setting of its own
        self,
        key: str | None = None,
        *,
        base_url: str = BASE_URL,
        catalog: Catalog | None = None,
        on_drift: OnDrift = "warn",
        timeout: float | httpx.Timeout = 60.0,
        retry: RetryPolicy | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
        random: Callable[[], float] = chance.random,
    ) -> None:
        secret = None if key is None else Secret(key)
        del key  # a traceback with local variables must not show it
        clock = Clock(now=now, monotonic=monotonic, random=random)
        address = checked_base_url(base_url)
        settings = _flows.Settings(base_url=address, catalog=catalog, retry=retry or RetryPolicy(), clock=clock)
        super().__init__(secret, settings, on_drift)
        self._sleep = sleep
        self._auth = Bearer(self._key)
        self._http = httpx.AsyncClient(transport=transport, **options_of(timeout))

    async def submit(
        self,
        request: object,
        *,
        max_usd: int | Decimal | str | None = None,
        expect: Quote | None = None,
        measured: Mapping[str, object] | None = None,
        strict: bool = False,
    ) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt: see Client.submit."""
        planned = self.plan(request, max_usd=max_usd, expect=expect, measured=measured, strict=strict)
        return self._tell_drift(await self._run(_flows.submit(self._settings, planned)))

    async def job(self, job_id: str) -> Job:
        """Return a job as it is now. Raises JobNotFound or another ApiError; ValueError for no name of a job."""
        return await self._run(_flows.job(self._settings, job_id))

    async def wait(
        self,
        job: Receipt | str,
        *,
        timeout: float = 3600.0,  # noqa: ASYNC109  as Client has it; the pauses know it
        typical_seconds: float | None = None,
        on_poll: Callable[[Job], object] | None = None,
    ) -> Job:
        """Wait for a job and return it completed: see Client.wait. `on_poll` is called, not awaited."""
        wish = _waiting.Wish(timeout=timeout, typical_seconds=typical_seconds, on_poll=on_poll)
        return await self._run(_waiting.wait(self._settings, job, wish))

    async def cancel(self, job_id: str) -> Cancellation:
        """Cancel a pending job. Raises JobCannotBeCancelled, JobNotFound or another ApiError."""
        return await self._run(_flows.cancel(self._settings, job_id))

    def jobs(self, status: str | None = None, model: str | None = None) -> AsyncIterator[Job]:
        """Return an iterator over the jobs of all pages, asked for one by one. Raises ValueError for no status."""
        return self._listed(_listing.Search(status=status, model=model))

    async def _listed(self, search: _listing.Search) -> AsyncIterator[Job]:
        cursors = _listing.Cursors()
        while not cursors.is_done:
            page = await self._run(_listing.page(self._settings, search, cursors.cursor))
            for job in cursors.passed(page):
                yield job

    async def find(self, uncertain: SubmissionUncertain) -> tuple[Job, ...]:
        """Return the jobs that an uncertain submission may have created: see Client.find."""
        return await self._run(_listing.find(self._settings, uncertain))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _run(self, flow: Flow[T]) -> T:
        step: Callable[[], Effect] = partial(next, flow)
        while True:
            try:
                effect = step()
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                reply = await self._perform(effect)
            except BaseException as error:  # noqa: BLE001  the flow decides; it raises what it does not know
                step = partial(flow.throw, without_frames(error))
            else:
                step = partial(flow.send, reply)

    async def _perform(self, effect: Effect) -> Reply | None:
        if isinstance(effect, Send):
            return await self._send(effect)
        await self._sleep(effect.seconds)
        return None

    async def _send(self, effect: Send) -> Reply:
        reading = Reading(self._key, self._settings.clock, effect)
        try:
            response = await self._http.send(request_of(self._http, effect), stream=True, auth=self._auth)
            try:
                reading.begin(response)
                async for chunk in response.aiter_bytes():
                    reading.add(chunk)
            finally:
                await response.aclose()
        except Exception as error:  # noqa: BLE001  whatever a transport raises, the request may have left
            return reading.reply(error)
        return reading.reply()
