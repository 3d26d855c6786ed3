"""Lists, and the search for a lost job: it keeps what it finds, and says what it could not read."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratecard.submit import AsyncClient, Client, Job, SubmissionUncertain
from submit.scripted import KEY, KINDS, MODEL, REQUEST, Kind, Step, answer, job, page, refused, run

both = pytest.mark.parametrize("kind", KINDS)


def lost() -> SubmissionUncertain:
    """Return the error of a lost submission."""
    error = run("sync", [httpx2.ReadTimeout("x")], "submit", REQUEST).error
    assert isinstance(error, SubmissionUncertain)
    return error


def listed(**jobs: str | None) -> list[dict[str, str | None]]:
    """Return entries of the list, with their times."""
    return [{"jobId": name, "status": "pending", "createdAt": created} for name, created in jobs.items()]


@both
class TestFind:
    """The search goes through all pages, and finds the jobs of the model and the time."""

    def test_which(self, kind: Kind) -> None:
        """By time, with five minutes of skew; the API has filtered by model, so names are not compared again."""
        jobs = listed(
            long_ago="2026-11-20T11:54:59Z",
            skewed="2026-11-20T13:55:00+02:00",
            unsaid=None,
            just_after="2026-11-20T12:04:59Z",
            later="2026-11-20T12:05:01Z",
        )
        jobs.append({"jobId": "renamed", "status": "pending", "model": "a/b", "createdAt": "2026-11-20T12:00:01Z"})
        pages = [answer(200, {"jobs": jobs, "nextCursor": "n x", "hasMore": True}), page("hit", "skewed")]
        attempt = lost().attempt
        done = run(kind, pages, "find", attempt)
        assert [job.job_id for job in done.listed] == ["skewed", "unsaid", "just_after", "renamed", "hit", "skewed"]
        assert done.error is None
        assert [dict(request.url.params) for request in done.sent] == [
            {"limit": "100", "modelId": MODEL},
            {"limit": "100", "modelId": MODEL, "cursor": "n x"},
        ]

    @pytest.mark.parametrize(
        ("script", "words", "code"),
        [
            ([page("a", cursor="1"), refused(403, "OPERATION_NOT_ALLOWED")], "words of", "OPERATION_NOT_ALLOWED"),
            ([page("a", cursor="1"), *[httpx2.ReadTimeout("x")] * 4], "ReadTimeout", "no_answer"),
            ([page("a", cursor="1"), answer(200, b"<html>")], "not a JSON object", "unreadable_answer"),
            ([page("a", cursor="1"), answer(200, {})], "a page without jobs", "unreadable_answer"),
            ([page("a", hasMore=True)], "gives no new cursor", "list_incomplete"),
            ([page("a", cursor="1"), page(cursor="1")], "gives no new cursor", "list_incomplete"),
        ],
    )
    def test_partial_results(self, kind: Kind, script: list[Step], words: str, code: str) -> None:
        """What cannot be read is reported after the candidates, not instead of them."""
        done = run(kind, script, "find", lost().attempt)
        assert [job.job_id for job in done.listed] == ["a"]
        assert done.code == code
        assert words in str(done.error)

    def test_a_broken_entry(self, kind: Kind) -> None:
        """A broken entry hides none of the others."""
        entries = [*listed(a=None), {"status": "pending"}, None, *listed(b=None)]
        done = run(kind, [answer(200, {"jobs": entries})], "find", lost().attempt)
        assert [job.job_id for job in done.listed] == ["a", "b"]
        assert str(done.error).endswith(": an entry is not a job with a jobId and a status")

    def test_an_endless_list(self, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
        """A list without an end is given up, and its jobs are kept."""
        monkeypatch.setattr("ratecard.submit._client.MAX_PAGES", 30)
        pages = (page(str(number), cursor=str(number)) for number in range(10**9))
        done = run(kind, pages, "find", lost().attempt)
        assert len(done.listed) == 30
        assert done.code == "list_incomplete"


def test_lists_are_read_as_they_go() -> None:
    """A job can be used before the next page is read, and two lists can be read in turn."""
    pages: dict[str | None, Any] = {None: page("a", cursor="1"), "1": page("b")}
    http = httpx2.Client(transport=httpx2.MockTransport(lambda one: pages[one.url.params.get("cursor")](one)))
    with Client(KEY, http_client=http) as client:
        first, second = iter(client.jobs()), iter(client.jobs())
        assert [one.job_id for pair in zip(first, second, strict=True) for one in pair] == ["a", "a", "b", "b"]


@both
def test_arguments(kind: Kind) -> None:
    """Both filters are sent under the names of the reference."""
    done = run(kind, [page()], "jobs", status="failed", model="a/b c")
    assert dict(done.sent[0].url.params) == {"limit": "100", "status": "failed", "modelId": "a/b c"}


@settings(max_examples=25)
@given(st.lists(st.none() | st.sampled_from("abc"), max_size=20))
def test_every_list_ends(cursors: list[str | None]) -> None:
    """No cursor is followed twice, so every list ends."""
    done = run("sync", (page(cursor=cursor) for cursor in [*cursors, None]), "jobs")
    followed = [request.url.params.get("cursor") for request in done.sent]
    assert len(followed) == len(set(followed)) <= 4


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=30).filter(str.isprintable))
def test_ids_stay_in_their_place(job_id: str) -> None:
    """No ID of a job leads to another address; one that could is refused before anything is sent."""
    done = run("sync", [job(jobId=job_id)], "job", job_id)
    if not job_id.strip(" .") or not job_id.strip():
        assert type(done.error) is ValueError
        assert done.sent == ()
    else:
        (request,) = done.sent
        assert isinstance(done.result, Job)
        assert request.url.raw_path.count(b"/") == 3
        assert (request.url.path, request.url.host) == (f"/v1/jobs/{job_id}", "api.muvi.video")


@both
@pytest.mark.parametrize("wrong", ["", "..", "a\n", "x" * 201, 5, None])
def test_not_an_id(kind: Kind, wrong: object) -> None:
    """What cannot be the ID of a job is refused."""
    for method in ("job", "cancel"):
        assert type(run(kind, [], method, wrong).error) is ValueError


@both
def test_a_list_that_is_left(kind: Kind, recwarn: pytest.WarningsRecorder) -> None:
    """Whoever has seen enough leaves the loop; no further page is read, and nothing is left open."""
    sent: list[httpx2.Request] = []

    def follow(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return page("a", "b", cursor="1")(request)

    async def first(client: AsyncClient) -> Job:
        return await anext(aiter(client.find(attempt)))

    attempt = lost().attempt
    transport = httpx2.MockTransport(follow)
    if kind == "sync":
        found = next(iter(Client(KEY, http_client=httpx2.Client(transport=transport)).find(attempt)))
    else:
        found = asyncio.run(first(AsyncClient(KEY, http_client=httpx2.AsyncClient(transport=transport))))
    gc.collect()
    assert (found.job_id, len(sent), recwarn.list) == ("a", 1, [])
