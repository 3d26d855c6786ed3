"""What both clients have in common: the guard around a submission, its repetition, and one exchange with the API.

Rule 1  From before the first byte of a submission, whatever ends it has its attempt, unless nothing was created.
Rule 2  What comes from outside is scrubbed of the key. An exception of the HTTP library is turned into words, because
        it holds the request, and the request the key.
Rule 3  An answer is bounded in size and in time, and no content coding is decoded.
"""

from __future__ import annotations

import logging
import os
import random
import time
import warnings
from contextlib import suppress
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, Unpack, get_args

import httpx2

from ratecard import __version__
from ratecard._api import SUBMIT_PATH
from ratecard.submit._answers import MAX_EXCERPT, created_nothing, retry_after_of
from ratecard.submit._errors import PriceDrift, PriceDriftWarning, UnreadableCharge
from ratecard.submit._flows import Flow, JobList, Send, seconds_of, submit
from ratecard.submit._jobs import CUT_OFF, Attempt, HttpAnswer, Receipt
from ratecard.submit._key import Secret, key_of
from ratecard.submit._plan import HEADERS, JSON_HEADERS, Plan, PlanOptions, checked_base_url, plan, utc_now
from ratecard_rules import one_line

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from datetime import datetime

    from ratecard import Catalog

log = logging.getLogger("ratecard.submit")

OnDrift: TypeAlias = Literal["warn", "raise", "ignore"]

BEFORE_THE_FIRST_BYTE = {
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
    "NotSent",
}
"""The names of the errors, of httpx2, of httpx and of ours, after which no byte of the request can have left."""

MAX_ANSWER = 4 * 2**20
"""Maximum bytes of an answer."""

MAX_RETRY_AFTER = 60.0
"""A request is not repeated where the API asks to wait longer; a wait has the patience of its timeout."""

CONNECT_SECONDS = 10.0


class NotSent(Exception):
    """Nothing was sent."""


class RetryLater(Exception):
    """An answer after which the request is sent again. stamina logs it, so it holds no text of the answer."""

    def __init__(self, summary: str, pause: float) -> None:
        super().__init__(summary)
        self.pause = pause


class BaseClient:
    """The settings of a client, and its submissions whose outcome is unknown; see Client."""

    _new_http: ClassVar[Callable[..., Any]]
    _close_name: ClassVar[str]
    _base_url = "no address"
    _run: Any

    def __init__(
        self,
        key: str | None = None,
        *,
        base_url: str | None = None,
        catalog: Catalog | None = None,
        on_drift: OnDrift = "warn",
        on_uncertain: Callable[[Attempt], object] | None = None,
        timeout: float = 60.0,
        attempts: int = 4,
        http_client: Any = None,
        trust_env: bool = True,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Any] | None = None,
    ) -> None:
        secret = None if key is None else Secret(key)
        del key  # a traceback with local variables must not show it
        self._key = key_of(secret)
        if on_drift not in get_args(OnDrift) or attempts < 1:
            raise ValueError(f"on_drift must be one of {', '.join(get_args(OnDrift))}, and attempts at least 1")
        if http_client is not None and not hasattr(http_client, self._close_name):
            raise TypeError(f"http_client is of the wrong kind for {type(self).__name__}: {type(http_client).__name__}")
        self._timeout = seconds_of("timeout", timeout)
        self._base_url = checked_base_url(base_url)
        self._catalog = catalog
        self._attempts = attempts
        self._on_drift = on_drift
        self._on_uncertain = on_uncertain
        self._now = now
        self._sleep = sleep
        self._is_closed = False
        # A request to this machine goes through no proxy, which could read the key.
        self._trust_env = trust_env and self._base_url.lower().startswith("https:")
        self._owns_http = http_client is None
        self._http = self._own_http() if self._owns_http else http_client
        self.unsettled: list[Attempt] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._base_url}>"

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
        return attempt, submit(attempt, until)

    def _created(self, receipt: Receipt) -> Receipt:
        """Return the receipt; where the charge is not the quote, say so first."""
        log.info("created job %s of %s", receipt.job_id, receipt.quoted.model)
        if receipt.drift_micros:
            log.warning("%s", receipt.drift_text)
        if receipt.drift_micros and self._on_drift == "raise":
            raise PriceDrift(receipt.drift_text, request_id=receipt.request_id, receipt=receipt)
        if receipt.drift_micros and self._on_drift == "warn":
            # An instance, so that the receipt is not lost where warnings are errors.
            warnings.warn(PriceDriftWarning(receipt.drift_text, receipt=receipt), stacklevel=3)
        return receipt

    def _failed(self, attempt: Attempt, error: BaseException) -> None:
        """Put a submission that may have arrived on the exception that ends it, and report it if its job is unknown."""
        if not attempt.may_have_arrived:
            return
        with suppress(Exception):  # an exception without room for attributes
            error.attempt = attempt  # type: ignore[attr-defined]
        if isinstance(error, PriceDrift | PriceDriftWarning | UnreadableCharge):
            return
        attempt.ended = self._now()
        attempt.cause = attempt.cause or type(error).__name__
        self.unsettled.append(attempt)
        error.add_note(f"ratecard: {attempt}")
        job, started = attempt.job_id or "unknown", attempt.started.isoformat()
        message = "uncertain: a job of %s (%s) may exist since %s (request %.12s)"
        log.warning(message, attempt.quote.model, job, started, attempt.digest)
        if self._on_uncertain is not None:
            try:
                self._on_uncertain(attempt)
            except Exception:
                log.exception("on_uncertain failed")

    def _exchange(self, send: Send) -> Exchange:
        """Return the exchange for one request. From now on, a submission may have arrived."""
        if self._is_closed or self._http.is_closed:
            raise RuntimeError("the client is closed")
        # A kept connection that the API has closed meanwhile would make a submission uncertain.
        http = self._own_http() if self._owns_http and send.attempt else self._http
        exchange = Exchange(http, send, self._base_url, self._key, min(self._timeout, send.until - time.monotonic()))
        if send.attempt:
            log.info("submitting a job of %s (request %.12s)", send.attempt.quote.model, send.attempt.digest)
            send.attempt.may_have_arrived = True
        return exchange

    def _check(self, send: Send, answer: HttpAnswer, number: int) -> None:
        """Look at the answer to the request of this number. Raises RetryLater where the request is sent again."""
        may_help = answer.is_transient
        if send.attempt:
            send.attempt.may_have_arrived = not created_nothing(answer)
            may_help = answer.status in (None, 429) and not send.attempt.may_have_arrived
        after = answer.retry_after or 0.0
        pause = after + random.uniform(0.5, 1.0) * min(8.0, 0.25 * 2**number)
        in_time = after <= MAX_RETRY_AFTER and time.monotonic() + pause < send.until
        if may_help and in_time and send.is_repeatable and number < self._attempts:
            summary = f"{send.method} {send.path.partition('?')[0]}: {answer.status or 'no answer'}"
            log.info("%s; trying again in %.1f s", summary, pause)
            raise RetryLater(summary, pause)

    def _own_http(self) -> Any:
        """Return a new HTTP client, which keeps no cookies."""
        return self._new_http(
            trust_env=self._trust_env,
            verify=_ssl_context(
                os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"), trust_env=self._trust_env
            ),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={"User-Agent": f"ratecard/{__version__}"},
        )


