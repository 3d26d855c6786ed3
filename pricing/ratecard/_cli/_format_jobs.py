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

from ratecard._api import BASE_URL, STATUS_OF_CODE
from ratecard._cli._answers import Exit
from ratecard._cli._output import Line, Table
from ratecard._money import usd_shown, usd_text
from ratecard.submit import (
    ApiError,
    Attempt,
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

HINTS: dict[str | int | None, str] = {
    401: "check the key in PIXELBYTE_API_KEY",
    402: "top up the balance, or look for cheaper options with `ratecard sheet`",
    403: "check the scopes of the key (submit_job, check_status), where it may be used, and the account",
    429: "wait until a job has ended; `ratecard jobs --status processing` lists them",
    "model_access_denied": "ask the provider for access to this model",
    "model_not_found": "the API does not know this model, although it is documented",
    "model_version_not_found": "leave out the version to use the latest one",
    "model_version_not_active": "leave out the version to use the latest one",
    "job_not_found": "`ratecard jobs` lists the jobs of this key",
    "job_cannot_be_cancelled": "only pending jobs can be cancelled",
    "no_answer": "check the network and --base-url",
    "unreadable_answer": "check --base-url: this may not be the API, or it has changed",
    "list_incomplete": "check --base-url: this may not be the API, or it has changed",
    "wait_timeout": "the job is still running",
    "job_failed": "the API refunds jobs that failed or were cancelled",
    "job_cancelled": "the API refunds jobs that failed or were cancelled",
}
"""What to do about an error, by its code or else by its status; of others the message says it."""

_KNOWN_CODES = {*map(str.lower, STATUS_OF_CODE), "no_answer", "unreadable_answer", "list_incomplete"}
_MAX_DETAILS = 400


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
    hint = HINTS.get(code) or HINTS.get(error.status)
    api = {"status": error.status, "code": error.code, "details": details, "request_id": error.request_id}
    all_hints = (*shown, *filter(None, [hint]), *hints)
    return Failure(exit=exit_code, code=code, message=str(error), hints=all_hints, data={"api": api})


def _codes_of(error: ApiError) -> tuple[Exit, str]:
    match error:
        case SubmissionUncertain():
            return Exit.UNCERTAIN, "submission_uncertain"
        case WaitTimeout():
            return Exit.GOES_ON, "wait_timeout"
        case JobEnded():
            return Exit.NO_RESULT, f"job_{error.job.status}"
    code = (error.code or "").lower()
    return Exit.REFUSED, code if code in _KNOWN_CODES else "api_error"


def uncertain_failure(attempt: Attempt, base_url: str, error: SubmissionUncertain | None = None) -> Failure:
    """Return that a job may have been created: since when, and how to look for it; without an error, interrupted."""
    model, price = attempt.quote.model, usd_shown(attempt.quote.usd_micros)
    look = command_line(base_url, "jobs", "--model", model)
    started, ended = _iso(attempt.started), _iso(attempt.ended)
    window = f"sent between {started} and {ended}" if ended else f"sent after {started}"
    cause = attempt.cause if error else "interrupted"
    data = {"model": model, **_money("quoted", attempt.quote.usd_micros), "started": started, "ended": ended}
    api = failure_of(error).data if error else {}
    return Failure(
        exit=Exit.UNCERTAIN,
        code="submission_uncertain",
        message=f"a job of {model} may have been created and charged ({price}): {cause}",
        hints=(window, f"do not just send it again; look for it first: {look}"),
        data={**api, "attempt": {**data, "cause": cause, "digest": attempt.digest}},
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
    return {
        "method": "POST",
        "url": planned.url,
        "headers": planned.headers,
        "body": planned.body.decode(),
        "digest": planned.digest,
    }


def job_data(job: Job) -> dict[str, Any]:
    """Return a job as plain JSON data."""
    return asdict(
        job,
        filter=lambda attribute, _: attribute.name not in ("raw", "request_id", "refunded_micros"),
        value_serializer=lambda _, __, part: part.isoformat() if isinstance(part, datetime) else part,
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


def cancellation_data(cancelled: Job) -> dict[str, Any]:
    """Return the answer to a cancellation as plain JSON data."""
    return {"job_id": cancelled.job_id, "status": cancelled.status, **_money("refunded", cancelled.refunded_micros)}


def cancellation_lines(cancelled: Job) -> list[Line]:
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
