"""Receipts, jobs and failures as JSON data, and as lines for people.

Money is whole millionths of a dollar and text, never a float. Nothing here knows the key.
"""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import asdict, field, frozen

from ratecard._api import BASE_URL
from ratecard._cli._answers import Exit
from ratecard._cli._output import Line, Table
from ratecard._money import usd_shown, usd_text
from ratecard.submit import (
    ApiError,
    Attempt,
    Cancellation,
    Job,
    JobEnded,
    Receipt,
    SubmissionUncertain,
    UnreadableCharge,
    WaitTimeout,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ratecard.submit import Plan

_CODES_OF_HINT = {
    "check the key in PIXELBYTE_API_KEY": ("unauthorized", "invalid_api_key", "api_key_inactive", "api_key_expired"),
    "check the scopes of the key (submit_job, check_status), and where it may be used": (
        "ip_not_whitelisted",
        "operation_not_allowed",
        "unauthorized_access",
    ),
    "ask the provider about this account": ("user_not_found", "user_banned", "user_inactive"),
    "ask the provider for access to this model": ("model_access_denied",),
    "the API does not know this model, although it is documented": ("model_not_found", "invalid_model_slug"),
    "leave out the version to use the latest one": ("model_version_not_found", "model_version_not_active"),
    "top up the balance, or look for cheaper options with `ratecard sheet`": ("insufficient_balance",),
    "the API requires more than is documented: correct what it names": ("invalid_input", "invalid_webhook_url"),
    "`ratecard jobs` lists the jobs of this key": ("job_not_found",),
    "only pending jobs can be cancelled": ("job_cannot_be_cancelled",),
    "wait until a job has ended; `ratecard jobs --status processing` lists them": ("concurrent_jobs_exceeded",),
    "the API has a fault; try again later": ("internal_error", "pubsub_publish_failed"),
    "check the network and --base-url": ("no_answer",),
    "check --base-url: this may not be the API, or it has changed": ("unreadable_answer", "list_incomplete"),
    "the job is still running": ("wait_timeout",),
    "the API refunds jobs that failed or were cancelled": ("job_failed", "job_cancelled"),
}
HINTS = {code: hint for hint, codes in _CODES_OF_HINT.items() for code in codes}
"""What to do about each error, by its code."""

_CODE_OF_STATUS: dict[int | None, str] = {401: "unauthorized", 403: "operation_not_allowed"}
_MAX_DETAILS = 400
_SERVER_ERRORS = range(500, 600)


@frozen(kw_only=True)
class Failure:
    """What went wrong.

    Attributes:
        exit: The exit code.
        code: The same in a word.
        message: For people.
        hints: What to do.
        data: More for programs.
    """

    exit: Exit
    code: str
    message: str
    hints: tuple[str, ...] = ()
    data: dict[str, Any] = field(factory=dict)

    def lines(self) -> list[Line]:
        """Return it for people."""
        return [(f"error    {self.code}  {self.message}", "red"), *((f"  {hint}", "yellow") for hint in self.hints)]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {"code": self.code, "message": self.message, **self.data}


def failure_of(error: ApiError, *hints: str) -> Failure:
    """Return what went wrong and what to do about it, followed by further hints."""
    exit_code, code = _codes_of(error)
    details = plain_json(error.details)
    shown = [] if details is None else [f"details: {json.dumps(details)[:_MAX_DETAILS]}"]
    known = [HINTS[code]] if code in HINTS else []
    api = {"status": error.status, "code": error.code, "details": details, "request_id": error.request_id}
    return Failure(exit=exit_code, code=code, message=str(error), hints=(*shown, *known, *hints), data={"api": api})


def _codes_of(error: ApiError) -> tuple[Exit, str]:
    match error:
        case SubmissionUncertain():
            return Exit.UNCERTAIN, "submission_uncertain"
        case WaitTimeout():
            return Exit.GOES_ON, "wait_timeout"
        case JobEnded():
            return Exit.NO_RESULT, f"job_{error.job.status}"
    code = (error.code or "").lower()
    if code not in HINTS:
        code = "internal_error" if error.status in _SERVER_ERRORS else _CODE_OF_STATUS.get(error.status, "api_error")
    return Exit.REFUSED, code


def uncertain_failure(attempt: Attempt, base_url: str, error: SubmissionUncertain | None = None) -> Failure:
    """Return that a job may have been created: since when, and how to look for it; without an error, interrupted."""
    model, price = attempt.quote.model, usd_shown(attempt.quote.usd_micros)
    ended = "" if attempt.ended is None else f" and {attempt.ended.isoformat()}"
    window = f"sent {'between' if ended else 'after'} {attempt.started.isoformat()}{ended}"
    look = f"do not just send it again; look for it first: {command_line(base_url, 'jobs', '--model', model)}"
    cause = "interrupted" if error is None else attempt.cause
    data = {
        "model": model,
        **_money("quoted", attempt.quote.usd_micros),
        "started": _iso(attempt.started),
        "ended": _iso(attempt.ended),
        "cause": cause,
        "digest": attempt.digest,
    }
    return Failure(
        exit=Exit.UNCERTAIN,
        code="submission_uncertain",
        message=f"a job of {model} may have been created and charged ({price}): {cause}",
        hints=(*(failure_of(error).hints if error else ()), window, look),
        data={**(failure_of(error).data if error else {}), "attempt": data},
    )


def command_line(base_url: str, *words: str) -> str:
    """Return a command ready for a shell; what came from outside is quoted.

    >>> command_line(BASE_URL, "job", "job 1", "--wait")
    "ratecard job 'job 1' --wait"
    """
    where = () if base_url == BASE_URL else ("--base-url", base_url)
    return shlex.join(("ratecard", *words, *where))


def wait_command(base_url: str, job_id: str) -> str:
    """Return the command that waits for a job, whose ID may look like an option."""
    if job_id.startswith("-"):
        return f"{command_line(base_url, 'job', '--wait')} -- {shlex.quote(job_id)}"
    return command_line(base_url, "job", job_id, "--wait")


def receipt_data(created: Receipt | UnreadableCharge) -> dict[str, Any]:
    """Return a receipt as plain JSON data; what its answer does not say readably is None."""
    receipt = created if isinstance(created, Receipt) else None
    return {
        "job_id": created.job_id,
        "request_id": created.request_id,
        "status": receipt.status if receipt else "pending",
        "estimated_completion": _iso(receipt.estimated_completion) if receipt else None,
        **_money("charged", receipt.charged_micros if receipt else None),
        **_money("drift", receipt.drift_micros if receipt else None),
        "quoted": created.quoted.to_dict(),
    }


def receipt_lines(created: Receipt | UnreadableCharge) -> list[Line]:
    """Return a receipt for people, the name of the job first."""
    data = receipt_data(created)
    drift = data["drift_micros"]
    return [
        (f"{created.job_id}  {data['status']}  {created.quoted.model}", "bold green"),
        *_labelled(
            quoted=usd_shown(created.quoted.usd_micros),
            charged=_amount(data["charged_micros"]),
            drift="none" if drift == 0 else _amount(drift),
            request=created.request_id,
            expected=data["estimated_completion"],
        ),
    ]


def charge_failure(created: Receipt | UnreadableCharge) -> Failure | None:
    """Return what is wrong with a charge, if anything."""
    if isinstance(created, UnreadableCharge):
        return Failure(exit=Exit.DRIFT, code="unreadable_charge", message=created.message)
    if created.drift_micros == 0:
        return None
    return Failure(exit=Exit.DRIFT, code="price_drift", message=created.drift_text)


def plan_data(planned: Plan) -> dict[str, Any]:
    """Return what would be sent as plain JSON data; `body` is the exact text, in UTF-8 when it is sent."""
    request = planned.http_request
    return {
        "method": request.method,
        "url": request.url,
        "headers": {"Authorization": "Bearer ***", **request.headers},
        "body": planned.body.decode(),
        "digest": planned.digest,
    }


def job_data(job: Job) -> dict[str, Any]:
    """Return a job as plain JSON data."""
    return asdict(
        job,
        filter=lambda attribute, _: attribute.name not in ("raw", "request_id"),
        value_serializer=lambda _, __, value: value.isoformat() if isinstance(value, datetime) else value,
    )


def job_lines(job: Job) -> list[Line]:
    """Return a job for people."""
    styles = {"completed": "bold green", "failed": "red", "cancelled": "yellow"}
    first = "  ".join(part for part in (job.job_id, job.status, job.model) if part)
    outputs = ["  ".join(filter(None, (output.url, output.type))) for output in job.outputs]
    error = ": ".join(filter(None, (job.error.code, job.error.message))) if job.error else None
    return [
        (first, styles.get(job.status, "bold")),
        *_labelled(progress=_percent(job)),
        *(line for output in outputs or (job.output,) for line in _labelled(output=output)),
        *_labelled(error=error, created=_iso(job.created_at), ended=_iso(job.completed_at)),
    ]


def progress_line(job: Job) -> str:
    """Return where a job is, in one line."""
    return ", ".join(filter(None, (f"{job.job_id} is {job.status}", _percent(job))))


def jobs_table(jobs: Sequence[Job]) -> Table:
    """Return the list of jobs for people."""
    rows = tuple(
        (
            job.job_id,
            job.status,
            _percent(job),
            job.model or "",
            _iso(job.created_at) or "",
            _iso(job.completed_at) or "",
        )
        for job in jobs
    )
    return Table(("job", "status", "progress", "model", "created", "ended"), rows, spare=("ended", "progress"))


def cancellation_data(cancelled: Cancellation) -> dict[str, Any]:
    """Return the answer to a cancellation as plain JSON data."""
    refund = _money("refunded", cancelled.refunded_micros)
    return {"job_id": cancelled.job_id, "status": cancelled.status, **refund}


def cancellation_lines(cancelled: Cancellation) -> list[Line]:
    """Return the answer to a cancellation for people."""
    first = (f"{cancelled.job_id}  {cancelled.status}", "bold green")
    return [first, *_labelled(refunded=_amount(cancelled.refunded_micros))]


def plain_json(value: Any) -> Any:
    """Return the JSON data of an answer, in which numbers may be Decimals, with these as text."""
    match value:
        case dict():
            return {key: plain_json(item) for key, item in value.items()}
        case list():
            return [plain_json(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value


def _money(name: str, micros: int | None) -> dict[str, Any]:
    return {f"{name}_micros": micros, f"{name}_usd": None if micros is None else usd_text(micros)}


def _amount(micros: int | None) -> str:
    return "unknown" if micros is None else usd_shown(micros)


def _percent(job: Job) -> str:
    return "" if job.progress is None else f"{job.progress} %"


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _labelled(**parts: str | None) -> list[Line]:
    return [(f"  {name:9} {text}", "") for name, text in parts.items() if text]
