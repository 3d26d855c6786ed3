"""Sends exactly what was quoted, once: the clients of the API, an edge around the core, which never imports it.

`Client` and `AsyncClient` move the bytes; they need httpx, which comes with the extra `submit` and is imported when one
of them is first asked for. `plan`, `parse_webhook` and `verify_signature` work without it.

What the clients do is written once, without any input or output: `_plan` judges, prices and writes down what would be
sent, `_flows`, `_listing` and `_waiting` say what to send next, `_retry` whether it may be sent again, `_jobs` reads
the answers, `_errors` holds the tree of what is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratecard.submit._errors import (
    ERROR_OF_CODE,
    ApiError,
    Attempt,
    ConcurrentJobsExceeded,
    ConnectionFailed,
    InsufficientBalance,
    InvalidInput,
    JobCancelled,
    JobCannotBeCancelled,
    JobEnded,
    JobFailed,
    JobNotFound,
    ModelAccessDenied,
    ModelNotFound,
    ModelVersionNotUsable,
    NotAllowed,
    OverMaximum,
    PriceDrift,
    PriceDriftWarning,
    QuoteChanged,
    Refusal,
    ServerError,
    SubmissionUncertain,
    TooManyRequests,
    Unauthorized,
    UnreadableAnswer,
    UnreadableCharge,
    UserBlocked,
    WaitTimeout,
)
from ratecard.submit._jobs import Cancellation, Job, JobFailure, Output, Receipt
from ratecard.submit._key import BadKey
from ratecard.submit._plan import Plan, plan
from ratecard.submit._retry import RetryPolicy
from ratecard.submit._webhooks import BadSignature, parse_webhook, verify_signature
from ratecard.submit._wire import HttpAnswer, HttpRequest

if TYPE_CHECKING:
    from ratecard.submit._async_client import AsyncClient
    from ratecard.submit._client import Client

__all__ = [
    "ERROR_OF_CODE",
    "ApiError",
    "AsyncClient",
    "Attempt",
    "BadKey",
    "BadSignature",
    "Cancellation",
    "Client",
    "ConcurrentJobsExceeded",
    "ConnectionFailed",
    "HttpAnswer",
    "HttpRequest",
    "InsufficientBalance",
    "InvalidInput",
    "Job",
    "JobCancelled",
    "JobCannotBeCancelled",
    "JobEnded",
    "JobFailed",
    "JobFailure",
    "JobNotFound",
    "ModelAccessDenied",
    "ModelNotFound",
    "ModelVersionNotUsable",
    "NotAllowed",
    "Output",
    "OverMaximum",
    "Plan",
    "PriceDrift",
    "PriceDriftWarning",
    "QuoteChanged",
    "Receipt",
    "Refusal",
    "RetryPolicy",
    "ServerError",
    "SubmissionUncertain",
    "TooManyRequests",
    "Unauthorized",
    "UnreadableAnswer",
    "UnreadableCharge",
    "UserBlocked",
    "WaitTimeout",
    "parse_webhook",
    "plan",
    "verify_signature",
]

_LAZY = {"AsyncClient": "ratecard.submit._async_client", "Client": "ratecard.submit._client"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(_LAZY[name]), name)
    except ModuleNotFoundError as error:
        if error.name not in ("httpx", "anyio"):  # anyio comes with httpx
            raise
        raise ModuleNotFoundError('the submitter needs httpx: pip install "ratecard[submit]"', name="httpx") from None


def __dir__() -> list[str]:
    return __all__
