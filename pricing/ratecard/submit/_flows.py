"""What the clients do, written once for both: generators that yield effects, receive answers, and touch no socket.

Rule 1  A submission is sent again only where it is certain that nothing was created. After anything else it ends in a
        Receipt, in an error that names the job, or in SubmissionUncertain.
Rule 2  Every loop is bounded, by attempts and by time.
Rule 3  While a job is out of reach, a wait goes on, at the same pace; an answer that refuses ends it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote as percent_encoded
from urllib.parse import urlencode

from attrs import frozen

from ratecard._api import JOBS_PATH, MOST_PAGE_JOBS, SUBMIT_PATH
from ratecard.submit._answers import HttpAnswer, error_of, read_job, read_page, read_receipt
from ratecard.submit._errors import ApiError, JobEnded, SubmissionUncertain, UnreadableCharge, WaitTimeout
from ratecard.submit._jobs import Attempt, Job, JobFailure, Receipt, is_job_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CLOCK_SKEW = timedelta(minutes=5)
"""Maximum clock skew between the API and this machine when matching a lost job."""

MAX_PAGES = 10_000
"""A list with more pages counts as endless."""

FIRST_PAUSE = 2.0
MAX_PAUSE = 30.0
GROWTH = 1.5
LAST_LOOK = 5.0
"""Seconds before the end of a wait at which the job is looked at for the last time; at most a tenth of the time."""


@frozen
class Send:
    """Asks for a request to be sent, and for its answer.

    Attributes:
        method: GET or POST.
        path: The address, below that of the API.
        is_repeatable: Whether it may be sent again; a submission only where that is harmless.
        until: When `time.monotonic()` shows this, there is no more time for it.
        attempt: The submission, whose body is sent.
    """

    method: str
    path: str
    is_repeatable: bool = True
    until: float = inf
    attempt: Attempt | None = None


T = TypeVar("T")
Flow: TypeAlias = Generator[Send | float, HttpAnswer, T]
"""Yields requests and the seconds of pauses, is sent the answer to each request, and returns its result."""


def submit(attempt: Attempt, until: float) -> Flow[Receipt]:
    """Submit, once. Raises ApiError for an answer that created nothing, UnreadableCharge, SubmissionUncertain."""
    answer = yield Send("POST", SUBMIT_PATH, until=until, attempt=attempt)
    if answer.created_nothing:
        raise error_of(answer)
    named = answer.json.get("jobId") if isinstance(answer.json, dict) else None
    attempt.job_id = named if is_job_id(named) else None
    try:
        # A truncated JSON object never parses, so one that does is whole, even if the connection broke after it.
        return read_receipt(answer, attempt.quote)
    except UnreadableCharge:
        raise
    except ApiError as error:
        attempt.cause = answer.fault or str(error)
        raise SubmissionUncertain(**{**vars(error), "message": attempt.cause, "attempt": attempt}) from None


def job(job_id: str) -> Flow[Job]:
    """Return one job. Raises ApiError."""
    answer = yield Send("GET", _path_of(job_id))
    return read_job(answer, job_id)


def cancel(job_id: str) -> Flow[Job]:
    """Cancel a pending job. Raises ApiError.

    After a cancellation without a clear answer, the job is looked at before it is sent once more: a second one would be
    refused because of the first.
    """
    send = Send("POST", f"{_path_of(job_id)}/cancel", is_repeatable=False)
    answer = yield send
    if answer.is_transient:
        seen = yield from job(job_id)
        if seen.status == "cancelled":
            return seen
        answer = yield send
    return read_job(answer, job_id)


def _path_of(job_id: str) -> str:
    if not is_job_id(job_id):
        raise ValueError(f"not the ID of a job: {str(job_id)[:40]!r}")
    return f"{JOBS_PATH}/{percent_encoded(job_id, safe='')}"


class JobList:
    """Jobs of the list, read page by page: an iterable, asynchronous for an AsyncClient, that can be read once.

    Attributes:
        problems: What could not be read, and so why the list may be incomplete: grows while a search is read. A plain
            list raises the first of them instead.
    """

    def __init__(self, run: Callable[[Flow[list[Job]]], Any], attempt: Attempt | None, **query: str | None) -> None:
        self.problems: list[ApiError] = []
        self._run = run
        self._attempt = attempt
        self._query = {"limit": str(MOST_PAGE_JOBS), **query}
        self._cursors = {None, ""}
        self._has_more = True

    def __iter__(self) -> Iterator[Job]:
        while self._has_more:
            yield from self._run(self._next_page())
        self._end()

    async def __aiter__(self) -> AsyncIterator[Job]:
        while self._has_more:
            for listed in await self._run(self._next_page()):
                yield listed
        self._end()

    def _end(self) -> None:
        if self.problems and self._attempt is None:
            raise self.problems[0]

    def _next_page(self) -> Flow[list[Job]]:
        """Return the jobs of the next page, and note what is wrong with it."""
        self._has_more = False
        query = urlencode({name: value for name, value in self._query.items() if value is not None})
        answer = yield Send("GET", f"{JOBS_PATH}?{query}")
        try:
            entries, cursor, has_more = read_page(answer)
        except ApiError as error:
            self.problems.append(error)
            return []
        is_endless = has_more and (cursor in self._cursors or len(self._cursors) > MAX_PAGES)
        if None in entries or is_endless:
            why = "the API gives no new cursor" if is_endless else "an entry is not a job with a jobId and a status"
            self.problems.append(ApiError(f"the list of jobs is incomplete: {why}", code="list_incomplete"))
        self._has_more = has_more and not is_endless
        self._cursors.add(cursor)
        self._query["cursor"] = cursor
        return [entry for entry in entries if entry is not None and self._may_match(entry.created_at)]

    def _may_match(self, created: datetime | None) -> bool:
        if self._attempt is None or created is None:
            return True
        first, last = sorted((self._attempt.started, self._attempt.ended or self._attempt.started))
        return first - CLOCK_SKEW <= created <= last + CLOCK_SKEW


def wait(
    target: Receipt | str, timeout: float, typical: float | None, on_poll: Callable[[Job], object] | None
) -> Flow[Job]:
    """Look at a job until it ends, and return it completed. Raises JobEnded, WaitTimeout, or ApiError for a refusal.

    The first look comes after half the typical time, or soon; the others after pauses that grow. All pauses are
    jittered, so that many waits do not ask at once.
    """
    job_id = target if isinstance(target, str) else target.job_id
    if typical is None and not isinstance(target, str):
        typical = target.quoted.typical_seconds
    path, reserve = _path_of(job_id), min(LAST_LOOK, seconds_of("timeout", timeout) / 10)
    pause = random.uniform(0.0, 1.0) if typical is None else max(0.0, typical / 2 * random.uniform(0.8, 1.2))
    longest = max(FIRST_PAUSE, (typical or 0.0) / 10)
    left, since = timeout - reserve, time.monotonic()
    seen, trouble = None, ""
    while (left := left - (time.monotonic() - since)) > 0:
        pause = min(pause, left)
        yield pause
        left, since = left - pause, time.monotonic()  # pauses are counted too: the clock of a test may stand still
        answer = yield Send("GET", path, is_repeatable=False, until=since + left + reserve)
        pause = max(answer.retry_after or 0.0, min(longest, MAX_PAUSE) * random.uniform(0.5, 1.0))
        longest *= GROWTH
        if answer.is_transient:
            trouble = f" ({error_of(answer).message})"
            continue
        seen, trouble = read_job(answer, job_id), ""
        if on_poll is not None:
            on_poll(seen)
        if seen.status == "completed":
            return seen
        if seen.is_terminal:
            failure = seen.error or JobFailure()
            message = f"job {job_id} {seen.status}: {failure.message or failure.code or 'the API does not say why'}"
            raise JobEnded(message, code=failure.code, request_id=seen.request_id, job=seen)
    state = f"is {seen.status}" if seen else "could not be seen"
    raise WaitTimeout(f"job {job_id} {state} after {timeout:g} s{trouble}", job=seen)


def seconds_of(name: str, value: float) -> float:
    """Return a positive, finite number of seconds. Raises ValueError for anything else."""
    if type(value) not in (int, float) or not isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be a positive, finite number of seconds")
    return value
