"""Receipts, jobs and failures as JSON data, and as lines for people.

Money is whole millionths of a dollar and text, never a float. Nothing here knows the key.
"""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import asdict, define, field
from attrs.filters import exclude

from ratecard._api import BASE_URL, STATUS_OF_CODE
from ratecard._cli._answers import price_lines
from ratecard._cli._output import Exit, Line, Note, Table
from ratecard._json import json_text
from ratecard._money import usd_shown
from ratecard._receipts import attempt_data, receipt_data
from ratecard.submit import ApiError, JobEnded, UnreadableCharge, WaitTimeout
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ratecard.submit import Attempt, Job, Plan, Receipt, SubmissionUncertain

    Section: TypeAlias = tuple[dict[str, Any], Iterable[Line | Note | Table]]
    """A section of an answer: keys and values of the JSON document, and the same for people."""

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
_JOB = exclude("raw", "request_id", "refunded_micros")
_STYLES = {"completed": "bold green", "failed": "red", "cancelled": "yellow"}


@define
class Failure(Exception):
    """What went wrong; raised to end a command.

    Attributes:
        code: What it is, in a word.
        message: What it is, in a sentence.
        hints: What to do.
        exit: The exit code.
        data: More for programs.
        notes: What people are shown instead, if it is longer.
    """

    code: str
    message: str
    hints: tuple[str, ...] = ()
    exit: Exit = field(default=Exit.FAILURE, kw_only=True)
    data: dict[str, Any] = field(factory=dict, kw_only=True)
    notes: Iterable[Line | Note] = field(default=(), kw_only=True)


def failure_of(error: ApiError, *hints: str) -> Failure:
    """Return what went wrong and what to do about it, followed by further hints."""
    match error:
        case WaitTimeout():
            code, exit_code = "wait_timeout", Exit.GOES_ON
        case JobEnded(job=job):
            code, exit_code = f"job_{job.status}", Exit.NO_RESULT
        case _:
            code, exit_code = (error.code or "").lower(), Exit.REFUSED
            code = code if code in _KNOWN_CODES else "api_error"
    details = [] if error.details is None else [f"details: {json_text(error.details)[:_MAX_DETAILS]}"]
    hint = filter(None, [HINTS.get(code) or HINTS.get(error.status)])
    api = {name: getattr(error, name) for name in ("status", "code", "details", "request_id")}
    message = error.message if code == "no_answer" else str(error)  # which would repeat the code
    return Failure(code, message, (*details, *hint, *hints), exit=exit_code, data={"api": api})


def uncertain_failure(attempt: Attempt, base_url: str, error: SubmissionUncertain | None = None) -> Failure:
    """Return that a job may have been created, and how to look for it; without an error, it was interrupted."""
    if error is None:
        attempt.cause = "interrupted"
    look = command_line(base_url, "jobs", "--model", attempt.plan.quote.model)
    settle = () if attempt.hold_key is None else (f"its price stays held as {attempt.hold_key}: settle or release it",)
    hints = (f"do not just send it again; look for it first: {look}", *settle)
    data = {**(failure_of(error).data if error else {}), "attempt": attempt_data(attempt)}
    return Failure("submission_uncertain", str(attempt), hints, exit=Exit.UNCERTAIN, data=data)


def drift_failure(created: Receipt | UnreadableCharge) -> Failure | None:
    """Return that the charge of a job is not the quote, or is not known; None if it is the quote."""
    if isinstance(created, UnreadableCharge):
        return Failure("unreadable_charge", created.message, exit=Exit.DRIFT)
    return Failure("price_drift", created.drift_text, exit=Exit.DRIFT) if created.drift_micros else None


def command_line(base_url: str, *words: str, job_id: str | None = None) -> str:
    """Return a command ready for a shell; what came from outside is quoted, and no job is taken for an option.

    >>> command_line(BASE_URL, "job", "--wait", job_id="job 1"), command_line(BASE_URL, "job", job_id="-1")
    ("ratecard job --wait 'job 1'", 'ratecard job -- -1')
    """
    command, *options = words
    where = () if base_url == BASE_URL else ("--base-url", base_url)
    argument = () if job_id is None else ("--", job_id) if job_id.startswith("-") else (job_id,)
    return shlex.join(("ratecard", command, *where, *options, *argument))


def plan_section(planned: Plan) -> Section:
    """Return what would be sent, and what it would cost."""
    body, quote = planned.body.decode(), planned.quote
    request = {name: getattr(planned, name) for name in ("url", "headers", "digest")}
    lines = [*((line, "") for line in str(planned).split("\n")), ("", ""), *price_lines(quote)]
    if one_line(body) != body:
        lines.append(("some characters of the body are escaped here; --json has the exact body", "yellow"))
    return {"dry_run": True, "request": {"method": "POST", **request, "body": body}, "quote": quote.to_dict()}, lines


def receipt_section(created: Receipt | UnreadableCharge) -> Section:
    """Return a job that was created, and its price."""
    data = receipt_data(created)
    return {"receipt": data}, described({**data, "model": created.quoted.model})


def job_section(job: Job) -> Section:
    """Return a job."""
    data = job_data(job)
    return {"job": data}, described(data)


def job_data(job: Job) -> dict[str, Any]:
    """Return a job as plain JSON data."""
    return asdict(job, recurse=False, filter=_JOB)


def described(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the data of a receipt, a job or a cancellation for people."""
    first = "  ".join(filter(None, (data["job_id"], data["status"], data.get("model"))))
    yield first, _STYLES.get(data["status"], "bold")
    for name, (label, text_of) in _SHOWN.items():
        value = data.get(name, ())
        for text in map(text_of, value if isinstance(value, tuple) else (value,)):
            if text:
                yield f"  {label:9} {text}", ""


def _text(value: datetime | str | int | None) -> str:
    """Return a value for people. The only numbers that are not amounts are percentages."""
    match value:
        case datetime():
            return value.isoformat()
        case int():
            return f"{value} %"
    return value or ""


def _amount(micros: int | None) -> str:
    return "unknown" if micros is None else usd_shown(micros)


_SHOWN: dict[str, tuple[str, Callable[[Any], str]]] = {
    "quoted": ("quoted", lambda quoted: usd_shown(quoted["usd_micros"])),
    "charged_micros": ("charged", _amount),
    "drift_micros": ("drift", lambda micros: "none" if micros == 0 else _amount(micros)),
    "refunded_micros": ("refunded", _amount),
    "request_id": ("request", _text),
    "estimated_completion": ("expected", _text),
    "progress": ("progress", _text),
    "outputs": ("output", _text),
    "error_code": ("error", _text),
    "error_message": ("because", _text),
    "created_at": ("created", _text),
    "completed_at": ("ended", _text),
}
"""What people are shown of a receipt, a job or a cancellation: the label, and how the value is written."""


def progress_line(job: Job) -> str:
    """Return where a job is, in one line."""
    return ", ".join(filter(None, (f"{job.job_id} is {job.status}", _text(job.progress))))


def jobs_table(jobs: Sequence[Mapping[str, Any]]) -> Table:
    """Return the data of several jobs for people."""
    names = ("job_id", "status", "progress", "model", "created_at", "completed_at")
    rows = [tuple(_text(job[name]) for name in names) for job in jobs]
    return Table(("job", "status", "progress", "model", "created", "ended"), rows, spare=("ended", "progress"))
