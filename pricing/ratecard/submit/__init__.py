"""Sends exactly what was quoted, once: the clients of the API.

`Client` and `AsyncClient` need the extra `submit`, and are imported when they are first used. Everything else works
without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ratecard.submit._errors import ApiError as ApiError
from ratecard.submit._errors import BadKey as BadKey
from ratecard.submit._errors import BadSignature as BadSignature
from ratecard.submit._errors import JobEnded as JobEnded
from ratecard.submit._errors import OverMaximum as OverMaximum
from ratecard.submit._errors import QuoteChanged as QuoteChanged
from ratecard.submit._errors import SubmissionUncertain as SubmissionUncertain
from ratecard.submit._errors import UnreadableCharge as UnreadableCharge
from ratecard.submit._errors import WaitTimeout as WaitTimeout
from ratecard.submit._jobs import Attempt as Attempt
from ratecard.submit._jobs import Job as Job
from ratecard.submit._jobs import Plan as Plan
from ratecard.submit._jobs import Receipt as Receipt
from ratecard.submit._jobs import is_job_id as is_job_id
from ratecard.submit._plan import checked_base_url as checked_base_url
from ratecard.submit._plan import plan as plan
from ratecard.submit._webhooks import parse_webhook as parse_webhook
from ratecard.submit._webhooks import verify_signature as verify_signature

if TYPE_CHECKING:
    from ratecard.submit._client import AsyncClient as AsyncClient
    from ratecard.submit._client import Client as Client

_LAZY = {"AsyncClient", "Client"}
_OTHERS = {"TYPE_CHECKING", "annotations", "import_module"}

__all__ = sorted(_LAZY | {name for name in globals() if not name.startswith("_")} - _OTHERS)  # noqa: PLE0605


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module("ratecard.submit._client"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("httpx2", "stamina", "anyio"):
            raise
        message = f'the submitter needs {error.name}: pip install "ratecard[submit]"'
        raise ModuleNotFoundError(message, name=error.name) from None


def __dir__() -> list[str]:
    return __all__
