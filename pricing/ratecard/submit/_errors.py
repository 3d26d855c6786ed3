"""What the submitter raises, besides `InvalidRequest` and `NotPriced` of the core.

Other errors of the API are told apart by `ApiError.code`: a documented code, or "no_answer", "unreadable_answer" or
"list_incomplete". After an ApiError of `submit`, a job exists only with UnreadableCharge, and may exist with
SubmissionUncertain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ratecard import RatecardError

if TYPE_CHECKING:
    from fractions import Fraction

    from ratecard import Quote
    from ratecard.submit._jobs import Attempt, Job


class _Described(RatecardError):
    """An error with a message, and with attributes that its class declares."""

    message: str

    def __init__(self, message: str, **attributes: Any) -> None:
        super().__init__(message)
        vars(self).update(attributes, message=message)


class BadKey(RatecardError, ValueError):
    """There is no key, or one that cannot be sent. The key is not repeated."""


class OverMaximum(_Described, ValueError):
    """The quote is above the maximum, so nothing was sent."""

    quote: Quote
    max_usd_micros: Fraction


class QuoteChanged(_Described, ValueError):
    """The quote of the request is not the expected one, so nothing was sent."""

    expected: Quote
    quoted: Quote


class BadSignature(_Described, ValueError):
    """A webhook is not from whom it claims to be, or not from now: see `reason`."""

    reason: Literal["bad_header", "mismatch", "too_old", "too_new"]


class ApiError(_Described):
    """The API refused, or did not answer as documented.

    Attributes:
        message: What the API says, or what went wrong.
        status: The HTTP status; None where no answer came.
        code: The API's error code, or one of our own in lower case; None where there is none.
        details: What else the API says of the error, as JSON data.
        request_id: The API's ID of the request.
        retry_after: The seconds after which the API asks to try again.
    """

    status: int | None = None
    code: str | None = None
    details: Any = None
    request_id: str | None = None
    retry_after: float | None = None

    def __str__(self) -> str:
        prefix = " ".join(str(part) for part in (self.status, self.code) if part is not None)
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{prefix}: {self.message}{request}" if prefix else self.message + request


class SubmissionUncertain(ApiError):
    """A job may have been created and charged: look for it with `client.find(error.attempt)` before sending again."""

    attempt: Attempt

    def __str__(self) -> str:
        return f"{self.attempt}; do not just send it again: client.find(error.attempt) looks for the job"


class UnreadableCharge(ApiError):
    """A job was created, but its charge cannot be read."""

    job_id: str
    quoted: Quote
    attempt: Attempt


class JobEnded(ApiError):
    """The job that was waited for failed or was cancelled. The API refunds it."""

    job: Job


class WaitTimeout(ApiError, TimeoutError):
    """The job, as it was last seen, did not end in time. It is still running, and can be waited for again."""

    job: Job | None
