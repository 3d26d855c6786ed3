"""Classifies answers and reads them.

Rule 1  Required parts (the job's ID, its status, the charge) are read exactly or not at all. Anything else is None
        where it is missing or of another type; `raw` has everything.
Rule 2  An amount is a whole number of millionths of a dollar, taken from the text of the answer: no float takes part.
Rule 3  "Nothing was created" is believed only of a documented refusal. Any other answer may hide a job.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from functools import cache, partial
from operator import eq
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import fields_dict

from ratecard._api import OUTPUT_TYPES, STATUS_OF_CODE
from ratecard.submit._errors import ApiError, InsufficientBalance, UnreadableCharge
from ratecard.submit._http import HttpAnswer, Json, excerpt, is_job_id
from ratecard.submit._jobs import Cancellation, Job, JobFailure, Output, Receipt
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from cattrs import Converter

    from ratecard import Quote

T = TypeVar("T", Job, Cancellation)

MAX_DIGITS = 40
"""A longer number is not read."""


def read_json(body: bytes) -> Json:
    """Return the JSON value of a body. Raises ValueError.

    Numbers with a point or an exponent are Decimals. Numbers that are too long stay text, so that they do not hide the
    rest. A repeated key has no value: nobody can say which of the two is meant.

    >>> read_json(b'{"costMicroCents": 6.3e5, "jobId": "a", "jobId": "b"}')
    {'costMicroCents': Decimal('6.3E+5'), 'jobId': None}
    """
    try:
        text = body.decode("utf-8-sig")
        return json.loads(text, parse_int=_integer, parse_float=_decimal, parse_constant=str, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= MAX_DIGITS else text


def _decimal(text: str) -> Decimal | str:
    try:
        number = Decimal(text, Context(traps=[InvalidOperation]))  # or the caller's context would decide
    except InvalidOperation:
        return text
    return number if len(text) <= 2 * MAX_DIGITS and abs(number.adjusted()) < MAX_DIGITS else text


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    entries: dict[str, Json] = {}
    for key, value in pairs:
        entries[key] = None if key in entries else value
    return entries


def _json_or_none(answer: HttpAnswer) -> Json:
    try:
        return read_json(answer.body)
    except ValueError:
        return None


def created_nothing(answer: HttpAnswer) -> bool:
    """Return whether it is certain that a submission created nothing: it never left, or was refused as documented.

    >>> created_nothing(HttpAnswer(402, body=b'{"error": {"code": "INSUFFICIENT_BALANCE"}}'))
    True
    >>> created_nothing(HttpAnswer(402))
    False
    """
    if answer.status is None:
        return not answer.has_left
    is_refusal = answer.status // 100 == 4 and STATUS_OF_CODE.get(error_of(answer).code or "") == answer.status  # noqa: PLR2004
    return is_refusal and named_job(answer) is None


def named_job(answer: HttpAnswer) -> str | None:
    """Return the ID of a job that an answer names, wherever it stands."""
    pending = [_json_or_none(answer)]
    while pending:
        node = pending.pop()
        if isinstance(node, dict) and is_job_id(node.get("jobId")):
            return str(node["jobId"])
        pending += [*node.values()] if isinstance(node, dict) else node if isinstance(node, list) else []
    return None


def retry_after_of(answer: HttpAnswer, now: datetime) -> float | None:
    """Return the seconds of `Retry-After`, which is a number of seconds or a date; None where there is neither."""
    text = answer.header("Retry-After").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:MAX_DIGITS]), 1e9)
    try:
        until = parsedate_to_datetime(text)
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def error_of(answer: HttpAnswer, now: datetime | None = None) -> ApiError:
    """Return the error to raise for an answer without success."""
    if answer.status is None:
        return ApiError(f"no answer: {answer.fault}", code="no_answer")
    body = _json_or_none(answer)
    top = body if isinstance(body, dict) else {}
    stated = top.get("error")
    error = stated if isinstance(stated, dict) else {"message": stated}
    code = _short(error.get("code"))
    kind = InsufficientBalance if code == "INSUFFICIENT_BALANCE" else ApiError
    text = excerpt(answer.body[:1_000].decode(errors="replace"))
    return kind(
        _short(error.get("message")) or answer.fault or text or "the answer is empty",
        status=answer.status,
        code=code,
        details=error.get("details"),
        request_id=_short(top.get("requestId")),
        retry_after=None if now is None else retry_after_of(answer, now),
    )


def accepted(answer: HttpAnswer, now: datetime) -> HttpAnswer:
    """Return an answer with success. Raises ApiError for any other."""
    if not answer.is_success:
        raise error_of(answer, now)
    return answer


def _unreadable(answer: HttpAnswer, what: str) -> ApiError:
    stated = error_of(answer)
    message = f"the answer is {what}: {stated.message}"
    return ApiError(message, status=answer.status, code="unreadable_answer", request_id=stated.request_id)


def _read_object(answer: HttpAnswer) -> dict[str, Json]:
    try:
        value = read_json(answer.body)
    except ValueError as error:
        raise _unreadable(answer, f"not JSON ({excerpt(str(error))})") from None
    if not isinstance(value, dict):
        raise _unreadable(answer, "not a JSON object")
    return value


def read_job(answer: HttpAnswer, kind: type[T], job_id: str | None = None) -> T:
    """Return the job, or its cancellation, that an answer describes. Raises ApiError, also for another job.

    >>> read_job(HttpAnswer(200, body=b'{"jobId": "job_1", "status": "processing", "progress": 50}'), Job).status
    'processing'
    """
    raw = _read_object(answer)
    try:
        value = _structured(raw, kind)
    except (KeyError, ValueError):
        raise _unreadable(answer, "not a job with a jobId and a status") from None
    if job_id not in (None, value.job_id):
        raise _unreadable(answer, f"about another job than {job_id}")
    return value


def read_receipt(answer: HttpAnswer, quoted: Quote) -> Receipt:
    """Return the receipt of a submission. Raises ApiError, or UnreadableCharge where at least the job is named."""
    raw = _read_object(answer)
    job_id, request_id, charged = raw.get("jobId"), _short(raw.get("requestId")), _whole(raw.get("costMicroCents"))
    if not is_job_id(job_id):
        raise _unreadable(answer, "a receipt without a jobId")
    if charged is None:
        stated = excerpt(str(raw["costMicroCents"])) if "costMicroCents" in raw else "missing"
        message = f"job {job_id} was created, but its charge cannot be read; costMicroCents is {stated}"
        known = {"job_id": job_id, "quoted": quoted, "answer": answer}
        raise UnreadableCharge(message, status=answer.status, request_id=request_id, **known)
    return Receipt(
        job_id=job_id,
        request_id=request_id,
        status=_text(raw.get("status")) or "pending",
        estimated_completion=_instant(raw.get("estimatedCompletionTime")),
        quoted=quoted,
        charged_micros=charged,
    )


def read_page(answer: HttpAnswer) -> tuple[list[Job | ApiError], str | None]:
    """Return the entries of a page, and the cursor of the next one; what is wrong stands among the entries.

    Raises ApiError for an answer that is not a page.
    """
    raw = _read_object(answer)
    listed = raw.get("jobs")
    if not isinstance(listed, list):
        raise _unreadable(answer, "a page without jobs")
    entries = [_entry(item, number) for number, item in enumerate(listed, 1)]
    cursor, has_more = raw.get("nextCursor"), raw.get("hasMore")
    if isinstance(cursor, str) and cursor and has_more is not False:
        return entries, cursor
    if has_more is not False and (has_more or cursor not in (None, "")):
        entries.append(incomplete("the API says that it goes on, but gives no cursor"))
    return entries, None


def incomplete(message: str) -> ApiError:
    """Return the error for a list that cannot be read to its end."""
    return ApiError(f"the list of jobs is incomplete: {message}", code="list_incomplete")


def _entry(item: Json, number: int) -> Job | ApiError:
    try:
        return _structured(item if isinstance(item, dict) else {}, Job)
    except (KeyError, ValueError):
        return incomplete(f"entry {number} of a page is not a job with a jobId and a status")


def _structured(raw: dict[str, Json], kind: type[T]) -> T:
    if not is_job_id(raw.get("jobId")):
        raise ValueError("the ID of the job is missing")
    value: T = _converter().structure({**raw, **_outputs_of_webhook(raw), "raw": raw}, kind)
    return value


@cache
def _converter() -> Converter:
    """Return the reader of jobs. cattrs is imported only when the first one is read."""
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn, override

    converter = Converter(detailed_validation=False)

    def failure(value: Json) -> JobFailure | None:
        if isinstance(value, dict):
            return converter.structure(value, JobFailure)
        return None if _text(value) is None else JobFailure(None, _text(value))

    def outputs(value: Json) -> tuple[Output, ...]:
        items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
        return tuple(converter.structure(item, Output) for item in items if _text(item.get("url")))

    readers: dict[Any, Callable[[Json], Any]] = {
        dict[str, Any]: dict,
        str | None: _text,
        int | None: _whole,
        datetime | None: _instant,
        JobFailure | None: failure,
        tuple[Output, ...]: outputs,
    }
    converter.register_structure_hook(str, _hook(_required_text))
    for shape, read in readers.items():
        converter.register_structure_hook_func(partial(eq, shape), _hook(read))
    kinds: tuple[type[Any], ...] = (Output, JobFailure, Job, Cancellation)
    for kind in kinds:
        names: dict[str, Any] = {name: override(rename=_wire_name(name)) for name in fields_dict(kind)}
        converter.register_structure_hook(kind, make_dict_structure_fn(kind, converter, **names))
    return converter


def _hook(read: Callable[[Json], Any]) -> Callable[[Json, Any], Any]:
    return lambda value, _: read(value)


def _wire_name(name: str) -> str:
    """Return the API's name of an attribute.

    >>> _wire_name("created_at"), _wire_name("refunded_micros")
    ('createdAt', 'refundedMicroCents')
    """
    first, *others = name.replace("_micros", "_micro_cents").split("_")
    return first + "".join(map(str.capitalize, others))


def _required_text(value: Json) -> str:
    text = _text(value)
    if text is None:
        raise ValueError("required text is missing")
    return text


def _text(value: Json) -> str | None:
    return one_line(value) if isinstance(value, str) and value.strip() else None


def _short(value: Json) -> str | None:
    return excerpt(value) if isinstance(value, str) and value.strip() else None


def _whole(value: Json) -> int | None:
    """Return a whole number that is not negative, also one that is written as a float: 630000.0 is exactly 630000."""
    if type(value) not in (int, Decimal) or value < 0:
        return None
    number, divisor = value.as_integer_ratio()
    return number if divisor == 1 else None


def _instant(value: Json) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if instant is None or instant.utcoffset() is None else instant


def _outputs_of_webhook(raw: dict[str, Json]) -> dict[str, Json]:
    """Return `output` and `outputs` of a webhook, whose `output` is an object such as `{"imageUrl": …}`."""
    stated = raw.get("output")
    if not isinstance(stated, dict):
        return {}
    urls = [(kind, _text(stated.get(f"{kind}Url"))) for kind in OUTPUT_TYPES]
    outputs = raw.get("outputs") or [{"url": url, "type": kind} for kind, url in urls if url]
    return {"output": next((url for _, url in urls if url), None), "outputs": outputs}
