"""What the clients return, and what they remember of a submission: jobs, receipts and attempts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeGuard

from attrs import define, field, frozen

from ratecard import Quote
from ratecard._api import TERMINAL
from ratecard._money import usd_shown


@frozen
class Output:
    """One result of a job.

    Attributes:
        url: Its address.
        type: video, image, audio or text; None where the API does not say.
        thumbnail: The address of a thumbnail, or None.
        poster_image: The address of a poster image, or None.
    """

    url: str
    type: str | None = None
    thumbnail: str | None = None
    poster_image: str | None = None


@frozen
class JobFailure:
    """Why a job failed, in the words of the API."""

    code: str | None = None
    message: str | None = None


@frozen(kw_only=True)
class Job:
    """One job as the API describes it. What it does not say is None. Instants have their offset from UTC.

    Attributes:
        job_id: The ID of the job.
        status: pending, processing, completed, failed or cancelled, or a word that is not documented.
        progress: Per cent.
        output: The address of the first result.
        outputs: All results.
        error: Why it failed.
        created_at: When it was created.
        completed_at: When it ended.
        model: The model's slug.
        request_id: The API's ID of the request.
        refunded_micros: What its cancellation refunded, in millionths of a US dollar.
        raw: The whole answer as JSON data; numbers with a point or an exponent are Decimals.
    """

    job_id: str
    status: str
    progress: int | None = None
    output: str | None = None
    outputs: tuple[Output, ...] = ()
    error: JobFailure | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    model: str | None = None
    request_id: str | None = None
    refunded_micros: int | None = None
    raw: Any = field(factory=dict, repr=False, hash=False)

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended: it is completed, failed or cancelled."""
        return self.status in TERMINAL


@frozen(kw_only=True)
class Receipt:
    """The API's answer to a submission.

    Attributes:
        job_id: The ID of the job.
        request_id: The API's ID of the request, or None.
        status: The status of the job.
        estimated_completion: When it should be done, with its offset from UTC, or None.
        quoted: The quote that was made before.
        charged_micros: What was charged, in millionths of a US dollar.
    """

    job_id: str
    request_id: str | None
    status: str
    estimated_completion: datetime | None
    quoted: Quote
    charged_micros: int

    @property
    def drift_micros(self) -> int:
        """The charge minus the quote; negative where less was charged."""
        return self.charged_micros - self.quoted.usd_micros

    @property
    def drift_text(self) -> str:
        """What was charged, what was quoted, and for which job, in one line."""
        charged, quoted = usd_shown(self.charged_micros), usd_shown(self.quoted.usd_micros)
        return f"job {self.job_id} ({self.quoted.model}) was charged {charged}, but the quote was {quoted}"


@define(kw_only=True, eq=False)
class Attempt:
    """One submission, kept while its outcome is unknown. It is updated as the submission proceeds.

    Attributes:
        quote: The price of the request.
        body: The bytes that are sent.
        digest: SHA-256 of the body, in hexadecimal.
        started: When the submission began.
        ended: When it ended, in whatever way; None while it is under way.
        cause: Why the outcome is unknown.
        job_id: The ID of the job, where the answer named one.
        may_have_arrived: Whether the request may have reached the API, so that a job may exist.
    """

    quote: Quote
    body: bytes = field(repr=False)
    digest: str
    started: datetime
    ended: datetime | None = None
    cause: str = ""
    job_id: str | None = None
    may_have_arrived: bool = False

    @property
    def request(self) -> Any:
        """The request as it was sent, a new copy each time."""
        return json.loads(self.body)

    def __str__(self) -> str:
        job = f"job {self.job_id} of" if self.job_id else "a job of"
        price, started = usd_shown(self.quote.usd_micros), self.started.isoformat()
        return f"{job} {self.quote.model} may have been created and charged ({price}) since {started}: {self.cause}"


def is_job_id(value: object) -> TypeGuard[str]:
    """Return whether a value can be the ID of a job: short visible text that cannot lead to another address."""
    return isinstance(value, str) and len(value) <= 200 and value.isprintable() and value.strip(" .") != ""
