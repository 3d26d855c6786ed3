"""Classifies answers and reads them.

Rule 1  Required parts (the job's ID, its status, the charge) are read exactly or not at all. Anything else is None
        where it is missing or of another type; `raw` has everything.
Rule 2  An amount is a whole number of millionths of a dollar, taken from the text of the answer: no float takes part.
Rule 3  "Nothing was created" is believed only of a documented refusal. Any other answer may hide a job.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import fields_dict, has

from ratecard._api import OUTPUT_TYPES, STATUS_OF_CODE
from ratecard.submit._errors import ApiError, UnreadableCharge
from ratecard.submit._jobs import HttpAnswer, Job, Json, Receipt, is_job_id
from ratecard_rules import one_line

if TYPE_CHECKING:
    from cattrs import Converter

    from ratecard import Quote

MAX_DIGITS = 40
"""A longer number is not read."""

MAX_EXCERPT = 200
"""Maximum characters of a message from outside."""

_EXACT = Context(prec=MAX_DIGITS, Emin=-MAX_DIGITS, Emax=MAX_DIGITS, traps=[Inexact, InvalidOperation, Overflow])


def json_of(answer: HttpAnswer) -> Json:
    """Return the JSON value of an answer, or None where it is not JSON.

    Numbers with a point or an exponent are Decimals. Those that are too long stay text, so that the rest can be read.
    """
    try:
        text = answer.body.decode("utf-8-sig")
        return json.loads(text, parse_int=_number, parse_float=_number, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> int | Decimal | str:
    try:
        number = _EXACT.create_decimal(text)
    except DecimalException:
        return text
    return int(number) if text.lstrip("-").isdigit() else number


def created_nothing(answer: HttpAnswer) -> bool:
    """Return whether it is certain that a submission created nothing: it never left, or was refused as documented.

    >>> created_nothing(HttpAnswer(402, body=b'{"error": {"code": "INSUFFICIENT_BALANCE"}}'))
    True
    >>> created_nothing(HttpAnswer(402))
    False
    """
    if answer.status is None:
        return not answer.has_left
    is_refusal = answer.status // 100 == 4 and STATUS_OF_CODE.get(error_of(answer).code or "") == answer.status
    return is_refusal and named_job(answer) is None


def named_job(answer: HttpAnswer) -> str | None:
    """Return the ID of a job that an answer names, wherever it stands."""
    pending = [json_of(answer)]
    while pending:
        node = pending.pop()
        if isinstance(node, dict) and is_job_id(node.get("jobId")):
            return str(node["jobId"])
        pending += [*node.values()] if isinstance(node, dict) else node if isinstance(node, list) else []
    return None


def retry_after_of(text: str, now: datetime) -> float | None:
    """Return the seconds of `Retry-After`, which is a number of seconds or a date; None where it is neither."""
    if text.isascii() and text.isdigit():
        return min(float(text[:MAX_DIGITS]), 1e9)
    try:
        until = parsedate_to_datetime(text)
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def error_of(answer: HttpAnswer) -> ApiError:
    """Return the error to raise for an answer without success."""
    if answer.status is None:
        return ApiError(f"no answer: {answer.fault}", code="no_answer")
    body = json_of(answer)
    top = body if isinstance(body, dict) else {}
    stated = top.get("error")
    error = stated if isinstance(stated, dict) else {"message": stated}
    text = one_line(answer.body[:MAX_EXCERPT].decode(errors="replace"))
    return ApiError(
        _text(error.get("message"), MAX_EXCERPT) or answer.fault or text or "the answer is empty",
        status=answer.status,
        code=_text(error.get("code"), MAX_EXCERPT),
        details=error.get("details"),
        request_id=_text(top.get("requestId"), MAX_EXCERPT),
        retry_after=answer.retry_after,
    )


def _unreadable(answer: HttpAnswer, what: str) -> ApiError:
    stated = error_of(answer)
    message = f"the answer is {what}: {stated.message}"
    return ApiError(message, status=answer.status, code="unreadable_answer", request_id=stated.request_id)


def _read_object(answer: HttpAnswer) -> dict[str, Json]:
    """Return the JSON object of an answer with success. Raises ApiError for any other answer."""
    if answer.status is None or answer.status // 100 != 2:
        raise error_of(answer)
    value = json_of(answer)
    if not isinstance(value, dict):
        raise _unreadable(answer, "not a JSON object")
    return value


def read_receipt(answer: HttpAnswer, quoted: Quote) -> Receipt:
    """Return the receipt of a submission. Raises ApiError, or UnreadableCharge where at least the job is named."""
    raw = _read_object(answer)
    job_id, request_id, charged = raw.get("jobId"), _text(raw.get("requestId")), _whole(raw.get("costMicroCents"))
    if not is_job_id(job_id):
        raise _unreadable(answer, "a receipt without a jobId")
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
        raise _unreadable(answer, "a page without jobs")
    goes_on = has_more is not False and bool(has_more or cursor)
    return [_job_of(entry) for entry in listed], cursor if isinstance(cursor, str) else None, goes_on


def read_job(answer: HttpAnswer, job_id: str | None = None) -> Job:
    """Return the job that an answer describes. Raises ApiError, also for another job than `job_id`."""
    job = _job_of(_read_object(answer))
    if job is None:
        raise _unreadable(answer, "not a job with a jobId and a status")
    if job_id not in (None, job.job_id):
        raise _unreadable(answer, f"about another job than {job_id}")
    return job


def _job_of(raw: Json) -> Job | None:
    """Return the job that JSON data describes; None where it has no jobId or no status.

    `output` may be an object such as `{"imageUrl": …}`, as in webhooks, and `error` may be text.
    """
    if not (isinstance(raw, dict) and is_job_id(raw.get("jobId")) and _text(raw.get("status"))):
        return None
    output, listed, error = raw.get("output"), raw.get("outputs"), raw.get("error")
    if isinstance(output, dict):
        listed = listed or [{"url": output.get(f"{kind}Url"), "type": kind} for kind in OUTPUT_TYPES]
    entries = listed if isinstance(listed, list) else []
    outputs = [entry for entry in entries if isinstance(entry, dict) and _text(entry.get("url"))]
    if isinstance(output, dict):
        output = next((entry["url"] for entry in outputs), None)
    failure = error if isinstance(error, dict) else {"message": error} if _text(error) else None
    job: Job = _converter().structure({**raw, "output": output, "outputs": outputs, "error": failure, "raw": raw}, Job)
    return job


@cache
def _converter() -> Converter:
    """Return the reader of jobs. cattrs is imported only when the first one is read."""
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn, override

    def by_wire_names(kind: type[Any]) -> Any:
        names: dict[str, Any] = {name: override(rename=_wire_name(name)) for name in fields_dict(kind)}
        return make_dict_structure_fn(kind, converter, **names)

    converter = Converter(detailed_validation=False)
    converter.register_structure_hook_factory(has, by_wire_names)
    converter.register_structure_hook(str, lambda value, _: one_line(value))
    converter.register_structure_hook(str | None, lambda value, _: _text(value))
    converter.register_structure_hook(int | None, lambda value, _: _whole(value))
    converter.register_structure_hook(datetime | None, lambda value, _: _instant(value))
    return converter


def _wire_name(name: str) -> str:
    """Return the API's name of an attribute: `createdAt` of `created_at`."""
    first, *others = name.replace("_micros", "_micro_cents").split("_")
    return first + "".join(map(str.capitalize, others))


def _text(value: Json, most: int | None = None) -> str | None:
    return one_line(value[:most]) if isinstance(value, str) and value.strip() else None


def _whole(value: Json) -> int | None:
    """Return a whole number that is not negative, also one that is written as a float: 630000.0 is exactly 630000."""
    is_whole = type(value) in (int, Decimal) and value >= 0 and value == int(value)
    return int(value) if is_whole else None


def _instant(value: Json) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo else None
