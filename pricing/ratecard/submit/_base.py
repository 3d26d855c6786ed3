"""What both clients have in common: settings, the guard around a submission, and when a request is sent again.

Rule 1  A submission is sent again only where it is certain that nothing was created. After anything else it ends in a
        Receipt, in an error that names the job, or in SubmissionUncertain.
Rule 2  From before the first byte of a submission, whatever ends it has its attempt, unless nothing was created.
Rule 3  Every loop is bounded, by attempts and by time.
"""

from __future__ import annotations

import logging
import os
import random
import time
from functools import partial
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Unpack
from urllib.parse import urlencode

import httpx2
import stamina

from ratecard._api import JOBS_PATH, KEY_VARIABLE, MOST_PAGE_JOBS, SUBMIT_PATH
from ratecard.submit._answers import HttpAnswer, error_of, read_page, read_receipt
from ratecard.submit._errors import ApiError, SubmissionUncertain, UnreadableCharge
from ratecard.submit._http import Exchange, Key, RetryLater, Send
from ratecard.submit._jobs import HEADERS, JSON_HEADERS, Attempt, Job, Plan, Receipt, is_job_id
from ratecard.submit._plan import PlanOptions, checked_base_url, plan, utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from ratecard import Catalog

log = logging.getLogger("ratecard.submit")

CONNECT_SECONDS = 10.0
MAX_RETRY_AFTER = 60.0
"""A request is not repeated where the API asks to wait longer; a wait has the patience of its timeout."""

MAX_PAGES = 10_000
"""A list with more pages counts as endless."""


class BaseClient:
    """The settings of a client, and its submissions whose outcome is unknown; see Client."""

    _new_http: ClassVar[Callable[..., Any]]
    _default_sleep: Any
    _deliver: Callable[[Send], Awaitable[HttpAnswer]]
    """Sends a request, again where that may help and is harmless, and returns the last answer."""

    def __init__(
        self,
        key: str | None = None,
        *,
        base_url: str | None = None,
        catalog: Catalog | None = None,
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
        if attempts < 1:
            raise ValueError("attempts must be at least 1")
        kind = self._new_http.__name__
        if http_client is not None and kind not in {base.__name__ for base in type(http_client).__mro__}:
            raise TypeError(f"http_client must be an httpx2.{kind} or httpx.{kind}, not {type(http_client).__name__}")
        self._timeout = seconds_of("timeout", timeout)
        self._base_url = checked_base_url(base_url)
        self._catalog = catalog
        self._attempts = attempts
        self._now = now
        self._sleep = sleep or self._default_sleep
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

    def _begin(self, request: object, within: float | None, options: PlanOptions) -> tuple[Attempt, float]:
        """Return a new attempt, and when its time is over."""
        until = inf if within is None else time.monotonic() + seconds_of("within", within)
        if isinstance(request, Plan) and options:
            raise TypeError("a plan has been checked already: pass the options to `plan`")
        planned = request if isinstance(request, Plan) else self.plan(request, **options)
        if planned.url != self._base_url + SUBMIT_PATH:
            raise ValueError("the plan is for another base URL than this client")
        return Attempt(plan=planned, started=self._now()), until

    async def _submit(self, attempt: Attempt, until: float) -> Receipt:
        answer = await self._deliver(Send("POST", SUBMIT_PATH, until=until, attempt=attempt))
        if answer.created_nothing:
            raise error_of(answer)
        named = answer.json.get("jobId") if isinstance(answer.json, dict) else None
        attempt.job_id = named if is_job_id(named) else None
        try:
            # A truncated JSON object never parses, so one that does is whole, even if the connection broke after it.
            receipt = read_receipt(answer, attempt.plan.quote)
        except UnreadableCharge:
            raise
        except ApiError as error:
            attempt.cause = answer.fault or str(error)
            raise SubmissionUncertain(**{**vars(error), "message": attempt.cause, "attempt": attempt}) from None
        log.info("created job %s of %s", receipt.job_id, receipt.quoted.model)
        if receipt.drift_micros:
            log.warning("%s", receipt.drift_text)
        return receipt

    def _failed(self, attempt: Attempt, error: BaseException) -> None:
        """Put a submission that may have arrived on the exception that ends it, and keep it if its job is unknown."""
        if not attempt.may_have_arrived:
            return
        if not isinstance(error, UnreadableCharge):
            attempt.ended = self._now()
            attempt.cause = attempt.cause or type(error).__name__
            self.unsettled.append(attempt)
            error.add_note(f"ratecard: {attempt}")
            log.warning(
                "uncertain: a job of %s may exist (request %.12s)", attempt.plan.quote.model, attempt.plan.digest
            )
        error.attempt = attempt  # type: ignore[attr-defined]

    async def _listed(self, **query: str | None) -> AsyncIterator[Job]:
        parameters = {"limit": str(MOST_PAGE_JOBS), **query}
        cursors: set[str | None] = {None, ""}
        has_more, is_incomplete = True, False
        while has_more:
            encoded = urlencode({name: value for name, value in parameters.items() if value is not None})
            entries, cursor, has_more = read_page(await self._deliver(Send("GET", f"{JOBS_PATH}?{encoded}")))
            for entry in entries:
                if entry is None:
                    is_incomplete = True
                else:
                    yield entry
            if has_more and (cursor in cursors or len(cursors) > MAX_PAGES):
                raise ApiError("the list of jobs is incomplete: the API gives no new cursor", code="list_incomplete")
            cursors.add(cursor)
            parameters["cursor"] = cursor
        if is_incomplete:
            why = "an entry is not a job with a jobId and a status"
            raise ApiError(f"the list of jobs is incomplete: {why}", code="list_incomplete")

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
        body, headers = (send.attempt.plan.body, JSON_HEADERS) if send.attempt else (None, HEADERS)
        timeouts = (connect, seconds, seconds, connect)
        url = self._base_url + send.path
        request = http.build_request(send.method, url, content=body, headers=headers, timeout=timeouts)
        if send.attempt:
            planned = send.attempt.plan
            log.info("submitting a job of %s (request %.12s)", planned.quote.model, planned.digest)
            send.attempt.may_have_arrived = True
        deliver = partial(http.send, request, stream=True, auth=self._key, follow_redirects=False)
        return Exchange(deliver, seconds, started + seconds)

    def _answer(self, send: Send, exchange: Exchange, number: int) -> HttpAnswer:
        """Return the answer to the request of this number. Raises RetryLater where the request is sent again."""
        answer = exchange.answer(self._key)
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
        return answer


def seconds_of(name: str, value: float) -> float:
    """Return a positive, finite number of seconds. Raises ValueError for anything else."""
    if type(value) not in (int, float) or not isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be a positive, finite number of seconds")
    return value
