"""What the clients return, and what they remember of a submission: plans, receipts, jobs and attempts."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any, TypeGuard

from attrs import define, field, frozen

from ratecard import Quote
from ratecard._api import TERMINAL
from ratecard._money import usd_shown
from ratecard_rules import one_line

HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
"""The headers of every request, besides `Authorization` and those that the HTTP library adds."""

JSON_HEADERS = {**HEADERS, "Content-Type": "application/json"}


@frozen(kw_only=True)
class Plan:
    """A submission that has not been sent; `str()` shows the HTTP request. `Client.submit` takes it as a request.

    Attributes:
        quote: What it costs.
        url: Where it is sent with POST.
        body: The bytes of its body.
    """

    quote: Quote
    url: str
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the body, in hexadecimal; equal requests have equal digests."""
        return sha256(self.body).hexdigest()

    @property
    def headers(self) -> dict[str, str]:
        """Its headers; the key is masked."""
        return {"Authorization": "Bearer ***", **JSON_HEADERS}

    def __str__(self) -> str:
        lines = [f"POST {self.url}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join([*lines, "", one_line(self.body.decode())])


@frozen(kw_only=True)
class Job:
    """One job as the API describes it. What it does not say is None. Instants have their offset from UTC.

    Attributes:
        job_id: The ID of the job.
        status: pending, processing, completed, failed or cancelled, or a word that is not documented.
        progress: Per cent.
        outputs: The addresses of its results.
        error_code: Why it failed, as a code of the API.
        error_message: Why it failed, in the words of the API.
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
    outputs: tuple[str, ...] = ()
    error_code: str | None = None
    error_message: str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    model: str | None = None
    request_id: str | None = None
    refunded_micros: int | None = None
    raw: Any = field(factory=dict, repr=False, hash=False)

    @property
    def output(self) -> str | None:
        """The address of the first result, or None."""
        return self.outputs[0] if self.outputs else None

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
        plan: What is sent, and its price.
        started: When the submission began.
        ended: When it ended, in whatever way; None while it is under way.
        cause: Why the outcome is unknown.
        job_id: The ID of the job, where the answer named one.
        may_have_arrived: Whether the request may have reached the API, so that a job may exist.
        hold_key: The key of its hold, where a ledger took part.
    """

    plan: Plan
    started: datetime
    ended: datetime | None = None
    cause: str = ""
    job_id: str | None = None
    may_have_arrived: bool = False
    hold_key: str | None = None

    def __str__(self) -> str:
        job = f"job {self.job_id} of" if self.job_id else "a job of"
        model, price = self.plan.quote.model, usd_shown(self.plan.quote.usd_micros)
        return (
            f"{job} {model} may have been created and charged ({price}) since {self.started.isoformat()}: {self.cause}"
        )


def is_job_id(value: object) -> TypeGuard[str]:
    """Return whether a value can be the ID of a job: short visible text that cannot lead to another address."""
    return isinstance(value, str) and len(value) <= 200 and value.isprintable() and value.strip(" .") != ""
