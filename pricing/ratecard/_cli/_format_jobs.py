"""Receipts, jobs and failures as JSON data, and as lines for people.

Money is whole millionths of a dollar and text, never a float. Nothing here knows the key.
"""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ratecard._api import BASE_URL, STATUS_OF_CODE
from ratecard._cli._output import Exit, Line, Note, Table
from ratecard._json import json_text
from ratecard._money import usd_shown
from ratecard._receipts import attempt_data
from ratecard.submit import ApiError, JobEnded, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ratecard.submit import Attempt, Job, SubmissionUncertain

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
_JOB = (
    *("job_id", "status", "progress", "model", "outputs", "error_code", "error_message"),
    *("created_at", "completed_at"),
)
_STYLES = {"completed": "bold green", "failed": "red", "cancelled": "yellow"}


@define
class Failure(Exception):
    """What went wrong; raised to end a command.

    Attributes:
        code: What it is, in a word.
        message: For people.
        hints: What to do.
        data: More for programs.
        exit: The exit code.
    """

    code: str
    message: str
    hints: tuple[str, ...] = ()
    data: dict[str, Any] = field(factory=dict)
    exit: Exit = field(default=Exit.FAILURE, kw_only=True)

    def lines(self) -> list[Line | Note]:
        """Return it for people."""
        return [Note("error    ", f"{self.code}  {self.message}", "red"), *((f"  {hint}", "") for hint in self.hints)]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {"code": self.code, "message": self.message, **self.data}


def failure_of(error: ApiError, *hints: str) -> Failure:
    """Return what went wrong and what to do about it, followed by further hints."""
    code, exit_code = _codes_of(error)
    shown = [] if error.details is None else [f"details: {json_text(error.details)[:_MAX_DETAILS]}"]
    hint = HINTS.get(code) or HINTS.get(error.status)
    api = {name: getattr(error, name) for name in ("status", "code", "details", "request_id")}
    return Failure(code, str(error), (*shown, *filter(None, [hint]), *hints), {"api": api}, exit=exit_code)


def _codes_of(error: ApiError) -> tuple[str, Exit]:
    match error:
        case WaitTimeout():
            return "wait_timeout", Exit.GOES_ON
        case JobEnded():
            return f"job_{error.job.status}", Exit.NO_RESULT
    code = (error.code or "").lower()
    return code if code in _KNOWN_CODES else "api_error", Exit.REFUSED


def uncertain_failure(attempt: Attempt, base_url: str, error: SubmissionUncertain | None = None) -> Failure:
    """Return that a job may have been created, and how to look for it; without an error, it was interrupted."""
    attempt.cause = attempt.cause if error else "interrupted"
    look = command_line(base_url, "jobs", "--model", attempt.plan.quote.model)
    settle = () if attempt.hold_key is None else (f"its price stays held as {attempt.hold_key}: settle or release it",)
    return Failure(
        "submission_uncertain",
        str(attempt),
        (f"do not just send it again; look for it first: {look}", *settle),
        {**(failure_of(error).data if error else {}), "attempt": attempt_data(attempt)},
        exit=Exit.UNCERTAIN,
    )


def command_line(base_url: str, command: str, *words: str) -> str:
    """Return a command ready for a shell; what came from outside is quoted.

    >>> command_line(BASE_URL, "job", "job 1", "--wait")
    "ratecard job 'job 1' --wait"
    """
    where = () if base_url == BASE_URL else ("--base-url", base_url)
    return shlex.join(("ratecard", command, *where, *words))


def wait_command(base_url: str, job_id: str) -> str:
    """Return the command that waits for a job, whose ID may look like an option."""
    words = ("--wait", "--", job_id) if job_id.startswith("-") else (job_id, "--wait")
    return command_line(base_url, "job", *words)


def job_data(job: Job) -> dict[str, Any]:
    """Return a job as plain JSON data."""
    return {name: getattr(job, name) for name in _JOB}


def described(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the data of a receipt, a job or a cancellation for people."""
    model = data["quoted"]["model"] if "quoted" in data else data.get("model")
    first = "  ".join(filter(None, (data["job_id"], data["status"], model)))
    return [(first, _STYLES.get(data["status"], "bold")), *((f"  {line}", "") for line in _labelled(data))]


def _labelled(data: Mapping[str, Any]) -> Iterator[str]:
    for name, (label, text_of) in _SHOWN.items():
        value = data.get(name, ())
        values = value if isinstance(value, tuple) else (value,)
        yield from (f"{label:9} {text}" for text in map(text_of, values) if text)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value or "")


def _percent(progress: int | None) -> str:
    return "" if progress is None else f"{progress} %"


def _amount(micros: int | None) -> str:
    return "unknown" if micros is None else usd_shown(micros)


_SHOWN: dict[str, tuple[str, Callable[[Any], str]]] = {
    "quoted": ("quoted", lambda quoted: usd_shown(quoted["usd_micros"])),
    "charged_micros": ("charged", _amount),
    "drift_micros": ("drift", lambda micros: "none" if micros == 0 else _amount(micros)),
    "refunded_micros": ("refunded", _amount),
    "request_id": ("request", _text),
    "estimated_completion": ("expected", _text),
    "progress": ("progress", _percent),
    "outputs": ("output", _text),
    "error_code": ("error", _text),
    "error_message": ("because", _text),
    "created_at": ("created", _text),
    "completed_at": ("ended", _text),
}
"""What people are shown of a receipt, a job or a cancellation: the label, and how the value is written."""


def progress_line(job: Job) -> str:
    """Return where a job is, in one line."""
    return ", ".join(filter(None, (f"{job.job_id} is {job.status}", _percent(job.progress))))


def jobs_table(jobs: Sequence[Mapping[str, Any]]) -> Table:
    """Return the data of several jobs for people."""
    rows = []
    for job in jobs:
        known = map(_text, (job["model"], job["created_at"], job["completed_at"]))
        rows.append((job["job_id"], job["status"], _percent(job["progress"]), *known))
    return Table(("job", "status", "progress", "model", "created", "ended"), tuple(rows), spare=("ended", "progress"))
