"""The key is sent, and seen nowhere else: not in what is logged, shown, raised, warned of, traced or stored.

Every outcome in this folder is scanned where it is made (`Caller.attempt`), and every log of a `World` and of the state
machine is heard. Here are the places that those do not pass through, and proof that the scan can fail.
"""

from __future__ import annotations

import json
import logging
import pickle
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from end_to_end.playing import KINDS, REQUEST, Caller, Kind, fake
from end_to_end.scanning import KEY, Ear, leaks_of, views_of
from ratecard.submit import (
    AsyncClient,
    Client,
    Job,
    JobEnded,
    SubmissionUncertain,
    plan,
)
from ratecard.testing import FAULTS, FakeAnswer, FakeFault

if TYPE_CHECKING:
    from collections.abc import Callable

both = pytest.mark.parametrize("kind", KINDS)


@both
def test_debug_mode(kind: Kind) -> None:
    """In asyncio's debug mode, with every logger heard, no call with any fault shows the key."""
    with Ear() as ear, Caller(kind, api := fake(), debug=True) as caller:
        for fault in FAULTS.values():
            api.fail(fault, times=2)
            caller.attempt("submit", REQUEST)
            caller.attempt("job", "job_00000001")
        assert not leaks_of(*vars(caller.client).values())
    assert ear.leaks == []
    assert {"httpx2", "asyncio"} & ear.names


@both
def test_results(kind: Kind) -> None:
    """Plans, requests, receipts, jobs, cancellations and lists hold nothing of it."""
    with Caller(kind, fake()) as caller:
        planned = caller.client.plan(REQUEST)
        receipt = caller.attempt("submit", REQUEST).result
        others = [caller.attempt(one, receipt.job_id).result for one in ("job", "cancel")]
        assert not leaks_of(planned, str(planned), receipt, *others, *caller.attempt("jobs").result)
    assert "Authorization: Bearer ***" in str(plan(REQUEST))


@both
@pytest.mark.parametrize("status", [200, 302, 401, 500])
@pytest.mark.parametrize(
    "spelling",
    [KEY, KEY.replace("_", "\\u005F"), "".join(f"\\u{ord(letter):04x}" for letter in KEY)],
)
def test_sent_back(kind: Kind, status: int, spelling: str) -> None:
    """An API that sends the key back, in its headers or its body, however JSON spells it, makes nobody see it."""
    said = json.dumps({"error": {"code": "K", "message": "M", "details": {"K": ["K"]}}, "jobId": "K", "requestId": "K"})
    headers = (("location", f"https://example.com/{KEY}"), ("x-echo", f"Bearer {KEY}"), (f"x-{KEY}", "1"))
    body = said.replace("K", spelling).replace("M", f"no such key: {spelling}").encode()
    with Ear() as ear, Caller(kind, api := fake()) as caller:
        for method in ("submit", "job", "cancel", "wait"):
            api.fail(FakeFault(name="echo", change=lambda *_: FakeAnswer(status, body, headers)), times=20)
            outcome = caller.attempt(method, REQUEST if method == "submit" else "job_1")
            api.clear_faults()
            assert outcome.error is not None
    assert ear.leaks == []


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client(kind: Any) -> None:
    """A client shows no key in its repr, in those of its parts, or when it is to be stored."""
    made = kind(KEY)
    assert not leaks_of(made, *vars(made).values())
    with pytest.raises(TypeError):
        pickle.dumps(made)


def _said(secret: str) -> BaseException:
    return ValueError(f"no such key: {secret}")


def _noted(secret: str) -> BaseException:
    error = ValueError("x")
    error.add_note(f"with {secret}")
    return error


def _caused(secret: str) -> BaseException:
    error = ValueError("x")
    error.__cause__ = ExceptionGroup("several", [LookupError("y"), LookupError(secret)])
    return error


def _in_a_context(secret: str) -> BaseException:
    error = ValueError("x")
    error.__context__, error.__suppress_context__ = LookupError(secret), True
    return error


def _in_a_local(secret: str) -> BaseException:
    with pytest.raises(LookupError) as caught:
        _use(secret)
    return caught.value


def _use(secret: str) -> None:
    raise LookupError(len(secret))


def _stored(secret: str) -> BaseException:
    error = JobEnded("x", job=Job(job_id="job_1", status="failed", raw={"in": [{"it": secret}]}))
    error.args = ()
    return error


@pytest.mark.parametrize("plant", [_said, _noted, _caused, _in_a_context, _in_a_local, _stored])
def test_the_scan_finds_it_in_errors(plant: Callable[[str], BaseException]) -> None:
    """A key that is planted in any part of an error is found."""
    assert leaks_of(plant(KEY))
    assert not leaks_of(plant("pb_another"))


def test_the_scan_finds_it_elsewhere() -> None:
    """It is found in results, in what is only stored, in requests of httpx2, and in the arguments of a log."""
    assert leaks_of(KEY)
    assert leaks_of([KEY.encode()])
    assert leaks_of(httpx2.Request("GET", "https://example.com", headers={"Authorization": KEY}))
    assert not leaks_of(httpx2.Request("GET", "https://example.com", headers={"Authorization": "pb_another"}))
    with Ear() as ear:
        logging.getLogger("httpcore.connection").log(1, "headers: %s", {"authorization": KEY})
        logging.getLogger("ratecard").debug("all is well", extra={"kept": KEY})
        logging.getLogger("asyncio").debug("all is well")
    assert len(ear.leaks) == 2
    assert ear.names == {"httpcore", "ratecard", "asyncio"}


@both
def test_the_scan_finds_a_leaking_client(kind: Kind) -> None:
    """A client that keeps the frames of httpx in what it raises is found out."""

    class Leaking(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            header = request.headers["Authorization"]
            raise httpx2.ReadTimeout(header[:6])

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            return self.handle_request(request)

    class Bare(httpx2.Auth):
        def auth_flow(self, request: httpx2.Request) -> Any:
            request.headers["Authorization"] = f"Bearer {KEY}"
            yield request

    with httpx2.Client(transport=Leaking(), auth=Bare()) as client, pytest.raises(httpx2.ReadTimeout) as caught:
        client.get("https://example.com")
    assert leaks_of(caught.value)
    with Caller(kind, fake(), transport=Leaking()) as caller:
        outcome = caller.attempt("submit", REQUEST)
        assert type(outcome.error) is SubmissionUncertain
        assert list(views_of(outcome.error))
