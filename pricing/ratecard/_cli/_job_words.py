"""Receipts, jobs and what went wrong with them: as JSON data, and as lines for people.

Money is whole millionths of a dollar and text, never a float. Nothing here knows the key.
"""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from ratecard import Quote
from ratecard._api import BASE_URL
from ratecard._cli._answers import Exit
from ratecard._cli._output import Line, Table
from ratecard._money import usd_shown, usd_text
from ratecard.submit import (
    ApiError,
    ConcurrentJobsExceeded,
    ConnectionFailed,
    InsufficientBalance,
    InvalidInput,
    JobCannotBeCancelled,
    JobEnded,
    JobNotFound,
    ModelAccessDenied,
    ModelNotFound,
    ModelVersionNotUsable,
    NotAllowed,
    ServerError,
    SubmissionUncertain,
    TooManyRequests,
    Unauthorized,
    UnreadableAnswer,
    UnreadableCharge,
    UserBlocked,
    WaitTimeout,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ratecard.submit import Cancellation, Job, Plan, Receipt

NEXT_STEP: dict[type[ApiError], str] = {
    Unauthorized: "check the key in PIXELBYTE_API_KEY",
    NotAllowed: "the key needs the scope for this (submit_job, check_status), and an address that it may be used from",
    UserBlocked: "ask the provider about this account",
    ModelAccessDenied: "ask the provider to open this model to the account",
    ModelNotFound: "the API does not know this model, whatever its documentation says",
    ModelVersionNotUsable: "leave the version out for the latest stable one",
    InsufficientBalance: "add to the balance, or look for cheaper options with `ratecard sheet`",
    InvalidInput: "the API asks for more than is documented: mend what it names",
    JobNotFound: "`ratecard jobs` lists the jobs of this key",
    JobCannotBeCancelled: "only a pending job can be cancelled",
    ConcurrentJobsExceeded: "wait until a job has ended; `ratecard jobs --status processing` lists those that run",
    TooManyRequests: "try again later",
    ServerError: "the API has a fault; try again later",
    ConnectionFailed: "check the network and --base-url",
    UnreadableAnswer: "check --base-url: this may not be the API, or it is no longer as documented",
    WaitTimeout: "the job goes on",
    JobEnded: "the API refunds jobs that failed or were cancelled",
}
"""What to do about each error; the most special class counts."""

_EXITS: dict[type[ApiError], Exit] = {
    SubmissionUncertain: Exit.UNCERTAIN,
    JobEnded: Exit.NO_RESULT,
    WaitTimeout: Exit.GOES_ON,
    ApiError: Exit.REFUSED,
}
_LONGEST_DETAILS = 400


@frozen(kw_only=True)
class Failure:
    """What went wrong: its `exit` code, its `code` in words, a `message`, what to do (`hints`), and more `data`."""

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
    """Return what went wrong, and what to do about it: what is known of this kind of error, then further hints."""
    details = plain_json(error.details)
    shown = [] if details is None else [f"details: {json.dumps(details)[:_LONGEST_DETAILS]}"]
    known = [text for kind in type(error).__mro__ if (text := NEXT_STEP.get(kind))][:1]
    said = {"status": error.status, "code": error.code, "details": details, "request_id": error.request_id}
    return Failure(
        exit=next(_EXITS[kind] for kind in type(error).__mro__ if kind in _EXITS),
        code=re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower(),
        message=str(error),
        hints=(*shown, *known, *hints),
        data={"api": said},
    )


def uncertain_failure(error: SubmissionUncertain, base_url: str) -> Failure:
    """Return that nobody knows whether a job was created: since when, and how to look for it."""
    model, micros = error.quote.model, error.quote.usd_micros
    window = f"it was sent between {error.started.isoformat()} and {error.ended.isoformat()}"
    look = f"do not just send it again; look for it first: {follow_up(base_url, 'jobs', '--model', model)}"
    attempt = {
        "model": model,
        **_money("quoted", micros),
        "started": error.started.isoformat(),
        "ended": error.ended.isoformat(),
        "cause": error.cause,
        "digest": error.digest,
    }
    failure = failure_of(error, window, look)
    message = f"a job of {model} may have been created and charged ({usd_shown(micros)}): {error.cause}"
    return evolve(failure, message=message, data={**failure.data, "attempt": attempt})


def follow_up(base_url: str, *words: str) -> str:
    """Return the command that goes on, ready for a shell; what came from outside is quoted.

    >>> follow_up(BASE_URL, "job", "job 1", "--wait")
    "ratecard job 'job 1' --wait"
    """
    where = () if base_url == BASE_URL else ("--base-url", base_url)
    return shlex.join(("ratecard", *words, *where))


def wait_for(base_url: str, job_id: str) -> str:
    """Return the command that waits for a job, whose name may look like an option."""
    if job_id.startswith("-"):
        return f"{follow_up(base_url, 'job', '--wait')} -- {shlex.quote(job_id)}"
    return follow_up(base_url, "job", job_id, "--wait")


@frozen(kw_only=True)
class Created:
    """A job that a submission created; `charged_micros` is None where the answer does not say it readably.

    `trouble` says in what the charge is not the quote, or not to be read.
    """

    job_id: str
    request_id: str | None
    status: str
    quoted: Quote
    estimated_completion: datetime | None = None
    charged_micros: int | None = None
    trouble: str | None = None

    @staticmethod
    def of(receipt: Receipt) -> Created:
        """Return what a receipt says."""
        return Created(
            job_id=receipt.job_id,
            request_id=receipt.request_id,
            status=receipt.status,
            quoted=receipt.quoted,
            estimated_completion=receipt.estimated_completion,
            charged_micros=receipt.charged_micros,
            trouble=receipt.drift_text if receipt.drift_micros else None,
        )

    @staticmethod
    def without_charge(error: UnreadableCharge) -> Created:
        """Return what is known of a job whose charge cannot be read."""
        return Created(
            job_id=error.job_id,
            request_id=error.request_id,
            status="pending",
            quoted=error.quoted,
            trouble=error.message,
        )

    @property
    def drift_micros(self) -> int | None:
        """What was charged above the quote."""
        return None if self.charged_micros is None else self.charged_micros - self.quoted.usd_micros

    def failure(self) -> Failure | None:
        """Return what is wrong with the charge, if anything."""
        if self.trouble is None:
            return None
        code = "unreadable_charge" if self.charged_micros is None else "price_drift"
        return Failure(exit=Exit.DRIFT, code=code, message=self.trouble)

    def lines(self) -> list[Line]:
        """Return the receipt for people, the name of the job first."""
        drift = "none" if self.drift_micros == 0 else _shown(self.drift_micros)
        parts = {
            "quoted": usd_shown(self.quoted.usd_micros),
            "charged": _shown(self.charged_micros),
            "drift": drift,
            "request": self.request_id,
            "expected": _iso(self.estimated_completion),
        }
        return [(f"{self.job_id}  {self.status}  {self.quoted.model}", "bold green"), *_parts(parts)]

    def to_dict(self) -> dict[str, Any]:
        """Return the receipt as plain JSON data."""
        return {
            "job_id": self.job_id,
            "request_id": self.request_id,
            "status": self.status,
            "estimated_completion": _iso(self.estimated_completion),
            **_money("charged", self.charged_micros),
            **_money("drift", self.drift_micros),
            "quoted": self.quoted.to_dict(),
        }


def plan_data(planned: Plan) -> dict[str, Any]:
    """Return what would be sent as plain JSON data; `body` is the exact text, UTF-8 on the wire."""
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
    error = None if job.error is None else {"code": job.error.code, "message": job.error.message}
    outputs = [
        {"url": one.url, "type": one.type, "thumbnail": one.thumbnail, "poster_image": one.poster_image}
        for one in job.outputs
    ]
    return {
        "job_id": job.job_id,
        "status": job.status,
        "progress": job.progress,
        "model": job.model,
        "output": job.output,
        "outputs": outputs,
        "error": error,
        "created_at": _iso(job.created_at),
        "completed_at": _iso(job.completed_at),
    }


def job_lines(job: Job) -> list[Line]:
    """Return a job for people."""
    styles = {"completed": "bold green", "failed": "red", "cancelled": "yellow"}
    first = "  ".join(part for part in (job.job_id, job.status, job.model) if part)
    addresses = ["  ".join(part for part in (one.url, one.type) if part) for one in job.outputs] or [job.output or ""]
    why = None if job.error is None else ": ".join(part for part in (job.error.code, job.error.message) if part)
    times = {"created": _iso(job.created_at), "ended": _iso(job.completed_at)}
    progress = None if job.progress is None else f"{job.progress} %"
    lines = [*_parts({"progress": progress}), *(line for one in addresses for line in _parts({"output": one}))]
    return [(first, styles.get(job.status, "bold")), *lines, *_parts({"error": why, **times})]


def jobs_table(jobs: Sequence[Job]) -> Table:
    """Return the list of jobs for people."""
    rows = tuple(
        (job.job_id, job.status, "" if job.progress is None else f"{job.progress} %", job.model or "", *_times(job))
        for job in jobs
    )
    return Table(("job", "status", "progress", "model", "created", "ended"), rows, spare=("ended", "progress"))


def _times(job: Job) -> tuple[str, str]:
    return _iso(job.created_at) or "", _iso(job.completed_at) or ""


def cancellation_data(cancelled: Cancellation) -> dict[str, Any]:
    """Return the answer to a cancellation as plain JSON data."""
    return {
        "job_id": cancelled.job_id,
        "status": cancelled.status,
        **_money("refunded", cancelled.refunded_micros),
    }


def cancellation_lines(cancelled: Cancellation) -> list[Line]:
    """Return the answer to a cancellation for people."""
    refunded = _shown(cancelled.refunded_micros)
    return [(f"{cancelled.job_id}  {cancelled.status}", "bold green"), *_parts({"refunded": refunded})]


def plain_json(value: Any) -> Any:
    """Return JSON data of an answer, in which numbers may be Decimals, as data that can be written: those as text."""
    match value:
        case dict():
            return {key: plain_json(item) for key, item in value.items()}
        case list():
            return [plain_json(item) for item in value]
        case None | bool() | int() | str():
            return value
    return str(value) if isinstance(value, Decimal) else str(value.value)


def _money(name: str, micros: int | None) -> dict[str, Any]:
    return {f"{name}_micros": micros, f"{name}_usd": None if micros is None else usd_text(micros)}


def _shown(micros: int | None) -> str:
    return "not said" if micros is None else usd_shown(micros)


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _parts(parts: dict[str, str | None]) -> list[Line]:
    return [(f"  {name:9} {text}", "") for name, text in parts.items() if text]
