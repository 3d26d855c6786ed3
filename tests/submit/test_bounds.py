"""Bounds on time and size, over real connections: no server can hold a call for longer, or make it read more."""

from __future__ import annotations

import asyncio
import gzip
import re
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import httpx2
import pytest

from ratecard.submit import ApiError, AsyncClient, Client, SubmissionUncertain, WaitTimeout
from submit.scripted import KEY, KINDS, REQUEST, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
JOB = b'{"jobId": "job_1", "status": "pending", "costMicroCents": 250000}'
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(JOB), JOB)
DRIPS = {
    "head": (HEAD + b"X-Slow: ", b"a"),
    "1xx": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (HEAD + b"Content-Length: 9999999\r\n\r\n{", b" "),
    "chunk extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;", b"a"),
    "trailer": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{ \r\n0\r\nX-Slow: ", b"a"),
}
SHORT = 0.25


class RawServer:
    """A server on loopback that sends bytes as they are: a beginning, then drops of it until the client is gone."""

    def __init__(self, start: bytes, drop: bytes = b"", pause: float = 0.02) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self._answer = (start, drop, pause)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for held in (self._socket, *self._open):
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
            held.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        start, drop, pause = self._answer
        with connection, suppress(OSError):  # it may have been accepted after the server was left
            while head := _request_head(connection):
                self.heads.append(head)
                connection.sendall(start)
                while drop:
                    time.sleep(pause)
                    connection.sendall(drop)


def _request_head(connection: socket.socket) -> bytes:
    """Read one request, and return its head; nothing, where the client has gone."""
    received = b""
    while b"\r\n\r\n" not in received and (part := connection.recv(65_536)):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    while length and len(body) < int(length[1]) and (part := connection.recv(65_536)):
        body += part
    return head


def call(
    kind: Kind, address: str, method: str, *args: Any, settings: dict[str, Any] | None = None, **options: Any
) -> Any:
    """Call a method of a client that makes its own connections."""
    if kind == "sync":
        with Client(KEY, base_url=address, **(settings or {})) as client:
            return getattr(client, method)(*args, **options)

    async def main() -> Any:
        async with AsyncClient(KEY, base_url=address, **(settings or {})) as client:
            return await getattr(client, method)(*args, **options)

    return asyncio.run(main())


def took(function: Callable[[], object]) -> tuple[BaseException, float]:
    """Return the error of a call, and the seconds that it took."""
    started = time.monotonic()
    try:
        function()
    except ApiError as error:
        return error, time.monotonic() - started
    raise AssertionError


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("drip", DRIPS)
def test_an_answer_in_drops(kind: Kind, drip: str) -> None:
    """However an answer drips, a submission ends when its time is over."""
    with RawServer(*DRIPS[drip]) as server:
        error, seconds = took(lambda: call(kind, server.address, "submit", REQUEST, settings={"timeout": SHORT}))
        assert type(error) is SubmissionUncertain
        assert seconds < SHORT + 1
        assert server.heads


@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_in_drops(kind: Kind) -> None:
    """A wait ends when its time is over, which is shorter than that of one request."""
    with RawServer(*DRIPS["head"]) as server:
        error, seconds = took(lambda: call(kind, server.address, "wait", "job_1", timeout=SHORT))
        assert type(error) is WaitTimeout
        assert seconds < SHORT + 1


@pytest.mark.parametrize("kind", KINDS)
def test_within(kind: Kind) -> None:
    """`within` bounds the whole submission: uncertain once it is sent, a plain error while nothing can have been."""
    with RawServer(b"") as server:
        error, seconds = took(lambda: call(kind, server.address, "submit", REQUEST, within=SHORT))
        assert type(error) is SubmissionUncertain
        assert seconds < SHORT + 1
        for wrong in (0, -1, float("nan"), float("inf")):
            with pytest.raises(ValueError, match="within must be"):
                call(kind, server.address, "submit", REQUEST, within=wrong)
        assert len(server.heads) == 1
    error, seconds = took(lambda: call(kind, server.address, "submit", REQUEST, within=SHORT))
    assert (type(error), getattr(error, "attempt", None)) == (ApiError, None)
    assert seconds < SHORT + 1


