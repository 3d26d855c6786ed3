"""Each fault, over each way to the fake: what the client sees, and what was created nonetheless."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from fake_api.asking import BODY, KEY, MICROS, ask, code_of, submit, submitted
from ratecard.testing import (
    FAULTS,
    FakeApi,
    FakeFault,
    cut,
    error,
    job_failure,
    overcharge,
    redirect,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "/v1/jobs/submit"
READ_SECONDS = 0.05

# Fault, the jobs that it leaves, and the exception that is raised.
BROKEN: list[tuple[FakeFault, int, type[Exception]]] = [
    (FAULTS["refuse"], 0, httpx2.ConnectError),
    (FAULTS["timeout before"], 0, httpx2.ReadTimeout),
    (FAULTS["timeout after"], 1, httpx2.ReadTimeout),
    (FAULTS["cut before"], 0, httpx2.RemoteProtocolError),
    (FAULTS["cut after"], 1, httpx2.RemoteProtocolError),
    (FAULTS["cut within"], 1, httpx2.RemoteProtocolError),
    (FAULTS["reset before"], 0, httpx2.ReadError),
    (FAULTS["reset after"], 1, httpx2.ReadError),
]

# Fault, the jobs that it leaves, the status and how the body begins.
ANSWERED: list[tuple[FakeFault, int, int, str]] = [
    (FAULTS["garbage"], 1, 200, "<html>not JSON"),
    (FAULTS["truncated"], 1, 200, '{"jobId": "job_00000'),
    (FAULTS["bad gateway before"], 0, 502, "<html>Bad"),
    (FAULTS["bad gateway after"], 1, 502, "<html>Bad"),
    (redirect(), 0, 307, ""),
    (error("INTERNAL_ERROR"), 0, 500, '{"success": false'),
    (error("PUBSUB_PUBLISH_FAILED", processed=True), 1, 503, '{"success": false'),
    (error("CONCURRENT_JOBS_EXCEEDED", retry_after="2"), 0, 429, '{"success": false'),
]

# Fault, and the charge as it stands in the answer.
CHARGES: list[tuple[FakeFault, str]] = [
    (FAULTS["charge as float"], '"costMicroCents": 250000.0}'),
    (FAULTS["charge as text"], '"costMicroCents": "250000"}'),
    (overcharge(1), '"costMicroCents": 250001}'),
    (overcharge(-250_001), '"costMicroCents": 0}'),
]


def by_transport(api: FakeApi) -> httpx2.Response:
    """Submit over the transport."""
    with httpx2.Client(transport=api.transport(), base_url="https://api.example.com", headers=KEY) as client:
        return client.post(PATH, content=BODY)


def by_async_transport(api: FakeApi) -> httpx2.Response:
    """Submit over the transport, from a coroutine."""

    async def post() -> httpx2.Response:
        base_url = "https://api.example.com"
        async with httpx2.AsyncClient(transport=api.transport(), base_url=base_url, headers=KEY) as client:
            return await client.post(PATH, content=BODY)

    return asyncio.run(post())


def by_server(api: FakeApi) -> httpx2.Response:
    """Submit to the real server with httpx2."""
    timeout = httpx2.Timeout(
        10, read=READ_SECONDS if set(api.faults) & {FAULTS["timeout after"], FAULTS["timeout before"]} else 10
    )
    with (
        api.serve() as address,
        httpx2.Client(base_url=address, headers=KEY, timeout=timeout, trust_env=False) as client,
    ):
        return client.post(PATH, content=BODY)


def name_of(value: object) -> str:
    """Return the name of a fault, for the name of a test."""
    return getattr(value, "name", "")


ways = pytest.mark.parametrize("way", [by_transport, by_async_transport, by_server])


def test_every_fault_is_tried() -> None:
    """No fault is missing in the tables of these tests."""
    tried = [row[0] for row in (*BROKEN, *ANSWERED, *CHARGES)]
    assert set(FAULTS.values()) <= set(tried)
    assert all(fault.name == name for name, fault in FAULTS.items())


@ways
def test_nothing_goes_wrong(way: Callable[[FakeApi], httpx2.Response]) -> None:
    """Without a fault every way gives the very answer of the fake."""
    api = FakeApi()
    response = way(api)
    assert response.content == submit(FakeApi()).body
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.content)
    assert [job.body for job in api.jobs] == [BODY]


@ways
@pytest.mark.parametrize(("fault", "jobs", "seen"), BROKEN, ids=name_of)
def test_broken(way: Callable[[FakeApi], httpx2.Response], fault: FakeFault, jobs: int, seen: type[Exception]) -> None:
    """A broken connection is the exception that httpx2 has for it, and leaves the jobs that the fault says."""
    api = FakeApi()
    api.fail(fault, on="submit")
    if (way, fault) == (by_server, FAULTS["refuse"]):
        seen = httpx2.ReadError  # it was accepted by then
    with pytest.raises(seen) as caught:
        way(api)
    assert caught.type is seen
    assert (len(api.jobs), api.charged_micros) == (jobs, jobs * MICROS)
    assert len(api.requests) == (fault is not FAULTS["refuse"])
    assert way(api).status_code == 200


@pytest.mark.parametrize("way", [by_transport, by_server])
@pytest.mark.parametrize(("fault", "jobs", "status", "begins"), ANSWERED, ids=name_of)
def test_answered(
    way: Callable[[FakeApi], httpx2.Response], fault: FakeFault, jobs: int, status: int, begins: str
) -> None:
    """Another answer arrives as the fault says, and leaves the jobs that it says."""
    api = FakeApi()
    api.fail(fault)
    response = way(api)
    assert response.status_code == status
    assert response.text.startswith(begins)
    assert bool(response.text) == bool(begins)
    assert (len(api.jobs), api.charged_micros) == (jobs, jobs * MICROS)


@pytest.mark.parametrize(("fault", "shown"), CHARGES, ids=name_of)
def test_charges(fault: FakeFault, shown: str) -> None:
    """The charge is in the answer as the fault says; the books have what was really charged."""
    api = FakeApi()
    api.fail(fault)
    assert submit(api).body.decode().endswith(shown)
    charged = max(0, MICROS + fault.overcharge_micros)
    assert (api.charged_micros, api.balance_micros) == (charged, 100_000_000 - charged)


def test_no_header_is_invented() -> None:
    """Retry-After comes only where it was asked for, and the way to another host with a redirection."""
    api = FakeApi()
    api.fail(error("CONCURRENT_JOBS_EXCEEDED", retry_after="2"))
    api.fail("CONCURRENT_JOBS_EXCEEDED")
    api.fail(redirect("http://127.0.0.1:9/", status=302))
    headers = [dict(submit(api).headers) for _ in range(3)]
    assert [fields.get("retry-after") for fields in headers] == ["2", None, None]
    assert headers[2] == {"location": "http://127.0.0.1:9/"}


def test_a_redirect_is_followed_to_nowhere() -> None:
    """A client that follows to another host is not served there, and whether it took its key along can be seen."""
    api = FakeApi()
    api.fail(redirect())
    with httpx2.Client(transport=api.transport(), follow_redirects=True, headers=KEY) as client:
        assert client.post(f"https://api.example.com{PATH}", content=BODY).status_code == 404
    first, second = (dict(request.headers) for request in api.requests)
    assert (first["authorization"], second["host"]) == ("***", "elsewhere.example.com")
    assert "authorization" not in second
    assert api.jobs == ()


def test_faults_are_a_queue() -> None:
    """Faults come one for each request, in their order, for their operation alone; the rest waits or is forgotten."""
    api = FakeApi()
    api.fail("INTERNAL_ERROR", on="jobs", times=2)
    api.fail("USER_BANNED", on="submit")
    api.fail("USER_INACTIVE")
    seen = [code_of(submit(api)), code_of(ask(api, "GET", "/v1/jobs")), code_of(submit(api))]
    assert seen == ["USER_BANNED", "INTERNAL_ERROR", "USER_INACTIVE"]
    assert [fault.name for fault in api.faults] == ["INTERNAL_ERROR"]
    api.clear_faults()
    assert ask(api, "GET", "/v1/jobs").status == 200


def test_a_job_that_fails_in_the_end() -> None:
    """The submission is accepted and charged; when the job would be completed it fails, and is refunded."""
    api = FakeApi()
    api.fail(job_failure("CONTENT_REFUSED", "no cats"), on="submit")
    job = submitted(api)
    assert api.charged_micros == MICROS
    api.advance(10_000)
    ended = api.job(job.job_id)
    assert (ended.status, ended.refunded_micros) == ("failed", MICROS)
    assert ended.error is not None
    assert (ended.error.code, ended.error.message) == ("CONTENT_REFUSED", "no cats")


@pytest.mark.parametrize(
    "fault", [FAULTS["garbage"], FAULTS["timeout after"], error("INTERNAL_ERROR", processed=True), overcharge(1)]
)
def test_what_would_be_refused_is_refused(fault: FakeFault) -> None:
    """A fault makes no job of a request that is wrong, or that nobody has signed."""
    api = FakeApi()
    api.fail(fault, times=2)
    submit(api, {"model": "nobody/nothing", "input": {}})
    api.answer("POST", PATH, {}, BODY)
    assert (api.jobs, api.faults) == ((), ())


def test_a_stream_of_half_an_answer() -> None:
    """The first half of a cut answer arrives before the error."""
    whole = submit(FakeApi()).body
    api = FakeApi()
    api.fail("cut within")
    seen: list[bytes] = []
    with (
        httpx2.Client(transport=api.transport(), headers=KEY) as client,
        pytest.raises(httpx2.RemoteProtocolError),
        client.stream("POST", f"https://api.example.com{PATH}", content=BODY) as response,
    ):
        seen.extend(response.iter_raw())
    assert seen == [whole[: len(whole) // 2]]


def test_a_cut_head() -> None:
    """An answer whose head does not arrive completely is no answer."""
    api = FakeApi()
    api.fail(cut(len(submit(FakeApi()).head) - 1))
    with pytest.raises(httpx2.RemoteProtocolError, match="without sending a response"):
        by_transport(api)
    assert len(api.jobs) == 1


def test_httpx() -> None:
    """Clients of httpx get its own classes."""
    httpx: Any = pytest.importorskip("httpx")
    api = FakeApi()
    api.fail("cut within")
    api.fail("refuse")
    with httpx.Client(transport=api.transport(), headers=KEY, base_url="https://api.example.com") as client:
        for seen in (httpx.RemoteProtocolError, httpx.ConnectError):
            with pytest.raises(seen):
                client.post(PATH, content=BODY)
        assert isinstance(client.get("/v1/jobs"), httpx.Response)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the fake still answers, and what is missing is named in one line."""
    for library in ("httpx2", "h11"):
        monkeypatch.setitem(sys.modules, library, None)
    for module in ("_transport", "_server"):
        monkeypatch.delitem(sys.modules, f"ratecard.testing.{module}", raising=False)
    api = FakeApi()
    assert submit(api).status == 200
    for method, said in ((api.transport, "FakeApi.transport needs httpx2"), (api.serve, "FakeApi.serve needs h11")):
        with pytest.raises(ImportError) as caught:
            method()
        assert str(caught.value) == f'{said}: pip install "ratecard[testing]"'
        assert caught.value.__suppress_context__


def test_imports() -> None:
    """`import ratecard` loads no fake, and the fake loads no HTTP library until a transport or a server is used."""
    code = """if True:
        import sys, ratecard
        print("ratecard.testing" in sys.modules)
        import ratecard.testing
        print({"httpx2", "h11", "asyncio"} & set(sys.modules))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "set()"]
