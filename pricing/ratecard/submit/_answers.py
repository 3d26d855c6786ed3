"""Classifies answers and reads them.

Rule 1  Required parts (the job's ID, its status, the charge) are read exactly or not at all. Anything else is None
        where it is missing or of another type; `raw` has everything.
Rule 2  An amount is a whole number of millionths of a dollar, taken from the text of the answer: no float takes part.
Rule 3  "Nothing was created" is believed only of a documented refusal. Any other answer may hide a job.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import fields_dict, frozen
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from ratecard._api import OUTPUT_TYPES, STATUS_OF_CODE
from ratecard.submit._errors import ApiError, UnreadableCharge
from ratecard.submit._jobs import Job, Receipt, is_job_id
from ratecard_rules import one_line

if TYPE_CHECKING:
    from ratecard import Quote

CUT_OFF = "the answer was cut off"
MAX_EXCERPT = 200
"""Maximum characters of a message from outside."""
MAX_MICROS = 10**40
"""An amount beyond is not read."""


@frozen
class HttpAnswer:
    """What came back for one HTTP request.

    Attributes:
        status: The status code; None where no answer came.
        body: The bytes, as far as they were read.
        fault: Why there is no answer, or why its body is not whole; None for a whole answer.
        has_left: Whether any byte of the request may have left.
        retry_after: The seconds after which the API asks to try again, or None.
    """

    status: int | None
    body: bytes = b""
    fault: str | None = None
    has_left: bool = True
    retry_after: float | None = None

    @property
    def is_transient(self) -> bool:
        """Whether asking again may help: no whole answer, 429, 408 (which comes from an intermediary) or 5xx."""
        return self.status is None or self.fault == CUT_OFF or self.status in (408, 429) or self.status >= 500

    @property
    def created_nothing(self) -> bool:
        """Whether it is certain that a submission created nothing: it never left, or was refused as documented."""
        if self.status is None:
            return not self.has_left
        is_documented = STATUS_OF_CODE.get(error_of(self).code or "") == self.status
        return is_documented and self.status < 500 and b"jobId" not in self.body

    @cached_property
    def data(self) -> dict[str, Any] | None:
        """The JSON object, or None where the body is none. Numbers with a point or an exponent are Decimals."""
        try:
            value = json.loads(self.body, parse_float=Decimal, parse_constant=str)
        except (ValueError, ArithmeticError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


NO_TIME = HttpAnswer(None, fault="no time was left to send the request", has_left=False)


def error_of(answer: HttpAnswer, flaw: str | None = None) -> ApiError:
    """Return the error to raise for an answer without success, or for one that is unreadable: what it is instead."""
    if answer.status is None:
        return ApiError(f"no answer: {answer.fault}", code="no_answer")
    top = answer.data or {}
    error = top["error"] if isinstance(top.get("error"), dict) else {"message": top.get("error")}
    excerpt = one_line(answer.body[:MAX_EXCERPT].decode(errors="replace"))
    message = _text(error.get("message"), MAX_EXCERPT) or answer.fault or excerpt or "the answer is empty"
    return ApiError(
        f"the answer is {flaw}: {message}" if flaw else message,
        status=answer.status,
        code="unreadable_answer" if flaw else _text(error.get("code"), MAX_EXCERPT),
        details=error.get("details"),
        request_id=_text(top.get("requestId"), MAX_EXCERPT),
        retry_after=answer.retry_after,
    )


def _read_object(answer: HttpAnswer) -> dict[str, Any]:
    """Return the JSON object of an answer with success. Raises ApiError for any other answer."""
    if answer.status is None or answer.status // 100 != 2:
        raise error_of(answer)
    if answer.data is None:
        raise error_of(answer, "not a JSON object")
    return answer.data


def read_receipt(answer: HttpAnswer, quoted: Quote) -> Receipt:
    """Return the receipt of a submission. Raises ApiError, or UnreadableCharge where at least the job is named."""
    raw = _read_object(answer)
    job_id, request_id, charged = raw.get("jobId"), _text(raw.get("requestId")), _whole(raw.get("costMicroCents"))
    if not is_job_id(job_id):
        raise error_of(answer, "a receipt without a jobId")
    if charged is None:
        stated = one_line(str(raw.get("costMicroCents", "missing"))[:MAX_EXCERPT])
        message = f"job {job_id} was created, but its charge cannot be read; costMicroCents is {stated}"
        raise UnreadableCharge(message, status=answer.status, request_id=request_id, job_id=job_id, quoted=quoted)
    return Receipt(
        job_id=job_id,
        request_id=request_id,
        status=_text(raw.get("status")) or "pending",
        estimated_completion=_instant(raw.get("estimatedCompletionTime")),
        quoted=quoted,
        charged_micros=charged,
    )


def read_page(answer: HttpAnswer) -> tuple[list[Job | None], str | None, bool]:
    """Return the entries of a page of jobs, the cursor of the next page, and whether there is one. Raises ApiError."""
    raw = _read_object(answer)
    listed, cursor, has_more = raw.get("jobs"), raw.get("nextCursor"), raw.get("hasMore")
    if not isinstance(listed, list):
        raise error_of(answer, "a page without jobs")
    goes_on = has_more is not False and bool(has_more or cursor)
    return [_job_of(entry) for entry in listed], cursor if isinstance(cursor, str) else None, goes_on


def read_job(answer: HttpAnswer, job_id: str | None = None) -> Job:
    """Return the job that an answer describes. Raises ApiError, also for another job than `job_id`."""
    job = _job_of(_read_object(answer))
    if job is None:
        raise error_of(answer, "not a job with a jobId and a status")
    if job_id not in (None, job.job_id):
        raise error_of(answer, f"about another job than {job_id}")
    return job


def _job_of(raw: Any) -> Job | None:
    """Return the job that JSON data describes; None where it has no jobId or no status. `error` may be text."""
    if not (isinstance(raw, dict) and is_job_id(raw.get("jobId")) and _text(raw.get("status"))):
        return None
    error = raw["error"] if isinstance(raw.get("error"), dict) else {"message": raw.get("error")}
    named = {"errorCode": error.get("code"), "errorMessage": error.get("message"), "outputs": _outputs(raw), "raw": raw}
    return _converter.structure({**raw, **named}, Job)


def _outputs(raw: dict[str, Any]) -> list[str]:
    """Return the addresses of all results. `output` may be an object such as `{"imageUrl": …}`, as in webhooks."""
    output, listed = raw.get("output"), raw.get("outputs")
    found = [output.get(f"{kind}Url") for kind in OUTPUT_TYPES] if isinstance(output, dict) else [output]
    if isinstance(listed, list):
        found = [entry.get("url") for entry in listed if isinstance(entry, dict)] + found
    return [*dict.fromkeys(address for address in map(_text, found) if address)]


def _text(value: object, most: int | None = None) -> str | None:
    return one_line(value[:most]) if isinstance(value, str) and value.strip() else None


def _whole(value: object) -> int | None:
    """Return a whole number that is not negative, also one that is written as a float: 630000.0 is exactly 630000."""
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or not 0 <= value < MAX_MICROS:
        return None
    return int(value) if value == int(value) else None


def _instant(value: Any) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo else None


def _wire_name(name: str) -> str:
    """Return the API's name of an attribute: `createdAt` of `created_at`."""
    first, *others = name.replace("_micros", "_micro_cents").split("_")
    return first + "".join(map(str.capitalize, others))


_converter = Converter(detailed_validation=False)
_converter.register_structure_hook(str, lambda value, _: one_line(value))
_converter.register_structure_hook(str | None, lambda value, _: _text(value))
_converter.register_structure_hook(int | None, lambda value, _: _whole(value))
_converter.register_structure_hook(datetime | None, lambda value, _: _instant(value))
_names: Any = {name: override(rename=_wire_name(name)) for name in fields_dict(Job)}
_converter.register_structure_hook(Job, make_dict_structure_fn(Job, _converter, **_names))
