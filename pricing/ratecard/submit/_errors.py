"""What the submitter raises, besides `InvalidRequest` and `NotPriced`, with which the core refuses a request.

Tell other errors of the API apart by `ApiError.code`: a documented code, or "no_answer", "unreadable_answer" or
"list_incomplete". After an ApiError of `submit`, a job exists only with UnreadableCharge and PriceDrift, and may exist
with SubmissionUncertain.
"""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING, Any

from ratecard import RatecardError

if TYPE_CHECKING:
    from fractions import Fraction

    from ratecard import Quote
    from ratecard.submit._http import HttpAnswer, Json
    from ratecard.submit._jobs import Attempt, Job, Receipt


class _Described(RatecardError):
    """An error with a message, and with attributes that its class declares."""

    message: str

    def __init__(self, message: str, **attributes: Any) -> None:
        super().__init__(message)
        vars(self).update(attributes, message=message)

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle and copy do not call __init__; all that it was given is among the attributes.
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]


class BadKey(RatecardError, ValueError):
    """There is no key, or one that cannot be sent. The key is not repeated."""


class OverMaximum(_Described, ValueError):
    """The quote is above the maximum, so nothing was sent.

    Attributes:
        quote: The quote.
        max_usd_micros: The maximum, in millionths of a US dollar.
    """

    quote: Quote
    max_usd_micros: Fraction


class QuoteChanged(_Described, ValueError):
    """The quote is not the expected one, so nothing was sent.

    Attributes:
        expected: The quote that was expected.
        quoted: The quote that the request has.
        changes: What differs, for people.
    """

    expected: Quote
    quoted: Quote
    changes: tuple[str, ...]


class BadSignature(_Described, ValueError):
    """A webhook is not from whom it claims to be, or not from now.

    Attributes:
        reason: A code, such as "mismatch" or "too_old".
    """

    reason: str


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
    details: Json = None
    request_id: str | None = None
    retry_after: float | None = None

    def __str__(self) -> str:
        prefix = " ".join(str(part) for part in (self.status, self.code) if part is not None)
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{prefix}: {self.message}{request}" if prefix else self.message + request


class InsufficientBalance(ApiError):
    """The balance does not cover the job."""


class SubmissionUncertain(ApiError):
    """A job may have been created and charged: the request may have arrived. Do not just send it again.

    Attributes:
        attempt: What was sent, when, and what came back. `client.find(attempt)` looks for its job.
    """

    attempt: Attempt

    def __str__(self) -> str:
        return f"{self.attempt}; do not just send it again: client.find(error.attempt) looks for the job"


class UnreadableCharge(ApiError):
    """A job was created, but its charge cannot be read.

    Attributes:
        job_id: The ID of the job.
        quoted: The quote.
        answer: The answer as it came.
    """

    job_id: str
    quoted: Quote
    answer: HttpAnswer


class PriceDrift(ApiError):
    """A job was created, and its charge is not the quote.

    Attributes:
        receipt: The job and both amounts.
    """

    receipt: Receipt


class PriceDriftWarning(UserWarning):
    """A job was created, and its charge is not the quote.

    Attributes:
        receipt: The job and both amounts.
    """

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt)
        self.receipt = receipt

    def __str__(self) -> str:
        return self.receipt.drift_text


class JobEnded(ApiError):
    """The job that was waited for ended without a result. The API refunds it.

    Attributes:
        job: The job, with the status "failed" or "cancelled".
    """

    job: Job


class WaitTimeout(ApiError, TimeoutError):
    """The job did not end in time. It is still running, and can be waited for again.

    Attributes:
        job: The job as it was last seen, or None.
    """

    job: Job | None