def pause_of(error: Exception) -> float | bool:
    """Return the seconds before the next attempt, for stamina; False where there is none."""
    return error.pause if isinstance(error, RetryLater) else False


@cache
def _ssl_context(*_: str | None, trust_env: bool) -> ssl.SSLContext:
    """Return a context, made once for each set of certificates: reading them takes longer than a request."""
    return httpx2.create_ssl_context(trust_env=trust_env)


class Exchange:
    """One request, and what was read of its answer. Whoever waits for it may give it up at any time.

    Attributes:
        http: The HTTP client that sends it.
        seconds: How long it may take.
        response: The head of the answer.
        error: What kept the answer, or the rest of it, away.
    """

    def __init__(self, http: Any, send: Send, base_url: str, key: Secret, seconds: float) -> None:
        body, headers = (send.attempt.body, JSON_HEADERS) if send.attempt else (None, HEADERS)
        timeout = {"connect": min(CONNECT_SECONDS, 0.8 * seconds), "read": seconds, "write": seconds, "pool": seconds}
        self.http = http
        self.seconds = seconds
        self.response: Any = None
        self.error: BaseException | None = None
        self._request = http.build_request(send.method, base_url + send.path, content=body, headers=headers)
        self._request.extensions = {**self._request.extensions, "timeout": timeout}
        self._key = key
        self._body = bytearray()

    def send(self) -> Any:
        """Send the request; for an asynchronous client, return what is to be awaited. The key is added here alone."""

        def authorize(request: Any) -> Any:
            request.headers["Authorization"] = f"Bearer {self._key.reveal().decode()}"
            return request

        if self.seconds <= 0:
            raise NotSent("no time was left to send the request")
        return self.http.send(self._request, stream=True, auth=authorize, follow_redirects=False)

    def begin(self, response: Any) -> bool:
        """Take the head of an answer. Return whether its body is still to be read: a hook may have read it."""
        self.response = response
        if response.is_stream_consumed:
            self.wants(response.content)
        return not response.is_stream_consumed

    def wants(self, chunk: bytes) -> bool:
        """Take a part of the body, as it came: no content coding is decoded. Return whether another one is wanted."""
        self._body += chunk
        return len(self._body) <= MAX_ANSWER and self.error is None

    def is_late(self) -> None:
        """Note that the time is over."""
        self.error = TimeoutError(f"no whole answer within {self.seconds:g} s")

    def answer(self, now: datetime) -> HttpAnswer:
        """Return the answer as far as it was read, and what kept the rest away. Raises an interruption as it was."""
        error, scrub = self.error, self._key.scrub_text
        if error is not None and not isinstance(error, Exception):
            error.__context__ = error.__cause__ = None
            raise error.with_traceback(None)  # without the frames of httpx2, in which the key is a local variable
        if self.response is None:
            kinds = {kind.__name__ for kind in type(error).__mro__}
            cause = one_line(f"{type(error).__name__}: {scrub(str(error))}"[:MAX_EXCERPT].removesuffix(": "))
            return HttpAnswer(None, fault=cause, has_left=not kinds & BEFORE_THE_FIRST_BYTE)
        headers = {scrub(name.lower()): scrub(value) for name, value in self.response.headers.items()}
        is_long, body = len(self._body) > MAX_ANSWER, self._key.scrub(bytes(self._body))
        fault = f"the answer is longer than {MAX_ANSWER:,} bytes" if is_long else CUT_OFF if error else None
        retry_after = retry_after_of(headers.get("retry-after", ""), now)
        return HttpAnswer(self.response.status_code, headers, b"" if is_long else body, fault, retry_after=retry_after)
