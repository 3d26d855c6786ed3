"""The client for asyncio and trio: it sends what the flows ask for."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import anyio
import httpx2
import stamina

from ratecard.submit import _flows
from ratecard.submit._base import BaseClient, Exchange, RetryLater, pause_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard.submit._jobs import HttpAnswer, Job, Receipt
    from ratecard.submit._plan import Plan, PlanOptions

T = TypeVar("T")


class AsyncClient(BaseClient):
    """The same as Client, for asyncio and trio: methods are awaited; `jobs` and `find` are asynchronous iterables.

    Use it in an `async with` statement, or close it with `aclose()`. `http_client` is an httpx2.AsyncClient or
    httpx.AsyncClient. Prefer `submit(…, within=seconds)` to a timeout around `submit`: a task that is cancelled raises
    CancelledError, which carries the attempt, but asyncio.timeout and its like replace it with a plain TimeoutError.
    """

    _new_http = httpx2.AsyncClient
    _close_name = "aclose"

    async def submit(
        self, request: object | Plan, *, within: float | None = None, **options: Unpack[PlanOptions]
    ) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt: see Client.submit."""
        attempt, flow = self._begin(request, within, options)
        try:
            return self._created(await self._run(flow))
        except BaseException as error:
            self._failed(attempt, error)
            raise

    async def job(self, job_id: str) -> Job:
        """Return a job as it is now: see Client.job."""
        return await self._run(_flows.job(job_id))

    async def wait(
        self,
        job: Receipt | str,
        *,
        timeout: float = 3600.0,  # noqa: ASYNC109  as Client has it; the flow keeps it
        typical_seconds: float | None = None,
        on_poll: Callable[[Job], object] | None = None,
    ) -> Job:
        """Wait for a job, and return it completed: see Client.wait. `on_poll` is called, not awaited."""
        return await self._run(_flows.wait(job, timeout, typical_seconds, on_poll))

    async def cancel(self, job_id: str) -> Job:
        """Cancel a pending job: see Client.cancel."""
        return await self._run(_flows.cancel(job_id))

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
            if isinstance(effect, _flows.Send):
                answer = await self._deliver(effect)
            else:
                await (self._sleep or anyio.sleep)(effect)

    async def _deliver(self, send: _flows.Send) -> HttpAnswer | None:
        answer = None
        with suppress(RetryLater):
            async for attempt in stamina.retry_context(pause_of, self._attempts, timeout=None):
                with attempt:
                    answer = await self._send(send)
                    self._check(send, answer, attempt.num)
        return answer

    async def _send(self, send: _flows.Send) -> HttpAnswer:
        """Send a request, and return the answer; when the time is over, what there is of it."""
        exchange = self._exchange(send)
        try:
            with anyio.move_on_after(exchange.seconds) as scope:
                async with aclosing(await exchange.send()) as response:
                    await _read(exchange, response)
            if scope.cancelled_caught:
                exchange.is_late()
        except BaseException as error:  # noqa: BLE001  whatever is raised, the request may have left
            exchange.error = error
        if exchange.http is not self._http:
            with anyio.CancelScope(shield=True):
                await exchange.http.aclose()
        return exchange.answer(self._now())


async def _read(exchange: Exchange, response: Any) -> None:
    if exchange.begin(response):
        async for chunk in response.stream:
            if not exchange.wants(chunk):
                break
