"""The real server: what it binds, reads and refuses, and that it always stops."""

from __future__ import annotations

import gc
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fake_api.asking import BODY, KEY, MICROS, submit, submitted
from fake_api.serving import Server
from ratecard.testing import FakeApi, _server, cut

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/v1/jobs/submit"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pb_test\r\n"
WHOLE = f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
CANCEL = b"POST /v1/jobs/job_00000001/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pb_test\r\n\r\n"


def connect(address: str) -> HTTPConnection:
    """Return a connection to a server."""
    return HTTPConnection(urlsplit(address).netloc, timeout=10)


def send(address: str, data: bytes, *, end: bool = True) -> bytes:
    """Send bytes, and return everything that arrives until the server closes."""
    with socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), timeout=10) as connection:
        connection.sendall(data)
        if end:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.fixture(autouse=True)
def nothing_is_left(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """After every test there are the same threads as before, no open socket, and no output."""
    before = set(threading.enumerate())
    yield
    gc.collect(1)  # an unclosed socket warns now, and a warning is an error
    assert set(threading.enumerate()) == before
    assert capfd.readouterr() == ("", "")


def test_a_life_on_one_connection() -> None:
    """One connection serves many requests, with the same answers as without a server; the address is loopback."""
    api = FakeApi()
    requests = [("POST", PATH), ("GET", "/v1/jobs/job_00000001"), ("POST", "/v1/jobs/job_00000001/cancel")]
    with api.serve() as address:
        assert address.startswith("http://127.0.0.1:")
        connection = connect(address)
        connection.connect()
        used = connection.sock
        seen = []
        for method, target in requests:
            connection.request(method, target, BODY if target == PATH else None, KEY)
            response = connection.getresponse()
            seen.append((response.version, json.loads(response.read())["status"], connection.sock is used))
        connection.close()
    assert seen == [(11, "pending", True), (11, "pending", True), (11, "cancelled", True)]
    assert (api.charged_micros, api.balance_micros) == (MICROS, 100_000_000)


def test_eight_threads() -> None:
    """Eight clients at once get a job for each of their requests."""
    api = FakeApi()
    with api.serve() as address:

        def submit_some(_: int) -> list[str]:
            connection = connect(address)
            ids = []
            for _ in range(5):
                connection.request("POST", PATH, BODY, KEY)
                ids.append(json.loads(connection.getresponse().read())["jobId"])
            connection.close()
            return ids

        with ThreadPoolExecutor(8) as pool:
            job_ids = [job_id for ids in pool.map(submit_some, range(8)) for job_id in ids]
    assert sorted(job_ids) == [job.job_id for job in api.jobs]
    assert (len(job_ids), api.charged_micros) == (40, 40 * MICROS)


def test_pipelined_requests_and_chunks() -> None:
    """Requests that arrive in one piece are answered in turn, and a body may come in chunks."""
    api = FakeApi()
    chunked = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"
    with api.serve() as address:
        answers = send(address, WHOLE + chunked + WHOLE)
    assert answers.count(b"HTTP/1.1 200 ") == len(api.jobs) == 3


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=20)
@example(len(WHOLE) - 1)
@example(len(HEAD))
def test_a_submission_that_is_cut(kept: int) -> None:
    """A submission that is cut anywhere is not processed: no job, no charge, no answer."""
    api = FakeApi()
    with api.serve() as address:
        assert send(address, WHOLE[:kept]) == b""
    assert (api.jobs, api.requests) == ((), ())


@pytest.mark.parametrize("lost", [0, 1, 2, 20])
def test_a_cancellation_that_is_cut(lost: int) -> None:
    """A request without a body is processed only when the blank line that ends it has arrived."""
    api = FakeApi()
    job = submitted(api)
    with api.serve() as address:
        send(address, CANCEL[: len(CANCEL) - lost])
    assert (api.job(job.job_id).status == "cancelled") == (lost == 0)


@given(st.integers(0, 400))
@settings(max_examples=20)
@example(0)
def test_an_answer_that_is_cut_after_any_byte(sent: int) -> None:
    """Exactly so many bytes of the answer arrive, head included; the request was processed."""
    whole = submit(FakeApi()).sent
    api = FakeApi()
    api.fail(cut(sent))
    with api.serve() as address:
        assert send(address, WHOLE, end=False) == whole[:sent]
    assert len(api.jobs) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01" * 99 + b"\r\n",
        HEAD.encode() + b"X: y\r\n" * 20_000,
        *(f"{HEAD}Content-Length: {text}\r\n\r\n".encode() + BODY for text in ("-1", "+5", "\u0665", "9" * 5_000)),
    ],
    ids=lambda data: repr(data[-20:]),
)
def test_what_is_not_http(data: bytes) -> None:
    """What is not a request of HTTP/1.1 gets no answer, creates nothing, and disturbs nobody."""
    api = FakeApi()
    with api.serve() as address:
        with suppress(OSError):  # a connection that is closed before everything was read is reset
            assert send(address, data) == b""
        assert send(address, WHOLE).startswith(b"HTTP/1.1 200 ")
    assert len(api.jobs) == 1


