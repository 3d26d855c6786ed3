"""The real server: what it binds, reads and refuses, and that nothing of it is left."""

from __future__ import annotations

import gc
import json
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from time import sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fake_api.asking import BODY, KEY, MICROS, submitted
from ratecard.testing import MOST_BODY_BYTES, TIMEOUT_AFTER, FakeAnswer, FakeApi, FakeRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/v1/jobs/submit"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pb_test\r\n"
WHOLE = f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
METHOD = f"POST {PATH} HTTP/1.1\r\n"


def connected(address: str, timeout: float = 10) -> HTTPConnection:
    """Return a connection to a server."""
    return HTTPConnection(urlsplit(address).netloc, timeout=timeout)


def raw(address: str, data: bytes, *, end: bool = False) -> bytes:
    """Send bytes, and return everything that comes until the server closes."""
    port = urlsplit(address).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plug:
        plug.sendall(data)
        if end:
            plug.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: plug.recv(65_536), b""))


@pytest.fixture(autouse=True)
def nothing_is_left(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """After every test of a server there are the threads that were there before, no open socket, and no output."""
    before = set(threading.enumerate())
    yield
    gc.collect()  # an unclosed socket warns now, and a warning is an error
    assert set(threading.enumerate()) == before
    assert capfd.readouterr() == ("", "")


def test_one_connection_serves_many_requests() -> None:
    """A connection is kept, and each request on it is answered in its turn; the address is loopback alone."""
    api = FakeApi()
    with api.serve() as address:
        assert address.startswith("http://127.0.0.1:")
        connection = connected(address)
        for number in range(1, 4):
            connection.request("POST", PATH, BODY, KEY)
            response = connection.getresponse()
            assert json.loads(response.read())["jobId"] == f"job_{number:08d}"
            assert response.version == 11
            if number == 1:
                plug = connection.sock
            assert connection.sock is plug
        connection.close()
    assert api.charged_micros == 3 * MICROS


def test_a_life_over_http() -> None:
    """Submit, look, list, cancel: the same answers as without a server."""
    api = FakeApi()
    with api.serve() as address:
        seen = []
        for method, target in [("POST", PATH), *[("GET", "/v1/jobs/job_00000001")], ("GET", "/v1/jobs?limit=1")]:
            connection = connected(address)
            connection.request(method, target, BODY if method == "POST" else None, KEY)
            seen.append(json.loads(connection.getresponse().read()))
            connection.close()
        connection = connected(address)
        connection.request("POST", "/v1/jobs/job_00000001/cancel", headers=KEY)
        seen.append(json.loads(connection.getresponse().read()))
        connection.close()
    assert [one.get("status") for one in seen] == ["pending", "pending", None, "cancelled"]
    assert seen[2]["jobs"][0]["jobId"] == "job_00000001"
    assert api.balance_micros == 100_000_000


def test_eight_threads() -> None:
    """Eight clients at once get a job for each of their requests."""
    api = FakeApi()
    with api.serve() as address:

        def submit_some(_: int) -> list[str]:
            connection = connected(address)
            found = []
            for _ in range(10):
                connection.request("POST", PATH, BODY, KEY)
                found.append(json.loads(connection.getresponse().read())["jobId"])
            connection.close()
            return found

        with ThreadPoolExecutor(8) as pool:
            ids = [job_id for several in pool.map(submit_some, range(8)) for job_id in several]
    assert sorted(ids) == [job.job_id for job in api.jobs]
    assert (len(ids), api.charged_micros) == (80, 80 * MICROS)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (f"Content-Length: {MOST_BODY_BYTES + 1}", 413),
        ("Content-Length: " + "9" * 5_000, 413),
        ("Content-Length: -1", 411),
        ("Content-Length: +5", 411),
        ("Content-Length: \u0665", 411),
        ("Transfer-Encoding: chunked", 411),
    ],
    ids=["too large", "far too large", "negative", "signed", "foreign digits", "chunked"],
)
def test_lengths(fields: str, status: int) -> None:
    """A body without a usable length, or beyond the limit, is refused unread, and the connection ends."""
    api = FakeApi()
    with api.serve() as address:
        answer = raw(address, f"{HEAD}{fields}\r\n\r\n".encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["success"] is False
    assert (api.jobs, api.requests) == ((), ())


CANCEL = b"POST /v1/jobs/job_00000001/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pb_test\r\n\r\n"


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=30)
@example(len(WHOLE) - 1)
@example(len(HEAD))
def test_a_submission_that_is_cut(kept: int) -> None:
    """A submission that is cut anywhere is not processed: no job, no charge, no answer."""
    api = FakeApi()
    with api.serve() as address:
        assert raw(address, WHOLE[:kept], end=True).startswith(b"HTTP/1.1 ") in (False, kept < len(METHOD))
    assert (api.jobs, api.requests) == ((), ())


@pytest.mark.parametrize("lost", [0, 1, 2, 3, 4, 20])
def test_a_cancellation_that_is_cut(lost: int) -> None:
    """A request without a body is processed only when the blank line that ends it has arrived."""
    api = FakeApi()
    job = submitted(api)
    with api.serve() as address:
        raw(address, CANCEL[: len(CANCEL) - lost], end=True)
    assert (api.job(job.job_id).status == "cancelled") == (lost == 0)


