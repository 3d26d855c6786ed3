"""The list of jobs, page by page, and the search for what an uncertain submission may have created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ratecard._api import JOB_STATUSES, MOST_PAGE_JOBS
from ratecard.submit._errors import Refusal, SubmissionUncertain, UnreadableAnswer
from ratecard.submit._flows import Flow, Settings, asked
from ratecard.submit._jobs import Job, Page, read_page
from ratecard.submit._wire import HttpAnswer, page_request

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PAGES = 10_000
"""A list that goes on after so many pages does not end."""


@frozen(kw_only=True)
class Search:
    """Which jobs are listed: those in a `status`, those of a `model`; None for all. Raises ValueError."""

    status: str | None = None
    model: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.status is not None and self.status not in JOB_STATUSES:
            raise ValueError(f"no such status; use one of {', '.join(JOB_STATUSES)}")

    def query(self, cursor: str | None) -> dict[str, str]:
        """Return the parameters of the page that a cursor leads to."""
        asked_for = {"limit": str(MOST_PAGE_JOBS), "status": self.status, "modelId": self.model, "cursor": cursor}
        return {name: value for name, value in asked_for.items() if value is not None}


class Cursors:
    """The way through the pages of a list: `cursor` leads on, `is_done` says that nothing follows."""

    def __init__(self) -> None:
        self.cursor: str | None = None
        self.is_done = False
        self._seen: set[str] = set()

    def passed(self, page: Page) -> tuple[Job, ...]:
        """Go on from a page, and return its jobs. Raises UnreadableAnswer for a list without an end.

        A cursor that comes again would lead round in a circle, so there the list ends.
        """
        self.cursor = page.cursor
        self.is_done = page.cursor is None or page.cursor in self._seen
        if len(self._seen) >= MOST_PAGES:
            raise UnreadableAnswer(Refusal(f"the list goes on after {MOST_PAGES:,} pages"), HttpAnswer(200))
        self._seen.add(page.cursor or "")
        return page.jobs


def page(settings: Settings, search: Search, cursor: str | None) -> Flow[Page]:
    """Return one page of the list of jobs. Raises an ApiError."""
    return (yield from asked(settings, page_request(settings.base_url, search.query(cursor)), read_page))


def find(settings: Settings, uncertain: SubmissionUncertain) -> Flow[tuple[Job, ...]]:
    """Return the listed jobs that an uncertain submission may have created. Raises an ApiError.

    All pages are read: nobody documents the order of the list.
    """
    search, cursors = Search(model=uncertain.quote.model), Cursors()
    found: dict[str, Job] = {}
    while not cursors.is_done:
        listed = yield from page(settings, search, cursors.cursor)
        found |= _by_id(one for one in cursors.passed(listed) if uncertain.may_be(one))
    return tuple(found.values())


def _by_id(jobs: Iterable[Job]) -> dict[str, Job]:
    return {job.job_id: job for job in jobs}
