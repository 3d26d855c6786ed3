"""Faults on demand: what can go wrong between a client and the API, as data.

Rule 1  A fault says two things apart: whether the request took effect, and what of the answer arrives.
Rule 2  It changes the answer, never the books; only `overcharge` and `job_failure` change what is done.
"""

from __future__ import annotations

import re

from attrs import evolve, frozen

from ratecard._api import STATUS_OF_CODE
from ratecard.testing._wire import Delivery, FakeAnswer, Headers, error_answer

_CHARGE = rb'"costMicroCents": (\d+)'
_HTML: Headers = (("content-type", "text/html"),)


@frozen(kw_only=True)
class JobError:
    """Why a job failed: `code` and `message`. No page lists the codes."""

    code: str
    message: str


@frozen(kw_only=True, repr=False)
class Fault:
    """One thing that goes wrong.

    `name` for people · `processed` whether the request takes effect before it goes wrong · `delivery` what of the
    answer arrives · `status`, `code`, `message` and `body` another answer in place of the own one (with a `code`: in
    the documented shape of errors) · `headers` added to the answer · `swap` a pattern in the body and what stands there
    instead · `overcharge_micros` is charged on top of the price, in millionths of a dollar · `job_error` makes the job
    fail when it would be completed.
    """

    name: str
    processed: bool = True
    delivery: Delivery = "whole"
    status: int | None = None
    code: str | None = None
    message: str = ""
    body: bytes = b""
    headers: Headers = ()
    swap: tuple[bytes, bytes] | None = None
    overcharge_micros: int = 0
    job_error: JobError | None = None

    def __repr__(self) -> str:
        return f"<Fault: {self.name}>"

    def applied(self, answer: FakeAnswer, request_id: str) -> FakeAnswer:
        """Return what becomes of an answer."""
        if self.status is not None and self.code is not None:
            answer = error_answer(self.status, self.code, self.message, request_id)
        elif self.status is not None:
            answer = FakeAnswer(self.status, (), self.body)
        body = answer.body if self.swap is None else re.sub(*self.swap, answer.body, count=1)
        return evolve(answer, headers=answer.headers + self.headers, body=body, delivery=self.delivery)


REFUSE = Fault(name="refuse", processed=False, delivery="refused")
TIMEOUT_BEFORE = Fault(name="timeout before", processed=False, delivery="silent")
TIMEOUT_AFTER = Fault(name="timeout after", delivery="silent")
CUT_BEFORE = Fault(name="cut before", processed=False, delivery="closed")
CUT_AFTER = Fault(name="cut after", delivery="closed")
CUT_WITHIN = Fault(name="cut within", delivery="part")
RESET_BEFORE = Fault(name="reset before", processed=False, delivery="reset")
RESET_AFTER = Fault(name="reset after", delivery="reset")
GARBAGE = Fault(name="garbage", swap=(rb"(?s)\A.*", rb"<html>no JSON here</html>"))
TRUNCATED = Fault(name="truncated", swap=(rb"(?s)\A(.{0,20}).*", rb"\1"))
EMPTY = Fault(name="empty", swap=(rb"(?s)\A.*", rb""))
BAD_GATEWAY_BEFORE = Fault(
    name="bad gateway before", processed=False, status=502, body=b"<html>Bad Gateway</html>", headers=_HTML
)
BAD_GATEWAY_AFTER = evolve(BAD_GATEWAY_BEFORE, name="bad gateway after", processed=True)
CHARGE_AS_FLOAT = Fault(name="charge as float", swap=(_CHARGE, rb'"costMicroCents": \1.0'))
CHARGE_AS_FRACTION = Fault(name="charge as fraction", swap=(_CHARGE, rb'"costMicroCents": \1.5'))
CHARGE_AS_TEXT = Fault(name="charge as text", swap=(_CHARGE, rb'"costMicroCents": "\1"'))
CHARGE_AS_NULL = Fault(name="charge as null", swap=(_CHARGE, rb'"costMicroCents": null'))
CHARGE_MISSING = Fault(name="charge missing", swap=(_CHARGE, rb'"cost": \1'))

FAULTS = (
    REFUSE, TIMEOUT_BEFORE, TIMEOUT_AFTER, CUT_BEFORE, CUT_AFTER, CUT_WITHIN, RESET_BEFORE, RESET_AFTER, GARBAGE,
    TRUNCATED, EMPTY, BAD_GATEWAY_BEFORE, BAD_GATEWAY_AFTER, CHARGE_AS_FLOAT, CHARGE_AS_FRACTION, CHARGE_AS_TEXT,
    CHARGE_AS_NULL, CHARGE_MISSING,
)  # fmt: skip
"""Every fault that needs no argument."""


def error(
    code: str,
    *,
    status: int | None = None,
    message: str = "as asked for",
    processed: bool = False,
    retry_after: str | None = None,
) -> Fault:
    """Return the fault of an error in the documented shape.

    `status` defaults to the documented one of `code` · `processed` says that the job was created and charged
    nonetheless, as behind an `INTERNAL_ERROR` it may be · `retry_after` is sent as the header of that name, which the
    reference does not mention. Raises ValueError for a code that is not documented and has no status.

    >>> error("CONCURRENT_JOBS_EXCEEDED", retry_after="2").status
    429
    """
    known = STATUS_OF_CODE.get(code) if status is None else status
    if known is None:
        raise ValueError(f"{code!r} is not documented: say its status")
    headers: Headers = () if retry_after is None else (("retry-after", retry_after),)
    return Fault(name=code, processed=processed, status=known, code=code, message=message, headers=headers)


def redirect(location: str = "https://elsewhere.example.com/moved", *, status: int = 307) -> Fault:
    """Return the fault of being sent to another address, by default on another host; nothing is processed.

    >>> redirect().headers
    (('location', 'https://elsewhere.example.com/moved'),)
    """
    return Fault(name="redirect", processed=False, status=status, headers=(("location", location),))


def overcharge(usd_micros: int) -> Fault:
    """Return the fault of a submission that is charged more or less than it costs, by millionths of a dollar.

    Less than nothing is never charged. The answer says what was charged, and so do the books.

    >>> overcharge(1_000).overcharge_micros
    1000
    """
    return Fault(name="overcharge", overcharge_micros=usd_micros)


def job_failure(code: str = "GENERATION_FAILED", message: str = "the model gave no result") -> Fault:
    """Return the fault of a job that is accepted and fails in the end; no page lists the codes of that, so say one.

    >>> job_failure("CONTENT_REFUSED").job_error.code
    'CONTENT_REFUSED'
    """
    return Fault(name="job failure", job_error=JobError(code=code, message=message))
