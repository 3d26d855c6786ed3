"""The client that blocks: it sends what the flows ask for."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import httpx2
import stamina

from ratecard.submit import _flows
from ratecard.submit._base import BaseClient, Exchange, NotSent, RetryLater, pause_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ratecard.submit._jobs import HttpAnswer, Job, Receipt
    from ratecard.submit._plan import Plan, PlanOptions

T = TypeVar("T")


class Client(BaseClient):
    """Submits requests, once, at the quoted price; looks at jobs, waits for them, cancels and lists them.

    Use it in a `with` statement, or close it with `close()`. Threads may share it. Redirects are never followed.

    Args:
        key: The API key; that of PIXELBYTE_API_KEY, if left out.
        base_url: The address of the API: https, or http on this machine; that of RATECARD_BASE_URL or the public API,
            if left out.
        catalog: The tables; the bundled ones, if left out.
        on_drift: What happens when the charge is not the quote: "warn", "raise" or "ignore".
        on_uncertain: Is called with the Attempt when a submission ends with an unknown outcome, in whatever way.
        timeout: Seconds for one request, from the connection to the last byte of the answer.
        attempts: How often a request is sent at most, where repeating it cannot create a second job.
        http_client: An httpx2.Client or httpx.Client to send requests with. It is yours: its proxies, hooks and limits
            apply, and it is never closed here. If left out, requests that look at jobs share connections, and each
            submission has a fresh one.
        trust_env: Whether the client's own connections honour HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE.
        now: Returns the current instant.
        sleep: Waits between the looks of `wait`.

    Attributes:
        unsettled: Submissions that ended with an unknown outcome. Remove those that you have settled.

    Raises BadKey for a key that is missing or cannot be sent; ValueError or TypeError for other unusable arguments.
    """

    _new_http = httpx2.Client
    _close_name = "close"

    def submit(self, request: object | Plan, *, within: float | None = None, **options: Unpack[PlanOptions]) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt.

        The options that the quote took from the tables' defaults are written out in what is sent. A Plan is sent as it
        is. `within` limits the seconds of the whole submission; see PlanOptions for the other options.

        Before anything is sent, it raises InvalidRequest, NotPriced, OverMaximum or QuoteChanged; ValueError or
        TypeError for unusable arguments. After that: SubmissionUncertain where a job may exist, UnreadableCharge and
        PriceDrift where one does, another ApiError where none does. Any other exception that interrupts it has the
        attribute `attempt` if, and only if, the request may have arrived.
        """
        attempt, flow = self._begin(request, within, options)
        try:
            return self._created(self._run(flow))
        except BaseException as error:
            self._failed(attempt, error)
            raise

    def job(self, job_id: str) -> Job:
        """Return a job as it is now. Raises ApiError; ValueError for text that cannot be the ID of a job."""
        return self._run(_flows.job(job_id))

    def wait(
        self,
        job: Receipt | str,
        *,
        timeout: float = 3600.0,
        typical_seconds: float | None = None,
        on_poll: Callable[[Job], object] | None = None,
    ) -> Job:
        """Wait for a job, given by its receipt or its ID, and return it completed.

        `timeout` limits the seconds; `typical_seconds` is how long such a job takes, which a receipt knows; `on_poll`
        is called with the job at each look. Raises JobEnded for a job that failed or was cancelled, WaitTimeout, and
        ApiError where the API refuses to tell.
        """
        return self._run(_flows.wait(job, timeout, typical_seconds, on_poll))

    def cancel(self, job_id: str) -> Job:
        """Cancel a pending job, and return what the API says of it. Raises ApiError."""
        return self._run(_flows.cancel(job_id))

    def close(self) -> None:
        """Close the connections, but not a client that was passed as `http_client`."""
        self._is_closed = True
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, flow: _flows.Flow[T]) -> T:
        answer: Any = None
        while True:
            try:
                effect = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(effect, _flows.Send):
                answer = self._deliver(effect)
            else:
                (self._sleep or time.sleep)(effect)

    def _deliver(self, send: _flows.Send) -> HttpAnswer | None:
        answer = None
        with suppress(RetryLater):
            for attempt in stamina.retry_context(pause_of, self._attempts, timeout=None):
                with attempt:
                    answer = self._send(send)
                    self._check(send, answer, attempt.num)
        return answer

    def _send(self, send: _flows.Send) -> HttpAnswer:
        """Send a request in a thread, and return the answer; when the time is over, what there is of it.

        Nothing else bounds the time of a blocking read as a whole.
        """
        exchange, done = self._exchange(send), Event()
        try:
            Thread(target=_receive, args=(exchange, done), name="ratecard.submit", daemon=True).start()
            if not done.wait(exchange.seconds):
                exchange.is_late()
        except RuntimeError as error:  # the system has no thread to spare
            exchange.error = NotSent(str(error))
            done.set()
        finally:
            if self._owns_http and (exchange.http is not self._http or not done.is_set()):
                self._http = self._own_http() if exchange.http is self._http else self._http
                exchange.http.close()
        return exchange.answer(self._now())


def _receive(exchange: Exchange, done: Event) -> None:
    try:
        with closing(exchange.send()) as response:
            for chunk in response.stream if exchange.begin(response) else ():
                if not exchange.wants(chunk):
                    break
    except BaseException as error:  # noqa: BLE001  whatever is raised, the request may have left
        exchange.error = error
    finally:
        done.set()
