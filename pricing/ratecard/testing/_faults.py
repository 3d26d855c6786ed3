"""Faults on demand: what can go wrong between a client and the API, as data.

Rule 1  A fault says separately whether the request takes effect, and what of the answer arrives.
Rule 2  A fault changes the answer, never the books; only `overcharge` and `job_failure` change what is done.
"""

from __future__ import annotations

import re

from attrs import evolve, frozen

from ratecard._api import STATUS_OF_CODE
from ratecard.testing._http import Delivery, FakeAnswer, Headers, Refused

_CHARGE = rb'"costMicroCents": (\d+)'
_HTML: Headers = (("content-type", "text/html"),)


@frozen
class JobError:
    """Why a job failed. The reference lists no codes."""

    code: str = "GENERATION_FAILED"
    message: str = "the model gave no result"


@frozen(kw_only=True, repr=False)
class FakeFault:
    """One thing that goes wrong.

    Attributes:
        name: For people.
        processed: Whether the request takes effect before it goes wrong.
        delivery: How the answer reaches the client.
        sent_bytes: With delivery `part`, how many bytes arrive; None for half of the body.
        status: The status of an answer that replaces the real one.
        code: Its error code; it then has the documented shape of errors.
        message: Its error message.
        body: Its body if it has no code.
        headers: Added to the answer.
        swap: A pattern in the body, and its replacement.
        overcharge_micros: Charged on top of the price, in millionths of a dollar.
        job_error: Makes the job fail when it would be completed.
    """

    name: str
    processed: bool = True
    delivery: Delivery = "whole"
    sent_bytes: int | None = None
    status: int | None = None
    code: str | None = None
    message: str = ""
    body: bytes = b""
    headers: Headers = ()
    swap: tuple[bytes, bytes] | None = None
    overcharge_micros: int = 0
    job_error: JobError | None = None

    def __repr__(self) -> str:
        return f"<FakeFault: {self.name}>"

    def applied(self, answer: FakeAnswer, request_id: str) -> FakeAnswer:
        """Return what becomes of an answer."""
        if self.code is not None:
            answer = Refused(self.code, self.message, status=self.status).answer(request_id)
        elif self.status is not None:
            answer = FakeAnswer(self.status, self.body)
        body = answer.body if self.swap is None else re.sub(*self.swap, answer.body, count=1)
        headers = answer.headers + self.headers
        return evolve(answer, headers=headers, body=body, delivery=self.delivery, sent_bytes=self.sent_bytes)


def cut(sent_bytes: int, *, name: str = "cut", processed: bool = True) -> FakeFault:
    """Return the fault of a connection that closes after so many bytes of the answer, head included."""
    return FakeFault(name=name, processed=processed, delivery="part", sent_bytes=sent_bytes)


REFUSE = FakeFault(name="refuse", processed=False, delivery="refused")
TIMEOUT_BEFORE = FakeFault(name="timeout before", processed=False, delivery="silent")
TIMEOUT_AFTER = FakeFault(name="timeout after", delivery="silent")
CUT_BEFORE = cut(0, name="cut before", processed=False)
CUT_AFTER = cut(0, name="cut after")
CUT_WITHIN = FakeFault(name="cut within", delivery="part")
RESET_BEFORE = FakeFault(name="reset before", processed=False, delivery="reset")
RESET_AFTER = FakeFault(name="reset after", delivery="reset")
GARBAGE = FakeFault(name="garbage", swap=(rb"(?s)\A.*", rb"<html>not JSON</html>"))
TRUNCATED = FakeFault(name="truncated", swap=(rb"(?s)\A(.{0,20}).*", rb"\1"))
EMPTY = FakeFault(name="empty", swap=(rb"(?s)\A.*", rb""))
BAD_GATEWAY_AFTER = FakeFault(name="bad gateway after", status=502, body=b"<html>Bad Gateway</html>", headers=_HTML)
BAD_GATEWAY_BEFORE = evolve(BAD_GATEWAY_AFTER, name="bad gateway before", processed=False)
CHARGE_AS_FLOAT = FakeFault(name="charge as float", swap=(_CHARGE, rb'"costMicroCents": \1.0'))
CHARGE_AS_FRACTION = FakeFault(name="charge as fraction", swap=(_CHARGE, rb'"costMicroCents": \1.5'))
CHARGE_AS_TEXT = FakeFault(name="charge as text", swap=(_CHARGE, rb'"costMicroCents": "\1"'))
CHARGE_AS_NULL = FakeFault(name="charge as null", swap=(_CHARGE, rb'"costMicroCents": null'))
CHARGE_MISSING = FakeFault(name="charge missing", swap=(_CHARGE, rb'"cost": \1'))

FAULTS: tuple[FakeFault, ...] = tuple(value for value in list(globals().values()) if isinstance(value, FakeFault))
"""Every fault that needs no argument."""


def error(
    code: str,
    *,
    status: int | None = None,
    message: str = "as requested",
    processed: bool = False,
    retry_after: str | None = None,
) -> FakeFault:
    """Return the fault of an error in the documented shape.

    `status` defaults to the documented one of `code`. With `processed` the job is created and charged nonetheless, as
    it may be behind an `INTERNAL_ERROR`. `retry_after` is sent as the header of that name, which the reference does not
    mention. Raises ValueError for an undocumented code without a status.
    """
    known = STATUS_OF_CODE.get(code) if status is None else status
    if known is None:
        raise ValueError(f"{code!r} is not documented; pass a status")
    headers: Headers = () if retry_after is None else (("retry-after", retry_after),)
    return FakeFault(name=code, processed=processed, status=known, code=code, message=message, headers=headers)


def redirect(location: str = "https://elsewhere.example.com/moved", *, status: int = 307) -> FakeFault:
    """Return the fault of a redirection, by default to another host; nothing is processed."""
    return FakeFault(name="redirect", processed=False, status=status, headers=(("location", location),))


def overcharge(usd_micros: int) -> FakeFault:
    """Return the fault of a submission that is charged so many millionths of a dollar more, or less, than its price.

    A charge is never below zero. The answer and the books both have the actual charge.
    """
    return FakeFault(name="overcharge", overcharge_micros=usd_micros)


def job_failure(*error: str) -> FakeFault:
    """Return the fault of a job that is accepted, and fails in the end; `error` is the code and message of JobError."""
    return FakeFault(name="job failure", job_error=JobError(*error))
