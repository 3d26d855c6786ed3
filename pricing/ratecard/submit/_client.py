"""The client that blocks: it sends what the flows ask for."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import httpx2
import stamina

from ratecard.submit import _flows
from ratecard.submit._base import BaseClient, seconds_of
from ratecard.submit._exchange import Exchange, without_frames
from ratecard.submit._http import HttpAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ratecard.submit._errors import ApiError
    from ratecard.submit._jobs import Attempt, Cancellation, Job, Receipt
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
        unsettled: Submissions that are under way, or ended with an unknown outcome. Remove those that you have settled.

    Raises BadKey for a key that is missing or cannot be sent; ValueError or TypeError for other unusable arguments.

    >>> def api(request):
    ...     return httpx2.Response(200, json={"jobId": "job_1", "status": "pending", "costMicroCents": 250_000})
    >>> http = httpx2.Client(transport=httpx2.MockTransport(api))
    >>> with http, Client("pb_example", http_client=http) as client:
    ...     receipt = client.submit(
    ...         {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}, max_usd="0.25"
    ...     )
    >>> receipt.job_id, receipt.charged_micros, receipt.drift_micros
    ('job_1', 250000, 0)
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
        planned, attempt, until = self._begin(request, within, options)
        try:
            receipt = self._run(_flows.submit(self._settings, planned, attempt, until))
            return self._created(attempt, receipt)
        except BaseException as error:
            self._failed(attempt, error)
            raise

    def job(self, job_id: str) -> Job:
        """Return a job as it is now. Raises ApiError; ValueError for text that cannot be the ID of a job."""
        return self._run(_flows.job(self._settings, job_id))

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
        seconds_of("timeout", timeout)
        return self._run(_flows.wait(self._settings, job, timeout, typical_seconds, on_poll))

    def cancel(self, job_id: str) -> Cancellation:
        """Cancel a pending job. Raises ApiError."""
        return self._run(_flows.cancel(self._settings, job_id))

    def jobs(self, status: str | None = None, model: str | None = None) -> _flows.JobList:
        """Return the jobs of all pages, which are read one by one, as an iterable.

        It raises ApiError at the first part of the list that cannot be read. Raises ValueError for an unknown status.
        """
        return _flows.JobList(self._entries(_flows.Pager(status, model)))

    def _entries(self, pager: _flows.Pager) -> Iterator[Job | ApiError]:
        while not pager.is_done:
            yield from self._run(pager.next_page(self._settings))

    def find(self, attempt: Attempt | BaseException) -> _flows.JobList:
        """Return the jobs that an attempt, or that of an exception, may have created: of its model, and of its time.

        They are read one by one. What cannot be read is in `problems` of the result, beside the jobs that were found.
        That nothing is found may mean that the list does not show the job yet.
        """
        found, pager = self._search(attempt)
        return _flows.JobList(self._entries(pager), found)

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
            answer = self._deliver(effect) if isinstance(effect, _flows.Send) else (self._sleep or time.sleep)(effect)

    def _deliver(self, send: _flows.Send) -> HttpAnswer | None:
        retries, answer = _flows.Retries(send, self._settings), None
        with suppress(_flows.RetryLater):
            for attempt in stamina.retry_context(retries.pause, send.attempts, timeout=None):
                with attempt:
                    answer = self._send(send)
                    retries.check(answer)
        return answer

    def _send(self, send: _flows.Send) -> HttpAnswer:
        exchange = self._exchange(send)
        if isinstance(exchange, HttpAnswer):
            return exchange
        done = Event()
        try:
            return self._answered(send, _answer(exchange, done))
        finally:
            self._release(exchange.http, is_idle=done.is_set())

    def _release(self, http: Any, *, is_idle: bool) -> None:
        """Close a connection of our own that nobody needs any more, or that was given up in the middle of an answer."""
        if http is not self._http:
            http.close()
        elif self._owns_http and not is_idle:
            self._http = self._new_http(**self._options)
            http.close()


def _answer(exchange: Exchange, done: Event) -> HttpAnswer:
    """Send a request, and return the answer; when the time is over, what there is of it.

    It runs in a thread of its own, which sets `done`: nothing else bounds the time of a blocking read as a whole.
    """
    errors: list[BaseException] = []

    def work() -> None:
        try:
            response = exchange.send()
            try:
                exchange.begin(response)
                for chunk in response.iter_bytes():
                    exchange.add(chunk)
            finally:
                response.close()
        except BaseException as error:  # noqa: BLE001  whatever is raised, the request may have left
            errors.append(without_frames(error))
        finally:
            done.set()

    try:
        Thread(target=work, name="ratecard.submit", daemon=True).start()
    except RuntimeError as error:  # the system has no thread to spare
        done.set()
        return HttpAnswer(None, fault=str(error), has_left=False)
    try:
        is_late = not done.wait(exchange.seconds)
    finally:
        exchange.is_given_up = True
    if errors and not isinstance(errors[0], Exception):
        raise errors[0]
    return exchange.late_answer() if is_late else exchange.answer(*errors)
