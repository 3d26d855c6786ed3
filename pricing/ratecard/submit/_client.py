"""The client that blocks: it runs the coroutines of AsyncClient, which never really wait here."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from functools import wraps
from threading import Thread
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

import httpx2

from ratecard.submit._async_client import AsyncClient
from ratecard.submit._base import BaseClient
from ratecard.submit._http import Exchange, RetryLater

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from ratecard.submit._answers import HttpAnswer
    from ratecard.submit._http import Send
    from ratecard.submit._jobs import Plan, Receipt
    from ratecard.submit._plan import PlanOptions

P = ParamSpec("P")
T = TypeVar("T")


def _run(method: Callable[P, Awaitable[T]], *args: P.args, **options: P.kwargs) -> T:
    """Run a coroutine to its end. Created and begun in one line, an interruption never finds it unawaited."""
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

    def submit(self, request: object | Plan, *, within: float | None = None, **options: Unpack[PlanOptions]) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt.

        A Plan is sent as it is. `within` limits the seconds of the whole submission; see `ratecard.submit.plan` for the
        other options. A charge that is not the quote is in `drift_micros` of the receipt, and is logged as a warning.

        Before anything is sent, it raises InvalidRequest, NotPriced, OverMaximum or QuoteChanged; ValueError or
        TypeError for unusable arguments. After that: SubmissionUncertain where a job may exist, UnreadableCharge where
        one does, another ApiError where none does. Any other exception that interrupts it has the attribute `attempt`
        if, and only if, the request may have arrived.
        """
        attempt, until = self._begin(request, within, options)
        try:
            return _run(self._submit, attempt, until)
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

    async def _deliver(self, send: Send) -> HttpAnswer:
        """Send a request in a thread, which is left to itself when its time is over.

        Nothing else bounds the time of a blocking read as a whole.
        """
        with suppress(RetryLater):
            for attempt in self._retries():
                with attempt:
                    exchange = self._exchange(send)
                    thread = Thread(target=_receive, args=(exchange,), name="ratecard.submit", daemon=True)
                    thread.start()
                    thread.join(exchange.seconds)
                    answer = self._answer(send, exchange, attempt.num)
        return answer


def _receive(exchange: Exchange) -> None:
    try:
        with closing(exchange.send()) as response:
            exchange.response = response
            for chunk in () if response.is_stream_consumed else response.stream:
                exchange.take(chunk)
            exchange.error = None
    except BaseException as error:  # noqa: BLE001  whatever is raised, the request may have left
        exchange.error = error
