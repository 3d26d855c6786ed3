"""What the clients do, once for both: generators that yield effects and get replies, and never touch a socket.

Rule 1  A submission is sent again only where it is known that nothing was created. After everything else it ends in a
        Receipt, in an error that says what was created, or in SubmissionUncertain.
Rule 2  An interruption passes through, with a note that a job may have been created.
Rule 3  Every loop is bounded by attempts and by time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from attrs import evolve, frozen

from ratecard import Catalog, Quote
from ratecard.submit._clock import Clock
from ratecard.submit._errors import (
    ApiError,
    Attempt,
    ConnectionFailed,
    Refusal,
    SubmissionUncertain,
    UnreadableAnswer,
    UnreadableCharge,
    error_of,
    refusal_of,
)
from ratecard.submit._jobs import (
    Cancellation,
    Job,
    Receipt,
    read_cancellation,
    read_job,
    read_receipt,
)
from ratecard.submit._retry import (
    CREATED_NOTHING,
    Outcome,
    RetryPolicy,
    may_repeat,
    outcome_of,
    pause_seconds,
    retry_after_of,
)
from ratecard.submit._wire import (
    Effect,
    HttpAnswer,
    HttpRequest,
    Reply,
    Send,
    Sleep,
    TransportFailure,
    cancel_request,
    job_request,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from ratecard.submit._plan import Plan

T = TypeVar("T")
Flow: TypeAlias = Generator[Effect, Any, T]
"""Yields effects, is sent the reply to each, and returns its result."""


@frozen(kw_only=True)
class Settings:
    """What every flow of one client knows: the `base_url` of the API, the tables, the patience, and the clock."""

    base_url: str
    catalog: Catalog | None
    retry: RetryPolicy
    clock: Clock


def submit(settings: Settings, plan: Plan) -> Flow[Receipt]:
    """Send a plan, once, and return the receipt.

    Raises an ApiError for every answer that created nothing, UnreadableCharge, or SubmissionUncertain.
    """
    started = settings.clock.now()
    note = _note(plan.quote, started, plan.digest)
    reply = yield from exchange(settings, plan.http_request, harmless=False, note=note)
    with _noted(note):
        if outcome_of(reply) in CREATED_NOTHING:
            raise failed(settings, reply)
        # The beginning of a JSON object is none: what can be read was whole, even if the connection broke after it.
        answer = reply if isinstance(reply, HttpAnswer) else reply.partial
        cause = _cause(reply)
        if answer is not None and outcome_of(answer) is Outcome.ANSWERED:
            try:
                return read_receipt(answer, plan.quote)
            except UnreadableCharge:
                raise
            except UnreadableAnswer as error:
                cause = error.message if answer is reply else cause
        raise _uncertain(plan, started, settings.clock.now(), cause, answer)


def _uncertain(
    plan: Plan, started: datetime, ended: datetime, cause: str, answer: HttpAnswer | None
) -> SubmissionUncertain:
    refusal = Refusal(cause) if answer is None else refusal_of(answer)
    attempt = Attempt(
        quote=plan.quote,
        body=plan.body,
        digest=plan.digest,
        started=started,
        ended=ended,
        cause=cause,
        answer=answer,
    )
    return SubmissionUncertain(evolve(refusal, message=cause), attempt)


def _note(quote: Quote, started: datetime, digest: str) -> str:
    return (
        f"ratecard: a job of {quote.model} may have been created and charged since {started.isoformat()}; look through "
        f"client.jobs(model={quote.model!r}) before sending it again (SHA-256 of the request: {digest})"
    )


@contextmanager
def _noted(note: str) -> Iterator[None]:
    """Add a note to an interruption, or to a fault of our own; the errors of the API speak for themselves."""
    try:
        yield
    except ApiError:
        raise
    except BaseException as error:
        error.add_note(note)
        raise


def exchange(
    settings: Settings, request: HttpRequest, *, harmless: bool, until: float = inf, note: str | None = None
) -> Flow[Reply]:
    """Send a request as often as it may be, and return the last reply; no pause goes beyond `until`."""
    clock, policy = settings.clock, settings.retry
    until = min(until, clock.monotonic() + policy.total_seconds)
    attempt = 0
    while True:
        attempt += 1
        within = None if harmless is False else max(until - clock.monotonic(), 0.0)
        guard: AbstractContextManager[None] = nullcontext() if note is None else _noted(note)
        with guard:
            reply: Reply = yield Send(request, within)
        pause = pause_seconds(reply, attempt, policy, clock.now(), clock.random())
        is_last = attempt >= policy.attempts or clock.monotonic() + pause >= until
        if is_last or not may_repeat(reply, harmless=harmless):
            return reply
        yield Sleep(pause)


def _cause(reply: Reply) -> str:
    if isinstance(reply, TransportFailure):
        return reply.cause
    said = refusal_of(reply)
    return " ".join(str(one) for one in (reply.status, said.code, said.message) if one is not None)


def failed(settings: Settings, reply: Reply) -> ApiError:
    """Return the error to raise for a reply that is no answer 2xx."""
    if isinstance(reply, TransportFailure):
        return ConnectionFailed(Refusal(f"no answer: {reply.cause}"))
    return error_of(refusal_of(reply, retry_after_of(reply, settings.clock.now())))


def asked(settings: Settings, request: HttpRequest, read: Callable[[HttpAnswer], T]) -> Flow[T]:
    """Ask for what can be asked for often, and read the answer."""
    reply = yield from exchange(settings, request, harmless=True)
    return read_reply(settings, reply, read)


def read_reply(settings: Settings, reply: Reply, read: Callable[[HttpAnswer], T]) -> T:
    """Return what an answer 2xx says, in the words of `read`; raise the error for any other reply."""
    if isinstance(reply, HttpAnswer) and outcome_of(reply) is Outcome.ANSWERED:
        return read(reply)
    raise failed(settings, reply)


def job(settings: Settings, job_id: str) -> Flow[Job]:
    """Return one job. Raises JobNotFound, another ApiError, or UnreadableAnswer."""
    return (yield from asked(settings, job_request(settings.base_url, job_id), read_job))


def cancel(settings: Settings, job_id: str) -> Flow[Cancellation]:
    """Cancel a pending job. Raises JobCannotBeCancelled, another ApiError, or UnreadableAnswer.

    Where nobody knows whether a cancellation arrived, the job is looked at before it is sent once more. To send it
    blindly would be harmless, for it creates and charges nothing; but the second answer would then be "cannot be
    cancelled" because of the first one.
    """
    request = cancel_request(settings.base_url, job_id)
    reply = yield from exchange(settings, request, harmless=False)
    if outcome_of(reply) in (Outcome.LOST, Outcome.BROKEN):
        seen = yield from job(settings, job_id)
        if seen.status == "cancelled":
            return Cancellation(job_id=seen.job_id, status=seen.status, raw=seen.raw)
        reply = yield from exchange(settings, request, harmless=False)
    return read_reply(settings, reply, read_cancellation)
