"""Sends exactly what was quoted, once: the clients of the API.

`Client` and `AsyncClient` need the extra `submit`, and are imported when they are first used. Everything else works
without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ratecard.submit._errors import (
    ApiError,
    BadKey,
    BadSignature,
    JobEnded,
    OverMaximum,
    PriceDrift,
    PriceDriftWarning,
    QuoteChanged,
    SubmissionUncertain,
    UnreadableCharge,
    WaitTimeout,
)
from ratecard.submit._flows import JobList
from ratecard.submit._jobs import Attempt, Job, JobFailure, Output, Receipt, is_job_id
from ratecard.submit._plan import Plan, checked_base_url, plan
from ratecard.submit._webhooks import parse_webhook, verify_signature

if TYPE_CHECKING:
    from ratecard.submit._async_client import AsyncClient
    from ratecard.submit._client import Client

__all__ = [
    "ApiError",
    "AsyncClient",
    "Attempt",
    "BadKey",
    "BadSignature",
    "Client",
    "Job",
    "JobEnded",
    "JobFailure",
    "JobList",
    "Output",
    "OverMaximum",
    "Plan",
    "PriceDrift",
    "PriceDriftWarning",
    "QuoteChanged",
    "Receipt",
    "SubmissionUncertain",
    "UnreadableCharge",
    "WaitTimeout",
    "checked_base_url",
    "is_job_id",
    "parse_webhook",
    "plan",
    "verify_signature",
]

_LAZY = {
    "AsyncClient": "ratecard.submit._async_client",
    "Client": "ratecard.submit._client",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_LAZY[name]), name)
    except ModuleNotFoundError as error:
        if error.name not in ("httpx2", "stamina", "anyio"):
            raise
        message = f'the submitter needs {error.name}: pip install "ratecard[submit]"'
        raise ModuleNotFoundError(message, name=error.name) from None


def __dir__() -> list[str]:
    return __all__
