"""The package as others see it: its names, its imports, what it says without httpx."""

from __future__ import annotations

import inspect
import subprocess
import sys

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ratecard.submit as package
from ratecard._api import BASE_URL, JOB_STATUSES
from ratecard.submit import AsyncClient, Client, HttpAnswer, UnreadableAnswer
from ratecard.submit._jobs import Page
from ratecard.submit._listing import MOST_PAGES, Cursors, Search
from submit.scripted import KEY, KINDS, answer, job, page, run


def test_names() -> None:
    """Every public name can be had, in order, and no other public name is there."""
    names = package.__all__
    assert len(names) == len(set(names))
    assert names == sorted(names, key=lambda name: (name[0].islower(), not name.isupper(), name))
    assert all(getattr(package, name) is not None for name in names)
    own = {name for name in vars(package) if not name.startswith("_")} - {"annotations", "TYPE_CHECKING"}
    assert own <= set(names)
    assert dir(package) == sorted(names)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_httpx_is_imported_last() -> None:
    """What is pure needs no httpx; a client does, and says in one line what to install."""
    code = """
import sys
sys.modules["httpx"] = None
from ratecard.submit import parse_webhook, plan
print(plan({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}).quote.usd)
from ratecard.submit import Client
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "0.25\n"
    assert done.stderr.splitlines()[-1] == (
        'ModuleNotFoundError: the submitter needs httpx: pip install "ratecard[submit]"'
    )


def test_another_missing_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is missing inside is not taken for a missing extra."""
    monkeypatch.setitem(package._LAZY, "Client", "ratecard.submit._no_such_module")  # noqa: SLF001  the seam
    with pytest.raises(ModuleNotFoundError, match="_no_such_module"):
        _ = package.Client


def test_the_clients_are_alike() -> None:
    """Both clients have the same methods with the same arguments."""
    plain = {name: one for name, one in vars(Client).items() if not name.startswith("_") and name != "close"}
    awaited = {name: one for name, one in vars(AsyncClient).items() if not name.startswith("_") and name != "aclose"}
    assert plain.keys() == awaited.keys() >= {"submit", "job", "wait", "cancel", "jobs", "find"}
    for name, method in plain.items():
        assert inspect.signature(method).parameters.keys() == inspect.signature(awaited[name]).parameters.keys()
    assert inspect.signature(Client).parameters.keys() == inspect.signature(AsyncClient).parameters.keys()


def test_plan_of_a_client() -> None:
    """A client plans with its own tables, address and clock, and sends nothing."""
    with Client(KEY, base_url="https://example.com/api/") as client:
        planned = client.plan({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    assert planned.http_request.url == "https://example.com/api/v1/jobs/submit"


def test_redirects_are_not_followed() -> None:
    """Wherever an answer points, nothing is sent there."""
    for kind in KINDS:
        done = run(kind, [answer(308, b"", Location="https://elsewhere.example.com/"), job()], "job", "job_1")
        assert [str(request.url) for request in done.sent] == [f"{BASE_URL}/v1/jobs/job_1"]


@given(st.text(min_size=1, max_size=30).filter(str.isprintable))
def test_names_of_jobs_stay_in_their_place(job_id: str) -> None:
    """No name of a job leads to another address; one that could is refused before anything is sent."""
    done = run("sync", [job()], "job", job_id)
    if not job_id.strip() or job_id in (".", ".."):
        assert type(done.error) is ValueError
        assert done.sent == ()
    else:
        (request,) = done.sent
        assert request.url.raw_path.count(b"/") == 3
        assert request.url.path == f"/v1/jobs/{job_id}"
        assert request.url.host == "api.muvi.video"


@pytest.mark.parametrize("wrong", ["", "..", "a\n", "x" * 201, 5, None])
def test_no_name_of_a_job(wrong: object) -> None:
    """What is no name of a job is refused."""
    for kind in KINDS:
        for method in ("job", "cancel"):
            done = run(kind, [], method, wrong)
            assert type(done.error) is ValueError


def test_list_arguments() -> None:
    """Both filters are sent under the names of the reference; a status that does not exist is refused at once."""
    for kind in KINDS:
        done = run(kind, [page()], "jobs", status="failed", model="a/b c")
        assert dict(done.sent[0].url.params) == {"limit": "100", "status": "failed", "modelId": "a/b c"}
        assert type(run(kind, [], "jobs", "finished").error) is ValueError
    assert all(Search(status=status) for status in JOB_STATUSES)


@given(st.lists(st.none() | st.sampled_from("abc"), max_size=20))
def test_every_list_ends(cursors: list[str | None]) -> None:
    """The way through a list never takes a cursor twice, so it ends."""
    way = Cursors()
    taken = []
    for cursor in cursors:
        if way.is_done:
            break
        way.passed(Page((), cursor))
        taken.append(way.cursor)
    followed = taken[:-1] if way.is_done else taken
    assert len(followed) == len(set(followed))
    assert len(taken) <= 4


def test_a_list_without_an_end() -> None:
    """A list whose cursors are always new is given up."""
    way = Cursors()
    for number in range(MOST_PAGES):
        way.passed(Page((), str(number)))
    with pytest.raises(UnreadableAnswer, match="goes on after 10,000 pages") as caught:
        way.passed(Page((), "more"))
    assert caught.value.answer == HttpAnswer(200)


def test_a_client_keeps_nothing_of_a_call() -> None:
    """Two lists can be read in turn, so threads may share a client."""
    pages = {None: page("a", cursor="1"), "1": page("b")}
    with Client(KEY, transport=httpx.MockTransport(lambda one: pages[one.url.params.get("cursor")](one))) as client:
        first, second = client.jobs(), client.jobs()
        assert [one.job_id for pair in zip(first, second, strict=True) for one in pair] == ["a", "a", "b", "b"]
