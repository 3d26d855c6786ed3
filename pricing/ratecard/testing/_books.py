"""Jobs and money: what was created, what was charged, what was given back.

Rule 1  Start balance - charged + refunded = balance, after every step.
Rule 2  A job is charged once, when it is created, and given back at most once, when it fails or is cancelled.
Rule 3  A job moves forward alone: pending, processing, then one terminal state for good.
Rule 4  Time is an argument. Nothing here reads a clock.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from ratecard._api import PROGRESS, TERMINAL, JobStatus
from ratecard.testing._faults import JobError
from ratecard.testing._wire import iso

if TYPE_CHECKING:
    from collections.abc import Iterator


@frozen(kw_only=True)
class FakeJob:
    """A job as the books have it; immutable, so ask again for its newest state.

    `number` counts from 1 in the order of creation · `job_id`, `request_id` · `model` the slug · `output_type` `video`
    or `image` · `body` the submission as it was received · `status` · `charged_micros`, `refunded_micros` millionths of
    a dollar · `created_at`, `started_at`, `completed_at` (any terminal state) in UTC · `typical_seconds` what the page
    gives, `pending_seconds` and `processing_seconds` what this job takes · `error` why it failed · `dooms` why it will.
    """

    number: int
    job_id: str
    request_id: str
    model: str
    output_type: str
    body: bytes = field(repr=False)
    status: JobStatus = "pending"
    charged_micros: int
    refunded_micros: int = 0
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    typical_seconds: int
    pending_seconds: float
    processing_seconds: float
    error: JobError | None = None
    dooms: JobError | None = None

    @property
    def request(self) -> Any:
        """The submission as it was received, read as JSON; a new copy each time."""
        return json.loads(self.body)

    @property
    def progress(self) -> int:
        """How far it came, in percent; the reference names no other number for what failed or was cancelled."""
        return PROGRESS[self.status] if self.status in PROGRESS else PROGRESS["processing"] if self.started_at else 0

    @property
    def output(self) -> str | None:
        """The address of the result, on a host of nobody; None until the job is completed."""
        suffix = {"video": "mp4", "image": "png"}[self.output_type]
        return f"https://example.com/results/{self.job_id}.{suffix}" if self.status == "completed" else None

    def submitted(self) -> dict[str, object]:
        """Return the answer to its submission."""
        return {
            "jobId": self.job_id,
            "requestId": self.request_id,
            "status": "pending",
            "estimatedCompletionTime": iso(self.created_at + timedelta(seconds=self.typical_seconds)),
            "costMicroCents": self.charged_micros,
        }

    def listed(self) -> dict[str, object]:
        """Return its line in the list of jobs."""
        return {
            "jobId": self.job_id,
            "status": self.status,
            "progress": self.progress,
            "model": self.model,
            "createdAt": iso(self.created_at),
            "completedAt": iso(self.completed_at),
        }

    def shown(self) -> dict[str, object]:
        """Return the job as its own address shows it."""
        output = {"url": self.output, "type": self.output_type, "thumbnail": None, "posterImage": None}
        return {
            "jobId": self.job_id,
            "status": self.status,
            "progress": self.progress,
            "output": self.output,
            "outputs": [output] if self.output else None,
            "error": None if self.error is None else {"code": self.error.code, "message": self.error.message},
            "createdAt": iso(self.created_at),
            "completedAt": iso(self.completed_at),
        }


@define(eq=False)
class Books:
    """The jobs by id, oldest first, and the money: `balance_micros`, `charged_micros`, `refunded_micros`."""

    balance_micros: int
    charged_micros: int = 0
    refunded_micros: int = 0
    jobs: dict[str, FakeJob] = field(factory=dict, repr=False)
    _open: set[str] = field(factory=set, repr=False)

    @property
    def open_jobs(self) -> int:
        """How many jobs are pending or processing."""
        return len(self._open)

    def create(self, job: FakeJob) -> None:
        """Enter a new job and charge it."""
        self.jobs[job.job_id] = job
        self._open.add(job.job_id)
        self.balance_micros -= job.charged_micros
        self.charged_micros += job.charged_micros

    def settle(self, now: datetime) -> None:
        """Move every job to where it is by now."""
        for job_id in sorted(self._open):
            job = self.jobs[job_id]
            if job.status == "pending" and (now - job.created_at).total_seconds() >= job.pending_seconds:
                job = self.start(job, job.created_at + timedelta(seconds=job.pending_seconds))
            if job.started_at and (now - job.started_at).total_seconds() >= job.processing_seconds:
                end: JobStatus = "completed" if job.dooms is None else "failed"
                self.finish(job, end, job.started_at + timedelta(seconds=job.processing_seconds), job.dooms)

    def start(self, job: FakeJob, at: datetime) -> FakeJob:
        """Let a pending job begin."""
        self.jobs[job.job_id] = begun = evolve(job, status="processing", started_at=at)
        return begun

    def finish(self, job: FakeJob, status: JobStatus, at: datetime, error: JobError | None = None) -> FakeJob:
        """End an open job, and give back what it cost unless it is completed."""
        back = 0 if status == "completed" else job.charged_micros
        self._open.remove(job.job_id)
        self.balance_micros += back
        self.refunded_micros += back
        self.jobs[job.job_id] = ended = evolve(job, status=status, completed_at=at, error=error, refunded_micros=back)
        return ended

    def newest_first(self, before: int | None, status: str | None, model: str | None) -> Iterator[FakeJob]:
        """Yield the jobs of a state and a model, where asked for, that are older than number `before`."""
        for job in reversed(self.jobs.values()):
            if (before is None or job.number < before) and status in (None, job.status) and model in (None, job.model):
                yield job


def is_over(job: FakeJob) -> bool:
    """Return whether nothing follows the state of a job."""
    return job.status in TERMINAL