def test_a_client_that_goes_away() -> None:
    """A client that resets its connection instead of reading the answer disturbs nobody."""
    with FakeApi().serve() as address:
        connection = connect(address)
        connection.connect()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.sock.sendall(WHOLE[:30])
        connection.close()
        assert send(address, WHOLE).startswith(b"HTTP/1.1 200 ")


def test_http_1_0() -> None:
    """A connection that the client does not want to keep ends with its answer."""
    with FakeApi().serve() as address:
        assert send(address, WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"), end=False).startswith(b"HTTP/1.1 200 ")


def test_down_and_up_again() -> None:
    """A server that stops breaks open connections and refuses new ones; on the same port it is back, with its books."""
    server = Server(api := FakeApi())
    with server as address:
        kept = connect(address)
        kept.request("POST", PATH, BODY, KEY)
        kept.getresponse().read()
        with server.down():
            assert kept.sock.recv(1) == b""
            with pytest.raises(ConnectionRefusedError):
                connect(address).connect()
        kept.close()
        assert send(address, WHOLE).startswith(b"HTTP/1.1 200 ")
    assert len(api.jobs) == 2


def test_a_port_that_is_taken() -> None:
    """A port that is taken raises, and nothing is left."""
    with FakeApi().serve() as address, pytest.raises(OSError, match="in use"):
        FakeApi().serve(urlsplit(address).port or 0).__enter__()


def test_it_stops_while_clients_wait() -> None:
    """Neither clients that wait for an answer nor idle ones nor those that just connected delay the end."""
    api = FakeApi()
    api.fail("timeout after", on="submit")
    with api.serve() as address:
        waiting, idle, new = connect(address), connect(address), connect(address)
        idle.request("GET", "/v1/jobs", headers=KEY)
        idle.getresponse().read()
        waiting.request("POST", PATH, BODY, KEY)
        limit = monotonic() + 10
        while not api.jobs and monotonic() < limit:
            sleep(0.001)
        new.connect()
    for connection in (waiting, idle, new):
        with connection.sock as plug, suppress(ConnectionResetError):  # which one that was never accepted is
            assert plug.recv(1) == b""
    assert len(api.jobs) == 1


def test_a_client_that_waits_in_vain_can_leave() -> None:
    """A server that keeps silent reads on, and closes its end when the client gives up."""
    api = FakeApi()
    api.fail("timeout after", on="submit")
    with api.serve() as address:
        assert send(address, WHOLE + b"more" * 100_000) == b""


def test_many_starts_and_stops() -> None:
    """A server that is stopped at any moment of a connection's life leaves nothing."""
    api = FakeApi()
    for _ in range(50):
        with api.serve() as address, socket.create_connection(("127.0.0.1", urlsplit(address).port or 0)):
            pass


def test_clients_that_connect_while_it_goes_down() -> None:
    """Each is answered, refused or broken, and none is left waiting."""
    server, is_over = Server(FakeApi()), threading.Event()

    def ask_again_and_again(address: str) -> float:
        longest = 0.0
        while not is_over.is_set():
            begun = monotonic()
            with suppress(OSError):
                send(address, WHOLE)
            longest = max(longest, monotonic() - begun)
        return longest

    with server as address, ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask_again_and_again, address) for _ in range(4)]
        for _ in range(40):
            with server.down():
                sleep(0.002)
            sleep(0.005)
        is_over.set()
        assert max(client.result(30) for client in clients) < 5


def test_it_stops_when_its_work_is_done() -> None:
    """A request that is being served delays the end until it is done."""
    begun = threading.Event()

    def work(*_: object) -> None:
        begun.set()
        sleep(0.1)

    with FakeApi(on_request=work).serve() as address:
        connection = connect(address)
        connection.request("POST", PATH, BODY, KEY)
        assert begun.wait(10)
    connection.close()


def test_it_says_when_it_cannot_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback that never returns is an error after a while, not a hang."""
    monkeypatch.setattr(_server, "_STOP_SECONDS", 0.05)
    begun, leave = threading.Event(), threading.Event()
    threads = set(threading.enumerate())

    def work(*_: object) -> None:
        begun.set()
        leave.wait(10)

    server = FakeApi(on_request=work).serve()
    connection = connect(server.__enter__())
    connection.request("POST", PATH, BODY, KEY)
    assert begun.wait(10)
    with pytest.raises(RuntimeError, match=r"did not stop within 0\.05 seconds"):
        server.__exit__(None, None, None)
    leave.set()
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)
    connection.close()
