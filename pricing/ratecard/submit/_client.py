"""The client that blocks, and what both clients have in common: the key, the guard around a submission, one exchange.

Rule 1  From before the first byte of a submission, whatever ends it has its attempt, unless nothing was created.
Rule 2  What comes from outside is scrubbed of the key. An exception of the HTTP library is turned into words, because
        it holds the request, and the request the key.
Rule 3  An answer is bounded in size and in time, and no content coding is decoded.
"""

from __future__ import annotations

import logging
import os
import random
import re
import time
import warnings
from contextlib import closing, suppress
from functools import partial
from math import inf
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, Self, TypeVar, Unpack

import httpx2
import stamina
from attrs import define, field

from ratecard._api import KEY_VARIABLE, SUBMIT_PATH
from ratecard.submit import _flows
from ratecard.submit._answers import CUT_OFF, MAX_EXCERPT, HttpAnswer
from ratecard.submit._errors import ApiError, BadKey, PriceDrift, PriceDriftWarning, UnreadableCharge
from ratecard.submit._flows import Flow, JobList, Send, seconds_of
from ratecard.submit._jobs import Attempt, Job, Receipt
from ratecard.submit._plan import HEADERS, JSON_HEADERS, Plan, PlanOptions, checked_base_url, plan, utc_now
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ratecard import Catalog

log = logging.getLogger("ratecard.submit")
T = TypeVar("T")

BEFORE_THE_FIRST_BYTE = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
"""The names of the errors, of httpx2 and of httpx, after which no byte of the request can have left."""

MAX_ANSWER = 4 * 2**20
"""Maximum bytes of an answer."""

MAX_RETRY_AFTER = 60.0
"""A request is not repeated where the API asks to wait longer; a wait has the patience of its timeout."""

CONNECT_SECONDS = 10.0


