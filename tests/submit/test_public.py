"""The package as others see it: its names, its imports, what it says without httpx."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from typing import Any

import httpx
import httpx2
import pytest

import ratecard.submit as package
from ratecard.submit import AsyncClient, Client
from submit.scripted import KEY, KINDS, REQUEST, Kind, run


@pytest.mark.parametrize("missing", ["httpx2", "stamina", "anyio"])
def test_a_missing_extra(missing: str) -> None:
    """What is pure needs no extra; a client does, and says in one line what to install."""
    code = f"""
import sys
from typing import Any
sys.modules[{missing!r}] = None
from ratecard.submit import parse_webhook, plan
assert not {{"httpx2", "stamina", "anyio"}} & sys.modules.keys() - {{{missing!r}}}
print(plan({{"model": "kling-plus/kling-o1-standard/text-to-video", "input": {{"prompt": "a cat"}}}}).quote.usd)
from ratecard.submit import AsyncClient
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "0.25\n"
    words = f'ModuleNotFoundError: the submitter needs {missing}: pip install "ratecard[submit]"'
    assert done.stderr.splitlines()[-1] == words


def test_another_missing_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is missing inside is not taken for a missing extra."""
    monkeypatch.setitem(sys.modules, "ratecard.submit._client", None)
    with pytest.raises(ModuleNotFoundError, match=r"import of ratecard\.submit\._client halted"):
        _ = package.Client


def test_the_clients_are_alike() -> None:
    """Both clients have the same methods with the same arguments."""
    plain = {name: one for name, one in vars(Client).items() if not name.startswith("_") and name != "close"}
    awaited = {name: one for name, one in vars(AsyncClient).items() if not name.startswith("_") and name != "aclose"}
    assert plain.keys() == awaited.keys() >= {"submit", "job", "wait", "cancel"}
    for name, method in plain.items():
        assert inspect.signature(method).parameters.keys() == inspect.signature(awaited[name]).parameters.keys()
    assert inspect.signature(Client) == inspect.signature(AsyncClient)
    assert inspect.signature(Client.find).return_annotation == "Iterator[Job]"


def run_to_end(submit: Any) -> None:
    """Call `submit`, and run what it returns, if that is awaited."""
    asyncio.run(submit(REQUEST))


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_client(kind: Kind) -> None:
    """What fails before anything is sent is never uncertain: neither with a client that was closed, nor with yours."""

    async def aclosed(client: Any) -> Any:
        await client.aclose()
        return client

    made: Any = httpx2.Client() if kind == "sync" else asyncio.run(aclosed(httpx2.AsyncClient()))
    if kind == "sync":
        made.close()
    own: Any = Client(KEY) if kind == "sync" else asyncio.run(aclosed(AsyncClient(KEY)))
    yours = (Client if kind == "sync" else AsyncClient)(KEY, http_client=made)
    if kind == "sync":
        own.close()
    for client in (own, yours):
        with pytest.raises(RuntimeError, match=r"^the client is closed$") as caught:
            run_to_end(client.submit)
        assert not hasattr(caught.value, "attempt")
        assert client.unsettled == []


@pytest.mark.parametrize("kind", KINDS)
def test_httpx_serves_as_well(kind: Kind) -> None:
    """A client of httpx does for one of httpx2: the same errors mean the same."""

    def follow(request: httpx.Request) -> httpx.Response:
        if len(sent) < 2:
            sent.append(request)
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={"jobId": "job_1", "costMicroCents": 250_000})

    sent: list[httpx.Request] = []
    made = httpx.Client if kind == "sync" else httpx.AsyncClient
    http = made(transport=httpx.MockTransport(follow))
    assert run(kind, [], "submit", REQUEST, settings={"http_client": http}).result.job_id == "job_1"
    assert len(sent) == 2
