"""What a request says, read strictly: the body of a submission, the query of a list."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from attrs import frozen

from ratecard._api import JOB_STATUSES, MOST_PAGE_JOBS, PAGE_JOBS
from ratecard.testing._wire import Refused

if TYPE_CHECKING:
    from ratecard import Declined

_NO_SUCH_MODEL = frozenset({"unknown_model", "not_yet_effective", "retired"})
_CURSOR = "before "
_LONGEST_NUMBER = 15


@frozen(kw_only=True)
class Page:
    """Which jobs are asked for: at most `limit`, older than number `before`, in a state `status`, of a `model`."""

    limit: int = PAGE_JOBS
    before: int | None = None
    status: str | None = None
    model: str | None = None


def json_of(body: bytes) -> Any:
    """Return a body read as JSON. Raises Refused where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("INVALID_INPUT", "the body is not JSON") from None


def page_of(query: str) -> Page:
    """Return the page that a query asks for. Raises Refused for anything that is not documented: typing errors show."""
    pairs = parse_qsl(query, keep_blank_values=True)
    asked = dict(pairs)
    unknown = asked.keys() - {"limit", "cursor", "status", "modelId"}
    if unknown or len(asked) < len(pairs):
        raise _wrong("query", f"no such parameter: {min(unknown)}" if unknown else "a parameter is said twice")
    status = asked.get("status")
    if status is not None and status not in JOB_STATUSES:
        raise _wrong("status", f"expected one of {', '.join(JOB_STATUSES)}")
    limit = _number(asked.get("limit", str(PAGE_JOBS)))
    if not 1 <= limit <= MOST_PAGE_JOBS:
        raise _wrong("limit", f"expected a whole number from 1 to {MOST_PAGE_JOBS}")
    before = None if "cursor" not in asked else _number_in(asked["cursor"])
    return Page(limit=limit, before=before, status=status, model=asked.get("modelId"))


def cursor_after(number: int) -> str:
    """Return the cursor of the page that follows the job of this number: nothing that a client could make up."""
    return urlsafe_b64encode(f"{_CURSOR}{number}".encode()).decode()


def _number_in(cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        text = ""
    number = _number(text.removeprefix(_CURSOR))
    if number == 0 or cursor != cursor_after(number):
        raise _wrong("cursor", "this is no cursor of this list")
    return number


def _number(text: str) -> int:
    """Return a whole number as it is usually written; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


def _wrong(parameter: str, message: str) -> Refused:
    return Refused("INVALID_INPUT", f"{parameter}: {message}", [{"parameter": parameter, "message": message}])


def refusal_of(declined: Declined) -> Refused:
    """Return the answer to a request that has no price."""
    errors = declined.report.errors
    if any(problem.code in _NO_SUCH_MODEL for problem in errors):
        return Refused("MODEL_NOT_FOUND", declined.message)
    details = [{"pointer": one.pointer, "code": one.code, "message": one.message} for one in errors]
    if any(problem.pointer.startswith("/webhookUrl") for problem in errors):
        return Refused("INVALID_WEBHOOK_URL", declined.message, details)
    if errors:
        return Refused("INVALID_INPUT", declined.message, details)
    return Refused("MODEL_ACCESS_DENIED", f"the fake has no price for this: {declined.message}")
