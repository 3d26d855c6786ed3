"""The client for asyncio and trio: it sends what the flows ask for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import anyio
import httpx2
import stamina

from ratecard.submit import _flows
from ratecard.submit._base import BaseClient, seconds_of
from ratecard.submit._exchange import Exchange, without_frames
from ratecard.submit._http import HttpAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ratecard.submit._errors import ApiError
    from ratecard.submit._jobs import Attempt, Cancellation, Job, Receipt
    from ratecard.submit._plan import Plan, PlanOptions

T = TypeVar("T")


class AsyncClient(BaseClient):
    """The same as Client, for asyncio and trio: methods are awaited; `jobs` and `find` are asynchronous iterables.

    Use it in an `async with` statement, or close it with `aclose()`. `http_client` is an httpx2.AsyncClient or
    httpx.AsyncClient. Prefer `submit(…, within=seconds)` to a timeout around `submit`: a task that is cancelled raises
    CancelledError, which carries the attempt, but asyncio.timeout and its like replace it with a plain TimeoutError.

    >>> def api(request):
    ...     return httpx2.Response(200, json={"jobId": "job_1", "status": "processing", "progress": 50})
    >>> async def progress() -> int | None:
    ...     http = httpx2.AsyncClient(transport=httpx2.MockTransport(api))
    ...     async with http, AsyncClient("pb_example", http_client=http) as client:
    ...         return (await client.job("job_1")).progress
    >>> anyio.run(progress)
    50
    """

    _new_http = httpx2.AsyncClient
    _close_name = "aclose"

    async def submit(
        self, request: object | Plan, *, within: float | None = None, **options: Unpack[PlanOptions]
    ) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt: see Client.submit."""
        planned, attempt, until = self._begin(request, within, options)
        try:
            receipt = await self._run(_flows.submit(self._settings, planned, attempt, until))
            return self._created(attempt, receipt)
        except BaseException as error:
            self._failed(attempt, error)
            raise

    async def job(self, job_id: str) -> Job:
        """Return a job as it is now: see Client.job."""
        return await self._run(_flows.job(self._settings, job_id))

    async def wait(
        self,
        job: Receipt | str,
        *,
        timeout: float = 3600.0,  # noqa: ASYNC109  as Client has it; the flow keeps it
        typical_seconds: float | None = None,
        on_poll: Callable[[Job], object] | None = None,
    ) -> Job:
        """Wait for a job, and return it completed: see Client.wait. `on_poll` is called, not awaited."""
        seconds_of("timeout", timeout)
        return await self._run(_flows.wait(self._settings, job, timeout, typical_seconds, on_poll))

    async def cancel(self, job_id: str) -> Cancellation:
        """Cancel a pending job: see Client.cancel."""
        return await self._run(_flows.cancel(self._settings, job_id))

    def jobs(self, status: str | None = None, model: str | None = None) -> _flows.JobList:
        """Return the jobs of all pages: see Client.jobs."""
        return _flows.JobList(self._entries(_flows.Pager(status, model)))

    async def _entries(self, pager: _flows.Pager) -> AsyncIterator[Job | ApiError]:
        while not pager.is_done:
            for entry in await self._run(pager.next_page(self._settings)):
                yield entry

    def find(self, attempt: Attempt | BaseException) -> _flows.JobList:
        """Return the jobs that an attempt may have created, for `async for`: see Client.find."""
        found, pager = self._search(attempt)
        return _flows.JobList(self._entries(pager), found)

    async def aclose(self) -> None:
        """Close the connections, but not a client that was passed as `http_client`."""
        self._is_closed = True
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _run(self, flow: _flows.Flow[T]) -> T:
        answer: Any = None
        while True:
            try:
                effect = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = await (
                self._deliver(effect) if isinstance(effect, _flows.Send) else (self._sleep or anyio.sleep)(effect)
            )

    async def _deliver(self, send: _flows.Send) -> HttpAnswer | None:
        retries, answer = _flows.Retries(send, self._settings), None
        with suppress(_flows.RetryLater):
            async for attempt in stamina.retry_context(retries.pause, send.attempts, timeout=None):
                with attempt:
                    answer = await self._send(send)
                    retries.check(answer)
        return answer

    async def _send(self, send: _flows.Send) -> HttpAnswer:
        exchange = self._exchange(send)
        if isinstance(exchange, HttpAnswer):
            return exchange
        try:
            return self._answered(send, await _answer(exchange))
        finally:
            if exchange.http is not self._http:
                with anyio.CancelScope(shield=True):
                    await exchange.http.aclose()


async def _answer(exchange: Exchange) -> HttpAnswer:
    """Send a request, and return the answer; when the time is over, what there is of it."""
    with anyio.move_on_after(exchange.seconds):
        try:
            response = await exchange.send()
            try:
                exchange.begin(response)
                async for chunk in response.aiter_bytes():
                    exchange.add(chunk)
            finally:
                await response.aclose()
        except Exception as error:  # noqa: BLE001  whatever is raised, the request may have left
            return exchange.answer(error)
        except BaseException as error:  # noqa: BLE001  an interruption
            raise without_frames(error) from None
        return exchange.answer()
    return exchange.late_answer()
