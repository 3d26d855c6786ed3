"""What the submitter raises, apart from `InvalidRequest` and `NotPriced`, with which the core refuses a request.

RatecardError
├── BadKey                 (ValueError)       there is no key, or none that could be sent
├── OverMaximum            (ValueError)       the quote is above `max_usd`: nothing was sent
├── QuoteChanged           (ValueError)       the quote is not the one that was expected: nothing was sent
├── BadSignature           (ValueError)       a webhook is not from whom it says, or not from now
└── ApiError                                  the API said no, or did not answer as documented
    ├── Unauthorized                          the key is missing, wrong, inactive or expired
    ├── NotAllowed                            the key, its address or its user may not do this
    ├── UserBlocked                           the user is unknown, banned or inactive
    ├── ModelAccessDenied                     the model is not open to this user
    ├── ModelNotFound      (LookupError)      no model of this name
    ├── ModelVersionNotUsable (LookupError)   no such version of the model, or an inactive one
    ├── InsufficientBalance                   the balance does not cover the job
    ├── InvalidInput       (ValueError)       the API refuses the input or the address of the webhook
    ├── JobNotFound        (LookupError)      no job of this name
    ├── JobCannotBeCancelled                  the job is no longer pending
    ├── TooManyRequests                       any other answer 429
    │   └── ConcurrentJobsExceeded            too many jobs at once
    ├── ServerError                           an answer 5xx
    ├── ConnectionFailed   (ConnectionError)  no answer, and nothing was created
    ├── SubmissionUncertain                   nobody knows whether a job was created and charged
    ├── UnreadableAnswer                      an answer that is not as documented
    │   └── UnreadableCharge                  a job was created, but what it cost cannot be read
    ├── PriceDrift                            a job was created, and did not cost what was quoted
    ├── JobEnded                              the job that was waited for has no result
    │   ├── JobFailed                         it failed, and is refunded
    │   └── JobCancelled                      it was cancelled, and is refunded
    └── WaitTimeout        (TimeoutError)     the job did not end in time

A refusal with an unknown code is an ApiError itself. After every ApiError of `submit` but SubmissionUncertain,
UnreadableCharge and PriceDrift, no job was created. Errors keep their arguments, so they survive pickling.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ratecard import Quote, RatecardError
from ratecard._money import usd_shown
from ratecard.submit._wire import HttpAnswer, excerpt, read_json

if TYPE_CHECKING:
    from fractions import Fraction

    from ratecard.submit._jobs import Job, Receipt

CLOCK_SKEW = timedelta(minutes=5)
"""So far may the clocks of the API and of this machine be apart when a lost job is looked for."""


@frozen
class Refusal:
    """What an answer says of an error.

    Its HTTP `status`, `code`, `message`, `details`, `request_id`, and the seconds of `retry_after`; None for what it
    does not say.
    """

    message: str
    status: int | None = None
    code: str | None = None
    details: Any = None
    request_id: str | None = None
    retry_after: float | None = None


class ApiError(RatecardError):
    """The API said no, or did not answer as documented; see `Refusal` for the attributes."""

    def __init__(self, refusal: Refusal, *more: object) -> None:
        super().__init__(refusal, *more)
        self.refusal = refusal
        self.message = refusal.message
        self.status = refusal.status
        self.code = refusal.code
        self.details = refusal.details
        self.request_id = refusal.request_id
        self.retry_after = refusal.retry_after

    def __str__(self) -> str:
        named = [str(one) for one in (self.status, self.code) if one is not None]
        said = f" (request {self.request_id})" if self.request_id else ""
        return f"{' '.join(named)}: {self.message}{said}" if named else self.message + said


class Unauthorized(ApiError):
    """The key is missing, wrong, inactive or expired."""


class NotAllowed(ApiError):
    """The key may not do this, not from this address, or not with what belongs to someone else."""


class UserBlocked(ApiError):
    """The user of the key is unknown, banned or inactive."""


class ModelAccessDenied(ApiError):
    """The model is not open to this user."""


class ModelNotFound(ApiError, LookupError):
    """No model of this name."""


class ModelVersionNotUsable(ApiError, LookupError):
    """The model has no such version, or it is inactive."""


class InsufficientBalance(ApiError):
    """The balance does not cover the job."""


class InvalidInput(ApiError, ValueError):
    """The API refuses the input, or the address of the webhook."""


class JobNotFound(ApiError, LookupError):
    """No job of this name."""


class JobCannotBeCancelled(ApiError):
    """The job is no longer pending."""


class TooManyRequests(ApiError):
    """The API asks for patience (429)."""


class ConcurrentJobsExceeded(TooManyRequests):
    """Too many jobs at once."""


class ServerError(ApiError):
    """The API failed (5xx)."""


class ConnectionFailed(ApiError, ConnectionError):
    """No answer came, and nothing was created."""


ERROR_OF_CODE = MappingProxyType(
    {
        "UNAUTHORIZED": Unauthorized,
        "INVALID_API_KEY": Unauthorized,
        "API_KEY_INACTIVE": Unauthorized,
        "API_KEY_EXPIRED": Unauthorized,
        "IP_NOT_WHITELISTED": NotAllowed,
        "OPERATION_NOT_ALLOWED": NotAllowed,
        "UNAUTHORIZED_ACCESS": NotAllowed,
        "USER_NOT_FOUND": UserBlocked,
        "USER_BANNED": UserBlocked,
        "USER_INACTIVE": UserBlocked,
        "MODEL_ACCESS_DENIED": ModelAccessDenied,
        "MODEL_NOT_FOUND": ModelNotFound,
        "INVALID_MODEL_SLUG": ModelNotFound,
        "MODEL_VERSION_NOT_FOUND": ModelVersionNotUsable,
        "MODEL_VERSION_NOT_ACTIVE": ModelVersionNotUsable,
        "INSUFFICIENT_BALANCE": InsufficientBalance,
        "INVALID_INPUT": InvalidInput,
        "INVALID_WEBHOOK_URL": InvalidInput,
        "JOB_NOT_FOUND": JobNotFound,
        "JOB_CANNOT_BE_CANCELLED": JobCannotBeCancelled,
        "CONCURRENT_JOBS_EXCEEDED": ConcurrentJobsExceeded,
        "PUBSUB_PUBLISH_FAILED": ServerError,
        "INTERNAL_ERROR": ServerError,
    }
)
"""Every documented code, and what is raised for it."""

_ERROR_OF_STATUS = MappingProxyType({401: Unauthorized, 403: NotAllowed, 429: TooManyRequests})
"""What is raised for an unknown code, or none, by its status alone."""


class SubmissionUncertain(ApiError):
    """Nobody knows whether a job was created and charged: the request may have arrived. It must not just be repeated.

    `attempt` says what was sent, when, and what came back; its attributes are those of the error too. `may_be(job)`
    says whether a listed job may be it, and `client.find(error)` looks through the list.
    """

    def __init__(self, refusal: Refusal, attempt: Attempt) -> None:
        super().__init__(refusal, attempt)
        self.attempt = attempt
        self.quote = attempt.quote
        self.started = attempt.started
        self.ended = attempt.ended
        self.cause = attempt.cause
        self.answer = attempt.answer
        self.digest = attempt.digest

    @property
    def request(self) -> Any:
        """The request as it was sent, a new copy each time."""
        return self.attempt.request

    def may_be(self, job: Job) -> bool:
        """Return whether a listed job may be the one that was created: of this model, created at that time.

        Clocks may be five minutes apart. What the list leaves out cannot exclude a job.
        """
        if job.model not in (None, self.quote.model):
            return False
        first, last = sorted((self.started, self.ended))
        return job.created_at is None or first - CLOCK_SKEW <= job.created_at <= last + CLOCK_SKEW

    def __str__(self) -> str:
        quoted = f"{self.quote.model}, {usd_shown(self.quote.usd_micros)}"
        between = f"between {self.started.isoformat()} and {self.ended.isoformat()}"
        return (
            f"a job may have been created and charged ({quoted}), {between}: {self.cause}; do not just send it again: "
            "client.find(error) lists the jobs that may be it"
        )


@frozen(kw_only=True)
class Attempt:
    """One submission whose outcome is not known.

    `quote` its price · `body` the bytes sent · `digest` SHA-256 over them, in hexadecimal · `started`, `ended` when ·
    `cause` what happened · `answer` what came back, whole or cut off, or None.
    """

    quote: Quote
    body: bytes = field(repr=False)
    digest: str
    started: datetime
    ended: datetime
    cause: str
    answer: HttpAnswer | None = None

    @property
    def request(self) -> Any:
        """The request as it was sent, a new copy each time."""
        return json.loads(self.body)  # floats again, not the Decimals of an answer


class UnreadableAnswer(ApiError):
    """An answer that is not as documented; `answer` is all of it."""

    def __init__(self, refusal: Refusal, answer: HttpAnswer) -> None:
        super().__init__(refusal, answer)
        self.answer = answer


class UnreadableCharge(UnreadableAnswer):
    """A job was created, but what it cost cannot be read: `job_id`, its `quoted` price, and the raw `answer`."""

    def __init__(self, refusal: Refusal, answer: HttpAnswer, job_id: str, quoted: Quote) -> None:
        ApiError.__init__(self, refusal, answer, job_id, quoted)
        self.answer = answer
        self.job_id = job_id
        self.quoted = quoted


class PriceDrift(ApiError):
    """A job was created, and did not cost what was quoted; `receipt` has the job and both amounts."""

    def __init__(self, refusal: Refusal, receipt: Receipt) -> None:
        super().__init__(refusal, receipt)
        self.receipt = receipt


class PriceDriftWarning(UserWarning):
    """A job was created, and did not cost what was quoted; `receipt` has the job and both amounts."""

    def __init__(self, message: str, receipt: Receipt) -> None:
        super().__init__(message, receipt)
        self.message = message
        self.receipt = receipt

    def __str__(self) -> str:
        return self.message


class JobEnded(ApiError):
    """The `job` that was waited for ended without a result."""

    def __init__(self, refusal: Refusal, job: Job) -> None:
        super().__init__(refusal, job)
        self.job = job


class JobFailed(JobEnded):
    """The job that was waited for failed; the API refunds it."""


class JobCancelled(JobEnded):
    """The job that was waited for was cancelled; the API refunds it."""


class WaitTimeout(ApiError, TimeoutError):
    """The job did not end in time; `job` is what was last seen of it, or None. It goes on, and can be waited for."""

    def __init__(self, refusal: Refusal, job: Job | None) -> None:
        super().__init__(refusal, job)
        self.errno = self.strerror = None  # for which an OSError takes its first two arguments
        self.job = job


class OverMaximum(RatecardError, ValueError):
    """The quote is above the maximum, so nothing was sent; `quote`, and the maximum in millionths of a dollar."""

    def __init__(self, quote: Quote, max_usd_micros: Fraction) -> None:
        super().__init__(quote, max_usd_micros)
        self.quote = quote
        self.max_usd_micros = max_usd_micros

    def __str__(self) -> str:
        most = usd_shown(int(self.max_usd_micros))
        return f"{self.quote.model} costs {usd_shown(self.quote.usd_micros)}, above the maximum of {most}"


class QuoteChanged(RatecardError, ValueError):
    """The quote is not the one that was expected, so nothing was sent; `changes` says what differs."""

    def __init__(self, expected: Quote, quoted: Quote, changes: tuple[str, ...]) -> None:
        super().__init__(expected, quoted, changes)
        self.expected = expected
        self.quoted = quoted
        self.changes = changes

    def __str__(self) -> str:
        return f"the quote is not the one expected: {'; '.join(self.changes)}"


def refusal_of(answer: HttpAnswer, retry_after: float | None = None) -> Refusal:
    """Return what an answer says of its error; it may be JSON of another form, or none at all."""
    try:
        body = read_json(answer.body)
    except ValueError:
        body = None
    top = body if isinstance(body, dict) else {}
    said = top.get("error")
    error = said if isinstance(said, dict) else {"message": said}
    message = _text(error.get("message")) or answer.excerpt or _nothing_said(answer.status)
    request_id = _text(top.get("requestId"))
    details = harmless(error.get("details"))
    return Refusal(message, answer.status, _text(error.get("code")), details, request_id, retry_after)


def _nothing_said(status: int) -> str:
    return "a redirect, which is not followed" if status // 100 == 3 else "the answer is empty"  # noqa: PLR2004  3xx


def error_of(refusal: Refusal) -> ApiError:
    """Return the error to raise for a refusal: by its code, else by its status."""
    kind: type[ApiError] | None = ERROR_OF_CODE.get(refusal.code or "")
    if kind is None:
        status = refusal.status or 0
        kind = _ERROR_OF_STATUS.get(status, ServerError if status >= 500 else ApiError)  # noqa: PLR2004  5xx
    return kind(refusal)


def harmless(value: Any) -> Any:
    """Return JSON data from outside with every text in it safe to show."""
    match value:
        case str():
            return excerpt(value)
        case list():
            return [harmless(item) for item in value]
        case dict():
            return {excerpt(key): harmless(item) for key, item in value.items()}
    return value


def _text(value: object) -> str | None:
    return excerpt(value) if isinstance(value, str) and value.strip() else None
