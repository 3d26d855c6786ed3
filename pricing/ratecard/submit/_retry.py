"""Whether a request may be sent again, and after how long.

What became of it          a request that repeats harmlessly      one that must not happen twice
NEVER_LEFT                 again                                  again
BUSY (429)                 again                                  again: the answer says that nothing was created
LOST, BROKEN (5xx, 408)    again                                  never: it may have been done
REFUSED (4xx)              never                                  never
ODD (1xx, 3xx)             never                                  never: it may have been done
ANSWERED (2xx)             done                                   done
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

from attrs import field, frozen
from attrs.validators import ge, gt

from ratecard.submit._wire import HttpAnswer, Reply, TransportFailure

LONGEST_SECONDS = 9
"""A `Retry-After` of more digits is not read."""


class Outcome(Enum):
    """What became of a request."""

    NEVER_LEFT = auto()
    LOST = auto()
    ANSWERED = auto()
    BUSY = auto()
    BROKEN = auto()
    REFUSED = auto()
    ODD = auto()


TRANSIENT = frozenset({Outcome.NEVER_LEFT, Outcome.LOST, Outcome.BUSY, Outcome.BROKEN})
"""After these, a request that repeats harmlessly is worth another try."""

CREATED_NOTHING = frozenset({Outcome.NEVER_LEFT, Outcome.BUSY, Outcome.REFUSED})
"""After these, it is known that nothing was done."""


@frozen(kw_only=True)
class RetryPolicy:
    """How patient a client is with one request.

    `attempts` how often it is sent at most · `base_seconds` and `cap_seconds` the bounds between which the longest
    pause doubles; each pause is drawn between zero and it · `retry_after_cap_seconds` the longest pause that the API
    may ask for · `total_seconds` after which no further attempt begins.
    """

    attempts: int = field(default=4, validator=ge(1))
    base_seconds: float = field(default=0.5, validator=gt(0))
    cap_seconds: float = field(default=8.0, validator=gt(0))
    retry_after_cap_seconds: float = field(default=60.0, validator=ge(0))
    total_seconds: float = field(default=120.0, validator=ge(0))


def outcome_of(reply: Reply) -> Outcome:
    """Return what became of a request.

    >>> outcome_of(HttpAnswer(503)), outcome_of(TransportFailure("ConnectError", has_left=False))
    (<Outcome.BROKEN: 5>, <Outcome.NEVER_LEFT: 1>)
    """
    if isinstance(reply, TransportFailure):
        return Outcome.LOST if reply.has_left else Outcome.NEVER_LEFT
    if reply.status in _OUTCOME_OF_STATUS:
        return _OUTCOME_OF_STATUS[reply.status]
    return _OUTCOME_OF_CLASS.get(reply.status // 100, Outcome.ODD)


# 408 is said by whoever stood in between and ran out of patience: nobody knows how far the request came.
_OUTCOME_OF_STATUS = {408: Outcome.BROKEN, 429: Outcome.BUSY}
_OUTCOME_OF_CLASS = {2: Outcome.ANSWERED, 4: Outcome.REFUSED, 5: Outcome.BROKEN}


def may_repeat(reply: Reply, *, harmless: bool) -> bool:
    """Return whether a request may be sent again after this reply; `harmless`: it may happen twice.

    >>> may_repeat(HttpAnswer(503), harmless=True), may_repeat(HttpAnswer(503), harmless=False)
    (True, False)
    """
    outcome = outcome_of(reply)
    return outcome in TRANSIENT and (harmless or outcome in CREATED_NOTHING)


def pause_seconds(reply: Reply, attempt: int, policy: RetryPolicy, now: datetime, chance: float) -> float:
    """Return the pause after attempt number `attempt`: full jitter, at least what the API asks for, capped.

    >>> pause_seconds(HttpAnswer(429, (("Retry-After", "7"),)), 1, RetryPolicy(), datetime.now(UTC), 0.5)
    7.0
    """
    doubled = policy.base_seconds * 2.0 ** min(attempt - 1, 60)
    asked = retry_after_of(reply, now) if isinstance(reply, HttpAnswer) else None
    return max(chance * min(policy.cap_seconds, doubled), min(asked or 0.0, policy.retry_after_cap_seconds))


def retry_after_of(answer: HttpAnswer, now: datetime) -> float | None:
    """Return the seconds of `Retry-After`, which HTTP writes as seconds or as a date; None where it says neither.

    The reference of the API does not mention it.
    """
    said = (answer.header("Retry-After") or "").strip()
    if said.isascii() and said.isdigit():
        return float(said) if len(said) <= LONGEST_SECONDS else None
    try:
        until = parsedate_to_datetime(said)
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None
