"""The client for asyncio and trio: it sends what the flows ask for."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

import anyio
import httpx2

from ratecard.submit import _flows
from ratecard.submit._client import BaseClient, RetryLater

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard.submit._answers import HttpAnswer
    from ratecard.submit._jobs import Job, Receipt
    from ratecard.submit._plan import Plan, PlanOptions

T = TypeVar("T")


class AsyncClient(BaseClient):
    """The same as Client, for asyncio and trio: methods are awaited; `jobs` and `find` are asynchronous iterables.

    Use it in an `async with` statement, or close it with `aclose()`. `http_client` is an httpx2.AsyncClient or
    httpx.AsyncClient. Prefer `submit(…, within=seconds)` to a timeout around `submit`: a task that is cancelled raises
    CancelledError, which carries the attempt, but asyncio.timeout and its like replace it with a plain TimeoutError.
    """

    _new_http = httpx2.AsyncClient

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
        if self._owns_http:
            await self._http.aclose()
            await self._submit_http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _run(self, flow: _flows.Flow[T]) -> T:
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, _flows.Send):
                    effect = flow.send(await self._deliver(effect))
                else:
                    await (self._sleep or anyio.sleep)(effect)
                    effect = next(flow)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    async def _deliver(self, send: _flows.Send) -> HttpAnswer:
        with suppress(RetryLater):
            async for attempt in self._retries():
                with attempt:
                    answer = await self._send(send)
                    self._check(send, answer, attempt.num)
        return answer

    async def _send(self, send: _flows.Send) -> HttpAnswer:
        """Send a request, and return the answer; when the time is over, what there is of it."""
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
        return self._answer(exchange)
