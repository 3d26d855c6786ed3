"""The query of the list of jobs, read strictly, so that a client's typing errors show."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from attrs import frozen

from ratecard._api import JOB_STATUSES, MOST_PAGE_JOBS, PAGE_JOBS
from ratecard.testing._http import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ratecard.testing._books import FakeJob

_LIMITS = {str(limit): limit for limit in range(1, MOST_PAGE_JOBS + 1)}


@frozen
class ListQuery:
    """Which jobs a page of the list holds.

    Attributes:
        limit: How many at most.
        cursor: Where the page before ended.
        status: Only jobs with this status.
        model: Only jobs of this model.
    """

    limit: int
    cursor: str | None
    status: str | None
    model: str | None

    def page(self, jobs: Iterable[FakeJob]) -> dict[str, object]:
        """Return the page from all jobs, newest first. Raises Refused if no job has the cursor."""
        rest = list(jobs)
        if self.cursor is not None:
            seen = [index for index, job in enumerate(rest) if _cursor_after(job) == self.cursor]
            if not seen:
                raise _invalid("cursor", "not a cursor of this list")
            rest = rest[seen[0] + 1 :]
        matching = [job for job in rest if self.status in (None, job.status) and self.model in (None, job.model)]
        page, more = matching[: self.limit], len(matching) > self.limit
        cursor = _cursor_after(page[-1]) if more else None
        return {"jobs": [job.list_entry() for job in page], "nextCursor": cursor, "hasMore": more}


def list_query(query: str) -> ListQuery:
    """Return what a query asks for. Raises Refused for anything that is not documented."""
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if unknown := given.keys() - {"limit", "cursor", "status", "modelId"}:
        raise _invalid("query", f"no such parameter: {min(unknown)}")
    if len(given) < len(pairs):
        raise _invalid("query", "a parameter is given twice")
    status = given.get("status")
    if status not in (None, *JOB_STATUSES):
        raise _invalid("status", f"expected one of {', '.join(JOB_STATUSES)}")
    limit = _LIMITS.get(given.get("limit", str(PAGE_JOBS)))
    if limit is None:
        raise _invalid("limit", f"expected a whole number from 1 to {MOST_PAGE_JOBS}")
    return ListQuery(limit, given.get("cursor"), status, given.get("modelId"))


def _cursor_after(job: FakeJob) -> str:
    """Return an opaque text, so that no client can depend on what it says."""
    return urlsafe_b64encode(f"before {job.number}".encode()).decode()


def _invalid(parameter: str, message: str) -> Refused:
    return Refused("INVALID_INPUT", f"{parameter}: {message}", [{"parameter": parameter, "message": message}])