class Key:
    """The API key: shown as `***`, neither copied nor pickled, and put into a request by the HTTP library."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key cannot be copied or pickled")

    def __call__(self, request: Any) -> Any:
        """Authorize a request."""
        request.headers["Authorization"] = f"Bearer {self._text}"
        return request

    def check(self) -> None:
        """Raise BadKey for a key that is missing or cannot be sent."""
        if not self._text.strip():
            raise BadKey(f"no key: pass one, or set {KEY_VARIABLE}")
        if not re.fullmatch("[!-~]+", self._text):
            raise BadKey(f"{KEY_VARIABLE} (or the key that was passed) has blanks or characters outside ASCII")

    def scrub(self, text: str) -> str:
        """Return text from outside without the key, in whatever way JSON may spell it."""
        spellings = (rf"(?:\\?{re.escape(sign)}|\\u00(?i:{ord(sign):02x}))" for sign in self._text)
        return re.sub("".join(spellings), "***", text)


class RetryLater(Exception):
    """An answer after which the request is sent again. stamina logs it, so it holds no text of the answer."""

    pause = 0.0


@define(eq=False, repr=False)
class Exchange:
    """One request, and what was read of its answer. Whoever waits for it may give it up when its time is over.

    Attributes:
        send: Sends the request; for an asynchronous client, what it returns is awaited.
        seconds: How long it may take.
        until: When `time.monotonic()` shows this, the time is over.
        response: The head of the answer.
        body: The body of the answer, as far as it was read.
        error: What kept the answer, or the rest of it, away; None once it is whole.
    """

    send: Callable[[], Any]
    seconds: float
    until: float
    response: Any = None
    body: bytearray = field(factory=bytearray)
    error: BaseException | None = field(factory=lambda: TimeoutError("no whole answer in time"))

    def take(self, chunk: bytes) -> None:
        """Take a part of the body, as it came: no content coding is decoded. Raises TimeoutError to end the reading."""
        self.body += chunk
        if len(self.body) > MAX_ANSWER or time.monotonic() > self.until:
            raise TimeoutError


class BaseClient:
    """The settings of a client, and its submissions whose outcome is unknown; see Client."""

    _new_http: ClassVar[Callable[..., Any]]
    _run: Any

    def __init__(
        self,
        key: str | None = None,
        *,
        base_url: str | None = None,
        catalog: Catalog | None = None,
        on_drift: Literal["warn", "raise", "ignore"] = "warn",
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
        if on_drift not in ("warn", "raise", "ignore") or attempts < 1:
            raise ValueError('on_drift must be "warn", "raise" or "ignore", and attempts at least 1')
        kind = self._new_http.__name__
        if http_client is not None and kind not in {base.__name__ for base in type(http_client).__mro__}:
            raise TypeError(f"http_client must be an httpx2.{kind} or httpx.{kind}, not {type(http_client).__name__}")
        self._timeout = seconds_of("timeout", timeout)
        self._base_url = checked_base_url(base_url)
        self._catalog = catalog
        self._attempts = attempts
        self._on_drift = on_drift
        self._now = now
        self._sleep = sleep
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

    def jobs(self, status: str | None = None, model: str | None = None) -> JobList:
        """Return the jobs of all pages as an iterable, which raises ApiError where a page cannot be read completely."""
        return JobList(self._run, None, status=status, modelId=model)

    def find(self, attempt: Attempt) -> JobList:
        """Return the jobs that an attempt may have created: of its model, and of its time.

        What cannot be read is in `problems` of the result, beside the jobs that were found. That nothing is found may
        mean that the list does not show the job yet.
        """
        return JobList(self._run, attempt, modelId=attempt.quote.model)

    def _begin(self, request: object, within: float | None, options: PlanOptions) -> tuple[Attempt, Flow[Receipt]]:
        until = inf if within is None else time.monotonic() + seconds_of("within", within)
        if isinstance(request, Plan) and options:
            raise TypeError("a plan has been checked already: pass the options to `plan`")
        planned = request if isinstance(request, Plan) else self.plan(request, **options)
        if planned.url != self._base_url + SUBMIT_PATH:
            raise ValueError("the plan is for another base URL than this client")
        attempt = Attempt(quote=planned.quote, body=planned.body, digest=planned.digest, started=self._now())
        return attempt, _flows.submit(attempt, until)

    def _created(self, receipt: Receipt) -> Receipt:
        """Return the receipt; where the charge is not the quote, say so first."""
        log.info("created job %s of %s", receipt.job_id, receipt.quoted.model)
        if receipt.drift_micros:
            log.warning("%s", receipt.drift_text)
            if self._on_drift == "raise":
                raise PriceDrift(receipt.drift_text, request_id=receipt.request_id, receipt=receipt)
            if self._on_drift == "warn":  # with an instance, so that the receipt is not lost where warnings are errors
                warnings.warn(PriceDriftWarning(receipt.drift_text, receipt=receipt), stacklevel=3)
        return receipt

    def _failed(self, attempt: Attempt, error: BaseException) -> None:
        """Put a submission that may have arrived on the exception that ends it, and keep it if its job is unknown."""
        if not attempt.may_have_arrived:
            return
        if not isinstance(error, PriceDrift | PriceDriftWarning | UnreadableCharge):
            attempt.ended = self._now()
            attempt.cause = attempt.cause or type(error).__name__
            self.unsettled.append(attempt)
            error.add_note(f"ratecard: {attempt}")
            log.warning("uncertain: a job of %s may exist (request %.12s)", attempt.quote.model, attempt.digest)
        error.attempt = attempt  # type: ignore[attr-defined]

    def _retries(self) -> Any:
        """Return the attempts at one request, for a `with` statement each."""
        return stamina.retry_context(lambda error: getattr(error, "pause", False), self._attempts, timeout=None)

    def _exchange(self, send: Send) -> Exchange:
        """Return the exchange for one request. From now on, a submission may have arrived."""
        http = self._submit_http if send.attempt else self._http
        started = time.monotonic()
        seconds = min(self._timeout, send.until - started)
        if http.is_closed:
            raise RuntimeError("the client is closed")
        if seconds <= 0:
            raise ApiError("no time was left to send the request", code="no_answer")
        connect = min(CONNECT_SECONDS, 0.8 * seconds)
        body, headers = (send.attempt.body, JSON_HEADERS) if send.attempt else (None, HEADERS)
        timeouts = (connect, seconds, seconds, connect)
        url = self._base_url + send.path
        request = http.build_request(send.method, url, content=body, headers=headers, timeout=timeouts)
        if send.attempt:
            log.info("submitting a job of %s (request %.12s)", send.attempt.quote.model, send.attempt.digest)
            send.attempt.may_have_arrived = True
        deliver = partial(http.send, request, stream=True, auth=self._key, follow_redirects=False)
        return Exchange(deliver, seconds, started + seconds)

    def _answer(self, exchange: Exchange) -> HttpAnswer:
        """Return what was read of an answer. Raises an interruption as it was."""
        error, response = exchange.error, exchange.response
        if error is not None and not isinstance(error, Exception):
            error.__context__ = error.__cause__ = None
            raise error.with_traceback(None)  # without the frames of httpx2, in which the key is a local variable
        if response is None:
            fault = self._key.scrub(f"{type(error).__name__}: {error}".removesuffix(": "))
            has_left = not BEFORE_THE_FIRST_BYTE & {kind.__name__ for kind in type(error).__mro__}
            return HttpAnswer(None, fault=one_line(fault[:MAX_EXCERPT]), has_left=has_left)
        body = response.content if response.is_stream_consumed else exchange.body  # an event hook may have read it
        is_long, retry_after = len(body) > MAX_ANSWER, response.headers.get("retry-after", "")
        return HttpAnswer(
            response.status_code,
            b"" if is_long else self._key.scrub(body.decode("latin-1")).encode("latin-1"),
            fault=f"the answer is longer than {MAX_ANSWER:,} bytes" if is_long else CUT_OFF if error else None,
            retry_after=float(retry_after) if re.fullmatch("[0-9]{1,9}", retry_after) else None,
        )

    def _check(self, send: Send, answer: HttpAnswer, number: int) -> None:
        """Look at the answer to the request of this number. Raises RetryLater where the request is sent again."""
        may_help = answer.is_transient and send.is_repeatable
        if send.attempt:
            send.attempt.may_have_arrived = not answer.created_nothing
            may_help = answer.created_nothing and answer.status in (None, 429)
        after = answer.retry_after or 0.0
        pause = after + random.uniform(0.5, 1.0) * min(8.0, 0.25 * 2**number)
        in_time = after <= MAX_RETRY_AFTER and time.monotonic() + pause < send.until
        if may_help and in_time and number < self._attempts:
            later = RetryLater(f"{send.method} {send.path.partition('?')[0]}: {answer.status or 'no answer'}")
            later.pause = pause
            log.info("%s; trying again in %.1f s", later, pause)
            raise later


class Client(BaseClient):
    """Submits requests, once, at the quoted price; looks at jobs, waits for them, cancels and lists them.

    Use it in a `with` statement, or close it with `close()`. Threads may share it. Redirects are never followed.

    Args:
        key: The API key; that of PIXELBYTE_API_KEY, if left out.
        base_url: The address of the API: https, or http on this machine; that of RATECARD_BASE_URL or the public API,
            if left out.
        catalog: The tables; the bundled ones, if left out.
        on_drift: What happens when the charge is not the quote: "warn", "raise" or "ignore".
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

    def submit(self, request: object | Plan, *, within: float | None = None, **options: Unpack[PlanOptions]) -> Receipt:
        """Validate, quote and send a request, once, and return the receipt.

        A Plan is sent as it is. `within` limits the seconds of the whole submission; see `ratecard.submit.plan` for the
        other options.

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
        if self._owns_http:
            self._http.close()
            self._submit_http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, flow: Flow[T]) -> T:
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, Send):
                    effect = flow.send(self._deliver(effect))
                else:
                    (self._sleep or time.sleep)(effect)
                    effect = next(flow)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _deliver(self, send: Send) -> HttpAnswer:
        with suppress(RetryLater):
            for attempt in self._retries():
                with attempt:
                    answer = self._send(send)
                    self._check(send, answer, attempt.num)
        return answer

    def _send(self, send: Send) -> HttpAnswer:
        """Send a request in a thread, and return the answer; when the time is over, what there is of it.

        Nothing else bounds the time of a blocking read as a whole.
        """
        exchange = self._exchange(send)
        thread = Thread(target=_receive, args=(exchange,), name="ratecard.submit", daemon=True)
        thread.start()
        thread.join(exchange.seconds)
        return self._answer(exchange)


def _receive(exchange: Exchange) -> None:
    try:
        with closing(exchange.send()) as response:
            exchange.response = response
            for chunk in () if response.is_stream_consumed else response.stream:
                exchange.take(chunk)
            exchange.error = None
    except BaseException as error:  # noqa: BLE001  whatever is raised, the request may have left
        exchange.error = error