@pytest.mark.parametrize(
    "data", [b"\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01" * 99 + b"\r\n"]
)
def test_what_is_no_http(data: bytes) -> None:
    """What is no request of HTTP/1.1 creates nothing and harms nobody."""
    api = FakeApi()
    with api.serve() as address:
        raw(address, data, end=True)
        connection = connected(address)
        connection.request("POST", PATH, BODY, KEY)
        assert connection.getresponse().status == 200
        connection.close()
    assert len(api.jobs) == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods(method: str) -> None:
    """Other methods are refused in the shape of all errors."""
    api = FakeApi()
    with api.serve() as address:
        connection = connected(address)
        connection.request(method, PATH, BODY, KEY)
        response = connection.getresponse()
        assert (response.status, response.getheader("allow")) == (405, "POST")
        response.read()
        connection.close()


def test_a_client_that_goes_away() -> None:
    """A client that resets its connection instead of reading the answer harms nobody."""
    api = FakeApi()
    with api.serve() as address:
        connection = connected(address)
        connection.connect()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.sock.sendall(HEAD[:30].encode())
        connection.close()
        other = connected(address)
        other.request("GET", "/v1/jobs", headers=KEY)
        assert other.getresponse().read().startswith(b'{"jobs"')
        other.close()


def test_the_plug_is_pulled() -> None:
    """While the server is down, kept connections are broken and new ones refused; then it is back, with its books."""
    api = FakeApi()
    server = api.serve()
    with server as address:
        kept = connected(address)
        kept.request("POST", PATH, BODY, KEY)
        kept.getresponse().read()
        with server.down():
            plug = kept.sock
            assert plug.recv(1) == b""
            for _ in range(3):
                with pytest.raises(ConnectionRefusedError):
                    connected(address).connect()
        kept.close()
        again = connected(address)
        again.request("GET", "/v1/jobs", headers=KEY)
        assert len(json.loads(again.getresponse().read())["jobs"]) == 1
        again.close()


def test_it_comes_back_even_after_an_error() -> None:
    """A block that raises while the server is down leaves a server that can be stopped."""
    server = FakeApi().serve()
    with pytest.raises(ZeroDivisionError), server, server.down():
        raise ZeroDivisionError
    with server as address:
        connection = connected(address)
        connection.connect()
        connection.close()


def test_it_stops_while_clients_wait() -> None:
    """Neither a client that waits for an answer nor an idle one keeps the server from stopping."""
    api = FakeApi()
    api.fail(TIMEOUT_AFTER, on="submit")
    with api.serve() as address:
        waiting, idle = connected(address), connected(address)
        idle.request("GET", "/v1/jobs", headers=KEY)
        idle.getresponse().read()
        waiting.request("POST", PATH, BODY, KEY)
        while not api.jobs:
            sleep(0.001)
    assert idle.sock.recv(1) == waiting.sock.recv(1) == b""
    waiting.close()
    idle.close()
    assert len(api.jobs) == 1


def test_it_stops_when_its_work_is_done() -> None:
    """A request that is being served keeps the server until it is done: no thread outlives the block."""
    begun = threading.Event()

    def work(*_: object) -> None:
        begun.set()
        sleep(0.2)

    before = set(threading.enumerate())
    with FakeApi().serve(on_request=work) as address:
        connection = connected(address)
        connection.request("POST", PATH, BODY, KEY)
        begun.wait()
    assert set(threading.enumerate()) == before
    connection.close()


def test_a_port_of_choice() -> None:
    """A port can be chosen; one that is taken raises, and leaves nothing behind."""
    with FakeApi().serve() as address:
        port = urlsplit(address).port
        assert port is not None
        with pytest.raises(OSError, match="in use"), FakeApi().serve(port):
            pass
    with FakeApi().serve(port) as again:
        assert again == address


def test_run() -> None:
    """`run` serves until it is interrupted, tells its address, and shows each request with its answer but no key."""
    api = FakeApi()
    told: list[str] = []
    shown: list[tuple[FakeRequest, FakeAnswer]] = []

    def ask_and_interrupt() -> None:
        connection = connected(told[0])
        connection.request("POST", PATH, BODY, KEY)
        connection.getresponse().read()
        connection.close()
        raise KeyboardInterrupt

    api.run(on_start=told.append, on_request=lambda *both: shown.append(both), wait=ask_and_interrupt)
    ((request, answer),) = shown
    assert (request.method, request.target, answer.status) == ("POST", PATH, 200)
    assert "pb_test" not in repr(shown)
    with pytest.raises(ConnectionRefusedError):
        connected(told[0]).connect()


def test_run_waits_for_an_interrupt() -> None:
    """Left alone, `run` serves until the interrupt that the keyboard sends."""
    told: list[str] = []
    main = threading.main_thread().ident
    assert main is not None
    interrupt = threading.Timer(0.1, lambda: signal.pthread_kill(main, signal.SIGINT))

    def begin(address: str) -> None:
        told.append(address)
        interrupt.start()

    FakeApi().run(on_start=begin)
    interrupt.join()
    with pytest.raises(ConnectionRefusedError):
        connected(told[0]).connect()


def test_its_port_is_kept() -> None:
    """While the server is down its port is not free: no other program, and no client's own end, gets it by chance."""
    server = FakeApi().serve()
    with server as address, server.down(), socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", urlsplit(address).port or 0))


def test_a_port_that_is_lost() -> None:
    """A port that another takes while the server is down is an error where the block ends, and nothing is left."""
    server = FakeApi().serve()
    other = socket.socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def take(address: str) -> None:
        other.bind(("127.0.0.1", urlsplit(address).port or 0))
        other.listen()

    with pytest.raises(OSError, match="in use"), server as address, server.down():
        take(address)
    other.close()
