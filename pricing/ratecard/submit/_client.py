"""The client that blocks: it moves the bytes that the flows ask for."""

from __future__ import annotations

import random as chance
import time
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar

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
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from ratecard import Catalog, Quote
    from ratecard.submit._errors import SubmissionUncertain
    from ratecard.submit._flows import Flow
    from ratecard.submit._jobs import Cancellation, Job, Receipt

T = TypeVar("T")


class Client(BaseClient):
    """Submits requests, once, at the price that was quoted; looks at jobs, waits for them, cancels and lists them.

    `key` the key; left out, that of the variable `PIXELBYTE_API_KEY` · `base_url` the address of the API: https, or
    http to this machine itself · `catalog` the tables (the bundled ones by default) · `on_drift` what happens when a
    job did not cost what was quoted: "warn", "raise" or "ignore" · `timeout` seconds for each step of a request, or an
    httpx.Timeout · `retry` how patient it is · `transport` moves the bytes instead of httpx's own: for a proxy
    (`httpx.HTTPTransport(proxy=…, limits=httpx.Limits(max_keepalive_connections=0))`; the environment is not asked, and
    a kept connection that the API closes makes a submission uncertain), or for tests · `now`, `monotonic`, `sleep`,
    `random` its clocks, its pauses, its chance.

    Raises BadKey for a key that is missing or cannot be sent, and ValueError for an address that is not secure.
    Redirects are never followed. To be closed by `close()`, or used in a `with` statement. Threads may share it.

    >>> def api(request):
    ...     return httpx.Response(200, json={"jobId": "job_1", "status": "pending", "costMicroCents": 250_000})
    >>> with Client("pb_example", transport=httpx.MockTransport(api)) as client:
    ...     receipt = client.submit(
    ...         {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}, max_usd="0.25"
    ...     )
    >>> receipt.job_id, receipt.charged_micros, receipt.drift_micros
    ('job_1', 250000, 0)
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
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
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
        self._http = httpx.Client(transport=transport, **options_of(timeout))

    def submit(
        self,
        request: object,
        *,
        max_usd: int | Decimal | str | None = None,
        expect: Quote | None = None,
        measured: Mapping[str, object] | None = None,
        strict: bool = False,
    ) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt.

        `max_usd` the most that it may cost, in US dollars: an int, a Decimal or plain decimal text · `expect` the quote
        that it must have · `measured`, `strict` as for `ratecard.quote`. What is sent is the request with the options
        that the quote took from the tables' defaults written out.

        Before anything is sent: InvalidRequest, NotPriced, OverMaximum, QuoteChanged; ValueError or TypeError for a
        maximum that is no plain amount. After it: SubmissionUncertain where nobody knows whether a job was created,
        UnreadableCharge and PriceDrift where one was, and another ApiError where none was. A PriceDriftWarning says
        that the job did not cost what was quoted.
        """
        planned = self.plan(request, max_usd=max_usd, expect=expect, measured=measured, strict=strict)
        return self._tell_drift(self._run(_flows.submit(self._settings, planned)))

    def job(self, job_id: str) -> Job:
        """Return a job as it is now. Raises JobNotFound or another ApiError; ValueError for no name of a job."""
        return self._run(_flows.job(self._settings, job_id))

    def wait(
        self,
        job: Receipt | str,
        *,
        timeout: float = 3600.0,
        typical_seconds: float | None = None,
        on_poll: Callable[[Job], object] | None = None,
    ) -> Job:
        """Wait for a job, given by its receipt or its name, and return it completed.

        `timeout` the seconds after which WaitTimeout is raised · `typical_seconds` how long such a job takes (a receipt
        knows it) · `on_poll` is called with the job at each look. Raises JobFailed and JobCancelled, which carry the
        job, and another ApiError where the API refuses to tell.
        """
        wish = _waiting.Wish(timeout=timeout, typical_seconds=typical_seconds, on_poll=on_poll)
        return self._run(_waiting.wait(self._settings, job, wish))

    def cancel(self, job_id: str) -> Cancellation:
        """Cancel a pending job. Raises JobCannotBeCancelled, JobNotFound or another ApiError."""
        return self._run(_flows.cancel(self._settings, job_id))

    def jobs(self, status: str | None = None, model: str | None = None) -> Iterator[Job]:
        """Return an iterator over the jobs of all pages, asked for one by one. Raises ValueError for no status."""
        return self._listed(_listing.Search(status=status, model=model))

    def _listed(self, search: _listing.Search) -> Iterator[Job]:
        cursors = _listing.Cursors()
        while not cursors.is_done:
            yield from cursors.passed(self._run(_listing.page(self._settings, search, cursors.cursor)))

    def find(self, uncertain: SubmissionUncertain) -> tuple[Job, ...]:
        """Return the jobs that an uncertain submission may have created: of its model, and of its time.

        None may mean that the list does not show it yet: look again after a while, before sending it again.
        """
        return self._run(_listing.find(self._settings, uncertain))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, flow: Flow[T]) -> T:
        step: Callable[[], Effect] = partial(next, flow)
        while True:
            try:
                effect = step()
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                reply = self._perform(effect)
            except BaseException as error:  # noqa: BLE001  the flow decides; it raises what it does not know
                step = partial(flow.throw, without_frames(error))
            else:
                step = partial(flow.send, reply)

    def _perform(self, effect: Effect) -> Reply | None:
        if isinstance(effect, Send):
            return self._send(effect)
        self._sleep(effect.seconds)
        return None

    def _send(self, effect: Send) -> Reply:
        reading = Reading(self._key, self._settings.clock, effect)
        try:
            response = self._http.send(request_of(self._http, effect), stream=True, auth=self._auth)
            try:
                reading.begin(response)
                for chunk in response.iter_bytes():
                    reading.add(chunk)
            finally:
                response.close()
        except Exception as error:  # noqa: BLE001  whatever a transport raises, the request may have left
            return reading.reply(error)
        return reading.reply()
