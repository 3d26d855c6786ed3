"""The list of jobs. Its query is read strictly, so that a client's typing errors show."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from ratecard._api import JOB_STATUSES, MOST_PAGE_JOBS, PAGE_JOBS
from ratecard.testing._http import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ratecard.testing._jobs import FakeJob

_LIMITS = {str(limit): limit for limit in range(1, MOST_PAGE_JOBS + 1)}


def page_of(jobs: Sequence[FakeJob], query: str) -> dict[str, object]:
    """Return the page of all jobs, newest first, that a query asks for. Raises Refused for what is not documented."""
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if unknown := given.keys() - {"limit", "cursor", "status", "modelId"}:
        raise _invalid("query", f"no such parameter: {min(unknown)}")
    if len(given) < len(pairs):
        raise _invalid("query", "a parameter is given twice")
    limit = _LIMITS.get(given.get("limit", str(PAGE_JOBS)))
    if limit is None:
        raise _invalid("limit", f"expected a whole number from 1 to {MOST_PAGE_JOBS}")
    status, model = given.get("status"), given.get("modelId")
    if status not in (None, *JOB_STATUSES):
        raise _invalid("status", f"expected one of {', '.join(JOB_STATUSES)}")
    rest = jobs[_start(jobs, given["cursor"]) :] if "cursor" in given else jobs
    matching = [job for job in rest if status in (None, job.status) and model in (None, job.model)]
    more = len(matching) > limit
    cursor = _cursor_after(matching[limit - 1]) if more else None
    return {"jobs": [job.list_entry() for job in matching[:limit]], "nextCursor": cursor, "hasMore": more}


def _start(jobs: Sequence[FakeJob], cursor: str) -> int:
    """Return the index of the first job after a cursor."""
    for index, job in enumerate(jobs, start=1):
        if _cursor_after(job) == cursor:
            return index
    raise _invalid("cursor", "not a cursor of this list")


def _cursor_after(job: FakeJob) -> str:
    """Return an opaque text, so that no client can depend on what it says."""
    return urlsafe_b64encode(f"before {job.job_id}".encode()).decode()


def _invalid(parameter: str, message: str) -> Refused:
    return Refused("INVALID_INPUT", f"{parameter}: {message}", [{"parameter": parameter, "message": message}])
