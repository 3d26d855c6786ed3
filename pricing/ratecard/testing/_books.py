"""Jobs and money: what was created, charged and refunded.

Rule 1  Balance at the start - charged + refunded = balance, after every step.
Rule 2  A job is charged once, when it is created, and refunded at most once, when it fails or is cancelled.
Rule 3  A job only moves forward: pending, processing, then one terminal status for good.
Rule 4  Time is an argument. Nothing here reads a clock.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from attrs import asdict, define, evolve, field, frozen

from ratecard._api import PROGRESS, TERMINAL, JobStatus
from ratecard.testing._faults import JobError
from ratecard.testing._http import iso


@frozen(kw_only=True)
class FakeJob:
    """A job as it is in the books; immutable, so ask again for its newest state.

    Attributes:
        number: Counts from 1 in the order of creation.
        job_id: Its name.
        request_id: The id of the request that created it.
        model: The slug.
        output_type: `video` or `image`.
        body: The submission as it was received.
        status: Where it is.
        charged_micros: Millionths of a dollar.
        refunded_micros: Millionths of a dollar.
        created_at: In UTC, as all instants here.
        started_at: When it was first processing.
        completed_at: When it reached a terminal status, whichever.
        typical_seconds: The processing time that the page of the model gives.
        pending_seconds: How long it is pending.
        processing_seconds: How long it is processing.
        job_error: Why it will fail, or has failed.
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
    job_error: JobError | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether its status is final."""
        return self.status in TERMINAL

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
        return PROGRESS[self.status] if self.status in PROGRESS else PROGRESS["processing"] if self.started_at else 0

    @property
    def output(self) -> str | None:
        """The address of the result; None until the job is completed."""
        suffix = {"video": "mp4", "image": "png"}[self.output_type]
        return f"https://example.com/results/{self.job_id}.{suffix}" if self.status == "completed" else None

    def receipt(self) -> dict[str, object]:
        """Return the answer to its submission."""
        return {
            "jobId": self.job_id,
            "requestId": self.request_id,
            "status": "pending",
            "estimatedCompletionTime": iso(self.created_at + timedelta(seconds=self.typical_seconds)),
            "costMicroCents": self.charged_micros,
        }

    def list_entry(self) -> dict[str, object]:
        """Return its entry in the list of jobs."""
        return {"model": self.model, **self._state()}

    def detail(self) -> dict[str, object]:
        """Return what its own address shows."""
        output = {"url": self.output, "type": self.output_type, "thumbnail": None, "posterImage": None}
        return {
            **self._state(),
            "output": self.output,
            "outputs": [output] if self.output else None,
            "error": self.error and asdict(self.error),
        }

    def _state(self) -> dict[str, object]:
        return {
            "jobId": self.job_id,
            "status": self.status,
            "progress": self.progress,
            "createdAt": iso(self.created_at),
            "completedAt": iso(self.completed_at),
        }


@define(eq=False)
class Books:
    """The jobs by id, oldest first, and the money in millionths of a dollar."""

    balance_micros: int
    charged_micros: int = 0
    refunded_micros: int = 0
    jobs: dict[str, FakeJob] = field(factory=dict)
    _open: dict[str, None] = field(factory=dict)

    @property
    def open_jobs(self) -> int:
        """How many jobs are pending or processing."""
        return len(self._open)

    def create(self, job: FakeJob) -> None:
        """Enter a new job and charge it."""
        self.jobs[job.job_id] = job
        self._open[job.job_id] = None
        self.balance_micros -= job.charged_micros
        self.charged_micros += job.charged_micros

    def settle(self, now: datetime) -> None:
        """Move every job to where it is by now."""
        for job_id in list(self._open):
            self._settle_job(self.jobs[job_id], now)

    def _settle_job(self, job: FakeJob, now: datetime) -> None:
        if job.status == "pending" and (now - job.created_at).total_seconds() >= job.pending_seconds:
            job = self.start(job, job.created_at + timedelta(seconds=job.pending_seconds))
        if job.started_at and (now - job.started_at).total_seconds() >= job.processing_seconds:
            end = job.started_at + timedelta(seconds=job.processing_seconds)
            self.finish(job, "failed" if job.job_error else "completed", end, job.job_error)

    def start(self, job: FakeJob, at: datetime) -> FakeJob:
        """Start a pending job."""
        self.jobs[job.job_id] = started = evolve(job, status="processing", started_at=at)
        return started

    def finish(self, job: FakeJob, status: JobStatus, at: datetime, error: JobError | None = None) -> FakeJob:
        """End an open job, and refund it unless it is completed."""
        refund = 0 if status == "completed" else job.charged_micros
        del self._open[job.job_id]
        self.balance_micros += refund
        self.refunded_micros += refund
        ended = evolve(job, status=status, completed_at=at, job_error=error, refunded_micros=refund)
        self.jobs[job.job_id] = ended
        return ended