def test_threads_end() -> None:
    """What a sync client gave up keeps no thread while more of the body comes, even if the client stays open."""
    with RawServer(*DRIPS["body"]) as server, Client(KEY, base_url=server.address, timeout=0.1, attempts=1) as client:
        took(lambda: client.submit(REQUEST))
        took(lambda: client.job("job_1"))
        until = time.monotonic() + 5
        while any(thread.name == "ratecard.submit" for thread in threading.enumerate()):
            assert time.monotonic() < until
            time.sleep(0.01)


TWICE = gzip.compress(gzip.compress(JOB))
ENCODED = HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(TWICE), TWICE)
ENDLESS = HEAD + b"Content-Length: 99999999999\r\n\r\n" + JOB


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("start", "drop", "words"),
    [(ENCODED, b"", "not a JSON object"), (ENDLESS, b" " * 2**20, "longer than 4,194,304 bytes")],
    ids=["encoded", "endless"],
)
def test_size(kind: Kind, start: bytes, drop: bytes, words: str) -> None:
    """No content coding is decoded, and no more than 4 MiB are read; a submission is then uncertain."""
    with RawServer(start, drop) as server:
        error, seconds = took(lambda: call(kind, server.address, "job", "job_1", settings={"timeout": 20.0}))
        assert words in str(error)
        assert (getattr(error, "code", None), len(server.heads)) == ("unreadable_answer", 1)
        assert seconds < 10
        with pytest.raises(SubmissionUncertain, match=words):
            call(kind, server.address, "submit", REQUEST)


@pytest.fixture
def server() -> Iterator[RawServer]:
    """Run a server that answers everything with one job."""
    with RawServer(WHOLE) as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_connections(kind: Kind, server: RawServer) -> None:
    """Looks share one connection, and each submission has its own."""
    methods = [("job", "job_1"), ("submit", REQUEST), ("submit", REQUEST), ("job", "job_1")]

    async def acalls() -> None:
        async with AsyncClient(KEY, base_url=server.address) as client:
            for method, argument in methods:
                await getattr(client, method)(argument)

    if kind == "async":
        asyncio.run(acalls())
    else:
        with Client(KEY, base_url=server.address) as client:
            for method, argument in methods:
                getattr(client, method)(argument)
    assert (len(server.heads), server.connections) == (4, 3)


def test_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the environment is used for https, unless that is switched off, and never for this machine."""
    with RawServer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as proxy, RawServer(WHOLE) as api:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        for attempt in range(2):
            settings = {"attempts": 1, "trust_env": not attempt, "timeout": 1.0}
            with pytest.raises(ApiError) as caught:
                call("sync", "https://api.example.invalid", "submit", REQUEST, settings=settings)
            assert (caught.value.code, hasattr(caught.value, "attempt")) == ("no_answer", False)
        assert [head.split(b"\r\n")[0] for head in proxy.heads] == [b"CONNECT api.example.invalid:443 HTTP/1.1"]
        assert KEY.encode() not in b"".join(proxy.heads)
        assert call("sync", api.address, "job", "job_1").job_id == "job_1"
        assert len(proxy.heads) == 1


def test_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE is read, unless that is switched off."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent.pem")
    with pytest.raises(FileNotFoundError):
        Client(KEY)
    Client(KEY, trust_env=False).close()


def test_a_hook_that_reads(server: RawServer) -> None:
    """An event hook of the caller may read the answer before the client does."""

    async def read(response: httpx2.Response) -> None:
        await response.aread()

    async def submit() -> str:
        async with httpx2.AsyncClient(event_hooks={"response": [read]}) as http:
            return (await AsyncClient(KEY, base_url=server.address, http_client=http).submit(REQUEST)).job_id

    with httpx2.Client(event_hooks={"response": [httpx2.Response.read]}) as http:
        assert Client(KEY, base_url=server.address, http_client=http).submit(REQUEST).job_id == "job_1"
    assert asyncio.run(submit()) == "job_1"
