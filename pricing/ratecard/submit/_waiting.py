"""Waiting for a job: gently, and never longer than asked.

Rule 1  `completed`, `failed` and `cancelled` end it, each in its own way. A state that is not documented does not:
        nothing says that no other follows. The time-out bounds it.
Rule 2  The first look comes after half the typical time of the model (at once where that is not known), the others
        after pauses that grow up to half a minute, with jitter.
Rule 3  No pause goes beyond the time-out: the last look is shortly before it.
Rule 4  While the job is out of reach, the wait goes on; an answer that refuses to tell ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING

from attrs import frozen

from ratecard.submit._errors import JobCancelled, JobEnded, JobFailed, Refusal, WaitTimeout
from ratecard.submit._flows import Flow, Settings, exchange, failed, read_reply
from ratecard.submit._jobs import Job, JobFailure, Receipt, read_job
from ratecard.submit._retry import TRANSIENT, outcome_of
from ratecard.submit._wire import Sleep, job_request
from ratecard_rules import catalog_at

if TYPE_CHECKING:
    from ratecard.submit._clock import Clock

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 30.0
GROWTH = 1.5
LAST_LOOK = 5.0
"""So many seconds before the end, or a tenth of the time, the job is looked at for the last time."""


@frozen(kw_only=True)
class Wish:
    """What a caller asks of a wait: its `timeout` and the `typical_seconds` of the job, and whom to tell (`on_poll`).

    Raises ValueError for a time that is not finite, and for no time at all.
    """

    timeout: float
    typical_seconds: float | None = None
    on_poll: Callable[[Job], object] | None = None

    def __attrs_post_init__(self) -> None:
        if not (isfinite(self.timeout) and self.timeout > 0):
            raise ValueError("the time-out of a wait is a finite number of seconds above zero")
        if self.typical_seconds is not None and not (isfinite(self.typical_seconds) and self.typical_seconds >= 0):
            raise ValueError("the typical time of a job is a finite number of seconds")


def wait(settings: Settings, job: Receipt | str, wish: Wish) -> Flow[Job]:
    """Look at a job until it ends, and return it completed.

    Raises JobFailed, JobCancelled, WaitTimeout, or the ApiError with which the API refuses to tell.
    """
    request = job_request(settings.base_url, job if isinstance(job, str) else job.job_id)
    rhythm = _Rhythm(settings.clock, wish.timeout)
    rhythm.learn(_typical_seconds(job, wish))
    seen: Job | None = None
    why = ""
    while not rhythm.is_over:
        if pause := rhythm.next_pause():
            yield Sleep(pause)
        reply = yield from exchange(settings, request, harmless=True, until=rhythm.until)
        if outcome_of(reply) in TRANSIENT:
            why = f" ({failed(settings, reply).message})"
            continue
        seen, why = read_reply(settings, reply, read_job), ""
        if wish.on_poll is not None:
            wish.on_poll(seen)
        if seen.is_terminal:
            return _completed(seen)
        rhythm.learn(_typical_of_model(settings, seen))
    state = f"is {seen.status}" if seen else "could not be seen"
    job_id = job if isinstance(job, str) else job.job_id
    raise WaitTimeout(Refusal(f"job {job_id} {state} after {wish.timeout:g} s{why}"), seen)


def _completed(job: Job) -> Job:
    """Return a job that ended with a result, and raise for one that ended without."""
    if job.status == "completed":
        return job
    error = job.error or JobFailure(None, None)
    kind: type[JobEnded] = JobFailed if job.status == "failed" else JobCancelled
    why = f": {error.message or error.code}" if error.message or error.code else ""
    raise kind(Refusal(f"job {job.job_id} {job.status}{why}", code=error.code, request_id=job.request_id), job)


def _typical_seconds(job: Receipt | str, wish: Wish) -> float | None:
    if wish.typical_seconds is not None or isinstance(job, str):
        return wish.typical_seconds
    return job.quoted.typical_seconds


def _typical_of_model(settings: Settings, job: Job) -> float | None:
    model = catalog_at(settings.catalog, None).get(job.model or "")
    return None if model is None else model.latest.typical_seconds


class _Rhythm:
    """When to look at a job: `until` is the end of the time, `is_over` says that the last look has begun."""

    def __init__(self, clock: Clock, timeout: float) -> None:
        self._clock = clock
        self._reserve = min(LAST_LOOK, timeout / 10)
        self._left = timeout  # counted in pauses too, should the clock stand still
        self._typical: float | None = None
        self._next = 0.0
        self._longest = FIRST_PAUSE
        self.until = clock.monotonic() + timeout
        self.is_over = False

    def learn(self, typical_seconds: float | None) -> None:
        """Take the typical time of the model into account, once it is known."""
        if typical_seconds is not None and self._typical is None:
            self._typical = typical_seconds
            self._next = typical_seconds / 2
            self._longest = max(FIRST_PAUSE, typical_seconds / 10)

    def next_pause(self) -> float:
        """Return the pause before the next look, which is the last one where the time is nearly over."""
        room = max(0.0, min(self._left, self.until - self._clock.monotonic()) - self._reserve)
        pause = min(self._next, room)
        self.is_over = self._next >= room
        self._left -= pause
        self._next = min(self._longest, LONGEST_PAUSE) * (0.5 + self._clock.random() / 2)
        self._longest *= GROWTH
        return pause
