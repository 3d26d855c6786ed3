"""The jobs of the fake: their lives, and how the API shows them.

Rule 1  A job is charged once, when it is created, and refunded at most once, when it fails or is cancelled.
Rule 2  A job only moves forward: pending, processing, then one terminal status for good.
Rule 3  Time is an argument. Nothing here reads a clock.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from attrs import asdict, evolve, field, frozen

from ratecard import _api
from ratecard._api import PROGRESS, TERMINAL, JobStatus
from ratecard.testing._http import JobError, Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_LIMITS = [str(limit) for limit in range(1, _api.MOST_PAGE_JOBS + 1)]
_PARAMETERS = {
    "limit": f"a whole number from 1 to {_api.MOST_PAGE_JOBS}",
    "status": f"one of {', '.join(_api.JOB_STATUSES)}",
    "cursor": "a cursor of this list",
    "modelId": "the slug of a model",
}


@frozen(kw_only=True)
class FakeJob:
    """A job at one instant; immutable, so ask again for its newest state.

    Attributes:
        job_id: Its ID; they are numbered in the order of creation.
        request_id: The ID of the request that created it.
        model: The slug.
        output_type: `video` or `image`.
        body: The submission as it was received.
        status: Its status.
        charged_micros: Millionths of a dollar.
        created_at: In UTC, as all instants here.
        completed_at: When it reached a terminal status, whichever.
        typical_seconds: The processing time that the page of the model gives.
        pending_seconds: How long it is pending.
        processing_seconds: How long it is processing.
        job_error: Why it fails instead of being completed.
    """

    job_id: str
    request_id: str
    model: str
    output_type: str
    body: bytes = field(repr=False)
    status: JobStatus = "pending"
    charged_micros: int
    created_at: datetime
    completed_at: datetime | None = None
    typical_seconds: int
    pending_seconds: float
    processing_seconds: float
    job_error: JobError | None = None

    @property
    def refunded_micros(self) -> int:
        """Millionths of a dollar that were given back: the whole charge if it failed or was cancelled."""
        return self.charged_micros if self.status in ("failed", "cancelled") else 0

    @property
    def error(self) -> JobError | None:
        """Why it failed; None unless it has."""
        return self.job_error if self.status == "failed" else None

    @property
    def request(self) -> Any:
        """The submission parsed as JSON; a new copy each time."""
        return json.loads(self.body)

    @property
    def progress(self) -> int:
        """How far it got, in percent; the reference gives no number for jobs that failed or were cancelled."""
        lived = (self.completed_at or self.created_at) - self.created_at
        return PROGRESS.get(self.status, PROGRESS["processing"] if lived.total_seconds() >= self.pending_seconds else 0)

    @property
    def output(self) -> str | None:
        """The address of the result; None until the job is completed."""
        suffix = {"video": "mp4", "image": "png"}[self.output_type]
        return f"https://example.com/results/{self.job_id}.{suffix}" if self.status == "completed" else None

    def settled(self, now: datetime) -> FakeJob:
        """Return the job as it is at an instant if only time moves it."""
        processed = round((now - self.created_at).total_seconds() - self.pending_seconds, 6)
        if self.status in TERMINAL or processed < 0:
            return self
        if processed < self.processing_seconds:
            return evolve(self, status="processing")
        end = self.created_at + timedelta(seconds=self.pending_seconds + self.processing_seconds)
        return evolve(self, status="failed" if self.job_error else "completed", completed_at=end)

    def receipt(self) -> dict[str, object]:
        """Return the answer to its submission."""
        return {
            "jobId": self.job_id,
            "requestId": self.request_id,
            "status": "pending",
            "estimatedCompletionTime": _iso(self.created_at + timedelta(seconds=self.typical_seconds)),
            "costMicroCents": self.charged_micros,
        }

    def list_entry(self) -> dict[str, object]:
        """Return its entry in the list of jobs."""
        return {
            "jobId": self.job_id,
            "model": self.model,
            "status": self.status,
            "progress": self.progress,
            "createdAt": _iso(self.created_at),
            "completedAt": _iso(self.completed_at),
        }

    def detail(self) -> dict[str, object]:
        """Return what its own address shows."""
        entry = self.list_entry()
        del entry["model"]
        output = {"url": self.output, "type": self.output_type, "thumbnail": None, "posterImage": None}
        outputs = [output] if self.output else None
        return {**entry, "output": self.output, "outputs": outputs, "error": self.error and asdict(self.error)}

    def webhook_data(self) -> dict[str, object]:
        """Return what its webhook says. Raises ValueError for a status without one."""
        if self.status not in ("completed", "failed"):
            raise ValueError(f"no webhook is documented for a job that is {self.status}")
        output = {f"{self.output_type}Url": self.output, "metadata": {"model": self.model}}
        return {
            "jobId": self.job_id,
            "requestId": self.request_id,
            "status": self.status,
            **({"error": asdict(self.error)} if self.error else {"output": output}),
            "completedAt": _iso(self.completed_at),
        }


def page_of(jobs: Sequence[FakeJob], query: str) -> dict[str, object]:
    """Return the page of all jobs, newest first, that a query asks for. Raises Refused for what is not documented.

    The query is read strictly, so that a client's typing errors show.
    """
    cursors = [_cursor_after(job) for job in jobs]
    allowed: dict[str, Collection[str]] = {"limit": _LIMITS, "status": _api.JOB_STATUSES, "cursor": cursors}
    given: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in given or name not in _PARAMETERS:
            raise _invalid("query", f"expected each of {', '.join(_PARAMETERS)} at most once, got {name}")
        if value not in allowed.get(name, (value,)):
            raise _invalid(name, f"expected {_PARAMETERS[name]}")
        given[name] = value
    limit = int(given.get("limit", _api.PAGE_JOBS))
    matching = [
        job
        for job in jobs[cursors.index(given["cursor"]) + 1 if "cursor" in given else 0 :]
        if given.get("status", job.status) == job.status and given.get("modelId", job.model) == job.model
    ]
    page, more = matching[:limit], len(matching) > limit
    cursor = _cursor_after(page[-1]) if more else None
    return {"jobs": [job.list_entry() for job in page], "nextCursor": cursor, "hasMore": more}


def _cursor_after(job: FakeJob) -> str:
    """Return an opaque text, so that no client can depend on what it says."""
    return urlsafe_b64encode(f"before {job.job_id}".encode()).decode()


def _invalid(parameter: str, message: str) -> Refused:
    return Refused("INVALID_INPUT", f"{parameter}: {message}", [{"parameter": parameter, "message": message}])


def _iso(instant: datetime | None) -> str | None:
    """Return an instant in UTC as ISO 8601 with milliseconds."""
    return None if instant is None else instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
