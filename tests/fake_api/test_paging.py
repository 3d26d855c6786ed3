"""The list of jobs: every job once, newest first, whatever the limit and whatever happens meanwhile."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_api.asking import MODEL, OTHER, ask, code_of, submit
from ratecard.testing import FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard._api import JobStatus


def pages(api: FakeApi, **query: Any) -> Iterator[dict[str, Any]]:
    """Yield the pages of a list until it says that there are no more."""
    more, left = True, 200
    while more:
        left -= 1
        assert left, "the list has no end"
        page = ask(api, "GET", f"/v1/jobs?{urlencode(query)}").data
        assert page.keys() == {"jobs", "nextCursor", "hasMore"}
        more = page["hasMore"]
        assert (page["nextCursor"] is not None) == more
        assert len(page["jobs"]) == query["limit"] or not more
        query["cursor"] = page["nextCursor"]
        yield page


def numbers(page: dict[str, Any]) -> list[int]:
    """Return the numbers of the jobs on a page."""
    return [int(job["jobId"].removeprefix("job_")) for job in page["jobs"]]


def filled(jobs: int) -> FakeApi:
    """Return a fake with so many jobs, of two models in turn."""
    api = FakeApi()
    for number in range(jobs):
        submit(api, {"model": (MODEL, OTHER)[number % 2], "input": {"prompt": "a cat"}})
    return api


@given(st.integers(0, 25), st.integers(1, 30))
def test_each_job_once(jobs: int, limit: int) -> None:
    """All pages together are all jobs, newest first, each once, on as few pages as the limit allows."""
    seen = [numbers(page) for page in pages(filled(jobs), limit=limit)]
    assert [*chain(*seen)] == list(range(jobs, 0, -1))
    assert len(seen) == max(1, -(-jobs // limit))


@given(st.integers(1, 20), st.integers(1, 6), st.lists(st.integers(0, 5), max_size=20))
def test_while_jobs_are_added(jobs: int, limit: int, added: list[int]) -> None:
    """Jobs that come while somebody pages change nothing about the pages that follow."""
    api = filled(jobs)
    seen: list[int] = []
    for index, page in enumerate(pages(api, limit=limit)):
        seen += numbers(page)
        for _ in range(added[index] if index < len(added) else 0):
            submit(api)
    assert seen == list(range(jobs, 0, -1))


@given(st.integers(1, 12), st.integers(1, 4), st.data())
def test_filters(jobs: int, limit: int, data: st.DataObject) -> None:
    """A list by state and model is the whole list, filtered; no page is half empty for it."""
    api = filled(jobs)
    for job in api.jobs:
        end: JobStatus | None = data.draw(st.sampled_from([None, "completed", "failed", "cancelled"]))
        if end is not None:
            api.finish(job.job_id, end)
    status, model = data.draw(st.sampled_from(["pending", "completed"])), data.draw(st.sampled_from([MODEL, OTHER]))
    found = list(pages(api, limit=limit, status=status, modelId=model))
    wanted = [int(job.job_id.removeprefix("job_")) for job in api.jobs if (job.status, job.model) == (status, model)]
    assert [*chain(*map(numbers, found))] == wanted[::-1]


def test_the_usual_limit() -> None:
    """Without a limit a page has twenty jobs."""
    page = ask(filled(21), "GET", "/v1/jobs").data
    assert (len(page["jobs"]), page["hasMore"]) == (20, True)
    assert page["jobs"][0] == {
        "jobId": "job_00000021",
        "status": "pending",
        "progress": 0,
        "model": MODEL,
        "createdAt": "2026-11-20T00:00:00.000Z",
        "completedAt": None,
    }


@pytest.mark.parametrize(
    "query",
    [
        *(
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=ten",
            "limit=",
            "limit=1.5",
            "limit=%D9%A1",
            "limit=1" + "0" * 5000,
        ),
        *("cursor=", "cursor=x", "cursor=%C3%A4", "cursor=YmVmb3JlIDA=", "cursor=YmVmb3JlIDE", "cursor=MQ=="),
        *("status=done", "status=", "model=x", "page=2", "limit=1&limit=2"),
    ],
)
def test_wrong_queries(query: str) -> None:
    """What is not documented is refused, so that a misspelt parameter shows in a test and not in the bill."""
    answer = ask(filled(3), "GET", f"/v1/jobs?{query}")
    assert (answer.status, code_of(answer)) == (400, "INVALID_INPUT")
    assert answer.data["error"]["details"][0].keys() == {"parameter", "message"}


def test_limits() -> None:
    """One and a hundred are the least and the most."""
    api = filled(101)
    assert [len(ask(api, "GET", f"/v1/jobs?limit={limit}").data["jobs"]) for limit in (1, 100)] == [1, 100]
