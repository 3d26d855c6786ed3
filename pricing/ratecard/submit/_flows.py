"""What the clients do, written once for both: generators that yield effects, receive answers, and touch no socket.

Rule 1  A submission is sent again only where it is certain that nothing was created. After anything else it ends in a
        Receipt, in an error that names the job, or in SubmissionUncertain.
Rule 2  Every loop is bounded, by attempts and by time.
Rule 3  While a job is out of reach, a wait goes on, at the same pace; an answer that refuses ends it.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Generator
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlencode

from attrs import frozen

from ratecard import Catalog
from ratecard._api import JOB_STATUSES, JOBS_PATH, MOST_PAGE_JOBS
from ratecard.submit._answers import (
    accepted,
    created_nothing,
    error_of,
    incomplete,
    named_job,
    read_job,
    read_page,
    read_receipt,
    retry_after_of,
)
from ratecard.submit._errors import ApiError, JobEnded, SubmissionUncertain, UnreadableCharge, WaitTimeout
from ratecard.submit._http import HttpAnswer, HttpRequest, job_url
from ratecard.submit._jobs import Attempt, Cancellation, Job, Receipt
from ratecard_rules import catalog_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ratecard.submit._plan import Plan

log = logging.getLogger("ratecard.submit")

MAX_PAGES = 10_000
"""A list with more pages counts as endless."""

MAX_SEARCHED_PAGES = 1_000
"""As MAX_PAGES, for the search for a lost job."""

MAX_RETRY_AFTER = 60.0
"""A request is not repeated where the API asks to wait longer; a wait has the patience of its timeout."""

FIRST_PAUSE = 2.0
MAX_PAUSE = 30.0
GROWTH = 1.5
LAST_LOOK = 5.0
"""Seconds before the end of a wait at which the job is looked at for the last time; at most a tenth of the time."""


@frozen
class Send:
    """Asks for a request to be sent, and for its answer.

    Attributes:
        request: The request.
        attempts: How often it may be sent.
        until: When `time.monotonic()` shows this, there is no more time for it.
        attempt: The submission that it belongs to; None for a request that may be repeated freely.
    """

    request: HttpRequest
    attempts: int = 1
    until: float = inf
    attempt: Attempt | None = None


Effect: TypeAlias = Send | float
"""A request to send, or the seconds of a pause."""

T = TypeVar("T")
Flow: TypeAlias = Generator[Effect, HttpAnswer, T]
"""Yields effects, is sent the answer to each Send, and returns its result."""


@frozen(kw_only=True)
class Settings:
    """What every flow of a client knows.

    Attributes:
        base_url: The address of the API.
        catalog: The tables, or None for the bundled ones.
        attempts: How often a request is sent at most.
        now: Returns the current instant.
    """

    base_url: str
    catalog: Catalog | None
    attempts: int
    now: Callable[[], datetime]


class RetryLater(Exception):
    """An answer after which the request may be sent again. stamina logs it, so it holds no text of the answer."""


class Retries:
    """Tells stamina whether one request is sent again, and after which pause."""

    def __init__(self, send: Send, settings: Settings) -> None:
        self._send = send
        self._settings = settings
        self._number = 0
        self._retry_after = 0.0

    def check(self, answer: HttpAnswer) -> None:
        """Raise RetryLater where the request may be sent again after this answer."""
        self._number += 1
        self._retry_after = retry_after_of(answer, self._settings.now()) or 0.0
        is_free = self._send.attempt is None
        may_repeat = answer.is_transient if is_free else answer.status in (None, 429) and created_nothing(answer)
        path = self._send.request.url.removeprefix(self._settings.base_url).partition("?")[0]
        log.debug("%s %s: %s", self._send.request.method, path, answer.status or "no answer")
        if may_repeat:
            raise RetryLater(f"{self._send.request.method} {path}: {answer.status or 'no answer'}")

    def pause(self, error: Exception) -> float | bool:
        """Return the seconds before the next attempt, or False where there is none."""
        pause = self._retry_after + random.uniform(0.5, 1.0) * min(8.0, 0.25 * 2**self._number)  # noqa: S311
        too_long = self._retry_after > MAX_RETRY_AFTER or time.monotonic() + pause >= self._send.until
        if not isinstance(error, RetryLater) or too_long:
            return False
        log.info("%s; trying again in %.1f s", error, pause)
        return float(pause)


def submit(settings: Settings, plan: Plan, attempt: Attempt, until: float) -> Flow[Receipt]:
    """Send a plan, once, and return the receipt.

    Raises ApiError for an answer that created nothing, UnreadableCharge, or SubmissionUncertain.
    """
    answer = yield Send(plan.http_request, settings.attempts, until, attempt)
    stated = error_of(answer, settings.now())
    if created_nothing(answer):
        raise stated
    attempt.answer = answer
    attempt.job_id = named_job(answer)
    attempt.ended = settings.now()
    attempt.cause = answer.fault or str(stated)
    if answer.is_success:
        try:
            # A truncated JSON object never parses, so one that does is whole, even if the connection broke after it.
            return read_receipt(answer, plan.quote)
        except UnreadableCharge:
            raise
        except ApiError as error:
            attempt.cause = answer.fault or error.message
    known = {"status": stated.status, "code": stated.code, "details": stated.details, "request_id": stated.request_id}
    raise SubmissionUncertain(attempt.cause, attempt=attempt, **known)


def job(settings: Settings, job_id: str) -> Flow[Job]:
    """Return one job. Raises ApiError."""
    answer = yield Send(HttpRequest("GET", job_url(settings.base_url, job_id)), settings.attempts)
    return read_job(accepted(answer, settings.now()), Job, job_id)


def cancel(settings: Settings, job_id: str) -> Flow[Cancellation]:
    """Cancel a pending job. Raises ApiError.

    After a cancellation without a clear answer, the job is looked at before it is sent once more: a second one would be
    refused because of the first.
    """
    send = Send(HttpRequest("POST", f"{job_url(settings.base_url, job_id)}/cancel"))
    answer = yield send
    if answer.is_transient:
        seen = yield from job(settings, job_id)
        if seen.status == "cancelled":
            return Cancellation(job_id=seen.job_id, status=seen.status)
        answer = yield send
    return read_job(accepted(answer, settings.now()), Cancellation, job_id)


class Pager:
    """Goes through the pages of the list of jobs. Raises ValueError for an unknown status."""

    def __init__(self, status: str | None, model: str | None, max_pages: int = MAX_PAGES) -> None:
        if status is not None and status not in JOB_STATUSES:
            raise ValueError(f"no such status; use one of {', '.join(JOB_STATUSES)}")
        self._query = {"limit": MOST_PAGE_JOBS, "status": status, "modelId": model, "cursor": None}
        self._seen: set[str | None] = {None}
        self._max_pages = max_pages
        self.is_done = False

    def next_page(self, settings: Settings) -> Flow[list[Job | ApiError]]:
        """Return the entries of the next page. What is wrong with it or with the list stands behind them."""
        self.is_done = True
        query = urlencode({name: value for name, value in self._query.items() if value is not None})
        answer = yield Send(HttpRequest("GET", f"{settings.base_url}{JOBS_PATH}?{query}"), settings.attempts)
        try:
            entries, cursor = read_page(accepted(answer, settings.now()))
        except ApiError as error:
            return [error]
        if cursor is None:
            return entries
        if cursor in self._seen:
            return [*entries, incomplete("a cursor repeats")]
        if len(self._seen) >= self._max_pages:
            return [*entries, incomplete(f"it goes on after {self._max_pages:,} pages")]
        self._seen.add(cursor)
        self._query["cursor"] = cursor
        self.is_done = False
        return entries


class JobList:
    """Jobs of the list, read page by page: an iterable, asynchronous for an AsyncClient, that can be read once.

    Attributes:
        problems: What could not be read, and so why the list may be incomplete: grows while a search is read. A plain
            list raises the first of them instead.
    """

    def __init__(self, entries: Any, attempt: Attempt | None = None) -> None:
        self._entries = entries
        self._attempt = attempt
        self.problems: list[ApiError] = []

    def __iter__(self) -> Iterator[Job]:
        return filter(self._keeps, self._entries)

    async def __aiter__(self) -> AsyncIterator[Job]:
        async for entry in self._entries:
            if self._keeps(entry):
                yield entry

    def _keeps(self, entry: Job | ApiError) -> bool:
        if isinstance(entry, Job):
            return self._attempt is None or self._attempt.covers(entry.created_at)
        if self._attempt is None:
            raise entry
        self.problems.append(entry)
        return False


def wait(
    settings: Settings,
    target: Receipt | str,
    timeout: float,
    typical_seconds: float | None,
    on_poll: Callable[[Job], object] | None,
) -> Flow[Job]:
    """Look at a job until it ends, and return it completed. Raises JobEnded, WaitTimeout, or ApiError for a refusal."""
    job_id = target if isinstance(target, str) else target.job_id
    if typical_seconds is not None and not 0 <= typical_seconds < inf:
        raise ValueError("typical_seconds must be a finite number of seconds")
    if typical_seconds is None and not isinstance(target, str):
        typical_seconds = target.quoted.typical_seconds
    schedule = PollSchedule(timeout)
    send = Send(HttpRequest("GET", job_url(settings.base_url, job_id)), until=schedule.until)
    schedule.expect(typical_seconds)
    seen: Job | None = None
    trouble = ""
    while (pause := schedule.next_pause()) is not None:
        yield pause
        answer = yield send
        schedule.not_before = retry_after_of(answer, settings.now()) or 0.0
        if answer.is_transient:
            trouble = f" ({error_of(answer).message})"
            continue
        seen, trouble = read_job(accepted(answer, settings.now()), Job, job_id), ""
        if on_poll is not None:
            on_poll(seen)
        if seen.status == "completed":
            return seen
        if seen.is_terminal:
            raise _ended(seen)
        schedule.expect(_typical_of_model(settings, seen))
    yield schedule.left
    state = f"is {seen.status}" if seen else "could not be seen"
    raise WaitTimeout(f"job {job_id} {state} after {timeout:g} s{trouble}", job=seen)


def _ended(seen: Job) -> JobEnded:
    code, message = (seen.error.code, seen.error.message) if seen.error else (None, None)
    why = f": {message or code}" if message or code else ""
    return JobEnded(f"job {seen.job_id} {seen.status}{why}", code=code, request_id=seen.request_id, job=seen)


def _typical_of_model(settings: Settings, seen: Job) -> float | None:
    model = catalog_at(settings.catalog, None).get(seen.model or "")
    return None if model is None else model.latest.typical_seconds


class PollSchedule:
    """When to look at a job: first after half its typical time, or soon; then after pauses that grow.

    All pauses are jittered, so that many waits do not ask at once.

    Attributes:
        until: When `time.monotonic()` shows this, the time is over.
        left: The seconds that are left.
        not_before: The seconds for which the API asks not to be asked again.
    """

    def __init__(self, timeout: float) -> None:
        self.until = time.monotonic() + timeout
        self.left = timeout
        self.not_before = 0.0
        self._reserve = min(LAST_LOOK, timeout / 10)
        self._is_last = False
        self._is_typical = False
        self._next = random.uniform(0.0, 1.0)  # noqa: S311
        self._longest = FIRST_PAUSE

    def expect(self, typical_seconds: float | None) -> None:
        """Take the typical time of the model into account, once it is known."""
        if typical_seconds is not None and not self._is_typical:
            self._is_typical = True
            self._next = typical_seconds / 2 * random.uniform(0.8, 1.2)  # noqa: S311
            self._longest = max(FIRST_PAUSE, typical_seconds / 10)

    def next_pause(self) -> float | None:
        """Return the pause before the next look, or None where there is none."""
        self.left = max(0.0, min(self.left, self.until - time.monotonic()))
        if self._is_last:
            self.left = 0.0
        if self._is_last or self.not_before > self.left:
            return None
        room = max(0.0, self.left - self._reserve)
        self._is_last = self._next >= room
        pause = max(self.not_before, min(self._next, room))
        self.left -= pause  # pauses are counted too: the clock of a test may stand still
        self._next = min(self._longest, MAX_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311
        self._longest *= GROWTH
        return pause
